-- Stop, read, set, resume: a connection may change its numbers by a compare-and-swap, which needs no complete order
-- feed. Where a listing is in it is stored before anything is sent, so that whoever comes after a crash knows what to ask.

-- The state of allocation/exchange.ts; null: the listing's account is `rights`.
alter table channels.listing add column exchange jsonb;
