/** What an order looks like on the wire. */
import type { Claim } from './claims.ts'
import { type Body, money } from './envelopes.ts'
import { type Order, openUnits, type Row } from './orders.ts'
import { tellTime } from './times.ts'
import type { World } from './world.ts'

/** `embed`: items, receivers, buyer, cancellation, return, exchange. A detail has more columns than a row of a list. */
export function orderRow(world: World, order: Order, embed: ReadonlySet<string>, where: 'list' | 'detail'): Body {
  const paid = order.paidAt === null ? 'F' : 'T'
  return {
    shop_no: 1,
    order_id: order.orderId,
    market_id: isOwn(order) ? 'self' : order.place,
    market_order_no: marketOrderNo(order),
    member_id: null,
    paid,
    canceled: shareOf(
      order.rows.map((row) => row.gone > 0 && !row.status.startsWith('R')),
      order,
    ),
    order_date: tellTime(order.at),
    payment_date: tellTime(order.paidAt),
    payment_method: ['card'],
    payment_amount: money(paid === 'T' ? priceOf(order) : 0),
    initial_order_amount: { order_price_amount: money(priceOf(order)), shipping_fee: money(0) },
    actual_order_amount: { order_price_amount: money(priceLeft(order)), shipping_fee: money(0) },
    shipping_status: shippingStatus(order),
    order_place_id: order.place,
    ...(where === 'detail' ? { order_place_name: order.place, first_order: 'F', currency: 'KRW' } : {}),
    ...(embed.has('items') ? { items: order.rows.map((row) => itemRow(world, row)) } : {}),
    ...(embed.has('receivers')
      ? { receivers: [receiverRow(order, where === 'detail' ? 'full' : world.switches.listReceivers)] }
      : {}),
    ...(embed.has('buyer') ? { buyer: buyerRow(order) } : {}),
    ...(embed.has('cancellation') ? { cancellation: claimRows(world, order, 'cancel') } : {}),
    ...(embed.has('return') ? { return: claimRows(world, order, 'return') } : {}),
    ...(embed.has('exchange') ? { exchange: [] } : {}),
  }
}

export function itemRow(world: World, row: Row): Body {
  const { line, parcel, claim } = row
  const { variant } = line
  const claimed = row.quantity - openUnits(row)
  return {
    shop_no: 1,
    item_no: row.no,
    order_item_code: row.code,
    variant_code: variant.code,
    product_no: variant.product.no,
    product_code: variant.product.code,
    custom_product_code: variant.product.customCode,
    custom_variant_code: variant.customCode,
    product_name: variant.product.name,
    option_value: variant.optionName === '' ? '' : `옵션=${variant.optionName}`,
    product_price: money(line.unitPrice),
    option_price: money(line.surcharge),
    quantity: row.quantity,
    payment_amount: null,
    order_status: row.status,
    status_code: statusCode(row),
    claim_code: claim && hasCode(world, claim) ? claim.code : null,
    claim_quantity: claimed,
    claim_reason_type: claim?.reasonType ?? null,
    claim_reason: claim?.reason ?? null,
    tracking_no: parcel?.trackingNo || null,
    shipping_code: parcel?.shippingCode ?? null,
    shipping_company_code: parcel?.company || null,
    market_item_no: isOwn(line.order) ? null : row.code,
    original_item_no: originalItemNo(world, row),
    product_bundle: 'F',
    market_cancel_request: !isOwn(line.order) && claim?.isOpen && claim.by === 'buyer' ? 'T' : null,
    market_fail_reason_type: null,
    multi_invoice: null,
    shipped_date: tellTime(row.shippedAt),
    delivered_date: tellTime(row.deliveredAt),
    cancel_request_date: requestDate(row, 'cancel'),
    return_request_date: requestDate(row, 'return'),
    exchange_request_date: null,
    cancel_date: claim?.kind === 'cancel' ? tellTime(claim.completedAt) : null,
  }
}

/** Of what the buyer asked for last. */
function requestDate({ claim }: Row, kind: Claim['kind']): string | null {
  return claim?.kind === kind && claim.by === 'buyer' ? tellTime(claim.requestedAt) : null
}

/** A list is seen without the way to the door; the endpoint of its own tells it. */
export function receiverRow({ receiver }: Order, columns: 'partial' | 'full'): Body {
  const { name, zipcode } = receiver
  if (columns === 'partial') return { shop_no: 1, name, zipcode }
  return { shop_no: 1, ...receiver, phone: '', address_full: `${receiver.address1} ${receiver.address2}` }
}

const buyerRow = (order: Order): Body => ({
  shop_no: 1,
  member_id: null,
  name: order.buyer,
  email: '',
  cellphone: order.receiver.cellphone,
})

function claimRows(world: World, order: Order, kind: Claim['kind']): Body[] {
  return order.claims
    .filter((claim) => claim.kind === kind && hasCode(world, claim))
    .map((claim) => ({
      shop_no: 1,
      order_id: order.orderId,
      claim_code: claim.code,
      claim_reason_type: claim.reasonType,
      claim_reason: claim.reason,
      undone: claim.undone === null ? 'F' : 'T',
      undone_reason_type: claim.undone?.reasonType ?? null,
      undone_reason: claim.undone?.reason ?? null,
      ...(world.switches.claimRows === 'documented'
        ? { items: claim.parts.map(({ row }) => itemRow(world, row)) }
        : statusOfItsOwn(claim)),
    }))
}

const statusOfItsOwn = (claim: Claim): Body => ({
  order_item_code: claim.parts.map(({ row }) => row.code),
  items: claim.parts.map(({ row, units }) => ({ order_item_code: row.code, quantity: units })),
  claim_status: claim.status,
  claim_request_date: tellTime(claim.requestedAt),
  claim_complete_date: tellTime(claim.completedAt),
})

const hasCode = ({ switches }: World, claim: Claim) => switches.claimCode === 'at_request' || claim.isAccepted

const isOwn = (order: Order) => ['cafe24', 'mobile', 'mobile_d'].includes(order.place)

/** The order's number at the open market it came from. */
export const marketOrderNo = (order: Order) => (isOwn(order) ? null : `M${order.orderId.replace('-', '')}`)

function originalItemNo(world: World, row: Row): (number | string)[] {
  const [original] = row.line.rows
  if (original === undefined || original === row) return []
  return [world.switches.originalItemNo === 'number' ? original.no : original.code]
}

/** N1 in order, C1 cancelled before payment, C2 before shipping, C3 returned. */
function statusCode(row: Row): string {
  if (row.gone < row.quantity) return 'N1'
  if (['C47', 'C48', 'C49'].includes(row.status)) return 'C1'
  return row.status.startsWith('R') ? 'C3' : 'C2'
}

function shareOf(marks: readonly boolean[], order: Order): 'T' | 'F' | 'M' {
  if (!marks.includes(true)) return 'F'
  return order.rows.every((row) => row.gone === row.quantity) && !marks.includes(false) ? 'T' : 'M'
}

/** F nothing sent, M some, T all that is left, W on hold. */
function shippingStatus(order: Order): string {
  const left = order.rows.filter((row) => row.gone < row.quantity)
  const sent = left.filter((row) => row.shippedAt !== null)
  if (sent.length > 0) return sent.length === left.length ? 'T' : 'M'
  return left.length > 0 && left.every((row) => row.status === 'N22') ? 'W' : 'F'
}

const priceOf = ({ lines }: Order) =>
  lines.reduce((sum, line) => sum + (line.unitPrice + line.surcharge) * line.quantity, 0)

const priceLeft = ({ rows }: Order) =>
  rows.reduce((sum, row) => sum + (row.line.unitPrice + row.line.surcharge) * (row.quantity - row.gone), 0)
