/** Reading orders, and moving them on before they are shipped. */
import { shuffled } from '../chance.ts'
import type { SimResponse } from '../marketplace.ts'
import { newestFirst } from '../timeline.ts'
import {
  answerMany,
  answerOne,
  type Body,
  embeds,
  type Fault,
  fault,
  isFault,
  json,
  linksOf,
  listOf,
  onlyFields,
  type Page,
  type Plan,
  readPage,
  refused,
} from './envelopes.ts'
import { itemRow, marketOrderNo, orderRow, receiverRow } from './order-rows.ts'
import { DATE_TYPES, type DateType, markDate, type Order, type Row } from './orders.ts'
import { prepareRows, unprepareRows } from './parcels.ts'
import { readWindow } from './times.ts'
import { type Call, happens, type World } from './world.ts'

const MOST_PER_PAGE = 1000
const DEEPEST_OFFSET = 15_000

/** GET orders: newest first. There is no "changed since": a window is about one of sixteen dates. */
export function listOrders(world: World, call: Call): SimResponse {
  const page = readPage(call, MOST_PER_PAGE, DEEPEST_OFFSET)
  if (isFault(page)) return refused(page)
  const found = findOrders(world, call)
  if (isFault(found)) return refused(found)
  const { rows, hasMore } = cut(found, page)
  const told = mixedUp(world, rows, call.random).map((order) => orderRow(world, order, embeds(call), 'list'))
  return json(200, { orders: told.map((row) => onlyFields(call, row)), links: linksOf(call, page, hasMore) })
}

/** GET orders/count */
export function countOrders(world: World, call: Call): SimResponse {
  const found = findOrders(world, call)
  if (isFault(found)) return refused(found)
  let count = 0
  for (const _ of found) count++
  return json(200, { count })
}

/** GET orders/{order_id} */
export function getOrder(world: World, call: Call): SimResponse {
  const order = orderOf(world, call)
  if (order === undefined) return refused(NO_ORDER)
  return json(200, { order: onlyFields(call, orderRow(world, order, embeds(call), 'detail')) })
}

/** GET orders/{order_id}/items */
export function listItems(world: World, call: Call): SimResponse {
  const order = orderOf(world, call)
  if (order === undefined) return refused(NO_ORDER)
  return json(200, { items: order.rows.map((row) => onlyFields(call, itemRow(world, row))) })
}

/** GET orders/{order_id}/receivers: the whole address, as it is now. */
export function listReceivers(world: World, call: Call): SimResponse {
  const order = orderOf(world, call)
  return order === undefined ? refused(NO_ORDER) : json(200, { receivers: [receiverRow(order, 'full')] })
}

/** PUT orders/{order_id} */
export function putOrder(world: World, call: Call): SimResponse {
  const order = orderOf(world, call)
  if (order === undefined) return refused(NO_ORDER)
  return answerOne(call, 'order', 200, (request) => {
    const plan = planMove(world, order, request, call.now)
    return isFault(plan) ? plan : plan()
  })
}

/** PUT orders: up to 100 of them. */
export function putOrders(world: World, call: Call): SimResponse {
  return answerMany(world, call, 'orders', 200, (request) => {
    const order = world.book.orders.get(String(request.order_id))
    return order === undefined ? NO_ORDER : planMove(world, order, request, call.now)
  })
}

export const NO_ORDER = fault(404, 'The order does not exist')

const orderOf = (world: World, call: Call) => world.book.orders.get(call.parts[0] ?? '')

/** The rows of order_item_code, or all of the order where it is absent. */
export function rowsNamed(order: Order, request: Body): Row[] | Fault {
  const { order_item_code: codes } = request
  if (codes === undefined) return [...order.rows]
  if (!Array.isArray(codes) || codes.length === 0) return fault(422, 'order_item_code must be a list')
  const rows = [...new Set(codes)].map((code) => order.rows.find((row) => row.code === code))
  return rows.every((row) => row !== undefined) ? rows : fault(422, 'order_item_code is not valid')
}

type Move = { from: readonly string[]; to: string; make(world: World, order: Order, rows: Row[], now: number): void }

const MOVES: Record<string, Move> = {
  prepareproduct: { from: ['N20'], to: 'N10', make: (_world, _order, rows) => unprepareRows(rows) },
  prepare: { from: ['N10', 'C11'], to: 'N20', make: prepareRows },
  hold: {
    from: ['N10', 'N20', 'N21'],
    to: 'N22',
    make: (_world, _order, rows) => {
      for (const row of rows) Object.assign(row, { heldFrom: row.status, status: 'N22' })
    },
  },
  unhold: {
    from: ['N22'],
    to: '',
    make: (_world, _order, rows) => {
      for (const row of rows) row.status = row.heldFrom
    },
  },
}

const CONFIRM: Move = {
  from: ['N40'],
  to: 'N50',
  make: (world, order, rows, now) => {
    for (const row of rows) row.status = 'N50'
    markDate(world.book, order, 'purchaseconfirmation_date', now)
  },
}

/** Without order_item_code it is about every row that is not already over. */
function planMove(world: World, order: Order, request: Body, now: number): Plan {
  const { process_status: wanted, purchase_confirmation: confirmation } = request
  const move = confirmation === 'T' ? CONFIRM : MOVES[typeof wanted === 'string' ? wanted : '']
  if (move === undefined) return fault(422, 'process_status is not valid')
  const named = rowsNamed(order, request)
  if (isFault(named)) return named
  const rows = request.order_item_code === undefined ? named.filter((row) => row.status.startsWith('N')) : named
  if (rows.length > 0 && rows.every((row) => row.status === move.to)) {
    if (world.switches.equalWrite === 'conflict') return fault(409, 'The order already has this status')
    return () => moveAnswer(order, request)
  }
  if (rows.length === 0 || !rows.every((row) => move.from.includes(row.status))) {
    return fault(422, 'It cannot be processed in the current order status')
  }
  return () => {
    move.make(world, order, rows, now)
    return moveAnswer(order, request)
  }
}

const moveAnswer = (order: Order, request: Body): Body => ({
  shop_no: 1,
  order_id: order.orderId,
  process_status: request.process_status ?? null,
  order_item_code: request.order_item_code ?? null,
  purchase_confirmation: request.purchase_confirmation ?? null,
})

/** Orders of the window or of the list of ids, that pass every filter; read one by one, so that a page can stop. */
function findOrders(world: World, call: Call): Iterable<Order> | Fault {
  const filters = readFilters(call)
  if (isFault(filters)) return filters
  const ids = listOf(call, 'order_id')
  if (isFault(ids)) return ids
  if (ids !== null) {
    const known = ids.map((id) => world.book.orders.get(id)).filter((order) => order !== undefined)
    return passing(known, filters)
  }
  const { query } = call
  const window = readWindow(query.get('start_date') ?? '', query.get('end_date') ?? '', world.switches.timeOfDay)
  if (typeof window === 'string') return fault(422, window)
  const type = query.get('date_type') ?? 'order_date'
  if (!DATE_TYPES.includes(type as DateType)) return fault(422, 'date_type is not valid')
  // A late feed hides what happened just now; the order itself can be read by its id at once.
  const { feedDelayMs } = world.faults
  const to = feedDelayMs > 0 ? Math.min(window.to, call.now - feedDelayMs + 1) : window.to
  return passing(ordersDated(world, type as DateType, window.from, to), filters)
}

/** An order stands once in a window, however often that date was marked. */
function* ordersDated(world: World, type: DateType, from: number, to: number): Generator<Order> {
  const seen = new Set<Order>()
  for (const { order } of newestFirst(world.book.dates[type], from, to)) {
    if (seen.has(order)) continue
    seen.add(order)
    yield order
  }
}

type Filter = (order: Order) => boolean

function* passing(orders: Iterable<Order>, filters: readonly Filter[]): Generator<Order> {
  for (const order of orders) if (filters.every((passes) => passes(order))) yield order
}

const PAYMENT_STATUSES = ['F', 'M', 'T', 'A', 'P']

function readFilters(call: Call): Filter[] | Fault {
  const names = ['order_status', 'payment_status', 'order_place_id', 'market_order_no']
  const lists = names.map((name) => listOf(call, name))
  for (const list of lists) if (isFault(list)) return list
  const [statuses, payments, places, marketNos] = lists as (string[] | null)[]
  if (payments?.some((payment) => !PAYMENT_STATUSES.includes(payment))) return fault(422, 'payment_status is not valid')
  const filters: Filter[] = []
  if (statuses) filters.push((order) => order.rows.some(({ status }) => statuses.includes(status)))
  if (payments) filters.push((order) => payments.includes(order.paidAt === null ? 'F' : 'T'))
  if (places) filters.push((order) => places.includes(order.place))
  if (marketNos) filters.push((order) => marketNos.includes(marketOrderNo(order) ?? ''))
  return filters
}

function cut(found: Iterable<Order>, { limit, offset }: Page): { rows: Order[]; hasMore: boolean } {
  const rows: Order[] = []
  let place = 0
  for (const order of found) {
    if (place++ < offset) continue
    if (rows.length === limit) return { rows, hasMore: true }
    rows.push(order)
  }
  return { rows, hasMore: false }
}

/** Told twice, and in any order, by chance: the contract promises neither. */
function mixedUp(world: World, orders: Order[], random: () => number): Order[] {
  const { duplicateOrder, disorder } = world.faults
  const isTwice = happens(duplicateOrder, random) && orders.length > 0
  const told = isTwice ? [...orders, orders[Math.floor(random() * orders.length)]!] : orders
  return happens(disorder, random) ? shuffled(told, random) : told
}
