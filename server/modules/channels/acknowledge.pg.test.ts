import { afterAll, beforeAll, expect, test } from 'vitest'
import { buy, collectedOnce, linesOf, recorded, until } from '../../../test/faults/market-truth.ts'
import { type Market, openMarket } from '../../../test/marketplaces.ts'

/** Accepting orders at a marketplace (발주확인) that will not have some of them. */

/** One more than are asked about in one go. */
const ORDERS = 201

let market: Market
let accepts = (_key: string) => false
beforeAll(async () => {
  market = await openMarket({
    wrap: (open) => (account, deps) => {
      const adapter = open(account, deps)
      return {
        ...adapter,
        async acknowledge(keys) {
          const refused = keys.filter((key) => !accepts(key))
          const results = await adapter.acknowledge(keys.filter(accepts))
          return [
            ...results,
            ...refused.map((key) => ({ key, outcome: 'refused' as const, code: null, message: null })),
          ]
        },
      }
    },
  })
})
afterAll(() => market.close())

test('orders that a marketplace refuses keep none behind them from being accepted', async () => {
  const variantId = await market.shop.stock('BRK-1', 2 * ORDERS)
  const item = await market.list('BRK-1', variantId, { naver: ORDERS, coupang: 0 })
  await market.shop.rows(`update channels.connection set mode = 'observe'`)
  market.work()
  await collectedOnce(market)
  for (let bought = 0; bought < ORDERS; bought++) buy(market.naver, item.naver)
  await recorded(market)
  const [newest] = await market.shop.rows<{ action_key: string }>(
    'select action_key from orders.order_line order by order_id desc limit 1',
  )
  accepts = (key) => key === newest!.action_key
  await market.shop.rows(`update channels.connection set mode = 'push'`)
  const accepted = async () => (await linesOf(market, market.naver)).filter(({ state }) => state === 'acknowledged')
  await until(async () => (await accepted()).length > 0)
  expect(await accepted()).toHaveLength(1)
})
