import type { Tx } from '../../kernel/db.ts'
import * as sql from './reserved-queries.ts'

/** Units of one variant that lie reserved in one warehouse for one line. */
export type Reserved = {
  company: string
  reservationId: string
  lineNo: number
  variantId: string
  warehouseId: string
  quantity: number
}

/** What lies reserved for these reservations now, and where; not locked, so a count may still take it away. */
export const readReserved = (
  tx: Tx,
  reservations: readonly { company: string; reservationId: string }[],
): Promise<Reserved[]> => (reservations.length === 0 ? Promise.resolve([]) : sql.reservedLines(tx, reservations))
