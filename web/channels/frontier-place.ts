import type { ChannelStanding } from '../../contract/channel-board.ts'
import type { Format } from '../format.ts'

/** Risk of selling a unit twice each time the stock runs out: 0 strict, null everything shared. */
export type Risk = number | null

export type Point = { risk: Risk; oversoldPer10000: number; refusedPercent: number }

/** Who chose what. undefined: a policy that is not on the curve. */
export type Choice = { names: string; risk: Risk | undefined }

export function riskName(risk: Risk, strict: string, pool: string, format: Format): string {
  return risk === 0 ? strict : risk === null ? pool : `ε ${format.percent(risk)}`
}

/** As the rights' planner has it where a connection says nothing else. */
export const USUAL_RISK = 0.01

/** What a connection has chosen; undefined where its policy is none of the curve's. */
export function chosenRisk({
  policy,
  policySettings,
}: Pick<ChannelStanding, 'policy' | 'policySettings'>): Risk | undefined {
  if (policy === 'pool') return null
  if (policy !== 'rights') return undefined
  // By stop, read, set, resume the last units are always in one place.
  if (policySettings.protocol === 'B') return 0
  return policySettings.tail === 'pooled' ? (policySettings.tailRisk ?? USUAL_RISK) : 0
}

/**
 * Where a risk stands on the curve, whose points go from strict to everything shared. Between two measured points it is
 * taken to lie on the line, as far along as its logarithm is; beyond the last stated risk it is that one's.
 */
export function placeOn(points: readonly Point[], risk: Risk): Point | null {
  const exact = points.find((point) => point.risk === risk)
  if (exact || risk === null) return exact ?? null
  const stated = points.filter((point): point is Point & { risk: number } => point.risk !== null)
  const above = stated.find((point) => point.risk > risk)
  const below = stated.findLast((point) => point.risk < risk)
  if (!above || !below) return above ?? below ?? null
  const share = below.risk === 0 ? risk / above.risk : Math.log(risk / below.risk) / Math.log(above.risk / below.risk)
  const between = (from: number, to: number) => from + (to - from) * share
  return {
    risk,
    oversoldPer10000: between(below.oversoldPer10000, above.oversoldPer10000),
    refusedPercent: between(below.refusedPercent, above.refusedPercent),
  }
}
