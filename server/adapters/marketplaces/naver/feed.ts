import { z } from 'zod'
import type { Clock } from '../../../kernel/clock.ts'
import { ChannelFault } from '../../../modules/channels/adapter.ts'
import { anId, anInstant, expectShape, maybeInstant } from '../answers.ts'
import { koreanMillis } from '../korean-times.ts'
import type { Ask } from './call.ts'
import { BUCKETS } from './capabilities.ts'

/** The contract allows 24 hours a window; an hour less keeps a window inside whatever the two clocks make of it. */
const WINDOW_MS = 23 * 3_600_000

/** 18,000 rows, or the windows of seven weeks, in one collection. What is beyond waits for the next. */
const MOST_PAGES = 60

/** Clocks this far apart are no skew but a broken answer, and a cursor must not follow one into next year. */
const MOST_SKEW_MS = 3_600_000

export type Change = {
  id: string /** Differs whenever the row was overwritten. */
  version: string
  changedAt: number | null
}

export type Feed = {
  changes: Map<string, Change>
  /** The marketplace's clock less ours, ms. */
  offset: number
  /** The marketplace's clock when the first page was made. */
  serverNow: number
  /** Null when everything was read; else the time of the row to go on from. */
  stoppedAt: number | null
}

/**
 * Every change since `from` (the marketplace's clock). The last window is left open rather than ended a
 * little before now: a row that is overwritten while we page moves to the end of the list, and an end would
 * hide it. What appears late is caught by the next collection's overlap.
 */
export async function readFeed(ask: Ask, clock: Clock, from: number, guessedNow: number): Promise<Feed> {
  const changes = new Map<string, Change>()
  let first: { offset: number; serverNow: number } | null = null
  let pages = 0
  for (const window of windowsSince(from, guessedNow)) {
    let place: Place | null = { from: window.from, sequence: null }
    while (place) {
      if (pages++ === MOST_PAGES) return { changes, ...first!, stoppedAt: place.from }
      const sentAt = clock.now()
      const page = await readPage(ask, place, window.to)
      first ??= clockOf(page.timestamp, sentAt)
      for (const change of page.changes) changes.set(change.id, change)
      if (page.more && page.more.from === place.from && page.more.sequence === place.sequence) {
        throw new ChannelFault('garbled', 'the feed goes on from where it already was')
      }
      place = page.more
    }
  }
  return { changes, ...first!, stoppedAt: null }
}

type Place = { from: number; sequence: string | null }

/** Adjacent windows: both ends are inclusive, so the next starts a millisecond later. The last is open. */
function* windowsSince(from: number, now: number): Generator<{ from: number; to: number | null }> {
  let start = from
  while (now - start > WINDOW_MS) {
    yield { from: start, to: start + WINDOW_MS - 1 }
    start += WINDOW_MS
  }
  yield { from: start, to: null }
}

async function readPage(ask: Ask, place: Place, to: number | null) {
  const query = [
    `lastChangedFrom=${encodeURIComponent(koreanMillis(place.from))}`,
    ...(to === null ? [] : [`lastChangedTo=${encodeURIComponent(koreanMillis(to))}`]),
    ...(place.sequence === null ? [] : [`moreSequence=${encodeURIComponent(place.sequence)}`]),
    'limitCount=300',
  ].join('&')
  const value = await ask({
    bucket: BUCKETS.feed,
    method: 'GET',
    path: `/v1/pay-order/seller/product-orders/last-changed-statuses?${query}`,
  })
  const { timestamp, data } = expectShape(feedAnswer, value, 'feed')
  const more = data?.more
  return {
    timestamp,
    changes: (data?.lastChangeStatuses ?? []).map((row) => ({
      id: row.productOrderId,
      version: `${row.lastChangedDate ?? ''}|${row.lastChangedType ?? ''}|${row.productOrderStatus ?? ''}`,
      changedAt: row.lastChangedDate,
    })),
    more: more ? { from: more.moreFrom, sequence: more.moreSequence } : null,
  }
}

function clockOf(serverNow: number, sentAt: number): { offset: number; serverNow: number } {
  const offset = serverNow - sentAt
  if (Math.abs(offset) > MOST_SKEW_MS) throw new ChannelFault('garbled', 'the answer is from another hour than ours')
  return { offset, serverNow }
}

// An empty window has no `data` at all, so the time is what tells an empty answer from one that is not ours.
const feedAnswer = z.object({
  timestamp: anInstant,
  data: z
    .object({
      lastChangeStatuses: z.array(
        z.object({
          productOrderId: anId,
          lastChangedDate: maybeInstant,
          lastChangedType: z.string().nullish(),
          productOrderStatus: z.string().nullish(),
        }),
      ),
      more: z.object({ moreFrom: anInstant, moreSequence: anId }).nullish(),
    })
    .nullish(),
})
