import { acknowledgeLines, linesToAcknowledge } from '../orders/index.ts'
import { type ActionResult, type ChannelAdapter, ChannelFault } from './adapter.ts'
import { type Connection, isReachable } from './connection.ts'
import { readConnection } from './connections.ts'
import type { ChannelDeps } from './deps.ts'

/** Lines told in one go; the adapter cuts them to the marketplace's batch. */
const LINES_MAX = 200

/** A line the marketplace did not accept is asked about again after this long: many errors get a seller blocked. */
const REFUSED_AGAIN_MS = 60_000
/** Refused lines remembered; older ones are asked about again. */
const REFUSED_MAX = 5_000

/** Action keys that were refused or unknown, with the time (monotonic) from which they may be tried again. */
export type Refused = Map<string, number>

/**
 * Accepts paid lines at the marketplace (발주확인), when the connection is set to do so by itself. "Already" is as good
 * as done; a refusal or an unknown is left to the next collection, which tells the line's true state. Answers how many.
 */
export async function acknowledgePaid(
  deps: ChannelDeps,
  connection: Connection,
  adapter: ChannelAdapter,
  refused: Refused,
): Promise<number> {
  const { company, connectionId } = connection
  if (adapter.capabilities.acknowledge === null || connection.settings.acknowledge === false) return 0
  const lines = await deps.db.transaction([company], async (tx) => {
    const fresh = await readConnection(tx, company, connectionId)
    if (!fresh || !isReachable(fresh)) return []
    // The oldest come first, and those that were refused are left out below: they must not stand before all others.
    return linesToAcknowledge(tx, company, connectionId, LINES_MAX + refused.size)
  })
  const now = deps.clock.monotonic()
  const keys = [...new Set(lines.map((line) => line.actionKey!))]
    .filter((key) => (refused.get(key) ?? 0) <= now)
    .slice(0, LINES_MAX)
  if (keys.length === 0) return 0
  const results = await askAll(deps, connection, adapter, keys)
  remember(refused, results, now + REFUSED_AGAIN_MS)
  const accepted = new Set(
    results.filter(({ outcome }) => outcome === 'done' || outcome === 'already').map((r) => r.key),
  )
  const done = lines.filter((line) => accepted.has(line.actionKey!))
  await deps.db.transaction([company], (tx) => acknowledgeLines(tx, done))
  return done.length
}

/** A fault is left to the collection, which meets it too and counts it: what was accepted is told as "already" later. */
async function askAll(
  deps: ChannelDeps,
  { channel, connectionId }: Connection,
  adapter: ChannelAdapter,
  keys: readonly string[],
): Promise<ActionResult[]> {
  try {
    return await adapter.acknowledge(keys)
  } catch (error) {
    if (!(error instanceof ChannelFault)) throw error
    deps.log.warn({ channel, connection: connectionId, code: error.code, said: error.said }, error.message)
    return []
  }
}

function remember(refused: Refused, results: readonly ActionResult[], until: number): void {
  for (const { key, outcome } of results) {
    if (outcome === 'refused' || outcome === 'unknown') refused.set(key, until)
    else refused.delete(key)
  }
  for (const key of refused.keys()) {
    if (refused.size <= REFUSED_MAX) return
    refused.delete(key)
  }
}
