import { type Account, boundOf, inProtocol } from './account.ts'
import { type Demand, shownAgain, shownZero } from './allocation/demand.ts'
import { collected } from './allocation/rights.ts'
import type { Connection } from './connection.ts'

/** A variant offered on a channel, as its row stands. Quantities are listing units, times epoch ms; unknown is null. */
export type Listing = Account & {
  company: string
  listingId: string
  connectionId: string
  unit: string
  item: string
  sellerCode: string | null
  variantId: string | null
  multiplier: number
  desired: number | null
  /** Since when the marketplace does not show what is desired; the age of the oldest change it has missed. */
  desiredAt: number | null
  sent: number | null
  sentAt: number | null
  accepted: number | null
  acceptedAt: number | null
  observed: number | null
  observedAt: number | null
  /** What buyers see as far as we believe: last set or read, less the orders stamped after it. */
  shown: number | null
  /** When that write was answered, or that read sent; a read ended at `observedAt`. */
  shownAt: number | null
  demand: Demand
  movedAt: number | null
  /** It shows units that others show, or is on its way back from that: its rights may exceed what is available. */
  pooled: boolean
  fault: string | null
  raced: number
  drifted: number
  /** What a read was lower than our belief, less the orders since that explain it; drift when a collection leaves any. */
  unexplained: number
  /** Units that may have been sold before or after what we believe was set or read: a read may find so many less. */
  racedSince: number
}

/** Marketplaces stamp whole seconds, and clocks differ: assumption A5 of the allocation rules, in ms, unless set. */
const CLOCK_ERROR_MS = 1_000

export const clockErrorOf = (connection: Pick<Connection, 'settings'>): number =>
  Number(connection.settings.clockErrorMs ?? CLOCK_ERROR_MS)

/**
 * Brings what a listing may sell up to what its connection has collected, and under its protocol. Listings at rest are left alone by collections,
 * so that one with 10,000 listings costs no 10,000 rows a second; whoever reads a row does this first.
 */
export function upToDate(
  listing: Listing,
  connection: Pick<Connection, 'collectedUpTo' | 'settings' | 'policy' | 'policySettings'>,
): Listing {
  const clockErrorMs = clockErrorOf(connection)
  const current = listing.exchange === null ? collectedPast(listing, connection.collectedUpTo, clockErrorMs) : listing
  return inProtocol(current, connection, clockErrorMs)
}

function collectedPast(listing: Listing, collectedUpTo: number, clockErrorMs: number): Listing {
  const rights = collected(listing.rights, collectedUpTo, clockErrorMs)
  if (rights === listing.rights) return listing
  const stillLowering = listing.lowering && (rights.writes.length > 0 || rights.reads.length > 0)
  return { ...listing, rights, lowering: stillLowering }
}

/** A listing that shows 0 shows no demand either: its estimator's clock stops at `now`, and runs again when it shows more. */
export function clocked(listing: Listing, now: number): Listing {
  const { demand, shown } = listing
  if (shown === null || demand.running === shown > 0) return listing
  return { ...listing, demand: shown > 0 ? shownAgain(demand, now) : shownZero(demand, now) }
}

/** Whether a further collection can change what it may sell, or explain what was read. */
export const isSettling = ({ rights, unexplained }: Listing): boolean =>
  unexplained !== 0 ||
  rights.writes.length > 0 ||
  rights.reads.length > 0 ||
  rights.seen.some((entry) => entry.at > rights.completeUpTo)

/** What it may sell, in listing units as stored: null stands for unknown, which is without bound. */
export function storedBound(listing: Account): number | null {
  const units = boundOf(listing)
  return Number.isFinite(units) ? units : null
}

/**
 * A sale (quantity > 0) or units put back on the channel's shelf (< 0), stamped `at` by the marketplace. It changes
 * what buyers see when it was stamped after what we believe was set or read; before that it explains a difference.
 *
 * Stamped while that write or read was under way, or less before than clocks differ, it may have come before or after:
 * then we believe in the higher number, and a read that finds less is no surprise.
 */
export function soldOnChannel(listing: Listing, quantity: number, at: number, clockErrorMs: number): Listing {
  const { sentAt, acceptedAt } = listing
  const raced = sentAt !== null && acceptedAt !== null && at >= sentAt && at <= acceptedAt && quantity > 0
  const place = placeOf(listing, at, clockErrorMs)
  const explains = place !== 'after' && listing.unexplained * quantity > 0
  const isUnsure = place === 'unsure' && !explains
  const isTaken = place === 'after' || (isUnsure && quantity < 0)
  const less = (number: number | null) => (number === null ? null : Math.max(0, number - quantity))
  const shown = isTaken ? less(listing.shown) : listing.shown
  const isSeen = listing.observedAt !== null && listing.observedAt >= (listing.shownAt ?? 0)
  const isAfterRead = isSeen ? isTaken : listing.observedAt !== null && at > listing.observedAt
  return {
    ...listing,
    shown,
    observed: isAfterRead ? less(listing.observed) : listing.observed,
    // What buyers take from what they were shown is what we wanted: the number we want falls with it.
    desired: listing.desired === listing.shown ? shown : listing.desired,
    unexplained: explains ? lessBy(listing.unexplained, quantity) : listing.unexplained,
    raced: raced ? listing.raced + quantity : listing.raced,
    // Whether units that come back are on the shelf again is not documented anywhere.
    racedSince: isUnsure || (isTaken && quantity < 0) ? listing.racedSince + Math.abs(quantity) : listing.racedSince,
  }
}

/** At most to 0: told late, one that our own write had overtaken explains nothing, and made drift of a number that was right. */
const lessBy = (unexplained: number, quantity: number): number =>
  quantity > 0 ? Math.max(0, unexplained - quantity) : Math.min(0, unexplained - quantity)

/** How a stamp stands to the write or the read that our belief rests on. */
function placeOf(
  { sentAt, observedAt, shownAt }: Listing,
  at: number,
  clockErrorMs: number,
): 'before' | 'unsure' | 'after' {
  if (shownAt === null) return 'before'
  const isRead = observedAt !== null && observedAt >= shownAt
  const from = isRead ? shownAt : Math.min(sentAt ?? shownAt, shownAt)
  if (at > (isRead ? observedAt : shownAt)) return 'after'
  return at >= from - clockErrorMs ? 'unsure' : 'before'
}

/** Units sold since `from`, as far as recorded and clocks allow: what a number set or seen since then may not hold yet. */
export const soldSince = ({ rights }: Listing, from: number, clockErrorMs: number): number =>
  rights.seen.reduce((sum, { at, quantity }) => sum + (at >= from - clockErrorMs ? Math.abs(quantity) : 0), 0)
