import { expect, test } from 'vitest'
import { boundOf, inProtocol } from './account.ts'
import { beginExchanges, recordedInExchange, showing } from './allocation/exchange.ts'
import { neverSeen } from './allocation/rights.ts'

/** An account as its connection's collections have it. Times in ms, clocks 5 apart. */

test('an edit that a look has met is no cancel’s once a collection has passed the look: the account shows what can be sold', () => {
  const edited = showing(beginExchanges(3, 0), 9, 100)
  const collectedUpTo = (mark: number) => {
    const account = { rights: neverSeen(0), exchange: edited, lowering: false }
    const connection = { policy: 'rights', policySettings: { protocol: 'B' }, collectedUpTo: mark } as const
    return inProtocol(account, connection, 5).exchange!
  }
  const givenBack = (mark: number) => ({
    rights: neverSeen(0),
    exchange: recordedInExchange(collectedUpTo(mark), 120, -1),
  })
  expect([givenBack(104), givenBack(105)].map(boundOf)).toEqual([9, 10])
})
