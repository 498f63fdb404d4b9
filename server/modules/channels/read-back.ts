import type { Tx } from '../../kernel/db.ts'
import { lockAvailability } from '../inventory/index.ts'
import type { StockReading } from './adapter.ts'
import { readBack } from './allocation/rights.ts'
import type { Connection } from './connection.ts'
import { noteSuccess } from './connection-queries.ts'
import { readConnections } from './connections.ts'
import type { ClaimedWork } from './faults-taken.ts'
import { note } from './journal.ts'
import { clockErrorOf, type Listing, upToDate } from './listing.ts'
import { listingsOfUnits, lockListings, updateListings } from './listing-queries.ts'
import { markVariants } from './markers.ts'
import { movePromises } from './promises.ts'
import type { PushContext, UnitEnd } from './push.ts'
import { scopeOf } from './scope.ts'

/** Asks the marketplace what buyers see. Lowers no right by itself: the next collection past it does. */
export async function readUnit(context: PushContext, claimed: ClaimedWork): Promise<UnitEnd> {
  const { deps, connection, adapter } = context
  const { company, connectionId } = connection
  const sentAt = await deps.db.transaction([company], (tx) => tx.now())
  const reading = await adapter.readStock(claimed.unit)
  return deps.db.transaction([company], async (tx): Promise<UnitEnd> => {
    const rows = await listingsOfUnits(tx, company, connectionId, [claimed.unit])
    const at = rows.flatMap((row) => (row.variantId ? [{ company, variantId: row.variantId }] : []))
    const { variants, components } = await scopeOf(tx, at)
    const stock = new Map((await lockAvailability(tx, components)).map((row) => [row.variantId, row]))
    const fresh = (await readConnections(tx)).find((row) => row.connectionId === connectionId)!
    const locked = await lockListings(tx, rows)
    const current = locked.map((listing) => upToDate(listing, fresh))
    const observed = observe(tx, fresh, current, reading, { sentAt, now: await tx.now() })
    const changes = locked.map((before, i) => ({ before, after: observed[i]! }))
    movePromises(tx, changes, variants, new Map([[connectionId, fresh]]), stock)
    updateListings(tx, observed)
    markVariants(tx, at)
    noteSuccess(tx, connection)
    const again = observed.some((listing) => listing.desired !== listing.shown)
    return { writeInMs: again && fresh.mode === 'push' ? 0 : null, readInMs: null, wasRead: true, succeeded: true }
  })
}

/**
 * Takes note of what was read. A number that differs from our belief is believed; whether orders we have not been told
 * of explain it, or somebody edited it, is known once a collection has gone past the read (see settle.ts).
 *
 * `sentAt` null: the reading came with a write's answer and replaces nothing in the rights.
 */
export function observe(
  tx: Tx,
  connection: Connection,
  listings: readonly Listing[],
  reading: StockReading,
  when: { sentAt: number | null; now: number },
): Listing[] {
  const items = new Map(reading.items.map((item) => [item.item, item]))
  return listings.map((listing) => {
    const item = items.get(listing.item)
    if (!item) return listing
    const counter = item.quantity
    const missing = listing.shown === null ? 0 : listing.shown - counter
    // A sale stamped while our write was under way may have come before or after it: both are explained.
    const raced = missing > 0 && missing <= listing.racedSince
    const differs = missing !== 0 && !raced
    note(tx, [
      {
        company: listing.company,
        listingId: listing.listingId,
        kind: 'observed',
        value: counter,
        ...(differs ? { detail: `expected ${listing.shown}` } : {}),
      },
    ])
    const rights =
      when.sentAt === null || connection.policy !== 'rights'
        ? listing.rights
        : readBack(listing.rights, counter, when.sentAt, when.now, clockErrorOf(connection))
    const resting = listing.desired === listing.shown
    return {
      ...listing,
      observed: counter,
      observedAt: when.sentAt ?? when.now,
      shown: counter,
      shownAt: when.sentAt ?? when.now,
      // Under rights a resting listing wants what it shows; what the planner makes of a surprise comes next.
      desired: connection.policy === 'rights' && resting ? counter : listing.desired,
      rights,
      unexplained: listing.unexplained + (differs ? missing : 0),
      racedSince: 0,
    }
  })
}
