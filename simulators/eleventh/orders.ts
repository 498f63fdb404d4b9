import { actLater } from '../due.ts'
import type { BuyAnswer, Purchase, Truth } from '../marketplace.ts'
import { addRow, type Dated, removeRow, type Timeline } from '../timeline.ts'
import { changeStock, type Item, isOnSale, itemNamed, nameOf, sellerCodeOf } from './items.ts'
import { tellDay } from './times.ts'
import { happens, type World } from './world.ts'

/** 200 awaits its address, 202 paid, 301 confirmed, 401 shipped, 501 delivered, 901 received, A01 returned, B01 cancelled. */
export type State = '200' | '202' | '301' | '401' | '501' | '901' | 'A01' | 'B01'

export type Line = {
  /** `${ordNo}:${ordPrdSeq}` */
  readonly key: string
  readonly ordPrdSeq: string
  readonly order: Order
  readonly bundle: Bundle
  /** As they were when it was bought: options may be saved anew. */
  readonly itemName: string
  readonly prdStckNo: string
  readonly item: Item
  readonly price: number
  readonly quantity: number
  cancelled: number
  returned: number
  /** Units in a claim nobody has answered yet. */
  cancelRequested: number
  returnRequested: number
  state: State
  since: Partial<Record<State, number>>
  /** Where the status lists show it, null where none does. */
  listing: Listing | null
  /** dlvMthdCd as rows tell it, which is not what a call says. */
  method: string | null
  carrier: string
  /** One a parcel; the first is the one rows tell. */
  invoices: string[]
}

export type Listing = Dated & { readonly line: Line; readonly state: State }

export type Order = {
  /** 17 digits, neighbours one apart: read as doubles they become the same number. */
  readonly ordNo: string
  readonly createdAt: number
  readonly buyer: string
  readonly isGift: boolean
  readonly lines: Line[]
}

/** One delivery, dlvNo: what a ship call sends. It may hold lines of several orders. */
export type Bundle = {
  readonly dlvNo: string
  readonly openedAt: number
  readonly buyer: string
  readonly lines: Line[]
}

export type OrderBook = {
  readonly orders: Map<string, Order>
  readonly lines: Map<string, Line>
  readonly bundles: Map<string, Bundle>
  readonly lastBundleOf: Map<string, Bundle>
  readonly listed: Map<State, Timeline<Listing>>
  /** Invoice number → the bundle that used it. */
  readonly invoices: Map<string, Bundle>
  listings: number
}

const LISTED: readonly State[] = ['200', '202', '301', '401', '501', '901']

export const createOrderBook = (): OrderBook => ({
  orders: new Map(),
  lines: new Map(),
  bundles: new Map(),
  lastBundleOf: new Map(),
  listed: new Map(LISTED.map((state) => [state, []])),
  invoices: new Map(),
  listings: 0,
})

/** Takes stock at once and makes a paid order, or finds one item sold out and changes nothing. */
export function buy(world: World, purchase: Purchase, now: number, random: () => number): BuyAnswer {
  const wanted = sumByItem(purchase)
  const rows: { item: Item; quantity: number }[] = []
  for (const [name, quantity] of wanted) {
    const item = itemNamed(world.shelf, name)
    const buyable = item !== undefined && isOnSale(item) ? item.stock : 0
    if (item === undefined || buyable < quantity) return { kind: 'sold_out', item: name, stock: buyable }
    rows.push({ item, quantity })
  }

  for (const { item, quantity } of rows) {
    changeStock(world.shelf, item, item.stock - quantity, 'sale', now)
    item.sold += quantity
  }
  const order = openOrder(world, purchase.buyer, now, random)
  const isSplit = rows.length > 1 && happens(world.switches.splitDelivery, random)
  const shared = isSplit ? null : bundleFor(world, purchase.buyer, now)
  for (const { item, quantity } of rows) {
    addLine(world, order, shared ?? openBundle(world.orders, purchase.buyer, now), item, quantity)
  }
  return { kind: 'sold', orderId: order.ordNo, lineKeys: order.lines.map((line) => line.key), at: now }
}

function sumByItem(purchase: Purchase): Map<string, number> {
  if (purchase.lines.length === 0) throw new RangeError('a purchase needs a line')
  const wanted = new Map<string, number>()
  for (const { item, quantity } of purchase.lines) {
    if (!Number.isInteger(quantity) || quantity < 1)
      throw new RangeError(`quantity ${quantity} is not a positive integer`)
    wanted.set(item, (wanted.get(item) ?? 0) + quantity)
  }
  return wanted
}

function openOrder(world: World, buyer: string, now: number, random: () => number): Order {
  const book = world.orders
  const ordNo = `${tellDay(now)}${String(book.orders.size + 1).padStart(9, '0')}`
  const isGift = happens(world.switches.giftOrders, random)
  const order: Order = { ordNo, createdAt: now, buyer, isGift, lines: [] }
  book.orders.set(ordNo, order)
  if (isGift) {
    actLater(world.due, now + world.switches.giftAddressMs, (at) => {
      for (const line of order.lines) if (line.state === '200') moveLine(world, line, '202', at)
    })
  }
  return order
}

/** What one buyer orders within a while goes out together, unless something of it has left already. */
function bundleFor(world: World, buyer: string, now: number): Bundle {
  const last = world.orders.lastBundleOf.get(buyer)
  const isOpen = last?.lines.every((line) => line.state === '202' || line.state === '301') ?? false
  return last !== undefined && isOpen && now - last.openedAt < world.switches.bundleMs
    ? last
    : openBundle(world.orders, buyer, now)
}

function openBundle(book: OrderBook, buyer: string, now: number): Bundle {
  const bundle: Bundle = { dlvNo: String(2_678_000_001 + book.bundles.size), openedAt: now, buyer, lines: [] }
  book.bundles.set(bundle.dlvNo, bundle)
  book.lastBundleOf.set(buyer, bundle)
  return bundle
}

function addLine(world: World, order: Order, bundle: Bundle, item: Item, quantity: number): void {
  const ordPrdSeq = String(order.lines.length + 1)
  const state = order.isGift ? '200' : '202'
  const line: Line = {
    key: `${order.ordNo}:${ordPrdSeq}`,
    ordPrdSeq,
    order,
    bundle,
    itemName: nameOf(item),
    prdStckNo: item.prdStckNo,
    item,
    price: item.product.price + item.surcharge,
    quantity,
    cancelled: 0,
    returned: 0,
    cancelRequested: 0,
    returnRequested: 0,
    state,
    since: { [state]: order.createdAt },
    listing: null,
    method: null,
    carrier: '',
    invoices: [],
  }
  order.lines.push(line)
  bundle.lines.push(line)
  world.orders.lines.set(line.key, line)
  showLine(world, line)
}

export function moveLine(world: World, line: Line, state: State, at: number): void {
  line.state = state
  line.since[state] = at
  showLine(world, line)
}

/** Puts a line where its status list shows it, which is nowhere when all of it is cancelled, returned or in a claim. */
export function showLine(world: World, line: Line): void {
  const book = world.orders
  const isHidden = line.state === 'A01' || line.state === 'B01' || isWhollyClaimed(world, line)
  const wanted = isHidden ? null : line.state
  if (line.listing?.state === wanted) return
  if (line.listing !== null) removeRow(book.listed.get(line.listing.state)!, line.listing)
  line.listing =
    wanted === null ? null : { at: dateFor(world, line, wanted), seq: ++book.listings, line, state: wanted }
  if (line.listing !== null) addRow(book.listed.get(line.listing.state)!, line.listing)
}

const isWhollyClaimed = (world: World, line: Line) =>
  world.switches.claimedLines === 'vanish' && line.cancelRequested + line.returnRequested > 0 && openUnits(line) === 0

/** The paid list goes by the payment, so a gift enters it with a date long past. */
function dateFor(world: World, line: Line, state: State): number {
  const isByOrder = world.switches.listsBy === 'order_date' || state === '202'
  return isByOrder ? line.order.createdAt : (line.since[state] ?? line.order.createdAt)
}

/** Units in no claim, neither done nor open. */
export const openUnits = (line: Line) =>
  line.quantity - line.cancelled - line.returned - line.cancelRequested - line.returnRequested

/** Units that are neither cancelled nor returned. */
export const keptUnits = (line: Line) => line.quantity - line.cancelled - line.returned

export function shipLines(
  world: World,
  lines: readonly Line[],
  parcel: { method: string; carrier: string; invoices: string[] },
  now: number,
): void {
  for (const line of lines) {
    Object.assign(line, { ...parcel, invoices: [...parcel.invoices] })
    for (const invoice of parcel.invoices) world.orders.invoices.set(invoice, line.bundle)
    moveLine(world, line, '401', now)
    const { carrierMs } = world.switches
    if (carrierMs <= 0) continue
    actLater(world.due, now + carrierMs, (at) => {
      if (line.state === '401') moveLine(world, line, '501', at)
    })
    actLater(world.due, now + 2 * carrierMs, (at) => {
      const isClaimed = line.returnRequested > 0 // a claim is settled before anything is final
      if (line.state === '501' && !isClaimed) moveLine(world, line, '901', at)
    })
  }
}

export function trueLines(book: OrderBook): Truth['lines'] {
  return [...book.lines.values()].map((line) => ({
    orderId: line.order.ordNo,
    lineKey: line.key,
    item: line.itemName,
    sellerCode: sellerCodeOf(line.item),
    quantity: line.quantity,
    cancelled: line.cancelled,
    state: line.state,
    acknowledged: line.since['301'] !== undefined,
    invoice: line.invoices[0] ?? '',
    soldAt: line.order.createdAt,
  }))
}
