import type { ChannelClaim, ClaimState, Cursor } from '../../../modules/channels/adapter.ts'
import { isNumberId } from '../digits.ts'
import { readClaimKey } from './claims.ts'
import { lineKeyOf } from './rows.ts'

/**
 * Returns and exchanges that were told and are not over, by the key of their order, which has one at a time. No list
 * tells the end of some: an exchange at 옥션, and whatever somebody turned into the other kind.
 */
export type OpenClaims = Map<string, OpenClaim>

export type OpenClaim = {
  claimKey: string
  /** The cart: the order's number as it was told. */
  payNo: string
}

/** The newest; some 40 characters each in the cursor. */
const MOST = 500

const FINAL: readonly ClaimState[] = ['done', 'refused', 'withdrawn']

export const isOver = ({ state }: ChannelClaim): boolean => FINAL.includes(state)

/** What is open after these were told, in the order in which they were asked for. */
export function afterTelling(open: OpenClaims, told: readonly ChannelClaim[]): OpenClaims {
  const after: OpenClaims = new Map(open)
  for (const claim of told) {
    const key = readClaimKey(claim.claimKey)
    if (!key || key.kind === 'cancel') continue
    const { claimKey, externalOrderId: payNo } = claim
    if (!isOver(claim)) after.set(key.orderKey, { claimKey, payNo })
    else if (after.get(key.orderKey)?.claimKey === claimKey) after.delete(key.orderKey)
  }
  return after
}

/**
 * A claim of which only its key, its cart and its units are left, since another process told it. It is told as no newer
 * than its request, so that the words told before stay.
 */
export function claimLeft({ claimKey, payNo }: OpenClaim, units: readonly number[]): ChannelClaim | null {
  const key = readClaimKey(claimKey)
  if (!key || units.length === 0) return null
  const { orderKey, orderNo, kind, requestedAt } = key
  return {
    claimKey,
    kind,
    state: 'requested',
    externalOrderId: payNo,
    lines: units.map((quantity, place) => ({ lineKey: lineKeyOf(orderNo, place), actionKey: orderKey, quantity })),
    faultBy: 'unknown',
    reason: '',
    requestedAt,
    changedAt: requestedAt,
    lapses: null,
    returnParcel: null,
    raw: null,
  }
}

export function readOpen(text: Cursor[string] | undefined): OpenClaims {
  const open: OpenClaims = new Map()
  if (typeof text !== 'string' || text === '') return open
  for (const entry of text.split(' ')) {
    const [claimKey = '', payNo = ''] = entry.split('*')
    const key = readClaimKey(claimKey)
    if (key && isNumberId(payNo)) open.set(key.orderKey, { claimKey, payNo })
  }
  return open
}

export function writeOpen(open: OpenClaims): string {
  return [...open.values()]
    .slice(-MOST)
    .map(({ claimKey, payNo }) => `${claimKey}*${payNo}`)
    .join(' ')
}
