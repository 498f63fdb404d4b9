/** Times here are Korean, and no text carries an offset. */
const KST_MS = 9 * 3_600_000
export const DAY_MS = 86_400_000

/** 2026-11-20T10:00:00 */
export const tellTime = (at: number): string => new Date(at + KST_MS).toISOString().slice(0, 19)
export const tellTimeOrNull = (at: number | null): string | null => (at === null ? null : tellTime(at))

/** 2026-11-20 10:00:00, as the product list says it. */
export const tellSpaced = (at: number): string => tellTime(at).replace('T', ' ')

/** Midnight that ends the Korean day of `at`. */
export const endOfDay = (at: number): number => Math.floor((at + KST_MS) / DAY_MS + 1) * DAY_MS - KST_MS

/** `isDay`: the text named a day and no time. */
export type Moment = { at: number; isDay: boolean }

/** yyyy-MM-dd, alone or with hh:mm or hh:mm:ss behind a space or a T. Null for anything else and for no real date. */
export function readMoment(text: unknown): Moment | null {
  if (typeof text !== 'string') return null
  const [, day, time] = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d)?))?$/.exec(text) ?? []
  if (day === undefined) return null
  const stamp = `${day}T${time === undefined ? '00:00:00' : time.length === 5 ? `${time}:00` : time}`
  const at = Date.parse(`${stamp}Z`)
  // The platform's own parser would roll 30 February over.
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 19) !== stamp) return null
  return { at: at - KST_MS, isDay: time === undefined }
}
