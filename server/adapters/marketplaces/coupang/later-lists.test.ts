import { expect, test } from 'vitest'
import type { CoupangCall } from './call.ts'
import { findExchange, readExchangePage, readWithdrawalPage } from './later-lists.ts'

const NOW = Date.parse('2026-11-20T09:00:00+09:00')

function marketplace(answers: (query: URLSearchParams) => unknown) {
  const asked: URLSearchParams[] = []
  const ask = async ({ query }: CoupangCall) => {
    const params = new URLSearchParams(query)
    asked.push(params)
    return answers(params)
  }
  return { ask, asked }
}

const exchange = (exchangeId: number) => ({
  exchangeId,
  orderId: 31,
  exchangeStatus: 'PROGRESS',
  createdAt: '2026-11-01T09:00:00',
  exchangeItemDtoV1s: [{ orderItemId: 81, quantity: 1 }],
})

test('exchanges are read four weeks back, a week and a page at a time, in plain Korean time', async () => {
  const { ask, asked } = marketplace((query) => {
    const isFirstOfWeek = query.get('nextToken') === null
    return { data: [exchange(asked.length)], nextToken: isFirstOfWeek && asked.length === 1 ? 'next' : '' }
  })
  let token = ''
  const rows: unknown[] = []
  do {
    const page = await readExchangePage(ask, 'A01234567', 'PROGRESS', NOW, token)
    rows.push(...page.rows)
    token = page.nextToken
  } while (token !== '')
  expect(rows).toHaveLength(5)
  expect(asked[0]?.get('createdAtTo')).toBe('2026-11-20T09:00:00')
  expect(asked[1]?.get('nextToken')).toBe('next')
  expect(asked.at(-1)?.get('createdAtFrom')).toBe('2026-10-23T09:04:00')
  for (const query of asked) {
    const spanMs = Date.parse(query.get('createdAtTo')!) - Date.parse(query.get('createdAtFrom')!)
    expect(spanMs).toBeLessThan(7 * 86_400_000)
    expect(query.get('status')).toBe('PROGRESS')
  }
})

test('an exchange is found in an older week and behind a row that breaks the contract, or not at all', async () => {
  const { ask, asked } = marketplace(() => ({
    data: asked.length === 3 ? [{ exchangeId: null }, exchange(5)] : [],
    nextToken: null,
  }))
  const place = { ask, vendorId: 'A01234567', now: () => NOW }
  expect(await findExchange(place, '5', ['PROGRESS'])).toMatchObject({ exchangeId: '5' })
  expect(await findExchange(place, '6', ['PROGRESS', 'SUCCESS'])).toBeNull()
  expect(asked).toHaveLength(3 + 2 * 4)
})

test('withdrawals are asked for by seven days, both ends counted, and by page', async () => {
  const { ask, asked } = marketplace(() => ({ data: [], nextPageIndex: '2' }))
  expect(await readWithdrawalPage(ask, 'A01234567', NOW, '')).toEqual({ rows: [], nextToken: '2' })
  expect([asked[0]?.get('dateFrom'), asked[0]?.get('dateTo'), asked[0]?.get('pageIndex')]).toEqual([
    '2026-11-14',
    '2026-11-20',
    '1',
  ])
  await expect(readWithdrawalPage(ask, 'A01234567', NOW, '2')).rejects.toMatchObject({ code: 'garbled' })
})
