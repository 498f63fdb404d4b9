import { z } from 'zod'
import { fault, faultWhy } from './faults.ts'
import { instant, quantity, signedQuantity } from './numbers.ts'

/** The live board: one snapshot, then changes as server-sent events that carry the same shapes. */

export const spread = z.object({ p50: z.number(), p99: z.number(), samples: z.int() })

export const boardListing = z.object({
  connectionId: z.uuid(),
  /** What the policy says should be shown now; null while nothing is known. */
  desired: quantity.nullable(),
  /** In a request. */
  sent: quantity.nullable(),
  /** The marketplace said yes. */
  accepted: quantity.nullable(),
  /** Read back, or seen in an order. Unknown is null, never 0. */
  observed: quantity.nullable(),
  /** Most the channel may still sell: what a sale there could take without asking us. Null under policies without rights. */
  rights: quantity.nullable(),
  observedAt: instant.nullable(),
  /** true: shown as wanted; waiting: a write is due; sending; unknown: no answer, asking; parked: a person must look; observing: nothing is pushed. */
  state: z.enum(['true', 'waiting', 'sending', 'unknown', 'parked', 'observing']),
  fault: z.string().nullable(),
})

export const boardVariant = z.object({
  id: z.uuid(),
  sku: z.string(),
  name: z.string(),
  /** For a set (세트): its components; its own stock numbers are then computed from theirs. */
  components: z.array(z.object({ sku: z.string(), quantity: z.int().min(1) })),
  onHand: quantity,
  reserved: quantity,
  available: signedQuantity,
  /** Units that paid orders still miss. */
  short: quantity,
  /** Σ rights − available where positive, in this variant's units. */
  exposure: quantity,
  listings: z.array(boardListing),
  changedAt: instant,
})

export const boardConnection = z.object({
  id: z.uuid(),
  channel: z.string(),
  name: z.string(),
  mode: z.enum(['observe', 'push']),
  policy: z.enum(['rights', 'fixed', 'pool', 'buffered']),
  state: z.enum(['live', 'paused', 'parked', 'unreachable']),
  lastSuccessAt: instant.nullable(),
  fault: fault.nullable(),
  /** Ours: desired changed → shown, ms, of the last minute. */
  lag: spread.nullable(),
  /** Theirs: sale → told, ms, of the last minute. */
  intakeLag: spread.nullable(),
  /** Calls left and per second in the tightest bucket. */
  budget: z.object({ bucket: z.string(), left: z.number(), perSecond: z.number() }).nullable(),
  /** Write units that wait. */
  queue: z.int().min(0),
})

export const boardOrder = z.object({
  id: z.uuid(),
  number: z.string(),
  channel: z.string(),
  connectionId: z.uuid().nullable(),
  orderedAt: instant,
  takenAt: instant,
  lines: z.array(z.object({ sku: z.string().nullable(), name: z.string(), quantity: z.int() })),
  total: z.int(),
  state: z.enum(['pending', 'paid', 'acknowledged', 'shipped', 'delivered', 'completed', 'cancelled']),
  /** Units of this order that are not in stock. */
  short: quantity,
  /** A line names a listing nobody has mapped. */
  unmapped: z.boolean(),
})

export const boardError = z.object({
  at: instant,
  connectionId: z.uuid(),
  code: z.string(),
  why: faultWhy.nullable(),
  said: z.string(),
  subject: z.string(),
})

export const boardTotals = z.object({
  ordersTaken: z.int(),
  unitsSold: z.int(),
  /** Units sold that nobody could keep: paid orders short of stock (못 지킨 약속). */
  shortUnits: z.int(),
  /** Units one item of which was promised to two buyers (두 번 팔림): shortages not caused by a count or a write-off. */
  soldTwice: z.int(),
  racedUnits: z.int(),
  pushes: z.int(),
  drift: z.int(),
  unmapped: z.int(),
  /** Alarms of the last 30 days that nobody has seen; 1,000 stands for more. */
  alarms: z.int(),
  exposure: z.object({ structural: z.int(), stale: z.int() }),
  lag: spread.nullable(),
  intakeLag: spread.nullable(),
})

export const board = z.object({
  at: instant,
  company: z.object({ id: z.uuid(), name: z.string() }),
  demo: z.boolean(),
  totals: boardTotals,
  connections: z.array(boardConnection),
  /** At most 500, by SKU. */
  variants: z.array(boardVariant),
  /** The newest 50, newest first. */
  orders: z.array(boardOrder),
  /** The newest 50, newest first. */
  errors: z.array(boardError),
})

/** GET /v1/board/events: `event:` is the key, `data:` one of these; `id:` rises by one. A `reset` says: read the board again. */
export const boardEvents = {
  totals: boardTotals,
  connection: boardConnection,
  variants: z.array(boardVariant),
  orders: z.array(boardOrder),
  error: boardError,
  reset: z.object({}),
} as const

/** POST /v1/demo/buy-at-once (동시에 사기): the last unit of a variant, on both channels in the same instant. */
export const buyAtOnce = z.strictObject({ sku: z.string().max(100).optional() })
export const buyAtOnceAnswer = z.object({
  sku: z.string(),
  attempts: z.array(
    z.object({
      channel: z.string(),
      connectionId: z.uuid().nullable(),
      outcome: z.enum(['sold', 'sold_out', 'no_answer']),
    }),
  ),
  soldUnits: z.int(),
  availableBefore: z.int(),
})

/** POST /v1/demo/break (망가뜨려 보기). */
export const breakIt = z.strictObject({ what: z.enum(['cut_coupang', 'timeout_after_commit', 'kill_worker']) })
export const breakItAnswer = z.object({ what: z.string(), until: instant.nullable() })

/** GET /v1/explain/{sku}?at= : why each number is what it is, now or then. Also the output of `jaego explain`. */
export const explanation = z.object({
  sku: z.string(),
  name: z.string(),
  at: instant,
  /** Asked about a moment before this, so that of its listings no number and no journal is kept any more; or null. */
  keptFrom: instant.nullable(),
  available: z.object({ value: z.int(), formula: z.string() }),
  warehouses: z.array(
    z.object({
      code: z.string(),
      name: z.string(),
      sellable: z.boolean(),
      onHand: quantity,
      reserved: quantity,
      version: z.int(),
      /** The newest 20 movements up to `at`, newest first. */
      movements: z.array(
        z.object({
          version: z.int(),
          kind: z.enum(['in', 'out', 'adjust', 'reserve', 'release']),
          onHandDelta: z.int(),
          reservedDelta: z.int(),
          onHandAfter: z.int(),
          reservedAfter: z.int(),
          reason: z.string(),
          cause: z.string(),
          note: z.string().nullable(),
          actor: z.string(),
          at: instant,
        }),
      ),
    }),
  ),
  /** Open reservations, oldest first, at most 50. */
  reservations: z.array(
    z.object({
      source: z.string(),
      ref: z.string(),
      state: z.enum(['held', 'firm']),
      quantity,
      expiresAt: instant.nullable(),
    }),
  ),
  shortages: z.array(z.object({ ref: z.string(), open: quantity, since: instant })),
  listings: z.array(
    z.object({
      connection: z.string(),
      channel: z.string(),
      policy: z.string(),
      multiplier: z.int(),
      buffer: z.int(),
      desired: quantity.nullable(),
      sent: quantity.nullable(),
      accepted: quantity.nullable(),
      observed: quantity.nullable(),
      rights: quantity.nullable(),
      /** One sentence each, Korean and English. */
      why: z.object({ ko: z.string(), en: z.string() }),
      /** The newest 20 of what happened to this number up to `at`, newest first. */
      journal: z.array(
        z.object({
          at: instant,
          kind: z.enum(['desired', 'sent', 'accepted', 'observed', 'failed', 'sold', 'restocked', 'drift']),
          value: z.int().nullable(),
          failure: fault.omit({ at: true }).nullable(),
          /** Of a read: what it should have shown. */
          expected: z.int().nullable(),
          /** Of drift: how many more than believed, or fewer (below 0). */
          units: z.int().nullable(),
          /** What none of these fields tells. */
          detail: z.string().nullable(),
        }),
      ),
    }),
  ),
})

export type Board = z.infer<typeof board>
export type BoardVariant = z.infer<typeof boardVariant>
export type BoardListing = z.infer<typeof boardListing>
export type BoardConnection = z.infer<typeof boardConnection>
export type BoardOrder = z.infer<typeof boardOrder>
export type BoardError = z.infer<typeof boardError>
export type BoardTotals = z.infer<typeof boardTotals>
export type Explanation = z.infer<typeof explanation>
