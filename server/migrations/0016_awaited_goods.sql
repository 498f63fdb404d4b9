-- Goods an exchange sends were promised to one buyer and sold to nobody: where there are none they are missing, and nothing
-- was sold twice. Counted as sold, each of them stood on the board as a unit sold twice.

alter table inventory.shortage drop constraint shortage_cause_is_known;
alter table inventory.shortage
  add constraint shortage_cause_is_known check (cause in ('sold', 'margin', 'displaced', 'awaited'));
