import type { FaultWhy } from '../../../contract/faults.ts'
import type { Tx } from '../../kernel/db.ts'
import {
  type AnswerRow,
  answersDue,
  answersOf,
  type CancelCause,
  holdAnswers,
  leaseAnswers,
  writeTelling,
} from './claim-answer-queries.ts'
import { settleClaims, type TakenBack } from './claim-effects.ts'
import * as sql from './claim-queries.ts'
import { type ClaimAnswerKind, heard, stateOnceTold } from './claim-states.ts'
import { heardAfterAll } from './given-up-queries.ts'

type AnsweredParcel = { carrier: string; invoice: string; shippedAt: number }

/** An answer a marketplace has heard, with the claim and its lines as they stand since. */
export type AnswerHeard = Pick<AnswerToTell, 'claim' | 'lines' | 'answer' | 'parcel'>

/** An answer a marketplace is to be told; times epoch ms. `cancel`: units the seller takes out of an order himself. */
export type AnswerToTell = {
  claim: sql.ReadClaim
  lines: readonly sql.ClaimLine[]
  /** The order lines that are known, in the order of `lines`. */
  bought: readonly sql.LineUnderClaim[]
  answer: ClaimAnswerKind | 'cancel'
  reason: string
  cause: CancelCause | null
  sawCancelled: number | null
  parcel: AnsweredParcel | null
  /** It was told before, and nobody knows whether it was heard. */
  wasUnknown: boolean
}

/** `later`: nothing was done there; ask again in so many ms. `unknown`: look again before repeating, not before then. */
export type TellingResult = {
  claimId: string
  answer: ClaimAnswerKind | 'cancel'
  outcome: 'told' | 'refused' | 'unknown' | 'later'
  code: string | null
  /** What the marketplace, or the network, wrote. `why`: what we found ourselves. */
  message: string | null
  why: FaultWhy | null
  againInMs: number
}

/** An answer that could not be told so often is shown to a person as refused. */
const ATTEMPTS_MAX = 50

/**
 * Takes at most `most` answers of a connection for whoever holds `lease`. From here on they count as unknown: a worker
 * that dies in the call leaves them to be looked at again, once everything up to then has been collected. One whose
 * claim somebody is at is left for the next time.
 */
export async function leaseAnswersToTell(
  tx: Tx,
  connection: { company: string; connectionId: string; collectedUpTo: number },
  lease: string,
  most: number,
  leaseMs: number,
): Promise<AnswerToTell[]> {
  const { company } = connection
  const due = await answersDue(tx, connection, most)
  if (due.length === 0) return []
  // Claims before their answers, as whoever records a claim that is told has them. Who has one now may answer it so.
  const claims = new Map((await sql.lockFreeClaims(tx, due)).map((claim) => [claim.claimId, claim]))
  if (claims.size === 0) return []
  const leased = await leaseAnswers(tx, connection, lease, most, leaseMs, [...claims.values()])
  const at = leased.map(({ claimId }) => ({ company, claimId }))
  const lines = await sql.linesOfClaims(tx, at)
  const places = lines.flatMap(({ orderId, lineNo }) =>
    orderId === null || lineNo === null ? [] : [{ company, orderId, lineNo }],
  )
  const bought = await sql.lockLinesUnderClaim(tx, places)
  return leased.map((row) => {
    const ofClaim = lines.filter(({ claimId }) => claimId === row.claimId)
    return {
      claim: claims.get(row.claimId)!,
      lines: ofClaim,
      bought: ofClaim.flatMap(
        ({ orderId, lineNo }) => bought.find((line) => line.orderId === orderId && line.lineNo === lineNo) ?? [],
      ),
      ...{ answer: row.answer, reason: row.reason, cause: row.cause, sawCancelled: row.sawCancelled },
      parcel: parcelOf(row),
      wasUnknown: row.wasUnknown,
    }
  })
}

/** Keeps what is being told from others for `leaseMs` from now. False where none of it is under this lease any more. */
export const holdAnswersToTell = (
  tx: Tx,
  company: string,
  lease: string,
  answers: readonly AnswerToTell[],
  leaseMs: number,
): Promise<boolean> => {
  const keys = answers.map(({ claim, answer }) => ({ claimId: claim.claimId, answer }))
  return holdAnswers(tx, company, lease, keys, leaseMs)
}

/** Writes what came of telling, and moves the claims on that were heard. Answers what came back to the shelf by it. */
export async function answersTold(
  tx: Tx,
  actor: string,
  company: string,
  lease: string,
  results: readonly TellingResult[],
): Promise<TakenBack[]> {
  if (results.length === 0) return []
  const at = results.map(({ claimId }) => ({ company, claimId }))
  const claims = await sql.lockClaims(tx, at)
  const attempts = new Map((await answersOf(tx, at)).map((row) => [`${row.claimId}/${row.answer}`, row.attempts]))
  const written = await writeTelling(
    tx,
    results.map((result) => {
      const isOut = (attempts.get(`${result.claimId}/${result.answer}`) ?? 0) >= ATTEMPTS_MAX
      const { outcome } = result
      const again = isOut && outcome !== 'told' ? 'refused' : outcome === 'later' ? 'waiting' : outcome
      return { ...result, company, told: again }
    }),
    lease,
  )
  const now = await tx.now()
  const moved = written.flatMap(({ claimId, answer, told }) => {
    const claim = claims.find((one) => one.claimId === claimId)!
    const state = stateOnceTold(claim.kind, answer, claim.state)
    return told === 'told' && state !== claim.state
      ? [{ ...claim, state, changedAt: Math.max(now, claim.changedAt) }]
      : []
  })
  sql.updateClaims(
    tx,
    moved.map((claim) => ({ ...claim, raw: null })),
  )
  return settleClaims(tx, actor, moved)
}

/**
 * Answers still on their way are confirmed, or overtaken, by the state the marketplace tells; those we had given up are
 * confirmed, too, since one of so many attempts may have been heard. Answers those that were heard: whoever told them may
 * have died before he wrote down what follows from it.
 */
export async function confirmAnswers(tx: Tx, claims: readonly sql.ReadClaim[]): Promise<Omit<AnswerHeard, 'lines'>[]> {
  const results = (await answersOf(tx, claims)).flatMap((row) => {
    const claim = claims.find(({ claimId }) => claimId === row.claimId)!
    const told = heard(row.answer, row.givenIn, claim.state)
    return told !== null && (isOpen(row) || (isGivenUp(row) && told === 'told')) ? [{ claim, row, told }] : []
  })
  const open = results.filter(({ row }) => isOpen(row))
  if (open.length > 0) {
    const confirmed = open.map(({ claim: { company, claimId }, row: { answer }, told }) => {
      return { ...{ company, claimId, answer, told }, code: null, message: null, why: null, againInMs: 0 }
    })
    await writeTelling(tx, confirmed, null)
  }
  heardAfterAll(
    tx,
    results.filter(({ row }) => isGivenUp(row)).map(({ claim, row: { answer } }) => ({ ...claim, answer })),
  )
  return results.flatMap(({ claim, row, told }) =>
    told === 'told' ? [{ claim, answer: row.answer, parcel: parcelOf(row) }] : [],
  )
}

const isOpen = ({ told }: AnswerRow): boolean => told === 'waiting' || told === 'unknown'

/** What the marketplace itself refused before that was not heard: the seller may have answered there by other means. */
const isGivenUp = ({ told, attempts }: AnswerRow): boolean => told === 'refused' && attempts >= ATTEMPTS_MAX

const parcelOf = ({ carrier, invoice, shippedAt }: Pick<AnswerRow, 'carrier' | 'invoice' | 'shippedAt'>) =>
  carrier !== null && invoice !== null ? { carrier, invoice, shippedAt: shippedAt!.getTime() } : null
