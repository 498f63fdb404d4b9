import { type KnownLine, readLines } from '../orders/index.ts'
import { type ChannelAdapter, ChannelFault, type ChannelOrder, type ChannelOrderLine } from './adapter.ts'
import { transaction } from './again.ts'
import type { Connection } from './connection.ts'
import { readConnection } from './connections.ts'
import type { ChannelDeps } from './deps.ts'
import { onceEach, recordAll } from './intake.ts'
import * as sql from './reconciliation-queries.ts'
import { cancelledOf, isBought } from './record-orders.ts'

const DAY_MS = 24 * 3_600_000
/** A comparison that could not be made is made again after this long. */
const FAILED_AGAIN_MS = 3_600_000
const LOOK_AGAIN_MS = 60_000
/** Lines looked up in one transaction. */
const LINES_MAX = 500
/** Rows kept of one comparison; the counts tell of all. */
const FINDINGS_MAX = 500

/**
 * Once a day the orders of the past days are asked for again from the channel's own lists, as if by somebody new, and
 * compared with our books: what we were never told is recorded, what differs is told in rows. Only what lies before
 * the mark up to which everything should have been recorded is compared; the rest is the ordinary collection's, whose
 * cursor, memory and turn in the call budget stay as they are. Answers ms until it wants to look again.
 */
export async function reconcileOrders(
  deps: ChannelDeps,
  connection: Connection,
  openAdapter: () => ChannelAdapter,
): Promise<number> {
  const { company, connectionId } = connection
  const everyMs = Number(connection.settings.reconcileEveryMs ?? DAY_MS)
  const adapter = openAdapter()
  const begun = await transaction(deps.db, company, async (tx) => {
    if (!(await sql.leaseReconciliation(tx, company, connectionId, everyMs))) return null
    const fresh = await readConnection(tx, company, connectionId)
    if (!fresh) return null
    const span = { lookbackMs: adapter.capabilities.firstLookbackMs, comparedUpTo: fresh.collectedUpTo }
    return { fresh, id: sql.beginReconciliation(tx, company, connectionId, span) }
  })
  if (!begun) return Math.min(LOOK_AGAIN_MS, everyMs / 2)
  const { result, findings } = await compared(deps, begun.fresh, adapter)
  const againInMs = result.result === 'failed' ? Math.min(FAILED_AGAIN_MS, everyMs) : everyMs
  await transaction(deps.db, company, async (tx) => {
    sql.insertFindings(tx, company, begun.id, findings.slice(0, FINDINGS_MAX))
    sql.endReconciliation(tx, company, begun.id, result)
    sql.reconcileAgain(tx, company, connectionId, againInMs)
  })
  const told = { channel: connection.channel, connection: connectionId, ...result }
  if (result.result !== 'equal') deps.log.warn(told, 'the daily comparison of orders found differences or failed')
  return Math.min(LOOK_AGAIN_MS, againInMs)
}

const NOTHING = { ordersTold: 0, linesTold: 0, linesLate: 0, linesDiffering: 0, fault: null, faultSaid: null }

type Compared = { result: sql.ReconciliationResult; findings: sql.Finding[] }

async function compared(deps: ChannelDeps, connection: Connection, adapter: ChannelAdapter): Promise<Compared> {
  try {
    const collected = await adapter.collectOrders(null)
    const orders = onceEach(collected.orders)
    const findings = await findDifferences(deps, connection, orders)
    const wanting = new Set(findings.filter(({ recorded }) => recorded).map(({ externalId }) => externalId))
    const missed = orders.filter(({ externalId }) => wanting.has(externalId))
    await recordAll(deps, connection, { ...collected, orders: missed })
    const linesLate = findings.filter(({ kind }) => kind === 'late').length
    const result = {
      ...{ ...NOTHING, result: findings.length === 0 ? ('equal' as const) : ('differed' as const) },
      ...{ ordersTold: orders.length, linesTold: orders.reduce((sum, { lines }) => sum + lines.length, 0) },
      ...{ linesLate, linesDiffering: findings.length - linesLate },
    }
    return { result, findings }
  } catch (error) {
    // A fault here is no news of the connection: the ordinary collection meets it too, and counts it.
    if (!(error instanceof ChannelFault)) throw error
    return { result: { ...NOTHING, result: 'failed', fault: error.code, faultSaid: error.said }, findings: [] }
  }
}

async function findDifferences(
  deps: ChannelDeps,
  connection: Connection,
  orders: readonly ChannelOrder[],
): Promise<sql.Finding[]> {
  const { company, connectionId } = connection
  const told = orders.flatMap(({ externalId, lines }) => lines.map((line) => ({ externalId, line })))
  const findings: sql.Finding[] = []
  for (let from = 0; from < told.length; from += LINES_MAX) {
    const part = told.slice(from, from + LINES_MAX)
    const keys = part.map(({ line }) => line.lineKey)
    const known = await deps.db.transaction([company], (tx) => readLines(tx, company, connectionId, keys))
    const byKey = new Map(known.map((line) => [line.externalLineKey, line]))
    for (const { externalId, line } of part) {
      const found = differenceOf(line, byKey.get(line.lineKey), connection)
      if (found) findings.push({ externalId, lineKey: line.lineKey, ...found })
    }
  }
  return findings
}

type Difference = Omit<sql.Finding, 'externalId' | 'lineKey'>

/** What the ordinary collection should have told us by now and did not; null when the line is as it should be. */
export function differenceOf(
  line: ChannelOrderLine,
  ours: Pick<KnownLine, 'quantity' | 'cancelled'> | undefined,
  connection: Connection,
): Difference | null {
  const { collectedUpTo } = connection
  if (!ours) {
    const isMissing = isBought(line, connection) && line.soldAt <= collectedUpTo
    return isMissing ? { kind: 'late', ours: null, theirs: line.quantity, recorded: true } : null
  }
  if (line.quantity !== ours.quantity) {
    return { kind: 'quantity', ours: ours.quantity, theirs: line.quantity, recorded: false }
  }
  const theirs = cancelledOf(line)
  if (theirs === ours.cancelled || line.changedAt > collectedUpTo) return null
  return { kind: 'cancelled', ours: ours.cancelled, theirs, recorded: theirs > ours.cancelled }
}
