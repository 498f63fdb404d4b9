import type { Connection } from './connection.ts'

/** How soon a write is due when calls are short: worst exposure first. Kept as these numbers in channels.unit. */
export const URGENCY = {
  /** Goes to zero. */
  zero: 0,
  /** Must fall, and buyers could buy what is not there before it does. */
  drop: 1,
  /** Up from zero: buyers who come now find nothing. */
  fromZero: 2,
  other: 3,
  /** Safe as it is shown, both ways: only with calls that nobody else needs. */
  spare: 4,
} as const

export type Urgency = (typeof URGENCY)[keyof typeof URGENCY]

/**
 * Of the read that asks what became of a write of this urgency. A zero without an answer is not seen: behind the drops of
 * a storm it would wait ten minutes, with buyers buying.
 */
export const askedAs = (written: Urgency): Urgency => (written === URGENCY.zero ? URGENCY.zero : URGENCY.drop)

/** A raise proves itself through the next collection; this long after it a read makes sure, with budget nobody needs. */
const LAZY_READ_MS = 4_000

export const lazyReadMs = ({ settings }: Pick<Connection, 'settings'>): number =>
  Number(settings.lazyReadMs ?? LAZY_READ_MS)

/** So long a number may stay as it is shown before it is looked at again, ms; a connection's `lagMs` says otherwise. */
export const LAG_MS = 30_000

/** A listing's number as it is shown and wanted. Units are the listing's; `available` is what exists for it. */
export type Showing = {
  shown: number | null
  desired: number
  available: number
  /** Units a second. */
  rate: number
  lagMs: number
}

/**
 * A number is safe when not even twice the usual sales of one lag could oversell it; raising it can wait when they
 * could not sell it out either. It is computed anew at every sale, so what was safe does not stay so by itself.
 */
export function urgencyOf({ shown, desired, available, rate, lagMs }: Showing): Urgency {
  if (desired === 0) return URGENCY.zero
  if (shown === null) return URGENCY.drop
  const soonSold = (2 * rate * lagMs) / 1_000
  const isSafe = shown <= available - soonSold
  if (desired < shown) {
    if (isSafe) return URGENCY.spare
    return desired < soonSold || desired <= shown / 2 ? URGENCY.drop : URGENCY.other
  }
  if (shown === 0) return URGENCY.fromZero
  return isSafe && shown > soonSold ? URGENCY.spare : URGENCY.other
}
