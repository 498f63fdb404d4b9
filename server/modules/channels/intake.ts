import type { Tx } from '../../kernel/db.ts'
import { isAhead } from '../orders/index.ts'
import {
  CHANNEL_FAULTS,
  type ChannelAdapter,
  ChannelFault,
  type ChannelOrder,
  type ChannelOrderLine,
  type Collected,
} from './adapter.ts'
import { transaction } from './again.ts'
import { tellAlarms } from './alarms.ts'
import { isUnhealthy } from './allocation/policies.ts'
import { checkUnpaid, learn, unpaidLines } from './assumptions.ts'
import type { Connection } from './connection.ts'
import {
  collectionDone,
  collectionFailed,
  collectionIn,
  leaseCollection,
  noteFault,
  renewCollection,
} from './connection-queries.ts'
import { readConnection } from './connections.ts'
import type { ChannelDeps } from './deps.ts'
import { whileHeld } from './lease.ts'
import { clockErrorOf } from './listing.ts'
import { markConnection } from './markers.ts'
import { joinToldClaims, recordToldClaims } from './record-claims.ts'
import { recordChanges, recordNewOrders } from './record-orders.ts'
import { settleListings } from './settle.ts'
import { heedParcels } from './tell-shipments.ts'
import { HINTS_APART_MS } from './topics.ts'
import { endBackOffs } from './unit-queries.ts'

/** Orders recorded in one transaction. */
const CHUNK = 50
/** Everything of a connection waits for its collection, so that after an outage no long pause may be left. */
const FAILED_LONGEST_MS = 8_000
/** A key that was refused, an address that is blocked: asking more often makes it worse. */
const PARKED_AGAIN_MS = 60_000
const LONGEST_REST_MS = 5_000
/** Half a poll was too long: a collection that fell due between two statements waited for it, its webhook told and all. */
const DUE_AGAIN_MS = 100

/**
 * Collects a connection's orders once, if it is due and nobody else is at it: read, record, and only then move the
 * cursor and the mark "complete up to". Killed anywhere, the next collection reads the same orders again and records
 * each once. Answers ms until it wants to run again.
 */
export async function collectOrders(
  deps: ChannelDeps,
  connection: Connection,
  adapter: ChannelAdapter,
  flush: () => Promise<void>,
): Promise<number> {
  const { company, connectionId } = connection
  const pollMs = Number(connection.settings.pollMs ?? deps.pollMs)
  const started = await deps.db.transaction([company], async (tx) => {
    const lease = tx.newId()
    const due = await leaseCollection(tx, connection, lease)
    if (due === null) return collectionIn(tx, company, connectionId)
    const fresh = await readConnection(tx, company, connectionId)
    return fresh ? { lease, due, fresh, databaseNow: await tx.now(), ourNow: deps.clock.now() } : 0
  })
  // A hint may have made it due before the next poll. Due and yet not ours, it became due just now, or is another's.
  if (typeof started === 'number') return Math.min(pollMs / 2, started > 0 ? started : DUE_AGAIN_MS)
  const renew = () => deps.db.transaction([company], (tx) => renewCollection(tx, company, connectionId, started.lease))
  return whileHeld(deps.clock, renew, () => collectLeased(deps, started, adapter, flush, pollMs))
}

type Started = { lease: string; due: string; fresh: Connection; databaseNow: number; ourNow: number }

async function collectLeased(
  deps: ChannelDeps,
  started: Started,
  adapter: ChannelAdapter,
  flush: () => Promise<void>,
  pollMs: number,
): Promise<number> {
  const { lease, due, fresh } = started
  const { company, connectionId } = fresh
  const begun = deps.clock.monotonic()
  try {
    const collected = await adapter.collectOrders(fresh.cursor)
    const lateness: number[] = []
    await recordAll(deps, fresh, collected, lateness)
    await watchUnpaid(deps, fresh, collected.orders)
    await recordToldClaims(deps, fresh, collected.claims)
    // The adapter counts by our clock, the rights by the database's: the same instant, told in the other's time.
    const begunAt = collected.begunAt + (started.databaseNow - started.ourNow)
    await heedParcels(deps, fresh, collected.orders, begunAt)
    // The clock error is kept back as well: a read made now must begin after the mark to replace anything.
    const mark = begunAt - fresh.feedLatenessMs - clockErrorOf(fresh) - 1
    const collectedUpTo = Math.max(fresh.collectedUpTo, mark)
    await settleListings(deps, { ...fresh, collectedUpTo })
    // As long a rest as the collection took: where few calls a second are allowed for all, half is left for stock.
    const restMs = Math.min(LONGEST_REST_MS, deps.clock.monotonic() - begun)
    const againInMs = Math.max(pollMs, restMs)
    const hintedAgainInMs = Math.min(againInMs, Math.max(HINTS_APART_MS, restMs))
    const wasHinted = await transaction(deps.db, company, async (tx) => {
      // Units before the connection's row, as pushes have them.
      const standing = await readConnection(tx, company, connectionId)
      if (standing && standing.failures > 0) endBackOffs(tx, company, connectionId)
      if (standing) learn(tx, { before: fresh, standing }, lateness, await tx.now())
      const done = { cursor: collected.next, collectedUpTo, againInMs, due, hintedAgainInMs }
      const before = await collectionDone(tx, fresh, lease, done)
      // While it could not be written to nothing was planned for it; and a larger buffer ends.
      const wasUnhealthy = standing !== null && isUnhealthy(standing.lastSuccessAt, await tx.now())
      if (before && (before.failures > 0 || before.parked || wasUnhealthy)) markConnection(tx, company, connectionId)
      return before?.hinted ?? false
    })
    await flush()
    return wasHinted ? hintedAgainInMs : againInMs
  } catch (error) {
    await flush()
    return collectionFault(deps, fresh, lease, error)
  }
}

/**
 * Cancels of orders we know come first: who bought the unit that came back must find it. Then the new orders, each
 * chunk with what has happened to them already, and the claims that came before them.
 */
export async function recordAll(
  deps: ChannelDeps,
  connection: Connection,
  collected: Collected,
  lateness: number[] = [],
): Promise<void> {
  const oldestFirst = onceEach(collected.orders).sort(
    (a, b) => a.orderedAt - b.orderedAt || (a.externalId < b.externalId ? -1 : 1),
  )
  const chunks: ChannelOrder[][] = []
  for (let from = 0; from < oldestFirst.length; from += CHUNK) chunks.push(oldestFirst.slice(from, from + CHUNK))
  for (const chunk of chunks) await recordChanges(deps, connection, chunk)
  for (const chunk of chunks) {
    if ((await recordNewOrders(deps, connection, chunk, lateness)) === 0) continue
    await recordChanges(deps, connection, chunk)
    await joinToldClaims(deps, connection, chunk)
  }
}

async function watchUnpaid(deps: ChannelDeps, connection: Connection, orders: readonly ChannelOrder[]): Promise<void> {
  if (unpaidLines(orders).length === 0) return
  const { company } = connection
  tellAlarms(deps.log, await transaction(deps.db, company, (tx) => checkUnpaid(tx, connection, orders)))
}

/** An order told twice in one collection, or in parts, is one order; of a line told twice the newer word counts. */
export function onceEach(orders: readonly ChannelOrder[]): ChannelOrder[] {
  const byId = new Map<string, ChannelOrder>()
  for (const order of orders) {
    const known = byId.get(order.externalId)
    const lines = new Map((known?.lines ?? []).map((line) => [line.lineKey, line]))
    for (const line of order.lines) {
      const other = lines.get(line.lineKey)
      lines.set(line.lineKey, other ? newer(other, line) : line)
    }
    byId.set(order.externalId, { ...(known && known.address !== null ? known : order), lines: [...lines.values()] })
  }
  return [...byId.values()]
}

/** Cancels only grow. */
function newer(a: ChannelOrderLine, b: ChannelOrderLine): ChannelOrderLine {
  const isLater = b.changedAt - a.changedAt || (isAhead(b.state, a.state) ? 1 : 0)
  const line = isLater > 0 ? b : a
  const state = a.state === 'cancelled' || b.state === 'cancelled' ? 'cancelled' : line.state
  return { ...line, state, cancelled: Math.max(a.cancelled, b.cancelled) }
}

/** Twice the longest pause between two attempts, so that one of them falls into it. */
const NEWLY_MS = 2 * FAILED_LONGEST_MS

/** Its buffer grows now, and no sale need happen for that. */
const isNewlyUnhealthy = ({ policy, lastSuccessAt }: Connection, now: number): boolean =>
  policy === 'buffered' && isUnhealthy(lastSuccessAt, now) && !isUnhealthy(lastSuccessAt, now - NEWLY_MS)

async function collectionFault(
  deps: ChannelDeps,
  connection: Connection,
  lease: string,
  error: unknown,
): Promise<number> {
  const fault = error instanceof ChannelFault ? error : null
  const { asks } = CHANNEL_FAULTS[fault?.code ?? 'unknown']
  const pollMs = Number(connection.settings.pollMs ?? deps.pollMs)
  const backoffMs = Math.min(FAILED_LONGEST_MS, pollMs * 2 ** Math.min(connection.failures, 6))
  const jittered = backoffMs * (0.5 + deps.random.next() / 2)
  const againInMs = fault?.pauseMs ?? (asks === 'park_connection' ? PARKED_AGAIN_MS : jittered)
  await deps.db.transaction([connection.company], async (tx: Tx) => {
    collectionFailed(tx, connection, lease, againInMs)
    if (isNewlyUnhealthy(connection, await tx.now())) markConnection(tx, connection.company, connection.connectionId)
    if (fault) {
      noteFault(tx, connection, {
        code: fault.code,
        said: fault.said,
        why: fault.why,
        counts: asks !== 'pause' && asks !== 'pause_connection',
        parks: asks === 'park_connection',
      })
    }
  })
  const fields = { channel: connection.channel, connection: connection.connectionId }
  if (fault)
    deps.log.warn({ ...fields, code: fault.code, said: fault.said, why: fault.why }, CHANNEL_FAULTS[fault.code].means)
  else deps.log.error({ ...fields, err: error }, 'orders were read but could not be recorded')
  return againInMs
}
