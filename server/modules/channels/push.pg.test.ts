import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Market, openMarket } from '../../../test/marketplaces.ts'
import { newId } from '../../../test/shop.ts'
import type { ChannelAdapter } from './adapter.ts'
import { setMode, setPaused } from './index.ts'
import { claimDue, pushClaims } from './push.ts'
import { RANKS, sweepUnits, wantWork } from './unit-queries.ts'
import { URGENCY } from './urgency.ts'

/** What becomes of what was taken on, when nothing is asked. */

let market: Market
beforeAll(async () => {
  market = await openMarket()
})
afterAll(() => market.close())

const neverAsked = undefined as unknown as ChannelAdapter

test('a connection that is paused once its unit was taken on loses nothing that was wanted: the proof of a zero waits', async () => {
  const { shop, jaego } = market
  const connection = await market.connection('naver')
  const { company, connectionId } = connection
  const item = market.seed('naver', newId(), 5)
  await market.adopt('naver', item, { variantId: await shop.stock(newId(), 5) })
  const wanted = { company, connectionId, unit: item.unit, urgency: URGENCY.fromZero }
  await shop.inTx(async (tx) => wantWork(tx, [{ ...wanted, readInMs: 0, readUrgency: URGENCY.zero }], 0))
  const context = { deps: jaego.channels, connection, adapter: neverAsked, flush: async () => {} }
  const { claims } = await claimDue(context, { most: 10, upTo: RANKS.all })
  expect(claims).toMatchObject([{ unit: item.unit, write: true, read: true }])
  await shop.inTx((tx) => setPaused(tx, company, connectionId, true))
  await pushClaims(context, claims)
  const rows = await shop.rows(
    'select urgency, read_urgency, write_due_at, read_due_at, lease from channels.unit where unit = $1',
    [item.unit],
  )
  const due = { write_due_at: expect.any(Date), read_due_at: expect.any(Date) }
  expect(rows).toEqual([{ urgency: URGENCY.fromZero, read_urgency: URGENCY.zero, ...due, lease: null }])
})

test('a write that is still due when its connection only observes is let go, and the unit is read as any other', async () => {
  const { shop, jaego } = market
  const connection = await market.connection('coupang')
  const { company, connectionId } = connection
  const item = market.seed('coupang', newId(), 5)
  await market.adopt('coupang', item, { variantId: await shop.stock(newId(), 5) })
  await shop.inTx(async (tx) => wantWork(tx, [{ company, connectionId, unit: item.unit, urgency: URGENCY.other }], 0))
  await shop.inTx((tx) => setMode(tx, company, connectionId, 'observe'))
  let reads = 0
  const readStock: ChannelAdapter['readStock'] = async (unit) => {
    reads += 1
    return { unit, items: [{ item: item.item, quantity: 5, onSale: true, sellerCode: null }] }
  }
  const adapter = { readStock } as Partial<ChannelAdapter> as ChannelAdapter
  const context = { deps: jaego.channels, connection, adapter, flush: async () => {} }
  const work = async () => {
    const { claims } = await claimDue(context, { most: 10, upTo: RANKS.all })
    await pushClaims(context, claims)
    return claims.length
  }
  expect([await work(), reads, await work()]).toEqual([1, 0, 0])
  const rows = await shop.rows('select write_due_at, lease from channels.unit where unit = $1', [item.unit])
  expect(rows).toEqual([{ write_due_at: null, lease: null }])

  expect(await shop.inTx((tx) => sweepUnits(tx, company, connectionId, 1))).toEqual([{ unit: item.unit }])
  await shop.inTx(async (tx) => wantWork(tx, [{ company, connectionId, unit: item.unit, urgency: URGENCY.other }], 0))
  expect([await work(), reads, await work()]).toEqual([1, 1, 0])
})
