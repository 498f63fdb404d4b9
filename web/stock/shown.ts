import type { BoardListing, BoardVariant } from '../../contract/board.ts'

export const FILTERS = ['all', 'differs', 'low', 'short'] as const
export type Filter = (typeof FILTERS)[number]

/** At or below this many units an item is "low": as much as the last units a channel may be given by the rights policy. */
const LOW = 3

/** What buyers see as far as we know: read back, else what the marketplace said yes to. Null is unknown, never 0. */
export function shown(listing: BoardListing): number | null {
  return listing.observed ?? listing.accepted
}

/** Shows, for all we know, another number than it should. Unknown on either side is no difference yet. */
export function differs(listing: BoardListing): boolean {
  const now = shown(listing)
  return now !== null && listing.desired !== null && now !== listing.desired
}

export function passes(filter: Filter, variant: BoardVariant): boolean {
  switch (filter) {
    case 'all':
      return true
    case 'differs':
      return variant.listings.some(differs)
    case 'low':
      return variant.available <= LOW
    case 'short':
      return variant.short > 0
  }
}

const WORST_FIRST: readonly BoardListing['state'][] = ['parked', 'unknown', 'sending', 'waiting', 'observing', 'true']

/** The listings of one connection, the one that needs a look first. One item may be listed there more than once. */
export function listingsOf(variant: BoardVariant, connectionId: string): BoardListing[] {
  return variant.listings
    .filter((listing) => listing.connectionId === connectionId)
    .sort((a, b) => WORST_FIRST.indexOf(a.state) - WORST_FIRST.indexOf(b.state))
}
