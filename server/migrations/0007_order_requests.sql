-- What an order's repeat is answered from, without a further row or transaction on the way in
-- (docs/decisions on the idempotency of orders). All null for orders that no request of the API brought.
alter table orders.order
  -- <actor>/<Idempotency-Key>, where the request had one.
  add column request_key text collate "C",
  -- A hash of everything the request said.
  add column request_hash text collate "C",
  -- What the first answer said that the order itself does not keep: what was short, when the hold was to end.
  add column request_answer jsonb;
create unique index order_once_per_request_key on orders.order (request_key, company_id) where request_key is not null;
