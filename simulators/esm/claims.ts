import { changeStock } from './goods.ts'
import { type Order, setClaim } from './orders.ts'
import type { Site } from './sites.ts'
import { addRow, removeRow, type Timeline } from './timeline.ts'
import type { World } from './world.ts'

/** Cancels: 1 requested, 2 in progress, 3 done, 4 withdrawn, 5 by site, 6 after settlement. */
export type CancelClaim = ClaimFacts & { readonly kind: 'cancel'; status: 1 | 2 | 3 | 4 | 5 | 6 }

/** Returns: 1 requested, 2 collected, 3 held, 4 refunded, 5 withdrawn, 6 by site. */
export type ReturnClaim = ClaimFacts &
  WayBack & {
    readonly kind: 'return'
    status: 1 | 2 | 3 | 4 | 5 | 6
    /** Refunded on the carrier's scan, without the seller. */
    readonly isFast: boolean
  }

/** Exchanges: 0 the other goods are on their way, 1 requested, 2 collected, 3 held, 4 done, 5 withdrawn. */
export type ExchangeClaim = ClaimFacts &
  WayBack & {
    readonly kind: 'exchange'
    status: 0 | 1 | 2 | 3 | 4 | 5
    resent: { carrier: number; invoice: string; at: number } | null
    arrivedAt: number | null
  }

/** The buyer's parcel, and the seller's reason to wait with the answer. */
export type WayBack = {
  pickup: { carrier: number; invoice: string } | null
  collectedAt: number | null
  hold: { reason: number; at: number } | null
}

export type Claim = CancelClaim | ReturnClaim | ExchangeClaim

/** Who: 0 nobody, 1 buyer, 2 seller, 3 the site's people, 4 anything else. */
export type Who = 0 | 1 | 2 | 3 | 4

type ClaimFacts = {
  readonly order: Order
  readonly seq: number
  readonly requestUser: Who
  approveUser: Who
  /** 0 the seller's fault, 1 the buyer's. */
  readonly reason: 0 | 1
  readonly reasonCode: number
  readonly requestedAt: number
  withdrawnAt: number | null
  approvedAt: number | null
  completedAt: number | null
}

/** By the dates a claim list may go by. */
export type ClaimDates = {
  requested: Timeline<Claim>
  done: Timeline<Claim>
  paid: Timeline<Claim>
  held: Timeline<Claim>
}

export type ClaimBook = { seq: number; readonly dates: Record<Claim['kind'], Record<Site, ClaimDates>> }

export function createClaimBook(): ClaimBook {
  const dates = (): ClaimDates => ({ requested: [], done: [], paid: [], held: [] })
  const perSite = () => ({ iac: dates(), gmkt: dates() })
  return { seq: 0, dates: { cancel: perSite(), return: perSite(), exchange: perSite() } }
}

export type ClaimWish = Pick<ClaimFacts, 'requestUser' | 'reason' | 'reasonCode'>

/** Opens a cancel, which takes the order out of the order lists. */
export function openCancel(world: World, order: Order, wish: ClaimWish, now: number): CancelClaim {
  const claim: CancelClaim = { kind: 'cancel', ...factsOf(world.claims, order, wish, now), status: 1 }
  file(world, claim, now)
  return claim
}

export function openReturn(world: World, order: Order, wish: ClaimWish, isFast: boolean, now: number): ReturnClaim {
  const facts = factsOf(world.claims, order, wish, now)
  const claim: ReturnClaim = {
    kind: 'return',
    ...facts,
    status: 1,
    isFast,
    ...NOT_BACK,
  }
  file(world, claim, now)
  return claim
}

export function openExchange(world: World, order: Order, wish: ClaimWish, now: number): ExchangeClaim {
  const facts = factsOf(world.claims, order, wish, now)
  const claim: ExchangeClaim = { kind: 'exchange', ...facts, ...NOT_BACK, status: 1, resent: null, arrivedAt: null }
  file(world, claim, now)
  return claim
}

const NOT_BACK: WayBack = { pickup: null, collectedAt: null, hold: null }

function factsOf(book: ClaimBook, order: Order, wish: ClaimWish, now: number): ClaimFacts {
  book.seq += 1
  const dates = { withdrawnAt: null, approvedAt: null, completedAt: null }
  return { order, seq: book.seq, ...wish, approveUser: 0, requestedAt: now, ...dates }
}

function file(world: World, claim: Claim, now: number): void {
  const { order, seq } = claim
  order.claims.push(claim)
  setClaim(world.orders, order, claim, now)
  const dates = world.claims.dates[claim.kind][order.site]
  addRow(dates.requested, now, seq, claim)
  if (order.paidAt !== null) addRow(dates.paid, order.paidAt, seq, claim)
}

/** One kind of claim becomes another: the first is in no list any more. What was known of the parcel goes over. */
export function leaveLists(world: World, claim: ReturnClaim | ExchangeClaim): void {
  const { requested, paid, held } = world.claims.dates[claim.kind][claim.order.site]
  removeRow(requested, claim.requestedAt, claim.seq)
  if (claim.order.paidAt !== null) removeRow(paid, claim.order.paidAt, claim.seq)
  if (claim.hold !== null) removeRow(held, claim.hold.at, claim.seq)
  claim.status = 5
}

/** The buyer lets it be, or the seller refused by shipping: the order is back in the lists. */
export function withdraw(world: World, claim: Claim, now: number): void {
  claim.status = claim.kind === 'cancel' ? 4 : 5
  claim.withdrawnAt = now
  addRow(world.claims.dates[claim.kind][claim.order.site].done, now, claim.seq, claim)
  setClaim(world.orders, claim.order, null, now)
}

/** The answer is yes, whoever gave it; the refund may follow later. */
export function markApproved(world: World, claim: Claim, by: Who, now: number): void {
  claim.approveUser = by
  claim.approvedAt = now
  claim.order.statusChangedAt = now
  addRow(world.claims.dates[claim.kind][claim.order.site].done, now, claim.seq, claim)
}

/** Ends an order for good. Units go back on sale only when told to. */
export function endOrder(world: World, order: Order, restocks: boolean, now: number): void {
  order.isCancelled = true
  if (!restocks) return
  for (const { item, quantity } of order.parts) changeStock(world.shelf, item, item.stock + quantity, 'cancel', now)
}
