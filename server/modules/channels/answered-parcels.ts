import type { Tx } from '../../kernel/db.ts'
import { type NewShipment, shipLines } from '../fulfilment/index.ts'
import type { AnswerHeard } from '../orders/index.ts'
import type { Connection } from './connection.ts'
import type { ChannelDeps } from './deps.ts'
import { openShippingRules } from './shipping-rules.ts'

/**
 * Some answers are a parcel that goes out: where a cancel is refused by shipping, the goods it spoke of; of an
 * exchange, the other goods. Once the marketplace has heard, they leave our books in that parcel, whether it said so in
 * its answer or, where that was lost or its worker died, in a later collection: until then the goods that had left were
 * counted as ours, and reserved for good. What cannot leave (it has left already, or is not there) is told in the log and
 * stays for a person; the answer stands.
 */
export async function sendAnsweredParcels(
  deps: ChannelDeps,
  tx: Tx,
  connection: Connection,
  heard: readonly AnswerHeard[],
): Promise<void> {
  const parcels = heard.flatMap((answer) => parcelsOf(connection, answer))
  if (parcels.length === 0) return
  const outcomes = await shipLines(tx, openShippingRules(deps), parcels)
  outcomes.forEach((outcome, i) => {
    if (outcome.kind === 'shipped' || outcome.kind === 'already' || outcome.kind === 'corrected') return
    const { order, invoice } = parcels[i]!
    deps.log.warn({ channel: connection.channel, order, invoice, why: outcome.kind }, 'an answer says these goods left')
  })
}

function parcelsOf({ company, channel }: Connection, { claim, lines, answer, parcel }: AnswerHeard): NewShipment[] {
  if (parcel === null || claim.orderId === null) return []
  const isRefusal = answer === 'refuse' && claim.kind === 'cancel'
  if (!isRefusal && answer !== 'resend') return []
  const numbers = lines.flatMap(({ lineNo, replacementLineNo }) => (isRefusal ? lineNo : replacementLineNo) ?? [])
  if (numbers.length === 0) return []
  return [
    {
      ...{ company, order: claim.orderId, actor: `channel:${channel}`, ...parcel },
      lines: numbers.map((lineNo) => ({ lineNo, quantity: null })),
    },
  ]
}
