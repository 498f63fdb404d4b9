import type { Topic, Tx } from '../../kernel/db.ts'
import { lockOrdersToShip, type OrderToShip, readyToShip, shipUnits } from '../orders/index.ts'
import { type Correction, decideShipment, type Leaving, type Refused } from './decide-shipment.ts'
import * as sql from './queries.ts'
import type { ShippingRules } from './rules.ts'
import { STRICTEST } from './rules.ts'

/** Told once per transaction and connection that has something new to be told. */
export const shipmentsToTell: Topic<{ connectionId: string }> = { topic: 'fulfilment.shipments_to_tell' }

export type NewShipment = {
  company: string
  /** The order's id or its number. */
  order: string
  actor: string
  /** One of jaego's codes; whoever asks has looked it up. */
  carrier: string
  /** Text: leading zeros count. */
  invoice: string
  /** Epoch ms. */
  shippedAt: number
  /** Null: whatever is open. A quantity of null: whatever is open of that line; in sold units. */
  lines: readonly { lineNo: number; quantity: number | null }[] | null
}

export type ShipOutcome =
  | { kind: 'shipped'; shipmentId: string; orderId: string }
  /** The same goods have left in the same parcel. */
  | { kind: 'already'; shipmentId: string; orderId: string }
  /** The goods had left; their parcel bears another carrier or invoice from now on. */
  | { kind: 'corrected'; shipmentId: string; orderId: string }
  | Refused

/**
 * Sends parcels: goods leave the warehouses their reservations name, through the ledger; lines and orders move forward;
 * what a marketplace must be told waits to be told. Each parcel goes whole or not at all, and one that is refused
 * changes nothing for its neighbours.
 *
 * Throws an error that asks for the transaction to be repeated when a count took goods away in the same moment.
 */
export async function shipLines(
  tx: Tx,
  rules: ShippingRules,
  shipments: readonly NewShipment[],
): Promise<ShipOutcome[]> {
  const outcomes: ShipOutcome[] = []
  // Parcels of one order are decided one after the other, since the second finds what the first has left.
  for (const wave of inWaves(shipments)) {
    const decided = await shipWave(
      tx,
      rules,
      wave.map((place) => shipments[place]!),
    )
    wave.forEach((place, i) => {
      outcomes[place] = decided[i]!
    })
  }
  return outcomes
}

/** Places of the parcels, the n-th parcel of an order in the n-th wave. */
function inWaves(shipments: readonly NewShipment[]): number[][] {
  const seen = new Map<string, number>()
  const waves: number[][] = []
  shipments.forEach(({ order }, place) => {
    const wave = seen.get(order) ?? 0
    seen.set(order, wave + 1)
    waves[wave] = [...(waves[wave] ?? []), place]
  })
  return waves
}

async function shipWave(tx: Tx, rules: ShippingRules, shipments: readonly NewShipment[]): Promise<ShipOutcome[]> {
  const { company } = shipments[0]!
  const orders = await lockOrdersToShip(
    tx,
    company,
    shipments.map(({ order }) => order),
  )
  const known = orders.filter((order) => order !== null)
  const ids = [...new Set(known.map(({ orderId }) => orderId))]
  const sent = Map.groupBy(await sql.sentLinesOf(tx, company, ids), ({ orderId }) => orderId)
  const rule = await rules(tx, company, [...new Set(known.flatMap(({ connectionId }) => connectionId ?? []))])
  const taken = new Set<string>()
  const decisions = shipments.map((shipment, i) => {
    const order = orders[i]!
    if (!order) return { kind: 'unknown_order' as const }
    // The same order under its id and its number: the other name waits for another call.
    if (taken.has(order.orderId)) return { kind: 'twice' as const }
    taken.add(order.orderId)
    return decideShipment(
      shipment,
      order,
      sent.get(order.orderId) ?? [],
      rule.get(order.connectionId ?? '') ?? STRICTEST,
    )
  })
  const leaving = decisions.flatMap((decision, i) =>
    decision.kind === 'leaving' ? [{ ...decision, shipment: shipments[i]!, order: orders[i]!, place: i }] : [],
  )
  const sentNow = await send(tx, leaving)
  correct(
    tx,
    decisions.flatMap((decision) => (decision.kind === 'correction' ? [decision] : [])),
  )
  return decisions.map((decision, i) => outcomeOf(decision, sentNow.get(i), orders[i] ?? null))
}

type Parcel = Leaving & { shipment: NewShipment; order: OrderToShip; place: number }

/** Sends what is there whole; answers by place what came of each parcel. */
async function send(tx: Tx, parcels: readonly Parcel[]): Promise<Map<number, ShipOutcome>> {
  const outcomes = new Map<number, ShipOutcome>()
  const ready = await readyToShip(
    tx,
    parcels.flatMap(({ lines }) => lines),
  )
  let next = 0
  const complete = parcels.flatMap((parcel) => {
    const ofParcel = parcel.lines.map((line) => ({ lineNo: line.line.lineNo, ...ready[next++]! }))
    const short = ofParcel.filter(({ missing }) => missing > 0)
    if (short.length > 0) {
      const missing = short.map(({ lineNo, missing }) => ({ lineNo, missing }))
      outcomes.set(parcel.place, { kind: 'short', missing })
      return []
    }
    const warehouses = new Set(ofParcel.flatMap((line) => line.warehouses))
    return [{ ...parcel, warehouseId: warehouses.size === 1 ? [...warehouses][0]! : null, shipmentId: tx.newId() }]
  })
  await takeFromShelves(tx, complete)
  sql.insertShipments(tx, complete)
  for (const { place, shipmentId, order } of complete) {
    outcomes.set(place, { kind: 'shipped', shipmentId, orderId: order.orderId })
    announce(tx, order.connectionId)
  }
  return outcomes
}

async function takeFromShelves(tx: Tx, parcels: readonly Parcel[]): Promise<void> {
  const byActor = Map.groupBy(parcels, ({ shipment }) => shipment.actor)
  for (const [actor, ofActor] of byActor) {
    const outcomes = await shipUnits(
      tx,
      actor,
      ofActor.flatMap(({ lines }) => lines),
    )
    if (outcomes.some(({ kind }) => kind !== 'shipped')) throw new GoneMeanwhile()
  }
}

/** What was there a moment ago was counted away before we held it. It bears PostgreSQL's code for "decide again". */
class GoneMeanwhile extends Error {
  readonly code = '40001'
  constructor() {
    super('goods were counted away while they were being shipped')
    this.name = 'GoneMeanwhile'
  }
}

function correct(tx: Tx, corrections: readonly Correction[]): void {
  if (corrections.length === 0) return
  sql.correctShipments(tx, corrections)
  for (const { connectionId } of corrections) announce(tx, connectionId)
}

const announce = (tx: Tx, connectionId: string | null): void => {
  if (connectionId !== null) tx.announce(shipmentsToTell, connectionId, { connectionId })
}

function outcomeOf(
  decision: ReturnType<typeof decideShipment> | { kind: 'unknown_order' } | { kind: 'twice' },
  sent: ShipOutcome | undefined,
  order: OrderToShip | null,
): ShipOutcome {
  switch (decision.kind) {
    case 'leaving':
      return sent!
    case 'correction':
      return { kind: 'corrected', shipmentId: decision.shipmentId, orderId: order!.orderId }
    case 'repeat':
      return { kind: 'already', shipmentId: decision.shipmentId, orderId: order!.orderId }
    default:
      return decision
  }
}
