import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Market, openMarket } from '../../../test/marketplaces.ts'
import { openSpending, type Turn } from './budget.ts'

let market: Market
beforeAll(async () => {
  market = await openMarket()
})
afterAll(() => market.close())

/** A bucket of one call, refilled at this rate. */
async function spending(ratePerSecond: number) {
  await market.shop.rows(
    `insert into channels.budget (company_id, connection_id, bucket, per_second, burst, tokens, refilled_at)
     values ($1, $2, 'short', $3, 1, 1, now())
     on conflict (company_id, connection_id, bucket) do update set per_second = $3, tokens = 1, blocked_until = null`,
    [market.shop.company, market.naver.connectionId, ratePerSecond],
  )
  return openSpending(market.jaego.channels, await market.connection('naver'))
}

/** Lets these wait at once; answers in which order they left. */
async function leave(ratePerSecond: number, turns: readonly Turn[]): Promise<Turn[]> {
  const { spend } = await spending(ratePerSecond)
  const left: Turn[] = []
  await Promise.all(turns.map((turn) => spend('short', turn).then(() => left.push(turn))))
  return left
}

const many = (turn: Turn, times: number): Turn[] => Array.from({ length: times }, () => turn)

test('orders go before stock and stock before what can wait, whoever came first', async () => {
  const left = await leave(100, [...many('background', 2), ...many('stock', 2), ...many('orders', 3)])
  expect(left).toEqual([...many('orders', 3), ...many('stock', 2), ...many('background', 2)])
})

test('however many orders wait, every fourth call is stock’s', async () => {
  const left = await leave(100, [...many('stock', 2), ...many('orders', 8)])
  const group: Turn[] = ['orders', 'orders', 'orders', 'stock']
  expect(left).toEqual([...group, ...group, ...many('orders', 2)])
})

test('a bucket is dry while calls wait for it', async () => {
  const { spend, isDry } = await spending(50)
  await spend('short', 'stock')
  expect(isDry()).toBe(false)
  await spend('short', 'stock')
  expect(isDry()).toBe(true)
})

test('a bucket that only orders draw from leaves nothing dry for stock', async () => {
  const { spend, isDry } = await spending(20)
  await spend('short', 'orders')
  const waiting = spend('short', 'orders')
  await market.shop.inTx(async (tx) => tx.now())
  expect(isDry()).toBe(false)
  await waiting
  const stock = spend('short', 'stock')
  await stock
  expect(isDry()).toBe(true)
})

test('a call that would wait too long gives up and says how long the pause is', async () => {
  const { spend, learn, flush } = await spending(50)
  learn('short', { pauseMs: 60_000 })
  await flush()
  const fault = await spend('short', 'stock').catch((error: unknown) => error)
  expect(fault).toMatchObject({ code: 'rate_limited', why: { reason: 'own_budget', what: 'short' } })
  expect((fault as { pauseMs: number }).pauseMs).toBeGreaterThan(50_000)
})

test('where one call may leave at a time, none follows closer on one whose token was long in coming', async () => {
  await spending(10)
  const { db, ...deps } = market.jaego.channels
  let isFirst = true
  const slow: typeof db = {
    ...db,
    async transaction(companies, work) {
      const answer = await db.transaction(companies, work)
      if (isFirst) await deps.clock.sleep(150)
      isFirst = false
      return answer
    },
  }
  const { spend } = openSpending({ ...deps, db: slow }, await market.connection('naver'))
  const leftAt: number[] = []
  await Promise.all(many('stock', 3).map((turn) => spend('short', turn).then(() => leftAt.push(performance.now()))))
  const gaps = leftAt.slice(1).map((at, i) => at - leftAt[i]!)
  expect(Math.min(...gaps)).toBeGreaterThan(90)
})
