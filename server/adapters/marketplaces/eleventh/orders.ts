import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { ChannelLineState, ChannelOrder, ChannelOrderLine } from '../../../modules/channels/adapter.ts'
import { rawWithin, someText } from '../answers.ts'
import { amount, count, instant, maybeInstant, maybeNumber, number } from './fields.ts'
import type { Fields } from './xml.ts'

/** When the marketplace's own counter falls. Not documented, so it is a setting. */
export type StockTakenAt = 'payment' | 'order'

/** One row of a list of order lines, as far as we use it. */
export const orderRow = z.object({
  ordNo: number,
  ordPrdSeq: number,
  ordPrdStat: z.string(),
  dlvNo: maybeNumber,
  bndlDlvYN: z.string().optional(),
  addPrdYn: z.string().optional(),
  addPrdNo: maybeNumber,
  prdNo: number,
  prdStckNo: maybeNumber,
  sellerPrdCd: someText(100),
  sellerStockCd: someText(100),
  prdNm: someText(),
  slctPrdOptNm: someText(),
  ordQty: count,
  ordCnQty: count.optional(),
  selPrc: amount,
  ordOptWonStl: amount.optional(),
  ordAmt: amount.optional(),
  lstDlvCst: amount.optional(),
  ordDt: instant,
  ordStlEndDt: maybeInstant,
  plcodrCnfDt: maybeInstant,
  sndEndDt: maybeInstant,
  dlvEndDt: maybeInstant,
  invcNo: someText(50),
  pocnfrmDt: maybeInstant,
  ordNm: someText(100),
  rcvrNm: someText(100),
  rcvrPrtblNo: someText(50),
  rcvrTlphn: someText(50),
  rcvrMailNo: someText(20),
  rcvrBaseAddr: someText(),
  rcvrDtlsAddr: someText(),
  ordDlvReqCont: someText(1_000),
})

export type OrderRow = z.infer<typeof orderRow>

/** A row as it was told. */
export type ShownRow = { row: OrderRow; raw: Fields }

/** An order line's row that can be read, or null: one that breaks the contract must not keep the others out. */
export function readOrderRow(raw: Fields): ShownRow | null {
  const read = orderRow.safeParse(raw)
  if (!read.success || baseState(read.data) === null || itemOf(read.data) === null) return null
  const isWhole = (read.data.ordCnQty ?? 0) <= read.data.ordQty
  return isWhole ? { row: read.data, raw } : null
}

export function lineKeyOf({ ordNo, ordPrdSeq }: Pick<OrderRow, 'ordNo' | 'ordPrdSeq'>): string {
  return `${ordNo}:${ordPrdSeq}`
}

/** Status of a line of which a cancel is asked for: then ordCnQty counts what is only asked for. */
export const CANCEL_ASKED = '701'

/** Status of a line of which a return or exchange is asked for. */
export const RETURN_ASKED = '601'

/** Paid by somebody who gives it away, and nobody has told an address yet: it cannot be acknowledged. */
export const AWAITS_ADDRESS = '200'

/** Rows of one order number become one order. Not every line of an order need be among them. */
export function orderOf(
  rows: readonly ShownRow[],
  asked: ReadonlyMap<string, number>,
  taken: StockTakenAt,
): ChannelOrder {
  const { row: first } = rows[0]!
  const fees = new Map(rows.flatMap(({ row }) => (row.lstDlvCst === undefined ? [] : [[row.dlvNo, row.lstDlvCst]])))
  return {
    externalId: first.ordNo,
    orderedAt: first.ordDt,
    paidAt: first.ordStlEndDt,
    buyerName: first.ordNm,
    address: rows.map(({ row }) => addressOf(row)).find((address) => address !== null) ?? null,
    // One fee a delivery, told on each of its lines.
    shippingFee: fees.size === 0 ? null : [...fees.values()].reduce((sum, fee) => sum + fee, 0),
    lines: rows.map(({ row }) => lineOf(row, asked.get(lineKeyOf(row)) ?? 0, taken)),
    raw: rawWithin(rows.map(({ raw }) => ({ ...raw }))),
  }
}

/** Differs whenever anything we tell of this line does. */
export function versionOf(shown: ShownRow, asked: number): string {
  const line = lineOf(shown.row, asked, 'payment')
  return createHash('sha1')
    .update(JSON.stringify([line, addressOf(shown.row)]))
    .digest('base64')
    .slice(0, 20)
}

/** `asked`: units of this line in cancel requests nobody has answered. */
export function lineOf(row: OrderRow, asked: number, taken: StockTakenAt): ChannelOrderLine {
  const quantity = row.ordQty
  const cancelled = cancelledOf(row, asked)
  const { unit, item, isPlain } = itemOf(row)!
  return {
    lineKey: lineKeyOf(row),
    actionKey: actionKeyOf(row),
    unit,
    item,
    // A product's code is shared by its options: as an option's it would put all of them on one SKU.
    sellerCode: (isPlain ? row.sellerPrdCd || row.sellerStockCd : row.sellerStockCd) || null,
    productName: row.prdNm,
    optionName: isPlain ? '' : row.slctPrdOptNm.replace(PIECES, ''),
    quantity,
    cancelled,
    unitPrice: row.selPrc + (row.ordOptWonStl ?? 0),
    state: quantity > 0 && cancelled === quantity ? 'cancelled' : baseState(row)!,
    soldAt: taken === 'order' ? row.ordDt : (row.ordStlEndDt ?? row.ordDt),
    changedAt: Math.max(
      row.ordDt,
      ...[row.ordStlEndDt, row.plcodrCnfDt, row.sndEndDt, row.dlvEndDt, row.pocnfrmDt].map((at) => at ?? 0),
    ),
    invoice: row.sndEndDt === null ? null : row.invcNo || null,
    cancelRequested: cancelled < quantity && (asked > 0 || row.ordPrdStat === CANCEL_ASKED),
  }
}

/**
 * What acknowledging and shipping need of a line: its order, its place there, its delivery, its product, whether
 * others share the delivery, and its number where it is an additional product. '' while it cannot be acted on.
 */
export type ActionKey = {
  ordNo: string
  ordPrdSeq: string
  dlvNo: string
  prdNo: string
  isShared: boolean
  addPrdNo: string
}

export function readActionKey(key: string): ActionKey | null {
  const parts = /^(\d{1,19}):(\d{1,19}):(\d{1,19}):(\d{1,19}):([BS])(?::(\d{1,19}))?$/.exec(key)
  if (!parts) return null
  const [, ordNo = '', ordPrdSeq = '', dlvNo = '', prdNo = '', shared, addPrdNo = ''] = parts
  return { ordNo, ordPrdSeq, dlvNo, prdNo, isShared: shared === 'B', addPrdNo }
}

function actionKeyOf(row: OrderRow): string {
  if (row.dlvNo === null || row.ordPrdStat === AWAITS_ADDRESS) return ''
  const added = row.addPrdYn === 'Y' && row.addPrdNo !== null ? `:${row.addPrdNo}` : ''
  return [row.ordNo, row.ordPrdSeq, row.dlvNo, row.prdNo, row.bndlDlvYN === 'Y' ? 'B' : 'S'].join(':') + added
}

/** An option ends with the number of pieces; a product without options has that alone, or nothing. */
const PIECES = /-?\s*\d+개\s*$/

/** Null when the row names an option and does not say which. */
function itemOf(row: OrderRow): { unit: string; item: string; isPlain: boolean } | null {
  const isPlain = row.slctPrdOptNm.replace(PIECES, '').trim() === ''
  if (isPlain) return { unit: row.prdNo, item: row.prdNo, isPlain }
  return row.prdStckNo === null ? null : { unit: row.prdNo, item: row.prdStckNo, isPlain }
}

/**
 * Returned lines went out and came back later. That is no cancel: what came back enters stock by inspection. Claims
 * (6xx, 7xx, 8xx) are no steps of a line: its dates tell how far it is. Null for a word the contract does not list.
 */
function baseState(row: OrderRow): ChannelLineState | null {
  const { ordPrdStat } = row
  if (ordPrdStat === RETURN_ASKED || ordPrdStat === CANCEL_ASKED || ordPrdStat === '801') return stateByDates(row)
  return STATES.get(ordPrdStat) ?? null
}

const STATES: ReadonlyMap<string, ChannelLineState> = new Map([
  ['101', 'pending'],
  ['102', 'pending'],
  ['103', 'pending'],
  [AWAITS_ADDRESS, 'paid'],
  ['202', 'paid'],
  ['301', 'acknowledged'],
  ['401', 'shipped'],
  ['501', 'delivered'],
  ['901', 'completed'],
  ['A01', 'completed'],
  ['B01', 'cancelled'],
  ['C01', 'completed'],
])

function stateByDates(row: OrderRow): ChannelLineState {
  if (row.pocnfrmDt !== null) return 'completed'
  if (row.dlvEndDt !== null) return 'delivered'
  if (row.sndEndDt !== null) return 'shipped'
  return row.plcodrCnfDt !== null ? 'acknowledged' : 'paid'
}

/**
 * ordCnQty counts requests, too. Read a moment apart, the row and the requests may tell of different moments, and a
 * cancel too many would free stock that is still sold: while a request is open, what is still charged for is wanted.
 */
function cancelledOf(row: OrderRow, asked: number): number {
  if (row.ordPrdStat === 'B01') return row.ordQty
  const told = Math.min(row.ordQty, Math.max(0, (row.ordCnQty ?? 0) - asked))
  if (row.ordPrdStat !== CANCEL_ASKED || told === 0) return told
  const price = row.selPrc + (row.ordOptWonStl ?? 0)
  const charged = row.ordAmt === undefined || price <= 0 ? 0 : row.ordAmt / price
  const notCharged = Number.isInteger(charged) && charged >= 0 ? Math.max(0, row.ordQty - charged) : told
  return asked === 0 ? 0 : Math.min(told, notCharged)
}

function addressOf(row: OrderRow): ChannelOrder['address'] {
  if (row.rcvrNm === '' && row.rcvrBaseAddr === '') return null
  return {
    name: row.rcvrNm,
    phone: row.rcvrPrtblNo || row.rcvrTlphn,
    postalCode: row.rcvrMailNo,
    line1: row.rcvrBaseAddr,
    line2: row.rcvrDtlsAddr,
    memo: row.ordDlvReqCont,
  }
}
