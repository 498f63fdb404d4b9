import { seededRandom } from '../../server/kernel/random.ts'

/** What happens to a shop's stock in a day or less. Times ms, rates orders a second. */
export type Scenario = {
  name: string
  says: string
  forMs: number
  products: number
  /** Orders a second of one product, all channels together, `part` of the run being over. */
  rate: (product: number, part: number) => number
  /** Most that `rate` answers for a product. */
  rateMost: (product: number) => number
  /** How the orders divide over the channels. */
  shares: (part: number) => readonly number[]
  /** What every seller could have known: the rates of the day before. */
  yesterday: (product: number) => number
  /** Units of a product at the start, and what comes in at each part of the run. */
  stock: (product: number) => number
  deliveries: readonly { part: number; units: number }[]
  /** Parts of the calls: answered with a yes and never applied; without an answer, and applied within Z or never. */
  lost: number
  timedOut: number
  /** Part of the orders that are cancelled within minutes. */
  cancelled: number
  /** A channel that cannot be reached in this part of the run. */
  away: { channel: number; from: number; to: number } | null
  /** Part of the orders the feed brings so late: assumption A4 broken. */
  late: { part: number; ms: number } | null
  /** False: no webhook comes, orders are told by polls alone. */
  webhooks: boolean
  /** The estimators are told the true rates. */
  knownRates: boolean
}

/** Two with a webhook and a 60 s poll, two without; half of them put cancelled units back on their shelf. */
export const CHANNELS = [
  { pollMs: 60_000, webhookMs: 1_600, putsBack: false, callsPerSecond: 5 },
  { pollMs: 60_000, webhookMs: 1_600, putsBack: true, callsPerSecond: 2 },
  { pollMs: 20_000, webhookMs: null, putsBack: false, callsPerSecond: 2 },
  { pollMs: 45_000, webhookMs: null, putsBack: true, callsPerSecond: 5 },
] as const

export const SHARES = [0.4, 0.25, 0.2, 0.15]
const SHIFTED = [
  [0.4, 0.25, 0.2, 0.15],
  [0.15, 0.4, 0.25, 0.2],
  [0.2, 0.15, 0.4, 0.25],
  [0.25, 0.2, 0.15, 0.4],
]
const HOUR = 3_600_000

export const CALM: Scenario = {
  name: 'calm',
  says: 'Λ 0.02, 150 units and 150 more at half time',
  forMs: 12_000_000,
  products: 1,
  rate: () => 0.02,
  rateMost: () => 0.02,
  shares: () => SHARES,
  yesterday: () => 0.02,
  stock: () => 150,
  deliveries: [{ part: 0.5, units: 150 }],
  lost: 0.002,
  timedOut: 0.002,
  cancelled: 0.03,
  away: null,
  late: null,
  webhooks: true,
  knownRates: false,
}

/** Half a sine wave between two parts of the run. */
const wave = (part: number, from: number, to: number): number =>
  part < from || part > to ? 0 : Math.sin((Math.PI * (part - from)) / (to - from))

const RUSH: Scenario = {
  ...CALM,
  name: 'rush',
  says: 'Λ 0.02, for 10 of 30 minutes up to 200 times as many, 1,200 units',
  forMs: 1_800_000,
  rate: (_, part) => 0.02 * (1 + 199 * wave(part, 1 / 3, 2 / 3)),
  rateMost: () => 4,
  stock: () => 1_200,
  deliveries: [],
}

export const STUCK: Scenario = {
  ...CALM,
  name: 'stuck',
  says: 'Λ 0.02, the largest channel away in the second of three hours, 200 units: scarce',
  forMs: 3 * HOUR,
  stock: () => 200,
  deliveries: [],
  away: { channel: 0, from: 1 / 3, to: 2 / 3 },
}

export const SCENARIOS: readonly Scenario[] = [
  CALM,
  RUSH,
  {
    ...CALM,
    name: 'shifting',
    says: 'Λ 0.05, shares change places four times, 375 units and 375 more',
    rate: () => 0.05,
    rateMost: () => 0.05,
    yesterday: () => 0.05,
    shares: (part) => SHIFTED[Math.min(3, Math.floor(part * 4))]!,
    stock: () => 375,
    deliveries: [{ part: 0.5, units: 375 }],
  },
  STUCK,
  { ...STUCK, name: 'stuck, plenty', says: 'the same with 330 units: enough for all', stock: () => 330 },
  {
    ...STUCK,
    name: 'stuck, rush',
    says: 'the same with 600 units and up to 20 times as many orders for 20 minutes of the outage',
    stock: () => 600,
    rate: (_, part) => 0.02 * (1 + 19 * wave(part, 4 / 9, 5 / 9)),
    rateMost: () => 0.4,
  },
  { ...CALM, name: 'lost', says: 'calm with 2 % of the writes lost and 1 % timed out', lost: 0.02, timedOut: 0.01 },
  {
    ...CALM,
    name: 'slow',
    says: 'Λ 0.0006, two days, 30 units every twelve hours',
    forMs: 48 * HOUR,
    rate: () => 0.0006,
    rateMost: () => 0.0006,
    yesterday: () => 0.0006,
    stock: () => 30,
    deliveries: [0.25, 0.5, 0.75].map((part) => ({ part, units: 30 })),
  },
]

/** Outside the assumptions: what the strict policies cannot promise. */
export const LATE_FEED: Scenario = {
  ...RUSH,
  name: 'late feed',
  says: 'the rush with 10 % of the orders told two minutes late',
  late: { part: 0.1, ms: 120_000 },
}

const TAIL_PRODUCTS = 1_000
/** Zipf's law over the products, one and a half orders a minute and hundred products. */
const zipf = (() => {
  const weights = Array.from({ length: TAIL_PRODUCTS }, (_, rank) => 1 / (rank + 10))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => (0.8 * weight) / sum)
})()

/** A thousand slow products that share the channels' call budgets, few units of each. */
export const LONG_TAIL: Scenario = {
  ...CALM,
  name: 'long tail',
  says: '1,000 products on 4 channels that share the call budgets, 0.8 orders a second by Zipf, median 4 units a product',
  forMs: 3 * HOUR,
  products: TAIL_PRODUCTS,
  rate: (product) => zipf[product]!,
  rateMost: (product) => zipf[product]!,
  yesterday: (product) => zipf[product]!,
  // About what three hours sell, and one at least.
  stock: (product) => Math.max(1, Math.round(zipf[product]! * 3 * 3_600 * 1.1)),
  deliveries: [],
}

/** Everything that goes wrong, often: what the sabotages are played in. */
export const ROUGH: Scenario = {
  ...CALM,
  name: 'rough',
  says: 'Λ 0.17, 40 units, 5 % lost, 10 % timed out, 15 % cancelled, a channel away half the time',
  forMs: 1_200_000,
  rate: () => 0.17,
  rateMost: () => 0.17,
  yesterday: () => 0.17,
  stock: () => 40,
  deliveries: [{ part: 0.4, units: 40 }],
  lost: 0.05,
  timedOut: 0.1,
  cancelled: 0.15,
  away: { channel: 1, from: 0.25, to: 0.75 },
}

export type Buyer = { at: number; product: number; channel: number; quantity: number; cancelAfter: number | null }

/** The buyers of a run, by time: the same for every policy. */
export function buyersOf(scenario: Scenario, seed: number): Buyer[] {
  const random = seededRandom(seed)
  const buyers: Buyer[] = []
  for (let product = 0; product < scenario.products; product += 1) {
    const most = scenario.rateMost(product)
    for (let at = 0; ; ) {
      at += (-Math.log(1 - random.next()) / most) * 1_000
      if (at > scenario.forMs) break
      const part = at / scenario.forMs
      if (random.next() * most > scenario.rate(product, part)) continue
      buyers.push({
        at: Math.round(at),
        product,
        channel: drawn(scenario.shares(part), random.next()),
        quantity: sizeOf(random.next()),
        cancelAfter: random.next() < scenario.cancelled ? Math.round(1_000 + random.next() * 600_000) : null,
      })
    }
  }
  return buyers.sort((a, b) => a.at - b.at)
}

/** Four of five buy one unit, the others two or three. */
const sizeOf = (chance: number): number => (chance < 0.8 ? 1 : chance < 0.9 ? 2 : 3)

function drawn(shares: readonly number[], chance: number): number {
  let left = chance
  for (const [index, share] of shares.entries()) {
    left -= share
    if (left < 0) return index
  }
  return shares.length - 1
}

/** A day of sales before the run, as the estimators would have seen them: listing by listing, times before 0. */
export function historyOf(scenario: Scenario, product: number, channel: number, seed: number) {
  const random = seededRandom(seed * 7_919 + product * 31 + channel)
  const rate = scenario.yesterday(product) * scenario.shares(0)[channel]!
  const sales: { at: number; quantity: number }[] = []
  for (let at = -24 * HOUR; ; ) {
    at += (-Math.log(1 - random.next()) / rate) * 1_000
    if (at >= 0) return sales
    sales.push({ at, quantity: sizeOf(random.next()) })
  }
}
