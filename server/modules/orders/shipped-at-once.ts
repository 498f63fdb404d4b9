import type { Tx } from '../../kernel/db.ts'
import { applyStock, type LinePart, type Missing, type StockOutcome, type StockRequest } from '../inventory/index.ts'
import type { OrderLaneRequest } from './lane.ts'
import * as sql from './queries.ts'
import { insertShippedLines, type ShippedOrder } from './shipped-queries.ts'
import { type NewLine, type NewOrder, ordersTaken, reservationFor } from './take-orders.ts'

/** What came of one order; for a plain stock verb, its own outcome. */
export type ShippedOutcome =
  /** Lines that found all their units have left; `short` lines wait, what there was of them is reserved. */
  | { kind: 'taken'; short: Missing[] }
  | { kind: 'already' }
  /** The external id is known with other lines; nothing was written. */
  | { kind: 'conflict' }

/**
 * Takes orders that were paid and shipped before we heard of them (imports), together with the plain stock verbs that
 * happened between them: one decision in the order given, so that a return serves only those who come after it.
 * Lines that are complete leave at once; an incomplete line stays paid until its shortage is filled.
 */
export async function takeShippedOrders(
  tx: Tx,
  requests: readonly OrderLaneRequest[],
): Promise<(ShippedOutcome | StockOutcome)[]> {
  const asked = requests.flatMap((request) => ('order' in request ? takeAndShip(request.order) : [request.stock]))
  const told = await applyStock(tx, asked)
  let next = 0
  const outcomes = requests.map((request) => {
    const outcome = told[next]!
    next += 'order' in request ? 2 : 1
    return 'order' in request ? outcomeOf(outcome) : outcome
  })
  const taken = requests.flatMap((request, i) => {
    const outcome = outcomes[i]!
    if (!('order' in request) || outcome.kind !== 'taken') return []
    return [asShipped(request.order, (outcome as { short: Missing[] }).short)]
  })
  await shipCompleteLines(tx, taken)
  writeShipped(tx, taken)
  return outcomes
}

/** Shipping everything is refused as a whole where something is missing; then the complete lines ship by name. */
const takeAndShip = (order: NewOrder): StockRequest[] => {
  const reserve = reservationFor(order)
  const { company, source, ref, actor } = reserve
  return [reserve, { verb: 'ship', company, source, ref, actor, lines: null, once: null }]
}

function outcomeOf(outcome: StockOutcome): ShippedOutcome {
  if (outcome.kind === 'firm') return { kind: 'taken', short: outcome.short }
  if (outcome.kind === 'already' || outcome.kind === 'conflict') return { kind: outcome.kind }
  throw new Error(`reserve answered ${outcome.kind}`)
}

function asShipped(order: NewOrder, short: readonly Missing[]): ShippedOrder {
  const incomplete = new Set(short.map(({ lineNo }) => lineNo))
  const lines = order.lines.map((line, i): NewLine => ({ ...line, state: incomplete.has(i + 1) ? 'paid' : 'shipped' }))
  return {
    order: { ...order, lines },
    shipped: lines.map((line) => (line.state === 'shipped' ? line.quantity : 0)),
    isShort: short.length > 0,
  }
}

async function shipCompleteLines(tx: Tx, taken: readonly ShippedOrder[]): Promise<void> {
  const requests = taken.filter(({ isShort }) => isShort).flatMap(partialShipments)
  for (const outcome of await applyStock(tx, requests)) {
    if (outcome.kind !== 'shipped') throw new Error(`a complete line was answered ${outcome.kind}`)
  }
}

function partialShipments({ order, shipped }: ShippedOrder): StockRequest[] {
  const { company, source, ref, actor, lines } = reservationFor(order)
  const complete: LinePart[] = lines.filter(({ lineNo }) => shipped[lineNo - 1]! > 0)
  if (complete.length === 0) return []
  const parts = complete.map(({ lineNo, variantId, quantity }) => ({ lineNo, variantId, quantity }))
  return [{ verb: 'ship', company, source, ref, actor, lines: parts, once: 'ship/at-once' }]
}

function writeShipped(tx: Tx, taken: readonly ShippedOrder[]): void {
  if (taken.length === 0) return
  sql.insertOrders(
    tx,
    taken.map(({ order, isShort }) => ({ order, short: isShort, answer: null })),
  )
  insertShippedLines(tx, taken)
  for (const { order } of taken) tx.announce(ordersTaken, order.company, { company: order.company })
}
