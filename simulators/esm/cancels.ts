import { actLater } from '../due.ts'
import type { SimResponse } from '../marketplace.ts'
import { onOrder } from './claim-calls.ts'
import { answerClaims, tellFacts } from './claim-lists.ts'
import {
  type CancelClaim,
  type Claim,
  type ClaimWish,
  endOrder,
  markApproved,
  openCancel,
  openReturn,
  type Who,
  withdraw,
} from './claims.ts'
import { claimOk, claimRefused, orderRefused, whole } from './envelopes.ts'
import { changeStock, listingOf, setSelling } from './goods.ts'
import { noteEvent, type Order } from './orders.ts'
import { startReturn } from './returns.ts'
import { siteOfCancelType } from './sites.ts'
import { type Call, happens, type World } from './world.ts'

export type CancelAnswer = { kind: 'cancelled' | 'requested' | 'too_late' | 'not_found' }

const BY_BUYER: ClaimWish = { requestUser: 1, reason: 1, reasonCode: 1 }

/**
 * The buyer changes their mind about an order: always all of it, since a claim here has no quantity. Before the
 * confirm it is refunded at once; after it the seller is asked; a parcel under way cannot be stopped, one that arrived
 * can go back.
 */
export function buyerCancel(world: World, lineKey: string, quantity: number | null, now: number): CancelAnswer {
  if (quantity !== null && (!Number.isInteger(quantity) || quantity < 1)) {
    throw new RangeError(`quantity ${quantity} is not a positive integer`)
  }
  const order = world.orders.lines.get(lineKey)
  if (order === undefined) return { kind: 'not_found' }
  if (order.claim !== null || order.isCancelled || order.status === 3 || order.status === 5) return { kind: 'too_late' }
  if (order.status < 2) {
    refund(world, openCancel(world, order, BY_BUYER, now), 1, world.switches.restockOnCancel, now)
    return { kind: 'cancelled' }
  }
  if (order.status === 2) requestCancel(world, order, now)
  else startReturn(world, openReturn(world, order, BY_BUYER, isFast(world, order), now), now)
  return { kind: 'requested' }
}

/** The shopper's door has no luck of its own: every n-th return is a fast one instead. */
function isFast(world: World, { orderNo }: Order): boolean {
  const { fastRefunds } = world.switches
  return happens(fastRefunds, () => (orderNo * 0.618_033_988_75) % 1)
}

/** Nobody's answer is an answer too: after 24 hours it is approved. */
function requestCancel(world: World, order: Order, now: number): void {
  const claim = openCancel(world, order, BY_BUYER, now)
  const { autoApproveMs } = world.switches
  if (autoApproveMs <= 0) return
  actLater(world.due, now + autoApproveMs, (at) => {
    if (claim.status === 1) refund(world, claim, 4, world.switches.restockOnCancel, at)
  })
}

/** The site's own people give the money back, without asking the seller. */
export function cancelBySite(world: World, lineKey: string, now: number): boolean {
  const order = world.orders.lines.get(lineKey)
  if (order === undefined || order.isCancelled || order.claim !== null || order.status > 2) return false
  const claim = openCancel(world, order, { requestUser: 3, reason: 1, reasonCode: 0 }, now)
  refund(world, claim, 3, world.switches.restockOnCancel, now)
  claim.status = 5
  return true
}

/** The buyer takes a request back. False when there is none that is still open. */
export function withdrawByBuyer(world: World, lineKey: string, now: number): boolean {
  const claim = world.orders.lines.get(lineKey)?.claim ?? null
  if (claim === null || claim.status !== 1) return false
  withdraw(world, claim, now)
  return true
}

function refund(world: World, claim: CancelClaim, by: Who, restocks: boolean, now: number): void {
  const { refundMs } = world.switches
  markApproved(world, claim, by, now)
  endOrder(world, claim.order, restocks, now)
  noteEvent(world.orders, claim.order, 'cancelled', now)
  claim.status = 2
  if (refundMs === 0) complete(claim, now)
  else actLater(world.due, now + refundMs, (at) => complete(claim, at))
}

function complete(claim: CancelClaim, at: number): void {
  if (claim.status === 2) claim.status = 3
  claim.completedAt = at
  claim.order.statusChangedAt = at
}

/** POST /claim/v1/sa/Cancels, where G마켓 is 3. Everything of at most seven days, without pages and without quantities. */
export function listCancels(world: World, call: Call): SimResponse {
  const site = siteOfCancelType(whole(call.body, 'SiteType'))
  const status = whole(call.body, 'CancelStatus')
  if (status === null || status < 0 || status > 6) return orderRefused('취소상태가 올바르지 않습니다', 2000)
  return answerClaims(world, call, 'cancel', site, (claim) => status === 0 || claim.status === status, tellCancel)
}

const tellCancel = (world: World, claim: Claim) => ({
  CancelStatus: claim.status,
  AddShippingFee: 0,
  ...tellFacts(world, claim),
})

/** PUT /claim/v1/sa/Cancel/{OrderNo}: yes to the buyer. No is said by shipping. */
export function approveCancel(world: World, call: Call): SimResponse {
  return onOrder(world, call, (order, site) => {
    const claim = order?.claims.findLast(({ kind }) => kind === 'cancel') as CancelClaim | undefined
    if (claim === undefined || claim.status === 4) {
      return site === 'iac'
        ? claimRefused(site, 8668, '취소 가능한 주문상태가 아닙니다', 'W8-1')
        : claimRefused(site, 8668, 'ShowAlertException$취소 승인 대상이 없습니다.')
    }
    if (claim.status !== 1) {
      return site === 'iac'
        ? claimRefused(site, 8668, '이미 취소 승인 되었습니다', 'W8-2')
        : claimRefused(site, 8668, 'ShowAlertException$이미 취소 승인 되었습니다.')
    }
    refund(world, claim, 2, world.switches.restockOnCancel, call.now)
    return claimOk(world.switches.successIs, site)
  })
}

/**
 * POST /claim/v1/sa/Cancel/{OrderNo}/SoldOut: the seller cannot deliver. The buyer is refunded and the product, or the
 * option that was bought, is sold out at that site from then on.
 */
export function cancelSoldOut(world: World, call: Call): SimResponse {
  return cancelBySeller(world, call, (order) => {
    for (const { item } of order.parts) {
      if (item.option !== null) item.soldOut = true
      else if (world.switches.soldOutMarks === 'stops') setSelling(listingOf(item), false, call.now)
      else changeStock(world.shelf, item, 0, 'cancel', call.now)
    }
  })
}

/** POST /claim/v1/sa/Cancel/{OrderNo}: the same without selling out, by special grant. */
export const cancelPlain = (world: World, call: Call) => cancelBySeller(world, call, () => {})

function cancelBySeller(world: World, call: Call, sellOut: (order: Order) => void): SimResponse {
  return onOrder(world, call, (order, site) => {
    if (order?.claim?.kind === 'cancel' && order.claim.status === 1 && site === 'iac') {
      return claimRefused(site, 8668, '이미 취소 요청된 주문입니다', 'W28-1')
    }
    const isOpen = order !== null && order.claim === null && (order.status === 1 || order.status === 2)
    if (!isOpen) {
      return site === 'iac'
        ? claimRefused(site, 8668, '취소 가능한 주문상태가 아닙니다', 'W8-1')
        : claimRefused(site, 8668, '8668$취소 가능한 주문상태가 아닙니다')
    }
    const claim = openCancel(world, order, { requestUser: 2, reason: 0, reasonCode: 6 }, call.now)
    refund(world, claim, 2, false, call.now)
    sellOut(order)
    return claimOk(world.switches.successIs, site)
  })
}

/** POST /claim/v1/sa/Cancel/{orderNo}/AfterRemittanceBySeller: 옥션 only, when the money had been paid out. */
export function cancelAfterSettlement(world: World, call: Call): SimResponse {
  return onOrder(world, call, (order, site) => {
    if (site !== 'iac' || order === null || order.status !== 5 || order.claim !== null) {
      return claimRefused(site, 8668, '취소 가능한 주문상태가 아닙니다', site === 'iac' ? 'W8-1' : '')
    }
    const claim = openCancel(world, order, { requestUser: 2, reason: 0, reasonCode: 0 }, call.now)
    refund(world, claim, 2, false, call.now)
    claim.status = 6
    return claimOk(world.switches.successIs, site)
  })
}
