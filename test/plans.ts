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

/** The same of one statement. */
export async function looseIn(url: string, options: string, name: string, text: string, keys: Keys): Promise<string[]> {
  const [scans] = await scansOf(url, options, [{ name, text }])
  const unread = Object.keys(keys).filter((table) => !scans!.some((scan) => scan.table === table))
  return [
    ...unread.map((table) => `${name} does not read ${table}`),
    ...scans!
      .filter(({ table, condition }) => !(keys[table] ?? []).some((key) => names(condition, key)))
      .map(({ table, node, condition }) => `${name}: ${node} on ${table} by ${condition || 'nothing'}`),
  ]
}

const names = (condition: string, key: string): boolean =>
  // The wall's own condition on the company will do for it: a transaction states one company, or a few.
  key
    .split(' ')
    .every((column) => new RegExp(`\\b${column} (=|<=|>) ${column === 'company_id' ? '' : '(?!ANY)'}`).test(condition))

export type Scan = { table: string; node: string; condition: string }

/** What each of the statements reads and by what, planned as a new connection of ours with these settings plans it. */
export async function scansOf(
  url: string,
  options: string,
  statements: readonly { name: string; text: string }[],
): Promise<Scan[][]> {
  const client = new pg.Client({ connectionString: url, options })
  await client.connect()
  const scans: Scan[][] = []
  for (const { name, text } of statements) {
    await client.query(`prepare ${name} as ${text}`)
    const parameters = [...text.matchAll(/\$(\d+)/g)].reduce((most, [, n]) => Math.max(most, Number(n)), 0)
    const values = Array.from({ length: parameters }, () => 'null').join(', ')
    const { rows } = await client.query(`explain (format json) execute ${name}${values && `(${values})`}`)
    scans.push(scansIn(rows[0]['QUERY PLAN'][0].Plan))
  }
  await client.end()
  return scans
}

type Plan = { 'Node Type': string; 'Relation Name'?: string; 'Index Cond'?: string; Plans?: Plan[] }

/** A bitmap's conditions stand in the index scans below it. */
const conditionOf = (plan: Plan): string =>
  [plan['Index Cond'] ?? '', ...(plan.Plans ?? []).map(conditionOf)].filter(Boolean).join(' ')

const scansIn = (plan: Plan): Scan[] => {
  const table = plan['Relation Name']
  // A row by its place is found by nothing else.
  const isScan = table !== undefined && !['ModifyTable', 'Tid Scan'].includes(plan['Node Type'])
  const here = isScan ? [{ table, node: plan['Node Type'], condition: conditionOf(plan) }] : []
  return [...here, ...(plan.Plans ?? []).flatMap(scansIn)]
}
