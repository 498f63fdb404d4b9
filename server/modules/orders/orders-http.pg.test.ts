import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, openApi } from '../../../test/api.ts'
import { newId } from '../../../test/shop.ts'
import { realClock } from '../../kernel/clock.ts'

let api: Api
beforeAll(async () => {
  api = await openApi()
})
afterAll(() => api.close())

let made = 0
const skuWith = async (onHand: number): Promise<string> => {
  const sku = `BRK-${++made}`
  await api.shop.stock(sku, onHand)
  return sku
}
const order = (sku: string, more: object = {}) => ({
  externalId: newId(),
  lines: [{ sku, quantity: 1 }],
  ...more,
})
const stockOf = async (sku: string) => (await api.get(`/v1/stock/${sku}`)).json()
const ordersOf = async (externalId: string) =>
  (
    await api.shop.rows<{ n: number }>('select count(*)::integer as n from orders.order where external_id = $1', [
      externalId,
    ])
  )[0]!.n

test('an order is taken at the price the catalog has, or the one it names', async () => {
  const sku = await skuWith(10)
  const body = {
    ...order(sku),
    lines: [
      { sku: sku.toLowerCase(), quantity: 2 },
      { sku, quantity: 1, unitPrice: 100 },
    ],
  }
  const taken = await api.post('/v1/orders', { ...body, shippingFee: 3_000, discount: 500, buyerName: '김**' })
  expect(taken.statusCode).toBe(201)
  expect(taken.json()).toEqual({
    id: expect.any(String),
    number: expect.stringMatching(/^ORD-/),
    state: 'paid',
    short: [],
  })
  const read = (await api.get(`/v1/orders/${taken.json().id}`)).json()
  expect(read).toMatchObject({ subtotal: 19_900, shippingFee: 3_000, discount: 500, total: 22_400, state: 'paid' })
  expect(read.lines.map((line: { sku: string; unitPrice: number }) => [line.sku, line.unitPrice])).toEqual([
    [sku, 9_900],
    [sku, 100],
  ])
  expect(await stockOf(sku)).toMatchObject({ onHand: 10, reserved: 3, available: 7 })
})

test('300 orders at once on a stock of 100: 100 are taken and 200 are told what is missing', async () => {
  const sku = await skuWith(100)
  await api.app.listen({ host: '127.0.0.1', port: 0 })
  const answers = await Promise.all(
    Array.from({ length: 300 }, async () => {
      const answer = await fetch(`${api.app.listeningOrigin}/v1/orders`, {
        method: 'POST',
        headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
        body: JSON.stringify(order(sku)),
      })
      return { status: answer.status, body: await answer.json() }
    }),
  )
  const refused = answers.filter(({ status }) => status === 409)
  expect([answers.filter(({ status }) => status === 201).length, refused.length]).toEqual([100, 200])
  expect(refused[0]!.body).toMatchObject({
    type: '/problems/out-of-stock',
    missing: [{ pointer: '/lines/0', sku, missing: 1 }],
  })
  expect(await stockOf(sku)).toMatchObject({ onHand: 100, reserved: 100, available: 0 })
})

test('300 paid orders at once on a stock of 100 are all taken, and 200 say what is short', async () => {
  const sku = await skuWith(100)
  const answers = await Promise.all(
    Array.from({ length: 300 }, () => api.post('/v1/orders', order(sku, { whenShort: 'record' }))),
  )
  expect(answers.every(({ statusCode }) => statusCode === 201)).toBe(true)
  const short = answers.filter((answer) => answer.json().short.length > 0)
  expect(short).toHaveLength(200)
  expect(short[0]!.json().short).toEqual([{ pointer: '/lines/0', sku, missing: 1 }])
  expect(await stockOf(sku)).toMatchObject({ reserved: 100, available: -200 })
})

test('50 twins at once are one order and one answer', async () => {
  const sku = await skuWith(100)
  for (const headers of [{}, { 'idempotency-key': newId() }] as Record<string, string>[]) {
    const body = order(sku)
    const answers = await Promise.all(Array.from({ length: 50 }, () => api.post('/v1/orders', body, headers)))
    expect(new Set(answers.map((answer) => answer.body)).size).toBe(1)
    expect(answers.filter((answer) => answer.headers['idempotent-replayed'] !== 'true')).toHaveLength(1)
    expect(new Set(answers.map((answer) => answer.statusCode))).toEqual(
      new Set('idempotency-key' in headers ? [201] : [200, 201]),
    )
    expect(await ordersOf(body.externalId)).toBe(1)
  }
  expect(await stockOf(sku)).toMatchObject({ reserved: 2 })
})

test('50 other bodies at once under one key are one order; the others are told that the key is used', async () => {
  const sku = await skuWith(100)
  const headers = { 'idempotency-key': newId() }
  const answers = await Promise.all(Array.from({ length: 50 }, () => api.post('/v1/orders', order(sku), headers)))
  const statuses = answers.map((answer) => answer.statusCode).sort()
  expect(statuses).toEqual([201, ...Array.from({ length: 49 }, () => 422)])
  expect(answers.find(({ statusCode }) => statusCode === 422)!.json().type).toBe('/problems/idempotency-key-reused')
  expect(await stockOf(sku)).toMatchObject({ reserved: 1 })
})

test('a replay is the first answer to the letter, whatever has become of the order', async () => {
  const sku = await skuWith(3)
  const headers = { 'idempotency-key': newId() }
  const body = order(sku, { lines: [{ sku, quantity: 5 }], whenShort: 'record' })
  const first = await api.post('/v1/orders', body, headers)
  expect(first.json().short).toEqual([{ pointer: '/lines/0', sku, missing: 2 }])
  await api.post(`/v1/orders/${first.json().id}/cancel`, {})
  const again = await api.post('/v1/orders', body, headers)
  expect([again.statusCode, again.body]).toEqual([201, first.body])
  expect(again.headers['idempotent-replayed']).toBe('true')

  const held = order(sku, { checkout: true })
  const hold = await api.post('/v1/orders', held)
  expect(hold.json()).toMatchObject({ state: 'pending', expiresAt: expect.any(String) })
  await api.post(`/v1/orders/${hold.json().id}/settle`, {})
  expect((await api.post('/v1/orders', held)).body).toBe(hold.body)
})

test('fields in another order and other blanks are the same request', async () => {
  const sku = await skuWith(10)
  const externalId = newId()
  const first = await api.post('/v1/orders', `{"externalId":"${externalId}","lines":[{"sku":"${sku}","quantity":1}]}`)
  const again = await api.post(
    '/v1/orders',
    `{ "lines": [ {"quantity": 1, "sku": "${sku}"} ], "whenShort": "refuse", "externalId": "${externalId}" }`,
  )
  expect([again.statusCode, again.body]).toEqual([200, first.body])
})

test.each([
  ['another quantity', { lines: 2 }],
  ['another price', { unitPrice: 5 }],
  ['another buyer', { buyerName: '이**' }],
  ['another address', { shippingAddress: { name: '이', line1: '서울' } }],
  ['another fee', { shippingFee: 1 }],
  ['a hold instead of a payment', { checkout: true }],
])('the same order with %s is refused and changes nothing, with a key and without', async (_what, change) => {
  const sku = await skuWith(10)
  const { lines, unitPrice, ...rest } = change as { lines?: number; unitPrice?: number }
  for (const headers of [{}, { 'idempotency-key': newId() }] as Record<string, string>[]) {
    const body = order(sku)
    await api.post('/v1/orders', body, headers)
    const before = await stockOf(sku)
    const line = { sku, quantity: lines ?? 1, ...(unitPrice ? { unitPrice } : {}) }
    const other = await api.post('/v1/orders', { ...body, lines: [line], ...rest }, headers)
    const kind = 'idempotency-key' in headers ? 'idempotency-key-reused' : 'order-differs'
    expect([other.statusCode, other.json().type]).toEqual([422, `/problems/${kind}`])
    expect(await stockOf(sku)).toEqual(before)
  }
})

test('a program that makes a new key for every attempt still buys once', async () => {
  const sku = await skuWith(10)
  const body = order(sku)
  const first = await api.post('/v1/orders', body, { 'idempotency-key': newId() })
  const again = await api.post('/v1/orders', body, { 'idempotency-key': newId() })
  expect([again.statusCode, again.body]).toEqual([200, first.body])
  expect(await ordersOf(body.externalId)).toBe(1)
})

test('a refused order is not remembered: the same request succeeds once there is stock', async () => {
  const sku = await skuWith(0)
  const body = order(sku)
  const headers = { 'idempotency-key': newId() }
  expect((await api.post('/v1/orders', body, headers)).statusCode).toBe(409)
  await api.post('/v1/stock/receive', { lines: [{ sku, warehouse: 'SEOUL', quantity: 1 }] })
  expect((await api.post('/v1/orders', body, headers)).statusCode).toBe(201)
})

test('a hold is settled once; a hold that ran out is settled if there is stock, and says so if not', async () => {
  const sku = await skuWith(1)
  const held = (await api.post('/v1/orders', order(sku, { checkout: true }))).json()
  const settle = () => api.post(`/v1/orders/${held.id}/settle`, {})
  expect((await settle()).json()).toMatchObject({ state: 'paid', paidAt: expect.any(String) })
  const again = await settle()
  expect([again.statusCode, again.json().state]).toEqual([200, 'paid'])

  await api.post('/v1/stock/receive', { lines: [{ sku, warehouse: 'SEOUL', quantity: 1 }] })
  const late = (await api.post('/v1/orders', order(sku, { checkout: true }))).json()
  await api.shop.passTime(16 * 60_000)
  expect((await api.post('/v1/orders', order(sku))).statusCode).toBe(201)
  const tooLate = await api.post(`/v1/orders/${late.id}/settle`, {})
  expect([tooLate.statusCode, tooLate.json().type]).toEqual([409, '/problems/out-of-stock'])
  expect((await api.get(`/v1/orders/${late.id}`)).json()).toMatchObject({ state: 'pending', paidAt: null })
})

test('cancelling gives the stock back once, and a shipped order is not cancelled', async () => {
  const sku = await skuWith(5)
  const { id } = (await api.post('/v1/orders', order(sku, { lines: [{ sku, quantity: 3 }] }))).json()
  const cancels = await Promise.all(Array.from({ length: 10 }, () => api.post(`/v1/orders/${id}/cancel`, {})))
  expect(new Set(cancels.map((answer) => `${answer.statusCode} ${answer.body}`)).size).toBe(1)
  expect(cancels[0]!.json()).toMatchObject({ state: 'cancelled' })
  expect(await stockOf(sku)).toMatchObject({ onHand: 5, reserved: 0 })

  const shipped = (await api.post('/v1/orders', order(sku))).json()
  const ships = await Promise.all(Array.from({ length: 10 }, () => api.post(`/v1/orders/${shipped.id}/ship`, {})))
  expect(new Set(ships.map((answer) => `${answer.statusCode} ${answer.body}`)).size).toBe(1)
  expect(ships[0]!.json()).toMatchObject({ state: 'shipped' })
  expect(await stockOf(sku)).toMatchObject({ onHand: 4, reserved: 0 })
  expect((await api.post(`/v1/orders/${shipped.id}/cancel`, {})).json().type).toBe('/problems/wrong-state')
  expect((await api.post(`/v1/orders/${id}/ship`, {})).json().type).toBe('/problems/wrong-state')
})

test('an order that misses goods is not shipped in part, and a pending one not at all', async () => {
  const sku = await skuWith(1)
  const short = (
    await api.post('/v1/orders', order(sku, { lines: [{ sku, quantity: 2 }], whenShort: 'record' }))
  ).json()
  const answer = await api.post(`/v1/orders/${short.id}/ship`, {})
  expect([answer.statusCode, answer.json().type]).toEqual([409, '/problems/out-of-stock'])
  expect(await stockOf(sku)).toMatchObject({ onHand: 1, reserved: 1 })

  const other = await skuWith(1)
  const pending = (await api.post('/v1/orders', order(other, { checkout: true }))).json()
  expect((await api.post(`/v1/orders/${pending.id}/ship`, {})).json().type).toBe('/problems/wrong-state')
})

test('a set takes its parts, and what is missing is told in sets', async () => {
  const part = await skuWith(7)
  const set = `SET-${part}`
  const created = await api.post('/v1/products', {
    name: '세트',
    basePrice: 30_000,
    variants: [{ sku: set, components: [{ sku: part, quantity: 3 }] }],
  })
  expect(created.statusCode).toBe(201)
  const taken = (await api.post('/v1/orders', order(set, { lines: [{ sku: set, quantity: 2 }] }))).json()
  expect(await stockOf(part)).toMatchObject({ reserved: 6 })
  expect(await stockOf(set)).toMatchObject({ available: 0, components: [{ sku: part, quantity: 3, available: 1 }] })
  expect((await api.post('/v1/orders', order(set))).json().missing).toEqual([
    { pointer: '/lines/0', sku: set, missing: 1 },
  ])
  await api.post(`/v1/orders/${taken.id}/ship`, {})
  expect(await stockOf(part)).toMatchObject({ onHand: 1, reserved: 0 })
})

test('pages of orders stay where they are while new orders arrive', async () => {
  const sku = await skuWith(100)
  for (let i = 0; i < 7; i++) await api.post('/v1/orders', order(sku))
  const first = (await api.get('/v1/orders?limit=5')).json()
  expect(first.orders).toHaveLength(5)
  await api.post('/v1/orders', order(sku))
  const ids: string[] = first.orders.map((row: { id: string }) => row.id)
  for (let next = first.next, pages = 0; next !== null && pages < 20; pages++) {
    const page = (await api.get(`/v1/orders?limit=200&cursor=${next}`)).json()
    ids.push(...page.orders.map((row: { id: string }) => row.id))
    next = page.next
  }
  const all = await api.shop.rows<{ id: string }>('select order_id as id from orders.order order by order_id desc')
  // The one that came in between lies before the first page.
  expect(ids).toEqual(all.slice(1).map((row) => row.id))

  const cancelled = (await api.get('/v1/orders?state=cancelled&limit=200')).json().orders
  expect(cancelled.length).toBeGreaterThan(0)
  expect(cancelled.every((row: { state: string }) => row.state === 'cancelled')).toBe(true)
})

test('a twin that has waited five seconds is told that the first is still under way', async () => {
  const sku = await skuWith(1)
  let asked = () => {}
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve
  })
  let answer: (outcome: { kind: 'short'; missing: [] }) => void = () => {}
  const slow = await openApi({
    shop: api.shop,
    deps: {
      clock: { ...realClock, sleep: async (ms) => expect(ms).toBe(5_000) },
      lane: {
        submit: () => {
          asked()
          return new Promise((resolve) => {
            answer = resolve
          })
        },
        close: async () => {},
        counts: () => ({ batches: 0, calls: 0, largest: 0 }),
      },
    },
  })
  const body = order(sku)
  const first = slow.post('/v1/orders', body)
  await isAsked
  const twin = await slow.post('/v1/orders', body)
  expect([twin.statusCode, twin.json().type, twin.headers['retry-after']]).toEqual([
    409,
    '/problems/still-running',
    '1',
  ])
  answer({ kind: 'short', missing: [] })
  expect((await first).statusCode).toBe(409)
  await slow.close()
})

test('two processes that race for one key take one order between them', async () => {
  const sku = await skuWith(100)
  const other = await openApi({ shop: api.shop, key: api.key })
  for (let round = 0; round < 5; round++) {
    const headers = { 'idempotency-key': newId() }
    const posts = [api, other].flatMap((process) =>
      Array.from({ length: 5 }, () => process.post('/v1/orders', order(sku), headers)),
    )
    const statuses = (await Promise.all(posts)).map((answer) => answer.statusCode).sort()
    expect(statuses).toEqual([201, ...Array.from({ length: 9 }, () => 422)])
  }
  expect(await stockOf(sku)).toMatchObject({ reserved: 5 })
  await other.close()
})
