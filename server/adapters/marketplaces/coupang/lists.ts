import { z } from 'zod'
import { ChannelFault } from '../../../modules/channels/adapter.ts'
import { anId, expectShape } from '../answers.ts'
import { koreanDay, koreanMinute } from '../korean-times.ts'
import type { Ask } from './call.ts'
import { type Exchange, exchange, type Withdrawal, withdrawal } from './claims.ts'
import { type ExchangeStatus, readExchangePage, readWithdrawalPage } from './later-lists.ts'
import { type Receipt, receipt } from './receipts.ts'
import { type Sheet, type SheetStatus, type ShownSheet, sheet, versionOf } from './sheets.ts'

/** Wider minute windows time out at the marketplace even when they are empty. */
const WINDOW_MS = 11 * 60_000

const MINUTE_MS = 60_000

/** The end of a minute window may or may not be part of it. */
const WINDOW_OVERLAP_MS = MINUTE_MS

/** Up to here minute windows are read; a longer stretch is fewer calls by day. */
const LONGEST_BY_MINUTES_MS = 3 * 3_600_000

const LONGEST_BY_DAYS_MS = 30 * 24 * 3_600_000
const PAGE_SIZE = 50
const MOST_PAGES = 200

/** A stretch of our clock, both ends included. */
export type Span = { from: number; to: number }

/** What a list asks for besides its time: one status a call, or the kind of receipt. */
export type List =
  | { of: 'sheets'; status: SheetStatus }
  | { of: 'receipts'; filter: ReceiptFilter }
  | { of: 'exchanges'; status: ExchangeStatus }
  | { of: 'withdrawals' }

/** Lists that can be read by the minute, a short stretch in few calls. */
export type QuickList = Extract<List, { of: 'sheets' | 'receipts' }>

/** CANCEL must come without a status, the RETURNs with one: RU asked to stop, UC received, CC done, PR looked into. */
export type ReceiptFilter = 'CANCEL' | 'RU' | 'UC' | 'CC' | 'PR'

/** Rows that are not what the contract says are left as the boxes and orders to ask for instead. */
export type Listed = {
  sheets: ShownSheet[]
  receipts: Receipt[]
  exchanges: Exchange[]
  withdrawals: Withdrawal[]
  unreadBoxes: string[]
  unreadOrders: string[]
}

export function emptyListed(): Listed {
  return { sheets: [], receipts: [], exchanges: [], withdrawals: [], unreadBoxes: [], unreadOrders: [] }
}

export function append(listed: Listed, more: Listed): void {
  listed.sheets.push(...more.sheets)
  listed.receipts.push(...more.receipts)
  listed.exchanges.push(...more.exchanges)
  listed.withdrawals.push(...more.withdrawals)
  listed.unreadBoxes.push(...more.unreadBoxes)
  listed.unreadOrders.push(...more.unreadOrders)
}

/** Everything of a list that was made in this span, in as few calls as the contract allows. */
export async function readSpan(ask: Ask, vendorId: string, list: QuickList, span: Span): Promise<Listed> {
  const listed = emptyListed()
  if (span.to - span.from <= LONGEST_BY_MINUTES_MS) {
    for (const window of minuteWindows(span)) addTo(listed, list, await readMinutes(ask, vendorId, list, window))
    return listed
  }
  let token = ''
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await readDayPage(ask, vendorId, list, span, token)
    addTo(listed, list, answer)
    if (answer.nextToken === '') return listed
    token = answer.nextToken
  }
  throw new ChannelFault('garbled', `a list of more than ${MOST_PAGES} pages`)
}

/** One page by day, for reading a long stretch a page at a time. */
export async function readOnePage(
  ask: Ask,
  vendorId: string,
  list: List,
  span: Span,
  token: string,
): Promise<Listed & { nextToken: string }> {
  const listed = emptyListed()
  if (list.of === 'exchanges') {
    const { rows, nextToken } = await readExchangePage(ask, vendorId, list.status, span.to, token)
    // A row that breaks the contract is left for another look; the others are told.
    return { ...listed, exchanges: rows.flatMap((row) => exchange.safeParse(row).data ?? []), nextToken }
  }
  if (list.of === 'withdrawals') {
    const { rows, nextToken } = await readWithdrawalPage(ask, vendorId, span.to, token)
    return { ...listed, withdrawals: rows.flatMap((row) => withdrawal.safeParse(row).data ?? []), nextToken }
  }
  const answer = await readDayPage(ask, vendorId, list, span, token)
  addTo(listed, list, answer)
  return { ...listed, nextToken: answer.nextToken }
}

/** One receipt of a stop or a return, however old; null when there is none to see, or none we can read. */
export async function readReceipt(ask: Ask, vendorId: string, receiptId: string): Promise<Receipt | null> {
  const path = `/v2/providers/openapi/apis/api/v6/vendors/${vendorId}/returnRequests/${receiptId}`
  try {
    const { data } = expectShape(z.object({ data: z.unknown() }), await ask({ method: 'GET', path }), 'receipt')
    const rows: unknown[] = Array.isArray(data) ? data : [data]
    const read = rows.flatMap((row) => receipt.safeParse(row).data ?? [])
    return read.find((row) => row.receiptId === receiptId) ?? null
  } catch (error) {
    if (error instanceof ChannelFault && (error.code === 'not_found' || error.code === 'refused')) return null
    throw error
  }
}

/** The sheet of one box, or of every box of an order. Throws `not_found` or `refused` when there is none to see. */
export async function readSheets(ask: Ask, vendorId: string, by: { box: string } | { order: string }): Promise<Listed> {
  const base = `/v2/providers/openapi/apis/api/v5/vendors/${vendorId}`
  const path = 'box' in by ? `${base}/ordersheets/${by.box}` : `${base}/${by.order}/ordersheets`
  const { data } = expectShape(z.object({ data: z.unknown() }), await ask({ method: 'GET', path }), 'sheet')
  const listed = emptyListed()
  const rows = Array.isArray(data) ? data : data === null || data === undefined ? [] : [data]
  addTo(listed, { of: 'sheets', status: 'ACCEPT' }, { data: rows })
  return listed
}

/** A window comes whole or not at all: one the marketplace cannot serve in time, or that is too long to take, is halved. */
async function readMinutes(ask: Ask, vendorId: string, list: QuickList, window: Span): Promise<{ data: unknown[] }> {
  const query = `createdAtFrom=${minute(window.from)}&createdAtTo=${minute(window.to)}&searchType=timeFrame&${filterOf(list)}`
  try {
    return await readPage(ask, vendorId, list, query)
  } catch (error) {
    const isTooMuch = error instanceof ChannelFault && error.code === 'unknown' && TOO_MUCH.test(error.said)
    const half = Math.ceil((window.to - window.from) / 2 / MINUTE_MS) * MINUTE_MS
    if (!isTooMuch || half >= window.to - window.from) throw error
    const first = await readMinutes(ask, vendorId, list, { from: window.from, to: window.from + half })
    const second = await readMinutes(ask, vendorId, list, { from: window.from + half, to: window.to })
    return { data: [...first.data, ...second.data] }
  }
}

/** The gateway's time-out, and the network port's word for an answer beyond its cap. */
const TOO_MUCH = /^504 |^answer too long/

function* minuteWindows(span: Span): Generator<Span> {
  let from = span.from
  while (span.to - from > WINDOW_MS) {
    yield { from, to: from + WINDOW_MS }
    from += WINDOW_MS - WINDOW_OVERLAP_MS
  }
  yield { from, to: span.to }
}

function readDayPage(ask: Ask, vendorId: string, list: QuickList, span: Span, token: string) {
  const from = Math.max(span.from, span.to - LONGEST_BY_DAYS_MS)
  const query = [
    `createdAtFrom=${day(from)}&createdAtTo=${day(span.to)}`,
    filterOf(list),
    `maxPerPage=${PAGE_SIZE}`,
    ...(token === '' ? [] : [`nextToken=${encodeURIComponent(token)}`]),
  ].join('&')
  return readPage(ask, vendorId, list, query)
}

async function readPage(ask: Ask, vendorId: string, list: QuickList, query: string) {
  const path =
    list.of === 'sheets'
      ? `/v2/providers/openapi/apis/api/v5/vendors/${vendorId}/ordersheets`
      : `/v2/providers/openapi/apis/api/v6/vendors/${vendorId}/returnRequests`
  return expectShape(pageAnswer, await ask({ method: 'GET', path, query, aboutVendor: true }), list.of)
}

function filterOf(list: QuickList): string {
  if (list.of === 'sheets') return `status=${list.status}`
  return list.filter === 'CANCEL' ? 'cancelType=CANCEL' : `cancelType=RETURN&status=${list.filter}`
}

/** A row that breaks the contract must not keep the other orders out, as long as it can be named and asked for. */
function addTo(listed: Listed, list: QuickList, answer: { data: unknown[] }): void {
  for (const raw of answer.data) {
    if (list.of === 'receipts') {
      const read = receipt.safeParse(raw)
      if (read.success) listed.receipts.push(read.data)
      else listed.unreadOrders.push(expectShape(z.object({ orderId: anId }), raw, 'receipt').orderId)
    } else {
      const read = sheet.safeParse(raw)
      if (read.success) listed.sheets.push({ sheet: onlyOnce(read.data), raw, version: versionOf(raw) })
      else listed.unreadBoxes.push(expectShape(z.object({ shipmentBoxId: anId }), raw, 'sheet').shipmentBoxId)
    }
  }
}

/** One item row an option; a box that names one twice would else be counted by its last row. */
function onlyOnce(box: Sheet): Sheet {
  const rows = Map.groupBy(box.orderItems, (item) => item.vendorItemId)
  if (rows.size === box.orderItems.length) return box
  const orderItems = [...rows.values()].map((same) => ({
    ...same[0]!,
    shippingCount: same.reduce((sum, item) => sum + item.shippingCount, 0),
    cancelCount: same.reduce((sum, item) => sum + (item.canceled ? item.shippingCount : (item.cancelCount ?? 0)), 0),
    holdCountForCancel: same.reduce((sum, item) => sum + (item.holdCountForCancel ?? 0), 0),
    canceled: same.every((item) => item.canceled === true),
  }))
  return { ...box, orderItems }
}

/** The newer versions want the offset, and its plus sign encoded; the colon goes as it is, as in the contract. */
function minute(at: number): string {
  return `${koreanMinute(at)}%2B09:00`
}

function day(at: number): string {
  return `${koreanDay(at)}%2B09:00`
}

const pageAnswer = z.object({
  data: z.array(z.unknown()),
  nextToken: z
    .union([z.string(), z.number()])
    .nullish()
    .transform((token) => String(token ?? '')),
})
