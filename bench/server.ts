import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { migrate } from '../server/kernel/migrate.ts'
import { startEmbedded } from '../server/kernel/postgres/embedded.ts'

/** A migrated PostgreSQL of the load's own, durable as the product's, gone when the work is done. */
export async function onOwnServer<T>(work: (url: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'jaego-bench-'))
  const server = await startEmbedded({ dataDir: folder, log: () => {} })
  try {
    await migrate(server.url)
    await fillWal(server.url)
    return await work(server.url)
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Log files of 16 MB each. */
const SEGMENTS = 40

/**
 * A server that has been up for a while reuses its log files; a new one first writes zeros into each, and whoever writes
 * most waits most. So the log is brought to where it is on the second day, for everything that is compared.
 */
async function fillWal(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query("alter system set min_wal_size = '1GB'")
  await client.query('select pg_reload_conf()')
  for (let segment = 0; segment < SEGMENTS; segment++) {
    await client.query("select pg_logical_emit_message(true, 'bench', 'fill')")
    await client.query('select pg_switch_wal()')
  }
  await client.query('checkpoint')
  await client.end()
}
