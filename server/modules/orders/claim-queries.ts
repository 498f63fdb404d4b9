import { instants, jsons, plain, texts } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'
import type { ClaimKind, ClaimOnLine, ClaimState } from './claim-states.ts'
import type { KnownLine, LineAt } from './lines.ts'
import { knownLine } from './queries.ts'

/** A claim as its row stands; times are epoch ms. */
export type Claim = {
  company: string
  claimId: string
  connectionId: string | null
  channel: string
  /** Null: the seller opened it, and no marketplace has told it back. */
  claimKey: string | null
  externalOrderId: string
  orderId: string | null
  kind: ClaimKind
  state: ClaimState
  /** `marketplace`, or who of ours. */
  openedBy: string
  faultBy: 'buyer' | 'seller' | 'marketplace' | 'unknown'
  reason: string
  requestedAt: number
  changedAt: number
  lapses: { at: number; answer: 'approve' | 'refuse' } | null
  returnParcel: { carrier: string | null; invoice: string } | null
  warehouses: readonly string[]
  raw: unknown
}

/** Quantities are sold units; the first three are what inspections have found so far. */
export type ClaimLine = {
  company: string
  claimId: string
  lineKey: string
  connectionId: string | null
  actionKey: string
  orderId: string | null
  lineNo: number | null
  quantity: number
  sellable: number
  damaged: number
  lost: number
  replacementLineNo: number | null
}

export type ClaimAt = { company: string; claimId: string }

type ClaimRow = Omit<Claim, 'requestedAt' | 'changedAt' | 'lapses' | 'raw'> & {
  requestedAt: Date
  changedAt: Date
  lapsesAt: Date | null
  lapsesTo: 'approve' | 'refuse' | null
}

/** The marketplace's own words are written and never read by a verb. */
export type ReadClaim = Omit<Claim, 'raw'>

export const claimColumns = `c.company_id as company, c.claim_id as "claimId", c.connection_id as "connectionId",
   c.channel, c.external_key as "claimKey", c.external_order_id as "externalOrderId", c.order_id as "orderId", c.kind,
   c.state, c.opened_by as "openedBy", c.fault_by as "faultBy", c.reason, c.requested_at as "requestedAt",
   c.changed_at as "changedAt", c.lapses_at as "lapsesAt", c.lapses_to as "lapsesTo",
   c.return_parcel as "returnParcel", c.warehouses::text[] as warehouses`

export const claimOf = ({ lapsesAt, lapsesTo, ...row }: ClaimRow): ReadClaim => ({
  ...row,
  requestedAt: row.requestedAt.getTime(),
  changedAt: row.changedAt.getTime(),
  lapses: lapsesAt && lapsesTo ? { at: lapsesAt.getTime(), answer: lapsesTo } : null,
})

// "is true" keeps the company out of the choice of an index: the wall names it as well, and the two together made the
// primary key, which begins with it, look cheaper than the whole key.
const LOCK_BY_KEY = statement<ClaimRow>(
  'orders_lock_claims_by_key',
  `select ${claimColumns}
   from (select distinct * from unnest($3::text[]) as u (key) order by 1) k
   cross join lateral (
     select * from orders.claim
     where connection_id = $2 and external_key = k.key and (company_id = $1) is true
     limit 1 for no key update) c`,
)

export const lockClaimsByKey = async (tx: Tx, company: string, connectionId: string, keys: readonly string[]) =>
  (await tx.query(LOCK_BY_KEY, [company, connectionId, texts(keys)])).map(claimOf)

const LOCK_CLAIMS = statement<ClaimRow>(
  'orders_lock_claims',
  `select ${claimColumns}
   from (select distinct * from unnest($1::uuid[], $2::uuid[]) as u (company_id, claim_id) order by 1, 2) k
   cross join lateral (
     select * from orders.claim where company_id = k.company_id and claim_id = k.claim_id
     limit 1 for no key update) c`,
)

const at = (claims: readonly ClaimAt[]) => [
  plain(claims.map(({ company }) => company)),
  plain(claims.map(({ claimId }) => claimId)),
]

export const lockClaims = async (tx: Tx, claims: readonly ClaimAt[]): Promise<ReadClaim[]> =>
  (await tx.query(LOCK_CLAIMS, at(claims))).map(claimOf)

const LOCK_FREE = statement<ClaimRow>(
  'orders_lock_free_claims',
  `select ${claimColumns}
   from (select distinct * from unnest($1::uuid[], $2::uuid[]) as u (company_id, claim_id) order by 1, 2) k
   cross join lateral (
     select * from orders.claim where company_id = k.company_id and claim_id = k.claim_id
     limit 1 for no key update skip locked) c`,
)

/** Those of the claims that nobody else has locked. */
export const lockFreeClaims = async (tx: Tx, claims: readonly ClaimAt[]): Promise<ReadClaim[]> =>
  (await tx.query(LOCK_FREE, at(claims))).map(claimOf)

// The kind as well: the index by kind has them in the order asked for, and then all cancels were read.
const NOT_TOLD_BACK = statement<ClaimRow & { lineKey: string; quantity: number }>(
  'orders_claims_nobody_told_back',
  `select ${claimColumns}, l.line_key as "lineKey", l.quantity
   from (select distinct * from unnest($3::text[]) as u (external_order_id) order by 1) k
   cross join lateral (
     select * from orders.claim
     where external_order_id = k.external_order_id and connection_id = $2 and (company_id = $1) is true
       and external_key is null and (kind = 'cancel') is true and state not in ('refused', 'withdrawn')
     order by claim_id limit 50 for no key update) c
   cross join lateral (
     select * from orders.claim_line where company_id = c.company_id and claim_id = c.claim_id offset 0) l`,
)

/** Cancels the seller asked for, of these orders, that the marketplace has not told as a claim of its own. */
export const claimsNobodyToldBack = async (tx: Tx, company: string, connectionId: string, orders: readonly string[]) =>
  (await tx.query(NOT_TOLD_BACK, [company, connectionId, texts(orders)])).map(({ lineKey, quantity, ...row }) => ({
    ...{ claim: claimOf(row), lineKey, quantity },
  }))

const INSERT_CLAIMS = statement<never>(
  'orders_insert_claims',
  `insert into orders.claim (company_id, claim_id, connection_id, channel, external_key, external_order_id, order_id, kind,
     state, opened_by, fault_by, reason, requested_at, changed_at, lapses_at, lapses_to, return_parcel, warehouses, raw,
     created_at)
   select k.company_id, k.claim_id, k.connection_id, k.channel, k.external_key, k.external_order_id, k.order_id, k.kind,
     k.state, k.opened_by, k.fault_by, k.reason, k.requested_at, k.changed_at, k.lapses_at, k.lapses_to, k.return_parcel,
     string_to_array(k.warehouses, ',')::uuid[], k.raw, kernel.now()
   from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::text[],
     $9::text[], $10::text[], $11::text[], $12::text[], $13::timestamptz[], $14::timestamptz[], $15::timestamptz[],
     $16::text[], $17::jsonb[], $18::text[], $19::jsonb[])
     as k (company_id, claim_id, connection_id, channel, external_key, external_order_id, order_id, kind, state,
       opened_by, fault_by, reason, requested_at, changed_at, lapses_at, lapses_to, return_parcel, warehouses, raw)`,
)

export const insertClaims = (tx: Tx, claims: readonly Claim[]): void => {
  if (claims.length === 0) return
  tx.write(INSERT_CLAIMS, [
    ...at(claims),
    plain(claims.map(({ connectionId }) => connectionId)),
    texts(claims.map(({ channel }) => channel)),
    texts(claims.map(({ claimKey }) => claimKey)),
    texts(claims.map(({ externalOrderId }) => externalOrderId)),
    plain(claims.map(({ orderId }) => orderId)),
    plain(claims.map(({ kind }) => kind)),
    plain(claims.map(({ state }) => state)),
    texts(claims.map(({ openedBy }) => openedBy)),
    plain(claims.map(({ faultBy }) => faultBy)),
    texts(claims.map(({ reason }) => reason)),
    instants(claims.map(({ requestedAt }) => requestedAt)),
    ...changing(claims),
    texts(claims.map(({ warehouses }) => warehouses.join(','))),
    jsons(claims.map(({ raw }) => raw)),
  ])
}

const changing = (claims: readonly Pick<Claim, 'changedAt' | 'lapses' | 'returnParcel'>[]) => [
  instants(claims.map(({ changedAt }) => changedAt)),
  instants(claims.map(({ lapses }) => lapses?.at ?? null)),
  plain(claims.map(({ lapses }) => lapses?.answer ?? null)),
  jsons(claims.map(({ returnParcel }) => returnParcel)),
]

const UPDATE_CLAIMS = statement<never>(
  'orders_update_claims',
  `update orders.claim c
   set external_key = k.external_key, state = k.state, fault_by = k.fault_by, reason = k.reason,
       changed_at = k.changed_at, lapses_at = k.lapses_at, lapses_to = k.lapses_to, return_parcel = k.return_parcel,
       raw = coalesce(k.raw, c.raw)
   from (
     select *
     from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
       $8::timestamptz[], $9::text[], $10::jsonb[], $11::jsonb[])
     limit cardinality($1)) as k (company_id, claim_id, external_key, state, fault_by, reason, changed_at, lapses_at,
       lapses_to, return_parcel, raw)
   where c.company_id = k.company_id and c.claim_id = k.claim_id`,
)

/** `raw` null keeps the words that are there. */
export const updateClaims = (tx: Tx, claims: readonly Claim[]): void => {
  if (claims.length === 0) return
  tx.write(UPDATE_CLAIMS, [
    ...at(claims),
    texts(claims.map(({ claimKey }) => claimKey)),
    plain(claims.map(({ state }) => state)),
    plain(claims.map(({ faultBy }) => faultBy)),
    texts(claims.map(({ reason }) => reason)),
    ...changing(claims),
    jsons(claims.map(({ raw }) => raw)),
  ])
}

const WRITE_LINES = statement<never>(
  'orders_write_claim_lines',
  `insert into orders.claim_line as l (company_id, claim_id, line_key, connection_id, action_key, order_id, line_no,
     quantity)
   select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::uuid[], $7::integer[],
     $8::integer[])
   on conflict (company_id, claim_id, line_key) do update
   set quantity = greatest(l.sellable + l.damaged + l.lost, least(excluded.quantity, (
         select o.quantity from orders.order_line o
         where o.company_id = l.company_id and o.order_id = l.order_id and o.line_no = l.line_no))),
       action_key = case when excluded.action_key = '' then l.action_key else excluded.action_key end`,
)

export type ToldLine = Pick<
  ClaimLine,
  'company' | 'claimId' | 'lineKey' | 'connectionId' | 'actionKey' | 'orderId' | 'lineNo' | 'quantity'
>

/** New lines, and newer quantities of known ones: never below what was inspected, nor above what was bought. */
export const writeClaimLines = (tx: Tx, lines: readonly ToldLine[]): void => {
  if (lines.length === 0) return
  tx.write(WRITE_LINES, [
    ...at(lines),
    texts(lines.map(({ lineKey }) => lineKey)),
    plain(lines.map(({ connectionId }) => connectionId)),
    texts(lines.map(({ actionKey }) => actionKey)),
    plain(lines.map(({ orderId }) => orderId)),
    plain(lines.map(({ lineNo }) => lineNo)),
    plain(lines.map(({ quantity }) => quantity)),
  ])
}

// Each order line is looked up once, before it meets the claim lines: joined, all of the connection were read.
const JOIN_LINES = statement<{ company: string; claimId: string }>(
  'orders_join_claim_lines',
  `with found as materialized (
     select o.external_line_key, o.order_id, o.line_no, o.quantity
     from (select distinct key from unnest($3::text[]) as u (key)) k
     cross join lateral (
       select * from orders.order_line
       where external_line_key = k.key and connection_id = $2 and (company_id = $1) is true
       limit 1) o),
   joined as (
     update orders.claim_line l
     set order_id = o.order_id, line_no = o.line_no, quantity = least(l.quantity, o.quantity)
     from found o
     where l.line_key = o.external_line_key and l.line_key = any ($3::text[]) and l.connection_id = $2
       and (l.company_id = $1) is true and l.order_id is null
     returning l.company_id, l.claim_id, l.order_id)
   update orders.claim c set order_id = j.order_id
   from (select distinct on (company_id, claim_id) * from joined order by company_id, claim_id, order_id) j
   where c.company_id = j.company_id and c.claim_id = j.claim_id
   returning c.company_id as company, c.claim_id as "claimId"`,
)

/** Claim lines of these keys find the order lines that have been recorded by now. Answers the claims that did. */
export const joinClaimLines = (tx: Tx, company: string, connectionId: string, keys: readonly string[]) =>
  tx.query(JOIN_LINES, [company, connectionId, texts(keys)])

export const claimLineColumns = `l.company_id as company, l.claim_id as "claimId", l.line_key as "lineKey",
   l.connection_id as "connectionId", l.action_key as "actionKey", l.order_id as "orderId", l.line_no as "lineNo",
   l.quantity, l.sellable, l.damaged, l.lost, l.replacement_line_no as "replacementLineNo"`

const LINES_OF_CLAIMS = statement<ClaimLine>(
  'orders_lines_of_claims',
  `select ${claimLineColumns}
   from unnest($1::uuid[], $2::uuid[]) as k (company_id, claim_id)
   cross join lateral (
     select * from orders.claim_line where company_id = k.company_id and claim_id = k.claim_id offset 0) l
   order by l.company_id, l.claim_id, l.line_no, l.line_key`,
)

export const linesOfClaims = (tx: Tx, claims: readonly ClaimAt[]): Promise<ClaimLine[]> =>
  claims.length === 0 ? Promise.resolve([]) : tx.query(LINES_OF_CLAIMS, at(claims))

/** An order line with what claims keep on it. */
export type LineUnderClaim = KnownLine & {
  returned: number
  toldCancelled: number
  takenBack: number
  claim: ClaimKind | null
}

const LOCK_LINES = statement<LineUnderClaim>(
  'orders_lock_lines_under_claim',
  `select ${knownLine}, l.returned, l.told_cancelled as "toldCancelled", l.taken_back as "takenBack", l.claim
   from (select distinct * from unnest($1::uuid[], $2::uuid[], $3::integer[]) as u (company_id, order_id, line_no)
     order by 1, 2, 3) k
   cross join lateral (
     select * from orders.order_line
     where company_id = k.company_id and order_id = k.order_id and line_no = k.line_no
     limit 1 for no key update) l
   cross join lateral (
     select * from orders.order where company_id = l.company_id and order_id = l.order_id limit 1) o
   order by l.company_id, l.order_id, l.line_no`,
)

const linesAt = (lines: readonly LineAt[]) => [
  plain(lines.map(({ company }) => company)),
  plain(lines.map(({ orderId }) => orderId)),
  plain(lines.map(({ lineNo }) => lineNo)),
]

export const lockLinesUnderClaim = (tx: Tx, lines: readonly LineAt[]): Promise<LineUnderClaim[]> =>
  tx.query(LOCK_LINES, linesAt(lines))

const CLAIMS_ON_LINES = statement<
  LineAt & Omit<ClaimOnLine, 'requestedAt'> & { requestedAt: Date; inspected: number; replacementLineNo: number | null }
>(
  'orders_claims_on_lines',
  `select l.company_id as company, l.order_id as "orderId", l.line_no as "lineNo", c.claim_id as "claimId", c.kind,
     c.state, l.quantity, c.external_key is not null as "isTold", c.opened_by <> 'marketplace' as "openedBySeller",
     c.requested_at as "requestedAt", l.sellable + l.damaged + l.lost as inspected,
     l.replacement_line_no as "replacementLineNo"
   from unnest($1::uuid[], $2::uuid[], $3::integer[]) as k (company_id, order_id, line_no)
   cross join lateral (
     select * from orders.claim_line
     where order_id = k.order_id and line_no = k.line_no and (company_id = k.company_id) is true
     offset 0) l
   join orders.claim c on c.company_id = l.company_id and c.claim_id = l.claim_id
   order by l.order_id, l.line_no, c.claim_id`,
)

/** Every claim on these lines, over or not; asked under the lines' locks. */
export const claimsOnLines = async (tx: Tx, lines: readonly LineAt[]) =>
  (await tx.query(CLAIMS_ON_LINES, linesAt(lines))).map((row) => ({ ...row, requestedAt: row.requestedAt.getTime() }))

const MARK_LINES = statement<never>(
  'orders_mark_lines_under_claim',
  `update orders.order_line l
   set told_cancelled = k.told_cancelled, taken_back = k.taken_back, claim = k.claim
   from (
     select * from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::integer[], $5::integer[], $6::text[])
     limit cardinality($1)) as k (company_id, order_id, line_no, told_cancelled, taken_back, claim)
   where l.company_id = k.company_id and l.order_id = k.order_id and l.line_no = k.line_no`,
)

export const markLines = (
  tx: Tx,
  lines: readonly (LineAt & Pick<LineUnderClaim, 'toldCancelled' | 'takenBack' | 'claim'>)[],
): void => {
  if (lines.length === 0) return
  tx.write(MARK_LINES, [
    ...linesAt(lines),
    plain(lines.map(({ toldCancelled }) => toldCancelled)),
    plain(lines.map(({ takenBack }) => takenBack)),
    plain(lines.map(({ claim }) => claim)),
  ])
}
