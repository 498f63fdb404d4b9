import { expect, test } from 'vitest'
import { at, kst, NOON, stocked } from './client-for-tests.ts'
import type { NaverOptions } from './index.ts'

const ORDERS = '/v1/pay-order/seller/product-orders'

/** A line of three, confirmed and, where wanted, dispatched. */
function sold(state: 'paid' | 'confirmed' | 'sent', options: NaverOptions = {}) {
  const on = stocked({ limits: 'off', ...options })
  const id = on.buy(on.red, 3)
  if (state !== 'paid') on.signedIn('POST', `${ORDERS}/confirm`, { productOrderIds: [id] })
  const row = { productOrderId: id, deliveryMethod: 'DELIVERY', deliveryCompanyCode: 'CJGLS' }
  const dispatchProductOrders = [{ ...row, trackingNumber: '012345678901', dispatchDate: kst(NOON) }]
  if (state === 'sent') on.signedIn('POST', `${ORDERS}/dispatch`, { dispatchProductOrders })
  const detail = () => on.signedIn('POST', `${ORDERS}/query`, { productOrderIds: [id] }).body.data[0]
  /** Null when done, else the code of the failure or of the refusal. */
  const claim = (what: string, body: object = {}) => {
    const answer = on.signedIn('POST', `${ORDERS}/${id}/claim/${what}`, body)
    if (answer.status !== 200) return answer.body.code
    return answer.body.data.failProductOrderInfos[0]?.code ?? null
  }
  const feed = () =>
    on.signedIn('GET', `${ORDERS}/last-changed-statuses?lastChangedFrom=${at(NOON - 1000)}`).body.data
      .lastChangeStatuses[0] as unknown as { lastChangedType: string; claimType: string; claimStatus: string }
  const truth = () => on.naver.doors.truth().lines[0]!
  return { on, id, detail, claim, feed, truth, afterwards: on.naver.afterwards }
}

const RETURN = { returnReason: 'BROKEN', collectDeliveryMethod: 'RETURN_INDIVIDUAL' }
const RESEND = { reDeliveryMethod: 'DELIVERY', reDeliveryCompany: 'HANJIN', reDeliveryTrackingNumber: '000123456789' }

test('a buyer sends some units back: asked for, brought back, approved, and only then counted as returned', () => {
  const { on, id, detail, claim, feed, truth, afterwards } = sold('sent')
  expect(on.naver.doors.cancel(id, 2, NOON)).toEqual({ kind: 'requested' })
  expect(feed()).toMatchObject({
    lastChangedType: 'CLAIM_REQUESTED',
    claimType: 'RETURN',
    claimStatus: 'RETURN_REQUEST',
  })
  expect(detail().currentClaim).toMatchObject({
    return: { claimStatus: 'RETURN_REQUEST', requestQuantity: 2, claimRequestDate: kst(NOON) },
  })
  expect(claim('return/approve')).toBe('104442')
  expect(afterwards.bringBack(id, NOON)).toBe(true)
  expect(feed()).toMatchObject({ lastChangedType: 'COLLECT_DONE', claimStatus: 'COLLECT_DONE' })
  expect([claim('return/approve'), claim('return/approve')]).toEqual([null, '105306'])
  expect(detail()).toMatchObject({
    productOrder: { productOrderStatus: 'DELIVERING', quantity: 3, remainQuantity: 1 },
    completedClaims: [{ claimType: 'RETURN', claimStatus: 'RETURN_DONE', requestQuantity: 2 }],
  })
  expect(truth()).toMatchObject({ quantity: 3, cancelled: 0 })
  expect(on.stockOf(on.red)).toBe(7) // what came back has to be looked at first
})

test('a line sent back whole is RETURNED; whether its units are on sale again is a switch', () => {
  const { on, id, detail, claim, afterwards } = sold('sent', { restockOnReturn: true })
  on.naver.doors.cancel(id, null, NOON)
  afterwards.bringBack(id, NOON)
  claim('return/approve')
  expect(detail().productOrder.productOrderStatus).toBe('RETURNED')
  expect(on.stockOf(on.red)).toBe(10)
})

test('a return is refused with a reason, not once it came back and not while held; then it may be asked for again', () => {
  const { on, id, detail, claim, feed, afterwards } = sold('sent')
  expect(claim('return/reject', { rejectReturnReason: '사용 흔적' })).toBe('104442')
  on.naver.doors.cancel(id, null, NOON)
  const hold = { holdbackClassType: 'EXTRAFEEE', holdbackReturnDetailReason: '추가 배송비' }
  expect([claim('return/holdback', hold), claim('return/holdback', hold)]).toEqual([null, '105306'])
  expect(claim('return/reject', { rejectReturnReason: '사용 흔적' })).toBe('104442')
  expect(claim('return/holdback/release')).toBe(null)
  expect(claim('return/reject')).toBe('4000')
  expect(claim('return/reject', { rejectReturnReason: '사용 흔적' })).toBe(null)
  expect(claim('return/reject', { rejectReturnReason: '사용 흔적' })).toBe('105306')
  expect(feed()).toMatchObject({ lastChangedType: 'CLAIM_REJECTED', claimStatus: 'RETURN_REJECT' })
  expect(detail()).toMatchObject({
    productOrder: { productOrderStatus: 'DELIVERING' },
    completedClaims: [{ claimStatus: 'RETURN_REJECT' }],
  })
  expect(on.naver.doors.cancel(id, null, NOON)).toEqual({ kind: 'requested' })
  afterwards.bringBack(id, NOON)
  expect(claim('return/reject', { rejectReturnReason: '사용 흔적' })).toBe('104442')
})

test('a seller opens a return of what was sent, with the parcel it comes back in', () => {
  const { detail, claim } = sold('sent')
  const pickup = { collectDeliveryCompany: 'CJGLS', collectTrackingNumber: '000987654321' }
  expect(claim('return/request', { ...RETURN, ...pickup, returnQuantity: 4 })).toBe('4000')
  expect(claim('return/request', { ...RETURN, returnReason: 'BORED' })).toBe('000400')
  expect(claim('return/request', { ...RETURN, ...pickup, returnQuantity: 1 })).toBe(null)
  expect(detail().currentClaim).toMatchObject({ return: { returnReason: 'BROKEN', requestQuantity: 1, ...pickup } })
  expect(sold('confirmed').claim('return/request', RETURN)).toBe('104442')
})

test('an exchange: brought back, looked at, sent again, delivered', () => {
  const { on, id, detail, claim, feed, afterwards } = sold('sent')
  expect(afterwards.exchange(id, null, NOON)).toBe(true)
  expect([claim('exchange/collect/approve'), claim('exchange/dispatch', RESEND)]).toEqual(['104442', '104417'])
  afterwards.bringBack(id, NOON)
  expect(claim('exchange/dispatch', RESEND)).toBe('104417')
  expect([claim('exchange/collect/approve'), claim('exchange/collect/approve')]).toEqual([null, '105306'])
  expect([claim('exchange/dispatch', RESEND), claim('exchange/dispatch', RESEND)]).toEqual([null, '105306'])
  expect(feed()).toMatchObject({ lastChangedType: 'CLAIM_REDELIVERING', claimStatus: 'EXCHANGE_REDELIVERING' })
  expect(detail().currentClaim).toMatchObject({ exchange: { reDeliveryTrackingNumber: '000123456789' } })
  expect(claim('exchange/reject', { rejectExchangeReason: '늦음' })).toBe('104442')
  afterwards.deliver(id, NOON) // the first parcel
  afterwards.deliver(id, NOON)
  expect(feed()).toMatchObject({ lastChangedType: 'CLAIM_COMPLETED', claimStatus: 'EXCHANGE_DONE' })
  expect(detail().productOrder.productOrderStatus).toBe('EXCHANGED')
  expect(on.stockOf(on.red)).toBe(7)
})

test('an exchange is refused while it is open', () => {
  const { id, claim, feed, afterwards } = sold('sent')
  afterwards.exchange(id, 1, NOON)
  expect(claim('exchange/reject', { rejectExchangeReason: '품절' })).toBe(null)
  expect(feed()).toMatchObject({ lastChangedType: 'CLAIM_REJECTED', claimStatus: 'EXCHANGE_REJECT' })
  expect(claim('exchange/reject', { rejectExchangeReason: '품절' })).toBe('105306')
})

test.each([
  ['cancel', 'confirmed', 'CANCEL_REJECT'],
  ['return', 'sent', 'RETURN_REJECT'],
] as const)('a %s the buyer takes back ends with the word of a refusal', (_, state, status) => {
  const { on, id, detail, feed, afterwards } = sold(state)
  expect(afterwards.takeBack(id, NOON)).toBe(false)
  on.naver.doors.cancel(id, null, NOON)
  expect([afterwards.takeBack(id, NOON), afterwards.takeBack(id, NOON)]).toEqual([true, false])
  expect(feed()).toMatchObject({ lastChangedType: 'CLAIM_REJECTED', claimStatus: status })
  expect(detail().productOrder).not.toHaveProperty('claimStatus')
})

test('whether an ended claim is still told as the current one is a switch', () => {
  const { on, id, detail, afterwards } = sold('confirmed', { endedClaims: 'current_too' })
  on.naver.doors.cancel(id, null, NOON)
  afterwards.takeBack(id, NOON)
  expect(detail()).toMatchObject({
    productOrder: { claimStatus: 'CANCEL_REJECT' },
    currentClaim: { cancel: { claimStatus: 'CANCEL_REJECT' } },
  })
})

test('a cancel before 발주확인 may be CANCELING for a while, and the seller may end that', () => {
  for (const isApproved of [false, true]) {
    const { on, id, detail, claim, truth } = sold('paid', { cancelingMs: 60_000 })
    expect(on.naver.doors.cancel(id, null, NOON)).toEqual({ kind: 'cancelled' })
    expect(detail().productOrder).toMatchObject({ productOrderStatus: 'PAYED', claimStatus: 'CANCELING' })
    if (isApproved) expect(claim('cancel/approve')).toBe(null)
    on.clock.now = NOON + 60_000
    expect(detail().productOrder.productOrderStatus).toBe('CANCELED')
    expect(truth()).toMatchObject({ cancelled: 3 })
  }
})

test('parcels arrive after carrierMs without an event, and come back after collectMs with one', () => {
  const { on, id, detail, feed } = sold('sent', { carrierMs: 1000, collectMs: 2000 })
  on.clock.now = NOON + 1000
  expect(detail().productOrder.productOrderStatus).toBe('DELIVERED')
  expect(feed().lastChangedType).toBe('DISPATCHED')
  on.naver.doors.cancel(id, null, on.clock.now)
  expect(detail().currentClaim).toMatchObject({ return: { claimStatus: 'COLLECTING' } })
  on.clock.now += 2000
  expect(feed()).toMatchObject({ lastChangedType: 'COLLECT_DONE' })
})

test('where a seller’s cancel wants approval it is a request until he grants it; the line cannot be cancelled twice', () => {
  const { detail, claim, truth } = sold('confirmed', { sellerCancel: 'wants_approval' })
  const wish = { cancelReason: 'SOLD_OUT', cancelQuantity: 2 }
  expect([claim('cancel/request', wish), claim('cancel/request', wish)]).toEqual([null, '104442'])
  expect([detail().productOrder, truth().cancelled]).toMatchObject([{ claimStatus: 'CANCEL_REQUEST' }, 0])
  expect([claim('cancel/approve'), truth().cancelled]).toEqual([null, 2])
})

test('where saying so makes them so, an exchange’s goods are COLLECTING until the seller says that they are back', () => {
  const { id, detail, claim, feed, afterwards } = sold('sent', { exchangeCollect: 'completes' })
  afterwards.exchange(id, null, NOON)
  expect(claim('exchange/collect/approve')).toBe('104442') // they are not back
  afterwards.bringBack(id, NOON)
  expect(detail().currentClaim).toMatchObject({ exchange: { claimStatus: 'COLLECTING' } })
  expect([claim('exchange/dispatch', RESEND), claim('exchange/collect/approve')]).toEqual(['104417', null])
  expect(feed()).toMatchObject({ lastChangedType: 'COLLECT_DONE', claimStatus: 'COLLECT_DONE' })
  expect(claim('exchange/dispatch', RESEND)).toBe(null)
})
