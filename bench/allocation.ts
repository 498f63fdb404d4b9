import { type Calibration, calibrate } from './allocation/calibration.ts'
import { type Floor, floorOf } from './allocation/floor.ts'
import { type Frontier, frontierOf, writeFrontier } from './allocation/frontier.ts'
import { type Goal, goalsOf } from './allocation/goals.ts'
import { type Figures, figures, tallies } from './allocation/measure.ts'
import { EXCHANGE, FIXED_BY_RATES, FIXED_EQUAL, POLICIES, type Policy, RIGHTS } from './allocation/policies.ts'
import { LATE_FEED, LONG_TAIL, SCENARIOS, type Scenario } from './allocation/scenarios.ts'
import type { Tally } from './allocation/world.ts'
import type { BenchOptions } from './options.ts'

/**
 * The same buyers, lags, lost writes, cancels, deliveries and outages under every way to divide stock, through the
 * planner the product runs: a discrete-event simulation with its own clock, repeatable from its seed. No database, no
 * network. A minute and a half on one core.
 */
const SEEDS = 30
/** The strict policies and what they are compared with play so many times as many: 2,160 runs each of 30 seeds. */
const STRICT_TIMES = 9
/** A thousand products are played together. */
const LONG_TAIL_SEEDS = 3

export async function bench(options: BenchOptions) {
  const { seed, seeds = SEEDS, scenario = '' } = options
  const asked = ({ name }: Scenario) => name.includes(scenario)
  const played = new Map<Policy, Map<string, Tally[]>>(POLICIES.map((policy) => [policy, new Map()]))
  const floors: Floor[] = []
  const table = [...SCENARIOS, LATE_FEED, LONG_TAIL].filter(asked).flatMap((one) => {
    console.error(`\n${one.name}: ${one.says}`)
    const floor = floorOf(one, seed, one === LONG_TAIL ? Math.min(seeds, LONG_TAIL_SEEDS) : seeds)
    console.error(`  no number overlaps, nothing is late: refused ${floor.refused_percent} % ± ${floor.refused_sd}`)
    floors.push(floor)
    return POLICIES.map((policy) => {
      const count = one === LONG_TAIL ? Math.min(seeds, LONG_TAIL_SEEDS) : seeds * timesOf(policy, one)
      const runs = tallies(policy, one, seed, count)
      if (SCENARIOS.includes(one)) played.get(policy)!.set(one.name, runs)
      // The same seeds for every policy; the goals rest on all that were played.
      const row = figures(policy, one, runs.slice(0, seeds))
      console.error(line(row))
      return row
    })
  })
  if (scenario !== '') return { seed, seeds, table, floors }

  const calibration = calibrate(seed)
  const goals = goalsOf(played, table, calibration, seed)
  const frontier = frontierOf(table, [...SCENARIOS, LONG_TAIL].filter(isOnFrontier), {
    command: `npm run -s bench -- allocation --seeds ${seeds} --seed ${seed}`,
    seed,
  })
  tell(calibration, goals)
  if (options.frontier) writeFrontier(options.frontier, frontier)
  return { seed, seeds, table, floors, calibration, goals, frontier } satisfies Result
}

type Result = {
  seed: number
  seeds: number
  table: Figures[]
  floors: Floor[]
  calibration: Calibration[]
  goals: Goal[]
  frontier: Frontier
}

/** Where shares are scarce and a seller has something to choose. */
const isOnFrontier = ({ name }: Scenario): boolean => ['calm', 'slow', 'long tail'].includes(name)

function timesOf(policy: Policy, scenario: Scenario): number {
  const isStrict = policy === RIGHTS || policy === EXCHANGE
  const isBeside = (policy === FIXED_BY_RATES || policy === FIXED_EQUAL) && scenario.away !== null
  return SCENARIOS.includes(scenario) && (isStrict || isBeside) ? STRICT_TIMES : 1
}

const line = (row: Figures): string =>
  `  ${row.policy.padEnd(24)} oversold ${row.oversold_per_10000.toFixed(1).padStart(7)} ± ${row.oversold_sd.toFixed(0).padEnd(4)}` +
  ` refused ${row.refused_percent.toFixed(2).padStart(6)} % ± ${row.refused_sd.toFixed(1).padEnd(4)}` +
  ` net lost ${row.net_lost_percent.toFixed(2).padStart(6)} %  calls ${String(row.calls_per_1000).padStart(5)}  (${row.seeds} runs)`

function tell(calibration: readonly Calibration[], goals: readonly Goal[]): void {
  console.error('\npooled tail, sold twice per depletion: stated → measured by ΛT')
  for (const stated of new Set(calibration.map((point) => point.stated))) {
    const points = calibration.filter((point) => point.stated === stated)
    console.error(`  ${stated}: ${points.map((point) => `ΛT ${point.lambda_t} ${point.measured}`).join(', ')}`)
  }
  console.error('\ngoals')
  for (const { goal, wanted, reached, ok } of goals) {
    console.error(`  ${ok ? 'reached' : 'MISSED '} ${goal}: ${reached}; wanted ${wanted}`)
  }
}
