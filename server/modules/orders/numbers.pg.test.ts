import { afterAll, beforeAll, expect, test } from 'vitest'
import { openShop, type Shop } from '../../../test/shop.ts'
import { realClock } from '../../kernel/clock.ts'
import { openOrderNumbers } from './index.ts'

let shop: Shop
beforeAll(async () => {
  shop = await openShop()
})
afterAll(() => shop.close())

test('a number asked for in the last moment of a day is of that day, and of no other', async () => {
  const midnight = Date.UTC(2026, 10, 20, 15)
  let now = midnight - 1
  const numbers = openOrderNumbers(shop.db, { ...realClock, now: () => now })
  const before = numbers.next(shop.company)
  now = midnight
  const after = numbers.next(shop.company)
  expect([await before, await after]).toEqual(['ORD-20261120-000001', 'ORD-20261121-000001'])
})
