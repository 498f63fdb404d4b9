import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import pg from 'pg'

const FOLDER = new URL('../migrations/', import.meta.url)
/** Any number, the same in every process: only one of them migrates at a time. */
const LOCK = 7_402_610

/** The database and this jaego do not belong together; nothing was changed. */
export class MigrationRefused extends Error {}

/**
 * Brings a database to the newest schema: plain SQL files in order, each once, each in its own transaction.
 * Throws MigrationRefused when a file that has run was edited since, or when the database knows a file we do not (a newer jaego).
 */
export async function migrate(url: string): Promise<{ applied: string[] }> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK])
    await client.query(`create table if not exists public.jaego_migration
      (name text primary key, checksum text not null, applied_at timestamptz not null)`)
    const applied: string[] = []
    for (const file of await filesToApply(client)) {
      await apply(client, file)
      applied.push(file.name)
    }
    await client.query('grant jaego_app to current_user').catch(() => {})
    return { applied }
  } finally {
    await client.end()
  }
}

type MigrationFile = { name: string; text: string; checksum: string }

async function filesToApply(client: pg.Client): Promise<MigrationFile[]> {
  const files = readMigrations()
  const { rows } = await client.query<{ name: string; checksum: string }>(
    'select name, checksum from public.jaego_migration order by name',
  )
  const byName = new Map(files.map((file) => [file.name, file]))
  for (const row of rows) {
    const file = byName.get(row.name)
    if (!file)
      throw new MigrationRefused(`this database was migrated by a newer jaego: it knows ${row.name}, this one does not`)
    if (file.checksum !== row.checksum)
      throw new MigrationRefused(`${row.name} was changed after it had run; write a new file`)
  }
  const done = new Set(rows.map((row) => row.name))
  return files.filter((file) => !done.has(file.name))
}

export function readMigrations(): MigrationFile[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => {
      const text = readFileSync(new URL(name, FOLDER), 'utf8')
      return { name, text, checksum: createHash('sha256').update(text).digest('hex') }
    })
}

async function apply(client: pg.Client, file: MigrationFile): Promise<void> {
  await client.query('begin')
  try {
    await client.query(file.text)
    await client.query('insert into public.jaego_migration values ($1, $2, statement_timestamp())', [
      file.name,
      file.checksum,
    ])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw new Error(`${file.name}: ${(error as Error).message}`, { cause: error })
  }
}
