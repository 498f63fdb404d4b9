import type { Tx } from '../../kernel/db.ts'
import { applyStock } from './apply.ts'
import * as sql from './queries.ts'

/**
 * Gives back holds whose time is over, at most `most`, oldest first. Returns how many were expired; asking again when
 * it equals `most` finds the rest. Batches that need the stock do the same by themselves, so this only cleans up.
 */
export async function expireDueHolds(tx: Tx, companies: readonly string[], most: number): Promise<number> {
  const due = await sql.dueHolds(tx, companies, most)
  const outcomes = await applyStock(
    tx,
    due.map((row) => ({
      verb: 'expire' as const,
      company: row.company_id,
      source: row.source,
      ref: row.source_ref,
      actor: 'expiry',
    })),
  )
  return outcomes.filter((outcome) => outcome.kind === 'expired').length
}
