import type { FaultWhy } from '../../../contract/faults.ts'
import { jsons, plain, texts } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'
import type { ClaimAt } from './claim-queries.ts'
import type { ClaimAnswerKind, ClaimState } from './claim-states.ts'

export type CancelCause = 'sold_out' | 'wrong_price' | 'buyer_asked'

/** `unneeded`: nobody but us has a say. `overtaken`: the claim ended otherwise before the marketplace heard of it. */
export type Telling = 'waiting' | 'unknown' | 'told' | 'refused' | 'overtaken' | 'unneeded'

/** What the seller answered. Times are epoch ms. */
export type GivenAnswer = ClaimAt & {
  answer: ClaimAnswerKind | 'cancel'
  connectionId: string | null
  reason: string
  /** Of a cancel by the seller only, with what was cancelled already when it was asked for. */
  cause: CancelCause | null
  sawCancelled: number | null
  parcel: { carrier: string; invoice: string; shippedAt: number } | null
  answeredBy: string
  /** The claim's state when it was given. */
  givenIn: ClaimState
  told: Telling
}

const WRITE_ANSWER = statement<never>(
  'orders_write_claim_answer',
  `insert into orders.claim_answer (company_id, claim_id, answer, connection_id, reason, cause, saw_cancelled, carrier,
     invoice, shipped_at, answered_by, answered_at, given_in, told, due_at, attempts)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, kernel.now(), $12, $13, kernel.now(), 0)
   on conflict (company_id, claim_id, answer) do update
   set reason = excluded.reason, carrier = excluded.carrier, invoice = excluded.invoice,
       shipped_at = excluded.shipped_at, answered_by = excluded.answered_by, answered_at = excluded.answered_at,
       given_in = excluded.given_in,
       told = excluded.told, due_at = excluded.due_at, attempts = 0, lease = null, look_after = null, code = null,
       message = null, why = null, told_at = null`,
)

/** One of each kind a claim: what was refused before is given anew. */
export const writeAnswer = (tx: Tx, given: GivenAnswer): void =>
  tx.write(WRITE_ANSWER, [
    given.company,
    given.claimId,
    given.answer,
    given.connectionId,
    given.reason,
    given.cause,
    given.sawCancelled,
    given.parcel?.carrier ?? null,
    given.parcel?.invoice ?? null,
    given.parcel ? new Date(given.parcel.shippedAt) : null,
    given.answeredBy,
    given.givenIn,
    given.told,
  ])

export type AnswerRow = {
  claimId: string
  answer: ClaimAnswerKind | 'cancel'
  reason: string
  cause: CancelCause | null
  carrier: string | null
  invoice: string | null
  shippedAt: Date | null
  answeredBy: string
  answeredAt: Date
  givenIn: ClaimState
  told: Telling
  code: string | null
  message: string | null
  why: FaultWhy | null
  toldAt: Date | null
  attempts: number
}

const ANSWERS_OF = statement<AnswerRow>(
  'orders_answers_of_claims',
  `select a.claim_id as "claimId", a.answer, a.reason, a.cause, a.carrier, a.invoice, a.shipped_at as "shippedAt",
     a.answered_by as "answeredBy", a.answered_at as "answeredAt", a.given_in as "givenIn", a.told, a.code, a.message,
     a.why, a.told_at as "toldAt", a.attempts
   from unnest($1::uuid[], $2::uuid[]) as k (company_id, claim_id)
   cross join lateral (
     select * from orders.claim_answer where company_id = k.company_id and claim_id = k.claim_id offset 0) a
   order by a.claim_id, a.answered_at, a.answer`,
)

const at = (claims: readonly ClaimAt[]) => [
  plain(claims.map(({ company }) => company)),
  plain(claims.map(({ claimId }) => claimId)),
]

export const answersOf = (tx: Tx, claims: readonly ClaimAt[]): Promise<AnswerRow[]> =>
  claims.length === 0 ? Promise.resolve([]) : tx.query(ANSWERS_OF, at(claims))

type LeasedRow = Omit<AnswerRow, 'answeredAt' | 'givenIn' | 'told' | 'code' | 'message' | 'why' | 'toldAt'> & {
  sawCancelled: number | null
  attempts: number
  wasUnknown: boolean
}

const ANSWERS_DUE = statement<ClaimAt>(
  'orders_answers_due',
  `select company_id as company, claim_id as "claimId" from orders.claim_answer
   where company_id = $1 and connection_id = $2 and due_at <= kernel.now()
     and (told = 'waiting' or told = 'unknown' and look_after < $3)
   order by due_at, claim_id, answer
   limit $4`,
)

/** The claims of answers that nobody is telling, one entry an answer, at most `most`. Locks nothing. */
export const answersDue = (
  tx: Tx,
  connection: { company: string; connectionId: string; collectedUpTo: number },
  most: number,
): Promise<ClaimAt[]> =>
  tx.query(ANSWERS_DUE, [connection.company, connection.connectionId, new Date(connection.collectedUpTo), most])

const LEASE_ANSWERS = statement<LeasedRow>(
  'orders_lease_answers',
  `update orders.claim_answer a
   set told = 'unknown', lease = $3, attempts = a.attempts + 1,
       look_after = kernel.now() + make_interval(secs => $6::float8 / 1000)
   from (
     select o.company_id, o.claim_id, o.answer, o.told
     from (select distinct claim_id from unnest($7::uuid[]) as u (claim_id)) k
     cross join lateral (
       select * from orders.claim_answer
       where company_id = $1 and claim_id = k.claim_id and connection_id = $2 and due_at <= kernel.now()
         and (told = 'waiting' or told = 'unknown' and look_after < $4)
       order by answer limit 5 for no key update skip locked) o
     order by o.due_at, o.claim_id, o.answer
     limit $5) d
   where a.company_id = d.company_id and a.claim_id = d.claim_id and a.answer = d.answer
   returning a.claim_id as "claimId", a.answer, a.reason, a.cause, a.carrier, a.invoice, a.shipped_at as "shippedAt",
     a.answered_by as "answeredBy", a.saw_cancelled as "sawCancelled", a.attempts, d.told = 'unknown' as "wasUnknown"`,
)

/**
 * Takes answers of these claims that nobody is telling: they stand as unknown until the result is written, and for
 * `leaseMs` nobody looks at them again. What is unknown already is taken only when everything up to its time has been
 * collected. The caller holds the claims' locks.
 */
export const leaseAnswers = (
  tx: Tx,
  connection: { company: string; connectionId: string; collectedUpTo: number },
  lease: string,
  most: number,
  leaseMs: number,
  claims: readonly ClaimAt[],
): Promise<LeasedRow[]> =>
  tx.query(LEASE_ANSWERS, [
    connection.company,
    connection.connectionId,
    lease,
    new Date(connection.collectedUpTo),
    most,
    leaseMs,
    plain(claims.map(({ claimId }) => claimId)),
  ])

const HOLD_ANSWERS = statement<{ ok: boolean }>(
  'orders_hold_answers',
  `update orders.claim_answer a
   set look_after = greatest(a.look_after, kernel.now() + make_interval(secs => $5::float8 / 1000))
   from (
     select * from unnest($2::uuid[], $3::text[])
     limit cardinality($2)) as k (claim_id, answer)
   where a.claim_id = k.claim_id and (a.company_id = $1) is true and a.answer = k.answer and a.lease = $4
     and (a.told = 'unknown') is true
   returning true as ok`,
)

/** For so many ms from now; false where none of them is under this lease any more. */
export async function holdAnswers(
  tx: Tx,
  company: string,
  lease: string,
  answers: readonly { claimId: string; answer: string }[],
  leaseMs: number,
): Promise<boolean> {
  const keys = [plain(answers.map(({ claimId }) => claimId)), plain(answers.map(({ answer }) => answer))]
  return (await tx.query(HOLD_ANSWERS, [company, ...keys, lease, leaseMs])).length > 0
}

export type Heard = ClaimAt & {
  answer: ClaimAnswerKind | 'cancel'
  told: Telling
  code: string | null
  message: string | null
  why: FaultWhy | null
  /** Waiting or unknown: not before so many ms from now. */
  againInMs: number
}

// "is true" hides that only open answers are asked for, and so the small index of all that are open at the company.
const WRITE_RESULTS = statement<ClaimAt & { answer: ClaimAnswerKind | 'cancel'; told: Telling }>(
  'orders_write_telling',
  `update orders.claim_answer a
   set told = k.told, code = k.code, message = k.message, why = k.why, lease = null,
       told_at = case when k.told = 'told' then kernel.now() end,
       due_at = case when k.told = 'waiting' then kernel.now() + make_interval(secs => k.again / 1000) else a.due_at end,
       look_after = case when k.told = 'unknown' then kernel.now() + make_interval(secs => k.again / 1000) end
   from (
     select k.*
     from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[],
       $8::float8[])
       as k (company_id, claim_id, answer, told, code, message, why, again)
     cross join lateral (
       select from orders.claim_answer
       where claim_id = k.claim_id and answer = k.answer and (company_id = k.company_id) is true
         and (told in ('waiting', 'unknown')) is true and ($9::uuid is null or lease = $9)
       limit 1 for no key update) o
     limit cardinality($1)) k
   where a.company_id = k.company_id and a.claim_id = k.claim_id and a.answer = k.answer
   returning a.company_id as company, a.claim_id as "claimId", a.answer, a.told`,
)

/** Answers those that were still open, and ours: with a lease, only what nobody has taken meanwhile. */
export const writeTelling = (tx: Tx, results: readonly Heard[], lease: string | null) =>
  tx.query(WRITE_RESULTS, [
    ...at(results),
    plain(results.map(({ answer }) => answer)),
    plain(results.map(({ told }) => told)),
    texts(results.map(({ code }) => code)),
    texts(results.map(({ message }) => message)),
    jsons(results.map(({ why }) => why)),
    plain(results.map(({ againInMs }) => againInMs)),
    lease,
  ])
