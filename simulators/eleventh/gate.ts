import type { CallCount, SimRequest, SimResponse } from '../marketplace.ts'
import { type Family, refusal, tooManyRequests, xmlResponse } from './envelopes.ts'
import { createLimiter } from './limiter.ts'
import { weekAndHour } from './times.ts'
import type { World } from './world.ts'

/** What stands before every endpoint: the key, the pace, the Friday maintenance. */
export type Gate = {
  /** The refusal, or null for a call let in. */
  refuse(world: World, request: SimRequest, bucket: string, family: Family, now: number): SimResponse | null
  /**
   * Bucket `key` is the one budget there is: refused there = calls over it. The rest tell where calls went (`api:…`)
   * and what was refused through no fault of the client's pace (`forced`, `maintenance`, `unknown_key`).
   */
  calls(): CallCount[]
}

export function createGate(openApiKey: string): Gate {
  const pace = createLimiter()
  const counts = new Map<string, CallCount>([['key', { bucket: 'key', taken: 0, refused: 0 }]])

  function count(bucket: string, outcome: 'taken' | 'refused'): void {
    const row = counts.get(bucket) ?? { bucket, taken: 0, refused: 0 }
    row[outcome]++
    counts.set(bucket, row)
  }

  return {
    calls: () => [...counts.values()].map((row) => ({ ...row })),
    refuse(world, request, bucket, family, now) {
      const { switches, faults } = world
      const say = (fault: Parameters<typeof refusal>[1]) => xmlResponse(refusal(family, fault), switches)

      // The key comes first: a call without one belongs to no seller and cannot use up its budget.
      const isExpired = switches.keyExpiresAt > 0 && now >= switches.keyExpiresAt
      const fault = request.headers.get('openapikey') !== openApiKey || isExpired ? 'key' : null
      if (fault !== null || switches.callerAddress === 'unknown') {
        count('unknown_key', 'refused')
        return say(fault ?? 'address')
      }
      if (now < faults.rateLimitedUntil) {
        count('forced', 'refused')
        return tooManyRequests(faults.rateLimitedUntil - now, switches.retryAfter)
      }
      const waitMs = switches.limits === 'off' ? 0 : pace.waitFor(now, switches)
      if (waitMs > 0) {
        count('key', 'refused')
        return tooManyRequests(waitMs, switches.retryAfter)
      }
      count('key', 'taken')
      if (isClosed(world, now)) {
        count('maintenance', 'refused')
        return say('maintenance')
      }
      count(`api:${bucket}`, 'taken')
      return null
    },
  }
}

const FRIDAY = 5
const [DAWN_FROM, DAWN_TO] = [1, 6]

function isClosed(world: World, now: number): boolean {
  const { maintenance } = world.switches
  if (maintenance !== 'friday_dawn') return maintenance === 'now'
  const { day, hour } = weekAndHour(now)
  return day === FRIDAY && hour >= DAWN_FROM && hour < DAWN_TO
}
