/**
 * Time comes in through this port, so that a whole day can replay in a test.
 *
 * Stock decisions never use it: their time is the database's (`kernel.now()`).
 */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC; may jump when somebody sets the machine's clock. */
  now(): number
  /** Milliseconds from an arbitrary start; never goes back. For measuring only. */
  monotonic(): number
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const done = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal?.addEventListener('abort', done, { once: true })
    }),
}

/** Calls `tick` every `ms` until the returned function is called; for heartbeats that nobody's decision rests on. */
export function every(ms: number, tick: () => void): () => void {
  const timer = setInterval(tick, ms)
  return () => clearInterval(timer)
}

/** The next turn of the event loop: what the network has brought by now goes first. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
