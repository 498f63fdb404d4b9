import fc from 'fast-check'
import { expect, test } from 'vitest'
import { apportion, type Claim } from './apportion.ts'

const needs = [{ budget: 0, quantity: 1 }]
const weights = fc.array(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.double({ min: 1e-9, max: 1e3, noNaN: true })), {
  maxLength: 8,
})
const claim = (weight: number, cap = 1e9): Claim => ({ weight, cap, atLeast: 0, needs })

test('gives exactly what handing out one unit after the other gives', () => {
  fc.assert(
    fc.property(weights, fc.integer({ min: 0, max: 800 }), fc.integer({ min: 1, max: 90 }), (given, units, cap) => {
      const claims = given.map((weight, index) => claim(weight, index % 3 === 0 ? cap : 1e9))
      expect(apportion(claims, [units])).toEqual(oneAfterTheOther(claims, units))
    }),
    { numRuns: 2_000, seed: 1 },
  )
})

test('a larger budget takes a unit from nobody', () => {
  fc.assert(
    fc.property(weights, fc.integer({ min: 0, max: 2_000 }), (given, units) => {
      const claims = given.map((weight) => claim(weight))
      const more = apportion(claims, [units + 1])
      for (const [index, held] of apportion(claims, [units]).entries()) expect(more[index]).toBeGreaterThanOrEqual(held)
    }),
    { numRuns: 1_000, seed: 2 },
  )
})

test('divides ten million units among unlike weights at once', () => {
  const held = apportion(
    [1e-7, 3, 500].map((weight) => claim(weight)),
    [10_000_000],
  )
  expect(held.reduce((sum, units) => sum + units, 0)).toBe(10_000_000)
  expect(held[2]).toBeGreaterThan(9_900_000)
})

test('no component of a bundle is given out beyond what there is of it, and nothing that fits is left', () => {
  const anyClaim = fc.record({
    weight: fc.double({ min: 1e-6, max: 9, noNaN: true }),
    cap: fc.integer({ min: 0, max: 500 }),
    atLeast: fc.constantFrom(0 as const, 1 as const),
    needs: fc.uniqueArray(
      fc.record({ budget: fc.integer({ min: 0, max: 2 }), quantity: fc.integer({ min: 1, max: 4 }) }),
      { minLength: 1, selector: (need) => need.budget },
    ),
  })
  const budgets = fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: 0, max: 900 })))
  fc.assert(
    fc.property(fc.array(anyClaim, { maxLength: 6 }), budgets, (claims, given) => {
      const left = [...given]
      const held = apportion(claims, given)
      for (const [index, units] of held.entries()) {
        for (const need of claims[index]!.needs) left[need.budget]! -= units * need.quantity
      }
      for (const units of left) expect(units).toBeGreaterThanOrEqual(0)
      for (const [index, { cap, needs }] of claims.entries()) {
        expect(held[index]! >= cap || needs.some((need) => need.quantity > left[need.budget]!)).toBe(true)
      }
    }),
    { numRuns: 1_000, seed: 3 },
  )
})

function oneAfterTheOther(claims: readonly Claim[], units: number): number[] {
  const held = claims.map(() => 0)
  for (let left = units; left > 0; left -= 1) {
    let next = -1
    for (const [index, { weight, cap }] of claims.entries()) {
      if (weight === 0 || held[index]! >= cap) continue
      if (next < 0 || weight / (held[index]! + 1) > claims[next]!.weight / (held[next]! + 1)) next = index
    }
    if (next < 0) break
    held[next]! += 1
  }
  return held
}
