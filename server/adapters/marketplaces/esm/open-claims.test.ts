import { expect, test } from 'vitest'
import type { ChannelClaim, ClaimState } from '../../../modules/channels/adapter.ts'
import { afterTelling, claimLeft, type OpenClaims, readOpen, writeOpen } from './open-claims.ts'

const told = (claimKey: string, state: ClaimState): ChannelClaim => ({
  ...claimLeft({ claimKey, payNo: '5000000001' }, [1])!,
  state,
})
const keys = (open: OpenClaims) => [...open.values()].map(({ claimKey }) => claimKey)

test('open claims come back from the cursor as they went in; what is none is left out', () => {
  const open = readOpen('A4000000001-x1763600000*5000000001 G40-r17*3')
  expect(keys(open)).toEqual(['A4000000001-x1763600000', 'G40-r17'])
  expect(readOpen(writeOpen(open))).toEqual(open)
  for (const broken of ['', ' ', '*', 'A1-x1', 'A1-x1*', 'A1-y1*2', 'B1-x1*2', 'A0-x1*2', 'A1-x1*2e9', 5, null]) {
    expect(readOpen(broken).size).toBe(0)
  }
})

test('the newest five hundred are kept', () => {
  const open: OpenClaims = new Map()
  for (let n = 1; n <= 501; n++) open.set(`A${n}`, { claimKey: `A${n}-x1`, payNo: '1' })
  const kept = readOpen(writeOpen(open))
  expect([kept.size, kept.has('A1'), kept.has('A501')]).toEqual([500, false, true])
})

test('a return or exchange is open until its own end is told, and the next one of its order takes its place', () => {
  let open: OpenClaims = new Map()
  const tell = (...claims: ChannelClaim[]) => {
    open = afterTelling(open, claims)
    return keys(open)
  }
  expect(tell(told('A1-c5', 'requested'), told('A2-r6', 'requested'))).toEqual(['A2-r6'])
  expect(tell(told('A2-r6', 'collected'))).toEqual(['A2-r6'])
  expect(tell(told('A2-x9', 'requested'), told('A2-r6', 'withdrawn'))).toEqual(['A2-x9'])
  expect(tell(told('A2-x9', 'done'))).toEqual([])
})

test('of a claim that another process told, key, cart and units are left', () => {
  expect(claimLeft({ claimKey: 'G7-x1763600000', payNo: '5' }, [2, 1])).toMatchObject({
    ...{ kind: 'exchange', externalOrderId: '5', requestedAt: 1_763_600_000_000, changedAt: 1_763_600_000_000 },
    lines: [
      { lineKey: '7', actionKey: 'G7', quantity: 2 },
      { lineKey: '7:2', actionKey: 'G7', quantity: 1 },
    ],
  })
  expect(claimLeft({ claimKey: 'G7-x1763600000', payNo: '5' }, [])).toBeNull()
})
