-- Orders and their lines, with snapshots of what was sold: a later change of the product changes no order.
-- The order's first reservation carries the order's own id, so that no further unique key is paid for on the hot path.
create schema orders;
grant usage on schema orders to jaego_app;

create table orders.order (
  company_id        uuid not null,
  order_id          uuid not null,
  number            text collate "C" not null,
  channel           text not null,
  connection_id     uuid,
  external_id       text collate "C" not null,
  state             text not null,
  currency          text not null,
  subtotal          bigint not null,
  shipping_fee      bigint not null,
  discount          bigint not null,
  tax               bigint not null,
  total             bigint not null,
  buyer_name        text not null,
  shipping_address  jsonb,
  billing_address   jsonb,
  country           text,
  ordered_at        timestamptz not null,
  paid_at           timestamptz,
  taken_at          timestamptz not null,
  short             boolean not null,
  unmapped          boolean not null,
  hold              boolean not null,
  primary key (company_id, order_id),
  constraint order_number_is_unique_in_a_company unique (number, company_id),
  constraint order_state_is_known check
    (state in ('pending', 'paid', 'acknowledged', 'shipped', 'delivered', 'completed', 'cancelled', 'expired')),
  constraint order_total_adds_up check (total = subtotal + shipping_fee - discount + tax)
);
call kernel.wall('orders.order', 'select, insert, update');
create unique index order_once_per_connection on orders.order (company_id, connection_id, external_id)
  where connection_id is not null;

create table orders.order_line (
  company_id         uuid not null,
  order_id           uuid not null,
  line_no            integer not null,
  reservation_id     uuid not null,
  variant_id         uuid,
  listing_id         uuid,
  multiplier         integer not null,
  sku                text,
  product_name       text not null,
  variant_name       text not null,
  unit_price         bigint not null,
  quantity           integer not null,
  cancelled          integer not null default 0,
  shipped            integer not null default 0,
  returned           integer not null default 0,
  subtotal           bigint not null,
  state              text not null,
  connection_id      uuid,
  external_line_key  text collate "C",
  action_key         text,
  primary key (company_id, order_id, line_no),
  constraint line_quantity_is_positive check (quantity > 0 and multiplier > 0),
  constraint line_parts_fit_into_it check
    (cancelled >= 0 and shipped >= 0 and returned between 0 and shipped and cancelled + shipped <= quantity),
  constraint line_state_is_known check
    (state in ('pending', 'paid', 'acknowledged', 'shipped', 'delivered', 'completed', 'cancelled', 'expired')),
  foreign key (company_id, order_id) references orders.order
);
call kernel.wall('orders.order_line', 'select, insert, update');
-- Every line a marketplace tells us of is applied once, however often and in whatever company it is told.
create unique index line_once_per_connection on orders.order_line (company_id, connection_id, external_line_key)
  where connection_id is not null;
-- Lines that came after their order hold stock under a reservation of their own.
create index late_lines_by_reservation on orders.order_line (company_id, reservation_id)
  where reservation_id <> order_id;
create index unmapped_orders on orders.order (company_id, order_id) where unmapped;

-- Order numbers are leased in blocks, outside the order's transaction: gaps are allowed, a global counter row is not.
create table orders.number_block (
  company_id  uuid not null,
  day         date not null,
  next        integer not null,
  primary key (company_id, day)
);
call kernel.wall('orders.number_block');
