import { z } from 'zod'
import { ChannelFault } from '../../../modules/channels/adapter.ts'
import { expectShape } from '../answers.ts'
import { koreanDay, koreanSecond } from '../korean-times.ts'
import type { Ask } from './call.ts'
import { type Exchange, exchange } from './claims.ts'

/** Lists that only the slow look reads, a page at a time: exchanges, and wishes taken back. */

export type ExchangeStatus = Exchange['exchangeStatus']

const DAY_MS = 24 * 3_600_000

/** The contract allows 7 days a window; a minute less keeps it inside whatever counts the ends. */
const WINDOW_MS = 7 * DAY_MS - 60_000

/** Fetched, looked at, sent again: an exchange takes one to three weeks, and its list goes by the day it was asked for. */
const MOST_WINDOWS = 4
const PAGE_SIZE = 50

/** Exchanges of a status asked for in the four weeks before `until`, newest week first. Token '' is the first page. */
export async function readExchangePage(
  ask: Ask,
  vendorId: string,
  status: ExchangeStatus,
  until: number,
  token: string,
): Promise<{ rows: unknown[]; nextToken: string }> {
  const [, week = '0', within = ''] = /^(\d)\.(.*)$/.exec(token) ?? []
  const to = until - Number(week) * WINDOW_MS
  const query = [
    `createdAtFrom=${second(to - WINDOW_MS)}&createdAtTo=${second(to)}`,
    // Whether the list can do without a status is not documented.
    `status=${status}&maxPerPage=${PAGE_SIZE}`,
    ...(within === '' ? [] : [`nextToken=${encodeURIComponent(within)}`]),
  ].join('&')
  const path = `/v2/providers/openapi/apis/api/v4/vendors/${vendorId}/exchangeRequests`
  const answer = await ask({ method: 'GET', path, query, aboutVendor: true })
  const { data, nextToken } = expectShape(exchangeAnswer, answer, 'exchanges')
  const isLast = Number(week) + 1 >= MOST_WINDOWS
  if (nextToken !== '') return { rows: data ?? [], nextToken: `${week}.${nextToken}` }
  return { rows: data ?? [], nextToken: isLast ? '' : `${Number(week) + 1}.` }
}

/** One exchange by its number, looked for among those of these statuses; null when there is none. */
export async function findExchange(
  { ask, vendorId, now }: { ask: Ask; vendorId: string; now: () => number },
  exchangeId: string,
  statuses: readonly ExchangeStatus[],
): Promise<Exchange | null> {
  for (const status of statuses) {
    let token = ''
    for (let page = 0; page < MOST_PAGES_SEARCHED; page++) {
      const { rows, nextToken } = await readExchangePage(ask, vendorId, status, now() + AHEAD_MS, token)
      const read = rows.flatMap((row) => exchange.safeParse(row).data ?? [])
      const found = read.find((row) => row.exchangeId === exchangeId)
      if (found) return found
      if (nextToken === '') break
      token = nextToken
    }
  }
  return null
}

const MOST_PAGES_SEARCHED = 10

/** The marketplace's clock may be ahead of ours. */
const AHEAD_MS = 240_000

/** Wishes taken back in the seven days before `until`. The token is the number of the page. */
export async function readWithdrawalPage(
  ask: Ask,
  vendorId: string,
  until: number,
  token: string,
): Promise<{ rows: unknown[]; nextToken: string }> {
  const page = /^\d{1,4}$/.test(token) ? token : '1'
  const query = `dateFrom=${koreanDay(until - 6 * DAY_MS)}&dateTo=${koreanDay(until)}&pageIndex=${page}&sizePerPage=100`
  const path = `/v2/providers/openapi/apis/api/v4/vendors/${vendorId}/returnWithdrawRequests`
  const answer = await ask({ method: 'GET', path, query, aboutVendor: true })
  const { data, nextPageIndex } = expectShape(withdrawalAnswer, answer, 'withdrawals')
  if (nextPageIndex === page) throw new ChannelFault('garbled', 'withdrawals go on from where they already were')
  return { rows: data ?? [], nextToken: nextPageIndex }
}

/** Plain Korean time: these lists know no offset. */
function second(at: number): string {
  return koreanSecond(at).slice(0, 19)
}

const someToken = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((token) => String(token ?? ''))

const exchangeAnswer = z.object({ data: z.array(z.unknown()).nullish(), nextToken: someToken })
const withdrawalAnswer = z.object({ data: z.array(z.unknown()).nullish(), nextPageIndex: someToken })
