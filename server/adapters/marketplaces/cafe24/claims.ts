import type { ChannelClaim, ClaimedLine, ClaimKind, ClaimState } from '../../../modules/channels/adapter.ts'
import { rawWithin } from '../answers.ts'
import { rowsByLine } from './line-rows.ts'
import type { ClaimRow, ItemRow, OrderRow } from './rows.ts'

type Part = { row: ItemRow; quantity: number }

/**
 * A claim with the rows it is about and how many units of each. code and told: null where its row alone tells of it, as of a
 * request nobody accepted yet.
 */
export type ClaimOfOrder = {
  key: string
  code: string | null
  kind: ClaimKind
  status: string
  /** The seller took the acceptance back. */
  isUndone: boolean
  parts: Part[]
  told: ClaimRow | null
}

const KINDS = { cancel: 'cancellation', return: 'return', exchange: 'exchange' } as const
const LETTERS = { cancel: 'C', return: 'R', exchange: 'E' } as const
const REQUEST_DATES = {
  cancel: 'cancel_request_date',
  return: 'return_request_date',
  exchange: 'exchange_request_date',
} as const

export function claimsIn(order: OrderRow): ClaimOfOrder[] {
  return (Object.keys(KINDS) as ClaimKind[]).flatMap((kind) => {
    const told = (order[KINDS[kind]] ?? []).flatMap((row) => toldClaims(order, kind, row))
    return [...told, ...untoldClaims(order, kind, told)]
  })
}

/** One code may be about several rows, each asked for by itself. */
function toldClaims(order: OrderRow, kind: ClaimKind, told: ClaimRow): ClaimOfOrder[] {
  const groups = Map.groupBy(partsOf(order, told), (part) => requestKey(kind, part) ?? told.claim_code)
  return [...groups].map(([key, parts]) => {
    const status = told.claim_status ?? statusIn(kind, told, parts)
    return { key, code: told.claim_code, kind, status, isUndone: told.undone === 'T', parts, told }
  })
}

/**
 * Rows asked for, or refused, that no claim tells of: whether a request has a code before it is accepted is not documented.
 * A row that tells when it was asked for and goes out all the same is one that was taken back.
 */
function untoldClaims(order: OrderRow, kind: ClaimKind, told: readonly ClaimOfOrder[]): ClaimOfOrder[] {
  const keys = new Set(told.map(({ key }) => key))
  const isToldByCode = (row: ItemRow) =>
    told.some(({ key, code, parts }) => key === code && parts.some((part) => part.row === row))
  return order.items.flatMap((row) => {
    const part = { row, quantity: row.quantity }
    const dated = requestKey(kind, part)
    const { order_status: word } = row
    const isAsked = word === `${LETTERS[kind]}00` || word === `${LETTERS[kind]}11`
    const isTakenBack = dated !== null && word.startsWith('N')
    if (!(isAsked || isTakenBack) || keys.has(dated ?? '') || isToldByCode(row)) return []
    const status = isAsked ? word : `${LETTERS[kind]}00`
    return [{ key: dated ?? keyOf(kind, row), code: null, kind, status, isUndone: false, parts: [part], told: null }]
  })
}

/** Stays the same when the request gets its code. Null where the row is not all that was asked for, or tells no time. */
function requestKey(kind: ClaimKind, { row, quantity }: Part): string | null {
  const at = row[REQUEST_DATES[kind]]
  return at === null || quantity !== row.quantity ? null : `${keyOf(kind, row)}-${Math.floor(at / 1_000)}`
}

const keyOf = (kind: ClaimKind, row: ItemRow): string => `${LETTERS[kind]}-${row.order_item_code}`

function statusIn(kind: ClaimKind, told: ClaimRow, parts: readonly Part[]): string {
  const words = [...parts.map(({ row }) => row.order_status), ...(told.items ?? []).map((item) => item.order_status)]
  return words.find((word) => word.startsWith(LETTERS[kind])) ?? `${LETTERS[kind]}00`
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
    became.changedAt = Math.max(became.changedAt, ...timesOf(claim))
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
export function claimStateOf({ status, parts, isUndone }: ClaimOfOrder): ClaimState {
  if (isUndone) return 'withdrawn'
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
  const { told, parts } = claim
  const requestedAt = timesOf(claim).find((at) => at > 0) ?? order.order_date
  // The seller's reason stands on the claim, the buyer's on the row.
  const { claim_reason_type: type, claim_reason: reason } = told ?? parts[0]!.row
  return {
    claimKey: claim.key,
    kind: claim.kind,
    state: claimStateOf(claim),
    externalOrderId: order.order_id,
    lines,
    faultBy: FAULT_BY[type] ?? 'unknown',
    reason,
    requestedAt,
    changedAt: Math.max(requestedAt, ...timesOf(claim)),
    lapses: null,
    returnParcel: null,
    raw: rawWithin(told ?? parts[0]!.row),
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

/** O is the buyer's change of mind where a return or an exchange was asked for. */
const FAULT_BY: Readonly<Record<string, ChannelClaim['faultBy']>> = { A: 'buyer', O: 'buyer', H: 'seller' }

/** The request first. */
const timesOf = ({ kind, told, parts }: ClaimOfOrder): number[] => [
  told?.claim_request_date ?? Math.max(0, ...parts.map(({ row }) => row[REQUEST_DATES[kind]] ?? 0)),
  told?.claim_accept_date ?? 0,
  told?.claim_complete_date ?? 0,
]
