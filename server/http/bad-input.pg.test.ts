import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { problem } from '../../contract/problem.ts'
import { type Api, openApi, type Response } from '../../test/api.ts'
import { newId } from '../../test/shop.ts'

let api: Api
beforeAll(async () => {
  api = await openApi()
  await api.shop.stock('BRK-1', 10)
})
afterAll(() => api.close())

type Body = { [field: string]: unknown }

/** A good body for every route that writes one; each mutation below spoils exactly one thing in it. */
const GOOD: Record<string, () => Body> = {
  '/v1/orders': () => ({
    externalId: newId(),
    lines: [{ sku: 'BRK-1', quantity: 1, unitPrice: 100 }],
    buyerName: '김**',
    shippingAddress: { name: '김', phone: '010', postalCode: '04524', line1: '서울', line2: '', memo: '' },
    orderedAt: '2026-11-20T10:00:00.000Z',
    whenShort: 'refuse',
    checkout: false,
    shippingFee: 0,
    discount: 0,
  }),
  // Before goods come in, so that what it saw is still so.
  '/v1/stock/adjust': () => ({
    lines: [{ sku: 'BRK-1', warehouse: 'SEOUL', onHand: 10, saw: 10, reason: 'r', note: 'n' }],
  }),
  '/v1/stock/receive': () => ({ lines: [{ sku: 'BRK-1', warehouse: 'SEOUL', quantity: 1, reason: 'r', note: 'n' }] }),
  '/v1/products': () => ({
    name: 'x',
    status: 'active',
    description: '',
    category: '',
    tags: ['a'],
    basePrice: 1,
    currency: 'KRW',
    variants: [
      {
        sku: newId(),
        name: '',
        attributes: { a: 'b' },
        price: 1,
        weightGrams: 1,
        margin: 0,
        components: [{ sku: 'BRK-1', quantity: 1 }],
      },
    ],
  }),
  '/v1/warehouses': () => ({
    code: newId(),
    name: 'x',
    address: '',
    latitude: 37.5,
    longitude: 127,
    priority: 5,
    sellable: true,
  }),
}
const ROUTES = Object.keys(GOOD)

type Place = { path: (string | number)[]; value: unknown }

/** Every field of a body, at any depth. */
function placesIn(value: unknown, path: (string | number)[] = []): Place[] {
  const here = path.length > 0 ? [{ path, value }] : []
  if (Array.isArray(value)) return [...here, ...value.flatMap((item, i) => placesIn(item, [...path, i]))]
  if (typeof value !== 'object' || value === null) return here
  return [...here, ...Object.entries(value).flatMap(([name, item]) => placesIn(item, [...path, name]))]
}

const pointerOf = (path: readonly (string | number)[]) => path.map((part) => `/${part}`).join('')

/** The body as text, with what is at `path` replaced by raw JSON. */
function withRaw(body: Body, path: readonly (string | number)[], raw: string): string {
  const copy = structuredClone(body)
  const last = path.at(-1)!
  let at: never = copy as never
  for (const part of path.slice(0, -1)) at = at[part]
  ;(at as Record<string | number, unknown>)[last] = '@spoiled@'
  return JSON.stringify(copy).replace('"@spoiled@"', () => raw)
}

/** Raw JSON that is wrong for a value of this type, whatever the field. */
function wrongFor(value: unknown): string[] {
  const always = ['null', '[[]]', '{"x":{}}', `"${'x'.repeat(30_000)}"`, '"\\u0000"', '"\\ud800"']
  if (typeof value === 'number') return [...always, '"5"', '-1e9', '0.5', '1e400', '-1e400', '1e300', 'true', '""']
  if (typeof value === 'string') return [...always, '5', 'true', '{}', '["a"]', '"\\u0007"']
  if (typeof value === 'boolean') return [...always, '0', '"true"', '""']
  return [...always, '5', '"x"', 'true', '[null]', '{"__proto__":{"a":1}}', '{"x":1,"x":2}']
}

/** Free text may hold what looks wrong elsewhere. */
const isFine = (route: string, path: readonly (string | number)[], raw: string): boolean => {
  const name = path.at(-1)
  const inAttributes = path.includes('attributes')
  return (
    (name === 'description' && raw === '"\\u0007"') ||
    (inAttributes && name === 'attributes' && raw === '{"x":1}') ||
    (route === '/v1/warehouses' && (name === 'latitude' || name === 'longitude') && raw === '0.5')
  )
}

async function rowCounts(): Promise<unknown> {
  const tables = await api.shop.rows<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname in ('access', 'catalog', 'inventory', 'orders', 'channels') and tablename <> 'number_block'
     order by 1`,
  )
  return api.shop.rows(
    tables
      .map(
        ({ name }) =>
          `select '${name}' as name, count(*)::integer as n, coalesce(sum(hashtext(t::text)), 0)::text as sum from ${name} t`,
      )
      .join(' union all '),
  )
}

function expectRefusal(response: Response, what: string): { pointers: string[]; detail: string } {
  expect(response.statusCode, `${what}: ${response.body.slice(0, 300)}`).toBeGreaterThanOrEqual(400)
  expect(response.statusCode, `${what}: ${response.body.slice(0, 300)}`).toBeLessThan(500)
  expect(response.headers['content-type'], what).toBe('application/problem+json')
  const said = problem.parse(response.json())
  expect(response.body, what).not.toMatch(/node_modules|at .*\.ts|select |insert /)
  return { pointers: (said.errors ?? []).map(({ pointer }) => pointer), detail: said.detail }
}

test.each(ROUTES)(
  'the good body of %s is good, so that a spoiled one is refused for what is spoiled',
  async (route) => {
    const answer = await api.post(route, GOOD[route]!())
    expect([200, 201], answer.body).toContain(answer.statusCode)
  },
)

test.each(ROUTES)('POST %s with any one field spoiled names the field and writes nothing', async (route) => {
  const before = await rowCounts()
  const body = GOOD[route]!()
  for (const { path, value } of placesIn(body)) {
    for (const raw of wrongFor(value)) {
      if (isFine(route, path, raw)) continue
      const what = `${route} ${pointerOf(path)} = ${raw.slice(0, 40)}`
      const { pointers } = expectRefusal(await api.post(route, withRaw(body, path, raw)), what)
      // The field, or what lies inside it.
      expect(
        pointers.some((pointer) => pointer.startsWith(pointerOf(path))),
        `${what} → ${pointers}`,
      ).toBe(true)
    }
  }
  expect(await rowCounts()).toEqual(before)
})

test.each(ROUTES)('POST %s with a field too many names it, at every depth', async (route) => {
  const before = await rowCounts()
  const body = GOOD[route]!()
  const objects: (string | number)[][] = [
    [],
    ...placesIn(body)
      .filter(({ value }) => typeof value === 'object' && !Array.isArray(value))
      .map(({ path }) => path),
  ]
  for (const path of objects.filter((path) => path.at(-1) !== 'attributes')) {
    for (const name of ['company', 'company_id', 'constructor', 'toString', 'Sku', '']) {
      const copy = structuredClone(body)
      let at = copy as Record<string | number, unknown>
      for (const part of path) at = at[part] as Record<string | number, unknown>
      Object.defineProperty(at, name, { value: newId(), enumerable: true, configurable: true })
      const { pointers } = expectRefusal(await api.post(route, copy), `${route} ${pointerOf(path)}/${name}`)
      expect(pointers).toContain(`${pointerOf(path)}/${name}`)
    }
  }
  expect(await rowCounts()).toEqual(before)
})

test.each(ROUTES)('POST %s without a field it needs names it', async (route) => {
  const before = await rowCounts()
  const { pointers } = expectRefusal(await api.post(route, {}), route)
  expect(pointers.length).toBeGreaterThan(0)
  for (const pointer of pointers) {
    const { [pointer.slice(1)]: _, ...rest } = GOOD[route]!()
    expect(expectRefusal(await api.post(route, rest), pointer).pointers).toContain(pointer)
  }
  expect(await rowCounts()).toEqual(before)
})

test.each(ROUTES)('POST %s with bytes that are no body is refused', async (route) => {
  const before = await rowCounts()
  const good = JSON.stringify(GOOD[route]!())
  const bodies = [
    '',
    'null',
    '[]',
    '"x"',
    '5',
    good.slice(0, -1),
    `${good}${good}`,
    `\ufeff${good}`,
    Buffer.from(good, 'utf16le'),
    Buffer.concat([Buffer.from(good.slice(0, -1)), Buffer.from([0xc3, 0x28, 0x7d])]),
    `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
    good.replace('{', '{"__proto__":{"a":1},'),
    good.replace(/"(\w+)":/, '"$1":null,"$1":'),
  ]
  for (const [i, body] of bodies.entries()) expectRefusal(await api.post(route, body), `${route} ${i}`)
  expect(await rowCounts()).toEqual(before)
})

test('no text anywhere makes the server stumble', async () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom(
      '{}',
      '"',
      '\\',
      "'; drop table orders.order; --",
      '{NULL}',
      'NULL',
      '﷽',
      'ß',
      'İ',
      '\u202e',
      '%00',
    ),
    fc.jsonValue(),
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...ROUTES), fc.nat(), anything, async (route, which, value) => {
      const body = GOOD[route]!()
      const places = placesIn(body)
      const { path } = places[which % places.length]!
      const answer = await api.post(route, withRaw(body, path, JSON.stringify(value) ?? 'null'))
      expect(answer.statusCode, `${route} ${pointerOf(path)} ${JSON.stringify(value)} ${answer.body}`).toBeLessThan(500)
    }),
    { numRuns: 400, seed: 1 },
  )
})

test('paths, queries and headers that say nothing are refused', async () => {
  for (const url of [
    '/v1/orders/x',
    `/v1/orders/${newId()}`,
    '/v1/orders/%00',
    `/v1/orders/${'9'.repeat(400)}`,
    '/v1/variants/nothing',
    '/v1/variants/%00',
    '/v1/variants/%ff',
    '/v1/stock/%F0%9F%98%80',
    `/v1/stock/${'x'.repeat(101)}`,
    '/v1/orders?limit=0',
    '/v1/orders?limit=201',
    '/v1/orders?limit=1.5',
    '/v1/orders?limit=1&limit=2',
    '/v1/orders?limit=',
    '/v1/orders?cursor=x',
    '/v1/orders?state=lost',
    '/v1/orders?company=1',
    '/v1/orders?__proto__=1',
  ]) {
    expectRefusal(await api.get(url), url)
  }
  for (const key of ['', 'a b', 'ü', 'x'.repeat(256)]) {
    const answer = await api.post('/v1/orders', GOOD['/v1/orders']!(), { 'idempotency-key': key })
    expect(expectRefusal(answer, key).detail).toContain('Idempotency-Key')
  }
})

test.each([
  [
    'a total that fits no number',
    { lines: [{ sku: 'BRK-1', quantity: 1_000_000, unitPrice: 1_000_000_000_000 }] },
    '/lines',
  ],
  ['a discount above the price', { discount: 1_000 }, '/discount'],
  ['a time before anybody sold here', { orderedAt: '0001-01-01T00:00:00Z' }, '/orderedAt'],
  ['a time that has not come', { orderedAt: '2999-01-01T00:00:00Z' }, '/orderedAt'],
  ['a day that does not exist', { orderedAt: '2026-02-30T00:00:00Z' }, '/orderedAt'],
  [
    'a SKU nobody has',
    {
      lines: [
        { sku: 'BRK-1', quantity: 1 },
        { sku: 'NO', quantity: 1 },
      ],
    },
    '/lines/1/sku',
  ],
])('an order with %s is refused', async (_what, change, pointer) => {
  const before = await rowCounts()
  const answer = await api.post('/v1/orders', { ...GOOD['/v1/orders']!(), ...change })
  expect(expectRefusal(answer, pointer).pointers).toEqual([pointer])
  expect(await rowCounts()).toEqual(before)
})
