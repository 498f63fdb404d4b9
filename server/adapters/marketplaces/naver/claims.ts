import { z } from 'zod'
import type { ChannelClaim, ClaimKind, ClaimState } from '../../../modules/channels/adapter.ts'
import { anId, maybeInstant, rawWithin, someText, units } from '../answers.ts'
import { carrierOfCode } from './carriers.ts'
import type { DetailRow } from './lines.ts'

/** A claim as the detail of its line shows it, current or ended. Field names beyond a cancel's follow its pattern. */
const claimPart = z.object({
  claimId: anId,
  claimStatus: z.string(),
  requestQuantity: units.nullish(),
  claimRequestDate: maybeInstant,
  cancelReason: someText(100),
  returnReason: someText(100),
  exchangeReason: someText(100),
  cancelDetailedReason: someText(1_000),
  returnDetailedReason: someText(1_000),
  exchangeDetailedReason: someText(1_000),
  cancelCompletedDate: maybeInstant,
  returnCompletedDate: maybeInstant,
  exchangeCompletedDate: maybeInstant,
  collectCompletedDate: maybeInstant,
  collectDeliveryCompany: someText(50),
  collectTrackingNumber: someText(50),
})

type ClaimPart = z.infer<typeof claimPart>

const SELLERS_FAULT: ReadonlySet<string> = new Set([
  'PRODUCT_UNSATISFIED',
  'DELAYED_DELIVERY',
  'SOLD_OUT',
  'INCORRECT_INFO',
  'DROPPED_DELIVERY',
  'BROKEN',
  'WRONG_DELIVERY',
  'WRONG_OPTION',
])
const BUYERS_FAULT: ReadonlySet<string> = new Set(['INTENT_CHANGED', 'COLOR_AND_SIZE', 'WRONG_ORDER'])

/** COLLECT_DONE and COLLECTING stand in returns and in exchanges alike; `ended` is for …_REJECT, told apart below. */
const STATES: Readonly<Record<string, ClaimState | 'ended'>> = {
  CANCEL_REQUEST: 'requested',
  CANCELING: 'approved',
  CANCEL_DONE: 'done',
  CANCEL_REJECT: 'ended',
  ADMIN_CANCELING: 'approved',
  ADMIN_CANCEL_DONE: 'done',
  ADMIN_CANCEL_REJECT: 'ended',
  RETURN_REQUEST: 'requested',
  EXCHANGE_REQUEST: 'requested',
  COLLECTING: 'approved',
  COLLECT_DONE: 'collected',
  RETURN_DONE: 'done',
  RETURN_REJECT: 'ended',
  EXCHANGE_REDELIVERING: 'collected',
  EXCHANGE_DONE: 'done',
  EXCHANGE_REJECT: 'ended',
}

const KINDS: readonly ClaimKind[] = ['cancel', 'return', 'exchange']

/**
 * The claims of a line. `changedAt`: of the line's feed row. `refusedHere`: claims this process refused, for a refusal
 * and a withdrawal end with the same word. Null when one of them is not what the contract says.
 */
export function claimsOf(
  row: DetailRow,
  changedAt: number | null,
  refusedHere: ReadonlySet<string>,
): ChannelClaim[] | null {
  const parts = partsOf(row)
  if (parts === null) return null
  const newest = parts.at(-1)?.part.claimId
  return parts.map(({ kind, part, raw }) =>
    claimOf(row, kind, part, raw, {
      newsAt: part.claimId === newest ? changedAt : null,
      isRefusedHere: refusedHere.has(part.claimId),
    }),
  )
}

type Part = { kind: ClaimKind; part: ClaimPart; raw: unknown }

/** By id, so that a claim shown both as current and as ended is one; the ended first. */
function partsOf(row: DetailRow): Part[] | null {
  const found = new Map<string, Part>()
  const ended = (row.completedClaims ?? []).map((raw) => ({ kind: kindOf(raw), raw }))
  const current = KINDS.map((kind) => ({ kind, raw: row.currentClaim?.[kind] ?? null }))
  for (const { kind, raw } of [...ended, ...current]) {
    if (kind === null || raw === null) continue
    const read = claimPart.safeParse(raw)
    if (!read.success || STATES[read.data.claimStatus] === undefined) return null
    found.set(read.data.claimId, { kind, part: read.data, raw })
  }
  return [...found.values()]
}

/** Null for what is no claim of goods, such as a held purchase decision. */
function kindOf({ claimType, claimStatus }: NonNullable<DetailRow['completedClaims']>[number]): ClaimKind | null {
  const word = claimType || claimStatus || ''
  if (word.startsWith('CANCEL') || word.startsWith('ADMIN_CANCEL')) return 'cancel'
  return word.startsWith('RETURN') ? 'return' : word.startsWith('EXCHANGE') ? 'exchange' : null
}

function claimOf(
  row: DetailRow,
  kind: ClaimKind,
  part: ClaimPart,
  raw: unknown,
  { newsAt, isRefusedHere }: { newsAt: number | null; isRefusedHere: boolean },
): ChannelClaim {
  const line = row.productOrder
  const requestedAt = part.claimRequestDate ?? newsAt ?? row.order.paymentDate ?? row.order.orderDate ?? 0
  const completedAt = part.cancelCompletedDate ?? part.returnCompletedDate ?? part.exchangeCompletedDate ?? 0
  const reason = part.cancelReason || part.returnReason || part.exchangeReason
  const detailed = part.cancelDetailedReason || part.returnDetailedReason || part.exchangeDetailedReason
  const quantity = part.requestQuantity || (line.initialQuantity ?? line.quantity)
  return {
    claimKey: part.claimId,
    kind,
    state: stateOf(row, kind, part.claimStatus, isRefusedHere),
    externalOrderId: row.order.orderId,
    lines: [{ lineKey: line.productOrderId, actionKey: line.productOrderId, quantity }],
    faultBy: faultOf(part.claimStatus, reason),
    reason: [reason, detailed].filter((text) => text !== '').join(' '),
    requestedAt,
    changedAt: Math.max(requestedAt, completedAt, part.collectCompletedDate ?? 0, newsAt ?? 0),
    lapses: null,
    returnParcel:
      part.collectTrackingNumber === ''
        ? null
        : { carrier: carrierOfCode(part.collectDeliveryCompany), invoice: part.collectTrackingNumber },
    raw: rawWithin(raw),
  }
}

/** A cancel is refused by dispatching, which shows; of the others only who refused knows that it was no withdrawal. */
function stateOf(row: DetailRow, kind: ClaimKind, status: string, isRefusedHere: boolean): ClaimState {
  const state = STATES[status] ?? 'requested'
  if (state !== 'ended') return state
  const isSent = row.delivery?.sendDate !== null && row.delivery?.sendDate !== undefined
  return isRefusedHere || (kind === 'cancel' && isSent) ? 'refused' : 'withdrawn'
}

function faultOf(status: string, reason: string): ChannelClaim['faultBy'] {
  if (status.startsWith('ADMIN')) return 'marketplace'
  if (SELLERS_FAULT.has(reason)) return 'seller'
  return BUYERS_FAULT.has(reason) ? 'buyer' : 'unknown'
}
