import type { Topic, Tx } from '../../kernel/db.ts'
import { applyStock, type LinePart, type Missing, type StockOutcome, type StockRequest } from '../inventory/index.ts'
import * as sql from './queries.ts'
import { isAhead, type LineState, stateOfOrder } from './states.ts'
import { linesToReserve, type NewLine, type NewOrder, ordersTaken, sourceOf } from './take-orders.ts'

/** One line of an order as the marketplace and we know it. */
export type KnownLine = {
  company: string
  orderId: string
  lineNo: number
  reservationId: string
  connectionId: string | null
  channel: string
  externalId: string
  externalLineKey: string | null
  actionKey: string | null
  variantId: string | null
  listingId: string | null
  sku: string | null
  multiplier: number
  quantity: number
  cancelled: number
  shipped: number
  state: LineState
}

export type LineAt = { company: string; orderId: string; lineNo: number }

/** Told once per transaction and line that has reached its buyer. */
export const linesDelivered: Topic<LineAt> = { topic: 'orders.lines_delivered' }

/** Lines by their marketplace keys; unknown ones are missing from the answer. */
export const readLines = (
  tx: Tx,
  company: string,
  connectionId: string,
  keys: readonly string[],
): Promise<KnownLine[]> => (keys.length === 0 ? Promise.resolve([]) : sql.linesByKey(tx, company, connectionId, keys))

/** What one line takes per sold unit, from the caller who knows the catalog: component variants and quantities. */
type Takes = readonly { variantId: string; quantity: number }[]

/**
 * Cancels so many units in all (`cancelled` is cumulative, as marketplaces tell it), and gives their stock back once.
 * Units that have been shipped are not cancelled. Answers what each line gave back, in sold units.
 */
export async function cancelLines(
  tx: Tx,
  actor: string,
  cancels: readonly { line: KnownLine; cancelled: number; takes: Takes }[],
): Promise<number[]> {
  const fresh = new Map(
    (
      await sql.lockLines(
        tx,
        cancels.map(({ line }) => line),
      )
    ).map((line) => [lineId(line), line]),
  )
  const given = cancels.map(({ line, cancelled }) => {
    const now = fresh.get(lineId(line))!
    return Math.max(0, Math.min(cancelled, now.quantity - now.shipped) - now.cancelled)
  })
  const requests = cancels.flatMap(({ line, takes }, i) =>
    given[i]! > 0 && takes.length > 0
      ? [releaseOf(line, takes, given[i]!, fresh.get(lineId(line))!.cancelled, actor)]
      : [],
  )
  await applyStock(tx, requests)
  const changed = cancels.flatMap(({ line }, i) => {
    const now = fresh.get(lineId(line))!
    const cancelled = now.cancelled + given[i]!
    if (given[i] === 0) return []
    return [{ ...now, cancelled, state: stateAfterCancel({ ...now, cancelled }) }]
  })
  await writeStates(tx, changed)
  return given
}

/** What had been shipped of a line is all of it, once the rest is cancelled. */
function stateAfterCancel({ quantity, cancelled, shipped, state }: KnownLine): LineState {
  if (cancelled === quantity) return 'cancelled'
  return shipped > 0 && cancelled + shipped === quantity && isAhead('shipped', state) ? 'shipped' : state
}

const lineId = (line: LineAt): string => `${line.orderId}/${line.lineNo}`

function releaseOf(line: KnownLine, takes: Takes, units: number, before: number, actor: string): StockRequest {
  const [source, ref] = referenceOf(line)
  return {
    verb: 'release',
    company: line.company,
    source,
    ref,
    actor,
    once: `cancel/${line.lineNo}/${before}+${units}`,
    lines: partsOf(line, takes, units),
  }
}

const partsOf = (line: KnownLine, takes: Takes, units: number): LinePart[] =>
  takes.map(({ variantId, quantity }) => ({
    lineNo: line.lineNo,
    variantId,
    quantity: units * line.multiplier * quantity,
  }))

/** A line that came with its order shares the order's reservation; one that came later has its own. */
function referenceOf(line: KnownLine): [source: string, ref: string] {
  const source = line.connectionId ?? line.channel
  return [
    source,
    line.reservationId === line.orderId ? line.externalId : lateRef(line.externalId, line.externalLineKey!),
  ]
}

const lateRef = (externalId: string, lineKey: string): string => `${externalId}/${lineKey}`

/** Moves lines forward; a state that is not ahead of the line's own changes nothing. */
export async function advanceLines(tx: Tx, changes: readonly { line: LineAt; state: LineState; actionKey?: string }[]) {
  const fresh = new Map(
    (
      await sql.lockLines(
        tx,
        changes.map(({ line }) => line),
      )
    ).map((line) => [lineId(line), line]),
  )
  const changed = changes.flatMap(({ line, state, actionKey }) => {
    const now = fresh.get(lineId(line))
    if (!now || now.state === 'cancelled' || now.state === 'expired') return []
    const next = { ...now, state: isAhead(state, now.state) ? state : now.state, actionKey: actionKey ?? now.actionKey }
    return next.state === now.state && next.actionKey === now.actionKey ? [] : [next]
  })
  await writeStates(tx, changed)
}

/** paid → acknowledged (발주확인). */
export const acknowledgeLines = (tx: Tx, lines: readonly LineAt[]): Promise<void> =>
  advanceLines(
    tx,
    lines.map((line) => ({ line, state: 'acknowledged' as const })),
  )

/**
 * Ships so many units of these lines, or with null what is left of them: stock leaves the warehouses their reservations
 * name. A line is shipped when nothing of it is left. Each line at most once a call.
 */
export async function shipLines(
  tx: Tx,
  actor: string,
  ships: readonly { line: KnownLine; takes: Takes; quantity?: number | null }[],
): Promise<StockOutcome[]> {
  const fresh = new Map(
    (
      await sql.lockLines(
        tx,
        ships.map(({ line }) => line),
      )
    ).map((line) => [lineId(line), line]),
  )
  const open = ships.map(({ line }) => {
    const now = fresh.get(lineId(line))!
    return now.quantity - now.cancelled - now.shipped
  })
  const leaving = ships.map(({ quantity = null }, i) => Math.min(quantity ?? open[i]!, open[i]!))
  const requests = ships.map(({ line, takes }, i): StockRequest => {
    const [source, ref] = referenceOf(line)
    const once = `ship/${line.lineNo}/${fresh.get(lineId(line))!.shipped}+${leaving[i]}`
    return { verb: 'ship', company: line.company, source, ref, actor, once, lines: partsOf(line, takes, leaving[i]!) }
  })
  const outcomes = await applyStock(tx, requests)
  const changed = ships.flatMap(({ line }, i) => {
    if (outcomes[i]!.kind !== 'shipped' || leaving[i] === 0) return []
    const now = fresh.get(lineId(line))!
    const state = leaving[i] === open[i] ? ('shipped' as const) : now.state
    return [{ ...now, shipped: now.shipped + leaving[i]!, state }]
  })
  await writeStates(tx, changed)
  return outcomes
}

/** Writes lines and what their orders' states become. */
async function writeStates(tx: Tx, lines: readonly KnownLine[]): Promise<void> {
  if (lines.length === 0) return
  sql.updateLines(tx, lines)
  for (const { company, orderId, lineNo, state } of lines) {
    // An exchange or a buyer's confirmation completes a line that nobody called delivered.
    if (state !== 'delivered' && state !== 'completed') continue
    tx.announce(linesDelivered, `${orderId}/${lineNo}`, { company, orderId, lineNo })
  }
  await refreshStates(tx, lines)
}

/** Makes orders' states follow their lines. */
export async function refreshStates(tx: Tx, of: readonly { company: string; orderId: string }[]): Promise<void> {
  const orders = new Map(of.map(({ company, orderId }) => [orderId, { company, orderId }]))
  const states = await sql.lineStates(tx, [...orders.values()])
  sql.updateOrderStates(
    tx,
    [...orders.values()].map((order) => ({ ...order, state: stateOfOrder(states.get(order.orderId) ?? []) })),
  )
  for (const { company } of orders.values()) tx.announce(ordersTaken, company, { company })
}

/**
 * Adds a line the marketplace told us of after its order (a page border ran through the checkout): recorded like the
 * order itself, on a reservation of its own. Answers what is missing.
 */
export async function addLines(
  tx: Tx,
  additions: readonly { order: NewOrder; orderId: string; line: NewLine; lineNo: number }[],
): Promise<Missing[][]> {
  const requests = additions.map(({ order, line, lineNo }): StockRequest & { verb: 'reserve' } => ({
    verb: 'reserve',
    company: order.company,
    source: sourceOf(order),
    ref: lateRef(order.externalId, line.externalLineKey!),
    actor: order.actor,
    reservationId: tx.newId(),
    whenShort: 'record',
    holdForMs: null,
    drawsOn: order.drawsOn,
    replaces: null,
    shipBy: order.shipBy,
    lines: linesToReserve([line], order.warehouses, lineNo),
  }))
  const outcomes = await applyStock(tx, requests)
  const written = additions.flatMap((addition, i) => {
    const reservationId = requests[i]!.reservationId
    return outcomes[i]!.kind === 'firm' ? [{ ...addition, reservationId }] : []
  })
  if (written.length > 0) {
    sql.insertLines(tx, written)
    sql.addToTotals(tx, written)
    await refreshStates(
      tx,
      written.map(({ order: { company }, orderId }) => ({ company, orderId })),
    )
  }
  return outcomes.map((outcome) => (outcome.kind === 'firm' ? outcome.short : []))
}

/**
 * Gives waiting lines of a listing their variant, once somebody has mapped it, and takes their stock as the orders
 * would have: nothing is refused, what is missing is recorded.
 */
export async function mapLines(
  tx: Tx,
  actor: string,
  mappings: readonly {
    line: KnownLine
    variantId: string
    sku: string
    listingId: string
    multiplier: number
    takes: Takes
  }[],
  warehouses: readonly string[],
): Promise<StockOutcome[]> {
  const requests = mappings.map(({ line, takes, multiplier }): StockRequest & { verb: 'reserve' } => ({
    verb: 'reserve',
    company: line.company,
    source: line.connectionId ?? line.channel,
    ref: lateRef(line.externalId, line.externalLineKey!),
    actor,
    reservationId: tx.newId(),
    whenShort: 'record',
    holdForMs: null,
    drawsOn: 'rights',
    replaces: null,
    shipBy: null,
    lines: linesToReserve(
      [{ takes: takes.map((part) => ({ ...part, margin: 0 })), quantity: line.quantity - line.cancelled, multiplier }],
      warehouses,
      line.lineNo,
    ),
  }))
  const outcomes = await applyStock(tx, requests)
  const mapped = mappings.flatMap((mapping, i) =>
    outcomes[i]!.kind === 'firm' ? [{ ...mapping, reservationId: requests[i]!.reservationId }] : [],
  )
  if (mapped.length > 0) {
    sql.mapLines(tx, mapped)
    sql.refreshUnmapped(
      tx,
      mapped.map(({ line }) => line),
    )
  }
  return outcomes
}

/** Lines of a listing that have no variant, oldest first, at most `most`. */
export const waitingLines = (tx: Tx, company: string, listingId: string, most: number): Promise<KnownLine[]> =>
  sql.waitingLines(tx, company, listingId, most)

/** Listings with such lines, by id, those after `after`. */
export const listingsWaitedFor = (tx: Tx, company: string, after: string | null, most: number): Promise<string[]> =>
  sql.listingsWaitedFor(tx, company, after, most)

/**
 * Paid lines of a connection that may be accepted at the marketplace: every unit of their order is reserved and mapped.
 * A short order, and a line with an open claim, is left for a person, since accepting it makes cancelling harder.
 */
export const linesToAcknowledge = (tx: Tx, company: string, connectionId: string, most: number): Promise<KnownLine[]> =>
  sql.linesToAcknowledge(tx, company, connectionId, most)
