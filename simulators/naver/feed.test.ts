import { expect, test } from 'vitest'
import { at, type FeedRow, kst, NOON, stocked } from './client-for-tests.ts'

const FEED = '/v1/pay-order/seller/product-orders/last-changed-statuses'
type On = ReturnType<typeof stocked>

const ask = (on: On, more = `lastChangedFrom=${at(NOON)}`) => on.signedIn('GET', `${FEED}?${more}`)
const rows = (on: On, more?: string): FeedRow[] => ask(on, more).body.data?.lastChangeStatuses ?? []

function wellStocked(units: number) {
  const on = stocked()
  on.naver.doors.edit(on.red, units, NOON)
  return on
}

test('nothing found leaves data out altogether', () => {
  const { status, body } = ask(stocked())
  expect([status, Object.keys(body).sort()]).toEqual([200, ['timestamp', 'traceId']])
})

test('a row tells the change, its time and the payment; both ends of the window are inside', () => {
  const on = stocked()
  const id = on.buy(on.red)
  const window = (from: number, to: number) => rows(on, `lastChangedFrom=${at(from)}&lastChangedTo=${at(to)}`).length
  expect(rows(on)).toEqual([
    {
      orderId: on.naver.doors.truth().lines[0]!.orderId,
      productOrderId: id,
      lastChangedType: 'PAYED',
      paymentDate: kst(NOON),
      lastChangedDate: kst(NOON),
      productOrderStatus: 'PAYED',
      receiverAddressChanged: false,
    },
  ])
  expect([window(NOON, NOON), window(NOON - 1, NOON - 1), window(NOON + 1, NOON + 1)]).toEqual([1, 0, 0])
})

test('one row a line, overwritten by its latest change: paid then cancelled is seen once, as the cancel', () => {
  const on = stocked()
  const id = on.buy(on.red)
  on.clock.now += 5000
  on.naver.doors.cancel(id, null, on.clock.now)
  expect(rows(on)).toMatchObject([
    {
      productOrderId: id,
      lastChangedType: 'CLAIM_COMPLETED',
      productOrderStatus: 'CANCELED',
      claimType: 'CANCEL',
      claimStatus: 'CANCEL_DONE',
      lastChangedDate: kst(NOON + 5000),
    },
  ])
  expect(rows(on, `lastChangedFrom=${at(NOON)}&lastChangedTo=${at(NOON + 4999)}`)).toEqual([])
})

test('발주확인 makes no row', () => {
  const on = stocked()
  const id = on.buy(on.red)
  on.clock.now += 5000
  on.signedIn('POST', '/v1/pay-order/seller/product-orders/confirm', { productOrderIds: [id] })
  expect(rows(on)).toMatchObject([{ lastChangedType: 'PAYED', lastChangedDate: kst(NOON) }])
})

test('a page holds 300 at most, and moreFrom with moreSequence continues across equal timestamps without loss', () => {
  const on = wellStocked(1000)
  on.clock.now = NOON + 100 // a time whose fraction shortens to one digit
  const sold = Array.from({ length: 650 }, () => on.buy(on.red))
  const first = ask(on, `lastChangedFrom=${at(NOON)}&lastChangedTo=${at(NOON + 1000)}&limitCount=9999`).body.data
  expect([first.count, first.lastChangeStatuses.length]).toEqual([300, 300])
  expect(first.more.moreFrom).toBe('2026-11-20T12:00:00.1+09:00')

  const seen: string[] = first.lastChangeStatuses.map((row) => row.productOrderId)
  let more = first.more
  for (let page = 0; page < 5 && more; page++) {
    const from = more.moreFrom.replace('.1+', '.100%2B')
    const next = `lastChangedFrom=${from}&moreSequence=${more.moreSequence}&lastChangedTo=${at(NOON + 1000)}`
    const { data } = ask(on, next).body
    seen.push(...data.lastChangeStatuses.map((row) => row.productOrderId))
    more = data.more
  }
  expect(seen).toEqual(sold)
})

test('moreFrom as it came, with one fraction digit, is refused; the sequence alone repeats the page', () => {
  const on = wellStocked(1000)
  for (let i = 0; i < 3; i++) {
    on.buy(on.red)
    on.clock.now += 100
  }
  const first = ask(on, `lastChangedFrom=${at(NOON)}&limitCount=2`).body.data
  const asItCame = first.more.moreFrom.replace('+', '%2B')
  expect(ask(on, `lastChangedFrom=${asItCame}&moreSequence=${first.more.moreSequence}`).status).toBe(400)
  const again = rows(on, `lastChangedFrom=${at(NOON)}&limitCount=2&moreSequence=${first.more.moreSequence}`)
  expect(again.map((row) => row.productOrderId)).toContain(first.lastChangeStatuses[1]!.productOrderId)
})

test.each([
  ['', '4000'],
  [`lastChangedFrom=${at(NOON)}&lastChangedTo=${at(NOON + 86_400_001)}`, '104139'],
  [`lastChangedFrom=${at(NOON)}&lastChangedTo=${at(NOON - 1)}`, '4000'],
  ['lastChangedFrom=2026-11-20T12:00:00%2B09:00', '4000'],
  ['lastChangedFrom=2026-11-20T12:00:00.1%2B09:00', '4000'],
  ['lastChangedFrom=2026-11-20T12:00:00.000+09:00', '4000'], // a bare + arrives as a space
  [`lastChangedFrom=${at(NOON)}&limitCount=0`, '4000'],
  [`lastChangedFrom=${at(NOON)}&lastChangedType=SOLD`, '000400'],
])('the feed refuses "%s" with %s', (more, code) => {
  const { status, body } = ask(stocked(), more)
  expect([status, body.code]).toEqual([400, code])
})

test('a window of exactly 24 hours is allowed, and is the default', () => {
  const on = stocked()
  expect(ask(on, `lastChangedFrom=${at(NOON)}&lastChangedTo=${at(NOON + 86_400_000)}`).status).toBe(200)
  on.clock.now = NOON + 86_400_000
  on.buy(on.red)
  expect(rows(on)).toHaveLength(1)
  on.clock.now += 1
  on.buy(on.red)
  expect(rows(on)).toHaveLength(1)
})

test('the type filter shows only lines whose latest change is of that type', () => {
  const on = stocked()
  const [kept, dropped] = [on.buy(on.red), on.buy(on.red)]
  on.naver.doors.cancel(dropped, null, NOON)
  const ids = (type: string) =>
    rows(on, `lastChangedFrom=${at(NOON)}&lastChangedType=${type}`).map((row) => row.productOrderId)
  expect([ids('PAYED'), ids('CLAIM_COMPLETED'), ids('DISPATCHED')]).toEqual([[kept], [dropped], []])
})

test('a late feed lags behind the detail, and an overwritten row is seen until the newer one lands', () => {
  const on = stocked()
  on.naver.faults.feedDelayMs = 3000
  const id = on.buy(on.red)
  expect(rows(on)).toEqual([])
  const query = () =>
    on.signedIn('POST', '/v1/pay-order/seller/product-orders/query', { productOrderIds: [id] }).body.data[0]
  expect(query().productOrder.productOrderStatus).toBe('PAYED')
  on.clock.now = NOON + 3000
  expect(rows(on)).toMatchObject([{ lastChangedType: 'PAYED' }])
  on.naver.doors.cancel(id, null, on.clock.now)
  on.clock.now = NOON + 5999
  expect(rows(on)).toMatchObject([{ lastChangedType: 'PAYED', productOrderStatus: 'PAYED' }])
  on.clock.now = NOON + 6000
  expect(rows(on)).toMatchObject([{ lastChangedType: 'CLAIM_COMPLETED' }])
})

test('order of time holds even when the clock was set back', () => {
  const on = stocked()
  on.clock.now = NOON + 10_000
  const late = on.buy(on.red)
  on.clock.now = NOON
  const early = on.buy(on.red)
  on.clock.now = NOON + 10_000
  expect(rows(on).map((row) => row.productOrderId)).toEqual([early, late])
})

test('told twice: one row stands twice in one answer, and the order of the feed holds', () => {
  const on = stocked()
  const sold = [on.buy(on.red), on.buy(on.red), on.buy(on.red)]
  Object.assign(on.naver.faults, { duplicateOrder: 1, disorder: 1 })
  const ids = rows(on).map((row) => row.productOrderId)
  expect(ids).toHaveLength(4)
  expect([...new Set(ids)]).toEqual(sold)
})

test('the detail promises no order, and with disorder keeps none', () => {
  const on = wellStocked(100)
  const sold = Array.from({ length: 30 }, () => on.buy(on.red))
  on.naver.faults.disorder = 1
  const { data } = on.signedIn('POST', '/v1/pay-order/seller/product-orders/query', { productOrderIds: sold }).body
  const ids = data.map((page) => page.productOrder.productOrderId)
  expect(ids).not.toEqual(sold)
  expect([...ids].sort()).toEqual(sold)
})

test('rows of ten thousand sales are all found again, in windows, after their changes were swept', () => {
  const on = wellStocked(20_000)
  for (let i = 0; i < 10_000; i++) {
    on.clock.now = NOON + i * 1000
    const id = on.buy(on.red)
    if (i % 2 === 0) on.naver.doors.cancel(id, null, on.clock.now)
  }
  const from = NOON + 1_000_000
  const page = rows(on, `lastChangedFrom=${at(from)}&lastChangedTo=${at(from + 199_000)}`)
  expect(page).toHaveLength(200)
  expect(page.filter((row) => row.lastChangedType === 'PAYED')).toHaveLength(100)
})
