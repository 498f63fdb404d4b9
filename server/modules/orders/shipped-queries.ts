import type { Tx } from '../../kernel/db.ts'
import { each, mostlyOne, rowsInto } from '../../kernel/rows-into.ts'
import type { NewLine, NewOrder } from './take-orders.ts'

/** `shipped` by line, in sold units: all of it or nothing. */
export type ShippedOrder = { order: NewOrder; shipped: readonly number[]; isShort: boolean }

type ShippedLine = { order: NewOrder; line: NewLine; lineNo: number; shipped: number }

/** One statement for what would be an insert and an update of the same rows. */
const LINES = rowsInto<ShippedLine>('orders_insert_shipped_lines', 'orders.order_line', {
  company_id: mostlyOne('uuid', ({ order }) => order.company),
  order_id: each('uuid', ({ order }) => order.orderId),
  reservation_id: each('uuid', ({ order }) => order.orderId),
  line_no: each('integer', ({ lineNo }) => lineNo),
  variant_id: each('uuid', ({ line }) => line.variantId),
  listing_id: mostlyOne('uuid', ({ line }) => line.listingId),
  multiplier: mostlyOne('integer', ({ line }) => line.multiplier),
  sku: each('text', ({ line }) => line.sku),
  product_name: each('text', ({ line }) => line.productName),
  variant_name: each('text', ({ line }) => line.variantName),
  unit_price: each('bigint', ({ line }) => line.unitPrice),
  quantity: each('integer', ({ line }) => line.quantity),
  shipped: each('integer', ({ shipped }) => shipped),
  subtotal: each('bigint', ({ line }) => line.unitPrice * line.quantity),
  state: mostlyOne('text', ({ line }) => line.state),
})

export const insertShippedLines = (tx: Tx, orders: readonly ShippedOrder[]): void =>
  LINES.write(
    tx,
    orders.flatMap(({ order, shipped }) =>
      order.lines.map((line, i) => ({ order, line, lineNo: i + 1, shipped: shipped[i]! })),
    ),
  )
