import {
  type ActionResult,
  ChannelFault,
  type ClaimAnswer,
  type ClaimKind,
  type FaultWhy,
  type SellerCancel,
} from '../../../modules/channels/adapter.ts'
import { inBatches, unknownResult } from '../batches.ts'
import { expectOffered } from '../offered.ts'
import { NOT_SENT, refusedBy, refusedHere } from '../refused-here.ts'
import type { Ask, Cafe24Call } from './call.ts'
import { BUCKETS, cafe24Capabilities } from './capabilities.ts'
import { type ClaimOfOrder, claimStateOf, claimsIn, stepOf } from './claims.ts'
import { emptyListed, readByIds } from './feed.ts'
import { cancelledOf, openUnits, stateOf } from './lines.ts'
import { already, done, lookAt, refused, type Standing } from './look.ts'
import { partsOf } from './many.ts'
import type { OrderRow } from './rows.ts'

/** by_hand: an API cancel pays nothing back, the seller does at the marketplace. */
export type Refunds = 'gateway' | 'by_hand'

/** Answers are seldom and a call each. Without a reason of his own the buyer reads this. */
const NO_REASON = '판매자가 요청을 거절했습니다.'
const LONGEST_REASON = 2_000

/** Which way an approval goes first: `create` as documented, `move` where that was seen to be refused and the other was not. */
export type Ways = { first: Way }

export async function answerClaims(
  ask: Ask,
  answers: readonly ClaimAnswer[],
  refunds: Refunds,
  ways: Ways,
): Promise<ActionResult[]> {
  expectOffered(cafe24Capabilities, answers)
  const listed = emptyListed()
  if (answers.length > 0) await readByIds(ask, [...new Set(answers.map((answer) => answer.externalOrderId))], listed)
  const entries = answers.map((value) => ({ key: value.claimKey, value }))
  return inBatches(entries, 1, async ([entry]) => {
    const { key, value: answer } = entry!
    const order = listed.orders.get(answer.externalOrderId)?.order
    const claim = order && claimsIn(order).find((each) => each.key === key && each.kind === answer.kind)
    const act = order && claim ? actFor(order, claim, answer, refunds) : UNKNOWN
    if (act === ALREADY) return new Map([[key, already(key)]])
    if ('reason' in act) return new Map([[key, refusedHere(key, NOT_SENT, act)]])
    return new Map([[key, await triedEachWay(ask, key, act, ways)]])
  })
}

const ALREADY = 'already'
const UNKNOWN: FaultWhy = { reason: 'claim_missing' }

/** What to send, one way or, where that is refused, the other; `already`, or why it cannot be, where nothing is. */
function actFor(
  order: OrderRow,
  claim: ClaimOfOrder,
  { answer, reason }: ClaimAnswer,
  refunds: Refunds,
): typeof ALREADY | FaultWhy | Partial<Record<Way, Act>> {
  const state = claimStateOf(claim)
  const isOver = state === 'refused' || state === 'withdrawn'
  const standsElsewhere: FaultWhy = { reason: 'claim_state', what: claim.status }
  if (answer === 'refuse') {
    if (isOver) return ALREADY
    return state === 'requested' ? { create: refusal(order, claim, reason) } : standsElsewhere
  }
  if (isOver) return standsElsewhere
  const move = moveFor(claim, answer)
  return move === null ? ALREADY : approval(order, claim, move, claim.kind === 'cancel' ? refundOf(order, refunds) : {})
}

/**
 * As documented a request is accepted by opening a claim over the same units, and PUT moves no cancel: it takes it back. Whether
 * PUT moves one that is only asked for is open; it says so without doing anything, so whichever is refused, the other is tried.
 */
function approval(order: OrderRow, claim: ClaimOfOrder, move: Move, refund: object): Partial<Record<Way, Act>> {
  // What comes back enters stock by our rule, and once: the shelf here is set by us.
  const change = { ...move.create, ...refund, recover_inventory: 'F' }
  const path = `orders/${order.order_id}/${PATHS[claim.kind]}`
  const items = claim.parts.map(({ row, quantity }) => ({ order_item_code: row.order_item_code, quantity }))
  const acts: Partial<Record<Way, Act>> = {}
  if (claim.kind === 'cancel' || stepOf(claim.status) < 10) {
    acts.create = { method: 'POST', path, request: { ...change, ...reasonOf(order, claim.kind, 'buyer_asked'), items } }
  } else acts.create = { method: 'PUT', path: `${path}/${encodeURIComponent(claim.code ?? '')}`, request: change }
  if (claim.code !== null) {
    const at = `${path}/${encodeURIComponent(claim.code)}`
    acts.move = { method: 'PUT', path: at, request: { ...change, ...move.move } }
  }
  return acts
}

const PATHS = { cancel: 'cancellation', return: 'return', exchange: 'exchange' } as const

type Move = Record<Way, object>

/** A return is approved twice: first that it may come, then, once it is here, that it is paid back. */
function moveFor({ kind, status }: ClaimOfOrder, answer: ClaimAnswer['answer']): Move | null {
  const step = stepOf(status)
  if (kind === 'cancel') return step >= 40 ? null : alike({ status: 'canceled' })
  if (answer === 'receive' && step < 20) {
    const accepted = { status: 'accepted', pickup_completed: 'T' }
    return step < 10 ? alike(accepted) : { create: { pickup_completed: 'T' }, move: accepted }
  }
  if (step < 10) return alike({ status: 'accepted' })
  return answer === 'receive' || step < 20 || step >= 40 ? null : alike({ status: 'returned' })
}

const alike = (request: object): Move => ({ create: request, move: request })

/** Where another market took the money it pays it back, and refuses to be asked here. */
const refundOf = (order: OrderRow, refunds: Refunds): object =>
  isOwn(order) ? { payment_gateway_cancel: refunds === 'gateway' ? 'T' : 'F' } : {}

/** Reasons by letter are for orders of the mall itself; 네이버페이 has numbers of its own, open markets none. */
function reasonOf(order: OrderRow, kind: ClaimKind, reason: SellerCancel['reason']): object {
  const { type, number, words } = REASONS[reason]
  if (order.order_place_id === 'NCHECKOUT') return { [`naverpay_${kind}_reason_type`]: number, reason: words }
  return isOwn(order) ? { claim_reason_type: type, reason: words } : { reason: words }
}

const isOwn = (order: OrderRow) => ['', 'cafe24', 'mobile', 'mobile_d'].includes(order.order_place_id)

const REQUESTS = { cancel: 'cancellationrequests', return: 'returnrequests', exchange: 'exchangerequests' } as const

const refusal = (order: OrderRow, claim: ClaimOfOrder, reason: string): Act => ({
  method: 'PUT',
  path: REQUESTS[claim.kind],
  requests: [
    {
      order_id: order.order_id,
      order_item_code: claim.parts.map(({ row }) => row.order_item_code),
      undone: 'T',
      // Without this the buyer does not see why.
      display_reject_reason: 'T',
      reject_reason: (reason || NO_REASON).slice(0, LONGEST_REASON),
    },
  ],
})

type Way = 'create' | 'move'

type Act = Omit<Cafe24Call, 'bucket'>

/** What is refused has changed nothing, so the other way may be tried; the first one's words are told. */
async function triedEachWay(ask: Ask, key: string, acts: Partial<Record<Way, Act>>, ways: Ways): Promise<ActionResult> {
  const order: Way[] = ways.first === 'create' ? ['create', 'move'] : ['move', 'create']
  let first: ActionResult | null = null
  for (const way of order) {
    const act = acts[way]
    if (act === undefined) continue
    const result = await tried(key, ask, act)
    if (result.outcome === 'done') {
      if (first !== null) ways.first = way
      return result
    }
    first ??= result
  }
  return first ?? refusedHere(key, NOT_SENT, { reason: 'claim_without_code' })
}

/** A refusal is this one's result and no reason to leave the others. */
async function tried(key: string, ask: Ask, act: Act): Promise<ActionResult> {
  try {
    const { value, equal } = await ask({ ...act, bucket: BUCKETS.actions })
    // Of a list of requests the call is a success whatever became of them.
    const [part] = act.requests && !equal ? partsOf(value, act.path, () => key).values() : []
    return part?.kind === 'failed' ? refused(key, part.message, String(part.code)) : done(key)
  } catch (error) {
    if (!(error instanceof ChannelFault) || (error.code !== 'refused' && error.code !== 'not_found')) throw error
    return refusedBy(key, error)
  }
}

/** H is sold out, A the buyer's wish, I anything else; at 네이버페이 56, 51 and 60 (other than described). */
const REASONS: Readonly<Record<SellerCancel['reason'], { type: string; number: string; words: string }>> = {
  sold_out: { type: 'H', number: '56', words: '품절' },
  wrong_price: { type: 'I', number: '60', words: '가격 오류' },
  buyer_asked: { type: 'A', number: '51', words: '구매자 요청' },
}

/** A call an order and reason. */
export async function cancelLines(
  ask: Ask,
  cancels: readonly SellerCancel[],
  refunds: Refunds,
): Promise<ActionResult[]> {
  if (cancels.length === 0) return []
  const standing = await lookAt(
    ask,
    cancels.map(({ lineKey }) => lineKey),
  )
  const results = new Map<string, ActionResult>()
  const sent: { key: string; value: SellerCancel; items: object[] }[] = []
  for (const cancel of cancels) {
    const at = standing.get(cancel.lineKey)
    const items = at ? itemsFor(at, cancel.quantity) : null
    if (at && items) sent.push({ key: cancel.lineKey, value: cancel, items })
    else
      results.set(
        cancel.lineKey,
        at && isAllCancelled(at)
          ? already(cancel.lineKey)
          : refusedHere(cancel.lineKey, NOT_SENT, { reason: 'units_gone' }),
      )
  }
  const groups = [...Map.groupBy(sent, ({ value }) => `${value.externalOrderId} ${value.reason}`)]
  const entries = groups.map(([key, value]) => ({ key, value }))
  const perGroup = await inBatches(entries, 1, async ([entry]) => {
    const { key, value: group } = entry!
    const { order } = standing.get(group[0]!.key)!
    const request = {
      status: 'canceled',
      ...refundOf(order, refunds),
      recover_inventory: 'F',
      ...reasonOf(order, 'cancel', group[0]!.value.reason),
      items: group.flatMap(({ items }) => items),
    }
    const path = `orders/${order.order_id}/cancellation`
    return new Map([[key, await tried(key, ask, { method: 'POST', path, request })]])
  })
  for (const [at, [, group]] of groups.entries()) {
    for (const { key } of group) results.set(key, { ...perGroup[at]!, key })
  }
  return cancels.map(({ lineKey }) => results.get(lineKey) ?? unknownResult(lineKey, null, null))
}

/** Units are taken from rows that have not gone out, nothing being asked for by a claim; null where there are too few. */
function itemsFor({ order, line }: Standing, quantity: number): object[] | null {
  let rest = quantity
  const items: object[] = []
  for (const row of line.rows) {
    if (!['pending', 'paid', 'acknowledged'].includes(stateOf(row))) continue
    const units = Math.min(rest, openUnits(order, row))
    if (units > 0) items.push({ order_item_code: row.order_item_code, quantity: units })
    rest -= units
  }
  return rest === 0 && quantity > 0 ? items : null
}

function isAllCancelled({ order, line }: Standing): boolean {
  return line.rows.every((row) => cancelledOf(order, row) === row.quantity)
}
