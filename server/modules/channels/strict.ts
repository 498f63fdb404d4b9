import type { Tx } from '../../kernel/db.ts'
import { markVariants } from './markers.ts'
import * as sql from './strict-queries.ts'

/**
 * The one switch per product: its last units are never shown in two places, whatever the connections risk. What shows
 * them now is lowered back to shares by the next plan.
 */
export function setStrict(tx: Tx, company: string, variantId: string, strict: boolean): void {
  sql.setStrict(tx, company, variantId, strict)
  markVariants(tx, [{ company, variantId }])
}
