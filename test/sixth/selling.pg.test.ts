import { afterEach, expect, test } from 'vitest'
import { endsWell } from '../faults/ends-well.ts'
import { becomesTrue, buy, buyAll, stockAt, unitsSold, unitsSoldTwice, until } from '../faults/market-truth.ts'
import { KINDS, type Kind } from '../marketplace-kinds.ts'
import { type Market, openMarket } from '../marketplaces.ts'
import { openSixth } from './adapter/index.ts'
import { createSixth, TEST_SIXTH_CREDENTIALS } from './simulator/index.ts'

/** What CONTRIBUTING.md says of adding a marketplace is all there is to it: a simulator, an adapter, a line in a record. */

const sixth = {
  ...{ open: openSixth, path: '', credentials: TEST_SIXTH_CREDENTIALS },
  create: ({ limits }) => createSixth({ limits }),
  isBudget: (bucket) => bucket === 'all',
} satisfies Kind
const kinds = { naver: KINDS.naver, sixth }

let market: Market<typeof kinds>
afterEach(() => market.close())

test('what sells on Naver and on a sixth marketplace is one stock, and both are true in the end', async () => {
  market = await openMarket({ limits: 'on' }, kinds)
  const variantId = await market.shop.stock('BRK-1', 40)
  const item = await market.list('BRK-1', variantId, { naver: 6, sixth: 6 })
  market.work()
  for (let i = 0; i < 4; i++) {
    buy(market.naver, item.naver)
    buy(market.sixth, item.sixth)
  }
  expect(await market.sellOurselves(variantId, 2)).toBe('taken')
  await becomesTrue(market)
  expect(unitsSold(market)).toBe(8)
  expect(await market.shop.rows('select on_hand, reserved from inventory.level')).toEqual([
    { on_hand: 40, reserved: 10 },
  ])
  await until(async () => market.sixth.machine.doors.truth().lines.every(({ acknowledged }) => acknowledged))
  await endsWell(market)
})

test('the last units are sold once, wherever their buyers come', async () => {
  market = await openMarket({}, kinds)
  const variantId = await market.shop.stock('BRK-1', 9)
  const item = await market.list('BRK-1', variantId, { naver: 4, sixth: 4 })
  market.work()
  await until(async () => {
    buyAll(market.naver, item.naver)
    buyAll(market.sixth, item.sixth)
    return unitsSold(market) === 9
  })
  await becomesTrue(market)
  expect([stockAt(market.naver, item.naver), stockAt(market.sixth, item.sixth)]).toEqual([0, 0])
  expect(await unitsSoldTwice(market)).toBe(0)
  await endsWell(market)
})
