import { z } from 'zod'
import {
  CARRIERS,
  type ChannelClaim,
  type ChannelLineState,
  type ChannelOrder,
  type ChannelOrderLine,
  type ClaimKind,
  type ClaimState,
} from '../../../modules/channels/adapter.ts'
import { anId, anInstant, maybeInstant, rawWithin, someText } from '../answers.ts'
import { isNumberId } from '../digits.ts'
import { lineKeyOf } from './rows.ts'
import { keyOf, readKey, type Site } from './sites.ts'

/** A request to cancel that nobody answers is approved after a day. */
const LAPSES_AFTER_MS = 24 * 3_600_000

const common = {
  orderno: anId.refine(isNumberId),
  payno: anId,
  sitegoodsno: anId,
  requestuser: z.int().nullish(),
  reason: z.int().nullish(),
  reasondetail: someText(2_000),
  orderdate: maybeInstant,
  paydate: maybeInstant,
  requestdate: anInstant,
  withdrawdate: maybeInstant,
  approvedate: maybeInstant,
  completedate: maybeInstant,
}

const wayBack = {
  ...common,
  pickupinfo: z
    .object({ completedate: maybeInstant, deliverycompname: someText(100), invoiceno: someText(50) })
    .nullish(),
}

const status = z.int().min(1).max(6)
/** A text by the page's table and a number in its samples. */
const exchangeStatus = z.union([z.int(), z.string().regex(/^\d$/).transform(Number)]).refine((told) => told <= 5)

export const claimRows = {
  cancel: z.object({ ...common, cancelstatus: status }),
  return: z.object({ ...wayBack, returnstatus: status }),
  exchange: z.object({
    ...wayBack,
    exchangestatus: exchangeStatus,
    holdinfo: z.object({ ishold: z.boolean().nullish() }).nullish(),
    resendinfo: z.object({ completedate: maybeInstant, invoiceno: someText(50) }).nullish(),
  }),
}

type ExchangeRow = z.infer<typeof claimRows.exchange>
type AnyRow = z.infer<typeof claimRows.cancel> | z.infer<typeof claimRows.return> | ExchangeRow

/** A claim's row as it was told. It has no quantity: a claim here is about all of an order number. */
export type ClaimRow = { claimKey: string; orderKey: string; site: Site; kind: ClaimKind; row: AnyRow; raw: unknown }

export function shownClaim(site: Site, kind: ClaimKind, row: AnyRow, raw: unknown): ClaimRow {
  const orderKey = keyOf(site, row.orderno)
  // An order may be claimed again after a withdrawal, and only the time tells the two apart.
  const claimKey = `${orderKey}-${KIND_LETTER[kind]}${Math.trunc(row.requestdate / 1_000)}`
  return { claimKey, orderKey, site, kind, row, raw }
}

const KIND_LETTER: Record<ClaimKind, string> = { cancel: 'c', return: 'r', exchange: 'x' }

/** The parts of such a key; null for anything else. `requestedAt` has lost its fraction of a second. */
export function readClaimKey(
  claimKey: string,
): { orderKey: string; orderNo: string; kind: ClaimKind; requestedAt: number } | null {
  const [, orderKey = '', letter = '', seconds = ''] = /^([AG]\d+)-([crx])(\d{1,11})$/.exec(claimKey) ?? []
  const orderNo = readKey(orderKey)?.orderNo
  const kind = (['cancel', 'return', 'exchange'] as const).find((each) => KIND_LETTER[each] === letter)
  return orderNo && kind ? { orderKey, orderNo, kind, requestedAt: Number(seconds) * 1_000 } : null
}

/** Differs whenever the claim moved on. */
export function versionOf({ row }: ClaimRow): string {
  const { withdrawdate, approvedate, completedate } = row
  const { invoiceno, completedate: collected } = ('pickupinfo' in row ? row.pickupinfo : null) ?? {}
  const arrived = 'resendinfo' in row ? row.resendinfo?.completedate : ''
  return [statusOf(row), withdrawdate, approvedate, completedate, invoiceno, collected, arrived].join('|')
}

/** What a cancel does to its order: a wish somebody decides on, units nobody wants any more, or nothing. */
export function effectOf({ kind, row }: ClaimRow): 'requested' | 'cancelled' | 'over' | null {
  if (kind !== 'cancel') return null
  const told = statusOf(row)
  if (told === WITHDRAWN_CANCEL) return 'over'
  return told === 1 ? 'requested' : 'cancelled'
}

/** Whether the order is in the lists again, as far as its claim tells: let be, refused, or its other goods under way. */
export function isBackInLists({ kind, row }: ClaimRow): boolean {
  const told = statusOf(row)
  if (kind === 'cancel') return told === WITHDRAWN_CANCEL
  return told === 5 || (kind === 'exchange' && (told === 0 || told === 4))
}

/** `order` is what was last told of the order: units are its. `isRefused`: it went out to the buyer all the same. */
export function claimOf(claim: ClaimRow, order: ChannelOrder, isRefused: boolean): ChannelClaim {
  const { claimKey, kind, row } = claim
  const state = stateOf(claim, isRefused)
  const times = [row.requestdate, row.withdrawdate, row.approvedate, row.completedate]
  const isOpenCancel = kind === 'cancel' && state === 'requested'
  return {
    claimKey,
    kind,
    state,
    externalOrderId: order.externalId,
    lines: order.lines.map(({ lineKey, actionKey, quantity }) => ({ lineKey, actionKey, quantity })),
    faultBy: faultOf(row),
    reason: row.reasondetail,
    requestedAt: row.requestdate,
    changedAt: Math.max(...times.map((at) => at ?? 0)),
    lapses: isOpenCancel ? { at: row.requestdate + LAPSES_AFTER_MS, answer: 'approve' } : null,
    returnParcel: returnParcelOf(row),
    raw: rawWithin(claim.raw),
  }
}

/**
 * An order of which only a claim's row and its units are left, since another process told it: names, prices and the
 * option are not told again.
 */
export function orderOfClaim({ row, orderKey }: ClaimRow, units: readonly number[], unit: string): ChannelOrder {
  const orderedAt = row.orderdate ?? row.paydate ?? row.requestdate
  return {
    externalId: row.payno,
    orderedAt,
    paidAt: row.paydate,
    buyerName: '',
    address: null,
    shippingFee: null,
    lines: units.map((quantity, place) => ({
      lineKey: lineKeyOf(row.orderno, place),
      actionKey: orderKey,
      unit,
      item: row.sitegoodsno,
      sellerCode: null,
      productName: '',
      optionName: '',
      quantity,
      cancelled: 0,
      unitPrice: 0,
      state: 'paid',
      soldAt: row.paydate ?? orderedAt,
      changedAt: orderedAt,
      cancelRequested: false,
    })),
    raw: null,
  }
}

/** The order with what its cancel says laid over what was told of it before. */
export function withEffect(order: ChannelOrder, effect: 'requested' | 'cancelled', at: number): ChannelOrder {
  const isCancelled = effect === 'cancelled'
  return {
    ...order,
    lines: order.lines.map((line): ChannelOrderLine => {
      // Only an order the seller confirmed can be asked to be cancelled.
      const asked: ChannelLineState = line.state === 'paid' ? 'acknowledged' : line.state
      return {
        ...line,
        cancelled: isCancelled ? line.quantity : 0,
        state: isCancelled ? 'cancelled' : asked,
        changedAt: Math.max(line.changedAt, at),
        cancelRequested: !isCancelled,
      }
    }),
  }
}

const WITHDRAWN_CANCEL = 4

/** Cancels: 1 requested, 2 approved and not yet refunded, 3 done, 4 withdrawn, 5 by site, 6 after settlement. */
const CANCEL_STATES: Readonly<Record<number, ClaimState>> = {
  1: 'requested',
  2: 'approved',
  3: 'done',
  4: 'withdrawn',
  5: 'done',
  6: 'done',
}

/** Returns: 1 requested, 2 collected, 3 held, 4 refunded, 5 withdrawn, 6 by site. */
const RETURN_STATES: Readonly<Record<number, ClaimState>> = {
  1: 'requested',
  2: 'collected',
  3: 'requested',
  4: 'done',
  5: 'withdrawn',
  6: 'done',
}

/** Exchanges: 0 the other goods went out, 1 requested, 2 collected, 3 held, 4 done (G마켓 only), 5 withdrawn. */
const EXCHANGE_STATES: Readonly<Record<number, ClaimState>> = {
  0: 'approved',
  1: 'requested',
  2: 'collected',
  3: 'requested',
  4: 'done',
  5: 'withdrawn',
}

const STATES_OF = { cancel: CANCEL_STATES, return: RETURN_STATES, exchange: EXCHANGE_STATES }

function stateOf({ kind, row }: ClaimRow, isRefused: boolean): ClaimState {
  const state = STATES_OF[kind][statusOf(row)]!
  if (state === 'withdrawn') return kind === 'cancel' && isRefused ? 'refused' : state
  if ('resendinfo' in row && row.resendinfo?.completedate) return 'done'
  // A hold says nothing of the goods, nor does the other parcel.
  const isOpen = state === 'requested' || state === 'approved'
  return isOpen && 'pickupinfo' in row && row.pickupinfo?.completedate ? 'collected' : state
}

function statusOf(row: AnyRow): number {
  if ('cancelstatus' in row) return row.cancelstatus
  return 'returnstatus' in row ? row.returnstatus : row.exchangestatus
}

/** RequestUser 3 is the site's own people. Reason: 0 the seller's, 1 the buyer's. */
function faultOf({ requestuser, reason }: AnyRow): ChannelClaim['faultBy'] {
  if (requestuser === 3) return 'marketplace'
  if (reason === 0) return 'seller'
  return reason === 1 ? 'buyer' : 'unknown'
}

/** The list names the carrier in words. */
function returnParcelOf(row: AnyRow): ChannelClaim['returnParcel'] {
  const pickup = 'pickupinfo' in row ? row.pickupinfo : null
  if (!pickup?.invoiceno) return null
  const carrier = Object.entries(CARRIERS).find(([, name]) => name === pickup.deliverycompname)?.[0] ?? null
  return { carrier, invoice: pickup.invoiceno }
}
