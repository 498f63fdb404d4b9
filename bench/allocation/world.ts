/**
 * Four pretend marketplaces, one stock and its buyers, in time of their own. A hub (the sync under test) is told of
 * orders as late as each channel tells, and may set, read, stop and collect within the channels' call budgets.
 */
import { seededRandom } from '../../server/kernel/random.ts'
import { agenda } from './agenda.ts'
import { type Buyer, buyersOf, CHANNELS, type Scenario } from './scenarios.ts'

/** A sale (quantity > 0) or a cancel (< 0), as the feed tells it. */
export type Entry = { product: number; at: number; quantity: number; visibleAt: number; recorded: boolean }

export type Hub = {
  /** Numbers at the start, product by product: they are there before the first buyer and cost no call. */
  begin(): void
  /** The ledger has taken it. */
  recorded(channel: number, entry: Entry): void
  /** A collection begun at `begunAt` is complete. */
  collected(channel: number, begunAt: number): void
  delivered(product: number): void
}

export type Tally = {
  orders: number
  /** Units asked for while there were so many. */
  demanded: number
  soldTwice: number
  refused: number
  /** Sold and not cancelled, the first buyer of each unit counted. */
  kept: number
  /** The same for a shop that knows all at once. */
  couldKeep: number
  calls: number
  /** Products of which a unit was sold twice. */
  hurt: number
}

export type World = ReturnType<typeof openWorld>

/** Longest time a call without an answer may still be applied, and when the caller gives up. */
export const SETTLES_MS = 15_000
const TIMEOUT_MS = 3_000
/** The feed is up to so late, and the margin that answers it. */
const FEED_LATE_MS = 1_700
export const MARGIN_MS = 2_000
/** What was sold before the end is told and cancelled after it. */
const AFTERMATH_MS = 600_000

export type Sabotage =
  | 'none'
  | 'an answered lowering is believed'
  | 'units given back are ignored'
  | 'a channel that is away is not counted'
  | 'a set counts as its value, not on top of what was there'
  | 'a timed-out write is read at once'
  | 'the feed is believed complete up to now'

export function openWorld(scenario: Scenario, seed: number) {
  const random = seededRandom(seed * 2 + 1)
  const events = agenda()
  let now = 0
  let hub: Hub | undefined
  const between = (low: number, high: number) => low + Math.floor(random.next() * (high - low))
  const later = (wait: number, act: () => void) => events.add(now + Math.max(0, wait), act)
  const perProduct = <T>(make: (product: number) => T) => Array.from({ length: scenario.products }, (_, i) => make(i))
  const physical = perProduct(scenario.stock)
  const allKnowing = perProduct(scenario.stock)
  const available = perProduct(scenario.stock)
  const twice = perProduct(() => 0)
  const tally: Tally = { orders: 0, demanded: 0, soldTwice: 0, refused: 0, kept: 0, couldKeep: 0, calls: 0, hurt: 0 }
  const channels = CHANNELS.map((given, index) => ({
    ...given,
    index,
    counters: perProduct(() => 0),
    onSale: perProduct(() => true),
    feed: [] as Entry[],
    freeAt: 0,
    collectAt: Number.POSITIVE_INFINITY,
  }))

  const isAway = (channel: number): boolean => {
    const { away } = scenario
    const part = now / scenario.forMs
    return away !== null && away.channel === channel && part >= away.from && part < away.to
  }

  // Buyers.

  function buy(buyer: Buyer): void {
    const { product, quantity, cancelAfter } = buyer
    const channel = channels[buyer.channel]!
    if (allKnowing[product]! >= quantity) {
      allKnowing[product]! -= quantity
      tally.couldKeep += quantity
      if (cancelAfter !== null) later(cancelAfter, () => giveBack(quantity))
    }
    const isThere = physical[product]! >= quantity
    if (!channel.onSale[product] || channel.counters[product]! < quantity) {
      if (isThere) {
        tally.demanded += quantity
        tally.refused += quantity
      }
      return
    }
    channel.counters[product]! -= quantity
    tally.orders += 1
    tally.demanded += quantity
    const valid = Math.max(0, Math.min(quantity, physical[product]!))
    physical[product]! -= quantity
    tally.kept += valid
    tally.soldTwice += quantity - valid
    twice[product]! += quantity - valid
    tell(channel, product, quantity)
    if (cancelAfter !== null) later(cancelAfter, () => cancel(channel, product, quantity, valid))

    function giveBack(units: number): void {
      allKnowing[product]! += units
      tally.couldKeep -= units
    }
  }

  function cancel(channel: (typeof channels)[number], product: number, quantity: number, valid: number): void {
    physical[product]! += quantity
    tally.kept -= valid
    if (channel.putsBack) channel.counters[product]! += quantity
    tell(channel, product, -quantity)
  }

  function tell(channel: (typeof channels)[number], product: number, quantity: number): void {
    const isLate = scenario.late !== null && quantity > 0 && random.next() < scenario.late.part
    const visibleAt = now + (isLate ? scenario.late!.ms : between(0, FEED_LATE_MS))
    const entry = { product, at: now, quantity, visibleAt, recorded: false }
    channel.feed.push(entry)
    if (channel.webhookMs === null || !scenario.webhooks) return
    const told = isLate ? visibleAt : now + channel.webhookMs + between(0, 200)
    later(told - now, () => {
      if (!isAway(channel.index)) record(channel, entry)
    })
  }

  function record(channel: (typeof channels)[number], entry: Entry): void {
    if (entry.recorded) return
    entry.recorded = true
    available[entry.product]! -= entry.quantity
    hub!.recorded(channel.index, entry)
  }

  // Calls.

  /** When a call may leave, the budget allowing. */
  function turn(channel: (typeof channels)[number]): number {
    const at = Math.max(now, channel.freeAt)
    channel.freeAt = at + 1_000 / channel.callsPerSecond
    tally.calls += 1
    return at - now
  }

  /** `done` comes with the answer, or when the call can no longer be applied; `giveUp` at the timeout, if one is given. */
  function send(channelIndex: number, apply: () => void, done: (outcome: 'yes' | 'unknown') => void, giveUp = done) {
    const channel = channels[channelIndex]!
    later(turn(channel), () => {
      if (isAway(channelIndex)) return later(SETTLES_MS, () => done('unknown'))
      const fate = random.next()
      if (fate < scenario.timedOut) {
        if (random.next() < 0.7) later(between(50, SETTLES_MS), apply)
        if (giveUp !== done) return later(TIMEOUT_MS, () => giveUp('unknown'))
        return later(SETTLES_MS + 1, () => done('unknown'))
      }
      const takes = between(100, 600)
      if (fate >= scenario.timedOut + scenario.lost) later(between(20, takes), apply)
      later(takes, () => done('yes'))
    })
  }

  const setStock = (
    channel: number,
    product: number,
    value: number,
    done: (outcome: 'yes' | 'unknown') => void,
    giveUp = done,
  ) => send(channel, () => (channels[channel]!.counters[product] = value), done, giveUp)

  const setOnSale = (channel: number, product: number, onSale: boolean, done: () => void) =>
    send(channel, () => (channels[channel]!.onSale[product] = onSale), done)

  /** Null: it could not be reached. */
  function readStock(
    channelIndex: number,
    product: number,
    done: (seen: { counter: number; onSale: boolean; sentAt: number } | null) => void,
  ): void {
    const channel = channels[channelIndex]!
    later(turn(channel), () => {
      if (isAway(channelIndex)) return later(TIMEOUT_MS, () => done(null))
      const sentAt = now
      const takes = between(50, 500)
      later(between(0, takes), () => {
        const seen = { counter: channel.counters[product]!, onSale: channel.onSale[product]!, sentAt }
        later(sentAt + takes - now, () => done(seen))
      })
    })
  }

  function collect(channel: (typeof channels)[number]): void {
    if (isAway(channel.index)) return
    const begunAt = now
    later(between(100, 700), () => {
      const told = channel.feed.filter((entry) => entry.visibleAt <= begunAt)
      for (const entry of told) record(channel, entry)
      channel.feed = channel.feed.filter((entry) => !entry.recorded)
      hub!.collected(channel.index, begunAt)
    })
  }

  /** One more collection, begun in so many ms or a little later; who asks meanwhile shares it. */
  function collectIn(channelIndex: number, wait: number): void {
    const channel = channels[channelIndex]!
    const at = now + wait
    const poll = Math.ceil((at - pollOf(channelIndex)) / channel.pollMs) * channel.pollMs + pollOf(channelIndex)
    if (poll - at < 1_000 || (channel.collectAt >= at && channel.collectAt - at < 2_000)) return
    channel.collectAt = at
    later(wait, () => {
      if (channel.collectAt === at) channel.collectAt = Number.POSITIVE_INFINITY
      if (isAway(channelIndex)) return
      later(turn(channel), () => collect(channel))
    })
  }

  const pollOf = (channel: number): number => (channel * 7_919) % CHANNELS[channel]!.pollMs

  function run(given: Hub): Tally {
    hub = given
    const buyers = buyersOf(scenario, seed)
    const end = scenario.forMs + AFTERMATH_MS
    for (const channel of channels) {
      const poll = () => {
        collect(channel)
        if (now + channel.pollMs < end) later(channel.pollMs, poll)
      }
      later(pollOf(channel.index), poll)
    }
    for (const { part, units } of scenario.deliveries) later(part * scenario.forMs, () => deliver(units))
    hub.begin()
    let next = 0
    const come = () => {
      const buyer = buyers[next]
      next += 1
      if (!buyer) return
      buy(buyer)
      if (buyers[next]) later(buyers[next]!.at - now, come)
    }
    if (buyers[0]) later(buyers[0].at, come)
    for (let event = events.next(); event && event.at <= end; event = events.next()) {
      now = event.at
      event.act()
    }
    return { ...tally, hurt: twice.filter((units) => units > 0).length }
  }

  function deliver(units: number): void {
    for (let product = 0; product < scenario.products; product += 1) {
      physical[product]! += units
      allKnowing[product]! += units
      available[product]! += units
      hub!.delivered(product)
    }
  }

  /** Numbers that stand before the first buyer comes. */
  const place = (channel: number, product: number, value: number) => {
    channels[channel]!.counters[product] = value
  }

  return {
    ...{ scenario, seed, available, later, isAway, place, setStock, setOnSale, readStock, collectIn, run },
    now: () => now,
  }
}
