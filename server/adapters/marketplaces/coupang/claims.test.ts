import { expect, test } from 'vitest'
import { claimOfExchange, claimsOfReceipt, exchange } from './claims.ts'
import { openAfter, readOpen, withdrawnOf, writeOpen } from './open-claims.ts'
import { receipt } from './receipts.ts'

const at = Date.UTC(2026, 10, 20, 0, 0)

function receiptWith(change: Record<string, unknown>, ...items: Record<string, unknown>[]) {
  return receipt.parse({
    receiptId: 5,
    orderId: 31,
    receiptType: 'RETURN',
    receiptStatus: 'RETURNS_UNCHECKED',
    createdAt: '2026-11-20T09:00:00.000000+09:00',
    faultByType: 'CUSTOMER',
    returnItems: (items.length > 0 ? items : [{}]).map((item) => ({
      vendorItemId: 81,
      shipmentBoxId: '700000000000000123',
      cancelCount: 2,
      purchaseCount: 3,
      ...item,
    })),
    ...change,
  })
}

const told = (change: Record<string, unknown>, ...items: Record<string, unknown>[]) =>
  claimsOfReceipt(receiptWith(change, ...items))?.map(({ claimKey, kind, state }) => [claimKey, kind, state])

test.each([
  ['RELEASE_STOP_UNCHECKED', 'N', ['5', 'cancel', 'requested']],
  ['RETURNS_UNCHECKED', 'N', ['5', 'cancel', 'requested']],
  ['RETURNS_COMPLETED', 'S', ['5', 'cancel', 'done']],
  ['RETURNS_UNCHECKED', 'Y', ['5', 'return', 'requested']],
  ['VENDOR_WAREHOUSE_CONFIRM', 'Y', ['5', 'return', 'collected']],
  ['RETURNS_COMPLETED', 'Y', ['5', 'return', 'done']],
])('%s of goods released "%s" is %s', (receiptStatus, releaseStatus, claim) => {
  expect(told({ receiptStatus }, { releaseStatus })).toEqual([claim])
})

test('a stop that came too late is a cancel refused, and a return of its own under the same receipt', () => {
  expect(told({}, { releaseStatus: 'A' })).toEqual([
    ['5', 'cancel', 'refused'],
    ['5:return', 'return', 'requested'],
  ])
})

test('what was stopped and what had left are two claims, each with its own lines', () => {
  const claims = claimsOfReceipt(receiptWith({}, { releaseStatus: 'N' }, { vendorItemId: 82, releaseStatus: 'Y' }))
  expect(claims?.map(({ kind, lines }) => [kind, lines.map(({ lineKey }) => lineKey)])).toEqual([
    ['cancel', ['31:81']],
    ['return', ['31:82']],
  ])
})

test('a cancel before the acknowledgement is done, whatever the rest of its receipt says', () => {
  expect(told({ receiptType: 'CANCEL', receiptStatus: 'NEW_WORD' })).toEqual([['5', 'cancel', 'done']])
})

test('a state the contract does not list, and a receipt of nothing, are not guessed at', () => {
  expect(told({ receiptStatus: 'TELEPORTED' }, { releaseStatus: 'Y' })).toBeUndefined()
  expect(told({}, { cancelCount: 0 })).toBeUndefined()
})

test('a claim tells quantity, box, fault, and the parcel that comes back with its zeros', () => {
  const returnDeliveryDtos = [{ deliveryCompanyCode: 'HANJIN', deliveryInvoiceNo: '000123456789' }]
  const [claim] = claimsOfReceipt(receiptWith({ returnDeliveryDtos, faultByType: 'VENDOR' }, { releaseStatus: 'Y' }))!
  expect(claim).toMatchObject({
    lines: [{ lineKey: '31:81', actionKey: '700000000000000123', quantity: 2 }],
    faultBy: 'seller',
    requestedAt: at,
    returnParcel: { carrier: 'hanjin', invoice: '000123456789' },
  })
})

test.each([
  ['RECEIPT', 'requested'],
  ['PROGRESS', 'collected'],
  ['SUCCESS', 'done'],
  ['REJECT', 'refused'],
  ['CANCEL', 'withdrawn'],
])('an exchange in %s is %s, under a key no receipt has', (exchangeStatus, state) => {
  const row = exchange.parse({
    exchangeId: 5,
    orderId: 31,
    exchangeStatus,
    createdAt: '2026-11-20T09:00:00',
    exchangeItemDtoV1s: [{ orderItemId: 81, quantity: 1, originalShipmentBoxId: '700000000000000123' }],
  })
  expect(claimOfExchange(row)).toMatchObject({ claimKey: 'X5', state, lines: [{ lineKey: '31:81', quantity: 1 }] })
})

test('an open claim survives the cursor, is ended by a withdrawal with its quantities, and is then open no more', () => {
  const claims = claimsOfReceipt(receiptWith({}, { releaseStatus: 'N' }, { vendorItemId: 82, releaseStatus: 'Y' }))!
  const open = readOpen(writeOpen(openAfter([], claims)))
  const ended = withdrawnOf(open, { cancelId: '5', orderId: '31', createdAt: at + 1 })
  expect(ended.map(({ claimKey, state, lines, changedAt }) => [claimKey, state, lines, changedAt])).toEqual(
    claims.map(({ claimKey, lines }) => [claimKey, 'withdrawn', lines, at + 1]),
  )
  expect(openAfter(open, ended)).toEqual([])
})

test('a cursor of open claims stays small, and one that is no such text is none', () => {
  const [claim] = claimsOfReceipt(receiptWith({}, { releaseStatus: 'Y' }))!
  const many = Array.from({ length: 500 }, (_, at) => ({ ...claim!, claimKey: String(500_000_000 + at) }))
  const text = writeOpen(openAfter([], many))
  expect(text.length).toBeLessThan(10_000)
  expect(readOpen(text).at(-1)?.claimKey).toBe('500000499')
  for (const strange of [null, 7, '', '5/c', '5/c/31/x/81*2*7', '5/c/31/9/81*x*7'])
    expect(readOpen(strange)).toEqual([])
})
