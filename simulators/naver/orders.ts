/** What happens to an order: bought, paid, confirmed, dispatched, delivered. Claims are in claims.ts. */
import { actLater } from '../due.ts'
import type { BuyAnswer, Purchase } from '../marketplace.ts'
import { closeClaim } from './claims.ts'
import { ALREADY, type Failure, NOT_CONFIRMED, WRONG_STATUS } from './failures.ts'
import { tellFeed } from './feed.ts'
import type { Item, Line, Order, Shop } from './shop.ts'
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
    actLater(shop.due, now + shop.settings.paymentDelayMs, (at) => pay(shop, order, at))
  }
  return { kind: 'sold', orderId: order.orderId, lineKeys: order.lines.map((line) => line.productOrderId), at: now }
}

/** 발주확인. Makes no row in the feed. */
export function confirm(line: Line, now: number): Failure {
  if (line.status !== 'PAYED') return isSent(line) ? ALREADY : WRONG_STATUS
  if (line.placedAt !== null) return ALREADY
  line.placedAt = now
  return null
}

/** Sending is also the only way to refuse a buyer's open cancel request. */
export function dispatch(shop: Shop, line: Line, delivery: NonNullable<Line['delivery']>, now: number): Failure {
  if (isSent(line)) return ALREADY
  if (line.status !== 'PAYED') return WRONG_STATUS
  if (line.placedAt === null) return NOT_CONFIRMED
  if (line.claim) closeClaim(line, 'CANCEL_REJECT', now)
  line.status = 'DELIVERING'
  line.delivery = delivery
  tellFeed(shop, line, 'DISPATCHED', now)
  const { carrierMs } = shop.settings
  if (carrierMs > 0) actLater(shop.due, now + carrierMs, (at) => void deliver(line, at))
  return null
}

/** The parcel is with the buyer. Makes no row in the feed. */
export function deliver(line: Line, now: number): boolean {
  if (line.status !== 'DELIVERING') return false
  line.status = 'DELIVERED'
  if (line.delivery) line.delivery.deliveredAt = now
  return true
}

const isSent = ({ status }: Line) => status === 'DELIVERING' || status === 'DELIVERED'

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
    returned: 0,
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
