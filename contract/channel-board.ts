import { z } from 'zod'
import { boardConnection, spread } from './board.ts'
import { connectionAnswer } from './channels.ts'
import { faultWhy } from './faults.ts'
import { instant, quantity } from './numbers.ts'

/** The board's channels, looked at one by one: what each connection does, what holds it back, and what a person decides. */

const channelBudget = z.object({
  bucket: z.string(),
  /** Calls that may be made now, the most there can be, and how many come back a second. */
  left: z.number(),
  burst: z.number(),
  perSecond: z.number(),
  /** The marketplace asked for silence until then. */
  blockedUntil: instant.nullable(),
})

const lastReconciliation = z.object({
  startedAt: instant,
  result: z.enum(['equal', 'differed', 'failed']).nullable(),
  ordersTold: quantity,
  linesLate: quantity,
  linesDiffering: quantity,
  fault: z.string().nullable(),
})

export const channelStanding = z.object({
  ...boardConnection.omit({ lag: true, intakeLag: true, budget: true, queue: true }).shape,
  ...connectionAnswer.pick({ policySettings: true, drift: true, apiSupported: true }).shape,
  /** Faults in a row: while there are any, nothing is written until a collection has succeeded. */
  failures: z.int().min(0),
  /** The next collection, which is also the next attempt of a connection that cannot be reached. */
  nextCollectionAt: instant,
  /** Every order the marketplace stamped up to here is recorded; null before the first collection. */
  collectedUpTo: instant.nullable(),
  /** How late its orders may come and still be counted on (m), ms: learned from how late they came. */
  marginMs: quantity,
  /** Part of the time it gave no answer, 0 to 1, as learned; null: nothing learned yet. */
  outShare: z.number().nullable(),
  /** Why new tokens are not asked for just now. */
  signIn: z.object({ fault: z.string(), why: faultWhy.nullable(), said: z.string(), until: instant }).nullable(),
  /** Ours and theirs, ms, of the last hour; of at most the newest 20,000 that were measured on all channels. */
  lag: spread.nullable(),
  intakeLag: spread.nullable(),
  budgets: z.array(channelBudget),
  /** Write units that wait, by how soon they are due; `parked` wait for a person, `unknown` for an answer. */
  waiting: z.object({
    zero: z.int(),
    drop: z.int(),
    fromZero: z.int(),
    other: z.int(),
    spare: z.int(),
    parked: z.int(),
    unknown: z.int(),
  }),
  /** What waits for a person, by why (a fault's code), with the SKUs of up to three of them. */
  parkedUnits: z.array(z.object({ fault: z.string(), units: z.int(), skus: z.array(z.string()) })),
  /** Drift met in the last 24 hours, and listings left as somebody edited them. */
  drifted: z.int(),
  leftEdited: z.int(),
  /** The newest that has ended. */
  reconciliation: lastReconciliation.nullable(),
  /** Sales can be stopped with the number still read, which protocol B needs: the calls one change of a number takes. */
  saleStop: z.object({ callsPerExchange: z.int() }).nullable(),
  /** Claims at this marketplace that it answers by itself within 24 hours. */
  lapsing: z.int(),
})

/** GET /v1/board/channels */
export const channelBoard = z.object({
  at: instant,
  channels: z.array(channelStanding),
  /** Variants whose last units are never shown in two places; by SKU, at most 200. */
  strict: z.array(z.object({ variantId: z.uuid(), sku: z.string(), name: z.string() })),
})

/** GET /v1/connections/{id}/preview: what would be sent first if the connection were switched to push now. */
export const pushPreview = z.object({
  connectionId: z.uuid(),
  /** Who starts pushing repeats it, to say that this and the drift report were looked at. */
  seen: z.string(),
  seenUntil: instant,
  /** Listings of ours that were looked at: at most 1,000. */
  looked: z.int(),
  /** Of these: never read yet, and those that would be sent another number. */
  unread: z.int(),
  differing: z.int(),
  /** To zero first, then the largest falls, then rises; at most 200. */
  listings: z.array(
    z.object({
      listingId: z.uuid(),
      item: z.string(),
      sku: z.string(),
      name: z.string(),
      /** The marketplace's number as we last saw it, less orders since. */
      shown: quantity.nullable(),
      shownAt: instant.nullable(),
      wouldSend: quantity,
    }),
  ),
})

export const alarmKind = z.enum(['late_order', 'hand_edit', 'rights_above_stock', 'unpaid_hold', 'clock_skew'])

const ms = z.number()
/** What was found, in numbers. */
const alarmFacts = z.discriminatedUnion('kind', [
  /** Units sold, told so long after the trusted lateness was over. */
  z.object({ kind: z.literal('late_order'), units: z.int(), lateMs: ms, trustedMs: ms }),
  /** So many more than believed, or fewer (below 0), that no order explains. */
  z.object({ kind: z.literal('hand_edit'), units: z.int() }),
  z.object({ kind: z.literal('unpaid_hold'), units: z.int() }),
  z.object({ kind: z.literal('rights_above_stock'), units: z.int() }),
  z.object({ kind: z.literal('clock_skew'), aheadMs: ms, allowedMs: ms }),
])

/** GET /v1/alarms: something the rights rest on was not so. Newest first. */
export const alarmListQuery = z.strictObject({
  /** Only those nobody has seen yet. */
  open: z.enum(['true', 'false']).optional(),
  /** `next` of the page before. */
  cursor: z.uuid().optional(),
  limit: z
    .string()
    .regex(/^(?:[1-9]\d?|1\d\d|200)$/, 'a whole number from 1 to 200')
    .optional(),
})
export const alarmList = z.object({
  alarms: z.array(
    z.object({
      id: z.uuid(),
      kind: alarmKind,
      connectionId: z.uuid().nullable(),
      sku: z.string().nullable(),
      name: z.string().nullable(),
      /** The marketplace's item. */
      item: z.string().nullable(),
      /** Units that could be sold twice when it was raised. */
      units: quantity,
      /** Null: raised before facts were kept, and `detail` has them as a sentence of then. */
      facts: alarmFacts.nullable(),
      detail: z.string().nullable(),
      at: instant,
      seen: z.object({ by: z.string(), at: instant }).nullable(),
    }),
  ),
  next: z.uuid().nullable(),
})

/** PUT /v1/alarms/acknowledgements: a person has seen them, or takes that back. */
export const alarmsSeen = z.strictObject({ ids: z.array(z.uuid()).min(1).max(200), seen: z.boolean() })
/** How many of them there are. */
export const alarmsSeenAnswer = z.object({ alarms: z.int() })

export type ChannelBoard = z.infer<typeof channelBoard>
export type ChannelStanding = z.infer<typeof channelStanding>
export type PushPreview = z.infer<typeof pushPreview>
export type Alarm = z.infer<typeof alarmList>['alarms'][number]
export type AlarmList = z.infer<typeof alarmList>
