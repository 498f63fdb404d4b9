import { z } from 'zod'
import { ChannelFault } from '../../../modules/channels/adapter.ts'
import { expectShape } from '../answers.ts'
import { koreanSecond } from '../korean-times.ts'
import type { Ask } from './call.ts'
import { BUCKETS } from './capabilities.ts'
import { linesOf } from './lines.ts'
import type { ShownOrder } from './orders.ts'
import { orderRow } from './rows.ts'

/** The dates an order can be searched by; there is no "changed since". */
export type DateType =
  | 'order_date'
  | 'pay_date'
  | 'cancel_date'
  | 'cancel_request_date'
  | 'cancel_accept_date'
  | 'cancel_complete_date'
  | 'return_request_date'
  | 'return_accept_date'
  | 'return_complete_date'
  | 'exchange_request_date'
  | 'exchange_accept_date'
  | 'exchange_complete_date'
  | 'place_date'
  | 'shipbegin_date'
  | 'shipend_date'
  | 'purchaseconfirmation_date'

/** Epoch ms, both ends included. */
export type Span = { from: number; to: number }

/** Orders by id, and the ids of those we could not read. A later look at an order replaces an earlier one. */
export type Listed = { orders: Map<string, ShownOrder>; unread: Set<string> }

export const emptyListed = (): Listed => ({ orders: new Map(), unread: new Set() })

/** The contract allows 1,000 orders a page; of this many with everything in them an answer is about a megabyte. */
const PAGE = 200
/** Pages overlap, so that an order that leaves the window while we page does not push another past us. */
const PAGE_STEP = PAGE - 10
const DEEPEST_OFFSET = 15_000
/** Of one window, however often it was halved. */
const MOST_PAGES = 400
/** An order list can be asked for by at most so many ids. */
export const IDS_PER_CALL = 100

const EMBED = 'embed=items,receivers,buyer,cancellation,return,exchange'

/** Reads a window whole, into `listed`, or throws. */
export async function readWindow(ask: Ask, type: DateType, span: Span, listed: Listed): Promise<void> {
  const budget = { pages: MOST_PAGES }
  const windows = [span]
  for (let window = windows.pop(); window; window = windows.pop()) {
    if (await readPages(ask, type, window, listed, budget)) continue
    // More than the deepest offset reaches: the halves hold half of it each.
    const middle = Math.floor((window.from + window.to) / 2)
    if (window.to - window.from < 4_000) throw new ChannelFault('garbled', `${type}: more orders than can be listed`)
    windows.push({ from: window.from, to: middle }, { from: middle - 1_000, to: window.to })
  }
}

/** False where the window holds more than can be paged through. */
async function readPages(
  ask: Ask,
  type: DateType,
  span: Span,
  listed: Listed,
  budget: { pages: number },
): Promise<boolean> {
  for (let offset = 0; offset <= DEEPEST_OFFSET; offset += PAGE_STEP) {
    if (budget.pages-- === 0) throw new ChannelFault('garbled', `${type}: pages without end`)
    const dates = `start_date=${secondIn(span.from)}&end_date=${secondIn(span.to)}&date_type=${type}`
    if (!(await readPage(ask, `${dates}&limit=${PAGE}&offset=${offset}`, listed))) return true
  }
  return false
}

/** Orders by their numbers; one that is unknown is simply not in the answer. */
export async function readByIds(ask: Ask, ids: readonly string[], listed: Listed): Promise<void> {
  for (let start = 0; start < ids.length; start += IDS_PER_CALL) {
    const some = ids.slice(start, start + IDS_PER_CALL).map(encodeURIComponent)
    await readPage(ask, `order_id=${some.join(',')}&limit=${IDS_PER_CALL}`, listed)
  }
}

/** Answers whether there may be more behind it. */
async function readPage(ask: Ask, query: string, listed: Listed): Promise<boolean> {
  const { value } = await ask({ bucket: BUCKETS.ordersRead, method: 'GET', path: `orders?${query}&${EMBED}` })
  const { orders, links } = expectShape(listAnswer, value, 'orders')
  for (const raw of orders) {
    const order = readable(raw)
    const id = order?.order_id ?? idIn(raw)
    if (id === null) throw new ChannelFault('garbled', 'an order without a number')
    listed.orders.delete(id)
    if (order) {
      listed.orders.set(id, { order, raw })
      listed.unread.delete(id)
    } else listed.unread.add(id)
  }
  return orders.length >= PAGE || (links ?? []).length > 0
}

/** A row that breaks the contract must not keep the other orders out: it waits, and the collection says so. */
function readable(raw: unknown) {
  const result = orderRow.safeParse(raw)
  if (!result.success) return null
  try {
    linesOf(result.data, 'payment')
    return result.data
  } catch {
    return null
  }
}

function idIn(raw: unknown): string | null {
  const named = z.object({ order_id: z.string().regex(/^\d{8}-\d{1,12}$/) }).safeParse(raw)
  return named.success ? named.data.order_id : null
}

const secondIn = (at: number): string => encodeURIComponent(koreanSecond(at))

const listAnswer = z.object({ orders: z.array(z.unknown()), links: z.array(z.unknown()).nullish() })
