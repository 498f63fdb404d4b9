import { z } from 'zod'
import type { Clock } from '../../../kernel/clock.ts'
import {
  type ActionResult,
  type Capabilities,
  ChannelFault,
  type ClaimAnswer,
  type ClaimAnswerKind,
  type ClaimKind,
  type SellerCancel,
} from '../../../modules/channels/adapter.ts'
import { inBatches, notMentioned, unknownResult } from '../batches.ts'
import { isNumberId } from '../digits.ts'
import { expectOffered } from '../offered.ts'
import { NOT_SENT, noCarrier, refusedHere } from '../refused-here.ts'
import { act, PRODUCT_ORDERS } from './actions.ts'
import type { Ask, NaverCall } from './call.ts'
import { BUCKETS } from './capabilities.ts'
import { codeOfCarrier } from './carriers.ts'
import { readDetails } from './details.ts'
import { dispatchOrders } from './fulfilment.ts'
import { type DetailRow, lineOf } from './lines.ts'

/** The calls of this marketplace are about one line each, as its claims are. */
const ANSWERS_PER_CALL = 1

/** Shown to the buyer when the seller wrote nothing; the call wants a text. */
const NO_REASON = '판매자 확인 결과 처리할 수 없습니다.'

/** One result an answer. A cancel is refused by dispatching, for there is no other way. */
export async function answerClaims(
  ask: Ask,
  clock: Clock,
  capabilities: Capabilities,
  answers: readonly ClaimAnswer[],
): Promise<ActionResult[]> {
  expectOffered(capabilities, answers)
  const entries = answers.map((answer) => ({ key: answer.claimKey, value: answer }))
  return inBatches(entries, ANSWERS_PER_CALL, async ([entry]) => {
    const { key, value } = entry!
    return new Map([[key, { ...(await answerOne(ask, clock, value)), key }]])
  })
}

async function answerOne(ask: Ask, clock: Clock, answer: ClaimAnswer): Promise<ActionResult> {
  const key = answer.claimKey
  const id = answer.lines[0]?.actionKey ?? ''
  if (!isNumberId(id)) return malformed(key, id)
  const sends = answer.answer === 'resend' || (answer.kind === 'cancel' && answer.answer === 'refuse')
  if (sends && answer.parcel === null) return refusedHere(key, NOT_SENT, { reason: 'parcel_needed' })
  if (sends && codeOfCarrier(answer.parcel!.carrier) === null) return noCarrier(key, answer.parcel!.carrier)
  if (answer.kind === 'cancel' && answer.answer === 'refuse') {
    const { externalOrderId } = answer
    const line = { lineKey: id, actionKey: id, externalOrderId, item: '', replaces: [] }
    const [result] = await dispatchOrders(ask, clock, [{ ...line, ...answer.parcel! }])
    return result!
  }
  const call = callOf(answer)
  if (call === null)
    return refusedHere(key, NOT_SENT, { reason: 'not_offered', what: `${answer.kind} ${answer.answer}` })
  const path = `${PRODUCT_ORDERS}/${id}/claim/${call.path}`
  const results = await act(ask, [{ key, value: id }], { ...call, method: 'POST', path })
  return results.get(key) ?? notMentioned(key)
}

function callOf(answer: ClaimAnswer): Pick<NaverCall, 'bucket' | 'path' | 'body'> | null {
  const reason = answer.reason || NO_REASON
  const calls: Partial<Record<`${ClaimKind} ${ClaimAnswerKind}`, Pick<NaverCall, 'bucket' | 'path' | 'body'>>> = {
    'cancel approve': { bucket: BUCKETS.cancelApprove, path: 'cancel/approve' },
    'return approve': { bucket: BUCKETS.returnApprove, path: 'return/approve' },
    'return refuse': { bucket: BUCKETS.returnReject, path: 'return/reject', body: { rejectReturnReason: reason } },
    'exchange receive': { bucket: BUCKETS.exchangeCollect, path: 'exchange/collect/approve' },
    'exchange resend': {
      bucket: BUCKETS.exchangeDispatch,
      path: 'exchange/dispatch',
      body: {
        reDeliveryMethod: 'DELIVERY',
        reDeliveryCompany: codeOfCarrier(answer.parcel?.carrier ?? ''),
        reDeliveryTrackingNumber: answer.parcel?.invoice,
      },
    },
    'exchange refuse': {
      bucket: BUCKETS.exchangeReject,
      path: 'exchange/reject',
      body: { rejectExchangeReason: reason },
    },
  }
  return calls[`${answer.kind} ${answer.answer}`] ?? null
}

const CANCEL_REASONS: Readonly<Record<SellerCancel['reason'], string>> = {
  sold_out: 'SOLD_OUT',
  wrong_price: 'INCORRECT_INFO',
  buyer_asked: 'INTENT_CHANGED',
}

/** wants_approval: a cancel of the seller's own is a request first, which he then grants. */
export type SellerCancels = 'completes' | 'wants_approval'

/** One result a line. The quantity is always named, so that a repeat cannot take units an earlier call left. */
export async function cancelLines(
  ask: Ask,
  cancels: readonly SellerCancel[],
  ends: SellerCancels,
): Promise<ActionResult[]> {
  const entries = cancels.map((cancel) => ({ key: cancel.lineKey, value: cancel }))
  const results = await inBatches(entries, ANSWERS_PER_CALL, async ([entry]) => {
    const { key, value } = entry!
    if (!isNumberId(value.actionKey)) return new Map([[key, malformed(key, value.actionKey)]])
    const asked = await act(ask, [{ key, value: value.actionKey }], {
      bucket: BUCKETS.cancelRequest,
      method: 'POST',
      path: `${PRODUCT_ORDERS}/${value.actionKey}/claim/cancel/request`,
      body: {
        cancelReason: CANCEL_REASONS[value.reason],
        cancelDetailedReason: '',
        cancelQuantity: value.quantity,
      },
    })
    const isAsked = ends === 'wants_approval' && asked.get(key)?.outcome === 'done'
    return isAsked ? new Map([[key, await grant(ask, value)]]) : asked
  })
  return withCancelled(ask, cancels, results, ends)
}

/** The request stands whatever becomes of this, so a fault leaves the line in doubt and is not thrown. */
async function grant(ask: Ask, { lineKey: key, actionKey: id }: SellerCancel): Promise<ActionResult> {
  try {
    const path = `${PRODUCT_ORDERS}/${id}/claim/cancel/approve`
    const granted = await act(ask, [{ key, value: id }], { bucket: BUCKETS.cancelApprove, method: 'POST', path })
    return granted.get(key) ?? unknownResult(key, null, null)
  } catch (error) {
    if (!(error instanceof ChannelFault)) throw error
    return unknownResult(key, error.code, error.said)
  }
}

/**
 * A line that cannot be cancelled because all of it already is, by an earlier call that got no answer, is done. One whose
 * request for as many units still waits is granted now.
 */
async function withCancelled(
  ask: Ask,
  cancels: readonly SellerCancel[],
  results: readonly ActionResult[],
  ends: SellerCancels,
): Promise<ActionResult[]> {
  const cancelOf = new Map(cancels.map((cancel) => [cancel.lineKey, cancel]))
  const idOf = new Map(cancels.map(({ lineKey, actionKey }) => [lineKey, actionKey]))
  const doubtful = results.filter(({ outcome, code }) => outcome === 'refused' && code !== NOT_SENT)
  if (doubtful.length === 0) return [...results]
  const shown = await readDetails(
    ask,
    doubtful.map(({ key }) => idOf.get(key)!),
  )
  const settled: ActionResult[] = []
  for (const result of results) {
    const row = result.outcome === 'refused' ? shown.get(idOf.get(result.key) ?? '')?.row : undefined
    const cancel = cancelOf.get(result.key)!
    if (row !== undefined && lineOf(row, null, 'payment').state === 'cancelled')
      settled.push({ ...result, outcome: 'already' })
    else if (ends === 'wants_approval' && row !== undefined && waitsFor(row, cancel.quantity))
      settled.push(await grantEarlier(ask, cancel))
    else settled.push(result)
  }
  return settled
}

/** What an earlier call asked for is already cancelled as far as the seller is concerned. */
async function grantEarlier(ask: Ask, cancel: SellerCancel): Promise<ActionResult> {
  const granted = await grant(ask, cancel)
  return granted.outcome === 'done' ? { ...granted, outcome: 'already' } : granted
}

function waitsFor({ currentClaim }: DetailRow, quantity: number): boolean {
  const waiting = z.object({ claimStatus: z.literal('CANCEL_REQUEST'), requestQuantity: z.literal(quantity) })
  return waiting.safeParse(currentClaim?.cancel).success
}

const malformed = (key: string, id: string): ActionResult =>
  refusedHere(key, NOT_SENT, { reason: 'id_malformed', what: id })
