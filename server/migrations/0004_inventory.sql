-- The heart: levels are the running sum of movements, moved in the same statement; reservations say for whom.
-- Foreign keys are left out where the batch has just read and locked the key (movement → level, reservation_line
-- → level): each costs 15–25% of the throughput and `jaego check` covers them.
create schema inventory;
grant usage on schema inventory to jaego_app;

create table inventory.warehouse (
  company_id    uuid not null references access.company,
  warehouse_id  uuid not null,
  code          text not null,
  name          text not null,
  address       text not null,
  latitude      double precision,
  longitude     double precision,
  priority      integer not null,
  sellable      boolean not null,
  active        boolean not null,
  created_at    timestamptz not null,
  primary key (company_id, warehouse_id),
  constraint warehouse_code_is_unique_in_a_company unique (code, company_id),
  constraint warehouse_code_is_not_empty check (code <> '')
);
call kernel.wall('inventory.warehouse');

create table inventory.level (
  company_id        uuid not null,
  variant_id        uuid not null,
  warehouse_id      uuid not null,
  on_hand           integer not null,
  reserved          integer not null,
  version           bigint not null,
  reorder_point     integer,
  reorder_quantity  integer,
  counted_at        timestamptz,
  primary key (company_id, variant_id, warehouse_id),
  constraint reserved_is_between_zero_and_on_hand check (0 <= reserved and reserved <= on_hand),
  foreign key (company_id, variant_id) references catalog.variant,
  foreign key (company_id, warehouse_id) references inventory.warehouse
) with (fillfactor = 50);
call kernel.wall('inventory.level', 'select, insert, update');

-- Append-only for everybody. The level's own version is the key: it gives order, shows gaps, and "explain" reads it
-- backwards without a further index.
create table inventory.movement (
  company_id      uuid not null,
  variant_id      uuid not null,
  warehouse_id    uuid not null,
  version         bigint not null,
  kind            text not null,
  on_hand_delta   integer not null,
  reserved_delta  integer not null,
  on_hand_after   integer not null,
  reserved_after  integer not null,
  reason          text not null,
  cause           text not null,
  note            text,
  actor           text not null,
  at              timestamptz not null,
  primary key (company_id, variant_id, warehouse_id, version),
  constraint movement_kind_is_known check (kind in ('in', 'out', 'adjust', 'reserve', 'release')),
  constraint movement_changes_something check (on_hand_delta <> 0 or reserved_delta <> 0 or kind = 'adjust')
);
call kernel.wall('inventory.movement', 'select, insert');

create table inventory.reservation (
  company_id      uuid not null,
  reservation_id  uuid not null,
  source          text collate "C" not null,
  source_ref      text collate "C" not null,
  fingerprint     text collate "C" not null,
  state           text not null,
  expires_at      timestamptz,
  extended        boolean not null,
  ship_by         timestamptz,
  created_at      timestamptz not null,
  primary key (company_id, reservation_id),
  constraint reservation_once_per_reference unique (source_ref, source, company_id),
  constraint reservation_state_is_known check (state in ('held', 'firm', 'released', 'expired', 'shipped')),
  constraint only_holds_expire check ((state = 'held') = (expires_at is not null))
);
call kernel.wall('inventory.reservation', 'select, insert, update');
create index holds_by_expiry on inventory.reservation (company_id, expires_at) where state = 'held';

-- quantity is what is still reserved; it falls to 0 when released or shipped and the row stays. taken is all that was
-- ever reserved here, so that a payment after the hold's expiry knows what to take again.
create table inventory.reservation_line (
  company_id      uuid not null,
  reservation_id  uuid not null,
  line_no         integer not null,
  variant_id      uuid not null,
  warehouse_id    uuid not null,
  quantity        integer not null,
  taken           integer not null,
  primary key (company_id, reservation_id, line_no, variant_id, warehouse_id),
  constraint reserved_quantity_is_between_zero_and_taken check (quantity between 0 and taken),
  foreign key (company_id, reservation_id) references inventory.reservation
);
call kernel.wall('inventory.reservation_line', 'select, insert, update');
create index open_lines_of_level on inventory.reservation_line (company_id, variant_id, warehouse_id) where quantity > 0;

-- What a paid order found missing. It names no warehouse, only those that may serve it.
create table inventory.shortage (
  company_id      uuid not null,
  shortage_id     uuid not null,
  reservation_id  uuid not null,
  line_no         integer not null,
  variant_id      uuid not null,
  warehouses      uuid[] not null,
  open            integer not null,
  missing         integer not null,
  cause           text not null,
  since           timestamptz not null,
  primary key (company_id, shortage_id),
  constraint shortage_is_between_zero_and_what_was_missing check (open between 0 and missing),
  constraint shortage_cause_is_known check (cause in ('sold', 'margin', 'displaced')),
  foreign key (company_id, reservation_id) references inventory.reservation
);
call kernel.wall('inventory.shortage', 'select, insert, update');
create index open_shortages_of_variant on inventory.shortage (company_id, variant_id, since, shortage_id) where open > 0;
create index shortages_of_reservation on inventory.shortage (reservation_id, company_id);

-- A receipt line, count line, shipment or import row is claimed here, so that a retry cannot move twice.
create table inventory.cause (
  company_id   uuid not null,
  source       text collate "C" not null,
  source_ref   text collate "C" not null,
  fingerprint  text collate "C" not null,
  verb         text not null,
  outcome      jsonb not null,
  at           timestamptz not null,
  primary key (company_id, source, source_ref)
);
call kernel.wall('inventory.cause', 'select, insert');

-- Units of a variant that channels may still sell by themselves (Σ rights). Own sales take only what is left.
-- Written only under the locks of the variant's levels.
create table inventory.promise (
  company_id  uuid not null,
  variant_id  uuid not null,
  promised    integer not null,
  primary key (company_id, variant_id),
  constraint promised_is_not_negative check (promised >= 0),
  foreign key (company_id, variant_id) references catalog.variant
) with (fillfactor = 50);
call kernel.wall('inventory.promise');
