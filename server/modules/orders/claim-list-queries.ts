import { statement, type Tx } from '../../kernel/db.ts'
import { claimColumns, claimOf, type ReadClaim } from './claim-queries.ts'
import type { ClaimKind, ClaimState } from './claim-states.ts'

type Row = Parameters<typeof claimOf>[0]

const READ_CLAIM = statement<Row>(
  'orders_read_claim',
  `select ${claimColumns} from orders.claim c where company_id = $1 and claim_id = $2`,
)

export async function readClaim(tx: Tx, company: string, claimId: string): Promise<ReadClaim | null> {
  const [row] = await tx.query(READ_CLAIM, [company, claimId])
  return row ? claimOf(row) : null
}

/** Where a page ended: among those that lapse, at this time (epoch ms) and id; or among the others, at this id. */
export type ClaimPlace = { lapsesAt: number | null; claimId: string }

export type ClaimPage = {
  state: ClaimState | null
  kind: ClaimKind | null
  /** Epoch ms: only those that lapse until then. */
  dueUntil: number | null
  after: ClaimPlace | null
  limit: number
}

// Nothing to do is left once it is answered, so only what is still requested has a deadline that counts.
const LIST_LAPSING = statement<Row>(
  'orders_list_claims_that_lapse',
  `select ${claimColumns} from orders.claim c
   where company_id = $1 and state = 'requested' and lapses_at is not null
     and (lapses_at, claim_id) > ($2::timestamptz, $3::uuid) and lapses_at <= $4
     and ($5::text is null or kind = $5)
   order by lapses_at, claim_id
   limit $6`,
)

const othersWhere = (filter: string) => `select ${claimColumns} from orders.claim c
   where company_id = $1 and claim_id < $2 and not (state = 'requested' and lapses_at is not null)${filter}
   order by claim_id desc
   limit $3`

const LIST_OTHERS = statement<Row>('orders_list_claims', othersWhere(''))
const LIST_OTHERS_IN_STATE = statement<Row>('orders_list_claims_in_state', othersWhere(' and state = $4'))
const LIST_OTHERS_OF_KIND = statement<Row>('orders_list_claims_of_kind', othersWhere(' and kind = $4'))
const LIST_OTHERS_OF_BOTH = statement<Row>(
  'orders_list_claims_of_kind_in_state',
  othersWhere(' and state = $4 and kind = $5'),
)

const LIST_TO_INSPECT = statement<Row>(
  'orders_list_claims_to_inspect',
  `select ${claimColumns} from orders.claim c
   where company_id = $1 and claim_id < $2 and kind in ('return', 'exchange') and kind = coalesce($4, kind)
     and state in ('approved', 'collected', 'done') and state = coalesce($5, state)
     and changed_at > kernel.now() - interval '90 days'
     and exists (
       select from orders.claim_line l
       where l.company_id = c.company_id and l.claim_id = c.claim_id and l.sellable + l.damaged + l.lost < l.quantity
       offset 0)
   order by claim_id desc
   limit $3`,
)

/** Whose goods are on their way or here, and not all looked at yet; newest first. Money back does not end that. */
export async function listToInspect(
  tx: Tx,
  company: string,
  { state, kind, after, limit }: Omit<ClaimPage, 'dueUntil'>,
): Promise<ReadClaim[]> {
  return (await tx.query(LIST_TO_INSPECT, [company, after?.claimId ?? AFTER_ALL, limit, kind, state])).map(claimOf)
}

const BEFORE_ALL = '00000000-0000-0000-0000-000000000000'
const AFTER_ALL = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/** Those with a deadline first, the next to lapse on top; then the others, newest first. */
export async function listClaims(tx: Tx, company: string, page: ClaimPage): Promise<ReadClaim[]> {
  const lapsing = page.after === null || page.after.lapsesAt !== null ? await listLapsing(tx, company, page) : []
  const left = page.limit - lapsing.length
  if (left <= 0 || page.dueUntil !== null) return lapsing
  const after = page.after?.lapsesAt === null ? page.after.claimId : AFTER_ALL
  return [...lapsing, ...(await listOthers(tx, company, page, after, left))]
}

async function listLapsing(tx: Tx, company: string, page: ClaimPage): Promise<ReadClaim[]> {
  if (page.state !== null && page.state !== 'requested') return []
  const { lapsesAt, claimId } = page.after ?? { lapsesAt: null, claimId: BEFORE_ALL }
  const from = lapsesAt === null ? '-infinity' : new Date(lapsesAt)
  const until = page.dueUntil === null ? 'infinity' : new Date(page.dueUntil)
  return (await tx.query(LIST_LAPSING, [company, from, claimId, until, page.kind, page.limit])).map(claimOf)
}

async function listOthers(
  tx: Tx,
  company: string,
  { state, kind }: ClaimPage,
  after: string,
  limit: number,
): Promise<ReadClaim[]> {
  const values = [company, after, limit]
  const rows =
    state !== null && kind !== null
      ? tx.query(LIST_OTHERS_OF_BOTH, [...values, state, kind])
      : state !== null
        ? tx.query(LIST_OTHERS_IN_STATE, [...values, state])
        : kind !== null
          ? tx.query(LIST_OTHERS_OF_KIND, [...values, kind])
          : tx.query(LIST_OTHERS, values)
  return (await rows).map(claimOf)
}
