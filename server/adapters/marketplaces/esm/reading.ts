import { z } from 'zod'

/**
 * The families of calls disagree on the case of their keys, and so do pages about one call: every key is read in lower
 * case. The body is at most 64 deep (answers.ts).
 */
export function lowerKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowerKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.toLowerCase(), lowerKeys(inner)]))
}

/** The message of an answer, of the gate's or of the marketplace's shape. */
export function textOf(value: unknown): string {
  const read = z
    .object({
      message: z.string().nullish(),
      status: z.object({ message: z.string().nullish() }).nullish().catch(null),
    })
    .safeParse(lowerKeys(value))
  return read.success ? (read.data.message ?? read.data.status?.message ?? '') : ''
}

/** Won, which the order lists tell as text with decimals and the item calls as numbers with them. */
export const amount = z
  .union([z.string().regex(/^-?\d{1,12}(\.\d{1,6})?$/), z.number()])
  .transform((told) => Math.round(Number(told)))
  .refine(Number.isSafeInteger, 'no amount')
