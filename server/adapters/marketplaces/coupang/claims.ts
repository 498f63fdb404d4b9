import { z } from 'zod'
import type { ChannelClaim, ClaimState } from '../../../modules/channels/adapter.ts'
import { anId, anInstant, maybeId, maybeInstant, rawWithin, someText, units } from '../answers.ts'
import { carrierOfCode } from './carriers.ts'
import type { Receipt } from './receipts.ts'

/** An exchange as far as we use it. That orderItemId is the option (vendorItemId) is assumed. */
export const exchange = z.looseObject({
  exchangeId: anId,
  orderId: anId,
  exchangeStatus: z.enum(['RECEIPT', 'PROGRESS', 'SUCCESS', 'REJECT', 'CANCEL']),
  createdAt: anInstant,
  modifiedAt: maybeInstant,
  faultType: someText(50),
  reasonCodeText: someText(500),
  exchangeItemDtoV1s: z
    .array(z.object({ orderItemId: anId, quantity: units.min(1), originalShipmentBoxId: maybeId }))
    .min(1),
  deliveryInvoiceGroupDtos: z
    .array(
      z.object({
        shipmentBoxId: maybeId,
        deliveryInvoiceDtos: z.array(z.object({ invoiceNumber: someText(50) })).nullish(),
      }),
    )
    .nullish(),
})

export type Exchange = z.infer<typeof exchange>

/** A wish taken back. Its receipt is told by this row and by nothing else. */
export const withdrawal = z.looseObject({ cancelId: anId, orderId: anId, createdAt: anInstant })

export type Withdrawal = z.infer<typeof withdrawal>

/** Receipts and exchanges number themselves; nothing says that the numbers never meet. */
const EXCHANGE_KEY = 'X'

/** A stop we refused by sending goes on as a return under the same number. */
const RETURN_KEY = ':return'

export function receiptOfKey(claimKey: string): string {
  return claimKey.replace(RETURN_KEY, '')
}

export function exchangeOfKey(claimKey: string): string {
  return claimKey.replace(EXCHANGE_KEY, '')
}

/**
 * The claims of a receipt, at most two: what had not left yet (a cancel), and what comes back (a return). Null when the
 * receipt is not what the contract says.
 */
export function claimsOfReceipt(row: Receipt): ChannelClaim[] | null {
  const items = (row.returnItems ?? []).filter(({ cancelCount }) => cancelCount > 0)
  const isStop = row.receiptType === 'CANCEL' || row.receiptStatus === 'RELEASE_STOP_UNCHECKED'
  const stayed = items.filter(({ releaseStatus }) => isStop || releaseStatus !== 'Y')
  const back = items.filter(({ releaseStatus }) => !isStop && (releaseStatus === 'Y' || releaseStatus === 'A'))
  const isSent = stayed.some(({ releaseStatus }) => releaseStatus === 'A')
  const cancelState = row.receiptType === 'CANCEL' ? 'done' : STOP_STATES[row.receiptStatus ?? '']
  const returnState = RETURN_STATES[row.receiptStatus ?? '']
  if (items.length === 0 || (stayed.length > 0 && !cancelState) || (back.length > 0 && !returnState)) return null
  const returnKey = stayed.length > 0 ? row.receiptId + RETURN_KEY : row.receiptId
  return [
    ...(stayed.length > 0 ? [claimOf(row, row.receiptId, 'cancel', isSent ? 'refused' : cancelState!, stayed)] : []),
    ...(back.length > 0 ? [claimOf(row, returnKey, 'return', returnState!, back)] : []),
  ]
}

const STOP_STATES: Readonly<Record<string, ClaimState>> = {
  RELEASE_STOP_UNCHECKED: 'requested',
  RETURNS_UNCHECKED: 'requested',
  VENDOR_WAREHOUSE_CONFIRM: 'approved',
  REQUEST_COUPANG_CHECK: 'approved',
  RETURNS_COMPLETED: 'done',
}

const RETURN_STATES: Readonly<Record<string, ClaimState>> = {
  RETURNS_UNCHECKED: 'requested',
  VENDOR_WAREHOUSE_CONFIRM: 'collected',
  REQUEST_COUPANG_CHECK: 'collected',
  RETURNS_COMPLETED: 'done',
}

const FAULTS: Readonly<Record<string, ChannelClaim['faultBy']>> = {
  CUSTOMER: 'buyer',
  VENDOR: 'seller',
  COUPANG: 'marketplace',
  WMS: 'marketplace',
}

function claimOf(
  row: Receipt,
  claimKey: string,
  kind: 'cancel' | 'return',
  state: ClaimState,
  items: NonNullable<Receipt['returnItems']>,
): ChannelClaim {
  const parcel = kind === 'return' ? row.returnDeliveryDtos?.find(({ deliveryInvoiceNo }) => deliveryInvoiceNo) : null
  return {
    claimKey,
    kind,
    state,
    externalOrderId: row.orderId,
    lines: items.map(({ vendorItemId, shipmentBoxId, cancelCount }) => ({
      lineKey: `${row.orderId}:${vendorItemId}`,
      actionKey: shipmentBoxId ?? '',
      quantity: cancelCount,
    })),
    faultBy: FAULTS[row.faultByType] ?? 'unknown',
    reason: [row.reasonCodeText, row.cancelReason].filter((text) => text !== '').join(' '),
    requestedAt: row.createdAt,
    changedAt: Math.max(row.createdAt, row.modifiedAt ?? 0),
    lapses: null,
    returnParcel: parcel
      ? { carrier: carrierOfCode(parcel.deliveryCompanyCode), invoice: parcel.deliveryInvoiceNo }
      : null,
    raw: rawWithin(row),
  }
}

const EXCHANGE_STATES: Readonly<Record<Exchange['exchangeStatus'], ClaimState>> = {
  RECEIPT: 'requested',
  PROGRESS: 'collected',
  SUCCESS: 'done',
  REJECT: 'refused',
  CANCEL: 'withdrawn',
}

export function claimOfExchange(row: Exchange): ChannelClaim {
  return {
    claimKey: EXCHANGE_KEY + row.exchangeId,
    kind: 'exchange',
    state: EXCHANGE_STATES[row.exchangeStatus],
    externalOrderId: row.orderId,
    lines: row.exchangeItemDtoV1s.map(({ orderItemId, quantity, originalShipmentBoxId }) => ({
      lineKey: `${row.orderId}:${orderItemId}`,
      actionKey: originalShipmentBoxId ?? '',
      quantity,
    })),
    faultBy: FAULTS[row.faultType] ?? 'unknown',
    reason: row.reasonCodeText,
    requestedAt: row.createdAt,
    changedAt: Math.max(row.createdAt, row.modifiedAt ?? 0),
    lapses: null,
    returnParcel: null,
    raw: rawWithin(row),
  }
}
