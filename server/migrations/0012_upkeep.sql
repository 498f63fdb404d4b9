-- What keeps a listing's number true when nobody sells: work in the order of what it is worth, drift as rows that a
-- person can read, and once a day the orders of the past days compared with the channel's own lists.

-- Urgency gets two more steps: 0 to zero, 1 a drop that buyers could oversell, 2 up from zero, 3 any other, 4 safe as it
-- is, for spare budget. Reads have their own, since a unit swept long after it went to zero proves nothing urgent.
update channels.unit set urgency = urgency + 1 where urgency in (1, 2);
alter table channels.unit add column read_urgency integer not null default 3;
-- Parked units are out of the way of those who look for work: some hundreds at the front made every look slow.
drop index channels.units_to_write;
create index units_to_write on channels.unit (connection_id, urgency, write_due_at, company_id)
  where write_due_at is not null and parked_fault is null;
drop index channels.units_to_read;
create index units_to_read on channels.unit (connection_id, read_urgency, read_due_at, company_id)
  where read_due_at is not null;
create index units_to_sweep on channels.unit (connection_id, read_at nulls first, unit, company_id)
  where read_due_at is null and write_due_at is null and parked_fault is null;
create index units_parked on channels.unit (connection_id, unit, company_id) where parked_fault is not null;

-- A number at a marketplace that was not ours: opened by the read that met it, confirmed when a collection has gone
-- past that read and orders do not explain it, deleted when they do.
create table channels.drift (
  company_id     uuid not null,
  drift_id       uuid not null,
  connection_id  uuid not null,
  listing_id     uuid not null,
  -- What buyers saw as far as we believed, and what they saw.
  believed       integer not null,
  showed         integer not null,
  -- not_applied: our own write before it had been accepted and never seen.
  cause          text not null,
  read_at        timestamptz not null,
  confirmed_at   timestamptz,
  -- Units no order explains, at the confirmation.
  units          integer,
  -- repair, or report: left as it is until a person decides.
  action         text not null,
  repaired_at    timestamptz,
  primary key (company_id, drift_id),
  constraint drift_cause_is_known check (cause in ('edited', 'not_applied')),
  constraint drift_action_is_known check (action in ('repair', 'report')),
  foreign key (company_id, listing_id) references channels.listing
);
call kernel.wall('channels.drift');
create unique index one_open_drift_per_listing on channels.drift (listing_id, company_id) where confirmed_at is null;
create index drift_to_repair on channels.drift (listing_id, company_id) where repaired_at is null;
create index drift_of_connection on channels.drift (connection_id, drift_id, company_id) where confirmed_at is not null;

-- Null: not yet. The first falls on a time of day of the connection's own, so that they do not all come at once.
alter table channels.connection add column reconcile_due_at timestamptz;

create table channels.reconciliation (
  company_id         uuid not null,
  reconciliation_id  uuid not null,
  connection_id      uuid not null,
  started_at         timestamptz not null,
  ended_at           timestamptz,
  -- Null while it runs, or when whoever ran it died.
  result             text,
  -- Orders stamped from here on were asked for, and compared where they were sold up to compared_up_to.
  looked_from        timestamptz not null,
  compared_up_to     timestamptz not null,
  orders_told        integer not null default 0,
  lines_told         integer not null default 0,
  lines_late         integer not null default 0,
  lines_differing    integer not null default 0,
  fault              text,
  fault_said         text,
  primary key (company_id, reconciliation_id),
  constraint reconciliation_result_is_known check (result in ('equal', 'differed', 'failed')),
  foreign key (company_id, connection_id) references channels.connection
);
call kernel.wall('channels.reconciliation');
create index reconciliation_of_connection on channels.reconciliation (connection_id, reconciliation_id, company_id);

create table channels.reconciliation_finding (
  company_id         uuid not null,
  reconciliation_id  uuid not null,
  finding_no         integer not null,
  external_id        text not null,
  line_key           text not null,
  -- late: not in our books. quantity, cancelled: there with another number.
  kind               text not null,
  ours               integer,
  theirs             integer not null,
  -- False: only told here, since nothing the channel says may undo what was done with it.
  recorded           boolean not null,
  primary key (company_id, reconciliation_id, finding_no),
  constraint finding_kind_is_known check (kind in ('late', 'quantity', 'cancelled')),
  foreign key (company_id, reconciliation_id) references channels.reconciliation
);
call kernel.wall('channels.reconciliation_finding', 'select, insert');
