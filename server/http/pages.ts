import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import fastifyStatic from '@fastify/static'
import type { FastifyPluginAsync } from 'fastify'
import { demoCookie } from './sign-in.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const WEB = join(ROOT, 'web')
const DIST = join(WEB, 'dist')
const STAMP = join(DIST, '.built-from')
const BUILD_MS = 120_000

/** Builds the pages when their sources have changed since (some two seconds), and answers their folder. */
export async function buildPages(): Promise<string> {
  const sources = hashOfSources()
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === sources) return DIST
  const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin', 'vite.js')
  await promisify(execFile)(process.execPath, [vite, 'build', WEB], { cwd: ROOT, timeout: BUILD_MS })
  writeFileSync(STAMP, sources)
  return DIST
}

function hashOfSources(): string {
  const hash = createHash('sha256')
  const files = [WEB, join(ROOT, 'contract')].flatMap((folder) => filesIn(folder)).sort()
  for (const file of [...files, join(ROOT, 'package-lock.json')]) {
    hash.update(relative(ROOT, file)).update(readFileSync(file))
  }
  return hash.digest('hex')
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name !== 'dist' && name !== 'node_modules')
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? filesIn(path) : [path]))

/** The pages at `/`: hashed assets for ever, the page itself never kept. In demo mode it carries the demo's key. */
export const pageRoutes =
  (folder: string): FastifyPluginAsync =>
  async (app) => {
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
