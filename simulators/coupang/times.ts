/** The shapes time takes here: UTC in the signature, naive Korean time in v4, Korean time with offset in v5 and v6. */

const KST_MS = 9 * 3_600_000
export const MINUTE_MS = 60_000
export const DAY_MS = 86_400_000

/** v4: 2026-11-20T09:00:00. v5, v6: 2026-11-20T09:00:00.000000+09:00 (microseconds, of which ours are 000). */
export function tellTime(at: number, version: string): string {
  const local = new Date(at + KST_MS).toISOString()
  return version === 'v4' ? local.slice(0, 19) : `${local.slice(0, 23)}000+09:00`
}

/** 2026-11-20, the Korean day. */
export function tellDay(at: number): string {
  return new Date(at + KST_MS).toISOString().slice(0, 10)
}

/** yyMMdd'T'HHmmss'Z' as epoch ms; null for any other text, a four-digit year or an impossible date included. */
export function readSignedDate(text: string): number | null {
  const parts = /^(\d\d)(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  if (parts === null) return null
  const [, year, month, day, hour, minute, second] = parts
  return readUtc(`20${year}-${month}-${day}T${hour}:${minute}:${second}`)
}

/** Half-open: from <= t < to, epoch ms. */
export type Window = { from: number; to: number }

/**
 * A window of whole Korean days, both ends included, at most 31 of them. Returns what is wrong as text.
 *
 * The contract says "31 days" without saying how they are counted; the stricter count is the safer one to build on.
 */
export function readDays(from: string, to: string, version: string): Window | string {
  const first = readLocal(from, /^(\d{4}-\d\d-\d\d)([+-]\d\d:\d\d)?$/, version, 'T00:00:00')
  const last = readLocal(to, /^(\d{4}-\d\d-\d\d)([+-]\d\d:\d\d)?$/, version, 'T00:00:00')
  if (first === null || last === null) return 'createdAtFrom and createdAtTo must be yyyy-MM-dd'
  if (last < first) return 'createdAtTo is before createdAtFrom'
  if (last - first >= 31 * DAY_MS) return 'the search range is at most 31 days'
  return { from: first, to: last + DAY_MS }
}

/**
 * A window of minutes, shorter than 24 hours, the last minute excluded. Returns what is wrong as text.
 *
 * Whether the real one includes the last minute is not written; excluding it punishes a client that relies on it.
 */
export function readMinutes(from: string, to: string, version: string): Window | string {
  const first = readLocal(from, /^(\d{4}-\d\d-\d\dT\d\d:\d\d)([+-]\d\d:\d\d)?$/, version, ':00')
  const last = readLocal(to, /^(\d{4}-\d\d-\d\dT\d\d:\d\d)([+-]\d\d:\d\d)?$/, version, ':00')
  if (first === null || last === null) return 'createdAtFrom and createdAtTo must be yyyy-MM-ddTHH:mm'
  if (last <= first) return 'createdAtTo is not after createdAtFrom'
  if (last - first >= DAY_MS) return 'the search range is less than 24 hours'
  return { from: first, to: last }
}

/** A window of seconds in plain Korean time, at most 7 days, both ends included. Returns what is wrong as text. */
export function readSeconds(from: string, to: string): Window | string {
  const first = readLocal(from, /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)$/, 'v4', '')
  const last = readLocal(to, /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)$/, 'v4', '')
  if (first === null || last === null) return 'createdAtFrom and createdAtTo must be yyyy-MM-ddTHH:mm:ss'
  if (last < first) return 'createdAtTo is before createdAtFrom'
  if (last - first > 7 * DAY_MS) return 'the search range is at most 7 days'
  return { from: first, to: last + 1_000 }
}

/** Newer versions also take the plain form of v4 (public clients send it); v4 does not take an offset. */
function readLocal(text: string, form: RegExp, version: string, rest: string): number | null {
  const [, stamp, offset] = form.exec(text) ?? []
  if (stamp === undefined || (offset !== undefined && version === 'v4')) return null
  const utc = readUtc(stamp + rest)
  return utc === null ? null : utc - (offset === undefined ? KST_MS : offsetMs(offset))
}

function offsetMs(offset: string): number {
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4, 6))
  return (offset.startsWith('-') ? -minutes : minutes) * MINUTE_MS
}

/** Null for a date that does not exist: the platform's own parser would roll 30 February over. */
function readUtc(stamp: string): number | null {
  const at = Date.parse(`${stamp}Z`)
  return Number.isNaN(at) || new Date(at).toISOString().slice(0, 19) !== stamp ? null : at
}
