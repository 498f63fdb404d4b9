import { plain, texts } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'
import type { ReservationState } from './requests.ts'
import type { Shortage } from './world.ts'

// Every look-up names its whole key, row by row: on an empty, unanalysed table several indexes look equal, and the
// cached plan then filtered a whole company (12 times slower, exactly on a fresh start). `limit` and `offset 0` keep a
// look-up where it is written: flattened, it was planned before the one whose result it needs.

export type LevelRow = {
  company_id: string
  variant_id: string
  warehouse_id: string
  on_hand: number
  reserved: number
  version: number
}
export type LevelAt = { company: string; variantId: string; warehouseId: string }

export const keysOf = (at: readonly LevelAt[]) => [
  plain(at.map((key) => key.company)),
  plain(at.map((key) => key.variantId)),
  plain(at.map((key) => key.warehouseId)),
]

const ENSURE_LEVELS = statement<never>(
  'inventory_ensure_levels',
  `insert into inventory.level (company_id, variant_id, warehouse_id, on_hand, reserved, version)
   select k.company_id, k.variant_id, k.warehouse_id, 0, 0, 0
   from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as k (company_id, variant_id, warehouse_id)
   on conflict (company_id, variant_id, warehouse_id) do nothing`,
)

/** A level that is not there yet starts at 0, so that there is always a row to lock. */
export const ensureLevels = (tx: Tx, at: readonly LevelAt[]): void => tx.write(ENSURE_LEVELS, keysOf(at))

const lockLevelsText = (how: string) => `
   select l.company_id, l.variant_id, l.warehouse_id, l.on_hand, l.reserved, l.version
   from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as k (company_id, variant_id, warehouse_id)
   cross join lateral (
     select * from inventory.level
     where company_id = k.company_id and variant_id = k.variant_id and warehouse_id = k.warehouse_id
     limit 1 ${how}) l`

const LOCK_LEVELS = statement<LevelRow>('inventory_lock_levels', lockLevelsText('for no key update'))

/** Locks in the order given: the caller sorts, so that two batches never wait for each other in a circle. */
export const lockLevels = (tx: Tx, at: readonly LevelAt[]): Promise<LevelRow[]> => tx.query(LOCK_LEVELS, keysOf(at))

const LOCK_LEVELS_NOWAIT = statement<LevelRow>(
  'inventory_lock_levels_nowait',
  lockLevelsText('for no key update nowait'),
)

/** Out of order, so it must not wait: a level somebody else holds fails with 55P03 and the batch is redone. */
export const lockLevelsNow = (tx: Tx, at: readonly LevelAt[]): Promise<LevelRow[]> =>
  tx.query(LOCK_LEVELS_NOWAIT, keysOf(at))

const WAIT_BRIEFLY = statement<never>('inventory_wait_briefly', `select set_config('lock_timeout', '50', true)`)

/** From here on this transaction waits at most 50 ms for a row, then fails with 55P03. */
export const waitBriefly = (tx: Tx): void => tx.write(WAIT_BRIEFLY, [])

export type Reference = { company: string; source: string; ref: string }

const referencesOf = (references: readonly Reference[]) => [
  plain(references.map((reference) => reference.company)),
  texts(references.map((reference) => reference.source)),
  texts(references.map((reference) => reference.ref)),
]

export type ReservationRow = {
  company_id: string
  reservation_id: string
  source: string
  source_ref: string
  fingerprint: string
  state: ReservationState
  expires_at: Date | null
  extended: boolean
  ship_by: Date | null
}

const RESERVATION = `r.company_id, r.reservation_id, r.source, r.source_ref, r.fingerprint, r.state, r.expires_at,
          r.extended, r.ship_by`

// "is true" keeps the company out of the choice of an index: the wall names it as well, and until the first ANALYZE the
// two together make the primary key, which begins with it, look cheaper. From 150 orders on each then read them all: 256
// orders of one SKU took 200 ms at 7,000 orders.
const reservationsText = (how: string) => `
   select ${RESERVATION}
   from unnest($1::uuid[], $2::text[], $3::text[]) as k (company_id, source, source_ref)
   cross join lateral (
     select * from inventory.reservation
     where source_ref = k.source_ref and source = k.source and (company_id = k.company_id) is true
     limit 1 ${how}) r`

const FIND_RESERVATIONS = statement<ReservationRow>('inventory_find_reservations', reservationsText(''))
const LOCK_RESERVATIONS = statement<ReservationRow>(
  'inventory_lock_reservations',
  reservationsText('for no key update'),
)

export const findReservations = (tx: Tx, references: readonly Reference[]): Promise<ReservationRow[]> =>
  tx.query(FIND_RESERVATIONS, referencesOf(references))

export const lockReservations = (tx: Tx, references: readonly Reference[]): Promise<ReservationRow[]> =>
  tx.query(LOCK_RESERVATIONS, referencesOf(references))

export type LineRow = {
  company_id: string
  reservation_id: string
  line_no: number
  variant_id: string
  warehouse_id: string
  quantity: number
  taken: number
}

const LINES_OF_REFERENCES = statement<LineRow>(
  'inventory_lines_of_references',
  `select l.company_id, l.reservation_id, l.line_no, l.variant_id, l.warehouse_id, l.quantity, l.taken
   from unnest($1::uuid[], $2::text[], $3::text[]) as k (company_id, source, source_ref)
   cross join lateral (
     select reservation_id from inventory.reservation
     where source_ref = k.source_ref and source = k.source and (company_id = k.company_id) is true
     limit 1) r
   cross join lateral (
     select * from inventory.reservation_line
     where company_id = k.company_id and reservation_id = r.reservation_id
     offset 0) l
   order by l.company_id, l.reservation_id, l.line_no, l.variant_id, l.warehouse_id`,
)

export const linesOfReferences = (tx: Tx, references: readonly Reference[]): Promise<LineRow[]> =>
  tx.query(LINES_OF_REFERENCES, referencesOf(references))

export type ShortageRow = {
  company_id: string
  shortage_id: string
  reservation_id: string
  line_no: number
  variant_id: string
  warehouses: string[]
  open: number
  missing: number
  cause: Shortage['cause']
  since: Date
}

const SHORTAGE = `s.company_id, s.shortage_id, s.reservation_id, s.line_no, s.variant_id,
     s.warehouses::text[] as warehouses, s.open, s.missing, s.cause, s.since`

// Found first, then locked by id: two batches that share shortages meet at the same one first, whether they came to
// them by reservation or by variant. An expired hold's closed ones say what a late payment must take again.
const lockShortagesText = (how: string) => `
  with found as materialized (
     select s.company_id, s.shortage_id
     from unnest($1::uuid[], $2::text[], $3::text[]) as k (company_id, source, source_ref)
     cross join lateral (
       select reservation_id, state from inventory.reservation
       where source_ref = k.source_ref and source = k.source and (company_id = k.company_id) is true
       limit 1) r
     cross join lateral (
       select company_id, shortage_id from inventory.shortage
       where reservation_id = r.reservation_id and (company_id = k.company_id) is true
         and (open > 0 or missing > 0 and r.state = 'expired')
       offset 0) s
     union
     select s.company_id, s.shortage_id
     from unnest($4::uuid[], $5::uuid[]) as k (company_id, variant_id)
     cross join lateral (
       select company_id, shortage_id from inventory.shortage
       where variant_id = k.variant_id and (company_id = k.company_id) is true and open > 0
       order by since, shortage_id
       limit 1000) s
     order by 1, 2)
   select ${SHORTAGE}
   from found k
   cross join lateral (
     select * from inventory.shortage
     where company_id = k.company_id and shortage_id = k.shortage_id
     limit 1 for no key update ${how}) s`

const LOCK_SHORTAGES = statement<ShortageRow>('inventory_lock_shortages', lockShortagesText(''))
const LOCK_SHORTAGES_NOWAIT = statement<ShortageRow>('inventory_lock_shortages_nowait', lockShortagesText('nowait'))

type VariantAt = { company: string; variantId: string }

const variantsOf = (variants: readonly VariantAt[]) => [
  plain(variants.map((variant) => variant.company)),
  plain(variants.map((variant) => variant.variantId)),
]

/** Those of the reservations, and the oldest 1,000 open ones of each variant; the rest is filled by the next increase. */
export const lockShortages = (tx: Tx, references: readonly Reference[], variants: readonly VariantAt[]) =>
  tx.query(LOCK_SHORTAGES, [...referencesOf(references), ...variantsOf(variants)])

/** Out of order, so it must not wait. */
export const lockShortagesNow = (tx: Tx, references: readonly Reference[], variants: readonly VariantAt[]) =>
  tx.query(LOCK_SHORTAGES_NOWAIT, [...referencesOf(references), ...variantsOf(variants)])

const READ_OWED = statement<{ company_id: string; variant_id: string; owed: number }>(
  'inventory_read_owed',
  `select k.company_id, k.variant_id, coalesce(s.owed, 0)::integer as owed
   from unnest($1::uuid[], $2::uuid[]) as k (company_id, variant_id)
   cross join lateral (
     select sum(open) as owed from inventory.shortage
     where variant_id = k.variant_id and (company_id = k.company_id) is true and open > 0) s`,
)

/** Units missing in all, per variant: what its margin has been used for. */
export const readOwed = (tx: Tx, variants: readonly VariantAt[]) => tx.query(READ_OWED, variantsOf(variants))

const LEVELS_OF_REFERENCES = statement<Pick<LevelRow, 'company_id' | 'variant_id' | 'warehouse_id'>>(
  'inventory_levels_of_references',
  `select k.company_id, l.variant_id, l.warehouse_id
   from unnest($1::uuid[], $2::text[], $3::text[]) as k (company_id, source, source_ref)
   cross join lateral (
     select reservation_id from inventory.reservation
     where source_ref = k.source_ref and source = k.source and (company_id = k.company_id) is true
     limit 1) r
   cross join lateral (
     select variant_id, warehouse_id from inventory.reservation_line
     where company_id = k.company_id and reservation_id = r.reservation_id
     union
     select variant_id, unnest(warehouses) from inventory.shortage
     where reservation_id = r.reservation_id and (company_id = k.company_id) is true and missing > 0) l`,
)

/** Where reservations lie, and where what they miss may come from. Read unlocked. */
export const levelsOfReferences = (tx: Tx, references: readonly Reference[]) =>
  tx.query(LEVELS_OF_REFERENCES, referencesOf(references))

const RESERVATIONS_BY_ID = statement<ReservationRow>(
  'inventory_reservations_by_id',
  `select ${RESERVATION}
   from unnest($1::uuid[], $2::uuid[]) as k (company_id, reservation_id)
   cross join lateral (
     select * from inventory.reservation
     where company_id = k.company_id and reservation_id = k.reservation_id
     limit 1) r`,
)

export const reservationsById = (tx: Tx, rows: readonly { company_id: string; reservation_id: string }[]) =>
  tx.query(RESERVATIONS_BY_ID, [plain(rows.map((row) => row.company_id)), plain(rows.map((row) => row.reservation_id))])

const OPEN_RESERVATIONS_AT = statement<ReservationRow>(
  'inventory_open_reservations_at',
  `select distinct ${RESERVATION}
   from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as k (company_id, variant_id, warehouse_id)
   cross join lateral (
     select reservation_id from inventory.reservation_line
     where company_id = k.company_id and variant_id = k.variant_id and warehouse_id = k.warehouse_id and quantity > 0
     offset 0) l
   cross join lateral (
     select * from inventory.reservation
     where company_id = k.company_id and reservation_id = l.reservation_id
     limit 1) r
   order by r.company_id, r.reservation_id`,
)

export const openReservationsAt = (tx: Tx, at: readonly LevelAt[]): Promise<ReservationRow[]> =>
  tx.query(OPEN_RESERVATIONS_AT, keysOf(at))

const DUE_HOLDS_AT = statement<ReservationRow>(
  'inventory_due_holds_at',
  `select distinct ${RESERVATION}
   from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as k (company_id, variant_id, warehouse_id)
   cross join lateral (
     select reservation_id from inventory.reservation_line
     where company_id = k.company_id and variant_id = k.variant_id and warehouse_id = k.warehouse_id and quantity > 0
     offset 0) l
   cross join lateral (
     select * from inventory.reservation
     where company_id = k.company_id and reservation_id = l.reservation_id
     limit 1) r
   where r.state = 'held' and r.expires_at <= kernel.now()
   order by r.expires_at, r.company_id, r.reservation_id
   limit 1000`,
)

export const dueHoldsAt = (tx: Tx, at: readonly LevelAt[]) => tx.query(DUE_HOLDS_AT, keysOf(at))

const DUE_HOLDS = statement<Pick<ReservationRow, 'company_id' | 'source' | 'source_ref'>>(
  'inventory_due_holds',
  `select r.company_id, r.source, r.source_ref
   from unnest($1::uuid[]) as k (company_id)
   cross join lateral (
     select company_id, source, source_ref, expires_at, reservation_id from inventory.reservation
     where company_id = k.company_id and state = 'held' and expires_at <= kernel.now()
     order by expires_at, reservation_id
     limit $2) r
   order by r.expires_at, r.reservation_id`,
)

export const dueHolds = (tx: Tx, companies: readonly string[], most: number) =>
  tx.query(DUE_HOLDS, [plain(companies), most])

const READ_PROMISES = statement<{ company_id: string; variant_id: string; promised: number }>(
  'inventory_read_promises',
  `select p.company_id, p.variant_id, p.promised
   from unnest($1::uuid[], $2::uuid[]) as k (company_id, variant_id)
   cross join lateral (
     select * from inventory.promise
     where company_id = k.company_id and variant_id = k.variant_id
     limit 1) p`,
)

export const readPromises = (tx: Tx, variants: readonly { company: string; variantId: string }[]) =>
  tx.query(READ_PROMISES, [
    plain(variants.map((variant) => variant.company)),
    plain(variants.map((variant) => variant.variantId)),
  ])

const FIND_CAUSES = statement<{ company_id: string; source: string; source_ref: string; fingerprint: string }>(
  'inventory_find_causes',
  `select c.company_id, c.source, c.source_ref, c.fingerprint
   from unnest($1::uuid[], $2::text[], $3::text[]) as k (company_id, source, source_ref)
   cross join lateral (
     select * from inventory.cause
     where company_id = k.company_id and source = k.source and source_ref = k.source_ref
     limit 1) c`,
)

export const findCauses = (tx: Tx, references: readonly Reference[]) => tx.query(FIND_CAUSES, referencesOf(references))
