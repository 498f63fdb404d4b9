/** How fast a listing sells while it shows anything, as a small JSON state. */
export type Demand = {
  /** Where the estimator's clock stands, epoch ms. */
  at: number
  /** False while the listing shows 0: buyers who find nothing leave no trace, so the clock stops. */
  running: boolean
  /** Decayed units sold and decayed ms observed, one pair a window: 24 h, 1 h, 2 min. */
  windows: readonly { units: number; ms: number }[]
}

/** Nothing known yet; the listing shows something from `at`. */
export function noDemand(at: number): Demand {
  return { at, running: true, windows: WINDOWS_MS.map(() => ({ units: 0, ms: 0 })) }
}

/** The windows' time constants, longest first. */
const WINDOWS_MS = [24 * 3_600_000, 3_600_000, 120_000]

/** `quantity` listing units were sold at `at`; may come late and out of order. */
export function observedSale(demand: Demand, quantity: number, at: number): Demand {
  const now = advanced(demand, at)
  const windows = now.windows.map((window, index) => {
    const weight = Math.exp(Math.min(0, at - now.at) / WINDOWS_MS[index]!)
    return { ...window, units: window.units + quantity * weight }
  })
  return { ...now, windows }
}

/** The listing shows 0 from `at`. */
export function shownZero(demand: Demand, at: number): Demand {
  return { ...advanced(demand, at), running: false }
}

/** The listing shows something again from `at`. */
export function shownAgain(demand: Demand, at: number): Demand {
  return { ...advanced(demand, at), running: true }
}

/** Listing units a second: by the longest window that no shorter one contradicts. 0 when nothing was sold. */
export function ratePerSecond(demand: Demand, at: number): number {
  return estimate(demand, at).rate
}

/** The same rate with the time it rests on, ms: a sale in a minute and sixty in an hour are not equally sure. */
export function estimate(demand: Demand, at: number): { rate: number; watchedMs: number } {
  const windows = advanced(demand, at).windows.map(({ units, ms }) => ({ units, ms: Math.max(ms, SHORTEST_LOOK_MS) }))
  const fitting = windows.find(({ units, ms }, index) =>
    windows.slice(index + 1).every((shorter) => !contradicts(shorter, (units * shorter.ms) / ms)),
  )
  const { units, ms } = fitting ?? { units: 0, ms: SHORTEST_LOOK_MS }
  return { rate: (units * 1_000) / ms, watchedMs: ms }
}

/** A listing watched for less than a minute counts as watched for one: a first sale is not a rush. */
const SHORTEST_LOOK_MS = 60_000

/** Three standard deviations for buyers of one to three units (variance 1.6 times the mean), and 2 for small numbers. */
function contradicts(window: { units: number }, expected: number): boolean {
  return Math.abs(window.units - expected) > 3 * Math.sqrt(1.6 * expected) + 2
}

/** A demand whose clock reads `at`; an earlier `at` changes nothing. */
function advanced(demand: Demand, at: number): Demand {
  if (at <= demand.at) return demand
  if (!demand.running) return { ...demand, at }
  const elapsed = at - demand.at
  const windows = demand.windows.map((window, index) => {
    const length = WINDOWS_MS[index]!
    const kept = Math.exp(-elapsed / length)
    return { units: window.units * kept, ms: window.ms * kept + length * (1 - kept) }
  })
  return { ...demand, at, windows }
}
