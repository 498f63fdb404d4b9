import type { Tx } from '../../kernel/db.ts'
import { lockAvailability } from '../inventory/index.ts'
import { noDemand } from './allocation/demand.ts'
import { neverSeen, type Rights } from './allocation/rights.ts'
import type { Connection } from './connection.ts'
import { lockConnection, readConnection } from './connection-queries.ts'
import { type JournalEntry, note } from './journal.ts'
import type { Listing } from './listing.ts'
import { findListing, insertListings, mapListing } from './listing-queries.ts'
import { lockWithStock } from './locked.ts'
import { markVariants } from './markers.ts'
import { movePromises } from './promises.ts'
import { partsOf } from './scope.ts'
import { knowUnits, wantRead } from './unit-queries.ts'
import { LINES_MAX, repairLines } from './waiting-lines.ts'

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
    ...{ company, connectionId, unit, item, sellerCode, variantId, multiplier, rights, observed, exchange: null },
    ...{ listingId: tx.newId(), desired: observed, desiredAt: null, sent: null, sentAt: null, accepted: null },
    ...{ acceptedAt: null, observedAt: seenAt, shown: observed, shownAt: seenAt, demand: noDemand(now), movedAt: null },
    ...{ lowering: false, pooled: false, fault: null, raced: 0, drifted: 0, unexplained: 0, racedSince: 0 },
  }
}

/**
 * Takes listings into the books, in a transaction of their own. Under rights what they show counts as promised from
 * this moment; listings nobody has read yet are asked for at once. Answers their ids, in order.
 */
export async function adoptListings(
  tx: Tx,
  connection: Pick<Connection, 'company' | 'connectionId'>,
  listings: readonly NewListing[],
): Promise<string[]> {
  const { company, connectionId } = connection
  const at = listings.flatMap(({ variantId }) => (variantId ? [{ company, variantId }] : []))
  const { variants, components } = await partsOf(tx, at)
  await lockAvailability(tx, components)
  const now = await tx.now()
  const made = listings.map((listing) => newListing(tx, connection, listing, now))
  insertListings(tx, made, 'seller')
  note(tx, made.flatMap(seenAlready))
  const unitOf = ({ unit }: Listing) => ({ company, connectionId, unit })
  knowUnits(tx, made.map(unitOf))
  wantRead(tx, made.filter(({ observed }) => observed === null).map(unitOf), 0)
  markVariants(tx, at)
  // Another policy may have been chosen since the caller read it, and whoever chooses one now has to see these listings.
  const { policy } = (await lockConnection(tx, company, connectionId))!
  movePromises(
    tx,
    { policy },
    made.map((after) => ({ before: null, after })),
    variants,
  )
  return made.map((listing) => listing.listingId)
}

/** Later looks that see the same are not in the journal. */
const seenAlready = ({ company, listingId, observed }: Listing): JournalEntry[] =>
  observed === null ? [] : [{ company, listingId, kind: 'observed', value: observed }]

/**
 * Says which variant a listing is, how many one sold unit takes (1+1 = 2), and repairs every order that waited for it:
 * `most` lines at once, those beyond by a worker. Nothing is refused, what is missing is recorded. A null variant takes the mapping back; orders taken meanwhile keep
 * what they hold. What the listing may still sell is promised of the new variant, and no longer of the old one. Null
 * when the listing or the variant is not there.
 */
export async function mapListingTo(
  tx: Tx,
  at: Pick<Connection, 'company' | 'connectionId'>,
  listingId: string,
  to: { variantId: string | null; multiplier: number; by: string },
  most = LINES_MAX,
): Promise<{ repaired: number } | null> {
  const { company, connectionId } = at
  const row = await findListing(tx, company, listingId)
  if (!row) return null
  const target = to.variantId === null ? [] : [{ company, variantId: to.variantId }]
  const { listings, variants } = await lockWithStock(tx, [row], target)
  const variant = to.variantId === null ? null : (variants.get(to.variantId) ?? null)
  if (to.variantId !== null && !variant) return null
  // Under the listing's lock, which whoever chooses a policy waits for.
  const connection = (await readConnection(tx, company, connectionId))!
  const before = listings[0]!
  const after = { ...before, variantId: to.variantId, multiplier: to.multiplier }
  mapListing(tx, after, to.by)
  movePromises(tx, connection, [{ before, after }], variants)
  note(tx, [{ company, listingId, kind: 'mapped', value: to.multiplier, detail: to.by }])
  markVariants(tx, [...target, ...(before.variantId === null ? [] : [{ company, variantId: before.variantId }])])
  if (!variant) return { repaired: 0 }
  const repaired = await repairLines(tx, to.by, connection, after, variant, most)
  wantRead(tx, [{ company, connectionId, unit: before.unit }], 0)
  return { repaired }
}
