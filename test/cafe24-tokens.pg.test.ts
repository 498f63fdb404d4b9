import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openMarketplace } from '../server/adapters/marketplaces/index.ts'
import { compose, type Jaego, runWorker } from '../server/compose.ts'
import { type Connection, sealPlace } from '../server/modules/channels/connection.ts'
import { createConnection, readConnections } from '../server/modules/channels/index.ts'
import { setCredentials } from '../server/modules/channels/sign-in.ts'
import { openTokenStore } from '../server/modules/channels/tokens.ts'
import { type Cafe24, createCafe24, TEST_CAFE24_CREDENTIALS } from '../simulators/cafe24/index.ts'
import { type RunningSimulator, startSimulator } from '../simulators/shell.ts'
import { openShop, type Shop } from './shop.ts'

/** The whole way: a worker, the token store in PostgreSQL, the adapter, and a mall whose refresh tokens work once. */

const { clientId, clientSecret } = TEST_CAFE24_CREDENTIALS

let shop: Shop
let mall: Cafe24
let sim: RunningSimulator
let jaego: Jaego
let working: { stop: AbortController; ended: Promise<void> }[]
beforeEach(async () => {
  shop = await openShop()
  mall = createCafe24({ switches: { limits: 'off', oldAccessToken: 'dies', reusedRefreshToken: 'ends_grant' } })
  sim = await startSimulator(mall)
  const config = { secretKey: randomBytes(32), logLevel: 'silent', listenUrl: null } as const
  jaego = await compose({ url: shop.url, config, pollMs: 100 })
  working = []
})
afterEach(async () => {
  await rest()
  await jaego.close()
  await sim.close()
  await shop.close()
})

const connect = () =>
  shop.inTx((tx) =>
    createConnection(tx, jaego.secrets, {
      ...{ company: shop.company, channel: 'cafe24', name: '몰', baseUrl: sim.url, mode: 'push', policy: 'rights' },
      credentials: { clientId, clientSecret, refreshToken: TEST_CAFE24_CREDENTIALS.refreshToken! },
      ...{ settings: { timeoutMs: 300, pollMs: 100 }, policySettings: {}, feedLatenessMs: 0 },
      budgets: BUCKETS.map((bucket) => ({ bucket, ratePerSecond: 1_000, burst: 1_000 })),
      warehouses: shop.warehouses.slice(0, 1),
    }),
  )

const BUCKETS = ['token', 'orders.read', 'orders.write', 'stock.read', 'stock.write']

/** Each as a process of its own, as far as tokens can tell. */
function work(workers = 1): void {
  for (let i = 0; i < workers; i++) {
    const stop = new AbortController()
    working.push({ stop, ended: runWorker(jaego, stop.signal) })
  }
}

async function rest(): Promise<void> {
  for (const { stop } of working) stop.abort()
  await Promise.all(working.map(({ ended }) => ended))
  working = []
}

const connection = async (): Promise<Connection> => (await shop.inTx((tx) => readConnections(tx)))[0]!
const tokenCalls = () => mall.doors.calls().find(({ bucket }) => bucket === 'oauth')?.taken ?? 0
const standing = async () =>
  (
    await shop.rows<{ parked: boolean; last_success_at: Date | null; last_fault_why: { reason: string } | null }>(
      'select parked, last_success_at, last_fault_why from channels.connection',
    )
  )[0]!
const PATIENTLY = { timeout: 15_000, interval: 50 }

test('workers whose token dies under them renew it once between them and go on', async () => {
  await connect()
  work(3)
  await expect.poll(async () => (await standing()).last_success_at, PATIENTLY).not.toBeNull()
  expect(tokenCalls()).toBe(1)
  sim.setFaults({ clockSkewMs: 3 * 3_600_000 })
  await expect.poll(tokenCalls, PATIENTLY).toBe(2)
  const before = (await standing()).last_success_at!
  await expect.poll(async () => (await standing()).last_success_at!.getTime(), PATIENTLY).toBeGreaterThan(+before)
  expect(tokenCalls()).toBe(2)
})

test('a renewal whose answer is lost parks the connection with the reason, and signing in again brings it back', async () => {
  const connectionId = await connect()
  sim.setFaults({ timeoutAfterCommit: 1 })
  work(2)
  const unanswered = () => shop.rows('select 1 from channels.token where unanswered = 1')
  await expect.poll(unanswered, PATIENTLY).toHaveLength(1)
  await rest()
  expect(tokenCalls()).toBe(1)

  sim.setFaults({ timeoutAfterCommit: 0 })
  await shop.passTime(11_000)
  work(2)
  await expect.poll(async () => (await standing()).parked, PATIENTLY).toBe(true)
  expect((await standing()).last_fault_why?.reason).toBe('renewal_lost')
  expect(tokenCalls()).toBe(2)
  const place = sealPlace(shop.company, connectionId)
  expect(jaego.secrets.open(place, (await connection()).sealedCredentials)).toContain('refreshToken')

  const credentials = { clientId, clientSecret, refreshToken: await consentAgain() }
  const at = { company: shop.company, connectionId }
  await shop.inTx(async (tx) => setCredentials(tx, jaego.secrets, at, credentials))
  await expect.poll(async () => (await standing()).parked, PATIENTLY).toBe(false)
  expect((await standing()).last_success_at).not.toBeNull()
})

test('what a process learned is there for the next one: no token call after a restart', async () => {
  await connect()
  work()
  await expect.poll(async () => (await standing()).last_success_at, PATIENTLY).not.toBeNull()
  await rest()
  mall.doors.seedProducts([PAD], sim.now())
  const stored = openTokenStore(jaego.channels, await connection())
  const budget = { spend: async () => {}, learn: () => {} }
  const account = { baseUrl: sim.url, credentials: { clientId, clientSecret, refreshToken: 'pretendCafe24Refresh01' } }
  const adapter = openMarketplace.cafe24({ ...account, settings: {} }, { ...jaego.channels, ...budget, tokens: stored })
  expect((await adapter.readStock('1')).items).toHaveLength(1)
  expect(tokenCalls()).toBe(1)
})

const PAD = {
  name: '브레이크 패드',
  price: 9_000,
  options: [{ optionName: '', sellerCode: 'PAD-1', stock: 5, surcharge: 0 }],
}

/** The seller signs in at the marketplace and gives the app its consent, in a browser. */
async function consentAgain(): Promise<string> {
  const back = 'https://app.example/back'
  const asked = new URLSearchParams({
    ...{ response_type: 'code', client_id: clientId, redirect_uri: back },
    scope: TEST_CAFE24_CREDENTIALS.scopes.join(','),
  })
  const consent = await fetch(`${sim.url}/api/v2/oauth/authorize?${asked}`, { redirect: 'manual' })
  const code = new URL(consent.headers.get('location')!).searchParams.get('code')!
  const answer = await fetch(`${sim.url}/api/v2/oauth/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: back }),
  })
  return ((await answer.json()) as { refresh_token: string }).refresh_token
}
