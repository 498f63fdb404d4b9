import { ChannelFault, type ClaimKind, type ClaimState } from '../../../modules/channels/adapter.ts'
import { type ClaimRow, isOver } from './claims.ts'
import type { OpenClaim } from './cursor.ts'
import { number } from './fields.ts'
import { AWAITS_ADDRESS, CANCEL_ASKED, type OrderRow, RETURN_ASKED, type ShownRow } from './orders.ts'
import type { Fields } from './xml.ts'

const DAY_MS = 86_400_000

/** No list of claims is read further back than it can be in one call. */
export const LONGEST_FOLLOWED_MS = 29 * DAY_MS

/** Everything one collection has read. */
export type Seen = {
  lines: Map<string, ShownRow>
  claims: Map<string, ClaimRow>
  /** Orders with a row that is not what the contract says. */
  unreadOrders: Set<string>
  unread: Map<ClaimKind, number>
  /** Kinds whose requests were read. */
  requests: Set<ClaimKind>
  cut: boolean
}

export function nothingSeen(): Seen {
  return {
    lines: new Map(),
    claims: new Map(),
    unreadOrders: new Set(),
    unread: new Map(),
    requests: new Set(),
    cut: false,
  }
}

/** A claim in two lists is as far as the further one says. */
export function takeClaim(seen: Seen, row: ClaimRow): void {
  const known = seen.claims.get(row.claimKey)
  if (!known || !isOver(known) || isOver(row)) seen.claims.set(row.claimKey, row)
}

/** An open claim that the list of requests, read from the oldest on, does not show any more. */
export function isLost({ claimKey, kind }: OpenClaim, seen: Seen): boolean {
  return seen.requests.has(kind) && !seen.claims.has(claimKey) && !seen.unread.has(kind) && !seen.cut
}

export function askedUnits(claims: ReadonlyMap<string, ClaimRow>): Map<string, number> {
  const units = new Map<string, number>()
  for (const { kind, state, lineKey, quantity } of claims.values()) {
    if (kind === 'cancel' && state === 'requested') units.set(lineKey, (units.get(lineKey) ?? 0) + quantity)
  }
  return units
}

/**
 * An open claim that no list shows any more, told by what became of its line. A cancel is refused by shipping. While
 * the line itself still speaks of a claim, the lists were incomplete, and it is looked for again.
 */
export function endLost(seen: Seen, claim: OpenClaim): void {
  const row = seen.lines.get(claim.lineKey)?.row
  if (!row || row.ordPrdStat === CANCEL_ASKED || row.ordPrdStat === RETURN_ASKED) return
  seen.claims.set(claim.claimKey, {
    ...claim,
    state: endOf(row, claim.kind),
    ordNo: row.ordNo,
    endedAt: null,
    faultBy: claim.kind === 'cancel' ? 'buyer' : 'unknown',
    reason: '',
    isHeld: false,
    invoice: '',
    carrier: '',
    raw: Object.create(null) as Fields,
  })
}

function endOf(row: OrderRow, kind: ClaimKind): ClaimState {
  if (kind !== 'cancel') return row.ordPrdStat === 'A01' ? 'done' : 'refused'
  if (row.ordPrdStat === 'B01' || (row.ordCnQty ?? 0) > 0) return 'done'
  return row.sndEndDt !== null || row.ordPrdStat === '401' ? 'refused' : 'withdrawn'
}

export function openAfter(open: readonly OpenClaim[], seen: Seen, begunAt: number): OpenClaim[] {
  const followed = new Map(open.map((claim) => [claim.claimKey, claim]))
  for (const { claimKey, kind, lineKey, quantity, requestedAt, ...row } of seen.claims.values()) {
    if (isOver(row)) followed.delete(claimKey)
    else followed.set(claimKey, { claimKey, kind, lineKey, quantity, requestedAt })
  }
  return [...followed.values()].filter(({ requestedAt }) => requestedAt > begunAt - LONGEST_FOLLOWED_MS)
}

export function giftsAfter(gifts: readonly string[], seen: Seen): string[] {
  const waits = new Set(gifts)
  for (const { row } of seen.lines.values()) {
    if (row.ordPrdStat === AWAITS_ADDRESS) waits.add(row.ordNo)
    else waits.delete(row.ordNo)
  }
  return [...waits]
}

export function orderNoOf(lineKey: string): string {
  return lineKey.slice(0, lineKey.indexOf(':'))
}

/** What cannot be named cannot be asked for: then the answer as a whole is not to be believed. */
export function orderNumberIn(raw: Fields): string {
  const read = number.safeParse(raw.ordNo)
  if (!read.success) throw new ChannelFault('garbled', 'a row without an order number')
  return read.data
}
