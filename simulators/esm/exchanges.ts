import { actLater } from '../due.ts'
import type { SimResponse } from '../marketplace.ts'
import { carrierName } from './carriers.ts'
import { answerClaims, tellFacts } from './claim-lists.ts'
import { type Claim, type ExchangeClaim, markApproved, openExchange, type Who } from './claims.ts'
import { decimal, orderRefused, whole } from './envelopes.ts'
import { codeOf } from './goods.ts'
import { moveOtherGoods, noteEvent, type Order, setClaim } from './orders.ts'
import { siteOfType } from './sites.ts'
import { tellTimeOrNull } from './times.ts'
import { tellWayBack } from './way-back.ts'
import type { Call, World } from './world.ts'

/**
 * The buyer wants another one for what arrived: always all of the order, since a claim here has no quantity. 옥션 takes
 * one such wish an order and no second.
 */
export function exchangeByBuyer(world: World, lineKey: string, now: number): boolean {
  const order = world.orders.lines.get(lineKey)
  if (order === undefined || order.status !== 4 || order.claim !== null || order.isCancelled) return false
  if (wasExchanged(order)) return false
  const claim = openExchange(world, order, { requestUser: 1, reason: 1, reasonCode: 2 }, now)
  startWayBack(world, claim, now)
  return true
}

/** The buyer may not ask, nor may a return be turned into an exchange, a second time. */
export const wasExchanged = ({ site, claims }: Order): boolean =>
  site === 'iac' && claims.some(({ kind }) => kind === 'exchange')

export const newestExchange = (order: Order | null): ExchangeClaim | undefined =>
  order?.claims.findLast(({ kind }) => kind === 'exchange') as ExchangeClaim | undefined

/** The parcel is on its way back. */
export function startWayBack(world: World, claim: ExchangeClaim, now: number): void {
  const { pickupMs } = world.switches
  if (pickupMs > 0) actLater(world.due, now + pickupMs, (at) => void collect(claim, at))
}

/** Held or not, the goods are back. False where they are already, or the claim is over. */
export function collect(claim: ExchangeClaim, at: number): boolean {
  const isAwaited = claim.collectedAt === null && (claim.status === 1 || claim.status === 3)
  if (!isAwaited) return false
  claim.collectedAt = at
  claim.order.statusChangedAt = at
  if (claim.status === 1) claim.status = 2
  return true
}

/** The other goods leave. The order is back in the lists as shipping, or stays in its claim, as the switch says. */
export function sendOtherGoods(world: World, claim: ExchangeClaim, carrier: number, invoice: string, now: number) {
  const { resentOrder, exchangeApproved, carrierMs } = world.switches
  claim.resent = { carrier, invoice, at: now }
  claim.status = 0
  if (exchangeApproved === 'resent') approve(world, claim, 2, now)
  if (resentOrder === 'shipping') setClaim(world.orders, claim.order, null, now)
  moveOtherGoods(world.orders, claim.order, 3, now)
  if (carrierMs > 0) actLater(world.due, now + carrierMs, (at) => void bringOtherGoods(world, claim, at))
}

/** The other goods arrive. False when none are under way. */
export function bringOtherGoods(world: World, claim: ExchangeClaim | undefined, at: number): boolean {
  if (claim?.status !== 0) return false
  if (world.switches.exchangeApproved === 'delivered') approve(world, claim, 2, at)
  claim.status = 4
  claim.arrivedAt = at
  claim.completedAt = at
  moveOtherGoods(world.orders, claim.order, 4, at)
  return true
}

function approve(world: World, claim: ExchangeClaim, by: Who, at: number): void {
  markApproved(world, claim, by, at)
  noteEvent(world.orders, claim.order, 'exchanged', at)
}

/**
 * POST /claim/v1/sa/Exchanges, where G마켓 is 2 in the request and 3 in the answer. What was sent again is 0, which no
 * request of today's page names; 옥션 says that even after the arrival and never 4.
 */
export function listExchanges(world: World, call: Call): SimResponse {
  const status = whole(call.body, 'ExchangeStatus')
  const least = world.switches.exchangeStatusZero === 'all' ? 0 : 1
  if (status === null || status < least || status > 5) return orderRefused('교환상태가 올바르지 않습니다', 2000)
  const site = siteOfType(whole(call.body, 'SiteType'))
  const fits = (claim: Claim) => status === 0 || toldStatus(claim) === status
  return answerClaims(world, call, 'exchange', site, fits, tellExchange)
}

const toldStatus = ({ status, order }: Claim) => (order.site === 'iac' && status === 4 ? 0 : status)

function tellExchange(world: World, claim: Claim) {
  const { order } = claim
  const exchange = claim.kind === 'exchange' ? claim : null
  const codes = order.parts.map(({ item }) => codeOf(item))
  return {
    ExchangeStatus: toldStatus(claim),
    OutItemNo: order.goods.managedCode,
    ItemOptionCodes: order.site === 'gmkt' ? codes : codes.join(','),
    ExchangeShippingFee: decimal(0),
    WhoExchangeShippingFee: 2,
    ExchangeShippingFeeWay: 0,
    ...tellWayBack(order, exchange),
    ResendInfo: tellResent(exchange),
    ...tellFacts(world, claim),
  }
}

function tellResent(exchange: ExchangeClaim | null) {
  const { resent = null, arrivedAt = null } = exchange ?? {}
  return {
    ResendDate: tellTimeOrNull(resent?.at ?? null),
    CompleteDate: tellTimeOrNull(arrivedAt),
    DeliveryCompName: carrierName(resent?.carrier ?? null),
    InvoiceNo: resent?.invoice ?? null,
  }
}
