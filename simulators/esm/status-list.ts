import type { SimResponse } from '../marketplace.ts'
import { readDays } from './claim-lists.ts'
import type { ExchangeClaim } from './claims.ts'
import { field, orderOk, orderRefused, whole } from './envelopes.ts'
import { noSuchOrder, orderOf } from './order-lists.ts'
import { type Order, STATUS_EVENTS } from './orders.ts'
import { page } from './timeline.ts'
import { tellTime } from './times.ts'
import type { Call, World } from './world.ts'

const PER_PAGE = 100

/**
 * POST /shipping/v1/Delivery/GetDeliveryStatus: where an order is, also one that vanished from the order lists into a
 * claim. By number, or by what happened in a week at most, both sites together.
 */
export function listStatuses(world: World, call: Call): SimResponse {
  const { successIs } = world.switches
  const orderNo = whole(call.body, 'OrderNo') ?? 0
  if (orderNo !== 0) {
    const order = orderOf(world, call, orderNo)
    return order === null ? noSuchOrder() : orderOk(successIs, [tellStatus(order)])
  }
  const event = STATUS_EVENTS[whole(call.body, 'SearchDateConditionType') as keyof typeof STATUS_EVENTS]
  if (event === undefined) return orderRefused('기간검색구분 값이 올바르지 않습니다.')
  const index = whole(call.body, 'Page') ?? 0
  if (index < 1) return orderRefused('페이지 번호는 1보다 큰 값을 입력해주세요.')
  const window = readDays(world, field(call.body, 'FromDate'), field(call.body, 'ToDate'))
  if (window === 'no_date') return orderRefused('문자열이 유효한 DateTime으로 인식되지 않습니다.')
  if (window === 'too_long') return orderRefused('7일 이내의 데이터만 조회가능합니다.')
  const { rows } = page(world.orders.events.get(event)!, window, (index - 1) * PER_PAGE, PER_PAGE)
  return orderOk(successIs, rows.filter(({ site }) => call.sites.has(site)).map(tellStatus))
}

function tellStatus(order: Order) {
  const { Status, ClaimStatus } = statusOf(order)
  const { orderNo, statusChangedAt, gift } = order
  const StatusChangeDate = tellTime(statusChangedAt)
  return { OrderNo: orderNo, Status, ClaimStatus, StatusChangeDate, IsGiftOrder: gift === null ? 'N' : 'Y' }
}

/** 6 cancel, 7 return, 8 exchange, 10 refunded after settlement; else the order's own. */
function statusOf({ claim, status }: Order): { Status: number; ClaimStatus: number } {
  if (claim === null) return { Status: status, ClaimStatus: 0 }
  if (claim.kind === 'cancel') {
    if (claim.status === 6) return { Status: 10, ClaimStatus: 0 }
    return { Status: 6, ClaimStatus: claim.status === 5 ? 3 : claim.status }
  }
  if (claim.kind === 'exchange') return { Status: 8, ClaimStatus: exchangeStep(claim) }
  return { Status: 7, ClaimStatus: claim.status === 1 ? 1 : claim.status < 4 ? 2 : 3 }
}

/** 1 requested, 2 collected, 3 sent again, 4 arrived. */
function exchangeStep({ status, collectedAt }: ExchangeClaim): 1 | 2 | 3 | 4 {
  if (status === 0) return 3
  if (status === 4) return 4
  return collectedAt === null ? 1 : 2
}
