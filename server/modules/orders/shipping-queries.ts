import { plain, texts } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'
import type { KnownLine, LineAt } from './lines.ts'
import { knownLine } from './queries.ts'

type Head = { orderId: string; number: string; connectionId: string | null; hold: boolean }

const ORDERS_NAMED = statement<Head>(
  'orders_named',
  `select o.order_id as "orderId", o.number, o.connection_id as "connectionId", o.hold
   from unnest($2::uuid[]) as k (order_id)
   cross join lateral (select * from orders.order where order_id = k.order_id and (company_id = $1) is true limit 1) o
   union
   select o.order_id, o.number, o.connection_id, o.hold
   from unnest($3::text[]) as k (number)
   cross join lateral (select * from orders.order where number = k.number and (company_id = $1) is true limit 1) o`,
)

export const ordersNamed = (tx: Tx, company: string, ids: readonly string[], numbers: readonly string[]) =>
  tx.query(ORDERS_NAMED, [company, plain(ids), texts(numbers)])

const LINES_OF_ORDERS = statement<LineAt>(
  'orders_lines_of_orders',
  `select l.company_id as company, l.order_id as "orderId", l.line_no as "lineNo"
   from unnest($2::uuid[]) as k (order_id)
   cross join lateral (
     select * from orders.order_line where order_id = k.order_id and (company_id = $1) is true offset 0) l
   order by 2, 3`,
)

export const linesOfOrders = (tx: Tx, company: string, orderIds: readonly string[]): Promise<LineAt[]> =>
  tx.query(LINES_OF_ORDERS, [company, plain(orderIds)])

const CLAIMED_LINES = statement<{ order_id: string; line_no: number }>(
  'orders_claimed_lines',
  `select l.order_id, l.line_no
   from unnest($2::uuid[]) as k (order_id)
   cross join lateral (
     select * from orders.order_line where order_id = k.order_id and (company_id = $1) is true and claim is not null
     offset 0) l`,
)

/** Lines with an open claim, by order. */
export async function claimedLines(tx: Tx, company: string, orderIds: readonly string[]) {
  const rows = await tx.query(CLAIMED_LINES, [company, plain(orderIds)])
  return Map.groupBy(rows, (row) => row.order_id)
}

const KNOWN_LINES_OF_ORDERS = statement<KnownLine>(
  'orders_known_lines_of_orders',
  `select ${knownLine}
   from unnest($2::uuid[]) as k (order_id)
   cross join lateral (
     select * from orders.order_line where order_id = k.order_id and (company_id = $1) is true offset 0) l
   cross join lateral (
     select * from orders.order where company_id = l.company_id and order_id = l.order_id limit 1) o
   order by l.order_id, l.line_no`,
)

export const knownLinesOfOrders = (tx: Tx, company: string, orderIds: readonly string[]): Promise<KnownLine[]> =>
  tx.query(KNOWN_LINES_OF_ORDERS, [company, plain(orderIds)])

const DELIVERED_BEFORE = statement<LineAt>(
  'orders_delivered_before',
  `select company_id as company, order_id as "orderId", line_no as "lineNo"
   from orders.order_line
   where company_id = $1 and state = 'delivered' and claim is null
     and delivered_at <= kernel.now() - make_interval(secs => $2::float8 / 1000)
   order by company_id, delivered_at, order_id, line_no
   limit $3`,
)

/** Delivered lines that have been so for so long and that nobody wants back, oldest first, at most `most`. */
export const deliveredBefore = (tx: Tx, company: string, agoMs: number, most: number): Promise<LineAt[]> =>
  tx.query(DELIVERED_BEFORE, [company, agoMs, most])
