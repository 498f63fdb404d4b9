-- Companies and the keys their programs sign in with. Users, roles and sessions come with sign-in.
create schema access;
grant usage on schema access to jaego_app;

create table access.company (
  company_id  uuid primary key,
  name        text not null,
  created_at  timestamptz not null,
  constraint company_has_a_name check (name <> '')
);
call kernel.wall('access.company');

-- Ids only, behind no wall: workers ask here which companies there are before they can state one.
create table access.company_id (
  company_id  uuid primary key references access.company on delete cascade
);
grant select, insert on access.company_id to jaego_app;

-- The key itself is shown once and never stored; its company stands in the clear inside it, so that a look-up
-- needs no way around the wall.
create table access.api_key (
  company_id   uuid not null references access.company,
  api_key_id   uuid not null,
  name         text not null,
  secret_hash  bytea not null,
  created_at   timestamptz not null,
  revoked_at   timestamptz,
  primary key (company_id, api_key_id)
);
call kernel.wall('access.api_key');

-- One write, one effect, one answer: kept 15 days, scope company + actor + route.
create table access.idempotency_key (
  company_id   uuid not null,
  actor        text not null,
  route        text not null,
  key          text not null,
  body_hash    bytea not null,
  status       integer not null,
  answer       jsonb not null,
  created_at   timestamptz not null,
  primary key (company_id, actor, route, key)
);
call kernel.wall('access.idempotency_key');
