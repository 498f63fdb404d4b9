import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { inject } from 'vitest'

export type OwnDatabase = { url: string; close(): Promise<void> }

/**
 * A migrated database of a test file's own, cloned from the run's template (some 50 ms).
 *
 * `close()` drops it, and throws when connections to it were left open: a pool that a test forgets keeps rows
 * locked for the next one.
 */
export async function openTestDatabase(): Promise<OwnDatabase> {
  const { serverUrl, template } = inject('testDatabase')
  const name = `${template}_${randomUUID().slice(0, 8)}`
  await onServer(serverUrl, (server) => server.query(`create database ${name} template ${template}`))
  return {
    url: withDatabase(serverUrl, name),
    close: () => onServer(serverUrl, (server) => dropWhenUnused(server, name)),
  }
}

/** The same server, another database. */
export function withDatabase(serverUrl: string, name: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}

export async function onServer<T>(serverUrl: string, work: (server: pg.Client) => Promise<T>): Promise<T> {
  const server = new pg.Client({ connectionString: serverUrl, application_name: 'jaego tests' })
  await server.connect()
  try {
    return await work(server)
  } finally {
    await server.end()
  }
}

/** A closed connection's process needs a moment to go; one that stays longer was forgotten. */
const GRACE_MS = 1000
const LOOK_EVERY_MS = 10

async function dropWhenUnused(server: pg.Client, name: string): Promise<void> {
  let open: { pid: number; application_name: string; state: string; query: string }[] = []
  for (let waited = 0; waited <= GRACE_MS; waited += LOOK_EVERY_MS) {
    const { rows } = await server.query(
      `select pid, application_name, state, left(query, 200) as query
       from pg_stat_activity
       where datname = $1 and backend_type = 'client backend'`,
      [name],
    )
    open = rows
    if (open.length === 0) break
    await sleep(LOOK_EVERY_MS)
  }
  await server.query(`drop database ${name} with (force)`)
  if (open.length > 0) {
    const lines = open.map((row) => `  ${row.pid} ${row.application_name} ${row.state}: ${row.query}`)
    throw new Error(`${open.length} connections to the test database were left open:\n${lines.join('\n')}`)
  }
}
