import pg from 'pg'
import type { Clock } from './clock.ts'
import { isConnectionLost, patience } from './db.ts'
import type { Log } from './log.ts'
import type { Wake } from './loops.ts'

const CHANNEL = 'jaego'
/** At most 20 notifications a second and process: one inside every transaction fell commits from 14k to 5k a second. */
const LEAST_GAP_MS = 50
const RECONNECT_MS = 1_000

/**
 * Wakes loops in this process at once and in others by NOTIFY, from a connection of its own and never inside a
 * transaction. Lost notifications cost time, not truth: every loop also looks by itself.
 */
export async function openWake(
  url: string,
  clock: Clock,
  log: Log,
  statementTimeoutMs?: number,
): Promise<Wake & { close(): Promise<void> }> {
  const config = {
    connectionString: url,
    application_name: 'jaego wake',
    keepAlive: true,
    ...patience(statementTimeoutMs),
  }
  const listeners = new Map<string, Set<() => void>>()
  const waiting = new Set<string>()
  let client: pg.Client | null = null
  let sending = false
  let closed = false

  const tell = (topics: readonly string[]) => {
    for (const topic of topics) for (const wake of listeners.get(topic) ?? []) wake()
  }

  const connect = async (): Promise<void> => {
    while (!closed) {
      const opened = new pg.Client(config)
      try {
        await opened.connect()
        opened.on('notification', ({ payload }) => tell((payload ?? '').split(',')))
        opened.on('error', () => lost(opened))
        opened.on('end', () => lost(opened))
        await opened.query(`listen ${CHANNEL}`)
        // Closed while we came back: nobody would end this one, and it would keep the process up.
        if (closed) await opened.end()
        else client = opened
        return
      } catch (error) {
        log.warn({ err: error }, 'listening for wake-ups failed; loops look by themselves meanwhile')
        await opened.end().catch(() => {})
        await clock.sleep(RECONNECT_MS)
      }
    }
  }
  const lost = (gone: pg.Client) => {
    if (client !== gone) return
    client = null
    void gone.end().catch(() => {})
    if (!closed) void connect()
  }

  const send = async (): Promise<void> => {
    sending = true
    while (waiting.size > 0 && !closed) {
      if (client) await sendOver(client)
      await clock.sleep(LEAST_GAP_MS)
    }
    sending = false
  }
  const sendOver = async (over: pg.Client): Promise<void> => {
    const topics = [...waiting]
    waiting.clear()
    try {
      await over.query('select pg_notify($1, $2)', [CHANNEL, topics.join(',')])
    } catch (error) {
      if (!isConnectionLost(error)) return
      // One that fell silent says no more: without an end nobody in another process was ever woken again.
      for (const topic of topics) waiting.add(topic)
      lost(over)
    }
  }

  await connect()
  return {
    nudge(topics) {
      tell(topics)
      for (const topic of topics) waiting.add(topic)
      if (!sending) void send()
    },
    on(topics, wake) {
      for (const topic of topics) listeners.set(topic, (listeners.get(topic) ?? new Set()).add(wake))
      return () => {
        for (const topic of topics) listeners.get(topic)?.delete(wake)
      }
    },
    async close() {
      closed = true
      await client?.end().catch(() => {})
    },
  }
}
