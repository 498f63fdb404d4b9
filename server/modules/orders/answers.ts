import type { OrderAnswer, OrderHead } from '../../../contract/orders.ts'
import type { OrderLineRow, OrderRow } from './list-queries.ts'

/** Orders as the API tells them. */
export const headOf = (row: OrderRow): OrderHead => ({
  ...row,
  orderedAt: row.orderedAt.toISOString(),
  paidAt: row.paidAt?.toISOString() ?? null,
  takenAt: row.takenAt.toISOString(),
})

export const answerOf = (row: OrderRow, lines: readonly OrderLineRow[]): OrderAnswer => ({
  ...headOf(row),
  shippingAddress: row.shippingAddress as OrderAnswer['shippingAddress'],
  lines: lines.map(({ variantId: _, ...line }) => line),
})
