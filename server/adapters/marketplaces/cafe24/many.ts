import { z } from 'zod'
import { expectShape } from '../answers.ts'

/** What became of one of several requests sent in a call. */
export type Part = { kind: 'done' } | { kind: 'failed'; code: number; message: string }

/**
 * 200 and 207 alike: a row a request, in an order nobody promises, each naming what it is about. A row with an error is
 * a failure; a request no row names is in doubt, and missing from the answer.
 */
export function partsOf(
  value: unknown,
  key: string,
  nameOf: (row: Record<string, unknown>) => string,
): Map<string, Part> {
  const rows = expectShape(z.object({ [key]: z.array(z.record(z.string(), z.unknown())) }), value, key)[key] ?? []
  return new Map(
    rows.map((row): [string, Part] => {
      if (row.error === undefined || row.error === null) return [nameOf(row), { kind: 'done' }]
      const told = rowError.safeParse(row.error)
      const { code, message } = told.success ? told.data : { code: 0, message: null }
      return [nameOf(row), { kind: 'failed', code, message: (message ?? '').slice(0, 300) }]
    }),
  )
}

const rowError = z.object({ code: z.coerce.number().int().catch(0), message: z.string().nullish() })
