/** The answers the marketplace's own documents show, as `cafe24-api-client` carries them in its types, read by our adapter. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { expectShape } from '../../server/adapters/marketplaces/answers.ts'
import type { Answer, Ask } from '../../server/adapters/marketplaces/cafe24/call.ts'
import { openCarriers } from '../../server/adapters/marketplaces/cafe24/carriers.ts'
import { claimsOf } from '../../server/adapters/marketplaces/cafe24/claims.ts'
import { linesOf } from '../../server/adapters/marketplaces/cafe24/lines.ts'
import { partsOf } from '../../server/adapters/marketplaces/cafe24/many.ts'
import { orderRow, receiversAnswer } from '../../server/adapters/marketplaces/cafe24/rows.ts'
import { openStock } from '../../server/adapters/marketplaces/cafe24/stock.ts'
import { realClock } from '../../server/kernel/clock.ts'

const entry = createRequire(import.meta.url).resolve('cafe24-api-client')
const types = readFileSync(new URL('api/admin/generated/endpoints.d.ts', `file://${entry}`), 'utf8')

type Row = Record<string, unknown>

/** The JSON in the comment above the type of an answer. */
function example<Shape = Record<string, Row[]>>(call: string): Shape {
  const until = types.indexOf(`interface ${call}Response {`)
  const from = types.lastIndexOf('```json', until) + '```json'.length
  const lines = types.slice(from, types.indexOf('```', from)).split('\n')
  return JSON.parse(lines.map((line) => line.replace(/^ \* ?/, '')).join('\n')) as Shape
}

/** Whatever is asked for, this is the answer. */
const answering =
  (value: unknown): Ask =>
  async (): Promise<Answer> => ({ equal: false, value })

/** An order and its items are examples of two calls, of different orders: here of one. */
function documentedOrder(change: (item: Row) => Row = (item) => item): Row {
  const { order } = example<{ order: Row }>('RetrieveAnOrder')
  const { items } = example('RetrieveAListOfOrderItems')
  const codeOf = (at: number) => `${String(order.order_id)}-0${at + 1}`
  return {
    ...order,
    items: items!.map((item, at) => ({ ...change(item), item_no: at + 1, order_item_code: codeOf(at) })),
  }
}

test('an order and its items are read: what they were split off is a list', () => {
  const lines = linesOf(expectShape(orderRow, documentedOrder(), 'order'), 'payment')
  expect(lines.length).toBeGreaterThan(1)
  expect(lines[0]).toMatchObject({
    item: 'P000000N000A',
    unit: '14',
    unitPrice: 30_000,
    quantity: 1,
    state: 'delivered',
  })
})

test('a cancel is read where it stands on an order: it has rows, and no status or time of its own', () => {
  const { cancellation } = example<{ cancellation: Row }>('RetrieveAnOrderCancellation')
  expect(Object.keys(cancellation).filter((name) => /status|date/.test(name))).toEqual([])
  const asked = {
    order_status: 'C10',
    claim_code: 'C20190610-0000001',
    cancel_request_date: '2019-06-10T12:00:00+09:00',
  }
  const order = documentedOrder((item) => ({ ...item, ...asked }))
  const rows = (order.items as Row[]).slice(0, 1)
  const read = expectShape(orderRow, { ...order, cancellation: [{ ...cancellation, items: rows }] }, 'order')
  expect(claimsOf(read)[0]).toMatchObject({
    ...{ kind: 'cancel', state: 'approved', reason: 'Damaged products' },
    requestedAt: Date.parse(asked.cancel_request_date),
  })
})

test('returns and exchanges with all their columns keep no order out', () => {
  const { return: back } = example<{ return: Row }>('RetrieveAReturn')
  const { exchange } = example<{ exchange: Row }>('RetrieveAnExchange')
  expect(() =>
    expectShape(orderRow, { ...documentedOrder(), return: [back], exchange: [exchange] }, 'order'),
  ).not.toThrow()
})

test('the way to the door is read', () => {
  const { receivers } = expectShape(receiversAnswer, example('RetrieveAListOfRecipientsOfAnOrder'), 'receivers')
  expect(receivers[0]).toMatchObject({
    zipcode: '06258',
    cellphone: '010-0000-0000',
    address1: expect.stringMatching(/Seoul/),
  })
})

test.each([
  ['as the list of variants has them', ({ inventories: _, ...variant }: Row) => variant],
  ['as the answer to a write has them, under inventories', (variant: Row) => variant],
])('the stock of variants is read, %s', async (how, change) => {
  const call = how.startsWith('as the list') ? 'RetrieveAListOfProductVariants' : 'UpdateMultipleProductVariants'
  const variants = example(call).variants!.map(change)
  const { items } = await openStock(answering({ product: { selling: 'T', variants } })).read('7')
  const told = variants.map((variant) => ({ ...variant, ...(variant.inventories as Row | undefined) }) as Row)
  expect(items.map(({ quantity }) => quantity)).toEqual(told.map(({ quantity }) => quantity))
})

test('carriers are found by their names, and those of other names are left', async () => {
  const documented = example('RetrieveAListOfShippingCarriers').carriers!
  const carriers = [...documented, { ...documented[0], shipping_carrier: 'CJ대한통운', shipping_carrier_code: '0006' }]
  const codes = openCarriers(answering({ carriers }), realClock)
  expect(await codes.codeOf('cj')).toBe('0006')
})

test.each([
  ['UpdateStatusForMultipleOrders', 'orders'],
  ['CreateShippingInformationForMultipleOrders', 'shipments'],
  ['UpdateMultipleOrderShippings', 'shipments'],
  ['RejectACancellationRequestForMultipleItems', 'cancellationrequests'],
  ['RejectAReturnRequestForMultipleItems', 'returnrequests'],
  ['UpdateMultipleProductVariants', 'variants'],
])('the answer of %s tells of each of its requests', (call, key) => {
  const answer = example(call)
  const nameOf = (row: Row) => JSON.stringify([row.order_id, row.shipping_code, row.order_item_code, row.variant_code])
  const parts = partsOf(answer, key, nameOf)
  expect([...parts.keys()]).toEqual(answer[key]!.map(nameOf))
  expect(new Set([...parts.values()].map(({ kind }) => kind))).toEqual(new Set(['done']))
})
