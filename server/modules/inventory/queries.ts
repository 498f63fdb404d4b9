import { instants, jsons, plain, texts } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'
import type { ReservationState } from './requests.ts'
import type { Level, Movement, Reservation, ReservationLine, Shortage, Written } from './world.ts'

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

const keysOf = (at: readonly LevelAt[]) => [
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

const reservationsText = (how: string) => `
   select ${RESERVATION}
   from unnest($1::uuid[], $2::text[], $3::text[]) as k (company_id, source, source_ref)
   cross join lateral (
     select * from inventory.reservation
     where company_id = k.company_id and source = k.source and source_ref = k.source_ref
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
     where company_id = k.company_id and source = k.source and source_ref = k.source_ref
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
  cause: 'sold' | 'margin' | 'displaced'
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
       where company_id = k.company_id and source = k.source and source_ref = k.source_ref
       limit 1) r
     cross join lateral (
       select company_id, shortage_id from inventory.shortage
       where company_id = k.company_id and reservation_id = r.reservation_id
         and (open > 0 or missing > 0 and r.state = 'expired')
       offset 0) s
     union
     select s.company_id, s.shortage_id
     from unnest($4::uuid[], $5::uuid[]) as k (company_id, variant_id)
     cross join lateral (
       select company_id, shortage_id from inventory.shortage
       where company_id = k.company_id and variant_id = k.variant_id and open > 0
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
     where company_id = k.company_id and variant_id = k.variant_id and open > 0) s`,
)

/** Units missing in all, per variant: what its margin has been used for. */
export const readOwed = (tx: Tx, variants: readonly VariantAt[]) => tx.query(READ_OWED, variantsOf(variants))

const LEVELS_OF_REFERENCES = statement<Pick<LevelRow, 'company_id' | 'variant_id' | 'warehouse_id'>>(
  'inventory_levels_of_references',
  `select k.company_id, l.variant_id, l.warehouse_id
   from unnest($1::uuid[], $2::text[], $3::text[]) as k (company_id, source, source_ref)
   cross join lateral (
     select reservation_id from inventory.reservation
     where company_id = k.company_id and source = k.source and source_ref = k.source_ref
     limit 1) r
   cross join lateral (
     select variant_id, warehouse_id from inventory.reservation_line
     where company_id = k.company_id and reservation_id = r.reservation_id
     union
     select variant_id, unnest(warehouses) from inventory.shortage
     where company_id = k.company_id and reservation_id = r.reservation_id and missing > 0) l`,
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
     where company_id = k.company_id and variant_id = k.variant_id and warehouse_id = k.warehouse_id and quantity > 0) l
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
     where company_id = k.company_id and variant_id = k.variant_id and warehouse_id = k.warehouse_id and quantity > 0) l
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

const SET_PROMISES = statement<never>(
  'inventory_set_promises',
  `insert into inventory.promise (company_id, variant_id, promised)
   select * from unnest($1::uuid[], $2::uuid[], $3::integer[])
   on conflict (company_id, variant_id) do update set promised = excluded.promised`,
)

export const setPromises = (tx: Tx, rows: readonly { company: string; variantId: string; promised: number }[]): void =>
  tx.write(SET_PROMISES, [
    plain(rows.map((row) => row.company)),
    plain(rows.map((row) => row.variantId)),
    plain(rows.map((row) => row.promised)),
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

const UPDATE_LEVELS = statement<never>(
  'inventory_update_levels',
  `update inventory.level l
   set on_hand = k.on_hand, reserved = k.reserved, version = k.version,
       counted_at = case when k.counted then kernel.now() else l.counted_at end
   from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::integer[], $5::integer[], $6::bigint[], $7::boolean[])
     as k (company_id, variant_id, warehouse_id, on_hand, reserved, version, counted)
   where l.company_id = k.company_id and l.variant_id = k.variant_id and l.warehouse_id = k.warehouse_id`,
)

export const updateLevels = (tx: Tx, levels: readonly Level[]): void =>
  tx.write(UPDATE_LEVELS, [
    ...keysOf(levels),
    plain(levels.map((level) => level.onHand)),
    plain(levels.map((level) => level.reserved)),
    plain(levels.map((level) => level.version)),
    plain(levels.map((level) => level.counted)),
  ])

const INSERT_MOVEMENTS = statement<never>(
  'inventory_insert_movements',
  `insert into inventory.movement (company_id, variant_id, warehouse_id, version, kind, on_hand_delta, reserved_delta,
     on_hand_after, reserved_after, reason, cause, note, actor, at)
   select *, kernel.now()
   from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6::integer[], $7::integer[],
     $8::integer[], $9::integer[], $10::text[], $11::text[], $12::text[], $13::text[])`,
)

export const insertMovements = (tx: Tx, movements: readonly Movement[]): void =>
  tx.write(INSERT_MOVEMENTS, [
    ...keysOf(movements),
    plain(movements.map((movement) => movement.version)),
    plain(movements.map((movement) => movement.kind)),
    plain(movements.map((movement) => movement.onHandDelta)),
    plain(movements.map((movement) => movement.reservedDelta)),
    plain(movements.map((movement) => movement.onHandAfter)),
    plain(movements.map((movement) => movement.reservedAfter)),
    texts(movements.map((movement) => movement.reason)),
    texts(movements.map((movement) => movement.cause)),
    texts(movements.map((movement) => movement.note)),
    texts(movements.map((movement) => movement.actor)),
  ])

const INSERT_RESERVATIONS = statement<never>(
  'inventory_insert_reservations',
  `insert into inventory.reservation (company_id, reservation_id, source, source_ref, fingerprint, state, expires_at,
     extended, ship_by, created_at)
   select *, kernel.now()
   from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
     $8::boolean[], $9::timestamptz[])`,
)

export const insertReservations = (tx: Tx, reservations: readonly Reservation[]): void =>
  tx.write(INSERT_RESERVATIONS, [
    plain(reservations.map((reservation) => reservation.company)),
    plain(reservations.map((reservation) => reservation.id)),
    texts(reservations.map((reservation) => reservation.source)),
    texts(reservations.map((reservation) => reservation.ref)),
    texts(reservations.map((reservation) => reservation.fingerprint)),
    ...reservationState(reservations),
  ])

const reservationState = (reservations: readonly Reservation[]) => [
  plain(reservations.map((reservation) => reservation.state)),
  instants(reservations.map((reservation) => reservation.expiresAt)),
  plain(reservations.map((reservation) => reservation.extended)),
  instants(reservations.map((reservation) => reservation.shipBy)),
]

const UPDATE_RESERVATIONS = statement<never>(
  'inventory_update_reservations',
  `update inventory.reservation r
   set state = k.state, expires_at = k.expires_at, extended = k.extended, ship_by = k.ship_by
   from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::boolean[], $6::timestamptz[])
     as k (company_id, reservation_id, state, expires_at, extended, ship_by)
   where r.company_id = k.company_id and r.reservation_id = k.reservation_id`,
)

export const updateReservations = (tx: Tx, reservations: readonly Reservation[]): void =>
  tx.write(UPDATE_RESERVATIONS, [
    plain(reservations.map((reservation) => reservation.company)),
    plain(reservations.map((reservation) => reservation.id)),
    ...reservationState(reservations),
  ])

export type WrittenLine = { company: string; reservationId: string; line: ReservationLine }

const linesOf = (lines: readonly WrittenLine[]) => [
  plain(lines.map(({ company }) => company)),
  plain(lines.map(({ reservationId }) => reservationId)),
  plain(lines.map(({ line }) => line.lineNo)),
  plain(lines.map(({ line }) => line.variantId)),
  plain(lines.map(({ line }) => line.warehouseId)),
  plain(lines.map(({ line }) => line.quantity)),
  plain(lines.map(({ line }) => line.taken)),
]

const INSERT_LINES = statement<never>(
  'inventory_insert_lines',
  `insert into inventory.reservation_line
     (company_id, reservation_id, line_no, variant_id, warehouse_id, quantity, taken)
   select * from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::uuid[], $5::uuid[], $6::integer[], $7::integer[])`,
)

export const insertLines = (tx: Tx, lines: readonly WrittenLine[]): void => tx.write(INSERT_LINES, linesOf(lines))

const FILL_LINES = statement<never>(
  'inventory_fill_lines',
  `insert into inventory.reservation_line as l
     (company_id, reservation_id, line_no, variant_id, warehouse_id, quantity, taken)
   select k.company_id, k.reservation_id, k.line_no, k.variant_id, k.warehouse_id, sum(k.quantity), sum(k.taken)
   from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::uuid[], $5::uuid[], $6::integer[], $7::integer[])
     as k (company_id, reservation_id, line_no, variant_id, warehouse_id, quantity, taken)
   group by 1, 2, 3, 4, 5
   on conflict (company_id, reservation_id, line_no, variant_id, warehouse_id)
   do update set quantity = l.quantity + excluded.quantity, taken = l.taken + excluded.taken`,
)

export const fillLines = (tx: Tx, lines: readonly WrittenLine[]): void => tx.write(FILL_LINES, linesOf(lines))

const UPDATE_LINES = statement<never>(
  'inventory_update_lines',
  `update inventory.reservation_line l
   set quantity = k.quantity, taken = k.taken
   from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::uuid[], $5::uuid[], $6::integer[], $7::integer[])
     as k (company_id, reservation_id, line_no, variant_id, warehouse_id, quantity, taken)
   where l.company_id = k.company_id and l.reservation_id = k.reservation_id and l.line_no = k.line_no
     and l.variant_id = k.variant_id and l.warehouse_id = k.warehouse_id`,
)

export const updateLines = (tx: Tx, lines: readonly WrittenLine[]): void => tx.write(UPDATE_LINES, linesOf(lines))

const INSERT_SHORTAGES = statement<never>(
  'inventory_insert_shortages',
  `insert into inventory.shortage (company_id, shortage_id, reservation_id, line_no, variant_id, warehouses, open,
     missing, cause, since)
   select k.company_id, k.shortage_id, k.reservation_id, k.line_no, k.variant_id, k.warehouses::uuid[], k.open,
     k.missing, k.cause, kernel.now()
   from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::integer[], $5::uuid[], $6::text[], $7::integer[], $8::integer[],
     $9::text[]) as k (company_id, shortage_id, reservation_id, line_no, variant_id, warehouses, open, missing, cause)`,
)

export const insertShortages = (tx: Tx, shortages: readonly Shortage[]): void =>
  tx.write(INSERT_SHORTAGES, [
    plain(shortages.map((shortage) => shortage.company)),
    plain(shortages.map((shortage) => shortage.id)),
    plain(shortages.map((shortage) => shortage.reservationId)),
    plain(shortages.map((shortage) => shortage.lineNo)),
    plain(shortages.map((shortage) => shortage.variantId)),
    texts(shortages.map((shortage) => plain(shortage.warehouses))),
    plain(shortages.map((shortage) => shortage.open)),
    plain(shortages.map((shortage) => shortage.missing)),
    plain(shortages.map((shortage) => shortage.cause)),
  ])

const UPDATE_SHORTAGES = statement<never>(
  'inventory_update_shortages',
  `update inventory.shortage s set open = k.open, missing = k.missing
   from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::integer[]) as k (company_id, shortage_id, open, missing)
   where s.company_id = k.company_id and s.shortage_id = k.shortage_id`,
)

export const updateShortages = (tx: Tx, shortages: readonly Shortage[]): void =>
  tx.write(UPDATE_SHORTAGES, [
    plain(shortages.map((shortage) => shortage.company)),
    plain(shortages.map((shortage) => shortage.id)),
    plain(shortages.map((shortage) => shortage.open)),
    plain(shortages.map((shortage) => shortage.missing)),
  ])

const INSERT_CAUSES = statement<never>(
  'inventory_insert_causes',
  `insert into inventory.cause (company_id, source, source_ref, fingerprint, verb, outcome, at)
   select k.company_id, k.source, k.source_ref, k.fingerprint, k.verb, k.outcome, kernel.now()
   from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[])
     as k (company_id, source, source_ref, fingerprint, verb, outcome)`,
)

export const insertCauses = (tx: Tx, causes: Written['causes']): void =>
  tx.write(INSERT_CAUSES, [
    plain(causes.map((cause) => cause.company)),
    texts(causes.map((cause) => cause.source)),
    texts(causes.map((cause) => cause.ref)),
    texts(causes.map((cause) => cause.fingerprint)),
    plain(causes.map((cause) => cause.verb)),
    jsons(causes.map((cause) => cause.outcome ?? {})),
  ])

const LOCK_LEVELS_OF_VARIANTS = statement<never>(
  'inventory_lock_levels_of_variants',
  `select l.version
   from (select distinct * from unnest($1::uuid[], $2::uuid[]) as u (company_id, variant_id) order by 1, 2) k
   cross join lateral (
     select version from inventory.level
     where company_id = k.company_id and variant_id = k.variant_id
     order by warehouse_id for no key update) l`,
)

/** All levels of each variant, in key order as everywhere. */
export const lockLevelsOfVariants = (tx: Tx, variants: readonly { company: string; variantId: string }[]) =>
  tx.query(LOCK_LEVELS_OF_VARIANTS, [
    plain(variants.map((variant) => variant.company)),
    plain(variants.map((variant) => variant.variantId)),
  ])

/** One variant's stock in the numbers that channels are planned from. Units of the variant. */
export type Availability = {
  company: string
  variantId: string
  onHand: number
  reserved: number
  /** on_hand − reserved over sellable warehouses, less open shortages. Below 0 while orders miss goods. */
  available: number
  /** Σ rights of the channels, as last written. */
  promised: number
}

const READ_AVAILABILITY = statement<Availability>(
  'inventory_read_availability',
  `select k.company_id as company, k.variant_id as "variantId",
     coalesce(l.on_hand, 0)::integer as "onHand", coalesce(l.reserved, 0)::integer as reserved,
     (coalesce(l.available, 0) - coalesce(s.open, 0))::integer as available, coalesce(p.promised, 0) as promised
   from unnest($1::uuid[], $2::uuid[]) with ordinality as k (company_id, variant_id, n)
   left join lateral (
     select sum(v.on_hand) as on_hand, sum(v.reserved) as reserved,
       sum(v.on_hand - v.reserved) filter (where w.sellable and w.active) as available
     from inventory.level v
     join inventory.warehouse w on w.company_id = v.company_id and w.warehouse_id = v.warehouse_id
     where v.company_id = k.company_id and v.variant_id = k.variant_id) l on true
   left join lateral (
     select sum(open) as open from inventory.shortage
     where company_id = k.company_id and variant_id = k.variant_id and open > 0) s on true
   left join lateral (
     select promised from inventory.promise
     where company_id = k.company_id and variant_id = k.variant_id
     limit 1) p on true
   order by k.n`,
)

export const readAvailability = (tx: Tx, variants: readonly { company: string; variantId: string }[]) =>
  tx.query(READ_AVAILABILITY, [
    plain(variants.map((variant) => variant.company)),
    plain(variants.map((variant) => variant.variantId)),
  ])

export type NewWarehouse = {
  company: string
  code: string
  name: string
  address: string
  latitude: number | null
  longitude: number | null
  /** 1 is taken from first. */
  priority: number
  /** Damaged goods lie in a warehouse that is not. */
  sellable: boolean
}

export type Warehouse = NewWarehouse & { warehouseId: string }

const INSERT_WAREHOUSES = statement<never>(
  'inventory_insert_warehouses',
  `insert into inventory.warehouse (company_id, warehouse_id, code, name, address, latitude, longitude, priority,
     sellable, active, created_at)
   select *, true, kernel.now()
   from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::float8[], $7::float8[], $8::integer[],
     $9::boolean[])`,
)

export const insertWarehouses = (tx: Tx, warehouses: readonly Warehouse[]): void =>
  tx.write(INSERT_WAREHOUSES, [
    plain(warehouses.map((warehouse) => warehouse.company)),
    plain(warehouses.map((warehouse) => warehouse.warehouseId)),
    texts(warehouses.map((warehouse) => warehouse.code)),
    texts(warehouses.map((warehouse) => warehouse.name)),
    texts(warehouses.map((warehouse) => warehouse.address)),
    plain(warehouses.map((warehouse) => warehouse.latitude)),
    plain(warehouses.map((warehouse) => warehouse.longitude)),
    plain(warehouses.map((warehouse) => warehouse.priority)),
    plain(warehouses.map((warehouse) => warehouse.sellable)),
  ])

const LIST_WAREHOUSES = statement<Warehouse>(
  'inventory_list_warehouses',
  `select company_id as company, warehouse_id as "warehouseId", code, name, address, latitude, longitude, priority,
     sellable
   from inventory.warehouse
   where active and company_id = any ((select kernel.companies())::uuid[])
   order by company_id, priority, warehouse_id
   limit 1000`,
)

export const listWarehouses = (tx: Tx): Promise<Warehouse[]> => tx.query(LIST_WAREHOUSES, [])
