import { expect, test } from 'vitest'
import { claimsOf } from './claims.ts'
import { detailRow } from './lines.ts'

const at = (time: string) => Date.parse(`2026-11-20T${time}:00.000+09:00`)

function rowWith(more: Record<string, unknown>) {
  return detailRow.parse({
    order: { orderId: '2026112000000001', orderDate: '2026-11-20T09:00:00.000+09:00' },
    productOrder: {
      productOrderId: '2026112000000011',
      productOrderStatus: 'PAYED',
      originalProductId: '111',
      quantity: 3,
      unitPrice: 10_000,
    },
    ...more,
  })
}

const part = (claimStatus: string, more: Record<string, unknown> = {}) => ({
  claimId: '7',
  claimStatus,
  requestQuantity: 2,
  claimRequestDate: '2026-11-20T10:00:00.000+09:00',
  ...more,
})
const NOBODY = new Set<string>()
const told = (more: Record<string, unknown>, refusedHere = NOBODY) =>
  claimsOf(rowWith(more), at('11:00'), refusedHere)?.map(({ claimKey, kind, state }) => [claimKey, kind, state])

test.each([
  ['cancel', 'CANCEL_REQUEST', 'requested'],
  ['cancel', 'CANCELING', 'approved'],
  ['cancel', 'CANCEL_DONE', 'done'],
  ['cancel', 'ADMIN_CANCEL_DONE', 'done'],
  ['return', 'RETURN_REQUEST', 'requested'],
  ['return', 'COLLECTING', 'approved'],
  ['return', 'COLLECT_DONE', 'collected'],
  ['return', 'RETURN_DONE', 'done'],
  ['exchange', 'EXCHANGE_REQUEST', 'requested'],
  ['exchange', 'COLLECT_DONE', 'collected'],
  ['exchange', 'EXCHANGE_REDELIVERING', 'collected'],
  ['exchange', 'EXCHANGE_DONE', 'done'],
])('a %s in %s is %s', (kind, status, state) => {
  expect(told({ currentClaim: { [kind]: part(status) } })).toEqual([['7', kind, state]])
})

test('one word ends what was refused and what was taken back: sending tells, or who refused', () => {
  const ended = { completedClaims: [{ claimType: 'CANCEL', ...part('CANCEL_REJECT') }] }
  expect(told(ended)).toEqual([['7', 'cancel', 'withdrawn']])
  expect(told({ ...ended, delivery: { sendDate: '2026-11-20T10:30:00.000+09:00' } })).toEqual([
    ['7', 'cancel', 'refused'],
  ])
  const back = { completedClaims: [{ claimType: 'RETURN', ...part('RETURN_REJECT') }] }
  expect(told(back)).toEqual([['7', 'return', 'withdrawn']])
  expect(told(back, new Set(['7']))).toEqual([['7', 'return', 'refused']])
})

test('claims that ended are told beside the current one, and one shown twice is one', () => {
  const ended = { claimType: 'CANCEL', ...part('CANCEL_DONE') }
  const current = { cancel: part('CANCEL_DONE'), return: part('RETURN_REQUEST', { claimId: '8' }) }
  expect(told({ currentClaim: current, completedClaims: [ended] })).toEqual([
    ['7', 'cancel', 'done'],
    ['8', 'return', 'requested'],
  ])
})

test('a purchase decision held back is no claim of goods', () => {
  const held = { claimType: 'PURCHASE_DECISION_HOLDBACK', ...part('PURCHASE_DECISION_HOLDBACK') }
  expect(told({ completedClaims: [held] })).toEqual([])
})

test('a state the contract does not list is not guessed at: none of the line is told', () => {
  expect(told({ currentClaim: { cancel: part('TELEPORTED') } })).toBeUndefined()
  expect(told({ currentClaim: { cancel: part('CANCEL_REQUEST', { claimId: null }) } })).toBeUndefined()
})

test('a claim tells quantity, fault, words, times and the parcel that comes back with its zeros', () => {
  const more = {
    returnReason: 'BROKEN',
    returnDetailedReason: '모서리가 깨져 있어요',
    collectDeliveryCompany: 'CJGLS',
    collectTrackingNumber: '000123456789',
  }
  const [claim] = claimsOf(rowWith({ currentClaim: { return: part('COLLECTING', more) } }), at('11:00'), NOBODY)!
  expect(claim).toMatchObject({
    externalOrderId: '2026112000000001',
    lines: [{ lineKey: '2026112000000011', actionKey: '2026112000000011', quantity: 2 }],
    faultBy: 'seller',
    reason: 'BROKEN 모서리가 깨져 있어요',
    requestedAt: at('10:00'),
    changedAt: at('11:00'),
    returnParcel: { carrier: 'cj', invoice: '000123456789' },
  })
})

test('a claim without a quantity is about the whole line', () => {
  const [claim] = claimsOf(
    rowWith({ currentClaim: { cancel: part('CANCEL_REQUEST', { requestQuantity: null }) } }),
    null,
    NOBODY,
  )!
  expect(claim?.lines).toMatchObject([{ quantity: 3 }])
})
