/**
 * A day of pretend marketplaces for the tests: buyers, counters, late feeds, lost and timed-out writes, cancels, a
 * channel that is away; and a sync that works by `plan` and the rules of rights. Repeatable from its seed.
 *
 * The sync can be sabotaged one rule at a time, so that a test can show that each rule is needed.
 */
import { seededRandom } from '../../../kernel/random.ts'
import { type Demand, estimate, noDemand, observedSale, shownAgain, shownZero } from './demand.ts'
import { type Action, type Plan, plan } from './plan.ts'
import { answered, bound, collected, neverSeen, type Rights, readBack, recorded, sending } from './rights.ts'

export type Scenario = {
  seed: number
  stock: number
  forMs: number
  channels: readonly {
    /** Buyers a second. */
    rate: number
    pollMs: number
    /** Orders are pushed to us, beside being polled. */
    webhook: boolean
    /** What its contract says of cancels, and what it really does. */
    restocks: 'yes' | 'no' | 'unknown'
    putsBack: boolean
  }[]
  /** Buyers a second in the own mall, which sells from the free part. */
  ownRate: number
  /** How many times more buyers come in the second quarter. */
  rush: number
  /** Parts of the writes: answered with a yes and never applied; not answered, and applied any time or never. */
  lost: number
  timedOut: number
  cancelled: number
  /** The first channel cannot be reached in the middle half. */
  away: boolean
}

export type Sabotage =
  | 'none'
  | 'an answered lowering is believed'
  | 'units given back are ignored'
  | 'a channel that is away is not counted'
  | 'a set counts as its value, not on top of what was there'
  | 'a timed-out write is read at once'
  | 'the feed is believed complete up to now'

export type Tally = {
  sold: number
  refused: number
  soldTwice: number
  calls: number
  leftOnShelf: number
  free: number
}

/** Longest time a write without an answer may still be applied. */
const SETTLES_MS = 12_000
const TIMEOUT_MS = 3_000
/** How late the feed may be, and the margin that answers it. */
const FEED_LATE_MS = 2_000
const TICK_MS = 2_000

type Channel = Scenario['channels'][number] & {
  index: number
  counter: number
  feed: { at: number; quantity: number; visibleAt: number; recorded: boolean }[]
  // What the sync knows of it:
  rights: Rights
  shown: number | null
  /** When `shown` was set or read: orders from before are in it. */
  shownAt: number
  demand: Demand
  lastMovedAt: number | null
  open: 'writing' | 'reading' | { collectPast: number } | null
}

export function simulate(scenario: Scenario, sabotage: Sabotage = 'none'): Tally {
  const random = seededRandom(scenario.seed)
  const between = (low: number, high: number) => low + Math.floor(random.next() * (high - low))
  const events = agenda()
  const tally: Tally = { sold: 0, refused: 0, soldTwice: 0, calls: 0, leftOnShelf: 0, free: 0 }
  const margin = sabotage === 'the feed is believed complete up to now' ? 0 : FEED_LATE_MS
  let now = 1_000_000
  const start = now
  let physical = scenario.stock
  let available = scenario.stock

  const channels: Channel[] = scenario.channels.map((given, index) => ({
    ...given,
    index,
    counter: 0,
    feed: [],
    rights: { ...neverSeen(start - FEED_LATE_MS), counterMax: 0 },
    shown: 0,
    shownAt: start,
    demand: noDemand(start),
    lastMovedAt: null,
    open: null,
  }))

  const later = (wait: number, act: () => void) => events.add(now + wait, act)
  const isAway = (channel: Channel) => {
    const part = (now - start) / scenario.forMs
    return scenario.away && channel.index === 0 && part > 0.25 && part < 0.75
  }

  // The world.

  function buyersCome(rate: number, buy: (quantity: number) => void): void {
    if (rate === 0) return
    const part = (now - start) / scenario.forMs
    const pace = part > 0.25 && part < 0.5 ? rate * scenario.rush : rate
    const wait = Math.ceil((-Math.log(1 - random.next()) / pace) * 1_000)
    later(wait, () => {
      if (now - start > scenario.forMs) return
      buy(random.next() < 0.8 ? 1 : between(2, 4))
      buyersCome(rate, buy)
    })
  }

  function sell(quantity: number): void {
    physical -= quantity
    tally.sold += quantity
    if (physical < 0) tally.soldTwice += Math.min(quantity, -physical)
  }

  function buyAt(channel: Channel, quantity: number): void {
    if (channel.counter < quantity) {
      if (physical >= quantity) tally.refused += quantity
      return
    }
    channel.counter -= quantity
    sell(quantity)
    tell(channel, quantity)
    if (random.next() >= scenario.cancelled) return
    later(between(500, 90_000), () => {
      physical += quantity
      if (channel.putsBack) channel.counter += quantity
      tell(channel, -quantity)
    })
  }

  function tell(channel: Channel, quantity: number): void {
    const entry = { at: now, quantity, visibleAt: now + between(0, FEED_LATE_MS), recorded: false }
    channel.feed.push(entry)
    if (!channel.webhook) return
    later(entry.visibleAt - now, () => {
      if (entry.recorded || isAway(channel)) return
      record(channel, entry)
      work()
    })
  }

  function buyAtOwnMall(quantity: number): void {
    if (freePart() < quantity) {
      if (physical >= quantity) tally.refused += quantity
      return
    }
    available -= quantity
    sell(quantity)
  }

  // The sync: ledger and rights.

  function freePart(): number {
    return channels.reduce((free, channel) => free - countedBound(channel), available)
  }

  function countedBound(channel: Channel): number {
    if (sabotage === 'a channel that is away is not counted' && isAway(channel)) return 0
    return bound(channel.rights)
  }

  function collect(channel: Channel, isRegular: boolean): void {
    if (isAway(channel)) return
    if (!isRegular) tally.calls += 1
    const begunAt = now
    const found = channel.feed.filter((entry) => entry.visibleAt <= begunAt)
    later(between(100, 700), () => {
      for (const entry of found) if (!entry.recorded) record(channel, entry)
      channel.feed = channel.feed.filter((entry) => !entry.recorded)
      const upTo = begunAt - margin - 1
      channel.rights = collected(channel.rights, upTo)
      if (channel.open !== null && typeof channel.open === 'object' && channel.open.collectPast <= upTo)
        channel.open = null
      work()
    })
  }

  function record(channel: Channel, entry: Channel['feed'][number]): void {
    entry.recorded = true
    available -= entry.quantity
    const ignored = entry.quantity < 0 && (channel.restocks === 'no' || sabotage === 'units given back are ignored')
    if (!ignored) channel.rights = recorded(channel.rights, entry.at, entry.quantity)
    if (entry.quantity < 0) return
    channel.demand = observedSale(channel.demand, entry.quantity, entry.at)
    if (channel.shown !== null && entry.at > channel.shownAt) {
      show(channel, Math.max(0, channel.shown - entry.quantity), channel.shownAt)
    }
  }

  function show(channel: Channel, shown: number, shownAt: number): void {
    if (shown === 0 && channel.shown !== 0) channel.demand = shownZero(channel.demand, now)
    if (shown !== 0 && channel.shown === 0) channel.demand = shownAgain(channel.demand, now)
    channel.shown = shown
    channel.shownAt = shownAt
  }

  // The sync: planning and calling.

  function work(): void {
    const { actions, starving, worthReading } = planned()
    for (const action of actions) send(channels[Number(action.listing)]!, action)
    const doubtful = starving.length > 0 ? channels[Number(worthReading[0])] : undefined
    if (doubtful && doubtful.open === null) read(doubtful)
  }

  function planned(): Plan {
    const listings = channels.map((channel) => ({
      id: String(channel.index),
      bound: countedBound(channel),
      shown: channel.shown,
      ...estimate(channel.demand, now),
      reachable: !isAway(channel),
      openWrite: channel.open !== null,
      lastMovedAt: channel.lastMovedAt,
      multiplier: 1,
      largest: 99_999,
    }))
    return plan(available, listings, now)
  }

  function send(channel: Channel, action: Action): void {
    const sentAt = now
    tally.calls += 1
    channel.rights =
      sabotage === 'a set counts as its value, not on top of what was there'
        ? { ...channel.rights, counterMax: action.value, writes: [], seen: [] }
        : sending(channel.rights, action.value, sentAt)
    channel.open = 'writing'
    channel.lastMovedAt = now
    const wasSoldOut = channel.shown === 0
    show(channel, action.value, sentAt)

    const apply = () => {
      channel.counter = action.value
    }
    const fate = random.next()
    if (fate < scenario.timedOut) {
      if (random.next() < 0.7) later(between(50, SETTLES_MS), apply)
      const readAfter = sabotage === 'a timed-out write is read at once' ? TIMEOUT_MS : SETTLES_MS + 1
      channel.rights = answered(channel.rights, sentAt, sentAt + readAfter - 1)
      later(readAfter, () => read(channel))
      return
    }
    const lost = fate < scenario.timedOut + scenario.lost
    const answersAfter = between(100, 600)
    if (!lost) later(between(20, answersAfter), apply)
    later(answersAfter, () => hear(channel, action, sentAt, wasSoldOut))
  }

  function hear(channel: Channel, action: Action, sentAt: number, wasSoldOut: boolean): void {
    channel.rights = answered(channel.rights, sentAt, now)
    if (action.kind === 'raise' && !wasSoldOut) channel.open = null
    else if (action.kind === 'raise') later(1, () => read(channel))
    else if (sabotage === 'an answered lowering is believed') {
      channel.rights = { ...channel.rights, counterMax: action.value, writes: [], reads: [], seen: [] }
      channel.open = null
    } else later(1, () => read(channel))
    work()
  }

  function read(channel: Channel): void {
    if (isAway(channel)) {
      later(TICK_MS, () => read(channel))
      return
    }
    tally.calls += 1
    channel.open = 'reading'
    const sentAt = now
    const takes = between(50, 500)
    let counter = 0
    later(between(0, takes), () => {
      counter = channel.counter
    })
    later(takes, () => {
      channel.rights = readBack(channel.rights, counter, sentAt, now)
      channel.open = { collectPast: now }
      show(channel, counter, sentAt)
      later(margin + 2, () => collect(channel, false))
    })
  }

  // The run.

  for (const channel of channels) {
    buyersCome(channel.rate, (quantity) => buyAt(channel, quantity))
    for (let at = between(0, channel.pollMs); at < scenario.forMs + 120_000; at += channel.pollMs) {
      later(at, () => collect(channel, true))
    }
  }
  buyersCome(scenario.ownRate, buyAtOwnMall)
  for (let at = 0; at < scenario.forMs + 120_000; at += TICK_MS) later(at, work)

  for (let next = events.next(); next; next = events.next()) {
    now = next.at
    next.act()
  }
  tally.leftOnShelf = channels.reduce((sum, channel) => sum + channel.counter, 0)
  tally.free = freePart()
  return tally
}

type Event = { at: number; order: number; act: () => void }

/** Events by time, those of one instant in the order they were added: a binary heap. */
function agenda() {
  const heap: Event[] = []
  let added = 0
  const isBefore = (a: Event, b: Event) => a.at < b.at || (a.at === b.at && a.order < b.order)

  const add = (at: number, act: () => void) => {
    added += 1
    const event = { at, order: added, act }
    let hole = heap.length
    heap.push(event)
    while (hole > 0) {
      const parent = (hole - 1) >> 1
      if (!isBefore(event, heap[parent]!)) break
      heap[hole] = heap[parent]!
      hole = parent
    }
    heap[hole] = event
  }

  const next = (): Event | undefined => {
    const first = heap[0]
    const last = heap.pop()
    if (!first || !last || heap.length === 0) return first
    let hole = 0
    for (;;) {
      let child = 2 * hole + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1
      if (!isBefore(heap[child]!, last)) break
      heap[hole] = heap[child]!
      hole = child
    }
    heap[hole] = last
    return first
  }
  return { add, next }
}
