import type { Tx } from '../../kernel/db.ts'
import type { PluralVerb } from '../../kernel/group-commit.ts'
import { applyStock, fingerprintOf, type StockOutcome, type StockRequest } from '../inventory/index.ts'
import * as sql from './queries.ts'
import { ordersUnderUsedKeys } from './request-keys.ts'
import { type NewOrder, reservationFor, sourceOf, type TakeOutcome, writeOrders } from './take-orders.ts'

/** What shares a lane: orders and plain stock verbs, so that all that touches a SKU is decided in one order. */
export type OrderLaneRequest = { order: NewOrder } | { stock: StockRequest }
export type OrderLaneOutcome = TakeOutcome | StockOutcome

const stockOf = (request: OrderLaneRequest): StockRequest =>
  'order' in request ? reservationFor(request.order) : request.stock

async function run(tx: Tx, requests: readonly OrderLaneRequest[]): Promise<OrderLaneOutcome[]> {
  const refused = await ordersUnderUsedKeys(tx, requests)
  if (refused.size === 0) return take(tx, requests)
  const taken = await take(
    tx,
    requests.filter((request) => !refused.has(request)),
  )
  let next = 0
  return requests.map((request) => (refused.has(request) ? { kind: 'conflict' } : taken[next++]!))
}

async function take(tx: Tx, requests: readonly OrderLaneRequest[]): Promise<OrderLaneOutcome[]> {
  const stock = applyStock(tx, requests.map(stockOf))
  // An order that cannot be written down fails first; then nobody waits for its stock any more.
  stock.catch(() => {})
  // While PostgreSQL locks, what does not depend on its answer is written down.
  const places = requests.flatMap((request, i) => ('order' in request ? [i] : []))
  const snapshots = sql.snapshotsOf(places.map((i) => (requests[i] as { order: NewOrder }).order))
  const outcomes = await stock
  const taken = await writeOrders(
    tx,
    snapshots,
    places.map((i) => outcomes[i]!),
  )
  const answers: OrderLaneOutcome[] = [...outcomes]
  places.forEach((place, i) => {
    answers[place] = taken[i]!
  })
  return answers
}

/** After a lost COMMIT: an order that is there was taken. Stock verbs are safe to repeat, so they are. */
export async function lookUpOrders(
  tx: Tx,
  requests: readonly OrderLaneRequest[],
): Promise<(OrderLaneOutcome | null)[]> {
  const found = await sql.findOrders(
    tx,
    requests.flatMap((request) =>
      'order' in request ? [{ company: request.order.company, orderId: request.order.orderId }] : [],
    ),
  )
  return requests.map((request) => {
    if (!('order' in request)) return null
    const row = found.get(request.order.orderId)
    if (!row) return null
    const { orderId, number } = request.order
    return { kind: 'taken', orderId, number, short: row.short, expiresAt: row.expiresAt }
  })
}

export const orderLane: PluralVerb<OrderLaneRequest, OrderLaneOutcome> = {
  run,
  lookUp: lookUpOrders,
  companyOf: (request) => ('order' in request ? request.order.company : request.stock.company),
  referenceOf: (request) =>
    'order' in request
      ? `${request.order.company}/${sourceOf(request.order)}/${request.order.externalId}`
      : `${request.stock.company}/${request.stock.source}/${request.stock.ref}`,
  fingerprintOf: (request) => fingerprintOf(stockOf(request)),
  keysOf,
}

/** The variants it takes: who waits for the same level waits in one line. What names no line waits for its company. */
function keysOf(request: OrderLaneRequest): string[] {
  if ('order' in request) {
    const { lines } = request.order
    if (lines.length === 1 && lines[0]!.takes.length === 1) return [lines[0]!.takes[0]!.variantId]
    return [...new Set(lines.flatMap((line) => line.takes.map(({ variantId }) => variantId)))]
  }
  const { stock } = request
  if ('lines' in stock && stock.lines !== null) return [...new Set(stock.lines.map(({ variantId }) => variantId))]
  return [stock.company]
}
