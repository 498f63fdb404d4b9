import { apportion } from '../../server/modules/channels/allocation/apportion.ts'
import { deviation, type Figures, rounded } from './measure.ts'
import { type Buyer, buyersOf, type Scenario } from './scenarios.ts'

/**
 * The least that numbers which never overlap refuse: nothing is late, every unit moves at once, the rates are known.
 * What a strict policy refuses beyond it is its lag; what is below it only numbers that overlap can sell.
 */
export type Floor = Pick<Figures, 'scenario' | 'seeds' | 'units' | 'refused_percent' | 'refused_sd'>

export function floorOf(scenario: Scenario, seed: number, seeds: number): Floor {
  const runs = Array.from({ length: seeds }, (_, index) => played(scenario, seed + index))
  const units = runs.reduce((sum, run) => sum + run.demanded, 0)
  const refused = runs.reduce((sum, run) => sum + run.refused, 0)
  return {
    scenario: scenario.name,
    seeds,
    units,
    refused_percent: rounded((100 * refused) / units),
    refused_sd: rounded(deviation(runs.map((run) => (100 * run.refused) / Math.max(1, run.demanded)))),
  }
}

function played(scenario: Scenario, seed: number): { demanded: number; refused: number } {
  const tally = { demanded: 0, refused: 0 }
  const stock = Array.from({ length: scenario.products }, (_, product) => scenario.stock(product))
  const coming = scenario.deliveries.map(({ part, units }) => ({ at: part * scenario.forMs, units }))
  const cancels: { at: number; product: number; units: number }[] = []

  for (const buyer of buyersOf(scenario, seed)) {
    while (coming[0] && coming[0].at <= buyer.at) {
      const { units } = coming.shift()!
      for (const product of stock.keys()) stock[product]! += units
    }
    while (cancels[0] && cancels[0].at <= buyer.at) {
      const { product, units } = cancels.shift()!
      stock[product]! += units
    }
    const available = stock[buyer.product]!
    if (available < buyer.quantity) continue
    tally.demanded += buyer.quantity
    if (shownTo(buyer, scenario, available) < buyer.quantity) {
      tally.refused += buyer.quantity
      continue
    }
    stock[buyer.product]! -= buyer.quantity
    if (buyer.cancelAfter === null) continue
    cancels.push({ at: buyer.at + buyer.cancelAfter, product: buyer.product, units: buyer.quantity })
    cancels.sort((a, b) => a.at - b.at)
  }
  return tally
}

/** With more than this every channel shows more than anybody buys. */
const PLENTY = 60

function shownTo({ at, channel }: Buyer, scenario: Scenario, available: number): number {
  if (available > PLENTY) return available
  const needs = [{ budget: 0, quantity: 1 }]
  const shares = scenario.shares(at / scenario.forMs)
  const claims = shares.map((weight) => ({ weight, cap: available, atLeast: 0 as const, needs }))
  return apportion(claims, [available])[channel]!
}
