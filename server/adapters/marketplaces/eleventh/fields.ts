import { z } from 'zod'
import { readInstant } from '../korean-times.ts'

/** Reading the texts of a row. Missing, empty and the literal "null" were left out before (fieldsOf). */

/** Ids of 17 digits do not fit a double, and every id enters a path: digits only. */
export const number = z.string().regex(/^\d{1,19}$/, 'not a number')

export const maybeNumber = number.optional().transform((text) => text ?? null)

/** A count of units. */
export const count = z
  .string()
  .regex(/^\d{1,9}$/, 'not a count')
  .transform(Number)

/** Won; some amounts come with commas. */
export const amount = z
  .string()
  .regex(/^-?(\d{1,12}|\d{1,3}(,\d{3}){1,3})$/, 'not an amount')
  .transform((text) => Number(text.replaceAll(',', '')))

/** A time without an offset, which is Korean, as epoch ms. */
export const instant = z.string().transform((text, context) => {
  const at = readInstant(text)
  if (at === null) context.addIssue('not a time')
  return at ?? 0
})

export const maybeInstant = instant.optional().transform((at) => at ?? null)
