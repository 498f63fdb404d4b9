import { plain } from '../../kernel/arrays.ts'
import { type Database, statement, type Tx } from '../../kernel/db.ts'
import { HINTS_APART_MS } from './topics.ts'

const COMPANIES_OF_CONNECTIONS = statement<{ id: string; company: string }>(
  'channels_companies_of_connections',
  `select connection_id as id, company_id as company from channels.connection_id where connection_id = any ($1::uuid[])`,
)

/** Of those of these connections that are there, whoever's they are. */
export async function companiesOfConnections(db: Database, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await db.ask(COMPANIES_OF_CONNECTIONS, [plain(ids)])
  return new Map(rows.map(({ id, company }) => [id, company]))
}

const FIND_SEALED = statement<{ company: string; channel: string; sealed: Buffer }>(
  'channels_find_sealed',
  `select company_id as company, channel, credentials as sealed
   from channels.connection
   where company_id = any ((select kernel.companies())::uuid[]) and connection_id = $1 and api_supported`,
)

/** Of any of the transaction's companies; null where nobody talks to it (any more). */
export async function findSealed(tx: Tx, connectionId: string) {
  return (await tx.query(FIND_SEALED, [connectionId]))[0] ?? null
}

const SET_CREDENTIALS = statement<never>(
  'channels_set_credentials',
  `update channels.connection
   set credentials = $3, collect_due_at = kernel.now(), collect_lease = null, collect_leased_until = null
   where company_id = $1 and connection_id = $2`,
)

/** Whoever collects with the old ones just now has lost his turn: what he meets says nothing of the new ones. */
export const setCredentials = (tx: Tx, company: string, connectionId: string, sealed: Buffer): void =>
  tx.write(SET_CREDENTIALS, [company, connectionId, sealed])

const HASTEN_COLLECTION = statement<never>(
  'channels_hasten_collection',
  `update channels.connection
   set collect_due_at = case
     when collect_leased_until > kernel.now() then kernel.now()
     else least(collect_due_at, greatest(kernel.now(), last_success_at + interval '${HINTS_APART_MS} milliseconds')) end
   where company_id = $1 and connection_id = $2 and failures = 0 and not parked`,
)

/**
 * Due at once, or a moment after the last collection: hints of a rush share one. While one is under way another is due
 * after it. Not for a connection that is being left alone: it has a pause to serve.
 */
export const hastenCollection = (tx: Tx, company: string, connectionId: string): void =>
  tx.write(HASTEN_COLLECTION, [company, connectionId])
