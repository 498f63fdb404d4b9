import { actLater } from '../due.ts'
import type { BuyAnswer, Purchase, Truth } from '../marketplace.ts'
import { addRow, removeRow, type Timeline } from '../timeline.ts'
import { changeStock, type Item } from './items.ts'
import { happens, type World } from './world.ts'

export const STATUSES = ['ACCEPT', 'INSTRUCT', 'DEPARTURE', 'DELIVERING', 'FINAL_DELIVERY', 'NONE_TRACKING'] as const
export type Status = (typeof STATUSES)[number]

/** CANCELLED is ours: the real one has no such status, a cancelled box is simply not listed any more. */
export type BoxState = Status | 'CANCELLED'

export type Line = {
  /** `${orderId}:${vendorItemId}`: stays when the line moves to another box. */
  readonly key: string
  readonly item: Item
  readonly price: number
  readonly quantity: number
  cancelled: number
  /** Of them, those that had left and came back. */
  returned: number
  /** Units in a stop request nobody has answered yet. */
  held: number
  box: Box
}

export type Box = {
  /** 18 digits, neighbours one apart: read as doubles they become the same number. */
  readonly shipmentBoxId: string
  readonly order: Order
  /** Of its making. */
  readonly at: number
  readonly seq: number
  lines: Line[]
  state: BoxState
  /** What lists and sheets say; behind `state` while an acknowledgement is not visible yet. */
  shown: BoxState
  acknowledged: boolean
  split: boolean
  carrier: string
  invoice: string
  shippedAt: number | null
  deliveredAt: number | null
}

export type Order = {
  readonly orderId: string
  readonly createdAt: number
  readonly buyer: string
  readonly boxes: Box[]
}

export type OrderBook = {
  readonly orders: Map<string, Order>
  readonly boxes: Map<string, Box>
  boxesOpened: number
  readonly lines: Map<string, Line>
  /** By the status shown, since that is what a list asks for. */
  readonly listed: Map<BoxState, Timeline<Box>>
  /** Tracking number → who got the parcel and when, to refuse its use for somebody else. */
  readonly invoices: Map<string, { buyer: string; at: number }>
}

export const createOrderBook = (): OrderBook => ({
  orders: new Map(),
  boxes: new Map(),
  boxesOpened: 0,
  lines: new Map(),
  listed: new Map(STATUSES.map((status) => [status, []])),
  invoices: new Map(),
})

/** Takes stock at once and makes a paid order, or finds one item sold out and changes nothing. */
export function buy(world: World, purchase: Purchase, now: number, random: () => number): BuyAnswer {
  const wanted = sumByItem(purchase)
  for (const [vendorItemId, quantity] of wanted) {
    const item = world.shelf.itemById.get(vendorItemId)
    const buyable = item?.onSale ? item.stock : 0
    if (buyable < quantity) return { kind: 'sold_out', item: vendorItemId, stock: buyable }
  }

  const items = [...wanted].map(([id, quantity]) => ({ item: world.shelf.itemById.get(id)!, quantity }))
  for (const { item, quantity } of items) changeStock(world.shelf, item, item.stock - quantity, 'sale', now)
  const order = openOrder(world.orders, purchase.buyer, now)
  const parcels = items.length > 1 && happens(world.switches.splitBoxes, random) ? items.map((row) => [row]) : [items]
  const lines = parcels.flatMap((rows) => fillBox(world.orders, openBox(world.orders, order, 'ACCEPT'), rows))
  return { kind: 'sold', orderId: order.orderId, lineKeys: lines.map((line) => line.key), at: now }
}

/** One line an item in an order, as in the real one: a line is (orderId, vendorItemId). */
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

function openOrder(book: OrderBook, buyer: string, now: number): Order {
  const orderId = `31${String(book.orders.size + 1).padStart(12, '0')}`
  const order: Order = { orderId, createdAt: now, buyer, boxes: [] }
  book.orders.set(orderId, order)
  return order
}

const boxIdOf = (seq: number) => `7${String(seq).padStart(17, '0')}`

/** For what goes out in exchange, which is no box of an order. */
export const newBoxId = (book: OrderBook) => boxIdOf(++book.boxesOpened)

/** A box keeps the creation time of its order: that is what the lists' windows mean, also for a box split off later. */
export function openBox(book: OrderBook, order: Order, state: Status): Box {
  const seq = ++book.boxesOpened
  const box: Box = {
    shipmentBoxId: boxIdOf(seq),
    order,
    at: order.createdAt,
    seq,
    lines: [],
    state,
    shown: state,
    acknowledged: state !== 'ACCEPT',
    split: false,
    carrier: '',
    invoice: '',
    shippedAt: null,
    deliveredAt: null,
  }
  order.boxes.push(box)
  book.boxes.set(box.shipmentBoxId, box)
  addRow(book.listed.get(state)!, box)
  return box
}

function fillBox(book: OrderBook, box: Box, rows: readonly { item: Item; quantity: number }[]): Line[] {
  box.lines = rows.map(({ item, quantity }) => {
    const key = `${box.order.orderId}:${item.vendorItemId}`
    const line: Line = { key, item, price: item.price, quantity, cancelled: 0, returned: 0, held: 0, box }
    book.lines.set(key, line)
    return line
  })
  return box.lines
}

/** Moves a box on, visibly at once. */
export function moveBox(book: OrderBook, box: Box, state: BoxState): void {
  box.state = state
  showBox(book, box)
}

/** Lets lists and sheets say what is true. */
export function showBox(book: OrderBook, box: Box): void {
  if (box.shown === box.state) return
  const before = book.listed.get(box.shown)
  if (before !== undefined) removeRow(before, box)
  box.shown = box.state
  const after = book.listed.get(box.shown)
  if (after !== undefined) addRow(after, box)
}

/** Ends units for good; a box with nothing left drops out of every list. */
export function cancelUnits(world: World, line: Line, units: number, now: number): void {
  line.cancelled += units
  if (world.switches.restockOnCancel) changeStock(world.shelf, line.item, line.item.stock + units, 'cancel', now)
  if (line.box.lines.every((each) => each.cancelled === each.quantity)) moveBox(world.orders, line.box, 'CANCELLED')
}

/** Hands the parcel over. The tracking number is remembered: it may not serve another receiver for six months. */
export function shipBox(world: World, box: Box, carrier: string, invoice: string, now: number): void {
  box.carrier = carrier
  box.invoice = invoice
  box.shippedAt = now
  world.orders.invoices.set(invoice, { buyer: box.order.buyer, at: now })
  moveBox(world.orders, box, carrier === 'DIRECT' ? 'NONE_TRACKING' : 'DEPARTURE')
  const { carrierMs } = world.switches
  if (carrierMs <= 0 || box.state !== 'DEPARTURE') return
  actLater(world.due, now + carrierMs, () => {
    if (box.state === 'DEPARTURE') moveBox(world.orders, box, 'DELIVERING') // or it came back first
  })
  actLater(world.due, now + 2 * carrierMs, (at) => {
    if (box.state !== 'DELIVERING') return
    box.deliveredAt = at
    moveBox(world.orders, box, 'FINAL_DELIVERY')
  })
}

/** The carrier hands the line's parcel to the buyer. False when none is under way. */
export function deliverBox(world: World, lineKey: string, now: number): boolean {
  const box = world.orders.lines.get(lineKey)?.box
  if (box === undefined || !['DEPARTURE', 'DELIVERING', 'NONE_TRACKING'].includes(box.state)) return false
  box.deliveredAt = now
  moveBox(world.orders, box, 'FINAL_DELIVERY')
  return true
}

/** Units of a line still to ship. */
export const openUnits = (line: Line) => line.quantity - line.cancelled - line.held

export function trueLines(book: OrderBook): Truth['lines'] {
  return [...book.lines.values()].map((line) => ({
    orderId: line.box.order.orderId,
    lineKey: line.key,
    item: line.item.vendorItemId,
    sellerCode: line.item.sellerCode,
    quantity: line.quantity,
    cancelled: line.cancelled - line.returned,
    state: line.cancelled === line.quantity ? 'CANCELLED' : line.box.state,
    acknowledged: line.box.acknowledged,
    invoice: line.box.invoice,
    soldAt: line.box.at,
  }))
}
