import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Market, openMarket } from '../../../test/marketplaces.ts'
import { newId } from '../../../test/shop.ts'
import type { ChannelAdapter } from './adapter.ts'
import { setPaused } from './index.ts'
import { claimDue, pushClaims } from './push.ts'
import { RANKS, wantWork } from './unit-queries.ts'
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
