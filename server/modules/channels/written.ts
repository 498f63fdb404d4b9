import type { Tx } from '../../kernel/db.ts'
import { CHANNEL_FAULTS, ChannelFault, type StockReading } from './adapter.ts'
import { transaction } from './again.ts'
import { shownAgain, shownZero } from './allocation/demand.ts'
import { answered, neverApplied } from './allocation/rights.ts'
import type { Connection } from './connection.ts'
import { noteSuccess } from './connection-queries.ts'
import { readConnection } from './connections.ts'
import { repairDrifts } from './drift.ts'
import { takeFault } from './faults-taken.ts'
import { note } from './journal.ts'
import { failedDetail } from './journal-details.ts'
import { clockErrorOf, type Listing, soldSince } from './listing.ts'
import { lockListings, updateListings } from './listing-queries.ts'
import { lockWithStock } from './locked.ts'
import { markVariants } from './markers.ts'
import { movePromises } from './promises.ts'
import type { Claim, PushContext } from './push.ts'
import { observe } from './read-back.ts'
import { holdLease, settleUnit, type UnitEnd, wantRead } from './unit-queries.ts'
import { lazyReadMs, URGENCY, type Urgency } from './urgency.ts'

/** A listing as it was sent (its pending write included), and as it was before. */
export type SentItem = { listing: Listing; value: number; before: Listing }

/** What buyers see is not known until it is read: unknown is null. */
export const unknownOutcome = { shown: null, shownAt: null, lowering: true }

/**
 * The marketplace said yes: accepted, not yet observed. Zeros and rises from zero are read back at once, under rights
 * every lowering, since only a read frees what it gave up; the rest when there is time. Ends the claim.
 *
 * What listings may sell does not change here: the answer only says when the write was over.
 */
export async function endWrite(
  tx: Tx,
  connection: Connection,
  claim: Claim,
  sent: readonly SentItem[],
  seen: StockReading | null,
  restMs: number,
): Promise<void> {
  const rows = sent.map(({ listing }) => listing)
  const locked = new Map((await lockListings(tx, rows)).map((row) => [row.listingId, row]))
  const now = await tx.now()
  if (!(await holdLease(tx, claim))) return endLate(tx, claim, sent, locked, now)
  let readInMs = lazyReadMs(connection)
  let readUrgency: Urgency = URGENCY.spare
  const changed = sent.map(({ listing: asSent, value, before }) => {
    const listing = locked.get(asSent.listingId)!
    const lowered = before.shown === null || value < before.shown
    const frees = lowered && connection.policy === 'rights'
    // A raise that did not take costs a sale at worst. Its proof came before safe rises once, and doubled their wait.
    if (lowered && readUrgency > URGENCY.other) readUrgency = URGENCY.other
    const proves = value === 0 ? URGENCY.zero : frees || before.shown === null ? URGENCY.drop : URGENCY.fromZero
    if (frees || value === 0 || before.shown === null || before.shown === 0) {
      readInMs = 0
      readUrgency = Math.min(readUrgency, proves) as Urgency
    }
    const satisfied = listing.desired === value
    return {
      ...listing,
      accepted: value,
      acceptedAt: now,
      shown: value,
      shownAt: now,
      desiredAt: satisfied ? null : listing.desiredAt,
      movedAt: now,
      lowering: listing.lowering || frees,
      racedSince: soldSince(listing, asSent.sentAt!, clockErrorOf(connection)),
      rights: answered(listing.rights, asSent.sentAt!, now),
      demand: value === 0 ? shownZero(listing.demand, now) : shownAgain(listing.demand, now),
    }
  })
  const observed = seen === null ? changed : observe(tx, connection, changed, seen, { sentAt: null, now })
  updateListings(tx, observed)
  repairDrifts(tx, connection.company, changed)
  note(
    tx,
    sent.map(({ listing: { company, listingId, desiredAt }, value }) => ({
      company,
      listingId,
      kind: 'accepted' as const,
      value,
      ...(desiredAt === null ? {} : { lagMs: now - desiredAt }),
    })),
  )
  remark(tx, observed)
  const end = { ...again(observed, restMs), readInMs, readUrgency, pushed: true, succeeded: true }
  settleUnit(tx, claim, end, restMs)
  noteSuccess(tx, connection, now)
}

/**
 * The answer came when the unit was another's by then, who may have written and looked since: it says that our write is
 * over, and no longer what buyers see.
 */
function endLate(
  tx: Tx,
  claim: Claim,
  sent: readonly SentItem[],
  locked: ReadonlyMap<string, Listing>,
  now: number,
): void {
  const over = sent.map(({ listing: { listingId, sentAt } }) => {
    const listing = locked.get(listingId)!
    return { ...listing, rights: answered(listing.rights, sentAt!, now) }
  })
  updateListings(tx, over)
  wantRead(tx, [claim], 0)
}

/** Wanted anew while the write was under way: zeros at once, others when the unit has rested. */
function again(listings: readonly Listing[], restMs: number): Pick<UnitEnd, 'writeInMs' | 'urgency'> {
  const differing = listings.filter((listing) => listing.desired !== listing.shown)
  if (differing.length === 0) return { writeInMs: null }
  const isZero = differing.some((listing) => listing.desired === 0)
  return isZero ? { writeInMs: 0, urgency: URGENCY.zero } : { writeInMs: restMs }
}

/** A number that is still not as wanted is looked at again. */
const remark = (tx: Tx, listings: readonly Listing[]): void =>
  markVariants(
    tx,
    listings.flatMap(({ company, variantId, desired, shown }) =>
      variantId !== null && desired !== shown ? [{ company, variantId }] : [],
    ),
  )

/**
 * The write failed. What the contract calls "not applied" costs nothing; anything else may be applied until Z is over,
 * counted from now: the request may have left long after it was decided on, when the call budget let it.
 */
export async function refuseWrite(
  context: PushContext,
  claim: Claim,
  sent: readonly SentItem[],
  error: Error,
): Promise<UnitEnd> {
  const { deps, adapter } = context
  const { company, connectionId } = claim
  const notApplied = error instanceof ChannelFault && CHANNEL_FAULTS[error.code].applied === 'no'
  const settlesMs = adapter.capabilities.unknownSettlesMs
  const rows = sent.map(({ listing }) => listing)
  await transaction(deps.db, company, async (tx) => {
    const { listings: locked, variants } = await lockWithStock(tx, rows)
    const sentAt = new Map(rows.map((listing) => [listing.listingId, listing.sentAt!]))
    const connection = (await readConnection(tx, company, connectionId))!
    const now = await tx.now()
    const changes = locked.map((before) => {
      const at = sentAt.get(before.listingId)!
      const rights = notApplied ? neverApplied(before.rights, at) : answered(before.rights, at, now + settlesMs)
      return { before, after: { ...before, rights, ...(notApplied ? {} : unknownOutcome) } }
    })
    movePromises(tx, connection, changes, variants)
    updateListings(
      tx,
      changes.map(({ after }) => after),
    )
    note(
      tx,
      sent.map(({ listing: { listingId }, value }) => ({
        company,
        listingId,
        kind: 'failed' as const,
        value,
        detail: failedDetail(error),
      })),
    )
    // A write that cost nothing freed its promise: somebody else may want it.
    markVariants(
      tx,
      rows.flatMap(({ variantId }) => (variantId ? [{ company, variantId }] : [])),
    )
  })
  return takeFault(context, claim, error)
}
