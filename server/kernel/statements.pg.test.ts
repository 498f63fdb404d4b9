import { globSync } from 'node:fs'
import { expect, test } from 'vitest'
import { onServer, openTestDatabase } from '../../test/database.ts'
import { allStatements, sessionSettings } from './db.ts'

const ROOT = new URL('../../', import.meta.url)

test('every statement we declare is understood by the migrated database, as the role that owns nothing', async () => {
  // By folder, not by import: the kernel knows no module, and a statement of a new one must not slip past.
  const files = globSync('server/{modules,screens,kernel,http}/**/*.ts', { cwd: ROOT }).filter(
    (file) => !/\.test\.ts$/.test(file) && /queries\.ts$|screens\/|kernel\//.test(file),
  )
  for (const file of files) await import(new URL(file, ROOT).href)
  const statements = allStatements()
  expect(statements.length).toBeGreaterThan(50)

  const database = await openTestDatabase()
  const misunderstood = await onServer(database.url, async (server) => {
    await server.query('set role jaego_app')
    const faults: string[] = []
    for (const { name, text } of statements) {
      await server.query(`prepare ${name} as ${text}`).catch((error: Error) => faults.push(`${name}: ${error.message}`))
    }
    return faults
  })
  await database.close()
  expect(misunderstood).toEqual([])
  expect(sessionSettings(1)).toContain('role=jaego_app')
})
