import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId, openShop, receive, type Shop } from '../../../test/shop.ts'
import { hooks } from '../../compose.ts'
import { type NewOrder, takeOrders } from './index.ts'

let shop: Shop
beforeAll(async () => {
  shop = await openShop({ subscribers: hooks })
})
afterAll(() => shop.close())

const paidElsewhere = (variantId: string, quantity: number): NewOrder => ({
  ...{ company: shop.company, orderId: newId(), number: newId(), channel: 'test', connectionId: null },
  ...{ externalId: newId(), actor: 'test', whenShort: 'record', holdForMs: null, drawsOn: 'rights', currency: 'KRW' },
  ...{ shippingFee: 0, discount: 0, tax: 0, buyerName: '', shippingAddress: null, billingAddress: null, country: null },
  ...{ orderedAt: 0, paidAt: 0, shipBy: null, warehouses: shop.warehouses.slice(0, 2) },
  lines: [
    {
      ...{ variantId, sku: 'X', listingId: null, multiplier: 1, takes: [{ variantId, quantity: 1, margin: 0 }] },
      ...{
        productName: 'X',
        variantName: '',
        unitPrice: 1,
        quantity,
        state: 'paid',
        externalLineKey: null,
        actionKey: null,
      },
    },
  ],
})

const isShort = async (orderId: string): Promise<boolean> =>
  (await shop.rows<{ short: boolean }>('select short from orders.order where order_id = $1', [orderId]))[0]!.short

test('an order is short while units are missing, and no longer once an arrival has filled them all', async () => {
  const variantId = await shop.stock('FILL', 2)
  const order = paidElsewhere(variantId, 5)
  await shop.inTx((tx) => takeOrders(tx, [order]))
  expect(await isShort(order.orderId)).toBe(true)

  await shop.apply(receive(shop.company, variantId, shop.warehouses[0]!, 2))
  expect(await isShort(order.orderId)).toBe(true)

  await shop.apply(receive(shop.company, variantId, shop.warehouses[0]!, 1))
  expect(await isShort(order.orderId)).toBe(false)
})

test('a count that displaces a paid order makes it short', async () => {
  const variantId = await shop.stock('LOST', 3)
  const order = paidElsewhere(variantId, 3)
  await shop.inTx((tx) => takeOrders(tx, [order]))
  expect(await isShort(order.orderId)).toBe(false)

  const line = {
    variantId,
    warehouseId: shop.warehouses[0]!,
    counted: 1,
    delta: null,
    saw: 3,
    reason: 'count',
    note: null,
  }
  await shop.apply({
    ...{ verb: 'adjust', company: shop.company, source: 'count', ref: newId(), actor: 'test' },
    lines: [line],
  })
  expect(await isShort(order.orderId)).toBe(true)
})
