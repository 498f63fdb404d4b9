-- What tells of the past grew for ever: a busy shop's journal by some million rows a month, with nobody who might delete
-- one. After 90 days the server may: of the journal all but the newest of each of a listing's four numbers, seen alarms,
-- confirmed drift, comparisons of orders. Ledger and causes stay: the books rest on them, and nothing on these.

grant delete on channels.journal, channels.alarm, channels.reconciliation_finding to jaego_app;

-- Beside the wall, and narrower: what is younger cannot go, whatever a statement says.
create policy only_old_rows_go on channels.journal as restrictive for delete
  using (at < kernel.now() - interval '90 days');
create policy only_old_rows_go on channels.alarm as restrictive for delete
  using (at < kernel.now() - interval '90 days');
