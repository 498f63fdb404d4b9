import { afterEach, expect, test } from 'vitest'
import { type Api, openApi } from '../api.ts'
import { KINDS } from '../marketplace-kinds.ts'
import { type Market, openMarket } from '../marketplaces.ts'
import { becomesTrue, buy, collectedOnce, linesOf, recorded } from './market-truth.ts'

/** What webhooks are good for: news comes sooner. And what they are not: nothing is believed of them, nothing needs them. */

const ONE = { cafe24: KINDS.cafe24 }
type Mall = Market<typeof ONE>

let market: Mall
let api: Api
let hook: string
afterEach(async () => {
  await api?.close()
  await market?.close()
})

/** A mall that is asked every `pollMs`, and tells us by webhook. */
async function openMall(pollMs: number): Promise<string> {
  market = await openMarket({ cafe24: { settings: { pollMs } } }, ONE)
  const { shop, jaego, cafe24 } = market
  api = await openApi({ shop, deps: { db: jaego.db, secrets: jaego.secrets } })
  hook = `${await api.app.listen({ host: '127.0.0.1', port: 0 })}/hooks/cafe24/${cafe24.connectionId}`
  cafe24.sim.sendWebhooks({ to: hook })
  const { cafe24: item } = await market.list('BRK-1', await shop.stock('BRK-1', 500), { cafe24: 400 })
  return item
}

const linesThere = () => market.cafe24.machine.doors.truth().lines
const dueIn = async () => {
  const rows = await market.shop.rows<{ ms: number }>(
    'select extract(epoch from collect_due_at - now())::float8 * 1000 as ms from channels.connection',
  )
  return rows[0]!.ms
}
/** With a poll of an hour it is the webhook that tells. */
const HOUR_MS = 3_600_000

test('an order is known by its webhook, long before it would have been asked for', async () => {
  const item = await openMall(HOUR_MS)
  market.work()
  await collectedOnce(market)
  for (let i = 0; i < 5; i++) {
    buy(market.cafe24, item)
    await recorded(market)
  }
  expect(await linesOf(market, market.cafe24)).toHaveLength(5)
})

test('orders that come while one is being collected are known as soon, and a rush asks about twice a second', async () => {
  const item = await openMall(HOUR_MS)
  const { sim, machine } = market.cafe24
  sim.setFaults({ latencyMs: [100, 200] })
  market.work()
  await collectedOnce(market)
  const asked = () => machine.doors.calls().find(({ bucket }) => bucket === 'orders')?.taken ?? 0
  const [before, begun] = [asked(), performance.now()]
  for (let i = 0; i < 60; i++) {
    buy(market.cafe24, item)
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  await recorded(market)
  const seconds = (performance.now() - begun) / 1_000
  expect(asked() - before).toBeLessThan(4 + seconds * 4)
})

test('with webhooks lost, doubled, late and overtaken no order is lost or doubled, and with all lost none either', async () => {
  const item = await openMall(500)
  const { sim } = market.cafe24
  sim.setFaults({ webhookLost: 0.4, webhookTwice: 0.4, webhookLate: 0.4, webhookLateMs: 2_000, webhookOvertaken: 0.4 })
  market.work()
  for (let i = 0; i < 30; i++) buy(market.cafe24, item)
  await becomesTrue(market)
  sim.setFaults({ webhookLost: 1 })
  for (let i = 0; i < 30; i++) buy(market.cafe24, item)
  await becomesTrue(market)
  expect(await linesOf(market, market.cafe24)).toHaveLength(60)
  expect(linesThere()).toHaveLength(60)
})

test('a webhook with a wrong key, or with a body that lies or bites, changes nothing', async () => {
  const item = await openMall(HOUR_MS)
  const { machine } = market.cafe24
  market.work()
  await collectedOnce(market)
  market.cafe24.sim.sendWebhooks(null)
  buy(market.cafe24, item)
  const post = async (key: string, body: string) => {
    const headers = { 'content-type': 'application/json', 'x-api-key': key }
    return (await fetch(hook, { method: 'POST', headers, body })).status
  }
  const real = machine.webhooks.due(machine.webhooks.newest() - 2, 1)[0]!
  const key = real.headers['x-api-key']!
  for (const wrong of ['', `${key}x`, key.slice(1), key.toUpperCase()]) expect(await post(wrong, real.body)).toBe(401)
  expect(await dueIn()).toBeGreaterThan(HOUR_MS / 2)
  expect(await linesOf(market, market.cafe24)).toEqual([])

  const lies = { event_no: 90023, resource: { mall_id: 'x', order_id: '20261120-9999999', quantity: 999, items: [{}] } }
  const bodies = [
    JSON.stringify(lies),
    JSON.stringify({ event_no: 90077, resource: {} }),
    `{"__proto__":{"polluted":1},"event_no":1e400}`,
    '['.repeat(30_000) + ']'.repeat(30_000),
    '{"event_no":',
    '',
    '\u0000',
    'x'.repeat(200_000),
  ]
  for (const body of bodies) expect([200, 400, 413]).toContain(await post(key, body))
  // Whoever has the key may make us look, and what we find is what is there.
  await recorded(market)
  await becomesTrue(market)
  expect(await linesOf(market, market.cafe24)).toHaveLength(1)
  expect(market.logged.join('\n')).not.toContain(key)
})
