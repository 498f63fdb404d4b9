-- A wrong invoice can be put right after the marketplace was asked to show it. Between the two, nobody here knows which
-- of our numbers it shows; and it may be replaced only where it is one of ours, never what somebody gave it in the
-- marketplace's own pages.

-- "carrier invoice", newest first: what the marketplace was asked to show for this line before its parcel was
-- corrected. Empty: nothing, or it has been told the newest.
alter table fulfilment.shipment_line add column earlier text[] not null default '{}';
alter table fulfilment.shipment_line add constraint what_is_told_is_the_newest
  check (telling <> 'told' or earlier = '{}');
