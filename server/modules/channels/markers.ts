import type { Tx } from '../../kernel/db.ts'
import * as sql from './queries.ts'

/** Marks variants to be looked at: in the transaction that changed them, one small row each. */
export const markVariants = (tx: Tx, variants: readonly { company: string; variantId: string }[]): void => {
  if (variants.length > 0) sql.insertMarkers(tx, variants)
}
