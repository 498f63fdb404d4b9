import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { onServer, withDatabase } from '../../test/database.ts'
import { migrate, readMigrations } from './migrate.ts'

const { serverUrl } = inject('testDatabase')
const name = `jaego_migrate_${randomUUID().slice(0, 8)}`
const url = withDatabase(serverUrl, name)
beforeAll(async () => {
  await onServer(serverUrl, (server) => server.query(`create database ${name}`))
})
afterAll(async () => {
  await onServer(serverUrl, (server) => server.query(`drop database ${name} with (force)`))
})

test('of several processes that start at once one migrates; each file runs once', async () => {
  const runs = await Promise.all([migrate(url), migrate(url), migrate(url)])
  const applied = runs.flatMap((run) => run.applied)
  expect(applied).toEqual(readMigrations().map((file) => file.name))
  expect((await migrate(url)).applied).toEqual([])
})

test('a file that was edited after it had run is refused', async () => {
  const [first] = readMigrations()
  await asOwner(`update public.jaego_migration set checksum = 'other' where name = '${first!.name}'`)
  await expect(migrate(url)).rejects.toThrow(`${first!.name} was changed`)
  await asOwner(`update public.jaego_migration set checksum = '${first!.checksum}' where name = '${first!.name}'`)
})

test('a database of a newer jaego is refused', async () => {
  await asOwner(`insert into public.jaego_migration values ('9999_later.sql', 'x', statement_timestamp())`)
  await expect(migrate(url)).rejects.toThrow('newer jaego')
  await asOwner(`delete from public.jaego_migration where name = '9999_later.sql'`)
})

test('files are numbered without gaps, say why on top, and are plain SQL that asks nobody for the time', () => {
  const files = readMigrations()
  files.forEach(({ name, text }, i) => {
    expect(name).toMatch(new RegExp(`^${String(i + 1).padStart(4, '0')}_[a-z_]+\\.sql$`))
    expect(text.startsWith('-- '), `${name} has no comment on top`).toBe(true)
  })
})

test('primary keys of company tables begin with the company, other unique keys and all references carry it', async () => {
  const loose = await asOwner(`
    select i.indrelid::regclass::text || ' ' || i.indexrelid::regclass::text as what
    from pg_index i
    join pg_attribute c on c.attrelid = i.indrelid and c.attname = 'company_id'
    join pg_class t on t.oid = i.indrelid and t.relkind = 'r'
    where (i.indisprimary and i.indkey[0] <> c.attnum or i.indisunique and not c.attnum = any (i.indkey))
      and t.relnamespace::regnamespace::text not like 'pg_%'
    union all
    select conrelid::regclass::text || ' ' || conname
    from pg_constraint f
    join pg_attribute c on c.attrelid = f.confrelid and c.attname = 'company_id'
    where f.contype = 'f' and not c.attnum = any (f.confkey)`)
  expect(loose).toEqual([])
})

test('connections there were before have their id behind no wall, too, though the owner is no superuser', async () => {
  const { ids, connections } = await afterMigrations(async (server, files) => {
    for (const { text } of files.slice(0, beforeIds(files))) await server.query(text)
    const connections = [await addConnection(server)]
    for (const { text } of files.slice(beforeIds(files))) await server.query(text)
    return connections
  })
  expect(ids).toEqual(connections)
})

// It knows nothing of the ids, and runs on beside the new one until it is stopped.
test('a connection that a process of an older build adds has its id, too, before and after we know of it', async () => {
  const { ids, connections } = await afterMigrations(async (server, files) => {
    const isKept = files.findIndex(({ name }) => name === '0022_ids_keep_themselves.sql')
    for (const { text } of files.slice(0, isKept)) await server.query(text)
    const before = await addConnection(server)
    for (const { text } of files.slice(isKept)) await server.query(text)
    return [before, await addConnection(server)]
  })
  expect(ids).toEqual(connections)
})

const beforeIds = (files: readonly MigrationFile[]) => files.findIndex(({ name }) => name === '0020_connection_ids.sql')

type MigrationFile = ReturnType<typeof readMigrations>[number]

/** The ids that stand behind no wall in a database whose owner is no superuser, and the connections it should know. */
async function afterMigrations(play: (server: pg.Client, files: readonly MigrationFile[]) => Promise<string[]>) {
  const owner = `jaego_owner_${randomUUID().slice(0, 8)}`
  const asSuperuser = (sql: string) => onServer(serverUrl, (server) => server.query(sql))
  await asSuperuser(`create role ${owner} login password 'secret'`)
  await asSuperuser(`create database ${owner} owner ${owner}`)
  const url = new URL(withDatabase(serverUrl, owner))
  url.username = owner
  url.password = 'secret'
  try {
    return await onServer(url.href, async (server) => {
      const connections = await play(server, readMigrations())
      const { rows } = await server.query('select connection_id as id from channels.connection_id')
      return { connections: connections.sort(), ids: rows.map(({ id }) => id).sort() }
    })
  } finally {
    await asSuperuser(`drop database ${owner} with (force)`)
    await asSuperuser(`drop role ${owner}`)
  }
}

/** As servers did before there were ids behind no wall. */
async function addConnection(server: pg.Client): Promise<string> {
  const [company, connection] = [randomUUID(), randomUUID()]
  await server.query(`select set_config('jaego.companies', '{${company}}', false)`)
  await server.query(`insert into access.company values ('${company}', '한빛', kernel.now())`)
  await server.query(`
    insert into channels.connection (company_id, connection_id, channel, name, base_url, credentials, settings, mode,
      policy, policy_settings, warehouses, paused, parked, collected_up_to, feed_lateness_ms, collect_due_at, failures,
      api_supported, created_at)
    values ('${company}', '${connection}', 'cafe24', '', '', '', '{}', 'observe', 'rights', '{}', '{${company}}', false,
      false, kernel.now(), 0, kernel.now(), 0, true, kernel.now())`)
  await server.query(`select set_config('jaego.companies', '', false)`)
  return connection
}

const asOwner = (sql: string) => onServer(url, async (server) => (await server.query(sql)).rows)
