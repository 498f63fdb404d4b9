import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { Binaries, Identity } from './binaries.ts'
import { reachablePath } from './postmaster.ts'

/** Where one embedded PostgreSQL keeps everything: `<dataDir>/postgres`, closed to other accounts. */
export type ClusterPaths = { folder: string; pgdata: string; password: string; port: string; logFile: string }

export const SUPERUSER = 'jaego'

/** nobody: the one account every Linux has without making one. */
const UNPRIVILEGED = { uid: 65534, gid: 65534 }
const LOG_KEPT_BYTES = 10 * 1024 * 1024

export function clusterPaths(dataDir: string): ClusterPaths {
  const folder = join(dataDir, 'postgres')
  return {
    folder,
    pgdata: join(folder, 'data'),
    password: join(folder, 'password'),
    port: join(folder, 'port'),
    logFile: join(folder, 'server.log'),
  }
}

/** Who PostgreSQL must run as on this folder: its owner, so that data survive a change between root and a user. */
export function identityFor(paths: ClusterPaths): Identity {
  const owner = statSync(paths.pgdata, { throwIfNoEntry: false })
  const ours = process.getuid?.() ?? -1
  if (ours !== 0) {
    if (owner === undefined || owner.uid === ours) return null
    throw new Error(`${paths.folder} belongs to uid ${owner.uid} (it was made by root or another account)
  run as that account or as root, or give it to yours:  sudo chown -R ${ours} ${paths.folder}`)
  }
  if (owner?.uid === 0) {
    throw new Error(`${paths.pgdata} belongs to root, and PostgreSQL does not run as root
  give it back to the account it ran as:  chown -R ${UNPRIVILEGED.uid}:${UNPRIVILEGED.gid} ${paths.folder}`)
  }
  return owner === undefined ? UNPRIVILEGED : { uid: owner.uid, gid: owner.gid }
}

/**
 * Makes the cluster when there is none. It appears whole, by a rename, so a start that was killed half-way leaves
 * only a folder that the next start clears; of two starts at once one wins.
 *
 * Throws on data of another major version, which these programs cannot read.
 */
export function ensureCluster(paths: ClusterPaths, binaries: Binaries, identity: Identity): void {
  mkdirSync(dirname(paths.folder), { recursive: true, mode: 0o700 })
  if (!existsSync(paths.pgdata)) makeCluster(paths, binaries, identity)
  refuseOtherMajor(paths, binaries)
}

function refuseOtherMajor(paths: ClusterPaths, binaries: Binaries): void {
  const found = readFileSync(join(paths.pgdata, 'PG_VERSION'), 'utf8').trim()
  if (found === String(binaries.major)) return
  throw new Error(`${paths.folder} holds data of PostgreSQL ${found}; this jaego brings PostgreSQL ${binaries.version}
  to keep the data: start the jaego that made it, copy the data with pg_dump ${found} or newer,
    restore it into a PostgreSQL 15 to 18 of yours and set DATABASE_URL
  to begin anew: move ${paths.folder} away`)
}

function makeCluster(paths: ClusterPaths, binaries: Binaries, identity: Identity): void {
  const parent = dirname(paths.folder)
  removeHalfMade(parent)
  const fresh = clusterPaths(mkdtempSync(join(parent, `postgres-new-${process.pid}-`)))
  const root = dirname(fresh.folder)
  try {
    mkdirSync(fresh.pgdata, { recursive: true })
    writeFileSync(fresh.password, randomBytes(24).toString('base64url'), { mode: 0o600 })
    for (const path of [root, fresh.folder, fresh.pgdata, fresh.password]) own(path, identity)
    initdb(fresh, binaries, identity)
    renameSync(fresh.folder, paths.folder)
    syncFolder(parent)
  } catch (error) {
    if (!existsSync(paths.pgdata)) throw error // otherwise another start was quicker, and its cluster is as good
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

function initdb(fresh: ClusterPaths, binaries: Binaries, identity: Identity): void {
  const here = reachablePath(fresh.pgdata, identity)
  const args = ['--pgdata', here, '--username', SUPERUSER, '--pwfile', `${here}/../password`]
  // Byte order from PostgreSQL itself, so that an index never depends on the machine's C library.
  args.push('--encoding', 'UTF8', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8', '--locale', 'C.UTF-8')
  args.push('--auth', 'scram-sha-256', '--data-checksums')
  const { status, stdout, stderr, error } = spawnSync(join(binaries.folder, 'bin/initdb'), args, {
    cwd: fresh.pgdata,
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' },
    ...(identity ?? {}),
  })
  if (status === 0) return
  const hint = /user does not exist/.test(stderr ?? '')
    ? '\nPostgreSQL needs an account with a name: add one to /etc/passwd, or set DATABASE_URL'
    : ''
  throw new Error(`initdb failed: ${error?.message ?? ''}\n${stdout ?? ''}${stderr ?? ''}${hint}`)
}

/** Folders of starts that were killed during initdb: their process is gone. */
function removeHalfMade(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = Number(/^postgres-new-(\d+)-/.exec(name)?.[1] ?? Number.NaN)
    if (Number.isNaN(pid) || isRunning(pid)) continue
    rmSync(join(parent, name), { recursive: true, force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Keeps at most one older log, so that the folder cannot grow without bound over restarts. */
export function rotateLog(paths: ClusterPaths): void {
  const size = statSync(paths.logFile, { throwIfNoEntry: false })?.size ?? 0
  if (size > LOG_KEPT_BYTES) renameSync(paths.logFile, `${paths.logFile}.old`)
}

/** Gives a file we made to the account PostgreSQL runs as, so that a later start as that account can use it. */
export function own(path: string, identity: Identity): void {
  chmodSync(path, statSync(path).isDirectory() ? 0o700 : 0o600)
  if (identity !== null) chownSync(path, identity.uid, identity.gid)
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r')
  fsyncSync(fd)
  closeSync(fd)
}
