import type { Tx } from '../../kernel/db.ts'
import { each, rowsInto } from '../../kernel/rows-into.ts'
import { lineColumns, type WrittenLine } from './queries.ts'
import type { NewOrder } from './take-orders.ts'

/** `shipped` by line, in sold units: all of it or nothing. */
export type ShippedOrder = { order: NewOrder; shipped: readonly number[]; isShort: boolean }

/** One statement for what would be an insert and an update of the same rows. */
const LINES = rowsInto<WrittenLine & { shipped: number }>('orders_insert_shipped_lines', 'orders.order_line', {
  ...lineColumns,
  shipped: each('integer', ({ shipped }) => shipped),
})

export const insertShippedLines = (tx: Tx, orders: readonly ShippedOrder[]): void =>
  LINES.write(
    tx,
    orders.flatMap(({ order, shipped }) =>
      order.lines.map((line, i) => ({ order, line, lineNo: i + 1, shipped: shipped[i]! })),
    ),
  )
