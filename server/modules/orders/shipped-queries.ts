import { plain, texts } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'
import type { NewOrder } from './take-orders.ts'

/** `shipped` by line, in sold units: all of it or nothing. */
export type ShippedOrder = { order: NewOrder; shipped: readonly number[]; isShort: boolean }

const INSERT_SHIPPED_LINES = statement<never>(
  'orders_insert_shipped_lines',
  `insert into orders.order_line (company_id, order_id, reservation_id, line_no, variant_id, listing_id, multiplier, sku,
     product_name, variant_name, unit_price, quantity, shipped, subtotal, state)
   select k.company_id, k.order_id, k.order_id, k.line_no, k.variant_id, k.listing_id, k.multiplier, k.sku,
     k.product_name, k.variant_name, k.unit_price, k.quantity, k.shipped, k.unit_price * k.quantity, k.state
   from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::uuid[], $5::uuid[], $6::integer[], $7::text[], $8::text[],
     $9::text[], $10::bigint[], $11::integer[], $12::integer[], $13::text[])
     as k (company_id, order_id, line_no, variant_id, listing_id, multiplier, sku, product_name, variant_name,
       unit_price, quantity, shipped, state)`,
)

/** One statement for what would be an insert and an update of the same rows. */
export function insertShippedLines(tx: Tx, orders: readonly ShippedOrder[]): void {
  const lines = orders.flatMap(({ order, shipped }) =>
    order.lines.map((line, i) => ({ order, line, lineNo: i + 1, shipped: shipped[i]! })),
  )
  tx.write(INSERT_SHIPPED_LINES, [
    plain(lines.map(({ order }) => order.company)),
    plain(lines.map(({ order }) => order.orderId)),
    plain(lines.map(({ lineNo }) => lineNo)),
    plain(lines.map(({ line }) => line.variantId)),
    plain(lines.map(({ line }) => line.listingId)),
    plain(lines.map(({ line }) => line.multiplier)),
    texts(lines.map(({ line }) => line.sku)),
    texts(lines.map(({ line }) => line.productName)),
    texts(lines.map(({ line }) => line.variantName)),
    plain(lines.map(({ line }) => line.unitPrice)),
    plain(lines.map(({ line }) => line.quantity)),
    plain(lines.map(({ shipped }) => shipped)),
    plain(lines.map(({ line }) => line.state)),
  ])
}
