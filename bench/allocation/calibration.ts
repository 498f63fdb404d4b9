import { rounded } from './measure.ts'
import { tailAt } from './policies.ts'
import { CALM, CHANNELS, type Scenario, SHARES } from './scenarios.ts'
import { openWorld } from './world.ts'

/** How often a unit was sold twice while the stock ran out once, beside what was stated. */
export type Calibration = {
  stated: number
  /** Orders in the mean lag, all channels together: ΛT. */
  lambda_t: number
  depletions: number
  measured: number
  /** The lower end of what 95 % of such measurements would give if this were the truth. */
  at_least: number
}

const STATED = [0.005, 0.01, 0.05]
const LAMBDA_T = [0.01, 0.03, 0.1, 0.3, 1, 3]
const DEPLETIONS = 1_000

/** Half the poll, and what a push takes: the lag in which a sale stays unseen, on average. */
const MEAN_LAG_S = SHARES.reduce((sum, share, i) => sum + share * (CHANNELS[i]!.pollMs / 2_000 + 1.2), 0)

/** Three units for each of the four channels, sold to the last at a steady, known rate; no webhook helps, no cancels. */
function depletion(lambdaT: number): Scenario {
  const rate = lambdaT / MEAN_LAG_S
  return {
    ...CALM,
    name: `ΛT ${lambdaT}`,
    forMs: (40 / rate) * 1_000,
    rate: () => rate,
    rateMost: () => rate,
    yesterday: () => rate,
    stock: () => 12,
    deliveries: [],
    cancelled: 0,
    webhooks: false,
    knownRates: true,
  }
}

export function calibrate(seed: number): Calibration[] {
  return STATED.flatMap((stated) =>
    LAMBDA_T.map((lambdaT) => {
      const scenario = depletion(lambdaT)
      let hurt = 0
      for (let run = 0; run < DEPLETIONS; run += 1) {
        const world = openWorld(scenario, seed * 100_000 + run)
        hurt += world.run(tailAt(stated).open(world)).hurt
      }
      const measured = hurt / DEPLETIONS
      const spread = 1.96 * Math.sqrt(Math.max(measured * (1 - measured), 0) / DEPLETIONS)
      const point = { stated, lambda_t: lambdaT, depletions: DEPLETIONS, measured }
      return { ...point, at_least: rounded(1_000 * Math.max(0, measured - spread)) / 1_000 }
    }),
  )
}
