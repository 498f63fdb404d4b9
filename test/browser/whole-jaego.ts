import { type ChildProcess, fork } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** `npm start` as a user runs it, on free ports, in a data folder of its own. */
export type WholeJaego = {
  /** The board's address, with the slash. */
  board: string
  /** The key of the demo's company, as the printed curl line carries it. */
  apiKey: string
  /** What it wrote on stderr so far. */
  complaints(): string
  /** SIGTERM, then waits for the end. Answers the exit code. */
  stop(): Promise<number | null>
  /** kill -9 of the one process that was started; its children are left to find out. */
  kill(): Promise<void>
}

const UP_WITHIN_MS = 30_000
const LAST_LINE = /^stop /m

export async function startWhole(dataDir: string): Promise<WholeJaego> {
  const { DATABASE_URL: _, ...env } = process.env
  const child = fork(resolve('server/main.ts'), ['start'], {
    // The line to us ends it should this test run be killed. Node's own flags of the test run are not for it.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
    env: { ...env, JAEGO_DATA: dataDir, JAEGO_PORT: '0' },
  })
  const ended = new Promise<number | null>((done) => child.once('exit', (code) => done(code)))
  let complaints = ''
  child.stderr!.on('data', (bytes: Buffer) => {
    complaints += bytes.toString()
  })
  const said = await untilUp(child, () => complaints)
  return {
    board: /^board +(\S+)/m.exec(said)![1]!,
    apiKey: /Bearer ([^']+)'/.exec(said)![1]!,
    complaints: () => complaints,
    stop() {
      child.kill('SIGTERM')
      return ended
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

function untilUp(child: ChildProcess, complaints: () => string): Promise<string> {
  return new Promise((done, fail) => {
    let said = ''
    const late = setTimeout(() => {
      child.kill('SIGTERM')
      fail(new Error(`not up in time: ${said}${complaints()}`))
    }, UP_WITHIN_MS)
    child.stdout!.on('data', (bytes: Buffer) => {
      said += bytes.toString()
      if (!LAST_LINE.test(said)) return
      clearTimeout(late)
      done(said)
    })
    child.once('exit', (code) => {
      clearTimeout(late)
      fail(new Error(`ended with ${code} before it was up: ${complaints()}`))
    })
  })
}

/** The process id of the PostgreSQL that holds the folder; null when none does. */
export function postmasterOf(dataDir: string): number | null {
  const file = join(dataDir, 'postgres/data/postmaster.pid')
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : null
}

/** What has ended but was not waited for by its parent still has an id; it is not alive. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    const stat = `/proc/${pid}/stat`
    return !existsSync(stat) || !/^\d+ \(.*\) [ZX]/s.test(readFileSync(stat, 'utf8'))
  } catch {
    return false
  }
}
