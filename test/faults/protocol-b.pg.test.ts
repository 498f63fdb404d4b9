import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { type ChannelAdapter, ChannelFault, type ChannelOrder } from '../../server/modules/channels/adapter.ts'
import { setMode } from '../../server/modules/channels/index.ts'
import { setPolicy } from '../../server/modules/channels/policy.ts'
import { type ChannelName, type Market, type MarketOptions, openMarket } from '../marketplaces.ts'
import {
  becomesTrue,
  buy,
  buyAll,
  falseAccounts,
  listingOf,
  offSale,
  PATIENCE_MS,
  recorded,
  stockAt,
  takenIn,
  unitsSold,
  unitsSoldTwice,
  until,
} from './market-truth.ts'

/** Stop, read, set, resume: what holds when calls are lost, orders are late and workers die, at any step. */

let market: Market
afterEach(async () => {
  letGo()
  await market.close()
})

type Wrap = NonNullable<MarketOptions['wrap']>
const EXACT = { policySettings: { protocol: 'B' }, settings: { unknownSettlesMs: 300 } } satisfies MarketOptions

async function open(stock: number, showing: Record<ChannelName, number>, options: MarketOptions = {}) {
  market = await openMarket({ ...EXACT, ...options })
  const variantId = await market.shop.stock('BRK-1', stock)
  const item = await market.list('BRK-1', variantId, showing)
  await takenIn(market)
  return { variantId, item }
}

/** Everything that is on sale is what jaego says, and what it may sell is what it shows: nothing was counted twice. */
async function endsTrue(): Promise<void> {
  await becomesTrue(market)
  expect(offSale(market)).toEqual([])
  expect(await unitsSoldTwice(market)).toBe(0)
  expect(await falseAccounts(market)).toEqual([])
}

const standing = async () => ({
  listings: await market.shop.rows(
    'select item, desired, shown, bound, fault, unexplained, rights, exchange from channels.listing',
  ),
  units: await market.shop.rows('select * from channels.unit'),
  connections: await market.shop.rows(
    'select channel, failures, parked, last_fault, last_fault_said from channels.connection',
  ),
  offSale: offSale(market),
  logged: market.logged.slice(-12),
})

test('numbers are moved by the difference while off sale, and all ends on sale and true', async () => {
  const { item } = await open(12, { naver: 12, coupang: 0 })
  market.work()
  await until(async () => stockAt(market.coupang, item.coupang) > 0, PATIENCE_MS, standing)
  buyAll(market.coupang, item.coupang)
  await recorded(market)
  await endsTrue()
})

const LATE_MS = 1_500

async function sellOut(skus: readonly string[]): Promise<void> {
  const goods = []
  for (const sku of skus) {
    goods.push(await market.list(sku, await market.shop.stock(sku, 30), { naver: 15, coupang: 15 }))
  }
  for (const end = performance.now() + 1_800; performance.now() < end && (await unitsSoldTwice(market)) === 0; ) {
    for (const item of goods) {
      buy(market.naver, item.naver)
      buy(market.coupang, item.coupang)
    }
    await sleep(30)
  }
}

// Two minutes late where the feed is trusted after five seconds: here 1.5 seconds and a tenth of one.
test('with a tenth of the orders told far too late nothing is sold twice', async () => {
  market = await openMarket({ policySettings: { protocol: 'B' }, wrap: tellsEveryTenthLate })
  market.work()
  await sellOut(['BRK-0-L', 'BRK-0-R'])
  await recorded(market)
  expect(await unitsSoldTwice(market)).toBe(0)
  await until(async () => offSale(market).length === 0, PATIENCE_MS, standing)
})

const LATE_STOCK = 30

/**
 * Buyers take whatever either shelf shows, while Naver, whose feed is trusted after a tenth of a second, tells none of
 * its orders until `isOver`: what ends it is a standing, and not a time that a busy machine could miss. Answers the
 * units that were sold twice.
 */
async function soldBeforeItIsTold(protocol: 'A' | 'B', isOver: (naverItem: string) => Promise<boolean>) {
  let isTold = false
  const wrap: Wrap = (openAdapter, channel) => (account, deps) => {
    const adapter = openAdapter(account, deps)
    if (channel !== 'naver') return adapter
    const held = new Map<string, ChannelOrder>()
    return {
      ...adapter,
      async collectOrders(cursor) {
        const collected = await adapter.collectOrders(cursor)
        for (const order of collected.orders) held.set(order.externalId, order)
        return { ...collected, orders: isTold ? [...held.values()] : [] }
      },
    }
  }
  const showing = { naver: LATE_STOCK / 2, coupang: LATE_STOCK / 2 }
  const { item } = await open(LATE_STOCK, showing, { policySettings: { protocol }, wrap })
  market.work()
  await until(
    async () => {
      buyAll(market.naver, item.naver)
      buyAll(market.coupang, item.coupang)
      return isOver(item.naver)
    },
    PATIENCE_MS,
    standing,
  )
  isTold = true
  await recorded(market)
  return unitsSoldTwice(market)
}

test('by setting and collecting the same feed sells units twice', async () => {
  const twice = await soldBeforeItIsTold('A', async () => unitsSold(market) > LATE_STOCK)
  expect(twice).toBe(unitsSold(market) - LATE_STOCK)
}, 60_000)

test('by stop, read, set, resume no unit is sold twice while a feed is silent, and every unit is sold', async () => {
  const isSoldOut = async (item: string) => {
    const { desired, shown } = await listingOf(market, item)
    return desired === 0 && shown === 0 && unitsSold(market) >= LATE_STOCK
  }
  expect(await soldBeforeItIsTold('B', isSoldOut)).toBe(0)
  expect(unitsSold(market)).toBe(LATE_STOCK)
}, 60_000)

const CALLS = ['stop', 'set', 'resume'] as const
type Called = (typeof CALLS)[number]

test.each(CALLS)('a %s that is lost behind an OK is found out by the look, and sent again', async (lost) => {
  let isFirst = true
  const wrap = onNaver((call, run) => {
    if (call !== lost || !isFirst) return run()
    isFirst = false
    return Promise.resolve()
  })
  const { item } = await open(12, { naver: 12, coupang: 0 }, { wrap })
  market.work()
  await until(async () => stockAt(market.coupang, item.coupang) > 0, PATIENCE_MS, standing)
  buyAll(market.naver, item.naver)
  buyAll(market.coupang, item.coupang)
  await recorded(market)
  expect(isFirst).toBe(false)
  await endsTrue()
})

test.each(CALLS)('a %s without an answer is waited for before anything else is asked', async (unanswered) => {
  let isFirst = true
  const asked: number[] = []
  const wrap = onNaver(async (call, run) => {
    if (call === unanswered && isFirst) {
      isFirst = false
      asked.push(performance.now())
      await run()
      throw new ChannelFault('unknown', 'no answer in time')
    }
    if (asked.length === 1) asked.push(performance.now())
    return run()
  })
  const { item } = await open(12, { naver: 12, coupang: 0 }, { wrap })
  market.work()
  await until(async () => stockAt(market.coupang, item.coupang) > 0, PATIENCE_MS, standing)
  buyAll(market.coupang, item.coupang)
  await recorded(market)
  await endsTrue()
  expect(asked[1]! - asked[0]!).toBeGreaterThanOrEqual(300)
})

test.each(['before', 'after'] as const)(
  'units a cancel puts back inside the stop, %s the set, are sold once',
  async (when) => {
    let cancel = () => {}
    const wrap = onNaver(async (call, run) => {
      if (call === 'set' && when === 'before') cancel()
      const result = await run()
      if (call === 'set' && when === 'after') cancel()
      return result
    })
    const { item } = await open(12, { naver: 12, coupang: 0 }, { wrap })
    const bought = buy(market.naver, item.naver, 2)
    if (bought.kind !== 'sold') throw new Error('the shelf was empty')
    cancel = () => {
      cancel = () => {}
      market.naver.sim.cancel(bought.lineKeys[0]!, null)
    }
    market.work()
    await until(async () => stockAt(market.coupang, item.coupang) > 0, PATIENCE_MS, standing)
    buyAll(market.naver, item.naver)
    buyAll(market.coupang, item.coupang)
    await recorded(market)
    await becomesTrue(market)
    expect(await unitsSoldTwice(market)).toBe(0)
  },
)

const MOMENTS = ['stop', 'read 2', 'set', 'read 3', 'resume', 'read 4'] as const

test.each(MOMENTS)(
  'whoever dies at %s leaves nothing off sale, and an order recorded meanwhile counts once',
  async (moment) => {
    let reads = 0
    let hung = false
    const wrap = onNaver(async (call, run) => {
      if (call === 'read') reads += 1
      const result = await run()
      if (hung || (call === 'read' ? `read ${reads}` : call) !== moment) return result
      hung = true
      return never()
    })
    // Longer than the feed is late: an account begun past an order that is still to be told keeps its unit, to be safe.
    const { item } = await open(12, { naver: 12, coupang: 0 }, { wrap, feedLatenessMs: 1_000 })
    market.naver.sim.setFaults({ feedDelayMs: 300 })
    buy(market.naver, item.naver)
    market.work()
    await until(async () => hung)
    await recorded(market)
    await leaseRunsOut(item.naver)
    await until(async () => stockAt(market.coupang, item.coupang) > 0, PATIENCE_MS, standing)
    await endsTrue()
  },
)

test('a number that is refused for good is asked for once, and the unit is sold again', async () => {
  let refused = 0
  const wrap = onNaver((call, run) => {
    if (call !== 'set') return run()
    refused += 1
    return Promise.reject(new ChannelFault('refused', '수량 오류'))
  })
  const { item } = await open(12, { naver: 12, coupang: 0 }, { wrap })
  market.work()
  const parked = 'select from channels.unit where unit = $1 and parked_fault is not null'
  await until(async () => (await market.shop.rows(parked, [item.naver])).length === 1, PATIENCE_MS, standing)
  await until(async () => offSale(market).length === 0, PATIENCE_MS, standing)
  expect([refused, stockAt(market.naver, item.naver)]).toEqual([1, 12])
})

test.each(['look', 'stop', 'read'])(
  'a connection that only observes after %s is sold again with the number it had',
  async (moment) => {
    const called: string[] = []
    const claimed = 'select from channels.unit where unit = $1 and lease is not null and write_due_at is not null'
    const wrap = onNaver(async (call, run) => {
      const isLook = call === 'read' && !called.includes('stop')
      const isExchange = !isLook || (await market.shop.rows(claimed, [item.naver])).length > 0
      called.push(call)
      const result = await run()
      if ((isLook ? 'look' : call) !== moment || !isExchange) return result
      const { company, connectionId } = await market.connection('naver')
      await market.shop.inTx((tx) => setMode(tx, company, connectionId, 'observe'))
      return result
    })
    const { item } = await open(12, { naver: 12, coupang: 0 }, { wrap })
    market.work()
    const resting = `select from channels.unit u join channels.listing l using (company_id, connection_id, unit)
    where u.unit = $1 and u.lease is null and l.exchange->'step'->>'at' = 'rest' and l.observed is not null
      and exists (select from channels.connection c where c.connection_id = u.connection_id and c.mode = 'observe')`
    await until(async () => (await market.shop.rows(resting, [item.naver])).length === 1, PATIENCE_MS, standing)
    expect([offSale(market), stockAt(market.naver, item.naver)]).toEqual([[], 12])
    expect(called).not.toContain('set')
    if (moment === 'look') expect(called).not.toContain('stop')
  },
)

test('a unit that is found off sale by us with nothing due is put on sale again by the sweep', async () => {
  let hung = false
  const wrap = onNaver(async (call, run) => {
    const result = await run()
    if (hung || call !== 'set') return result
    hung = true
    return never()
  })
  const { item } = await open(12, { naver: 12, coupang: 0 }, { wrap })
  market.work()
  await until(async () => hung)
  await market.shop.rows(
    'update channels.unit set lease = null, leased_until = null, write_due_at = null, read_due_at = null where unit = $1',
    [item.naver],
  )
  await until(async () => offSale(market).length === 0, PATIENCE_MS, standing)
  await endsTrue()
})

test('what a person took off sale is not put on sale again', async () => {
  let naver: ChannelAdapter | null = null
  const wrap: Wrap = (openAdapter, channel) => (account, deps) => {
    const adapter = openAdapter(account, deps)
    if (channel === 'naver') naver = adapter
    return adapter
  }
  const { item } = await open(12, { naver: 12, coupang: 0 }, { wrap })
  await openedOnly()
  await naver!.setOnSale(item.naver, false)
  market.work()
  await until(
    async () => (await market.shop.rows(`select from channels.listing where fault = 'off_sale'`)).length === 1,
  )
  expect(offSale(market)).toHaveLength(1)
  await naver!.setOnSale(item.naver, true)
  await until(async () => stockAt(market.coupang, item.coupang) > 0, PATIENCE_MS, standing)
  await endsTrue()

  async function openedOnly() {
    market.work()
    await until(async () => naver !== null)
    await market.stopWork()
  }
})

test('the options of one product are stopped once, and each gets its number', async () => {
  market = await openMarket(EXACT)
  const options = ['A', 'B'].map((name) => ({ optionName: name, sellerCode: `OPT-${name}`, stock: 10, surcharge: 0 }))
  const items = market.naver.machine.doors.seedProducts(
    [{ name: 'OPT', price: 9_900, options }],
    market.naver.sim.now(),
  )
  const elsewhere: string[] = []
  for (const option of items) {
    const variantId = await market.shop.stock(option.sellerCode, 10)
    await market.adopt('naver', option, { variantId })
    const other = market.seed('coupang', option.sellerCode, 0)
    await market.adopt('coupang', other, { variantId })
    elsewhere.push(other.item)
  }
  market.work()
  await until(async () => elsewhere.every((item) => stockAt(market.coupang, item) > 0))
  await endsTrue()
  expect(new Set(items.map(({ unit }) => unit)).size).toBe(1)
})

test('a connection changes its protocol and back while it sells, with nothing in flight', async () => {
  const { item } = await open(40, { naver: 40, coupang: 0 }, { policySettings: {} })
  market.work()
  await until(async () => stockAt(market.coupang, item.coupang) > 0, PATIENCE_MS, standing)
  for (const protocol of ['B', 'A'] as const) {
    for (const { connectionId } of market.all) {
      const to = { policy: 'rights' as const, policySettings: { protocol } }
      await market.shop.inTx((tx) => setPolicy(tx, market.shop.company, connectionId, to))
    }
    buyAll(market.coupang, item.coupang)
    buy(market.naver, item.naver)
    const changed = `select from channels.listing where (exchange is not null) = ${protocol === 'B'}`
    await until(async () => (await market.shop.rows(changed)).length === 2)
    await recorded(market)
    await becomesTrue(market)
  }
  expect(offSale(market)).toEqual([])
  expect(await unitsSoldTwice(market)).toBe(0)
})

/** Stands between us and Naver: `run` makes the call. */
const onNaver =
  (between: (call: Called | 'read', run: () => Promise<unknown>) => Promise<unknown>): Wrap =>
  (openAdapter, channel) =>
  (account, deps) => {
    const adapter = openAdapter(account, deps)
    if (channel !== 'naver') return adapter
    const passed = <T>(call: Called | 'read', run: () => Promise<T>) => between(call, run) as Promise<T>
    return {
      ...adapter,
      setStock: (unit, items) => passed('set', () => adapter.setStock(unit, items)),
      readStock: (unit) => passed('read', () => adapter.readStock(unit)),
      setOnSale: (unit, onSale) => passed(onSale ? 'resume' : 'stop', () => adapter.setOnSale(unit, onSale)),
    }
  }

/** Every tenth order is told long after it could be counted on. */
const tellsEveryTenthLate: Wrap = (openAdapter) => (account, deps) => {
  const adapter = openAdapter(account, deps)
  const late = new Map<string, { order: ChannelOrder; from: number } | null>()
  return {
    ...adapter,
    async collectOrders(cursor) {
      const collected = await adapter.collectOrders(cursor)
      const now = performance.now()
      const orders = collected.orders.filter((order) => {
        const known = late.get(order.externalId)
        if (known === undefined) {
          const isLate = late.size % 10 === 0
          late.set(order.externalId, isLate ? { order, from: now + LATE_MS } : null)
          return !isLate
        }
        return known === null
      })
      for (const [id, held] of late) {
        if (held === null || held.from > now) continue
        orders.push(held.order)
        late.set(id, null)
      }
      return { ...collected, orders }
    },
  }
}

let dead: ((why: Error) => void)[] = []

/** The process is gone, as far as anybody can tell. */
const never = () => new Promise<never>((_, reject) => dead.push(reject))

function letGo(): void {
  for (const reject of dead) reject(new ChannelFault('unreachable', 'the test is over'))
  dead = []
}

const leaseRunsOut = (unit: string) =>
  market.shop.rows(
    `update channels.unit set leased_until = now() - interval '1 second', write_due_at = now() - interval '1 second'
     where unit = $1`,
    [unit],
  )
