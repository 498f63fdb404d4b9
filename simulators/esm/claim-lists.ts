import { shuffled } from '../chance.ts'
import type { SimResponse } from '../marketplace.ts'
import type { Claim } from './claims.ts'
import { type Body, field, orderOk, orderRefused, whole } from './envelopes.ts'
import { orderOf } from './order-lists.ts'
import { SITE_NUMBER_TOLD, type Site } from './sites.ts'
import { rowsIn, type Window } from './timeline.ts'
import { DAY_MS, readMoment, tellTime, tellTimeOrNull } from './times.ts'
import { type Call, happens, type World } from './world.ts'

const LONGEST_DAYS = 7

/** What claims share: Type 0 by order, 1 by cart, 2 requested, 3 done, 4 paid (of exchanges: held), a week at most. */
export function answerClaims(
  world: World,
  call: Call,
  kind: Claim['kind'],
  site: Site | null,
  fits: (claim: Claim) => boolean,
  tell: (world: World, claim: Claim) => unknown,
): SimResponse {
  if (site === null || !call.sites.has(site)) return orderRefused('사이트 타입이 올바르지 않습니다', 2141)
  const type = whole(call.body, 'Type')
  if (type === 0 || type === 1) {
    const found = claimsNamed(world, call, kind, site, type)
    if (typeof found === 'string') return orderRefused(found, 99999)
    return claimsAnswer(world, call, found.filter(fits), tell)
  }
  if (type !== 2 && type !== 3 && type !== 4) return orderRefused('조회기준 구분이 올바르지 않습니다', 2000)
  const window = readDays(world, field(call.body, 'StartDate'), field(call.body, 'EndDate'))
  if (window === 'no_date') return orderRefused('API Error - 문자열이 유효한 DateTime으로 인식되지 않습니다', 99999)
  if (window === 'too_long') return orderRefused('ShowAlertException$조회 기간은 7일 이내로 입력 바랍니다.', 8668)
  const dates = world.claims.dates[kind][site]
  const fourth = kind === 'exchange' ? dates.held : dates.paid
  const timeline = type === 2 ? dates.requested : type === 3 ? dates.done : fourth
  return claimsAnswer(world, call, rowsIn(timeline, window).filter(fits), tell)
}

/** 99999 is no error: there is nothing to tell. */
function claimsNamed(world: World, call: Call, kind: Claim['kind'], site: Site, type: 0 | 1): Claim[] | string {
  const orders = type === 0 ? [orderOf(world, call, whole(call.body, 'OrderNo'))] : cartOf(world, call.body)
  const ours = orders.filter((order) => order !== null && order.site === site)
  if (ours.length === 0) return '주문정보가 없습니다'
  const claims = ours.flatMap((order) => order!.claims).filter((claim) => claim.kind === kind)
  return claims.length === 0 ? '클레임정보가 없습니다' : claims
}

const cartOf = (world: World, body: Body) => world.orders.carts.get(whole(body, 'PayNo') ?? -1) ?? []

function claimsAnswer(
  world: World,
  call: Call,
  claims: readonly Claim[],
  tell: (world: World, claim: Claim) => unknown,
): SimResponse {
  const { faults, switches } = world
  const { random } = call
  if (claims.length === 0 && switches.emptyClaims === '99999') return orderRefused('클레임정보가 없습니다', 99999)
  const told = [...claims]
  if (told.length > 0 && happens(faults.duplicateOrder, random)) told.push(told[Math.floor(random() * told.length)]!)
  const ordered = happens(faults.disorder, random) ? shuffled(told, random) : told
  return orderOk(
    switches.successIs,
    ordered.map((claim) => tell(world, claim)),
  )
}

/** What rows of all claims share. */
export function tellFacts(world: World, claim: Claim) {
  const { order } = claim
  return {
    SiteType: SITE_NUMBER_TOLD[order.site],
    SellerId: order.site === 'iac' ? world.credentials.auctionId : world.credentials.gmarketId,
    PayNo: order.payNo,
    GroupNo: order.payNo - 4_000_000_000,
    OrderNo: order.orderNo,
    GoodsNo: 0,
    SiteGoodsNo: order.goods.listings.get(order.site)!.siteGoodsNo,
    IsGiftOrder: order.gift === null ? 'N' : 'Y',
    RequestUser: claim.requestUser,
    ApproveUser: claim.approveUser,
    Reason: claim.reason,
    ReasonCode: claim.reasonCode,
    ReasonDetail: '',
    OrderDate: tellTime(order.orderedAt),
    PayDate: tellTimeOrNull(order.paidAt),
    RequestDate: tellTime(claim.requestedAt),
    WithdrawDate: tellTimeOrNull(claim.withdrawnAt),
    ApproveDate: tellTimeOrNull(claim.approvedAt),
    CompleteDate: tellTimeOrNull(claim.completedAt),
  }
}

/** Whole days by their names, the last one in or out as the switch says; a time is taken as it is. A week at most. */
export function readDays(world: World, start: unknown, end: unknown): Window | 'no_date' | 'too_long' {
  const [from, to] = [readMoment(start), readMoment(end)]
  if (from === null || to === null) return 'no_date'
  const window = { from: from.at, to: to.at + (to.isDay && world.switches.endDay === 'included' ? DAY_MS : 0) }
  return window.to - window.from > LONGEST_DAYS * DAY_MS ? 'too_long' : window
}
