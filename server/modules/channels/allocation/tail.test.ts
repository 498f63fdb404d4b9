import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../kernel/random.ts'
import { isForeseeable, tailRisk, type Unseen, unseenAtMost } from './tail.ts'

const DAY = 24 * 3_600_000
/** So many orders a second, watched for so long that the one sale more hardly counts. */
const source = (orders: number, more: Partial<Unseen> = {}): Unseen => ({
  rate: orders * 1.3,
  watchedMs: 1e6 * DAY,
  unseenMs: 60_000,
  outShare: 0,
  quantity: 1,
  ...more,
})

const anySource = fc.record({
  rate: fc.double({ min: 0, max: 0.05, noNaN: true }),
  watchedMs: fc.integer({ min: 60_000, max: DAY }),
  unseenMs: fc.integer({ min: 1_000, max: 120_000 }),
  outShare: fc.double({ min: 0, max: 0.2, noNaN: true }),
  quantity: fc.integer({ min: 1, max: 3 }),
})
const anySources = fc.array(anySource, { minLength: 1, maxLength: 6 })

describe('the risk of the last units', () => {
  test('of one unit is that of any sale unseen', () => {
    expect(tailRisk(1, [source(0.001)])).toBeCloseTo(1 - Math.exp(-0.06), 7)
  })

  test('is what a throw of the dice finds, orders of one to three units and sets of two included', () => {
    const random = seededRandom(7)
    const sources = [source(0.01), source(0.004, { quantity: 2 })]
    const poisson = (mean: number) => {
      let count = 0
      for (let left = Math.exp(-mean), drawn = random.next(); drawn > left; drawn *= random.next()) count += 1
      return count
    }
    const size = () => {
      const drawn = random.next()
      return drawn < 0.8 ? 1 : drawn < 0.9 ? 2 : 3
    }
    const throws = 200_000
    let reached = 0
    for (let i = 0; i < throws; i += 1) {
      let units = 0
      for (const { rate, quantity } of sources) {
        for (let order = poisson((rate / 1.3) * 60); order > 0; order -= 1) units += size() * quantity
      }
      if (units >= 3) reached += 1
    }
    expect(tailRisk(3, sources)).toBeCloseTo(reached / throws, 2)
  })

  test('falls with every unit more, grows with rate and delay, and stays a chance', () => {
    fc.assert(
      fc.property(anySources, fc.integer({ min: 1, max: 30 }), (sources, units) => {
        const risk = tailRisk(units, sources)
        expect(risk).toBeGreaterThanOrEqual(0)
        expect(risk).toBeLessThanOrEqual(1)
        expect(tailRisk(units + 1, sources)).toBeLessThanOrEqual(risk + 1e-12)
        const slower = sources.map((one) => ({ ...one, unseenMs: 2 * one.unseenMs }))
        expect(tailRisk(units, slower)).toBeGreaterThanOrEqual(risk - 1e-12)
        const faster = sources.map((one) => ({ ...one, rate: 2 * one.rate }))
        expect(tailRisk(units, faster)).toBeGreaterThanOrEqual(risk - 1e-12)
      }),
      { numRuns: 500, seed: 1 },
    )
  })

  test('counts a channel that is sometimes away for an hour', () => {
    const risk = tailRisk(1, [source(0.0001, { outShare: 0.01 })])
    expect(risk).toBeCloseTo(1 - Math.exp(-0.006) + 0.01 * (1 - Math.exp(-0.36)), 7)
  })

  test('of a listing nobody bought from is that of one sale in all the time it was watched', () => {
    expect(tailRisk(1, [source(0, { watchedMs: DAY })])).toBeCloseTo(60_000 / DAY, 6)
  })
})

test('what is kept back at the switch is exceeded with no more than the stated chance, and is the least such number', () => {
  fc.assert(
    fc.property(anySources, fc.double({ min: 0.001, max: 0.3, noNaN: true }), (given, risk) => {
      const sources = given.map((one) => ({ ...one, outShare: 0 }))
      const kept = unseenAtMost(risk, sources)
      expect(tailRisk(kept + 1, sources)).toBeLessThanOrEqual(risk)
      if (kept > 0) expect(tailRisk(kept, sources)).toBeGreaterThan(risk)
    }),
    { numRuns: 500, seed: 2 },
  )
})

test('no risk is stated where more than two orders are unseen in the full lag, or a rate was watched for under half an hour', () => {
  expect(isForeseeable([source(0.016), source(0.016)])).toBe(true)
  expect(isForeseeable([source(0.018), source(0.018)])).toBe(false)
  expect(isForeseeable([source(0.001), source(0, { watchedMs: 29 * 60_000 })])).toBe(false)
})
