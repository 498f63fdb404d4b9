import { chmodSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { copyBinaries, findBinaries, nativeFolder } from './binaries.ts'

let place: string

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'jaego-binaries-'))
})

afterEach(() => rmSync(place, { recursive: true, force: true }))

test('the programs npm brought run as they are, and are PostgreSQL 18', () => {
  expect(findBinaries(null, () => {})).toMatchObject({ folder: nativeFolder(), major: 18 })
})

test('a copy is made once, readable by every account and writable by none but its maker; a damaged one is made again', () => {
  const folder = copyBinaries(nativeFolder(), place)
  const made = statSync(join(folder, 'bin/postgres'))
  expect(statSync(folder).mode & 0o7777).toBe(0o755)
  expect(made.mode & 0o777).toBe(0o555)
  expect(copyBinaries(nativeFolder(), place)).toBe(folder)
  expect(statSync(join(folder, 'bin/postgres')).ino).toBe(made.ino)

  rmSync(join(folder, 'share/postgresql/postgres.bki'))
  expect(copyBinaries(nativeFolder(), place)).toBe(folder)
  expect(statSync(join(folder, 'share/postgresql/postgres.bki')).size).toBeGreaterThan(0)
})

test('a folder that others may write to, or a link in its place, is not trusted', () => {
  const folder = copyBinaries(nativeFolder(), place)
  chmodSync(folder, 0o777)
  expect(() => copyBinaries(nativeFolder(), place)).toThrow(/made by somebody else/)

  const elsewhere = join(place, 'elsewhere')
  rmSync(folder, { recursive: true })
  symlinkSync(copyBinaries(nativeFolder(), mkdtempSync(join(place, 'real-'))), elsewhere)
  symlinkSync(elsewhere, folder)
  expect(() => copyBinaries(nativeFolder(), place)).toThrow(/made by somebody else/)
})
