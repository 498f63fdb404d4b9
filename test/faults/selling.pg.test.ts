import { afterEach, expect, test } from 'vitest'
import { type Market, openMarket } from '../marketplaces.ts'
import { becomesTrue, unitsSold, unitsSoldTwice } from './market-truth.ts'

let market: Market
afterEach(() => market.close())

const buy = (channel: Market['naver'] | Market['coupang'], item: string, quantity = 1) =>
  channel.sim.buy({ lines: [{ item, quantity }], buyer: '김하나' })

test('selling on both channels ends with every order once and every number as the marketplaces have it', async () => {
  market = await openMarket()
  const variantId = await market.shop.stock('BRK-1', 40)
  const item = await market.list('BRK-1', variantId, { naver: 10, coupang: 10 })
  market.work()
  for (let i = 0; i < 8; i++) {
    buy(market.naver, item.naver)
    buy(market.coupang, item.coupang)
  }
  await becomesTrue(market)
  expect(unitsSold(market)).toBe(16)
  const [level] = await market.shop.rows('select on_hand, reserved from inventory.level')
  expect(level).toEqual({ on_hand: 40, reserved: 16 })
  expect(await unitsSoldTwice(market)).toBe(0)
})
