import type { Tx } from '../../kernel/db.ts'
import type { Variant } from '../catalog/index.ts'
import { type Availability, setPromised } from '../inventory/index.ts'
import { bound } from './allocation/rights.ts'
import type { Connection } from './connection.ts'
import type { Listing } from './listing.ts'
import { needsOf } from './scope.ts'

/**
 * Tells inventory how Σ rights changed with these listings, in component units. The caller holds the locks of the
 * components' levels: what own sales may take changes with it.
 */
export function movePromises(
  tx: Tx,
  changes: readonly { before: Listing; after: Listing }[],
  variants: ReadonlyMap<string, Variant>,
  connections: ReadonlyMap<string, Connection>,
  stock: ReadonlyMap<string, Availability>,
): void {
  const deltas = new Map<string, number>()
  for (const { before, after } of changes) {
    if (connections.get(after.connectionId)?.policy !== 'rights') continue
    const delta = counted(after) - counted(before)
    if (delta === 0) continue
    for (const { variantId, quantity } of needsOf(after, variants)) {
      deltas.set(variantId, (deltas.get(variantId) ?? 0) + delta * quantity)
    }
  }
  const moved = [...deltas].filter(([, delta]) => delta !== 0)
  setPromised(
    tx,
    moved.map(([variantId, delta]) => {
      const { company, promised } = stock.get(variantId)!
      return { company, variantId, promised: promised + delta }
    }),
  )
}

/** A right without bound promises nothing that could be counted; the listing is fenced or read before it gets more. */
const counted = (listing: Listing): number => {
  const units = bound(listing.rights)
  return Number.isFinite(units) ? units : 0
}
