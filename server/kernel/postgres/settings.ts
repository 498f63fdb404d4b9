/** Runs one statement and gives its rows; a `pg` client's bound `query` fits. */
export type RunQuery = (sql: string) => Promise<{ rows: readonly Record<string, unknown>[] }>

const OLDEST_SERVER = 15

/**
 * Names what makes this PostgreSQL unfit to hold stock, one line each; empty when it is fit.
 *
 * Refused are the three settings with which an acknowledged order can vanish in a crash, as this very
 * session sees them (a role or a database may override the server), and servers older than 15.
 */
export async function unsafeSettings(query: RunQuery): Promise<string[]> {
  const { rows } = await query(`
    select name, setting
    from pg_settings
    where name in ('fsync', 'full_page_writes', 'synchronous_commit', 'server_version', 'server_version_num')`)
  const settings = new Map(rows.map((row) => [String(row.name), String(row.setting)]))

  const unsafe = ['fsync', 'full_page_writes', 'synchronous_commit']
    // A setting that is not there is a no: a look-alike server that hides it cannot be trusted with orders.
    .filter((name) => (settings.get(name) ?? 'off') === 'off')
    .map((name) => `${name} = off`)
  if (Number(settings.get('server_version_num') ?? 0) < OLDEST_SERVER * 10_000) {
    unsafe.push(`PostgreSQL ${settings.get('server_version') ?? '(unknown)'} is older than ${OLDEST_SERVER}`)
  }
  return unsafe
}
