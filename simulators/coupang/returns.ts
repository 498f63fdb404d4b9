import type { SimResponse } from '../marketplace.ts'
import { addRow, rowsBetween, type Timeline } from '../timeline.ts'
import { bareNumber, json, money, orderRefused } from './envelopes.ts'
import type { Line } from './orders.ts'
import { readPageKey, readPageSize, tellPageKey } from './pages.ts'
import { readDays, readMinutes, tellTime, type Window } from './times.ts'
import type { Call, World } from './world.ts'

/**
 * A receipt is one wish to undo units: a cancel done at once (receiptType CANCEL), or a stop request or a return
 * that runs its course (receiptType RETURN).
 */
export type Receipt = {
  readonly receiptId: string
  /** Of its making. */
  readonly at: number
  readonly seq: number
  readonly receiptType: 'CANCEL' | 'RETURN'
  readonly faultByType: 'CUSTOMER' | 'VENDOR'
  readonly orderId: string
  /** The box id is the one at the time of the wish. */
  readonly items: readonly { line: Line; shipmentBoxId: string; units: number }[]
  status: ReceiptStatus
  releaseStatus: 'Y' | 'N' | 'S' | 'A'
  releaseStopStatus: string
  modifiedAt: number
  carrier: string
  invoice: string
}

export type ReceiptStatus =
  | 'RELEASE_STOP_UNCHECKED'
  | 'RETURNS_UNCHECKED'
  | 'VENDOR_WAREHOUSE_CONFIRM'
  | 'REQUEST_COUPANG_CHECK'
  | 'RETURNS_COMPLETED'

export type ReceiptBook = {
  /** Receipts ever opened: one that is taken back leaves its number behind. */
  opened: number
  readonly byId: Map<string, Receipt>
  readonly listed: { readonly CANCEL: Timeline<Receipt>; readonly RETURN: Timeline<Receipt> }
}

export const createReceiptBook = (): ReceiptBook => ({
  opened: 0,
  byId: new Map(),
  listed: { CANCEL: [], RETURN: [] },
})

export type Wish = Pick<
  Receipt,
  'receiptType' | 'faultByType' | 'items' | 'status' | 'releaseStatus' | 'releaseStopStatus'
>

export function openReceipt(book: ReceiptBook, wish: Wish, now: number): Receipt {
  const seq = ++book.opened
  const receipt: Receipt = {
    ...wish,
    receiptId: String(500_000_000 + seq),
    at: now,
    seq,
    orderId: wish.items[0]!.line.box.order.orderId,
    modifiedAt: now,
    carrier: '',
    invoice: '',
  }
  book.byId.set(receipt.receiptId, receipt)
  addRow(book.listed[receipt.receiptType], receipt)
  return receipt
}

/** A stop request shows as asked (RU) and as received (UC): a client must know a receipt again by its id. */
const SHOWN_UNDER: Record<string, readonly ReceiptStatus[]> = {
  RU: ['RELEASE_STOP_UNCHECKED'],
  UC: ['RELEASE_STOP_UNCHECKED', 'RETURNS_UNCHECKED', 'VENDOR_WAREHOUSE_CONFIRM'],
  CC: ['RETURNS_COMPLETED'],
  PR: ['REQUEST_COUPANG_CHECK'],
}

/** GET returnRequests: the receipts of one kind made in a window. A later change of status moves none of them. */
export function listReceipts(world: World, call: Call): SimResponse {
  const asked = readListQuery(call.query)
  if (typeof asked === 'string') return orderRefused(asked)
  const isWanted = (receipt: Receipt) =>
    (asked.status === null || SHOWN_UNDER[asked.status]!.includes(receipt.status)) &&
    (asked.orderId === null || receipt.orderId === asked.orderId)

  const timeline = world.receipts.listed[asked.cancelType]
  const [from, to] = [call.query.get('createdAtFrom') ?? '', call.query.get('createdAtTo') ?? '']
  const window: Window | string = asked.byMinutes
    ? readMinutes(from, to, call.version)
    : readDays(from, to, call.version)
  if (typeof window === 'string') return orderRefused(window)
  if (asked.byMinutes) return receiptsAnswer(call, rowsBetween(timeline, window).filter(isWanted), '')

  const perPage = readPageSize(call.query.get('maxPerPage'))
  const after = readPageKey(call.query.get('nextToken'))
  if (perPage === null) return orderRefused('maxPerPage must be between 1 and 50')
  if (after === 'bad') return orderRefused('nextToken is not valid')
  const rows = rowsBetween(timeline, { ...window, after }).filter(isWanted)
  const page = rows.slice(0, perPage)
  return receiptsAnswer(call, page, rows.length > perPage ? tellPageKey(page.at(-1)!) : '')
}

type ListQuery = { cancelType: 'CANCEL' | 'RETURN'; status: string | null; orderId: string | null; byMinutes: boolean }

/** What is wrong with it as text. */
function readListQuery(query: ReadonlyMap<string, string>): ListQuery | string {
  const cancelType = query.get('cancelType') ?? 'RETURN'
  const status = query.get('status') ?? null
  const orderId = query.get('orderId') ?? null
  const byMinutes = query.get('searchType') === 'timeFrame'
  if (cancelType !== 'CANCEL' && cancelType !== 'RETURN') return 'cancelType must be RETURN or CANCEL'
  if (cancelType === 'CANCEL' && status !== null) return 'status is not supported when cancelType is CANCEL'
  if (status !== null && SHOWN_UNDER[status] === undefined) return 'status must be one of RU, UC, CC, PR'
  if (byMinutes && ['nextToken', 'maxPerPage', 'orderId'].some((name) => query.has(name))) {
    return 'timeFrame does not support nextToken, maxPerPage and orderId'
  }
  if (cancelType === 'RETURN' && status === null && orderId === null)
    return 'orderId is required when there is no status'
  return { cancelType, status, orderId, byMinutes }
}

/** GET returnRequests/{receiptId}: cancel receipts are not supported there. */
export function getReceipt(world: World, call: Call): SimResponse {
  const receipt = world.receipts.byId.get(call.parts[0] ?? '')
  if (receipt === undefined || receipt.receiptType === 'CANCEL') return orderRefused('유효하지 않은 접수번호 입니다.')
  return receiptsAnswer(call, [receipt], '')
}

function receiptsAnswer(call: Call, receipts: Receipt[], nextToken: string): SimResponse {
  const code = call.version === 'v4' ? '200' : 200
  const data = receipts.map((receipt) => row(receipt, call.version))
  return json(200, { code, message: 'OK', data, nextToken })
}

function row(receipt: Receipt, version: string) {
  const units = receipt.items.reduce((sum, item) => sum + item.units, 0)
  return {
    receiptId: Number(receipt.receiptId),
    orderId: Number(receipt.orderId),
    paymentId: Number(receipt.orderId),
    receiptType: receipt.receiptType,
    receiptStatus: receipt.status,
    createdAt: tellTime(receipt.at, version),
    modifiedAt: tellTime(receipt.modifiedAt, version),
    requesterName: '',
    cancelReasonCategory1: '',
    cancelReasonCategory2: '',
    cancelReason: '',
    cancelCountSum: units,
    returnDeliveryId: 0,
    returnDeliveryType: '',
    releaseStopStatus: receipt.releaseStopStatus,
    enclosePrice: money(0, version),
    faultByType: receipt.faultByType,
    preRefund: false,
    completeConfirmType: '',
    completeConfirmDate: receipt.status === 'RETURNS_COMPLETED' ? tellTime(receipt.modifiedAt, version) : '',
    returnItems: receipt.items.map(({ line, shipmentBoxId, units: cancelCount }) => ({
      vendorItemPackageId: 0,
      vendorItemPackageName: line.item.product.name,
      vendorItemId: Number(line.item.vendorItemId),
      vendorItemName: line.item.product.name,
      purchaseCount: line.quantity,
      cancelCount,
      shipmentBoxId: bareNumber(shipmentBoxId),
      sellerProductId: Number(line.item.product.sellerProductId),
      sellerProductName: line.item.product.name,
      releaseStatus: receipt.releaseStatus,
      cancelCompleteUser: '',
    })),
    returnDeliveryDtos:
      receipt.invoice === '' ? [] : [{ deliveryCompanyCode: receipt.carrier, deliveryInvoiceNo: receipt.invoice }],
    reasonCode: receipt.faultByType === 'VENDOR' ? 'CANERR' : 'CHANGEMIND',
    reasonCodeText: '',
    returnShippingCharge: money(0, version),
  }
}
