import type { Tx } from '../../kernel/db.ts'
import * as sql from './availability-queries.ts'

/** Which of these reservations still miss units of any line; margins that were agreed on count too. */
export async function stillMissing(
  tx: Tx,
  reservations: readonly { company: string; reservationId: string }[],
): Promise<Set<string>> {
  if (reservations.length === 0) return new Set()
  return new Set((await sql.reservationsMissing(tx, reservations)).map((row) => row.reservation_id))
}
