-- Channels: connections to marketplaces, listings with their four numbers and their rights, and the work to keep them
-- true. All of it is state by key, claimed by state: a lost nudge costs nothing, a dead worker's claim runs out.
create schema channels;
grant usage on schema channels to jaego_app;

create table channels.connection (
  company_id        uuid not null references access.company,
  connection_id     uuid not null,
  channel           text not null,
  name              text not null,
  base_url          text not null,
  -- AES-256-GCM, bound to company and connection; never returned, never logged.
  credentials       bytea not null,
  settings          jsonb not null,
  mode              text not null,
  policy            text not null,
  -- fixed: {"percent": 50}; buffered: {"units": 2} or {"percent": 10}.
  policy_settings   jsonb not null,
  -- Where its orders are taken from, best first; at most 4.
  warehouses        uuid[] not null,
  paused            boolean not null,
  parked            boolean not null,
  cursor            jsonb,
  -- Every order and cancel the marketplace stamped up to here is recorded (W of the allocation rules).
  collected_up_to   timestamptz not null,
  feed_lateness_ms  integer not null,
  collect_due_at    timestamptz not null,
  collect_lease     uuid,
  collect_leased_until timestamptz,
  failures          integer not null,
  last_success_at   timestamptz,
  last_fault        text,
  last_fault_said   text,
  last_fault_at     timestamptz,
  -- False: nobody talks to it (any more); its orders and listings stay readable.
  api_supported     boolean not null,
  created_at        timestamptz not null,
  primary key (company_id, connection_id),
  constraint connection_mode_is_known check (mode in ('observe', 'push')),
  constraint connection_policy_is_known check (policy in ('rights', 'fixed', 'pool', 'buffered')),
  constraint connection_takes_from_one_to_four_warehouses check (cardinality(warehouses) between 1 and 4)
);
call kernel.wall('channels.connection');

-- A token bucket of calls, shared by all processes.
create table channels.budget (
  company_id     uuid not null,
  connection_id  uuid not null,
  bucket         text not null,
  per_second     double precision not null,
  burst          double precision not null,
  tokens         double precision not null,
  refilled_at    timestamptz not null,
  blocked_until  timestamptz,
  primary key (company_id, connection_id, bucket),
  constraint budget_is_positive check (per_second > 0 and burst >= 1),
  foreign key (company_id, connection_id) references channels.connection
) with (fillfactor = 50);
call kernel.wall('channels.budget');

create table channels.listing (
  company_id      uuid not null,
  listing_id      uuid not null,
  connection_id   uuid not null,
  -- What one stock write addresses, and the item in it that buyers buy.
  unit            text collate "C" not null,
  item            text collate "C" not null,
  seller_code     text,
  -- Null: nobody has said yet what this is. Its orders are kept and hold nothing.
  variant_id      uuid,
  multiplier      integer not null,
  mapped_by       text,
  -- Four numbers, listing units. Unknown is null, never 0.
  desired         integer,
  desired_at      timestamptz,
  sent            integer,
  sent_at         timestamptz,
  accepted        integer,
  accepted_at     timestamptz,
  observed        integer,
  observed_at     timestamptz,
  -- What buyers see as far as we believe: last set or read, less orders since.
  shown           integer,
  shown_at        timestamptz,
  -- The state of allocation.md §2 as JSON, its bound, and whether a collection can still lower it.
  rights          jsonb not null,
  bound           integer,
  settling        boolean not null,
  demand          jsonb not null,
  moved_at        timestamptz,
  lowering        boolean not null,
  fault           text,
  raced           integer not null default 0,
  drifted         integer not null default 0,
  unexplained     integer not null default 0,
  raced_since     integer not null default 0,
  created_at      timestamptz not null,
  primary key (company_id, listing_id),
  constraint listing_once_per_connection unique (connection_id, unit, item, company_id),
  constraint listing_multiplier_is_positive check (multiplier between 1 and 10000),
  foreign key (company_id, connection_id) references channels.connection,
  foreign key (company_id, variant_id) references catalog.variant
) with (fillfactor = 60);
call kernel.wall('channels.listing');
create index listings_of_variant on channels.listing (company_id, variant_id) where variant_id is not null;
create index settling_listings on channels.listing (company_id, connection_id) where settling;

-- One row a write unit: whether it wants to be written or read, how urgently, and who is at it.
create table channels.unit (
  company_id     uuid not null,
  connection_id  uuid not null,
  unit           text collate "C" not null,
  write_due_at   timestamptz,
  read_due_at    timestamptz,
  -- 0 going to zero or lower, 1 up from zero, 2 any other.
  urgency        integer not null,
  lease          uuid,
  leased_until   timestamptz,
  attempt        integer not null,
  -- A write without an answer may still be applied until then: no other write or read before.
  unknown_until  timestamptz,
  pushed_at      timestamptz,
  read_at        timestamptz,
  parked_fault   text,
  primary key (company_id, connection_id, unit),
  foreign key (company_id, connection_id) references channels.connection
) with (fillfactor = 50);
call kernel.wall('channels.unit');
create index units_to_write on channels.unit (company_id, connection_id, urgency, write_due_at)
  where write_due_at is not null;
create index units_to_read on channels.unit (company_id, connection_id, read_due_at) where read_due_at is not null;

-- A touched variant, to be looked at: one small row per variant and batch, deleted when claimed.
create table channels.marker (
  company_id  uuid not null,
  variant_id  uuid not null,
  marker_id   bigint generated always as identity,
  marked_at   timestamptz not null,
  -- In the order they come, not by variant: a rush over many variants then fills one page after the other.
  primary key (company_id, marker_id)
);
call kernel.wall('channels.marker');

-- What happened to a listing's numbers and why: "explain" reads it, lag is measured from it. Append-only.
create table channels.journal (
  company_id  uuid not null,
  listing_id  uuid not null,
  entry_id    uuid not null,
  kind        text not null,
  value       integer,
  detail      text,
  -- desired changed → accepted (ours), or sale → told (theirs).
  lag_ms      integer,
  at          timestamptz not null,
  primary key (company_id, listing_id, entry_id),
  constraint journal_kind_is_known check
    (kind in ('desired', 'sent', 'accepted', 'observed', 'failed', 'sold', 'restocked', 'drift', 'mapped'))
);
call kernel.wall('channels.journal', 'select, insert');
create index journal_by_time on channels.journal (at, company_id);

create index lines_to_acknowledge on orders.order_line (company_id, connection_id, order_id)
  where state = 'paid' and connection_id is not null;
create index unmapped_lines on orders.order_line (company_id, listing_id)
  where variant_id is null and listing_id is not null;
