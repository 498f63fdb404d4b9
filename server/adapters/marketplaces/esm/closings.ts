import type { ChannelClaim, ClaimState } from '../../../modules/channels/adapter.ts'
import { readClaimKey } from './claims.ts'
import type { Known } from './known.ts'
import type { Whereabouts } from './lists.ts'
import { claimLeft, type OpenClaim, type OpenClaims } from './open-claims.ts'
import { keyOf, type Site } from './sites.ts'

/** What is left of open claims: as they were last told by this process, and the units of every order told. */
export type Left = { open: OpenClaims; told: ReadonlyMap<string, ChannelClaim>; known: Known }

/**
 * How far open claims are by where their orders are, now that an exchange of each was approved. Of those in `shown` the
 * list itself tells.
 */
export function movedByOrders(
  left: Left,
  sites: readonly Site[],
  exchanged: readonly Whereabouts[],
  shown: ReadonlySet<string>,
): ChannelClaim[] {
  return exchanged.flatMap((where) => {
    for (const site of sites) {
      const open = left.open.get(keyOf(site, where.orderNo))
      if (!open) continue
      const state = shown.has(open.claimKey) ? null : stateBy(where, site, open)
      return state ? asTold(left, open, state, where.changedAt) : []
    }
    return []
  })
}

/**
 * Claims that ended because another one of their order was told since: somebody turned a return into an exchange, or
 * back. The list then forgets the first.
 */
export function overtakenBy(left: Left, told: readonly ChannelClaim[]): ChannelClaim[] {
  const keys = new Set(told.map(({ claimKey }) => claimKey))
  return told.flatMap((claim) => {
    const { orderKey = '', kind = 'cancel' } = readClaimKey(claim.claimKey) ?? {}
    const open = left.open.get(orderKey)
    if (!open || kind === 'cancel' || keys.has(open.claimKey)) return []
    const isSince = (readClaimKey(open.claimKey)?.requestedAt ?? 0) <= claim.requestedAt
    return isSince ? asTold(left, open, 'withdrawn', claim.requestedAt) : []
  })
}

/**
 * Shipping again, 3, follows no withdrawal: the other goods are on their way. That they arrived is said only for 옥션,
 * which has no list of what is done and lets an order be exchanged once.
 */
function stateBy({ status, claimStatus }: Whereabouts, site: Site, open: OpenClaim): ClaimState | null {
  const isInExchange = status === 8
  const isUnderWay = status === 3 || (isInExchange && claimStatus === 3)
  const hasArrived = status === 4 || status === 5 || (isInExchange && claimStatus === 4)
  if (readClaimKey(open.claimKey)?.kind === 'return') {
    return site === 'iac' && (isUnderWay || hasArrived) ? 'withdrawn' : null
  }
  if (isUnderWay) return 'approved'
  return hasArrived && site === 'iac' ? 'done' : null
}

function asTold({ told, known }: Left, open: OpenClaim, state: ClaimState, at: number | null): ChannelClaim[] {
  const last = told.get(open.claimKey)
  if (last) {
    return [{ ...last, state, changedAt: Math.max(last.changedAt, at ?? 0), lapses: null }]
  }
  const orderKey = readClaimKey(open.claimKey)?.orderKey ?? ''
  const left = claimLeft(open, known.get(orderKey) ?? [])
  return left ? [{ ...left, state }] : []
}
