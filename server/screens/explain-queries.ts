import { statement, type Tx } from '../kernel/db.ts'

// Read-only, across modules: what stands behind the numbers of one variant, up to a moment.

const WAREHOUSES = statement<{
  warehouseId: string
  code: string
  name: string
  sellable: boolean
}>(
  'screens_explain_warehouses',
  `select w.warehouse_id as "warehouseId", w.code, w.name, w.sellable and w.active as sellable
   from inventory.level l
   join inventory.warehouse w on w.company_id = l.company_id and w.warehouse_id = l.warehouse_id
   where l.company_id = $1 and l.variant_id = $2
   order by w.priority, w.warehouse_id
   limit 100`,
)

export const explainWarehouses = (tx: Tx, company: string, variantId: string) =>
  tx.query(WAREHOUSES, [company, variantId])

const MOVEMENTS = statement<{
  version: number
  kind: 'in' | 'out' | 'adjust' | 'reserve' | 'release'
  onHandDelta: number
  reservedDelta: number
  onHandAfter: number
  reservedAfter: number
  reason: string
  cause: string
  note: string | null
  actor: string
  at: Date
}>(
  'screens_explain_movements',
  `select version, kind, on_hand_delta as "onHandDelta", reserved_delta as "reservedDelta",
     on_hand_after as "onHandAfter", reserved_after as "reservedAfter", reason, cause, note, actor, at
   from inventory.movement
   where company_id = $1 and variant_id = $2 and warehouse_id = $3 and at <= $4
   order by version desc
   limit 20`,
)

export const explainMovements = (tx: Tx, company: string, variantId: string, warehouseId: string, at: Date) =>
  tx.query(MOVEMENTS, [company, variantId, warehouseId, at])

const RESERVATIONS = statement<{
  source: string
  ref: string
  state: 'held' | 'firm'
  quantity: number
  expiresAt: Date | null
}>(
  'screens_explain_reservations',
  `select r.source, r.source_ref as ref, r.state, sum(l.quantity)::integer as quantity, r.expires_at as "expiresAt"
   from inventory.reservation_line l
   join inventory.reservation r on r.company_id = l.company_id and r.reservation_id = l.reservation_id
   where (l.company_id = $1) is true and l.variant_id = $2 and l.quantity > 0 and r.created_at <= $3
   group by r.reservation_id, r.source, r.source_ref, r.state, r.expires_at
   order by r.reservation_id
   limit 50`,
)

export const explainReservations = (tx: Tx, company: string, variantId: string, at: Date) =>
  tx.query(RESERVATIONS, [company, variantId, at])

const SHORTAGES = statement<{ ref: string; open: number; since: Date }>(
  'screens_explain_shortages',
  `select r.source_ref as ref, s.open, s.since
   from inventory.shortage s
   join inventory.reservation r on r.company_id = s.company_id and r.reservation_id = s.reservation_id
   where (s.company_id = $1) is true and s.variant_id = $2 and s.open > 0 and s.since <= $3
   order by s.since, s.shortage_id
   limit 50`,
)

export const explainShortages = (tx: Tx, company: string, variantId: string, at: Date) =>
  tx.query(SHORTAGES, [company, variantId, at])

export type ExplainedListing = {
  listingId: string
  connectionId: string
  connection: string
  channel: string
  policy: string
  policySettings: { units?: number; percent?: number }
  multiplier: number
  desired: number | null
  sent: number | null
  accepted: number | null
  observed: number | null
  shown: number | null
  rights: number | null
}

const LISTINGS = statement<ExplainedListing>(
  'screens_explain_listings',
  `select li.listing_id as "listingId", li.connection_id as "connectionId", co.name as connection, co.channel,
     co.policy, co.policy_settings as "policySettings", li.multiplier, li.desired, li.sent, li.accepted, li.observed,
     li.shown, case when co.policy = 'rights' then li.bound end as rights
   from (select * from channels.listing where variant_id = $2 and (company_id = $1) is true offset 0) li
   join channels.connection co on co.company_id = li.company_id and co.connection_id = li.connection_id
   order by co.created_at, li.listing_id
   limit 100`,
)

export const explainListings = (tx: Tx, company: string, variantId: string) => tx.query(LISTINGS, [company, variantId])

export type ExplainedEntry = {
  kind: 'desired' | 'sent' | 'accepted' | 'observed' | 'failed' | 'sold' | 'restocked' | 'drift'
  value: number | null
  detail: string | null
  at: Date
}

const JOURNAL = statement<ExplainedEntry>(
  'screens_explain_journal',
  `select kind, value, detail, at from channels.journal
   where company_id = $1 and listing_id = $2 and at <= $3 and kind <> 'mapped'
   order by entry_id desc
   limit 20`,
)

export const explainJournal = (tx: Tx, company: string, listingId: string, at: Date) =>
  tx.query(JOURNAL, [company, listingId, at])

const LAST_VALUES = statement<{ kind: string; value: number }>(
  'screens_explain_last_values',
  `select distinct on (kind) kind, value from channels.journal
   where company_id = $1 and listing_id = $2 and at <= $3 and kind in ('desired', 'sent', 'accepted', 'observed')
   order by kind, entry_id desc`,
)

/** The four numbers as they stood at a past moment. */
export async function explainNumbersAt(tx: Tx, company: string, listingId: string, at: Date) {
  return new Map((await tx.query(LAST_VALUES, [company, listingId, at])).map((row) => [row.kind, row.value]))
}
