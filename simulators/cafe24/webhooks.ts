/**
 * What the mall tells by webhook. Nothing is sent from here: whoever owns a socket takes what is due and reports how
 * each ended. A webhook is a hint without quantities; the log knows all of them, sent well or not.
 */
import type { Delivery, SimResponse, Webhooks } from '../marketplace.ts'
import type { Product, Variant } from './catalog.ts'
import { fault, json, refused, wholeNumber } from './envelopes.ts'
import type { Order } from './orders.ts'
import { tellTime } from './times.ts'
import type { Call, World } from './world.ts'

export const EVENTS = {
  productUpdated: 90002,
  order: 90023,
  shipping: 90024,
  payment: 90025,
  cancel: 90026,
  return: 90027,
  receiver: 90064,
  shippingBulk: 90071,
  stock: 90075,
  appDeleted: 90077,
  claimDone: 90160,
} as const

type Notice = {
  readonly seq: number
  readonly at: number
  readonly eventNo: number
  readonly body: string
  /** What the receiver answered: 200 until somebody sends it, null while it is under way. */
  answer: number | null
}

export type NoticeBook = { readonly mallId: string; readonly key: string; rows: Notice[]; dropped: number }

const MOST_KEPT = 100_000

export const createNoticeBook = (mallId: string, key: string): NoticeBook => ({ mallId, key, rows: [], dropped: 0 })

export function tellOrderNotice(world: World, eventNo: number, order: Order, at: number, more: object = {}): void {
  const products = new Set(order.lines.map((line) => line.variant.product.code))
  tell(world, eventNo, { order_id: order.orderId, ordering_product_code: [...products].join(','), ...more }, at)
}

/** Bulk work tells many orders at once. */
export function tellBulkNotice(world: World, eventNo: number, orders: Iterable<Order>, at: number): void {
  const ids = [...new Set([...orders].map((order) => order.orderId))]
  if (ids.length > 0) tell(world, eventNo, { order_id: ids.join(',') }, at)
}

export function tellStockNotice(world: World, variant: Variant, at: number): void {
  tell(world, EVENTS.stock, { product_no: variant.product.no, variant_code: variant.code }, at)
}

export function tellProductNotice(world: World, product: Product, at: number): void {
  tell(world, EVENTS.productUpdated, { product_no: product.no, product_code: product.code }, at)
}

export function tellAppDeleted(world: World, at: number): void {
  tell(world, EVENTS.appDeleted, {}, at)
}

function tell(world: World, eventNo: number, about: object, at: number): void {
  const { notices } = world
  if (notices.rows.length >= MOST_KEPT) notices.dropped += notices.rows.splice(0, MOST_KEPT / 2).length
  const seq = notices.dropped + notices.rows.length + 1
  const resource = { mall_id: notices.mallId, event_shop_no: '1', ...about }
  notices.rows.push({ seq, at, eventNo, body: JSON.stringify({ event_no: eventNo, resource }), answer: 200 })
}

export const openWebhooks = (notices: NoticeBook): Webhooks => ({
  newest: () => notices.dropped + notices.rows.length,
  due(afterSeq, limit): Delivery[] {
    const first = Math.max(0, afterSeq - notices.dropped)
    return notices.rows.slice(first, first + limit).map(({ seq, at, body }) => {
      const headers = { 'content-type': 'application/json', 'x-api-key': notices.key }
      return { seq, at, headers, body }
    })
  },
  answered(seq, status) {
    const notice = notices.rows[seq - notices.dropped - 1]
    if (notice !== undefined) notice.answer = status
  },
})

const MOST_LOGS = 10_000

/** GET webhooks/logs, oldest first, up to the first that is under way: who reads on from an id misses none. */
export function listLogs(world: World, call: Call): SimResponse {
  const { query } = call
  const { rows, dropped } = world.notices
  const limit = wholeNumber(query.get('limit') ?? '10')
  if (limit === null || limit < 1 || limit > MOST_LOGS) return refused(fault(422, `limit must be 1 to ${MOST_LOGS}`))
  const since = /^l(\d{1,9})$/.exec(query.get('since_log_id') ?? 'l0')?.[1]
  if (since === undefined) return refused(fault(422, 'since_log_id is not valid'))
  const startText = query.get('requested_start_date')
  const start = startText === undefined ? Number.NEGATIVE_INFINITY : readStart(startText)
  if (Number.isNaN(start)) return refused(fault(422, 'requested_start_date is not valid'))
  const [eventNo, success, type] = ['event_no', 'success', 'log_type'].map((name) => query.get(name))

  const found: Notice[] = []
  for (let place = Math.max(0, Number(since) - dropped); place < rows.length && found.length < limit; place++) {
    const row = rows[place]!
    if (row.answer === null) break
    const isWanted =
      row.at >= start &&
      (eventNo === undefined || String(row.eventNo) === eventNo) &&
      (success === undefined || successOf(row) === success) &&
      (type === undefined || type === 'G')
    if (isWanted) found.push(row)
  }
  return json(200, { logs: found.map((row) => logRow(world, row)) })
}

const readStart = (text: string) =>
  Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00+09:00` : text.replace(/([\d:]{8})$/, '$1+09:00'))

const successOf = ({ answer }: Notice) => (answer !== null && answer >= 200 && answer < 300 ? 'T' : 'F')

const logRow = (world: World, row: Notice) => ({
  log_id: `l${row.seq}`,
  log_type: 'G',
  event_no: row.eventNo,
  mall_id: world.mallId,
  trace_id: `t${row.seq}`,
  requested_time: tellTime(row.at),
  request_body: row.body,
  success: successOf(row),
  response_http_code: row.answer,
})
