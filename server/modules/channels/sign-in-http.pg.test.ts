import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Api, openApi } from '../../../test/api.ts'
import { newId } from '../../../test/shop.ts'
import { realRandom } from '../../kernel/random.ts'
import { openSecrets } from '../../kernel/secrets.ts'
import { createApiKey, createCompany } from '../access/index.ts'
import { sealPlace } from './connection.ts'
import { noteFault } from './connection-queries.ts'
import { createConnection, readConnections } from './connections.ts'

const secrets = openSecrets(randomBytes(32), realRandom)
const KEY = 'the-key-webhooks-come-with'

const FIELDS = [
  { name: 'clientId', secret: false, needed: 'always' },
  { name: 'clientSecret', secret: true, needed: 'always' },
  { name: 'auctionId', secret: false, needed: 'one_of' },
  { name: 'gmarketId', secret: false, needed: 'one_of' },
  { name: 'webhookKey', secret: true, needed: 'may' },
] as const
/** Nobody knows what the other channels want. */
const offered = ({ channel }: { channel: string }) =>
  channel === 'esm' ? { credentials: FIELDS, saleStop: null } : null

let api: Api
let connectionId: string
beforeAll(async () => {
  api = await openApi({ deps: { secrets, offered } })
  connectionId = await connect('cafe24', { clientId: 'c', webhookKey: KEY })
})
afterAll(() => api.close())
beforeEach(() =>
  api.shop.rows("update channels.connection set collect_due_at = 'infinity', failures = 0, parked = false"),
)

const connect = (channel: string, credentials: Record<string, string>) =>
  api.shop.inTx((tx) =>
    createConnection(tx, secrets, {
      ...{ company: api.shop.company, channel, name: '몰', baseUrl: 'http://127.0.0.1:1', credentials },
      ...{ settings: {}, mode: 'observe', policy: 'rights', policySettings: {}, feedLatenessMs: 1_000, budgets: [] },
      warehouses: api.shop.warehouses.slice(0, 1),
    }),
  )

const hook = (id: string, key: string | null, body: unknown = { event_no: 90023, resource: {} }, app = api.app) =>
  app.inject({
    method: 'POST',
    url: `/hooks/cafe24/${id}`,
    headers: { 'content-type': 'application/json', ...(key === null ? {} : { 'x-api-key': key }) },
    payload: typeof body === 'string' ? body : JSON.stringify(body),
  })

const areDue = async () =>
  (
    await api.shop.rows<{ id: string }>(
      'select connection_id as id from channels.connection where collect_due_at <= now()',
    )
  ).map(({ id }) => id)

test('a webhook with the key makes its connection collect at once, whatever it says', async () => {
  for (const body of [
    { event_no: 90023, resource: { order_id: '1' } },
    {},
    [],
    'null',
    { event_no: 'x'.repeat(5_000) },
  ]) {
    await api.shop.rows("update channels.connection set collect_due_at = 'infinity'")
    const answer = await hook(connectionId, KEY, body)
    expect([answer.statusCode, answer.json()]).toEqual([200, { taken: true }])
    expect(await areDue()).toEqual([connectionId])
  }
})

test('without the key, at another channel or address, every webhook gets the same answer and does nothing', async () => {
  const other = await connect('naver', { webhookKey: KEY })
  const keyless = await connect('cafe24', { clientId: 'c' })
  await api.shop.rows("update channels.connection set collect_due_at = 'infinity'")
  const answers = [
    await hook(connectionId, null),
    await hook(connectionId, ''),
    await hook(connectionId, `${KEY}x`),
    await hook(connectionId, KEY.slice(0, -1)),
    await hook(connectionId, 'k'.repeat(5_000)),
    await hook(other, KEY),
    await hook(keyless, ''),
    await hook(newId(), KEY),
    await hook('no-id', KEY),
  ]
  expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([401]))
  const details = answers.map((answer) => answer.json().detail)
  expect(new Set(details).size).toBe(1)
  expect(await areDue()).toEqual([])
})

test('the address of a webhook may be written in capitals', async () => {
  expect((await hook(connectionId.toUpperCase(), KEY)).statusCode).toBe(200)
  expect(await areDue()).toEqual([connectionId])
})

test('a webhook states the company of its connection and no other', async () => {
  const stranger = newId()
  await api.shop.db.transaction([stranger], async (tx) => createCompany(tx, { id: stranger, name: '남의 회사' }))
  const seen = await watched()
  expect((await hook(connectionId, KEY, {}, seen.app)).statusCode).toBe(200)
  expect(seen.stated).toEqual([[api.shop.company]])
  await seen.app.close()
})

test('a flood of webhooks for ids nobody knows is one statement at a time and no transaction, and has an end', async () => {
  const seen = await watched()
  const answers = await Promise.all(Array.from({ length: 3_000 }, () => hook(newId(), KEY, {}, seen.app)))
  const count = (status: number) => answers.filter(({ statusCode }) => statusCode === status).length
  expect(count(401) + count(503)).toBe(3_000)
  expect(count(503)).toBeGreaterThan(0)
  expect(count(401)).toBeGreaterThanOrEqual(1_000)
  expect([seen.mostAsked(), seen.stated]).toEqual([1, []])
  expect((await hook(connectionId, KEY, {}, seen.app)).statusCode).toBe(200)
  await seen.app.close()
})

/** A second process over the same database: what it states, and how many statements are asked at the same time. */
async function watched() {
  const { db } = api.shop
  const stated: (readonly string[])[] = []
  let asked = 0
  let mostAsked = 0
  const watching: typeof db = {
    ...db,
    transaction: (companies, work) => {
      stated.push(companies)
      return db.transaction(companies, work)
    },
    ask: async (statement, values) => {
      mostAsked = Math.max(mostAsked, ++asked)
      try {
        return await db.ask(statement, values)
      } finally {
        asked--
      }
    },
  }
  const { app } = await openApi({ shop: api.shop, key: api.key, deps: { db: watching, secrets, offered } })
  return { app, stated, mostAsked: () => mostAsked }
}

test('a webhook that is too long or no JSON is refused and does nothing', async () => {
  expect((await hook(connectionId, KEY, { event_no: 'x'.repeat(70_000) })).statusCode).toBe(413)
  expect((await hook(connectionId, KEY, '{"event_no":')).statusCode).toBe(400)
  expect(await areDue()).toEqual([])
})

test.each(['parked = true', 'failures = 3'])(
  'a connection that is being left alone (%s) is not hurried',
  async (state) => {
    await api.shop.rows(`update channels.connection set ${state}`)
    expect((await hook(connectionId, KEY)).statusCode).toBe(200)
    expect(await areDue()).toEqual([])
  },
)

test('new credentials are sealed, tried at once and never answered', async () => {
  const credentials = {
    clientId: 'c',
    clientSecret: 'brand-new-secret',
    refreshToken: 'brand-new-token',
    webhookKey: KEY,
  }
  const answer = await api.inject('PUT', `/v1/connections/${connectionId}/credentials`, { credentials })
  expect(answer.statusCode).toBe(200)
  expect(answer.body).not.toMatch(/brand-new|credential/)
  expect(await credentialsOf(connectionId)).toEqual(credentials)
  expect(await areDue()).toEqual([connectionId])
})

test('what is wanted is told by name, with what is there and never what it is', async () => {
  const id = await connect('esm', { clientId: 'c', clientSecret: 'hidden', auctionId: 'a' })
  const answer = await api.get(`/v1/connections/${id}/credentials`)
  const isSet = [true, true, true, false, false]
  expect(answer.json()).toEqual({ fields: FIELDS.map((field, i) => ({ ...field, isSet: isSet[i] })) })
  expect(answer.body).not.toContain('hidden')
  expect((await api.get(`/v1/connections/${newId()}/credentials`)).statusCode).toBe(404)
})

test('credentials that lack something or have one too many are refused by name, and nothing changes', async () => {
  const old = { clientId: 'c', clientSecret: 's', auctionId: 'a' }
  const id = await connect('esm', old)
  const refused = async (credentials: Record<string, string>) => {
    const answer = await api.inject('PUT', `/v1/connections/${id}/credentials`, { credentials })
    expect(answer.statusCode).toBe(400)
    return answer.json().errors.map(({ pointer, detail }: Record<string, string>) => `${pointer} ${detail}`)
  }
  expect(await refused({ clientId: 'c', auctionId: 'a' })).toEqual(['/credentials/clientSecret is missing'])
  expect(await refused({ ...old, password: 'p' })).toEqual(['/credentials/password is unknown'])
  expect(await refused({ clientId: 'c', clientSecret: 's' })).toEqual([
    '/credentials/auctionId is missing',
    '/credentials/gmarketId is missing',
  ])
  expect(await credentialsOf(id)).toEqual(old)
})

test('with keep, what is left out stays as it was; whoever collects with the old ones has lost his turn', async () => {
  const id = await connect('esm', { clientId: 'c', clientSecret: 'old', gmarketId: 'g', webhookKey: KEY })
  await api.shop.rows(
    `update channels.connection set collect_lease = $2, collect_leased_until = now() + interval '1 minute'
     where connection_id = $1`,
    [id, newId()],
  )
  const changed = { credentials: { clientSecret: 'new' }, keep: true }
  expect((await api.inject('PUT', `/v1/connections/${id}/credentials`, changed)).statusCode).toBe(200)
  expect(await credentialsOf(id)).toEqual({ clientId: 'c', clientSecret: 'new', gmarketId: 'g', webhookKey: KEY })
  expect(await api.shop.rows('select 1 from channels.connection where collect_lease is not null')).toEqual([])
})

test('a call that was under way with the old credentials does not park what signs in with new ones', async () => {
  const id = await connect('esm', { clientId: 'c', clientSecret: 'old', auctionId: 'a' })
  const standing = async () =>
    (await api.shop.inTx((tx) => readConnections(tx))).find((row) => row.connectionId === id)!
  const before = await standing()
  const changed = { credentials: { clientSecret: 'new' }, keep: true }
  await api.inject('PUT', `/v1/connections/${id}/credentials`, changed)
  const fault = { code: 'signed_out', said: 'old key', why: null, counts: true, parks: true } as const
  await api.shop.inTx(async (tx) => noteFault(tx, before, fault))
  expect((await standing()).parked).toBe(false)
  const now = await standing()
  await api.shop.inTx(async (tx) => noteFault(tx, now, fault))
  expect((await standing()).parked).toBe(true)
})

const credentialsOf = async (id: string) => {
  const rows = await api.shop.inTx((tx) => readConnections(tx))
  const { sealedCredentials } = rows.find((row) => row.connectionId === id)!
  return JSON.parse(secrets.open(sealPlace(api.shop.company, id), sealedCredentials))
}

test('credentials of no connection, or of another company’s, are answered as if it were not there', async () => {
  const stranger = newId()
  const key = await api.shop.db.transaction([stranger], async (tx) => {
    createCompany(tx, { id: stranger, name: '남의 회사' })
    return createApiKey(tx, stranger, 'test', realRandom)
  })
  const put = (id: string, headers?: Record<string, string>) =>
    api.inject('PUT', `/v1/connections/${id}/credentials`, { credentials: { a: 'b' } }, headers)
  expect((await put(connectionId, { authorization: `Bearer ${key}` })).statusCode).toBe(404)
  expect((await put(newId())).statusCode).toBe(404)
  expect(await areDue()).toEqual([])
})

test.each([{}, { credentials: [] }, { credentials: { a: '' } }, { credentials: { a: 1 } }])(
  'credentials that are none are refused (%j)',
  async (body) => {
    expect((await api.inject('PUT', `/v1/connections/${connectionId}/credentials`, body)).statusCode).toBe(400)
  },
)
