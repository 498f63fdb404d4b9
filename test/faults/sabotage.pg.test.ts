import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ChannelFault, type OpenAdapter } from '../../server/modules/channels/adapter.ts'
import { setPaused } from '../../server/modules/channels/index.ts'
import { type ChannelName, type Market, type MarketOptions, openMarket } from '../marketplaces.ts'
import { buy, buyAll, recorded, stockAt, unitsSoldTwice, until } from './market-truth.ts'

/**
 * Each rule of the rights removed, one at a time, against a marketplace that punishes it: with the rule nothing is
 * sold twice, without it something is. A story that found nothing without the rule would prove nothing with it.
 */

let market: Market

/** Without its rule a story is played until a unit was sold twice, at most so often: it depends on who comes first. */
const TRIES = 5

/** Plays a story with the rule, where nothing may be sold twice, and without it, where something must be found. */
function eachWay(rule: string, story: (breaks: boolean) => Promise<void>): void {
  const play = async (breaks: boolean): Promise<number> => {
    try {
      await story(breaks)
      return await unitsSoldTwice(market)
    } finally {
      await market.close()
    }
  }
  test(`${rule}: with the rule not one unit is sold twice`, async () => {
    expect(await play(false)).toBe(0)
  })
  test(`${rule}: without it units are sold twice`, async () => {
    let soldTwice = 0
    for (let tried = 0; tried < TRIES && soldTwice === 0; tried++) soldTwice = await play(true)
    expect(soldTwice).toBeGreaterThan(0)
  }, 60_000)
}

eachWay('an answered OK is no proof that a number was lowered', async (breaks) => {
  market = await openMarket(breaks ? { wrap: believesItself } : {})
  const { item } = await shopWith(10, { naver: 10, coupang: 0 })
  market.naver.sim.setFaults({ lostWrite: 1 })
  market.work()
  // Naver is to give up some of its ten for Coupang, and every such write is lost. Nobody buys before.
  await until(async () => stockAt(market.coupang, item.coupang) > 0, 1_800).catch(() => {})
  await sellsOut(item, 300)
})

eachWay('a cancel may put units back on the shelf', async (breaks) => {
  market = await openMarket(breaks ? { settings: { restocksOnCancel: 'no' } } : {})
  const { variantId, item } = await shopWith(4, { naver: 2, coupang: 2 })
  market.work()
  for (const channel of ['naver', 'coupang'] as const) await pause(channel)
  const sold = buy(market.naver, item.naver, 2)
  if (sold.kind !== 'sold') throw new Error('the shelf was empty')
  await recorded(market)
  market.naver.sim.cancel(sold.lineKeys[0]!, null)
  await until(async () => (await recordedCancels()) === 2)
  await market.sellOurselves(variantId, 2)
  await sellsOut(item, 500)
})

eachWay('orders may come as late as the feed is', async (breaks) => {
  market = await openMarket({ feedLatenessMs: breaks ? 0 : 1_800 })
  const { item } = await shopWith(10, { naver: 5, coupang: 5 })
  market.naver.sim.setFaults({ feedDelayMs: 1_200 })
  buyAll(market.naver, item.naver)
  buyAll(market.coupang, item.coupang)
  market.work()
  // Both shelves are empty and read as empty; half of the orders have not been told.
  await sellsOut(item, 3_500)
})

eachWay('a write without an answer may still be applied', async (breaks) => {
  market = await openMarket({
    settings: { unknownSettlesMs: breaks ? 0 : 1_500 },
    wrap: (open, channel) => (channel === 'naver' ? queuesTheFirstWrite(open) : open),
  })
  const { item } = await shopWith(10, { naver: 0, coupang: 0 })
  market.work()
  await sellsOut(item, 4_000)
})

async function shopWith(stock: number, showing: { naver: number; coupang: number }) {
  const variantId = await market.shop.stock('BRK-1', stock)
  return { variantId, item: await market.list('BRK-1', variantId, showing) }
}

const pause = async (channel: ChannelName) =>
  market.shop.inTx(async (tx) => setPaused(tx, market.shop.company, market[channel].connectionId, true))

const recordedCancels = async () =>
  (await market.shop.rows<{ units: number }>('select sum(cancelled)::integer as units from orders.order_line'))[0]!
    .units

/**
 * Shoppers take whatever appears anywhere, as soon as it does, for so long or until a unit was sold twice; then all
 * orders are recorded.
 */
async function sellsOut(item: { naver: string; coupang: string }, forMs: number): Promise<void> {
  const end = performance.now() + forMs
  while (performance.now() < end && (await unitsSoldTwice(market)) === 0) {
    buyAll(market.naver, item.naver)
    buyAll(market.coupang, item.coupang)
    await sleep(20)
  }
  await recorded(market)
}

/** What was set is what is "read", without asking: OK believed. */
const believesItself: NonNullable<MarketOptions['wrap']> = (open) => (account, deps) => {
  const adapter = open(account, deps)
  const believed = new Map<string, number>()
  return {
    ...adapter,
    async setStock(unit, items) {
      const seen = await adapter.setStock(unit, items)
      for (const { item, quantity } of items) believed.set(item, quantity)
      return seen
    },
    async readStock(unit) {
      const reading = await adapter.readStock(unit)
      const items = reading.items.map((row) => ({ ...row, quantity: believed.get(row.item) ?? row.quantity }))
      return { ...reading, items }
    },
  }
}

const QUEUED_MS = 900

/** A gateway that gives up at once and passes the first write on later. */
const queuesTheFirstWrite =
  (open: OpenAdapter): OpenAdapter =>
  (account, deps) => {
    const adapter = open(account, deps)
    let isFirst = true
    return {
      ...adapter,
      async setStock(unit, items) {
        if (!isFirst) return adapter.setStock(unit, items)
        isFirst = false
        void sleep(QUEUED_MS).then(() => adapter.setStock(unit, items))
        throw new ChannelFault('unknown', 'the gateway gave up waiting')
      },
    }
  }
