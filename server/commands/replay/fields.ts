/** Readers of one field each: a value, or undefined where the text is none. Nothing is guessed. */

/** PostgreSQL's integer, which levels are kept in. */
export const MOST_UNITS = 2_147_483_647

/** Whole units; sales are above 0, returns and write-offs below. */
export function readQuantity(text: string): number | undefined {
  if (!/^[+-]?\d{1,10}$/.test(text)) return undefined
  const units = Number(text)
  return Math.abs(units) <= MOST_UNITS ? units + 0 : undefined
}

/**
 * Pounds as written to whole pence, half to even: 0.005 is 0, 0.015 is 2. Read from the digits, since binary
 * fractions would have rounded already. `exact` says whether nothing was lost.
 */
export function readPrice(text: string): { pence: number; exact: boolean } | undefined {
  const found = /^([+-]?)(\d{1,11})(?:\.(\d{1,20}))?$/.exec(text)
  if (!found) return undefined
  const decimals = (found[3] ?? '').padEnd(2, '0')
  const rest = decimals.slice(2)
  let pence = Number(found[2]) * 100 + Number(decimals.slice(0, 2))
  const isHalf = /^50*$/.test(rest)
  if (isHalf ? pence % 2 === 1 : /^[5-9]/.test(rest)) pence += 1
  return { pence: found[1] === '-' && pence > 0 ? -pence : pence, exact: /^0*$/.test(rest) }
}

/** `2010-12-01 08:26:00` or with T, seconds optional; the file names no zone and is read as UTC. Epoch ms. */
export function readInstant(text: string): number | undefined {
  const found = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?$/.exec(text)
  if (!found) return undefined
  const [year, month, day, hour, minute, second] = found.slice(1).map((part) => Number(part ?? 0))
  const at = Date.UTC(year!, month! - 1, day!, hour!, minute!, second!)
  // 31 February is rolled over by Date.UTC; here it is no date.
  return new Date(at).toISOString().startsWith(`${found[1]}-${found[2]}-${found[3]}T${found[4]}:${found[5]}`)
    ? at
    : undefined
}

/** `17850.0` as spreadsheets write it, and `17850`: the same customer. */
export const customerId = (text: string): string => text.trim().replace(/\.0+$/, '')
