import type { Tx } from '../../kernel/db.ts'
import { advanceLines, type LineAt, readLinesOfOrders } from '../orders/index.ts'
import * as sql from './queries.ts'

/**
 * shipped → delivered, for lines that have left whole: tracking, or a person, says that they arrived. Others stay as
 * they are, so that repeating is harmless.
 */
export async function deliverLines(tx: Tx, lines: readonly LineAt[]): Promise<void> {
  const known = await readLinesOfOrders(tx, lines[0]?.company ?? '', [...new Set(lines.map(({ orderId }) => orderId))])
  const arrived = known.filter(
    (line) => line.state === 'shipped' && lines.some((at) => at.orderId === line.orderId && at.lineNo === line.lineNo),
  )
  await advanceLines(
    tx,
    arrived.map((line) => ({ line, state: 'delivered' as const })),
  )
  await followDeliveries(tx, arrived)
}

/** A parcel is delivered when all its lines are. compose.ts hands this to orders' announcement. */
export async function followDeliveries(tx: Tx, lines: readonly LineAt[]): Promise<void> {
  if (lines.length === 0) return
  const orders = Map.groupBy(lines, ({ company }) => company)
  for (const [company, ofCompany] of orders) {
    const known = await readLinesOfOrders(tx, company, [...new Set(ofCompany.map(({ orderId }) => orderId))])
    sql.markDelivered(
      tx,
      known.filter(({ state }) => state === 'delivered' || state === 'completed'),
    )
  }
}
