import type { Policy } from './policies.ts'
import type { Scenario } from './scenarios.ts'
import { openWorld, type Tally } from './world.ts'

/** One policy in one scenario over some seeds. Percent and per 10,000 are of the units asked for while there were so many. */
export type Figures = {
  policy: string
  scenario: string
  seeds: number
  units: number
  oversold: number
  oversold_per_10000: number
  oversold_sd: number
  refused_percent: number
  refused_sd: number
  /** Units an all-knowing shop would have sold, less ours. */
  net_lost_percent: number
  /** Sets, reads, stops and extra collections; the regular polls are the same for all. */
  calls_per_1000: number
}

export function tallies(policy: Policy, scenario: Scenario, seed: number, seeds: number): Tally[] {
  return Array.from({ length: seeds }, (_, index) => {
    const world = openWorld(scenario, seed + index)
    return world.run(policy.open(world))
  })
}

export const refusedPercent = (tally: Tally): number => (100 * tally.refused) / Math.max(1, tally.demanded)

export function figures(policy: Policy, scenario: Scenario, runs: readonly Tally[]): Figures {
  const sum = (of: (tally: Tally) => number) => runs.reduce((total, tally) => total + of(tally), 0)
  const units = sum((tally) => tally.demanded)
  const perRun = runs.map((tally) => (10_000 * tally.soldTwice) / Math.max(1, tally.demanded))
  const possible = sum((tally) => tally.couldKeep)
  return {
    policy: policy.name,
    scenario: scenario.name,
    seeds: runs.length,
    units,
    oversold: sum((tally) => tally.soldTwice),
    oversold_per_10000: rounded((10_000 * sum((tally) => tally.soldTwice)) / units),
    oversold_sd: rounded(deviation(perRun)),
    refused_percent: rounded((100 * sum((tally) => tally.refused)) / units),
    refused_sd: rounded(deviation(runs.map(refusedPercent))),
    net_lost_percent: rounded((100 * (possible - sum((tally) => tally.kept))) / possible),
    calls_per_1000: Math.round((1_000 * sum((tally) => tally.calls)) / sum((tally) => tally.orders)),
  }
}

export const rounded = (number: number): number => Math.round(number * 100) / 100

export const mean = (numbers: readonly number[]): number =>
  numbers.reduce((sum, number) => sum + number, 0) / numbers.length

/** Of a sample. */
export function deviation(numbers: readonly number[]): number {
  if (numbers.length < 2) return 0
  const middle = mean(numbers)
  return Math.sqrt(numbers.reduce((sum, number) => sum + (number - middle) ** 2, 0) / (numbers.length - 1))
}
