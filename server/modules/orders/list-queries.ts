import { statement, type Tx } from '../../kernel/db.ts'
import type { ClaimKind } from './claim-states.ts'
import type { LineState, OrderState } from './states.ts'

/** An order with the names the API uses; times are dates. */
export type OrderRow = {
  id: string
  number: string
  channel: string
  connectionId: string | null
  externalId: string
  state: OrderState
  currency: string
  subtotal: number
  shippingFee: number
  discount: number
  tax: number
  total: number
  buyerName: string
  shippingAddress: unknown
  orderedAt: Date
  paidAt: Date | null
  takenAt: Date
  short: boolean
  unmapped: boolean
}

const columns = `
   o.order_id as id, o.number, o.channel, o.connection_id as "connectionId", o.external_id as "externalId", o.state,
   o.currency, o.subtotal, o.shipping_fee as "shippingFee", o.discount, o.tax, o.total, o.buyer_name as "buyerName",
   o.shipping_address as "shippingAddress", o.ordered_at as "orderedAt", o.paid_at as "paidAt",
   o.taken_at as "takenAt", o.short, o.unmapped`

const READ_ORDER = statement<OrderRow>(
  'orders_read_order',
  `select ${columns} from orders.order o where company_id = $1 and order_id = $2`,
)

export const readOrder = async (tx: Tx, company: string, orderId: string): Promise<OrderRow | null> =>
  (await tx.query(READ_ORDER, [company, orderId]))[0] ?? null

export type OrderLineRow = {
  lineNo: number
  variantId: string | null
  sku: string | null
  productName: string
  variantName: string
  unitPrice: number
  quantity: number
  multiplier: number
  cancelled: number
  shipped: number
  returned: number
  claim: ClaimKind | null
  state: LineState
}

const READ_LINES = statement<OrderLineRow>(
  'orders_read_lines',
  `select line_no as "lineNo", variant_id as "variantId", sku, product_name as "productName",
     variant_name as "variantName", unit_price as "unitPrice", quantity, multiplier, cancelled, shipped, returned, claim, state
   from orders.order_line
   where company_id = $1 and order_id = $2
   order by line_no`,
)

export const readLines = (tx: Tx, company: string, orderId: string): Promise<OrderLineRow[]> =>
  tx.query(READ_LINES, [company, orderId])

// Ids rise with time, so a page by id is a page by when the order was taken, and what arrives while somebody pages
// lies before the first page.
const LIST_ORDERS = statement<OrderRow>(
  'orders_list',
  `select ${columns} from orders.order o
   where company_id = $1 and order_id < $2
   order by order_id desc
   limit $3`,
)
const LIST_ORDERS_IN_STATE = statement<OrderRow>(
  'orders_list_in_state',
  `select ${columns} from orders.order o
   where company_id = $1 and order_id < $2 and state = $4
   order by order_id desc
   limit $3`,
)

const AFTER_ALL = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/** Newest first, those before `cursor`. */
export const listOrders = (
  tx: Tx,
  company: string,
  page: { state: OrderState | null; cursor: string | null; limit: number },
): Promise<OrderRow[]> => {
  const values = [company, page.cursor ?? AFTER_ALL, page.limit]
  return page.state === null ? tx.query(LIST_ORDERS, values) : tx.query(LIST_ORDERS_IN_STATE, [...values, page.state])
}

const MARK_PAID = statement<never>(
  'orders_mark_paid',
  `update orders.order set paid_at = kernel.now() where company_id = $1 and order_id = $2 and paid_at is null`,
)

export const markPaid = (tx: Tx, company: string, orderId: string): void => tx.write(MARK_PAID, [company, orderId])
