import type { Topic, Tx } from '../../kernel/db.ts'
import { applyStock, type Missing, type ReserveRequest, type StockOutcome } from '../inventory/index.ts'
import * as sql from './queries.ts'
import type { LineState } from './states.ts'

/** Told once per transaction and company that took orders. */
export const ordersTaken: Topic<{ company: string }> = { topic: 'orders.taken' }

export type NewOrder = {
  company: string
  /** Also the id of its reservation. */
  orderId: string
  /** From openOrderNumbers; wasted when the order turns out to be a repeat. */
  number: string
  /** naver, coupang, api, replay, … */
  channel: string
  connectionId: string | null
  /** The order's name at its source, unique there: asking twice takes it once. */
  externalId: string
  actor: string
  whenShort: 'refuse' | 'record'
  /** Checkout: stock is held this many ms and the order is pending. Null: paid, stock is firm. */
  holdForMs: number | null
  drawsOn: 'free' | 'rights'
  currency: string
  shippingFee: number
  discount: number
  tax: number
  buyerName: string
  shippingAddress: unknown
  billingAddress: unknown
  country: string | null
  /** Epoch ms. */
  orderedAt: number
  paidAt: number | null
  shipBy: number | null
  /** Candidates, best first. */
  warehouses: readonly string[]
  lines: readonly NewLine[]
  /** Of an order that a request of the API brought: what its repeat is recognised and answered by. */
  request?: OrderRequest
}

/** The caller's Idempotency-Key with whose it is, where there was one, and a hash of everything the request said. */
export type OrderRequest = { key: string | null; hash: string }

/** What the first answer said that the order itself does not keep. Epoch ms. */
export type FirstAnswer = { short: Missing[]; expiresAt: number | null }

/** Names, price and state as sold: a later change of the product changes no order. */
export type NewLine = {
  /** Null: the listing is not mapped yet; the line holds nothing. */
  variantId: string | null
  sku: string | null
  listingId: string | null
  /** Units of the variant one sold unit takes: 2 for 1+1. */
  multiplier: number
  /** What one unit of the variant takes: itself, or a set's components. Empty while unmapped. */
  takes: readonly { variantId: string; quantity: number; margin: number }[]
  productName: string
  variantName: string
  unitPrice: number
  quantity: number
  state: LineState
  externalLineKey: string | null
  actionKey: string | null
}

export type TakeOutcome =
  | { kind: 'taken'; orderId: string; number: string; short: Missing[]; expiresAt: number | null }
  | { kind: 'already'; orderId: string; number: string }
  /** Nothing was written. */
  | { kind: 'short'; missing: Missing[] }
  /** The external id is known with other lines; nothing was written. */
  | { kind: 'conflict' }

/**
 * Takes orders: repeat check, snapshots and stock in one transaction. Each happens whole or not at all, and an order
 * that is refused changes nothing for its neighbours in the batch.
 */
export async function takeOrders(tx: Tx, orders: readonly NewOrder[]): Promise<TakeOutcome[]> {
  const snapshots = sql.snapshotsOf(orders)
  return writeOrders(tx, snapshots, await applyStock(tx, orders.map(reservationFor)))
}

export const sourceOf = (order: Pick<NewOrder, 'connectionId' | 'channel'>): string =>
  order.connectionId ?? order.channel

export function reservationFor(order: NewOrder): ReserveRequest {
  return {
    verb: 'reserve',
    company: order.company,
    source: sourceOf(order),
    ref: order.externalId,
    actor: order.actor,
    reservationId: order.orderId,
    whenShort: order.whenShort,
    holdForMs: order.holdForMs,
    drawsOn: order.drawsOn,
    replaces: null,
    shipBy: order.shipBy,
    lines: linesToReserve(order.lines, order.warehouses),
  }
}

/** Line numbers are the lines' places in the order, from 1. */
export function linesToReserve(
  lines: readonly Pick<NewLine, 'takes' | 'quantity' | 'multiplier'>[],
  warehouses: readonly string[],
  firstLineNo = 1,
): ReserveRequest['lines'] {
  return lines.flatMap((line, i) =>
    line.takes.map((part) => ({
      lineNo: firstLineNo + i,
      variantId: part.variantId,
      quantity: line.quantity * line.multiplier * part.quantity,
      warehouses,
      margin: part.margin,
    })),
  )
}

/** Writes the orders whose stock was taken; `outcomes` are those of reservationFor, in order. */
export async function writeOrders(
  tx: Tx,
  snapshots: sql.Snapshots,
  outcomes: readonly StockOutcome[],
): Promise<TakeOutcome[]> {
  const { orders } = snapshots
  const taken = orders.flatMap((order, i) => decided(order, outcomes[i]!) ?? [])
  if (taken.length > 0) {
    if (taken.length === orders.length && taken.every(isWhole)) sql.insertSnapshots(tx, snapshots)
    else insertDecided(tx, taken)
    for (const { order } of taken) tx.announce(ordersTaken, order.company, { company: order.company })
  }
  const known = outcomes.flatMap((outcome, i) =>
    outcome.kind === 'already' ? [{ company: orders[i]!.company, orderId: outcome.reservationId! }] : [],
  )
  const numbers = known.length > 0 ? await sql.numbersOf(tx, known) : new Map<string, string>()
  return orders.map((order, i) => outcomeOf(order, outcomes[i]!, numbers))
}

/** Null: nothing is written of it. The answer is kept only where it says something: most orders are paid and whole. */
function decided(order: NewOrder, outcome: StockOutcome): sql.DecidedOrder | null {
  if (outcome.kind === 'held') {
    return { order, short: false, answer: order.request ? { short: [], expiresAt: outcome.expiresAt } : null }
  }
  if (outcome.kind !== 'firm') return null
  const short = outcome.short.length > 0
  return { order, short, answer: short && order.request ? { short: outcome.short, expiresAt: null } : null }
}

const isWhole = ({ short, answer }: sql.DecidedOrder): boolean => !short && answer === null

function insertDecided(tx: Tx, taken: readonly sql.DecidedOrder[]): void {
  sql.insertOrders(tx, taken)
  sql.insertLines(
    tx,
    taken.flatMap(({ order }) => order.lines.map((line, i) => ({ order, line, lineNo: i + 1 }))),
  )
}

function outcomeOf(order: NewOrder, outcome: StockOutcome, numbers: ReadonlyMap<string, string>): TakeOutcome {
  const { orderId, number } = order
  switch (outcome.kind) {
    case 'held':
      return { kind: 'taken', orderId, number, short: [], expiresAt: outcome.expiresAt }
    case 'firm':
      return { kind: 'taken', orderId, number, short: outcome.short, expiresAt: null }
    case 'already': {
      const known = outcome.reservationId!
      return { kind: 'already', orderId: known, number: numbers.get(known) ?? '' }
    }
    case 'short':
    case 'conflict':
      return outcome
    default:
      throw new Error(`reserve answered ${outcome.kind}`)
  }
}
