import type { Topic, Tx } from '../../kernel/db.ts'
import { type AnswerRow, answersOf, writeAnswer } from './claim-answer-queries.ts'
import { settleClaims } from './claim-effects.ts'
import { type ClaimOffers, type ClaimRefusal, type OffersOf, OWN_ANSWERS, refused } from './claim-offers.ts'
import * as sql from './claim-queries.ts'
import { type ClaimAnswerKind, type ClaimState, furtherState, isOver, stateAfter } from './claim-states.ts'

/** Told once per transaction and connection that has something to hear. */
export const answersGiven: Topic<{ company: string }> = { topic: 'orders.claim_answers' }

export type ClaimAnswerGiven = {
  company: string
  actor: string
  claimId: string
  answer: ClaimAnswerKind
  reason: string
  /** The parcel that goes out: of a refused cancel, where that ships; of an exchange's other goods. */
  parcel: { carrier: string; invoice: string; shippedAt: number } | null
}

/**
 * Gives the seller's answers. Nothing is decided by it at a marketplace: the answer is kept and told there, and the
 * claim moves when it has been heard. Of an own order it holds at once. Giving one answer twice gives it once, until the
 * claim has gone beyond it.
 */
export async function answerClaims(
  tx: Tx,
  answers: readonly ClaimAnswerGiven[],
  offersOf: OffersOf,
): Promise<({ kind: 'answered' } | ClaimRefusal)[]> {
  const outcomes = []
  for (const given of answers) outcomes.push(await answerOne(tx, given, offersOf))
  return outcomes
}

async function answerOne(
  tx: Tx,
  given: ClaimAnswerGiven,
  offersOf: OffersOf,
): Promise<{ kind: 'answered' } | ClaimRefusal> {
  const [claim] = await sql.lockClaims(tx, [given])
  if (!claim) return refused('not-found', 'There is no claim of this id.')
  const before = await answersOf(tx, [claim])
  if (before.some((row) => row.answer === given.answer && stillHolds(row, claim.state))) return { kind: 'answered' }
  const offers = claim.connectionId === null ? null : await offersOf(tx, claim.company, claim.connectionId)
  const refusal = faultOfState(claim, before) ?? faultOfAnswer(claim, given, offers)
  if (refusal) return refusal
  await give(tx, claim, given)
  return { kind: 'answered' }
}

/** A return can be approved twice, that it may come and that it is paid back: once it has come, the first yes is over. */
function stillHolds({ answer, givenIn, told }: AnswerRow, state: ClaimState): boolean {
  if (told === 'refused' || told === 'overtaken') return false
  const made = stateAfter(answer, givenIn)
  return isOver(state) || furtherState(made, state) === made
}

function faultOfState(claim: sql.ReadClaim, before: readonly AnswerRow[]): ClaimRefusal | null {
  if (isOver(claim.state)) return refused('wrong-state', `The claim is ${claim.state}.`)
  if (before.some(({ told }) => told === 'waiting' || told === 'unknown')) {
    return refused('wrong-state', 'An answer is on its way to the marketplace.')
  }
  return null
}

function faultOfAnswer(claim: sql.ReadClaim, given: ClaimAnswerGiven, offers: ClaimOffers | null): ClaimRefusal | null {
  const offered = claim.connectionId === null ? OWN_ANSWERS : offers?.answers
  if (!offered?.[claim.kind].includes(given.answer)) {
    const known = offered?.[claim.kind] ?? []
    const instead = known.length > 0 ? `only: ${known.join(', ')}` : 'answered at the marketplace only'
    return refused('not-offered', `A ${claim.kind} cannot be answered so; ${instead}.`, '/answer')
  }
  const ships = given.answer === 'refuse' && claim.kind === 'cancel' && offers?.refusingCancelShips === true
  if ((ships || given.answer === 'resend') && given.parcel === null) {
    const why = ships ? 'Here a cancel is refused by the parcel that goes out' : 'The other goods go out in a parcel'
    return refused('not-offered', `${why}: carrier and invoice number are needed.`, '/parcel')
  }
  if (given.parcel && offers && !offers.carriers.includes(given.parcel.carrier)) {
    return refused('invalid-request', `No such carrier; one of ${offers.carriers.join(', ')}.`, '/parcel/carrier')
  }
  return null
}

async function give(tx: Tx, claim: sql.ReadClaim, given: ClaimAnswerGiven): Promise<void> {
  const { company, claimId, connectionId } = claim
  const isOwn = connectionId === null
  writeAnswer(tx, {
    ...{ company, claimId, connectionId, answer: given.answer, reason: given.reason, parcel: given.parcel },
    ...{
      cause: null,
      sawCancelled: null,
      answeredBy: given.actor,
      givenIn: claim.state,
      told: isOwn ? 'unneeded' : 'waiting',
    },
  })
  if (!isOwn) return tx.announce(answersGiven, connectionId, { company })
  const state = stateAfter(given.answer, claim.state)
  if (state === claim.state) return
  const moved = { ...claim, state, changedAt: await tx.now() }
  sql.updateClaims(tx, [{ ...moved, raw: null }])
  await settleClaims(tx, given.actor, [moved])
}
