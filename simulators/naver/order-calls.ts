/** The order side of the API, read and write, but for the change feed (feed.ts). */
import type { SimRequest, SimResponse } from '../marketplace.ts'
import { isObject, jsonObject, orderAnswer, orderError, type Trace, unreadable } from './envelopes.ts'
import type { Failure } from './failures.ts'
import { disordered, toldTwice } from './feed.ts'
import { orderPage, placeOrderStatus } from './order-page.ts'
import { confirm, dispatch } from './orders.ts'
import type { Line, Shop } from './shop.ts'
import { firstAt } from './timeline.ts'
import { DAY_MS, strictTime } from './times.ts'

const IDS_PER_QUERY = 300
const IDS_PER_ACTION = 30 // the status of a longer list is assumed

export const words = (text: string) => new Set(text.split(' '))
export const DELIVERY_METHODS = words(
  'DELIVERY GDFW_ISSUE_SVC VISIT_RECEIPT DIRECT_DELIVERY QUICK_SVC NOTHING RETURN_DESIGNATED RETURN_DELIVERY ' +
    'RETURN_INDIVIDUAL RETURN_MERCHANT UNKNOWN',
)
export const CARRIERS = words(
  'CJGLS HYUNDAI HANJIN KGB EPOST CVSNET CUPARCEL DAESIN KDEXP HDEXP ILYANG CHUNIL KUNYOUNG HONAM SLX CH1 ' +
    'DHL FEDEX UPS EMS',
)

/** POST …/product-orders/query. Ids it does not know are left out without a word. */
export function queryOrders(shop: Shop, request: SimRequest, trace: Trace, random: () => number): SimResponse {
  const ids = idsOf(request, IDS_PER_QUERY, trace)
  if ('refusal' in ids) return ids.refusal
  const lines = [...new Set(ids.ids)].flatMap((id) => shop.lines.get(id) ?? [])
  return orderAnswer(
    trace,
    disordered(shop, toldTwice(shop, lines, random), random).map((line) => orderPage(line, shop.settings)),
  )
}

/** GET …/orders/{orderId}/product-order-ids */
export function idsOfOrder(shop: Shop, orderId: string, trace: Trace, random: () => number): SimResponse {
  const order = shop.orders.get(orderId)
  if (!order) return orderError(trace, '100003', '주문을 찾을 수 없습니다.')
  const ids = order.lines.map((line) => line.productOrderId)
  return orderAnswer(trace, disordered(shop, toldTwice(shop, ids, random), random))
}

/** POST …/confirm */
export function confirmOrders(shop: Shop, request: SimRequest, trace: Trace): SimResponse {
  const ids = idsOf(request, IDS_PER_ACTION, trace)
  if ('refusal' in ids) return ids.refusal
  const { done, failed } = eachLine(shop, ids.ids, (line) => confirm(line, trace.now))
  return orderAnswer(trace, {
    successProductOrderInfos: done.map((productOrderId) => ({ productOrderId, isReceiverAddressChanged: false })),
    failProductOrderInfos: failed,
  })
}

/** POST …/dispatch */
export function dispatchOrders(shop: Shop, request: SimRequest, trace: Trace): SimResponse {
  const body = jsonObject(request.body)
  if (!body) return unreadable(trace, 'JSON')
  const rows = body.dispatchProductOrders
  if (!Array.isArray(rows) || rows.length === 0) return orderError(trace, '4000', 'dispatchProductOrders: 필수입니다.')
  if (rows.length > IDS_PER_ACTION) return orderError(trace, '4000', '한 번에 30건까지 요청할 수 있습니다.')
  const parcels = new Map<string, Parcel>()
  for (const row of rows) {
    const parcel = parcelOf(row)
    if ('wrong' in parcel) return unreadable(trace, parcel.wrong)
    if (!parcels.has(parcel.productOrderId)) parcels.set(parcel.productOrderId, parcel)
  }
  const ids = rows.map((row: { productOrderId: string }) => row.productOrderId)
  return actionAnswer(
    trace,
    eachLine(shop, ids, (line) => send(shop, line, parcels.get(line.productOrderId)!, trace.now)),
  )
}

const STATUSES = words(
  'PAYMENT_WAITING PAYED DELIVERING DELIVERED PURCHASE_DECIDED EXCHANGED CANCELED RETURNED CANCELED_BY_NOPAYMENT',
)
const CLAIM_STATUSES = words(
  'CANCEL_REQUEST CANCELING CANCEL_DONE CANCEL_REJECT RETURN_REQUEST COLLECTING COLLECT_DONE RETURN_DONE RETURN_REJECT ' +
    'EXCHANGE_REQUEST EXCHANGE_REDELIVERING EXCHANGE_DONE EXCHANGE_REJECT PURCHASE_DECISION_HOLDBACK ' +
    'PURCHASE_DECISION_REQUEST PURCHASE_DECISION_HOLDBACK_RELEASE ADMIN_CANCELING ADMIN_CANCEL_DONE ADMIN_CANCEL_REJECT',
)
const PLACE_STATUSES = words('NOT_YET OK CANCEL')

/** The times a line was in each range type; the types of things that never happen here are known and find nothing. */
const RANGES: Record<string, (line: Line) => readonly (number | null | undefined)[]> = {
  PAYED_DATETIME: (line) => [line.order.paidAt],
  ORDERED_DATETIME: (line) => [line.order.orderedAt],
  DISPATCHED_DATETIME: (line) => [line.delivery?.sentAt],
  CLAIM_REQUESTED_DATETIME: (line) => [...line.completedClaims, line.claim].map((claim) => claim?.requestedAt),
  CLAIM_COMPLETED_DATETIME: (line) => [...line.completedClaims, line.claim].map((claim) => claim?.completedAt),
  PURCHASE_DECIDED_DATETIME: () => [],
  COLLECT_COMPLETED_DATETIME: (line) => [...line.completedClaims, line.claim].map((claim) => claim?.collectedAt),
  GIFT_RECEIVED_DATETIME: () => [],
  HOPE_DELIVERY_INFO_CHANGED_DATETIME: () => [],
}

/** GET …/product-orders, by a window of one of its times; independent of the overwritten feed. */
export function listOrders(shop: Shop, query: URLSearchParams, trace: Trace, random: () => number): SimResponse {
  const from = strictTime(query.get('from'))
  const to = query.has('to') ? strictTime(query.get('to')) : (from ?? 0) + DAY_MS
  if (from === null) return orderError(trace, '4000', 'from: 밀리초 세 자리의 ISO-8601 형식이어야 합니다.')
  if (to === null || to < from) return orderError(trace, '4000', 'to: 형식이나 순서가 잘못되었습니다.')
  if (to - from > DAY_MS) return orderError(trace, '104139', '조회 기간은 24시간을 넘을 수 없습니다.')
  const rangeType = query.get('rangeType') ?? 'PAYED_DATETIME'
  const timesOf = RANGES[rangeType]
  if (!timesOf) return unreadable(trace, `rangeType ${rangeType}`)
  const filters = {
    status: chosen(query, 'productOrderStatuses'),
    claim: chosen(query, 'claimStatuses'),
    place: chosen(query, 'placeOrderStatusType'),
  }
  if (hasStranger(filters.status, STATUSES)) return unreadable(trace, 'productOrderStatuses')
  if (hasStranger(filters.claim, CLAIM_STATUSES)) return unreadable(trace, 'claimStatuses')
  if (hasStranger(filters.place, PLACE_STATUSES)) return unreadable(trace, 'placeOrderStatusType')
  const size = Number(query.get('pageSize') ?? IDS_PER_QUERY)
  const page = Number(query.get('page') ?? 1)
  if (!Number.isInteger(size) || size < 1 || size > IDS_PER_QUERY) return orderError(trace, '4000', 'pageSize: 1~300')
  if (!Number.isInteger(page) || page < 1) return orderError(trace, '4000', 'page: 1 이상의 정수여야 합니다.')

  const inWindow = (at: number | null | undefined) => at !== null && at !== undefined && from <= at && at <= to
  const matches = (line: Line) =>
    timesOf(line).some(inWindow) &&
    (filters.status.size === 0 || filters.status.has(line.status)) &&
    (filters.claim.size === 0 || (line.claim !== null && filters.claim.has(line.claim.status))) &&
    (filters.place.size === 0 || filters.place.has(placeOrderStatus(line)))
  // The window by payment is read often, by every reconciliation; the others are rare enough for a walk over all lines.
  const lines = rangeType === 'PAYED_DATETIME' ? paidBetween(shop, from, to) : [...shop.lines.values()]
  const found = firstMatching(lines, matches, page * size + 1)
  const rows = disordered(shop, toldTwice(shop, found.slice((page - 1) * size, page * size), random), random)
  return orderAnswer(trace, {
    contents: rows.map((line) => ({
      productOrderId: line.productOrderId,
      content: orderPage(line, shop.settings),
    })),
    pagination: { page, size, hasNext: found.length > page * size },
  })
}

function* paidBetween(shop: Shop, from: number, to: number): Generator<Line> {
  for (let i = firstAt(shop.paid, from, ''); i < shop.paid.length && shop.paid[i]!.at <= to; i++) {
    yield shop.paid[i]!.line
  }
}

function firstMatching(lines: Iterable<Line>, matches: (line: Line) => boolean, most: number): Line[] {
  const found: Line[] = []
  for (const line of lines) {
    if (matches(line)) found.push(line)
    if (found.length === most) break
  }
  return found
}

function hasStranger(chosen: ReadonlySet<string>, known: ReadonlySet<string>): boolean {
  return [...chosen].some((value) => !known.has(value))
}

/** Repeated, or with commas. */
function chosen(query: URLSearchParams, name: string): Set<string> {
  return new Set(query.getAll(name).flatMap((value) => value.split(',')))
}

function idsOf(request: SimRequest, most: number, trace: Trace): { ids: string[] } | { refusal: SimResponse } {
  const body = jsonObject(request.body)
  if (!body) return { refusal: unreadable(trace, 'JSON') }
  const ids = body.productOrderIds
  if (!Array.isArray(ids) || ids.length === 0)
    return { refusal: orderError(trace, '4000', 'productOrderIds: 필수입니다.') }
  if (!ids.every((id) => typeof id === 'string')) return { refusal: unreadable(trace, 'productOrderIds') }
  if (ids.length > most) return { refusal: orderError(trace, '4000', `한 번에 ${most}건까지 요청할 수 있습니다.`) }
  return { ids }
}

type Failed = { productOrderId: string; code: string; message: string }

/** Item by item: one that fails leaves the others alone, and the whole is a 200. */
export function eachLine(shop: Shop, ids: readonly string[], act: (line: Line) => Failure) {
  const done: string[] = []
  const failed: Failed[] = []
  const seen = new Set<string>()
  for (const productOrderId of ids) {
    const line = shop.lines.get(productOrderId)
    const failure = seen.has(productOrderId)
      ? { code: '104131', message: '요청에 중복된 상품주문번호가 있습니다.' }
      : line
        ? act(line)
        : { code: '100001', message: '상품주문을 찾을 수 없습니다.' }
    seen.add(productOrderId)
    if (failure) failed.push({ productOrderId, ...failure })
    else done.push(productOrderId)
  }
  return { done, failed }
}

export function actionAnswer(trace: Trace, { done, failed }: ReturnType<typeof eachLine>): SimResponse {
  return orderAnswer(trace, { successProductOrderIds: done, failProductOrderInfos: failed })
}

type Parcel = { productOrderId: string; method: string; company: string; trackingNumber: string; sentAt: number }

/** An enum value it does not know, an empty one too, makes the whole request unreadable. */
function parcelOf(row: unknown): Parcel | { wrong: string } {
  if (!isObject(row) || typeof row.productOrderId !== 'string') return { wrong: 'productOrderId' }
  const { productOrderId, deliveryMethod: method, deliveryCompanyCode: company, trackingNumber, dispatchDate } = row
  if (typeof method !== 'string' || !DELIVERY_METHODS.has(method)) return { wrong: 'deliveryMethod' }
  if (company !== undefined && (typeof company !== 'string' || !CARRIERS.has(company))) {
    return { wrong: 'deliveryCompanyCode' }
  }
  if (trackingNumber !== undefined && typeof trackingNumber !== 'string') return { wrong: 'trackingNumber' }
  const sentAt = strictTime(dispatchDate)
  if (sentAt === null) return { wrong: 'dispatchDate' }
  return { productOrderId, method, company: company ?? '', trackingNumber: trackingNumber ?? '', sentAt }
}

function send(shop: Shop, line: Line, parcel: Parcel, now: number): Failure {
  const { method, company, trackingNumber, sentAt } = parcel
  if (method === 'DELIVERY' && line.status === 'PAYED') {
    if (company === '') return { code: '104118', message: '택배사를 입력해 주세요.' }
    if (trackingNumber === '') return { code: '104120', message: '송장번호를 입력해 주세요.' }
    if (!/^[0-9A-Za-z-]{8,30}$/.test(trackingNumber))
      return { code: '104121', message: '송장번호가 유효하지 않습니다.' }
  }
  return dispatch(shop, line, { method, company, trackingNumber, sentAt, deliveredAt: null }, now)
}
