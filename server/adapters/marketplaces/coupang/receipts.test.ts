import { expect, test } from 'vitest'
import { effectsOf, orderOfReceipt, receipt, tellsAll } from './receipts.ts'

function receiptWith(change: Record<string, unknown>, item: Record<string, unknown> = {}) {
  return receipt.parse({
    receiptId: 5,
    orderId: 31,
    receiptType: 'CANCEL',
    receiptStatus: 'RETURNS_COMPLETED',
    createdAt: '2026-11-20T09:00:00.000000+09:00',
    returnItems: [{ vendorItemId: 81, shipmentBoxId: '700000000000000123', cancelCount: 1, purchaseCount: 2, ...item }],
    ...change,
  })
}

test('a cancel takes units away', () => {
  expect(effectsOf(receiptWith({}))).toMatchObject([{ lineKey: '31:81', bought: 2, cancelled: 1, isRequest: false }])
})

test('a stop is a wish until it is done, and then a cancel of what had not left', () => {
  const wish = receiptWith({ receiptType: 'RETURN', receiptStatus: 'RELEASE_STOP_UNCHECKED' }, { releaseStatus: 'N' })
  expect(effectsOf(wish)).toMatchObject([{ cancelled: 0, isRequest: true }])
  const done = receiptWith({ receiptType: 'RETURN' }, { releaseStatus: 'S' })
  expect(effectsOf(done)).toMatchObject([{ cancelled: 1, isRequest: false }])
})

test('a return of goods that left changes nothing here', () => {
  expect(effectsOf(receiptWith({ receiptType: 'RETURN' }, { releaseStatus: 'Y' }))).toEqual([])
  expect(effectsOf(receiptWith({ receiptType: 'RETURN', receiptStatus: 'RETURNS_UNCHECKED' }))).toEqual([])
})

test('a receipt of every unit tells all; where the sheet is gone, a partial one means all too', () => {
  const whole = receiptWith({}, { cancelCount: 2 })
  const partial = receiptWith({})
  expect([tellsAll(whole), tellsAll(partial)]).toEqual([true, false])
  const [line] = orderOfReceipt(partial, effectsOf(partial), true).lines
  expect(line).toMatchObject({ quantity: 2, cancelled: 2, state: 'cancelled' })
  const [left] = orderOfReceipt(partial, effectsOf(partial), false).lines
  expect(left).toMatchObject({ quantity: 2, cancelled: 1, state: 'paid' })
})
