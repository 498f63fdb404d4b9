import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import pg from 'pg'
import { realClock } from '../clock.ts'
import { type Binaries, findBinaries, type Identity } from './binaries.ts'
import { type ClusterPaths, clusterPaths, ensureCluster, identityFor, own, rotateLog, SUPERUSER } from './cluster.ts'
import {
  livePostmaster,
  type Postmaster,
  removeStalePidFile,
  signal,
  spawnPostmaster,
  stopPostmaster,
  untilGone,
  untilReady,
} from './postmaster.ts'

/** A PostgreSQL started by us, or found running on our data and adopted. */
export type Embedded = {
  /** Superuser connection to the database `jaego`. The same after a restart unless the port was taken meanwhile. */
  url: string
  port: number
  /**
   * Resolves when the server has gone although nobody called `stop()` here: it was killed, or stopped by
   * `stopEmbedded`. Starting again on the same folder recovers everything committed.
   */
  lost: Promise<void>
  /**
   * Stops the server, unless another process (or another `startEmbedded` in this one) still uses it: then the
   * last of them stops it. Returns once it is gone: after 35 s at the latest, by force.
   */
  stop(): Promise<'stopped' | 'still_used'>
}

export type EmbeddedOptions = {
  /** The folder `./.jaego`; the server keeps to `<dataDir>/postgres`. Made when missing. */
  dataDir: string
  log: (line: string) => void
}

const DATABASE = 'jaego'
const READY_BOUND_MS = 60_000 // crash recovery of a large WAL takes its time
const START_ATTEMPTS_MAX = 100
const RETRY_MS = 100

/**
 * Starts PostgreSQL on `dataDir`, or adopts the one that already runs there: left by a killed process, or in use
 * by another. A half-made folder and a stale pid file are cleared.
 *
 * Throws with instructions on data of another major version, on a folder of another account, and when the machine
 * cannot run PostgreSQL.
 */
export async function startEmbedded({ dataDir, log }: EmbeddedOptions): Promise<Embedded> {
  const paths = clusterPaths(dataDir)
  const identity = identityFor(paths)
  const binaries = findBinaries(identity, log)
  ensureCluster(paths, binaries, identity)

  for (let attempt = 0; attempt < START_ATTEMPTS_MAX; attempt++) {
    const running = await runningServer(paths, binaries, identityFor(paths), log)
    const hold = running && (await holdServer(paths, running, log))
    if (hold) return handle(paths, running, hold, log)
    await realClock.sleep(RETRY_MS)
  }
  throw new Error(`PostgreSQL did not start on ${paths.pgdata}:\n${logTail(paths, 0)}`)
}

/** Stops whatever server runs on this data, also one that others use: what `db stop` does. */
export async function stopEmbedded(
  dataDir: string,
  log: (line: string) => void = () => {},
): Promise<'stopped' | 'not_running'> {
  return stopPostmaster(clusterPaths(dataDir).pgdata, log)
}

/** For tests: `kill -9` of the postmaster. Gives its pid once it is gone, null when none ran. */
export async function killEmbedded(dataDir: string): Promise<number | null> {
  const { pgdata } = clusterPaths(dataDir)
  const running = livePostmaster(pgdata)
  if (running === null) return null
  signal(running.pid, 'SIGKILL')
  if (!(await untilGone(pgdata, running, READY_BOUND_MS))) throw new Error(`PostgreSQL ${running.pid} survived SIGKILL`)
  return running.pid
}

/** The server on this data, running and ready; null when it has to be tried again. */
async function runningServer(
  paths: ClusterPaths,
  binaries: Binaries,
  identity: Identity,
  log: (line: string) => void,
): Promise<Postmaster | null> {
  const found = livePostmaster(paths.pgdata)
  if (found?.status === 'stopping') {
    await untilGone(paths.pgdata, found, READY_BOUND_MS)
  } else if (found) {
    const ready = await untilReady(paths.pgdata, new Promise(() => {}), READY_BOUND_MS)
    if (ready) log(`PostgreSQL ${ready.pid} already runs on this data; using it`)
    return ready
  }

  removeStalePidFile(paths.pgdata)
  rotateLog(paths)
  const logFrom = statSync(paths.logFile, { throwIfNoEntry: false })?.size ?? 0
  const port = await freePort(paths)
  const { ended } = spawnPostmaster(binaries, identity, paths.pgdata, paths.logFile, serverSettings(port))
  own(paths.logFile, identity)
  const ready = await untilReady(paths.pgdata, ended, READY_BOUND_MS)
  if (ready) {
    writeFileSync(paths.port, String(ready.port))
    own(paths.port, identity)
    return ready
  }
  return await explainedRetry(paths, ended, logFrom)
}

/** The three ways to lose a race, each seen in the server's log; anything else is an error to show. */
async function explainedRetry(paths: ClusterPaths, ended: Promise<number | null>, logFrom: number): Promise<null> {
  const code = await Promise.race([ended, realClock.sleep(0).then(() => 'running')])
  const said = logTail(paths, logFrom)
  const isRace =
    /Address already in use/.test(said) || // the port went to somebody else between our look and its bind
    /lock file "postmaster.pid" (already exists|is empty)|could not .*lock file "postmaster.pid"/.test(said) || // a twin won
    /shared memory block .* is still in use/.test(said) // children of a killed server have yet to end
  if (isRace) return null
  throw new Error(`PostgreSQL did not start on ${paths.pgdata} (${code}):\n${said}`)
}

/** Command-line settings win over the configuration file, so a hand-edited file cannot switch off safety. */
function serverSettings(port: number): Record<string, string | number> {
  return {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '', // its path would be too long in a deep clone, and TCP with scram is private enough
    cluster_name: 'jaego',
    max_connections: 200,
    shared_buffers: '256MB',
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    max_wal_size: '2GB',
    jit: 'off', // its compile time exceeds that of every query we have
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
  }
}

/** The port of last time when it is free, so that clients find a restarted server again; otherwise any. */
async function freePort(paths: ClusterPaths): Promise<number> {
  const last = Number.parseInt(readIfThere(paths.port), 10) || 0
  return (await tryPort(last)) ?? (await tryPort(0)) ?? 0
}

function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(null))
    server.listen({ port, host: '127.0.0.1' }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : null))
    })
  })
}

type Hold = { client: pg.Client; url: string }

// Any number nobody else locks; advisory locks belong to one database, and this one is taken in `postgres`.
const USER_LOCK = 4_010_001

/**
 * Registers us as a user of the server: a shared lock in a session, which a killed process cannot leave behind.
 * Null when the server is going away (a twin is stopping it), so that the caller looks again.
 */
async function holdServer(paths: ClusterPaths, running: Postmaster, log: (line: string) => void): Promise<Hold | null> {
  const url = (database: string) =>
    `postgres://${SUPERUSER}:${readFileSync(paths.password, 'utf8').trim()}@127.0.0.1:${running.port}/${database}`
  const client = new pg.Client({
    connectionString: url('postgres'),
    application_name: 'jaego: server in use',
    connectionTimeoutMillis: READY_BOUND_MS,
  })
  client.on('error', () => {}) // its end is watched by `lost`
  try {
    await client.connect()
    await client.query(`select pg_advisory_lock_shared(${USER_LOCK})`)
    await ensureDatabase(client)
    return { client, url: url(DATABASE) }
  } catch (error) {
    await client.end().catch(() => {})
    // 28: the server refuses our password, so it is not the one we made; looking again would change nothing.
    if (String((error as { code?: unknown }).code).startsWith('28')) throw error
    log(`PostgreSQL ${running.pid} went away while we connected (${(error as Error).message}); looking again`)
    return null
  }
}

async function ensureDatabase(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE])
  if (rowCount !== 0) return
  try {
    await client.query(`create database ${DATABASE}`)
  } catch (error) {
    const isTwins = ['42P04', '23505'].includes(String((error as { code?: unknown }).code))
    if (!isTwins) throw error
  }
}

const HOLD_AGAIN_MAX = 600

function handle(paths: ClusterPaths, running: Postmaster, first: Hold, log: (line: string) => void): Embedded {
  let hold = first
  let stopping: Promise<'stopped' | 'still_used'> | null = null
  const lost = Promise.withResolvers<void>()

  /** PostgreSQL cuts every session when one of its processes crashes, and goes on: then we register again. */
  const watch = () => {
    hold.client.once('end', () => {
      if (stopping === null) void holdAgain().then((again) => (again ? watch() : lost.resolve()))
    })
  }
  const holdAgain = async () => {
    for (let attempt = 0; attempt < HOLD_AGAIN_MAX && stopping === null; attempt++) {
      const now = livePostmaster(paths.pgdata)
      if (now?.pid !== running.pid || now.status === 'stopping') return false
      const again = await holdServer(paths, now, () => {})
      if (again) {
        hold = again
        return true
      }
      await realClock.sleep(RETRY_MS)
    }
    return false
  }
  watch()

  const stop = async () => {
    const isLast = await releaseAsLast(hold.client)
    if (!isLast) {
      await hold.client.end().catch(() => {})
      log('PostgreSQL is still used by another process; leaving it running')
      return 'still_used' as const
    }
    // Our session keeps the exclusive lock until the shutdown cuts it: whoever comes now waits, then starts anew.
    if (livePostmaster(paths.pgdata)?.pid === running.pid) await stopPostmaster(paths.pgdata, log)
    await hold.client.end().catch(() => {})
    return 'stopped' as const
  }
  return {
    url: first.url,
    port: running.port,
    lost: lost.promise,
    stop: () => {
      stopping ??= stop()
      return stopping
    },
  }
}

/** True when nobody else uses the server; we then hold the lock alone. A server that is gone counts as ours. */
async function releaseAsLast(client: pg.Client): Promise<boolean> {
  try {
    await client.query(`select pg_advisory_unlock_shared(${USER_LOCK})`)
    const { rows } = await client.query(`select pg_try_advisory_lock(${USER_LOCK}) as alone`)
    return rows[0].alone === true
  } catch {
    return true
  }
}

function logTail(paths: ClusterPaths, from: number): string {
  const LINES_SHOWN = 20
  const said = Buffer.from(readIfThere(paths.logFile)).subarray(from).toString('utf8').trimEnd()
  return said.split('\n').slice(-LINES_SHOWN).join('\n')
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
