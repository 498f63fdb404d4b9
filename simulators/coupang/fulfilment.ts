import { actLater } from '../due.ts'
import type { SimResponse } from '../marketplace.ts'
import {
  type Body,
  bareNumber,
  idList,
  internalError,
  isObject,
  json,
  orderOk,
  orderRefused,
  readBody,
  text,
} from './envelopes.ts'
import { type Box, openBox, openUnits, shipBox, showBox } from './orders.ts'
import type { Call, World } from './world.ts'

const MOST_BOXES = 50
const INVOICE_REUSE_MS = 183 * 86_400_000 // "6 months"

/** PUT or PATCH ordersheets/acknowledgement: each box on its own, HTTP 200 whatever became of them. */
export function acknowledge(world: World, call: Call): SimResponse {
  const body = readBody(call.body)
  if (body === null) return internalError('Could not read JSON')
  const boxIds = idList(body, 'shipmentBoxIds')
  if (boxIds === null || text(body, 'vendorId') !== world.vendorId)
    return orderRefused('vendorId and shipmentBoxIds are required')
  if (boxIds.length > MOST_BOXES) return orderRefused(`at most ${MOST_BOXES} shipmentBoxIds a request`)
  return orderOk(batchAnswer(boxIds.map((boxId) => acknowledgeOne(world, call, boxId))))
}

function acknowledgeOne(world: World, call: Call, boxId: string): BoxResult {
  const box = world.orders.boxes.get(boxId)
  if (box === undefined) return result(boxId, 'NOT_FOUND_SHIPMENT_BOX', true, `shipmentBoxId (${boxId}) is not found.`)
  if (box.state !== 'ACCEPT') {
    return result(boxId, 'INVALID_STATUS', false, '배송상태를 변경할 수 없습니다. 주문내역을 확인해주세요.')
  }
  box.state = 'INSTRUCT'
  box.acknowledged = true
  const [least, most] = world.switches.acknowledgeDelayMs
  if (most <= 0) showBox(world.orders, box)
  else actLater(world.due, call.now + least + call.random() * (most - least), () => showBox(world.orders, box))
  return result(boxId, 'OK', false)
}

/** POST orders/invoices (INSTRUCT → DEPARTURE) and orders/updateInvoices (another number for a parcel under way). */
export function putInvoices(kind: 'upload' | 'change') {
  return (world: World, call: Call): SimResponse => {
    const body = readBody(call.body)
    if (body === null) return internalError('Could not read JSON')
    const rows = body.orderSheetInvoiceApplyDtos
    if (text(body, 'vendorId') !== world.vendorId || !Array.isArray(rows) || !rows.every(isObject)) {
      return orderRefused('vendorId and orderSheetInvoiceApplyDtos are required')
    }
    const byBox = Map.groupBy(rows, (row) => text(row, 'shipmentBoxId'))
    const results = [...byBox].map(([boxId, wanted]) => {
      const code = invoiceOne(world, call, kind, boxId, wanted)
      return result(boxId, code, RETRY_INVOICE[code])
    })
    return json(200, { code: '200', message: 'OK', data: batchAnswer(results) })
  }
}

function invoiceOne(world: World, call: Call, kind: 'upload' | 'change', boxId: string, rows: Body[]): InvoiceCode {
  const box = world.orders.boxes.get(boxId)
  if (box === undefined) return 'NOT_FOUND_SHIPMENT_BOX'
  if (box.state === 'CANCELLED') return 'ORDER_DELIVERY_CANCELED'
  const ready = kind === 'upload' ? box.state === 'INSTRUCT' : box.state === 'DEPARTURE' || box.state === 'DELIVERING'
  if (!ready) return 'INVALID_STATUS'
  const fault = rowsFault(box, rows) ?? stopFault(box, kind)
  if (fault !== null) return fault

  const shipping = rows.filter((row) => text(row, 'invoiceNumber') !== '')
  const apart = rows.some((row) => row.splitShipping === true)
  const numbers = new Set(shipping.map((row) => text(row, 'invoiceNumber')))
  if (numbers.size > 1) return apart ? 'UNDEFINED_ERROR_OCCUR' : 'IS_SEPARATE_MUST_BE_TRUE_WHEN_SEPARATE_DELIVERY'
  if (apart && box.lines.length === 1 && !box.split) return 'NOT_ALLOW_SEPARATE_WHEN_ONE_VENDOR_ITEM'
  if (!apart && shipping.length < rows.length) return 'NOT_FOUND_INVOICE_NUMBER'
  const [invoice] = numbers
  const carrier = text(shipping[0] ?? {}, 'deliveryCompanyCode')
  if (invoice === undefined || carrier === '' || !/^[0-9A-Za-z-]{6,30}$/.test(invoice)) return 'INVALID_INVOICE_NUMBER'
  if (isUsedForAnother(world, box, invoice, call.now)) return 'DUPLICATE_INVOICE_NUMBER'

  const parcel = shipping.length < rows.length ? splitOff(world, box, shipping) : box
  if (kind === 'upload') shipBox(world, parcel, carrier, invoice, call.now)
  else Object.assign(parcel, { carrier, invoice })
  return 'OK'
}

/** One row an item, and every item that is still wanted in one request. */
function rowsFault(box: Box, rows: Body[]): InvoiceCode | null {
  const named = new Set(rows.map((row) => text(row, 'vendorItemId')))
  const known = new Set(box.lines.map((line) => line.item.vendorItemId))
  const wanted = box.lines.filter((line) => line.cancelled < line.quantity)
  const isWhole = wanted.every((line) => named.has(line.item.vendorItemId))
  const isOurs = rows.every((row) => known.has(text(row, 'vendorItemId')) && text(row, 'orderId') === box.order.orderId)
  return isWhole && isOurs ? null : 'NOT_FOUND_VENDOR_ITEM'
}

/** An unanswered stop request is in the way of shipping. */
function stopFault(box: Box, kind: 'upload' | 'change'): InvoiceCode | null {
  if (kind === 'change' || box.lines.every((line) => line.held === 0)) return null
  return box.lines.some((line) => openUnits(line) > 0)
    ? 'ORDER_DELIVERY_PARTIAL_STOP_REQUESTED'
    : 'ORDER_DELIVERY_CANCELED_HOLDING_FOR_CANCEL'
}

function isUsedForAnother(world: World, box: Box, invoice: string, now: number): boolean {
  const used = world.orders.invoices.get(invoice)
  return used !== undefined && used.buyer !== box.order.buyer && now - used.at < INVOICE_REUSE_MS
}

/** The part that goes first gets a new box id; the order, and the time the lists go by, stay. */
function splitOff(world: World, box: Box, rows: Body[]): Box {
  const leaving = new Set(rows.map((row) => text(row, 'vendorItemId')))
  const parcel = openBox(world.orders, box.order, 'INSTRUCT')
  parcel.lines = box.lines.filter((line) => leaving.has(line.item.vendorItemId))
  for (const line of parcel.lines) line.box = parcel
  box.lines = box.lines.filter((line) => !leaving.has(line.item.vendorItemId))
  box.split = true
  parcel.split = true
  return parcel
}

/** The codes we can give, and whether the contract calls them worth another try. */
const RETRY_INVOICE = {
  OK: false,
  NOT_FOUND_SHIPMENT_BOX: false,
  INVALID_STATUS: false,
  ORDER_DELIVERY_CANCELED: false,
  DUPLICATE_INVOICE_NUMBER: true,
  INVALID_INVOICE_NUMBER: true,
  ORDER_DELIVERY_PARTIAL_STOP_REQUESTED: true,
  ORDER_DELIVERY_CANCELED_HOLDING_FOR_CANCEL: true,
  UNDEFINED_ERROR_OCCUR: true,
  NOT_FOUND_INVOICE_NUMBER: false,
  NOT_FOUND_VENDOR_ITEM: false,
  IS_SEPARATE_MUST_BE_TRUE_WHEN_SEPARATE_DELIVERY: false,
  NOT_ALLOW_SEPARATE_WHEN_ONE_VENDOR_ITEM: false,
} as const
type InvoiceCode = keyof typeof RETRY_INVOICE

type BoxResult = {
  shipmentBoxId: unknown
  succeed: boolean
  resultCode: string
  retryRequired: boolean
  resultMessage: string
}

function result(boxId: string, resultCode: string, retryRequired: boolean, resultMessage = ''): BoxResult {
  const shipmentBoxId = /^[1-9]\d*$/.test(boxId) ? bareNumber(boxId) : null
  return { shipmentBoxId, succeed: resultCode === 'OK', resultCode, retryRequired, resultMessage }
}

/** responseCode: 0 all, 1 some, 99 none succeeded, −1 nothing was asked. */
function batchAnswer(responseList: BoxResult[]) {
  const succeeded = responseList.filter((row) => row.succeed).length
  if (responseList.length === 0) return { responseCode: -1, responseMessage: 'no data', responseList }
  if (succeeded === responseList.length) return { responseCode: 0, responseMessage: 'SUCCESS', responseList }
  return succeeded > 0
    ? { responseCode: 1, responseMessage: 'Partial errors.', responseList }
    : { responseCode: 99, responseMessage: 'All failed.', responseList }
}
