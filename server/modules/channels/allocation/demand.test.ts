import { expect, test } from 'vitest'
import { type Demand, noDemand, observedSale, ratePerSecond, shownAgain, shownZero } from './demand.ts'

const HOUR = 3_600_000

/** One unit every `everyMs` in [from, to). */
function selling(demand: Demand, from: number, to: number, everyMs: number): Demand {
  let next = demand
  for (let at = from; at < to; at += everyMs) next = observedSale(next, 1, at)
  return next
}

test('nothing sold is a rate of nothing', () => {
  expect(ratePerSecond(noDemand(0), 10 * HOUR)).toBe(0)
})

test('a steady seller is known by its rate', () => {
  const demand = selling(noDemand(0), 0, 10 * HOUR, 50_000)
  expect(ratePerSecond(demand, 10 * HOUR)).toBeCloseTo(0.02, 3)
})

test('a first sale is not a rush', () => {
  expect(ratePerSecond(observedSale(noDemand(0), 1, 10), 11)).toBeLessThanOrEqual(1 / 60)
})

test('a rush is believed within two minutes, though the day was slow', () => {
  const calm = selling(noDemand(0), 0, 10 * HOUR, 600_000)
  const rush = selling(calm, 10 * HOUR, 10 * HOUR + 120_000, 500)
  expect(ratePerSecond(rush, 10 * HOUR + 120_000)).toBeGreaterThan(1)
})

test('the end of a rush is believed, too', () => {
  const rush = selling(noDemand(0), 0, HOUR, 500)
  expect(ratePerSecond(rush, HOUR + 10 * 60_000)).toBeLessThan(0.1)
})

test('one sale of a slow seller does not move its rate by much: the long window holds', () => {
  const slow = selling(noDemand(0), 0, 48 * HOUR, HOUR)
  const before = ratePerSecond(slow, 48 * HOUR)
  const after = ratePerSecond(observedSale(slow, 2, 48 * HOUR), 48 * HOUR)
  expect(after / before).toBeLessThan(1.2)
})

test('a listing that shows 0 keeps its rate for as long as it does', () => {
  const sold = shownZero(selling(noDemand(0), 0, HOUR, 10_000), HOUR)
  const before = ratePerSecond(sold, HOUR)
  expect(ratePerSecond(sold, 100 * HOUR)).toBe(before)
  const again = shownAgain(sold, 100 * HOUR)
  expect(ratePerSecond(again, 100 * HOUR)).toBe(before)
  expect(ratePerSecond(again, 103 * HOUR)).toBeLessThan(before / 2)
})

test('a sale that is told late counts nearly as one told at once', () => {
  const inTime = observedSale(observedSale(noDemand(0), 1, 100_000), 1, 200_000)
  const late = observedSale(observedSale(noDemand(0), 1, 200_000), 1, 100_000)
  expect(ratePerSecond(late, 300_000)).toBeCloseTo(ratePerSecond(inTime, 300_000), 9)
})

test('survives being stored as JSON', () => {
  const demand = selling(noDemand(0), 0, HOUR, 7_000)
  const stored: Demand = JSON.parse(JSON.stringify(demand))
  expect(ratePerSecond(stored, 2 * HOUR)).toBe(ratePerSecond(demand, 2 * HOUR))
})
