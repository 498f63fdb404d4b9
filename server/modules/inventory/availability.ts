import type { Tx } from '../../kernel/db.ts'
import type { Availability } from './availability-queries.ts'
import * as sql from './availability-queries.ts'

export type { Availability }

type VariantAt = { company: string; variantId: string }

/** As it is right now, perhaps changed a moment later. One row a variant, in the order asked; unknown ones are all 0. */
export const readAvailability = (tx: Tx, variants: readonly VariantAt[]): Promise<Availability[]> =>
  variants.length === 0 ? Promise.resolve([]) : sql.readAvailability(tx, variants)

/**
 * The same under the locks of the variants' levels: nobody else takes stock of them, or changes what is promised,
 * until this transaction ends. Keep it short: orders wait.
 */
export async function lockAvailability(tx: Tx, variants: readonly VariantAt[]): Promise<Availability[]> {
  if (variants.length === 0) return []
  const locked = sql.lockLevelsOfVariants(tx, variants)
  const rows = sql.readAvailability(tx, variants)
  await locked
  return rows
}

/**
 * Moves Σ rights of these variants, in component units. The caller holds their locks (lockAvailability, or has just
 * reserved them), so that what it decided from is still so.
 */
export const movePromised = (tx: Tx, rows: readonly (VariantAt & { delta: number })[]): void => {
  if (rows.length > 0) sql.movePromised(tx, rows)
}
