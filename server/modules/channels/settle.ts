import type { Tx } from '../../kernel/db.ts'
import { boundOf } from './account.ts'
import { transaction } from './again.ts'
import { type Raised, raiseAlarms, tellAlarms } from './alarms.ts'
import type { Connection } from './connection.ts'
import type { ChannelDeps } from './deps.ts'
import { confirmDrifts, EDITED } from './drift.ts'
import { note } from './journal.ts'
import { clockErrorOf, type Listing, upToDate } from './listing.ts'
import { settlingListings, updateListings } from './listing-queries.ts'
import { lockWithStock } from './locked.ts'
import { markVariants } from './markers.ts'
import { counted, movePromises } from './promises.ts'

/** Listings in one transaction: orders of what they sell wait for it. */
const CHUNK = 200

/**
 * A collection is complete and all it brought is recorded: rights whose writes and reads lie behind it are worked out,
 * what they no longer promise becomes free, and a read that no order explains is drift.
 *
 * `connection.collectedUpTo` is the new mark. Killed between two chunks, the rest is worked out by the next collection.
 */
export async function settleListings(deps: Pick<ChannelDeps, 'db' | 'log'>, connection: Connection): Promise<void> {
  let after: string | null = null
  do {
    const settled = await transaction(deps.db, connection.company, (tx) => settleChunk(tx, connection, after))
    tellAlarms(deps.log, settled.alarms)
    after = settled.after
  } while (after !== null)
}

/** `after`: the last listing of a full chunk, or null when there is no more. */
type SettledChunk = { after: string | null; alarms: Raised[] }

async function settleChunk(tx: Tx, connection: Connection, after: string | null): Promise<SettledChunk> {
  const { company, connectionId } = connection
  const settling = await settlingListings(tx, company, connectionId, after, CHUNK)
  if (settling.length === 0) return { after: null, alarms: [] }
  const { listings, variants } = await lockWithStock(tx, settling)
  const looked = listings.flatMap((before) => {
    const current = explained(upToDate(before, connection), connection)
    return current === before ? [] : [{ before, after: current }]
  })
  const drifted = looked.filter(({ before, after }) => after.drifted > before.drifted)
  const { left, edited } = await confirmDrifts(
    tx,
    company,
    drifted.map(({ before }) => before),
  )
  const changed = looked.map(({ before, after }) => ({
    before,
    after: left.has(after.listingId) ? { ...after, fault: EDITED } : after,
  }))
  movePromises(tx, connection, changed, variants)
  updateListings(
    tx,
    changed.map(({ after }) => after),
  )
  note(
    tx,
    changed.flatMap(({ before, after: { listingId, drifted, observed } }) => {
      if (drifted === before.drifted) return []
      return [{ company, listingId, kind: 'drift' as const, value: observed, detail: `${-before.unexplained} units` }]
    }),
  )
  markVariants(
    tx,
    changed.flatMap(({ before, after }) => {
      const isNews = counted(before) !== counted(after) || before.lowering !== after.lowering
      const isExplained = before.unexplained !== after.unexplained || wasUnknown(before, after)
      return after.variantId !== null && (isNews || isExplained) ? [{ company, variantId: after.variantId }] : []
    }),
  )
  const alarms = drifted
    .filter(({ before }) => edited.has(before.listingId))
    .map(({ before: { listingId, variantId, unexplained } }) => ({
      ...{ company, connectionId, listingId, variantId },
      facts: { kind: 'hand_edit' as const, units: -unexplained },
    }))
  return {
    after: settling.length < CHUNK ? null : settling.at(-1)!.listingId,
    alarms: await raiseAlarms(tx, alarms),
  }
}

const wasUnknown = (before: Listing, after: Listing): boolean =>
  !Number.isFinite(boundOf(before)) && Number.isFinite(boundOf(after))

function explained(listing: Listing, connection: Connection): Listing {
  const isPast =
    listing.observedAt !== null && listing.observedAt + clockErrorOf(connection) <= connection.collectedUpTo
  if (listing.unexplained === 0 || !isPast) return listing
  return { ...listing, unexplained: 0, drifted: listing.drifted + 1 }
}
