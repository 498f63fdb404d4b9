import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, readlinkSync, realpathSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { realClock } from '../clock.ts'
import type { Binaries, Identity } from './binaries.ts'

const POLL_MS = 10

/** A running PostgreSQL as its own pid file tells it. `port` is 0 until it is known. */
export type Postmaster = { pid: number; port: number; status: string }

/** The postmaster of this data folder, when the pid file names a process that really is one; otherwise null. */
export function livePostmaster(pgdata: string): Postmaster | null {
  const noted = readPidFile(pgdata)
  return noted !== null && runsOn(noted, pgdata) ? noted : null
}

/** A postmaster writes its pid file within moments of making it; an empty one this old is a crash's remnant. */
const EMPTY_PID_FILE_MS = 2000

/**
 * Removes a pid file whose number now belongs to another program or to a zombie, or that a crash of the machine
 * left empty; PostgreSQL itself refuses to start then. Numbers are handed out again quickly in a container. Should
 * the old server's children still run, PostgreSQL sees them by their shared memory, pid file or not.
 */
export function removeStalePidFile(pgdata: string): void {
  const path = join(pgdata, 'postmaster.pid')
  const file = statSync(path, { throwIfNoEntry: false })
  if (file === undefined) return
  const noted = readPidFile(pgdata)
  const isStale = noted
    ? exists(noted.pid) && !runsOn(noted, pgdata)
    : realClock.now() - file.mtimeMs > EMPTY_PID_FILE_MS
  if (isStale) rmSync(path, { force: true })
}

/**
 * Starts a postmaster and leaves it: it outlives us unless stopped, in a session of its own so that Ctrl-C
 * reaches only us and we stop it in order. Gives the exit code once it ends.
 */
export function spawnPostmaster(
  binaries: Binaries,
  identity: Identity,
  pgdata: string,
  logFile: string,
  settings: Readonly<Record<string, string | number>>,
): { pid: number; ended: Promise<number | null> } {
  const out = openSync(logFile, 'a', 0o600)
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = spawn(join(binaries.folder, 'bin/postgres'), ['-D', reachablePath(pgdata, identity), ...options], {
    cwd: pgdata,
    detached: true,
    stdio: ['ignore', out, out],
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' },
    ...(identity ?? {}),
  })
  closeSync(out)
  child.unref()
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('exit', (code) => resolve(code))
    child.once('error', reject)
  })
  ended.catch(() => {}) // also seen by whoever awaits it; a crash of ours over it would help nobody
  return { pid: child.pid ?? 0, ended }
}

/**
 * The path by which PostgreSQL may open its folder. Below a parent closed to its account (root's home is 0700) an
 * absolute path fails, but a process may always use the folder it was started in, which libuv enters before it
 * changes the account; PostgreSQL then works with relative paths only.
 */
export function reachablePath(pgdata: string, identity: Identity): string {
  return identity !== null && process.platform === 'linux' ? '/proc/self/cwd' : pgdata
}

/** Waits until the postmaster takes connections; null when `ended` resolves first or `boundMs` is over. */
export async function untilReady(pgdata: string, ended: Promise<unknown>, boundMs: number): Promise<Postmaster | null> {
  let hasEnded = false
  const mark = () => {
    hasEnded = true
  }
  ended.then(mark, mark)
  for (const bound = realClock.monotonic() + boundMs; realClock.monotonic() < bound && !hasEnded; ) {
    const running = livePostmaster(pgdata)
    if (running?.status === 'ready') return running
    await realClock.sleep(POLL_MS)
  }
  return null
}

/** Waits until no postmaster runs on this folder; false when one still does after `boundMs`. */
export async function untilGone(pgdata: string, postmaster: Postmaster, boundMs: number): Promise<boolean> {
  for (const bound = realClock.monotonic() + boundMs; realClock.monotonic() < bound; ) {
    if (!runsOn(postmaster, pgdata)) return true
    await realClock.sleep(POLL_MS)
  }
  return !runsOn(postmaster, pgdata)
}

const FAST_STOP_MS = 30_000
const QUICK_STOP_MS = 5_000

/** Fast shutdown (SIGINT: clients are cut, a checkpoint is written); after 30 s at once, after 35 s by force. */
export async function stopPostmaster(pgdata: string, log: (line: string) => void): Promise<'stopped' | 'not_running'> {
  const running = livePostmaster(pgdata)
  if (running === null) return 'not_running'
  signal(running.pid, 'SIGINT')
  if (await untilGone(pgdata, running, FAST_STOP_MS)) return 'stopped'
  log(
    `PostgreSQL ${running.pid} did not stop within ${FAST_STOP_MS / 1000} s; stopping it at once, nothing committed is lost`,
  )
  signal(running.pid, 'SIGQUIT')
  if (await untilGone(pgdata, running, QUICK_STOP_MS)) return 'stopped'
  signal(running.pid, 'SIGKILL')
  if (await untilGone(pgdata, running, QUICK_STOP_MS)) return 'stopped'
  throw new Error(`PostgreSQL ${running.pid} cannot be ended`)
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Lines of postmaster.pid: pid, folder, start time, port, socket folder, address, shared memory, status. */
function readPidFile(pgdata: string): Postmaster | null {
  let lines: string[]
  try {
    lines = readFileSync(join(pgdata, 'postmaster.pid'), 'utf8').split('\n')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  const pid = Number.parseInt(lines[0] ?? '', 10)
  if (!(pid > 0)) return null // being written just now, or cut off by a full disk
  return { pid, port: Number.parseInt(lines[3] ?? '0', 10) || 0, status: (lines[7] ?? '').trim() }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * A zombie does not run, though a signal still finds its number. The working folder tells whose postmaster it
 * is; root in a container without ptrace rights may not read that of another account, but may read the command
 * line, which holds the port (and which PostgreSQL's children overwrite).
 */
function runsOn({ pid, port }: { pid: number; port: number }, pgdata: string): boolean {
  if (!exists(pid)) return false
  if (process.platform !== 'linux') return true
  try {
    if (/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) return false
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(pgdata)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return false
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`\0port=${port}\0`)
  }
}
