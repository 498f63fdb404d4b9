/** The sync by stop, read, set, resume: the planner says who should have more, exchange.ts what is sent. */
import { estimate } from '../../server/modules/channels/allocation/demand.ts'
import * as rules from '../../server/modules/channels/allocation/exchange.ts'
import { type Plan, plan } from '../../server/modules/channels/allocation/plan.ts'
import { listingsOf, type Shown, show, sold } from './listings.ts'
import { CHANNELS } from './scenarios.ts'
import { type Entry, type Hub, MARGIN_MS, SETTLES_MS, type World } from './world.ts'

type Listing = Shown & { exchange: rules.Exchange; busy: boolean }

const PLAN_MS = 25
const STARVING_AGAIN_MS = 5_000

export function exchangeHub(world: World): Hub {
  const products = listingsOf(
    world,
    (shown): Listing => ({
      ...shown,
      exchange: rules.beginExchanges(0, -1),
      busy: false,
    }),
  )
  const dirty = new Set<number>()
  const hungryAt = new Map<number, number>()

  function planLater(product: number): void {
    if (dirty.has(product)) return
    dirty.add(product)
    world.later(PLAN_MS, () => {
      dirty.delete(product)
      work(product)
    })
  }

  function work(product: number): void {
    const { actions, starving } = planned(product)
    for (const { listing } of actions) {
      const row = products[product]![Number(listing)]!
      row.exchange = rules.exchangeWanted(row.exchange)
      proceed(row)
    }
    if (starving.length > 0 && (hungryAt.get(product) ?? 0) <= world.now()) {
      hungryAt.set(product, world.now() + STARVING_AGAIN_MS)
      world.later(STARVING_AGAIN_MS, () => planLater(product))
    }
  }

  function planned(product: number): Plan {
    const now = world.now()
    const rows = products[product]!.map((listing) => ({
      id: `${listing.channel}`,
      bound: rules.exchangeBound(listing.exchange),
      shown: listing.shown,
      ...estimate(listing.demand, now),
      reachable: !world.isAway(listing.channel),
      openWrite: listing.exchange.step.at !== 'rest',
      lastMovedAt: listing.movedAt,
      multiplier: 1,
      largest: 99_999,
      exact: true,
    }))
    return plan(world.available[product]!, rows, now)
  }

  /** Sends what the step asks for; whoever waits for an answer is called again by it. */
  function proceed(listing: Listing): void {
    const { product, channel, exchange } = listing
    const { step } = exchange
    if (listing.busy || step.at === 'rest') return
    if (step.at === 'choose') {
      listing.exchange = rules.chosen(exchange, numberFor(listing, step.counter))
      proceed(listing)
      return
    }
    listing.busy = true
    listing.exchange = rules.leaving(exchange)
    const then = () => {
      listing.busy = false
      proceed(listing)
    }
    if (step.at === 'stop') world.setOnSale(channel, product, false, then)
    else if (step.at === 'resume') world.setOnSale(channel, product, true, then)
    else if (step.at === 'set') world.setStock(channel, product, step.value, then)
    else look(listing, then)
  }

  function look(listing: Listing, then: () => void): void {
    world.readStock(listing.channel, listing.product, (seen) => {
      if (seen === null) return world.later(SETTLES_MS, () => look(listing, then))
      const before = listing.exchange.step.at
      listing.exchange = rules.looked(listing.exchange, { ...seen, at: world.now() })
      if (before === 'resumed?' && seen.onSale) {
        listing.movedAt = world.now()
        show(listing, seen.counter, seen.sentAt, world.now())
      }
      planLater(listing.product)
      then()
    })
  }

  /** The counter is still, so what is added is all that has to be free. */
  function numberFor(listing: Listing, counter: number): number {
    const { desired, free } = planned(listing.product)
    const target = desired.get(`${listing.channel}`)!
    return Math.min(target, counter + Math.max(0, free))
  }

  return {
    begin() {
      for (const [product, listings] of products.entries()) {
        for (const { listing, value } of planned(product).actions) {
          const row = listings[Number(listing)]!
          world.place(row.channel, product, value)
          row.exchange = rules.beginExchanges(value, -1)
          show(row, value, -1, 0)
        }
      }
    },
    recorded(channel: number, entry: Entry) {
      const listing = products[entry.product]![channel]!
      if (entry.quantity > 0 || CHANNELS[channel]!.putsBack) {
        listing.exchange = rules.recordedInExchange(listing.exchange, entry.at, entry.quantity)
      }
      sold(listing, entry.quantity, entry.at, world.now())
      planLater(entry.product)
    },
    collected(channel: number, begunAt: number) {
      for (const listings of products) {
        const listing = listings[channel]!
        listing.exchange = rules.allTold(listing.exchange, begunAt - MARGIN_MS - 1)
      }
    },
    delivered: planLater,
  }
}
