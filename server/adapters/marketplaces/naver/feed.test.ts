import { expect, test } from 'vitest'
import { koreanMillis, readInstant } from '../korean-times.ts'
import { readFeed } from './feed.ts'

const now = Date.UTC(2026, 10, 20, 0, 0)
const HOUR_MS = 3_600_000
const clock = { now: () => now, monotonic: () => 0, sleep: async () => {} }

/** A feed that answers by the query it is asked. */
function feedOf(answer: (query: URLSearchParams) => unknown) {
  const asked: URLSearchParams[] = []
  const ask = async ({ path }: { path: string }) => {
    const query = new URLSearchParams(path.slice(path.indexOf('?')))
    asked.push(query)
    return { timestamp: koreanMillis(now), traceId: 't', ...(answer(query) as object) }
  }
  return { ask, asked }
}

const row = (id: string, at: number) => ({
  productOrderId: id,
  lastChangedDate: koreanMillis(at),
  lastChangedType: 'PAYED',
})

test('a backlog is read in adjoining windows under a day, and the last window has no end', async () => {
  const { ask, asked } = feedOf(() => ({}))
  const feed = await readFeed(ask, clock, now - 60 * HOUR_MS, now)
  const windows = asked.map((query) => [query.get('lastChangedFrom'), query.get('lastChangedTo')])
  const hour = (hours: number, ms = 0) => koreanMillis(now + hours * HOUR_MS + ms)
  expect(windows).toEqual([
    [hour(-60), hour(-37, -1)],
    [hour(-37), hour(-14, -1)],
    [hour(-14), null],
  ])
  expect(feed).toMatchObject({ offset: 0, serverNow: now, stoppedAt: null })
})

test('a page goes on from its own time, with three fraction digits, and its sequence, in the same window', async () => {
  const { ask, asked } = feedOf((query) =>
    query.has('moreSequence')
      ? { data: { lastChangeStatuses: [row('12', now)] } }
      : {
          data: {
            lastChangeStatuses: [row('11', now - 500)],
            more: { moreFrom: '2026-11-20T08:59:59.5+09:00', moreSequence: '12' },
          },
        },
  )
  const feed = await readFeed(ask, clock, now - HOUR_MS, now)
  expect([...feed.changes.keys()]).toEqual(['11', '12'])
  expect(asked[1]?.get('lastChangedFrom')).toBe('2026-11-20T08:59:59.500+09:00')
  expect(asked[1]?.get('moreSequence')).toBe('12')
})

test('a feed that goes on from where it already was is garbled', async () => {
  const more = { moreFrom: koreanMillis(now), moreSequence: '12' }
  const { ask } = feedOf(() => ({ data: { lastChangeStatuses: [], more } }))
  await expect(readFeed(ask, clock, now - HOUR_MS, now)).rejects.toMatchObject({ code: 'garbled' })
})

test('a feed without end is left at sixty pages, and says where to go on', async () => {
  const { ask, asked } = feedOf((query) => {
    const at = (readInstant(query.get('lastChangedFrom') ?? '') ?? 0) + 1_000
    return {
      data: { lastChangeStatuses: [row(String(at), at)], more: { moreFrom: koreanMillis(at), moreSequence: '1' } },
    }
  })
  const feed = await readFeed(ask, clock, now - HOUR_MS, now)
  expect([asked.length, feed.stoppedAt]).toEqual([60, now - HOUR_MS + 60_000])
})

test('an answer from another year is garbled: the cursor must not follow it', async () => {
  const { ask } = feedOf(() => ({ timestamp: '2099-01-01T00:00:00.000+09:00' }))
  await expect(readFeed(ask, clock, now - HOUR_MS, now)).rejects.toMatchObject({ code: 'garbled' })
})
