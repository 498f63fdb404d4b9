import type { Channel } from './storm-marketplaces.ts'

/** What a channel takes part with: SKUs listed there, always the first ones, and what its buyers do. */
export type Share = { skus: number; listings: number; ordersPerSecond: number }

/**
 * How many listings go where. Channels get listings in proportion to how many a second can be changed there and proven,
 * so that a storm ends everywhere at about the same time: evenly divided it would last as long as its slowest channel, for
 * whom two thousand listings are most of a day. Buyers are few where listings are few: under a pool each sale changes
 * the number everywhere, and 0.2 a second of SKUs that 11번가 and ESM both have are more than ESM can be told.
 */
export function splitOf(listings: number, channels: readonly Channel[]): Record<string, Share> {
  const all = channels.reduce((sum, channel) => sum + PACES[channel].listingsPerSecond, 0)
  const shares = channels.map((channel): [string, Share] => {
    const { listingsPerSecond, listingsEach, ordersPerSecond } = PACES[channel]
    const skus = Math.ceil((listings * listingsPerSecond) / all / listingsEach)
    return [channel, { skus, listings: skus * listingsEach, ordersPerSecond }]
  })
  return Object.fromEntries(shares)
}

/** Listings of a SKU at all of the channels together. */
export const listingsOf = (split: Readonly<Record<string, Share>>, place: number): number =>
  Object.values(split).reduce((sum, { skus, listings }) => sum + (place < skus ? listings / skus : 0), 0)

/** As measured in storms, while orders take their part of the calls. */
const PACES: Record<Channel, { listingsPerSecond: number; listingsEach: number; ordersPerSecond: number }> = {
  naver: { listingsPerSecond: 1, listingsEach: 1, ordersPerSecond: 0.2 },
  coupang: { listingsPerSecond: 1, listingsEach: 1, ordersPerSecond: 0.2 },
  cafe24: { listingsPerSecond: 1, listingsEach: 1, ordersPerSecond: 0.2 },
  eleventh: { listingsPerSecond: 0.2, listingsEach: 1, ordersPerSecond: 0.05 },
  // One product at two sites.
  esm: { listingsPerSecond: 0.4, listingsEach: 2, ordersPerSecond: 0.05 },
}

export const ALL_CHANNELS = Object.keys(PACES) as Channel[]
