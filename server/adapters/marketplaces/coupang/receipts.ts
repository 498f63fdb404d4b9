import { z } from 'zod'
import type { ChannelOrder, ChannelOrderLine } from '../../../modules/channels/adapter.ts'
import { anId, anInstant, maybeId, maybeInstant, rawWithin, someText, units } from '../answers.ts'

/** One receipt of a cancel, or of a stop asked for after acknowledging, as far as we use it. */
export const receipt = z.looseObject({
  receiptId: anId,
  orderId: anId,
  receiptType: z.string().nullish(),
  receiptStatus: z.string().nullish(),
  createdAt: anInstant,
  modifiedAt: maybeInstant,
  faultByType: someText(50),
  cancelReason: someText(1_000),
  reasonCodeText: someText(500),
  returnDeliveryDtos: z
    .array(z.object({ deliveryCompanyCode: someText(50), deliveryInvoiceNo: someText(50) }))
    .nullish(),
  returnItems: z
    .array(
      z.object({
        vendorItemId: anId,
        shipmentBoxId: maybeId,
        cancelCount: units,
        purchaseCount: units.nullish(),
        releaseStatus: z.string().nullish(),
      }),
    )
    .nullish(),
})

export type Receipt = z.infer<typeof receipt>

/** What a receipt does to a line: units that are no longer wanted, or a wish somebody must decide on. */
export type Effect = {
  lineKey: string
  item: string
  box: string
  bought: number
  cancelled: number
  isRequest: boolean
}

/** Differs whenever the receipt changed. */
export function versionOf({ receiptStatus, modifiedAt }: Receipt): string {
  return `${receiptStatus ?? ''}|${modifiedAt ?? ''}`
}

/**
 * A cancel before acknowledging is booked as CANCEL and is complete at once. A stop asked for later is booked
 * as RETURN: a request while unchecked, a cancel once complete for what had not left the warehouse (N, S).
 * Returns of goods that left change nothing here: they enter stock by inspection.
 */
export function effectsOf(row: Receipt): Effect[] {
  const isCancel = row.receiptType === 'CANCEL'
  const isRequest = !isCancel && row.receiptStatus === 'RELEASE_STOP_UNCHECKED'
  const isDone = row.receiptStatus === 'RETURNS_COMPLETED'
  return (row.returnItems ?? []).flatMap((item) => {
    const neverLeft = item.releaseStatus === 'S' || item.releaseStatus === 'N'
    if (!isCancel && !isRequest && !(isDone && neverLeft)) return []
    return [
      {
        lineKey: `${row.orderId}:${item.vendorItemId}`,
        item: item.vendorItemId,
        box: item.shipmentBoxId ?? '',
        bought: Math.max(item.purchaseCount ?? 0, item.cancelCount),
        cancelled: isRequest ? 0 : item.cancelCount,
        isRequest,
      },
    ]
  })
}

/** Every unit of every line of the receipt is cancelled: no sheet has more to say. */
export function tellsAll(row: Receipt): boolean {
  return effectsOf(row).every(({ bought, cancelled, isRequest }) => !isRequest && cancelled >= bought)
}

/** The order with what its receipt says laid over what its sheets said before or after. */
export function withEffects(order: ChannelOrder, effects: readonly Effect[], at: number): ChannelOrder {
  const byLine = new Map(effects.map((effect) => [effect.lineKey, effect]))
  return {
    ...order,
    lines: order.lines.map((line): ChannelOrderLine => {
      const effect = byLine.get(line.lineKey)
      if (!effect) return line
      const cancelled = Math.min(line.quantity, Math.max(line.cancelled, effect.cancelled))
      return {
        ...line,
        cancelled,
        state: cancelled === line.quantity ? 'cancelled' : line.state,
        changedAt: Math.max(line.changedAt, at),
        cancelRequested: cancelled < line.quantity && (line.cancelRequested || effect.isRequest),
      }
    }),
  }
}

/**
 * An order of which only the receipt is left: cancelled before we saw it, it is in no list any more. Names and
 * prices are not told. `isGone`: its sheet was asked for and is not there, so nothing of it is wanted.
 */
export function orderOfReceipt(row: Receipt, effects: readonly Effect[], isGone: boolean): ChannelOrder {
  return {
    externalId: row.orderId,
    orderedAt: row.createdAt,
    paidAt: null,
    buyerName: '',
    address: null,
    shippingFee: null,
    lines: effects.map((effect) => {
      const cancelled = isGone && !effect.isRequest ? effect.bought : effect.cancelled
      return {
        lineKey: effect.lineKey,
        actionKey: effect.box,
        unit: effect.item,
        item: effect.item,
        sellerCode: null,
        productName: '',
        optionName: '',
        quantity: effect.bought,
        cancelled,
        unitPrice: 0,
        state: cancelled === effect.bought ? 'cancelled' : 'paid',
        soldAt: row.createdAt,
        changedAt: Math.max(row.createdAt, row.modifiedAt ?? 0),
        cancelRequested: effect.isRequest,
      }
    }),
    raw: rawWithin([row]),
  }
}
