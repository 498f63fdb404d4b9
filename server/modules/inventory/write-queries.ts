import { instants, jsons, plain, texts } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'
import { keysOf } from './queries.ts'
import type { Level, Movement, Reservation, ReservationLine, Shortage, Written } from './world.ts'

// What a batch has decided, set-based: one statement a table, whatever the number of requests.

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
