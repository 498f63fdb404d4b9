import { compose, type Jaego, runWorker } from '../compose.ts'
import { assertLoopback } from '../http/loopback.ts'
import type { Config } from '../kernel/config.ts'
import { type Ground, openGround } from '../kernel/ground.ts'
import { startServer } from './server.ts'

/** The API and the board, until `signal`. */
export async function serve(config: Config, signal: AbortSignal, say: (line: string) => void): Promise<void> {
  assertLoopback(config.host)
  await onGround(config, say, async (jaego, { embedded }) => {
    const server = await startServer(jaego, config, null)
    say(`jaego serves at ${server.url}/`)
    if (embedded) say('on the embedded PostgreSQL: for trying. Production wants DATABASE_URL (it ships no pg_dump)')
    await aborted(signal)
    await server.close()
  })
}

/** The loops, until `signal`; what is under way is ended first. */
export const worker = (config: Config, signal: AbortSignal): Promise<void> =>
  onGround(
    config,
    () => {},
    (jaego) => runWorker(jaego, signal),
  )

/** A start that fails half-way leaves nothing open either: it would keep the process, and its PostgreSQL, up. */
async function onGround(
  config: Config,
  say: (line: string) => void,
  work: (jaego: Jaego, ground: Ground) => Promise<void>,
): Promise<void> {
  const ground = await openGround(config, say)
  try {
    const jaego = await compose({ url: ground.url, config })
    try {
      await work(jaego, ground)
    } finally {
      await jaego.close()
    }
  } finally {
    await ground.stop()
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
