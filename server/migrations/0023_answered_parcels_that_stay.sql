-- A parcel that answers a claim leaves our books once the marketplace has heard the answer. One that could not (a hold, goods
-- that are not there, another claim) was a line in the log: the marketplace counted the goods as sent, and our books kept
-- them, reserved, without anybody knowing.

-- FaultWhy of adapter.ts: why it stayed when the answer was heard. It is not taken back: what is still open tells the board.
alter table orders.claim_answer add column stays jsonb;

-- The board looks each second.
create index answered_parcels_that_stay on orders.claim_answer (told_at, company_id) where stays is not null;
