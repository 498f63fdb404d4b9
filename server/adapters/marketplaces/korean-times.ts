import { Temporal } from 'temporal-polyfill'

/** Where marketplaces' times become epoch ms and back. All of them keep Korean time; none knows summer time. */
const KOREA = '+09:00'

/** `2026-11-20T09:00:00.000+09:00`: exactly three fraction digits, which Naver's order calls insist on. */
export function koreanMillis(at: number): string {
  return instantOf(at).toString({ timeZone: KOREA, smallestUnit: 'millisecond' })
}

/** `2026-11-20T09:00:00+09:00`, the second that holds `at`. */
export function koreanSecond(at: number): string {
  return instantOf(at).toString({ timeZone: KOREA, smallestUnit: 'second' })
}

/** `2026-11-20T09:00`, the minute that holds `at`. */
export function koreanMinute(at: number): string {
  return instantOf(at).toString({ timeZone: KOREA, smallestUnit: 'minute' }).slice(0, 16)
}

/** `2026-11-20`. */
export function koreanDay(at: number): string {
  return koreanMinute(at).slice(0, 10)
}

/** `261120T001500Z`: UTC with a two-digit year, as Coupang signs it. */
export function signedDate(at: number): string {
  return instantOf(at).toString({ smallestUnit: 'second' }).slice(2).replaceAll(/[-:]/g, '')
}

/**
 * Epoch ms of a marketplace's time, or null when it is none. Any number of fraction digits up to nine; a
 * blank for the T; a time without an offset is Korean.
 */
export function readInstant(text: string): number | null {
  const parts = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?$/.exec(text.trim())
  if (!parts) return null
  try {
    return Temporal.Instant.from(`${parts[1]}T${parts[2]}${parts[3] ?? KOREA}`).epochMilliseconds
  } catch {
    return null
  }
}

function instantOf(at: number): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(Math.trunc(at))
}
