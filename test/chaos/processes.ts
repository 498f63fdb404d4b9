import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../server/main.ts', import.meta.url))
export const READY_WITHIN_MS = 30_000
/** What was asked to end and has not by then hangs. */
const ENDS_WITHIN_MS = 10_000
const AGAIN_AFTER_MS = 100

type Role = 'serve' | 'worker'
type Environment = Record<string, string>

export type Started = {
  /** Where it serves, once it does. */
  url: Promise<string>
  ended: Promise<void>
  /** kill -9; answers when it is gone. */
  kill(): Promise<void>
  /** As an init system ends it. */
  stop(): Promise<void>
}

/** A real process of ours. */
export function startProcess(role: Role, env: Environment): Started {
  const child = spawn(process.execPath, [MAIN, role], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = new Promise<string>((resolve) => {
    let said = ''
    child.stdout.on('data', (data: Buffer) => {
      said += data.toString()
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(said)
      if (found) resolve(found[0])
    })
  })
  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    child.kill(signal)
    const late = setTimeout(() => child.kill('SIGKILL'), ENDS_WITHIN_MS)
    await ended
    clearTimeout(late)
  }
  return { url, ended, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') }
}

/** A process that is started again whenever it ends, until stopped. */
export function keepRunning(role: Role, env: () => Environment) {
  let isStopping = false
  let current: Started
  const start = () => {
    if (isStopping) return
    current = startProcess(role, env())
    void current.ended.then(() => setTimeout(start, AGAIN_AFTER_MS))
  }
  start()
  return {
    async url(): Promise<string> {
      const found = await Promise.race([current.url, sleep(READY_WITHIN_MS, null)])
      if (found === null) throw new Error(`${role} did not come up`)
      return found
    },
    kill: () => current.kill(),
    async stop(): Promise<void> {
      isStopping = true
      await current.stop()
    },
  }
}
