import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { newId, openShop, type Shop } from '../../../test/shop.ts'
import { realRandom } from '../../kernel/random.ts'
import { openSecrets } from '../../kernel/secrets.ts'
import { createConnection, readConnection } from './connections.ts'
import { adoptListings } from './listings.ts'
import { lookOf, startPushing } from './looked.ts'
import { setPolicy } from './policy.ts'

const secrets = openSecrets(randomBytes(32), realRandom)

let shop: Shop
let connectionId: string
beforeAll(async () => {
  shop = await openShop()
})
afterAll(() => shop.close())
beforeEach(async () => {
  connectionId = await connect()
})

const connect = () =>
  shop.inTx((tx) =>
    createConnection(tx, secrets, {
      ...{ company: shop.company, channel: 'naver', name: '몰', baseUrl: 'http://127.0.0.1:1', credentials: {} },
      ...{ settings: {}, mode: 'observe', policy: 'rights', policySettings: {}, feedLatenessMs: 1_000, budgets: [] },
      warehouses: shop.warehouses.slice(0, 1),
    }),
  )

const look = (id = connectionId, by = secrets) =>
  shop.inTx(async (tx) => lookOf(by, (await readConnection(tx, shop.company, id))!, await tx.now()).seen)
const start = (seen: string | null) =>
  shop.inTx((tx) => startPushing(tx, secrets, { company: shop.company, connectionId }, seen))
const mode = async () => (await shop.inTx((tx) => readConnection(tx, shop.company, connectionId)))!.mode

test('who has looked starts it, and once it pushes nobody need look', async () => {
  expect(await start(await look())).toBe('pushing')
  expect(await mode()).toBe('push')
  expect(await start(null)).toBe('pushing')
})

test('without a look, with one of another connection, of another key, cut or made up, it goes on observing', async () => {
  const seen = await look()
  const others = [
    null,
    '',
    'made-up',
    seen.slice(0, -4),
    await look(await connect()),
    await look(connectionId, openSecrets(randomBytes(32), realRandom)),
  ]
  for (const other of others) expect(await start(other)).toBe('no_look')
  expect(await mode()).toBe('observe')
})

test('a look holds ten minutes', async () => {
  const seen = await look()
  await shop.passTime(10 * 60_000 + 1)
  expect(await start(seen)).toBe('old')
  expect(await start(await look())).toBe('pushing')
})

test('another policy than the one that was looked at, or drift met since, wants another look', async () => {
  const seen = await look()
  await shop.inTx((tx) => setPolicy(tx, shop.company, connectionId, { policy: 'pool', policySettings: {} }))
  expect(await start(seen)).toBe('changed')

  const again = await look()
  await drifts()
  expect(await start(again)).toBe('changed')
  expect(await mode()).toBe('observe')
  expect(await start(await look())).toBe('pushing')
})

async function drifts(): Promise<void> {
  const [listingId] = await shop.inTx(async (tx) => {
    const connection = (await readConnection(tx, shop.company, connectionId))!
    const listing = { unit: 'U', item: 'I', sellerCode: null, variantId: null, multiplier: 1, observed: 3 }
    return adoptListings(tx, connection, [listing])
  })
  await shop.rows(
    `insert into channels.drift (company_id, drift_id, connection_id, listing_id, believed, showed, cause, action, read_at,
       confirmed_at, units)
     values ($1, $2, $3, $4, 3, 8, 'edited', 'report', kernel.now(), kernel.now(), 5)`,
    [shop.company, newId(), connectionId, listingId],
  )
}
