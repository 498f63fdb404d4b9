import type { ChannelClaim, ClaimedLine, ClaimKind, ClaimState } from '../../../modules/channels/adapter.ts'
import { rawWithin } from '../answers.ts'
import { rowsByLine } from './line-rows.ts'
import type { ClaimRow, ItemRow, OrderRow } from './rows.ts'

/** A claim with the rows it is about and how many units of each. */
export type ClaimOfOrder = {
  code: string
  kind: ClaimKind
  status: string
  parts: { row: ItemRow; quantity: number }[]
  told: ClaimRow
}

const KINDS = { cancel: 'cancellation', return: 'return', exchange: 'exchange' } as const

export function claimsIn(order: OrderRow): ClaimOfOrder[] {
  return (Object.keys(KINDS) as ClaimKind[]).flatMap((kind) =>
    (order[KINDS[kind]] ?? []).map((told) => {
      const parts = partsOf(order, told)
      return { code: told.claim_code, kind, status: told.claim_status, parts, told }
    }),
  )
}

function partsOf(order: OrderRow, told: ClaimRow): ClaimOfOrder['parts'] {
  const named = new Map((told.order_item_code ?? []).map((code): [string, number | null] => [code, null]))
  for (const { order_item_code: code, quantity } of told.items ?? []) named.set(code, quantity ?? null)
  return order.items.flatMap((row) => {
    const isNamed = named.has(row.order_item_code)
    if (!isNamed && row.claim_code !== told.claim_code) return []
    const counted = row.claim_code === told.claim_code ? row.claim_quantity : null
    return [{ row, quantity: Math.min(row.quantity, named.get(row.order_item_code) || counted || row.quantity) }]
  })
}

/** How far the number of a status has come; it only moves forward. */
export const stepOf = (status: string): number => Number(status.slice(1))

/** What claims have made of a row's units. */
export function whatBecameOf(order: OrderRow, row: ItemRow) {
  const became = { cancelDone: 0, cancelOpen: 0, otherOpen: 0, otherDone: 0, changedAt: 0 }
  for (const claim of claimsIn(order)) {
    const part = claim.parts.find((each) => each.row === row)
    if (!part) continue
    const state = claimStateOf(claim)
    const isOpen = state === 'requested' || state === 'approved' || state === 'collected'
    if (claim.kind === 'cancel') {
      if (isOpen) became.cancelOpen += part.quantity
      if (state === 'done') became.cancelDone += part.quantity
    } else if (isOpen) became.otherOpen += part.quantity
    else if (state === 'done') became.otherDone += part.quantity
    became.changedAt = Math.max(became.changedAt, ...timesOf(claim.told))
  }
  return became
}

/** Units of a row that some claim has taken or asks for. */
export function unitsOf(order: OrderRow, row: ItemRow): number {
  const { cancelDone, cancelOpen, otherOpen, otherDone } = whatBecameOf(order, row)
  return cancelDone + cancelOpen + otherOpen + otherDone
}

const STATES: readonly [pattern: RegExp, state: ClaimState][] = [
  [/^[CRE]00$/, 'requested'],
  [/^[CRE]11$/, 'refused'],
  [/^(C10|C3[4-6]|[RE]1[02])$/, 'approved'],
  [/^[RE](13|20|3\d)$/, 'collected'],
  [/^[CRE]4\d$/, 'done'],
]

/** A claim that still reads open while its goods are on their way out again was taken back by the buyer. */
export function claimStateOf({ status, parts }: Pick<ClaimOfOrder, 'status' | 'parts'>): ClaimState {
  const state = STATES.find(([pattern]) => pattern.test(status))?.[1] ?? 'requested'
  const isWhole = parts.length > 0 && parts.every(({ row, quantity }) => quantity === row.quantity)
  const goesOut = isWhole && parts.every(({ row }) => row.order_status.startsWith('N'))
  return state === 'requested' && goesOut ? 'withdrawn' : state
}

export function claimsOf(order: OrderRow): ChannelClaim[] {
  return claimsIn(order).flatMap((claim) => {
    const lines = claimedLines(order, claim)
    return lines.length === 0 ? [] : [channelClaim(order, claim, lines)]
  })
}

function channelClaim(order: OrderRow, claim: ClaimOfOrder, lines: ClaimedLine[]): ChannelClaim {
  const { told } = claim
  const requestedAt = told.claim_request_date ?? told.claim_complete_date ?? order.order_date
  return {
    claimKey: claim.code,
    kind: claim.kind,
    state: claimStateOf(claim),
    externalOrderId: order.order_id,
    lines,
    faultBy: FAULT_BY[told.claim_reason_type] ?? 'unknown',
    reason: told.claim_reason,
    requestedAt,
    changedAt: Math.max(requestedAt, ...timesOf(told)),
    lapses: null,
    returnParcel: null,
    raw: rawWithin(told),
  }
}

/** Several rows of one line are one entry. */
function claimedLines(order: OrderRow, claim: ClaimOfOrder): ClaimedLine[] {
  return rowsByLine(order).flatMap(({ lineKey, rows }) => {
    const parts = claim.parts.filter(({ row }) => rows.includes(row))
    const quantity = parts.reduce((sum, part) => sum + part.quantity, 0)
    return quantity === 0 ? [] : [{ lineKey, actionKey: lineKey, quantity }]
  })
}

const FAULT_BY: Readonly<Record<string, ChannelClaim['faultBy']>> = { A: 'buyer', H: 'seller' }

const timesOf = (told: ClaimRow): number[] => [
  told.claim_request_date ?? 0,
  told.claim_accept_date ?? 0,
  told.claim_complete_date ?? 0,
]
