import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { onServer, openTestDatabase } from '../../test/database.ts'
import { realClock } from './clock.ts'
import { type Database, openDatabase, statement } from './db.ts'
import { idsFrom } from './ids.ts'
import { realRandom } from './random.ts'
import { each, mostlyOne, rowsInto } from './rows-into.ts'

type Row = {
  place: number
  id: string | null
  word: string | null
  count: number | null
  yes: boolean | null
  at: number | null
  said: object | null
}

const newId = idsFrom(realClock, realRandom)
const COMPANY = newId()
const SAMPLES = rowsInto<Row & { company: string }>(
  'test_insert_samples',
  'sample',
  {
    company_id: mostlyOne('uuid', (row) => row.company),
    place: each('integer', (row) => row.place),
    id: mostlyOne('uuid', (row) => row.id),
    word: mostlyOne('text', (row) => row.word),
    count: mostlyOne('bigint', (row) => row.count),
    yes: mostlyOne('boolean', (row) => row.yes),
    at: mostlyOne('timestamptz', (row) => row.at),
    said: mostlyOne('jsonb', (row) => row.said),
  },
  { fixed: "'always'" },
)
const READ = statement<Omit<Row, 'at'> & { at: Date | null; fixed: string }>(
  'test_read_samples',
  'select place, id, word, count, yes, at, said, fixed from sample order by place',
)
const EMPTY = statement<never>('test_empty_samples', 'delete from sample')

let database: Awaited<ReturnType<typeof openTestDatabase>>
let db: Database
beforeAll(async () => {
  database = await openTestDatabase()
  await onServer(database.url, async (server) => {
    await server.query(`create table sample (company_id uuid, place integer, id uuid, word text, count bigint,
      yes boolean, at timestamptz, said jsonb, fixed text)`)
    await server.query(`call kernel.wall('sample')`)
  })
  db = openDatabase({ url: database.url, newId, connections: 1 })
})
afterAll(async () => {
  await db.close()
  await database.close()
})

test('whatever the rows hold, all alike, all different or nothing at all, PostgreSQL holds the same', async () => {
  const [one, other] = [newId(), newId()]
  const some = <T>(...values: T[]) => fc.constantFrom<T | null>(...values, null)
  const row = fc.record({
    id: some(one, other),
    word: some('', 'NULL', '{"a,b"}', '가\\나'),
    count: some(0, -1, 9_007_199_254_740_991),
    yes: some(true, false),
    at: some(0, 1_800_000_000_123),
    said: some({ a: ['"'] }, {}),
  })
  const rows = fc.oneof(
    fc.array(row, { minLength: 1, maxLength: 5 }),
    row.map((same) => [same, same, same]),
  )
  await fc.assert(
    fc.asyncProperty(rows, async (bare) => {
      const written = bare.map((one, place) => ({ ...one, place, company: COMPANY }))
      const read = await db.transaction([COMPANY], async (tx) => {
        tx.write(EMPTY, [])
        SAMPLES.write(tx, written)
        return tx.query(READ, [])
      })
      const expected = written.map(({ company: _, at, ...rest }) => ({
        ...rest,
        at: at === null ? null : new Date(at),
        fixed: 'always',
      }))
      expect(read).toEqual(expected)
    }),
    { numRuns: 60 },
  )
})
