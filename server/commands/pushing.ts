import { openMarketplace } from '../adapters/marketplaces/index.ts'
import { openRealHttp } from '../kernel/real-http.ts'
import type { Secrets } from '../kernel/secrets.ts'
import { companyIds } from '../modules/access/index.ts'
import { openPreview, type PushStart, readConnections, startPushing } from '../modules/channels/index.ts'
import { BadInput, type CommandContext } from './context.ts'

type Previewed = NonNullable<Awaited<ReturnType<ReturnType<typeof openPreview>>>>

/** What would be sent first if the connection pushed, and the `seen` that starting it wants. Sends nothing. */
export async function previewConnection(
  { db, clock }: Pick<CommandContext, 'db' | 'clock'>,
  secrets: Secrets,
  connectionId: string,
): Promise<Previewed> {
  const company = await companyOf({ db }, connectionId)
  const http = openRealHttp()
  try {
    const preview = openPreview({ secrets, marketplaces: openMarketplace, http, clock })
    const found = await db.transaction([company], (tx) => preview(tx, company, connectionId))
    if (!found) throw new BadInput('nobody talks to this connection any more', { field: 'connection' })
    return found
  } finally {
    http.close()
  }
}

const REFUSED: Record<Exclude<PushStart, 'pushing' | 'unknown'>, string> = {
  no_look: 'this is not what connection preview printed of it',
  old: 'connection preview was more than ten minutes ago: look again',
  changed: 'the policy was changed since connection preview, or something drifted: look again',
}

/** observe → push, for who has seen what would be sent. */
export async function pushConnection(
  { db }: Pick<CommandContext, 'db'>,
  secrets: Secrets,
  connectionId: string,
  seen: string,
): Promise<{ connection: string; mode: 'push' }> {
  const company = await companyOf({ db }, connectionId)
  const started = await db.transaction([company], (tx) => startPushing(tx, secrets, { company, connectionId }, seen))
  if (started === 'unknown') throw nobodyKnows()
  if (started !== 'pushing') throw new BadInput(REFUSED[started], { field: 'seen' })
  return { connection: connectionId, mode: 'push' }
}

async function companyOf({ db }: Pick<CommandContext, 'db'>, connectionId: string): Promise<string> {
  for (const company of await companyIds(db)) {
    const rows = await db.transaction([company], (tx) => readConnections(tx))
    if (rows.some((row) => row.connectionId === connectionId)) return company
  }
  throw nobodyKnows()
}

const nobodyKnows = () =>
  new BadInput('nobody knows this connection; connection list has them', { field: 'connection' })
