/** The sync under rights, with or without a pooled tail: `plan` and the rules of rights.ts decide, this carries out. */
import { estimate } from '../../server/modules/channels/allocation/demand.ts'
import { type Action, type Plan, plan } from '../../server/modules/channels/allocation/plan.ts'
import * as rules from '../../server/modules/channels/allocation/rights.ts'
import { listingsOf, type Shown, show, sold } from './listings.ts'
import { CHANNELS } from './scenarios.ts'
import { type Entry, type Hub, MARGIN_MS, type Sabotage, SETTLES_MS, type World } from './world.ts'

type Listing = Shown & {
  rights: rules.Rights
  /** A write, or a lowering that was not read and collected past. */
  open: 'writing' | 'reading' | { collectPast: number } | null
  pooled: boolean
}

export type RightsSettings = {
  /** The risk per depletion at which the last units are pooled; null: strict. */
  risk: number | null
  /** The feed is believed complete up to so long ago. */
  marginMs?: number
  sabotage?: Sabotage
}

/** A ledger change is planned so soon; changes meanwhile share the plan. */
const PLAN_MS = 25
const STARVING_AGAIN_MS = 5_000
const PUSH_MS = 3_000
/** Part of the time a channel is away, as a seller would have measured it: an hour in forty days. */
const OUT_SHARE = 0.001
/** Units an order. */
const MEAN_SIZE = 1.3

export function rightsHub(world: World, settings: RightsSettings): Hub {
  const { sabotage = 'none', marginMs = MARGIN_MS } = settings
  const margin = sabotage === 'the feed is believed complete up to now' ? 0 : marginMs
  const products = listingsOf(
    world,
    (shown): Listing => ({
      ...shown,
      rights: { ...rules.neverSeen(-1), counterMax: 0 },
      open: null,
      pooled: false,
    }),
  )
  const completeUpTo = CHANNELS.map(() => -1)
  const dirty = new Set<number>()
  let planning = false
  const hungryAt = new Map<number, number>()

  // What is believed.

  const countedBound = (listing: Listing): number => {
    if (sabotage === 'a channel that is away is not counted' && world.isAway(listing.channel)) return 0
    return rules.bound(listing.rights)
  }

  function upToDate(listing: Listing): void {
    const upTo = completeUpTo[listing.channel]!
    listing.rights = rules.collected(listing.rights, upTo)
    if (listing.open !== null && typeof listing.open === 'object' && listing.open.collectPast <= upTo) {
      listing.open = null
    }
  }

  // Planning.

  function planLater(product: number): void {
    dirty.add(product)
    if (planning) return
    planning = true
    world.later(PLAN_MS, () => {
      planning = false
      const due = [...dirty]
      dirty.clear()
      for (const each of due) work(each)
    })
  }

  function work(product: number): void {
    const listings = products[product]!
    const { actions, starving, worthReading, pooled } = planned(product)
    for (const listing of listings) listing.pooled = pooled.includes(`${listing.channel}`)
    for (const action of actions) carryOut(listings[Number(action.listing)]!, action)
    const doubtful = starving.length > 0 ? listings[Number(worthReading[0])] : undefined
    if (doubtful && doubtful.open === null) read(doubtful)
    if (starving.length > 0) againLater(product)
  }

  function againLater(product: number): void {
    if ((hungryAt.get(product) ?? 0) > world.now()) return
    hungryAt.set(product, world.now() + STARVING_AGAIN_MS)
    world.later(STARVING_AGAIN_MS, () => planLater(product))
  }

  function planned(product: number): Plan {
    const now = world.now()
    const listings = products[product]!.map((listing) => {
      upToDate(listing)
      const { pollMs } = CHANNELS[listing.channel]!
      const unseenMs = Math.max(pollMs + PUSH_MS, now - completeUpTo[listing.channel]!)
      return {
        id: `${listing.channel}`,
        bound: countedBound(listing),
        shown: listing.shown,
        ...rateOf(listing, now),
        reachable: !world.isAway(listing.channel),
        openWrite: listing.open !== null,
        lastMovedAt: listing.movedAt,
        multiplier: 1,
        largest: 99_999,
        pooled: listing.pooled,
        ...(settings.risk === null ? {} : { tail: { risk: settings.risk, unseenMs, outShare: OUT_SHARE } }),
      }
    })
    return plan(world.available[product]!, listings, now)
  }

  function rateOf(listing: Listing, now: number): { rate: number; watchedMs: number } {
    const { knownRates, yesterday, shares } = world.scenario
    if (!knownRates) return estimate(listing.demand, now)
    return { rate: yesterday(listing.product) * shares(0)[listing.channel]! * MEAN_SIZE, watchedMs: 24 * 3_600_000 }
  }

  // Calling.

  function carryOut(listing: Listing, action: Action): void {
    const { product, channel } = listing
    const { value } = action
    const sentAt = world.now()
    const wasSoldOut = listing.shown === 0
    listing.rights =
      sabotage === 'a set counts as its value, not on top of what was there'
        ? { ...listing.rights, counterMax: value, writes: [], seen: [] }
        : rules.sending(listing.rights, value, sentAt)
    listing.open = 'writing'
    listing.movedAt = sentAt
    show(listing, value, sentAt, sentAt)
    const answered = (outcome: 'yes' | 'unknown') => {
      listing.rights = rules.answered(listing.rights, sentAt, world.now())
      if (outcome === 'unknown') return read(listing)
      if (action.kind === 'raise' && !wasSoldOut) listing.open = null
      else if (action.kind !== 'raise' && sabotage === 'an answered lowering is believed') {
        listing.rights = { ...listing.rights, counterMax: value, writes: [], reads: [], seen: [] }
        listing.open = null
      } else world.later(1, () => read(listing))
      planLater(product)
    }
    const readAtOnce = () => {
      listing.rights = rules.answered(listing.rights, sentAt, world.now())
      read(listing)
    }
    const giveUp = sabotage === 'a timed-out write is read at once' ? readAtOnce : answered
    world.setStock(channel, product, value, answered, giveUp)
  }

  function read(listing: Listing): void {
    const { product, channel } = listing
    listing.open = 'reading'
    world.readStock(channel, product, (seen) => {
      if (seen === null) return world.later(SETTLES_MS, () => read(listing))
      upToDate(listing)
      const now = world.now()
      listing.rights = rules.readBack(listing.rights, seen.counter, seen.sentAt, now)
      listing.open = { collectPast: now }
      show(listing, seen.counter, seen.sentAt, now)
      world.collectIn(channel, margin + 2)
      if (listing.pooled) planLater(product)
    })
  }

  // Being told.

  return {
    begin() {
      for (const [product, listings] of products.entries()) {
        for (const { listing, value } of planned(product).actions) {
          const first = listings[Number(listing)]!
          world.place(first.channel, product, value)
          first.rights = { ...first.rights, counterMax: value }
          show(first, value, -1, 0)
        }
        for (const id of planned(product).pooled) listings[Number(id)]!.pooled = true
      }
    },
    recorded(channel: number, entry: Entry) {
      const listing = products[entry.product]![channel]!
      upToDate(listing)
      const { putsBack } = CHANNELS[channel]!
      const ignored = entry.quantity < 0 && (!putsBack || sabotage === 'units given back are ignored')
      if (!ignored) listing.rights = rules.recorded(listing.rights, entry.at, entry.quantity)
      sold(listing, entry.quantity, entry.at, world.now())
      planLater(entry.product)
    },
    collected(channel: number, begunAt: number) {
      completeUpTo[channel] = Math.max(completeUpTo[channel]!, begunAt - margin - 1)
      for (const [product, listings] of products.entries()) {
        const { open, rights } = listings[channel]!
        if (open !== null || rights.writes.length > 0 || rights.reads.length > 0) planLater(product)
      }
    },
    delivered: planLater,
  }
}
