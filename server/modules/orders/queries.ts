import { plain, texts } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'
import { type Column, each, mostlyOne, rowsInto } from '../../kernel/rows-into.ts'
import type { KnownLine, LineAt } from './lines.ts'
import type { LineState, OrderState } from './states.ts'
import { stateOfOrder } from './states.ts'
import type { FirstAnswer, NewLine, NewOrder } from './take-orders.ts'

/** An order with what its stock said. */
export type DecidedOrder = { order: NewOrder; short: boolean; answer: FirstAnswer | null }

const subtotalOf = (order: NewOrder): number =>
  order.lines.reduce((sum, line) => sum + line.unitPrice * line.quantity, 0)

const ORDERS = rowsInto<DecidedOrder>(
  'orders_insert_orders',
  'orders.order',
  {
    company_id: mostlyOne('uuid', ({ order }) => order.company),
    order_id: each('uuid', ({ order }) => order.orderId),
    number: each('text', ({ order }) => order.number),
    channel: mostlyOne('text', ({ order }) => order.channel),
    connection_id: mostlyOne('uuid', ({ order }) => order.connectionId),
    external_id: each('text', ({ order }) => order.externalId),
    state: mostlyOne('text', ({ order }) => stateOfOrder(order.lines.map((line) => line.state))),
    currency: mostlyOne('text', ({ order }) => order.currency),
    subtotal: each('bigint', ({ order }) => subtotalOf(order)),
    shipping_fee: mostlyOne('bigint', ({ order }) => order.shippingFee),
    discount: mostlyOne('bigint', ({ order }) => order.discount),
    tax: mostlyOne('bigint', ({ order }) => order.tax),
    total: each('bigint', ({ order }) => subtotalOf(order) + order.shippingFee - order.discount + order.tax),
    buyer_name: each('text', ({ order }) => order.buyerName),
    shipping_address: mostlyOne('jsonb', ({ order }) => order.shippingAddress as object | null),
    billing_address: mostlyOne('jsonb', ({ order }) => order.billingAddress as object | null),
    country: mostlyOne('text', ({ order }) => order.country),
    ordered_at: each('timestamptz', ({ order }) => order.orderedAt),
    paid_at: each('timestamptz', ({ order }) => order.paidAt),
    unmapped: mostlyOne('boolean', ({ order }) => order.lines.some((line) => line.variantId === null)),
    request_key: mostlyOne('text', ({ order }) => order.request?.key ?? null),
    request_hash: mostlyOne('text', ({ order }) => order.request?.hash ?? null),
    short: mostlyOne('boolean', ({ short }) => short),
    request_answer: mostlyOne('jsonb', ({ answer }) => answer),
  },
  { hold: 'false', taken_at: 'kernel.now()' },
)

/** Without their lines. */
export const insertOrders = (tx: Tx, orders: readonly DecidedOrder[]): void => ORDERS.write(tx, orders)

export type WrittenLine = { order: NewOrder; orderId?: string; reservationId?: string; line: NewLine; lineNo: number }

/** What every line is written with, however it came. */
export const lineColumns: Record<string, Column<WrittenLine>> = {
  company_id: mostlyOne('uuid', ({ order }) => order.company),
  order_id: each('uuid', ({ order, orderId }) => orderId ?? order.orderId),
  line_no: mostlyOne('integer', ({ lineNo }) => lineNo),
  reservation_id: each('uuid', ({ order, reservationId }) => reservationId ?? order.orderId),
  variant_id: each('uuid', ({ line }) => line.variantId),
  listing_id: mostlyOne('uuid', ({ line }) => line.listingId),
  multiplier: mostlyOne('integer', ({ line }) => line.multiplier),
  sku: each('text', ({ line }) => line.sku),
  product_name: each('text', ({ line }) => line.productName),
  variant_name: each('text', ({ line }) => line.variantName),
  unit_price: each('bigint', ({ line }) => line.unitPrice),
  quantity: each('integer', ({ line }) => line.quantity),
  subtotal: each('bigint', ({ line }) => line.unitPrice * line.quantity),
  state: mostlyOne('text', ({ line }) => line.state),
  connection_id: mostlyOne('uuid', ({ order }) => order.connectionId),
  external_line_key: mostlyOne('text', ({ line }) => line.externalLineKey),
  action_key: mostlyOne('text', ({ line }) => line.actionKey),
}

const LINES = rowsInto('orders_insert_lines', 'orders.order_line', lineColumns)

export const insertLines = (tx: Tx, lines: readonly WrittenLine[]): void => LINES.write(tx, lines)

/** What is written of orders that are taken whole: made while PostgreSQL locks their stock. */
export type Snapshots = { orders: readonly NewOrder[]; ofOrders: unknown[]; ofLines: unknown[] }

export function snapshotsOf(orders: readonly NewOrder[]): Snapshots {
  const whole = orders.map((order) => ({ order, short: false, answer: null }))
  const lines = orders.flatMap((order) => order.lines.map((line, i) => ({ order, line, lineNo: i + 1 })))
  return { orders, ofOrders: ORDERS.values(whole), ofLines: LINES.values(lines) }
}

export function insertSnapshots(tx: Tx, { ofOrders, ofLines }: Snapshots): void {
  tx.write(ORDERS.statement, ofOrders)
  tx.write(LINES.statement, ofLines)
}

const ADD_TO_TOTALS = statement<never>(
  'orders_add_to_totals',
  `update orders.order o
   set subtotal = o.subtotal + k.amount, total = o.total + k.amount, unmapped = o.unmapped or k.unmapped
   from (
     select company_id, order_id, sum(amount)::bigint as amount, bool_or(unmapped) as unmapped
     from (
       select * from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::boolean[])
       limit cardinality($1)) as u (company_id, order_id, amount, unmapped)
     group by 1, 2) k
   where o.company_id = k.company_id and o.order_id = k.order_id`,
)

export const addToTotals = (tx: Tx, lines: readonly (WrittenLine & { orderId: string })[]): void =>
  tx.write(ADD_TO_TOTALS, [
    plain(lines.map(({ order }) => order.company)),
    plain(lines.map(({ orderId }) => orderId)),
    plain(lines.map(({ line }) => line.unitPrice * line.quantity)),
    plain(lines.map(({ line }) => line.variantId === null)),
  ])

const NUMBERS_OF = statement<{ order_id: string; number: string }>(
  'orders_numbers_of',
  `select o.order_id, o.number
   from unnest($1::uuid[], $2::uuid[]) as k (company_id, order_id)
   cross join lateral (
     select * from orders.order where company_id = k.company_id and order_id = k.order_id limit 1) o`,
)

type OrderAt = { company: string; orderId: string }
const ordersAt = (orders: readonly OrderAt[]) => [
  plain(orders.map((order) => order.company)),
  plain(orders.map((order) => order.orderId)),
]

export async function numbersOf(tx: Tx, orders: readonly OrderAt[]): Promise<Map<string, string>> {
  const rows = await tx.query(NUMBERS_OF, ordersAt(orders))
  return new Map(rows.map((row) => [row.order_id, row.number]))
}

const FIND_ORDERS = statement<{ order_id: string; request_answer: FirstAnswer | null }>(
  'orders_find_orders',
  `select o.order_id, o.request_answer
   from unnest($1::uuid[], $2::uuid[]) as k (company_id, order_id)
   cross join lateral (
     select * from orders.order where company_id = k.company_id and order_id = k.order_id limit 1) o`,
)

/** Of orders whose COMMIT was lost: those that are there. Only orders of the API say which lines were short. */
export async function findOrders(tx: Tx, orders: readonly OrderAt[]) {
  const rows = await tx.query(FIND_ORDERS, ordersAt(orders))
  return new Map(rows.map((row) => [row.order_id, row.request_answer ?? { short: [], expiresAt: null }]))
}

const LEASE_NUMBERS = statement<{ first: number }>(
  'orders_lease_numbers',
  `insert into orders.number_block as b (company_id, day, next) values ($1, $2::date, 1 + $3::integer)
   on conflict (company_id, day) do update set next = b.next + $3::integer
   returning next - $3::integer as first`,
)

export async function leaseNumbers(tx: Tx, company: string, day: string, count: number): Promise<number> {
  return (await tx.query(LEASE_NUMBERS, [company, day, count]))[0]!.first
}

export const knownLine = `
   l.company_id as company, l.order_id as "orderId", l.line_no as "lineNo", l.reservation_id as "reservationId",
   l.connection_id as "connectionId", o.channel, o.external_id as "externalId",
   l.external_line_key as "externalLineKey", l.action_key as "actionKey", l.variant_id as "variantId",
   l.listing_id as "listingId", l.sku, l.multiplier, l.quantity, l.cancelled, l.shipped, l.state`

const LINES_BY_KEY = statement<KnownLine>(
  'orders_lines_by_key',
  `select ${knownLine}
   from unnest($3::text[]) as k (key)
   cross join lateral (
     select * from orders.order_line
     where external_line_key = k.key and connection_id = $2 and (company_id = $1) is true
     limit 1) l
   cross join lateral (
     select * from orders.order where company_id = l.company_id and order_id = l.order_id limit 1) o`,
)

export const linesByKey = (tx: Tx, company: string, connectionId: string, keys: readonly string[]) =>
  tx.query(LINES_BY_KEY, [company, connectionId, texts(keys)])

const LOCK_LINES = statement<KnownLine>(
  'orders_lock_lines',
  `select ${knownLine}
   from (select distinct * from unnest($1::uuid[], $2::uuid[], $3::integer[]) as u (company_id, order_id, line_no)
     order by 1, 2, 3) k
   cross join lateral (
     select * from orders.order_line
     where company_id = k.company_id and order_id = k.order_id and line_no = k.line_no
     limit 1 for no key update) l
   cross join lateral (
     select * from orders.order where company_id = l.company_id and order_id = l.order_id limit 1) o`,
)

export const lockLines = (tx: Tx, lines: readonly LineAt[]): Promise<KnownLine[]> =>
  tx.query(LOCK_LINES, [...ordersAt(lines), plain(lines.map((line) => line.lineNo))])

const UPDATE_LINES = statement<never>(
  'orders_update_lines',
  `update orders.order_line l
   set state = k.state, cancelled = k.cancelled, shipped = k.shipped, action_key = k.action_key,
       delivered_at = case when k.state = 'delivered' then coalesce(l.delivered_at, kernel.now()) else l.delivered_at end
   from (
     select * from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::integer[], $6::integer[], $7::text[])
     limit cardinality($1)) as k (company_id, order_id, line_no, state, cancelled, shipped, action_key)
   where l.company_id = k.company_id and l.order_id = k.order_id and l.line_no = k.line_no`,
)

export const updateLines = (tx: Tx, lines: readonly KnownLine[]): void =>
  tx.write(UPDATE_LINES, [
    ...ordersAt(lines),
    plain(lines.map((line) => line.lineNo)),
    plain(lines.map((line) => line.state)),
    plain(lines.map((line) => line.cancelled)),
    plain(lines.map((line) => line.shipped)),
    texts(lines.map((line) => line.actionKey)),
  ])

const LINE_STATES_OF = statement<{ order_id: string; state: LineState }>(
  'orders_line_states',
  `select l.order_id, l.state
   from unnest($1::uuid[], $2::uuid[]) as k (company_id, order_id)
   cross join lateral (
     select * from orders.order_line where company_id = k.company_id and order_id = k.order_id offset 0) l
   order by l.order_id, l.line_no`,
)

export async function lineStates(tx: Tx, orders: readonly OrderAt[]): Promise<Map<string, LineState[]>> {
  const states = new Map<string, LineState[]>()
  for (const row of await tx.query(LINE_STATES_OF, ordersAt(orders))) {
    states.set(row.order_id, [...(states.get(row.order_id) ?? []), row.state])
  }
  return states
}

const UPDATE_ORDER_STATES = statement<never>(
  'orders_update_states',
  `update orders.order o set state = k.state
   from (
     select * from unnest($1::uuid[], $2::uuid[], $3::text[])
     limit cardinality($1)) as k (company_id, order_id, state)
   where o.company_id = k.company_id and o.order_id = k.order_id and o.state <> k.state`,
)

export const updateOrderStates = (tx: Tx, orders: readonly (OrderAt & { state: OrderState })[]): void =>
  tx.write(UPDATE_ORDER_STATES, [...ordersAt(orders), plain(orders.map((order) => order.state))])

// Looked at before it is written: a condition beside the key made reading all lines of the company look cheaper.
const MAP_LINES = statement<never>(
  'orders_map_lines',
  `update orders.order_line l
   set variant_id = k.variant_id, sku = k.sku, listing_id = k.listing_id, multiplier = k.multiplier,
       reservation_id = k.reservation_id
   from (
     select k.*
     from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::uuid[], $5::text[], $6::uuid[], $7::integer[], $8::uuid[])
       as k (company_id, order_id, line_no, variant_id, sku, listing_id, multiplier, reservation_id)
     cross join lateral (
       select from orders.order_line
       where company_id = k.company_id and order_id = k.order_id and line_no = k.line_no and variant_id is null
       limit 1 for no key update) o
     limit cardinality($1)) k
   where l.company_id = k.company_id and l.order_id = k.order_id and l.line_no = k.line_no`,
)

export const mapLines = (
  tx: Tx,
  rows: readonly {
    line: KnownLine
    variantId: string
    sku: string
    listingId: string
    multiplier: number
    reservationId: string
  }[],
): void =>
  tx.write(MAP_LINES, [
    ...ordersAt(rows.map(({ line }) => line)),
    plain(rows.map(({ line }) => line.lineNo)),
    plain(rows.map((row) => row.variantId)),
    texts(rows.map((row) => row.sku)),
    plain(rows.map((row) => row.listingId)),
    plain(rows.map((row) => row.multiplier)),
    plain(rows.map((row) => row.reservationId)),
  ])

const REFRESH_UNMAPPED = statement<never>(
  'orders_refresh_unmapped',
  `update orders.order o
   set unmapped = exists (
     select from orders.order_line l
     where l.company_id = o.company_id and l.order_id = o.order_id and l.variant_id is null)
   from (
     select * from unnest($1::uuid[], $2::uuid[])
     limit cardinality($1)) as k (company_id, order_id)
   where o.company_id = k.company_id and o.order_id = k.order_id and o.unmapped`,
)

export const refreshUnmapped = (tx: Tx, orders: readonly OrderAt[]): void =>
  tx.write(REFRESH_UNMAPPED, ordersAt(orders))

const WAITING_LINES = statement<KnownLine>(
  'orders_waiting_lines',
  `select ${knownLine}
   from orders.order_line l
   cross join lateral (
     select * from orders.order where company_id = l.company_id and order_id = l.order_id limit 1) o
   where (l.company_id = $1) is true and l.listing_id = $2 and l.variant_id is null and l.cancelled < l.quantity
   order by l.order_id, l.line_no
   limit $3`,
)

export const waitingLines = (tx: Tx, company: string, listingId: string, most: number): Promise<KnownLine[]> =>
  tx.query(WAITING_LINES, [company, listingId, most])

const LISTINGS_WAITED_FOR = statement<{ id: string }>(
  'orders_listings_waited_for',
  `select distinct listing_id as id from orders.order_line
   where company_id = $1 and listing_id > $2 and variant_id is null and cancelled < quantity
   order by listing_id
   limit $3`,
)

const BEFORE_ALL = '00000000-0000-0000-0000-000000000000'

export const listingsWaitedFor = async (tx: Tx, company: string, after: string | null, most: number) =>
  (await tx.query(LISTINGS_WAITED_FOR, [company, after ?? BEFORE_ALL, most])).map(({ id }) => id)

const LINES_TO_ACKNOWLEDGE = statement<KnownLine>(
  'orders_lines_to_acknowledge',
  `select ${knownLine}
   from orders.order_line l
   cross join lateral (
     select * from orders.order where company_id = l.company_id and order_id = l.order_id limit 1) o
   where (l.company_id = $1) is true and l.connection_id = $2 and l.state = 'paid' and l.variant_id is not null
     and not o.short and not o.unmapped and not o.hold and l.action_key is not null and l.claim is null
   order by l.company_id, l.order_id, l.line_no
   limit $3`,
)

export const linesToAcknowledge = (tx: Tx, company: string, connectionId: string, most: number) =>
  tx.query(LINES_TO_ACKNOWLEDGE, [company, connectionId, most])

const RESERVATIONS_OF_ORDERS = statement<{ company: string; orderId: string; reservationId: string }>(
  'orders_reservations_of_orders',
  `with orders_at as (
     -- An order's first reservation carries its own id; a late line's names its order by its index.
     select k.company_id, k.reservation_id as order_id
     from unnest($1::uuid[], $2::uuid[]) as k (company_id, reservation_id)
     union
     select l.company_id, l.order_id
     from unnest($1::uuid[], $2::uuid[]) as k (company_id, reservation_id)
     cross join lateral (
       select company_id, order_id from orders.order_line
       where company_id = k.company_id and reservation_id = k.reservation_id and reservation_id <> order_id
       limit 1) l)
   select distinct l.company_id as company, l.order_id as "orderId", l.reservation_id as "reservationId"
   from orders_at o
   cross join lateral (
     select * from orders.order_line where company_id = o.company_id and order_id = o.order_id offset 0) l
   order by 2, 3`,
)

/** Every reservation of the orders that own these. */
export const reservationsOfOrders = (tx: Tx, at: readonly { company: string; reservationId: string }[]) =>
  tx.query(RESERVATIONS_OF_ORDERS, [
    plain(at.map((reservation) => reservation.company)),
    plain(at.map((reservation) => reservation.reservationId)),
  ])

const SET_SHORT = statement<never>(
  'orders_set_short',
  `update orders.order o set short = k.short
   from (
     select * from unnest($1::uuid[], $2::uuid[], $3::boolean[])
     limit cardinality($1)) as k (company_id, order_id, short)
   where o.company_id = k.company_id and o.order_id = k.order_id and o.short <> k.short`,
)

export const setShort = (tx: Tx, orders: readonly (OrderAt & { short: boolean })[]): void => {
  if (orders.length > 0) tx.write(SET_SHORT, [...ordersAt(orders), plain(orders.map((order) => order.short))])
}
