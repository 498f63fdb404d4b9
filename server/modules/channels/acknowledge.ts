import { acknowledgeLines, linesToAcknowledge } from '../orders/index.ts'
import type { ChannelAdapter } from './adapter.ts'
import type { Connection } from './connection.ts'
import { readConnections } from './connections.ts'
import type { ChannelDeps } from './deps.ts'

/** Lines told in one go; the adapter cuts them to the marketplace's batch. */
const LINES_MAX = 200

/**
 * Accepts paid lines at the marketplace (발주확인), when the connection is set to do so by itself. "Already" is as good
 * as done; a refusal or an unknown is left to the next collection, which tells the line's true state. Answers how many.
 */
export async function acknowledgePaid(
  deps: ChannelDeps,
  connection: Connection,
  adapter: ChannelAdapter,
): Promise<number> {
  const { company, connectionId } = connection
  if (adapter.capabilities.acknowledge === null || connection.settings.acknowledge === false) return 0
  const lines = await deps.db.transaction([company], async (tx) => {
    const fresh = (await readConnections(tx)).find((row) => row.connectionId === connectionId)
    if (!fresh || fresh.mode !== 'push' || fresh.paused || fresh.parked || fresh.failures > 0) return []
    return linesToAcknowledge(tx, company, connectionId, LINES_MAX)
  })
  if (lines.length === 0) return 0
  const results = await adapter.acknowledge([...new Set(lines.map((line) => line.actionKey!))])
  const accepted = new Set(
    results.filter(({ outcome }) => outcome === 'done' || outcome === 'already').map((r) => r.key),
  )
  const done = lines.filter((line) => accepted.has(line.actionKey!))
  await deps.db.transaction([company], (tx) => acknowledgeLines(tx, done))
  return done.length
}
