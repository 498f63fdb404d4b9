import { eventLines, type StreamEvent } from './event-lines.ts'

/** What following needs from the browser, so that a test can play it. */
export type FollowDeps = {
  open(lastEventId: string | null, signal: AbortSignal): Promise<Response>
  now(): number
  random(): number
  /** Calls back once after `ms`; returns how to take it back. */
  after(ms: number, then: () => void): () => void
}

export type Line =
  | { phase: 'connecting' }
  | { phase: 'open'; heardAt: number }
  | { phase: 'lost'; since: number; retryAt: number; attempt: number }

export type Follower = {
  /** The stream is open. `resumed` false: what happened before is not in it, so the whole must be read again. */
  opened(resumed: boolean): void
  events(events: StreamEvent[]): void
  line(line: Line): void
}

export const FIRST_RETRY_MS = 500
export const LONGEST_RETRY_MS = 10_000
/** The server sends a heartbeat every few seconds; a line this quiet is taken for dead (a laptop lid, a lost route). */
export const SILENCE_MS = 20_000

/**
 * Follows a server-sent event stream until stopped, for as long as the page lives: reconnects with growing, jittered
 * pauses of at most 10 s, and continues after the last event it saw. `EventSource` is not used because it hides
 * heartbeats, gives up for good on an HTTP error, and cannot be told when to try again.
 */
export function follow(deps: FollowDeps, follower: Follower): { stop(): void; retryNow(): void } {
  let lastEventId: string | null = null
  let attempt = 0
  let heardAt = deps.now()
  let stopped = false
  let current = new AbortController()
  let wake: (() => void) | null = null

  async function once(): Promise<void> {
    current = new AbortController()
    const { signal } = current
    let forget = deps.after(SILENCE_MS, () => current.abort())
    try {
      const response = await deps.open(lastEventId, signal)
      if (!response.ok || response.body === null) throw new Error(`the event stream answered ${response.status}`)
      const read = eventLines()
      const heard = () => {
        heardAt = deps.now()
        forget()
        forget = deps.after(SILENCE_MS, () => current.abort())
        follower.line({ phase: 'open', heardAt })
      }
      attempt = 0
      heard()
      follower.opened(lastEventId !== null)
      const text = response.body.pipeThrough(new TextDecoderStream()).getReader()
      for (;;) {
        const { done, value } = await text.read()
        if (done || stopped) return
        heard()
        const events = read(value)
        lastEventId = events.at(-1)?.id ?? lastEventId
        if (events.length > 0) follower.events(events)
      }
    } finally {
      forget()
      current.abort()
    }
  }

  async function run(): Promise<void> {
    follower.line({ phase: 'connecting' })
    while (!stopped) {
      // Why it ended (refused, cut, silent) changes nothing in what to do, and the page shows that it is lost.
      await once().catch(() => undefined)
      if (stopped) return
      const pause = retryPause(attempt, deps.random())
      attempt += 1
      follower.line({ phase: 'lost', since: heardAt, retryAt: deps.now() + pause, attempt })
      await new Promise<void>((resolve) => {
        const forget = deps.after(pause, resolve)
        wake = () => {
          forget()
          resolve()
        }
      })
      wake = null
    }
  }

  void run()
  return {
    stop: () => {
      stopped = true
      current.abort()
      wake?.()
    },
    retryNow: () => wake?.(),
  }
}

/** Full jitter above a floor of half, ms: doubles from 0.5 s, never above 10 s. */
export function retryPause(attempt: number, random: number): number {
  const most = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt, 10))
  return Math.round(most / 2 + (most / 2) * random)
}
