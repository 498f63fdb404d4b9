import { z } from 'zod'
import { line } from './catalog.ts'
import { faultWhy } from './faults.ts'
import { instant } from './numbers.ts'

const kind = z.enum(['cancel', 'return', 'exchange'])
const state = z.enum(['requested', 'approved', 'collected', 'done', 'refused', 'withdrawn'])
const faultBy = z.enum(['buyer', 'seller', 'marketplace', 'unknown'])
/** Why a seller cancels, as marketplaces ask it. */
const cause = z.enum(['sold_out', 'wrong_price', 'buyer_asked'])
const lineNo = z.int().min(1).max(2_147_483_647)
const units = z.int().min(0).max(1_000_000)
const reason = line(500)

/** POST /v1/claims: the seller takes units of an order back. At a marketplace only a cancel, one line at a time. */
export const newClaim = z.strictObject({
  orderId: z.uuid(),
  kind,
  lines: z
    .array(z.strictObject({ lineNo, quantity: units.min(1) }))
    .min(1)
    .max(200),
  reason: reason.optional(),
  faultBy: faultBy.optional(),
  cause: cause.optional(),
})

/** POST /v1/claims/{id}/answers: what the seller says. Told to the marketplace where there is one. */
export const claimAnswerGiven = z.strictObject({
  answer: z.enum(['approve', 'refuse', 'receive', 'resend']),
  /** Shown to the buyer where the marketplace shows one. */
  reason: reason.optional(),
  /** What goes out: a refused cancel's goods where refusing means shipping, an exchange's other goods. */
  parcel: z
    .strictObject({
      carrier: line(30).min(1),
      /** Text: leading zeros count. */
      invoice: line(40).min(1),
      shippedAt: z.iso.datetime({ offset: true }).max(40).optional(),
    })
    .optional(),
})

/** POST /v1/claims/{id}/withdrawal: of a cancel you asked a marketplace for and that it refused. Ask anew, or send it. */
export const claimWithdrawal = z.strictObject({})

/** POST /v1/claims/{id}/inspections: what came back, in sold units found now. */
export const newInspection = z.strictObject({
  /** Where sellable units go; where the order is served from, when it is not given. */
  warehouse: line(50).min(1).optional(),
  /** One nothing is sold from. Without any, damaged units are recorded and lie nowhere. */
  damagedWarehouse: line(50).min(1).optional(),
  lines: z
    .array(
      z.strictObject({
        lineNo,
        sellable: units.optional(),
        damaged: units.optional(),
        lost: units.optional(),
        note: reason.optional(),
      }),
    )
    .min(1)
    .max(200),
})

const claimHead = z.object({
  id: z.uuid(),
  kind,
  state,
  channel: z.string(),
  connectionId: z.uuid().nullable(),
  /** The marketplace's own key; null while only the seller knows of it. */
  claimKey: z.string().nullable(),
  /** Null until the order has been collected. */
  orderId: z.uuid().nullable(),
  externalOrderId: z.string(),
  /** `marketplace`, or who of yours. */
  openedBy: z.string(),
  faultBy,
  reason: z.string(),
  requestedAt: instant,
  changedAt: instant,
  /** When the marketplace answers by itself, and how, if nobody else does. */
  lapsesAt: instant.nullable(),
  lapsesTo: z.enum(['approve', 'refuse']).nullable(),
  /** The buyer's parcel on its way back. */
  returnParcel: z.object({ carrier: z.string().nullable(), invoice: z.string() }).nullable(),
})

const claimLine = z.object({
  /** Null until the order has been collected. */
  lineNo: z.int().nullable(),
  quantity: z.int(),
  /** What inspections found so far, in sold units. */
  sellable: z.int(),
  damaged: z.int(),
  lost: z.int(),
  /** The order line of an exchange's other goods. */
  replacementLineNo: z.int().nullable(),
})

const givenAnswer = z.object({
  answer: z.enum(['approve', 'refuse', 'receive', 'resend', 'cancel']),
  reason: z.string(),
  cause: cause.nullable(),
  carrier: z.string().nullable(),
  invoice: z.string().nullable(),
  answeredBy: z.string(),
  answeredAt: instant,
  /**
   * Whether the marketplace knows. waiting: it will be told. unknown: it may; looked at again before repeating.
   * overtaken: the claim ended otherwise first. unneeded: an own order, nobody to tell.
   */
  told: z.enum(['waiting', 'unknown', 'told', 'refused', 'overtaken', 'unneeded']),
  toldAt: instant.nullable(),
  /** The marketplace's code, or of our own findings ours. */
  code: z.string().nullable(),
  /** What the marketplace, or the network, wrote: quoted, never translated. Null: it wrote nothing. */
  message: z.string().nullable(),
  /** Why it is refused, or still waits, where we found that out ourselves. */
  why: faultWhy.nullable(),
})

/** GET /v1/claims/{id}, and what opening, answering and inspecting answer. */
export const claimAnswer = z.object({
  ...claimHead.shape,
  lines: z.array(claimLine),
  answers: z.array(givenAnswer),
})

/** GET /v1/claims: those with a deadline first, the next to lapse on top; then the others, newest first. */
export const claimListQuery = z.strictObject({
  state: state.optional(),
  kind: kind.optional(),
  /** Only those that lapse within so many hours, or should have. */
  due: z
    .string()
    .regex(/^(?:0|[1-9]\d{0,2})$/, 'a whole number of hours from 0 to 999')
    .optional(),
  /** waiting: returns and exchanges of the last 90 days that are agreed to and not all looked at, newest first. */
  inspection: z.literal('waiting').optional(),
  /** `next` of the page before. */
  cursor: z
    .string()
    .regex(/^(?:[0-9a-f-]{36}|\d{1,15}_[0-9a-f-]{36})$/, 'the `next` of a page')
    .optional(),
  limit: z
    .string()
    .regex(/^(?:[1-9]\d?|1\d\d|200)$/, 'a whole number from 1 to 200')
    .optional(),
})
export const claimList = z.object({ claims: z.array(claimHead), next: z.string().nullable() })

export type ClaimHead = z.infer<typeof claimHead>
export type ClaimAnswer = z.infer<typeof claimAnswer>
