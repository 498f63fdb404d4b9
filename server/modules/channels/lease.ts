import type { Clock } from '../../kernel/clock.ts'

/**
 * What a worker has taken on is somebody else's again this long after he was last heard of. Short, since a dead worker's
 * collection keeps all of a connection waiting: with two minutes no order came in and no number fell for two minutes.
 */
export const LEASE_SECONDS = 20

/** A lease outlives three renewals that were late or lost. */
const RENEW_EVERY_MS = 5_000

/**
 * A lease on a question that is asked again when its holder dies: by then the first one has had its effect or never will
 * (`settlesMs`, of the marketplace), as for any question without an answer. Ms.
 */
export const askingLeaseMs = (settlesMs: number): number => Math.max(LEASE_SECONDS * 1_000, settlesMs + RENEW_EVERY_MS)

/** Work that takes longer than ten minutes hangs, and is left to others. */
const RENEWALS_MAX = 120

/**
 * Does `work` and says every few seconds that it is still under way. `renew` answers false when the lease was lost:
 * then nothing is renewed any more, and the work finds out where it asks for its lease.
 */
export async function whileHeld<T>(clock: Clock, renew: () => Promise<boolean>, work: () => Promise<T>): Promise<T> {
  const over = new AbortController()
  const renewing = renewUntil(clock, renew, over.signal)
  try {
    return await work()
  } finally {
    over.abort()
    await renewing
  }
}

async function renewUntil(clock: Clock, renew: () => Promise<boolean>, over: AbortSignal): Promise<void> {
  for (let renewals = 0; renewals < RENEWALS_MAX; renewals++) {
    await clock.sleep(RENEW_EVERY_MS, over)
    if (over.aborted) return
    // A database that does not answer now may answer before the lease ends.
    const isHeld = await renew().catch(() => true)
    if (!isHeld) return
  }
}
