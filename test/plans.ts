import pg from 'pg'
import { allStatements } from '../server/kernel/db.ts'

/** By table: the key whose every column the index condition must name. Several where it may be any of them. */
export type Keys = Readonly<Record<string, readonly string[]>>

/**
 * Look-ups among these statements that do not name their whole key in the index condition, in words. `options`: the
 * settings of the connections that run them. Their files must have been imported.
 */
export async function looseLookUpsOf(
  url: string,
  options: string,
  statements: Readonly<Record<string, Keys>>,
): Promise<string[]> {
  const loose: string[] = []
  for (const [name, keys] of Object.entries(statements)) {
    const { text } = allStatements().find((declared) => declared.name === name)!
    loose.push(...(await looseIn(url, options, name, text, keys)))
  }
  return loose
}

type Plan = { 'Node Type': string; 'Relation Name'?: string; 'Index Cond'?: string; Plans?: Plan[] }

/** The same of one statement, planned as our own connections plan it, each time anew. */
export async function looseIn(url: string, options: string, name: string, text: string, keys: Keys): Promise<string[]> {
  const client = new pg.Client({ connectionString: url, options })
  await client.connect()
  await client.query(`prepare ${name} as ${text}`)
  const parameters = [...text.matchAll(/\$(\d+)/g)].reduce((most, [, n]) => Math.max(most, Number(n)), 0)
  const { rows } = await client.query(
    `explain (format json) execute ${name}(${Array.from({ length: parameters }, () => 'null').join(', ')})`,
  )
  await client.end()
  const scans = scansOf(rows[0]['QUERY PLAN'][0].Plan)
  const unread = Object.keys(keys).filter((table) => !scans.some((scan) => scan.table === table))
  return [
    ...unread.map((table) => `${name} does not read ${table}`),
    ...scans
      .filter(({ table, condition }) => !(keys[table] ?? []).some((key) => names(condition, key)))
      .map(({ table, node, condition }) => `${name}: ${node} on ${table} by ${condition || 'nothing'}`),
  ]
}

const names = (condition: string, key: string): boolean =>
  // The wall's own condition on the company will do for it: a transaction states one company, or a few.
  key
    .split(' ')
    .every((column) => new RegExp(`\\b${column} (=|<=|>) ${column === 'company_id' ? '' : '(?!ANY)'}`).test(condition))

/** A bitmap's conditions stand in the index scans below it. */
const conditionOf = (plan: Plan): string =>
  [plan['Index Cond'] ?? '', ...(plan.Plans ?? []).map(conditionOf)].filter(Boolean).join(' ')

const scansOf = (plan: Plan): { table: string; node: string; condition: string }[] => {
  const table = plan['Relation Name']
  // A row by its place is found by nothing else.
  const isScan = table !== undefined && !['ModifyTable', 'Tid Scan'].includes(plan['Node Type'])
  const here = isScan ? [{ table, node: plan['Node Type'], condition: conditionOf(plan) }] : []
  return [...here, ...(plan.Plans ?? []).flatMap(scansOf)]
}
