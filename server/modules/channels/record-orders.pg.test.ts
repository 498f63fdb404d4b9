import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Market, openMarket } from '../../../test/marketplaces.ts'
import { newId } from '../../../test/shop.ts'
import type { ChannelOrder, ChannelOrderLine } from './adapter.ts'
import { bound, collected, type Rights } from './allocation/rights.ts'
import { onceEach } from './intake.ts'
import { recordChanges, recordNewOrders } from './record-orders.ts'

/** What a collection brings, in whatever shape it comes, becomes each order and line once. No worker runs. */

let market: Market
let variantId: string
beforeAll(async () => {
  market = await openMarket()
})
afterAll(() => market.close())
let item: { unit: string; item: string }
beforeEach(async () => {
  const sku = `BRK-${newId()}`
  variantId = await market.shop.stock(sku, 10)
  const seeded = market.seed('naver', sku, 5)
  await market.adopt('naver', seeded, { variantId })
  item = seeded
})

const line = (lineKey: string, more: Partial<ChannelOrderLine> = {}): ChannelOrderLine => ({
  ...{ lineKey, actionKey: lineKey, unit: item.unit, item: item.item, sellerCode: null, productName: '패드' },
  ...{ optionName: '', quantity: 1, cancelled: 0, unitPrice: 9_900, state: 'paid', soldAt: Date.now() },
  ...{ changedAt: Date.now(), cancelRequested: false },
  ...more,
})

const order = (externalId: string, lines: ChannelOrderLine[]): ChannelOrder => ({
  ...{ externalId, orderedAt: Date.now(), paidAt: Date.now(), buyerName: '김하나', address: null, shippingFee: null },
  ...{ lines, raw: null },
})

const record = async (...orders: ChannelOrder[]) => {
  const connection = await market.connection('naver')
  const fresh = await recordNewOrders(market.jaego.channels, connection, orders)
  await recordChanges(market.jaego.channels, connection, orders)
  return fresh
}

const linesOf = (externalId: string) =>
  market.shop.rows<{
    external_line_key: string
    quantity: number
    cancelled: number
    state: string
    action_key: string
  }>(
    `select l.* from orders.order_line l join orders.order o using (company_id, order_id)
     where o.external_id = $1 order by l.external_line_key`,
    [externalId],
  )

const reserved = async () =>
  (
    await market.shop.rows<{ reserved: number }>(
      'select sum(reserved)::integer as reserved from inventory.level where variant_id = $1',
      [variantId],
    )
  )[0]!.reserved

test('an order told in parts is one order, in whatever order its parts come', async () => {
  const id = newId()
  expect(await record(order(id, [line(`${id}a`)]))).toBe(1)
  expect(await record(order(id, [line(`${id}b`, { quantity: 2 })]))).toBe(1)
  // The same goods and quantity as the first part: another line all the same.
  expect(await record(order(id, [line(`${id}c`)]))).toBe(1)
  expect(await record(order(id, [line(`${id}c`), line(`${id}a`), line(`${id}b`, { quantity: 2 })]))).toBe(0)
  expect((await linesOf(id)).map(({ quantity }) => quantity)).toEqual([1, 2, 1])
  expect(await reserved()).toBe(4)
})

test('two workers that read the same orders record each once', async () => {
  const ids = Array.from({ length: 4 }, newId)
  const orders = ids.map((id) => order(id, [line(`${id}a`)]))
  await Promise.all([record(...orders), record(...orders.toReversed()), record(...orders)])
  expect(await reserved()).toBe(4)
  for (const id of ids) expect(await linesOf(id)).toHaveLength(1)
})

test('an unpaid line holds nothing until it is paid', async () => {
  const id = newId()
  await record(order(id, [line(`${id}a`, { state: 'pending' })]))
  expect(await linesOf(id)).toEqual([])
  await record(order(id, [line(`${id}a`)]))
  expect(await reserved()).toBe(1)
})

test('a cancel that names no box takes no key away', async () => {
  const id = newId()
  await record(order(id, [line(`${id}a`, { quantity: 2, actionKey: 'box-1' })]))
  await record(order(id, [line(`${id}a`, { quantity: 2, actionKey: '', cancelled: 1, productName: '', unitPrice: 0 })]))
  expect(await linesOf(id)).toEqual([
    expect.objectContaining({ cancelled: 1, action_key: 'box-1', product_name: '패드', unit_price: 9900 }),
  ])
  expect(await reserved()).toBe(1)
})

test('goods sent off at the marketplace are accepted, and stay in our books until we ship them', async () => {
  const id = newId()
  await record(order(id, [line(`${id}a`)]))
  await record(order(id, [line(`${id}a`, { state: 'delivered' })]))
  expect((await linesOf(id)).map(({ state }) => state)).toEqual(['acknowledged'])
  expect(await reserved()).toBe(1)
})

test('a sale the feed brought later than trusted widens what is allowed for from then on', async () => {
  const before = await market.connection('naver')
  const id = newId()
  const now = Date.now()
  const collected = { ...before, cursor: {}, collectedUpTo: now }
  await recordNewOrders(market.jaego.channels, collected, [order(id, [line(`${id}a`, { soldAt: now - 5_000 })])])
  const { feedLatenessMs } = await market.connection('naver')
  expect(feedLatenessMs).toBeGreaterThanOrEqual(before.feedLatenessMs + 5_000)
  expect(feedLatenessMs).toBeLessThan(before.feedLatenessMs + 6_000)
})

test('a sale stamped at the mark came late, however little', async () => {
  const before = await market.connection('naver')
  const id = newId()
  const now = Date.now()
  const collected = { ...before, cursor: {}, collectedUpTo: now }
  await recordNewOrders(market.jaego.channels, collected, [order(id, [line(`${id}a`, { soldAt: now })])])
  expect((await market.connection('naver')).feedLatenessMs).toBeGreaterThan(before.feedLatenessMs)
})

test('units of a cancel came back no earlier than they may have: a read between the stamp of their line and the news replaces none', async () => {
  const id = newId()
  const soldAt = Date.now() - 60_000
  const told = (more: Partial<ChannelOrderLine>) => order(id, [line(`${id}a`, { soldAt, changedAt: soldAt, ...more })])
  await record(told({}))
  const read = { counter: 4, sentAt: soldAt + 20_000, endedAt: soldAt + 21_000 }
  const rightsOf = async () =>
    (await market.shop.rows<{ rights: Rights }>('select rights from channels.listing where item = $1', [item.item]))[0]!
      .rights
  const known: Rights = { counterMax: 4, completeUpTo: soldAt + 10_000, writes: [], reads: [read], seen: [] }
  await market.shop.rows('update channels.listing set rights = $2 where item = $1', [item.item, known])
  const before = { ...(await market.connection('naver')), collectedUpTo: soldAt + 10_000 }
  await recordChanges(market.jaego.channels, before, [told({ cancelled: 1, state: 'cancelled' })])
  expect(bound(collected(await rightsOf(), soldAt + 40_000))).toBe(5)
})

test('of a line told twice in one answer the newer word counts, and cancels only grow', () => {
  item = { unit: 'u', item: 'i' }
  const told = onceEach([
    order('1', [line('a', { changedAt: 5, state: 'acknowledged' })]),
    order('2', [line('b', { quantity: 3, changedAt: 9, cancelled: 0 })]),
    order('1', [line('a', { changedAt: 3 }), line('c')]),
    order('2', [line('b', { quantity: 3, changedAt: 4, cancelled: 2 })]),
  ])
  expect(told.map(({ lines }) => lines.map(({ lineKey, state, cancelled }) => [lineKey, state, cancelled]))).toEqual([
    [
      ['a', 'acknowledged', 0],
      ['c', 'paid', 0],
    ],
    [['b', 'paid', 2]],
  ])
})

const addressOf = async (externalId: string) =>
  (
    await market.shop.rows<{ address: ChannelOrder['address'] }>(
      'select shipping_address as address from orders.order where external_id = $1',
      [externalId],
    )
  )[0]!.address

const home = { name: '김하나', phone: '', postalCode: '04524', line1: '서울 중구 세종대로 110', line2: '', memo: '' }

test('an address that is told later than its order reaches it, and is not lost when it is not told again', async () => {
  const id = newId()
  const told = order(id, [line(`${id}a`)])
  await record(told)
  expect(await addressOf(id)).toBeNull()
  await record({ ...told, address: home })
  expect(await addressOf(id)).toEqual(home)
  await record(told)
  expect(await addressOf(id)).toEqual(home)
})

test('an address follows its buyer until something of the order has left', async () => {
  const id = newId()
  const told = { ...order(id, [line(`${id}a`), line(`${id}b`)]), address: home }
  await record(told)
  const moved = { ...home, line1: '부산 연제구 중앙대로 1001' }
  await record({ ...told, address: moved })
  expect(await addressOf(id)).toEqual(moved)
  await market.shop.rows(`update orders.order_line set shipped = 1 where external_line_key = $1`, [`${id}a`])
  await record({ ...told, address: { ...home, line1: '모르는 곳' } })
  expect(await addressOf(id)).toEqual(moved)
})
