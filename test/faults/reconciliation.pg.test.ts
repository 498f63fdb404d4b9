import { afterEach, expect, test } from 'vitest'
import { ChannelFault, type OpenAdapter } from '../../server/modules/channels/adapter.ts'
import { type Market, openMarket } from '../marketplaces.ts'
import { becomesTrue, buy, collectedOnce, linesOf, PATIENCE_MS, recorded, until } from './market-truth.ts'

/** Once a day the orders of the past days are compared with the channel's own lists. */

let market: Market
afterEach(() => market.close())

/** A feed that never tells orders whose number is in `hidden`, except to whoever begins without a cursor. */
const forgets =
  (hidden: Set<string>) =>
  (open: OpenAdapter): OpenAdapter =>
  (account, deps) => {
    const adapter = open(account, deps)
    return {
      ...adapter,
      async collectOrders(cursor) {
        const collected = await adapter.collectOrders(cursor)
        if (cursor === null) return collected
        return { ...collected, orders: collected.orders.filter(({ externalId }) => !hidden.has(externalId)) }
      },
    }
  }

type Row = { result: string; lines_late: number; lines_differing: number; lines_told: number; fault: string | null }
const comparisons = () =>
  market.shop.rows<Row>(
    `select * from channels.reconciliation where connection_id = $1 and result is not null order by reconciliation_id`,
    [market.naver.connectionId],
  )

/** A worker looks when it starts, and then once a minute. */
async function compareNow(): Promise<void> {
  await market.stopWork()
  await market.shop.rows('update channels.connection set reconcile_due_at = now()')
  market.work()
}

test('an order the feed never told is found, recorded once and told in a row', async () => {
  const hidden = new Set<string>()
  market = await openMarket({ wrap: (open, channel) => (channel === 'naver' ? forgets(hidden)(open) : open) })
  const variantId = await market.shop.stock('BRK-1', 30)
  const item = await market.list('BRK-1', variantId, { naver: 10, coupang: 10 })
  market.work()
  await collectedOnce(market)
  const lost = buy(market.naver, item.naver, 2)
  if (lost.kind !== 'sold') throw new Error('the shelf was empty')
  hidden.add(lost.orderId)
  buy(market.naver, item.naver, 1)
  await until(async () => (await linesOf(market, market.naver)).length === 1)
  await until(async () => (await market.connection('naver')).collectedUpTo > lost.at)

  await compareNow()
  await until(async () => (await comparisons()).length === 1, PATIENCE_MS, comparisons)
  expect(await comparisons()).toMatchObject([{ result: 'differed', lines_late: 1, lines_differing: 0, lines_told: 2 }])
  expect(await market.shop.rows('select * from channels.reconciliation_finding')).toMatchObject([
    { external_id: lost.orderId, line_key: lost.lineKeys[0], kind: 'late', ours: null, theirs: 2, recorded: true },
  ])
  await recorded(market)

  await compareNow()
  await until(async () => (await comparisons()).length === 2)
  expect((await comparisons())[1]).toMatchObject({ result: 'equal', lines_told: 2 })
  await becomesTrue(market)
})

test('a comparison moves neither the cursor’s memory nor the ordinary collection, and comes once a day', async () => {
  let fromNothing = 0
  let asksInAll = 0
  market = await openMarket({
    wrap: (open) => (account, deps) => {
      const adapter = open(account, deps)
      return {
        ...adapter,
        collectOrders(cursor) {
          asksInAll += 1
          if (cursor === null) fromNothing += 1
          return adapter.collectOrders(cursor)
        },
      }
    },
  })
  const variantId = await market.shop.stock('BRK-1', 30)
  const item = await market.list('BRK-1', variantId, { naver: 10, coupang: 10 })
  market.work()
  await collectedOnce(market)
  expect(fromNothing).toBe(2)
  await compareNow()
  await until(async () => (await comparisons()).length === 1)
  buy(market.naver, item.naver, 1)
  await recorded(market)
  const before = asksInAll
  await until(async () => asksInAll > before + 6)
  expect(fromNothing).toBeLessThanOrEqual(4)
  expect(await comparisons()).toMatchObject([{ result: 'equal' }])
  const [due] = await market.shop.rows<{ hours: number }>(
    `select extract(epoch from reconcile_due_at - now())::float8 / 3600 as hours from channels.connection
     where connection_id = $1`,
    [market.naver.connectionId],
  )
  expect(due!.hours).toBeGreaterThan(23)
})

test('a comparison that cannot be made says why, holds nothing else up, and comes again within the hour', async () => {
  let isFirst = true
  market = await openMarket({
    wrap: (open, channel) => (account, deps) => {
      const adapter = open(account, deps)
      if (channel === 'coupang') return adapter
      return {
        ...adapter,
        async collectOrders(cursor) {
          if (cursor !== null || isFirst) {
            isFirst = false
            return adapter.collectOrders(cursor)
          }
          throw new ChannelFault('rate_limited', '잠시 후 다시 시도해 주세요')
        },
      }
    },
  })
  market.work()
  await collectedOnce(market)
  await compareNow()
  await until(async () => (await comparisons()).length === 1)
  expect(await comparisons()).toMatchObject([{ result: 'failed', fault: 'rate_limited' }])
  expect((await market.connection('naver')).failures).toBe(0)
})
