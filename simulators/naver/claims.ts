/** What becomes of a wish to undo units: asked for by buyer or seller, refused, taken back, completed. */
import { actLater } from '../due.ts'
import { ALREADY, type Failure, WRONG_STATUS } from './failures.ts'
import { tellFeed } from './feed.ts'
import { type Claim, type ClaimKind, type ClaimStatus, type Line, remaining, type Shop } from './shop.ts'
import { changeStock } from './stock.ts'
import { kstDay } from './times.ts'

export type CancelAnswer = { kind: 'cancelled' | 'requested' | 'too_late' | 'not_found' }

/**
 * The buyer's own cancel: at once before the seller confirmed (발주확인), afterwards a request that waits for the seller.
 * Of a parcel under way or delivered it is a wish to send it back.
 */
export function cancelByBuyer(shop: Shop, lineKey: string, quantity: number | null, now: number): CancelAnswer {
  const line = lineFor(shop, lineKey, quantity)
  if (!line) return { kind: 'not_found' }
  const units = quantity ?? remaining(line)
  if (units > remaining(line)) return { kind: 'too_late' }
  if (isReturnable(line)) {
    requestBack(shop, line, 'RETURN', { quantity: units, reason: 'INTENT_CHANGED' }, now)
    return { kind: 'requested' }
  }
  if (!isCancellable(line)) return { kind: 'too_late' }
  if (line.status === 'PAYMENT_WAITING') {
    abandon(shop, line, units, now)
    return { kind: 'cancelled' }
  }
  openClaim(shop, line, 'CANCEL', { quantity: units, reason: 'INTENT_CHANGED' }, now)
  if (line.placedAt !== null) return { kind: 'requested' }
  startCancel(shop, line, now)
  return { kind: 'cancelled' }
}

/** The buyer of a parcel wants another one for it. False when there is none to exchange. */
export function exchangeByBuyer(shop: Shop, lineKey: string, quantity: number | null, now: number): boolean {
  const line = lineFor(shop, lineKey, quantity)
  if (!line || !isReturnable(line) || (quantity ?? 1) > remaining(line)) return false
  requestBack(shop, line, 'EXCHANGE', { quantity: quantity ?? remaining(line), reason: 'COLOR_AND_SIZE' }, now)
  return true
}

/** The buyer lets an open request be: it ends with the same word as a refusal. False when there is none. */
export function withdrawByBuyer(shop: Shop, lineKey: string, now: number): boolean {
  const line = shop.lines.get(lineKey)
  if (!line?.claim || !/_REQUEST$|^COLLECTING$/.test(line.claim.status)) return false
  reject(shop, line, now)
  return true
}

/** The carrier has brought the goods of an open return or exchange back to the seller. */
export function bringBack(shop: Shop, lineKey: string, now: number): boolean {
  const line = shop.lines.get(lineKey)
  const claim = line?.claim
  if (!line || !claim || claim.kind === 'CANCEL' || !/_REQUEST$|^COLLECTING$/.test(claim.status)) return false
  claim.collectedAt = now
  if (claim.kind === 'EXCHANGE' && shop.settings.exchangeCollect === 'completes') claim.status = 'COLLECTING'
  else collected(shop, line, now)
  return true
}

function collected(shop: Shop, line: Line, now: number): void {
  line.claim!.status = 'COLLECT_DONE'
  tellFeed(shop, line, 'COLLECT_DONE', now)
}

/** What went out in exchange is with the buyer, which ends the claim. */
export function completeExchange(shop: Shop, line: Line, now: number): boolean {
  if (line.claim?.status !== 'EXCHANGE_REDELIVERING') return false
  const isAll = line.claim.quantity === remaining(line)
  closeClaim(line, 'EXCHANGE_DONE', now)
  if (isAll) line.status = 'EXCHANGED'
  tellFeed(shop, line, 'CLAIM_COMPLETED', now)
  return true
}

/** The seller's own cancel completes at once, or waits for cancel/approve. */
export function cancelBySeller(shop: Shop, line: Line, quantity: number | null, reason: string, now: number): Failure {
  if (line.status === 'CANCELED') return ALREADY
  if (!isCancellable(line) || line.status === 'PAYMENT_WAITING') return WRONG_STATUS
  const units = quantity ?? remaining(line)
  if (units > remaining(line)) return { code: '4000', message: '취소 수량이 남은 수량보다 많습니다.' }
  openClaim(shop, line, 'CANCEL', { quantity: units, reason }, now)
  if (shop.settings.sellerCancel === 'completes') completeCancel(shop, line, now)
  if (reason === 'SOLD_OUT' && shop.settings.soldOutCancel === 'empties')
    changeStock(shop, line.item, -line.item.stock, 'cancel', now)
  return null
}

export function approveCancel(shop: Shop, line: Line, now: number): Failure {
  if (line.claim?.status === 'CANCEL_REQUEST' || line.claim?.status === 'CANCELING') {
    completeCancel(shop, line, now)
    return null
  }
  return wasDone(line, 'CANCEL_DONE') ? ALREADY : WRONG_STATUS
}

export type BackWish = { quantity: number | null; reason: string; pickup: Claim['pickup'] }

/** The seller opens a return for the buyer. */
export function returnBySeller(shop: Shop, line: Line, wish: BackWish, now: number): Failure {
  if (!isReturnable(line)) return WRONG_STATUS
  const quantity = wish.quantity ?? remaining(line)
  if (quantity > remaining(line)) return { code: '4000', message: '반품 수량이 남은 수량보다 많습니다.' }
  requestBack(shop, line, 'RETURN', { quantity, reason: wish.reason }, now)
  line.claim!.pickup = wish.pickup
  return null
}

/** Refunds what came back. */
export function approveReturn(shop: Shop, line: Line, now: number): Failure {
  const claim = openOf(line, 'RETURN')
  if (!claim) return wasDone(line, 'RETURN_DONE') ? ALREADY : WRONG_STATUS
  if (claim.status !== 'COLLECT_DONE' || claim.isHeld) return WRONG_STATUS
  line.returned += claim.quantity
  closeClaim(line, 'RETURN_DONE', now)
  if (remaining(line) === 0) line.status = 'RETURNED'
  if (shop.settings.restockOnReturn) changeStock(shop, line.item, claim.quantity, 'cancel', now)
  tellFeed(shop, line, 'CLAIM_COMPLETED', now)
  return null
}

/** The order is what it was before, and may be claimed again. Not while held; a return only until it came back. */
export function rejectByNo(shop: Shop, line: Line, kind: 'RETURN' | 'EXCHANGE', now: number): Failure {
  const claim = openOf(line, kind)
  if (!claim) return wasDone(line, `${kind}_REJECT`) ? ALREADY : WRONG_STATUS
  if (claim.isHeld || claim.status === 'EXCHANGE_REDELIVERING') return WRONG_STATUS
  if (kind === 'RETURN' && claim.status === 'COLLECT_DONE') return WRONG_STATUS
  reject(shop, line, now)
  return null
}

export function hold(line: Line, kind: 'RETURN' | 'EXCHANGE', isHeld: boolean): Failure {
  const claim = openOf(line, kind)
  if (!claim || claim.status === 'EXCHANGE_REDELIVERING') return WRONG_STATUS
  if (claim.isHeld === isHeld) return ALREADY
  claim.isHeld = isHeld
  return null
}

/** The seller has looked at what came back for an exchange. */
export function approveCollect(shop: Shop, line: Line, now: number): Failure {
  const claim = openOf(line, 'EXCHANGE')
  if (!claim || claim.isHeld) return WRONG_STATUS
  if (claim.collectApproved) return ALREADY
  if (claim.collectedAt === null) return WRONG_STATUS
  if (claim.status !== 'COLLECT_DONE') collected(shop, line, now)
  claim.collectApproved = true
  return null
}

export function redeliver(shop: Shop, line: Line, parcel: NonNullable<Claim['redelivery']>, now: number): Failure {
  const claim = openOf(line, 'EXCHANGE')
  if (claim?.status === 'EXCHANGE_REDELIVERING' || (!claim && wasDone(line, 'EXCHANGE_DONE'))) return ALREADY
  if (!claim?.collectApproved || claim.isHeld) return { code: '104417', message: '교환 재배송 가능한 상태가 아닙니다.' }
  claim.status = 'EXCHANGE_REDELIVERING'
  claim.redelivery = parcel
  tellFeed(shop, line, 'CLAIM_REDELIVERING', now)
  const { carrierMs } = shop.settings
  if (carrierMs > 0) actLater(shop.due, now + carrierMs, (at) => void completeExchange(shop, line, at))
  return null
}

export function closeClaim(line: Line, status: ClaimStatus, now: number): void {
  const claim = line.claim!
  claim.status = status
  claim.completedAt = now
  line.completedClaims.push(claim)
  line.claim = null
}

function lineFor(shop: Shop, lineKey: string, quantity: number | null): Line | undefined {
  if (quantity !== null && !(Number.isInteger(quantity) && quantity > 0))
    throw new RangeError('quantity is not positive')
  return shop.lines.get(lineKey)
}

/** A claim that is open, or was completed in full, leaves nothing to cancel. */
function isCancellable(line: Line): boolean {
  return (line.status === 'PAYED' || line.status === 'PAYMENT_WAITING') && line.claim === null && remaining(line) > 0
}

function isReturnable(line: Line): boolean {
  return (line.status === 'DELIVERING' || line.status === 'DELIVERED') && line.claim === null && remaining(line) > 0
}

function openOf(line: Line, kind: ClaimKind): Claim | null {
  return line.claim?.kind === kind && line.claim.completedAt === null ? line.claim : null
}

/** The newest claim ended this way. */
function wasDone(line: Line, status: ClaimStatus): boolean {
  return (line.claim ?? line.completedClaims.at(-1))?.status === status
}

function openClaim(
  shop: Shop,
  line: Line,
  kind: ClaimKind,
  { quantity, reason }: { quantity: number; reason: string },
  now: number,
): void {
  shop.counters.claim += 1
  line.claim = {
    claimId: kstDay(now) + String(shop.counters.claim).padStart(8, '0'),
    kind,
    status: `${kind}_REQUEST`,
    reason,
    quantity,
    requestedAt: now,
    completedAt: null,
    pickup: null,
    collectedAt: null,
    collectApproved: false,
    isHeld: false,
    redelivery: null,
  }
  tellFeed(shop, line, 'CLAIM_REQUESTED', now)
}

function requestBack(
  shop: Shop,
  line: Line,
  kind: 'RETURN' | 'EXCHANGE',
  wish: { quantity: number; reason: string },
  now: number,
): void {
  openClaim(shop, line, kind, wish, now)
  const { collectMs } = shop.settings
  if (collectMs <= 0) return
  const claim = line.claim!
  claim.status = 'COLLECTING'
  actLater(shop.due, now + collectMs, (at) => {
    if (line.claim === claim) bringBack(shop, line.productOrderId, at)
  })
}

function startCancel(shop: Shop, line: Line, now: number): void {
  const { cancelingMs } = shop.settings
  const claim = line.claim!
  if (cancelingMs <= 0) {
    completeCancel(shop, line, now)
    return
  }
  claim.status = 'CANCELING'
  actLater(shop.due, now + cancelingMs, (at) => {
    if (line.claim === claim && claim.completedAt === null) completeCancel(shop, line, at)
  })
}

function completeCancel(shop: Shop, line: Line, now: number): void {
  const claim = line.claim!
  line.cancelled += claim.quantity
  if (remaining(line) === 0) {
    line.status = 'CANCELED'
    claim.status = 'CANCEL_DONE'
    claim.completedAt = now
  } else closeClaim(line, 'CANCEL_DONE', now) // the rest of the line goes on, and may be claimed again
  if (shop.settings.restockOnCancel) changeStock(shop, line.item, claim.quantity, 'cancel', now)
  tellFeed(shop, line, 'CLAIM_COMPLETED', now)
}

function reject(shop: Shop, line: Line, now: number): void {
  closeClaim(line, `${line.claim!.kind}_REJECT`, now)
  tellFeed(shop, line, 'CLAIM_REJECTED', now)
}

/** Never paid: no claim is made of it. Which row the feed shows is [assumed]. */
function abandon(shop: Shop, line: Line, units: number, now: number): void {
  line.cancelled += units
  if (remaining(line) === 0) line.status = 'CANCELED_BY_NOPAYMENT'
  if (shop.settings.restockOnCancel) changeStock(shop, line.item, units, 'cancel', now)
  tellFeed(shop, line, 'PAY_WAITING', now)
}
