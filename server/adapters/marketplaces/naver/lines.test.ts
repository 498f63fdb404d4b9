import { describe, expect, test } from 'vitest'
import { detailRow, lineOf } from './lines.ts'

const orderedAt = Date.UTC(2026, 10, 20, 0, 0)

function rowWith(productOrder: Record<string, unknown>, more: Record<string, unknown> = {}) {
  return detailRow.parse({
    order: {
      orderId: '2026112000000001',
      orderDate: '2026-11-20T09:00:00.000+09:00',
      paymentDate: '2026-11-20T09:01:00.000+09:00',
      ordererName: '김하나',
    },
    productOrder: {
      productOrderId: '2026112000000011',
      productOrderStatus: 'PAYED',
      placeOrderStatus: 'NOT_YET',
      originalProductId: '111',
      productId: '222',
      quantity: 3,
      unitPrice: 10_000,
      ...productOrder,
    },
    ...more,
  })
}

const line = (productOrder: Record<string, unknown>, more?: Record<string, unknown>) =>
  lineOf(rowWith(productOrder, more), null, 'payment')

test.each([
  ['PAYMENT_WAITING', 'NOT_YET', 'pending'],
  ['PAYED', 'NOT_YET', 'paid'],
  ['PAYED', 'OK', 'acknowledged'],
  ['DELIVERING', 'OK', 'shipped'],
  ['DELIVERED', 'OK', 'delivered'],
  ['PURCHASE_DECIDED', 'OK', 'completed'],
  ['EXCHANGED', 'OK', 'completed'],
  ['RETURNED', 'OK', 'completed'],
  ['CANCELED', 'CANCEL', 'cancelled'],
  ['CANCELED_BY_NOPAYMENT', 'NOT_YET', 'cancelled'],
])('%s with 발주확인 %s is %s', (productOrderStatus, placeOrderStatus, state) => {
  expect(line({ productOrderStatus, placeOrderStatus }).state).toBe(state)
})

test('a status the contract does not list is not guessed at', () => {
  expect(() => line({ productOrderStatus: 'TELEPORTED' })).toThrow()
})

describe('cancelled units', () => {
  test('all of a cancelled line, whatever its numbers say', () => {
    expect(line({ productOrderStatus: 'CANCELED', initialQuantity: 3, remainQuantity: 3 })).toMatchObject({
      quantity: 3,
      cancelled: 3,
    })
  })

  test('before shipping, what no longer remains of what was bought', () => {
    expect(line({ quantity: 2, initialQuantity: 3, remainQuantity: 2 })).toMatchObject({
      quantity: 3,
      cancelled: 1,
      state: 'paid',
    })
  })

  test('after shipping, only what finished cancels tell: the rest was returned', () => {
    const shipped = { productOrderStatus: 'DELIVERED', initialQuantity: 3, remainQuantity: 1 }
    expect(line(shipped).cancelled).toBe(0)
    const completedClaims = [
      { claimType: 'CANCEL', claimStatus: 'CANCEL_DONE', requestQuantity: 1 },
      { claimType: 'RETURN', claimStatus: 'RETURN_DONE', requestQuantity: 1 },
    ]
    expect(line(shipped, { completedClaims })).toMatchObject({ cancelled: 1, state: 'delivered' })
  })

  test('all, when a cancel is done and the status has not followed', () => {
    expect(line({ claimType: 'CANCEL', claimStatus: 'CANCEL_DONE' })).toMatchObject({
      cancelled: 3,
      state: 'cancelled',
    })
  })

  test('none while it is only asked for', () => {
    const asked = { claimType: 'CANCEL', claimStatus: 'CANCEL_REQUEST', placeOrderStatus: 'OK' }
    expect(line(asked)).toMatchObject({ cancelled: 0, cancelRequested: true, state: 'acknowledged' })
    expect(line({ ...asked, claimStatus: 'CANCEL_REJECT' }).cancelRequested).toBe(false)
  })
})

test('the item is the option, and the product itself where it has none', () => {
  expect(line({ optionCode: '501', itemNo: '777' })).toMatchObject({ unit: '111', item: '501' })
  expect(line({ itemNo: 501 })).toMatchObject({ unit: '111', item: '501' })
  expect(line({ optionCode: '' })).toMatchObject({ unit: '111', item: '111' })
})

test('the counter fell at payment, or at the order where the seller says so', () => {
  expect(line({}).soldAt).toBe(orderedAt + 60_000)
  expect(lineOf(rowWith({}), null, 'order').soldAt).toBe(orderedAt)
})
