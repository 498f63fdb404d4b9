import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Market, openMarket } from '../../../test/marketplaces.ts'
import { learn } from './assumptions.ts'
import { widenLateness } from './connection-queries.ts'

/** How late a connection's orders may come, while two are at it. */

let market: Market
beforeAll(async () => {
  market = await openMarket()
})
afterAll(() => market.close())

const MINUTE_MS = 60_000

test('a margin that a late order widened is not narrowed by a collection that had not seen it', async () => {
  const before = await market.connection('naver')
  const { company, connectionId } = before
  await market.shop.inTx(async (tx) => widenLateness(tx, company, connectionId, MINUTE_MS))
  await market.shop.inTx(async (tx) => learn(tx, { before, standing: before }, [0, 0], await tx.now()))
  const after = await market.connection('naver')
  expect(after.learned).not.toBeNull()
  expect(after.feedLatenessMs).toBe(MINUTE_MS)
})
