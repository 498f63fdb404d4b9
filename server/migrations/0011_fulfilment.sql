-- Shipments: which goods left the house in which parcel, and what the marketplace has been told of them.
-- What to tell is state by line, claimed by state: a worker that dies while telling leaves "unknown", never "told", and
-- its claim runs out. Whether goods left is the ledger's; a parcel only says under which number.
create schema fulfilment;
grant usage on schema fulfilment to jaego_app;

create table fulfilment.shipment (
  company_id     uuid not null,
  shipment_id    uuid not null,
  order_id       uuid not null,
  -- Null: the goods came from several.
  warehouse_id   uuid,
  -- jaego's own code; each marketplace has its own list.
  carrier        text not null,
  -- Text: leading zeros and more digits than a number holds are kept.
  invoice        text collate "C" not null,
  shipped_at     timestamptz not null,
  state          text not null,
  delivered_at   timestamptz,
  actor          text not null,
  created_at     timestamptz not null,
  primary key (company_id, shipment_id),
  constraint shipment_state_is_known check (state in ('shipped', 'delivered')),
  constraint delivered_shipments_say_when check ((state = 'delivered') = (delivered_at is not null)),
  constraint shipment_has_carrier_and_invoice check (carrier <> '' and invoice <> ''),
  foreign key (company_id, order_id) references orders.order
);
call kernel.wall('fulfilment.shipment', 'select, insert, update');
create index shipments_of_order on fulfilment.shipment (order_id, company_id);

create table fulfilment.shipment_line (
  company_id         uuid not null,
  shipment_id        uuid not null,
  order_id           uuid not null,
  line_no            integer not null,
  -- Sold units of the order line.
  quantity           integer not null,
  -- Null: an order of our own, nobody has to be told.
  connection_id      uuid,
  telling            text not null,
  -- The line left before it was acknowledged (발주확인): the marketplace is told that first.
  acknowledge_first  boolean not null,
  -- How often the marketplace was asked; counted before the call.
  attempts           integer not null,
  -- When it is to be told next; while it is being told, when the claim runs out. Null: nothing to do, or a person must act.
  due_at             timestamptz,
  lease              uuid,
  asked_at           timestamptz,
  told_at            timestamptz,
  -- The marketplace's words, or why the line still waits.
  said_code          text,
  said               text,
  primary key (company_id, shipment_id, line_no),
  constraint shipped_quantity_is_positive check (quantity > 0),
  constraint telling_is_known check (telling in ('not_needed', 'pending', 'unknown', 'told', 'refused')),
  constraint only_marketplaces_are_told check ((connection_id is null) = (telling = 'not_needed')),
  constraint what_is_told_says_when check ((telling = 'told') = (told_at is not null)),
  foreign key (company_id, shipment_id) references fulfilment.shipment,
  foreign key (company_id, order_id, line_no) references orders.order_line
);
call kernel.wall('fulfilment.shipment_line', 'select, insert, update');
create index shipment_lines_of_order on fulfilment.shipment_line (order_id, company_id);
create index lines_to_tell on fulfilment.shipment_line (company_id, connection_id, due_at) where due_at is not null;

-- Seven days after its delivery a line is completed.
alter table orders.order_line add column delivered_at timestamptz;
update orders.order_line set delivered_at = kernel.now() where state = 'delivered';
create index delivered_lines on orders.order_line (company_id, delivered_at) where state = 'delivered';
