import type { Tx } from '../../kernel/db.ts'
import type { Variant } from '../catalog/index.ts'
import { type Availability, lockAvailability } from '../inventory/index.ts'
import { ChangedMeanwhile } from './again.ts'
import type { Listing } from './listing.ts'
import { lockListings } from './listing-queries.ts'
import { partsOf } from './scope.ts'

export type LockedWithStock = {
  listings: Listing[]
  /** What the listings stand for, and the stock of what those take; by id. */
  variants: ReadonlyMap<string, Variant>
  stock: ReadonlyMap<string, Availability>
}

/**
 * Listings under the locks that their rights move under: the levels of what they take first, then themselves, as
 * everybody does. `also`: variants they will stand for. Throws ChangedMeanwhile when somebody mapped one to something
 * else before it was ours, since then the wrong levels are locked.
 */
export async function lockWithStock(
  tx: Tx,
  rows: readonly Pick<Listing, 'company' | 'listingId' | 'variantId' | 'multiplier'>[],
  also: readonly { company: string; variantId: string }[] = [],
): Promise<LockedWithStock> {
  const { variants, components } = await partsOf(tx, [...rows, ...also])
  const stock = await lockAvailability(tx, components)
  const listings = await lockListings(tx, rows)
  const before = new Map(rows.map((row) => [row.listingId, row]))
  for (const { listingId, variantId, multiplier } of listings) {
    const row = before.get(listingId)!
    if (row.variantId !== variantId || row.multiplier !== multiplier) throw new ChangedMeanwhile()
  }
  return { listings, variants, stock: new Map(stock.map((row) => [row.variantId, row])) }
}
