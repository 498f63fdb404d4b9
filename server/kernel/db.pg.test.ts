import type { Socket } from 'node:net'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { onServer, openTestDatabase } from '../../test/database.ts'
import { realClock } from './clock.ts'
import {
  CommitUnknown,
  type Database,
  type DatabaseOptions,
  isConnectionLost,
  NotCommitted,
  openDatabase,
  sessionSettings,
  statement,
  subscribe,
  type Topic,
  type Tx,
  transactOn,
} from './db.ts'
import { idsFrom } from './ids.ts'
import { realRandom } from './random.ts'

const newId = idsFrom(realClock, realRandom)
const [A, B] = [newId(), newId()]

const ADD = statement<never>('test_add', 'insert into tally (company_id, ref, amount) values ($1, $2, $3)')
const READ = statement<{ ref: string; amount: number }>('test_read', 'select ref, amount from tally order by ref')
const RAISE = statement<{ ref: string }>('test_raise', 'update tally set amount = amount + 1 returning ref')
const FAIL = statement<never>('test_fail', 'select 1 / $1::integer')
const BIG = statement<{ n: number }>('test_big', 'select $1::bigint as n')
const PID = statement<{ pid: number }>('test_pid', 'select pg_backend_pid() as pid')
const WHO = statement<{ who: string; owns: number }>(
  'test_who',
  `select current_user::text as who, (select count(*)::integer from pg_class where relowner = current_user::regrole)
     + (select count(*)::integer from pg_proc where proowner = current_user::regrole)
     + (select count(*)::integer from pg_namespace where nspowner = current_user::regrole) as owns`,
)

let database: Awaited<ReturnType<typeof openTestDatabase>>
let db: Database
beforeAll(async () => {
  database = await openTestDatabase()
  db = open()
  await asOwner(`create table tally (company_id uuid, ref text, amount integer,
    constraint no_amount_twice unique (amount) deferrable initially deferred, primary key (company_id, ref))`)
  await asOwner(`call kernel.wall('tally')`)
})
afterAll(async () => {
  await db.close()
  await database.close()
})
beforeEach(async () => {
  await asOwner('delete from tally')
})

test('a COMMIT answered with ROLLBACK is not acknowledged: a write nobody waits for failed', async () => {
  const taken = db.transaction([A], async (tx) => {
    tx.write(ADD, [A, 'good', 1])
    tx.write(FAIL, [0])
    tx.write(ADD, [A, 'never run', 2])
    return 'acknowledged'
  })
  await expect(taken).rejects.toMatchObject({ code: '22012' })
  expect(await everything()).toEqual([])
})

test('a COMMIT answered with ROLLBACK is not acknowledged, though no statement of ours is known to have failed', async () => {
  const client = await openClient()
  const taken = transactOn(client, { newId }, [A], async (tx) => {
    tx.write(ADD, [A, 'good', 1])
    await tx.query(READ, [])
    client.query('select 1 / 0').catch(() => {})
  })
  await expect(taken).rejects.toThrow(NotCommitted)
  await client.end()
  expect(await everything()).toEqual([])
})

test('a constraint that fails at COMMIT is not acknowledged, and the connection is fit for the next transaction', async () => {
  const client = await openClient()
  const twice = async (tx: Tx) => {
    tx.write(ADD, [A, 'one', 7])
    tx.write(ADD, [A, 'other', 7])
  }
  await expect(transactOn(client, { newId }, [A], twice)).rejects.toMatchObject({ code: '23505' })
  await transactOn(client, { newId }, [A], async (tx) => tx.write(ADD, [A, 'next', 8]))
  await client.end()
  expect(await everything()).toEqual(['next'])
})

test('what is told of a failed transaction is its first cause, and nothing else is thrown at the process', async () => {
  const thrown: unknown[] = []
  const listen = (error: unknown) => thrown.push(error)
  process.on('unhandledRejection', listen)
  const failed = db.transaction([A], async (tx) => {
    const first = tx.query(FAIL, [0])
    const second = tx.query(READ, [])
    const third = tx.query(READ, [])
    await first
    await Promise.all([second, third])
  })
  await expect(failed).rejects.toMatchObject({ code: '22012' })
  await new Promise(setImmediate)
  process.off('unhandledRejection', listen)
  expect(thrown).toEqual([])
})

test('an error of the work itself rolls everything back and is what the caller sees', async () => {
  const failed = db.transaction([A], async (tx) => {
    tx.write(ADD, [A, 'good', 1])
    throw new RangeError('ours')
  })
  await expect(failed).rejects.toThrow(RangeError)
  expect(await everything()).toEqual([])
})

test('a value that cannot be written rolls everything back, and leaves nothing open for the next transaction', async () => {
  const circle = { toPostgres: (): unknown => circle }
  const alone = open({ connections: 1 })
  const awaited = alone.transaction([A], async (tx) => {
    tx.write(ADD, [A, 'awaited', 1])
    await tx.query(ADD, [A, circle, 2])
  })
  await expect(awaited).rejects.toThrow('circular')
  const withCommit = alone.transaction([A], async (tx) => {
    tx.write(ADD, [A, 'with COMMIT', 3])
    tx.write(ADD, [A, circle, 4])
  })
  await expect(withCommit).rejects.toThrow('circular')
  const before = alone.transaction([A], async (tx) => {
    const read = tx.query(READ, [])
    tx.write(ADD, [A, 'before', 5])
    tx.write(ADD, [A, circle, 6])
    await read
  })
  await expect(before).rejects.toThrow('circular')
  await alone.transaction([A], async (tx) => tx.write(ADD, [A, 'next', 7]))
  await alone.close()
  expect(await everything()).toEqual(['next'])
})

test('what a failed transaction left running reaches no other transaction', async () => {
  const alone = open({ connections: 1 })
  const gate = Promise.withResolvers<void>()
  let late = Promise.resolve<unknown>(null)
  const failed = alone.transaction([A], async (tx) => {
    late = gate.promise.then(() => tx.query(ADD, [A, 'late', 1])).catch((error: unknown) => error)
    throw new RangeError('ours')
  })
  await expect(failed).rejects.toThrow(RangeError)
  await alone.transaction([A], async (tx) => {
    await tx.query(READ, [])
    gate.resolve()
    await late
    tx.write(ADD, [A, 'next', 2])
  })
  await alone.close()
  expect(await late).toBeInstanceOf(Error)
  expect(await everything()).toEqual(['next'])
})

test('a connection killed before COMMIT is an error, killed while COMMIT is under way it is unknown', async () => {
  const failed = db.transaction([A], async (tx) => {
    tx.write(ADD, [A, 'before', 1])
    await kill((await tx.query(PID, []))[0]!.pid)
    await tx.query(READ, [])
  })
  const error = await failed.catch((thrown: unknown) => thrown)
  expect([error instanceof CommitUnknown, isConnectionLost(error)]).toEqual([false, true])
  const client = await openClient()
  client.on('error', () => {})
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection
  const cut = { newId, failPoints: { after_commit_sent: () => void stream.destroy() } }
  const unknown = transactOn(client, cut, [A], async (tx) => tx.write(ADD, [A, 'after', 2]))
  await expect(unknown).rejects.toThrow(CommitUnknown)
  expect(await everything()).not.toContain('before')
})

test('a pool gives out a sound connection after one was killed', async () => {
  let kills = 1
  const pool = open({ connections: 1, failPoints: { before_commit: (pid) => (kills-- > 0 ? kill(pid) : undefined) } })
  await pool.transaction([A], async (tx) => tx.write(ADD, [A, 'lost', 1])).catch(() => {})
  await pool.transaction([A], async (tx) => tx.write(ADD, [A, 'kept', 2]))
  await pool.close()
  expect(await everything()).toEqual(['kept'])
})

test('a transaction reads and writes the companies it has stated, and no other', async () => {
  await db.transaction([A, B], async (tx) => {
    tx.write(ADD, [A, 'a', 1])
    tx.write(ADD, [B, 'b', 2])
  })
  const seen = (companies: string[]) => db.transaction(companies, (tx) => tx.query(READ, []))
  expect(await seen([A])).toEqual([{ ref: 'a', amount: 1 }])
  expect((await seen([A, B])).map(({ ref }) => ref)).toEqual(['a', 'b'])
  expect(await db.transaction([B], (tx) => tx.query(RAISE, []))).toEqual([{ ref: 'b' }])
  const abroad = db.transaction([A], async (tx) => tx.write(ADD, [B, 'planted', 3]))
  await expect(abroad).rejects.toMatchObject({ code: '42501' })
  expect(await everything()).toEqual(['a', 'b'])
})

test('without a statement of companies nothing is seen, also on a connection that stated some before', async () => {
  const one = open({ connections: 1 })
  await one.transaction([A], async (tx) => tx.write(ADD, [A, 'a', 1]))
  expect(await one.ask(READ, [])).toEqual([])
  expect(await one.transaction([], (tx) => tx.query(READ, []))).toEqual([])
  await one.close()
})

test('our connections are a role that owns nothing', async () => {
  expect(await db.ask(WHO, [])).toEqual([{ who: 'jaego_app', owns: 0 }])
})

test('every table with a company stands behind a wall that holds for its owner, too', async () => {
  const open = await asOwner(`select c.oid::regclass::text as name
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'company_id'
    where c.relkind in ('r', 'p') and (not c.relrowsecurity or not c.relforcerowsecurity
      or not exists (select from pg_policy p where p.polrelid = c.oid and p.polwithcheck is not null))
    order by name`)
  // Ids only: workers and webhooks ask here which company there is before they can state one.
  expect(open).toEqual([{ name: 'access.company_id' }, { name: 'channels.connection_id' }])
})

test('nobody who is not the owner can change or take back a movement', async () => {
  for (const sql of [
    'update inventory.movement set note = null',
    'delete from inventory.movement',
    'truncate inventory.movement',
  ]) {
    const client = await openClient()
    await expect(client.query(sql), sql).rejects.toMatchObject({ code: '42501' })
    await client.end()
  }
})

test('two statements of one name are refused when they are declared', () => {
  statement('test_only_once', 'select 1')
  expect(() => statement('test_only_once', 'select 2')).toThrow('test_only_once')
})

test('a bigint that no number can hold is an error, not a wrong number', async () => {
  expect(await db.ask(BIG, ['9007199254740991'])).toEqual([{ n: 9007199254740991 }])
  await expect(db.ask(BIG, ['9007199254740993'])).rejects.toThrow(RangeError)
  await expect(db.transaction([A], (tx) => tx.query(BIG, ['9007199254740993']))).rejects.toThrow(RangeError)
  expect(await db.transaction([A], (tx) => tx.query(BIG, ['1']))).toEqual([{ n: 1 }])
})

test('subscribers are told each key once, in the transaction; the world only after its COMMIT', async () => {
  const topic: Topic<string> = { topic: 'test' }
  const told: unknown[] = []
  const heard = open({
    subscribers: [subscribe(topic, (_, items) => void told.push(items))],
    onCommitted: (topics) => void told.push({ committed: topics }),
  })
  await heard.transaction([A], async (tx) => {
    tx.announce(topic, 'k', 'first')
    tx.announce(topic, 'k', 'second')
    tx.announce(topic, 'l', 'third')
  })
  const failed = heard.transaction([A], async (tx) => {
    tx.announce(topic, 'k', 'fails')
    tx.write(FAIL, [0])
  })
  await expect(failed).rejects.toThrow()
  await heard.close()
  expect(told).toEqual([['second', 'third'], { committed: ['test'] }, ['fails']])
})

test('who listens after a COMMIT cannot make it look failed', async () => {
  const deaf = open({
    onCommitted: () => {
      throw new Error('a listener is broken')
    },
  })
  expect(await deaf.transaction([A], async () => 'done')).toBe('done')
  await deaf.close()
})

const open = (more: Partial<DatabaseOptions> = {}) =>
  openDatabase({ url: database.url, newId, connections: 4, ...more })

const asOwner = (sql: string) => onServer(database.url, async (server) => (await server.query(sql)).rows)

const everything = async () => (await asOwner('select ref from tally order by ref')).map(({ ref }) => ref)

async function openClient(): Promise<pg.Client> {
  const settings = { connectionString: database.url, pipeline: true, options: sessionSettings(30_000) }
  const client = new pg.Client(settings as pg.ClientConfig)
  await client.connect()
  return client
}

const kill = async (pid: number) => {
  await asOwner(`select pg_terminate_backend(${pid}, 5000)`)
}
