import type { Tx } from '../../kernel/db.ts'
import { type NewShipment, type ShipOutcome, shipLines } from '../fulfilment/index.ts'
import { type AnswerHeard, noteStayingParcels } from '../orders/index.ts'
import type { FaultWhy } from './adapter.ts'
import type { Connection } from './connection.ts'
import type { ChannelDeps } from './deps.ts'
import { openShippingRules } from './shipping-rules.ts'

/**
 * Some answers are a parcel that goes out: where a cancel is refused by shipping, the goods it spoke of; of an
 * exchange, the other goods. Once the marketplace has heard, they leave our books in that parcel, whether it said so in
 * its answer or, where that was lost or its worker died, in a later collection: until then the goods that had left were
 * counted as ours, and reserved for good. What cannot leave stands on the board until a person has sent it; the answer
 * stands. What has left already in another parcel needs nobody.
 */
export async function sendAnsweredParcels(
  deps: ChannelDeps,
  tx: Tx,
  connection: Connection,
  heard: readonly AnswerHeard[],
): Promise<void> {
  const answers = heard.filter(goesOut)
  const parcels = answers.flatMap((answer) => parcelsOf(connection, answer))
  const outcomes =
    parcels.length === 0
      ? []
      : await shipLines(
          tx,
          openShippingRules(deps),
          parcels.map(({ parcel }) => parcel),
        )
  const stays = answers.map((answer) => {
    const place = parcels.findIndex((one) => one.answer === answer)
    return { ...answer, why: place < 0 ? LATE_ORDER : whyItStays(outcomes[place]!) }
  })
  const staying = stays.flatMap(({ claim: { company, claimId }, answer, why }) =>
    why === null ? [] : [{ company, claimId, answer, why }],
  )
  noteStayingParcels(tx, staying)
  for (const { claimId, why } of staying) {
    deps.log.warn(
      { channel: connection.channel, claim: claimId, why },
      'an answer says these goods left; a person must look',
    )
  }
}

const goesOut = ({ claim, answer, parcel }: AnswerHeard): boolean =>
  parcel !== null && (isRefusal(claim, answer) || answer === 'resend')

const isRefusal = ({ kind }: AnswerHeard['claim'], answer: AnswerHeard['answer']): boolean =>
  answer === 'refuse' && kind === 'cancel'

/** None where the order, or its lines, are not known yet. */
function parcelsOf(
  { company, channel }: Connection,
  heard: AnswerHeard,
): { answer: AnswerHeard; parcel: NewShipment }[] {
  const { claim, lines, answer, parcel } = heard
  const numbers = lines.flatMap(({ lineNo, replacementLineNo }) => {
    return (isRefusal(claim, answer) ? lineNo : replacementLineNo) ?? []
  })
  if (claim.orderId === null || numbers.length === 0) return []
  const shipment = {
    ...{ company, order: claim.orderId, actor: `channel:${channel}`, ...parcel! },
    lines: numbers.map((lineNo) => ({ lineNo, quantity: null })),
  }
  return [{ answer: heard, parcel: shipment }]
}

const LATE_ORDER: FaultWhy = { reason: 'order_came_later' }

function whyItStays(outcome: ShipOutcome): FaultWhy | null {
  switch (outcome.kind) {
    case 'shipped':
    case 'already':
    case 'corrected':
    case 'other_parcel':
      return null
    case 'on_hold':
      return { reason: 'order_on_hold' }
    case 'short':
      return { reason: 'goods_missing', what: String(outcome.missing.reduce((sum, { missing }) => sum + missing, 0)) }
    case 'claimed':
      return { reason: 'claim_open', what: String(outcome.lineNo) }
    case 'unmapped':
      return { reason: 'line_unmapped', what: String(outcome.lineNo) }
    case 'not_paid':
      return { reason: 'line_not_paid', what: String(outcome.lineNo) }
    case 'not_partial':
      return { reason: 'bundle_waits', what: outcome.lineNos.join(', ') }
    case 'cancelled':
    case 'too_many':
    case 'unknown_line':
      return { reason: 'line_not_open', what: String(outcome.lineNo) }
    case 'unknown_order':
    case 'twice':
      return LATE_ORDER
  }
}
