import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, openApi } from '../../../test/api.ts'
import { newId } from '../../../test/shop.ts'

let api: Api
beforeAll(async () => {
  api = await openApi()
})
afterAll(() => api.close())

const receive = (sku: string, quantity: number, headers = {}) =>
  api.post('/v1/stock/receive', { lines: [{ sku, warehouse: 'SEOUL', quantity }] }, headers)
const adjust = (sku: string, onHand: number, saw: number, headers = {}) =>
  api.post('/v1/stock/adjust', { lines: [{ sku, warehouse: 'SEOUL', onHand, saw, reason: 'counted' }] }, headers)
const stockOf = async (sku: string) => (await api.get(`/v1/stock/${sku}`)).json()

test('goods that come in are on hand', async () => {
  await api.shop.stock('A', 0)
  const answer = await receive('a', 5)
  expect([answer.statusCode, answer.json()]).toEqual([
    200,
    { lines: [{ sku: 'a', warehouse: 'SEOUL', onHand: 5, reserved: 0 }], displaced: [] },
  ])
  expect(await stockOf('A')).toMatchObject({ onHand: 5, available: 5, levels: [{ warehouse: 'SEOUL', version: 1 }] })
})

test('twenty twins of a delivery are one delivery and one answer', async () => {
  await api.shop.stock('B', 0)
  const headers = { 'idempotency-key': newId() }
  const answers = await Promise.all(Array.from({ length: 20 }, () => receive('B', 5, headers)))
  expect(new Set(answers.map((answer) => `${answer.statusCode} ${answer.body}`)).size).toBe(1)
  expect(answers.filter((answer) => answer.headers['idempotent-replayed'] !== 'true')).toHaveLength(1)
  expect(await stockOf('B')).toMatchObject({ onHand: 5 })
  const other = await receive('B', 6, headers)
  expect([other.statusCode, other.json().type]).toEqual([422, '/problems/idempotency-key-reused'])
})

test('a count states what it saw; if that has changed nothing is changed, and the answer says what it is', async () => {
  await api.shop.stock('C', 5)
  const stale = await adjust('C', 7, 4)
  expect(stale.statusCode).toBe(409)
  expect(stale.json()).toMatchObject({
    type: '/problems/stale',
    lines: [{ sku: 'C', warehouse: 'SEOUL', saw: 4, onHand: 5 }],
    errors: [{ pointer: '/lines/0/saw' }],
  })
  expect((await adjust('C', 7, 5)).json().lines).toEqual([{ sku: 'C', warehouse: 'SEOUL', onHand: 7, reserved: 0 }])
})

test('of ten counts that saw the same, one counts', async () => {
  await api.shop.stock('D', 5)
  const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => adjust('D', 10 + i, 5)))
  expect(answers.map((answer) => answer.statusCode).sort()).toEqual([200, ...Array.from({ length: 9 }, () => 409)])
})

test('a count below what is reserved says whose units are gone', async () => {
  await api.shop.stock('E', 5)
  await api.post('/v1/orders', { externalId: 'e', lines: [{ sku: 'E', quantity: 4 }] })
  const answer = await adjust('E', 1, 5)
  expect(answer.json()).toEqual({
    lines: [{ sku: 'E', warehouse: 'SEOUL', onHand: 1, reserved: 1 }],
    displaced: [{ source: 'api', ref: 'e', state: 'firm', quantity: 3 }],
  })
  expect(await stockOf('E')).toMatchObject({ available: -3 })
})

test('a shelf that would hold more than a number can be is refused, and nothing is written', async () => {
  await api.shop.stock('F', 0)
  await adjust('F', 1_000_000_000, 0)
  await api.shop.apply({
    ...{ verb: 'receive', company: api.shop.company, source: 'test', ref: 'much', actor: 'test' },
    lines: [
      {
        variantId: (await stockOf('F')).id,
        warehouseId: api.shop.warehouses[0]!,
        ...{ quantity: 1_147_000_000, reason: 'received', note: null },
      },
    ],
  })
  const answer = await receive('F', 1_000_000)
  expect([answer.statusCode, answer.json().type]).toEqual([422, '/problems/number-too-large'])
  expect(await stockOf('F')).toMatchObject({ onHand: 2_147_000_000 })
})

test('sets, unknown SKUs and unknown warehouses are named', async () => {
  await api.post('/v1/products', { name: 'G', basePrice: 1, variants: [{ sku: 'G' }] })
  await api.post('/v1/products', {
    name: 'G세트',
    basePrice: 1,
    variants: [{ sku: 'G-SET', components: [{ sku: 'g', quantity: 2 }] }],
  })
  const answer = await api.post('/v1/stock/receive', {
    lines: [
      { sku: 'G', warehouse: 'SEOUL', quantity: 1 },
      { sku: 'G-SET', warehouse: 'SEOUL', quantity: 1 },
      { sku: 'H', warehouse: 'MARS', quantity: 1 },
    ],
  })
  expect(answer.statusCode).toBe(400)
  expect(answer.json().errors.map((error: { pointer: string }) => error.pointer)).toEqual([
    '/lines/1/sku',
    '/lines/2/sku',
    '/lines/2/warehouse',
  ])
  expect(await stockOf('G')).toMatchObject({ onHand: 0, levels: [] })
})

test('a warehouse is added once, and orders are taken from it at once', async () => {
  const body = { code: 'JEJU', name: '제주', priority: 4, sellable: true }
  const answers = await Promise.all(Array.from({ length: 5 }, () => api.post('/v1/warehouses', body)))
  expect(answers.map((answer) => answer.statusCode).sort()).toEqual([201, 409, 409, 409, 409])
  const { warehouses } = (await api.get('/v1/warehouses')).json()
  expect(warehouses.map((warehouse: { code: string }) => warehouse.code)).toEqual([
    'SEOUL',
    'BUSAN',
    'QUARANTINE',
    'JEJU',
  ])
  await api.post('/v1/products', { name: 'J', basePrice: 1, variants: [{ sku: 'J' }] })
  await api.post('/v1/stock/receive', { lines: [{ sku: 'J', warehouse: 'JEJU', quantity: 1 }] })
  const order = await api.post('/v1/orders', { externalId: 'j', lines: [{ sku: 'J', quantity: 1 }] })
  expect(order.statusCode).toBe(201)
})

test('a product is created with its variants, once, and its SKUs are found in any letter case', async () => {
  const body = {
    name: '브레이크 패드',
    basePrice: 12_000,
    tags: ['앞', '"뒤"', '{}'],
    variants: [
      { sku: 'BRK-1234-RD-V2', attributes: { 색: '빨강' }, margin: 2 },
      { sku: 'BRK-1234-BL', price: 13_000 },
    ],
  }
  const answers = await Promise.all(Array.from({ length: 5 }, () => api.post('/v1/products', body)))
  expect(answers.map((answer) => answer.statusCode).sort()).toEqual([201, 409, 409, 409, 409])
  const taken = answers.find((answer) => answer.statusCode === 409)!
  expect(taken.json().errors[0]).toEqual({ pointer: '/variants/0/sku', detail: 'this SKU is taken' })
  const { id, ...variant } = (await api.get('/v1/variants/brk-1234-rd-v2')).json()
  expect(id).toEqual(expect.any(String))
  expect(variant).toEqual({
    ...{ sku: 'BRK-1234-RD-V2', productName: '브레이크 패드', name: '', price: 12_000, currency: 'KRW' },
    ...{ margin: 2, status: 'active', components: [] },
  })
})
