import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import fastifyStatic from '@fastify/static'
import type { FastifyPluginAsync } from 'fastify'
import { type Clock, realClock } from '../kernel/clock.ts'
import { demoCookie } from './sign-in.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const WEB = join(ROOT, 'web')
const DIST = join(WEB, 'dist')
const BUILD_MS = 120_000
/** Whoever edits for longer than so many builds take is told. */
const BUILDS_MAX = 3
/** Older ones go: nobody serves or tests so many states at once. */
const KEPT_MAX = 6
/** Well within the time of KEPT_MAX builds of two seconds, each after a change of the sources. */
const MARK_EVERY_MS = 5_000

/**
 * Builds the pages when nobody has built these sources yet (some two seconds), and answers their folder. Each state of
 * the sources has a folder of its own, which comes into being whole: servers and test runs beside each other, of the
 * same state or of two, built into one folder and pulled the pages away from each other.
 */
export async function buildPages(dist = DIST): Promise<string> {
  mkdirSync(dist, { recursive: true })
  for (let builds = 0; builds < BUILDS_MAX; builds++) {
    const folder = join(dist, hashOfSources())
    if (existsSync(folder)) {
      keepNewest(dist, folder)
      return folder
    }
    await build(folder)
  }
  throw new Error('the sources of the pages changed during every build')
}

async function build(folder: string): Promise<void> {
  const made = mkdtempSync(join(dirname(folder), 'making-'))
  const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin', 'vite.js')
  const args = [vite, 'build', WEB, '--outDir', made]
  await promisify(execFile)(process.execPath, args, { cwd: ROOT, timeout: BUILD_MS })
  if (basename(folder) !== hashOfSources()) return rmSync(made, { recursive: true })
  // Made for whoever built it alone: another account that is to serve it would find no page.
  chmodSync(made, 0o755)
  try {
    renameSync(made, folder)
  } catch (error) {
    // Somebody else had the same built a moment before.
    if (!existsSync(folder)) throw error
    rmSync(made, { recursive: true })
  }
}

/** What another account has built, or what stands where nobody may write, is served as it is: it is no less whole. */
function keepNewest(dist: string, used: string): void {
  try {
    markUsed(used, realClock)
    removeOldest(dist)
  } catch (error) {
    if (!NOT_OURS.includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

function markUsed(folder: string, clock: Pick<Clock, 'now'>): void {
  const now = clock.now() / 1_000
  utimesSync(folder, now, now)
}

const NOT_OURS = ['EACCES', 'EPERM', 'EROFS']

/** Also what a build left that was killed. */
function removeOldest(dist: string): void {
  const newestFirst = readdirSync(dist)
    .map((name) => ({
      path: join(dist, name),
      usedAt: statSync(join(dist, name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
    }))
    .sort((a, b) => b.usedAt - a.usedAt)
  for (const { path } of newestFirst.slice(KEPT_MAX)) rmSync(path, { recursive: true, force: true })
}

function hashOfSources(): string {
  const hash = createHash('sha256')
  const files = [WEB, join(ROOT, 'contract')].flatMap((folder) => filesIn(folder)).sort()
  for (const file of [...files, join(ROOT, 'package-lock.json')]) {
    hash.update(relative(ROOT, file)).update(readFileSync(file))
  }
  return hash.digest('hex').slice(0, 32)
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name !== 'dist' && name !== 'node_modules')
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? filesIn(path) : [path]))

/**
 * The pages at `/`: hashed assets for ever, the page itself never kept. In demo mode it carries the demo's key. As long
 * as they are served they count as used, however many later states of the sources are built beside them.
 */
export const pageRoutes =
  (folder: string, clock: Clock): FastifyPluginAsync =>
  async (app) => {
    const closing = new AbortController()
    app.addHook('onClose', () => closing.abort())
    void keepUsed(folder, clock, closing.signal)
    await app.register(fastifyStatic, {
      root: folder,
      index: ['index.html'],
      dotfiles: 'ignore',
      cacheControl: false,
      setHeaders(reply, path) {
        const forEver = path.includes(`${folder}/assets/`)
        reply.header('cache-control', forEver ? 'public, max-age=31536000, immutable' : 'no-store')
      },
    })
    app.addHook('onSend', async (request, reply) => {
      if (request.url === '/' || request.url.startsWith('/?')) demoCookie(reply)
    })
  }

/** Until `signal`. What cannot be marked, since it is another account's, is served as long as it stands. */
async function keepUsed(folder: string, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(MARK_EVERY_MS, signal)
    try {
      markUsed(folder, clock)
    } catch {}
  }
}
