import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, openApi } from '../../../test/api.ts'
import { newId } from '../../../test/shop.ts'
import { realRandom } from '../../kernel/random.ts'
import { openSecrets } from '../../kernel/secrets.ts'
import { createApiKey, createCompany } from '../access/index.ts'
import { takeOrders } from '../orders/index.ts'
import { readConnection } from './connections.ts'
import { adoptListings, createConnection, readConnections } from './index.ts'
import { lookOf } from './looked.ts'

const secrets = openSecrets(randomBytes(32), realRandom)

let api: Api
let connectionId: string
let listingId: string
let stopsSales = false
const offered = () => ({ credentials: [], saleStop: stopsSales ? { settlesMs: 1, callsPerExchange: 7 } : null })
beforeAll(async () => {
  api = await openApi({ deps: { offered, secrets } })
  const { shop } = api
  await shop.stock('BRK-1', 10)
  connectionId = await shop.inTx((tx) =>
    createConnection(tx, secrets, {
      ...{ company: shop.company, channel: 'naver', name: '스토어', baseUrl: 'http://127.0.0.1:1', credentials: {} },
      ...{ settings: {}, mode: 'observe', policy: 'rights', policySettings: {}, feedLatenessMs: 1_000, budgets: [] },
      warehouses: shop.warehouses.slice(0, 2),
    }),
  )
  ;[listingId] = (await shop.inTx(async (tx) => {
    const [connection] = await readConnections(tx)
    const unknown = { unit: 'U', item: 'I', sellerCode: 'ODD', variantId: null, multiplier: 1, observed: 3 }
    return adoptListings(tx, connection!, [unknown])
  })) as [string]
  await shop.inTx((tx) => takeOrders(tx, [waitingOrder()]))
})
afterAll(() => api.close())

/** Two units of a listing nobody has mapped. */
const waitingOrder = () => ({
  ...{ company: api.shop.company, orderId: newId(), number: newId(), channel: 'naver', connectionId },
  ...{ externalId: 'waits', actor: 'test', whenShort: 'record' as const, holdForMs: null, drawsOn: 'rights' as const },
  ...{
    currency: 'KRW',
    shippingFee: 0,
    discount: 0,
    tax: 0,
    buyerName: '',
    shippingAddress: null,
    billingAddress: null,
  },
  ...{ country: null, orderedAt: 0, paidAt: 0, shipBy: null, warehouses: api.shop.warehouses.slice(0, 2) },
  lines: [
    {
      ...{
        variantId: null,
        sku: 'ODD',
        listingId,
        multiplier: 1,
        takes: [],
        productName: '알 수 없는 패드',
        variantName: '',
      },
      ...{ unitPrice: 1_000, quantity: 2, state: 'paid' as const, externalLineKey: 'L1', actionKey: 'L1' },
    },
  ],
})

test('a mapping takes the stock of every order that waited for it, and leaves the queue', async () => {
  const queue = (await api.get('/v1/listings/unmapped')).json().listings
  expect(queue).toMatchObject([{ id: listingId, sellerCode: 'ODD', name: '알 수 없는 패드', waitingUnits: 2 }])

  const answer = await api.inject('PUT', `/v1/listings/${listingId}/mapping`, { sku: 'brk-1', multiplier: 2 })
  expect([answer.statusCode, answer.json()]).toEqual([200, { listingId, sku: 'BRK-1', repaired: 1 }])
  expect((await api.get('/v1/listings/unmapped')).json().listings).toEqual([])
  expect((await api.get('/v1/stock/BRK-1')).json()).toMatchObject({ reserved: 4 })

  expect((await api.inject('DELETE', `/v1/listings/${listingId}/mapping`)).json()).toMatchObject({ sku: null })
  expect((await api.get('/v1/listings/unmapped')).json().listings).toHaveLength(1)
})

test('nobody switches to push without having looked, and the refusal says where to look', async () => {
  const change = (body: object) => api.inject('PATCH', `/v1/connections/${connectionId}`, body)
  for (const body of [{ mode: 'push' }, { mode: 'push', seen: 'made up', paused: true }]) {
    const refused = await change(body)
    expect([refused.statusCode, refused.json().type]).toEqual([409, '/problems/not-looked'])
    expect(refused.json().detail).toContain('/preview')
  }
  const [row] = (await api.get('/v1/connections')).json().connections
  expect(row).toMatchObject({ mode: 'observe', paused: false })
})

test('a connection is switched, paused and given a policy; what is left out stays', async () => {
  const change = (body: object) => api.inject('PATCH', `/v1/connections/${connectionId}`, body)
  expect((await change({ mode: 'push', seen: await look() })).json()).toMatchObject({
    mode: 'push',
    paused: false,
    policy: 'rights',
  })
  expect((await change({ paused: true })).json()).toMatchObject({ mode: 'push', paused: true })
  const buffered = { policy: 'buffered', policySettings: { units: 2 } }
  expect((await change(buffered)).json()).toMatchObject({ ...buffered, mode: 'push', paused: true })
  expect((await api.get('/v1/connections')).json().connections).toMatchObject([{ id: connectionId, ...buffered }])
})

const look = () =>
  api.shop.inTx(
    async (tx) => lookOf(secrets, (await readConnection(tx, api.shop.company, connectionId))!, await tx.now()).seen,
  )

test('credentials never leave through the API', async () => {
  expect((await api.get('/v1/connections')).body).not.toMatch(/credential|secret|sealed/i)
})

test.each([
  ['PATCH', () => `/v1/connections/${connectionId}`, { mode: 'shout' }, '/mode'],
  ['PATCH', () => `/v1/connections/${connectionId}`, { paused: 'yes' }, '/paused'],
  ['PATCH', () => `/v1/connections/${connectionId}`, { policySettings: { percent: 101 } }, '/policySettings/percent'],
  ['PATCH', () => `/v1/connections/${connectionId}`, { credentials: {} }, '/credentials'],
  ['PUT', () => `/v1/listings/${listingId}/mapping`, { sku: 'NOBODYS' }, '/sku'],
  ['PUT', () => `/v1/listings/${listingId}/mapping`, { sku: 'BRK-1', multiplier: 0 }, '/multiplier'],
  ['PUT', () => `/v1/listings/${listingId}/mapping`, { sku: 'BRK-1', multiplier: 1.5 }, '/multiplier'],
] as const)(
  '%s with a bad field is refused with its name, and nothing changes (%#)',
  async (method, url, body, pointer) => {
    const before = await api.shop.rows('select mode, paused, policy, policy_settings from channels.connection')
    const answer = await api.inject(method, url(), body)
    expect(answer.statusCode).toBe(400)
    expect(answer.json().errors).toContainEqual(expect.objectContaining({ pointer }))
    expect(await api.shop.rows('select mode, paused, policy, policy_settings from channels.connection')).toEqual(before)
  },
)

test('what belongs to another company is answered as if it were not there', async () => {
  const stranger = newId()
  const key = await api.shop.db.transaction([stranger], async (tx) => {
    createCompany(tx, { id: stranger, name: '남의 회사' })
    return createApiKey(tx, stranger, 'test', realRandom)
  })
  const headers = { authorization: `Bearer ${key}` }
  const status = async (method: 'PATCH' | 'DELETE', url: string, body?: object) =>
    (await api.inject(method, url, body, headers)).statusCode
  expect(await status('PATCH', `/v1/connections/${connectionId}`, { paused: true })).toBe(404)
  expect(await status('DELETE', `/v1/listings/${listingId}/mapping`)).toBe(404)
  expect((await api.get('/v1/connections', headers)).json().connections).toEqual([])
  expect((await api.get('/v1/listings/unmapped', headers)).json().listings).toEqual([])
})

test('stop, read, set, resume is refused by its field where a sale cannot be stopped, and is a setting where it can', async () => {
  const to = { policySettings: { protocol: 'B' } }
  const refused = await api.inject('PATCH', `/v1/connections/${connectionId}`, to)
  expect([refused.statusCode, refused.json().errors[0].pointer]).toEqual([400, '/policySettings/protocol'])
  stopsSales = true
  const answer = await api.inject('PATCH', `/v1/connections/${connectionId}`, to)
  expect([answer.statusCode, answer.json().policySettings]).toEqual([200, { protocol: 'B' }])
})
