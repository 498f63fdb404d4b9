import pg from 'pg'
import { realClock } from './clock.ts'
import type { Config } from './config.ts'
import { isConnectionLost } from './db.ts'
import { migrate } from './migrate.ts'
import { startEmbedded } from './postgres/embedded.ts'
import { unsafeSettings } from './postgres/settings.ts'

/** A PostgreSQL that is up, safe and migrated. */
export type Ground = {
  url: string
  /** Ours to stop, or somebody's server. */
  embedded: boolean
  stop(): Promise<void>
}

/** What cannot be run on, in words for whoever started us. */
export class GroundUnfit extends Error {}

/**
 * DATABASE_URL, or the embedded PostgreSQL in the data folder: started, adopted from a killed run, or recovered.
 * Refuses a server that could lose an acknowledged order.
 */
export async function openGround(config: Config, say: (line: string) => void): Promise<Ground> {
  const embedded = config.databaseUrl === null ? await startEmbedded({ dataDir: config.dataDir, log: say }) : null
  const url = config.databaseUrl ?? embedded!.url
  try {
    await untilItAnswers(url)
    await refuseUnsafe(url)
    await migrate(url)
    await refuseOwner(url)
  } catch (error) {
    await embedded?.stop()
    throw error
  }
  return {
    url,
    embedded: embedded !== null,
    stop: async () => {
      await embedded?.stop()
    },
  }
}

const ANSWERS_WITHIN_MS = 30_000
const ASK_EVERY_MS = 200

/** A server that is recovering from a crash, or just starting beside us, is waited for; another failure is told at once. */
async function untilItAnswers(url: string): Promise<void> {
  const until = realClock.monotonic() + ANSWERS_WITHIN_MS
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
    try {
      await client.connect()
      await client.end()
      return
    } catch (error) {
      if (!isConnectionLost(error) || realClock.monotonic() > until) {
        throw new GroundUnfit(`PostgreSQL does not answer: ${(error as Error).message}`, { cause: error })
      }
      await realClock.sleep(ASK_EVERY_MS)
    }
  }
}

async function refuseUnsafe(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const unsafe = await unsafeSettings((sql) => client.query(sql))
    if (unsafe.length > 0) {
      throw new GroundUnfit(`this PostgreSQL could lose an acknowledged order and is refused: ${unsafe.join(', ')}`)
    }
  } finally {
    await client.end()
  }
}

/** Row-level security holds only against a role that owns nothing and may not bypass it. */
async function refuseOwner(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, options: '-c role=jaego_app' })
  await client.connect().catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error)
    throw new GroundUnfit(`this user may not act as the role jaego_app (${why}); run: grant jaego_app to current_user`)
  })
  try {
    const { rows } = await client.query<{ owned: number; mighty: boolean }>(
      `select (select count(*)::integer from pg_class where relowner = r.oid) as owned, rolsuper or rolbypassrls as mighty
       from pg_roles r where rolname = current_user`,
    )
    if (rows[0]?.owned !== 0 || rows[0]?.mighty !== false) {
      throw new GroundUnfit('the role jaego_app owns tables or may bypass row-level security; it must do neither')
    }
  } finally {
    await client.end()
  }
}
