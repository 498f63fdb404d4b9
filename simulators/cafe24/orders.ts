import { actLater } from '../due.ts'
import type { BuyAnswer, Purchase, Truth } from '../marketplace.ts'
import { addRow, type Dated } from '../timeline.ts'
import { buyable, changeStock, type Variant } from './catalog.ts'
import type { Claim } from './claims.ts'
import type { Parcel } from './parcels.ts'
import { tellDay } from './times.ts'
import { EVENTS, tellOrderNotice } from './webhooks.ts'
import type { World } from './world.ts'

export const DATE_TYPES = [
  'order_date',
  'pay_date',
  'shipbegin_date',
  'shipend_date',
  'cancel_date',
  'place_date',
  'purchaseconfirmation_date',
  'cancel_request_date',
  'cancel_accept_date',
  'cancel_complete_date',
  'exchange_request_date',
  'exchange_accept_date',
  'exchange_complete_date',
  'return_request_date',
  'return_accept_date',
  'return_complete_date',
] as const
export type DateType = (typeof DATE_TYPES)[number]

/** What a shopper bought as one line. It keeps its key while rows split off it. */
export type Line = {
  readonly key: string
  readonly order: Order
  readonly variant: Variant
  readonly unitPrice: number
  readonly surcharge: number
  readonly quantity: number
  readonly rows: Row[]
  /** Units were taken off the shelf; not so where nobody counts. */
  tookStock: boolean
  preparedAt: number | null
}

/** What the API tells as an item of an order. */
export type Row = {
  readonly no: number
  /** `${orderId}-01` */
  readonly code: string
  readonly line: Line
  quantity: number
  /** Units gone for good by cancel or return. */
  gone: number
  /** Of them, those that had left and came back. */
  returned: number
  status: string
  /** Before its open request. */
  statusBefore: string
  /** Before it was put on hold. */
  heldFrom: string
  claim: Claim | null
  parcel: Parcel | null
  shippedAt: number | null
  deliveredAt: number | null
}

export type Order = {
  readonly orderId: string
  readonly at: number
  readonly seq: number
  readonly place: string
  readonly buyer: string
  readonly receiver: Receiver
  readonly lines: Line[]
  readonly rows: Row[]
  readonly parcels: Parcel[]
  readonly claims: Claim[]
  paidAt: number | null
}

export type Receiver = {
  name: string
  cellphone: string
  zipcode: string
  address1: string
  address2: string
  shipping_message: string
}

export type OrderDate = Dated & { readonly order: Order }

export type OrderBook = {
  readonly orders: Map<string, Order>
  readonly lines: Map<string, Line>
  readonly dates: Record<DateType, OrderDate[]>
  readonly claims: Map<string, Claim>
  readonly numbers: Map<string, number>
  datesSeen: number
}

export const createOrderBook = (): OrderBook => ({
  orders: new Map(),
  lines: new Map(),
  dates: Object.fromEntries(DATE_TYPES.map((type) => [type, []])) as unknown as Record<DateType, OrderDate[]>,
  claims: new Map(),
  numbers: new Map(),
  datesSeen: 0,
})

/** The order shows in windows of this date from now on. */
export function markDate(book: OrderBook, order: Order, type: DateType, at: number): void {
  addRow(book.dates[type], { order, at, seq: ++book.datesSeen })
}

/** 1, 2, 3 … of a Korean day, each kind of number for itself. */
export function nextOfDay(book: OrderBook, kind: 'order' | 'cancel' | 'return', at: number): string {
  const key = `${kind} ${tellDay(at)}`
  const next = (book.numbers.get(key) ?? 0) + 1
  book.numbers.set(key, next)
  return `${tellDay(at)}-${String(next).padStart(7, '0')}`
}

/** Throws RangeError for an item nobody sells or an impossible quantity: a mistake of the test, not of the shop. */
export function buy(world: World, purchase: Purchase, now: number): BuyAnswer {
  const wanted = wantedByVariant(world, purchase)
  for (const [variant, quantity] of wanted) {
    if (buyable(variant) < quantity) return { kind: 'sold_out', item: variant.code, stock: buyable(variant) }
  }
  const { book, switches } = world
  const order: Order = {
    orderId: nextOfDay(book, 'order', now),
    at: now,
    seq: book.orders.size + 1,
    place: switches.orderPlace,
    buyer: purchase.buyer,
    receiver: receiverFor(purchase.buyer),
    lines: [],
    rows: [],
    parcels: [],
    claims: [],
    paidAt: null,
  }
  for (const { item, quantity } of purchase.lines) addLine(world, order, item, quantity)
  book.orders.set(order.orderId, order)
  markDate(book, order, 'order_date', now)
  const isPaid = switches.paymentDelayMs <= 0
  for (const line of order.lines) if (isPaid || line.variant.controlType === 'A') takeStock(world, line, now)
  tellOrderNotice(world, EVENTS.order, order, now)
  if (isPaid) settle(world, order, now)
  else actLater(world.due, now + switches.paymentDelayMs, (at) => pay(world, order, at))
  return { kind: 'sold', orderId: order.orderId, lineKeys: order.lines.map((line) => line.key), at: now }
}

function wantedByVariant(world: World, purchase: Purchase): Map<Variant, number> {
  if (purchase.lines.length === 0) throw new RangeError('a purchase needs a line')
  const wanted = new Map<Variant, number>()
  for (const { item, quantity } of purchase.lines) {
    const variant = world.shelf.variantByCode.get(item)
    if (variant === undefined) throw new RangeError(`unknown item ${item}`)
    if (!Number.isInteger(quantity) || quantity < 1) throw new RangeError(`quantity ${quantity} of item ${item}`)
    wanted.set(variant, (wanted.get(variant) ?? 0) + quantity)
  }
  return wanted
}

const receiverFor = (name: string): Receiver => ({
  name,
  cellphone: '010-0000-0000',
  zipcode: '04524',
  address1: '서울특별시 중구 세종대로 110',
  address2: '1층',
  shipping_message: '',
})

function addLine(world: World, order: Order, item: string, quantity: number): void {
  const variant = world.shelf.variantByCode.get(item)!
  const { price } = variant.product
  const line: Line = {
    key: rowCode(order, order.rows.length + 1),
    order,
    variant,
    unitPrice: price,
    surcharge: variant.surcharge,
    quantity,
    rows: [],
    tookStock: false,
    preparedAt: null,
  }
  addRowOf(line, quantity, 'N00')
  order.lines.push(line)
  world.book.lines.set(line.key, line)
}

const rowCode = (order: Order, no: number) => `${order.orderId}-${String(no).padStart(2, '0')}`

function addRowOf(line: Line, quantity: number, status: string): Row {
  const no = line.order.rows.length + 1
  const row: Row = {
    no,
    code: rowCode(line.order, no),
    line,
    quantity,
    gone: 0,
    returned: 0,
    status,
    statusBefore: status,
    heldFrom: status,
    claim: null,
    parcel: null,
    shippedAt: null,
    deliveredAt: null,
  }
  line.rows.push(row)
  line.order.rows.push(row)
  return row
}

/** Some units of a row become a row of their own, which is where they were. */
export function splitRow(row: Row, units: number): Row {
  row.quantity -= units
  const { parcel, shippedAt, deliveredAt, statusBefore, heldFrom } = row
  const split = addRowOf(row.line, units, row.status)
  Object.assign(split, { parcel, shippedAt, deliveredAt, statusBefore, heldFrom })
  parcel?.rows.push(split)
  return split
}

function takeStock(world: World, line: Line, at: number): void {
  const { variant, quantity } = line
  line.tookStock = variant.useInventory === 'T'
  if (line.tookStock) changeStock(world, variant, variant.quantity - quantity, 'sale', at)
}

/** Units go back on the shelf they were taken from. */
export function giveBack(world: World, line: Line, units: number, at: number): void {
  if (line.tookStock) changeStock(world, line.variant, line.variant.quantity + units, 'cancel', at)
}

/** The money came. Units taken only now may be gone: then the mall cancels by itself [assumed]. */
function pay(world: World, order: Order, at: number): void {
  const waiting = order.lines.filter((line) => line.rows.some((row) => row.status === 'N00'))
  if (waiting.length === 0) return
  const untaken = waiting.filter((line) => !line.tookStock && line.variant.controlType === 'B')
  const wanted = new Map<Variant, number>()
  for (const { variant, rows } of untaken) {
    wanted.set(variant, (wanted.get(variant) ?? 0) + unitsIn(rows, 'N00'))
  }
  if ([...wanted].some(([variant, units]) => buyable(variant) < units)) {
    for (const row of order.rows.filter(({ status }) => status === 'N00')) endUnpaid(world, row, 'C48', at)
    return
  }
  for (const line of untaken) {
    line.tookStock = line.variant.useInventory === 'T'
    if (line.tookStock) changeStock(world, line.variant, line.variant.quantity - unitsIn(line.rows, 'N00'), 'sale', at)
  }
  settle(world, order, at)
}

const unitsIn = (rows: readonly Row[], status: string) =>
  rows.reduce((sum, row) => sum + (row.status === status ? row.quantity : 0), 0)

function settle(world: World, order: Order, at: number): void {
  order.paidAt = at
  for (const row of order.rows) if (row.status === 'N00') row.status = 'N10'
  markDate(world.book, order, 'pay_date', at)
  tellOrderNotice(world, EVENTS.payment, order, at)
}

/** C47 by the buyer, C48 by itself: a row nobody paid for ends without a claim. */
export function endUnpaid(world: World, row: Row, status: 'C47' | 'C48', at: number): void {
  row.status = status
  row.gone = row.quantity
  if (world.switches.restockOnBuyerCancel) giveBack(world, row.line, row.quantity, at)
  markDate(world.book, row.line.order, 'cancel_date', at)
  tellOrderNotice(world, EVENTS.cancel, row.line.order, at)
}

/** Units of a row that are neither gone nor asked for by an open request. */
export function openUnits(row: Row): number {
  const claimed = row.claim?.isOpen ? unitsClaimed(row.claim, row) : 0
  return row.quantity - row.gone - claimed
}

const unitsClaimed = (claim: Claim, row: Row) =>
  claim.parts.reduce((sum, part) => sum + (part.row === row ? part.units : 0), 0)

export function trueLines(book: OrderBook): Truth['lines'] {
  return [...book.lines.values()].map((line) => {
    const gone = line.rows.reduce((sum, row) => sum + row.gone - row.returned, 0)
    const telling = line.rows.find((row) => row.gone < row.quantity) ?? line.rows.at(-1)!
    return {
      orderId: line.order.orderId,
      lineKey: line.key,
      item: line.variant.code,
      sellerCode: line.variant.customCode,
      quantity: line.quantity,
      cancelled: gone,
      state: telling.status,
      acknowledged: line.preparedAt !== null,
      invoice: telling.parcel?.trackingNo ?? '',
      soldAt: line.order.at,
    }
  })
}
