import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, openApi } from '../../test/api.ts'
import { newId, openShop, type Shop } from '../../test/shop.ts'
import { openMarketplace } from '../adapters/marketplaces/index.ts'
import { realClock } from '../kernel/clock.ts'
import { openLog } from '../kernel/log.ts'
import { realRandom } from '../kernel/random.ts'
import { openRealHttp } from '../kernel/real-http.ts'
import { openSecrets } from '../kernel/secrets.ts'
import { createApiKey, createCompany } from '../modules/access/index.ts'
import {
  adoptListings,
  createConnection,
  type NewConnection,
  openOffered,
  openPreview,
  readConnections,
} from '../modules/channels/index.ts'
import { openOrderNumbers } from '../modules/orders/index.ts'
import { readBoard } from './board.ts'
import { channelBoardRoutes } from './channel-http.ts'

const secrets = openSecrets(randomBytes(32), realRandom)
const http = openRealHttp()
const COUPANG = { accessKey: 'a', secretKey: 's', vendorId: 'A01', wingId: 'w' }
const NAVER = { clientId: 'c', clientSecret: '$2a$04$abcdefghijklmnopqrstuu' }

let shop: Shop
let api: Api
let naver: string
let coupang: string
let pad: string
beforeAll(async () => {
  shop = await openShop()
  const deps = {
    ...{ db: shop.db, clock: realClock, random: realRandom, log: openLog('error'), http, secrets },
    ...{ numbers: openOrderNumbers(shop.db, realClock), marketplaces: openMarketplace, pollMs: 1_000, restMs: 200 },
  }
  api = await openApi({
    shop,
    deps: {
      secrets,
      plugins: [channelBoardRoutes({ db: shop.db, preview: openPreview(deps), offered: openOffered(deps) })],
    },
  })
  pad = await shop.stock('BRK-1', 10)
  naver = await connect('naver', NAVER, { mode: 'push' })
  coupang = await connect('coupang', COUPANG, { mode: 'observe' })
})
afterAll(async () => {
  await api.close()
  await shop.close()
  http.close()
})

const connect = (channel: string, credentials: Record<string, string>, more: Partial<NewConnection> = {}) =>
  shop.inTx((tx) =>
    createConnection(tx, secrets, {
      ...{ company: shop.company, channel, name: channel, baseUrl: 'http://127.0.0.1:1', credentials, settings: {} },
      ...{ mode: 'push', policy: 'rights', policySettings: {}, feedLatenessMs: 1_000, ...more },
      budgets: [{ bucket: 'stock.write', ratePerSecond: 2, burst: 5 }],
      warehouses: shop.warehouses.slice(0, 2),
    }),
  )

const list = (connectionId: string, unit: string, variantId: string, observed: number) =>
  shop.inTx(async (tx) => {
    const connection = (await readConnections(tx)).find((one) => one.connectionId === connectionId)!
    return adoptListings(tx, connection, [{ unit, item: unit, sellerCode: null, variantId, multiplier: 1, observed }])
  })

const channelOf = async (id: string) =>
  (await api.get('/v1/board/channels')).json().channels.find((one: { id: string }) => one.id === id)

test('a connection nobody has collected from yet says so, with its budget full and nothing waiting', async () => {
  expect(await channelOf(coupang)).toMatchObject({
    ...{ channel: 'coupang', mode: 'observe', policy: 'rights', state: 'live', drift: 'repair', failures: 0 },
    ...{ collectedUpTo: null, lastSuccessAt: null, fault: null, signIn: null, lag: null, outShare: null },
    budgets: [{ bucket: 'stock.write', left: 5, burst: 5, perSecond: 2, blockedUntil: null }],
    saleStop: { callsPerExchange: 7 },
    waiting: { zero: 0, drop: 0, fromZero: 0, other: 0, spare: 0, parked: 0, unknown: 0 },
    parkedUnits: [],
    ...{ drifted: 0, leftEdited: 0, reconciliation: null, lapsing: 0, marginMs: 1_000 },
  })
})

test('what holds a connection back is told: faults in a row, a pause, a refused sign-in, work by urgency', async () => {
  const id = await connect('naver', NAVER)
  const { company } = shop
  await shop.rows(
    `update channels.connection set failures = 3, last_fault = 'unreachable', last_fault_said = 'ECONNREFUSED',
       last_fault_why = '{"reason": "signing_in"}', last_fault_at = now(), cursor = '{}', learned = '{"outShare": 0.02}' where connection_id = $1`,
    [id],
  )
  await shop.rows(`update channels.budget set blocked_until = now() + interval '1 minute' where connection_id = $1`, [
    id,
  ])
  await shop.rows(
    `insert into channels.token (company_id, connection_id, not_before, fault, said, why, credentials_hash)
     values ($1, $2, now() + interval '5 minutes', 'signed_out', 'invalid_client', '{"reason": "renewal_refused"}', '')`,
    [company, id],
  )
  await list(id, 'D', pad, 4)
  await shop.rows('delete from channels.unit where connection_id = $1', [id])
  for (const [unit, urgency, parked] of [
    ['A', 0, null],
    ['B', 0, null],
    ['C', 2, null],
    ['D', 1, 'refused'],
  ]) {
    await shop.rows(
      `insert into channels.unit (company_id, connection_id, unit, urgency, attempt, write_due_at, parked_fault)
       values ($1, $2, $3, $4, 0, now(), $5)`,
      [company, id, unit, urgency, parked],
    )
  }
  await shop.rows(
    `insert into channels.reconciliation (company_id, reconciliation_id, connection_id, started_at, ended_at, result,
       looked_from, compared_up_to, orders_told, lines_late) values ($1, $2, $3, now(), now(), 'differed', now(), now(), 7, 1)`,
    [company, newId(), id],
  )
  expect(await channelOf(id)).toMatchObject({
    ...{
      state: 'unreachable',
      failures: 3,
      fault: { code: 'unreachable', why: { reason: 'signing_in' }, said: 'ECONNREFUSED' },
      outShare: 0.02,
    },
    collectedUpTo: expect.any(String),
    signIn: { fault: 'signed_out', why: { reason: 'renewal_refused' }, said: 'invalid_client' },
    budgets: [{ blockedUntil: expect.any(String) }],
    waiting: { zero: 2, drop: 0, fromZero: 1, parked: 1 },
    parkedUnits: [{ fault: 'refused', units: 1, skus: ['BRK-1'] }],
    reconciliation: { result: 'differed', ordersTold: 7, linesLate: 1 },
  })
})

test('under rights a connection that observes stores what it shows as desired, and the preview tells what would be sent', async () => {
  await list(naver, 'N', pad, 4)
  await list(coupang, 'C', pad, 10)
  const stored = await shop.rows('select desired, shown from channels.listing where connection_id = $1', [coupang])
  expect(stored).toEqual([{ desired: 10, shown: 10 }])
  const answer = (await api.get(`/v1/connections/${coupang}/preview`)).json()
  expect(answer).toMatchObject({ connectionId: coupang, looked: 1, unread: 0, differing: 1 })
  expect(Date.parse(answer.seenUntil) - Date.now()).toBeGreaterThan(9 * 60_000)
  expect(answer.listings).toMatchObject([{ sku: 'BRK-1', name: 'BRK-1 브레이크 패드', item: 'C', shown: 10 }])
  expect(answer.listings[0].wouldSend).toBeLessThanOrEqual(6)
  expect(await shop.rows('select desired, shown from channels.listing where connection_id = $1', [coupang])).toEqual(
    stored,
  )
})

test('the preview’s proof of having looked switches its connection on, and no other', async () => {
  const other = await connect('coupang', COUPANG, { mode: 'observe' })
  const switchOn = async (id: string, seen: string) =>
    (await api.inject('PATCH', `/v1/connections/${id}`, { mode: 'push', seen })).statusCode
  const { seen } = (await api.get(`/v1/connections/${other}/preview`)).json()
  expect(await switchOn(coupang, seen)).toBe(409)
  expect(await switchOn(other, seen)).toBe(200)
})

const raise = async (kind: string, units: number, facts: object | null = null) => {
  const id = newId()
  await shop.rows(
    `insert into channels.alarm (company_id, alarm_id, kind, connection_id, variant_id, units, detail, facts, at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, now())`,
    [shop.company, id, kind, naver, pad, units, facts ? null : 'a sentence of before', facts && JSON.stringify(facts)],
  )
  return id
}

test('alarms are listed newest first with the units exposed, seen once by somebody, and that can be taken back', async () => {
  const [first, second] = [await raise('late_order', 3), await raise('hand_edit', 0, { kind: 'hand_edit', units: -2 })]
  const open = async () => (await api.get('/v1/alarms?open=true')).json().alarms.map(({ id }: { id: string }) => id)
  const page = (await api.get('/v1/alarms?limit=1')).json()
  expect(page).toMatchObject({
    alarms: [{ id: second, kind: 'hand_edit', sku: 'BRK-1', seen: null, facts: { units: -2 }, detail: null }],
    next: second,
  })
  expect((await api.get(`/v1/alarms?limit=1&cursor=${page.next}`)).json()).toMatchObject({
    alarms: [{ id: first, units: 3, facts: null, detail: 'a sentence of before' }],
    next: null,
  })

  const see = (ids: string[], seen: boolean) => api.inject('PUT', '/v1/alarms/acknowledgements', { ids, seen })
  expect((await see([first, newId()], true)).json()).toEqual({ alarms: 1 })
  expect(await open()).toEqual([second])
  expect((await shop.inTx((tx) => readBoard(tx, shop.company, false))).totals.alarms).toBe(1)
  expect((await api.get('/v1/alarms')).json().alarms[1].seen).toMatchObject({ by: expect.any(String) })
  await see([first], true)
  expect((await see([first], false)).statusCode).toBe(200)
  expect(await open()).toEqual([second, first])
})

test('what belongs to another company is answered as if it were not there', async () => {
  const alarm = await raise('clock_skew', 1)
  const stranger = newId()
  const key = await shop.db.transaction([stranger], async (tx) => {
    createCompany(tx, { id: stranger, name: '남의 회사' })
    return createApiKey(tx, stranger, 'test', realRandom)
  })
  const headers = { authorization: `Bearer ${key}` }
  expect((await api.get('/v1/board/channels', headers)).json()).toMatchObject({ channels: [], strict: [] })
  expect((await api.get('/v1/alarms', headers)).json().alarms).toEqual([])
  expect((await api.get(`/v1/connections/${coupang}/preview`, headers)).statusCode).toBe(404)
  const seen = await api.inject('PUT', '/v1/alarms/acknowledgements', { ids: [alarm], seen: true }, headers)
  expect(seen.json()).toEqual({ alarms: 0 })
  expect((await api.get('/v1/alarms?open=true')).json().alarms.map(({ id }: { id: string }) => id)).toContain(alarm)
})
