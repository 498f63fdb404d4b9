import { expect, test } from 'vitest'
import type { StreamEvent } from './event-lines.ts'
import { FIRST_RETRY_MS, follow, type Line, LONGEST_RETRY_MS, retryPause, SILENCE_MS } from './follow.ts'

test('after a cut it asks for what came after the last event it saw', async () => {
  const play = playground()
  const first = await play.connected()
  first.send('id: 41\nevent: totals\ndata: 1\n\nid: 42\nevent: totals\ndata: 2\n\n')
  await play.until(() => play.events.length === 2)
  first.end()
  await play.until(() => play.line().phase === 'lost')
  play.pass(FIRST_RETRY_MS)
  await play.connected()
  expect(play.asked).toEqual([null, '42'])
  expect(play.opened).toEqual([false, true])
  play.stop()
})

test('a cut before any event means the whole must be read again', async () => {
  const play = playground()
  ;(await play.connected()).end()
  await play.until(() => play.line().phase === 'lost')
  play.pass(FIRST_RETRY_MS)
  await play.connected()
  expect(play.opened).toEqual([false, false])
  play.stop()
})

test('a refusal is tried again later and later, and a success starts over', async () => {
  const play = playground({ refuse: true })
  const pauses: number[] = []
  for (let attempt = 0; attempt < 7; attempt++) {
    await play.until(() => play.lostAttempt() === attempt + 1)
    const line = play.line()
    if (line.phase !== 'lost') throw new Error('not lost')
    pauses.push(line.retryAt - play.now())
    if (attempt === 6) play.refuse = false
    play.pass(line.retryAt - play.now())
  }
  expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000])
  ;(await play.connected()).end()
  await play.until(() => play.line().phase === 'lost')
  expect(play.lostAttempt()).toBe(1)
  play.stop()
})

test('a line that says nothing for too long is taken for dead; a heartbeat keeps it', async () => {
  const play = playground()
  const stream = await play.connected()
  play.pass(SILENCE_MS - 1)
  stream.send(': beat\n\n')
  await play.until(() => {
    const line = play.line()
    return line.phase === 'open' && line.heardAt === play.now()
  })
  play.pass(SILENCE_MS - 1)
  expect(play.line().phase).toBe('open')
  play.pass(1)
  await play.until(() => play.line().phase === 'lost')
  play.stop()
})

test('asking to reconnect now does not wait for the pause', async () => {
  const play = playground()
  ;(await play.connected()).end()
  await play.until(() => play.line().phase === 'lost')
  play.retryNow()
  await play.connected()
  play.stop()
})

test('the pause doubles from half a second to at most ten, never less than half of that', () => {
  expect(retryPause(0, 0)).toBe(250)
  expect(retryPause(0, 1)).toBe(500)
  expect(retryPause(50, 0)).toBe(LONGEST_RETRY_MS / 2)
  expect(retryPause(50, 1)).toBe(LONGEST_RETRY_MS)
})

function playground(play = { refuse: false }) {
  let clock = 1_000
  let timers: { at: number; then: () => void }[] = []
  const lines: Line[] = []
  const events: StreamEvent[] = []
  const asked: (string | null)[] = []
  const opened: boolean[] = []
  const streams: { send(text: string): void; end(): void }[] = []
  let taken = 0

  const open = async (lastEventId: string | null, signal: AbortSignal): Promise<Response> => {
    asked.push(lastEventId)
    if (play.refuse) return new Response('no', { status: 503 })
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined
    const body = new ReadableStream<Uint8Array>({
      start: (made) => {
        controller = made
      },
    })
    signal.addEventListener('abort', () => {
      try {
        controller?.error(signal.reason)
      } catch {
        // Already ended by the test.
      }
    })
    streams.push({
      send: (text) => controller?.enqueue(new TextEncoder().encode(text)),
      end: () => controller?.close(),
    })
    return new Response(body)
  }

  const handle = follow(
    {
      open,
      now: () => clock,
      random: () => 1,
      after: (ms, then) => {
        const timer = { at: clock + ms, then }
        timers.push(timer)
        return () => {
          timers = timers.filter((other) => other !== timer)
        }
      },
    },
    {
      opened: (resumed) => opened.push(resumed),
      events: (more) => events.push(...more),
      line: (line) => lines.push(line),
    },
  )

  /** Gives promises and streams their turns until it holds; the test's own timeout is the bound in time. */
  async function until(holds: () => boolean): Promise<void> {
    for (let turn = 0; turn < 1_000; turn++) {
      if (holds()) return
      await new Promise((resolve) => setImmediate(resolve))
    }
    throw new Error('it never came to hold')
  }

  return Object.assign(play, {
    events,
    asked,
    opened,
    now: () => clock,
    line: () => lines.at(-1) ?? { phase: 'connecting' as const },
    lostAttempt: () => {
      const line = lines.at(-1)
      return line?.phase === 'lost' ? line.attempt : 0
    },
    until,
    connected: async () => {
      await until(() => streams.length > taken && lines.at(-1)?.phase === 'open')
      taken = streams.length
      return streams.at(-1)!
    },
    pass: (ms: number) => {
      clock += ms
      const due = timers.filter(({ at }) => at <= clock)
      timers = timers.filter(({ at }) => at > clock)
      for (const { then } of due) then()
    },
    stop: () => handle.stop(),
    retryNow: () => handle.retryNow(),
  })
}
