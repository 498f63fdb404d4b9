import { z } from 'zod'

/** RFC 9457 problem+json: what every refused request is answered with. */
export const problem = z.object({
  /** Stable; one row each in docs/problems.md. */
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  retryable: z.boolean(),
  requestId: z.string(),
  /** The fields at fault, as JSON pointers, where a field is. */
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
})

export type Problem = z.infer<typeof problem>
