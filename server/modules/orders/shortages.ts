import type { Tx } from '../../kernel/db.ts'
import { stillMissing } from '../inventory/index.ts'
import * as sql from './queries.ts'

/**
 * Keeps `short` of orders true when their missing units change: a count displaced them, an arrival filled them. compose.ts
 * hands this to inventory's announcement; an order that is whole again may be acknowledged by itself.
 */
export async function followShortages(
  tx: Tx,
  changed: readonly { company: string; reservationId: string }[],
): Promise<void> {
  const rows = await sql.reservationsOfOrders(tx, changed)
  const missing = await stillMissing(tx, rows)
  const short = new Map<string, { company: string; orderId: string; short: boolean }>()
  for (const { company, orderId, reservationId } of rows) {
    const known = short.get(orderId)?.short ?? false
    short.set(orderId, { company, orderId, short: known || missing.has(reservationId) })
  }
  sql.setShort(tx, [...short.values()])
}
