/**
 * How late a connection's orders come, learned from its own orders: the margin m of the allocation rules. Also how
 * often it cannot be reached. A small JSON state; pure.
 */
export type Learned = {
  /** The margin the connection began with, ms: it never falls below. */
  floorMs: number
  /** Orders, the older the less, by the least power of two of ms their lateness does not exceed; the first is "in time". */
  orders: readonly number[]
  /** Part of the time without an answer, 0 to 1, the older the less, up to `at` (epoch ms). */
  outShare: number
  at: number
}

/** An order is forgotten with so many that come after it. */
const MEMORY_ORDERS = 5_000
const MEMORY_MS = 30 * 24 * 3_600_000
/** The margin answers all but one order of a thousand. */
const ALL_BUT = 0.001
/** The last class is 2^20 ms, 17 minutes: what is later is an order of another day. */
const CLASSES = 21
/** A channel nobody has measured yet: three quarters of an hour in a month. */
const OUT_SHARE = 0.001

export const nothingLearned = (floorMs: number, at: number): Learned => ({
  floorMs,
  orders: [],
  outShare: OUT_SHARE,
  at,
})

/**
 * Orders told by a collection, each by how long the collection before it had begun after the order was placed: so late
 * was the feed at least. 0 or less: in time.
 */
export function learnedOrders(learned: Learned, latenessMs: readonly number[]): Learned {
  const orders = Array.from({ length: CLASSES }, (_, index) => learned.orders[index] ?? 0)
  const kept = Math.exp(-latenessMs.length / MEMORY_ORDERS)
  for (const index of orders.keys()) orders[index]! *= kept
  for (const ms of latenessMs) orders[classOf(ms)]! += 1
  return { ...learned, orders }
}

/** It answers at `now`, and did not for `outMs` since it was last learned from. */
export function learnedTime(learned: Learned, now: number, outMs: number): Learned {
  const elapsed = now - learned.at
  if (elapsed <= 0) return learned
  const kept = Math.exp(-elapsed / MEMORY_MS)
  const out = Math.min(1, outMs / elapsed)
  return { ...learned, outShare: learned.outShare * kept + out * (1 - kept), at: now }
}

/**
 * The margin from now on, ms: all but one order of a thousand come in time. It rises at once and falls slowly, by no
 * more than its part of the memory.
 */
export function marginOf(learned: Learned, currentMs: number, ordersSince: number): number {
  const sum = learned.orders.reduce((total, units) => total + units, 0)
  let above = sum
  const index = learned.orders.findIndex((units) => {
    above -= units
    return above <= ALL_BUT * sum
  })
  const measuredMs = index <= 0 ? 0 : 2 ** index
  const fallen = currentMs * Math.exp(-ordersSince / MEMORY_ORDERS)
  return Math.round(Math.max(learned.floorMs, measuredMs, fallen))
}

const classOf = (ms: number): number => (ms <= 1 ? 0 : Math.min(CLASSES - 1, Math.ceil(Math.log2(ms))))
