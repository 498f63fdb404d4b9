import { apportion } from './apportion.ts'
import { weightsOf } from './weights.ts'

/**
 * Which listings of a variant to raise, lower or fence now, so that the rights of all stay within what is available
 * and sit where buyers are. Proposes only: it notes nothing and may be asked twice.
 */

export type PlannedListing = {
  id: string
  /** `bound(rights)`, listing units; Infinity when nothing is known. */
  bound: number
  /** What buyers see as far as we believe: last set or observed, less orders since; null unknown. */
  shown: number | null
  /** Listing units a second buyers would take while it shows any; 0 = none seen yet. */
  rate: number
  /** How long the rate was watched, ms (`estimate` in demand.ts); without it the rate is taken as sure. */
  watchedMs?: number
  /** The connection answers and takes writes. */
  reachable: boolean
  /** A write without an answer, or a lowering that was not yet read and collected past. */
  openWrite: boolean
  /** When this listing was last lowered or raised, epoch ms; null never. */
  lastMovedAt: number | null
  /** Units one listing unit takes: 2 for 1+1. */
  multiplier: number
  /** Most the channel takes as a quantity; 0 for a listing that must not sell. */
  largest: number
}

/** `fence` is a set to 0 against units exposed; `lower` makes room for a starving listing. Values in listing units. */
export type Action = { kind: 'raise' | 'lower' | 'fence'; listing: string; value: number }

export type PlanOptions = {
  /** Reserved for showing the last units everywhere where the risk allows it (allocation by rights + pooled tail). */
  pooledTail?: 'off'
}

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
}

export type JointListing = Omit<PlannedListing, 'multiplier'> & {
  /** Units of each variant that one listing unit takes; each variant once, quantity >= 1. */
  needs: readonly { variantId: string; quantity: number }[]
}

export type JointPlan = Omit<Plan, 'free' | 'structuralExposure'> & {
  free: Map<string, number>
  structuralExposure: Map<string, number>
}

/** A listing refills late and in big steps, when it shows no more than this part of its target: calls against refusals. */
const REFILL_AT = 0.4
/** A starving listing must deserve the unit this much more than the one who has it, or units run back and forth. */
const HYSTERESIS = 1.3
/** A listing is not lowered so soon after it moved: what it was just given had no chance to sell. */
const REST_MS = 10_000
/** Below this many units a listing everything is shown; above it a tenth stays free, to pay for overwriting. */
const SCARCE_PER_LISTING = 3
const SHOWN_PART = 0.9

export function plan(
  available: number,
  listings: readonly PlannedListing[],
  now: number,
  options: PlanOptions = {},
): Plan {
  const variantId = ''
  const joint = planJointly(
    new Map([[variantId, available]]),
    listings.map((listing) => ({ ...listing, needs: [{ variantId, quantity: listing.multiplier }] })),
    now,
    options,
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
  _options: PlanOptions = {},
): JointPlan {
  const parts = [...components].map(([variantId, available]) => partOf(variantId, available, listings))
  const table = weighed(listings, parts)
  const free = new Map(parts.map((part) => [part.variantId, part.free]))

  // The pooled tail comes in here: where the risk of the last units allows it, every listing wants all of them.

  const fences = fenceExposed(table, parts, now)
  const closures = lowerOverfull(table, fences)
  const { raises, starved } = refill(table)
  const lowerings = makeRoom(table, starved, closures, now)

  return {
    desired: new Map(table.map((row) => [row.listing.id, row.target])),
    actions: [
      ...fences,
      ...closures,
      ...lowerings,
      ...raises.filter((raise) => raise.from === 0).map((raise) => raise.action),
      ...raises.filter((raise) => raise.from > 0).map((raise) => raise.action),
    ],
    free,
    structuralExposure: new Map(parts.map((part) => [part.variantId, unhelpable(table, part)])),
    starving: starved.map((hunger) => hunger.row.listing.id),
  }
}

/** A component: `left` is what of its free part this plan has not yet spent. */
type Part = { variantId: string; available: number; free: number; left: number; perListing: number }

/** A listing while it is planned. `needs` as given, with the component at hand. */
type Row = {
  listing: JointListing
  needs: { part: Part; quantity: number }[]
  weight: number
  target: number
  /** What buyers see; unknown counts as nothing when it is refilled and as all it may be when it is lowered. */
  least: number
  most: number
}

function partOf(variantId: string, available: number, listings: readonly JointListing[]): Part {
  let free = available
  let perListing = 0
  for (const listing of listings) {
    for (const need of listing.needs) {
      if (need.variantId !== variantId) continue
      free -= listing.bound * need.quantity
      if (listing.largest > 0) perListing += need.quantity
    }
  }
  return { variantId, available, free, left: free, perListing }
}

function weighed(listings: readonly JointListing[], parts: readonly Part[]): Row[] {
  const weights = weightsOf(listings)
  const table = listings.map((listing, index) => ({
    listing,
    needs: listing.needs.map((need) => ({ part: partNamed(parts, need.variantId), quantity: need.quantity })),
    weight: weights[index]!,
    target: 0,
    least: listing.shown ?? 0,
    most: listing.shown ?? listing.bound,
  }))

  const claims = table.map((row) => ({
    weight: row.weight,
    cap: row.listing.largest,
    atLeast: isScarce(row) ? (0 as const) : (1 as const),
    needs: row.needs.map((need) => ({ budget: parts.indexOf(need.part), quantity: need.quantity })),
  }))
  const targets = apportion(claims, parts.map(budget))
  return table.map((row, index) => ({ ...row, target: targets[index]! }))
}

function partNamed(parts: readonly Part[], variantId: string): Part {
  const part = parts.find((candidate) => candidate.variantId === variantId)
  if (!part) throw new Error(`a listing needs variant ${variantId}, whose available number was not given`)
  return part
}

function budget(part: Part): number {
  const scarce = SCARCE_PER_LISTING * part.perListing
  return part.available <= scarce ? part.available : Math.max(scarce, Math.floor(SHOWN_PART * part.available))
}

function isScarce(row: Pick<Row, 'needs'>): boolean {
  return row.needs.some(({ part }) => part.available < SCARCE_PER_LISTING * part.perListing)
}

/** Can be written to now. */
function isAtHand(row: Row): boolean {
  return row.listing.reachable && !row.listing.openWrite
}

function hasRested(row: Row, now: number): boolean {
  return row.listing.lastMovedAt === null || now - row.listing.lastMovedAt >= REST_MS
}

/** Listing units that fit into what is left of every component; negative when one is exposed. */
function affordable(row: Row): number {
  return Math.min(...row.needs.map(({ part, quantity }) => Math.floor(part.left / quantity)))
}

function spend(row: Row, units: number): void {
  for (const { part, quantity } of row.needs) part.left -= units * quantity
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
  const value = row.target <= affordable(row) ? row.target : 0
  spend(row, value)
  return { kind: 'lower', listing: row.listing.id, value }
}

type Raise = { action: Action; from: number }
type Hunger = { row: Row; urgency: number; short: Part[] }

function refill(table: readonly Row[]): { raises: Raise[]; starved: Hunger[] } {
  const raises: Raise[] = []
  const starved: Hunger[] = []
  const deserts = (row: Row) => row.weight / (row.least + 1)
  const hungry = table.filter((row) => isAtHand(row) && isHungry(row))

  for (const row of hungry.sort((a, b) => deserts(b) - deserts(a))) {
    if (row.needs.some(({ part }) => part.left < 0)) continue
    const value = Math.min(row.target, affordable(row))
    if (value > row.least) {
      spend(row, value)
      raises.push({ action: { kind: 'raise', listing: row.listing.id, value }, from: row.least })
      continue
    }
    // With enough for everybody nobody stays sold out, however slow: a listing at 0 cannot show that it would sell.
    const urgency = row.least === 0 && !isScarce(row) ? Number.POSITIVE_INFINITY : deserts(row)
    const short = row.needs.filter(({ part, quantity }) => Math.floor(part.left / quantity) <= row.least)
    starved.push({ row, urgency, short: short.map(({ part }) => part) })
  }
  return { raises, starved }
}

function isHungry(row: Row): boolean {
  return row.target > row.least && row.least <= REFILL_AT * row.target
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

/** Units exposed by listings that cannot be written to now. */
function unhelpable(table: readonly Row[], part: Part): number {
  let units = -part.available
  for (const row of table) {
    const quantity = row.needs.find((need) => need.part === part)?.quantity ?? 0
    if (quantity > 0 && !row.listing.reachable) units += row.listing.bound * quantity
  }
  return Math.max(0, units)
}
