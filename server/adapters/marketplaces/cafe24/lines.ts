import type { ChannelLineState, ChannelOrderLine } from '../../../modules/channels/adapter.ts'
import { unitsOf, whatBecameOf } from './claims.ts'
import { type Line, rowsByLine } from './line-rows.ts'
import type { ItemRow, OrderRow } from './rows.ts'

/** A word the contract does not list. The order is not readable, and a guess could ship or free what it must not. */
export class UnknownStatus extends Error {}

/** When the marketplace's own counter falls: inventory_control_type B or A. */
export type StockTakenAt = 'payment' | 'order'

export function linesOf(order: OrderRow, taken: StockTakenAt): ChannelOrderLine[] {
  return rowsByLine(order).map((line) => lineOf(order, line, taken))
}

function lineOf(order: OrderRow, { lineKey, first, rows }: Line, taken: StockTakenAt): ChannelOrderLine {
  const quantity = sum(rows.map((row) => row.quantity))
  const cancelled = Math.min(quantity, sum(rows.map((row) => cancelledOf(order, row))))
  const wanted = rows.filter((row) => cancelledOf(order, row) < row.quantity)
  return {
    lineKey,
    actionKey: lineKey,
    unit: first.product_no,
    item: first.variant_code,
    sellerCode: first.custom_variant_code || first.custom_product_code || null,
    productName: first.product_name,
    optionName: first.option_value,
    quantity,
    cancelled,
    unitPrice: first.product_price + (first.option_price ?? 0),
    state: quantity > 0 && cancelled === quantity ? 'cancelled' : leastAdvanced(wanted.map(stateOf)),
    soldAt: taken === 'order' ? order.order_date : (order.payment_date ?? order.order_date),
    changedAt: Math.max(
      order.order_date,
      order.payment_date ?? 0,
      ...rows.flatMap((row) => [row.shipped_date ?? 0, row.delivered_date ?? 0]),
      ...rows.map((row) => whatBecameOf(order, row).changedAt),
    ),
    cancelRequested: cancelled < quantity && wanted.some((row) => isCancelOpen(order, row)),
    invoice: invoiceOf(rows),
  }
}

/** Of what has gone; null where rows of the line went with several. */
function invoiceOf(rows: readonly ItemRow[]): string | null {
  const sent = new Set(rows.filter((row) => row.shipped_date !== null).map((row) => row.tracking_no))
  const [invoice] = sent
  return sent.size === 1 ? invoice || null : null
}

const isCancelOpen = (order: OrderRow, row: ItemRow): boolean =>
  whatBecameOf(order, row).cancelOpen > 0 ||
  /^C(00|10|3\d)$/.test(row.order_status) ||
  row.market_cancel_request === 'T'

/** Units that are no longer wanted. What was sent and came back is no cancel: it enters stock by inspection. */
export function cancelledOf(order: OrderRow, row: ItemRow): number {
  if (/^C4/.test(row.order_status)) return row.quantity
  return Math.min(row.quantity, whatBecameOf(order, row).cancelDone)
}

const ADVANCE: readonly ChannelLineState[] = ['pending', 'paid', 'acknowledged', 'shipped', 'delivered', 'completed']

function leastAdvanced(states: readonly ChannelLineState[]): ChannelLineState {
  return ADVANCE.find((state) => states.includes(state)) ?? 'cancelled'
}

/** Where a row is on its way out. A claim hides its status; then its dates and its shipping code tell. */
export function stateOf(row: ItemRow): ChannelLineState {
  const { order_status: status } = row
  switch (status) {
    case 'N00':
    case 'N02':
      return 'pending'
    case 'N10':
      return 'paid'
    case 'N20':
    case 'N21':
      return 'acknowledged'
    case 'N30':
      return 'shipped'
    case 'N40':
      return 'delivered'
    case 'N50':
      return 'completed'
    case 'N22':
      return beforeClaim(row)
  }
  if (/^[RE]4[0-3]$/.test(status)) return 'completed'
  if (/^C4\d$/.test(status)) return 'cancelled'
  if (/^(C(00|10|11|3[4-6])|[RE](00|1[0-3]|20|3\d))$/.test(status)) return beforeClaim(row)
  throw new UnknownStatus(status)
}

/** A shipping code appears when the seller prepares the goods. */
function beforeClaim(row: ItemRow): ChannelLineState {
  if (row.delivered_date !== null) return 'delivered'
  if (row.shipped_date !== null) return 'shipped'
  return row.shipping_code === '' ? 'paid' : 'acknowledged'
}

/** Units of a row that are neither gone nor asked for by an open claim. */
export function openUnits(order: OrderRow, row: ItemRow): number {
  if (/^[CRE](?!11$)/.test(row.order_status)) return 0
  return Math.max(0, row.quantity - unitsOf(order, row))
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)
