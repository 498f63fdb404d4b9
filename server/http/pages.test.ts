import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { renewedByHand } from '../../test/renewed-by-hand.ts'
import { buildPages, pageRoutes } from './pages.ts'

function openDist(): string {
  const dist = mkdtempSync(join(tmpdir(), 'jaego-pages-'))
  onTestFinished(() => rmSync(dist, { recursive: true }))
  return dist
}

test('of two who build at once both get the same pages, whole, and nothing else is left', async () => {
  const dist = openDist()
  const folders = await Promise.all([buildPages(dist), buildPages(dist)])
  const [folder] = folders
  expect(folders).toEqual([folder, folder])
  expect(readdirSync(dist).map((name) => join(dist, name))).toEqual([folder])
  const page = readFileSync(join(folder!, 'index.html'), 'utf8')
  const assets = [...page.matchAll(/"\/(assets\/[^"]+)"/g)].map(([, path]) => path!)
  expect(assets.length).toBeGreaterThan(1)
  for (const asset of assets) expect(statSync(join(folder!, asset)).size).toBeGreaterThan(0)
}, 60_000)

test('pages that one account has built can be read by every other', async () => {
  const folder = await buildPages(openDist())
  expect(statSync(folder).mode & 0o777).toBe(0o755)
}, 60_000)

test('what is built is not built again, pages others still use stay, and the oldest go', async () => {
  const dist = openDist()
  const folder = await buildPages(dist)
  const builtAt = statSync(join(folder, 'index.html')).mtimeMs
  for (let age = 1; age <= 8; age++) {
    const other = join(dist, `other-${age}`)
    mkdirSync(other)
    utimesSync(other, 1_000_000_000 - age, 1_000_000_000 - age)
  }
  expect(await buildPages(dist)).toBe(folder)
  expect(statSync(join(folder, 'index.html')).mtimeMs).toBe(builtAt)
  const others = readdirSync(dist).filter((name) => name.startsWith('other-'))
  expect(others.sort()).toEqual([1, 2, 3, 4, 5].map((age) => `other-${age}`))
}, 60_000)

test('pages that a server serves stay, however many later ones are built while it runs', async () => {
  const dist = openDist()
  const served = join(dist, 'served')
  mkdirSync(served)
  writeFileSync(join(served, 'index.html'), 'ours')
  const { clock, pass } = renewedByHand()
  const app = fastify()
  await app.register(pageRoutes(served, clock))
  onTestFinished(() => app.close())
  const started = Date.now() / 1_000 - 600
  utimesSync(served, started, started)
  for (let later = 1; later <= 8; later++) {
    const other = join(dist, `later-${later}`)
    mkdirSync(other)
    utimesSync(other, started + later, started + later)
  }
  pass()
  await expect.poll(() => statSync(served).mtimeMs / 1_000).toBeGreaterThan(started)
  await buildPages(dist)
  expect(readdirSync(dist)).toHaveLength(6)
  expect((await app.inject('/')).body).toBe('ours')
}, 60_000)
