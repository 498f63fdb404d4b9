import { z } from 'zod'
import { anId, expectShape, rawWithin, someText, units } from '../../../server/adapters/marketplaces/answers.ts'
import type { Clock } from '../../../server/kernel/clock.ts'
import {
  ChannelFault,
  type ChannelLineState,
  type ChannelOrder,
  type Collected,
  type Cursor,
} from '../../../server/modules/channels/adapter.ts'
import type { Ask } from './call.ts'

/** The log is read to its end or not at all; no seller changes a million orders between two looks. */
const MOST_PAGES = 10_000

export async function collectOrders(ask: Ask, clock: Clock, cursor: Cursor | null): Promise<Collected> {
  const begunAt = clock.now()
  let after = Number(cursor?.after ?? 0)
  const orders = new Map<string, ChannelOrder>()
  for (let page = 0; page < MOST_PAGES; page++) {
    const { changes } = expectShape(changesAnswer, await ask('GET', `/v1/changes?after=${after}`), 'changes')
    if (changes.length === 0) return { orders: [...orders.values()], claims: [], next: { after }, begunAt }
    // A row tells its order as it is now, so of several the last is enough.
    for (const { order } of changes.toSorted((a, b) => a.seq - b.seq)) orders.set(order.orderNo, orderOf(order))
    const last = changes.reduce((most, { seq }) => Math.max(most, seq), after)
    if (last === after) throw new ChannelFault('garbled', 'a log that does not go on')
    after = last
  }
  throw new ChannelFault('garbled', 'a log without an end')
}

const STATES: Record<z.infer<typeof status>, ChannelLineState> = {
  PAID: 'paid',
  ACCEPTED: 'acknowledged',
  SHIPPED: 'shipped',
  CANCELLED: 'cancelled',
}

function orderOf(row: z.infer<typeof orderRow>): ChannelOrder {
  const { receiver, paidAt } = row
  const { name, phone, postal: postalCode, line1, line2 } = receiver
  return {
    ...{ externalId: row.orderNo, orderedAt: paidAt, paidAt, buyerName: row.buyer, shippingFee: row.shippingFee },
    address: { name, phone, postalCode, line1, line2, memo: '' },
    lines: row.lines.map((line) => ({
      ...{ lineKey: line.lineNo, actionKey: line.lineNo, unit: line.goodsNo, item: line.itemNo },
      ...{ sellerCode: line.sellerCode || null, productName: line.title, optionName: line.option },
      ...{ quantity: line.quantity, cancelled: line.cancelled, unitPrice: line.price, state: STATES[line.status] },
      ...{ soldAt: paidAt, changedAt: row.changedAt, cancelRequested: line.wantsCancel },
      invoice: line.invoice || null,
    })),
    raw: rawWithin(row),
  }
}

const status = z.enum(['PAID', 'ACCEPTED', 'SHIPPED', 'CANCELLED'])
const time = z.int().positive()

const lineRow = z
  .object({
    ...{ lineNo: anId, itemNo: anId, goodsNo: anId, sellerCode: someText(100), title: someText(), option: someText() },
    ...{ price: z.int().nonnegative(), quantity: units, cancelled: units, status, wantsCancel: z.boolean() },
    invoice: someText(100),
  })
  .refine(({ quantity, cancelled }) => cancelled <= quantity, 'more cancelled than bought')
  .refine(({ quantity, cancelled, status }) => status !== 'CANCELLED' || cancelled === quantity, 'cancelled and not')

const receiver = z.object({
  ...{ name: someText(), phone: someText(), postal: someText(), line1: someText(), line2: someText() },
})
const orderRow = z.object({
  ...{ orderNo: anId, paidAt: time, changedAt: time, buyer: someText(), shippingFee: z.int().nonnegative(), receiver },
  lines: z.array(lineRow).min(1),
})
const changesAnswer = z.object({ changes: z.array(z.object({ seq: z.int().positive(), order: orderRow })) })
