/** Every time here is Korean and says no offset: 202611200915 in paths, 2026-11-20 09:15:00 in rows. */

const KST_MS = 9 * 3_600_000
export const MINUTE_MS = 60_000
export const DAY_MS = 86_400_000

/** 2026-11-20 09:15:00 */
export function tellTime(at: number): string {
  return localText(at).slice(0, 19).replace('T', ' ')
}

/** 20261120 */
export function tellDay(at: number): string {
  return localText(at).slice(0, 10).replaceAll('-', '')
}

/** Day of the week (0 Sunday) and hour, in Korea. */
export function weekAndHour(at: number): { day: number; hour: number } {
  const local = new Date(at + KST_MS)
  return { day: local.getUTCDay(), hour: local.getUTCHours() }
}

/** YYYYMMDDhhmm as epoch ms; null for any other text and for a date that does not exist. */
export function readMinute(text: string): number | null {
  const [, year, month, day, hour, minute] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text) ?? []
  return year === undefined ? null : readLocal(`${year}-${month}-${day}T${hour}:${minute}:00`)
}

/** YYYYMMDD as the epoch ms of its first moment; null for any other text and for a date that does not exist. */
export function readDay(text: string): number | null {
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)$/.exec(text) ?? []
  return year === undefined ? null : readLocal(`${year}-${month}-${day}T00:00:00`)
}

const localText = (at: number) => new Date(at + KST_MS).toISOString()

/** The platform's own parser would roll 30 February over. */
function readLocal(stamp: string): number | null {
  const at = Date.parse(`${stamp}Z`)
  return Number.isNaN(at) || new Date(at).toISOString().slice(0, 19) !== stamp ? null : at - KST_MS
}
