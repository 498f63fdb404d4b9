-- Allocation, complete: the last units shown everywhere where the seller says what that may risk, margins learned from how
-- late orders really come, and an alarm with the units exposed whenever something the rights rest on was not so.

-- It shows units that others show too, or is on its way back from that: the only listings whose rights may exceed
-- what is available.
alter table channels.listing add column pooled boolean not null default false;

-- How late the connection's orders came, and how often it could not be reached: see allocation/lateness.ts. Null:
-- nothing learned yet.
alter table channels.connection add column learned jsonb;

-- Variants whose last units are never shown in two places, whatever their connections risk.
create table channels.strict_variant (
  company_id  uuid not null,
  variant_id  uuid not null,
  primary key (company_id, variant_id),
  foreign key (company_id, variant_id) references catalog.variant
);
call kernel.wall('channels.strict_variant');

-- Something the rights rest on was not so: which, where, and how many units could be sold twice then. Append-only.
create table channels.alarm (
  company_id     uuid not null,
  alarm_id       uuid not null,
  kind           text not null,
  connection_id  uuid,
  listing_id     uuid,
  variant_id     uuid,
  -- Σ rights − available of the variants concerned, when it was raised.
  units          integer not null,
  detail         text not null,
  at             timestamptz not null,
  primary key (company_id, alarm_id),
  constraint alarm_kind_is_known check
    (kind in ('late_order', 'hand_edit', 'rights_above_stock', 'unpaid_hold', 'clock_skew'))
);
call kernel.wall('channels.alarm', 'select, insert');
create index alarms_by_time on channels.alarm (at, company_id);
