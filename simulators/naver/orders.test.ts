import { expect, test } from 'vitest'
import { at, kst, NOON, stocked } from './client-for-tests.ts'

const ORDERS = '/v1/pay-order/seller/product-orders'
type On = ReturnType<typeof stocked>
const query = (on: On, ...productOrderIds: string[]) =>
  on.signedIn('POST', `${ORDERS}/query`, { productOrderIds }).body.data
const confirm = (on: On, ...productOrderIds: string[]) => on.signedIn('POST', `${ORDERS}/confirm`, { productOrderIds })
const parcel = (productOrderId: string, changes: object = {}) => ({
  productOrderId,
  deliveryMethod: 'DELIVERY',
  deliveryCompanyCode: 'CJGLS',
  trackingNumber: '012345678901',
  dispatchDate: kst(NOON),
  ...changes,
})
const dispatch = (on: On, ...dispatchProductOrders: object[]) =>
  on.signedIn('POST', `${ORDERS}/dispatch`, { dispatchProductOrders })
const claim = (on: On, id: string, what: string, body: object = {}) =>
  on.signedIn('POST', `${ORDERS}/${id}/claim/cancel/${what}`, body)

test('a sale takes stock at once and makes a paid line with a 16-digit text id', () => {
  const on = stocked()
  const id = on.buy(on.blue, 2)
  expect(id).toMatch(/^20261120\d{8}$/)
  expect(on.stockOf(on.blue)).toBe(3)
  const [{ order, productOrder }] = query(on, id)
  expect(order).toMatchObject({ orderDate: kst(NOON), paymentDate: kst(NOON), ordererName: '홍길동' })
  expect(productOrder).toMatchObject({
    productOrderId: id,
    productOrderStatus: 'PAYED',
    placeOrderStatus: 'NOT_YET',
    originalProductId: on.unit,
    optionCode: on.blue,
    itemNo: on.blue,
    optionManageCode: 'PAD-B',
    quantity: 2,
    initialQuantity: 2,
    remainQuantity: 2,
    unitPrice: 30_000,
    optionPrice: 1000,
    totalPaymentAmount: 62_000,
  })
  expect(productOrder.productId).not.toBe(on.unit) // the channel number
})

test('a line of a product without options has no option id and the product code', () => {
  const on = stocked()
  const [{ productOrder }] = query(on, on.buy(on.wiper))
  expect(productOrder).toMatchObject({ originalProductId: on.wiperUnit, sellerProductCode: 'WIPER' })
  expect(productOrder.optionCode).toBeUndefined()
})

test('a purchase is sold whole or not at all, counting two lines of one item together', () => {
  const on = stocked()
  const buy = (...lines: { item: string; quantity: number }[]) =>
    on.naver.doors.buy({ lines, buyer: '김' }, NOON, () => 0)
  expect(buy({ item: on.red, quantity: 1 }, { item: on.blue, quantity: 3 }, { item: on.blue, quantity: 3 })).toEqual({
    kind: 'sold_out',
    item: on.blue,
    stock: 5,
  })
  expect([on.stockOf(on.red), on.stockOf(on.blue), on.naver.doors.truth().lines]).toEqual([10, 5, []])
  const sold = buy({ item: on.red, quantity: 1 }, { item: on.wiper, quantity: 1 })
  if (sold.kind !== 'sold') throw new Error('sold out')
  expect(on.signedIn('GET', `/v1/pay-order/seller/orders/${sold.orderId}/product-order-ids`).body.data).toEqual(
    sold.lineKeys,
  )
  expect(() => buy({ item: 'nothing', quantity: 1 })).toThrow(RangeError)
})

test('the last unit is sold once, and its product is then out of stock', () => {
  const on = stocked()
  on.buy(on.wiper, 7)
  expect(() => on.buy(on.wiper)).toThrow('sold out')
  expect(on.naver.doors.truth().items.find((item) => item.item === on.wiper)).toMatchObject({ stock: 0, onSale: false })
})

test('the detail call leaves unknown ids out without a word, and takes 300 at most', () => {
  const on = stocked()
  const id = on.buy(on.red)
  expect(query(on, '2026112099999999', id, id)).toHaveLength(1)
  const ids = (count: number) => Array.from({ length: count }, (_, i) => String(i))
  expect(query(on, ...ids(300))).toEqual([])
  expect(on.signedIn('POST', `${ORDERS}/query`, { productOrderIds: ids(301) }).status).toBe(400)
  expect(on.signedIn('POST', `${ORDERS}/query`, { productOrderIds: [] }).status).toBe(400)
  expect(on.signedIn('POST', `${ORDERS}/query`, '{').body).toMatchObject({
    code: '000400',
    message: expect.stringContaining('HttpMessageNotReadableException'),
  })
})

test('confirm (발주확인) succeeds and fails line by line inside a 200, and again means 105306', () => {
  const on = stocked()
  const [first, second] = [on.buy(on.red), on.buy(on.red)]
  on.naver.doors.cancel(second, null, NOON)
  const answer = confirm(on, first, '2026112099999999', second, first)
  expect(answer.status).toBe(200)
  expect(answer.body.data.successProductOrderInfos).toEqual([
    { productOrderId: first, isReceiverAddressChanged: false },
  ])
  expect(answer.body.data.failProductOrderInfos.map((row) => [row.productOrderId, row.code])).toEqual([
    ['2026112099999999', '100001'],
    [second, '104442'],
    [first, '104131'],
  ])
  expect(confirm(on, first).body.data.failProductOrderInfos[0].code).toBe('105306')
  expect(query(on, first)[0].productOrder).toMatchObject({ productOrderStatus: 'PAYED', placeOrderStatus: 'OK' })
})

test('confirm and dispatch take 30 at most', () => {
  const on = stocked()
  const ids = (count: number) => Array.from({ length: count }, (_, i) => String(i))
  expect([confirm(on, ...ids(30)).status, confirm(on, ...ids(31)).status]).toEqual([200, 400])
  const parcels = (count: number) => ids(count).map((id) => parcel(id))
  expect([dispatch(on, ...parcels(30)).status, dispatch(on, ...parcels(31)).status]).toEqual([200, 400])
})

test('dispatch wants a confirmed line, then keeps carrier and number as text', () => {
  const on = stocked()
  const id = on.buy(on.red)
  expect(dispatch(on, parcel(id)).body.data.failProductOrderInfos[0].code).toBe('104443')
  confirm(on, id)
  expect(dispatch(on, parcel(id)).body.data).toEqual({ successProductOrderIds: [id], failProductOrderInfos: [] })
  const [{ productOrder, delivery }] = query(on, id)
  expect(productOrder.productOrderStatus).toBe('DELIVERING')
  expect(delivery).toMatchObject({ deliveryCompany: 'CJGLS', trackingNumber: '012345678901', sendDate: kst(NOON) })
  expect(dispatch(on, parcel(id)).body.data.failProductOrderInfos[0].code).toBe('105306')
  expect(on.naver.doors.cancel(id, null, NOON)).toEqual({ kind: 'requested' }) // to send it back
})

test.each([
  ['left_out', {}, {}],
  ['null', { placeOrderDate: null }, { deliveredDate: null }],
] as const)('times that have not come are told as %s, by the switch', (timesToCome, unplaced, underWay) => {
  const on = stocked({ timesToCome })
  const id = on.buy(on.red)
  const told = () => {
    const [{ productOrder, delivery }] = query(on, id)
    const fields: [string, unknown][] = [...Object.entries(productOrder), ...Object.entries(delivery ?? {})]
    return Object.fromEntries(fields.filter(([name]) => name === 'placeOrderDate' || name === 'deliveredDate'))
  }
  expect(told()).toEqual(unplaced)
  confirm(on, id)
  dispatch(on, parcel(id))
  expect(told()).toEqual({ placeOrderDate: kst(NOON), ...underWay })
  on.naver.afterwards.deliver(id, NOON)
  expect(told()).toEqual({ placeOrderDate: kst(NOON), deliveredDate: kst(NOON) })
})

test.each<[string, object]>([
  ['an empty carrier', { deliveryCompanyCode: '' }],
  ['an unknown carrier', { deliveryCompanyCode: 'PIGEON' }],
  ['an unknown method', { deliveryMethod: 'THROWN' }],
  ['a time without milliseconds', { dispatchDate: '2026-11-20T12:00:00+09:00' }],
  ['a time without offset', { dispatchDate: '2026-11-20T12:00:00.000' }],
])('a dispatch with %s is unreadable as a whole', (_what, changes) => {
  const on = stocked()
  const [good, bad] = [on.buy(on.red), on.buy(on.red)]
  confirm(on, good, bad)
  const answer = dispatch(on, parcel(good), parcel(bad, changes))
  expect([answer.status, answer.body.code]).toEqual([400, '000400'])
  expect(query(on, good)[0].productOrder.productOrderStatus).toBe('PAYED')
})

test('a dispatch that names no carrier or no number fails alone', () => {
  const on = stocked()
  const ids = [on.buy(on.red), on.buy(on.red), on.buy(on.red)] as const
  confirm(on, ...ids)
  const answer = dispatch(
    on,
    parcel(ids[0], { deliveryCompanyCode: undefined }),
    parcel(ids[1], { trackingNumber: undefined }),
    parcel(ids[2]),
  )
  expect(answer.body.data.failProductOrderInfos.map((row) => row.code)).toEqual(['104118', '104120'])
  expect(answer.body.data.successProductOrderIds).toEqual([ids[2]])
})

test('before 발주확인 a buyer cancels at once and the units go back on the shelf', () => {
  const on = stocked()
  const id = on.buy(on.red, 3)
  expect(on.naver.doors.cancel(id, null, NOON)).toEqual({ kind: 'cancelled' })
  expect(on.stockOf(on.red)).toBe(10)
  const [detail] = query(on, id)
  expect(detail.productOrder).toMatchObject({
    productOrderStatus: 'CANCELED',
    claimType: 'CANCEL',
    claimStatus: 'CANCEL_DONE',
    remainQuantity: 0,
  })
  expect(detail.currentClaim.cancel).toMatchObject({
    claimStatus: 'CANCEL_DONE',
    requestQuantity: 3,
    cancelCompletedDate: kst(NOON),
  })
  expect(on.naver.doors.cancel(id, null, NOON)).toEqual({ kind: 'too_late' })
})

test('whether a cancel restocks is a switch', () => {
  const on = stocked({ limits: 'off', restockOnCancel: false })
  on.naver.doors.cancel(on.buy(on.red, 3), null, NOON)
  expect(on.stockOf(on.red)).toBe(7)
})

test('a partial cancel leaves the rest of the line to be confirmed, shipped or cancelled', () => {
  const on = stocked()
  const id = on.buy(on.red, 3)
  expect(on.naver.doors.cancel(id, 2, NOON)).toEqual({ kind: 'cancelled' })
  const [detail] = query(on, id)
  expect(detail.productOrder).toMatchObject({ productOrderStatus: 'PAYED', quantity: 3, remainQuantity: 1 })
  expect(detail.completedClaims).toMatchObject([{ claimStatus: 'CANCEL_DONE', requestQuantity: 2 }])
  expect(on.stockOf(on.red)).toBe(9)
  expect(on.naver.doors.cancel(id, 2, NOON)).toEqual({ kind: 'too_late' })
  expect(confirm(on, id).body.data.successProductOrderInfos).toHaveLength(1)
  expect(on.naver.doors.truth().lines).toMatchObject([
    { quantity: 3, cancelled: 2, state: 'PAYED', acknowledged: true },
  ])
})

test('after 발주확인 a cancel waits for the seller, who approves it', () => {
  const on = stocked()
  const id = on.buy(on.red)
  confirm(on, id)
  expect(on.naver.doors.cancel(id, null, NOON)).toEqual({ kind: 'requested' })
  expect(on.stockOf(on.red)).toBe(9)
  expect(query(on, id)[0].productOrder).toMatchObject({ productOrderStatus: 'PAYED', claimStatus: 'CANCEL_REQUEST' })
  expect(claim(on, id, 'approve').body.data.successProductOrderIds).toEqual([id])
  expect(on.stockOf(on.red)).toBe(10)
  expect(claim(on, id, 'approve').body.data.failProductOrderInfos[0].code).toBe('105306')
})

test('there is no reject call: dispatching refuses the request', () => {
  const on = stocked()
  const id = on.buy(on.red)
  confirm(on, id)
  on.naver.doors.cancel(id, null, NOON)
  expect(claim(on, id, 'reject').status).toBe(404)
  expect(dispatch(on, parcel(id)).body.data.successProductOrderIds).toEqual([id])
  const [detail] = query(on, id)
  expect(detail.productOrder.productOrderStatus).toBe('DELIVERING')
  expect(detail.completedClaims).toMatchObject([{ claimStatus: 'CANCEL_REJECT' }])
  expect(on.stockOf(on.red)).toBe(9)
})

test('the seller cancels with a reason of the list', () => {
  const on = stocked()
  const id = on.buy(on.red, 2)
  expect(claim(on, id, 'request', { cancelReason: 'BORED' })).toMatchObject({ status: 400, body: { code: '000400' } })
  expect(
    claim(on, id, 'request', { cancelReason: 'SOLD_OUT', cancelQuantity: 1 }).body.data.successProductOrderIds,
  ).toEqual([id])
  expect(on.naver.doors.truth().lines).toMatchObject([{ cancelled: 1, state: 'PAYED' }])
  claim(on, id, 'request', { cancelReason: 'SOLD_OUT' })
  expect(on.naver.doors.truth().lines).toMatchObject([{ cancelled: 2, state: 'CANCELED' }])
  expect(claim(on, id, 'request', { cancelReason: 'SOLD_OUT' }).body.data.failProductOrderInfos[0].code).toBe('105306')
})

test('where stock falls at the order, the line waits for its payment and was sold at the order', () => {
  const on = stocked({ limits: 'off', takesStockAt: 'order', paymentDelayMs: 60_000 })
  const id = on.buy(on.red)
  expect(on.stockOf(on.red)).toBe(9)
  expect(query(on, id)[0].productOrder.productOrderStatus).toBe('PAYMENT_WAITING')
  expect(confirm(on, id).body.data.failProductOrderInfos[0].code).toBe('104442')
  on.clock.now += 60_000
  const [{ order, productOrder }] = query(on, id)
  expect([productOrder.productOrderStatus, order.paymentDate]).toEqual(['PAYED', kst(NOON + 60_000)])
  expect(on.naver.doors.truth().lines[0]!.soldAt).toBe(NOON)
})

test('an unpaid order given up by its buyer is never paid, and comes back on the shelf', () => {
  const on = stocked({ limits: 'off', takesStockAt: 'order', paymentDelayMs: 60_000 })
  const id = on.buy(on.red)
  expect(on.naver.doors.cancel(id, null, NOON)).toEqual({ kind: 'cancelled' })
  on.clock.now += 60_000
  expect(query(on, id)[0].productOrder.productOrderStatus).toBe('CANCELED_BY_NOPAYMENT')
  expect(on.stockOf(on.red)).toBe(10)
})

test('the conditional list is a window of payment times, paged, and independent of the overwritten feed', () => {
  const on = stocked()
  const ids = [0, 1000, 2000].map((shift) => {
    on.clock.now = NOON + shift
    return on.buy(on.red)
  })
  on.clock.now = NOON + 60_000
  on.naver.doors.cancel(ids[0]!, null, on.clock.now)
  const list = (more: string) => on.signedIn('GET', `${ORDERS}?from=${at(NOON)}&${more}`).body.data
  const found = (data: { contents: { productOrderId: string }[] }) => data.contents.map((row) => row.productOrderId)
  expect(found(list(`to=${at(NOON + 2000)}`))).toEqual(ids)
  expect(found(list(`to=${at(NOON + 1999)}`))).toEqual(ids.slice(0, 2))
  expect(found(list('productOrderStatuses=PAYED'))).toEqual(ids.slice(1))
  expect(found(list('productOrderStatuses=PAYED,CANCELED&claimStatuses=CANCEL_DONE'))).toEqual(ids.slice(0, 1))
  const first = list('pageSize=2')
  expect([found(first), first.pagination]).toEqual([ids.slice(0, 2), { page: 1, size: 2, hasNext: true }])
  const second = list('pageSize=2&page=2')
  expect([found(second), second.pagination]).toEqual([ids.slice(2), { page: 2, size: 2, hasNext: false }])
  expect(list('pageSize=3').pagination.hasNext).toBe(false)
  expect(found(list('rangeType=CLAIM_COMPLETED_DATETIME'))).toEqual([ids[0]])
  expect(first.contents[0].content.productOrder.productOrderId).toBe(ids[0])
})

test.each([
  ['', '4000'],
  [`from=${at(NOON)}&to=${at(NOON + 86_400_001)}`, '104139'],
  [`from=${kst(NOON)}`, '4000'], // a bare + arrives as a space
  [`from=${at(NOON)}&rangeType=SOME_DAY`, '000400'],
  [`from=${at(NOON)}&productOrderStatuses=PAID`, '000400'],
  [`from=${at(NOON)}&pageSize=301`, '4000'],
])('the conditional list refuses "%s" with %s', (more, code) => {
  const on = stocked()
  expect(on.signedIn('GET', `${ORDERS}?${more}`)).toMatchObject({ status: 400, body: { code } })
})

test('an unknown order number is 100003', () => {
  const answer = stocked().signedIn('GET', '/v1/pay-order/seller/orders/2026112099999999/product-order-ids')
  expect(answer.body.code).toBe('100003')
})
