import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Market, openMarket } from '../../../test/marketplaces.ts'
import { newId } from '../../../test/shop.ts'
import type { ChannelAdapter } from './adapter.ts'
import { collectionDone, collectionIn, leaseCollection, renewCollection } from './connection-queries.ts'
import { collectOrders } from './intake.ts'
import { hastenCollection } from './sign-in-queries.ts'

/** Who collects a connection's orders, when the one who did may have died. */

let market: Market
beforeAll(async () => {
  market = await openMarket()
})
afterAll(() => market.close())
beforeEach(() =>
  market.shop.rows(
    `update channels.connection
     set collect_due_at = now(), collect_leased_until = null, collect_lease = null, last_success_at = null`,
  ),
)

const lease = async () => {
  const connection = await market.connection('naver')
  const id = newId()
  return (await market.shop.inTx((tx) => leaseCollection(tx, connection, id))) ? id : null
}
const renew = (id: string) =>
  market.shop.inTx((tx) => renewCollection(tx, market.shop.company, market.naver.connectionId, id))
const secondsLater = (seconds: number) =>
  market.shop.rows(
    `update channels.connection set collect_leased_until = collect_leased_until - $1 * interval '1 second'`,
    [seconds],
  )

const neverAsked = undefined as unknown as ChannelAdapter
const at = () => [market.shop.company, market.naver.connectionId] as const
const hint = () => market.shop.inTx(async (tx) => hastenCollection(tx, ...at()))
const dueInMs = () => market.shop.inTx((tx) => collectionIn(tx, ...at()))

/** Collects; `meanwhile` happens while the marketplace is being asked. Answers ms until the next one is due. */
async function collect(meanwhile: () => Promise<unknown> = async () => {}): Promise<number> {
  const connection = await market.connection('naver')
  const id = newId()
  const due = await market.shop.inTx((tx) => leaseCollection(tx, connection, id))
  await meanwhile()
  const done = { cursor: {}, collectedUpTo: 0, againInMs: 60_000, due: due!, hintedAgainInMs: 900 }
  await market.shop.inTx((tx) => collectionDone(tx, connection, id, done))
  return dueInMs()
}

test('what is hinted at while orders are collected is collected soon after, since it may have been missed', async () => {
  expect(await collect()).toBeGreaterThan(50_000)
  await hint()
  await market.shop.rows('update channels.connection set collect_due_at = now()')
  const soon = await collect(hint)
  expect(soon).toBeGreaterThan(0)
  expect(soon).toBeLessThanOrEqual(900)
  await market.shop.rows('update channels.connection set collect_due_at = now()')
  expect(await collect()).toBeGreaterThan(50_000)
})

test('what is due and was not to be had is asked for again at once, however seldom the marketplace is', async () => {
  const connection = await market.connection('naver')
  const seldom = { ...connection, settings: { ...connection.settings, pollMs: 3_600_000 } }
  // As it is for whoever still signs in with other credentials: due, and not his.
  const other = { ...seldom, sealedCredentials: Buffer.from('other') }
  expect(await collectOrders(market.jaego.channels, other, neverAsked, async () => {})).toBeLessThanOrEqual(100)
})

test('a hint makes a collection due at once, and half a second after the last one at the soonest', async () => {
  await collect()
  await hint()
  const soon = await dueInMs()
  expect(soon).toBeGreaterThan(0)
  expect(soon).toBeLessThanOrEqual(500)
  await market.shop.rows(
    `update channels.connection set collect_due_at = now() + interval '1 hour', last_success_at = now() - interval '1 s'`,
  )
  await hint()
  expect(await dueInMs()).toBeLessThanOrEqual(0)
})

test('a collection is one worker’s as long as he says so, and another’s within seconds of his death', async () => {
  const first = (await lease())!
  await secondsLater(15)
  expect(await lease()).toBeNull()
  expect(await renew(first)).toBe(true)
  await secondsLater(15)
  expect(await lease()).toBeNull()
  await secondsLater(15)
  expect(await lease()).not.toBeNull()
  expect(await renew(first)).toBe(false)
})
