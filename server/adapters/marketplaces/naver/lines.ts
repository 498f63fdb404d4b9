import { z } from 'zod'
import type { ChannelLineState, ChannelOrder, ChannelOrderLine } from '../../../modules/channels/adapter.ts'
import { anId, maybeId, maybeInstant, rawWithin, someText, units, won } from '../answers.ts'

/** When the marketplace's own counter falls. Not documented, so it is a setting. */
export type StockTakenAt = 'payment' | 'order'

/** One row of the detail answer, as far as we use it. */
export const detailRow = z.object({
  order: z.object({
    orderId: anId,
    orderDate: maybeInstant,
    paymentDate: maybeInstant,
    ordererName: someText(100),
  }),
  productOrder: z.object({
    productOrderId: anId,
    productOrderStatus: z.string(),
    placeOrderStatus: z.string().nullish(),
    placeOrderDate: maybeInstant,
    originalProductId: anId,
    optionCode: maybeId,
    itemNo: maybeId,
    optionManageCode: someText(100),
    sellerProductCode: someText(100),
    productName: someText(),
    productOption: someText(),
    quantity: units,
    initialQuantity: units.nullish(),
    remainQuantity: units.nullish(),
    unitPrice: won,
    optionPrice: won.nullish(),
    claimStatus: z.string().nullish(),
    shippingAddress: z
      .object({
        name: someText(100),
        tel1: someText(50),
        zipCode: someText(20),
        baseAddress: someText(),
        detailedAddress: someText(),
      })
      .nullish(),
    shippingMemo: someText(1_000),
  }),
  delivery: z.object({ sendDate: maybeInstant, trackingNumber: someText(50) }).nullish(),
  /** Read by claims.ts, so that a claim we cannot read does not keep its line out. */
  currentClaim: z
    .object({ cancel: z.unknown().optional(), return: z.unknown().optional(), exchange: z.unknown().optional() })
    .nullish(),
  completedClaims: z
    .array(
      z.looseObject({
        claimType: z.string().nullish(),
        claimStatus: z.string().nullish(),
        requestQuantity: units.nullish(),
      }),
    )
    .nullish(),
})

export type DetailRow = z.infer<typeof detailRow>

/** Rows of one checkout become one order. A row is one line, and not every line of an order need be among them. */
export function ordersOf(
  rows: readonly { row: DetailRow; raw: unknown; changedAt: number | null }[],
  taken: StockTakenAt,
): ChannelOrder[] {
  return [...Map.groupBy(rows, ({ row }) => row.order.orderId)].map(([externalId, ofOrder]) => {
    const { order } = ofOrder[0]!.row
    return {
      externalId,
      orderedAt: order.orderDate ?? order.paymentDate ?? 0,
      paidAt: order.paymentDate,
      buyerName: order.ordererName,
      address: ofOrder.map(({ row }) => addressOf(row)).find((address) => address !== null) ?? null,
      shippingFee: null,
      lines: ofOrder.map(({ row, changedAt }) => lineOf(row, changedAt, taken)),
      raw: rawWithin(ofOrder.map(({ raw }) => raw)),
    }
  })
}

export function lineOf(row: DetailRow, changedAt: number | null, taken: StockTakenAt): ChannelOrderLine {
  const line = row.productOrder
  const quantity = line.initialQuantity ?? line.quantity
  const state = stateOf(line.productOrderStatus, line.placeOrderStatus)
  const cancelled = cancelledOf(row, state, quantity)
  const orderedAt = row.order.orderDate ?? row.order.paymentDate ?? 0
  return {
    lineKey: line.productOrderId,
    actionKey: line.productOrderId,
    unit: line.originalProductId,
    // A product without options has no option id; its own number stands for the one thing it sells.
    item: line.optionCode ?? line.itemNo ?? line.originalProductId,
    sellerCode: line.optionManageCode || line.sellerProductCode || null,
    productName: line.productName,
    optionName: line.productOption,
    quantity,
    cancelled,
    unitPrice: line.unitPrice + (line.optionPrice ?? 0),
    state: quantity > 0 && cancelled === quantity ? 'cancelled' : state,
    soldAt: taken === 'order' ? orderedAt : (row.order.paymentDate ?? orderedAt),
    changedAt: Math.max(
      changedAt ?? 0,
      orderedAt,
      row.order.paymentDate ?? 0,
      line.placeOrderDate ?? 0,
      row.delivery?.sendDate ?? 0,
    ),
    cancelRequested:
      cancelled < quantity && (line.claimStatus === 'CANCEL_REQUEST' || line.claimStatus === 'CANCELING'),
    invoice: row.delivery?.trackingNumber || null,
  }
}

/**
 * Returned and exchanged lines went out and came back later. That is no cancel: what came back enters stock
 * by inspection, not by this feed.
 */
function stateOf(status: string, placeOrderStatus: string | null | undefined): ChannelLineState {
  switch (status) {
    case 'PAYMENT_WAITING':
      return 'pending'
    case 'PAYED':
      return placeOrderStatus === 'OK' ? 'acknowledged' : 'paid'
    case 'DELIVERING':
      return 'shipped'
    case 'DELIVERED':
      return 'delivered'
    case 'PURCHASE_DECIDED':
    case 'EXCHANGED':
    case 'RETURNED':
      return 'completed'
    case 'CANCELED':
    case 'CANCELED_BY_NOPAYMENT':
      return 'cancelled'
    default:
      throw new UnknownStatus(status)
  }
}

/** A word the contract does not list. The line is not readable, and a guess could ship or free what it must not. */
export class UnknownStatus extends Error {}

function cancelledOf(row: DetailRow, state: ChannelLineState, quantity: number): number {
  const { claimStatus, remainQuantity } = row.productOrder
  if (state === 'cancelled') return quantity
  const isUnshipped = state === 'pending' || state === 'paid' || state === 'acknowledged'
  // After shipping, what no longer remains may have been returned; only finished cancels say that it was not.
  if (!isUnshipped) return Math.min(quantity, finishedCancels(row))
  if (remainQuantity !== null && remainQuantity !== undefined) return Math.max(0, quantity - remainQuantity)
  // A finished cancel with no number beside it, on a line whose status has not followed yet, is a cancel of all.
  return isCancelDone(claimStatus) ? quantity : 0
}

function finishedCancels(row: DetailRow): number {
  return (row.completedClaims ?? [])
    .filter(({ claimStatus }) => isCancelDone(claimStatus))
    .reduce((sum, claim) => sum + (claim.requestQuantity ?? 0), 0)
}

function isCancelDone(claimStatus: string | null | undefined): boolean {
  return claimStatus === 'CANCEL_DONE' || claimStatus === 'ADMIN_CANCEL_DONE'
}

function addressOf(row: DetailRow): ChannelOrder['address'] {
  const address = row.productOrder.shippingAddress
  if (!address) return null
  return {
    name: address.name,
    phone: address.tel1,
    postalCode: address.zipCode,
    line1: address.baseAddress,
    line2: address.detailedAddress,
    memo: row.productOrder.shippingMemo,
  }
}
