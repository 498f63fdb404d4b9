import { afterEach, expect, test } from 'vitest'
import { setStrict } from '../../server/modules/channels/strict.ts'
import { type Market, openMarket } from '../marketplaces.ts'
import { becomesTrue, buy, collectedOnce, recorded, stockAt, unitsSoldTwice, until } from './market-truth.ts'

/** The last units, what is learned from orders, and what is told when something the rights rest on was not so. */

let market: Market
afterEach(() => market.close())

/** Two listings that were watched for a day and hardly sold: the risk of their last units is known to be small. */
async function watchedForADay(): Promise<void> {
  const windows = [86_400_000, 3_600_000, 120_000].map((ms) => ({ units: ms / 86_400_000, ms }))
  await market.shop.rows(
    `update channels.listing
     set demand = jsonb_build_object('at', floor(extract(epoch from now()) * 1000), 'running', true, 'windows', $1::jsonb)`,
    [JSON.stringify(windows)],
  )
}

const shown = async (item: { naver: string; coupang: string }) => [
  stockAt(market.naver, item.naver),
  stockAt(market.coupang, item.coupang),
]

const alarms = () =>
  market.shop.rows<{ kind: string; units: number; facts: { units: number } }>(
    'select kind, units, facts from channels.alarm order by at',
  )

test('the last units are shown everywhere where the risk is stated, fall everywhere with a sale, and are shares again where a product is strict', async () => {
  market = await openMarket({ policySettings: { tail: 'pooled' } })
  const variantId = await market.shop.stock('TAIL', 4)
  const item = await market.list('TAIL', variantId, { naver: 2, coupang: 2 })
  await watchedForADay()
  market.work()
  await until(async () => (await shown(item)).join() === '4,4')
  buy(market.naver, item.naver, 1)
  await until(async () => (await shown(item)).join() === '3,3')
  expect(await market.sellOurselves(variantId, 1)).not.toBe('taken')
  expect(await alarms()).toEqual([])

  const connection = await market.connection('naver')
  await market.shop.inTx(async (tx) => setStrict(tx, connection.company, variantId, true))
  await until(async () => {
    const [naver, coupang] = await shown(item)
    return naver! + coupang! === 3 && naver! > 0 && coupang! > 0
  })
  await becomesTrue(market)
  expect(await market.shop.rows('select from channels.listing where pooled')).toEqual([])
  expect(await unitsSoldTwice(market)).toBe(0)
})

test('without that the last units are strict, however slowly they sell', async () => {
  market = await openMarket()
  const variantId = await market.shop.stock('TAIL', 4)
  const item = await market.list('TAIL', variantId, { naver: 2, coupang: 2 })
  await watchedForADay()
  market.work()
  buy(market.naver, item.naver, 1)
  await recorded(market)
  await becomesTrue(market)
  expect((await shown(item)).reduce((sum, units) => sum! + units!, 0)).toBe(3)
})

test('numbers that exceed the stock, and an edit at the marketplace, each raise one alarm with the units exposed', async () => {
  market = await openMarket()
  const variantId = await market.shop.stock('OVER', 5)
  const item = await market.list('OVER', variantId, { naver: 10, coupang: 10 })
  market.work()
  await until(async () => (await alarms()).length > 0)
  expect(await alarms()).toEqual([expect.objectContaining({ kind: 'rights_above_stock', units: 15 })])
  // Both are fenced first, and shared out when they were read and collected past.
  await until(async () => (await shown(item)).reduce((sum, units) => sum! + units!, 0) === 5)
  await becomesTrue(market)

  await until(async () => {
    // A set of ours that was on its way overwrites what was typed before anybody could see it: they type it again.
    if ((await shown(item))[0] !== 40) market.naver.sim.edit(item.naver, 40)
    return (await alarms()).some(({ kind }) => kind === 'hand_edit')
  }, 20_000)
  const edit = (await alarms()).find(({ kind }) => kind === 'hand_edit')!
  expect(edit.units).toBeGreaterThanOrEqual(30)
  expect(edit.facts.units).toBeGreaterThanOrEqual(30)
  await becomesTrue(market)
})

test('a sold-out listing’s demand is not watched, and what orders teach about lateness is kept', async () => {
  market = await openMarket()
  const variantId = await market.shop.stock('OUT', 2)
  const item = await market.list('OUT', variantId, { naver: 1, coupang: 1 })
  market.work()
  await collectedOnce(market)
  buy(market.naver, item.naver, 1)
  buy(market.coupang, item.coupang, 1)
  await recorded(market)
  await becomesTrue(market)
  const listings = await market.shop.rows<{ running: boolean; shown: number }>(
    `select (demand->>'running')::boolean as running, shown from channels.listing`,
  )
  expect(listings.map(({ running, shown }) => [shown, running])).toEqual([
    [0, false],
    [0, false],
  ])
  // The daily comparison with a marketplace's own list may be what brings one of the orders: it teaches nothing.
  const both = async () => [await market.connection('naver'), await market.connection('coupang')]
  await until(async () => (await both()).some(({ learned }) => learned !== null))
  const { learned, feedLatenessMs } = (await both()).find((connection) => connection.learned !== null)!
  expect(learned!.orders.reduce((sum, units) => sum + units, 0)).toBeGreaterThan(0.9)
  expect(feedLatenessMs).toBeGreaterThanOrEqual(learned!.floorMs)
})
