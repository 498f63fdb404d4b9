import type { SimResponse } from '../marketplace.ts'
import { type Body, idList, internalError, json, orderRefused, readBody, text } from './envelopes.ts'
import { cancelUnits, type Line, openUnits } from './orders.ts'
import { openReceipt, type Receipt } from './returns.ts'
import type { Call, World } from './world.ts'

export type CancelAnswer = { kind: 'cancelled' | 'requested' | 'too_late' | 'not_found' }

/**
 * The buyer changes their mind about some units of a line, or, with null, about all that are left.
 *
 * Before the acknowledgement that is a cancel at once. After it, a stop request the seller has to answer. A parcel
 * under way cannot be stopped, a delivered one can be sent back.
 */
export function buyerCancel(world: World, lineKey: string, quantity: number | null, now: number): CancelAnswer {
  if (quantity !== null && (!Number.isInteger(quantity) || quantity < 1)) {
    throw new RangeError(`quantity ${quantity} is not a positive integer`)
  }
  const line = world.orders.lines.get(lineKey)
  if (line === undefined) return { kind: 'not_found' }
  const units = Math.min(quantity ?? Number.POSITIVE_INFINITY, openUnits(line))
  const { state } = line.box
  if (units < 1 || state === 'DEPARTURE' || state === 'DELIVERING') return { kind: 'too_late' }
  if (state === 'ACCEPT') {
    cancelAtOnce(world, [{ line, units }], 'CUSTOMER', now)
    return { kind: 'cancelled' }
  }

  const isStop = state === 'INSTRUCT'
  line.held += isStop ? units : 0
  openReceipt(
    world.receipts,
    {
      receiptType: 'RETURN',
      faultByType: 'CUSTOMER',
      items: [{ line, shipmentBoxId: line.box.shipmentBoxId, units }],
      status: isStop ? 'RELEASE_STOP_UNCHECKED' : 'RETURNS_UNCHECKED',
      releaseStatus: isStop ? 'N' : 'Y',
      releaseStopStatus: isStop ? '미처리' : '비대상',
    },
    now,
  )
  return { kind: 'requested' }
}

type Part = { line: Line; units: number }

function cancelAtOnce(world: World, parts: Part[], faultByType: Receipt['faultByType'], now: number): Receipt {
  const items = parts.map(({ line, units }) => ({ line, shipmentBoxId: line.box.shipmentBoxId, units }))
  for (const { line, units } of parts) cancelUnits(world, line, units, now)
  const wish = { receiptType: 'CANCEL', faultByType, items, status: 'RETURNS_COMPLETED' } as const
  return openReceipt(world.receipts, { ...wish, releaseStatus: 'N', releaseStopStatus: '비대상' }, now)
}

/** The seller stops what is being prepared: nobody has to agree, so the receipt, a RETURN, is complete at once. */
function stopAtOnce(world: World, parts: Part[], now: number): Receipt {
  const items = parts.map(({ line, units }) => ({ line, shipmentBoxId: line.box.shipmentBoxId, units }))
  for (const { line, units } of parts) cancelUnits(world, line, units, now)
  const wish = { receiptType: 'RETURN', faultByType: 'VENDOR', items, status: 'RETURNS_COMPLETED' } as const
  return openReceipt(world.receipts, { ...wish, releaseStatus: 'S', releaseStopStatus: '처리(출고중지)' }, now)
}

const REASONS = ['CCTTER', 'CCPNER', 'CCPRER'] // stock, address, price

/** POST orders/{orderId}/cancel: the seller cannot deliver. One box a call; ACCEPT cancels, INSTRUCT stops the shipment. */
export function sellerCancel(world: World, call: Call): SimResponse {
  const body = readBody(call.body)
  if (body === null) return internalError('Could not read JSON')
  const order = world.orders.orders.get(call.parts[0] ?? '')
  if (order === undefined || text(body, 'orderId') !== order.orderId)
    return orderRefused('유효하지 않은 주문번호 입니다.')
  const parts = readParts(world, body, order.orderId)
  if (typeof parts === 'string') return orderRefused(parts)

  const states = new Set(parts.map(({ line }) => line.box.state))
  const isStop = states.has('INSTRUCT')
  const able = parts.filter(({ line, units }) => units <= openUnits(line))
  const failed = parts.filter((part) => !able.includes(part)).map(({ line }) => Number(line.item.vendorItemId))
  if (!isStop && !states.has('ACCEPT')) return orderRefused('취소할 수 없는 주문 상태입니다.')
  if (able.length === 0)
    return cancelAnswer('FAIL', { orderId: Number(order.orderId), receiptMap: {}, failedVendorItemIds: failed })

  const receipt = isStop ? stopAtOnce(world, able, call.now) : cancelAtOnce(world, able, 'VENDOR', call.now)
  const told = {
    receiptId: Number(receipt.receiptId),
    receiptType: isStop ? 'STOP_SHIPMENT' : 'CANCEL',
    vendorItemIds: able.map(({ line }) => Number(line.item.vendorItemId)),
    totalCount: able.reduce((sum, { units }) => sum + units, 0),
  }
  const receiptMap = { [receipt.receiptId]: told }
  const data = { orderId: Number(order.orderId), receiptMap, failedVendorItemIds: failed }
  return cancelAnswer(failed.length === 0 ? 'SUCCESS' : 'PARTIAL', data)
}

/** What is wrong with the request as text. */
function readParts(world: World, body: Body, orderId: string): Part[] | string {
  const [itemIds, counts] = [idList(body, 'vendorItemIds'), idList(body, 'receiptCounts')]
  if (text(body, 'vendorId') !== world.vendorId || text(body, 'userId') === '')
    return 'vendorId and userId are required'
  if (text(body, 'bigCancelCode') !== 'CANERR' || !REASONS.includes(text(body, 'middleCancelCode'))) {
    return 'bigCancelCode or middleCancelCode is not valid'
  }
  if (itemIds === null || counts === null || itemIds.length === 0 || itemIds.length !== counts.length) {
    return 'vendorItemIds and receiptCounts must be lists of equal length'
  }
  if (new Set(itemIds).size < itemIds.length || counts.some((count) => Number(count) < 1))
    return 'receiptCounts is not valid'

  const lines = itemIds.map((itemId) => world.orders.lines.get(`${orderId}:${itemId}`))
  if (!lines.every((line) => line !== undefined)) return '유효하지 않은 vendorItemId 입니다.'
  if (new Set(lines.map((line) => line.box)).size > 1) return 'one call per shipmentBoxId'
  return lines.map((line, at) => ({ line, units: Number(counts[at]) }))
}

const cancelAnswer = (code: 'SUCCESS' | 'PARTIAL' | 'FAIL', data: unknown) => json(200, { code, message: '', data })
