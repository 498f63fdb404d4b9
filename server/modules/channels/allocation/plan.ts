/**
 * Which listings of a variant to raise, lower or fence now, so that the rights of all stay within what is available
 * and sit where buyers are. Proposes only: it notes nothing and may be asked twice.
 */
import type { JointListing, OwnMall, PlannedListing } from './planned-listing.ts'
import { poolTails } from './pooled-tail.ts'
import {
  affordable,
  fitting,
  hasRested,
  isAtHand,
  isHungry,
  isScarce,
  type Part,
  paidAlready,
  partsOf,
  type Row,
  rowsOf,
  spend,
} from './table.ts'

export type { JointListing, OwnMall, PlannedListing } from './planned-listing.ts'

/** `fence` is a set to 0 against units exposed; `lower` makes room for a starving listing. Values in listing units. */
export type Action = { kind: 'raise' | 'lower' | 'fence'; listing: string; value: number }

export type PlanOptions = { ownMall?: OwnMall }

export type Plan = {
  /** Listing id → where its number should be heading, listing units. Not a number to push: `actions` are. */
  desired: Map<string, number>
  /** In order of work: fences, lowerings, raises from 0, other raises. */
  actions: Action[]
  /** available − Σ rights before the actions, component units; what the own mall may sell. -Infinity when a right is unknown. */
  free: number
  /** Units that could be sold twice whatever we do now: rights of listings we cannot write to, beyond what is available. */
  structuralExposure: number
  /** Listings that should show more and cannot until somebody is lowered: plan again within 5 to 60 s while any. */
  starving: string[]
  /**
   * Listings whose rights exceed what they show though nothing is under way: a lost raise, or units given back that may
   * not be on the shelf. A read and a collection past it frees the difference; most first. Worth a call while somebody starves.
   */
  worthReading: string[]
  /** Listings that show units others show, or are on their way back from it: to be given as `pooled` next time. */
  pooled: string[]
}

/** Own malls by variant id. */
export type JointOptions = { ownMalls?: ReadonlyMap<string, OwnMall> }

export type JointPlan = Omit<Plan, 'free' | 'structuralExposure'> & {
  free: Map<string, number>
  structuralExposure: Map<string, number>
}

/** A starving listing must deserve the unit this much more than the one who has it, or units run back and forth. */
const HYSTERESIS = 1.3

export function plan(
  available: number,
  listings: readonly PlannedListing[],
  now: number,
  { ownMall }: PlanOptions = {},
): Plan {
  const variantId = ''
  const joint = planJointly(
    new Map([[variantId, available]]),
    listings.map((listing) => ({ ...listing, needs: [{ variantId, quantity: listing.multiplier }] })),
    now,
    ownMall ? { ownMalls: new Map([[variantId, ownMall]]) } : {},
  )
  return {
    ...joint,
    free: joint.free.get(variantId)!,
    structuralExposure: joint.structuralExposure.get(variantId)!,
  }
}

/**
 * The same for bundles and listings that share variants: rights count in component units, one free part a component.
 * `components`: variant id → units available. Throws when a listing needs a variant that is not among them.
 */
export function planJointly(
  components: ReadonlyMap<string, number>,
  listings: readonly JointListing[],
  now: number,
  options: JointOptions = {},
): JointPlan {
  const parts = partsOf(components, listings, options.ownMalls ?? new Map())
  const table = rowsOf(listings, parts)
  const free = new Map(parts.map((part) => [part.variantId, part.free]))

  const tail = poolTails(parts, table)
  const apart = table.filter((row) => !tail.rows.has(row))
  const fences = fenceExposed(apart, parts, now)
  const closures = lowerOverfull(apart, fences)
  const { raises, starved } = refill(apart)
  starved.push(...starvedMalls(parts))
  const lowerings = makeRoom(apart, starved, closures, now)

  return {
    desired: new Map(table.map((row) => [row.listing.id, row.target])),
    actions: [
      ...fences,
      ...closures,
      ...tail.actions.filter((action) => action.kind !== 'raise'),
      ...lowerings,
      ...tail.actions.filter((action) => action.kind === 'raise'),
      ...raises.filter((raise) => raise.from === 0).map((raise) => raise.action),
      ...raises.filter((raise) => raise.from > 0).map((raise) => raise.action),
    ],
    free,
    structuralExposure: new Map(parts.map((part) => [part.variantId, unhelpable(table, part)])),
    starving: starved.flatMap((hunger) => (hunger.row ? [hunger.row.listing.id] : [])),
    worthReading: overrated(table, now),
    pooled: [...tail.rows].map((row) => row.listing.id),
  }
}

/**
 * Rights beyond what is available: whoever has most to spare goes to 0, until the others' rights are covered. A lowering
 * under way counts as done here, and an unknown listing is fenced but not paid for by the others: it only bars raises.
 */
function fenceExposed(table: readonly Row[], parts: readonly Part[], now: number): Action[] {
  const fenced = new Set<Row>()
  // A listing set to 0 keeps its rights until it is read and collected past; setting it again and again hurries nothing.
  const mayFence = (row: Row) =>
    isAtHand(row) && row.listing.bound > 0 && (row.listing.shown !== 0 || hasRested(row, now)) && !fenced.has(row)

  for (const row of table) if (row.listing.bound === Number.POSITIVE_INFINITY && mayFence(row)) fenced.add(row)

  for (const part of parts) {
    const needOf = (row: Row) => row.needs.find((need) => need.part === part)?.quantity ?? 0
    const surplus = (row: Row) => (row.listing.bound - row.target) * needOf(row)
    const byPart = table.filter((row) => needOf(row) > 0)
    let uncovered = -part.available
    for (const row of byPart) if (!fenced.has(row)) uncovered += expectedRight(row, now) * needOf(row)

    for (const row of byPart.filter(mayFence).sort((a, b) => surplus(b) - surplus(a))) {
      if (uncovered <= 0) break
      fenced.add(row)
      uncovered -= expectedRight(row, now) * needOf(row)
    }
  }
  return [...fenced].map((row) => ({ kind: 'fence', listing: row.listing.id, value: 0 }))
}

/** The right once lowerings under way are read and collected past. */
function expectedRight(row: Row, now: number): number {
  const { bound, shown, reachable, openWrite } = row.listing
  const goingDown = reachable && (openWrite || (shown === 0 && !hasRested(row, now)))
  const expected = goingDown ? Math.min(bound, shown ?? bound) : bound
  return expected === Number.POSITIVE_INFINITY ? 0 : expected
}

/** A listing that shows more than its channel may (0 when it must not sell) is lowered whoever starves. */
function lowerOverfull(table: readonly Row[], fences: readonly Action[]): Action[] {
  const fenced = new Set(fences.map((action) => action.listing))
  const overfull = table.filter(({ listing, most, least }) => {
    const shown = listing.largest === 0 ? most : least
    return listing.bound > 0 && shown > listing.largest && !fenced.has(listing.id)
  })
  return overfull.filter(isAtHand).map(lowered)
}

/** To the target where even that much more can be promised meanwhile; else to 0, which costs nothing. */
function lowered(row: Row): Action {
  const value = row.listing.exact || row.target <= affordable(row) ? row.target : 0
  spend(row, value)
  return { kind: 'lower', listing: row.listing.id, value }
}

type Raise = { action: Action; from: number }
/** Who should have more; row null: the own mall. */
type Hunger = { row: Row | null; urgency: number; short: Part[] }

function refill(table: readonly Row[]): { raises: Raise[]; starved: Hunger[] } {
  const raises: Raise[] = []
  const starved: Hunger[] = []
  const deserts = (row: Row) => row.weight / (row.least + 1)
  const hungry = table.filter((row) => isAtHand(row) && isHungry(row))

  for (const row of hungry.sort((a, b) => deserts(b) - deserts(a))) {
    if (row.needs.some(({ part }) => part.free < 0)) continue
    const value = Math.min(row.target, affordable(row))
    if (value > row.least) {
      spend(row, value)
      raises.push({ action: { kind: 'raise', listing: row.listing.id, value }, from: row.least })
      continue
    }
    // With enough for everybody nobody stays sold out, however slow: a listing at 0 cannot show that it would sell.
    const urgency = row.least === 0 && !isScarce(row) ? Number.POSITIVE_INFINITY : deserts(row)
    const short = row.needs.filter((need) => paidAlready(row) + fitting(need) <= row.least)
    starved.push({ row, urgency, short: short.map(({ part }) => part) })
  }
  return { raises, starved }
}

/** The own mall shows what is free, and starves as a listing does. */
function starvedMalls(parts: readonly Part[]): Hunger[] {
  const starved = parts.filter((part) => part.free >= 0 && isHungry({ least: part.left, target: part.kept }))
  return starved.map((part) => ({
    row: null,
    urgency:
      part.left === 0 && !isScarce({ needs: [{ part }] })
        ? Number.POSITIVE_INFINITY
        : part.mallWeight / (part.left + 1),
    short: [part],
  }))
}

/** One lowering a component at a time: each is off sale for a moment, and the next may not be needed. */
function makeRoom(
  table: readonly Row[],
  starved: readonly Hunger[],
  closures: readonly Action[],
  now: number,
): Action[] {
  const closing = new Set(closures.map((action) => action.listing))
  const busy = new Set<Part>()
  for (const row of table) {
    const underWay = closing.has(row.listing.id) || (row.listing.openWrite && row.listing.reachable)
    if (underWay) for (const { part } of row.needs) busy.add(part)
  }

  const actions: Action[] = []
  for (const { row: hungry, urgency, short } of [...starved].sort((a, b) => b.urgency - a.urgency)) {
    for (const part of short) {
      if (busy.has(part)) continue
      const giver = largestSurplus(table, part, urgency, now)
      if (!giver || giver === hungry) continue
      actions.push(lowered(giver))
      for (const need of giver.needs) busy.add(need.part)
    }
  }
  return actions
}

function largestSurplus(table: readonly Row[], part: Part, urgency: number, now: number): Row | null {
  let best: { row: Row; surplus: number } | null = null
  for (const row of table) {
    const quantity = row.needs.find((need) => need.part === part)?.quantity ?? 0
    if (quantity === 0 || !isAtHand(row) || !hasRested(row, now)) continue
    if (row.most - row.target < 1 || isHungry(row)) continue
    if (urgency <= (HYSTERESIS * row.weight) / row.most) continue
    const surplus = (row.most - row.target) * quantity
    if (!best || surplus > best.surplus) best = { row, surplus }
  }
  return best?.row ?? null
}

function overrated(table: readonly Row[], now: number): string[] {
  const over = (row: Row) => row.listing.bound - (row.listing.shown ?? 0)
  return table
    .filter((row) => isAtHand(row) && hasRested(row, now) && Number.isFinite(row.listing.bound) && over(row) > 0)
    .sort((a, b) => over(b) - over(a))
    .map((row) => row.listing.id)
}

/** Units exposed by listings that cannot be written to now. */
function unhelpable(table: readonly Row[], part: Part): number {
  let units = -part.available
  for (const row of table) {
    const quantity = row.needs.find((need) => need.part === part)?.quantity ?? 0
    if (quantity > 0 && !row.listing.reachable) units += row.listing.bound * quantity
  }
  return Math.max(0, units)
}
