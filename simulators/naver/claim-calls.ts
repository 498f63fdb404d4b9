/** POST …/{productOrderId}/claim/…: one product order a call, its failure inside a 200. */
import type { SimRequest, SimResponse } from '../marketplace.ts'
import {
  approveCancel,
  approveCollect,
  approveReturn,
  type BackWish,
  cancelBySeller,
  hold,
  redeliver,
  rejectByNo,
  returnBySeller,
} from './claims.ts'
import { jsonObject, orderError, type Trace, unreadable } from './envelopes.ts'
import type { Failure } from './failures.ts'
import { actionAnswer, CARRIERS, DELIVERY_METHODS, eachLine, words } from './order-calls.ts'
import type { Line, Shop } from './shop.ts'

export type ClaimCall = { shop: Shop; id: string; request: SimRequest; trace: Trace }

type Body = Record<string, unknown>
/** What to do with the line, or the refusal of a body that says nothing readable. */
type Plan = ((line: Line) => Failure) | SimResponse

const CANCEL_REASONS = words(
  'INTENT_CHANGED COLOR_AND_SIZE WRONG_ORDER PRODUCT_UNSATISFIED DELAYED_DELIVERY SOLD_OUT INCORRECT_INFO',
)
const RETURN_REASONS = new Set([...CANCEL_REASONS, ...words('DROPPED_DELIVERY BROKEN WRONG_DELIVERY WRONG_OPTION')])
const HOLDBACK_CLASSES = words(
  'RETURN_DELIVERYFEE EXTRAFEEE RETURN_DELIVERYFEE_AND_EXTRAFEEE RETURN_PRODUCT_NOT_DELIVERED ETC ' +
    'EXCHANGE_DELIVERYFEE EXCHANGE_EXTRAFEE EXCHANGE_PRODUCT_READY EXCHANGE_PRODUCT_NOT_DELIVERED EXCHANGE_HOLDBACK ' +
    'SELLER_CONFIRM_NEED PURCHASER_CONFIRM_NEED SELLER_REMIT ETC2',
)

/** By the path after `claim/`. There is no way to refuse a cancel but to dispatch. */
export const CLAIM_CALLS: Readonly<Record<string, (call: ClaimCall) => SimResponse>> = {
  'cancel/request': (call) => withBody(call, planCancel),
  'cancel/approve': (call) => act(call, (line) => approveCancel(call.shop, line, call.trace.now)),
  'return/request': (call) => withBody(call, planReturn),
  'return/approve': (call) => act(call, (line) => approveReturn(call.shop, line, call.trace.now)),
  'return/reject': (call) => withBody(call, planReject('RETURN', 'rejectReturnReason')),
  'return/holdback': (call) => withBody(call, planHold('RETURN', 'holdbackReturnDetailReason')),
  'return/holdback/release': (call) => act(call, (line) => hold(line, 'RETURN', false)),
  'exchange/collect/approve': (call) => act(call, (line) => approveCollect(call.shop, line, call.trace.now)),
  'exchange/dispatch': (call) => withBody(call, planRedelivery),
  'exchange/reject': (call) => withBody(call, planReject('EXCHANGE', 'rejectExchangeReason')),
  'exchange/holdback': (call) => withBody(call, planHold('EXCHANGE', 'holdbackExchangeDetailReason')),
  'exchange/holdback/release': (call) => act(call, (line) => hold(line, 'EXCHANGE', false)),
}

function act({ shop, id, trace }: ClaimCall, what: (line: Line) => Failure): SimResponse {
  return actionAnswer(trace, eachLine(shop, [id], what))
}

function withBody(call: ClaimCall, plan: (call: ClaimCall, body: Body) => Plan): SimResponse {
  const body = jsonObject(call.request.body)
  if (!body) return unreadable(call.trace, 'JSON')
  const planned = plan(call, body)
  return typeof planned === 'function' ? act(call, planned) : planned
}

function planCancel({ shop, trace }: ClaimCall, { cancelReason, cancelQuantity = null }: Body): Plan {
  if (typeof cancelReason !== 'string' || !CANCEL_REASONS.has(cancelReason)) return unreadable(trace, 'cancelReason')
  if (!isCount(cancelQuantity)) return orderError(trace, '4000', 'cancelQuantity: 1 이상의 정수여야 합니다.')
  return (line) => cancelBySeller(shop, line, cancelQuantity, cancelReason, trace.now)
}

function planReturn({ shop, trace }: ClaimCall, body: Body): Plan {
  const { returnReason: reason, collectDeliveryMethod: method, returnQuantity: quantity = null } = body
  const { collectDeliveryCompany: company = '', collectTrackingNumber: trackingNumber = '' } = body
  if (typeof reason !== 'string' || !RETURN_REASONS.has(reason)) return unreadable(trace, 'returnReason')
  if (typeof method !== 'string' || !DELIVERY_METHODS.has(method)) return unreadable(trace, 'collectDeliveryMethod')
  if (typeof company !== 'string' || (company !== '' && !CARRIERS.has(company)))
    return unreadable(trace, 'collectDeliveryCompany')
  if (typeof trackingNumber !== 'string') return unreadable(trace, 'collectTrackingNumber')
  if (!isCount(quantity)) return orderError(trace, '4000', 'returnQuantity: 1 이상의 정수여야 합니다.')
  const wish: BackWish = { quantity, reason, pickup: trackingNumber === '' ? null : { company, trackingNumber } }
  return (line) => returnBySeller(shop, line, wish, trace.now)
}

/** The reason is shown to the buyer, so there has to be one. */
function planReject(kind: 'RETURN' | 'EXCHANGE', field: string) {
  return ({ shop, trace }: ClaimCall, body: Body): Plan => {
    const reason = body[field]
    if (typeof reason !== 'string' || reason === '') return orderError(trace, '4000', `${field}: 필수입니다.`)
    return (line) => rejectByNo(shop, line, kind, trace.now)
  }
}

function planHold(kind: 'RETURN' | 'EXCHANGE', field: string) {
  return ({ trace }: ClaimCall, body: Body): Plan => {
    const { holdbackClassType: type } = body
    if (typeof type !== 'string' || !HOLDBACK_CLASSES.has(type)) return unreadable(trace, 'holdbackClassType')
    if (typeof body[field] !== 'string') return orderError(trace, '4000', `${field}: 필수입니다.`)
    return (line) => hold(line, kind, true)
  }
}

function planRedelivery({ shop, trace }: ClaimCall, body: Body): Plan {
  const { reDeliveryMethod: method, reDeliveryCompany: company, reDeliveryTrackingNumber: trackingNumber } = body
  if (typeof method !== 'string' || !DELIVERY_METHODS.has(method)) return unreadable(trace, 'reDeliveryMethod')
  if (typeof company !== 'string' || !CARRIERS.has(company)) return unreadable(trace, 'reDeliveryCompany')
  if (typeof trackingNumber !== 'string' || trackingNumber === '')
    return orderError(trace, '4000', 'reDeliveryTrackingNumber: 필수입니다.')
  return (line) => redeliver(shop, line, { company, trackingNumber }, trace.now)
}

/** Null is all of it. */
function isCount(value: unknown): value is number | null {
  return value === null || (Number.isInteger(value) && Number(value) > 0)
}
