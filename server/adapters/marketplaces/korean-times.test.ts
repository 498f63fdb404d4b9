import { expect, test } from 'vitest'
import { koreanDay, koreanMillis, koreanMinute, readInstant, signedDate } from './korean-times.ts'

const at = Date.UTC(2026, 10, 20, 0, 15, 0, 50)

test('times go out as each call wants them', () => {
  expect(koreanMillis(at)).toBe('2026-11-20T09:15:00.050+09:00')
  expect(koreanMinute(at + 59_000)).toBe('2026-11-20T09:15')
  expect(koreanDay(Date.UTC(2026, 10, 20, 15, 0))).toBe('2026-11-21')
  expect(signedDate(at)).toBe('261120T001500Z')
})

test.each([
  ['2026-11-20T09:15:00.050+09:00', at],
  ['2026-11-20T09:15:00.05+09:00', at],
  ['2026-11-20T09:15:00.050000+09:00', at],
  ['2026-11-20T00:15:00.050Z', at],
  ['2026-11-20T09:15:00', at - 50],
  ['2026-11-20 09:15:00', at - 50],
  ['2026-11-20T09:15+0900', at - 50],
  ['2026-11-20', null],
  ['2026-02-30T09:00:00', null],
  ['yesterday', null],
])('%s is read with or without offset, whatever its fraction', (text, wanted) => {
  expect(readInstant(text)).toBe(wanted)
})
