import { actLater } from '../due.ts'
import type { SimResponse } from '../marketplace.ts'
import { onOrder } from './claim-calls.ts'
import { answerClaims, tellFacts } from './claim-lists.ts'
import { type Claim, markApproved, openReturn, type ReturnClaim, type Who } from './claims.ts'
import { claimOk, claimRefused, decimal, json, orderRefused, whole } from './envelopes.ts'
import { noteEvent, type Order } from './orders.ts'
import { type Site, siteOfType } from './sites.ts'
import { notOnItsWay, registerPickup, tellWayBack } from './way-back.ts'
import type { Call, World } from './world.ts'

/** The parcel is on its way back. A fast return is refunded on its arrival, by nobody's word. */
export function startReturn(world: World, claim: ReturnClaim, now: number): void {
  const { pickupMs } = world.switches
  if (pickupMs <= 0) return
  actLater(world.due, now + pickupMs, (at) => {
    if (claim.status !== 1) return
    claim.collectedAt = at
    claim.status = 2
    if (claim.isFast) refundReturn(world, claim, 4, at)
  })
}

/** Nothing goes back on sale: what came back has to be looked at first. */
export function refundReturn(world: World, claim: ReturnClaim, by: Who, now: number): void {
  markApproved(world, claim, by, now)
  claim.collectedAt ??= now
  claim.completedAt = now
  claim.hold = null
  claim.status = 4
  noteEvent(world.orders, claim.order, 'returned', now)
}

/** POST /claim/v1/sa/Returns, where G마켓 is 2 in the request and 3 in the answer. */
export function listReturns(world: World, call: Call): SimResponse {
  const status = whole(call.body, 'ReturnStatus')
  if (status === null || status < 1 || status > 6) return orderRefused('반품상태가 올바르지 않습니다', 2000)
  const site = siteOfType(whole(call.body, 'SiteType'))
  return answerClaims(world, call, 'return', site, (claim) => claim.status === status, tellReturn)
}

function tellReturn(world: World, claim: Claim) {
  const { order } = claim
  return {
    ReturnStatus: claim.status,
    IsFastRefund: claim.kind === 'return' && claim.isFast,
    FastRefundRewardStatus: 0,
    GoodsStatus: 0,
    AddReturnShippingFee: decimal(0),
    ReturnShippingFee: decimal(0),
    ...tellWayBack(order, claim.kind === 'cancel' ? null : claim),
    SlotInfo: null,
    ...tellFacts(world, claim),
  }
}

const newestReturn = (order: Order | null) =>
  order?.claims.findLast(({ kind }) => kind === 'return') as ReturnClaim | undefined

const isDone = ({ status }: ReturnClaim) => status === 4 || status === 6
const WITHDRAWN = 5

/** PUT /claim/v1/sa/return/{orderNo}: refunds, lifts a hold and takes the parcel as arrived. */
export function approveReturn(world: World, call: Call): SimResponse {
  return onOrder(world, call, (order, site) => {
    const claim = newestReturn(order)
    if (claim === undefined) return claimRefused(site, 5900, 'ReturnApproveFlowException$반품 정보 조회 실패')
    if (isDone(claim)) {
      return site === 'iac'
        ? claimRefused(site, 8668, '이미 처리된 건입니다', 'W18-1')
        : claimRefused(site, 5800, '이미 환불된 건입니다')
    }
    if (claim.status === WITHDRAWN) {
      return site === 'iac'
        ? claimRefused(site, 8668, '처리 할 수 없는 주문상태입니다', 'W18-3')
        : claimRefused(site, 5900, 'ReturnApproveFlowException$반품 정보 조회 실패')
    }
    refundReturn(world, claim, 2, call.now)
    return claimOk(world.switches.successIs, site)
  })
}

/** POST …/return/{orderNo}/pickup: the seller's own carrier fetches it. May be corrected. */
export const pickUpReturn = (world: World, call: Call): SimResponse =>
  onOrder(world, call, (order, site) => {
    const claim = newestReturn(order)
    const isOpen = claim !== undefined && !isDone(claim) && claim.status !== WITHDRAWN
    if (!isOpen) return notOnItsWay(site, claim?.status === WITHDRAWN)
    return registerPickup(world, call, claim, site, '반품택배사')
  })

/** POST …/return/{orderNo}/hold: money stays until something is settled. Not while the parcel is under way. */
export function holdReturn(world: World, call: Call): SimResponse {
  return onOrder(world, call, (order, site) => {
    const claim = newestReturn(order)
    const reason = whole(call.body, 'HoldReason')
    const refusal = holdFault(claim, reason, site)
    if (refusal !== null) return refusal
    claim!.hold = { reason: reason!, at: call.now }
    claim!.status = 3
    return claimOk(world.switches.successIs, site)
  })
}

function holdFault(claim: ReturnClaim | undefined, reason: number | null, site: Site): SimResponse | null {
  const refuse = (message: string, rule: string) =>
    claimRefused(site, 8668, site === 'iac' ? message : `ShowAlertException$${message}`, rule)
  if (claim === undefined || isDone(claim) || claim.status === WITHDRAWN)
    return refuse('반품 보류 불가 상태입니다', 'W20-2')
  if (claim.isFast) {
    return site === 'iac'
      ? claimRefused(site, 8668, '빠른환불 대상건은 보류 처리 불가 합니다', 'W20-6')
      : claimRefused(site, 99999, 'API Error - 빠른 환불 대상은 보류할 수 없습니다')
  }
  if (reason !== 0 && reason !== 2 && reason !== 4) return claimRefused(site, 2000, '보류사유가 올바르지 않습니다')
  if (claim.pickup !== null && claim.collectedAt === null) {
    return refuse(site === 'iac' ? '반품 수거 완료 후 보류 처리 가능합니다' : '반품 보류 불가 상태입니다', 'W20-3')
  }
  return claim.hold?.reason === reason ? refuse('같은 사유로의 변경은 불가능 합니다.', 'W19-1') : null
}

/** POST /claim/v1/sa/Return/{orderNo}/Request: the seller opens it. A second time it fails with code 0, as the page shows. */
export function requestReturn(world: World, call: Call): SimResponse {
  return onOrder(world, call, (order, site) => {
    if (order?.claim?.kind === 'return') {
      return json(200, { ResultCode: 0, Message: `주문번호 ${order.orderNo} 는 반품 처리 중입니다`, Data: '' })
    }
    const isOut = order !== null && order.claim === null && (order.status === 3 || order.status === 4)
    if (!isOut) return claimRefused(site, 8668, '반품 신청 가능한 주문상태가 아닙니다')
    const claim = openReturn(world, order, { requestUser: 2, reason: 0, reasonCode: 6 }, false, call.now)
    startReturn(world, claim, call.now)
    return claimOk(world.switches.successIs, site, '성공')
  })
}
