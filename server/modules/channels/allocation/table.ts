/** What a plan works on: the components with their free parts, the listings with their targets. */
import { apportion, type Claim } from './apportion.ts'
import type { JointListing, OwnMall } from './planned-listing.ts'
import { weightsOf } from './weights.ts'

/**
 * A listing refills late and in big steps, when it shows no more than this part of its target: calls against refusals.
 * Of `bench -- allocation`, 120 seeds, with 0.4, 0.35 and 0.3: calm refused 2.3, 2.5 and 2.6 % for 324, 300 and 270 calls
 * per 1,000 orders; a rush inside an outage 493, 395 and 322 calls.
 */
const REFILL_AT = 0.35
/**
 * A listing is not lowered so soon after it moved: what it was just given had no chance to sell. In a rush the last units
 * wait for this: refused 15.4 % with 30 s, 12.4 with 10, 11.4 with 5, 11.1 with 3; elsewhere it changes nothing.
 */
const REST_MS = 5_000
/** Below this many units a listing everything is shown; above it a tenth stays free, to pay for overwriting. */
const SCARCE_PER_LISTING = 3
const SHOWN_PART = 0.9

/** A component while it is planned. All in its own units. */
export type Part = {
  variantId: string
  available: number
  /** available − Σ rights. */
  free: number
  /** What of `free` this plan has not yet spent. */
  left: number
  /** What of `left` is the own mall's. */
  kept: number
  mall: OwnMall | null
  mallWeight: number
  /** One listing unit of every listing (and of the own mall) together takes so many. */
  perListing: number
}

/** A listing while it is planned. `needs` as given, with the component at hand. */
export type Row = {
  listing: JointListing
  needs: { part: Part; quantity: number }[]
  weight: number
  target: number
  /** What buyers see; unknown counts as nothing when it is refilled and as all it may be when it is lowered. */
  least: number
  most: number
}

export function partsOf(
  components: ReadonlyMap<string, number>,
  listings: readonly JointListing[],
  malls: ReadonlyMap<string, OwnMall>,
): Part[] {
  return [...components].map(([variantId, available]) => {
    const mall = malls.get(variantId) ?? null
    let free = available
    let perListing = mall ? 1 : 0
    for (const listing of listings) {
      for (const need of listing.needs) {
        if (need.variantId !== variantId) continue
        free -= listing.bound * need.quantity
        if (listing.largest > 0) perListing += need.quantity
      }
    }
    return { variantId, available, free, left: free, kept: 0, mall, mallWeight: 0, perListing }
  })
}

/** The listings with weights and targets; also writes what each component keeps for its own mall. */
export function rowsOf(listings: readonly JointListing[], parts: readonly Part[]): Row[] {
  const malls = parts.filter((part) => part.mall !== null)
  const weights = weightsOf([...listings, ...malls.map((part) => part.mall!)])
  const rows = listings.map((listing, index) => ({
    listing,
    needs: listing.needs.map((need) => ({ part: partNamed(parts, need.variantId), quantity: need.quantity })),
    weight: weights[index]!,
    target: 0,
    least: listing.shown ?? 0,
    most: listing.shown ?? listing.bound,
  }))
  for (const [index, part] of malls.entries()) part.mallWeight = weights[listings.length + index]!

  const claim = (who: Pick<Row, 'needs' | 'weight'>, cap: number): Claim => ({
    weight: who.weight,
    cap,
    atLeast: isScarce(who) ? 0 : 1,
    needs: who.needs.map((need) => ({ budget: parts.indexOf(need.part), quantity: need.quantity })),
  })
  const ofMall = (part: Part) => ({ weight: part.mallWeight, needs: [{ part, quantity: 1 }] })
  const claims = [
    ...rows.map((row) => claim(row, row.listing.largest)),
    ...malls.map((part) => claim(ofMall(part), Math.max(0, part.available))),
  ]
  const targets = apportion(claims, parts.map(budget))
  for (const [index, part] of malls.entries()) part.kept = targets[rows.length + index]!
  return rows.map((row, index) => ({ ...row, target: targets[index]! }))
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

/** Some component has less than three units for everybody who sells it. */
export function isScarce(row: { needs: readonly { part: Part }[] }): boolean {
  return row.needs.some(({ part }) => part.available < SCARCE_PER_LISTING * part.perListing)
}

/** Can be written to now. */
export function isAtHand(row: Row): boolean {
  return row.listing.reachable && !row.listing.openWrite
}

/** Long enough since its last move. */
export function hasRested(row: Row, now: number): boolean {
  return row.listing.lastMovedAt === null || now - row.listing.lastMovedAt >= REST_MS
}

/**
 * The most it can be set to: what is left of every component beside the own mall's part pays for the whole number, or,
 * where numbers are changed by the difference, for what is added. May be negative.
 */
export function affordable(row: Row): number {
  return paidAlready(row) + Math.min(...row.needs.map((need) => fitting(need)))
}

/** What is left of one component, in listing units. */
export const fitting = ({ part, quantity }: Row['needs'][number]): number =>
  Math.floor((part.left - part.kept) / quantity)

/** Pays for setting it to so many units. */
export function spend(row: Row, value: number): void {
  const units = Math.max(0, value - paidAlready(row))
  for (const { part, quantity } of row.needs) part.left -= units * quantity
}

/** What it shows is in its rights, and is not paid for again. */
export const paidAlready = (row: Row): number => (row.listing.exact ? row.least : 0)

/** Sold down far enough to be filled up. */
export function isHungry(row: Pick<Row, 'target' | 'least'>): boolean {
  return row.target > row.least && row.least <= REFILL_AT * row.target
}
