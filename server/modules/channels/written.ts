import type { Tx } from '../../kernel/db.ts'
import { lockAvailability } from '../inventory/index.ts'
import { CHANNEL_FAULTS, ChannelFault, type StockReading } from './adapter.ts'
import { shownAgain, shownZero } from './allocation/demand.ts'
import { answered, neverApplied } from './allocation/rights.ts'
import type { Connection } from './connection.ts'
import { type ClaimedWork, takeFault } from './faults-taken.ts'
import { note } from './journal.ts'
import type { Listing } from './listing.ts'
import { lockListings, updateListings } from './listing-queries.ts'
import { markVariants } from './markers.ts'
import { movePromises } from './promises.ts'
import type { PushContext, UnitEnd } from './push.ts'
import { observe } from './read-back.ts'
import { scopeOf } from './scope.ts'

/** A listing as it was sent (its pending write included), and as it was before. */
export type SentItem = { listing: Listing; value: number; before: Listing }

/** A raise proves itself through the next collection; this long after it a read makes sure, with budget nobody needs. */
const LAZY_READ_MS = 4_000

/**
 * The marketplace said yes: accepted, not yet observed. Zeros, lowerings and rises from zero are read back at once,
 * the rest when there is time.
 */
export async function endWrite(
  tx: Tx,
  connection: Connection,
  sent: readonly SentItem[],
  seen: StockReading | null,
): Promise<UnitEnd> {
  const locked = new Map(
    (
      await lockListings(
        tx,
        sent.map(({ listing }) => listing),
      )
    ).map((row) => [row.listingId, row]),
  )
  const now = await tx.now()
  let readInMs = LAZY_READ_MS
  const changed = sent.map(({ listing: asSent, value, before }) => {
    const listing = locked.get(asSent.listingId)!
    const lowered = before.shown === null || value < before.shown
    if (lowered || value === 0 || before.shown === 0) readInMs = 0
    const satisfied = listing.desired === value
    return {
      ...listing,
      accepted: value,
      acceptedAt: now,
      shown: value,
      shownAt: now,
      desiredAt: satisfied ? null : listing.desiredAt,
      movedAt: now,
      lowering: listing.lowering || (connection.policy === 'rights' && lowered),
      unexplained: 0,
      racedSince: 0,
      rights: answered(listing.rights, asSent.sentAt!, now),
      demand: value === 0 ? shownZero(listing.demand, now) : shownAgain(listing.demand, now),
    }
  })
  const observed = seen === null ? changed : observe(tx, connection, changed, seen, { sentAt: null, now })
  updateListings(tx, observed)
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
  const again = observed.some((listing) => listing.desired !== listing.shown)
  return { writeInMs: again ? 0 : null, readInMs, pushed: true, succeeded: true }
}

/** A number that is still not as wanted is looked at again. */
const remark = (tx: Tx, listings: readonly Listing[]): void =>
  markVariants(
    tx,
    listings.flatMap(({ company, variantId, desired, shown }) =>
      variantId !== null && desired !== shown ? [{ company, variantId }] : [],
    ),
  )

/** The write failed. What the contract calls "not applied" costs nothing; anything else may be applied until Z is over. */
export async function refuseWrite(
  context: PushContext,
  claimed: ClaimedWork,
  sent: readonly SentItem[],
  error: Error,
): Promise<UnitEnd> {
  const { deps, connection, adapter } = context
  const notApplied = error instanceof ChannelFault && CHANNEL_FAULTS[error.code].applied === 'no'
  const settlesMs = adapter.capabilities.unknownSettlesMs
  await deps.db.transaction([connection.company], async (tx) => {
    const variantIds = [...new Set(sent.flatMap(({ listing }) => (listing.variantId ? [listing.variantId] : [])))]
    const at = variantIds.map((variantId) => ({ company: connection.company, variantId }))
    const { variants, components } = await scopeOf(tx, at)
    const stock = new Map((await lockAvailability(tx, components)).map((row) => [row.variantId, row]))
    const sentAt = new Map(sent.map(({ listing }) => [listing.listingId, listing.sentAt!]))
    const changes = (
      await lockListings(
        tx,
        sent.map(({ listing }) => listing),
      )
    ).map((before) => {
      const at = sentAt.get(before.listingId)!
      const rights = notApplied ? neverApplied(before.rights, at) : answered(before.rights, at, at + settlesMs)
      // What buyers see is not known until it is read: unknown is null.
      const unknown = { shown: null, shownAt: null, lowering: true }
      return { before, after: { ...before, rights, ...(notApplied ? {} : unknown) } }
    })
    movePromises(tx, changes, variants, new Map([[connection.connectionId, connection]]), stock)
    updateListings(
      tx,
      changes.map(({ after }) => after),
    )
    note(
      tx,
      sent.map(({ listing: { company, listingId }, value }) => ({
        company,
        listingId,
        kind: 'failed' as const,
        value,
        detail: error.message.slice(0, 300),
      })),
    )
    // A write that cost nothing freed its promise: somebody else may want it.
    markVariants(tx, at)
  })
  return takeFault(context, claimed, error)
}
