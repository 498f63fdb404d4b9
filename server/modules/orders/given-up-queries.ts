import { plain } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'
import type { ClaimAt } from './claim-queries.ts'
import type { ClaimAnswerKind } from './claim-states.ts'

const HEARD_AFTER_ALL = statement<never>(
  'orders_answers_heard_after_all',
  `update orders.claim_answer a
   set told = 'told', code = null, message = null, why = null, told_at = kernel.now()
   from (
     select * from unnest($1::uuid[], $2::uuid[], $3::text[])
     limit cardinality($1)) as k (company_id, claim_id, answer)
   where a.claim_id = k.claim_id and (a.company_id = k.company_id) is true and a.answer = k.answer
     and (a.told = 'refused') is true`,
)

/** Of answers that stand as refused, only since nobody knew what had become of them. The caller holds the claims' locks. */
export const heardAfterAll = (tx: Tx, answers: readonly (ClaimAt & { answer: ClaimAnswerKind | 'cancel' })[]): void => {
  if (answers.length === 0) return
  tx.write(HEARD_AFTER_ALL, [
    plain(answers.map(({ company }) => company)),
    plain(answers.map(({ claimId }) => claimId)),
    plain(answers.map(({ answer }) => answer)),
  ])
}
