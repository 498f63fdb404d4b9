import type { Variant } from '../catalog/index.ts'
import type { Availability } from '../inventory/index.ts'
import { boundOf, isExact, isExchanging } from './account.ts'
import { estimate, ratePerSecond } from './allocation/demand.ts'
import { type JointListing, type JointPlan, planJointly } from './allocation/plan.ts'
import type { Tail } from './allocation/planned-listing.ts'
import { type Buffer, bufferedPool, fixedSplit, isUnhealthy, pool, type Split } from './allocation/policies.ts'
import { type Connection, isReachable } from './connection.ts'
import type { Listing } from './listing.ts'
import { needsOf } from './scope.ts'
import { LAG_MS, URGENCY, type Urgency, urgencyOf } from './urgency.ts'

/** The world a plan is made from: listings brought up to date, stock as read. Pure from here on. */
export type Standing = {
  now: number
  variants: ReadonlyMap<string, Variant>
  stock: ReadonlyMap<string, Availability>
  connections: ReadonlyMap<string, Connection>
  listings: readonly Listing[]
  /** Variants whose last units are never shown in two places. */
  strict: ReadonlySet<string>
  /** Most a channel takes as a quantity, by channel. */
  largest: (connection: Connection) => number
}

export type Wish = {
  listing: Listing
  /** What it should show now. */
  desired: number
  urgency: Urgency
  /** The number is one that others show, too, or leads back from that. */
  pooled: boolean
}

export type Wishes = {
  wishes: Wish[]
  /** Worth a read: rights exceed what is shown and nothing is under way. */
  worthReading: Listing[]
  /** Variants of which somebody should show more and cannot yet: plan again soon. */
  starving: string[]
  /** Variants whose channels may sell more than there is, and nobody chose that: units. */
  exposed: { variantId: string; units: number }[]
}

/** What every listing of the standing should show, each by its connection's policy. */
export function planStanding(standing: Standing): Wishes {
  const mapped = standing.listings.filter((listing) => needsOf(listing, standing.variants).length > 0)
  const byPolicy = (rights: boolean) =>
    mapped.filter((listing) => (standing.connections.get(listing.connectionId)?.policy === 'rights') === rights)
  const planned = groupsOf(standing, byPolicy(true)).map((group) => planRights(standing, group))
  return {
    wishes: [
      ...planned.flatMap((plan) => plan.wishes),
      ...byVariant(byPolicy(false)).flatMap((l) => divide(standing, l)),
    ],
    worthReading: planned.flatMap((plan) => plan.worthReading),
    starving: [...new Set(planned.flatMap((plan) => plan.starving))],
    exposed: planned.flatMap((plan) => plan.exposed),
  }
}

/** Listings that share a component, directly or through a set, are planned together. */
function groupsOf(standing: Standing, listings: readonly Listing[]): Listing[][] {
  const groupOf = new Map<string, Listing[]>()
  for (const listing of listings) {
    const parts = needsOf(listing, standing.variants).map((need) => need.variantId)
    const joined = [...new Set(parts.flatMap((part) => groupOf.get(part) ?? []))]
    const group = [...joined, listing]
    const keys = new Set(group.flatMap((one) => needsOf(one, standing.variants).map((need) => need.variantId)))
    for (const key of keys) groupOf.set(key, group)
  }
  return [...new Set(groupOf.values())]
}

function planRights(standing: Standing, group: readonly Listing[]): Wishes {
  const parts = new Set(group.flatMap((listing) => needsOf(listing, standing.variants).map((need) => need.variantId)))
  const components = new Map([...parts].map((part) => [part, standing.stock.get(part)?.available ?? 0]))
  const byId = new Map(group.map((listing) => [listing.listingId, listing]))
  const joint = planJointly(
    components,
    group.map((listing) => plannedListing(standing, listing)),
    standing.now,
  )
  const pooled = new Set(joint.pooled)
  const actions = new Map(joint.actions.map((action) => [action.listing, action]))
  const unknown = group.filter((listing) => !Number.isFinite(boundOf(listing)))
  const wishes = group.flatMap((listing): Wish[] => {
    // First contact: a read and a collection past it tell as much as taking it off sale would.
    if (unknown.includes(listing)) return []
    const action = actions.get(listing.listingId)
    const desired = action?.value ?? restingAt(listing)
    if (desired === null) return []
    const urgency = urgencyIn(standing, listing, desired)
    return [{ listing, desired, urgency, pooled: pooled.has(listing.listingId) }]
  })
  return {
    wishes,
    // One read at a time: the next tells nothing until a collection has gone past the first.
    worthReading: [...unknown, ...joint.worthReading.map((id) => byId.get(id)!)].filter(
      ({ rights, exchange }) => rights.reads.length === 0 && (exchange?.ground ?? null) === null,
    ),
    starving: joint.starving.map((id) => byId.get(id)!.variantId!),
    exposed: unchosen(standing, group, joint),
  }
}

/**
 * Rights beyond what is available, but for those of listings that pool their last units: that risk is the seller's.
 *
 * Claims bring them about, too, for seconds and without anybody's mistake (all seven units of a minute of the demo with
 * faults on five channels): the other goods of an exchange are owed and are taken from what channels were promised, and
 * a return that is done joins the rights until a read says that the marketplace did not put it back on its shelf. Both
 * are units that could be sold twice just then, and the fence goes up as for any others.
 */
function unchosen(standing: Standing, group: readonly Listing[], { free, pooled }: JointPlan): Wishes['exposed'] {
  const chosen = new Set(
    group
      .filter((listing) => pooled.includes(listing.listingId))
      .flatMap((listing) => needsOf(listing, standing.variants).map((need) => need.variantId)),
  )
  return [...free]
    .filter(([variantId, units]) => units < 0 && Number.isFinite(units) && !chosen.has(variantId))
    .map(([variantId, units]) => ({ variantId, units: -units }))
}

/**
 * With nothing to do for a listing, what it shows is what we want: its rights were never shared. But a lowering of ours
 * that is under way, or was answered and has not held, is wanted until it is seen: a look that fell between a lost
 * write and its repeat took the old number for the wish, and the zero was never sent again.
 */
function restingAt(listing: Listing): number | null {
  const { shown, desired, lowering, rights } = listing
  if (isExchanging(listing)) return desired ?? shown
  const isUnderWay = lowering || rights.writes.some((write) => write.endedAt === null)
  return isUnderWay && desired !== null && shown !== null && desired < shown ? desired : (shown ?? desired)
}

function plannedListing(standing: Standing, listing: Listing): JointListing {
  const connection = standing.connections.get(listing.connectionId)!
  return {
    id: listing.listingId,
    bound: boundOf(listing),
    shown: listing.shown,
    ...estimate(listing.demand, standing.now),
    reachable: isReachable(connection) && listing.fault === null,
    openWrite:
      listing.lowering || isExchanging(listing) || listing.rights.writes.some((write) => write.endedAt === null),
    lastMovedAt: listing.movedAt,
    largest: standing.largest(connection),
    needs: needsOf(listing, standing.variants),
    pooled: listing.pooled,
    exact: listing.exchange !== null,
    ...tailOf(standing, connection, listing),
  }
}

/** However often orders are asked for, a collection and the rest after it may take so long. */
const COLLECTION_MS = 5_000
const PUSH_MS = 3_000
/** One percent each time the stock runs out, unless the seller says another chance. */
const TAIL_RISK = 0.01
/** A channel nobody has measured yet. */
const OUT_SHARE = 0.001

function tailOf({ now, strict }: Standing, connection: Connection, { variantId }: Listing): { tail?: Tail } {
  const { policySettings, settings, feedLatenessMs, collectedUpTo, learned } = connection
  if (policySettings.tail !== 'pooled' || isExact(connection) || strict.has(variantId!)) return {}
  const askedMs = Math.max(COLLECTION_MS, Number(settings.pollMs ?? 0)) + feedLatenessMs
  const unseenMs = PUSH_MS + Math.max(askedMs, now - collectedUpTo)
  return {
    tail: { risk: policySettings.tailRisk ?? TAIL_RISK, unseenMs, outShare: learned?.outShare ?? OUT_SHARE },
  }
}

const byVariant = (listings: readonly Listing[]): Listing[][] => {
  const groups = new Map<string, Listing[]>()
  for (const listing of listings) groups.set(listing.variantId!, [...(groups.get(listing.variantId!) ?? []), listing])
  return [...groups.values()]
}

/** Pool, buffered pool and fixed split: each listing of one variant, in that variant's units. */
function divide(standing: Standing, listings: readonly Listing[]): Wish[] {
  const variant = standing.variants.get(listings[0]!.variantId!)!
  const available = unitsOf(standing, variant) + variant.margin
  const rows = listings.map((listing) => {
    const connection = standing.connections.get(listing.connectionId)!
    return {
      listing,
      connection,
      id: listing.listingId,
      multiplier: listing.multiplier,
      largest: standing.largest(connection),
    }
  })
  const of = (policy: Connection['policy']) => rows.filter(({ connection }) => connection.policy === policy)
  const desired = new Map([
    ...pool(available, of('pool')),
    ...bufferedPool(
      available,
      of('buffered').map((row) => ({
        ...row,
        buffer: bufferOf(row.connection),
        unhealthy: isUnhealthy(row.connection.lastSuccessAt, standing.now),
      })),
    ),
    ...fixedSplit(
      available,
      of('fixed').map((row) => ({ ...row, split: splitOf(row.connection) })),
    ),
  ])
  return rows.map(({ listing, id }) => {
    const units = desired.get(id) ?? 0
    return { listing, desired: units, urgency: urgencyIn(standing, listing, units), pooled: false }
  })
}

/** Under rights whoever gives units up is waited for, so that no lowering is left for later. */
function urgencyIn(standing: Standing, listing: Listing, desired: number): Urgency {
  const { policy, settings } = standing.connections.get(listing.connectionId)!
  const { shown, multiplier } = listing
  const available = Math.floor(unitsOf(standing, standing.variants.get(listing.variantId!)!) / multiplier)
  const lagMs = Number(settings.lagMs ?? LAG_MS)
  const rate = ratePerSecond(listing.demand, standing.now)
  const urgency = urgencyOf({ shown, desired, available, rate, lagMs })
  const givesUp = policy === 'rights' && shown !== null && desired < shown
  return givesUp && urgency > URGENCY.drop ? URGENCY.drop : urgency
}

/** A set has as many units as its scarcest part allows. */
function unitsOf(standing: Standing, variant: Variant): number {
  const parts = needsOf({ variantId: variant.variantId, multiplier: 1 }, standing.variants)
  return Math.min(
    ...parts.map((part) => Math.floor((standing.stock.get(part.variantId)?.available ?? 0) / part.quantity)),
  )
}

const bufferOf = ({ policySettings }: Connection): Buffer =>
  policySettings.percent === undefined
    ? { kind: 'units', units: policySettings.units ?? 0 }
    : { kind: 'percent', percent: policySettings.percent }

const splitOf = ({ policySettings }: Connection): Split =>
  policySettings.units === undefined
    ? { kind: 'share', percent: policySettings.percent ?? 0 }
    : { kind: 'units', units: policySettings.units }
