import type { Tx } from '../../kernel/db.ts'
import { componentsOf, readVariants } from '../catalog/index.ts'
import { lockAvailability } from '../inventory/index.ts'
import { mapLines, waitingLines } from '../orders/index.ts'
import { noDemand } from './allocation/demand.ts'
import { neverSeen, type Rights } from './allocation/rights.ts'
import type { Connection } from './connection.ts'
import { note } from './journal.ts'
import type { Listing } from './listing.ts'
import { insertListings, mapListing } from './listing-queries.ts'
import { markVariants } from './markers.ts'
import { movePromises } from './promises.ts'
import { scopeOf } from './scope.ts'
import { wantRead } from './unit-queries.ts'

export type NewListing = {
  unit: string
  item: string
  sellerCode: string | null
  variantId: string | null
  multiplier: number
  /** What the marketplace shows now, if somebody has just read it; null: unknown, and it will be read. */
  observed: number | null
}

/** A listing that enters our books at `now`: what is observed is all it may sell, what is unknown is without bound. */
export function newListing(
  tx: Tx,
  { company, connectionId }: Pick<Connection, 'company' | 'connectionId'>,
  { unit, item, sellerCode, variantId, multiplier, observed }: NewListing,
  now: number,
): Listing {
  const rights: Rights =
    observed === null ? neverSeen(now) : { counterMax: observed, completeUpTo: now, writes: [], reads: [], seen: [] }
  const seenAt = observed === null ? null : now
  return {
    ...{ company, connectionId, unit, item, sellerCode, variantId, multiplier, rights, observed },
    ...{ listingId: tx.newId(), desired: observed, desiredAt: null, sent: null, sentAt: null, accepted: null },
    ...{ acceptedAt: null, observedAt: seenAt, shown: observed, shownAt: seenAt, demand: noDemand(now), movedAt: null },
    ...{ lowering: false, fault: null, raced: 0, drifted: 0, unexplained: 0, racedSince: 0 },
  }
}

/**
 * Takes listings into the books, in a transaction of their own. Under rights what they show counts as promised from
 * this moment; listings nobody has read yet are asked for at once. Answers their ids, in order.
 */
export async function adoptListings(
  tx: Tx,
  connection: Connection,
  listings: readonly NewListing[],
): Promise<string[]> {
  const { company, connectionId } = connection
  const at = listings.flatMap(({ variantId }) => (variantId ? [{ company, variantId }] : []))
  const { variants, components } = await scopeOf(tx, at)
  const stock = new Map((await lockAvailability(tx, components)).map((row) => [row.variantId, row]))
  const now = await tx.now()
  const made = listings.map((listing) => newListing(tx, connection, listing, now))
  insertListings(tx, made, 'seller')
  const nothing = (listing: Listing): Listing => ({ ...listing, rights: { ...neverSeen(now), counterMax: 0 } })
  const changes = made.map((after) => ({ before: nothing(after), after }))
  movePromises(tx, changes, variants, new Map([[connectionId, connection]]), stock)
  wantRead(
    tx,
    made.filter(({ observed }) => observed === null).map(({ unit }) => ({ company, connectionId, unit })),
    0,
  )
  markVariants(tx, at)
  return made.map((listing) => listing.listingId)
}

/**
 * Says which variant a listing is, how many one sold unit takes (1+1 = 2), and repairs every order that waited for it:
 * nothing is refused, what is missing is recorded. A null variant takes the mapping back; orders taken meanwhile keep
 * what they hold.
 */
export async function mapListingTo(
  tx: Tx,
  connection: Connection,
  listingId: string,
  to: { variantId: string | null; multiplier: number; by: string },
): Promise<{ repaired: number } | null> {
  const { company } = connection
  const listing = await mapListing(tx, { company, listingId }, to)
  if (!listing) return null
  note(tx, [{ company, listingId, kind: 'mapped', value: to.multiplier, detail: to.by }])
  if (to.variantId === null) return { repaired: 0 }
  const [variant] = await readVariants(tx, [{ company, variantId: to.variantId }])
  if (!variant) return null
  const waiting = await waitingLines(tx, company, listingId)
  await mapLines(
    tx,
    to.by,
    waiting.map((line) => ({
      line,
      listingId,
      variantId: variant.variantId,
      sku: variant.sku,
      multiplier: to.multiplier,
      takes: componentsOf(variant),
    })),
    connection.warehouses,
  )
  wantRead(tx, [{ company, connectionId: connection.connectionId, unit: listing.unit }], 0)
  markVariants(tx, [{ company, variantId: variant.variantId }])
  return { repaired: waiting.length }
}
