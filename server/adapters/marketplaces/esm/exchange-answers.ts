import type { Clock } from '../../../kernel/clock.ts'
import type { ActionResult, ClaimAnswer } from '../../../modules/channels/adapter.ts'
import { koreanDay } from '../korean-times.ts'
import { refusedHere } from '../refused-here.ts'
import { type Answer, type Ask, isOk } from './call.ts'
import { CARRIERS, carrierProblem, PARCEL_NEEDED, resultOf } from './fulfilment.ts'
import { findClaims, findStatus, type Whereabouts } from './lists.ts'
import { SITE_TYPE, type Site } from './sites.ts'

/** ExchangeStatus of what is held. */
const HELD = 3

/**
 * The goods are back, or the other ones go out. Sending again is looked at first: a second call would put our invoice
 * over one that somebody else gave.
 */
export async function answerExchange(
  ask: Ask,
  clock: Clock,
  site: Site,
  orderNo: string,
  { claimKey, answer, parcel }: ClaimAnswer,
): Promise<ActionResult> {
  const path = `/claim/v1/sa/exchange/${orderNo}`
  const body = { SiteType: SITE_TYPE[site] }
  if (answer === 'receive') {
    const day = { PickupCompleteDate: koreanDay(clock.now()) }
    const said = await ask({ method: 'PUT', path: `${path}/pickup`, body: { ...body, ...day } })
    return resultOf(claimKey, said, isDoneAlready(said) ? 'already' : undefined)
  }
  if (!parcel) return refusedHere(claimKey, PARCEL_NEEDED, { reason: 'parcel_needed' })
  const problem = carrierProblem(claimKey, parcel)
  if (problem) return problem
  const where = await findStatus(ask, orderNo)
  if (!where) return refusedHere(claimKey, 'NOT_FOUND', { reason: 'line_missing' })
  if (isSentAgain(where)) return { key: claimKey, outcome: 'already', code: null, message: null }
  if (where.status !== 8) return refusedHere(claimKey, 'NOT_EXCHANGED', { reason: 'no_open_exchange' })
  // 옥션 lifts a hold by sending again; at G마켓 it is a call of its own.
  if (site === 'gmkt' && (await isHeld(ask, orderNo))) {
    const lifted = await ask({ method: 'DELETE', path: `${path}/hold`, body })
    if (!isOk(lifted)) return resultOf(claimKey, lifted)
  }
  const sent = { DeliveryCompCode: CARRIERS[parcel.carrier], InvoiceNo: parcel.invoice }
  return resultOf(claimKey, await ask({ method: 'POST', path: `${path}/resend`, body: { ...body, ...sent } }))
}

/** Shipping once more, or still in its claim with the other goods under way or there. */
const isSentAgain = ({ status, claimStatus }: Whereabouts): boolean =>
  status === 3 || (status === 8 && (claimStatus === 3 || claimStatus === 4))

async function isHeld(ask: Ask, orderNo: string): Promise<boolean> {
  const rows = await findClaims(ask, 'gmkt', 'exchange', HELD, orderNo)
  return rows.some(({ row }) => 'holdinfo' in row && row.holdinfo?.ishold === true)
}

const isDoneAlready = (answer: Answer): boolean =>
  !isOk(answer) && (answer.rule === 'W14-2' || /이미 완료 ?처리/.test(answer.message))
