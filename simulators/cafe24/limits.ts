/** The two layers of limits, either of which answers 429, and what is judged an abnormal pace. */
import type { CallCount } from '../marketplace.ts'
import type { UsageRules, World } from './world.ts'

export type Limits = {
  /** Takes one call out of what `api` may. Every answer carries the headers; `message` is why it is refused. */
  take(world: World, api: Api, now: number): { headers: Record<string, string>; message: string | null }
  /** Counts a call that met no limit: `forced`, `unauthorized`, `oauth`. */
  count(bucket: string, outcome: 'taken' | 'refused'): void
  /**
   * One row an API, in which refused = its bucket was full; `usage` and `abnormal-pace` = refused by those.
   * Calls over a budget are the refused of all rows but `forced`, `unauthorized` and `oauth`.
   */
  calls(): CallCount[]
}

export type Api = { name: string; isHeavy: boolean }

const PACE_WINDOW_MS = 1_000

export function createLimits(): Limits {
  const buckets = new Map<string, Level>()
  const usage = { calls: emptyLevel(), time: emptyLevel() }
  const pace = createPace()
  const counts = new Map<string, CallCount>()

  function count(bucket: string, outcome: 'taken' | 'refused'): void {
    const row = counts.get(bucket) ?? { bucket, taken: 0, refused: 0 }
    row[outcome]++
    counts.set(bucket, row)
  }

  function bucketOf(name: string): Level {
    const known = buckets.get(name) ?? emptyLevel()
    buckets.set(name, known)
    return known
  }

  return {
    count,
    calls: () => [...counts.values()].map((row) => ({ ...row })),
    take({ switches, faults }, api, now) {
      const { bucketSize, bucketDrainPerSecond, usage: rules } = switches
      const bucket = bucketOf(switches.bucketPer === 'mall' ? 'mall' : api.name)
      const isForced = now < faults.rateLimitedUntil
      if (switches.limits === 'off' && !isForced) {
        count(api.name, 'taken')
        return { headers: {}, message: null }
      }
      drain(bucket, bucketDrainPerSecond, now)
      drain(usage.calls, rules.callDrainPerSecond, now)
      drain(usage.time, rules.timeDrainPerSecond, now)
      const answer = (message: string | null) => {
        const filled = isForced ? bucketSize : Math.ceil(bucket.level)
        return {
          headers: { 'X-Api-Call-Limit': `${filled}/${bucketSize}`, ...usageHeaders(usage, rules) },
          message,
        }
      }
      const refuse = (row: string, message: string) => {
        count(row, 'refused')
        return answer(message)
      }
      if (isForced) return refuse('forced', TOO_MANY)

      const wasBlocked = usage.calls.level >= 100 || usage.time.level >= 100
      // Whoever calls while blocked waits longer for it: such a call adds to the quota as any other.
      const addUsage = () => {
        usage.calls.level += rules.callPercent
        usage.time.level += api.isHeavy ? rules.heavyTimePercent : rules.lightTimePercent
      }
      if (wasBlocked) {
        addUsage()
        return refuse('usage', 'The API usage limit has been exceeded.')
      }
      const isAbnormal = pace.exceeds(now, switches.abnormalPerSecond)
      if (isAbnormal && switches.abnormalPace === 'blocked') pace.block(now + switches.abnormalBlockMs)
      if (pace.isBlocked(now)) return refuse('abnormal-pace', TOO_MANY)
      if (bucket.level + 1 > bucketSize) return refuse(api.name, TOO_MANY)

      bucket.level += 1
      addUsage()
      count(api.name, 'taken')
      if (isAbnormal) count('abnormal-pace', 'taken')
      return answer(null)
    },
  }
}

const TOO_MANY = 'Too Many Requests'

type Level = { level: number; at: number }

const emptyLevel = (): Level => ({ level: 0, at: Number.NEGATIVE_INFINITY })

function drain(level: Level, perSecond: number, now: number): void {
  const elapsed = level.at === Number.NEGATIVE_INFINITY ? 0 : Math.max(0, now - level.at)
  level.level = Math.max(0, level.level - (elapsed / 1_000) * perSecond)
  level.at = now
}

/** Usage in percent, always; Remain in seconds, only from 100 % on. */
function usageHeaders(usage: { calls: Level; time: Level }, rules: UsageRules): Record<string, string> {
  return {
    ...meter('Call', usage.calls.level, rules.callDrainPerSecond),
    ...meter('Time', usage.time.level, rules.timeDrainPerSecond),
  }
}

function meter(name: 'Call' | 'Time', percent: number, drainPerSecond: number): Record<string, string> {
  const told = { [`X-Cafe24-${name}-Usage`]: String(Number(percent.toFixed(2))) }
  if (percent < 100) return told
  return { ...told, [`X-Cafe24-${name}-Remain`]: String(Math.floor((percent - 100) / drainPerSecond) + 1) }
}

function createPace() {
  const recent: number[] = []
  let blockedUntil = Number.NEGATIVE_INFINITY
  return {
    isBlocked: (now: number) => now < blockedUntil,
    block: (until: number) => {
      blockedUntil = until
    },
    /** Counts one call of a sliding second. */
    exceeds(now: number, most: number): boolean {
      while (recent.length > 0 && (recent.length > most || recent[0]! <= now - PACE_WINDOW_MS)) recent.shift()
      recent.push(now)
      return recent.length > most
    },
  }
}
