/** What the planner is told of a listing, and of the own mall beside it. */
export type PlannedListing = {
  id: string
  /** `bound(rights)`, listing units; Infinity when nothing is known. */
  bound: number
  /** What buyers see as far as we believe: last set or observed, less orders since; null unknown. */
  shown: number | null
  /** Listing units a second buyers would take while it shows any; 0 = none seen yet. */
  rate: number
  /** How long the rate was watched, ms (`estimate` in demand.ts); without it the rate is taken as sure. */
  watchedMs?: number
  /** The connection answers and takes writes. */
  reachable: boolean
  /** A write without an answer, or a lowering that was not yet read and collected past. */
  openWrite: boolean
  /** When this listing was last lowered or raised, epoch ms; null never. */
  lastMovedAt: number | null
  /** Units one listing unit takes: 2 for 1+1. */
  multiplier: number
  /** Most the channel takes as a quantity; 0 for a listing that must not sell. */
  largest: number
  /** Its number is changed by the difference (stop, read, set, resume): a raise costs no more than what is added. */
  exact?: boolean
  /** Its last units may be shown elsewhere, too. Absent: strict, its rights are its own. */
  tail?: Tail
  /** As the last plan had it: it shows units that others show, or is on its way back from that. */
  pooled?: boolean
}

export type Tail = {
  /** The chance of a unit sold twice that the seller accepts each time the stock runs out: 0.01 is 1 %. */
  risk: number
  /** How long a sale may stay unseen: the full poll and the push, or the time since all was collected, ms. */
  unseenMs: number
  /** Part of the time in which the channel could not be reached, 0 to 1. */
  outShare: number
}

export type JointListing = Omit<PlannedListing, 'multiplier'> & {
  /** Units of each variant that one listing unit takes; each variant once, quantity >= 1. */
  needs: readonly { variantId: string; quantity: number }[]
}

/** How fast the own mall sells, component units a second. It sells from the free part and is given one like a listing's. */
export type OwnMall = { rate: number; watchedMs?: number }
