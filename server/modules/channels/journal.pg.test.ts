import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { newId, openShop, type Shop } from '../../../test/shop.ts'
import { realRandom } from '../../kernel/random.ts'
import { openSecrets } from '../../kernel/secrets.ts'
import { createConnection, readConnection } from './connections.ts'
import type { Listing } from './listing.ts'
import { updateListings } from './listing-queries.ts'
import { adoptListings } from './listings.ts'
import { lockWithStock } from './locked.ts'
import { observe } from './read-back.ts'

/** Which looks at a marketplace the journal keeps: a quiet shop looks some 200,000 times a day. */

const secrets = openSecrets(randomBytes(32), realRandom)

let shop: Shop
let connectionId: string
beforeAll(async () => {
  shop = await openShop()
  connectionId = await shop.inTx((tx) =>
    createConnection(tx, secrets, {
      ...{ company: shop.company, channel: 'naver', name: '몰', baseUrl: 'http://127.0.0.1:1', credentials: {} },
      ...{ settings: {}, mode: 'push', policy: 'pool', policySettings: {}, feedLatenessMs: 1_000, budgets: [] },
      warehouses: shop.warehouses.slice(0, 1),
    }),
  )
})
afterAll(() => shop.close())

/** Each test has a listing of its own, adopted at 7. */
let listingId: string
let item: string
beforeEach(async () => {
  item = newId()
  listingId = await adopt(7)
})

const adopt = (observed: number | null) =>
  shop.inTx(async (tx) => {
    const connection = (await readConnection(tx, shop.company, connectionId))!
    const listing = { unit: item, item, sellerCode: null, variantId: null, multiplier: 1, observed }
    return (await adoptListings(tx, connection, [listing]))[0]!
  })

/** Somebody looks and sees `quantity`; what is known of the listing before it may be said. */
const look = (quantity: number, known: (now: number) => Partial<Listing> = () => ({})) =>
  shop.inTx(async (tx) => {
    const at = { company: shop.company, listingId, variantId: null, multiplier: 1 }
    const { listings } = await lockWithStock(tx, [at])
    const connection = (await readConnection(tx, shop.company, connectionId))!
    const now = await tx.now()
    const listing = listings[0]!
    // No collection has gone past the look.
    const before = { ...listing, rights: { ...listing.rights, completeUpTo: 0 }, ...known(now) }
    const reading = { unit: item, items: [{ item, quantity, onSale: true, sellerCode: null }] }
    updateListings(tx, observe(tx, connection, [before], reading, { sentAt: now, now }))
  })

const observed = async () =>
  (
    await shop.rows<{ value: number; detail: string | null }>(
      `select value, detail from channels.journal where listing_id = $1 and kind = 'observed' order by entry_id`,
      [listingId],
    )
  ).map(({ value, detail }) => (detail === null ? value : `${value}, ${detail}`))

test('what a listing showed when it came into the books is told', async () => {
  expect(await observed()).toEqual([7])
})

test('a look that sees what was believed, and proves nothing new, is not kept', async () => {
  await look(7)
  await look(7)
  expect(await observed()).toEqual([7])
})

test('a look that proves our last write is kept, though it sees what was believed', async () => {
  await look(7, (now) => ({ accepted: 7, acceptedAt: now }))
  expect(await observed()).toEqual([7, 7])
  await look(7)
  expect(await observed()).toEqual([7, 7])
})

test('a look that sees another number is kept, and the one that sees it believed again is not', async () => {
  await look(9)
  await look(9)
  expect(await observed()).toEqual([7, '9, expected 7'])
})

test('a look that sees what orders had made of the number is kept, since the last that was seen was another', async () => {
  await look(5, () => ({ shown: 5 }))
  expect(await observed()).toEqual([7, 5])
})

test('the first look at what nobody had read yet is kept', async () => {
  item = newId()
  listingId = await adopt(null)
  await look(0)
  expect(await observed()).toEqual([0])
})
