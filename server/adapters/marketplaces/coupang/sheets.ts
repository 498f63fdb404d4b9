import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { ChannelLineState, ChannelOrder, ChannelOrderLine } from '../../../modules/channels/adapter.ts'
import { anId, anInstant, maybeInstant, rawWithin, someText, units, won } from '../answers.ts'

/** When the marketplace's own counter falls. Not documented, so it is a setting. */
export type StockTakenAt = 'payment' | 'order'

/** The statuses an order sheet goes through; NONE_TRACKING is shipped without a carrier. */
export const STATES: Readonly<Record<SheetStatus, ChannelLineState>> = {
  ACCEPT: 'paid',
  INSTRUCT: 'acknowledged',
  DEPARTURE: 'shipped',
  DELIVERING: 'shipped',
  NONE_TRACKING: 'shipped',
  FINAL_DELIVERY: 'delivered',
}

export type SheetStatus = 'ACCEPT' | 'INSTRUCT' | 'DEPARTURE' | 'DELIVERING' | 'NONE_TRACKING' | 'FINAL_DELIVERY'

const ADVANCE: readonly ChannelLineState[] = ['paid', 'acknowledged', 'shipped', 'delivered']

/** One order sheet, which is one box, as far as we use it; v4 and v5 money and times alike. */
export const sheet = z.object({
  shipmentBoxId: anId,
  orderId: anId,
  orderedAt: anInstant,
  paidAt: maybeInstant,
  status: z.enum(['ACCEPT', 'INSTRUCT', 'DEPARTURE', 'DELIVERING', 'NONE_TRACKING', 'FINAL_DELIVERY']),
  shippingPrice: won.nullish(),
  splitShipping: z.boolean().nullish(),
  orderer: z.object({ name: someText(100) }).nullish(),
  receiver: z
    .object({
      name: someText(100),
      safeNumber: someText(50),
      receiverNumber: someText(50),
      addr1: someText(),
      addr2: someText(),
      postCode: someText(20),
    })
    .nullish(),
  parcelPrintMessage: someText(1_000),
  invoiceNumber: someText(50),
  inTrasitDateTime: someText(64),
  deliveredDate: someText(64),
  orderItems: z
    .array(
      z.object({
        vendorItemId: anId,
        vendorItemName: someText(),
        sellerProductName: someText(),
        sellerProductItemName: someText(),
        externalVendorSkuCode: someText(100),
        shippingCount: units,
        cancelCount: units.nullish(),
        holdCountForCancel: units.nullish(),
        salesPrice: won,
        canceled: z.boolean().nullish(),
      }),
    )
    .min(1),
})

export type Sheet = z.infer<typeof sheet>

/** A sheet as it was told. `version` differs whenever anything in it does. */
export type ShownSheet = { sheet: Sheet; raw: unknown; version: string }

/** A list repeats every sheet of its window each time; most are as they were. */
export function versionOf(raw: unknown): string {
  return createHash('sha1').update(JSON.stringify(raw)).digest('base64')
}

/** Sheets of one order become one order. Not every sheet of an order need be among them. */
export function ordersOf(sheets: readonly ShownSheet[], taken: StockTakenAt): ChannelOrder[] {
  return [...Map.groupBy(sheets, (shown) => shown.sheet.orderId)].map(([externalId, ofOrder]) => {
    const boxes = [...new Map(ofOrder.map((shown) => [shown.sheet.shipmentBoxId, shown])).values()]
    const first = boxes[0]!.sheet
    return {
      externalId,
      orderedAt: Math.min(...boxes.map((box) => box.sheet.orderedAt)),
      paidAt: first.paidAt,
      buyerName: first.orderer?.name ?? '',
      address: addressOf(first),
      shippingFee: shippingFeeOf(boxes),
      lines: linesOf(ofOrder, taken),
      raw: rawWithin(boxes.map(({ raw }) => raw)),
    }
  })
}

/**
 * The same line may be told by two boxes when it was split off, or twice by one box that changed while we
 * read: the further advanced one is the newer.
 */
function linesOf(sheets: readonly ShownSheet[], taken: StockTakenAt): ChannelOrderLine[] {
  const lines = new Map<string, ChannelOrderLine>()
  for (const { sheet: box } of sheets) {
    for (const item of box.orderItems) {
      const line = lineOf(box, item, taken)
      const other = lines.get(line.lineKey)
      lines.set(line.lineKey, other ? newerOf(other, line) : line)
    }
  }
  return [...lines.values()]
}

function newerOf(a: ChannelOrderLine, b: ChannelOrderLine): ChannelOrderLine {
  const newer = advanceOf(b) >= advanceOf(a) ? b : a
  return { ...newer, cancelled: Math.min(newer.quantity, Math.max(a.cancelled, b.cancelled)) }
}

function advanceOf(line: ChannelOrderLine): number {
  return line.state === 'cancelled' ? ADVANCE.length : ADVANCE.indexOf(line.state)
}

function lineOf(box: Sheet, item: Sheet['orderItems'][number], taken: StockTakenAt): ChannelOrderLine {
  const quantity = item.shippingCount
  const cancelled = item.canceled ? quantity : Math.min(quantity, item.cancelCount ?? 0)
  return {
    lineKey: `${box.orderId}:${item.vendorItemId}`,
    actionKey: box.shipmentBoxId,
    unit: item.vendorItemId,
    item: item.vendorItemId,
    sellerCode: item.externalVendorSkuCode || null,
    productName: item.sellerProductName || item.vendorItemName,
    optionName: item.sellerProductItemName,
    quantity,
    cancelled,
    unitPrice: item.salesPrice,
    state: quantity > 0 && cancelled === quantity ? 'cancelled' : STATES[box.status],
    soldAt: taken === 'order' ? box.orderedAt : (box.paidAt ?? box.orderedAt),
    changedAt: Math.max(box.orderedAt, box.paidAt ?? 0),
    cancelRequested: cancelled < quantity && (item.holdCountForCancel ?? 0) > 0,
    invoice: box.invoiceNumber || null,
  }
}

function shippingFeeOf(boxes: readonly ShownSheet[]): number | null {
  const fees = boxes.map(({ sheet: box }) => box.shippingPrice).filter((fee) => fee !== null && fee !== undefined)
  return fees.length === 0 ? null : fees.reduce((sum, fee) => sum + fee, 0)
}

function addressOf(box: Sheet): ChannelOrder['address'] {
  if (!box.receiver) return null
  return {
    name: box.receiver.name,
    phone: box.receiver.safeNumber || box.receiver.receiverNumber,
    postalCode: box.receiver.postCode,
    line1: box.receiver.addr1,
    line2: box.receiver.addr2,
    memo: box.parcelPrintMessage,
  }
}
