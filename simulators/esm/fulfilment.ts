import { actLater } from '../due.ts'
import type { SimResponse } from '../marketplace.ts'
import { invoiceFault } from './carriers.ts'
import { withdraw } from './claims.ts'
import { bytesOf, field, orderOk, orderRefused, text, whole } from './envelopes.ts'
import { bringOtherGoods, newestExchange } from './exchanges.ts'
import { noSuchOrder, orderOf } from './order-lists.ts'
import { isGiftPending, moveOrder, type Order } from './orders.ts'
import { DAY_MS, readMoment } from './times.ts'
import { type Call, happens, type World } from './world.ts'

/** POST /shipping/v1/Order/OrderCheck/{OrderNo}. From here on a buyer's cancel needs the seller's approval. */
export function confirmOrder(world: World, call: Call): SimResponse {
  const order = orderOf(world, call, Number(call.part))
  if (order === null) return noSuchOrder()
  const refusal = confirmFault(order)
  if (refusal !== null) return orderRefused(refusal)
  const tooLong = ownNumbersFault(call)
  if (tooLong !== null) return orderRefused(tooLong, 2141)

  const hasMoved = happens(world.switches.addressChanges, call.random)
  if (hasMoved) order.hasMoved = true
  moveOrder(world.orders, order, 2, call.now)
  return orderOk(world.switches.successIs, { IsChanged: hasMoved ? 1 : 0 })
}

function confirmFault(order: Order): string | null {
  if (order.isCancelled) return '취소된 주문번호입니다.'
  if (isGiftPending(order)) return '해당 주문은 선물수락대기 상태로 주문확인이 불가합니다.'
  if (order.status === 1 && order.claim === null) return null
  return order.status === 2 && order.claim === null
    ? '이미 주문확인 처리된 건입니다.'
    : '주문확인 할 수 없는 상태입니다.'
}

const LONGEST_OWN_NUMBER_BYTES = 30

function ownNumbersFault({ body }: Call): string | null {
  if (bytesOf(text(body, 'SellerOrderNo')) > LONGEST_OWN_NUMBER_BYTES) {
    return '제휴사 주문번호의 최대길이는 30byte입니다.'
  }
  return bytesOf(text(body, 'SellerItemNo')) > LONGEST_OWN_NUMBER_BYTES
    ? '제휴사 상품번호의 최대길이는 30byte입니다.'
    : null
}

/**
 * POST /shipping/v1/Delivery/ShippingInfo. A second call corrects the invoice. On an order whose buyer asked to cancel
 * it also means "no": there is no other way to refuse.
 */
export function shipOrder(world: World, call: Call): SimResponse {
  const { body, now } = call
  const order = orderOf(world, call, whole(body, 'OrderNo'))
  if (order === null) return noSuchOrder()
  const carrier = whole(body, 'DeliveryCompanyCode')
  const invoice = text(body, 'InvoiceNo')
  const refusal = invoiceFault(carrier, invoice) ?? shipDateFault(field(body, 'ShippingDate'), now)
  if (refusal !== null) return orderRefused(refusal)
  const tooLong = ownNumbersFault(call)
  if (tooLong !== null) return orderRefused(tooLong, 2141)
  const state = shipFault(world, order, now)
  if (state !== null) return orderRefused(state)

  if (order.claim !== null) withdraw(world, order.claim, now)
  order.carrier = carrier
  order.invoice = invoice
  if (order.status === 2) {
    moveOrder(world.orders, order, 3, now)
    carry(world, order, now)
  }
  return orderOk(world.switches.successIs, { OrderNo: order.orderNo })
}

function shipDateFault(told: unknown, now: number): string | null {
  const date = readMoment(told)
  if (date === null) return '문자열이 유효한 DateTime으로 인식되지 않습니다.'
  return Math.abs(date.at - now) > 2 * DAY_MS ? '발송일시는 호출시점 2일 이내로 입력해야 합니다.' : null
}

function shipFault(world: World, order: Order, now: number): string | null {
  const { claim, confirmedAt } = order
  if (order.isCancelled) return '통합 API 취소요청건 발송처리를 위한 취소철회가 실패하였습니다.'
  const isSentBack = claim !== null && claim.kind !== 'cancel'
  if (isSentBack || (order.status !== 2 && order.status !== 3)) {
    return `주문번호:${order.orderNo}의 경매상태가 발송가능한 상태가 아닙니다.`
  }
  const { confirmDelayMs } = world.switches
  const isConfirming = order.status === 2 && confirmedAt !== null && now - confirmedAt < confirmDelayMs
  return isConfirming ? '주문확인 진행중입니다. 잠시 후 다시 진행해주세요' : null
}

/** The parcel arrives, and some days later the buyer decides to keep what came. */
function carry(world: World, order: Order, now: number): void {
  const { carrierMs } = world.switches
  if (carrierMs <= 0) return
  actLater(world.due, now + carrierMs, (at) => {
    if (order.status === 3) moveOrder(world.orders, order, 4, at)
  })
  actLater(world.due, now + 2 * carrierMs, (at) => {
    if (order.status === 4 && order.claim === null) moveOrder(world.orders, order, 5, at)
  })
}

/** The carrier says so, and nobody has to tell. False for what is not on its way. */
export function deliver(world: World, lineKey: string, now: number): boolean {
  const order = world.orders.lines.get(lineKey)
  if (order?.status !== 3 || order.claim !== null) return false
  moveOrder(world.orders, order, 4, now)
  return true
}

/** POST /shipping/v1/Delivery/AddShippingCompleteInfo/{OrderNo}: by special grant, for carriers nobody tracks. */
export function tellDelivered(world: World, call: Call): SimResponse {
  const order = orderOf(world, call, Number(call.part))
  if (order === null) return noSuchOrder()
  if (bringOtherGoods(world, newestExchange(order), call.now)) {
    return orderOk(world.switches.successIs, { OrderNo: order.orderNo })
  }
  if (order.status !== 3 || order.claim !== null) return orderRefused('배송완료 처리할 수 없는 상태입니다.')
  moveOrder(world.orders, order, 4, call.now)
  return orderOk(world.switches.successIs, { OrderNo: order.orderNo })
}

/** POST /shipping/v1/Order/ShippingExpectedDate: tells the buyer of a delay, 1 to 90 days ahead. */
export function delayShipping(world: World, call: Call): SimResponse {
  const { body, now } = call
  const order = orderOf(world, call, whole(body, 'OrderNo'))
  if (order === null) return noSuchOrder()
  const reason = whole(body, 'ReasonType') ?? 0
  if (reason < 1 || reason > 3) return orderRefused('정의되지 않은 지연 사유입니다.')
  const date = readMoment(field(body, 'ShippingExpectedDate'))
  if (date === null) return orderRefused('문자열이 유효한 DateTime으로 인식되지 않습니다.')
  if (date.at > now + 90 * DAY_MS) return orderRefused('예상 배송일은 90일을 초과할 수 없습니다.')
  if (date.at <= now) return orderRefused('발송예정일은 호출일 기준 +1일부터 등록 가능합니다.')
  const isWaiting = (order.status === 1 || order.status === 2) && order.claim === null
  if (!isWaiting) return orderRefused('해당 물품을 발송 지연할 수 없습니다')
  return orderOk(world.switches.successIs, { OrderNo: order.orderNo })
}
