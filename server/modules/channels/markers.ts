import type { Tx } from '../../kernel/db.ts'
import * as sql from './queries.ts'
import { marked } from './topics.ts'

/** Marks variants to be looked at: in the transaction that changed them, one small row each. */
export const markVariants = (tx: Tx, variants: readonly { company: string; variantId: string }[]): void => {
  if (variants.length === 0) return
  sql.insertMarkers(tx, variants)
  tx.announce(marked, '', null)
}

/** All that a connection lists: it may be written to again, or shows by another rule from now on. */
export const markConnection = (tx: Tx, company: string, connectionId: string): void => {
  sql.markConnection(tx, company, connectionId)
  tx.announce(marked, '', null)
}
