import { z } from 'zod'
import { instant, quantity, signedQuantity } from './numbers.ts'

/** GET lists below: newest first, page by page. */
export const pageQuery = z.strictObject({
  /** `next` of the page before. */
  cursor: z.uuid().optional(),
  limit: z
    .string()
    .regex(/^(?:[1-9]\d?|1\d\d|200)$/, 'a whole number from 1 to 200')
    .optional(),
})

/** GET /v1/connections/{id}/drift: numbers at the marketplace that were not ours and that no order explains. */
export const driftList = z.object({
  drift: z.array(
    z.object({
      id: z.uuid(),
      listingId: z.uuid(),
      unit: z.string(),
      item: z.string(),
      sellerCode: z.string().nullable(),
      /** What buyers saw as far as we believed, and what they saw. */
      believed: quantity,
      showed: quantity,
      /** Units no order explains: above zero more was shown than should be. */
      units: signedQuantity,
      /** not_applied: our own write before it had been accepted and was never seen. */
      cause: z.enum(['edited', 'not_applied']),
      readAt: instant,
      confirmedAt: instant,
      /** reported: left as it is, by the connection's setting. kept: it took no stock from anybody, and stays. */
      done: z.enum(['repaired', 'repairing', 'reported', 'kept']),
      repairedAt: instant.nullable(),
    }),
  ),
  next: z.uuid().nullable(),
})

/** GET /v1/connections/{id}/reconciliations: the daily comparison of orders with the channel's own lists. */
export const reconciliationList = z.object({
  reconciliations: z.array(
    z.object({
      id: z.uuid(),
      startedAt: instant,
      endedAt: instant.nullable(),
      /** Null while it runs. */
      result: z.enum(['equal', 'differed', 'failed']).nullable(),
      lookedFrom: instant,
      /** Sales up to here should all have been in our books. */
      comparedUpTo: instant,
      ordersTold: quantity,
      linesTold: quantity,
      /** Lines that were missing in our books and are there now. */
      linesLate: quantity,
      linesDiffering: quantity,
      fault: z.string().nullable(),
      faultSaid: z.string().nullable(),
      /** At most 500 of them; the counts tell of all. */
      findings: z.array(
        z.object({
          externalId: z.string(),
          lineKey: z.string(),
          kind: z.enum(['late', 'quantity', 'cancelled']),
          ours: quantity.nullable(),
          theirs: quantity,
          /** False: told only; nothing the channel says undoes what was done with it. */
          recorded: z.boolean(),
        }),
      ),
    }),
  ),
  next: z.uuid().nullable(),
})

/** DELETE /v1/listings/{id}/fault: what was parked, or left as somebody edited it, is tried again. */
export const listingReleased = z.object({ listingId: z.uuid() })
