/** What happens to an order: bought, paid, confirmed, dispatched, cancelled. */
import type { BuyAnswer, Purchase } from '../marketplace.ts'
import { tellFeed } from './feed.ts'
import { type Claim, doLater, type Item, type Line, type Order, type Shop } from './shop.ts'
import { changeStock, isOnSale } from './stock.ts'
import { insertRow } from './timeline.ts'
import { kstDay } from './times.ts'

/** Throws RangeError for an item nobody sells or an impossible quantity: a mistake of the test, not an event of the shop. */
export function buy(shop: Shop, purchase: Purchase, now: number): BuyAnswer {
  const wanted = wantedByItem(shop, purchase)
  for (const [item, quantity] of wanted) {
    const stock = isOnSale(item) ? item.stock : 0
    if (stock < quantity) return { kind: 'sold_out', item: item.key, stock }
  }
  for (const [item, quantity] of wanted) changeStock(shop, item, -quantity, 'sale', now)

  const order: Order = {
    orderId: nextOrderNo(shop, now),
    buyer: purchase.buyer,
    orderedAt: now,
    paidAt: null,
    lines: [],
  }
  for (const { item, quantity } of purchase.lines) addLine(shop, order, shop.items.get(item)!, quantity, now)
  shop.orders.set(order.orderId, order)
  if (shop.settings.takesStockAt === 'payment') pay(shop, order, now)
  else {
    for (const line of order.lines) tellFeed(shop, line, 'PAY_WAITING', now)
    doLater(shop, now + shop.settings.paymentDelayMs, (at) => pay(shop, order, at))
  }
  return { kind: 'sold', orderId: order.orderId, lineKeys: order.lines.map((line) => line.productOrderId), at: now }
}

/** The buyer's own cancel: at once before the seller confirmed (발주확인), afterwards a request that waits for the seller. */
export function cancelByBuyer(
  shop: Shop,
  lineKey: string,
  quantity: number | null,
  now: number,
): { kind: 'cancelled' | 'requested' | 'too_late' | 'not_found' } {
  if (quantity !== null && !(Number.isInteger(quantity) && quantity > 0))
    throw new RangeError('quantity is not positive')
  const line = shop.lines.get(lineKey)
  if (!line) return { kind: 'not_found' }
  const units = quantity ?? remaining(line)
  if (!isCancellable(line) || units > remaining(line)) return { kind: 'too_late' }
  if (line.status === 'PAYMENT_WAITING') {
    abandon(shop, line, units, now)
    return { kind: 'cancelled' }
  }
  requestCancel(shop, line, units, 'INTENT_CHANGED', now)
  if (line.placedAt !== null) return { kind: 'requested' }
  completeCancel(shop, line, now)
  return { kind: 'cancelled' }
}

/** Null when done, else the code and words of the failure. */
export type Failure = { code: string; message: string } | null

const ALREADY: Failure = { code: '105306', message: '이미 요청한 상태입니다.' }
const WRONG_STATUS: Failure = { code: '104442', message: '상품주문 상태를 확인해 주세요.' }
const NOT_CONFIRMED: Failure = { code: '104443', message: '발주 상태를 확인해 주세요.' }

/** 발주확인. Makes no row in the feed. */
export function confirm(line: Line, now: number): Failure {
  if (line.status !== 'PAYED') return line.status === 'DELIVERING' ? ALREADY : WRONG_STATUS
  if (line.placedAt !== null) return ALREADY
  line.placedAt = now
  return null
}

/** Sending is also the only way to refuse a buyer's open cancel request. */
export function dispatch(shop: Shop, line: Line, delivery: NonNullable<Line['delivery']>, now: number): Failure {
  if (line.status === 'DELIVERING') return ALREADY
  if (line.status !== 'PAYED') return WRONG_STATUS
  if (line.placedAt === null) return NOT_CONFIRMED
  if (line.claim) closeClaim(line, 'CANCEL_REJECT', now)
  line.status = 'DELIVERING'
  line.delivery = delivery
  tellFeed(shop, line, 'DISPATCHED', now)
  return null
}

/** The seller's own cancel completes at once [assumed]. */
export function cancelBySeller(shop: Shop, line: Line, quantity: number | null, reason: string, now: number): Failure {
  if (line.status === 'CANCELED') return ALREADY
  if (!isCancellable(line) || line.status === 'PAYMENT_WAITING') return WRONG_STATUS
  const units = quantity ?? remaining(line)
  if (units > remaining(line)) return { code: '4000', message: '취소 수량이 남은 수량보다 많습니다.' }
  requestCancel(shop, line, units, reason, now)
  completeCancel(shop, line, now)
  return null
}

export function approveCancel(shop: Shop, line: Line, now: number): Failure {
  if (line.claim?.status === 'CANCEL_REQUEST') {
    completeCancel(shop, line, now)
    return null
  }
  return line.status === 'CANCELED' ? ALREADY : WRONG_STATUS
}

export function remaining(line: Line): number {
  return line.quantity - line.cancelled
}

function wantedByItem(shop: Shop, purchase: Purchase): Map<Item, number> {
  const wanted = new Map<Item, number>()
  if (purchase.lines.length === 0) throw new RangeError('a purchase needs at least one line')
  for (const { item: key, quantity } of purchase.lines) {
    const item = shop.items.get(key)
    if (!item) throw new RangeError(`unknown item ${key}`)
    if (!Number.isInteger(quantity) || quantity < 1) throw new RangeError(`quantity ${quantity} of item ${key}`)
    wanted.set(item, (wanted.get(item) ?? 0) + quantity)
  }
  return wanted
}

/** 16 digits: the Korean day, then a number that never repeats, lines and orders together. */
function nextOrderNo(shop: Shop, now: number): string {
  shop.counters.order += 1
  return kstDay(now) + String(shop.counters.order).padStart(8, '0')
}

function addLine(shop: Shop, order: Order, item: Item, quantity: number, now: number): void {
  const line: Line = {
    productOrderId: nextOrderNo(shop, now),
    order,
    item,
    unitPrice: item.product.salePrice,
    surcharge: item.surcharge,
    quantity,
    cancelled: 0,
    status: 'PAYMENT_WAITING',
    placedAt: null,
    claim: null,
    completedClaims: [],
    delivery: null,
    soldAt: now,
    newestFeedRow: null,
  }
  order.lines.push(line)
  shop.lines.set(line.productOrderId, line)
}

function pay(shop: Shop, order: Order, at: number): void {
  const unpaid = order.lines.filter((line) => line.status === 'PAYMENT_WAITING')
  if (unpaid.length === 0) return
  order.paidAt = at
  for (const line of unpaid) {
    line.status = 'PAYED'
    insertRow(shop.paid, { at, key: line.productOrderId, line })
    tellFeed(shop, line, 'PAYED', at)
  }
}

/** A claim that is open, or was completed in full, leaves nothing to cancel. */
function isCancellable(line: Line): boolean {
  return (line.status === 'PAYED' || line.status === 'PAYMENT_WAITING') && line.claim === null && remaining(line) > 0
}

function requestCancel(shop: Shop, line: Line, quantity: number, reason: string, now: number): void {
  shop.counters.claim += 1
  const claimId = kstDay(now) + String(shop.counters.claim).padStart(8, '0')
  line.claim = { claimId, status: 'CANCEL_REQUEST', reason, quantity, requestedAt: now, completedAt: null }
  tellFeed(shop, line, 'CLAIM_REQUESTED', now, 'CANCEL_REQUEST')
}

function completeCancel(shop: Shop, line: Line, now: number): void {
  const claim = line.claim!
  line.cancelled += claim.quantity
  if (remaining(line) === 0) {
    line.status = 'CANCELED'
    claim.status = 'CANCEL_DONE'
    claim.completedAt = now
  } else closeClaim(line, 'CANCEL_DONE', now) // the rest of the line goes on, and may be claimed again
  if (shop.settings.restockOnCancel) changeStock(shop, line.item, claim.quantity, 'cancel', now)
  tellFeed(shop, line, 'CLAIM_COMPLETED', now, 'CANCEL_DONE')
}

function closeClaim(line: Line, status: Claim['status'], now: number): void {
  const claim = line.claim!
  claim.status = status
  claim.completedAt = now
  line.completedClaims.push(claim)
  line.claim = null
}

/** Never paid: no claim is made of it. Which row the feed shows is [assumed]. */
function abandon(shop: Shop, line: Line, units: number, now: number): void {
  line.cancelled += units
  if (remaining(line) === 0) line.status = 'CANCELED_BY_NOPAYMENT'
  if (shop.settings.restockOnCancel) changeStock(shop, line.item, units, 'cancel', now)
  tellFeed(shop, line, 'PAY_WAITING', now)
}
