import { ChannelFault } from '../../../modules/channels/adapter.ts'
import { koreanMinute } from '../korean-times.ts'
import type { Answer, Ask } from './call.ts'
import type { ClaimList } from './claims.ts'
import { type Fields, fieldsOf } from './xml.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** The contract allows a week, and thirty days for claims; the ends are rounded out to whole minutes. */
const WIDEST_ORDERS_MS = 7 * DAY_MS - 5 * MINUTE_MS
const WIDEST_CLAIMS_MS = 30 * DAY_MS - 5 * MINUTE_MS

/** There are no pages: a list that is as long as this was cut off, and its window is halved, down to a minute. */
export const MOST_ROWS = 3_000
const SMALLEST_MS = MINUTE_MS

/** Of one list in one collection; 300,000 rows. */
const MOST_CALLS = 100

/** In the order an order moves: one that advances while we read is then met again, not missed. */
export const PAID_LISTS = [
  'delvplacestandby',
  'complete',
  'packaging',
  'shipping',
  'dlvcompleted',
  'completed',
] as const

export const CLAIM_LISTS = {
  cancelorders: { kind: 'cancel', tells: 'requested' },
  withdrawcanceledorders: { kind: 'cancel', tells: 'withdrawn' },
  officecancellist: { kind: 'cancel', tells: 'done' },
  canceledorders: { kind: 'cancel', tells: 'done' },
  returnorders: { kind: 'return', tells: 'requested' },
  retractretorders: { kind: 'return', tells: 'withdrawn' },
  returnedorders: { kind: 'return', tells: 'done' },
  exchangeorders: { kind: 'exchange', tells: 'requested' },
  retractexcorders: { kind: 'exchange', tells: 'withdrawn' },
  exchangedorders: { kind: 'exchange', tells: 'done' },
} as const satisfies Record<string, ClaimList>

export type ClaimListName = keyof typeof CLAIM_LISTS
export type ListName = 'standby' | (typeof PAID_LISTS)[number] | ClaimListName

/** A stretch of our clock, both ends included. */
export type Span = { from: number; to: number }

/** `cut`: even a minute held more rows than a list answers, or the list never ended: some rows are not here. */
export type Listed = { rows: Fields[]; cut: boolean }

/** Every row of a list in this span, in as few calls as the contract allows. Rows may repeat. */
export async function readList(ask: Ask, name: ListName, span: Span, mostRows: number): Promise<Listed> {
  const isClaims = name in CLAIM_LISTS
  const widest = isClaims ? WIDEST_CLAIMS_MS : WIDEST_ORDERS_MS
  const path = `${isClaims ? 'claimservice' : 'ordservices'}/${name}`
  const listed: Listed = { rows: [], cut: false }
  let left = MOST_CALLS

  const readWindow = async (window: Span): Promise<void> => {
    if (left-- <= 0) {
      listed.cut = true
      return
    }
    const rows = await readOnce(ask, `${path}/${minuteOf(window.from)}/${minuteOf(window.to + MINUTE_MS - 1)}`)
    if (rows !== 'too_long' && rows.length < mostRows) return void listed.rows.push(...rows)
    const half = Math.ceil((window.to - window.from) / 2 / MINUTE_MS) * MINUTE_MS
    if (half < SMALLEST_MS || half >= window.to - window.from) {
      listed.cut = true
      if (rows !== 'too_long') listed.rows.push(...rows)
      return
    }
    await readWindow({ from: window.from, to: window.from + half })
    await readWindow({ from: window.from + half, to: window.to })
  }

  for (let { from } = span; from < span.to; from += widest) {
    await readWindow({ from, to: Math.min(span.to, from + widest) })
  }
  return listed
}

/** Every line of one order, whatever became of it. Empty when the marketplace shows none. */
export async function readOrder(ask: Ask, ordNo: string): Promise<Fields[]> {
  return rowsOf(await ask({ method: 'GET', path: `ordservices/complete/${ordNo}`, roots: ROOTS }))
}

/** The most order numbers a call takes. */
export const ORDERS_PER_CALL = 100

/** Where the lines of these orders are, without price and option. With their receivers and invoices where asked for. */
export async function readStatuses(ask: Ask, ordNos: readonly string[], withParcels = false): Promise<Fields[]> {
  const rows: Fields[] = []
  for (let start = 0; start < ordNos.length; start += ORDERS_PER_CALL) {
    const batch = ordNos.slice(start, start + ORDERS_PER_CALL).join(',')
    const path = `claimservice/${withParcels ? 'orderlistalladdr' : 'orderlistall'}/${batch}`
    rows.push(...rowsOf(await ask({ method: 'GET', path, roots: ROOTS })))
  }
  return rows
}

const ROOTS = ['orders']

async function readOnce(ask: Ask, path: string): Promise<Fields[] | 'too_long'> {
  try {
    return rowsOf(await ask({ method: 'GET', path, roots: ROOTS }))
  } catch (error) {
    // The network port's word for an answer beyond its cap.
    if (error instanceof ChannelFault && error.code === 'unknown' && error.said === 'answer too long') return 'too_long'
    throw error
  }
}

/** 0 means "no rows" here, and of some lists -1 does; rows come without a code. */
function rowsOf({ root, code, says, said }: Answer): Fields[] {
  if (code === 0 || (code === -1 && NO_ROWS.test(says))) return []
  if (code !== null) throw new ChannelFault('refused', said)
  const rows = root.children.filter(({ name }) => name === 'order')
  if (rows.length === 0) throw new ChannelFault('garbled', 'a list with neither rows nor a code')
  return rows.map(fieldsOf)
}

const NO_ROWS = /해당\s*건이\s*없|조회된\s*결과가\s*없/

/** 202611200915, Korean. */
function minuteOf(at: number): string {
  return koreanMinute(at).replaceAll(/\D/g, '')
}
