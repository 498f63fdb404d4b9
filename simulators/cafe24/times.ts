/** Time here is Korean: with its offset in the API, without any in token answers. */

const KST_MS = 9 * 3_600_000
const DAY_MS = 86_400_000
const MOST_MONTHS = 3

/** 2026-11-20T12:00:00+09:00; null stays null. */
export const tellTime = (at: number | null) => (at === null ? null : `${local(at).slice(0, 19)}+09:00`)

/** 2026-11-20T12:00:00.000: Korean time that does not say so. */
export const tellNaive = (at: number) => local(at).slice(0, 23)

/** 20261120, the Korean day. */
export const tellDay = (at: number) => local(at).slice(0, 10).replaceAll('-', '')

const local = (at: number) => new Date(at + KST_MS).toISOString()

/** Half-open: from <= t < to, epoch ms. */
export type Window = { from: number; to: number }

/**
 * start_date and end_date: a day, or a day with a time, both ends included, at most three months apart.
 * Returns what is wrong as text.
 */
export function readWindow(start: string, end: string, timeOfDay: 'heeded' | 'ignored'): Window | string {
  const [first, last] = [readDate(start), readDate(end)]
  if (first === null || last === null) return 'start_date and end_date must be dates'
  if (last.at < first.at) return 'end_date must not be before start_date'
  if (last.at > addMonths(first.at, MOST_MONTHS) + (last.isDay ? 0 : DAY_MS - 1)) {
    return `The search range must be within ${MOST_MONTHS} months`
  }
  if (timeOfDay === 'ignored') return { from: dayOf(first.at), to: dayOf(last.at) + DAY_MS }
  return { from: first.at, to: last.at + (last.isDay ? DAY_MS : 1_000) } // times are told in whole seconds
}

function readDate(text: string): { at: number; isDay: boolean } | null {
  const [, day, time = ''] = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d)(?:\+09:00)?)?$/.exec(text) ?? []
  if (day === undefined) return null
  const stamp = `${day}T${time || '00:00:00'}`
  const utc = Date.parse(`${stamp}Z`)
  // A date that does not exist must not roll over into the next month.
  if (Number.isNaN(utc) || new Date(utc).toISOString().slice(0, 19) !== stamp) return null
  return { at: utc - KST_MS, isDay: time === '' }
}

const dayOf = (at: number) => Math.floor((at + KST_MS) / DAY_MS) * DAY_MS - KST_MS

function addMonths(at: number, months: number): number {
  const date = new Date(dayOf(at) + KST_MS)
  date.setUTCMonth(date.getUTCMonth() + months)
  return date.getTime() - KST_MS
}
