import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId, openShop, type Shop } from '../../../test/shop.ts'
import { type NewOrder, orderLane } from './index.ts'

let shop: Shop
beforeAll(async () => {
  shop = await openShop({ connections: 1 })
})
afterAll(() => shop.close())

const orderOf = (variantId: string, orderedAt: number): NewOrder => ({
  ...{ company: shop.company, orderId: newId(), number: newId(), channel: 'test', connectionId: null, buyerName: '' },
  ...{ externalId: newId(), actor: 'test', whenShort: 'record', holdForMs: null, drawsOn: 'rights', currency: 'KRW' },
  ...{ shippingFee: 0, discount: 0, tax: 0, shippingAddress: null, billingAddress: null, country: null },
  ...{ orderedAt, paidAt: 0, shipBy: null, warehouses: shop.warehouses.slice(0, 1) },
  lines: [
    {
      ...{ variantId, sku: 'X', listingId: null, multiplier: 1, takes: [{ variantId, quantity: 1, margin: 0 }] },
      ...{ productName: 'X', variantName: '', unitPrice: 1, quantity: 1, state: 'paid' },
      ...{ externalLineKey: null, actionKey: null },
    },
  ],
})

test('an order that cannot be written down takes no stock, and nothing is thrown at the process', async () => {
  const thrown: unknown[] = []
  const listen = (error: unknown) => thrown.push(error)
  process.on('unhandledRejection', listen)
  const variantId = await shop.stock('LANE', 5)
  const take = (orderedAt: number) => shop.inTx((tx) => orderLane.run(tx, [{ order: orderOf(variantId, orderedAt) }]))
  await expect(take(Number.NaN)).rejects.toThrow(RangeError)
  expect(await take(0)).toMatchObject([{ kind: 'taken' }])
  await new Promise(setImmediate)
  process.off('unhandledRejection', listen)
  expect(thrown).toEqual([])
  const reserved = await shop.rows('select sum(reserved)::integer as n from inventory.level where variant_id = $1', [
    variantId,
  ])
  expect(reserved).toEqual([{ n: 1 }])
})
