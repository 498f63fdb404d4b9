import type { Calibration } from './calibration.ts'
import { deviation, type Figures, figures, mean, refusedPercent, rounded, tallies } from './measure.ts'
import { EXCHANGE, FIXED_BY_RATES, FIXED_EQUAL, POOL, type Policy, RIGHTS } from './policies.ts'
import { rightsHub } from './rights-hub.ts'
import { LONG_TAIL, ROUGH, SCENARIOS } from './scenarios.ts'
import type { Sabotage, Tally } from './world.ts'

/** An honest goal, and what came of it. */
export type Goal = { goal: string; wanted: string; reached: string; ok: boolean }

export const SABOTAGES: readonly Sabotage[] = [
  'an answered lowering is believed',
  'units given back are ignored',
  'a channel that is away is not counted',
  'a set counts as its value, not on top of what was there',
  'a timed-out write is read at once',
  'the feed is believed complete up to now',
]

/** Tallies by scenario of each strict policy, and of both fixed splits where a channel is stuck, all over the same seeds. */
export type Played = ReadonlyMap<Policy, ReadonlyMap<string, readonly Tally[]>>

export function goalsOf(
  played: Played,
  table: readonly Figures[],
  curve: readonly Calibration[],
  seed: number,
): Goal[] {
  return [
    ...[RIGHTS, EXCHANGE].map((policy) => neverTwice(played, policy)),
    allCaught(seed),
    ...SCENARIOS.filter(({ away }) => away !== null).flatMap(({ name }) => whileStuck(played, name)),
    ...limits(SCENARIOS.map((scenario) => figures(RIGHTS, scenario, played.get(RIGHTS)!.get(scenario.name)!))),
    calibrated(curve),
    longTail(table),
  ]
}

function neverTwice(played: Played, policy: Policy): Goal {
  const runs = [...played.get(policy)!.values()].flat()
  const units = runs.reduce((sum, tally) => sum + tally.demanded, 0)
  const twice = runs.reduce((sum, tally) => sum + tally.soldTwice, 0)
  return {
    goal: `1 ${policy.name}: nothing sold twice`,
    wanted: '0 in 2,000 runs and 1,000,000 units',
    reached: `${twice} in ${runs.length.toLocaleString('en')} runs and ${units.toLocaleString('en')} units`,
    ok: twice === 0 && runs.length >= 2_000 && units >= 1_000_000,
  }
}

/** Runs until one sabotage has sold a unit twice. */
const SABOTAGED_RUNS = 400

export const isCaught = (sabotage: Sabotage, seed: number): boolean => {
  const policy = {
    name: sabotage,
    open: (world: Parameters<Policy['open']>[0]) => rightsHub(world, { risk: null, sabotage }),
  }
  for (let run = 0; run < SABOTAGED_RUNS; run += 1) {
    if (tallies(policy, ROUGH, seed + run, 1)[0]!.soldTwice > 0) return true
  }
  return false
}

function allCaught(seed: number): Goal {
  const caught = SABOTAGES.filter((sabotage) => isCaught(sabotage, seed)).length
  const wanted = `${SABOTAGES.length} of ${SABOTAGES.length}`
  return {
    goal: '1 each rule taken away sells units twice',
    wanted,
    reached: `${caught} of ${SABOTAGES.length}`,
    ok: caught === SABOTAGES.length,
  }
}

function whileStuck(played: Played, scenario: string): Goal[] {
  const of = (policy: Policy) => played.get(policy)!.get(scenario)!
  const against = (policy: Policy) =>
    of(policy).map((other, run) => refusedPercent(of(RIGHTS)[run]!) - refusedPercent(other))
  const more = against(FIXED_BY_RATES)
  const upper = mean(more) + (1.96 * deviation(more)) / Math.sqrt(more.length)
  const better = against(FIXED_EQUAL).filter((points) => points < 0).length / more.length
  return [
    {
      goal: `2 ${scenario}: refused beside a split by true rates`,
      wanted: 'at most +1 point at the upper 95 % limit',
      reached: `${rounded(mean(more))}, upper limit ${rounded(upper)}, over ${more.length} pairs`,
      ok: upper <= 1 && more.length >= 100,
    },
    {
      goal: `2 ${scenario}: refused less than an equal split`,
      wanted: 'in 97 % of the runs',
      reached: `${rounded(100 * better)} %`,
      ok: better >= 0.97,
    },
  ]
}

const REFUSED_AT_MOST: Readonly<Record<string, number>> = { calm: 5, shifting: 2, rush: 12, stuck: 8 }
const NET_LOST_AT_MOST = 1
const CALLS_AT_MOST = 400

function limits(strict: readonly Figures[]): Goal[] {
  const named = strict.filter(({ scenario }) => scenario in REFUSED_AT_MOST)
  const busy = strict.filter(({ scenario }) => scenario !== 'slow')
  const worst = (rows: readonly Figures[], of: (row: Figures) => number) =>
    rows.reduce((most, row) => (of(row) > of(most) ? row : most), rows[0]!)
  const netLost = worst(named, (row) => row.net_lost_percent)
  const calls = worst(busy, (row) => row.calls_per_1000)
  return [
    ...named.map(({ scenario, refused_percent, refused_sd }) => ({
      goal: `3 rights, ${scenario}: refused`,
      wanted: `at most ${REFUSED_AT_MOST[scenario]} %`,
      reached: `${refused_percent} % ± ${refused_sd}`,
      ok: refused_percent <= REFUSED_AT_MOST[scenario]!,
    })),
    {
      goal: '3 rights: net lost in each of these',
      wanted: `at most ${NET_LOST_AT_MOST} %`,
      reached: `${netLost.net_lost_percent} % (${netLost.scenario})`,
      ok: netLost.net_lost_percent <= NET_LOST_AT_MOST,
    },
    {
      goal: '3 rights: calls per 1,000 orders from Λ 0.02 on',
      wanted: `at most ${CALLS_AT_MOST}`,
      reached: `${calls.calls_per_1000} (${calls.scenario})`,
      ok: calls.calls_per_1000 <= CALLS_AT_MOST,
    },
  ]
}

function calibrated(curve: readonly Calibration[]): Goal {
  const promised = curve.filter((point) => point.lambda_t <= 1)
  const missed = promised.filter((point) => point.at_least > point.stated)
  const closest = promised.reduce((most, point) =>
    point.measured / point.stated > most.measured / most.stated ? point : most,
  )
  return {
    goal: '4 pooled tail: sold twice per depletion, ΛT up to 1',
    wanted: 'no more often than stated',
    reached: `${missed.length} of ${promised.length} points above; most beside stated ${closest.stated}: ${closest.measured} (ΛT ${closest.lambda_t})`,
    ok: missed.length === 0,
  }
}

/** What zero costs where there are few units of everything: told, and not promised away. */
function longTail(table: readonly Figures[]): Goal {
  const row = (policy: Policy) => table.find((one) => one.scenario === LONG_TAIL.name && one.policy === policy.name)!
  return {
    goal: '5 long tail: the price of zero, and of a pool',
    wanted: 'published; about 20 % refused, about 10 sold twice of 10,000',
    reached: `${row(RIGHTS).refused_percent} % refused, ${row(POOL).oversold_per_10000} sold twice of 10,000`,
    ok: true,
  }
}
