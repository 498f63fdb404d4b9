-- Claims: a buyer, or the marketplace for him, takes a purchase back, whole or in part; and what the seller answers.
-- They stand beside the order's state. What they do to stock is computed from the rows here each time one changes, so
-- that news told twice, late or in another order ends in the same numbers.
create table orders.claim (
  company_id         uuid not null,
  claim_id           uuid not null,
  connection_id      uuid,
  channel            text not null,
  -- The marketplace's own key. Null: the seller opened it, and no marketplace has told it back yet.
  external_key       text collate "C",
  external_order_id  text collate "C" not null,
  -- Null until the order is told: a claim may come before it.
  order_id           uuid,
  kind               text not null,
  state              text not null,
  opened_by          text not null,
  fault_by           text not null,
  reason             text not null,
  requested_at       timestamptz not null,
  changed_at         timestamptz not null,
  -- When the marketplace answers by itself, and how, if nobody else does.
  lapses_at          timestamptz,
  lapses_to          text,
  return_parcel      jsonb,
  -- Where the other goods of an exchange are taken from, best first.
  warehouses         uuid[] not null,
  raw                jsonb,
  created_at         timestamptz not null,
  primary key (company_id, claim_id),
  constraint claim_kind_is_known check (kind in ('cancel', 'return', 'exchange')),
  constraint claim_state_is_known check
    (state in ('requested', 'approved', 'collected', 'done', 'refused', 'withdrawn')),
  constraint claim_lapses_to_an_answer check
    ((lapses_at is null) = (lapses_to is null) and coalesce(lapses_to, 'approve') in ('approve', 'refuse')),
  foreign key (company_id, order_id) references orders.order
);
call kernel.wall('orders.claim', 'select, insert, update');
create unique index claim_once_per_connection on orders.claim (connection_id, external_key, company_id)
  where external_key is not null;
create index claims_nobody_told_back on orders.claim (external_order_id, connection_id, company_id)
  where external_key is null;
create index claims_that_lapse on orders.claim (company_id, lapses_at, claim_id)
  where state = 'requested' and lapses_at is not null;
create index claims_by_state on orders.claim (state, claim_id, company_id);
create index claims_by_kind on orders.claim (kind, claim_id, company_id);
create index claims_of_order on orders.claim (order_id, company_id) where order_id is not null;

-- Quantities are sold units. Inspected units add up: sellable ones lie on a shelf again, damaged ones where nothing is
-- sold from, lost ones nowhere.
create table orders.claim_line (
  company_id           uuid not null,
  claim_id             uuid not null,
  -- The marketplace's line key; of an own order, our line number.
  line_key             text collate "C" not null,
  connection_id        uuid,
  action_key           text not null,
  order_id             uuid,
  line_no              integer,
  quantity             integer not null,
  sellable             integer not null default 0,
  damaged              integer not null default 0,
  lost                 integer not null default 0,
  -- An exchange's other goods: a line of the same order with a reservation of its own.
  replacement_line_no  integer,
  primary key (company_id, claim_id, line_key),
  constraint claimed_quantity_is_positive check (quantity > 0),
  constraint inspected_never_exceeds_what_was_claimed check
    (sellable >= 0 and damaged >= 0 and lost >= 0 and sellable + damaged + lost <= quantity),
  constraint claim_line_is_joined_whole check ((order_id is null) = (line_no is null)),
  foreign key (company_id, claim_id) references orders.claim,
  foreign key (company_id, order_id, line_no) references orders.order_line
);
call kernel.wall('orders.claim_line', 'select, insert, update');
create index claims_of_line on orders.claim_line (order_id, line_no, company_id) where order_id is not null;
create index claim_lines_without_order on orders.claim_line (connection_id, line_key, company_id)
  where order_id is null;

-- Who looked at what and what it was: append-only, one row a line and inspection.
create table orders.claim_inspection (
  company_id            uuid not null,
  claim_id              uuid not null,
  inspection_id         uuid not null,
  line_key              text collate "C" not null,
  sellable              integer not null,
  damaged               integer not null,
  lost                  integer not null,
  warehouse_id          uuid not null,
  -- Null: damaged units went nowhere, since no warehouse is there for them.
  damaged_warehouse_id  uuid,
  note                  text not null,
  inspected_by          text not null,
  inspected_at          timestamptz not null,
  primary key (company_id, claim_id, inspection_id, line_key),
  constraint inspection_finds_something check
    (sellable >= 0 and damaged >= 0 and lost >= 0 and sellable + damaged + lost > 0),
  foreign key (company_id, claim_id, line_key) references orders.claim_line
);
call kernel.wall('orders.claim_inspection', 'select, insert');

-- What the seller answered, and whether the marketplace has been told. `unknown` is written before the call: a worker
-- that dies in it leaves what must be looked at again before it is repeated.
create table orders.claim_answer (
  company_id     uuid not null,
  claim_id       uuid not null,
  answer         text not null,
  connection_id  uuid,
  reason         text not null,
  -- Of a cancel by the seller: why, in the port's words, and how many were cancelled when it was first asked for.
  cause          text,
  saw_cancelled  integer,
  carrier        text,
  invoice        text,
  shipped_at     timestamptz,
  answered_by    text not null,
  answered_at    timestamptz not null,
  -- The claim's state then: what goes beyond it later says that the answer was heard.
  given_in       text not null,
  told           text not null,
  due_at         timestamptz not null,
  attempts       integer not null,
  lease          uuid,
  -- Unknown: repeated only when everything up to here has been collected.
  look_after     timestamptz,
  code           text,
  message        text,
  told_at        timestamptz,
  primary key (company_id, claim_id, answer),
  constraint answer_is_known check (answer in ('approve', 'refuse', 'receive', 'resend', 'cancel')),
  constraint answer_is_told_or_not check
    (told in ('waiting', 'unknown', 'told', 'refused', 'overtaken', 'unneeded')),
  foreign key (company_id, claim_id) references orders.claim
);
call kernel.wall('orders.claim_answer', 'select, insert, update');
create index answers_to_tell on orders.claim_answer (company_id, connection_id, due_at)
  where told in ('waiting', 'unknown');

alter table orders.order_line
  -- Units cancelled as the marketplace, or done claims, tell it: more than `cancelled` where goods had left before.
  add column told_cancelled integer not null default 0,
  -- Units a marketplace may have put back on its shelf: told cancelled, or returned there. Its rights rose by as many.
  add column taken_back integer not null default 0,
  -- The kind of its newest open claim: a flag beside the state.
  add column claim text;
update orders.order_line set told_cancelled = cancelled, taken_back = cancelled where cancelled > 0;
alter table orders.order_line
  add constraint line_claim_is_known check (claim in ('cancel', 'return', 'exchange'));
