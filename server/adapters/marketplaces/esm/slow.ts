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
 * The slow look at what no collection needs at once: returns, which have a list a status, and what somebody confirmed,
 * shipped or delivered without us. Some lists each collection, one after the other, round and round.
 */
export type Slow = {
  /** Which list is next. */
  next: number
  /** Our clock when this round began, and the one before: a list is read from where it was read last. */
  roundAt: number
  lastRoundAt: number
}

export type SlowNews = { claims: ClaimRow[]; statuses: Whereabouts[]; orders: Listed[] }

const DEFAULT_PER_COLLECTION = 2

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Goods come back within this of the buyer's request, or the claim is next told when it is done. */
const COLLECTED_WITHIN_MS = 12 * DAY_MS

type Entry =
  | { of: 'returns'; site: Site; list: ClaimList; reachMs: number }
  | { of: 'statuses'; event: StatusEvent }
  | { of: 'gifts' }

export async function readSlow(
  ask: Ask,
  sites: readonly Site[],
  slow: Slow,
  now: number,
  settings: Account['settings'],
): Promise<{ slow: Slow; news: SlowNews }> {
  const news: SlowNews = { claims: [], statuses: [], orders: [] }
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
  if (entry.of === 'returns') {
    const { rows } = await listClaims(ask, entry.site, entry.list, { from: from - entry.reachMs, to })
    news.claims.push(...rows)
  } else if (entry.of === 'statuses') {
    news.statuses.push(...(await listStatuses(ask, entry.event, { from: from - HOUR_MS, to })))
  } else {
    // A gift has no address before it is accepted, and its option may change then.
    news.orders.push(await listOrders(ask, 'gmkt', { status: 1, dateType: 4 }, { from: from - HOUR_MS, to }))
  }
}

/** The new requests first. */
function entriesOf(sites: readonly Site[]): Entry[] {
  const returns = (status: number, date: ClaimList['date'], reachMs: number): Entry[] =>
    sites.map((site) => ({ of: 'returns', site, list: { kind: 'return', status, date }, reachMs }))
  const statuses = ([2, 3, 4, 5] as const).map((event): Entry => ({ of: 'statuses', event }))
  return [
    ...returns(1, 'requested', DAY_MS),
    ...statuses,
    ...returns(2, 'requested', COLLECTED_WITHIN_MS),
    ...returns(4, 'done', DAY_MS),
    ...returns(3, 'requested', COLLECTED_WITHIN_MS),
    ...returns(5, 'done', DAY_MS),
    ...returns(6, 'done', DAY_MS),
    ...(sites.includes('gmkt') ? [{ of: 'gifts' } as const] : []),
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
