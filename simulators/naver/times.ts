/** Naver writes Korean time with its offset and milliseconds: `2026-11-20T09:00:00.000+09:00`. */
const KST_OFFSET_MS = 9 * 3_600_000
export const DAY_MS = 24 * 3_600_000

export function kst(at: number): string {
  return `${new Date(at + KST_OFFSET_MS).toISOString().slice(0, -1)}+09:00`
}

/** As `more.moreFrom` is written: closing zeros of the fraction are dropped, so that `.100` comes as `.1`. */
export function kstShort(at: number): string {
  return kst(at).replace(/(\.\d\d?)0{1,2}\+/, (_all, kept: string) => `${kept.replace(/(\.\d)0$/, '$1')}+`)
}

/** `20261120`, the Korean day of `at`: order numbers begin with it. */
export function kstDay(at: number): string {
  return kst(at).slice(0, 10).replaceAll('-', '')
}

/** Epoch ms of the Korean midnight that begins the day of `at`. */
export function kstMidnight(at: number): number {
  return Math.floor((at + KST_OFFSET_MS) / DAY_MS) * DAY_MS - KST_OFFSET_MS
}

/** Epoch ms, or null unless there is an offset and exactly three fraction digits: the order APIs accept nothing else. */
export function strictTime(text: unknown): number | null {
  if (typeof text !== 'string') return null
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:[+-]\d\d:\d\d|Z)$/.test(text)) return null
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : at
}
