import type { Tx } from '../../kernel/db.ts'
import { isId } from '../../kernel/ids.ts'
import { componentsOf, readVariants } from '../catalog/index.ts'
import { readReserved, type StockOutcome } from '../inventory/index.ts'
import { type KnownLine, shipLines } from './lines.ts'
import { lockLines } from './queries.ts'
import * as sql from './shipping-queries.ts'

/** An order as whoever ships it needs it: its lines are locked until the transaction ends. */
export type OrderToShip = {
  company: string
  orderId: string
  number: string
  /** Null: an order of our own, no marketplace is told. */
  connectionId: string | null
  /** 출고보류: a person has stopped it. */
  hold: boolean
  lines: KnownLine[]
  /** Numbers of lines whose buyer wants them back: a claim is open and somebody must answer it first. */
  claimed: ReadonlySet<number>
}

/** Orders by id or by number, their lines locked in one sorted order; null where there is none. */
export async function lockOrdersToShip(
  tx: Tx,
  company: string,
  names: readonly string[],
): Promise<(OrderToShip | null)[]> {
  const numbers = names.filter((name) => !isId(name))
  const heads = await sql.ordersNamed(tx, company, names.filter(isId), numbers)
  const ids = heads.map(({ orderId }) => orderId)
  const lines = Map.groupBy(await lockLines(tx, await sql.linesOfOrders(tx, company, ids)), ({ orderId }) => orderId)
  // Asked under the lines' locks: whoever opens or ends a claim holds them, too.
  const claimed = await sql.claimedLines(tx, company, ids)
  const orders = heads.map((head) => ({
    ...{ ...head, company },
    lines: (lines.get(head.orderId) ?? []).toSorted((a, b) => a.lineNo - b.lineNo),
    claimed: new Set((claimed.get(head.orderId) ?? []).map((row) => row.line_no)),
  }))
  const byName = new Map(orders.flatMap((order) => [[order.orderId, order] as const, [order.number, order] as const]))
  return names.map((name) => byName.get(name) ?? null)
}

/** The id of an order named by its id or its number. */
export async function findOrderId(tx: Tx, company: string, name: string): Promise<string | null> {
  const found = await sql.ordersNamed(tx, company, isId(name) ? [name] : [], isId(name) ? [] : [name])
  return found[0]?.orderId ?? null
}

/** All lines of these orders as they are now, not locked. */
export const readLinesOfOrders = (tx: Tx, company: string, orderIds: readonly string[]): Promise<KnownLine[]> =>
  orderIds.length === 0 ? Promise.resolve([]) : sql.knownLinesOfOrders(tx, company, orderIds)

type Units = { line: KnownLine; quantity: number }

/** How many sold units of each line are not there to be sent, and the warehouses the rest lies in. */
export async function readyToShip(
  tx: Tx,
  ships: readonly Units[],
): Promise<{ missing: number; warehouses: string[] }[]> {
  const takes = await takesOf(
    tx,
    ships.map(({ line }) => line),
  )
  const reserved = await readReserved(
    tx,
    ships.map(({ line }) => line),
  )
  return ships.map(({ line, quantity }) => {
    const ofLine = reserved.filter((part) => part.reservationId === line.reservationId && part.lineNo === line.lineNo)
    const sendable = takes(line).map((part) => {
      const units = ofLine.filter(({ variantId }) => variantId === part.variantId)
      return Math.floor(units.reduce((sum, one) => sum + one.quantity, 0) / (part.quantity * line.multiplier))
    })
    const missing = Math.max(0, quantity - Math.min(...sendable, quantity))
    return { missing, warehouses: [...new Set(ofLine.map(({ warehouseId }) => warehouseId))] }
  })
}

/** Ships so many sold units of each line; what a unit takes is looked up here. Each line at most once a call. */
export async function shipUnits(tx: Tx, actor: string, ships: readonly Units[]): Promise<StockOutcome[]> {
  const takes = await takesOf(
    tx,
    ships.map(({ line }) => line),
  )
  return shipLines(
    tx,
    actor,
    ships.map(({ line, quantity }) => ({ line, quantity, takes: takes(line) })),
  )
}

/** What one unit of a line takes: of a set, its parts. */
export async function takesOf(tx: Tx, lines: readonly KnownLine[]) {
  const variants = await readVariants(
    tx,
    lines.flatMap(({ company, variantId }) => (variantId === null ? [] : [{ company, variantId }])),
  )
  const byId = new Map(variants.map((variant) => [variant.variantId, componentsOf(variant)]))
  return (line: KnownLine) => byId.get(line.variantId ?? '') ?? []
}
