import { instants, jsons, plain, texts } from './arrays.ts'
import { type Statement, statement, type Tx } from './db.ts'

/**
 * Set-based inserts: one statement a table, whatever the number of rows, with each column beside what it is read from.
 *
 * Of PostgreSQL's time for a batch of 64 orders 18% went into reading array literals and 10% into taking them apart row
 * by row, and half of all columns hold one value in all rows: company, channel, state, what is not there. Such a
 * column travels as that one value and an empty array.
 */
export type RowsInto<Row> = {
  readonly statement: Statement<never>
  /** Parameters for these rows: make them early and write them later, or use `write`. */
  values(rows: readonly Row[]): unknown[]
  write(tx: Tx, rows: readonly Row[]): void
}

type Value = string | number | boolean | object | null

export type Column<Row> = {
  type: 'uuid' | 'text' | 'integer' | 'bigint' | 'boolean' | 'timestamptz' | 'jsonb'
  of: (row: Row) => Value
  /** Whether all rows of a batch often hold the same; one that never does costs a look at every row. */
  mostlyOne: boolean
}

export const each = <Row>(type: Column<Row>['type'], of: Column<Row>['of']): Column<Row> => ({
  ...{ type, of, mostlyOne: false },
})
export const mostlyOne = <Row>(type: Column<Row>['type'], of: Column<Row>['of']): Column<Row> => ({
  ...{ type, of, mostlyOne: true },
})

/** `fixed` holds SQL for columns that are the same always. At least one column is not `mostlyOne`: it counts the rows. */
export function rowsInto<Row>(
  name: string,
  table: string,
  columns: Record<string, Column<Row>>,
  fixed: Record<string, string> = {},
): RowsInto<Row> {
  const into = statement<never>(name, insertText(table, columns, fixed))
  const list = Object.values(columns)
  const values = (rows: readonly Row[]) => list.flatMap((column) => parametersOf(column, rows))
  return { statement: into, values, write: (tx, rows) => tx.write(into, values(rows)) }
}

function insertText<Row>(table: string, columns: Record<string, Column<Row>>, fixed: Record<string, string>): string {
  let parameters = 0
  const parts = Object.entries(columns).map(([name, { type, mostlyOne }]) => {
    const one = mostlyOne ? `$${++parameters}::${type}` : null
    const all = `$${++parameters}::${type}[]`
    return { name, all, read: one === null ? `k.${name}` : `coalesce(k.${name}, ${one})` }
  })
  const names = [...parts.map(({ name }) => name), ...Object.keys(fixed)]
  const reads = [...parts.map(({ read }) => read), ...Object.values(fixed)]
  return `insert into ${table} (${names.join(', ')})
   select ${reads.join(', ')}
   from unnest(${parts.map(({ all }) => all).join(', ')}) as k (${parts.map(({ name }) => name).join(', ')})`
}

const LITERAL: Record<Column<unknown>['type'], (items: readonly never[]) => string> = {
  uuid: plain,
  integer: plain,
  bigint: plain,
  boolean: plain,
  text: texts,
  timestamptz: instants,
  jsonb: jsons,
}

function parametersOf<Row>({ type, of, mostlyOne }: Column<Row>, rows: readonly Row[]): unknown[] {
  const items = rows.map(of)
  if (!mostlyOne) return [LITERAL[type](items as never[])]
  const [first] = items
  const isOne = items.every((item) => item === first)
  return isOne ? [single(type, first ?? null), '{}'] : [null, LITERAL[type](items as never[])]
}

function single(type: Column<unknown>['type'], item: Value): unknown {
  if (item === null) return null
  if (type === 'jsonb') return JSON.stringify(item)
  return type === 'timestamptz' ? new Date(item as number).toISOString() : item
}
