import pg from 'pg'
import { expect, test } from 'vitest'
import { openTestDatabase } from './database.ts'

test('each test file gets a migrated database of its own', async () => {
  const [one, other] = await Promise.all([openTestDatabase(), openTestDatabase()])
  const client = new pg.Client({ connectionString: one.url })
  await client.connect()
  const { rows } = await client.query('select kernel.now() as now')
  expect(rows[0].now).toBeInstanceOf(Date)
  expect(one.url).not.toBe(other.url)
  await client.end()
  await one.close()
  await other.close()
})

test('a connection left open at the end is an error that shows its last statement', async () => {
  const database = await openTestDatabase()
  const forgotten = new pg.Client({ connectionString: database.url })
  forgotten.on('error', () => {})
  await forgotten.connect()
  await forgotten.query('select 1 as forgotten')
  await expect(database.close()).rejects.toThrow(/1 connections .* left open[\s\S]*select 1 as forgotten/)
})

test('tests run with durable commits', async () => {
  const database = await openTestDatabase()
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  const { rows } = await client.query(`select name from pg_settings
    where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'on'`)
  expect(rows).toHaveLength(3)
  await client.end()
  await database.close()
})
