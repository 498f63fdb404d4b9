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

test('as documented what a row was split off is a list, empty where it was not, of which one may be a row of this order', () => {
  const rows = [
    item(1, { original_item_no: [] }),
    item(2, { original_item_no: [4_242, 1] }),
    item(3, { original_item_no: [7] }),
  ]
  expect(lines(...rows)).toEqual(['01 paid 0/4', '03 paid 0/2'])
})

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

const ASKED = { order_status: 'C00', cancel_request_date: '2026-11-20T13:00:00+09:00', claim_reason_type: 'A' }

/** As documented: no status and no times, but its rows. */
const documented = (row: object, more: object = {}) => ({
  ...{ claim_code: 'C20261120-0000001', claim_reason_type: 'I', undone: 'F', items: [row], ...more },
})

test('a request that only its row tells of is a claim, and the same one once it is accepted and has a code', () => {
  const asked = claimsOf(order([item(1, ASKED)]))
  const accepted = item(1, { ...ASKED, order_status: 'C10' })
  const later = claimsOf(order([accepted], { cancellation: [documented(accepted)] }))
  const done = item(1, { ...ASKED, order_status: 'C40' })
  const last = claimsOf(order([done], { cancellation: [documented(done)] }))
  expect([asked, later, last].map(([claim]) => claim?.state)).toEqual(['requested', 'approved', 'done'])
  expect(new Set([...asked, ...later, ...last].map(({ claimKey }) => claimKey)).size).toBe(1)
  expect(asked).toMatchObject([
    { kind: 'cancel', faultBy: 'buyer', requestedAt: Date.parse(ASKED.cancel_request_date) },
  ])
})

test('a request refused, let be, or accepted and taken back is over, and the next one is another claim', () => {
  const states = (row: object, cancellation: object[] = []) =>
    claimsOf(order([item(1, row)], { cancellation })).map(({ state }) => state)
  expect(states({ ...ASKED, order_status: 'C11' })).toEqual(['refused'])
  expect(states({ ...ASKED, order_status: 'N20' })).toEqual(['withdrawn'])
  expect(states({ ...ASKED, order_status: 'N20' }, [documented(item(1), { undone: 'T' })])).toEqual(['withdrawn'])
  const keys = ['2026-11-20T13:00:00+09:00', '2026-11-20T14:00:00+09:00'].map((cancel_request_date) =>
    claimsOf(order([item(1, { ...ASKED, cancel_request_date })])).map(({ claimKey }) => claimKey),
  )
  expect(new Set(keys.flat()).size).toBe(2)
})

test('rows of one claim that were asked for by themselves are answered by themselves', () => {
  const rows = [item(1, ASKED), item(2, ASKED)].map((row) => ({ ...row, order_status: 'C10' }))
  const claims = claimsOf(order(rows, { cancellation: [documented(rows[0]!, { items: rows })] }))
  expect(claims.map(({ lines }) => lines.map(({ lineKey }) => lineKey.slice(-2)))).toEqual([['01'], ['02']])
})

test('an order with a row of another order, or with money that is none, is not read', () => {
  for (const more of [{ order_item_code: '20261120-0000032-01' }, { product_price: '99.5' }, { variant_code: 'x' }]) {
    expect(() => order([item(1, more)])).toThrow()
  }
})
