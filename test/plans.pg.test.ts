import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { laneSettings, type Statement, sessionSettings } from '../server/kernel/db.ts'
import { ROW_INVARIANTS, WALL_INVARIANTS } from '../server/screens/invariants.ts'
import { READERS, SMALL } from './company-readers.ts'
import { openTestDatabase } from './database.ts'
import { openTables } from './fill.ts'
import { scansOf } from './plans.ts'
import { declaredStatements } from './statements.ts'

/**
 * Until the first ANALYZE PostgreSQL guesses, and two conditions on the company (ours and the wall's) look more selective
 * than a whole key: the primary key then reads all rows of the company, at every call. docs/decisions/0002.
 */

/** `jaego check` switches sequential scans on and reads whole tables: that is what it is for. */
const CHECKS = new Set([...ROW_INVARIANTS, ...WALL_INVARIANTS].map(({ statement }) => statement.name))

/** What a fifth of all rows or more have in common is no key. */
const OWNERS = ['company_id', 'connection_id']

/** Orders and stock verbs run on lanes, and beside them on the pool; everything else on the pool alone. */
const runsOnLanes = ({ name }: { name: string }) => name.startsWith('inventory_') || name.startsWith('orders_')

let database: Awaited<ReturnType<typeof openTestDatabase>>
let owner: pg.Client
beforeAll(async () => {
  database = await openTestDatabase()
  owner = new pg.Client({ connectionString: database.url })
  await owner.connect()
})
afterAll(async () => {
  await owner.end()
  await database.close()
})

test('a statement that looks rows up names more than their company or connection, on tables of any size, analysed or not', async () => {
  const statements = (await declaredStatements()).filter(({ name }) => !CHECKS.has(name))
  const fill = await openTables(owner)
  const met = new Set<string>()
  const loose = async () => [
    ...(await readersAmong(statements, sessionSettings(30_000), met)),
    ...(await readersAmong(statements.filter(runsOnLanes), laneSettings(), met)),
  ]
  // Where the tables' first pages end, where the indexes grow a level, and where a company's rows look many.
  let from = 1
  for (const to of [0, 300, 2_000, 10_000]) {
    await fill(from, to)
    expect(await loose(), `${to} rows`).toEqual([])
    from = to + 1
  }
  await owner.query('analyze')
  expect(await loose(), 'analysed').toEqual([])
  const listed = Object.entries(READERS).flatMap(([name, { tables }]) => tables.map((table) => `${name} ${table}`))
  expect(
    listed.filter((reader) => !met.has(reader)),
    'listed in company-readers.ts without need',
  ).toEqual([])
})

test('a look-up by its company or connection alone is seen', async () => {
  const planted = [
    { name: 'by_company', text: 'select from orders.order where company_id = $1 and total = $2' },
    { name: 'by_connection', text: 'select from channels.listing where connection_id = $1 and raced = $2' },
  ]
  expect(await readersAmong(planted, sessionSettings(30_000), new Set())).toHaveLength(2)
})

/** Scans by nothing but the company or connection that nobody has listed, in words; those listed are added to `met`. */
async function readersAmong(
  statements: readonly Statement<unknown>[],
  options: string,
  met: Set<string>,
): Promise<string[]> {
  const scans = await scansOf(database.url, options, statements)
  return statements.flatMap(({ name }, i) =>
    scans[i]!.flatMap(({ table, node, condition }) => {
      if (namesMore(condition) || table in SMALL) return []
      if (!READERS[name]?.tables.includes(table)) return [`${name}: ${node} on ${table} by ${condition || 'nothing'}`]
      met.add(`${name} ${table}`)
      return []
    }),
  )
}

/** Whether a key is compared; of a row of columns, its last stands before the operator. */
const namesMore = (condition: string): boolean =>
  [...condition.matchAll(/(\w+)\)? (?:=|<=|>=|<|>|IS) /g)].some(([, column]) => !OWNERS.includes(column!))
