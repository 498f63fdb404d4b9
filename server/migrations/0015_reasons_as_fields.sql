-- Why something went wrong was kept as an English sentence, which a page in Korean could only repeat. Kept as fields (a
-- code, units, ms), it is said in the reader's language; the marketplace's own words stay beside it as they came.

-- By kind, see alarms.ts. Null: raised before, and `detail` has the sentence.
alter table channels.alarm add column facts jsonb;
alter table channels.alarm alter column detail drop not null;
alter table channels.alarm add constraint alarm_says_what check (num_nonnulls(detail, facts) = 1);

-- FaultWhy of adapter.ts. Null: the reason is the marketplace's, in its own words, or it was kept before.
alter table channels.connection add column last_fault_why jsonb;
alter table channels.token add column why jsonb;
