import { compose, runWorker } from '../compose.ts'
import { assertLoopback } from '../http/loopback.ts'
import type { Config } from '../kernel/config.ts'
import { openGround } from '../kernel/ground.ts'
import { startServer } from './server.ts'

/** The API and the board, until `signal`. */
export async function serve(config: Config, signal: AbortSignal, say: (line: string) => void): Promise<void> {
  assertLoopback(config.host)
  const ground = await openGround(config, say)
  const jaego = await compose({ url: ground.url, config })
  const server = await startServer(jaego, config, null)
  say(`jaego serves at ${server.url}/`)
  if (ground.embedded)
    say('on the embedded PostgreSQL: for trying. Production wants DATABASE_URL (it ships no pg_dump)')
  await aborted(signal)
  await server.close()
  await jaego.close()
  await ground.stop()
}

/** The loops, until `signal`; what is under way is ended first. */
export async function worker(config: Config, signal: AbortSignal): Promise<void> {
  const ground = await openGround(config, () => {})
  const jaego = await compose({ url: ground.url, config })
  await runWorker(jaego, signal)
  await jaego.close()
  await ground.stop()
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
