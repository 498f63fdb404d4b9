import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Learned, learnedOrders, learnedTime, marginOf, nothingLearned } from './lateness.ts'

const FLOOR = 10_000
const times = (count: number, ms: number) => Array.from({ length: count }, () => ms)
const orders = (learned: Learned, count: number, ms: number) => learnedOrders(learned, times(count, ms))

test('a margin is never below what the connection began with', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5_000, max: 900_000 })), fc.nat(100_000), (lateness, current) => {
      const learned = learnedOrders(nothingLearned(FLOOR, 0), lateness)
      expect(marginOf(learned, current, lateness.length)).toBeGreaterThanOrEqual(FLOOR)
    }),
    { numRuns: 500, seed: 1 },
  )
})

test('covers all but one order of a thousand', () => {
  const one = orders(orders(nothingLearned(FLOOR, 0), 3_000, 0), 1, 60_000)
  expect(marginOf(one, FLOOR, 0)).toBe(FLOOR)
  expect(marginOf(orders(one, 9, 60_000), FLOOR, 0)).toBeGreaterThanOrEqual(60_000)
})

test('rises with the first late order where there were few, and falls slowly after it', () => {
  const late = orders(orders(nothingLearned(FLOOR, 0), 50, 0), 1, 60_000)
  const margin = marginOf(late, FLOOR, 51)
  expect(margin).toBeGreaterThanOrEqual(60_000)
  const next = orders(late, 500, 0)
  expect(marginOf(next, margin, 500)).toBeGreaterThanOrEqual(60_000)
  let [learned, current] = [next, margin]
  for (let batch = 0; batch < 40; batch += 1) {
    learned = orders(learned, 500, 0)
    const fallen = marginOf(learned, current, 500)
    expect(fallen).toBeGreaterThan(0.9 * current)
    current = fallen
    if (current === FLOOR) break
  }
  expect(current).toBe(FLOOR)
})

test('survives being stored as JSON', () => {
  const learned = orders(nothingLearned(FLOOR, 0), 3, 700)
  expect(marginOf(JSON.parse(JSON.stringify(learned)), FLOOR, 3)).toBe(marginOf(learned, FLOOR, 3))
})

test('an hour without an answer is part of a month, and is forgotten', () => {
  const hour = 3_600_000
  const after = learnedTime(nothingLearned(FLOOR, 0), 2 * hour, hour)
  expect(after.outShare).toBeGreaterThan(0.002)
  expect(after.outShare).toBeLessThan(0.003)
  expect(learnedTime(after, 2_000 * hour, 0).outShare).toBeLessThan(0.001)
  expect(learnedTime(after, hour, hour)).toEqual(after)
})
