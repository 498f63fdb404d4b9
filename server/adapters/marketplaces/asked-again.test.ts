import { expect, test } from 'vitest'
import { ChannelFault, type ChannelFaultCode, type Collected } from '../../modules/channels/adapter.ts'
import { openRepeats, type Repeats } from './asked-again.ts'

const COLLECTED: Collected = { orders: [], claims: [], next: {}, begunAt: 0 }

/** A marketplace whose calls end as `ends` says, in order, then well. Collects by asking for so many pages. */
function openMarketplace(ends: readonly (ChannelFault | ChannelFaultCode | 'well')[]) {
  const repeats = openRepeats()
  let sent = 0
  const page = () =>
    repeats.again(async () => {
      const end = ends[sent++] ?? 'well'
      if (end !== 'well') throw end instanceof ChannelFault ? end : new ChannelFault(end, '500')
    })
  return { page, sent: () => sent, collect: collecting(repeats, page) }
}

const collecting = (repeats: Repeats, page: () => Promise<void>) => async (pages: number) => {
  const collect = repeats.during(async () => {
    for (let read = 0; read < pages; read++) await page()
    return COLLECTED
  })
  return collect(null).then(
    () => 'whole' as const,
    (fault: ChannelFault) => fault.code,
  )
}

test('a page is sent three times at most', async () => {
  const twice = openMarketplace(['well', 'unknown', 'garbled', 'well'])
  expect([await twice.collect(2), twice.sent()]).toEqual(['whole', 4])
  const thrice = openMarketplace(['well', 'unknown', 'unknown', 'unknown', 'well'])
  expect([await thrice.collect(2), thrice.sent()]).toEqual(['unknown', 4])
})

test('a collection repeats twelve calls at most, and the next one as many again', async () => {
  const everySecond = Array.from({ length: 60 }, (_, at) => (at % 2 === 0 ? ('well' as const) : ('unknown' as const)))
  const { collect, sent } = openMarketplace(everySecond)
  expect([await collect(13), sent()]).toEqual(['whole', 25])
  expect([await collect(20), sent()]).toEqual(['unknown', 50])
})

test.each(['unreachable', 'rate_limited', 'quota_exhausted', 'signed_out', 'blocked', 'refused', 'not_found'] as const)(
  'what is %s is not asked again',
  async (code) => {
    const { collect, sent } = openMarketplace(['well', code])
    expect([await collect(2), sent()]).toEqual([code, 2])
  },
)

test('an answer too long to take, or one that says when to come again, is not asked for again', async () => {
  for (const fault of [
    new ChannelFault('unknown', 'answer too long'),
    new ChannelFault('unknown', '', { pauseMs: 9 }),
  ]) {
    const { collect, sent } = openMarketplace(['well', fault])
    expect([await collect(2), sent()]).toEqual(['unknown', 2])
  }
})

test('a marketplace that has not answered yet, or no longer did, is asked once until it answers', async () => {
  const { collect, sent } = openMarketplace(['unknown', 'unknown', 'well', 'unknown', 'well'])
  expect([await collect(2), sent()]).toEqual(['unknown', 1])
  expect([await collect(2), sent()]).toEqual(['unknown', 2])
  expect([await collect(2), sent()]).toEqual(['whole', 5])
})

test('outside a collection nothing is sent again', async () => {
  const { page, collect, sent } = openMarketplace(['well', 'unknown'])
  await collect(1)
  await expect(page()).rejects.toThrow(ChannelFault)
  expect(sent()).toBe(2)
})
