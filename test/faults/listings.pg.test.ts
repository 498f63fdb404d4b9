import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { mapListingTo, setMode, setPolicy } from '../../server/modules/channels/index.ts'
import { waitingLinesStep } from '../../server/modules/channels/waiting-lines.ts'
import { type Market, openMarket } from '../marketplaces.ts'
import { createVariant } from '../shop.ts'
import {
  becomesTrue,
  buy,
  buyAll,
  collectedOnce,
  journalOf,
  linesOf,
  listingOf,
  recorded,
  stockAt,
  unitsSold,
  unitsSoldTwice,
  until,
  wrongPromises,
} from './market-truth.ts'

/** What a listing is, what it shows by which policy, and what that promises. */

let market: Market
afterEach(() => market.close())

const reserved = async (): Promise<number> =>
  (await market.shop.rows<{ units: number }>('select sum(reserved)::integer as units from inventory.level'))[0]!.units

const promised = async (variantId: string): Promise<number> =>
  (
    await market.shop.rows<{ promised: number }>('select promised from inventory.promise where variant_id = $1', [
      variantId,
    ])
  )[0]?.promised ?? 0

test('an order of a listing nobody has mapped is kept and holds nothing; one mapping repairs all that wait', async () => {
  market = await openMarket()
  const variantId = await market.shop.stock('BRK-1', 30)
  const item = market.seed('naver', 'ONE-PLUS-ONE', 9)
  market.work()
  for (let i = 0; i < 3; i++) buy(market.naver, item.item)
  await recorded(market)
  expect(await linesOf(market, market.naver)).toEqual(
    Array.from({ length: 3 }, () => expect.objectContaining({ variant_id: null, state: 'paid' })),
  )
  expect(await reserved()).toBe(0)

  const listing = await listingOf(market, item.item)
  const to = { variantId, multiplier: 2, by: 'test' }
  const connection = await market.connection('naver')
  const mapped = await market.shop.inTx((tx) => mapListingTo(tx, connection, listing.listing_id, to))
  expect(mapped).toEqual({ repaired: 3 })
  expect(await reserved()).toBe(6)
  buy(market.naver, item.item)
  await until(async () => (await reserved()) === 8)
  await becomesTrue(market)
  expect(await linesOf(market, market.naver)).toHaveLength(4)
})

test('what waits beyond what a mapping repairs at once is repaired by the workers, batch after batch', async () => {
  market = await openMarket()
  const variantId = await market.shop.stock('BRK-1', 30)
  const item = market.seed('naver', 'ONE-PLUS-ONE', 9)
  const odd = market.seed('naver', 'NOBODY-KNOWS', 9)
  market.work()
  for (let i = 0; i < 5; i++) buy(market.naver, item.item)
  buy(market.naver, odd.item)
  await recorded(market)
  await market.stopWork()

  const listing = await listingOf(market, item.item)
  const connection = await market.connection('naver')
  const to = { variantId, multiplier: 2, by: 'test' }
  expect(await market.shop.inTx((tx) => mapListingTo(tx, connection, listing.listing_id, to, 2))).toEqual({
    repaired: 2,
  })
  expect(await reserved()).toBe(4)

  const { step } = waitingLinesStep(market.jaego.channels, 2)
  expect(await step()).toBe(0)
  expect(await reserved()).toBe(8)
  expect(await step()).toBeGreaterThan(0)
  expect(await reserved()).toBe(10)
  expect(await step()).toBeGreaterThan(0)
  const waiting = (await linesOf(market, market.naver)).filter((line) => line.variant_id === null)
  expect(waiting).toHaveLength(1)
})

test('a worker finds by itself what a mapping left waiting', async () => {
  market = await openMarket()
  const variantId = await market.shop.stock('BRK-1', 30)
  const item = market.seed('naver', 'ONE-PLUS-ONE', 9)
  market.work()
  for (let i = 0; i < 3; i++) buy(market.naver, item.item)
  await recorded(market)
  const listing = await listingOf(market, item.item)
  const connection = await market.connection('naver')
  const to = { variantId, multiplier: 2, by: 'test' }
  const { db } = market.jaego
  await db.transaction([market.shop.company], (tx) => mapListingTo(tx, connection, listing.listing_id, to, 1))
  await until(async () => (await reserved()) === 6)
  await becomesTrue(market)
})

test('a seller code equal to a SKU maps a listing at once, in any letter case', async () => {
  market = await openMarket()
  await market.shop.stock('BRK-1', 30)
  const item = market.seed('coupang', 'brk-1', 5)
  market.work()
  buy(market.coupang, item.item, 2)
  await until(async () => (await reserved()) === 2)
  await becomesTrue(market)
})

test('mapping a listing promises what it may sell; taking the mapping back promises it no more', async () => {
  market = await openMarket()
  const first = await market.shop.stock('BRK-1', 30)
  const second = await market.shop.stock('BRK-2', 30)
  const item = market.seed('naver', 'X', 7)
  const listingId = await market.adopt('naver', item, { variantId: null })
  const connection = await market.connection('naver')
  const map = (variantId: string | null, multiplier: number) =>
    market.shop.inTx((tx) => mapListingTo(tx, connection, listingId, { variantId, multiplier, by: 'test' }))

  await map(first, 3)
  expect([await promised(first), await promised(second)]).toEqual([21, 0])
  await map(second, 1)
  expect([await promised(first), await promised(second)]).toEqual([0, 7])
  await map(null, 1)
  expect([await promised(first), await promised(second)]).toEqual([0, 0])
  expect(await wrongPromises(market)).toEqual([])
})

test('a connection that leaves rights promises nothing; coming back it is read before anything is promised', async () => {
  market = await openMarket()
  const variantId = await market.shop.stock('BRK-1', 20)
  const item = await market.list('BRK-1', variantId, { naver: 6, coupang: 5 })
  expect(await promised(variantId)).toBe(11)
  const change = (policy: 'pool' | 'rights') =>
    market.shop.inTx((tx) =>
      setPolicy(tx, market.shop.company, market.naver.connectionId, { policy, policySettings: {} }),
    )
  await change('pool')
  expect(await promised(variantId)).toBe(5)
  market.work()
  await until(async () => stockAt(market.naver, item.naver) >= 19)
  await change('rights')
  buy(market.naver, item.naver, 3)
  await until(async () => (await listingOf(market, item.naver)).bound !== null)
  await becomesTrue(market)
  expect(stockAt(market.naver, item.naver) + stockAt(market.coupang, item.coupang)).toBeLessThanOrEqual(17)
  expect(await unitsSoldTwice(market)).toBe(0)
})

test('sets and single goods that share a component never sell it twice', async () => {
  market = await openMarket()
  const part = await market.shop.stock('BRK-1', 20)
  const set = await market.shop.inTx(async (tx) =>
    createVariant(tx, market.shop.company, { sku: 'SET-1', components: [{ variantId: part, quantity: 2 }] }),
  )
  const single = await market.list('BRK-1', part, { naver: 6, coupang: 2 })
  const sets = await market.list('SET-1', set, { naver: 2, coupang: 4 })
  market.work()
  await collectedOnce(market)
  for (const end = performance.now() + 2_500; performance.now() < end; await sleep(30)) {
    for (const item of [single, sets]) {
      buyAll(market.naver, item.naver)
      buyAll(market.coupang, item.coupang)
    }
  }
  await becomesTrue(market)
  expect(await unitsSoldTwice(market)).toBe(0)
  expect(await reserved()).toBe(20)
})

test('while a connection is only observed nothing is written to it; switched on, it is', async () => {
  market = await openMarket({ mode: 'observe' })
  const variantId = await market.shop.stock('BRK-1', 30)
  const item = await market.list('BRK-1', variantId, { naver: 3, coupang: 3 })
  market.work()
  buyAll(market.naver, item.naver)
  buyAll(market.coupang, item.coupang)
  await recorded(market)
  await until(async () => (await market.shop.rows('select from channels.marker')).length === 0)
  const writes = () =>
    [market.naver, market.coupang].flatMap(({ machine }) =>
      machine.doors.history(0, 1_000).filter(({ cause }) => cause === 'write'),
    )
  expect(writes()).toEqual([])
  expect((await linesOf(market, market.naver)).map(({ state }) => state)).toEqual(['paid', 'paid', 'paid'])

  await market.shop.inTx(async (tx) => {
    for (const { connectionId } of [market.naver, market.coupang]) {
      await setMode(tx, market.shop.company, connectionId, 'push')
    }
  })
  await until(async () => writes().length >= 2)
  await becomesTrue(market)
})

test('a pool shows everything everywhere, and every sale lowers every number', async () => {
  market = await openMarket({ policy: 'pool' })
  const variantId = await market.shop.stock('BRK-1', 20)
  const item = await market.list('BRK-1', variantId, { naver: 0, coupang: 0 })
  market.work()
  await until(async () => stockAt(market.naver, item.naver) === 20)
  buy(market.naver, item.naver, 3)
  expect(await market.sellOurselves(variantId, 2)).toBe('taken')
  await until(async () => stockAt(market.coupang, item.coupang) === 15)
  await becomesTrue(market)
  expect(stockAt(market.naver, item.naver)).toBe(15)
})

test('a buffered pool keeps its buffer back, and a tenth where a channel has not answered for a minute', async () => {
  market = await openMarket({ policy: 'buffered', policySettings: { units: 1 } })
  const variantId = await market.shop.stock('BRK-1', 40)
  const item = await market.list('BRK-1', variantId, { naver: 0, coupang: 0 })
  market.work()
  await until(async () => stockAt(market.naver, item.naver) === 39)
  await becomesTrue(market)
  market.coupang.sim.setFaults({ outageUntil: market.coupang.sim.now() + 60_000 })
  await until(async () => (await market.connection('coupang')).failures > 0)
  await market.shop.rows(
    `update channels.connection set last_success_at = now() - interval '61 seconds' where connection_id = $1`,
    [market.coupang.connectionId],
  )
  await until(async () => (await listingOf(market, item.coupang)).desired === 36)
  expect((await listingOf(market, item.naver)).desired).toBe(39)
})

test('a fixed split shows each channel its share', async () => {
  market = await openMarket({ policy: 'fixed', policySettings: { percent: 50 } })
  const variantId = await market.shop.stock('BRK-1', 21)
  const item = await market.list('BRK-1', variantId, { naver: 0, coupang: 0 })
  market.work()
  await until(async () => stockAt(market.naver, item.naver) > 0 && stockAt(market.coupang, item.coupang) > 0)
  await becomesTrue(market)
  const shown = [stockAt(market.naver, item.naver), stockAt(market.coupang, item.coupang)]
  expect(shown.toSorted()).toEqual([10, 11])
})

test('two workers at once record every order once and leave every number true', async () => {
  market = await openMarket()
  const variantId = await market.shop.stock('BRK-1', 30)
  const item = await market.list('BRK-1', variantId, { naver: 10, coupang: 10 })
  const other = await market.another()
  market.work()
  other.work()
  for (const end = performance.now() + 1_500; performance.now() < end; await sleep(30)) {
    buy(market.naver, item.naver)
    buy(market.coupang, item.coupang)
  }
  await becomesTrue(market)
  await other.close()
  expect(await unitsSoldTwice(market)).toBe(0)
  expect(await reserved()).toBe(unitsSold(market))
})

test('a worker that dies inside a write leaves it unknown: another asks the marketplace, and goes on', async () => {
  let release = () => {}
  let hangs = true
  market = await openMarket({
    wrap: (open, channel) => (account, deps) => {
      const adapter = open(account, deps)
      if (channel === 'coupang') return adapter
      return {
        ...adapter,
        async setStock(unit, items) {
          const answer = await adapter.setStock(unit, items)
          if (!hangs) return answer
          hangs = false
          // Applied, and whoever sent it never hears of it.
          await new Promise<void>((resolve) => {
            release = resolve
          })
          return answer
        },
      }
    },
  })
  const variantId = await market.shop.stock('BRK-1', 20)
  const item = await market.list('BRK-1', variantId, { naver: 0, coupang: 8 })
  market.work()
  await until(async () => !hangs)
  const before = stockAt(market.naver, item.naver)
  expect(before).toBeGreaterThan(0)
  buy(market.naver, item.naver)

  const other = await market.another()
  other.work()
  // The dead worker's lease runs out.
  await market.shop.rows(
    `update channels.unit set leased_until = now(), write_due_at = now() where lease is not null and unit = $1`,
    [item.naver],
  )
  try {
    await until(async () =>
      (await journalOf(market, item.naver)).some(({ kind, value }) => kind === 'observed' && value !== 0),
    )
    await becomesTrue(market)
    expect(await unitsSoldTwice(market)).toBe(0)
  } finally {
    // It was not dead, only late: what it believes of its old claim changes nothing for long.
    release()
    await market.stopWork()
  }
  await becomesTrue(market)
  await other.close()
})
