-- Why a parcel is not told was an English sentence of ours, or the marketplace's own words, in one column: a page in
-- Korean could only repeat it, and nobody could tell whose words they were. What we found ourselves is kept as fields, as
-- with faults (0015); `said` is what the marketplace wrote.

-- FaultWhy of adapter.ts. Null: the reason is the marketplace's, in its own words, or it was kept before.
alter table fulfilment.shipment_line add column why jsonb;

-- Refused, or asked about without an answer as often as we ask: a person must act. The board looks each second.
create index parcels_for_a_person on fulfilment.shipment_line (asked_at, company_id)
  where due_at is null and telling in ('refused', 'unknown');
