import { describe, expect, test } from 'vitest'
import { type Sabotage, type Scenario, simulate, type Tally } from './simulation.ts'

/** Little stock, lost and timed-out writes, cancels, rushes, and every fourth time a channel that is away. */
function rough(seed: number): Scenario {
  return {
    seed,
    stock: 5 + ((seed * 7) % 60),
    forMs: 240_000,
    channels: [
      { rate: 0.05, pollMs: 20_000, webhook: false, restocks: 'yes', putsBack: true },
      { rate: 0.08, pollMs: 10_000, webhook: seed % 5 === 0, restocks: 'unknown', putsBack: seed % 2 === 0 },
      { rate: 0.03, pollMs: 15_000, webhook: false, restocks: 'no', putsBack: false },
      { rate: 0.01, pollMs: 10_000, webhook: false, restocks: 'yes', putsBack: true },
    ],
    ownRate: 0.02,
    rush: seed % 3 === 0 ? 20 : 1,
    lost: 0.05,
    timedOut: 0.1,
    cancelled: 0.15,
    away: seed % 4 === 0,
  }
}

/** Four channels by 40, 25, 20 and 15 %, a buyer every 50 s, hardly a fault; demand enough to sell everything. */
function calm(seed: number): Scenario {
  const channel = (share: number, pollMs: number, webhook: boolean, putsBack: boolean) => {
    return { rate: 0.02 * share, pollMs, webhook, restocks: putsBack ? ('yes' as const) : ('no' as const), putsBack }
  }
  return {
    seed,
    stock: 300,
    forMs: 12_000_000,
    channels: [
      channel(0.4, 60_000, true, false),
      channel(0.25, 60_000, true, true),
      channel(0.2, 20_000, false, false),
      channel(0.15, 45_000, false, true),
    ],
    ownRate: 0,
    rush: 1,
    lost: 0.002,
    timedOut: 0.002,
    cancelled: 0.03,
    away: false,
  }
}

const ROUGH_SEEDS = Array.from({ length: 150 }, (_, index) => index + 1)
const sum = (tallies: readonly Tally[], of: keyof Tally) => tallies.reduce((total, tally) => total + tally[of], 0)

describe('one stock on four channels and the own mall', () => {
  test('not one unit is sold twice, through lost and late writes, cancels, rushes and an outage', () => {
    const tallies = ROUGH_SEEDS.map((seed) => simulate(rough(seed)))
    expect(sum(tallies, 'soldTwice')).toBe(0)
    expect(sum(tallies, 'sold')).toBeGreaterThan(4_500)
  }, 60_000)

  test('the same seed tells the same story', () => {
    expect(simulate(rough(12))).toEqual(simulate(rough(12)))
  })

  test('in calm days few buyers are refused, few calls are made, and the stock gets sold', () => {
    const tallies = [1, 2, 3, 4].map((seed) => simulate(calm(seed)))
    const sold = sum(tallies, 'sold')
    const refused = sum(tallies, 'refused')
    expect(sum(tallies, 'soldTwice')).toBe(0)
    expect(refused / (sold + refused)).toBeLessThan(0.05)
    expect(sum(tallies, 'calls') / sold).toBeLessThan(0.4)
    expect(sold).toBeGreaterThan(0.95 * 4 * 300)
  }, 60_000)

  const sabotages: Sabotage[] = [
    'an answered lowering is believed',
    'units given back are ignored',
    'a channel that is away is not counted',
    'a set counts as its value, not on top of what was there',
    'a timed-out write is read at once',
    'the feed is believed complete up to now',
  ]
  test.each(sabotages)(
    'units are sold twice when %s',
    (sabotage) => {
      const caught = ROUGH_SEEDS.find((seed) => simulate(rough(seed), sabotage).soldTwice > 0)
      expect(caught).toBeDefined()
    },
    20_000,
  )
})
