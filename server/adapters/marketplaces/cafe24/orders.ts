import type { ChannelOrder } from '../../../modules/channels/adapter.ts'
import { rawWithin } from '../answers.ts'
import { linesOf, type StockTakenAt } from './lines.ts'
import type { OrderRow, Receiver } from './rows.ts'

/** An order as it was told. `address` where it had to be asked for by itself. */
export type ShownOrder = { order: OrderRow; raw: unknown }

export function orderOf(shown: ShownOrder, taken: StockTakenAt, asked: Receiver | null): ChannelOrder {
  const { order, raw } = shown
  const listed = order.receivers?.[0] ?? null
  const whom = asked ?? listed
  return {
    externalId: order.order_id,
    orderedAt: order.order_date,
    paidAt: order.payment_date,
    buyerName: order.buyer?.name || listed?.name || '',
    address: whom && addressOf(whom),
    shippingFee: order.actual_order_amount?.shipping_fee ?? null,
    lines: linesOf(order, taken),
    raw: rawWithin(raw),
  }
}

/** A list is seen to leave the way to the door out; the call for one order's receivers tells it. */
export function lacksAddress({ order }: ShownOrder): boolean {
  return !order.receivers?.some(({ address1 }) => address1 !== '')
}

function addressOf(whom: Receiver): ChannelOrder['address'] {
  return {
    name: whom.name,
    phone: whom.cellphone || whom.phone,
    postalCode: whom.zipcode,
    line1: whom.address1,
    line2: whom.address2,
    memo: whom.shipping_message,
  }
}
