import { actLater } from '../due.ts'
import type { SimResponse } from '../marketplace.ts'
import { type Body, internalError, json, orderRefused, readBody, text } from './envelopes.ts'
import { cancelUnits, openUnits, shipBox } from './orders.ts'
import type { Receipt } from './returns.ts'
import type { Call, World } from './world.ts'

type Act = (world: World, receipt: Receipt, body: Body, now: number) => SimResponse | null

/** PUT or PATCH returnRequests/{receiptId}/…: the seller's answers to a receipt, each only in its state. */
export function answerReceipt(act: Act) {
  return (world: World, call: Call): SimResponse => {
    const body = readBody(call.body)
    if (body === null) return internalError('Could not read JSON')
    const receipt = world.receipts.byId.get(call.parts[0] ?? '')
    if (receipt === undefined || receipt.receiptType === 'CANCEL') return orderRefused('유효하지 않은 접수번호 입니다.')
    if (text(body, 'vendorId') !== world.vendorId || text(body, 'receiptId') !== receipt.receiptId) {
      return orderRefused('vendorId and receiptId must be those of the path')
    }
    return act(world, receipt, body, call.now) ?? json(200, { code: 200, message: 'OK', data: DONE })
  }
}

const DONE = { resultCode: 'SUCCESS', resultMessage: '' }
const wrongState = () =>
  json(200, { code: 200, message: 'OK', data: { resultCode: 'FAIL', resultMessage: '처리할 수 없는 상태입니다.' } })

/** Not shipped, and it will not be. */
export const stoppedShipment: Act = (world, receipt, body, now) => {
  if (receipt.status !== 'RELEASE_STOP_UNCHECKED') return wrongState()
  if (text(body, 'cancelCount') !== String(unitsOf(receipt)))
    return internalError('cancelCount differs from the receipt')
  for (const { line, units } of receipt.items) {
    line.held -= units
    cancelUnits(world, line, units, now)
  }
  return moveReceipt(receipt, 'RETURNS_COMPLETED', now, { releaseStatus: 'S', releaseStopStatus: '처리(출고중지)' })
}

/** Too late, it is under way: the units are sent after all and come back as a return. */
export const completedShipment: Act = (world, receipt, body, now) => {
  const isEarlyReturn = receipt.status === 'RETURNS_UNCHECKED' && receipt.releaseStatus === 'N'
  if (receipt.status !== 'RELEASE_STOP_UNCHECKED' && !isEarlyReturn) return wrongState()
  const [carrier, invoice] = [text(body, 'deliveryCompanyCode'), text(body, 'invoiceNumber')]
  if (carrier === '' || invoice === '') return orderRefused('deliveryCompanyCode and invoiceNumber are required')
  for (const { line, units } of receipt.items) {
    line.held -= units
    if (line.box.state === 'INSTRUCT') shipBox(world, line.box, carrier, invoice, now)
  }
  moveReceipt(receipt, 'RETURNS_UNCHECKED', now, { releaseStatus: 'A', releaseStopStatus: '처리(이미출고)' })
  Object.assign(receipt, { carrier, invoice })
  return json(200, { data: { code: '200', message: 'OK', ...DONE } }) // nested like this, and nowhere else
}

/** The goods are back. */
export const receiveConfirmation: Act = (world, receipt, _body, now) => {
  if (receipt.status !== 'RETURNS_UNCHECKED' || receipt.releaseStatus === 'N') return wrongState()
  const { autoApproveMs } = world.switches
  if (autoApproveMs > 0) {
    actLater(world.due, now + autoApproveMs, (at) => {
      if (receipt.status === 'VENDOR_WAREHOUSE_CONFIRM') refund(world, receipt, at)
    })
  }
  return moveReceipt(receipt, 'VENDOR_WAREHOUSE_CONFIRM', now)
}

/** Refunds. */
export const approval: Act = (world, receipt, body, now) => {
  if (receipt.status !== 'VENDOR_WAREHOUSE_CONFIRM') return wrongState()
  if (text(body, 'cancelCount') !== String(unitsOf(receipt)))
    return internalError('cancelCount differs from the receipt')
  return refund(world, receipt, now)
}

function refund(world: World, receipt: Receipt, now: number): null {
  for (const { line, units } of receipt.items) {
    const back = Math.min(units, openUnits(line))
    line.returned += back
    cancelUnits(world, line, back, now)
  }
  return moveReceipt(receipt, 'RETURNS_COMPLETED', now)
}

const unitsOf = (receipt: Receipt) => receipt.items.reduce((sum, item) => sum + item.units, 0)

function moveReceipt(receipt: Receipt, status: Receipt['status'], now: number, more: Partial<Receipt> = {}): null {
  Object.assign(receipt, more, { status, modifiedAt: now })
  return null
}
