import type { Clock } from '../../../kernel/clock.ts'
import type { ActionResult, Capabilities, ClaimAnswer, SellerCancel } from '../../../modules/channels/adapter.ts'
import { inBatches } from '../batches.ts'
import { expectOffered } from '../offered.ts'
import { refusedHere } from '../refused-here.ts'
import { type Answer, type Ask, isOk } from './call.ts'
import { answerExchange } from './exchange-answers.ts'
import { carrierProblem, lookAt, malformed, one, PARCEL_NEEDED, resultOf, shipOne, standingOf } from './fulfilment.ts'
import { lineKeyOf, type ShownRow } from './rows.ts'
import { readKey, SITE_TYPE, type Site } from './sites.ts'

/** Throws `refused` before any call when one of the answers is not among the capabilities. */
export async function answerClaims(
  ask: Ask,
  sites: readonly Site[],
  clock: Clock,
  capabilities: Capabilities,
  answers: readonly ClaimAnswer[],
): Promise<ActionResult[]> {
  expectOffered(capabilities, answers)
  const entries = answers.map((value) => ({ key: value.claimKey, value }))
  return inBatches(entries, 1, async ([entry]) => one(await answerOne(ask, sites, clock, entry!.value)))
}

async function answerOne(ask: Ask, sites: readonly Site[], clock: Clock, wanted: ClaimAnswer): Promise<ActionResult> {
  const { claimKey, kind, answer, parcel, lines } = wanted
  const orderKey = lines[0]?.actionKey ?? ''
  const order = readKey(orderKey)
  if (!order?.site) return malformed(claimKey, orderKey)
  if (kind === 'exchange') return answerExchange(ask, clock, order.site, order.orderNo, wanted)
  if (answer === 'refuse') {
    if (!parcel) return refusedHere(claimKey, PARCEL_NEEDED, { reason: 'parcel_needed' })
    const problem = carrierProblem(claimKey, parcel)
    if (problem) return problem
    return { ...(await shipOne(ask, sites, clock, orderKey, parcel, 'refuse_requests')), key: claimKey }
  }
  const path = kind === 'cancel' ? `/claim/v1/sa/Cancel/${order.orderNo}` : `/claim/v1/sa/return/${order.orderNo}`
  const said = await ask({ method: 'PUT', path, body: { SiteType: SITE_TYPE[order.site] } })
  return resultOf(claimKey, said, isAlreadyApproved(said) ? 'already' : undefined)
}

/** 옥션 has a rule's number beside 8668 (cancel W8-2, return W18-1); G마켓 has 5800 for a return, and words. */
function isAlreadyApproved(answer: Answer): boolean {
  if (isOk(answer)) return false
  return answer.rule === 'W8-2' || answer.rule === 'W18-1' || answer.code === '5800' || ALREADY.test(answer.message)
}

const ALREADY = /이미 (취소 ?승인|환불|처리)/

/**
 * Cancels orders the seller cannot send: all of an order number or nothing. Looks first, since the call takes no
 * quantity and would cancel what was not named.
 */
export async function cancelOrders(
  ask: Ask,
  sites: readonly Site[],
  plainCancel: boolean,
  cancels: readonly SellerCancel[],
): Promise<ActionResult[]> {
  const orders = [...Map.groupBy(cancels, ({ actionKey }) => actionKey)].map(([key, value]) => ({ key, value }))
  const results = await inBatches(orders, 1, async ([entry]) => {
    return one(await cancelOne(ask, sites, plainCancel, entry!.key, entry!.value))
  })
  const byOrder = new Map(results.map((result) => [result.key, result]))
  return cancels.map(({ lineKey, actionKey }) => ({ ...byOrder.get(actionKey)!, key: lineKey }))
}

async function cancelOne(
  ask: Ask,
  sites: readonly Site[],
  plainCancel: boolean,
  key: string,
  cancels: readonly SellerCancel[],
): Promise<ActionResult> {
  const order = readKey(key)
  if (!order) return malformed(key, key)
  const row = await lookAt(ask, sites, key)
  if (!row) {
    const standing = await standingOf(ask, key, order.orderNo)
    return standing.code === 'CANCELLED' ? { ...standing, outcome: 'already' } : standing
  }
  if (!isWhole(row, cancels)) return refusedHere(key, 'WHOLE_ORDER_ONLY', { reason: 'whole_order_only' })
  const path = `/claim/v1/sa/Cancel/${order.orderNo}${plainCancel ? '' : '/SoldOut'}`
  return resultOf(key, await ask({ method: 'POST', path, body: { SiteType: SITE_TYPE[row.site] } }))
}

/** An order's options are lines of their own, unless they have no stock of their own. */
function isWhole({ row }: ShownRow, cancels: readonly SellerCancel[]): boolean {
  const wanted = new Map(cancels.map(({ lineKey, quantity }) => [lineKey, quantity]))
  const isOf = (units: readonly number[]) =>
    units.every((quantity, place) => wanted.get(lineKeyOf(row.orderno, place)) === quantity)
  const parts = row.itemoptionselectlist ?? []
  return (
    isOf([row.contramount]) || (parts.length > 1 && isOf(parts.map(({ itemoptionordercnt }) => itemoptionordercnt)))
  )
}
