import { z } from 'zod'
import type { Clock } from '../../../kernel/clock.ts'
import { type ActionResult, ChannelFault, type Parcel } from '../../../modules/channels/adapter.ts'
import { inBatches, unknownResult } from '../batches.ts'
import { numberOf } from '../digits.ts'
import { koreanMillis } from '../korean-times.ts'
import { NOT_SENT, noCarrier, refusedHere } from '../refused-here.ts'
import { whoseInvoice } from '../shown-invoice.ts'
import { type Answer, type Ask, isOk } from './call.ts'
import { refusalOf } from './faults.ts'
import { findOrder, findStatus } from './lists.ts'
import type { ShownRow } from './rows.ts'
import { readKey, SITES, type Site } from './sites.ts'

/** The marketplace's own list; a code of another marketplace's list must never be sent here. */
export const CARRIERS: Readonly<Record<string, number>> = {
  cj: 10013,
  lotte: 10008,
  hanjin: 10007,
  logen: 10003,
  epost: 10005,
  kyungdong: 10016,
  daesin: 10014,
}

/** ShippingDate may be two days off at most; the rest is for clocks. */
const OLDEST_SHIPPED_MS = 47 * 3_600_000

const IN_PROGRESS = /진행 ?중/
const ALREADY_CONFIRMED = /이미 주문확인/

/** Keys are order numbers, with or without their site. `moved`: these were confirmed with another address than was told. */
export async function confirmOrders(
  ask: Ask,
  keys: readonly string[],
): Promise<{ results: ActionResult[]; moved: string[] }> {
  const moved: string[] = []
  const entries = keys.map((key) => ({ key, value: readKey(key) }))
  const results = await inBatches(entries, 1, async ([entry]) => {
    const { key, value } = entry!
    if (!value) return one(malformed(key, key))
    const answer = await ask({ method: 'POST', path: `/shipping/v1/Order/OrderCheck/${value.orderNo}` })
    if (changed.safeParse(answer.data).success) moved.push(key)
    return one(ALREADY_CONFIRMED.test(answer.message) ? resultOf(key, answer, 'already') : resultOf(key, answer))
  })
  return { results, moved }
}

const changed = z.object({ ischanged: z.literal(1) })

export type Ship = Pick<Parcel, 'carrier' | 'invoice' | 'shippedAt'> & Partial<Pick<Parcel, 'replaces'>>

/**
 * Ships order by order; lines of one order number go together. Looks first: a second call puts our invoice over the one
 * that is there, also over somebody else's, and on an order whose buyer asked to cancel it would say no in the seller's
 * name.
 */
export async function shipOrders(ask: Ask, sites: readonly Site[], clock: Clock, parcels: readonly Parcel[]) {
  const problems = new Map(parcels.map((parcel) => [parcel.lineKey, problemOf(parcel, parcels)]))
  const sendable = parcels.filter(({ lineKey }) => problems.get(lineKey) === null)
  const orders = [...Map.groupBy(sendable, ({ actionKey }) => actionKey)].map(([key, lines]) => {
    return [key, { ...lines[0]!, replaces: lines.flatMap(({ replaces }) => replaces) }] as const
  })
  const results = await inBatches(
    orders.map(([key, value]) => ({ key, value })),
    1,
    async ([entry]) => one(await shipOne(ask, sites, clock, entry!.key, entry!.value, 'leave_requests')),
  )
  const byOrder = new Map(results.map((result) => [result.key, result]))
  return parcels.map(({ lineKey, actionKey }): ActionResult => {
    return problems.get(lineKey) ?? { ...byOrder.get(actionKey)!, key: lineKey }
  })
}

/** `refuse_requests`: a cancel the buyer asked for is refused by it, which is the only way there is. */
export async function shipOne(
  ask: Ask,
  sites: readonly Site[],
  clock: Clock,
  key: string,
  parcel: Ship,
  requests: 'leave_requests' | 'refuse_requests',
): Promise<ActionResult> {
  const order = readKey(key)!
  const row = await lookAt(ask, sites, key)
  if (!row) {
    const standing = await standingOf(ask, key, order.orderNo)
    const mayShip = requests === 'refuse_requests' && standing.code === 'CANCEL_REQUESTED'
    if (!mayShip) return standing
  } else if (row.row.orderstatus > 2) {
    const shown = row.row.nosongjang
    const whose = whoseInvoice(shown, { replaces: [], ...parcel })
    if (whose === 'ours') return { key, outcome: 'already', code: null, message: null }
    if (whose === 'others') return refusedHere(key, 'SHIPPED_OTHERWISE', { reason: 'other_invoice', what: shown })
  }
  const now = clock.now()
  const shippedAt = Math.max(now - OLDEST_SHIPPED_MS, Math.min(parcel.shippedAt, now))
  const answer = await ask({
    method: 'POST',
    path: '/shipping/v1/Delivery/ShippingInfo',
    body: {
      OrderNo: numberOf(order.orderNo),
      ShippingDate: koreanMillis(shippedAt).slice(0, 19),
      DeliveryCompanyCode: CARRIERS[parcel.carrier],
      InvoiceNo: parcel.invoice,
    },
  })
  return resultOf(key, answer)
}

/** The order as its list shows it; null when a claim keeps it out, or it is unknown. */
export async function lookAt(ask: Ask, sites: readonly Site[], key: string): Promise<ShownRow | null> {
  const { site, orderNo } = readKey(key)!
  for (const each of site === null ? sites : SITES.filter((one) => one === site)) {
    const row = await findOrder(ask, each, orderNo)
    if (row === 'unread') throw new ChannelFault('garbled', `order ${orderNo} is not what the contract says`)
    if (row) return row
  }
  return null
}

/** Why an order that its list does not show cannot be acted on. */
export async function standingOf(ask: Ask, key: string, orderNo: string): Promise<ActionResult> {
  const where = await findStatus(ask, orderNo)
  if (!where) return refusedHere(key, 'NOT_FOUND', { reason: 'line_missing' })
  if (where.status === 6 && where.claimStatus === 1) {
    return refusedHere(key, 'CANCEL_REQUESTED', { reason: 'cancel_requested' })
  }
  if (where.status === 6 || where.status === 10) return refusedHere(key, 'CANCELLED', { reason: 'order_cancelled' })
  if (where.status > 6) return refusedHere(key, 'IN_CLAIM', { reason: 'order_claimed' })
  return { ...unknownResult(key, 'NOT_SHOWN', null), why: { reason: 'order_not_shown' } }
}

/** A business refusal is a result; only what leaves the outcome open is `unknown`. */
export function resultOf(key: string, answer: Answer, failure?: ActionResult['outcome']): ActionResult {
  const { code, message, said } = answer
  // The page shows a failure with code 0 and a text.
  if (isOk(answer) && !failure) return { key, outcome: 'done', code: null, message: null }
  if (failure) return { key, outcome: failure, code, message }
  const fault = refusalOf(code, message, said)
  if (fault.code === 'garbled') throw fault
  const isOpen = fault.code === 'unknown' || IN_PROGRESS.test(message)
  return { key, outcome: isOpen ? 'unknown' : 'refused', code, message }
}

/** The code of an answer that is a parcel and came without one. */
export const PARCEL_NEEDED = 'PARCEL_NEEDED'

export function malformed(key: string, actionKey: string): ActionResult {
  return refusedHere(key, NOT_SENT, { reason: 'id_malformed', what: actionKey })
}

export function one(result: ActionResult): Map<string, ActionResult> {
  return new Map([[result.key, result]])
}

/** What keeps a parcel from being sent at all; null when nothing does. */
export function carrierProblem(key: string, { carrier }: Pick<Parcel, 'carrier'>): ActionResult | null {
  const isKnown = Object.hasOwn(CARRIERS, carrier)
  return isKnown ? null : noCarrier(key, carrier)
}

function problemOf(parcel: Parcel, parcels: readonly Parcel[]): ActionResult | null {
  const { lineKey, actionKey, invoice } = parcel
  if (!readKey(actionKey)) return malformed(lineKey, actionKey)
  const isSplit = parcels.some((other) => other.actionKey === actionKey && other.invoice !== invoice)
  if (isSplit) return refusedHere(lineKey, 'ONE_INVOICE', { reason: 'two_invoices' })
  return carrierProblem(lineKey, parcel)
}
