import {
  type Account,
  type AdapterDeps,
  type Capabilities,
  ChannelFault,
  type Collected,
  type Cursor,
} from '../../../modules/channels/adapter.ts'
import { openTold } from '../told.ts'
import { addWaiting, afterAsking, completeUntil, readWaiting, type Waiting, writeWaiting } from '../waiting.ts'
import type { Ask } from './call.ts'
import { claimsOf } from './claims.ts'
import { type Detail, readDetails } from './details.ts'
import { type Feed, readFeed } from './feed.ts'
import { ordersOf, type StockTakenAt } from './lines.ts'

/** Rows appear with a small delay and clocks wander; rows told already cost one feed row each and no detail. */
const DEFAULT_OVERLAP_MS = 60_000

/** A sudden step of either clock larger than this is made good by reading back that much further. */
const CLOCK_STEP_MS = 5_000

/** Lines re-read because we acted on them: the address may have changed, and 발주확인 has no event. */
const MOST_TOUCHED = 1_000

/** Each is told as ended within a minute; what is beyond is told as taken back, which ends it as well. */
const MOST_REFUSED = 10_000

/**
 * from: the marketplace's clock. offset: its clock less ours. begun: our clock, the last complete collection. round: counts
 * collections, so that two in one millisecond have not the same cursor.
 */
type State = { from: number; offset: number | null; begun: number; round: number; waiting: Waiting[] }

export type NaverCollector = {
  collectOrders(cursor: Cursor | null): Promise<Collected>
  /** Fetches these lines again in the next collection, whether or not the feed names them. */
  touch(ids: readonly string[]): void
  /** Claims we refused, which the marketplace tells by the same word as those taken back. */
  refused(claimKeys: readonly string[]): void
}

export function openCollector(
  account: Account,
  deps: AdapterDeps,
  ask: Ask,
  capabilities: Capabilities,
): NaverCollector {
  const overlapMs = Number(account.settings.overlapMs ?? DEFAULT_OVERLAP_MS)
  const taken: StockTakenAt = account.settings.stockTakenAt === 'order' ? 'order' : 'payment'
  const told = openTold()
  const touched = new Set<string>()
  const refused = new Set<string>()

  async function collectOrders(cursor: Cursor | null): Promise<Collected> {
    const begunAt = deps.clock.now()
    const state = stateOf(cursor) ?? firstState(begunAt - capabilities.firstLookbackMs)
    const feed = await readFeedWithoutGap(state, begunAt)
    const before = told.since(cursor)
    const fresh = [...feed.changes.values()].filter((change) => before.get(change.id) !== change.version)
    const again = [...touched]
    const ids = new Set([...fresh.map(({ id }) => id), ...state.waiting.map(({ id }) => id), ...again])
    const shown = await readDetails(ask, [...ids])
    const changedAt = (id: string) => feed.changes.get(id)?.changedAt ?? null
    const claims = [...shown].map(([id, { row }]) => ({ id, ofLine: claimsOf(row, changedAt(id), refused) }))
    // A line whose claim we could not read is told without it, and asked for again.
    const unread = new Set(claims.filter(({ ofLine }) => ofLine === null).map(({ id }) => id))
    const whole = new Map([...shown].filter(([id]) => !unread.has(id)))

    const named = [...fresh.map(({ id }) => id).filter((id) => !shown.has(id)), ...unread]
    const waiting = afterAsking(addWaiting(state.waiting, named, state.begun), ids, new Set(whole.keys()))
    const begun = feed.stoppedAt === null ? begunAt : state.begun
    const next = cursorOf({ from: nextFrom(state, feed), offset: feed.offset, begun, round: state.round + 1, waiting })
    for (const id of again) touched.delete(id)
    told.handOut(next, versionsTold(feed, shown, before))
    return {
      orders: ordersOf(
        [...shown].map(([id, detail]) => ({ ...detail, changedAt: changedAt(id) })),
        taken,
      ),
      claims: claims.flatMap(({ ofLine }) => ofLine ?? []),
      next,
      begunAt: completeUntil(begun, waiting),
    }
  }

  /** When the marketplace's clock fell back against ours since the last time, its new rows may lie before our cursor. */
  async function readFeedWithoutGap(state: State, begunAt: number): Promise<Feed> {
    const guessedNow = begunAt + (state.offset ?? 0)
    const feed = await readFeed(ask, deps.clock, state.from, guessedNow)
    const fellBackMs = state.offset === null ? 0 : state.offset - feed.offset
    if (fellBackMs <= CLOCK_STEP_MS) return feed
    return readFeed(ask, deps.clock, state.from - fellBackMs, begunAt + feed.offset)
  }

  function nextFrom(state: State, feed: Feed): number {
    if (feed.stoppedAt === null) return feed.serverNow - overlapMs
    return Math.max(state.from, feed.stoppedAt - overlapMs)
  }

  return {
    collectOrders,
    touch: (ids) => {
      for (const id of ids) if (touched.size < MOST_TOUCHED) touched.add(id)
    },
    refused: (claimKeys) => {
      for (const key of claimKeys) if (refused.size < MOST_REFUSED) refused.add(key)
    },
  }
}

/** Only what the feed still names next time is worth remembering: rows inside the overlap, which this feed held. */
function versionsTold(feed: Feed, shown: ReadonlyMap<string, Detail>, before: ReadonlyMap<string, string>) {
  const versions = new Map<string, string>()
  for (const change of feed.changes.values()) {
    if (shown.has(change.id) || before.get(change.id) === change.version) versions.set(change.id, change.version)
  }
  return versions
}

function firstState(since: number): State {
  return { from: since, offset: null, begun: since, round: 0, waiting: [] }
}

function stateOf(cursor: Cursor | null): State | null {
  if (!cursor || typeof cursor.from !== 'number' || typeof cursor.begun !== 'number') return null
  const offset = typeof cursor.offset === 'number' ? cursor.offset : null
  const round = typeof cursor.round === 'number' ? cursor.round : 0
  return { from: cursor.from, offset, begun: cursor.begun, round, waiting: readWaiting(cursor.waiting) }
}

function cursorOf(state: State): Cursor {
  const waiting = writeWaiting(state.waiting)
  if (waiting === null) throw new ChannelFault('garbled', 'the detail call leaves out most of what the feed names')
  return { from: state.from, offset: state.offset, begun: state.begun, round: state.round, waiting }
}
