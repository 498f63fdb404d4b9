import type { Tally } from './world.ts'

/** The published limits: so many calls in so long, sliding, since no page says where a minute begins. */
export type Pace = {
  /** Counts a call. False when it came too early. */
  take(bucket: string, rule: PaceRule, now: number): boolean
}

export type PaceRule = { most: number; everyMs: number; refusedCounts: boolean; isOn: boolean }

export function createPace(tally: Tally): Pace {
  const recent = new Map<string, number[]>()

  return {
    take(bucket, { most, everyMs, refusedCounts, isOn }, now) {
      const calls = recent.get(bucket) ?? []
      recent.set(bucket, calls)
      // What is dated later than now comes from before the clock was set back, and holds nobody up.
      while (calls.length > 0 && (calls[0]! <= now - everyMs || calls[0]! > now)) calls.shift()
      const fits = !isOn || calls.length < most
      if (isOn && (fits || refusedCounts)) calls.push(now)
      if (calls.length > most) calls.shift()
      tally[fits ? 'taken' : 'refused'](bucket)
      return fits
    },
  }
}
