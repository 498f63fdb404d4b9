import type { Tx } from '../../kernel/db.ts'
import { readAvailability } from '../inventory/index.ts'
import type { Capabilities } from './adapter.ts'
import { type Raised, raiseAlarms } from './alarms.ts'
import { type Connection, isReachable } from './connection.ts'
import { readConnections } from './connections.ts'
import { isLeftAlone } from './drift.ts'
import { type JournalEntry, note } from './journal.ts'
import { type Listing, upToDate } from './listing.ts'
import { lockListingsOfVariants, updateListings } from './listing-queries.ts'
import { planStanding, type Standing, type Wish } from './planning.ts'
import { claimMarkers } from './queries.ts'
import { scopeOf } from './scope.ts'
import { strictVariants } from './strict-queries.ts'
import { type UnitAt, type WantedWork, wantWork } from './unit-queries.ts'

/** Markers looked at in one transaction. */
const MARKERS_MAX = 500

export type Reconciled = {
  /** Variants looked at; as many as asked for means there may be more. */
  variants: number
  more: boolean
  /** Somebody starves: look at these variants again within seconds. */
  starving: { company: string; variantId: string }[]
  /** To be told once the transaction has committed. */
  alarms: Raised[]
}

/**
 * Looks at the world for every marked variant and stores what each of its listings should show. Told only which
 * variant, never what happened to it: a lost, doubled or late marker costs nothing.
 *
 * Listings are locked before stock is read, so whoever writes last has seen the newest stock. It locks nothing an
 * order needs, calls nobody, and commits before anything is sent.
 */
export async function reconcileMarked(
  tx: Tx,
  company: string,
  capabilities: (channel: string) => Capabilities | undefined,
  restMs: number,
): Promise<Reconciled> {
  const marked = await claimMarkers(tx, company, MARKERS_MAX)
  if (marked.length === 0) return { variants: 0, more: false, starving: [], alarms: [] }
  const since = new Map(marked.map((marker) => [marker.variantId, marker.markedAt]))
  const found = await reconcileVariants(tx, marked, since, capabilities, restMs)
  return { variants: marked.length, more: marked.length >= MARKERS_MAX, ...found }
}

async function reconcileVariants(
  tx: Tx,
  start: readonly { company: string; variantId: string }[],
  since: ReadonlyMap<string, number>,
  capabilities: (channel: string) => Capabilities | undefined,
  restMs: number,
): Promise<Pick<Reconciled, 'starving' | 'alarms'>> {
  const { variants, components } = await scopeOf(tx, start)
  const connections = new Map((await readConnections(tx)).map((connection) => [connection.connectionId, connection]))
  const locked = await lockListingsOfVariants(
    tx,
    [...variants.values()].map(({ company, variantId }) => ({ company, variantId })),
  )
  const stock = new Map((await readAvailability(tx, components)).map((row) => [row.variantId, row]))
  const standing: Standing = {
    now: await tx.now(),
    variants,
    stock,
    connections,
    listings: locked.map((listing) => upToDate(listing, connections.get(listing.connectionId)!)),
    strict: await strictVariants(tx, [...variants.values()]),
    largest: (connection) => capabilities(connection.channel)?.largestQuantity ?? 0,
  }
  const { wishes, worthReading, starving, exposed } = planStanding(standing)
  // Rights brought up to date lower promises; only who holds the stock's locks may write them, so they are not stored here.
  const original = new Map(locked.map((listing) => [listing.listingId, listing]))
  const writes = storeWishes(tx, wishes, original, connections, since, standing.now)
  const reads = worthReading.map((listing): WantedWork => ({ ...unitOf(listing), readInMs: 0 }))
  wantWork(tx, [...writes, ...reads], restMs)
  const at = (variantId: string) => ({ company: variants.get(variantId)!.company, variantId })
  const alarms = exposed.map(({ variantId, units }) => ({
    ...at(variantId),
    ...{ connectionId: null, listingId: null },
    facts: { kind: 'rights_above_stock' as const, units },
  }))
  return { starving: starving.map(at), alarms: await raiseAlarms(tx, alarms) }
}

const unitOf = ({ company, connectionId, unit }: Listing): UnitAt => ({ company, connectionId, unit })

function storeWishes(
  tx: Tx,
  wishes: readonly Wish[],
  original: ReadonlyMap<string, Listing>,
  connections: ReadonlyMap<string, Connection>,
  since: ReadonlyMap<string, number>,
  now: number,
): WantedWork[] {
  const changed: Listing[] = []
  const journal: JournalEntry[] = []
  const writes: WantedWork[] = []
  for (const {
    listing: { listingId },
    desired,
    urgency,
    pooled,
  } of wishes) {
    const listing = original.get(listingId)!
    const wanted = desired !== listing.shown
    if (desired !== listing.desired) {
      const desiredAt = wanted ? (waitingSince(listing) ?? since.get(listing.variantId!) ?? now) : null
      changed.push({ ...listing, desired, desiredAt, pooled })
      journal.push({ company: listing.company, listingId, kind: 'desired', value: desired })
    } else if (pooled !== listing.pooled) changed.push({ ...listing, pooled })
    const connection = connections.get(listing.connectionId)!
    if (
      wanted &&
      isReachable(connection) &&
      !waitsForOrders(listing, desired) &&
      !isLeftAlone(listing, listing, connection)
    ) {
      writes.push({ ...unitOf(listing), urgency })
    }
  }
  updateListings(tx, changed)
  note(tx, journal)
  return writes
}

/**
 * It was read lower than believed. Whether buyers took the units, or somebody edited the number, the next collection
 * tells, and marks it then; raising it before would put units back on the shelf that are sold.
 */
const waitsForOrders = ({ unexplained, shown }: Listing, desired: number): boolean =>
  unexplained !== 0 && shown !== null && desired > shown

/** A listing that already waits for a change keeps the time of the oldest one. */
const waitingSince = (listing: Listing): number | null =>
  listing.desired !== null && listing.desired !== listing.shown ? listing.desiredAt : null
