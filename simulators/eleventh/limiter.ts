/** Counts calls in a sliding second. A call too many closes the door for a while; calls meanwhile do not prolong it. */
export type Limiter = {
  /** Milliseconds still to wait, 0 when the call is let in. */
  waitFor(now: number, rules: { callsPerSecond: number; blockMs: number }): number
}

const SECOND_MS = 1_000

export function createLimiter(): Limiter {
  const recent: number[] = []
  let blockedUntil = Number.NEGATIVE_INFINITY

  return {
    waitFor(now, { callsPerSecond, blockMs }) {
      if (now < blockedUntil) return blockedUntil - now
      while (recent.length > 0 && recent[0]! <= now - SECOND_MS) recent.shift()
      if (recent.length >= callsPerSecond) {
        blockedUntil = now + blockMs
        return Math.max(1, blockMs)
      }
      recent.push(now)
      return 0
    },
  }
}
