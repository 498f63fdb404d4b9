import { instants, jsons, plain, texts } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'
import { each, mostlyOne, rowsInto } from '../../kernel/rows-into.ts'
import { keysOf } from './queries.ts'
import type { Level, Movement, Reservation, ReservationLine, Shortage, Written } from './world.ts'

// What a batch has decided, set-based: one statement a table, whatever the number of requests. The limit is all the rows
// there are: PostgreSQL takes one it cannot see for a tenth, and so looks each row up by its key (decision 0002).

const UPDATE_LEVELS = statement<never>(
  'inventory_update_levels',
  `update inventory.level l
   set on_hand = k.on_hand, reserved = k.reserved, version = k.version,
       counted_at = case when k.counted then kernel.now() else l.counted_at end
   from (
     select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::integer[], $5::integer[], $6::bigint[], $7::boolean[])
     limit cardinality($1)) as k (company_id, variant_id, warehouse_id, on_hand, reserved, version, counted)
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

const MOVEMENTS = rowsInto<Movement>(
  'inventory_insert_movements',
  'inventory.movement',
  {
    company_id: mostlyOne('uuid', (movement) => movement.company),
    variant_id: each('uuid', (movement) => movement.variantId),
    warehouse_id: mostlyOne('uuid', (movement) => movement.warehouseId),
    version: each('bigint', (movement) => movement.version),
    kind: mostlyOne('text', (movement) => movement.kind),
    on_hand_delta: mostlyOne('integer', (movement) => movement.onHandDelta),
    reserved_delta: each('integer', (movement) => movement.reservedDelta),
    on_hand_after: each('integer', (movement) => movement.onHandAfter),
    reserved_after: each('integer', (movement) => movement.reservedAfter),
    reason: mostlyOne('text', (movement) => movement.reason),
    cause: each('text', (movement) => movement.cause),
    note: mostlyOne('text', (movement) => movement.note),
    actor: mostlyOne('text', (movement) => movement.actor),
  },
  { at: 'kernel.now()' },
)

export const insertMovements = (tx: Tx, movements: readonly Movement[]): void => MOVEMENTS.write(tx, movements)

const RESERVATIONS = rowsInto<Reservation>(
  'inventory_insert_reservations',
  'inventory.reservation',
  {
    company_id: mostlyOne('uuid', (reservation) => reservation.company),
    reservation_id: each('uuid', (reservation) => reservation.id),
    source: mostlyOne('text', (reservation) => reservation.source),
    source_ref: each('text', (reservation) => reservation.ref),
    fingerprint: each('text', (reservation) => reservation.fingerprint),
    state: mostlyOne('text', (reservation) => reservation.state),
    expires_at: mostlyOne('timestamptz', (reservation) => reservation.expiresAt),
    extended: mostlyOne('boolean', (reservation) => reservation.extended),
    ship_by: mostlyOne('timestamptz', (reservation) => reservation.shipBy),
  },
  { created_at: 'kernel.now()' },
)

export const insertReservations = (tx: Tx, reservations: readonly Reservation[]): void =>
  RESERVATIONS.write(tx, reservations)

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
   from (
     select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::boolean[], $6::timestamptz[])
     limit cardinality($1)) as k (company_id, reservation_id, state, expires_at, extended, ship_by)
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

const LINES = rowsInto<WrittenLine>('inventory_insert_lines', 'inventory.reservation_line', {
  company_id: mostlyOne('uuid', ({ company }) => company),
  reservation_id: each('uuid', ({ reservationId }) => reservationId),
  line_no: mostlyOne('integer', ({ line }) => line.lineNo),
  variant_id: each('uuid', ({ line }) => line.variantId),
  warehouse_id: mostlyOne('uuid', ({ line }) => line.warehouseId),
  quantity: each('integer', ({ line }) => line.quantity),
  taken: each('integer', ({ line }) => line.taken),
})

export const insertLines = (tx: Tx, lines: readonly WrittenLine[]): void => LINES.write(tx, lines)

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
   from (
     select * from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::uuid[], $5::uuid[], $6::integer[], $7::integer[])
     limit cardinality($1)) as k (company_id, reservation_id, line_no, variant_id, warehouse_id, quantity, taken)
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
   from (
     select * from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::integer[])
     limit cardinality($1)) as k (company_id, shortage_id, open, missing)
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
