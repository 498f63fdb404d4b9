import {
  type AnswerToTell,
  answersTold,
  holdAnswersToTell,
  leaseAnswersToTell,
  type TellingResult,
} from '../orders/index.ts'
import {
  type ActionResult,
  CHANNEL_FAULTS,
  type ChannelAdapter,
  ChannelFault,
  type ClaimAnswer,
  type SellerCancel,
} from './adapter.ts'
import { transaction } from './again.ts'
import { sendAnsweredParcels } from './answered-parcels.ts'
import { type Connection, isReachable } from './connection.ts'
import { readConnection } from './connections.ts'
import type { ChannelDeps } from './deps.ts'
import { askingLeaseMs, whileHeld } from './lease.ts'
import { findListingItems } from './listing-queries.ts'
import { type SaidWords, wordsOf, wordsOfFault } from './said-words.ts'
import { backOnShelf } from './shelf.ts'

/** Answers told in one go; the adapter cuts them to the marketplace's batch. */
const ANSWERS_MAX = 20
/** A fault that says nothing was done: asked again after this long, unless the marketplace says how long to wait. */
const AGAIN_MS = 5_000

/**
 * Tells the marketplace what the seller answered to claims, and which units he cancels himself. One in flight a claim:
 * what is taken counts as unknown until its result is written (half a minute after its worker died), and what stays
 * unknown is repeated only when a later collection has not shown it. Refused answers are kept with the marketplace's
 * words for a person. Answers how many.
 */
export async function tellClaimAnswers(
  deps: ChannelDeps,
  connection: Connection,
  adapter: ChannelAdapter,
): Promise<number> {
  const { company, connectionId } = connection
  const leaseMs = askingLeaseMs(adapter.capabilities.unknownSettlesMs)
  const taken = await transaction(deps.db, company, async (tx) => {
    const fresh = await readConnection(tx, company, connectionId)
    if (!fresh || !isReachable(fresh)) return null
    const lease = tx.newId()
    const answers = await leaseAnswersToTell(tx, fresh, lease, ANSWERS_MAX, leaseMs)
    const listingOf = ({ bought: [line] }: AnswerToTell) => line?.listingId ?? ''
    const items = await findListingItems(tx, company, [...new Set(answers.map(listingOf).filter(Boolean))])
    return { fresh, lease, answers: answers.map((one) => ({ ...one, item: items.get(listingOf(one)) ?? '' })) }
  })
  if (!taken || taken.answers.length === 0) return 0
  const { fresh, lease, answers } = taken
  const seen = answers.filter(wasCancelledMeanwhile)
  const open = answers.filter((answer) => !seen.includes(answer))
  const hold = () => deps.db.transaction([company], (tx) => holdAnswersToTell(tx, company, lease, answers, leaseMs))
  const asked = await whileHeld(deps.clock, hold, () => askInTurn(deps, fresh, adapter, open))
  const results = [...seen.map((answer) => resultOf(answer, told)), ...asked]
  await transaction(deps.db, company, async (tx) => {
    const back = await answersTold(tx, `channel:${fresh.channel}`, company, lease, results)
    await backOnShelf(deps, tx, fresh, back)
    await sendAnsweredParcels(deps, tx, fresh, answers.filter(wasHeardIn(results)))
  })
  return answers.length
}

const wasHeardIn =
  (results: readonly TellingResult[]) =>
  ({ claim, answer }: AnswerToTell): boolean =>
    results.some((one) => one.claimId === claim.claimId && one.answer === answer && one.outcome === 'told')

type Telling = AnswerToTell & { item: string }
type Came = Omit<TellingResult, 'claimId' | 'answer'>

const told: Came = { outcome: 'told', code: null, message: null, why: null, againInMs: 0 }

const resultOf = ({ claim, answer }: Telling, came: Came): TellingResult => ({
  claimId: claim.claimId,
  answer,
  ...came,
})

/** Nobody knew whether it was heard; by now the line tells the units as cancelled. Asking again would cancel others. */
const wasCancelledMeanwhile = ({ answer, wasUnknown, sawCancelled, lines, bought }: Telling): boolean =>
  answer === 'cancel' &&
  wasUnknown &&
  (bought[0]?.toldCancelled ?? 0) >= (sawCancelled ?? 0) + (lines[0]?.quantity ?? 0)

async function askInTurn(
  deps: ChannelDeps,
  connection: Connection,
  adapter: ChannelAdapter,
  open: readonly Telling[],
): Promise<TellingResult[]> {
  const { capabilities } = adapter
  const cancels = open.filter(({ answer }) => answer === 'cancel')
  const answers = open.filter(({ answer }) => answer !== 'cancel')
  const cameOf = (results: readonly ActionResult[], key: string): Came => {
    const result = results.find((one) => one.key === key)
    const words = keptWords(wordsOf(result))
    switch (result?.outcome) {
      case 'done':
      case 'already':
        return told
      case 'refused':
        return { outcome: 'refused', ...words, againInMs: 0 }
      default:
        return { outcome: 'unknown', ...words, againInMs: capabilities.unknownSettlesMs }
    }
  }
  const ask = async (
    some: readonly Telling[],
    call: () => Promise<ActionResult[]>,
    keyOf: (one: Telling) => string,
  ) => {
    if (some.length === 0) return []
    try {
      const results = await call()
      return some.map((one) => resultOf(one, cameOf(results, keyOf(one))))
    } catch (error) {
      const came = cameOfFault(deps, connection, capabilities.unknownSettlesMs, error)
      return some.map((one) => resultOf(one, came))
    }
  }
  const cancelled = await ask(
    cancels,
    () => adapter.cancelLines(cancels.map(sellerCancel)),
    ({ lines }) => lines[0]?.lineKey ?? '',
  )
  const answered = await ask(
    answers,
    () => adapter.answerClaims(answers.map(claimAnswer)),
    ({ claim }) => claim.claimKey ?? '',
  )
  return [...cancelled, ...answered]
}

const keptWords = ({ code, said, why }: SaidWords) => ({ code, message: said, why })

const sellerCancel = ({ claim, lines, bought, cause, item }: Telling): SellerCancel => ({
  lineKey: lines[0]?.lineKey ?? '',
  actionKey: bought[0]?.actionKey ?? lines[0]?.actionKey ?? '',
  externalOrderId: claim.externalOrderId,
  item,
  quantity: lines[0]?.quantity ?? 0,
  reason: cause ?? 'sold_out',
})

const claimAnswer = ({ claim, lines, answer, reason, parcel }: Telling): ClaimAnswer => ({
  claimKey: claim.claimKey ?? '',
  kind: claim.kind,
  answer: answer as ClaimAnswer['answer'],
  externalOrderId: claim.externalOrderId,
  lines: lines.map(({ lineKey, actionKey, quantity }) => ({ lineKey, actionKey, quantity })),
  reason,
  parcel,
})

/** The fault says whether anything can have been done; a mistake of ours says nothing, so it is unknown. */
function cameOfFault(deps: ChannelDeps, connection: Connection, settlesMs: number, error: unknown): Came {
  const { channel, connectionId } = connection
  if (!(error instanceof ChannelFault)) {
    deps.log.error({ err: error, channel, connection: connectionId }, 'telling answers to claims failed inside')
    return { outcome: 'unknown', code: null, message: null, why: null, againInMs: settlesMs }
  }
  const { code, said, why, pauseMs } = error
  const words = keptWords(wordsOfFault(error))
  const { asks, applied, means } = CHANNEL_FAULTS[code]
  deps.log.warn({ channel, connection: connectionId, code, said, why }, means)
  if (asks === 'park') return { outcome: 'refused', ...words, againInMs: 0 }
  if (applied === 'maybe') return { outcome: 'unknown', ...words, againInMs: settlesMs }
  return { outcome: 'later', ...words, againInMs: pauseMs ?? AGAIN_MS }
}
