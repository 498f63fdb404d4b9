import type { ShipmentAnswer } from '../../../contract/fulfilment.ts'
import type { Tx } from '../../kernel/db.ts'
import { findOrderId } from '../orders/index.ts'
import * as sql from './queries.ts'

/** Shipments as the API tells them, of the orders of these shipments, only those asked for, in that order. */
export async function answersOf(tx: Tx, company: string, shipmentIds: readonly string[]): Promise<ShipmentAnswer[]> {
  const all = await ofOrders(tx, company, await sql.ordersOfShipments(tx, company, shipmentIds))
  const byId = new Map(all.map((shipment) => [shipment.id, shipment]))
  return shipmentIds.flatMap((id) => byId.get(id) ?? [])
}

export const shipmentById = async (tx: Tx, company: string, id: string): Promise<ShipmentAnswer | null> =>
  (await answersOf(tx, company, [id]))[0] ?? null

/** Of an order by id or number, oldest first; null when there is no such order. */
export async function readShipments(tx: Tx, company: string, order: string): Promise<ShipmentAnswer[] | null> {
  const orderId = await findOrderId(tx, company, order)
  return orderId === null ? null : ofOrders(tx, company, [orderId])
}

async function ofOrders(tx: Tx, company: string, orderIds: readonly string[]): Promise<ShipmentAnswer[]> {
  const shipments = sql.shipmentsOfOrders(tx, company, orderIds)
  const lines = Map.groupBy(await sql.shipmentLinesOfOrders(tx, company, orderIds), ({ shipmentId }) => shipmentId)
  return (await shipments).map(({ shipmentId, ...row }) => ({
    id: shipmentId,
    ...row,
    shippedAt: row.shippedAt.toISOString(),
    deliveredAt: row.deliveredAt?.toISOString() ?? null,
    lines: (lines.get(shipmentId) ?? []).map(({ shipmentId: _, orderId: __, toldAt, ...line }) => ({
      ...line,
      toldAt: toldAt?.toISOString() ?? null,
    })),
  }))
}
