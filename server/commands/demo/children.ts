import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../../kernel/clock.ts'
import { childEnvironment } from '../../kernel/config.ts'
import type { Channel } from './channels.ts'

/** A process of ours that ends with us, however we end: it watches its line to us. */
export type Child = {
  readonly pid: number
  /** Asks it to end, waits, then ends it. */
  stop(): Promise<void>
  /** kill -9, as a crash would be. */
  kill(): void
  readonly ended: Promise<void>
}

const STOP_WITHIN_MS = 8_000

const SIMULATORS = fileURLToPath(new URL('../../../simulators/main.ts', import.meta.url))
const MAIN = fileURLToPath(new URL('../../main.ts', import.meta.url))

export async function startSimulators(
  clock: Clock,
  options: { seed: number; limits: 'on' | 'off'; timeScale: number; ports: ReadonlyMap<Channel, number> },
): Promise<Child & { urls: Record<string, string> }> {
  const { seed, limits, timeScale, ports } = options
  const plan = { marketplaces: [...ports.keys()].join(','), goods: 'none', seed, limits, 'time-scale': timeScale }
  const doors = [...ports].map(([channel, port]) => [`${channel}-port`, port] as const)
  const args = [...Object.entries(plan), ...doors].flatMap(([name, value]) => [`--${name}`, `${value}`])
  const process = fork(SIMULATORS, args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const urls = await new Promise<Record<string, string>>((resolve, reject) => {
    // Under --watch node itself speaks first on this line.
    process.on('message', (message) => {
      if (isUrls(message, [...ports.keys()])) resolve(message)
    })
    process.once('exit', (code) => reject(new Error(`the simulators ended with ${code} before they were up`)))
  })
  return { ...childOf(clock, process), urls }
}

const isUrls = (message: unknown, of: readonly string[]): message is Record<string, string> =>
  typeof message === 'object' && message !== null && of.every((channel) => channel in message)

export function startWorker(clock: Clock, env: Record<string, string>): Child {
  const child = fork(MAIN, ['worker'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: childEnvironment(env) })
  return childOf(clock, child)
}

function childOf(clock: Clock, child: ChildProcess): Child {
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return {
    pid: child.pid!,
    ended,
    kill: () => void child.kill('SIGKILL'),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      const late = new AbortController()
      const killed = clock.sleep(STOP_WITHIN_MS, late.signal).then(() => {
        if (!late.signal.aborted) child.kill('SIGKILL')
      })
      await ended
      late.abort()
      await killed
    },
  }
}
