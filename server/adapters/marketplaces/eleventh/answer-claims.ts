import type { Clock } from '../../../kernel/clock.ts'
import type {
  ActionResult,
  Capabilities,
  ClaimAnswer,
  ClaimKind,
  ClaimState,
} from '../../../modules/channels/adapter.ts'
import { inBatches } from '../batches.ts'
import { koreanDay } from '../korean-times.ts'
import { expectOffered } from '../offered.ts'
import { NOT_SENT, refusedHere } from '../refused-here.ts'
import type { Answer, Ask } from './call.ts'
import { BY_COURIER, codeOfCarrier } from './carriers.ts'
import { readClaimRow, seqOf } from './claims.ts'
import { done, lookUp, problemOf, told, wentWith } from './fulfilment.ts'
import { CLAIM_LISTS, type ClaimListName, MOST_ROWS, readList } from './lists.ts'

const DAY_MS = 86_400_000

/** The marketplace wants a reason where the seller gave none. */
const DEFAULT_REASON = '판매자 사정'
const LONGEST_REASON = 100

/** The reason of a refusal, out of the marketplace's list. */
export const REFUSE_CODE = '104'

/** One call an answer, all of them GETs that act. Throws `refused` for an answer the capabilities do not offer. */
export async function answerAll(
  ask: Ask,
  clock: Clock,
  capabilities: Capabilities,
  refuseCode: string,
  answers: readonly ClaimAnswer[],
): Promise<ActionResult[]> {
  expectOffered(capabilities, answers)
  const ready = answers.flatMap((answer) => {
    const wanted = readAnswer(answer)
    return isProblem(wanted) ? [] : [{ key: answer.claimKey, value: wanted }]
  })
  const results = await inBatches(ready, 1, async ([entry]) => {
    const { key, value } = entry!
    const given = await ask({ method: 'GET', path: `claimservice/${pathOf(value, clock, refuseCode)}`, roots: [] })
    return new Map([[key, await resultOf(ask, clock, key, value, given)]])
  })
  const byKey = new Map(results.map((result) => [result.key, result]))
  return answers.map((answer) => {
    const problem = readAnswer(answer)
    return isProblem(problem) ? problem : byKey.get(answer.claimKey)!
  })
}

type Wanted = { seq: string; ordNo: string; ordPrdSeq: string; claim: ClaimAnswer }

/** Or why it cannot be sent: numbers become parts of a path, and a parcel must be one this marketplace knows. */
function readAnswer(claim: ClaimAnswer): Wanted | ActionResult {
  const seq = seqOf(claim.kind, claim.claimKey)
  const line = /^(\d{1,19}):(\d{1,19})$/.exec(claim.lines[0]?.lineKey ?? '')
  if (seq === null || !line)
    return refusedHere(claim.claimKey, NOT_SENT, { reason: 'id_malformed', what: claim.claimKey })
  if (sendsParcel(claim)) {
    if (claim.parcel === null) return refusedHere(claim.claimKey, NOT_SENT, { reason: 'parcel_needed' })
    const problem = problemOf(claim.claimKey, claim.parcel)
    if (problem !== null) return problem
  }
  return { seq, ordNo: line[1]!, ordPrdSeq: line[2]!, claim }
}

const isProblem = (read: Wanted | ActionResult): read is ActionResult => 'outcome' in read

/** A cancel is refused by sending the goods. */
function sendsParcel({ kind, answer }: ClaimAnswer): boolean {
  return answer === 'resend' || (kind === 'cancel' && answer === 'refuse')
}

function pathOf({ seq, ordNo, ordPrdSeq, claim }: Wanted, clock: Clock, refuseCode: string): string {
  const { kind, answer, parcel } = claim
  const reason = encodeURIComponent((claim.reason.trim() || DEFAULT_REASON).slice(0, LONGEST_REASON).toWellFormed())
  if (kind === 'cancel') {
    if (answer === 'approve') return `cancelreqconf/${seq}/${ordNo}/${ordPrdSeq}`
    const day = koreanDay(Math.min(parcel!.shippedAt, clock.now())).replaceAll('-', '')
    const sent = `${BY_COURIER}/${day}/${codeOfCarrier(parcel!.carrier)}/${parcel!.invoice}`
    return `cancelreqreject/${ordNo}/${ordPrdSeq}/${seq}/${sent}`
  }
  if (answer === 'refuse') return `${kind}reqreject/${ordNo}/${ordPrdSeq}/${seq}/${refuseCode}/${reason}`
  const goods = parcel ? `/${codeOfCarrier(parcel.carrier)}/${parcel.invoice}` : ''
  return `${kind}reqconf/${seq}/${ordNo}/${ordPrdSeq}${kind === 'exchange' ? goods : ''}`
}

async function resultOf(ask: Ask, clock: Clock, key: string, wanted: Wanted, given: Answer): Promise<ActionResult> {
  if (given.code === 0) return done(key)
  const { kind, answer, parcel } = wanted.claim
  if (kind === 'cancel' && answer === 'approve') {
    return told(key, CANCELLED_ALREADY.test(given.says) ? 'already' : 'refused', given)
  }
  if (kind === 'cancel') {
    const row = await lookUp(ask, wanted.ordNo, wanted.ordPrdSeq)
    return told(key, row !== null && wentWith(row, parcel!) ? 'already' : 'refused', given)
  }
  const state = await stateOf(ask, clock, kind, wanted.claim.claimKey)
  return told(key, state === (answer === 'refuse' ? 'refused' : 'done') ? 'already' : 'refused', given)
}

const CANCELLED_ALREADY = /이미\s*취소\s*완료/

/** How far a return or exchange of the last month is; null when no list shows it. */
async function stateOf(ask: Ask, clock: Clock, kind: ClaimKind, claimKey: string): Promise<ClaimState | null> {
  const span = { from: clock.now() - 29 * DAY_MS, to: clock.now() }
  for (const [name, list] of Object.entries(CLAIM_LISTS)) {
    if (list.kind !== kind || list.tells === 'withdrawn') continue
    const { rows } = await readList(ask, name as ClaimListName, span, MOST_ROWS)
    for (const raw of rows) {
      const row = readClaimRow(list, raw)
      if (row?.claimKey === claimKey) return row.state
    }
  }
  return null
}
