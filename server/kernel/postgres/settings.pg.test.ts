import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestDatabase } from '../../../test/database.ts'
import { unsafeSettings } from './settings.ts'

let database: Awaited<ReturnType<typeof openTestDatabase>>
let client: pg.Client

beforeAll(async () => {
  database = await openTestDatabase()
  client = new pg.Client({ connectionString: database.url })
  await client.connect()
})

afterAll(async () => {
  await client.end()
  await database.close()
})

test('the server of the tests is fit to hold stock', async () => {
  expect(await unsafeSettings((sql) => client.query(sql))).toEqual([])
})

test('commits that do not wait for the disk are refused, also when only this session has them', async () => {
  await client.query('set synchronous_commit = off')
  expect(await unsafeSettings((sql) => client.query(sql))).toEqual(['synchronous_commit = off'])
  await client.query('reset synchronous_commit')
})

test('fsync or full_page_writes off, and a server older than 15, are refused by name', async () => {
  const answers = (settings: Record<string, string>) => async () => ({
    rows: Object.entries(settings).map(([name, setting]) => ({ name, setting })),
  })
  const fit = {
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'local',
    server_version: '15.2',
    server_version_num: '150002',
  }
  expect(await unsafeSettings(answers(fit))).toEqual([])
  expect(
    await unsafeSettings(
      answers({ ...fit, fsync: 'off', full_page_writes: 'off', server_version: '14.9', server_version_num: '140009' }),
    ),
  ).toEqual(['fsync = off', 'full_page_writes = off', 'PostgreSQL 14.9 is older than 15'])
  expect(await unsafeSettings(answers({}))).toHaveLength(4)
})
