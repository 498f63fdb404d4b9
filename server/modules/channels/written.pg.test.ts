import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Market, openMarket } from '../../../test/marketplaces.ts'
import { newId } from '../../../test/shop.ts'
import { findListing, updateListings } from './listing-queries.ts'
import { claimUnits, RANKS, wantWork } from './unit-queries.ts'
import { URGENCY } from './urgency.ts'
import { endWrite } from './written.ts'

/** What an accepted write says of a listing, in time and too late. */

let market: Market
beforeAll(async () => {
  market = await openMarket()
})
afterAll(() => market.close())

/** A listing that shows 5, whose unit is claimed to set it to 3; answered once `meanwhile` has happened. */
async function answeredAfter(meanwhile: (unit: string) => Promise<unknown>) {
  const { shop } = market
  const connection = await market.connection('naver')
  const { company, connectionId } = connection
  const item = market.seed('naver', newId(), 5)
  const listingId = await market.adopt('naver', item, { variantId: await shop.stock(newId(), 5) })
  const at = { company, connectionId, unit: item.unit }
  await shop.inTx(async (tx) => wantWork(tx, [{ ...at, urgency: URGENCY.zero }], 0))
  const lease = newId()
  const [claimed] = await shop.inTx((tx) => claimUnits(tx, company, connectionId, lease, { most: 1, upTo: RANKS.all }))
  const claim = { ...claimed!, ...at, lease }
  const sent = await shop.inTx(async (tx) => {
    const before = (await findListing(tx, company, listingId))!
    const sentAt = await tx.now()
    const rights = { ...before.rights, writes: [{ value: 3, sentAt, endedAt: null }] }
    const listing = { ...before, sent: 3, sentAt, rights }
    updateListings(tx, [listing])
    return { listing, value: 3, before }
  })
  await meanwhile(item.unit)
  await shop.inTx((tx) => endWrite(tx, connection, claim, [sent], null, 0))
  const unit = (await shop.rows('select read_due_at from channels.unit where unit = $1', [item.unit]))[0]
  return { listing: (await shop.inTx((tx) => findListing(tx, company, listingId)))!, unit }
}

test('an answer in time says what buyers see and that the write is over', async () => {
  const { listing } = await answeredAfter(async () => {})
  expect(listing).toMatchObject({ accepted: 3, shown: 3 })
  expect(listing.rights.writes).toMatchObject([{ value: 3, endedAt: expect.any(Number) }])
})

test('one that comes when the unit is another’s says only that the write is over, and somebody looks', async () => {
  const { listing, unit } = await answeredAfter((unit) =>
    market.shop.rows('update channels.unit set lease = $2, read_due_at = null where unit = $1', [unit, newId()]),
  )
  expect(listing).toMatchObject({ accepted: null, shown: 5 })
  expect(listing.rights.writes).toMatchObject([{ value: 3, endedAt: expect.any(Number) }])
  expect(unit).toEqual({ read_due_at: expect.any(Date) })
})
