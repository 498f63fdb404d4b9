import type { Tx } from '../../kernel/db.ts'
import { lockAvailability } from '../inventory/index.ts'
import type { ChannelAdapter, ItemQuantity } from './adapter.ts'
import { bound, sending } from './allocation/rights.ts'
import type { Connection } from './connection.ts'
import { noteSuccess } from './connection-queries.ts'
import { readConnections } from './connections.ts'
import type { ChannelDeps } from './deps.ts'
import { takeFault } from './faults-taken.ts'
import { note } from './journal.ts'
import { type Listing, upToDate } from './listing.ts'
import { listingsOfUnits, lockListings, updateListings } from './listing-queries.ts'
import { movePromises } from './promises.ts'
import { readUnit } from './read-back.ts'
import { needsOf, scopeOf } from './scope.ts'
import { type ClaimedUnit, claimUnits, holdLease, settleUnit } from './unit-queries.ts'
import { endWrite, refuseWrite, type SentItem } from './written.ts'

/** Units one worker has in flight at a connection; the call budget paces them, this bounds memory. */
const UNITS_MAX = 8

export type PushContext = {
  deps: ChannelDeps
  connection: Connection
  adapter: ChannelAdapter
  flush: () => Promise<void>
}

/** Takes due units of a connection and writes or reads them. Answers how many; as many as it takes means more may wait. */
export async function pushDue(context: PushContext): Promise<number> {
  const { deps, connection } = context
  const { company, connectionId } = connection
  const { claimed, lease } = await deps.db.transaction([company], async (tx) => {
    const lease = tx.newId()
    const fresh = (await readConnections(tx)).find((row) => row.connectionId === connectionId)
    // Collect first, then write: while a fault stands, only a completed collection opens the way.
    if (!fresh || fresh.paused || fresh.parked || fresh.failures > 0) return { claimed: [], lease }
    return { claimed: await claimUnits(tx, company, connectionId, lease, UNITS_MAX), lease }
  })
  await Promise.all(claimed.map((unit) => pushUnit(context, unit, lease)))
  return claimed.length
}

/** What a claim ends with; null values say nothing further is wanted. */
export type UnitEnd = Parameters<typeof settleUnit>[3]

async function pushUnit(context: PushContext, claimed: ClaimedUnit, lease: string): Promise<void> {
  const { deps, connection } = context
  const at = { company: connection.company, connectionId: connection.connectionId, unit: claimed.unit }
  let end: UnitEnd
  try {
    const written = claimed.write ? await writeUnit(context, claimed, lease) : null
    end = written ?? (await readUnit(context, claimed))
  } catch (error) {
    if (error instanceof LeaseLost) return
    end = await takeFault(context, claimed, error)
  }
  await context.flush()
  await deps.db.transaction([at.company], async (tx) => settleUnit(tx, at, lease, end))
}

/** One absolute set of one unit. Null: there was nothing to write, so the claim may go on to read. */
async function writeUnit(context: PushContext, claimed: ClaimedUnit, lease: string): Promise<UnitEnd | null> {
  const { deps, connection, adapter } = context
  const sent = await deps.db.transaction([connection.company], (tx) => prepare(tx, context, claimed.unit, lease))
  if (sent.length === 0) return claimed.read ? null : { writeInMs: null, readInMs: null, succeeded: true }
  const items: ItemQuantity[] = sent.map(({ listing, value }) => ({ item: listing.item, quantity: value }))
  try {
    const seen = await adapter.setStock(claimed.unit, items)
    return await deps.db.transaction([connection.company], async (tx) => {
      const end = await endWrite(tx, connection, sent, seen)
      // The connection's row is locked last everywhere: a collection holds listings when it comes to it.
      noteSuccess(tx, connection)
      return end
    })
  } catch (error) {
    return refuseWrite(context, claimed, sent, error as Error)
  }
}

/**
 * Decides what is sent, at the last moment, under the locks of the stock behind it; under rights the write is stored
 * as pending and its value counted as promised before a byte leaves. Nothing is sent that the free part cannot pay.
 */
async function prepare(tx: Tx, context: PushContext, unit: string, lease: string): Promise<SentItem[]> {
  const { connection } = context
  const { company, connectionId } = connection
  const rows = (await listingsOfUnits(tx, company, connectionId, [unit])).filter((row) => row.variantId !== null)
  const { variants, components } = await scopeOf(
    tx,
    rows.map((row) => ({ company, variantId: row.variantId! })),
  )
  const needed = components.filter((part) =>
    rows.some((row) => needsOf(row, variants).some((need) => need.variantId === part.variantId)),
  )
  const stock = new Map((await lockAvailability(tx, needed)).map((row) => [row.variantId, row]))
  const fresh = (await readConnections(tx)).find((row) => row.connectionId === connectionId)!
  const locked = await lockListings(tx, rows)
  const now = await tx.now()
  const free = new Map([...stock].map(([variantId, row]) => [variantId, row.available - row.promised]))
  const changes = locked.flatMap((before): { before: Listing; after: Listing; value: number | null }[] => {
    const current = upToDate(before, fresh)
    const released = boundChange(before, current)
    for (const need of needsOf(current, variants)) addTo(free, need.variantId, -released * need.quantity)
    const value = valueToSend(current, fresh, needsOf(current, variants), free)
    if (value === null) return current === before ? [] : [{ before, after: current, value }]
    if (fresh.policy === 'rights') {
      for (const need of needsOf(current, variants)) addTo(free, need.variantId, -value * need.quantity)
    }
    return [{ before, after: sendingNow(current, fresh, value, now), value }]
  })
  movePromises(tx, changes, variants, new Map([[connectionId, fresh]]), stock)
  updateListings(
    tx,
    changes.map(({ after }) => after),
  )
  const sent = changes.flatMap(({ before, after, value }) =>
    value === null ? [] : [{ listing: after, value, before }],
  )
  note(
    tx,
    sent.map(({ listing, value }) => ({ company, listingId: listing.listingId, kind: 'sent' as const, value })),
  )
  // The unit's row comes last, as everywhere: levels, listings, units. A lease that ran out undoes all of it.
  if (!(await holdLease(tx, { company, connectionId, unit }, lease))) throw new LeaseLost(unit)
  return sent
}

/** Somebody else is at the unit by now: this worker's decision is stale and was not written. */
class LeaseLost extends Error {
  constructor(unit: string) {
    super(`the claim of unit ${unit} ran out`)
    this.name = 'LeaseLost'
  }
}

const addTo = (free: Map<string, number>, variantId: string, units: number): void => {
  free.set(variantId, (free.get(variantId) ?? 0) + units)
}

/** What collections since have freed, in listing units; 0 for a right that was without bound. */
function boundChange(before: Listing, current: Listing): number {
  const change = bound(current.rights) - bound(before.rights)
  return Number.isFinite(change) ? change : 0
}

const sendingNow = (listing: Listing, connection: Connection, value: number, now: number): Listing => ({
  ...listing,
  sent: value,
  sentAt: now,
  rights: connection.policy === 'rights' ? sending(listing.rights, value, now) : listing.rights,
})

/**
 * Plain policies send what is desired. Under rights a raise sends what the free part can pay and is dropped when that
 * raises nothing; a lowering that the free part cannot pay goes to 0, which costs nothing and is always allowed.
 */
function valueToSend(
  listing: Listing,
  connection: Connection,
  needs: readonly { variantId: string; quantity: number }[],
  free: ReadonlyMap<string, number>,
): number | null {
  const { desired, shown } = listing
  if (desired === null || desired === shown || listing.fault !== null) return null
  if (connection.policy !== 'rights' || desired === 0) return desired
  if (!Number.isFinite(bound(listing.rights))) return 0
  if (listing.rights.writes.some((write) => write.endedAt === null)) return null
  const affordable = Math.min(...needs.map((need) => Math.floor((free.get(need.variantId) ?? 0) / need.quantity)))
  if (shown !== null && desired < shown) return desired <= affordable ? desired : 0
  const value = Math.min(desired, affordable)
  return value > (shown ?? 0) ? value : null
}
