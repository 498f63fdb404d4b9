/**
 * Counts events in a sliding window and blocks for a long while after too many.
 *
 * Two things here work that way: calls (5 a second over every API of a vendor, then minutes of 429) and
 * errors (then the content network refuses everything).
 */
export type Limiter = {
  isBlocked(now: number): boolean
  /** Counts one event. True when it was one too many; then the block begins, or begins anew. */
  exceeds(now: number, rules: LimiterRules): boolean
  /** The share of the window's limit in use, 1 when full. */
  filled(rules: LimiterRules): number
}

export type LimiterRules = { limit: number; windowMs: number; blockMs: number }

/**
 * Sliding, because the contract does not say where a second begins: whoever keeps to a sliding second keeps to all.
 * Events during a block count too, so a client that goes on hammering prolongs it ("continued excess").
 */
export function createLimiter(): Limiter {
  const recent: number[] = []
  let blockedUntil = Number.NEGATIVE_INFINITY

  return {
    isBlocked: (now) => now < blockedUntil,
    exceeds(now, { limit, windowMs, blockMs }) {
      while (recent.length > 0 && (recent.length > limit || recent[0]! <= now - windowMs)) recent.shift()
      recent.push(now)
      if (recent.length <= limit) return false
      blockedUntil = now + blockMs
      return true
    },
    filled: ({ limit }) => Math.min(1, recent.length / limit),
  }
}
