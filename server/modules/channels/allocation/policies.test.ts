import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bufferedPool, type Desired, fixedSplit, isUnhealthy, pool } from './policies.ts'

const listing = fc.record({
  multiplier: fc.integer({ min: 1, max: 3 }),
  largest: fc.constantFrom(0, 7, 99_999),
  split: fc.oneof(
    fc.record({ kind: fc.constant('share' as const), percent: fc.integer({ min: 0, max: 70 }) }),
    fc.record({ kind: fc.constant('units' as const), units: fc.integer({ min: 0, max: 30 }) }),
  ),
  buffer: fc.oneof(
    fc.record({ kind: fc.constant('units' as const), units: fc.integer({ min: 0, max: 30 }) }),
    fc.record({ kind: fc.constant('percent' as const), percent: fc.integer({ min: 0, max: 100 }) }),
  ),
  unhealthy: fc.boolean(),
})
const listings = fc
  .array(listing, { maxLength: 6 })
  .map((given) => given.map((one, index) => ({ ...one, id: `listing ${index}` })))
const stock = fc.integer({ min: -20, max: 400 })

type Policies = [
  string,
  (available: number, given: Parameters<typeof bufferedPool>[1] & Parameters<typeof fixedSplit>[1]) => Desired,
]
const policies: Policies[] = [
  ['fixed split', fixedSplit],
  ['pool', pool],
  ['buffered pool', bufferedPool],
]

test.each(policies)('%s: whole, never negative, never above what the channel takes or what there is', (_, policy) => {
  fc.assert(
    fc.property(stock, listings, (available, given) => {
      for (const { id, largest, multiplier } of given) {
        const shown = policy(available, given).get(id)!
        expect(Number.isInteger(shown)).toBe(true)
        expect(shown).toBeGreaterThanOrEqual(0)
        expect(shown).toBeLessThanOrEqual(largest)
        expect(shown * multiplier).toBeLessThanOrEqual(Math.max(0, available))
      }
    }),
    { numRuns: 500, seed: 1 },
  )
})

test.each(policies)('%s: more stock never shows less anywhere', (_, policy) => {
  fc.assert(
    fc.property(stock, listings, (available, given) => {
      const more = policy(available + 1, given)
      for (const [id, shown] of policy(available, given)) expect(more.get(id)).toBeGreaterThanOrEqual(shown)
    }),
    { numRuns: 1_000, seed: 2 },
  )
})

test.each(policies)('%s: the same question has the same answer', (_, policy) => {
  fc.assert(
    fc.property(stock, listings, (available, given) => {
      expect(policy(available, given)).toEqual(policy(available, structuredClone(given)))
    }),
    { numRuns: 100, seed: 3 },
  )
})

test('a fixed split never shows more than there is in sum', () => {
  fc.assert(
    fc.property(stock, listings, (available, given) => {
      const shown = fixedSplit(available, given)
      const units = given.reduce((sum, { id, multiplier }) => sum + shown.get(id)! * multiplier, 0)
      expect(units).toBeLessThanOrEqual(Math.max(0, available))
    }),
    { numRuns: 1_000, seed: 4 },
  )
})

const plain = { multiplier: 1, largest: 99_999 }
const shares = (...percents: number[]) =>
  percents.map((percent, index) => ({ ...plain, id: `${index}`, split: { kind: 'share' as const, percent } }))

test('shares give out every unit they claim, numbers come before shares', () => {
  expect([...fixedSplit(10, shares(50, 30, 20)).values()]).toEqual([5, 3, 2])
  expect([...fixedSplit(1, shares(50, 50)).values()]).toEqual([1, 0])
  expect([...fixedSplit(10, shares(20, 20)).values()]).toEqual([2, 2])
  const numbered = { ...plain, id: 'n', split: { kind: 'units' as const, units: 4 } }
  expect([...fixedSplit(10, [...shares(100), numbered]).values()]).toEqual([6, 4])
})

test('a pool shows whole sets of a 1+1 listing', () => {
  expect(pool(7, [{ ...plain, id: 'double', multiplier: 2 }]).get('double')).toBe(3)
})

test('a buffer is in units or percent, and at least 10 % where the channel is unhealthy', () => {
  const shown = (buffer: Parameters<typeof bufferedPool>[1][number]['buffer'], unhealthy: boolean) =>
    bufferedPool(50, [{ ...plain, id: 'a', buffer, unhealthy }]).get('a')
  expect(shown({ kind: 'units', units: 2 }, false)).toBe(48)
  expect(shown({ kind: 'units', units: 2 }, true)).toBe(45)
  expect(shown({ kind: 'percent', percent: 30 }, true)).toBe(35)
})

test('a channel is unhealthy after a minute without success', () => {
  expect(isUnhealthy(0, 59_999)).toBe(false)
  expect(isUnhealthy(0, 60_000)).toBe(true)
  expect(isUnhealthy(null, 0)).toBe(true)
})
