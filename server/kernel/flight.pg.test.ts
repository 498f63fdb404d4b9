import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { openTestDatabase } from '../../test/database.ts'
import { isConnectionLost } from './db.ts'
import { type Answer, type Departures, openDepartures } from './flight.ts'

let database: Awaited<ReturnType<typeof openTestDatabase>>
let client: pg.Client
let departures: Departures

beforeAll(async () => {
  database = await openTestDatabase()
})
afterAll(() => database.close())
beforeEach(async () => {
  client = new pg.Client({ connectionString: database.url, pipeline: true } as pg.ClientConfig)
  client.on('error', () => {})
  await client.connect()
  departures = openDepartures(client)
})
afterEach(() => client.end())

const ask = (text: string, values: readonly unknown[] = [], name: string | null = null): Promise<Answer> => {
  const answer = new Promise<Answer>((resolve, reject) => departures.ask({ name, text, values, resolve, reject }))
  answer.catch(() => {})
  return answer
}
const settled = async (...asked: Promise<Answer>[]) =>
  (await Promise.allSettled(asked)).map((one) =>
    one.status === 'fulfilled' ? one.value.command : (one.reason as { code: string }).code,
  )

test('statements of one turn are answered each with its own rows, in order, the prepared ones without asking their columns again', async () => {
  for (const n of [1, 2, 3]) {
    const numbers = ask('select $1::integer as n, null as nothing', [n], 'numbers')
    const words = ask("select 'a' as word union all select 'b' order by 1")
    expect((await numbers).rows).toEqual([{ n, nothing: null }])
    expect((await words).rows).toEqual([{ word: 'a' }, { word: 'b' }])
  }
})

test('a statement that fails keeps those behind it from running, COMMIT included', async () => {
  const started = [ask('begin'), ask('create temporary table kept (n integer)')]
  expect(await settled(...started, ask('select 1 / 0'), ask('insert into kept values (1)'), ask('commit'))).toEqual([
    'BEGIN',
    'CREATE',
    '22012',
    '25P02',
    '25P02',
  ])
  expect(await settled(ask('commit'))).toEqual(['ROLLBACK'])
})

test('a value that cannot be written fails its statement; what is behind it is never sent', async () => {
  const circle = { toPostgres: (): unknown => circle }
  const before = ask('select 1')
  const bad = ask('select $1::text', [circle])
  const behind = ask('select 2')
  expect((await before).command).toBe('SELECT')
  await expect(bad).rejects.toThrow('circular')
  await expect(behind).rejects.toMatchObject({ code: '25P02' })
  expect(await settled(ask('select 3'))).toEqual(['SELECT'])
})

test('nor is it when both were asked before the connection was free', async () => {
  const circle = { toPostgres: (): unknown => circle }
  const busy = new pg.Client(database.url)
  const connected = busy.connect()
  departures = openDepartures(busy)
  const asked = [ask('select $1::text', [circle]), ask('select 2')]
  await connected
  const [bad, behind] = await Promise.allSettled(asked)
  expect(bad).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('circular') } })
  expect(behind).toMatchObject({ status: 'rejected', reason: { code: '25P02' } })
  await busy.end()
})

test('a statement whose first run failed, or was never reached, is prepared anew and runs', async () => {
  const half = (by: number) => ask('select 1 / $1::integer as half', [by], 'half')
  const word = () => ask('select $1::text as word', ['x'], 'word')
  expect(await settled(half(0), word())).toEqual(['22012', '25P02'])
  expect(await settled(half(1), word(), half(1))).toEqual(['SELECT', 'SELECT', 'SELECT'])
})

test('a flight too large to wait for its end is one flight all the same', async () => {
  const long = 'x'.repeat(5_000)
  const asked = Array.from({ length: 40 }, (_, i) =>
    ask('select length($1::text) + $2::integer as n', [long, i], 'long'),
  )
  const rows = (await Promise.all(asked)).map(({ rows }) => rows[0]!.n)
  expect(rows).toEqual(Array.from({ length: 40 }, (_, i) => 5_000 + i))
})

test('what left early is answered while the rest of the turn is still to come', async () => {
  const early = ask('select 1')
  departures.depart()
  const late = ask('select 1 / 0')
  expect(await settled(early, late)).toEqual(['SELECT', '22012'])
})

test('when the connection goes, whoever still waits hears of it', async () => {
  const [gone, behind] = [ask('select pg_terminate_backend(pg_backend_pid())'), ask('select 1')]
  expect(await settled(gone, behind)).toEqual(['57P01', '25P02'])
  expect(isConnectionLost(await ask('select 2').catch((error: unknown) => error))).toBe(true)
})
