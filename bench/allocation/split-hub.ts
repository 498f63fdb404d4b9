/** The plain policies: what is available, divided by a pure function, sent whenever it differs from what is believed. */
import { bufferedPool, fixedSplit, pool } from '../../server/modules/channels/allocation/policies.ts'
import { listingsOf, type Shown, show } from './listings.ts'
import { CHANNELS } from './scenarios.ts'
import type { Entry, Hub, World } from './world.ts'

type Listing = Shown & { open: boolean }

export type PlainPolicy =
  | { kind: 'pool' }
  | { kind: 'buffer'; buffer: { kind: 'units'; units: number } | { kind: 'percent'; percent: number } }
  | { kind: 'shares'; percents: readonly number[] }

const PLAN_MS = 25
const UNHEALTHY_MS = 60_000
const ROWS = CHANNELS.map((_, channel) => ({ id: `${channel}`, multiplier: 1, largest: 99_999 }))

/**
 * `belief`: an arriving order is taken off what was last set, as most hubs do, or only when it was placed after that.
 * `readBack`: zeros and rises from zero are read.
 */
export function plainHub(world: World, policy: PlainPolicy, belief: 'arrival' | 'order time', readBack: boolean): Hub {
  const products = listingsOf(world, (shown): Listing => ({ ...shown, open: false }))
  const awaySince = CHANNELS.map(() => Number.POSITIVE_INFINITY)

  function desired(product: number): Map<string, number> {
    const available = world.available[product]!
    if (policy.kind === 'pool') return pool(available, ROWS)
    if (policy.kind === 'shares') {
      const split = ROWS.map((row, i) => ({ ...row, split: { kind: 'share' as const, percent: policy.percents[i]! } }))
      return fixedSplit(available, split)
    }
    const rows = ROWS.map((row, channel) => {
      awaySince[channel] = world.isAway(channel) ? Math.min(awaySince[channel]!, world.now()) : Number.POSITIVE_INFINITY
      return { ...row, buffer: policy.buffer, unhealthy: world.now() - awaySince[channel] >= UNHEALTHY_MS }
    })
    return bufferedPool(available, rows)
  }

  const dirty = new Set<number>()
  function planLater(product: number): void {
    if (dirty.has(product)) return
    dirty.add(product)
    world.later(PLAN_MS, () => {
      dirty.delete(product)
      for (const [id, value] of desired(product)) push(products[product]![Number(id)]!, value)
    })
  }

  function push(listing: Listing, value: number): void {
    const { product, channel } = listing
    if (listing.open || listing.shown === value || world.isAway(channel)) return
    const proves = readBack && (value === 0 || listing.shown === 0)
    listing.open = true
    show(listing, value, world.now(), world.now())
    world.setStock(channel, product, value, (outcome) => {
      if (outcome === 'yes' && !proves) return rest(listing)
      if (outcome === 'unknown' && !readBack) {
        show(listing, null, world.now(), world.now())
        return rest(listing)
      }
      world.readStock(channel, product, (seen) => {
        show(listing, seen?.counter ?? null, seen?.sentAt ?? world.now(), world.now())
        rest(listing)
      })
    })
  }

  function rest(listing: Listing): void {
    listing.open = false
    planLater(listing.product)
  }

  return {
    begin() {
      for (const [product, listings] of products.entries()) {
        for (const [id, value] of desired(product)) {
          world.place(Number(id), product, value)
          show(listings[Number(id)]!, value, -1, 0)
        }
      }
    },
    recorded(channel: number, { product, quantity, at }: Entry) {
      const listing = products[product]![channel]!
      const counts = belief === 'arrival' || at > listing.shownAt
      const goesBack = quantity < 0 && !CHANNELS[channel]!.putsBack
      if (listing.shown !== null && counts && !goesBack) {
        show(listing, Math.max(0, listing.shown - quantity), listing.shownAt, world.now())
      }
      planLater(product)
    },
    collected(channel: number) {
      if (world.scenario.away?.channel !== channel) return
      for (const product of products.keys()) planLater(product)
    },
    delivered: planLater,
  }
}

/**
 * A split made once, as a seller makes it: each channel sells its own part down, and only deliveries and cancelled units
 * are written, after a collection.
 */
export function onceSplitHub(world: World, percents: readonly number[]): Hub {
  const products = listingsOf(world, (shown): Shown => shown)
  const parts = (units: number): number[] => [
    ...fixedSplit(
      units,
      ROWS.map((row, i) => ({ ...row, split: { kind: 'share' as const, percent: percents[i]! } })),
    ).values(),
  ]
  /** Units to be added to a channel's number once it has been collected from. */
  const owed = products.map(() => CHANNELS.map(() => 0))
  const lastGiven = products.map((_, product) => world.available[product]!)
  const writing = products.map(() => CHANNELS.map(() => false))

  function add(channel: number, product: number, units: number): void {
    owed[product]![channel]! += units
    world.collectIn(channel, 0)
  }

  function write(channel: number, product: number): void {
    const listing = products[product]![channel]!
    const units = owed[product]![channel]!
    if (units === 0 || writing[product]![channel] || world.isAway(channel)) return
    owed[product]![channel] = 0
    writing[product]![channel] = true
    const value = listing.shown! + units
    show(listing, value, world.now(), world.now())
    const set = () =>
      world.setStock(channel, product, value, (outcome) => {
        if (outcome === 'unknown') return set()
        writing[product]![channel] = false
      })
    set()
  }

  return {
    begin() {
      for (const [product, listings] of products.entries()) {
        for (const [channel, value] of parts(lastGiven[product]!).entries()) {
          world.place(channel, product, value)
          show(listings[channel]!, value, -1, 0)
        }
      }
    },
    recorded(channel: number, { product, quantity, at }: Entry) {
      const listing = products[product]![channel]!
      if (quantity < 0 && !CHANNELS[channel]!.putsBack) return add(channel, product, -quantity)
      if (quantity > 0 && at <= listing.shownAt) return
      show(listing, Math.max(0, listing.shown! - quantity), listing.shownAt, world.now())
    },
    collected(channel: number) {
      for (const product of products.keys()) write(channel, product)
    },
    delivered(product: number) {
      const { deliveries } = world.scenario
      for (const [channel, units] of parts(deliveries[0]?.units ?? 0).entries()) add(channel, product, units)
    },
  }
}
