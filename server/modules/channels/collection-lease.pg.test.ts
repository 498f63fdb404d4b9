import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Market, openMarket } from '../../../test/marketplaces.ts'
import { newId } from '../../../test/shop.ts'
import { leaseCollection, renewCollection } from './connection-queries.ts'

/** Who collects a connection's orders, when the one who did may have died. */

let market: Market
beforeAll(async () => {
  market = await openMarket()
})
afterAll(() => market.close())

const lease = async () => {
  const connection = await market.connection('naver')
  const id = newId()
  return (await market.shop.inTx((tx) => leaseCollection(tx, connection, id))) ? id : null
}
const renew = (id: string) =>
  market.shop.inTx((tx) => renewCollection(tx, market.shop.company, market.naver.connectionId, id))
const secondsLater = (seconds: number) =>
  market.shop.rows(
    `update channels.connection set collect_leased_until = collect_leased_until - $1 * interval '1 second'`,
    [seconds],
  )

test('a collection is one worker’s as long as he says so, and another’s within seconds of his death', async () => {
  const first = (await lease())!
  await secondsLater(15)
  expect(await lease()).toBeNull()
  expect(await renew(first)).toBe(true)
  await secondsLater(15)
  expect(await lease()).toBeNull()
  await secondsLater(15)
  expect(await lease()).not.toBeNull()
  expect(await renew(first)).toBe(false)
})
