import type { Tx } from '../../kernel/db.ts'
import type { ChannelOrder, ChannelOrderLine } from './adapter.ts'
import { type Alarm, type AlarmFacts, type Raised, raiseAlarms } from './alarms.ts'
import { learnedOrders, learnedTime, marginOf, nothingLearned } from './allocation/lateness.ts'
import type { Connection } from './connection.ts'
import { setLearned, widenLateness } from './connection-queries.ts'
import { clockErrorOf, type Listing } from './listing.ts'
import { findListings } from './listing-queries.ts'

/** More than this is no lateness of a feed but an order of another day, told because something else changed. */
const LATEST_MS = 10 * 60_000
/** Alarms of one kind from one transaction: beyond that they say nothing new. */
const ALARMS_MOST = 20

type Sold = { line: ChannelOrderLine; listing: Listing }

/**
 * Lines recorded for the first time, held against what the rights rest on: an order stamped before the mark up to which
 * everything was complete came later than was allowed for, so from now on that much is allowed for; one stamped in the
 * future means that the clocks differ by more than was kept back. Units sold twice meanwhile show as shortages. The first
 * collection brings orders older than the connection, which say nothing.
 */
export async function checkStamps(tx: Tx, connection: Connection, sold: readonly Sold[]): Promise<Raised[]> {
  if (connection.cursor === null) return []
  const { company, connectionId } = connection
  const clockErrorMs = clockErrorOf(connection)
  const now = await tx.now()
  // The mark has the clock error kept back already: whoever is stamped at it takes nothing off the rights any more.
  const lateBy = ({ line }: Sold) => connection.collectedUpTo - line.soldAt
  const late = sold.filter((one) => lateBy(one) >= 0 && lateBy(one) < LATEST_MS)
  const early = sold.filter(({ line }) => line.soldAt > now + clockErrorMs)
  const latest = Math.ceil(Math.max(0, ...late.map(lateBy)))
  if (late.length > 0) {
    widenLateness(tx, company, connectionId, connection.feedLatenessMs + latest + clockErrorMs)
  }
  const alarm = ({ listing: { listingId, variantId } }: Sold, facts: AlarmFacts): Alarm => {
    return { company, connectionId, listingId, variantId, facts }
  }
  const trustedMs = connection.feedLatenessMs
  return raiseAlarms(tx, [
    ...late
      .slice(0, ALARMS_MOST)
      .map((one) => alarm(one, { kind: 'late_order', units: one.line.quantity, lateMs: lateBy(one), trustedMs })),
    ...early
      .slice(0, ALARMS_MOST)
      .map((one) => alarm(one, { kind: 'clock_skew', aheadMs: one.line.soldAt - now, allowedMs: clockErrorMs })),
  ])
}

/**
 * How long each line had been there when the collection before this one began, and did not bring it, ms: so late was the
 * feed at least. 0 or less: in time.
 */
export function latenessOf(connection: Connection, sold: readonly Pick<Sold, 'line'>[]): number[] {
  if (connection.cursor === null) return []
  const begun = connection.collectedUpTo + connection.feedLatenessMs + clockErrorOf(connection) + 1
  return sold.map(({ line }) => begun - line.soldAt).filter((ms) => ms < LATEST_MS)
}

/** An answer later than this after the last one was an outage. */
const OUTAGE_MS = 60_000

/**
 * What a finished collection teaches: how late its new orders came, and whether the channel had been away. `before` as it
 * stood when the collection began, `standing` as it stands now.
 */
export function learn(
  tx: Tx,
  { before, standing }: { before: Connection; standing: Connection },
  lateness: readonly number[],
  now: number,
): void {
  const silentMs = standing.lastSuccessAt === null ? 0 : now - standing.lastSuccessAt
  const outMs = silentMs > OUTAGE_MS ? silentMs : 0
  if (lateness.length === 0 && outMs === 0) return
  const known = standing.learned ?? nothingLearned(before.feedLatenessMs, now - Math.max(silentMs, 1))
  const learned = learnedTime(learnedOrders(known, lateness), now, outMs)
  setLearned(tx, standing, learned, marginOf(learned, standing.feedLatenessMs, lateness.length))
}

/**
 * Orders nobody has paid take nothing from our stock, and are trusted to take nothing from the marketplace's counter. Where
 * one is there and the counter is lower than we believe, and no paid order explains it, that was not so.
 */
export async function checkUnpaid(
  tx: Tx,
  { company, connectionId, settings }: Connection,
  orders: readonly ChannelOrder[],
): Promise<Raised[]> {
  if (settings.stockTakenAt === 'order') return []
  const unpaid = unpaidLines(orders)
  const listings = await findListings(tx, company, connectionId, unpaid)
  return raiseAlarms(
    tx,
    listings
      .filter((listing) => listing.unexplained > 0)
      .slice(0, ALARMS_MOST)
      .map(({ listingId, variantId, unexplained }) => ({
        ...{ company, connectionId, listingId, variantId },
        facts: { kind: 'unpaid_hold' as const, units: unexplained },
      })),
  )
}

export const unpaidLines = (orders: readonly ChannelOrder[]): ChannelOrderLine[] =>
  orders.flatMap((order) => order.lines.filter((line) => line.state === 'pending'))
