/**
 * Which listings of a variant to raise, lower or fence now, so that the rights of all stay within what is available
 * and sit where buyers are. Proposes only: it notes nothing and may be asked twice.
 */

export type PlannedListing = {
  id: string
  /** `bound(rights)`, listing units; Infinity when nothing is known. */
  bound: number
  /** What buyers see as far as we believe: last set or observed, less orders since; null unknown. */
  shown: number | null
  /** Listing units a second buyers would take while it shows any; 0 = none seen yet. */
  rate: number
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
}

/** `fence` is a set to 0 against units exposed; `lower` makes room for a starving listing. Values in listing units. */
export type Action = { kind: 'raise' | 'lower' | 'fence'; listing: string; value: number }

export type PlanOptions = {
  /** Reserved for showing the last units everywhere where the risk allows it (allocation by rights + pooled tail). */
  pooledTail?: 'off'
}

export type Plan = {
  /** Listing id → where its number should be heading, listing units. Not a number to push: `actions` are. */
  desired: Map<string, number>
  /** In order of work: fences, lowerings, raises from 0, other raises. */
  actions: Action[]
  /** available − Σ rights before the actions, component units; what the own mall may sell. -Infinity when a right is unknown. */
  free: number
  /** Units that could be sold twice whatever we do now: rights of listings we cannot write to, beyond what is available. */
  structuralExposure: number
  /** Listings that should show more and cannot until somebody is lowered: plan again within 5 to 60 s while any. */
  starving: string[]
}

export type JointListing = Omit<PlannedListing, 'multiplier'> & {
  /** Units of each variant that one listing unit takes; each variant once, quantity >= 1. */
  needs: readonly { variantId: string; quantity: number }[]
}

export type JointPlan = Omit<Plan, 'free' | 'structuralExposure'> & {
  free: Map<string, number>
  structuralExposure: Map<string, number>
}

export function plan(
  _available: number,
  _listings: readonly PlannedListing[],
  _now: number,
  _options: PlanOptions = {},
): Plan {
  throw new Error('not written yet')
}

/** Bundles and listings that share variants: one free part per component. `components`: variant id → units available. */
export function planJointly(
  _components: ReadonlyMap<string, number>,
  _listings: readonly JointListing[],
  _now: number,
  _options: PlanOptions = {},
): JointPlan {
  throw new Error('not written yet')
}
