import type { Account, Cursor } from '../../../modules/channels/adapter.ts'
import { endsCollection } from '../stops.ts'
import type { Ask } from './call.ts'
import type { ClaimRow } from './claims.ts'
import {
  type ClaimList,
  type Listed,
  listClaims,
  listOrders,
  listStatuses,
  type Span,
  type StatusEvent,
  type Whereabouts,
} from './lists.ts'
import type { Site } from './sites.ts'

/**
 * The slow look at what no collection needs at once: returns and exchanges, which have a list a status, and what
 * somebody confirmed, shipped or delivered without us. Some lists each collection, one after the other, round and round.
 */
export type Slow = {
  /** Which list is next. */
  next: number
  /** Our clock when this round began, and the one before: a list is read from where it was read last. */
  roundAt: number
  lastRoundAt: number
}

/** `exchanged`: where orders are by now whose exchange was approved. */
export type SlowNews = { claims: ClaimRow[]; statuses: Whereabouts[]; exchanged: Whereabouts[]; orders: Listed[] }

/** All 27 lists of two sites are read in nine collections, by some five calls of the 20 there is room for in each. */
const DEFAULT_PER_COLLECTION = 3

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Goods come back, and others arrive, within this; else a claim is next told when it is done. */
const COLLECTED_WITHIN_MS = 12 * DAY_MS

type Entry =
  | { of: 'claims'; site: Site; list: ClaimList; reachMs: number }
  | { of: 'statuses'; event: StatusEvent }
  | { of: 'exchanged' }
  | { of: 'gifts' }

export async function readSlow(
  ask: Ask,
  sites: readonly Site[],
  slow: Slow,
  now: number,
  settings: Account['settings'],
): Promise<{ slow: Slow; news: SlowNews }> {
  const news: SlowNews = { claims: [], statuses: [], exchanged: [], orders: [] }
  const entries = entriesOf(sites)
  const turns = Math.min(entries.length, Math.max(1, Number(settings.slowPerCollection ?? DEFAULT_PER_COLLECTION)))
  let after = slow
  for (let turn = 0; turn < turns; turn++) {
    const at = after.next % entries.length
    if (at === 0) after = { next: 0, roundAt: now, lastRoundAt: after.roundAt }
    try {
      await readEntry(ask, entries[at]!, { from: after.lastRoundAt, to: now + DAY_MS }, news)
    } catch (error) {
      if (endsCollection(error)) throw error
    }
    after = { ...after, next: (at + 1) % entries.length }
  }
  return { slow: after, news }
}

async function readEntry(ask: Ask, entry: Entry, { from, to }: Span, news: SlowNews): Promise<void> {
  if (entry.of === 'claims') {
    const { rows } = await listClaims(ask, entry.site, entry.list, { from: from - entry.reachMs, to })
    news.claims.push(...rows)
  } else if (entry.of === 'statuses') {
    news.statuses.push(...(await listStatuses(ask, entry.event, { from: from - HOUR_MS, to })))
  } else if (entry.of === 'exchanged') {
    // Dated when the other goods left, perhaps; that they arrived is told by where the order is.
    news.exchanged.push(...(await listStatuses(ask, 8, { from: from - COLLECTED_WITHIN_MS, to })))
  } else {
    // A gift has no address before it is accepted, and its option may change then.
    news.orders.push(await listOrders(ask, 'gmkt', { status: 1, dateType: 4 }, { from: from - HOUR_MS, to }))
  }
}

/** The new requests first. */
function entriesOf(sites: readonly Site[]): Entry[] {
  const claims = (
    kind: ClaimList['kind'],
    status: number,
    date: ClaimList['date'],
    reachMs: number,
    of: readonly Site[] = sites,
  ): Entry[] => of.map((site) => ({ of: 'claims', site, list: { kind, status, date }, reachMs }))
  const statuses = ([2, 3, 4, 5] as const).map((event): Entry => ({ of: 'statuses', event }))
  const gmarket = sites.filter((site) => site === 'gmkt')
  return [
    ...claims('return', 1, 'requested', DAY_MS),
    ...claims('exchange', 1, 'requested', DAY_MS),
    ...statuses,
    ...claims('return', 2, 'requested', COLLECTED_WITHIN_MS),
    ...claims('exchange', 2, 'requested', COLLECTED_WITHIN_MS),
    ...claims('return', 4, 'done', DAY_MS),
    // 옥션 has no list of exchanges that are done.
    ...claims('exchange', 4, 'done', COLLECTED_WITHIN_MS, gmarket),
    { of: 'exchanged' },
    ...claims('return', 3, 'requested', COLLECTED_WITHIN_MS),
    ...claims('exchange', 3, 'requested', COLLECTED_WITHIN_MS),
    ...claims('return', 5, 'done', DAY_MS),
    ...claims('exchange', 5, 'done', DAY_MS),
    ...claims('return', 6, 'done', DAY_MS),
    ...gmarket.map((): Entry => ({ of: 'gifts' })),
  ]
}

export function slowIn(cursor: Cursor | null, now: number): Slow {
  return {
    next: wholeOf(cursor?.slowNext, 0),
    roundAt: wholeOf(cursor?.slowRoundAt, now),
    lastRoundAt: wholeOf(cursor?.slowLastRoundAt, now),
  }
}

export function slowOut({ next, roundAt, lastRoundAt }: Slow): Cursor {
  return { slowNext: next, slowRoundAt: roundAt, slowLastRoundAt: lastRoundAt }
}

function wholeOf(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : otherwise
}
