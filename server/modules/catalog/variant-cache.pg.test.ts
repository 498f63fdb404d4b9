import { afterAll, beforeAll, expect, test } from 'vitest'
import { openShop, type Shop } from '../../../test/shop.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { Database } from '../../kernel/db.ts'
import { openVariantCache } from './variant-cache.ts'

let shop: Shop
beforeAll(async () => {
  shop = await openShop()
  for (const sku of ['A', 'B', 'C']) await shop.stock(sku, 0)
})
afterAll(() => shop.close())

function counted() {
  let now = 0
  let asked = 0
  const clock = { monotonic: () => now } as Clock
  const db: Database = {
    ...shop.db,
    transaction: (companies, work) => {
      asked++
      return shop.db.transaction(companies, work)
    },
  }
  const cache = openVariantCache(db, clock)
  const find = async (...skus: string[]) => (await cache.find(shop.company, skus)).map((found) => found?.sku ?? null)
  return {
    cache,
    find,
    asked: () => asked,
    pass: (ms: number) => {
      now += ms
    },
  }
}

test('misses of one moment are one query, in whatever letter case; then memory answers', async () => {
  const { find, asked } = counted()
  expect(await Promise.all([find('a', 'B'), find('b', 'X'), find('C')])).toEqual([['A', 'B'], ['B', null], ['C']])
  expect(asked()).toBe(1)
  expect(await find('A', 'b', 'c')).toEqual(['A', 'B', 'C'])
  expect(asked()).toBe(1)
})

test('what changed is noticed after two seconds, or at once when it is forgotten', async () => {
  const { cache, find, asked, pass } = counted()
  await find('A')
  pass(1_999)
  await find('A')
  expect(asked()).toBe(1)
  pass(1)
  await find('A')
  expect(asked()).toBe(2)
  cache.forget(shop.company, ['a'])
  await find('A')
  expect(asked()).toBe(3)
})

test('what is missed while a question is under way goes into the next one', async () => {
  const { find, asked } = counted()
  const first = find('A')
  await Promise.resolve()
  await Promise.resolve()
  expect(asked()).toBe(1)
  expect(await Promise.all([first, find('B'), find('C'), find('b')])).toEqual([['A'], ['B'], ['C'], ['B']])
  expect(asked()).toBe(2)
})

test('a question refreshes what is in use and growing old; what nobody used is read when it is asked for', async () => {
  const { find, asked, pass } = counted()
  await find('A', 'B')
  await find('A')
  pass(1_500)
  await find('C')
  expect(asked()).toBe(2)
  pass(600)
  await find('A')
  expect(asked()).toBe(2)
  await find('B')
  expect(asked()).toBe(3)
})

test('a SKU that did not exist a moment ago is found as soon as it does', async () => {
  const { find } = counted()
  expect(await find('NEW')).toEqual([null])
  await shop.stock('NEW', 0)
  expect(await find('NEW')).toEqual(['NEW'])
})

test('another company finds nothing in what was remembered for the first', async () => {
  const { cache, find } = counted()
  await find('A')
  expect(await cache.find('01890000-0000-7000-8000-000000000000', ['A'])).toEqual([null])
})

test('a database that does not answer is asked again by the next', async () => {
  let broken = true
  const db: Database = {
    ...shop.db,
    transaction: (companies, work) =>
      broken ? Promise.reject(new Error('gone')) : shop.db.transaction(companies, work),
  }
  const cache = openVariantCache(db, { monotonic: () => 0 } as Clock)
  await expect(cache.find(shop.company, ['A'])).rejects.toThrow('gone')
  broken = false
  expect((await cache.find(shop.company, ['A']))[0]?.sku).toBe('A')
})
