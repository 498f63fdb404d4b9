import { writeFileSync } from 'node:fs'
import type { Figures } from './measure.ts'
import { POOL, RIGHTS, TAILS } from './policies.ts'

/** What the seller chooses between: risk stated per depletion (0 strict, null everything pooled) → sold twice, refused. */
export type Frontier = {
  command: string
  measuredOn: string
  seed: number
  curves: {
    scenario: string
    says: string
    seeds: number
    points: {
      risk: number | null
      oversoldPer10000: number
      oversoldSd: number
      refusedPercent: number
      refusedSd: number
      netLostPercent: number
      callsPer1000: number
    }[]
  }[]
}

export const ON_THE_FRONTIER = [RIGHTS, ...TAILS.map(({ policy }) => policy), POOL]

export function frontierOf(
  table: readonly Figures[],
  scenarios: readonly { name: string; says: string }[],
  run: { command: string; seed: number },
): Frontier {
  const riskOf = (policy: string): number | null =>
    policy === RIGHTS.name ? 0 : (TAILS.find((tail) => tail.policy.name === policy)?.risk ?? null)
  return {
    command: run.command,
    measuredOn: new Date().toISOString().slice(0, 10),
    seed: run.seed,
    curves: scenarios.map(({ name, says }) => {
      const rows = ON_THE_FRONTIER.flatMap(
        (policy) => table.find((row) => row.scenario === name && row.policy === policy.name) ?? [],
      )
      return {
        scenario: name,
        says,
        seeds: rows[0]?.seeds ?? 0,
        points: rows.map((row) => ({
          risk: riskOf(row.policy),
          oversoldPer10000: row.oversold_per_10000,
          oversoldSd: row.oversold_sd,
          refusedPercent: row.refused_percent,
          refusedSd: row.refused_sd,
          netLostPercent: row.net_lost_percent,
          callsPer1000: row.calls_per_1000,
        })),
      }
    }),
  }
}

export const writeFrontier = (path: string, frontier: Frontier): void =>
  writeFileSync(path, `${JSON.stringify(frontier, null, 2)}\n`)
