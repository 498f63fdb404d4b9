import { z } from 'zod'
import { sku } from './catalog.ts'
import { instant, quantity } from './numbers.ts'

const mode = z.enum(['observe', 'push'])
const policy = z.enum(['rights', 'fixed', 'pool', 'buffered'])
const tail = z.enum(['strict', 'pooled'])
const protocol = z.enum(['A', 'B'])
const drift = z.enum(['repair', 'report'])

export const connectionAnswer = z.object({
  id: z.uuid(),
  channel: z.string(),
  name: z.string(),
  mode,
  policy,
  /**
   * fixed: percent or units of this channel; buffered: percent or units kept back. rights: with `tail` pooled the last
   * units are shown everywhere where one is sold twice with a chance of at most `tailRisk` (0.01 = 1 %, as without it) each
   * time the stock runs out. With `protocol` B numbers are changed by stop, read, set, resume, which rests on no order being
   * told in time; only where the marketplace can stop a sale and still shows its number.
   */
  policySettings: z.object({
    percent: z.number().optional(),
    units: z.int().optional(),
    tail: tail.optional(),
    tailRisk: z.number().optional(),
    protocol: protocol.optional(),
  }),
  paused: z.boolean(),
  /** A person must look: the key was refused, or the seller is blocked. */
  parked: z.boolean(),
  /** Numbers people edit at the marketplace are put right, or only told and left until a person releases them. */
  drift,
  apiSupported: z.boolean(),
  lastSuccessAt: instant.nullable(),
})

/** GET /v1/connections */
export const connectionList = z.object({ connections: z.array(connectionAnswer) })

/** PATCH /v1/connections/{id}: what is left out stays. */
export const connectionChange = z.strictObject({
  /** push, from observe: only with `seen`. */
  mode: mode.optional(),
  /** As GET /v1/connections/{id}/preview answered it, at most ten minutes ago. */
  seen: z.string().max(500).optional(),
  paused: z.boolean().optional(),
  drift: drift.optional(),
  policy: policy.optional(),
  policySettings: z
    .strictObject({
      percent: z.number().min(0).max(100).optional(),
      units: z.int().min(0).max(1_000_000).optional(),
      tail: tail.optional(),
      tailRisk: z.number().min(0.0001).max(0.3).optional(),
      protocol: protocol.optional(),
    })
    .optional(),
})

/** GET /v1/connections/{id}/credentials: what its marketplace wants, and which of it is there; never what it is. */
export const credentialFields = z.object({
  fields: z.array(
    z.object({
      /** As the marketplace names it. */
      name: z.string(),
      /** Not to be seen while it is typed. */
      secret: z.boolean(),
      /** one_of: of these at least one. may: works without. */
      needed: z.enum(['always', 'one_of', 'may']),
      isSet: z.boolean(),
    }),
  ),
})

/**
 * PUT /v1/connections/{id}/credentials, as the marketplace names them: all of them, or with `keep` those that change, the
 * others staying as they are.
 */
export const connectionCredentials = z.strictObject({
  credentials: z
    .record(z.string().min(1).max(64), z.string().min(1).max(4_096))
    .refine((given) => Object.keys(given).length <= 20, 'too many'),
  keep: z.boolean().optional(),
})

/** POST /hooks/{channel}/{connection id} */
export const hookAnswer = z.object({ taken: z.literal(true) })

/** GET /v1/listings/unmapped: what was sold or shown under no variant of ours, oldest first, at most 500. */
export const unmappedList = z.object({
  listings: z.array(
    z.object({
      id: z.uuid(),
      connectionId: z.uuid(),
      unit: z.string(),
      item: z.string(),
      sellerCode: z.string().nullable(),
      /** As the marketplace names it in the orders that wait. */
      name: z.string().nullable(),
      /** Sold units of orders that wait for the mapping. */
      waitingUnits: quantity,
    }),
  ),
})

/** PUT /v1/listings/{id}/mapping: which variant it is, and how many one sold unit takes (1+1 = 2). */
export const listingMapping = z.strictObject({ sku, multiplier: z.int().min(1).max(10_000).optional() })

/** How many waiting order lines the mapping repaired at once; those beyond 1,000 a worker repairs after it. */
export const mappingAnswer = z.object({ listingId: z.uuid(), sku: z.string().nullable(), repaired: z.int() })

/** PUT /v1/variants/{id}/last-units: strict, and they are never shown in two places, whatever its connections risk. */
export const lastUnits = z.strictObject({ strict: z.boolean() })
export const lastUnitsAnswer = z.object({ variantId: z.uuid(), strict: z.boolean() })
