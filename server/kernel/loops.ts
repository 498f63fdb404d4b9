import type { Clock } from './clock.ts'
import type { Log } from './log.ts'

/** One loop: does what is due, answers in how many ms it wants to run again. It has no timer of its own. */
export type Step = { name: string; wakesOn: readonly string[]; step: () => Promise<number> }

/** Nudges between loops and processes: a nudge only wakes, it never carries the news. */
export type Wake = {
  nudge(topics: readonly string[]): void
  /** Calls `wake` on each nudge of the topics until the returned function is called. */
  on(topics: readonly string[], wake: () => void): () => void
}

const LONGEST_SLEEP_MS = 60_000
const AFTER_ERROR_MS = 1_000

/**
 * Runs a step for ever, until `signal` aborts: sleeps as long as the step says, or until it is nudged. A step that
 * throws is logged and tried again after a second; resolves when the step under way has ended.
 */
export async function runLoop(
  { name, wakesOn, step }: Step,
  { clock, log, wake, signal }: { clock: Clock; log: Log; wake: Wake; signal: AbortSignal },
): Promise<void> {
  let nudged = false
  let sleeping: AbortController | null = null
  const stopListening = wake.on(wakesOn, () => {
    nudged = true
    sleeping?.abort()
  })
  const onAbort = () => sleeping?.abort()
  signal.addEventListener('abort', onAbort)
  while (!signal.aborted) {
    nudged = false
    const sleepMs = await step().catch((error: unknown) => {
      if (!signal.aborted) log.error({ err: error, loop: name }, 'a loop failed and will be tried again')
      return AFTER_ERROR_MS
    })
    if (nudged || signal.aborted) continue
    sleeping = new AbortController()
    await clock.sleep(Math.max(0, Math.min(sleepMs, LONGEST_SLEEP_MS)), sleeping.signal)
    sleeping = null
  }
  signal.removeEventListener('abort', onAbort)
  stopListening()
}
