import type { OrderAnswer } from '../../../contract/orders.ts'
import type { Tx } from '../../kernel/db.ts'
import { applyStock, type Missing } from '../inventory/index.ts'
import { answerOf } from './answers.ts'
import { advanceLines, cancelLines, type KnownLine, shipLines } from './lines.ts'
import { markPaid, type OrderRow, readLines, readOrder } from './list-queries.ts'
import { lockLines } from './queries.ts'
import { takesOf } from './shipping.ts'

type Refusal = { kind: 'wrong-state' | 'out-of-stock'; detail: string; more?: object }
/** What an order's verb answers: the order as it is then, null when there is none, or why not. Repeating is harmless. */
export type Verb = (
  tx: Tx,
  at: { company: string; orderId: string; actor: string },
) => Promise<OrderAnswer | Refusal | null>

type Whole = { tx: Tx; company: string; actor: string; order: OrderRow; lines: KnownLine[] }

/** Locks the lines, acts, and reads the order anew. */
const onWholeOrder =
  (act: (whole: Whole) => Promise<Refusal | null>): Verb =>
  async (tx, { company, orderId, actor }) => {
    const listed = await readLines(tx, company, orderId)
    const lines = await lockLines(
      tx,
      listed.map(({ lineNo }) => ({ company, orderId, lineNo })),
    )
    const order = await readOrder(tx, company, orderId)
    if (!order) return null
    const refusal = await act({ tx, company, actor, order, lines })
    if (refusal) return refusal
    const after = readLines(tx, company, orderId)
    return answerOf((await readOrder(tx, company, orderId))!, await after)
  }

const AT_ITS_MARKETPLACE = 'The order belongs to a marketplace, which must be told there.'

/** Open lines are cancelled; what has been shipped comes back as a return, not as a cancellation. */
export const cancelOrder = onWholeOrder(async ({ tx, actor, order, lines }) => {
  if (order.connectionId !== null) return { kind: 'wrong-state', detail: AT_ITS_MARKETPLACE }
  const open = lines.filter((line) => line.state !== 'cancelled')
  if (open.some((line) => line.shipped > 0)) return { kind: 'wrong-state', detail: 'The order has been shipped.' }
  const takes = await takesOf(tx, open)
  await cancelLines(
    tx,
    actor,
    open.map((line) => ({ line, cancelled: line.quantity, takes: takes(line) })),
  )
  return null
})

export const settleOrder = onWholeOrder(async ({ tx, company, actor, order, lines }) => {
  if (order.connectionId !== null) return { kind: 'wrong-state', detail: AT_ITS_MARKETPLACE }
  const pending = lines.filter((line) => line.state === 'pending')
  if (pending.length === 0) {
    const isPaid = lines.some((line) => line.state !== 'cancelled' && line.state !== 'expired')
    return isPaid ? null : { kind: 'wrong-state', detail: `The order is ${order.state}.` }
  }
  const [outcome] = await applyStock(tx, [
    { verb: 'settle', company, source: order.channel, ref: order.externalId, actor },
  ])
  switch (outcome!.kind) {
    case 'short':
      return gone('The hold had run out, and meanwhile others bought.', outcome!.missing, lines)
    case 'settled':
    case 'already': {
      if (outcome!.kind === 'already' && outcome!.state === 'released') {
        return { kind: 'wrong-state', detail: 'What was held has been given back.' }
      }
      markPaid(tx, company, order.id)
      await advanceLines(
        tx,
        pending.map((line) => ({ line, state: 'paid' as const })),
      )
      return null
    }
    default:
      throw new Error(`settle answered ${outcome!.kind}`)
  }
})

/** Without a parcel: fetched, or carried by hand. A marketplace wants to know carrier and invoice: fulfilment's shipments. */
export const shipOrder = onWholeOrder(async ({ tx, actor, order, lines }) => {
  if (order.connectionId !== null) return { kind: 'wrong-state', detail: AT_ITS_MARKETPLACE }
  const open = lines.filter((line) => line.quantity - line.cancelled - line.shipped > 0)
  if (open.length === 0) {
    return lines.some((line) => line.shipped > 0)
      ? null
      : { kind: 'wrong-state', detail: `The order is ${order.state}.` }
  }
  if (open.some((line) => line.state === 'pending' || line.state === 'expired')) {
    return { kind: 'wrong-state', detail: 'The order is not paid.' }
  }
  if (open.some((line) => line.variantId === null)) {
    return { kind: 'wrong-state', detail: 'Nobody has said yet which goods a line of it means.' }
  }
  const takes = await takesOf(tx, open)
  const outcomes = await shipLines(
    tx,
    actor,
    open.map((line) => ({ line, takes: takes(line) })),
  )
  const missing = outcomes.flatMap((outcome) => (outcome.kind === 'not_reserved' ? outcome.missing : []))
  if (missing.length > 0) return gone('The order misses goods.', missing, open)
  const other = outcomes.find((outcome) => outcome.kind !== 'shipped' && outcome.kind !== 'already')
  if (other) throw new Error(`ship answered ${other.kind}`)
  return null
})

function gone(detail: string, missing: readonly Missing[], lines: readonly KnownLine[]): Refusal {
  const skus = new Map(lines.map((line) => [line.lineNo, line.sku]))
  return {
    kind: 'out-of-stock',
    detail,
    more: {
      missing: missing.map((part) => ({ lineNo: part.lineNo, sku: skus.get(part.lineNo), missing: part.missing })),
    },
  }
}
