import { describe, expect, test } from 'vitest'
import { isCaught, SABOTAGES } from './goals.ts'
import { figures, tallies } from './measure.ts'
import { EXCHANGE, POOL, RIGHTS, tailAt } from './policies.ts'
import { CALM, LATE_FEED, ROUGH } from './scenarios.ts'

const SEEDS = 60

describe('one stock on four marketplaces', () => {
  test.each([RIGHTS, EXCHANGE])(
    '$name: not one unit is sold twice, through lost and late writes, cancels and an outage',
    (policy) => {
      const { oversold, units } = figures(policy, ROUGH, tallies(policy, ROUGH, 1, SEEDS))
      expect(oversold).toBe(0)
      expect(units).toBeGreaterThan(4_500)
    },
  )

  test('the same seed tells the same story', () => {
    expect(tallies(RIGHTS, ROUGH, 12, 1)).toEqual(tallies(RIGHTS, ROUGH, 12, 1))
    expect(tallies(RIGHTS, ROUGH, 12, 1)).not.toEqual(tallies(RIGHTS, ROUGH, 13, 1))
  })

  test('the simulation can sell twice: a pool does, a tail that risks too much does', () => {
    expect(figures(POOL, ROUGH, tallies(POOL, ROUGH, 1, SEEDS)).oversold).toBeGreaterThan(0)
    const reckless = tailAt(0.9)
    expect(figures(reckless, CALM, tallies(reckless, CALM, 1, SEEDS)).oversold).toBeGreaterThan(0)
  })

  test('by rights, in calm days few buyers are refused, few calls are made, and the stock gets sold', () => {
    const calm = figures(RIGHTS, CALM, tallies(RIGHTS, CALM, 1, 20))
    expect(calm.oversold).toBe(0)
    expect(calm.refused_percent).toBeLessThan(5)
    expect(calm.calls_per_1000).toBeLessThan(400)
    expect(calm.net_lost_percent).toBeLessThan(1)
  })

  test('with a feed far later than believed rights oversell, and stop, read, set, resume does not', () => {
    expect(figures(RIGHTS, LATE_FEED, tallies(RIGHTS, LATE_FEED, 1, 3)).oversold).toBeGreaterThan(0)
    expect(figures(EXCHANGE, LATE_FEED, tallies(EXCHANGE, LATE_FEED, 1, 3)).oversold).toBe(0)
  })

  test.each(SABOTAGES)('units are sold twice when %s', (sabotage) => {
    expect(isCaught(sabotage, 1)).toBe(true)
  })
})
