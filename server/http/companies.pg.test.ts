import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, openApi } from '../../test/api.ts'
import { newId } from '../../test/shop.ts'
import { realRandom } from '../kernel/random.ts'
import { createApiKey, createCompany } from '../modules/access/index.ts'

/** Two companies behind one server: whatever one asks of the other is answered as if there were nothing. */
let api: Api
let strangerKey: string
let order: { id: string }
beforeAll(async () => {
  api = await openApi()
  await api.shop.stock('MINE', 10)
  const stranger = newId()
  strangerKey = await api.shop.db.transaction([stranger], async (tx) => {
    createCompany(tx, { id: stranger, name: '남의 회사' })
    return createApiKey(tx, stranger, 'test', realRandom)
  })
  order = (await api.post('/v1/orders', { externalId: 'mine', lines: [{ sku: 'MINE', quantity: 1 }] })).json()
})
afterAll(() => api.close())

const asStranger = () => ({ authorization: `Bearer ${strangerKey}` })
const without = (body: string): object => ({ ...JSON.parse(body), requestId: '' })

test.each([
  ['GET', '/v1/orders/:id'],
  ['POST', '/v1/orders/:id/cancel'],
  ['POST', '/v1/orders/:id/settle'],
  ['POST', '/v1/orders/:id/ship'],
  ['GET', '/v1/variants/:sku'],
  ['GET', '/v1/stock/:sku'],
] as const)('%s %s of another company is the same 404 as one that does not exist', async (method, url) => {
  const ask = (id: string, sku: string) => {
    const at = url.replace(':id', id).replace(':sku', sku)
    return method === 'GET' ? api.get(at, asStranger()) : api.post(at, {}, asStranger())
  }
  const [foreign, unknown] = [await ask(order.id, 'MINE'), await ask(newId(), 'NOBODYS')]
  expect([foreign.statusCode, without(foreign.body)]).toEqual([404, without(unknown.body)])
  expect(Object.keys(foreign.headers).sort()).toEqual(Object.keys(unknown.headers).sort())
})

test('naming the SKU or the warehouse of another company is the same refusal as naming none', async () => {
  const ownWarehouse = { code: 'OWN', name: '창고', priority: 1, sellable: true }
  expect((await api.post('/v1/warehouses', ownWarehouse, asStranger())).statusCode).toBe(201)
  const bodies: [string, (sku: string, warehouse: string) => object][] = [
    ['/v1/orders', (sku) => ({ externalId: 'x', lines: [{ sku, quantity: 1 }] })],
    ['/v1/stock/receive', (sku, warehouse) => ({ lines: [{ sku, warehouse, quantity: 1 }] })],
    ['/v1/stock/adjust', (sku, warehouse) => ({ lines: [{ sku, warehouse, onHand: 1, saw: 10, reason: 'x' }] })],
    [
      '/v1/products',
      (sku) => ({ name: 'x', basePrice: 1, variants: [{ sku: 'SET', components: [{ sku, quantity: 1 }] }] }),
    ],
  ]
  for (const [url, body] of bodies) {
    const foreign = await api.post(url, body('MINE', 'SEOUL'), asStranger())
    const unknown = await api.post(url, body('NOBODYS', 'NOWHERE'), asStranger())
    expect([foreign.statusCode, without(foreign.body)]).toEqual([400, without(unknown.body)])
  }
})

test('lists hold nothing of another company, and its names are free', async () => {
  expect((await api.get('/v1/orders', asStranger())).json().orders).toEqual([])
  const codes = (await api.get('/v1/warehouses', asStranger()))
    .json()
    .warehouses.map((row: { code: string }) => row.code)
  expect(codes).not.toContain('SEOUL')
  const product = { name: 'x', basePrice: 5, variants: [{ sku: 'MINE' }] }
  expect((await api.post('/v1/products', product, asStranger())).statusCode).toBe(201)
  expect((await api.get('/v1/variants/MINE')).json().price).toBe(9_900)
  const same = { externalId: 'mine', lines: [{ sku: 'MINE', quantity: 1 }] }
  expect((await api.post('/v1/orders', same, asStranger())).statusCode).toBe(409)
})

test('a key under which one company asked is free for another', async () => {
  const headers = { 'idempotency-key': 'the-same' }
  const body = { code: 'W', name: 'x', priority: 9, sellable: false }
  const [own, foreign] = [
    await api.post('/v1/warehouses', body, headers),
    await api.post('/v1/warehouses', body, { ...asStranger(), ...headers }),
  ]
  expect([own.statusCode, foreign.statusCode]).toEqual([201, 201])
  expect(foreign.headers['idempotent-replayed']).toBeUndefined()
})
