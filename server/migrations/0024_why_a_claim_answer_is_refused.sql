-- As with parcels (0021): why an answer to a claim, or a cancel of the seller's, is refused or waits was an English sentence
-- of ours or the marketplace's own words, in one column, and nobody could tell whose words they were.

-- FaultWhy of adapter.ts: what we found ourselves; `message` is what the marketplace wrote. Null also where it was kept before.
alter table orders.claim_answer add column why jsonb;
