import type { Tx } from '../../kernel/db.ts'
import { boundOf, isExchanging } from './account.ts'
import type { StockReading } from './adapter.ts'
import { transaction } from './again.ts'
import { groundRead, showing } from './allocation/exchange.ts'
import { readBack } from './allocation/rights.ts'
import { type Connection, isReachable } from './connection.ts'
import { noteSuccess } from './connection-queries.ts'
import { readConnection } from './connections.ts'
import { EDITED, isLeftAlone, isUnproven, meetDrifts } from './drift.ts'
import { type JournalEntry, note } from './journal.ts'
import { clockErrorOf, clocked, type Listing, soldSince, upToDate } from './listing.ts'
import { listingsOfUnits, updateListings } from './listing-queries.ts'
import { lockWithStock } from './locked.ts'
import { markVariants } from './markers.ts'
import { movePromises } from './promises.ts'
import type { Claim, PushContext } from './push.ts'
import { settleUnit, type UnitEnd } from './unit-queries.ts'
import { lazyReadMs, URGENCY } from './urgency.ts'

/** Asks the marketplace what buyers see. Lowers no right by itself: the next collection past it does. Ends the claim. */
export async function readUnit(context: PushContext, claim: Claim): Promise<void> {
  const { deps, adapter } = context
  const { company, connectionId, unit } = claim
  const sentAt = await deps.db.transaction([company], (tx) => tx.now())
  const reading = await adapter.readStock(unit)
  await context.flush()
  await transaction(deps.db, company, async (tx) => {
    const rows = await listingsOfUnits(tx, company, connectionId, [unit])
    if (rows.some(isExchanging)) return settleUnit(tx, claim, GO_ON, deps.restMs)
    const { listings: locked, variants } = await lockWithStock(tx, rows)
    const connection = (await readConnection(tx, company, connectionId))!
    const current = locked.map((listing) => upToDate(listing, connection))
    const now = await tx.now()
    const observed = observe(tx, connection, current, reading, { sentAt, now })
    const changes = locked.map((before, i) => ({ before, after: observed[i]! }))
    movePromises(tx, connection, changes, variants)
    updateListings(tx, observed)
    markVariants(tx, worthPlanning(locked, observed))
    const lowering = observed.filter((after, i) => mustLower(after) && !isLeftAlone(current[i]!, after, connection))
    const again = isReachable(connection) && lowering.length > 0 ? writeAgain(lowering) : { writeInMs: null }
    const numbers = new Map(reading.items.map(({ item, quantity }) => [item, quantity]))
    const isUnsure = observed.some(({ item, shown, racedSince, unexplained }) => {
      return (racedSince > 0 && unexplained === 0) || shown !== (numbers.get(item) ?? shown)
    })
    const oncemore = isUnsure ? { readInMs: lazyReadMs(connection), readUrgency: URGENCY.spare } : { readInMs: null }
    settleUnit(tx, claim, { ...again, ...oncemore, wasRead: true, succeeded: true }, deps.restMs)
    noteSuccess(tx, connection, now)
  })
}

/** Whoever took it off sale died: what is left of the exchange is due now, and puts it on sale again. */
const GO_ON: UnitEnd = { writeInMs: 0, urgency: URGENCY.drop, readInMs: null, succeeded: true }

/** Lowering is never wrong. A raise waits for the collection that tells whether buyers took what is missing. */
const mustLower = ({ desired, shown }: Listing): boolean => desired !== null && shown !== null && desired < shown

/** A zero that did not hold goes before everything else, as often as it must. */
const writeAgain = (listings: readonly Listing[]): Pick<UnitEnd, 'writeInMs' | 'urgency'> => ({
  writeInMs: 0,
  urgency: listings.some(({ desired }) => desired === 0) ? URGENCY.zero : URGENCY.drop,
})

function worthPlanning(before: readonly Listing[], after: readonly Listing[]) {
  return after.flatMap(({ company, variantId, desired, shown, unexplained, fault }, i) => {
    const wasUnreadable = before[i]!.fault !== null && fault === null
    const isNews = desired !== shown || before[i]!.shown !== shown
    const isWorth = wasUnreadable || (isNews && unexplained === 0)
    return variantId !== null && isWorth ? [{ company, variantId }] : []
  })
}

/**
 * Takes note of what was read. A number that differs from our belief is believed; whether orders we have not been told
 * of explain it, or somebody edited it, is known once a collection has gone past the read (see settle.ts). Only a higher
 * one that was under way while a collection went past it is left: it may be from before a sale that we know of by now,
 * and believing it made an edit that happened the number we wanted, and no drift. The next read tells.
 *
 * The journal gets what differs from what was believed or last seen, and what proves a write. A look that tells nothing
 * new is not kept: sweeps alone, at five connections, wrote 216,000 such rows a day.
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
  const met: { before: Listing; showed: number; readAt: number }[] = []
  const told: JournalEntry[] = []
  const observed = listings.map((listing) => {
    const item = items.get(listing.item)
    if (!item) return { ...listing, fault: 'not_found' }
    const counter = item.quantity
    const missing = listing.shown === null ? 0 : listing.shown - counter
    const from = when.sentAt ?? listing.sentAt ?? when.now
    // Recorded before the answer came: the number may hold them or not, as may the one we believed in. What a collection
    // has gone past meanwhile is no longer known apart, so that any lower number will do until the next read.
    const isOvertaken = from - clockErrorOf(connection) <= listing.rights.completeUpTo
    const unsure = isOvertaken ? Math.abs(missing) : soldSince(listing, from, clockErrorOf(connection))
    const surprise = missing > 0 ? Math.max(0, missing - listing.racedSince) : Math.min(0, missing + unsure)
    const differs = surprise !== 0
    if (missing !== 0 || listing.observed !== counter || isUnproven(listing)) {
      const detail = differs ? { detail: `expected ${listing.shown}` } : {}
      told.push({ company: listing.company, listingId: listing.listingId, kind: 'observed', value: counter, ...detail })
    }
    const fault = listing.fault === EDITED ? EDITED : isOffSale(listing, item) ? OFF_SALE : null
    if (isOvertaken && missing < 0 && when.sentAt !== null && !isUnproven(listing)) return { ...listing, fault }
    const readAt = when.sentAt ?? when.now
    if (differs) met.push({ before: listing, showed: counter, readAt })
    // Our own lowering has not taken: what was wanted is wanted still, and not what happens to be shown.
    const stands = missing < 0 && isUnproven(listing)
    const resting = listing.desired === listing.shown && !stands
    return {
      ...listing,
      observed: counter,
      observedAt: when.now,
      shown: counter,
      shownAt: from,
      // Under rights a resting listing wants what it shows; what the planner makes of a surprise comes next.
      desired: connection.policy === 'rights' && resting ? counter : listing.desired,
      ...accountSeeing(listing, counter, connection, when),
      fault,
      unexplained: listing.unexplained + surprise,
      racedSince: unsure,
    }
  })
  note(tx, told)
  meetDrifts(tx, connection, met)
  return observed.map((listing) => clocked(listing, when.now))
}

/** The fault of a listing that a person took off sale: an exchange would put it on sale again. */
export const OFF_SALE = 'off_sale'

const isOffSale = ({ exchange }: Listing, item: { onSale: boolean }): boolean => exchange !== null && !item.onSale

/** However exact exchanges are, an edit that nobody noticed stays in their account until it is begun anew. */
const GROUND_AFTER_MS = 86_400_000

function accountSeeing(
  listing: Listing,
  counter: number,
  connection: Connection,
  { sentAt, now }: { sentAt: number | null; now: number },
): Pick<Listing, 'rights' | 'exchange'> {
  const { rights, exchange } = listing
  if (sentAt === null || connection.policy !== 'rights') return { rights, exchange }
  const clockErrorMs = clockErrorOf(connection)
  if (exchange === null) return { exchange, rights: readBack(rights, counter, sentAt, now, clockErrorMs) }
  const isDue = boundOf(listing) !== counter || now - exchange.groundedUpTo > GROUND_AFTER_MS
  const shown = showing(exchange, counter, now)
  return { rights, exchange: isDue ? groundRead(shown, counter, sentAt, now, clockErrorMs) : shown }
}
