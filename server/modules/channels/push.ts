import type { Tx } from '../../kernel/db.ts'
import { boundOf, isExact, isExchanging } from './account.ts'
import type { ChannelAdapter, ItemQuantity } from './adapter.ts'
import { transaction } from './again.ts'
import { answered, sending } from './allocation/rights.ts'
import { type Connection, isReachable } from './connection.ts'
import { readConnection } from './connections.ts'
import type { ChannelDeps } from './deps.ts'
import { exchangeUnit } from './exchange-unit.ts'
import { takeFault } from './faults-taken.ts'
import { note } from './journal.ts'
import { whileHeld } from './lease.ts'
import { type Listing, upToDate } from './listing.ts'
import { listingsOfUnits, updateListings } from './listing-queries.ts'
import { lockWithStock } from './locked.ts'
import { counted, movePromises } from './promises.ts'
import { readUnit } from './read-back.ts'
import { needsOf } from './scope.ts'
import {
  type ClaimedUnit,
  claimUnits,
  holdLease,
  nextDue,
  type Share,
  settleUnit,
  type UnitEnd,
} from './unit-queries.ts'
import { askedAs } from './urgency.ts'
import { endWrite, refuseWrite, type SentItem, unknownOutcome } from './written.ts'

export type PushContext = {
  deps: ChannelDeps
  connection: Connection
  adapter: ChannelAdapter
  flush: () => Promise<void>
}

/** A unit as it was claimed, with the lease that says it is ours. */
export type Claim = ClaimedUnit & { company: string; connectionId: string; lease: string }

/** What was taken; with nothing, ms until there may be something, or null when nothing waits. */
export type Claimed = { claims: Claim[]; nextInMs: number | null }

/** Takes due units of a connection for this worker. */
export async function claimDue({ deps, connection }: PushContext, share: Share): Promise<Claimed> {
  const { company, connectionId } = connection
  return transaction(deps.db, company, async (tx) => {
    const lease = tx.newId()
    const units = await claimUnits(tx, company, connectionId, lease, share)
    const claims = units.map((unit) => ({ ...unit, company, connectionId, lease }))
    return { claims, nextInMs: claims.length > 0 ? 0 : await nextDue(tx, company, connectionId) }
  })
}

/** Writes or reads what was taken, and ends each claim. */
export async function pushClaims(context: PushContext, claims: readonly Claim[]): Promise<void> {
  await Promise.all(claims.map((claim) => pushHeld(context, claim)))
}

function pushHeld(context: PushContext, claim: Claim): Promise<void> {
  const { clock, db } = context.deps
  const renew = () => db.transaction([claim.company], (tx) => holdLease(tx, claim))
  return whileHeld(clock, renew, () => pushUnit(context, claim))
}

async function pushUnit(context: PushContext, claim: Claim): Promise<void> {
  try {
    if (claim.write && (await writeUnit(context, claim)) === 'done') return
    await readUnit(context, claim)
  } catch (error) {
    const end = await takeFault(context, claim, error)
    await context.flush()
    await endClaim(context, claim, end)
  }
}

const endClaim = ({ deps }: PushContext, claim: Claim, end: UnitEnd): Promise<void> =>
  transaction(deps.db, claim.company, async (tx) => settleUnit(tx, claim, end, deps.restMs))

/** One absolute set of one unit. 'read': there was nothing to write, but something to look at. */
async function writeUnit(context: PushContext, claim: Claim): Promise<'done' | 'read'> {
  const { deps, adapter } = context
  const prepared = await transaction(deps.db, claim.company, (tx) => prepare(tx, context, claim))
  if (prepared.kind === 'exchange') return exchangeUnit(context, claim)
  if (prepared.kind !== 'send') return prepared.kind
  const { sent, connection } = prepared
  const items: ItemQuantity[] = sent.map(({ listing, value }) => ({ item: listing.item, quantity: value }))
  try {
    const seen = await adapter.setStock(claim.unit, items)
    await context.flush()
    await transaction(deps.db, claim.company, (tx) => endWrite(tx, connection, claim, sent, seen, deps.restMs))
  } catch (error) {
    const end = await refuseWrite(context, claim, sent, error as Error)
    await context.flush()
    await endClaim(context, claim, end)
  }
  return 'done'
}

type Prepared = { kind: 'send'; sent: SentItem[]; connection: Connection } | { kind: 'exchange' | 'read' | 'done' }

const LATER_MS = 1_000

/** Nothing may be asked for now. Who forbade it marks the variants when it is over; no mark asks for a proof. */
const later = (claim: Claim): UnitEnd => ({
  writeInMs: LATER_MS,
  readInMs: claim.read ? LATER_MS : null,
  succeeded: true,
})

/**
 * Decides what is sent, at the last moment, under the locks of the stock behind it; under rights the write is stored
 * as pending and its value counted as promised before a byte leaves. Nothing is sent that the free part cannot pay.
 */
async function prepare(tx: Tx, context: PushContext, claim: Claim): Promise<Prepared> {
  const { company, connectionId, unit } = claim
  const all = await listingsOfUnits(tx, company, connectionId, [unit])
  // What was stopped is put on sale again whatever was switched meanwhile. Only who holds the lease begins or ends one.
  if (all.some(isExchanging)) return { kind: 'exchange' }
  const rows = all.filter((row) => row.variantId !== null)
  const { listings: locked, variants, stock } = await lockWithStock(tx, rows)
  // Read under the locks: a change of policy holds them, too.
  const connection = await readConnection(tx, company, connectionId)
  const now = await tx.now()
  // Last, since others come to the unit with listings locked.
  if (!(await holdLease(tx, claim))) return { kind: 'done' }
  if (!connection || !isReachable({ ...connection, mode: 'push' })) {
    settleUnit(tx, claim, later(claim), context.deps.restMs)
    return { kind: 'done' }
  }
  if (locked.some(isOrphaned)) return askFirst(tx, context, claim, locked, now)
  // Kept due, it would be taken on each second, and no sweep reads a unit that waits for a write.
  if (connection.mode === 'observe') return nothingSent(tx, context, claim, locked)
  if (isExact(connection)) return { kind: 'exchange' }

  const free = new Map([...stock].map(([variantId, row]) => [variantId, row.available - row.promised]))
  const changes = locked.flatMap((before): { before: Listing; after: Listing; value: number | null }[] => {
    const current = upToDate(before, connection)
    const needs = needsOf(current, variants)
    const change = counted(current) - counted(before)
    for (const need of needs) addTo(free, need.variantId, -change * need.quantity)
    const value = valueToSend(current, connection, needs, current.pooled ? whole(stock) : free)
    if (value === null) return current === before ? [] : [{ before, after: current, value }]
    if (connection.policy === 'rights') {
      for (const need of needs) addTo(free, need.variantId, -value * need.quantity)
    }
    return [{ before, after: sendingNow(current, connection, value, now), value }]
  })
  movePromises(tx, connection, changes, variants)
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
  if (sent.length > 0) return { kind: 'send', sent, connection }
  return nothingSent(tx, context, claim, locked)
}

/** The write is let go: whoever changes what is wanted, or the mode, has the variants planned for again. */
function nothingSent(tx: Tx, { deps }: PushContext, claim: Claim, listings: readonly Listing[]): Prepared {
  if (claim.read || listings.some(({ shown }) => shown === null)) return { kind: 'read' }
  settleUnit(tx, claim, { writeInMs: null, readInMs: null, succeeded: true }, deps.restMs)
  return { kind: 'done' }
}

/** The lease is ours, so whoever sent this write died before its answer: its outcome is unknown. */
const isOrphaned = (listing: Listing): boolean => listing.rights.writes.some((write) => write.endedAt === null)

/** No other write or read before the lost one can no longer be applied; then a read tells. */
function askFirst(
  tx: Tx,
  { adapter, deps }: PushContext,
  claim: Claim,
  listings: readonly Listing[],
  now: number,
): Prepared {
  const { unknownSettlesMs } = adapter.capabilities
  updateListings(
    tx,
    listings.filter(isOrphaned).map((listing) => {
      const open = listing.rights.writes.filter((write) => write.endedAt === null)
      const rights = open.reduce((kept, { sentAt }) => answered(kept, sentAt, now + unknownSettlesMs), listing.rights)
      return { ...listing, ...unknownOutcome, rights }
    }),
  )
  const asks = { readInMs: unknownSettlesMs, readUrgency: askedAs(claim.urgency), unknownForMs: unknownSettlesMs }
  settleUnit(tx, claim, { writeInMs: null, ...asks, succeeded: false }, deps.restMs)
  return { kind: 'done' }
}

/** What a pooled listing may show: everything, whoever else shows it. */
const whole = (stock: ReadonlyMap<string, { available: number }>): Map<string, number> =>
  new Map([...stock].map(([variantId, { available }]) => [variantId, available]))

const addTo = (free: Map<string, number>, variantId: string, units: number): void => {
  free.set(variantId, (free.get(variantId) ?? 0) + units)
}

const sendingNow = (listing: Listing, connection: Connection, value: number, now: number): Listing => ({
  ...listing,
  sent: value,
  sentAt: now,
  rights: connection.policy === 'rights' ? sending(listing.rights, value, now) : listing.rights,
})

/**
 * Plain policies send what is desired. Under rights a raise sends what the free part can pay and is dropped when that
 * raises nothing; a lowering that the free part cannot pay goes to 0, which costs nothing and is always allowed. What
 * is not known is read before it is raised.
 *
 * `free`: for a listing that pools its last units, all that is available: others show it, too, and what is shared may be
 * lowered to.
 */
export function valueToSend(
  listing: Listing,
  connection: Pick<Connection, 'policy'>,
  needs: readonly { variantId: string; quantity: number }[],
  free: ReadonlyMap<string, number>,
): number | null {
  const { desired, shown } = listing
  if (desired === null || desired === shown || listing.fault !== null || needs.length === 0) return null
  if (connection.policy !== 'rights' || desired === 0) return desired
  if (shown === null || !Number.isFinite(boundOf(listing))) return null
  const affordable = Math.min(...needs.map((need) => Math.floor((free.get(need.variantId) ?? 0) / need.quantity)))
  if (desired < shown) return desired <= affordable ? desired : 0
  const value = Math.min(desired, affordable)
  return value > shown ? value : null
}
