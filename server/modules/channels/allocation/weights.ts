/** Longest time a rate counts as watched: a day, the longest window of the estimate. */
const SURE_MS = 24 * 3_600_000
/** Less than a unit in thirty years is no demand: what is left of sales forgotten long ago. */
const NO_DEMAND = 1e-9

/**
 * How much each listing deserves the next unit: its rate, drawn towards the average of all by the weight of one sale.
 * One sale beside none then weighs two to one, not all to nothing: a slow variant's stock does not run after its
 * last buyer, and a listing nobody bought from yet is still seen. Equal while nothing is known.
 */
export function weightsOf(listings: readonly { rate: number; watchedMs?: number }[]): number[] {
  const seen = listings.map(({ rate, watchedMs = SURE_MS }) => {
    const seconds = Math.min(watchedMs, SURE_MS) / 1_000
    return { seconds, units: rate * seconds }
  })
  const units = seen.reduce((sum, one) => sum + one.units, 0)
  const seconds = seen.reduce((sum, one) => sum + one.seconds, 0)
  if (seconds === 0 || units / seconds < NO_DEMAND) return listings.map(() => 1)

  const secondsOfOneSale = seconds / units
  return seen.map((one) => (one.units + 1) / (one.seconds + secondsOfOneSale))
}
