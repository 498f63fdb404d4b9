/** One who wants units: every unit given takes `needs` from the budgets (by index). Weights >= 0; 0 gets only `atLeast`. */
export type Claim = {
  weight: number
  /** Most it may get. */
  cap: number
  /** 1: gets a first unit before anybody gets a second. */
  atLeast: 0 | 1
  needs: readonly { budget: number; quantity: number }[]
}

/**
 * Gives out units one by one, the next to the largest weight / (units held + 1) among those whose needs still fit
 * (D'Hondt); ties go to the earlier. With one budget and needs of 1, a larger budget never takes a unit from anybody.
 */
export function apportion(claims: readonly Claim[], budgets: readonly number[]): number[] {
  const held = claims.map(() => 0)
  const left = budgets.map((budget) => Math.max(0, budget))
  const give = (index: number, units: number) => {
    held[index]! += units
    for (const need of claims[index]!.needs) left[need.budget]! -= need.quantity * units
  }
  const fits = (claim: Claim) => claim.needs.every((need) => need.quantity <= left[need.budget]!)

  for (const [index, claim] of claims.entries())
    if (claim.atLeast === 1 && claim.cap >= 1 && fits(claim)) give(index, 1)

  // Each round ends with one claim that can have no more, so there are at most as many rounds as claims.
  let open = [...claims.keys()].filter((index) => claims[index]!.weight > 0)
  while (open.length > 0) {
    if (Math.max(...left) > FEW) for (const [index, units] of headStart(claims, open, held, left)) give(index, units)
    const closed = oneByOne(claims, open, held, fits, give)
    open = open.filter((index) => index !== closed)
  }
  return held
}

/** Gives single units in order until the one whose turn it is can have no more; returns that one. */
function oneByOne(
  claims: readonly Claim[],
  open: readonly number[],
  held: readonly number[],
  fits: (claim: Claim) => boolean,
  give: (index: number, units: number) => void,
): number {
  for (;;) {
    let next = open[0]!
    for (const index of open) {
      if (claims[index]!.weight / (held[index]! + 1) > claims[next]!.weight / (held[next]! + 1)) next = index
    }
    const claim = claims[next]!
    if (held[next]! >= claim.cap || !fits(claim)) return next
    give(next, 1)
  }
}

/** Handing out so many units one by one is quicker than looking for the price. */
const FEW = 256

/**
 * Units everybody in `open` surely gets, so that a hundred thousand units need no hundred thousand steps. All quotients
 * above some price are served before any below it; the lowest price that fits the budgets is found by halving, and
 * one unit is left off each, so that rounding cannot decide a tie.
 */
function headStart(
  claims: readonly Claim[],
  open: readonly number[],
  held: readonly number[],
  left: readonly number[],
): [number, number][] {
  const unitsAt = (price: number): [number, number][] =>
    open.map((index) => {
      const claim = claims[index]!
      return [index, Math.max(0, Math.min(claim.cap, Math.floor(claim.weight / price)) - held[index]!)]
    })
  const fitsAt = (price: number) => {
    const rest = [...left]
    for (const [index, units] of unitsAt(price)) {
      for (const need of claims[index]!.needs) rest[need.budget]! -= need.quantity * units
    }
    return rest.every((units) => units >= 0)
  }

  let high = Math.max(...open.map((index) => claims[index]!.weight / (held[index]! + 1))) * 2
  let low = Math.min(...open.map((index) => claims[index]!.weight)) / (Math.max(...left, 1) + 1) / 2
  for (let halving = 0; halving < 50; halving += 1) {
    const price = Math.sqrt(low * high)
    if (fitsAt(price)) high = price
    else low = price
  }
  return unitsAt(high).map(([index, units]) => [index, Math.max(0, units - 1)])
}
