import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Embedded, killEmbedded, startEmbedded, stopEmbedded } from './embedded.ts'

const log = () => {}
const isRoot = process.getuid?.() === 0
const folders: string[] = []

/** One cluster for the tests that do not need an empty folder: making it takes most of a second, starting it a tenth. */
let dataDir: string

beforeAll(async () => {
  dataDir = closedFolder()
  const server = await startEmbedded({ dataDir, log })
  await keep(server)
  await server.stop()
})

afterAll(async () => {
  for (const folder of folders.splice(0)) {
    await stopEmbedded(join(folder, '.jaego'))
    rmSync(folder, { recursive: true, force: true })
  }
})

/** A clone's data folder below a parent that only we may enter, like root's home. */
function closedFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), `jaego-test-${process.pid}-embedded-`))
  folders.push(folder)
  chmodSync(folder, 0o700)
  return join(folder, '.jaego')
}

async function ask<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}

const keep = (server: Embedded) => ask(server.url, 'create table kept as select 7 as number')
const kept = async (server: Embedded) =>
  (await ask<{ number: number }>(server.url, 'select number from kept'))[0]?.number
const pidIn = (dataDir: string) =>
  Number.parseInt(readFileSync(join(dataDir, 'postgres/data/postmaster.pid'), 'utf8'), 10)

function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

test('data below a closed parent survive a stop, at the same URL', async () => {
  const first = await startEmbedded({ dataDir, log })
  const pid = pidIn(dataDir)
  expect(await first.stop()).toBe('stopped')
  expect(isRunning(pid)).toBe(false)

  const second = await startEmbedded({ dataDir, log })
  expect(second.url).toBe(first.url)
  expect(await kept(second)).toBe(7)
  await second.stop()
})

test('durable settings, C.UTF-8, checksums; no connection without the password; no other account can read the data', async () => {
  const server = await startEmbedded({ dataDir, log })
  const [settings] = await ask(
    server.url,
    `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
            current_setting('full_page_writes') as pages, current_setting('data_checksums') as checksums,
            current_setting('server_encoding') as encoding, datlocale as locale
     from pg_database where datname = 'jaego'`,
  )
  expect(settings).toEqual({
    fsync: 'on',
    commit: 'on',
    pages: 'on',
    checksums: 'on',
    encoding: 'UTF8',
    locale: 'C.UTF-8',
  })
  const withoutPassword = new URL(server.url)
  withoutPassword.password = 'wrong'
  await expect(ask(withoutPassword.href, 'select 1')).rejects.toThrow(/password authentication failed/)
  for (const name of ['postgres', 'postgres/data', 'postgres/password', 'postgres/server.log']) {
    expect(statSync(join(dataDir, name)).mode & 0o077, name).toBe(0)
  }
  await server.stop()
})

test('a server left by a killed process is adopted with its data, and stops with its new owner', async () => {
  const owner = await startInProcess(dataDir)
  const pid = pidIn(dataDir)
  owner.kill('SIGKILL')
  await once(owner, 'exit')
  expect(isRunning(pid)).toBe(true)

  const adopted = await startEmbedded({ dataDir, log })
  expect(pidIn(dataDir)).toBe(pid)
  expect(await ask(adopted.url, 'select 1 as one')).toEqual([{ one: 1 }])
  expect(await adopted.stop()).toBe('stopped')
  expect(isRunning(pid)).toBe(false)
})

test('a server that another process uses is left running; its last user stops it', async () => {
  const other = await startInProcess(dataDir)
  const ours = await startEmbedded({ dataDir, log })
  const pid = pidIn(dataDir)
  other.kill('SIGTERM') // it started the server, and stops it on SIGTERM: not under our feet
  await once(other, 'exit')
  expect(await ask(ours.url, 'select 1 as one')).toEqual([{ one: 1 }])
  expect(await ours.stop()).toBe('stopped')
  expect(isRunning(pid)).toBe(false)
})

test('two starts at once on an empty folder end with one server', async () => {
  const empty = closedFolder()
  const [one, other] = await Promise.all([
    startEmbedded({ dataDir: empty, log }),
    startEmbedded({ dataDir: empty, log }),
  ])
  expect(one.url).toBe(other.url)
  const ends = [await one.stop(), await other.stop()]
  expect(ends).toEqual(['still_used', 'stopped'])
})

test('after kill -9 of PostgreSQL its users are told, and the next start has everything committed, at the same URL', async () => {
  const first = await startEmbedded({ dataDir, log })
  expect(await killEmbedded(dataDir)).toBeTypeOf('number')
  await first.lost
  const second = await startEmbedded({ dataDir, log })
  expect(second.url).toBe(first.url)
  expect(await kept(second)).toBe(7)
  await first.stop() // the old handle must not take the new server down
  expect(await kept(second)).toBe(7)
  await second.stop()
})

test('a pid file whose number now belongs to another program is cleared', async () => {
  await startEmbedded({ dataDir, log })
  const pidFile = join(dataDir, 'postgres/data/postmaster.pid')
  const left = readFileSync(pidFile, 'utf8')
  await killEmbedded(dataDir)
  // The account it ran as, so that PostgreSQL would believe in it; see that it does refuse without our clearing.
  const bystander = spawn('sleep', ['60'], { ...(isRoot ? { uid: 65534, gid: 65534 } : {}), stdio: 'ignore' })
  writeFileSync(pidFile, left.replace(/^\d+/, String(bystander.pid)))

  const second = await startEmbedded({ dataDir, log })
  expect(await kept(second)).toBe(7)
  await second.stop()
  expect(bystander.exitCode).toBe(null)
  bystander.kill()
})

test('a pid file left empty by a crash of the machine is cleared', async () => {
  await startEmbedded({ dataDir, log })
  await killEmbedded(dataDir)
  const pidFile = join(dataDir, 'postgres/data/postmaster.pid')
  writeFileSync(pidFile, '')
  const anHourAgo = Date.now() / 1000 - 3600
  utimesSync(pidFile, anHourAgo, anHourAgo)
  const second = await startEmbedded({ dataDir, log })
  expect(await kept(second)).toBe(7)
  await second.stop()
})

test('a folder half made by a killed start is cleared', async () => {
  const empty = closedFolder()
  const gone = spawnSync('true').pid
  mkdirSync(join(empty, `postgres-new-${gone}-x/postgres/data`), { recursive: true })
  const server = await startEmbedded({ dataDir: empty, log })
  expect(existsSync(join(empty, `postgres-new-${gone}-x`))).toBe(false)
  await server.stop()
})

test('data of another major version are refused with instructions and left alone', async () => {
  const empty = closedFolder()
  const pgdata = join(empty, 'postgres/data')
  mkdirSync(pgdata, { recursive: true })
  writeFileSync(join(pgdata, 'PG_VERSION'), '17\n')
  if (isRoot) spawnSync('chown', ['-R', '65534:65534', join(empty, 'postgres')])
  await expect(startEmbedded({ dataDir: empty, log })).rejects.toThrow(/holds data of PostgreSQL 17[\s\S]*DATABASE_URL/)
  expect(readFileSync(join(pgdata, 'PG_VERSION'), 'utf8')).toBe('17\n')
})

test('a port taken meanwhile is replaced by another', async () => {
  const first = await startEmbedded({ dataDir, log })
  await first.stop()
  const squatter = createServer().listen(first.port, '127.0.0.1')
  await once(squatter, 'listening')
  const second = await startEmbedded({ dataDir, log })
  expect(second.port).not.toBe(first.port)
  await second.stop()
  squatter.close()
})

/** Starts the server from a process of its own, which stops it on SIGTERM, and waits until it says so. */
async function startInProcess(dataDir: string) {
  const script = `
    import { startEmbedded } from ${JSON.stringify(new URL('./embedded.ts', import.meta.url).href)}
    const server = await startEmbedded({ dataDir: ${JSON.stringify(dataDir)}, log: () => {} })
    process.on('SIGTERM', async () => { await server.stop(); process.exit(0) })
    console.log('ready')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return child
}
