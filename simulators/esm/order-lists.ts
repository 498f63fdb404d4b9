import { shuffled } from '../chance.ts'
import type { SimResponse } from '../marketplace.ts'
import { field, orderOk, orderRefused, whole } from './envelopes.ts'
import { dueDate, orderRow, unpaidRow } from './order-rows.ts'
import { dateOf, type ListDate, listed, type Order, type OrderStatus } from './orders.ts'
import { SITE_NUMBER_TOLD, type Site, siteOfType } from './sites.ts'
import { page, rowsIn, type Window } from './timeline.ts'
import { DAY_MS, readMoment } from './times.ts'
import { type Call, happens, type World } from './world.ts'

const LIST_EVERY_MS = 5_000
const MOST_PER_PAGE = 1_000
const PER_PAGE = 100

/**
 * POST /shipping/v1/Order/RequestOrders: paid orders by site and status, one call in 5 seconds, except by order number.
 * An order with a claim is not here.
 */
export function requestOrders(world: World, call: Call): SimResponse {
  const site = siteOfType(whole(call.body, 'siteType'))
  const status = whole(call.body, 'orderStatus')
  if (status === 0) return byOrderNo(world, call, site)
  if (!takesTurn(world, call, 'orders', site)) return tooEarly('주문조회는')
  if (site === null || !call.sites.has(site)) return notImplemented()
  if (status === 6) return byPayNo(world, call, site)
  if (status === null || status < 1 || status > 5) return notImplemented()

  const dateType = whole(call.body, 'requestDateType')
  if (dateType === null || dateType < 1 || dateType > 5) return notImplemented()
  if ((dateType === 3 && status !== 2) || (dateType > 3 && site !== 'gmkt')) return notImplemented()
  const window = readWindow(world, call, site)
  if (typeof window === 'string') return orderRefused(window)
  return answerPage(world, call, site, (skip, most) => {
    return select(world, call, site, status as OrderStatus, dateType, window, skip, most)
  })
}

/** Unlimited. What it does not find is an empty list, as is an order with a claim. */
function byOrderNo(world: World, call: Call, site: Site | null): SimResponse {
  if (site === null || !call.sites.has(site)) return notImplemented()
  const order = world.orders.orders.get(whole(call.body, 'orderNo') ?? -1)
  const isShown = order !== undefined && order.site === site && isListed(world, order, call.now)
  return answerPage(world, call, site, () => ({ total: isShown ? 1 : 0, rows: isShown ? [order] : [] }))
}

function byPayNo(world: World, call: Call, site: Site): SimResponse {
  if (site !== 'gmkt') return notImplemented()
  const cart = world.orders.carts.get(whole(call.body, 'payNo') ?? -1) ?? []
  const rows = cart.filter((order) => order.site === site && isListed(world, order, call.now))
  return answerPage(world, call, site, (skip, most) => ({ total: rows.length, rows: rows.slice(skip, skip + most) }))
}

const isListed = (world: World, order: Order, now: number) =>
  order.claim === null && order.paidAt !== null && order.paidAt <= now - world.faults.feedDelayMs

/** POST /shipping/v1/Order/PreRequestOrders: ordered and not paid, one call in 5 seconds of its own. */
export function preRequestOrders(world: World, call: Call): SimResponse {
  const site = siteOfType(whole(call.body, 'siteType'))
  if (!takesTurn(world, call, 'unpaid-orders', site)) return tooEarly('입금확인중 주문조회는')
  if (site === null || !call.sites.has(site)) return notImplemented()
  const window = readWindow(world, call, site)
  if (typeof window === 'string') return orderRefused(window)
  const { index, size } = readPage(call)
  const told = cut(world, call, window)
  const { total, rows } = page(listed(world.orders, site, 0, 'ordered'), told, (index - 1) * size, size)
  return listAnswer(
    world,
    site,
    index,
    size,
    total,
    rows.map((order) => unpaidRow(world, order)),
  )
}

function takesTurn(world: World, call: Call, bucket: string, site: Site | null): boolean {
  const { switches, pace } = world
  const name = switches.orderThrottlePer === 'site' ? `${bucket}:${site ?? 'none'}` : bucket
  const isOn = switches.limits === 'on'
  return pace.take(name, { most: 1, everyMs: LIST_EVERY_MS, refusedCounts: switches.refusedCallRearms, isOn }, call.now)
}

const tooEarly = (list: string) => orderRefused(`${list} 5초당 1회 호출 가능합니다.`)
/** What the real one says to a site type or a search it does not know. */
const notImplemented = () => orderRefused('메서드 또는 연산이 구현되지 않았습니다.')

/** from <= t < to, so that today is asked as today to tomorrow. Returns what is wrong as text. */
function readWindow(world: World, call: Call, site: Site): Window | string {
  const from = readMoment(field(call.body, 'requestDateFrom'))
  const to = readMoment(field(call.body, 'requestDateTo'))
  if (from === null || to === null) return '문자열이 유효한 DateTime으로 인식되지 않습니다.'
  if (from.at >= to.at) return '조회 시작일이 종료일보다 과거여야 합니다.'
  const days = site === 'iac' ? world.switches.auctionWindowDays : 31
  if (to.at - from.at > days * DAY_MS) {
    return site === 'iac' ? '180일 이하의 범위만 조회 할 수 있습니다.' : '31일 이하의 범위만 조회 할 수 있습니다.'
  }
  return { from: from.at, to: to.at }
}

/** A fresh order may take a while to be told. */
const cut = (world: World, { now }: Call, { from, to }: Window): Window => ({
  from,
  to: Math.min(to, now - world.faults.feedDelayMs + 1),
})

type Selection = { total: number; rows: Order[] }

function select(
  world: World,
  call: Call,
  site: Site,
  status: OrderStatus,
  dateType: number,
  window: Window,
  skip: number,
  most: number,
): Selection {
  const date: ListDate = dateType === 1 ? 'ordered' : dateType > 3 ? 'ready' : 'paid'
  const timeline = listed(world.orders, site, status, date)
  if (dateType !== 3 && dateType !== 4) return page(timeline, cut(world, call, window), skip, most)

  // Deadlines follow payments by two to three days; gifts are few. Both are picked out of the window they can be in.
  const reach = dateType === 3 ? { from: window.from - 4 * DAY_MS, to: window.to } : window
  const fits = (order: Order) => {
    if (dateType === 4) return order.gift !== null
    const due = dueDate(dateOf(order, 'paid')!)
    return due >= window.from && due < window.to
  }
  const rows = rowsIn(timeline, cut(world, call, reach)).filter(fits)
  return { total: rows.length, rows: rows.slice(skip, skip + most) }
}

function answerPage(
  world: World,
  call: Call,
  site: Site,
  select: (skip: number, most: number) => Selection,
): SimResponse {
  const { faults } = world
  const { index, size } = readPage(call)
  const { total, rows } = select((index - 1) * size, size)
  const told = [...rows]
  if (rows.length > 0 && happens(faults.duplicateOrder, call.random)) {
    told.push(rows[Math.floor(call.random() * rows.length)]!)
  }
  const ordered = happens(faults.disorder, call.random) ? shuffled(told, call.random) : told
  return listAnswer(
    world,
    site,
    index,
    size,
    total,
    ordered.map((order) => orderRow(world, order, call.now)),
  )
}

/** Both are optional; what is out of range is brought into it. */
function readPage({ body }: Call): { index: number; size: number } {
  const size = whole(body, 'pageSize') || PER_PAGE
  return { index: Math.max(1, whole(body, 'pageIndex') ?? 1), size: Math.min(MOST_PER_PAGE, Math.max(1, size)) }
}

function listAnswer(world: World, site: Site, index: number, size: number, total: number, rows: unknown[]) {
  const { credentials, switches } = world
  return orderOk(
    switches.successIs,
    {
      SiteType: SITE_NUMBER_TOLD[site],
      PageIndex: index,
      PageSize: size,
      TotalCount: total,
      SellerId: site === 'iac' ? credentials.auctionId : credentials.gmarketId,
      RequestOrders: rows,
    },
    '',
  )
}

/** Orders a call names by number, at the token's sites. */
export function orderOf(world: World, call: Call, orderNo: number | null): Order | null {
  const order = world.orders.orders.get(orderNo ?? -1)
  return order !== undefined && call.sites.has(order.site) ? order : null
}

export const noSuchOrder = () => orderRefused('해당 주문 내역이 없습니다.')
