/** The change feed: one row a line, overwritten by its latest change; not a log of events. */
import { shuffled } from '../chance.ts'
import type { SimResponse } from '../marketplace.ts'
import { orderAnswer, orderError, type Trace, unreadable } from './envelopes.ts'
import type { ClaimKind, ClaimStatus, Line, LineStatus, Shop } from './shop.ts'
import { firstAt, insertRow } from './timeline.ts'
import { DAY_MS, kst, kstShort, strictTime } from './times.ts'

export type ChangeType =
  | 'PAY_WAITING'
  | 'PAYED'
  | 'DISPATCHED'
  | 'CLAIM_REQUESTED'
  | 'CLAIM_REJECTED'
  | 'COLLECT_DONE'
  | 'CLAIM_REDELIVERING'
  | 'CLAIM_COMPLETED'

export type FeedRow = {
  at: number
  /** The product-order id: equal times are ordered by it. */
  key: string
  line: Line
  type: ChangeType
  /** As the line was then: the feed may lag behind the detail. */
  status: LineStatus
  claim: { kind: ClaimKind; status: ClaimStatus } | null
  /** When the row was overwritten by a newer one; Infinity while it is the newest. */
  overwrittenAt: number
}

const CHANGE_TYPES = new Set(
  (
    'PAY_WAITING PAYED EXCHANGE_OPTION DELIVERY_ADDRESS_CHANGED GIFT_RECEIVED CLAIM_REJECTED DISPATCHED ' +
    'CLAIM_REQUESTED COLLECT_DONE CLAIM_COMPLETED PURCHASE_DECIDED HOPE_DELIVERY_INFO_CHANGED CLAIM_REDELIVERING'
  ).split(' '),
)
const ROWS_PER_PAGE = 300
const OVERWRITTEN_KEPT_MS = 10 * 60_000
const ROWS_BEFORE_SWEEP = 4096

/** A row about a claim shows the line's newest one. */
export function tellFeed(shop: Shop, line: Line, type: ChangeType, at: number): void {
  const isAboutClaim = type.startsWith('CLAIM_') || type === 'COLLECT_DONE'
  const claim = isAboutClaim ? (line.claim ?? line.completedClaims.at(-1)) : undefined
  const row: FeedRow = {
    at,
    key: line.productOrderId,
    line,
    type,
    status: line.status,
    claim: claim ? { kind: claim.kind, status: claim.status } : null,
    overwrittenAt: Number.POSITIVE_INFINITY,
  }
  if (line.newestFeedRow) line.newestFeedRow.overwrittenAt = at
  line.newestFeedRow = row
  insertRow(shop.feed, row)
  if (shop.feed.length % ROWS_BEFORE_SWEEP === 0) sweep(shop, at)
}

/** GET …/last-changed-statuses */
export function lastChangedStatuses(
  shop: Shop,
  query: URLSearchParams,
  trace: Trace,
  random: () => number,
): SimResponse {
  const from = strictTime(query.get('lastChangedFrom'))
  const to = query.has('lastChangedTo') ? strictTime(query.get('lastChangedTo')) : (from ?? 0) + DAY_MS
  if (from === null) return orderError(trace, '4000', 'lastChangedFrom: 밀리초 세 자리의 ISO-8601 형식이어야 합니다.')
  if (to === null) return orderError(trace, '4000', 'lastChangedTo: 밀리초 세 자리의 ISO-8601 형식이어야 합니다.')
  if (to < from) return orderError(trace, '4000', 'lastChangedTo 가 lastChangedFrom 보다 앞섭니다.')
  if (to - from > DAY_MS) return orderError(trace, '104139', '조회 기간은 24시간을 넘을 수 없습니다.')
  const type = query.get('lastChangedType')
  if (type !== null && !CHANGE_TYPES.has(type)) return unreadable(trace, `lastChangedType ${type}`)
  const limit = Number(query.get('limitCount') ?? ROWS_PER_PAGE)
  if (!Number.isInteger(limit) || limit < 1) return orderError(trace, '4000', 'limitCount: 1 이상의 정수여야 합니다.')

  const page = readPage(shop, { from, to, type, sequence: query.get('moreSequence') ?? '' }, limit, trace.now)
  if (page.rows.length === 0) return orderAnswer(trace)
  const rows = toldTwice(shop, page.rows, random).map(statusRow)
  const more = page.next && { moreFrom: kstShort(page.next.at), moreSequence: page.next.key }
  return orderAnswer(trace, { count: rows.length, lastChangeStatuses: rows, ...(more ? { more } : {}) })
}

/** A list in which, by chance, one row stands twice. */
export function toldTwice<T>(shop: Shop, rows: T[], random: () => number): T[] {
  const luck = random()
  const which = random()
  if (rows.length === 0 || luck >= shop.faults.duplicateOrder) return rows
  const i = Math.floor(which * rows.length)
  return [...rows.slice(0, i + 1), ...rows.slice(i)]
}

/** A list of which the contract promises no order. */
export function disordered<T>(shop: Shop, rows: T[], random: () => number): T[] {
  return random() < shop.faults.disorder ? shuffled(rows, random) : rows
}

function readPage(
  shop: Shop,
  wanted: { from: number; to: number; type: string | null; sequence: string },
  limit: number,
  now: number,
): { rows: FeedRow[]; next: FeedRow | null } {
  const most = Math.min(limit, ROWS_PER_PAGE)
  const rows: FeedRow[] = []
  for (let i = firstAt(shop.feed, wanted.from, wanted.sequence); i < shop.feed.length; i++) {
    const row = shop.feed[i]!
    if (row.at > wanted.to) break
    if (!isShown(shop, row, now) || (wanted.type !== null && row.type !== wanted.type)) continue
    if (rows.length === most) return { rows, next: row }
    rows.push(row)
  }
  return { rows, next: null }
}

/** With a late feed the old row is seen until the newer one lands: a line never drops out in between. */
function isShown(shop: Shop, row: FeedRow, now: number): boolean {
  const seenUpTo = now - shop.faults.feedDelayMs
  return row.at <= seenUpTo && row.overwrittenAt > seenUpTo
}

function statusRow({ at, line, type, status, claim }: FeedRow) {
  return {
    orderId: line.order.orderId,
    productOrderId: line.productOrderId,
    lastChangedType: type,
    ...(line.order.paidAt === null ? {} : { paymentDate: kst(line.order.paidAt) }),
    lastChangedDate: kst(at),
    productOrderStatus: status,
    ...(claim ? { claimType: claim.kind, claimStatus: claim.status } : {}),
    receiverAddressChanged: false,
  }
}

function sweep(shop: Shop, now: number): void {
  const keptFrom = now - shop.faults.feedDelayMs - OVERWRITTEN_KEPT_MS
  shop.feed = shop.feed.filter((row) => row.overwrittenAt > keptFrom)
}
