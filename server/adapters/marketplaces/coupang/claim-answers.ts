import { z } from 'zod'
import {
  type ActionResult,
  type Capabilities,
  ChannelFault,
  type ClaimAnswer,
} from '../../../modules/channels/adapter.ts'
import { expectShape, someText } from '../answers.ts'
import { inBatches } from '../batches.ts'
import { isNumberId, numberOf } from '../digits.ts'
import { expectOffered } from '../offered.ts'
import { NOT_SENT, noCarrier, OTHER_INVOICE, refusedBy, refusedHere } from '../refused-here.ts'
import type { Ask, CoupangCall } from './call.ts'
import { codeOfCarrier } from './carriers.ts'
import { exchangeOfKey, receiptOfKey } from './claims.ts'
import { findExchange } from './later-lists.ts'
import { readReceipt } from './lists.ts'
import type { Receipt } from './receipts.ts'

type Outcome = Omit<ActionResult, 'key'>

const DONE: Outcome = { outcome: 'done', code: null, message: null }
const ALREADY: Outcome = { outcome: 'already', code: null, message: null }

export type Place = { ask: Ask; vendorId: string; now: () => number }

/** One result an answer, one call each: the contract answers receipts one by one. */
export async function answerClaims(
  place: Place,
  capabilities: Capabilities,
  answers: readonly ClaimAnswer[],
): Promise<ActionResult[]> {
  expectOffered(capabilities, answers)
  const entries = answers.map((answer) => ({ key: answer.claimKey, value: answer }))
  return inBatches(entries, 1, async ([entry]) => {
    const { key, value } = entry!
    return new Map([[key, { ...(await outcomeOf(place, value)), key }]])
  })
}

async function outcomeOf(place: Place, answer: ClaimAnswer): Promise<Outcome> {
  const problem = problemOf(answer)
  if (problem !== null) return problem
  try {
    return await (answer.kind === 'exchange' ? answerExchange(place, answer) : answerReceipt(place, answer))
  } catch (error) {
    // A number it does not know is this answer's trouble and not the others'.
    if (error instanceof ChannelFault && (error.code === 'refused' || error.code === 'not_found'))
      return refusedBy(answer.claimKey, error)
    throw error
  }
}

function problemOf({ kind, answer, claimKey, parcel }: ClaimAnswer): ActionResult | null {
  if (!isNumberId(kind === 'exchange' ? exchangeOfKey(claimKey) : receiptOfKey(claimKey)))
    return refusedHere(claimKey, NOT_SENT, { reason: 'id_malformed', what: claimKey })
  if (answer !== 'resend' && !(kind === 'cancel' && answer === 'refuse')) return null
  if (parcel === null) return refusedHere(claimKey, NOT_SENT, { reason: 'parcel_needed' })
  return codeOfCarrier(parcel.carrier) === null ? noCarrier(claimKey, parcel.carrier) : null
}

/** The action of a receipt, and how to see that it had been done before. */
async function answerReceipt({ ask, vendorId }: Place, answer: ClaimAnswer): Promise<Outcome> {
  const receiptId = receiptOfKey(answer.claimKey)
  const action = actionOf(answer)
  const said = await act(ask, {
    method: 'PUT',
    path: `${base(vendorId)}/returnRequests/${receiptId}/${action.path}`,
    body: { vendorId, receiptId: numberOf(receiptId), ...action.body },
  })
  if (said.resultCode === 'SUCCESS') return DONE
  const receipt = await readReceipt(ask, vendorId, receiptId)
  return receipt !== null && action.isDone(receipt) ? ALREADY : refused(said.resultMessage)
}

function actionOf({ kind, answer, lines, parcel }: ClaimAnswer): {
  path: string
  body: Record<string, unknown>
  isDone: (receipt: Receipt) => boolean
} {
  const cancelCount = lines.reduce((sum, { quantity }) => sum + quantity, 0)
  const isOver = ({ receiptStatus }: Receipt) => receiptStatus === 'RETURNS_COMPLETED'
  if (kind === 'cancel' && answer === 'approve') {
    const isStopped = (row: Receipt) => isOver(row) && !released(row).has('A') && !released(row).has('Y')
    return { path: 'stoppedShipment', body: { cancelCount }, isDone: isStopped }
  }
  if (kind === 'cancel') {
    const body = { deliveryCompanyCode: codeOfCarrier(parcel!.carrier), invoiceNumber: parcel!.invoice }
    return { path: 'completedShipment', body, isDone: (row) => released(row).has('A') }
  }
  if (answer === 'approve') return { path: 'approval', body: { cancelCount }, isDone: isOver }
  const isReceived = (row: Receipt) => isOver(row) || row.receiptStatus === 'VENDOR_WAREHOUSE_CONFIRM'
  return { path: 'receiveConfirmation', body: {}, isDone: isReceived }
}

function released(row: Receipt): Set<string | null | undefined> {
  return new Set((row.returnItems ?? []).map(({ releaseStatus }) => releaseStatus))
}

/** No call shows one exchange, so what stands is looked for in the lists. */
async function answerExchange(place: Place, answer: ClaimAnswer): Promise<Outcome> {
  const exchangeId = exchangeOfKey(answer.claimKey)
  if (answer.answer === 'resend') return resend(place, exchangeId, answer)
  const isRefusal = answer.answer === 'refuse'
  const said = await act(place.ask, {
    method: 'PUT',
    path: `${base(place.vendorId)}/exchangeRequests/${exchangeId}/${isRefusal ? 'rejection' : 'receiveConfirmation'}`,
    body: {
      vendorId: place.vendorId,
      exchangeId: numberOf(exchangeId),
      // Of the two words this is the one that says that there is nothing to send.
      ...(isRefusal ? { exchangeRejectCode: 'SOLDOUT' } : {}),
    },
  })
  if (said.resultCode === 'SUCCESS') return DONE
  const found = await findExchange(place, exchangeId, isRefusal ? ['REJECT'] : ['PROGRESS', 'SUCCESS'])
  return found ? ALREADY : refused(said.resultMessage)
}

/** What goes out has a box of its own since the goods were received. */
async function resend(place: Place, exchangeId: string, { claimKey, parcel }: ClaimAnswer): Promise<Outcome> {
  const found = await findExchange(place, exchangeId, ['PROGRESS', 'SUCCESS'])
  const group = found?.deliveryInvoiceGroupDtos?.at(-1)
  const box = group?.shipmentBoxId ?? ''
  if (!isNumberId(box)) return refusedHere(claimKey, NOT_SENT, { reason: 'receive_first' })
  const sent = (group?.deliveryInvoiceDtos ?? [])
    .map(({ invoiceNumber }) => invoiceNumber)
    .filter((text) => text !== '')
  if (sent.includes(parcel!.invoice)) return ALREADY
  if (sent.length > 0) return refusedHere(claimKey, OTHER_INVOICE, { reason: 'other_invoice', what: sent.join(', ') })
  const row = {
    vendorId: place.vendorId,
    exchangeId: numberOf(exchangeId),
    shipmentBoxId: numberOf(box),
    goodsDeliveryCode: codeOfCarrier(parcel!.carrier),
    invoiceNumber: parcel!.invoice,
  }
  const said = await act(place.ask, {
    method: 'POST',
    path: `${base(place.vendorId)}/exchangeRequests/${exchangeId}/invoices`,
    body: [row],
  })
  return said.resultCode === 'SUCCESS' ? DONE : refused(said.resultMessage)
}

/** 200 whatever happened: the word is inside. */
async function act(ask: Ask, call: CoupangCall): Promise<{ resultCode: string; resultMessage: string }> {
  return expectShape(actionAnswer, await ask(call), 'claim answer').data
}

function base(vendorId: string): string {
  return `/v2/providers/openapi/apis/api/v4/vendors/${vendorId}`
}

function refused(said: string): Outcome {
  return { outcome: 'refused', code: null, message: said || null }
}

const actionAnswer = z.object({ data: z.object({ resultCode: z.string(), resultMessage: someText(300) }) })
