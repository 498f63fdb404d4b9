import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import type { Faults } from '../../simulators/marketplace.ts'
import { type ChannelName, type Listed, type Market, type MarketOptions, openMarket } from '../marketplaces.ts'
import {
  becomesTrue,
  buy,
  buyAll,
  collectedOnce,
  journalOf,
  linesOf,
  listingOf,
  PATIENCE_MS,
  recorded,
  stockAt,
  unitsSold,
  unitsSoldTwice,
  until,
} from './market-truth.ts'

/** One thing that goes wrong at a marketplace, and what must be true when it is over. */

const CHANNELS = ['naver', 'coupang'] as const

let market: Market
afterEach(() => market.close())

async function open(stock: number, showing: { naver: number; coupang: number }, options: MarketOptions = {}) {
  market = await openMarket(options)
  const variantId = await market.shop.stock('BRK-1', stock)
  const item = await market.list('BRK-1', variantId, showing)
  return { variantId, item }
}

const setFaults = (faults: Partial<Faults>, channels: readonly ChannelName[] = CHANNELS) => {
  for (const channel of channels) market[channel].sim.setFaults(faults)
}

/** A buyer a turn at each marketplace, for so long, and on a slow machine until so many units were sold. */
async function sellFor(ms: number, item: Listed, least = 0): Promise<void> {
  const begun = performance.now()
  const isOver = () => performance.now() > begun + (unitsSold(market) < least ? PATIENCE_MS : ms)
  for (; !isOver(); await sleep(60)) for (const channel of CHANNELS) buy(market[channel], item[channel])
}

const CALM: Partial<Faults> = { timeoutAfterCommit: 0, lostWrite: 0, duplicateOrder: 0, disorder: 0 }

test.each<[string, Partial<Faults>]>([
  ['a time-out after the marketplace did it', { timeoutAfterCommit: 0.3 }],
  ['a 200 for what was not done', { lostWrite: 0.5 }],
  ['orders told twice and out of order', { duplicateOrder: 1, disorder: 1 }],
])('%s loses no order and leaves no number wrong', async (_what, faults) => {
  const { item } = await open(40, { naver: 3, coupang: 3 })
  market.work()
  await collectedOnce(market)
  setFaults(faults)
  // More than the shelves had: they were filled again meanwhile.
  await sellFor(1_500, item, 7)
  setFaults(CALM)
  await becomesTrue(market)
  expect(await unitsSoldTwice(market)).toBe(0)
  expect(unitsSold(market)).toBeGreaterThanOrEqual(7)
})

test('a marketplace that answers 429 for a while is left in peace, and all is true afterwards', async () => {
  const { item } = await open(40, { naver: 3, coupang: 3 }, { settings: { pauseAfter429Ms: 600 } })
  market.work()
  await collectedOnce(market)
  for (const { sim } of [market.naver, market.coupang]) sim.setFaults({ rateLimitedUntil: sim.now() + 1_000 })
  await sellFor(1_200, item)
  await becomesTrue(market)
  expect(await unitsSoldTwice(market)).toBe(0)
})

test('the call budget of the contract is never exceeded, as the marketplaces count it', async () => {
  market = await openMarket({ policy: 'pool', limits: 'on', settings: { pollMs: 500 } })
  const goods: Listed[] = []
  for (let i = 0; i < 6; i++) {
    goods.push(await market.list(`BRK-${i}`, await market.shop.stock(`BRK-${i}`, 50), { naver: 50, coupang: 50 }))
  }
  market.work()
  for (const end = performance.now() + 4_000; performance.now() < end; await sleep(50)) {
    const item = goods[Math.floor(performance.now()) % goods.length]!
    for (const channel of CHANNELS) buy(market[channel], item[channel])
  }
  for (const { machine } of [market.naver, market.coupang]) {
    const calls = machine.doors.calls()
    expect(calls.reduce((sum, { refused }) => sum + refused, 0)).toBe(0)
    expect(calls.reduce((sum, { taken }) => sum + taken, 0)).toBeGreaterThan(5)
  }
})

test.each([
  ['rights', 1],
  ['rights', 30],
  ['pool', 2],
  ['pool', 30],
] as const)(
  'a number somebody edited at the marketplace is put right, and counted: %s, to %i',
  async (policy, edited) => {
    const { item } = await open(20, { naver: 10, coupang: 10 }, { policy })
    market.work()
    await becomesTrue(market)
    market.naver.sim.edit(item.naver, edited)
    await until(
      async () => (await listingOf(market, item.naver)).drifted > 0,
      PATIENCE_MS,
      () => listingOf(market, item.naver),
    )
    const shown = () => CHANNELS.map((channel) => stockAt(market[channel], item[channel]))
    await until(async () => policy === 'pool' || shown()[0]! + shown()[1]! <= 20)
    await becomesTrue(market)
    if (policy === 'pool') expect(shown()).toEqual([20, 20])
    expect((await listingOf(market, item.naver)).drifted).toBe(1)
    expect((await listingOf(market, item.coupang)).drifted).toBe(0)
  },
)

test('a number somebody lowered is put right though it is read more often than a feed this late can explain it', async () => {
  const { item } = await open(20, { naver: 10, coupang: 10 }, { feedLatenessMs: 2_000 })
  market.work()
  await becomesTrue(market)
  market.naver.sim.edit(item.naver, 4)
  await until(
    async () => (await listingOf(market, item.naver)).drifted > 0,
    PATIENCE_MS,
    () => listingOf(market, item.naver),
  )
  await becomesTrue(market)
})

test('orders that explain a lower number are no drift', async () => {
  const { item } = await open(40, { naver: 20, coupang: 20 })
  market.naver.sim.setFaults({ feedDelayMs: 60 })
  market.work()
  await collectedOnce(market)
  await sellFor(1_200, item)
  await becomesTrue(market)
  expect((await listingOf(market, item.naver)).drifted).toBe(0)
  expect((await listingOf(market, item.coupang)).drifted).toBe(0)
})

test('a marketplace that is away keeps its rights; when it is back it is asked for orders first, then written to', async () => {
  const { variantId, item } = await open(12, { naver: 4, coupang: 8 })
  market.work()
  await collectedOnce(market)
  const backAt = market.coupang.sim.now() + 1_500
  market.coupang.sim.setFaults({ outageUntil: backAt })
  buyAll(market.coupang, item.coupang)
  for (const end = performance.now() + 1_300; performance.now() < end; await sleep(30)) {
    buyAll(market.naver, item.naver)
    await market.sellOurselves(variantId, 1)
  }
  await becomesTrue(market)
  expect(await unitsSoldTwice(market)).toBe(0)
  expect(unitsSold(market)).toBe(12)
  const journal = (await journalOf(market, item.coupang)).filter(({ at }) => at.getTime() >= backAt)
  const firstTold = journal.findIndex(({ kind }) => kind === 'sold')
  expect(journal.slice(0, firstTold).map(({ kind }) => kind)).not.toContain('sent')
})

test('an order cancelled before it was acknowledged gives its stock back once, and numbers stay true', async () => {
  const { item } = await open(10, { naver: 5, coupang: 5 }, { settings: { acknowledge: false } })
  market.work()
  const keys = CHANNELS.flatMap((channel) => {
    const sold = buy(market[channel], item[channel], 2)
    return sold.kind === 'sold' ? [{ channel, lineKey: sold.lineKeys[0]! }] : []
  })
  await recorded(market)
  for (const { channel, lineKey } of keys) market[channel].sim.cancel(lineKey, null)
  await becomesTrue(market)
  const [level] = await market.shop.rows('select on_hand, reserved from inventory.level')
  expect(level).toEqual({ on_hand: 10, reserved: 0 })
})

test('an order cancelled before we heard of it takes nothing, not even for a moment', async () => {
  const { variantId, item } = await open(2, { naver: 2, coupang: 0 })
  const sold = buy(market.naver, item.naver, 2)
  if (sold.kind !== 'sold') throw new Error('the shelf was empty')
  market.naver.sim.cancel(sold.lineKeys[0]!, null)
  buy(market.naver, item.naver, 2)
  market.work()
  await becomesTrue(market)
  expect(await unitsSoldTwice(market)).toBe(0)
  expect(await market.sellOurselves(variantId, 1)).toBe('short')
  expect(await market.shop.rows('select * from orders.order where short')).toEqual([])
})

test('who buys a unit that came back finds it, though cancel and order are told at once', async () => {
  const { item } = await open(1, { naver: 1, coupang: 0 }, { settings: { acknowledge: false } })
  market.work()
  const first = buy(market.naver, item.naver)
  if (first.kind !== 'sold') throw new Error('the shelf was empty')
  await recorded(market)
  await market.stopWork()
  market.naver.sim.cancel(first.lineKeys[0]!, null)
  expect(buy(market.naver, item.naver).kind).toBe('sold')
  market.work()
  await becomesTrue(market)
  expect(await unitsSoldTwice(market)).toBe(0)
})

test('a write the marketplace refuses for good is parked, and tried again after a while', async () => {
  const { ChannelFault } = await import('../../server/modules/channels/adapter.ts')
  let refuses = true
  const { item } = await open(
    10,
    { naver: 2, coupang: 2 },
    {
      settings: { parkedAgainMs: 700 },
      wrap: (openAdapter, channel) => (account, deps) => {
        const adapter = openAdapter(account, deps)
        if (channel === 'coupang') return adapter
        return {
          ...adapter,
          setStock: (unit, items) =>
            refuses ? Promise.reject(new ChannelFault('refused', '판매중지 상품')) : adapter.setStock(unit, items),
        }
      },
    },
  )
  market.work()
  buyAll(market.naver, item.naver)
  await until(async () => (await listingOf(market, item.naver)).fault === 'refused')
  await until(async () => (await linesOf(market, market.naver)).length === 2)
  refuses = false
  await until(async () => stockAt(market.naver, item.naver) > 0)
  await becomesTrue(market)
  expect((await listingOf(market, item.naver)).fault).toBeNull()
})
