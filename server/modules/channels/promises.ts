import type { Tx } from '../../kernel/db.ts'
import type { Variant } from '../catalog/index.ts'
import { movePromised } from '../inventory/index.ts'
import { boundOf } from './account.ts'
import type { Connection } from './connection.ts'
import type { Listing } from './listing.ts'
import { needsOf } from './scope.ts'

/** A listing before and after; null where it did not, or does not any more, promise anything. */
export type Promising = { before: Listing | null; after: Listing | null }

/**
 * Tells inventory how Σ rights changed with these listings, in component units. The caller holds the locks of the
 * components' levels, of the old mapping and of the new one: what own sales may take changes with it.
 */
export function movePromises(
  tx: Tx,
  { policy }: Pick<Connection, 'policy'>,
  changes: readonly Promising[],
  variants: ReadonlyMap<string, Variant>,
): void {
  if (policy !== 'rights') return
  const deltas = new Map<string, { company: string; variantId: string; delta: number }>()
  const count = (listing: Listing | null, sign: 1 | -1) => {
    if (!listing) return
    const units = counted(listing)
    for (const { variantId, quantity } of needsOf(listing, variants)) {
      const delta = (deltas.get(variantId)?.delta ?? 0) + sign * units * quantity
      deltas.set(variantId, { company: listing.company, variantId, delta })
    }
  }
  for (const { before, after } of changes) {
    count(before, -1)
    count(after, 1)
  }
  movePromised(
    tx,
    [...deltas.values()].filter(({ delta }) => delta !== 0),
  )
}

/** A right without bound promises nothing that could be counted; the listing is fenced or read before it gets more. */
export const counted = (listing: Listing): number => {
  const units = boundOf(listing)
  return Number.isFinite(units) ? units : 0
}
