import {
  type Demand,
  noDemand,
  observedSale,
  shownAgain,
  shownZero,
} from '../../server/modules/channels/allocation/demand.ts'
import { CHANNELS, historyOf } from './scenarios.ts'
import type { World } from './world.ts'

/** What a hub believes of a listing, whatever its policy. */
export type Shown = {
  product: number
  channel: number
  shown: number | null
  /** When `shown` was set or read: orders from before are in it. */
  shownAt: number
  demand: Demand
  movedAt: number | null
}

/** One a product and channel, with a day of sales behind it: by product, then by channel. */
export function listingsOf<L extends Shown>(world: World, more: (shown: Shown) => L): L[][] {
  const { scenario, seed } = world
  return Array.from({ length: scenario.products }, (_, product) =>
    CHANNELS.map((_, channel) => {
      let demand = noDemand(-24 * 3_600_000)
      for (const { at, quantity } of historyOf(scenario, product, channel, seed)) {
        demand = observedSale(demand, quantity, at)
      }
      return more({ product, channel, shown: 0, shownAt: 0, demand, movedAt: null })
    }),
  )
}

/** A listing that shows 0 shows no demand: its estimator's clock stops. */
export function show(listing: Shown, shown: number | null, shownAt: number, now: number): void {
  if (shown === 0 && listing.shown !== 0) listing.demand = shownZero(listing.demand, now)
  if (shown !== 0 && listing.shown === 0) listing.demand = shownAgain(listing.demand, now)
  listing.shown = shown
  listing.shownAt = shownAt
}

/** By the order's time: what was sold before the number was set is not in it. */
export function sold(listing: Shown, quantity: number, at: number, now: number): void {
  if (quantity > 0) listing.demand = observedSale(listing.demand, quantity, at)
  if (listing.shown === null || quantity < 0 || at <= listing.shownAt) return
  show(listing, Math.max(0, listing.shown - quantity), listing.shownAt, now)
}
