import { expect, test } from 'vitest'
import { claimsOf } from './claims.ts'
import { linesOf } from './lines.ts'
import { orderRow } from './rows.ts'

const ORDER = '20261120-0000031'

/** One row of an order; `no` is its item number. */
const item = (no: number, more: object = {}) => ({
  item_no: no,
  order_item_code: `${ORDER}-0${no}`,
  product_no: 7,
  variant_code: 'P000000R000A',
  product_price: '9000.00',
  option_price: '500.00',
  quantity: 2,
  order_status: 'N10',
  shipping_code: null,
  shipped_date: null,
  delivered_date: null,
  ...more,
})

const order = (items: object[], more: object = {}) =>
  orderRow.parse({
    order_id: ORDER,
    order_place_id: 'cafe24',
    order_date: '2026-11-20T12:00:00+09:00',
    payment_date: '2026-11-20T12:01:00+09:00',
    items,
    ...more,
  })

const lines = (...items: object[]) =>
  linesOf(order(items), 'payment').map(
    (line) => `${line.lineKey.slice(-2)} ${line.state} ${line.cancelled}/${line.quantity}`,
  )

test.each([
  ['N00', 'pending'],
  ['N02', 'pending'],
  ['N10', 'paid'],
  ['N20', 'acknowledged'],
  ['N21', 'acknowledged'],
  ['N22', 'paid'],
  ['N30', 'shipped'],
  ['N40', 'delivered'],
  ['N50', 'completed'],
  ['C00', 'paid'],
  ['C11', 'paid'],
  ['R40', 'completed'],
  ['E41', 'completed'],
])('%s is %s', (order_status, state) => {
  expect(lines(item(1, { order_status }))).toEqual([`01 ${state} 0/2`])
})

test('under a claim the shipping code and the dates tell how far a row has come', () => {
  const at = '2026-11-21T12:00:00+09:00'
  expect(lines(item(1, { order_status: 'C00', shipping_code: 'D-1' }))).toEqual(['01 acknowledged 0/2'])
  expect(lines(item(1, { order_status: 'R00', shipped_date: at }))).toEqual(['01 shipped 0/2'])
  expect(lines(item(1, { order_status: 'R20', shipped_date: at, delivered_date: at }))).toEqual(['01 delivered 0/2'])
})

test.each([[1], [`${ORDER}-01`]])(
  'rows split off a line are its units, also of a row that was split off (%s)',
  (first) => {
    const rows = [
      item(1, { quantity: 3 }),
      item(2, { quantity: 2, order_status: 'C40', original_item_no: first }),
      item(3, { quantity: 1, order_status: 'C00', original_item_no: 2 }),
      item(4),
    ]
    expect(lines(...rows)).toEqual(['01 paid 2/6', '04 paid 0/2'])
  },
)

test('rows that name each other in a circle hold nobody', () => {
  expect(lines(item(1, { original_item_no: 2 }), item(2, { original_item_no: 1 }))).toHaveLength(2)
})

test('goods that go out in exchange are no purchase', () => {
  expect(lines(item(1, { order_status: 'E40' }), item(2, { order_status: 'N01', original_item_no: 1 }))).toEqual([
    '01 completed 0/2',
  ])
})

test('a word the contract does not list is no line', () => {
  expect(() => lines(item(1, { order_status: 'X10' }))).toThrow()
})

const claim = (claim_status: string, quantity: number) => ({
  claim_code: 'C20261120-0000001',
  claim_status,
  claim_request_date: '2026-11-20T13:00:00+09:00',
  items: [{ order_item_code: `${ORDER}-01`, quantity }],
})

test('units that are only counted on their row are cancelled once the claim is done, and asked for until then', () => {
  const [asked] = linesOf(order([item(1)], { cancellation: [claim('C00', 1)] }), 'payment')
  expect(asked).toMatchObject({ state: 'paid', cancelled: 0, cancelRequested: true })
  const [done] = linesOf(order([item(1)], { cancellation: [claim('C40', 1)] }), 'payment')
  expect(done).toMatchObject({ state: 'paid', cancelled: 1, quantity: 2, cancelRequested: false })
})

test('a request on a whole row that goes out all the same was taken back', () => {
  const states = ['C00', 'N20'].map((order_status) => {
    const shown = order([item(1, { order_status })], { cancellation: [claim('C00', 2)] })
    return claimsOf(shown).map(({ state }) => state)
  })
  expect(states).toEqual([['requested'], ['withdrawn']])
})

test('an order with a row of another order, or with money that is none, is not read', () => {
  for (const more of [{ order_item_code: '20261120-0000032-01' }, { product_price: '99.5' }, { variant_code: 'x' }]) {
    expect(() => order([item(1, more)])).toThrow()
  }
})
