import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openShop, type Shop } from '../../../test/shop.ts'
import type { Tx } from '../../kernel/db.ts'
import { realRandom } from '../../kernel/random.ts'
import { openSecrets } from '../../kernel/secrets.ts'
import { transaction } from './again.ts'
import type { Connection, Policy } from './connection.ts'
import { createConnection, readConnection } from './connections.ts'
import { adoptListings, mapListingTo } from './listings.ts'
import { setPolicy } from './policy.ts'

/** Listings that come, and are mapped, while somebody changes the policy of their connection. */

const secrets = openSecrets(randomBytes(32), realRandom)

let shop: Shop
beforeAll(async () => {
  shop = await openShop()
})
afterAll(() => shop.close())

let variantId: string
let connectionId: string
let sku = 0
beforeEach(async () => {
  variantId = await shop.stock(`BRK-${++sku}`, 30)
})

/** A connection as it stands, for whoever then goes by it. */
async function connect(policy: Policy): Promise<Connection> {
  connectionId = await shop.inTx((tx) =>
    createConnection(tx, secrets, {
      ...{ company: shop.company, channel: 'naver', name: '몰', baseUrl: 'http://127.0.0.1:1', credentials: {} },
      ...{ settings: {}, mode: 'push', policy, policySettings: {}, feedLatenessMs: 1_000, budgets: [] },
      warehouses: shop.warehouses.slice(0, 1),
    }),
  )
  return (await shop.inTx((tx) => readConnection(tx, shop.company, connectionId)))!
}

const adopt = (tx: Tx, connection: Connection, to: string | null = variantId) =>
  adoptListings(tx, connection, [{ unit: 'U', item: 'I', sellerCode: null, variantId: to, multiplier: 1, observed: 7 }])
const choose = (tx: Tx, policy: Policy) => setPolicy(tx, shop.company, connectionId, { policy, policySettings: {} })
const again = <T>(work: (tx: Tx) => Promise<T>) => transaction(shop.db, shop.company, work)

const promised = async () =>
  (
    await shop.rows<{ promised: number }>('select promised from inventory.promise where variant_id = $1', [variantId])
  )[0]?.promised ?? 0

test('a listing that comes promises by the policy there is, whatever its bringer had read', async () => {
  const before = await connect('rights')
  await shop.inTx((tx) => choose(tx, 'pool'))
  await shop.inTx((tx) => adopt(tx, before))
  expect(await promised()).toBe(0)

  const pool = await connect('pool')
  await shop.inTx((tx) => choose(tx, 'rights'))
  await shop.inTx((tx) => adopt(tx, pool))
  expect(await promised()).toBe(7)
})

test('a listing that is mapped promises by the policy there is, whatever its mapper had read', async () => {
  const before = await connect('pool')
  await shop.inTx((tx) => choose(tx, 'rights'))
  const [listingId] = await shop.inTx((tx) => adopt(tx, before, null))
  await shop.inTx((tx) => mapListingTo(tx, before, listingId!, { variantId, multiplier: 1, by: 'test' }))
  expect(await promised()).toBe(7)
})

test('a policy that is changed while a listing comes is changed for that listing, too', async () => {
  const connection = await connect('rights')
  let changing: Promise<void> = Promise.resolve()
  await shop.inTx(async (tx) => {
    await adopt(tx, connection)
    await tx.now()
    changing = again((other) => choose(other, 'pool'))
    await endsOrWaits(changing)
  })
  await changing
  expect(await promised()).toBe(0)
})

test('a listing that comes while a policy is changed promises by the new one', async () => {
  const connection = await connect('rights')
  let coming: Promise<unknown> = Promise.resolve()
  await shop.inTx(async (tx) => {
    await choose(tx, 'pool')
    await tx.now()
    coming = again((other) => adopt(other, connection))
    await endsOrWaits(coming)
  })
  await coming
  expect(await promised()).toBe(0)
})

/** Until it is over, or waits for a lock that another transaction has. */
async function endsOrWaits(work: Promise<unknown>): Promise<void> {
  let isOver = false
  const over = () => {
    isOver = true
  }
  work.then(over, over)
  const waiting = () =>
    shop.rows(`select from pg_locks l join pg_stat_activity a using (pid)
    where not l.granted and a.datname = current_database()`)
  for (let looks = 0; looks < 500 && !isOver && (await waiting()).length === 0; looks++) await sleep(10)
}
