import { expect, test } from 'vitest'
import { ChannelFault } from '../../../modules/channels/adapter.ts'
import type { CoupangCall } from './call.ts'
import { type List, readSpan } from './lists.ts'
import { authorization } from './signature.ts'

const now = Date.UTC(2026, 10, 20, 0, 0)
const MINUTE_MS = 60_000
const ACCEPT: List = { of: 'sheets', status: 'ACCEPT' }

function listOf(pages: unknown[]) {
  const asked: CoupangCall[] = []
  const ask = async (call: CoupangCall) => {
    asked.push(call)
    return pages[asked.length - 1] ?? { code: 200, data: [], nextToken: '' }
  }
  return { ask, asked }
}

test('a short stretch is read in overlapping windows of minutes, without paging parameters', async () => {
  const { ask, asked } = listOf([])
  await readSpan(ask, 'A1', ACCEPT, { from: now - 20 * MINUTE_MS, to: now + 4 * MINUTE_MS })
  expect(asked.map(({ query }) => query)).toEqual([
    'createdAtFrom=2026-11-20T08:40%2B09:00&createdAtTo=2026-11-20T08:51%2B09:00&searchType=timeFrame&status=ACCEPT',
    'createdAtFrom=2026-11-20T08:50%2B09:00&createdAtTo=2026-11-20T09:01%2B09:00&searchType=timeFrame&status=ACCEPT',
    'createdAtFrom=2026-11-20T09:00%2B09:00&createdAtTo=2026-11-20T09:04%2B09:00&searchType=timeFrame&status=ACCEPT',
  ])
})

test('a window the gateway gives up on is halved, down to a minute', async () => {
  const served: number[] = []
  const ask = async ({ query = '' }: CoupangCall) => {
    const [from, to] = [...query.matchAll(/T(\d\d):(\d\d)/g)].map(
      ([, hour, minute]) => Number(hour) * 60 + Number(minute),
    )
    if (to! - from! > 2) throw new ChannelFault('unknown', '504 Request timed out')
    for (let minute = from!; minute < to!; minute++) served.push(minute)
    return { code: 200, data: [] }
  }
  await readSpan(ask, 'A1', ACCEPT, { from: now, to: now + 9 * MINUTE_MS })
  expect(served).toEqual([540, 541, 542, 543, 544, 545, 546, 547, 548])
  const never = () => Promise.reject(new ChannelFault('unknown', '504 Request timed out'))
  await expect(readSpan(never, 'A1', ACCEPT, { from: now, to: now + 9 * MINUTE_MS })).rejects.toMatchObject({
    code: 'unknown',
  })
})

test('a long stretch is read by day, page after page, and never more than a month of it', async () => {
  const { ask, asked } = listOf([{ code: 200, data: [], nextToken: 'a&b' }])
  await readSpan(ask, 'A1', { of: 'receipts', filter: 'CANCEL' }, { from: 0, to: now })
  const days = 'createdAtFrom=2026-10-21%2B09:00&createdAtTo=2026-11-20%2B09:00&cancelType=CANCEL&maxPerPage=50'
  expect(asked.map(({ query }) => query)).toEqual([days, `${days}&nextToken=a%26b`])
})

test('a list that never ends is garbled', async () => {
  const { ask } = listOf(Array.from({ length: 300 }, () => ({ code: 200, data: [], nextToken: 'again' })))
  await expect(readSpan(ask, 'A1', ACCEPT, { from: 0, to: now })).rejects.toMatchObject({ code: 'garbled' })
})

test('a row that is no sheet is left as the box to ask for; a row without even that is garbled', async () => {
  const span = { from: now, to: now + MINUTE_MS }
  const odd = listOf([{ code: 200, data: [{ shipmentBoxId: '700000000000000123', status: 'TELEPORTED' }] }])
  expect((await readSpan(odd.ask, 'A1', ACCEPT, span)).unreadBoxes).toEqual(['700000000000000123'])
  const worse = listOf([{ code: 200, data: [{}] }])
  await expect(readSpan(worse.ask, 'A1', ACCEPT, span)).rejects.toMatchObject({ code: 'garbled' })
})

test('the signature covers date, method, path and query without its question mark', () => {
  const credentials = { vendorId: 'A1', accessKey: 'ak', secretKey: 'secret' }
  const query = 'createdAtFrom=2026-11-20%2B09:00&status=ACCEPT'
  // By hand: printf '%s' 261120T001500ZGET/v2/vendors/A1/ordersheets… | openssl dgst -sha256 -hmac secret
  expect(authorization(credentials, 'GET', '/v2/vendors/A1/ordersheets', query, now + 15 * MINUTE_MS)).toBe(
    'CEA algorithm=HmacSHA256, access-key=ak, signed-date=261120T001500Z, signature=d5c48cfa6e7e7ae0ccc1f0108f004115d36cfe5679aa50a5336cf51fb233c9f2',
  )
})
