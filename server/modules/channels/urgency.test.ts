import fc from 'fast-check'
import { expect, test } from 'vitest'
import { URGENCY, urgencyOf } from './urgency.ts'

const CALM = { rate: 0, lagMs: 30_000 }
/** One unit a second: 60 may be sold before the next look, twice counted. */
const RUSH = { rate: 1, lagMs: 30_000 }

test.each([
  ['to zero', { shown: 5, desired: 0, available: 0, ...CALM }, 'zero'],
  ['to zero from what nobody knows', { shown: null, desired: 0, available: 9, ...CALM }, 'zero'],
  ['a drop by half or more', { shown: 100, desired: 50, available: 50, ...CALM }, 'drop'],
  ['a drop to what a rush sells before the next look', { shown: 70, desired: 55, available: 55, ...RUSH }, 'drop'],
  ['from what nobody knows', { shown: null, desired: 5, available: 5, ...CALM }, 'drop'],
  ['up from zero', { shown: 0, desired: 9, available: 9, ...RUSH }, 'fromZero'],
  ['a small drop of plenty', { shown: 1_000, desired: 999, available: 999, ...RUSH }, 'other'],
  ['a rise of what a rush sells out', { shown: 40, desired: 900, available: 900, ...RUSH }, 'other'],
  ['a rise of what lasts', { shown: 70, desired: 900, available: 900, ...RUSH }, 'spare'],
  ['a drop of what cannot be oversold', { shown: 50, desired: 40, available: 80, ...CALM }, 'spare'],
] as const)('worst exposure first: %s', (_what, showing, kind) => {
  expect(urgencyOf(showing)).toBe(URGENCY[kind])
})

test('what waits for spare calls can neither be oversold nor sell out before the next look', () => {
  const units = fc.integer({ min: 0, max: 500 })
  const showing = fc.record({
    shown: units,
    desired: units,
    available: units,
    rate: fc.float({ min: 0, max: 5, noNaN: true }),
  })
  fc.assert(
    fc.property(showing, (one) => {
      if (urgencyOf({ ...one, lagMs: 30_000 }) !== URGENCY.spare) return
      const soon = 2 * one.rate * 30
      expect(one.shown + soon).toBeLessThanOrEqual(one.available)
      expect(one.desired < one.shown || one.shown > soon).toBe(true)
    }),
  )
})
