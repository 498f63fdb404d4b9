import { expect, test } from 'vitest'
import { one, openClient } from './contract-client.ts'

const WINDOW = 'start_date=2026-11-20&end_date=2026-11-20'

test('a write needs a JSON content type, an object, and the request inside it', () => {
  const client = openClient()
  const { no, codes } = client.seed(3)
  const put = (body: unknown, headers = {}) =>
    client.send<{ error: { message: string } }>('PUT', `products/${no}/variants/${codes[0]}/inventories`, {
      body,
      headers,
    })
  expect(put(one({ quantity: 1 }), { 'content-type': 'text/plain' }).status).toBe(400)
  expect(put('{').status).toBe(400)
  const bare = put({ quantity: 1 })
  expect([bare.status, bare.body.error.message]).toEqual([400, 'Please enter the Request parameter.'])
  expect(put({ shop_no: 2, request: { quantity: 1 } }).status).toBe(422)
  expect(put({ request: { quantity: 1 } }).status).toBe(200)
})

test('a URL that is not encoded is a 400', () => {
  const client = openClient()
  const of = (query: string) => client.send('GET', 'products', { query }).status
  expect([of('custom_product_code=가'), of('a b=1'), of('product_code=%zz')]).toEqual([400, 400, 400])
  expect(of('custom_product_code=%EA%B0%80')).toBe(200)
})

test('an unknown path, and a method it does not have, is a 404 in the same envelope', () => {
  const client = openClient()
  expect(client.send('GET', 'nothing')).toMatchObject({ status: 404, body: { error: { code: 404, more_info: {} } } })
  expect(client.send('DELETE', 'orders').status).toBe(404)
  expect(client.raw('GET', '/api/v1/admin/orders', '', {}, '').status).toBe(404)
})

test('a version that is not alive runs silently on another, or is refused', () => {
  const of = (deadVersion: 'oldest' | 'refused', version: string) =>
    openClient({ deadVersion }).send('GET', 'carriers', { headers: { 'x-cafe24-api-version': version } }).status
  expect([of('oldest', '2019-01-01'), of('refused', '2019-01-01'), of('refused', '2026-03-01')]).toEqual([
    200, 400, 200,
  ])
})

test('products are listed in pages with a way to the next, and filtered by up to 100 values', () => {
  const client = openClient()
  for (let i = 0; i < 12; i++) client.seed(i)
  type Answer = { products: { product_no: number }[]; links: { rel: string; href: string }[] }
  const list = (query: string) => client.send<Answer>('GET', 'products', { query }).body
  const first = list('')
  expect(first.products).toHaveLength(10)
  const next = new URL(first.links[0]!.href)
  expect([first.links[0]!.rel, next.origin, next.pathname]).toEqual([
    'next',
    'https://pretendmall.cafe24api.com',
    '/api/v2/admin/products',
  ])
  const second = list(next.search.slice(1))
  expect([second.products.map((row) => row.product_no), second.links]).toEqual([[11, 12], []])
  expect(list('product_no=2,5').products.map((row) => row.product_no)).toEqual([2, 5])
  expect(list('product_code=P000000C').products.map((row) => row.product_no)).toEqual([3])
  const ids = Array.from({ length: 101 }, (_, at) => at).join(',')
  expect(client.send('GET', 'products', { query: `product_no=${ids}` }).status).toBe(422)
  expect(client.send('GET', 'products', { query: 'limit=101' }).status).toBe(422)
  expect(client.send('GET', 'products/count').body).toEqual({ count: 12 })
})

test('a list row has fewer columns than the detail; embed adds variants, fields leaves out', () => {
  const client = openClient()
  const { no } = client.seed(3)
  type Row = { product: Record<string, unknown>; products: Record<string, unknown>[] }
  const detail = client.send<Row>('GET', `products/${no}`, { query: 'embed=variants,inventories' }).body.product
  const row = client.send<Row>('GET', 'products').body.products[0]!
  expect(Object.keys(detail).length).toBeGreaterThan(Object.keys(row).length + 1)
  expect([row.price, row.created_date]).toEqual(['9000.00', '2026-11-20T12:00:00+09:00'])
  expect(detail.variants).toMatchObject([
    {
      variant_code: 'P000000A000A',
      options: [{ name: '옵션', value: '옵션0' }],
      custom_variant_code: 'SKU-0',
      additional_amount: '0.00',
      quantity: 3,
      inventories: { quantity: 3, use_inventory: 'T' },
    },
  ])
  const few = client.send<Row>('GET', `products/${no}`, { query: 'fields=product_no,price' }).body.product
  expect(few).toEqual({ product_no: 1, price: '9000.00' })
})

test('a link leads to where the client called', () => {
  const client = openClient()
  const { codes } = client.seed(9)
  for (let i = 0; i < 2; i++) client.buy(codes[0]!)
  const { links } = client.send<{ links: { href: string }[] }>('GET', 'orders', {
    query: `${WINDOW}&limit=1`,
    headers: { host: '127.0.0.1:4023' },
  }).body
  expect(links[0]?.href).toBe(`http://127.0.0.1:4023/api/v2/admin/orders?${WINDOW}&limit=1&offset=1`)
})
