import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Market, openMarket } from '../../../test/marketplaces.ts'
import { newId } from '../../../test/shop.ts'
import { writeAnswer } from './claim-answer-queries.ts'
import { lockClaimsByKey } from './claim-queries.ts'
import { confirmAnswers, leaseAnswersToTell } from './claim-telling.ts'
import { recordClaims } from './claims.ts'

let market: Market
beforeAll(async () => {
  market = await openMarket()
})
afterAll(() => market.close())

/** A cancel that is told, and answered by the seller. */
async function answered(): Promise<string> {
  const claimKey = newId()
  const { company, warehouses } = market.shop
  const { connectionId } = market.naver
  await market.shop.inTx(async (tx) => {
    await recordClaims(tx, 'test', [
      {
        ...{ company, connectionId, channel: 'naver', claimKey, externalOrderId: claimKey, kind: 'cancel' },
        ...{ state: 'requested', faultBy: 'buyer', reason: '', requestedAt: 1, changedAt: 1, lapses: null },
        ...{ returnParcel: null, warehouses: warehouses.slice(0, 1), raw: null },
        lines: [{ lineKey: claimKey, actionKey: '', quantity: 1 }],
      },
    ])
    const [claim] = await lockClaimsByKey(tx, company, connectionId, [claimKey])
    writeAnswer(tx, {
      ...{ company, claimId: claim!.claimId, answer: 'approve', connectionId, reason: '', cause: null },
      ...{ sawCancelled: null, parcel: null, answeredBy: 'test', givenIn: 'requested', told: 'waiting' },
    })
  })
  return claimKey
}

const lease = async () => {
  const connection = await market.connection('naver')
  return market.shop.inTx((tx) => leaseAnswersToTell(tx, connection, newId(), 10, 60_000))
}

// A claim that is told locks the claim, then its answers. Taken the other way round, each waited for the other.
test('an answer whose claim is being recorded is left for the next time: nobody waits, and nobody is in the way', async () => {
  const claimKey = await answered()
  const { company } = market.shop
  await market.shop.inTx(async (tx) => {
    const [claim] = await lockClaimsByKey(tx, company, market.naver.connectionId, [claimKey])
    expect(await lease()).toEqual([])
    await confirmAnswers(tx, [{ ...claim!, state: 'withdrawn' }])
  })
  expect(await lease()).toEqual([])
  expect(await market.shop.rows('select told from orders.claim_answer')).toEqual([{ told: 'overtaken' }])

  await answered()
  expect(await lease()).toHaveLength(1)
  expect(await lease()).toEqual([])
})
