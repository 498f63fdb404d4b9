import { actLater } from '../due.ts'
import type { BuyAnswer, Purchase, Truth } from '../marketplace.ts'
import type { Claim } from './claims.ts'
import { changeStock, codeOf, type Goods, type Item, isOnSale, listingOf, setSelling } from './goods.ts'
import type { Site } from './sites.ts'
import { addRow, removeRow, type Timeline } from './timeline.ts'
import { happens, type World } from './world.ts'

/** 0 unpaid, 1 paid, 2 preparing (confirmed), 3 shipping, 4 delivered, 5 decided. A claim stands beside it. */
export type OrderStatus = 0 | 1 | 2 | 3 | 4 | 5

/** One product of one cart at one site: the number every later call names. */
export type Order = {
  readonly orderNo: number
  /** The cart, which is the payment. */
  readonly payNo: number
  readonly isFirstOfCart: boolean
  readonly site: Site
  readonly goods: Goods
  readonly buyer: string
  readonly price: number
  readonly parts: Part[]
  readonly orderedAt: number
  /** When it left each status for the next; null where it has not been. */
  paidAt: number | null
  confirmedAt: number | null
  shippedAt: number | null
  deliveredAt: number | null
  decidedAt: number | null
  status: OrderStatus
  statusChangedAt: number
  gift: { acceptedAt: number | null } | null
  hasMoved: boolean
  carrier: number | null
  invoice: string
  /** The claim that keeps it out of the order lists; a withdrawn one lets it back in. */
  claim: Claim | null
  readonly claims: Claim[]
  /** For good: no unit of it is owed any more. */
  isCancelled: boolean
}

/** Units of one item; several where options of a product share an order. */
export type Part = { readonly lineKey: string; item: Item; readonly quantity: number; surcharge: number }

/** Which date a list goes by: ordered, paid, or paid and (for a gift) accepted. */
export type ListDate = 'ordered' | 'paid' | 'ready'
const LIST_DATES: readonly ListDate[] = ['ordered', 'paid', 'ready']

/** SearchDateConditionType of the status list. Nothing here is remitted before it is decided. */
export const STATUS_EVENTS = {
  1: 'paid',
  2: 'confirmed',
  3: 'shipped',
  4: 'delivered',
  5: 'decided',
  6: 'decided',
  7: 'returned',
  8: 'exchanged',
  9: 'cancelled',
} as const
type StatusEvent = (typeof STATUS_EVENTS)[keyof typeof STATUS_EVENTS]

export type OrderBook = {
  readonly orders: Map<number, Order>
  readonly carts: Map<number, Order[]>
  readonly lines: Map<string, Order>
  /** What the order lists show, by site, status and date. */
  readonly listed: Map<string, Timeline<Order>>
  readonly events: Map<StatusEvent, Timeline<Order>>
}

export const createOrderBook = (): OrderBook => ({
  orders: new Map(),
  carts: new Map(),
  lines: new Map(),
  listed: new Map(),
  events: new Map(Object.values(STATUS_EVENTS).map((event) => [event, []])),
})

// Both beyond 32 bits, like the real ones, and apart.
const FIRST_ORDER_NO = 4_000_000_000
const FIRST_PAY_NO = 5_000_000_000

/**
 * Takes stock at once and makes an order a product and site, or finds one item sold out and changes nothing. What is
 * bought at one site is one cart; `orderId` is the first cart's number.
 */
export function buy(world: World, purchase: Purchase, now: number, random: () => number): BuyAnswer {
  const wanted = sumByItem(purchase)
  for (const [key, quantity] of wanted) {
    const item = world.shelf.itemByKey.get(key)
    const buyable = item !== undefined && isOnSale(item) ? item.stock : 0
    if (buyable < quantity) return { kind: 'sold_out', item: key, stock: buyable }
  }
  const rows = [...wanted].map(([key, quantity]) => ({ item: world.shelf.itemByKey.get(key)!, quantity }))
  for (const { item, quantity } of rows) takeUnits(world, item, quantity, now)
  const orders = [...Map.groupBy(rows, ({ item }) => item.site).values()].flatMap((cart) => {
    return openCart(world, cart, purchase.buyer, now, random)
  })
  const lineKeys = orders.flatMap(({ parts }) => parts.map(({ lineKey }) => lineKey))
  return { kind: 'sold', orderId: String(orders[0]!.payNo), lineKeys, at: now }
}

function sumByItem(purchase: Purchase): Map<string, number> {
  if (purchase.lines.length === 0) throw new RangeError('a purchase needs a line')
  const wanted = new Map<string, number>()
  for (const { item, quantity } of purchase.lines) {
    if (!Number.isInteger(quantity) || quantity < 1) throw new RangeError(`quantity ${quantity} is no positive integer`)
    wanted.set(item, (wanted.get(item) ?? 0) + quantity)
  }
  return wanted
}

function takeUnits(world: World, item: Item, quantity: number, at: number): void {
  changeStock(world.shelf, item, item.stock - quantity, 'sale', at)
  if (item.stock > 0 || !world.switches.soldOutStops) return
  if (item.option === null) setSelling(listingOf(item), false, at)
  else item.soldOut = true
}

type Row = { item: Item; quantity: number }

function openCart(world: World, rows: readonly Row[], buyer: string, now: number, random: () => number): Order[] {
  const { orders: book, switches } = world
  const payNo = FIRST_PAY_NO + book.carts.size + 1
  const bundles = switches.optionsShareOrder
    ? [...Map.groupBy(rows, ({ item }) => item.goods).values()]
    : rows.map((row) => [row])
  const cart = bundles.map((bundle, nth) => openOrder(book, bundle, payNo, nth === 0, buyer, now))
  book.carts.set(payNo, cart)
  const [first] = cart
  for (const order of cart) {
    if (first!.site === 'gmkt' && happens(switches.gifts, random)) sendAsGift(world, order, random)
    if (switches.paymentDelayMs === 0) pay(world, order, now)
    else {
      listOrder(book, order)
      actLater(world.due, now + switches.paymentDelayMs, (at) => {
        if (order.claim === null && !order.isCancelled) pay(world, order, at)
      })
    }
  }
  return cart
}

function openOrder(
  book: OrderBook,
  rows: readonly Row[],
  payNo: number,
  isFirstOfCart: boolean,
  buyer: string,
  now: number,
): Order {
  const orderNo = FIRST_ORDER_NO + book.orders.size + 1
  const { goods, site } = rows[0]!.item
  const parts = rows.map(({ item, quantity }, nth) => {
    const lineKey = nth === 0 ? String(orderNo) : `${orderNo}:${nth + 1}`
    return { lineKey, item, quantity, surcharge: item.option?.surcharge ?? 0 }
  })
  const order: Order = {
    orderNo,
    payNo,
    isFirstOfCart,
    site,
    goods,
    buyer,
    price: listingOf(rows[0]!.item).price,
    parts,
    orderedAt: now,
    paidAt: null,
    confirmedAt: null,
    shippedAt: null,
    deliveredAt: null,
    decidedAt: null,
    status: 0,
    statusChangedAt: now,
    gift: null,
    hasMoved: false,
    carrier: null,
    invoice: '',
    claim: null,
    claims: [],
    isCancelled: false,
  }
  book.orders.set(orderNo, order)
  for (const { lineKey } of parts) book.lines.set(lineKey, order)
  return order
}

/** The one who gets it fills in the address, and may take another option. */
function sendAsGift(world: World, order: Order, random: () => number): void {
  const { giftAcceptMs, giftOptionChanges, paymentDelayMs } = world.switches
  const gift: NonNullable<Order['gift']> = { acceptedAt: null }
  order.gift = gift
  const swaps = happens(giftOptionChanges, random)
  if (giftAcceptMs === 0) return
  actLater(world.due, order.orderedAt + paymentDelayMs + giftAcceptMs, (at) => {
    if (order.claim !== null) return
    unlistOrder(world.orders, order)
    gift.acceptedAt = at
    if (swaps) swapOption(world, order.parts[0]!, at)
    listOrder(world.orders, order)
  })
}

function swapOption(world: World, part: Part, at: number): void {
  const { item, quantity } = part
  const other = item.goods.options
    .map(({ items }) => items.get(item.site)!)
    .find((each) => each !== item && isOnSale(each) && each.stock >= quantity)
  if (other === undefined) return
  changeStock(world.shelf, item, item.stock + quantity, 'cancel', at)
  changeStock(world.shelf, other, other.stock - quantity, 'sale', at)
  part.item = other
  part.surcharge = other.option?.surcharge ?? 0
}

function pay(world: World, order: Order, at: number): void {
  unlistOrder(world.orders, order)
  order.paidAt = at
  moveOrder(world.orders, order, 1, at)
}

/** Moves an order on; nothing else changes a status. */
export function moveOrder(book: OrderBook, order: Order, status: OrderStatus, at: number): void {
  if (order.claim === null) unlistOrder(book, order)
  order.status = status
  order.statusChangedAt = at
  if (status === 1) noteEvent(book, order, 'paid', at)
  if (status === 2) {
    order.confirmedAt = at
    noteEvent(book, order, 'confirmed', at)
  }
  if (status === 3) {
    order.shippedAt = at
    noteEvent(book, order, 'shipped', at)
  }
  if (status === 4) {
    order.deliveredAt = at
    noteEvent(book, order, 'delivered', at)
  }
  if (status === 5) {
    order.decidedAt = at
    noteEvent(book, order, 'decided', at)
  }
  if (order.claim === null) listOrder(book, order)
}

/**
 * What went out for what came back is under way, or has arrived. The lists by first sending and first arrival do not
 * move with it.
 */
export function moveOtherGoods(book: OrderBook, order: Order, status: 3 | 4, at: number): void {
  if (order.claim === null) unlistOrder(book, order)
  order.status = status
  order.statusChangedAt = at
  if (order.claim === null) listOrder(book, order)
}

export function noteEvent(book: OrderBook, order: Order, event: StatusEvent, at: number): void {
  addRow(book.events.get(event)!, at, order.orderNo, order)
}

/** A claim takes an order out of every list, whatever its status; without one it is back. */
export function setClaim(book: OrderBook, order: Order, claim: Claim | null, at: number): void {
  if (order.claim === null) unlistOrder(book, order)
  order.claim = claim
  order.statusChangedAt = at
  if (claim === null) listOrder(book, order)
}

export function listed(book: OrderBook, site: Site, status: OrderStatus, date: ListDate): Timeline<Order> {
  const key = `${site}:${status}:${date}`
  const found = book.listed.get(key)
  if (found !== undefined) return found
  const opened: Timeline<Order> = []
  book.listed.set(key, opened)
  return opened
}

function listOrder(book: OrderBook, order: Order): void {
  for (const date of LIST_DATES) {
    const at = dateOf(order, date)
    if (at !== null) addRow(listed(book, order.site, order.status, date), at, order.orderNo, order)
  }
}

function unlistOrder(book: OrderBook, order: Order): void {
  for (const date of LIST_DATES) {
    const at = dateOf(order, date)
    if (at !== null) removeRow(listed(book, order.site, order.status, date), at, order.orderNo)
  }
}

export function dateOf(order: Order, date: ListDate): number | null {
  if (date === 'ordered') return order.orderedAt
  if (date === 'paid') return order.paidAt
  return order.gift === null ? order.paidAt : order.gift.acceptedAt
}

export const unitsOf = ({ parts }: Order): number => parts.reduce((sum, { quantity }) => sum + quantity, 0)

export const isGiftPending = ({ gift }: Order): boolean => gift !== null && gift.acceptedAt === null

export function trueLines(book: OrderBook): Truth['lines'] {
  return [...book.orders.values()].flatMap((order) =>
    order.parts.map(({ lineKey, item, quantity }) => ({
      orderId: String(order.payNo),
      lineKey,
      item: item.key,
      sellerCode: codeOf(item),
      quantity,
      cancelled: order.isCancelled ? quantity : 0,
      state: stateOf(order),
      acknowledged: order.confirmedAt !== null,
      invoice: order.invoice,
      soldAt: order.orderedAt,
    })),
  )
}

const STATES = ['UNPAID', 'PAID', 'PREPARING', 'SHIPPING', 'DELIVERED', 'DECIDED'] as const

function stateOf({ claim, status, isCancelled }: Order): string {
  if (claim?.kind === 'return') return claim.status === 4 || claim.status === 6 ? 'RETURNED' : 'RETURN_REQUESTED'
  if (claim?.kind === 'exchange') return claim.status === 4 ? 'EXCHANGED' : 'EXCHANGE_REQUESTED'
  if (isCancelled) return 'CANCELLED'
  return claim !== null ? 'CANCEL_REQUESTED' : STATES[status]
}
