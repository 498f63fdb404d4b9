import { randomUUID } from 'node:crypto'
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
  const owner = `${name}_owner`
  const older = withDatabase(serverUrl, owner)
  const asSuperuser = (sql: string) => onServer(serverUrl, (server) => server.query(sql))
  await asSuperuser(`create role ${owner} login password 'secret'`)
  await asSuperuser(`create database ${owner} owner ${owner}`)
  const url = new URL(older)
  url.username = owner
  url.password = 'secret'
  const files = readMigrations()
  const at = files.findIndex((file) => file.name === '0020_connection_ids.sql')
  const ids = await onServer(url.href, async (server) => {
    for (const { text } of files.slice(0, at)) await server.query(text)
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
    await server.query(files[at]!.text)
    const { rows } = await server.query('select company_id, connection_id from channels.connection_id')
    return { rows, wanted: [{ company_id: company, connection_id: connection }] }
  })
  await asSuperuser(`drop database ${owner} with (force)`)
  await asSuperuser(`drop role ${owner}`)
  expect(ids.rows).toEqual(ids.wanted)
})

const asOwner = (sql: string) => onServer(url, async (server) => (await server.query(sql)).rows)
