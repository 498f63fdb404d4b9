import type pg from 'pg'

type Column = { name: string; type: string; udt: string; nullable: boolean; words: string[] }

/** Rows of these are a handful in every company. */
const FEW: Readonly<Record<string, number>> = {
  'access.company': 1,
  'access.company_id': 1,
  'inventory.warehouse': 3,
  'channels.connection': 5,
  'channels.connection_id': 5,
  'channels.token': 5,
  'channels.budget': 5,
}

/**
 * Opens a database to rows that belong to nothing: no checks, no foreign keys. For plans, which ask only how many rows
 * there are and how long their keys. The connection is the owner's.
 */
export async function openTables(owner: pg.Client): Promise<(from: number, to: number) => Promise<void>> {
  await owner.query('set session_replication_role = replica')
  const tables = await tablesOf(owner)
  const { rows } = await owner.query(
    `select format('alter table %s drop constraint %I', conrelid::regclass, conname) as sql
     from pg_constraint where contype = 'c' and conrelid <> 0 and connamespace::regnamespace::text = any ($1)`,
    [SCHEMAS],
  )
  for (const { sql } of rows) await owner.query(sql)
  return async (from, to) => {
    for (const [table, columns] of tables) await insertRows(owner, table, columns, from, Math.min(to, FEW[table] ?? to))
  }
}

const SCHEMAS = ['access', 'catalog', 'inventory', 'orders', 'fulfilment', 'channels']

async function tablesOf(owner: pg.Client): Promise<Map<string, Column[]>> {
  const { rows } = await owner.query(
    `select c.table_schema || '.' || c.table_name as table, c.column_name as name, c.data_type as type,
       c.udt_name as udt, c.is_nullable = 'YES' as nullable, coalesce(w.words, '{}') as words
     from information_schema.columns c
     join information_schema.tables t using (table_schema, table_name)
     left join lateral (
       select array_agg(m[1]) as words
       from pg_constraint k
       cross join lateral regexp_matches(pg_get_constraintdef(k.oid), '''([a-z_]+)''::text', 'g') m
       where k.contype = 'c' and k.conrelid = format('%I.%I', c.table_schema, c.table_name)::regclass
         and pg_get_constraintdef(k.oid) like format('CHECK ((%I = ANY%%', c.column_name)) w on true
     where t.table_type = 'BASE TABLE' and c.table_schema = any ($1) and c.is_generated = 'NEVER' and c.is_identity = 'NO'
     order by 1, c.ordinal_position`,
    [SCHEMAS],
  )
  return Map.groupBy(rows, (row) => row.table)
}

async function insertRows(owner: pg.Client, table: string, columns: Column[], from: number, to: number): Promise<void> {
  const names = columns.map(({ name }) => `"${name}"`).join(', ')
  const values = columns.map((column) => valueFor(column)).join(', ')
  const [schema, name] = table.split('.')
  await owner.query(
    `insert into ${schema}."${name}" (${names}) select ${values} from generate_series(${from}, ${to}) n
     on conflict do nothing`,
  )
}

/** Of the n-th row. A time that may be empty mostly is, since little is due; anything else is in one of ten rows. */
function valueFor(column: Column): string {
  const value = fullValueFor(column)
  if (!column.nullable) return value
  return `case when n % 10 ${column.type === TIME ? '=' : '>'} 0 then ${value} end`
}

// Keys of marketplaces and people are long and random: their index is a level higher than the primary key early.
function fullValueFor({ name, type, udt, words }: Column): string {
  if (name === 'company_id') return id('0')
  if (name === 'connection_id') return id('n % 5 + 1')
  if (name.endsWith('warehouse_id')) return id('n % 3 + 1')
  if (words.length > 0) return `('{${words.join(',')}}'::text[])[n % ${words.length} + 1]`
  if (type === 'uuid') return id('n')
  if (type === 'text') return 'gen_random_uuid()::text'
  if (type === 'boolean') return 'n % 2 = 0'
  if (type === 'ARRAY') return `'{}'::${udt.replace(/^_/, '')}[]`
  return VALUES[type] ?? 'n'
}

const TIME = 'timestamp with time zone'

const VALUES: Readonly<Record<string, string>> = {
  [TIME]: 'now() - make_interval(mins => n)',
  date: 'current_date - n',
  interval: `make_interval(mins => n)`,
  jsonb: `'{}'::jsonb`,
  json: `'{}'::json`,
  bytea: `decode(md5(n::text), 'hex')`,
}

const id = (n: string): string => `('00000000-0000-7000-8000-' || lpad((${n})::text, 12, '0'))::uuid`
