import { z } from 'zod'
import type { ChannelClaim, ClaimKind, ClaimState } from '../../../modules/channels/adapter.ts'
import { rawWithin, someText } from '../answers.ts'
import { carrierOfCode } from './carriers.ts'
import { count, instant, maybeInstant, number } from './fields.ts'
import type { Fields } from './xml.ts'

/** A claim's row, of whichever list and kind. */
export type ClaimRow = {
  claimKey: string
  kind: ClaimKind
  state: ClaimState
  ordNo: string
  lineKey: string
  quantity: number
  requestedAt: number
  endedAt: number | null
  faultBy: ChannelClaim['faultBy']
  reason: string
  isHeld: boolean
  invoice: string
  carrier: string
  raw: Fields
}

/** The lists of a kind: what was asked for, what was granted, what was taken back. */
export type ClaimList = { kind: ClaimKind; tells: 'requested' | 'done' | 'withdrawn' }

/** Null for a row that breaks the contract. */
export function readClaimRow(list: ClaimList, raw: Fields): ClaimRow | null {
  return list.kind === 'cancel' ? readCancel(list, raw) : readReturn(list, raw)
}

/** What a claim is called from the marketplace's number: cancels and returns may be counted apart. */
export function claimKeyOf(kind: ClaimKind, seq: string): string {
  return `${kind}:${seq}`
}

export function seqOf(kind: ClaimKind, claimKey: string): string | null {
  const seq = claimKey.startsWith(`${kind}:`) ? claimKey.slice(kind.length + 1) : ''
  return number.safeParse(seq).success ? seq : null
}

export function isOver({ state }: { state: ClaimState }): boolean {
  return state === 'done' || state === 'refused' || state === 'withdrawn'
}

/** Differs whenever the claim does. */
export function claimVersion(row: ClaimRow): string {
  return [row.state, row.quantity, row.isHeld ? 'held' : '', row.invoice].join('|')
}

/** `seenAt`: for changes of which the marketplace tells no time. */
export function claimOf(row: ClaimRow, actionKey: string, seenAt: number): ChannelClaim {
  return {
    claimKey: row.claimKey,
    kind: row.kind,
    state: row.state,
    externalOrderId: row.ordNo,
    lines: [{ lineKey: row.lineKey, actionKey, quantity: row.quantity }],
    faultBy: row.faultBy,
    reason: row.reason,
    requestedAt: row.requestedAt,
    changedAt: row.endedAt ?? (row.state === 'requested' && !row.isHeld ? row.requestedAt : seenAt),
    lapses: row.isHeld ? { at: row.requestedAt + HELD_LAPSES_MS, answer: 'approve' } : null,
    returnParcel: row.invoice === '' ? null : { carrier: carrierOfCode(row.carrier), invoice: row.invoice },
    raw: rawWithin({ ...row.raw }),
  }
}

/**
 * A held return completes by itself ten days after the goods arrive, at the latest twenty after the request. When
 * they arrived is not told; a deadline that is too early only hurries somebody.
 */
const HELD_LAPSES_MS = 10 * 86_400_000

const cancelRow = z.object({
  ordPrdCnSeq: number,
  ordNo: number,
  ordPrdSeq: number,
  ordCnQty: count,
  ordCnMnbdCd: z.string().optional(),
  ordCnStatCd: z.enum(['01', '02', '05']).optional(),
  ordCnDtlsRsn: someText(2_000),
  createDt: instant,
  cnTrtEndDt: maybeInstant,
})

const CANCEL_STATES = { '01': 'requested', '02': 'done', '05': 'withdrawn' } as const

function readCancel(list: ClaimList, raw: Fields): ClaimRow | null {
  const read = cancelRow.safeParse(raw)
  if (!read.success || read.data.ordCnQty < 1) return null
  const row = read.data
  return {
    claimKey: claimKeyOf('cancel', row.ordPrdCnSeq),
    kind: 'cancel',
    // Only the list of requests need say how far each is.
    state: row.ordCnStatCd === undefined ? list.tells : CANCEL_STATES[row.ordCnStatCd],
    ordNo: row.ordNo,
    lineKey: `${row.ordNo}:${row.ordPrdSeq}`,
    quantity: row.ordCnQty,
    requestedAt: row.createDt,
    endedAt: row.cnTrtEndDt,
    faultBy: row.ordCnMnbdCd === '01' ? 'buyer' : row.ordCnMnbdCd === '02' ? 'seller' : 'unknown',
    reason: row.ordCnDtlsRsn,
    isHeld: false,
    invoice: '',
    carrier: '',
    raw,
  }
}

const returnRow = z.object({
  clmReqSeq: number,
  clmReqQty: count,
  clmStat: z.string(),
  clmReqCont: someText(2_000),
  ordNo: number,
  ordPrdSeq: number,
  reqDt: instant,
  twPrdInvcNo: someText(50),
  dlvEtprsCd: someText(20),
})

/** 103 waits for the buyer to pay the parcel back, 104 and 109 are held, 214 is a held exchange. */
const RETURN_STATES: ReadonlyMap<string, ClaimState> = new Map([
  ['103', 'requested'],
  ['104', 'requested'],
  ['105', 'requested'],
  ['109', 'requested'],
  ['106', 'done'],
  ['107', 'refused'],
  ['108', 'withdrawn'],
  ['201', 'requested'],
  ['212', 'approved'],
  ['214', 'requested'],
  ['221', 'done'],
  ['232', 'refused'],
  ['233', 'withdrawn'],
])

function readReturn(list: ClaimList, raw: Fields): ClaimRow | null {
  const read = returnRow.safeParse(raw)
  const state = read.success ? RETURN_STATES.get(read.data.clmStat) : undefined
  if (!read.success || state === undefined || read.data.clmReqQty < 1) return null
  const row = read.data
  return {
    claimKey: claimKeyOf(list.kind, row.clmReqSeq),
    kind: list.kind,
    state,
    ordNo: row.ordNo,
    lineKey: `${row.ordNo}:${row.ordPrdSeq}`,
    quantity: row.clmReqQty,
    requestedAt: row.reqDt,
    endedAt: null,
    faultBy: 'unknown',
    reason: row.clmReqCont,
    isHeld: row.clmStat === '104' || row.clmStat === '109',
    invoice: row.twPrdInvcNo,
    carrier: row.dlvEtprsCd,
    raw,
  }
}
