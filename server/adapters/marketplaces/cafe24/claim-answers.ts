import {
  type ActionResult,
  ChannelFault,
  type ClaimAnswer,
  type SellerCancel,
} from '../../../modules/channels/adapter.ts'
import { inBatches, unknownResult } from '../batches.ts'
import { expectOffered } from '../offered.ts'
import type { Ask } from './call.ts'
import { BUCKETS, cafe24Capabilities } from './capabilities.ts'
import { type ClaimOfOrder, claimStateOf, claimsIn, stepOf } from './claims.ts'
import { emptyListed, readByIds } from './feed.ts'
import { cancelledOf, openUnits, stateOf } from './lines.ts'
import { already, done, lookAt, refused, type Standing } from './look.ts'
import type { OrderRow } from './rows.ts'

/** by_hand: an API cancel pays nothing back, the seller does at the marketplace. */
export type Refunds = 'gateway' | 'by_hand'

/** Answers are seldom and a call each. Without a reason of his own the buyer reads this. */
const NO_REASON = '판매자가 요청을 거절했습니다.'
const LONGEST_REASON = 2_000

export async function answerClaims(
  ask: Ask,
  answers: readonly ClaimAnswer[],
  refunds: Refunds,
): Promise<ActionResult[]> {
  expectOffered(cafe24Capabilities, answers)
  const listed = emptyListed()
  if (answers.length > 0) await readByIds(ask, [...new Set(answers.map((answer) => answer.externalOrderId))], listed)
  const entries = answers.map((value) => ({ key: value.claimKey, value }))
  return inBatches(entries, 1, async ([entry]) => {
    const { key, value: answer } = entry!
    const order = listed.orders.get(answer.externalOrderId)?.order
    const claim = order && claimsIn(order).find(({ code, kind }) => code === key && kind === answer.kind)
    const act = order && claim ? actFor(ask, order, claim, answer, refunds) : 'unknown to the marketplace'
    if (typeof act === 'string') return new Map([[key, act === ALREADY ? already(key) : refused(key, act)]])
    return new Map([[key, await tried(key, act)]])
  })
}

const ALREADY = 'already'

/** What to send; `already`, or why it cannot be, where nothing is. */
function actFor(
  ask: Ask,
  order: OrderRow,
  claim: ClaimOfOrder,
  { answer, reason }: ClaimAnswer,
  refunds: Refunds,
): string | (() => Promise<unknown>) {
  const state = claimStateOf(claim)
  if (answer === 'refuse') {
    if (state === 'refused') return ALREADY
    return state === 'requested' ? () => refuse(ask, order, claim, reason) : `it stands at ${claim.status}`
  }
  if (state === 'refused' || state === 'withdrawn') return `it stands at ${claim.status}`
  const move = moveFor(claim, answer)
  if (move === null) return ALREADY
  const refund = claim.kind === 'cancel' ? refundOf(order, refunds) : {}
  return () =>
    ask({
      bucket: BUCKETS.actions,
      method: 'PUT',
      path: `orders/${order.order_id}/${PATHS[claim.kind]}/${encodeURIComponent(claim.code)}`,
      // What comes back enters stock by our rule, and once: the shelf here is set by us.
      request: { ...move, ...refund, recover_inventory: 'F' },
    })
}

const PATHS = { cancel: 'cancellation', return: 'return', exchange: 'exchange' } as const

/** A return is approved twice: first that it may come, then, once it is here, that it is paid back. */
function moveFor({ kind, status }: ClaimOfOrder, answer: ClaimAnswer['answer']): object | null {
  const step = stepOf(status)
  if (kind === 'cancel') return step >= 40 ? null : { status: 'canceled' }
  if (answer === 'receive') return step >= 20 ? null : { status: 'accepted', pickup_completed: 'T' }
  if (step < 10) return { status: 'accepted' }
  return step < 20 || step >= 40 ? null : { status: 'returned' }
}

/** Where another market took the money it pays it back, and refuses to be asked here. */
function refundOf(order: OrderRow, refunds: Refunds): object {
  const isOwn = OWN_PLACES.includes(order.order_place_id)
  return { payment_gateway_cancel: isOwn && refunds === 'gateway' ? 'T' : 'F' }
}

const OWN_PLACES = ['', 'cafe24', 'mobile', 'mobile_d']

const REQUESTS = { cancel: 'cancellationrequests', return: 'returnrequests', exchange: 'exchangerequests' } as const

const refuse = (ask: Ask, order: OrderRow, claim: ClaimOfOrder, reason: string) =>
  ask({
    bucket: BUCKETS.actions,
    method: 'PUT',
    path: REQUESTS[claim.kind],
    requests: [
      {
        order_id: order.order_id,
        order_item_code: claim.parts.map(({ row }) => row.order_item_code),
        undone: 'T',
        reject_reason: (reason || NO_REASON).slice(0, LONGEST_REASON),
      },
    ],
  })

/** A refusal is this one's result and no reason to leave the others. */
async function tried(key: string, act: () => Promise<unknown>): Promise<ActionResult> {
  try {
    await act()
    return done(key)
  } catch (error) {
    if (!(error instanceof ChannelFault) || (error.code !== 'refused' && error.code !== 'not_found')) throw error
    return refused(key, error.said, error.code)
  }
}

/** H is sold out, A the buyer's wish, I anything else. */
const REASONS: Readonly<Record<SellerCancel['reason'], { type: string; words: string }>> = {
  sold_out: { type: 'H', words: '품절' },
  wrong_price: { type: 'I', words: '가격 오류' },
  buyer_asked: { type: 'A', words: '구매자 요청' },
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
        at && isAllCancelled(at) ? already(cancel.lineKey) : refused(cancel.lineKey, NOT_SO_MANY),
      )
  }
  const groups = [...Map.groupBy(sent, ({ value }) => `${value.externalOrderId} ${value.reason}`)]
  const entries = groups.map(([key, value]) => ({ key, value }))
  const perGroup = await inBatches(entries, 1, async ([entry]) => {
    const { key, value: group } = entry!
    const { order } = standing.get(group[0]!.key)!
    const { type, words } = REASONS[group[0]!.value.reason]
    const request = {
      status: 'canceled',
      ...refundOf(order, refunds),
      recover_inventory: 'F',
      claim_reason_type: type,
      reason: words,
      items: group.flatMap(({ items }) => items),
    }
    const path = `orders/${order.order_id}/cancellation`
    return new Map([[key, await tried(key, () => ask({ bucket: BUCKETS.actions, method: 'POST', path, request }))]])
  })
  for (const [at, [, group]] of groups.entries()) {
    for (const { key } of group) results.set(key, { ...perGroup[at]!, key })
  }
  return cancels.map(({ lineKey }) => results.get(lineKey) ?? unknownResult(lineKey, null, null))
}

const NOT_SO_MANY = 'so many units of this line cannot be cancelled any more'

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
