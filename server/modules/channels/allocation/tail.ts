/**
 * The chance that units shown everywhere are sold twice before the sales elsewhere are seen. Orders are taken to come
 * by themselves at a steady rate (Poisson), each of one to three units. Pure; quantities in component units.
 */

/** One who shows the shared units, and how long a sale there may stay unseen by us. */
export type Unseen = {
  /** Listing units a second, and for how long it was watched, ms. */
  rate: number
  watchedMs: number
  /** The full poll and the push, or the time since everything was collected where that is longer, ms. */
  unseenMs: number
  /** Part of the time in which the channel cannot be reached, 0 to 1. */
  outShare: number
  /** Component units one listing unit takes. */
  quantity: number
}

/** Orders of one, two and three units: a mean of 1.3 and a variance 1.6 times that, as everywhere in allocation. */
const SIZES = [0.8, 0.1, 0.1]
const MEAN_SIZE = 1.3
/** A rate watched for less than this is not known: a rush that has just begun, a listing of today. */
const KNOWN_MS = 30 * 60_000
/** Unseen orders in the full lag, which is twice the mean one. Above ΛT = 1 in mean lags the stated chance is missed. */
const MOST_UNSEEN_ORDERS = 2
/** The outage the formula allows for. */
const OUTAGE_MS = 3_600_000

/** The rates rest on enough, and few enough sales are unseen at a time for the formula to hold. */
export function isForeseeable(sources: readonly Unseen[]): boolean {
  const orders = sources.reduce((sum, source) => sum + ordersIn(source, source.unseenMs), 0)
  return orders <= MOST_UNSEEN_ORDERS && sources.every((source) => source.watchedMs >= KNOWN_MS)
}

/** The chance that unseen sales reach `units` at once; the outage of some channel for an hour is in it. */
export function tailRisk(units: number, sources: readonly Unseen[]): number {
  const outShare = Math.min(
    1,
    sources.reduce((sum, source) => sum + source.outShare, 0),
  )
  const outage =
    outShare === 0
      ? 0
      : outShare *
        chanceOf(
          units,
          jumpsOf(sources, () => OUTAGE_MS),
        )
  return Math.min(
    1,
    chanceOf(
      units,
      jumpsOf(sources, (source) => source.unseenMs),
    ) + outage,
  )
}

/** The least number that unseen sales exceed with no more than this chance: Q of the allocation rules. */
export function unseenAtMost(risk: number, sources: readonly Unseen[]): number {
  const jumps = jumpsOf(sources, (source) => source.unseenMs)
  let units = 0
  while (units < MOST_COUNTED && chanceOf(units + 1, jumps) > risk) units += 1
  return units
}

/** Beyond this many unseen units nobody pools anything. */
const MOST_COUNTED = 1_000

/** Mean number of orders of k component units in the time, by k; one sale more than was seen is counted. */
function jumpsOf(sources: readonly Unseen[], ms: (source: Unseen) => number): number[] {
  const jumps: number[] = []
  for (const source of sources) {
    const orders = ordersIn(source, ms(source)) + ms(source) / source.watchedMs / sources.length
    for (const [index, part] of SIZES.entries()) {
      const size = (index + 1) * source.quantity
      jumps[size] = (jumps[size] ?? 0) + orders * part
    }
  }
  return jumps
}

const ordersIn = (source: Unseen, ms: number): number => (source.rate / MEAN_SIZE) * (ms / 1_000)

/** P(sum >= units) of a compound Poisson sum, by Panjer's recursion. */
function chanceOf(units: number, jumps: readonly number[]): number {
  if (units <= 0) return 1
  const mean = jumps.reduce((sum, orders) => sum + (orders ?? 0), 0)
  // e^-700 is the least a double holds; so many orders leave nothing unsold anyhow.
  if (mean > 700) return 1
  const chances = [Math.exp(-mean)]
  let below = chances[0]!
  for (let n = 1; n < units; n += 1) {
    let chance = 0
    for (let size = 1; size < jumps.length && size <= n; size += 1) {
      chance += ((size * (jumps[size] ?? 0)) / n) * chances[n - size]!
    }
    chances.push(chance)
    below += chance
  }
  return Math.max(0, 1 - below)
}
