/**
 * The plain ways to divide stock: a fixed split, one pool, a pool less a buffer. Pure functions from what is
 * available (component units, whole) to what each listing should show (listing units, whole, never negative,
 * never more than the channel takes). They promise nothing about units sold twice; rights do.
 */
import { apportion } from './apportion.ts'

export type PolicyListing = {
  id: string
  /** Units one listing unit takes: 2 for 1+1. */
  multiplier: number
  /** Most the channel takes as a quantity; 0 for a listing that must not sell. */
  largest: number
}

/** Listing id → quantity to show. */
export type Desired = Map<string, number>

/** A share of what is available (weights: 40, 25, …; need not sum to 100), or a number of listing units. */
export type Split = { kind: 'share'; percent: number } | { kind: 'units'; units: number }
export type Buffer = { kind: 'units'; units: number } | { kind: 'percent'; percent: number }

export const UNHEALTHY_AFTER_MS = 60_000
const UNHEALTHY_BUFFER_PERCENT = 10

/** No call to the channel succeeded for a minute: what it shows may be old. */
export function isUnhealthy(lastSuccessAt: number | null, now: number): boolean {
  return lastSuccessAt === null || now - lastSuccessAt >= UNHEALTHY_AFTER_MS
}

/**
 * Numbers first, then shares of what is left; when short, numbers shrink in proportion. Never more than is available in
 * sum. Shares above 100 in sum are scaled down; below 100 the rest is shown nowhere.
 */
export function fixedSplit(available: number, listings: readonly (PolicyListing & { split: Split })[]): Desired {
  const stock = wholeStock(available)
  const numbered = listings.map(({ split, multiplier }) =>
    split.kind === 'units' ? Math.max(0, Math.floor(split.units)) * multiplier : 0,
  )
  const percents = listings.map(({ split }) => (split.kind === 'share' ? Math.max(0, split.percent) : 0))
  const numberedSum = numbered.reduce((sum, units) => sum + units, 0)
  const percentSum = percents.reduce((sum, percent) => sum + percent, 0)

  const rest = Math.max(0, stock - numberedSum)
  const shared = Math.floor((rest * Math.min(100, percentSum)) / 100)
  const byNumber = divided(stock, numbered, numbered)
  const byShare = divided(
    shared,
    percents,
    percents.map(() => shared),
  )
  return desiredOf(listings, (_, index) => byNumber[index]! + byShare[index]!)
}

/** In component units and one by one, so that more stock never takes a unit from a listing. */
function divided(units: number, weights: readonly number[], caps: readonly number[]): number[] {
  const needs = [{ budget: 0, quantity: 1 }]
  const claims = weights.map((weight, index) => ({ weight, cap: caps[index]!, atLeast: 0 as const, needs }))
  return apportion(claims, [units])
}

/** Everything, everywhere. */
export function pool(available: number, listings: readonly PolicyListing[]): Desired {
  return desiredOf(listings, () => wholeStock(available))
}

/** Everything less a buffer of the channel's own; an unhealthy channel keeps back at least 10 %. */
export function bufferedPool(
  available: number,
  listings: readonly (PolicyListing & { buffer: Buffer; unhealthy: boolean })[],
): Desired {
  const stock = wholeStock(available)
  return desiredOf(listings, ({ buffer, unhealthy }) => {
    const shown = buffer.kind === 'units' ? stock - buffer.units : lessPercent(stock, buffer.percent)
    return unhealthy ? Math.min(shown, lessPercent(stock, UNHEALTHY_BUFFER_PERCENT)) : shown
  })
}

function desiredOf<L extends PolicyListing>(
  listings: readonly L[],
  units: (listing: L, index: number) => number,
): Desired {
  return new Map(
    listings.map((listing, index) => {
      const quantity = Math.floor(units(listing, index) / listing.multiplier)
      return [listing.id, Math.max(0, Math.min(quantity, listing.largest))]
    }),
  )
}

function wholeStock(available: number): number {
  return Math.max(0, Math.floor(available))
}

function lessPercent(stock: number, percent: number): number {
  return Math.floor((stock * (100 - percent)) / 100)
}
