import { plain } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'

/** What happened to numbers, alarms, drift and comparisons are kept so long; 0017 lets nothing younger go. */
export const KEPT_DAYS = 90

const OLD = `kernel.now() - interval '${KEPT_DAYS} days'`

/** Listings looked at in one batch, and of each the oldest entries: at most 5,000 rows go in one transaction. */
const LISTINGS = 100
const ENTRIES = 50
/** Of alarms altogether; of drift and comparisons at each connection. */
const ROWS = 200
const COMPARISONS = 5

// The newest of each number stays, however old: it is what the number still was on every day that is kept.
const DROP_JOURNAL = statement<{ last: string | null; dropped: number }>(
  'channels_drop_journal',
  `with page as materialized (
     select listing_id from channels.listing where company_id = $1 and listing_id > $2
     order by listing_id limit ${LISTINGS}),
   old as materialized (
     select p.listing_id, o.entry_id
     from page p
     cross join lateral (
       select e.entry_id, e.kind, row_number() over (partition by e.kind order by e.entry_id desc) as nth
       from (
         select entry_id, kind, at from channels.journal
         where company_id = $1 and listing_id = p.listing_id
         order by entry_id limit ${ENTRIES}) e
       where e.at < ${OLD}) o
     where o.nth > 1 or o.kind not in ('desired', 'sent', 'accepted', 'observed')),
   gone as (
     delete from channels.journal j using old
     where (j.company_id = $1) is true and j.listing_id = old.listing_id and j.entry_id = old.entry_id
     returning j.entry_id)
   select (select listing_id from page order by listing_id desc limit 1) as last,
     (select count(*) from gone)::integer as dropped`,
)

/** Old entries of the listings after `after`; `last` of those it looked at, null when there are none. */
export const dropJournal = async (tx: Tx, company: string, after: string) =>
  (await tx.query(DROP_JOURNAL, [company, after]))[0]!

const UNSEE_OLD = statement<{ id: string }>(
  'channels_unsee_old_alarms',
  `delete from channels.alarm_seen s
   using (
     select a.alarm_id
     from (
       select company_id, alarm_id from channels.alarm_seen where company_id = $1 order by alarm_id limit ${ROWS}) o
     cross join lateral (
       select * from channels.alarm where company_id = o.company_id and alarm_id = o.alarm_id limit 1) a
     where a.at < ${OLD}) d
   where s.alarm_id = d.alarm_id and (s.company_id = $1) is true
   returning s.alarm_id as id`,
)

const DROP_ALARMS = statement<never>(
  'channels_drop_alarms',
  `delete from channels.alarm a
   using (select * from unnest($2::uuid[]) limit cardinality($2)) as k (alarm_id)
   where a.alarm_id = k.alarm_id and (a.company_id = $1) is true`,
)

/** Those nobody has seen stay until somebody has. Answers how many went. */
export async function dropSeenAlarms(tx: Tx, company: string): Promise<number> {
  const seen = await tx.query(UNSEE_OLD, [company])
  if (seen.length > 0) tx.write(DROP_ALARMS, [company, plain(seen.map(({ id }) => id))])
  return seen.length
}

const DROP_DRIFTS = statement<{ id: string }>(
  'channels_drop_drifts',
  `delete from channels.drift d
   using (
     select o.drift_id
     from (select company_id, connection_id from channels.connection where company_id = $1 limit 1000) c
     cross join lateral (
       select drift_id, confirmed_at from channels.drift
       where connection_id = c.connection_id and (company_id = c.company_id) is true and confirmed_at is not null
       order by drift_id limit ${ROWS}) o
     where o.confirmed_at < ${OLD}) k
   where d.drift_id = k.drift_id and (d.company_id = $1) is true
   returning d.drift_id as id`,
)

/** Confirmed ones. A listing that is left as somebody edited it stays so: that is its fault's, not its drift's. */
export const dropDrifts = async (tx: Tx, company: string): Promise<number> =>
  (await tx.query(DROP_DRIFTS, [company])).length

const OLD_RECONCILIATIONS = statement<{ id: string }>(
  'channels_old_reconciliations',
  `select o.reconciliation_id as id
   from (select company_id, connection_id from channels.connection where company_id = $1 limit 1000) c
   cross join lateral (
     select reconciliation_id, started_at from channels.reconciliation
     where connection_id = c.connection_id and (company_id = c.company_id) is true
     order by reconciliation_id limit ${COMPARISONS}) o
   where o.started_at < ${OLD}
   limit ${ROWS}`,
)

const DROP_FINDINGS = statement<never>(
  'channels_drop_findings',
  `delete from channels.reconciliation_finding f
   using (select * from unnest($2::uuid[]) limit cardinality($2)) as k (reconciliation_id)
   where f.reconciliation_id = k.reconciliation_id and (f.company_id = $1) is true`,
)

const DROP_RECONCILIATIONS = statement<never>(
  'channels_drop_reconciliations',
  `delete from channels.reconciliation r
   using (select * from unnest($2::uuid[]) limit cardinality($2)) as k (reconciliation_id)
   where r.reconciliation_id = k.reconciliation_id and (r.company_id = $1) is true`,
)

/** With what they found. */
export async function dropReconciliations(tx: Tx, company: string): Promise<number> {
  const ids = (await tx.query(OLD_RECONCILIATIONS, [company])).map(({ id }) => id)
  if (ids.length > 0) {
    tx.write(DROP_FINDINGS, [company, plain(ids)])
    tx.write(DROP_RECONCILIATIONS, [company, plain(ids)])
  }
  return ids.length
}
