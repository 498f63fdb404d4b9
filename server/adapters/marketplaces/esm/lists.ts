import { z } from 'zod'
import { ChannelFault, type ClaimKind } from '../../../modules/channels/adapter.ts'
import { anId, expectShape, maybeInstant } from '../answers.ts'
import { isNumberId, numberOf } from '../digits.ts'
import { koreanDay, koreanMinute } from '../korean-times.ts'
import { type Answer, type Ask, expectOk, isOk } from './call.ts'
import { type ClaimRow, claimRows, shownClaim } from './claims.ts'
import { orderRow, type ShownRow, shownRow } from './rows.ts'
import { CANCELS_SITE_TYPE, keyOf, SITE_TYPE, type Site } from './sites.ts'

const DAY_MS = 24 * 3_600_000

/** The contract says 31 for every site, though an error text of 옥션 says 180. */
const LONGEST_ORDERS_MS = 30 * DAY_MS
const LONGEST_STATUSES_MS = 6 * DAY_MS
/** A week whose last day may or may not be part of it. */
const LONGEST_CLAIMS_MS = 5 * DAY_MS

const PAGE_SIZE = 500
const MOST_PAGES = 200

/** A page of the status list with fewer rows is the last: how many it holds is not documented. */
const SMALLEST_PAGE = 20

/** A stretch of the marketplace's clock. */
export type Span = { from: number; to: number }

/** Rows, and the orders of rows that are not what the contract says: those are asked for instead. */
export type Listed = { rows: ShownRow[]; unread: string[] }

/** Paid orders of one status, by the day they were paid or, for gifts, accepted. One call in five seconds. */
export async function listOrders(
  ask: Ask,
  site: Site,
  list: { status: number; dateType: 2 | 4 },
  span: Span,
): Promise<Listed> {
  const listed: Listed = { rows: [], unread: [] }
  for (const { from, to } of pieces(span, LONGEST_ORDERS_MS)) {
    const body = {
      siteType: SITE_TYPE[site],
      orderStatus: list.status,
      requestDateType: list.dateType,
      requestDateFrom: minute(from),
      requestDateTo: minute(to),
    }
    let seen = 0
    for (let pageIndex = 1; ; pageIndex++) {
      if (pageIndex > MOST_PAGES) throw new ChannelFault('garbled', `a list of more than ${MOST_PAGES} pages`)
      const call = { body: { ...body, pageIndex, pageSize: PAGE_SIZE }, isOrderList: true }
      const { requestorders, totalcount } = await orderPage(ask, call)
      addRows(listed, site, requestorders)
      seen += requestorders.length
      if (requestorders.length === 0 || (requestorders.length < PAGE_SIZE && seen >= totalcount)) break
    }
  }
  return listed
}

/** One order, which no budget of the lists holds up. Null when it is not shown: unknown there, or in a claim. */
export async function findOrder(ask: Ask, site: Site, orderNo: string): Promise<ShownRow | 'unread' | null> {
  const listed: Listed = { rows: [], unread: [] }
  const body = { siteType: SITE_TYPE[site], orderStatus: 0, orderNo: numberOf(orderNo), pageIndex: 1, pageSize: 10 }
  const { requestorders } = await orderPage(ask, { body, isOrderList: false })
  addRows(listed, site, requestorders)
  const row = listed.rows.find((shown) => shown.row.orderno === orderNo)
  return row ?? (listed.unread.length > 0 ? 'unread' : null)
}

async function orderPage(ask: Ask, call: { body: object; isOrderList: boolean }) {
  const path = '/shipping/v1/Order/RequestOrders'
  const answer = await ask({ method: 'POST', path, ...call })
  return expectShape(orderPageAnswer, expectOk(answer).data, 'RequestOrders')
}

/** A row that breaks the contract must not keep the other orders out, as long as it can be named and asked for. */
function addRows(listed: Listed, site: Site, rows: readonly unknown[]): void {
  for (const raw of rows) {
    const read = orderRow.safeParse(raw)
    if (read.success) listed.rows.push(shownRow(site, read.data, raw))
    else listed.unread.push(keyOf(site, expectShape(named, raw, 'order').orderno))
  }
}

/**
 * What happened to orders in a span, both sites together: 1 paid, 2 confirmed, 3 shipped, 4 delivered, 5 decided,
 * 8 exchange approved.
 */
export type StatusEvent = 1 | 2 | 3 | 4 | 5 | 8

/** Where an order is now. 0 unpaid, 1–5 as STATES, 6 cancel, 7 return, 8 exchange, 9 not received, 10 refunded later. */
export type Whereabouts = { orderNo: string; status: number; claimStatus: number; changedAt: number | null }

export async function listStatuses(ask: Ask, event: StatusEvent, span: Span): Promise<Whereabouts[]> {
  const found = new Map<string, Whereabouts>()
  for (const { from, to } of pieces(span, LONGEST_STATUSES_MS)) {
    const body = { OrderNo: 0, SearchDateConditionType: event, FromDate: minute(from), ToDate: minute(to) }
    for (let page = 1; ; page++) {
      if (page > MOST_PAGES) throw new ChannelFault('garbled', `a list of more than ${MOST_PAGES} pages`)
      const rows = await askStatuses(ask, { ...body, Page: page })
      const before = found.size
      for (const row of rows) found.set(row.orderNo, row)
      if (rows.length < SMALLEST_PAGE || found.size === before) break
    }
  }
  return [...found.values()]
}

/** Null when the marketplace does not know the order. */
export async function findStatus(ask: Ask, orderNo: string): Promise<Whereabouts | null> {
  try {
    const rows = await askStatuses(ask, { OrderNo: numberOf(orderNo) })
    return rows.find((row) => row.orderNo === orderNo) ?? null
  } catch (error) {
    if (error instanceof ChannelFault && error.code === 'not_found') return null
    throw error
  }
}

async function askStatuses(ask: Ask, body: object): Promise<Whereabouts[]> {
  const answer = await ask({ method: 'POST', path: '/shipping/v1/Delivery/GetDeliveryStatus', body })
  return expectShape(z.array(z.unknown()), rowsOf(answer), 'GetDeliveryStatus').map((raw) => {
    const { orderno } = expectShape(named, raw, 'status')
    const read = statusRow.safeParse(raw)
    // Nowhere to be found: whoever wants to know asks for the order itself.
    if (!read.success) return { orderNo: orderno, status: -1, claimStatus: 0, changedAt: null }
    const { status, claimstatus, statuschangedate } = read.data
    return { orderNo: orderno, status, claimStatus: claimstatus ?? 0, changedAt: statuschangedate }
  })
}

export type ClaimList = { kind: ClaimKind; status: number; date: 'requested' | 'done' }

/** Where each kind is asked for, and what its request calls the status and the site. */
const CLAIM_LISTS = {
  cancel: { path: '/claim/v1/sa/Cancels', statusIs: 'CancelStatus', siteType: CANCELS_SITE_TYPE },
  return: { path: '/claim/v1/sa/Returns', statusIs: 'ReturnStatus', siteType: SITE_TYPE },
  exchange: { path: '/claim/v1/sa/Exchanges', statusIs: 'ExchangeStatus', siteType: SITE_TYPE },
} as const

/** Claims of one site by when they were asked for or done. Rows that break the contract are left as their orders. */
export async function listClaims(
  ask: Ask,
  site: Site,
  { kind, status, date }: ClaimList,
  span: Span,
): Promise<ClaimsListed> {
  const listed: ClaimsListed = { rows: [], unread: [] }
  for (const { from, to } of pieces(span, LONGEST_CLAIMS_MS)) {
    const days = { StartDate: koreanDay(from), EndDate: koreanDay(to) }
    await askClaims(ask, site, kind, { status, Type: date === 'requested' ? 2 : 3, ...days }, listed)
  }
  return listed
}

/** The claims of one order that have this status; none when what is told cannot be read. */
export async function findClaims(
  ask: Ask,
  site: Site,
  kind: ClaimKind,
  status: number,
  orderNo: string,
): Promise<ClaimRow[]> {
  const listed: ClaimsListed = { rows: [], unread: [] }
  await askClaims(ask, site, kind, { status, Type: 0, OrderNo: numberOf(orderNo) }, listed)
  return listed.rows.filter(({ row }) => row.orderno === orderNo)
}

type ClaimsListed = { rows: ClaimRow[]; unread: string[] }

async function askClaims(
  ask: Ask,
  site: Site,
  kind: ClaimKind,
  { status, ...wanted }: { status: number; Type: number; [field: string]: unknown },
  listed: ClaimsListed,
): Promise<void> {
  const { path, statusIs, siteType } = CLAIM_LISTS[kind]
  const answer = await ask({ method: 'POST', path, body: { SiteType: siteType[site], [statusIs]: status, ...wanted } })
  for (const raw of expectShape(z.array(z.unknown()), rowsOf(answer), kind)) {
    const read = claimRows[kind].safeParse(raw)
    if (read.success) listed.rows.push(shownClaim(site, kind, read.data, raw))
    else listed.unread.push(keyOf(site, expectShape(named, raw, kind).orderno))
  }
}

/** Nothing to tell is an empty list, or a code that is no error. */
function rowsOf(answer: Answer): unknown {
  const isNothing = !isOk(answer) && (answer.code === '99999' || answer.code === '1000') && NOTHING.test(answer.message)
  return isNothing ? [] : expectOk(answer).data
}

const NOTHING = /정보가 ?없|내역이 ?없|데이터가 ?없/

function* pieces(span: Span, longestMs: number): Generator<Span> {
  let { from } = span
  while (span.to - from > longestMs) {
    yield { from, to: from + longestMs }
    from += longestMs
  }
  yield { from, to: span.to }
}

/** `2026-11-20 09:00`. */
function minute(at: number): string {
  return koreanMinute(at).replace('T', ' ')
}

const named = z.object({ orderno: anId.refine(isNumberId) })

const orderPageAnswer = z.object({
  requestorders: z.array(z.unknown()),
  totalcount: z
    .int()
    .min(0)
    .nullish()
    .transform((count) => count ?? 0),
})

const statusRow = z.object({
  status: z.int().min(0).max(99),
  claimstatus: z.int().nullish(),
  statuschangedate: maybeInstant.catch(null),
})
