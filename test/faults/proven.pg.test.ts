import { afterEach, expect, test } from 'vitest'
import { ChannelFault } from '../../server/modules/channels/adapter.ts'
import { releaseListings } from '../../server/modules/channels/drift.ts'
import { adoptListings, setPaused } from '../../server/modules/channels/index.ts'
import { type Market, type MarketOptions, openMarket } from '../marketplaces.ts'
import { becomesTrue, buy, buyAll, journalOf, listingOf, PATIENCE_MS, stockAt, until } from './market-truth.ts'

/** What counts as done, what is looked at again, and what a person is told of it. */

let market: Market
afterEach(() => market.close())

async function open(stock: number, showing: { naver: number; coupang: number }, options: MarketOptions = {}) {
  market = await openMarket(options)
  const variantId = await market.shop.stock('BRK-1', stock)
  return { variantId, item: await market.list('BRK-1', variantId, showing) }
}

type DriftRow = { believed: number; showed: number; units: number; cause: string; action: string; repaired_at: Date }
const drifts = () =>
  market.shop.rows<DriftRow>('select * from channels.drift where confirmed_at is not null order by drift_id')

const zerosSent = async (item: string) =>
  (await journalOf(market, item)).filter(({ kind, value }) => kind === 'accepted' && value === 0).length

test.each(['rights', 'pool'] as const)(
  'a zero is sent again until it was seen, without waiting for a collection: %s',
  async (policy) => {
    // No collection goes past anything within a minute, so that only the read-back itself can ask again.
    const { variantId, item } = await open(6, { naver: 3, coupang: 3 }, { policy, feedLatenessMs: 60_000 })
    market.naver.sim.setFaults({ lostWrite: 1 })
    await market.shop.apply({
      ...{ verb: 'adjust', company: market.shop.company, source: 'count', ref: 'gone', actor: 'test' },
      lines: [
        {
          ...{ variantId, warehouseId: market.shop.warehouses[0]!, counted: 0, delta: null, saw: null },
          ...{ reason: 'count', note: null },
        },
      ],
    })
    market.work()
    await until(async () => (await zerosSent(item.naver)) >= 3)
    expect(stockAt(market.naver, item.naver)).toBe(3)
    expect((await listingOf(market, item.naver)).observed).not.toBe(0)
    market.naver.sim.setFaults({ lostWrite: 0 })
    await until(async () => (await listingOf(market, item.naver)).observed === 0)
    expect(stockAt(market.naver, item.naver)).toBe(0)
    const sent = await zerosSent(item.naver)
    const atRest = `select from channels.unit where unit = $1 and write_due_at is null and lease is null`
    await until(async () => (await market.shop.rows(atRest, [item.naver])).length === 1)
    expect(await zerosSent(item.naver)).toBe(sent)
  },
)

test('a hand edit is repaired once, and one row says what we believed, what it showed and what was done', async () => {
  const { item } = await open(20, { naver: 20, coupang: 20 }, { policy: 'pool' })
  market.work()
  await becomesTrue(market)
  market.naver.sim.edit(item.naver, 12)
  await until(async () => (await drifts()).some((row) => row.repaired_at !== null))
  await becomesTrue(market)
  expect(await drifts()).toEqual([
    expect.objectContaining({ believed: 20, showed: 12, units: -8, cause: 'edited', action: 'repair' }),
  ])
  expect(stockAt(market.naver, item.naver)).toBe(20)
})

test('where edits are only reported the number stays as it was edited, until a person releases it', async () => {
  const { item } = await open(20, { naver: 20, coupang: 20 }, { policy: 'pool', settings: { drift: 'report' } })
  market.work()
  await becomesTrue(market)
  market.naver.sim.edit(item.naver, 25)
  await until(async () => (await listingOf(market, item.naver)).fault === 'edited')
  buy(market.coupang, item.coupang)
  await until(async () => (await listingOf(market, item.coupang)).desired === 19)
  await until(async () => (await market.shop.rows('select from channels.marker')).length === 0)
  expect(stockAt(market.naver, item.naver)).toBe(25)
  expect(await drifts()).toEqual([
    expect.objectContaining({ believed: 20, showed: 25, action: 'report', repaired_at: null }),
  ])

  const { listing_id: listingId } = await listingOf(market, item.naver)
  const { company } = market.shop
  const at = { listingId, unit: item.naver }
  await market.shop.inTx((tx) => releaseListings(tx, company, market.naver.connectionId, at))
  await becomesTrue(market)
  expect(stockAt(market.naver, item.naver)).toBe(19)
})

test('a write of ours that did not take is told as such, and not as somebody’s edit', async () => {
  const { item } = await open(20, { naver: 20, coupang: 20 }, { policy: 'pool', settings: { drift: 'report' } })
  market.work()
  await becomesTrue(market)
  market.naver.sim.setFaults({ lostWrite: 1 })
  buy(market.coupang, item.coupang, 12)
  await until(async () => (await drifts()).length > 0)
  market.naver.sim.setFaults({ lostWrite: 0 })
  await becomesTrue(market)
  expect((await drifts())[0]).toMatchObject({ believed: 8, showed: 20, cause: 'not_applied' })
  expect((await listingOf(market, item.naver)).fault).toBeNull()
})

test('a number that orders explain leaves no row', async () => {
  const { item } = await open(40, { naver: 20, coupang: 20 })
  market.naver.sim.setFaults({ feedDelayMs: 60 })
  market.work()
  await becomesTrue(market)
  for (let i = 0; i < 8; i++) buy(market.naver, item.naver)
  await becomesTrue(market)
  expect(await drifts()).toEqual([])
})

test('what the marketplace refuses for good is asked once, however often its number changes, until a person resumes', async () => {
  let refused = 0
  let refuses = true
  const goods = { policy: 'pool' as const }
  const { variantId, item } = await open(...([30, { naver: 30, coupang: 30 }] as const), {
    ...goods,
    wrap: (openAdapter, channel) => (account, deps) => {
      const adapter = openAdapter(account, deps)
      if (channel === 'coupang') return adapter
      const no = () => {
        refused += 1
        return Promise.reject(new ChannelFault('refused', '판매중지 상품'))
      }
      return { ...adapter, setStock: (unit, items) => (refuses ? no() : adapter.setStock(unit, items)) }
    },
  })
  market.work()
  await market.sellOurselves(variantId, 2)
  await until(async () => (await listingOf(market, item.naver)).fault === 'refused')
  for (let i = 0; i < 3; i++) {
    await market.sellOurselves(variantId, 2)
    const left = 30 - 2 * (i + 2)
    await until(async () => stockAt(market.coupang, item.coupang) === left)
  }
  buyAll(market.coupang, item.coupang)
  await until(async () => (await listingOf(market, item.naver)).desired === 0)
  expect(refused).toBe(1)

  refuses = false
  await market.shop.inTx((tx) => setPaused(tx, market.shop.company, market.naver.connectionId, false))
  await becomesTrue(market)
  expect(stockAt(market.naver, item.naver)).toBe(0)
})

const RISES = 1_000
/** Hands of a worker times the units each takes at once. */
const IN_FLIGHT_MOST = 8

test('a zero overtakes a thousand rises that wait for two calls a second', async () => {
  market = await openMarket({ policy: 'pool' })
  const { shop, coupang } = market
  const last = await shop.stock('BRK-ZERO', 5)
  const zero = await market.list('BRK-ZERO', last, { naver: 5, coupang: 5 })
  const plenty = await shop.stock('BRK-RISE', 50)
  const options = [{ optionName: '', sellerCode: 'BRK-RISE', stock: 0, surcharge: 0 }]
  const products = Array.from({ length: RISES }, (_, i) => ({ name: `BRK-RISE ${i}`, price: 9_900, options }))
  const items = coupang.machine.doors.seedProducts(products, coupang.sim.now())
  const connection = await market.connection('coupang')
  const listings = items.map((item) => ({ ...item, variantId: plenty, multiplier: 1, observed: 0 }))
  await shop.inTx((tx) => adoptListings(tx, connection, listings))
  await shop.rows('update channels.budget set per_second = 2, burst = 1, tokens = 1 where connection_id = $1', [
    coupang.connectionId,
  ])
  const waiting = async () =>
    (await shop.rows('select from channels.unit where write_due_at is not null and urgency = 2')).length
  market.work()
  await until(async () => (await waiting()) > 0.9 * RISES)
  await market.sellOurselves(last, 5)
  await until(async () => (await zerosSent(zero.coupang)) > 0, PATIENCE_MS, waiting)
  expect(stockAt(coupang, zero.coupang)).toBe(0)
  // Counted in writes, since on a slow machine each takes longer: those that were in flight, and no others.
  const told = await journalOf(market, zero.coupang)
  const [from, to] = ['desired', 'accepted'].map(
    (step) => told.find(({ kind, value }) => kind === step && value === 0)!,
  )
  const before = await shop.rows(
    `select from channels.journal join channels.listing using (company_id, listing_id)
     where connection_id = $1 and variant_id = $2 and kind = 'accepted' and at between $3 and $4`,
    [coupang.connectionId, plenty, from!.at, to!.at],
  )
  expect(before.length).toBeLessThanOrEqual(IN_FLIGHT_MOST)
  expect(await waiting()).toBeGreaterThan(0.9 * RISES)
})
