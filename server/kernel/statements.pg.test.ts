import { expect, test } from 'vitest'
import { onServer, openTestDatabase } from '../../test/database.ts'
import { declaredStatements } from '../../test/statements.ts'
import { sessionSettings } from './db.ts'

test('every statement we declare is understood by the migrated database, as the role that owns nothing', async () => {
  const statements = await declaredStatements()
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
