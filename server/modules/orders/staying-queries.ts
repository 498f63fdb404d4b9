import type { FaultWhy } from '../../../contract/faults.ts'
import { jsons, plain } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'
import type { ClaimAt } from './claim-queries.ts'
import type { ClaimAnswerKind } from './claim-states.ts'

const NOTE_STAYING = statement<never>(
  'orders_note_staying_parcels',
  `update orders.claim_answer a
   set stays = k.why
   from (
     select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::jsonb[])
     limit cardinality($1)) as k (company_id, claim_id, answer, why)
   where a.claim_id = k.claim_id and (a.company_id = k.company_id) is true and a.answer = k.answer`,
)

/** Answers that were heard and whose goods have not left our books: a person reads it on the board until they have. */
export const noteStayingParcels = (
  tx: Tx,
  staying: readonly (ClaimAt & { answer: ClaimAnswerKind | 'cancel'; why: FaultWhy })[],
): void => {
  if (staying.length === 0) return
  tx.write(NOTE_STAYING, [
    plain(staying.map(({ company }) => company)),
    plain(staying.map(({ claimId }) => claimId)),
    plain(staying.map(({ answer }) => answer)),
    jsons(staying.map(({ why }) => why)),
  ])
}
