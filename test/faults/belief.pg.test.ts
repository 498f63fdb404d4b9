import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import type { ChannelAdapter } from '../../server/modules/channels/adapter.ts'
import { type Market, openMarket } from '../marketplaces.ts'
import { becomesTrue, buy, collectedOnce, linesOf, listingOf, until } from './market-truth.ts'

/** A sale while we look or write is no edit by a person, whichever of the two came first. */

let market: Market
let item: string
afterEach(() => market.close())

type Around = (call: () => Promise<unknown>) => Promise<unknown>

/** Puts `around` about one call of a kind at Naver, and lets a worker meet it. Of more than 12 the planner shows more. */
async function meet(call: 'readStock' | 'setStock', around: Around, stock = 40): Promise<void> {
  let isArmed = false
  let isOver = false
  market = await openMarket({
    wrap: (open, channel) => (account, deps) => {
      const adapter = open(account, deps)
      if (channel !== 'naver') return adapter
      const real = adapter[call].bind(adapter) as (...values: unknown[]) => Promise<unknown>
      const wrapped = async (...values: unknown[]) => {
        if (!isArmed) return real(...values)
        isArmed = false
        const answer = await around(() => real(...values))
        isOver = true
        return answer
      }
      return { ...adapter, [call]: wrapped } as ChannelAdapter
    },
  })
  market.work()
  await collectedOnce(market)
  isArmed = true
  const variantId = await market.shop.stock('BRK-1', stock)
  item = (await market.list('BRK-1', variantId, { naver: 6, coupang: 6 })).naver
  await until(async () => isOver)
}

/** A buyer, and nothing goes on before we know of it. */
async function soldAndTold(): Promise<void> {
  buy(market.naver, item)
  await until(async () => (await linesOf(market, market.naver)).length === 1)
}

const later = () => sleep(20)

test.each<[string, 'readStock' | 'setStock', Around]>([
  [
    'read before a sale that is told while the answer is under way',
    'readStock',
    async (call) => {
      const answer = await call()
      await soldAndTold()
      return answer
    },
  ],
  [
    'read after a sale that was told while the question was under way',
    'readStock',
    async (call) => {
      await later()
      await soldAndTold()
      return call()
    },
  ],
  [
    'read before a sale that is told after the answer',
    'readStock',
    async (call) => {
      const answer = await call()
      buy(market.naver, item)
      await later()
      return answer
    },
  ],
  [
    'read after a sale that is told after the answer',
    'readStock',
    async (call) => {
      await later()
      buy(market.naver, item)
      return call()
    },
  ],
  [
    'set before a sale that is told while the answer is under way',
    'setStock',
    async (call) => {
      const answer = await call()
      await soldAndTold()
      return answer
    },
  ],
])('a number %s is no drift', async (_what, call, around) => {
  await meet(call, around)
  await becomesTrue(market)
  const lookedAt = async () => (await listingOf(market, item)).observed_at?.getTime() ?? 0
  for (let look = 1; look <= 2; look++) {
    const before = await lookedAt()
    await until(async () => (await lookedAt()) > before)
  }
  await becomesTrue(market)
  expect((await listingOf(market, item)).drifted).toBe(0)
})

test('what a look brings after a collection has overtaken it may be from before a sale; the next one finds the edit', async () => {
  const overtaken: Around = async (call) => {
    const begun = Date.now()
    market.naver.sim.edit(item, 35)
    const answer = await call()
    await until(async () => (await market.connection('naver')).collectedUpTo > begun)
    return answer
  }
  await meet('readStock', overtaken, 12)
  await until(async () => (await listingOf(market, item)).drifted > 0)
  await becomesTrue(market)
  expect((await listingOf(market, item)).drifted).toBe(1)
})
