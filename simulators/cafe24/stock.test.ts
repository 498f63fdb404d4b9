import { expect, test } from 'vitest'
import {
  type Client,
  type Failed,
  firstOf,
  type Inventory,
  many,
  one,
  openClient,
  type Wire,
} from './contract-client.ts'

const path = (no: string, code: string) => `products/${no}/variants/${code}/inventories`
const put = (client: Client, no: string, code: string, request: Wire) =>
  client.send<{ inventory: Inventory }>('PUT', path(no, code), { body: one(request) })

function stocked(stock: number, switches = {}) {
  const client = openClient(switches)
  const { no, codes } = client.seed(stock)
  const code = firstOf(codes)
  return {
    client,
    no,
    code,
    put: (request: Wire) => put(client, no, code, request),
    stock: () => client.stock(no, code),
  }
}

test('a variant’s code is its product’s and four more of [A-Z0-9]; a product without options has one', () => {
  const client = openClient()
  const { no, codes } = client.seed(3, 4)
  expect([no, codes]).toEqual(['1', ['P000000A000A', 'P000000A000B']])
  const options = [{ optionName: '', sellerCode: 'WIPER', stock: 7, surcharge: 0 }]
  const seeded = client.market.doors.seedProducts([{ name: '와이퍼', price: 9_900, options }], client.now)
  expect(seeded).toEqual([{ unit: '2', item: 'P000000B000A', sellerCode: 'WIPER', stock: 7 }])
})

test('codes never collide over a thousand products', () => {
  const client = openClient()
  const codes = Array.from({ length: 1_000 }, () => client.seed(1).codes[0]!)
  expect(new Set(codes).size).toBe(1_000)
  for (const code of codes) expect(code).toMatch(/^[A-Z0-9]{12}$/)
})

test('a quantity is set absolutely, and the whole inventory comes back', () => {
  const { put, stock } = stocked(3)
  const answer = put({ use_inventory: 'T', quantity: 7, display_soldout: 'T' })
  expect([answer.status, answer.body]).toEqual([
    200,
    {
      inventory: {
        shop_no: 1,
        variant_code: 'P000000A000A',
        use_inventory: 'T',
        important_inventory: 'A',
        inventory_control_type: 'B',
        display_soldout: 'T',
        quantity: 7,
        safety_inventory: 0,
      },
    },
  ])
  expect(stock()).toBe(7)
})

test.each([
  ['conflict', 409],
  ['ok', 200],
] as const)('the same content again: %s', (equalWrite, status) => {
  const { put, stock } = stocked(3, { equalWrite })
  expect([put({ quantity: 3 }).status, stock()]).toEqual([status, 3])
  expect(put({ quantity: 3, display_soldout: 'F' }).status).toBe(200)
})

test('a value outside the spec is a 422 and changes nothing', () => {
  const { put, stock } = stocked(3)
  for (const quantity of [-1, 1.5, '7', null, 1e9]) expect(put({ quantity }).status).toBe(422)
  expect(put({ quantity: 5, use_inventory: 'Y' }).status).toBe(422)
  expect([put({}).status, stock()]).toEqual([422, 3])
})

test('a variant is found only under its own product', () => {
  const client = openClient()
  const [first, second] = [client.seed(3), client.seed(4)]
  expect(put(client, first.no, firstOf(second.codes), { quantity: 1 }).status).toBe(404)
  expect(put(client, '99', firstOf(first.codes), { quantity: 1 }).status).toBe(404)
  expect(client.send('GET', path(first.no, 'P000000Z000A')).status).toBe(404)
})

test('a list of requests for one product is done row by row: all 200, or 207 with each row telling its own', () => {
  const client = openClient()
  const { no, codes } = client.seed(3, 4)
  const [a, b] = codes as [string, string]
  const send = (requests: Wire[]) =>
    client.send<{ variants: (Wire & Failed)[] }>('PUT', `products/${no}/variants`, { body: many(requests) })
  expect(
    send([
      { variant_code: a, quantity: 1 },
      { variant_code: b, quantity: 2 },
    ]),
  ).toMatchObject({ status: 200, body: { variants: [{ variant_code: a, quantity: 1 }, { quantity: 2 }] } })

  const mixed = send([
    { variant_code: a, quantity: 9 },
    { variant_code: b, quantity: 2 },
    { variant_code: 'X', quantity: 1 },
  ])
  expect(mixed.status).toBe(207)
  expect(mixed.body.variants).toMatchObject([
    { variant_code: a, quantity: 9 },
    { variant_code: b, error: { code: 409 } },
    { variant_code: 'X', error: { code: 404 } },
  ])
  expect([client.stock(no, a), client.stock(no, b)]).toEqual([9, 2])
})

test('a mall that takes a list whole does none of it when one cannot be done', () => {
  const client = openClient({ mixedRequests: 'none' })
  const { no, codes } = client.seed(3)
  const requests = [
    { variant_code: codes[0], quantity: 9 },
    { variant_code: 'X', quantity: 1 },
  ]
  expect(client.send('PUT', `products/${no}/variants`, { body: many(requests) }).status).toBe(404)
  expect(client.stock(no, firstOf(codes))).toBe(3)
})

test('a list holds at most 100 requests', () => {
  const client = openClient()
  const { no, codes } = client.seed(...Array.from({ length: 101 }, () => 1))
  const put = (count: number) =>
    client.send('PUT', `products/${no}/variants`, {
      body: many(codes.slice(0, count).map((variant_code) => ({ variant_code, quantity: 5 }))),
    }).status
  expect([put(101), put(0), put(100)]).toEqual([422, 422, 200])
  expect([client.stock(no, codes[99]!), client.stock(no, codes[100]!)]).toEqual([5, 1])
})

test('a sale takes stock, the last unit is sold once, and a set puts sold units back on the shelf', () => {
  const { client, code, put, stock } = stocked(1)
  client.buy(code)
  expect([stock(), client.buy(code)]).toEqual([0, 'sold_out'])
  put({ quantity: 1 })
  expect(client.buy(code)).not.toBe('sold_out')
})

test('a purchase that finds one item sold out takes nothing of the others', () => {
  const client = openClient()
  const { no, codes } = client.seed(5, 0)
  expect(client.buy(...codes)).toBe('sold_out')
  expect([client.stock(no, firstOf(codes)), client.market.doors.truth().lines]).toEqual([5, []])
})

test('with use_inventory F nobody counts: everything sells and the quantity stands still', () => {
  const { client, code, put, stock } = stocked(1)
  put({ use_inventory: 'F' })
  for (let i = 0; i < 3; i++) expect(client.buy(code)).not.toBe('sold_out')
  expect(stock()).toBe(1)
})

test('with display_soldout F sales go on below zero', () => {
  const { client, code, put, stock } = stocked(1)
  put({ display_soldout: 'F' })
  client.buy(code)
  client.buy(code)
  expect(stock()).toBe(-1)
})

test('what is not selling cannot be bought and keeps its quantity', () => {
  const { client, no, code, stock } = stocked(3)
  const stop = (selling: string) => client.send('PUT', `products/${no}/variants/${code}`, { body: one({ selling }) })
  stop('F')
  expect([client.buy(code), stock(), client.market.doors.truth().items[0]?.onSale]).toEqual(['sold_out', 3, false])
  stop('T')
  expect(client.buy(code)).not.toBe('sold_out')
  client.send('PUT', `products/${no}`, { body: one({ selling: 'F' }) })
  expect(client.buy(code)).toBe('sold_out')
})

test('type A takes units of an unpaid order, type B at the payment, and who pays too late gets nothing', () => {
  const { client, code, put, stock } = stocked(1, { paymentDelayMs: 1_000 })
  const [first, second] = [client.buy(code), client.buy(code)]
  expect([stock(), client.order(first).paid, client.order(first).items[0]?.order_status]).toEqual([1, 'F', 'N00'])
  client.now += 1_000
  expect(stock()).toBe(0)
  expect([client.order(first).items[0]?.order_status, client.order(second).items[0]?.order_status]).toEqual([
    'N10',
    'C48',
  ])
  put({ inventory_control_type: 'A', quantity: 1 })
  client.buy(code)
  expect([stock(), client.buy(code)]).toEqual([0, 'sold_out'])
})

test('a lost write is answered as if it were done, and a slow one is done later', () => {
  const { client, put, stock } = stocked(3)
  client.faults.lostWrite = 1
  expect([put({ quantity: 7 }).status, put({ quantity: 7 }).body.inventory.quantity, stock()]).toEqual([200, 7, 3])
  Object.assign(client.faults, { lostWrite: 0, slowApply: 1, slowApplyMs: 500 })
  expect([put({ quantity: 8 }).status, stock()]).toEqual([200, 3])
  client.switches.slowWriteStatus = 202
  expect(put({ quantity: 9 }).status).toBe(202)
  client.now += 500
  expect(stock()).toBe(9)
})

test('a person edits a number now and then, within reason', () => {
  const { client, stock } = stocked(50)
  client.faults.humanEdit = 1
  stock()
  client.faults.humanEdit = 0
  expect(Math.abs(stock() - 50)).toBeLessThanOrEqual(5)
  expect(client.market.doors.history(2, 10)).toMatchObject([{ seq: 2, item: 'P000000A000A', from: 50, cause: 'edit' }])
})

test('every change of a number is kept with its cause, and read from a place on', () => {
  const { client, code, put } = stocked(3)
  const id = client.buy([code, 2])
  put({ quantity: 9 })
  client.market.doors.edit(code, 4, client.now)
  client.market.doors.cancel(`${id}-01`, null, client.now)
  const rows = client.market.doors.history(1, 100).map(({ seq, from, to, cause }) => [seq, from, to, cause])
  expect(rows).toEqual([
    [1, 0, 3, 'seed'],
    [2, 3, 1, 'sale'],
    [3, 1, 9, 'write'],
    [4, 9, 4, 'edit'],
    [5, 4, 6, 'cancel'],
  ])
  expect(client.market.doors.history(3, 2).map(({ seq }) => seq)).toEqual([3, 4])
})

test('a hand at the mall sets whole numbers only, of what exists', () => {
  const { client, code } = stocked(3)
  const edit = (item: string, stock: number) => client.market.doors.edit(item, stock, client.now)
  expect([edit(code, -1), edit(code, 1.5), edit('X', 1), edit(code, 0)]).toEqual([false, false, false, true])
})
