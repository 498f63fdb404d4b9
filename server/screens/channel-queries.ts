import type { Alarm, ChannelBoard, ChannelStanding } from '../../contract/channel-board.ts'
import type { FaultWhy } from '../../contract/faults.ts'
import { statement, type Tx } from '../kernel/db.ts'

// Read-only, across modules: the connections of one company, one by one. Measured with 10,000 listings on each of five
// channels and 150,000 entries of the last hour: 90–170 ms, which is why the page asks every two seconds at most.

const iso = (at: Date): string => at.toISOString()
const isoOrNull = (at: Date | null): string | null => at?.toISOString() ?? null

type StandingRow = Omit<
  ChannelStanding,
  'saleStop' | 'lastSuccessAt' | 'nextCollectionAt' | 'collectedUpTo' | 'fault' | 'signIn' | 'lag' | 'intakeLag'
> & {
  lastSuccessAt: Date | null
  nextCollectionAt: Date
  collectedUpTo: Date | null
  faultCode: string | null
  faultSaid: string | null
  faultWhy: FaultWhy | null
  faultAt: Date | null
  signInFault: string | null
  signInSaid: string | null
  signInWhy: FaultWhy | null
  signInUntil: Date | null
  lag50: number | null
  lag99: number | null
  lagSamples: number
  intake50: number | null
  intake99: number | null
  intakeSamples: number
}

// The hour has an end, too: why is said in board-queries.ts.
const STANDINGS = statement<StandingRow>(
  'screens_channel_standings',
  `with measured as (
     select listing_id, kind, lag_ms from channels.journal
     where (company_id = $1) is true and at between kernel.now() - interval '1 hour' and kernel.now() + interval '1 day'
       and kind in ('accepted', 'sold')
       and lag_ms is not null
     order by at desc limit 20000),
   lately as (
     select li.connection_id,
       percentile_cont(0.5) within group (order by m.lag_ms) filter (where m.kind = 'accepted') as lag50,
       percentile_cont(0.99) within group (order by m.lag_ms) filter (where m.kind = 'accepted') as lag99,
       count(*) filter (where m.kind = 'accepted')::integer as lag_samples,
       percentile_cont(0.5) within group (order by m.lag_ms) filter (where m.kind = 'sold') as intake50,
       percentile_cont(0.99) within group (order by m.lag_ms) filter (where m.kind = 'sold') as intake99,
       count(*) filter (where m.kind = 'sold')::integer as intake_samples
     from measured m
     join channels.listing li on li.listing_id = m.listing_id and (li.company_id = $1) is true
     group by 1),
   work as (
     select u.connection_id,
       jsonb_build_object(
         'zero', count(*) filter (where u.write_due_at is not null and u.parked_fault is null and u.urgency = 0),
         'drop', count(*) filter (where u.write_due_at is not null and u.parked_fault is null and u.urgency = 1),
         'fromZero', count(*) filter (where u.write_due_at is not null and u.parked_fault is null and u.urgency = 2),
         'other', count(*) filter (where u.write_due_at is not null and u.parked_fault is null and u.urgency = 3),
         'spare', count(*) filter (where u.write_due_at is not null and u.parked_fault is null and u.urgency = 4),
         'parked', count(*) filter (where u.parked_fault is not null),
         'unknown', count(*) filter (where u.unknown_until > kernel.now())) as waiting
     from channels.unit u where u.company_id = $1
     group by 1),
   parked as (
     select connection_id, jsonb_agg(jsonb_build_object('fault', fault, 'units', units, 'skus', skus) order by fault) as units
     from (
       select u.connection_id, u.parked_fault as fault, count(distinct u.unit)::integer as units,
         coalesce((array_agg(distinct v.sku) filter (where v.sku is not null))[1:3], '{}') as skus
       from channels.unit u
       left join lateral (
         select * from channels.listing
         where connection_id = u.connection_id and unit = u.unit and (company_id = u.company_id) is true
         offset 0) li on true
       left join lateral (
         select * from catalog.variant
         where company_id = li.company_id and variant_id = li.variant_id
         limit 1) v on true
       where u.company_id = $1 and u.parked_fault is not null
       group by 1, 2) p
     group by 1),
   edited as (
     select connection_id, count(*)::integer as listings from channels.listing
     where company_id = $1 and fault = 'edited'
     group by 1),
   lapsing as (
     select connection_id, count(*)::integer as claims from orders.claim
     where company_id = $1 and state = 'requested' and lapses_at <= kernel.now() + interval '24 hours'
     group by 1)
   select co.connection_id as id, co.channel, co.name, co.mode, co.policy, co.policy_settings as "policySettings",
     case when co.settings ->> 'drift' = 'report' then 'report' else 'repair' end as drift,
     co.api_supported as "apiSupported",
     case when co.paused then 'paused' when co.parked then 'parked' when co.failures > 0 then 'unreachable'
       else 'live' end as state,
     co.failures, co.last_success_at as "lastSuccessAt", co.last_fault as "faultCode",
     co.last_fault_said as "faultSaid", co.last_fault_why as "faultWhy", co.last_fault_at as "faultAt", co.collect_due_at as "nextCollectionAt",
     case when co.cursor is not null then co.collected_up_to end as "collectedUpTo",
     co.feed_lateness_ms as "marginMs", (co.learned ->> 'outShare')::float8 as "outShare",
     t.fault as "signInFault", t.said as "signInSaid", t.why as "signInWhy", t.not_before as "signInUntil",
     l.lag50, l.lag99, coalesce(l.lag_samples, 0) as "lagSamples", l.intake50, l.intake99,
     coalesce(l.intake_samples, 0) as "intakeSamples", b.budgets,
     coalesce(w.waiting, '{"zero": 0, "drop": 0, "fromZero": 0, "other": 0, "spare": 0, "parked": 0, "unknown": 0}')
       as waiting,
     coalesce(pa.units, '[]') as "parkedUnits",
     d.met as drifted, coalesce(e.listings, 0) as "leftEdited", r.last as reconciliation,
     coalesce(cl.claims, 0) as lapsing
   from channels.connection co
   left join lately l on l.connection_id = co.connection_id
   left join work w on w.connection_id = co.connection_id
   left join parked pa on pa.connection_id = co.connection_id
   left join edited e on e.connection_id = co.connection_id
   left join lapsing cl on cl.connection_id = co.connection_id
   left join channels.token t
     on t.company_id = co.company_id and t.connection_id = co.connection_id and t.not_before > kernel.now()
   cross join lateral (
     select coalesce(jsonb_agg(jsonb_build_object(
         'bucket', bucket, 'burst', burst, 'perSecond', per_second,
         'left', round(greatest(0, least(burst,
           tokens + extract(epoch from kernel.now() - refilled_at)::float8 * per_second))::numeric, 1),
         'blockedUntil', case when blocked_until > kernel.now()
           then to_char(blocked_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') end)
       order by bucket), '[]'::jsonb) as budgets
     from channels.budget
     where company_id = co.company_id and connection_id = co.connection_id) b
   cross join lateral (
     -- Ids are made in time's order, so a day is a range of the index.
     select count(*)::integer as met from channels.drift
     where connection_id = co.connection_id and company_id = co.company_id and confirmed_at is not null
       and drift_id >= (lpad(to_hex((extract(epoch from kernel.now() - interval '24 hours') * 1000)::bigint), 12, '0')
         || '00000000000000000000')::uuid) d
   left join lateral (
     select jsonb_build_object(
       'startedAt', to_char(started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'result', result,
       'ordersTold', orders_told, 'linesLate', lines_late, 'linesDiffering', lines_differing, 'fault', fault) as last
     from channels.reconciliation
     where connection_id = co.connection_id and (company_id = co.company_id) is true and ended_at is not null
     order by reconciliation_id desc limit 1) r on true
   where co.company_id = $1
   order by co.created_at, co.connection_id
   limit 100`,
)

type Standing = Omit<ChannelStanding, 'saleStop'>

export async function channelStandings(tx: Tx, company: string): Promise<Standing[]> {
  return (await tx.query(STANDINGS, [company])).map(standingOf)
}

function standingOf(row: StandingRow): Standing {
  const { faultCode, faultSaid, faultWhy, faultAt, signInFault, signInSaid, signInWhy, signInUntil, ...standing } = row
  const { lag50, lag99, lagSamples, intake50, intake99, intakeSamples, ...rest } = standing
  return {
    ...rest,
    lastSuccessAt: isoOrNull(row.lastSuccessAt),
    nextCollectionAt: iso(row.nextCollectionAt),
    collectedUpTo: isoOrNull(row.collectedUpTo),
    fault:
      faultCode === null || faultAt === null
        ? null
        : { code: faultCode, why: faultWhy, said: faultSaid ?? '', at: iso(faultAt) },
    signIn:
      signInFault === null || signInUntil === null
        ? null
        : { fault: signInFault, why: signInWhy, said: signInSaid ?? '', until: iso(signInUntil) },
    lag: spread(lag50, lag99, lagSamples),
    intakeLag: spread(intake50, intake99, intakeSamples),
  }
}

const spread = (p50: number | null, p99: number | null, samples: number) =>
  p50 === null || p99 === null ? null : { p50: Math.round(p50), p99: Math.round(p99), samples }

const STRICT = statement<ChannelBoard['strict'][number]>(
  'screens_strict_variants',
  `select v.variant_id as "variantId", v.sku, concat_ws(' ', p.name, nullif(v.name, '')) as name
   from channels.strict_variant s
   cross join lateral (
     select * from catalog.variant where company_id = s.company_id and variant_id = s.variant_id limit 1) v
   cross join lateral (
     select * from catalog.product where company_id = v.company_id and product_id = v.product_id limit 1) p
   where s.company_id = $1
   order by v.sku_key, v.variant_id
   limit 200`,
)

export const strictList = (tx: Tx, company: string): Promise<ChannelBoard['strict']> => tx.query(STRICT, [company])

type AlarmRow = Omit<Alarm, 'at' | 'seen'> & { at: Date; seenBy: string | null; seenAt: Date | null }

const ALARMS = statement<AlarmRow>(
  'screens_alarms',
  `select a.alarm_id as id, a.kind, a.connection_id as "connectionId", v.sku,
     case when v.variant_id is not null then concat_ws(' ', p.name, nullif(v.name, '')) end as name, l.item, a.units,
     a.facts, a.detail, a.at, s.seen_by as "seenBy", s.seen_at as "seenAt"
   from channels.alarm a
   left join lateral (
     select * from channels.alarm_seen where company_id = a.company_id and alarm_id = a.alarm_id limit 1) s on true
   left join lateral (
     select * from channels.listing where company_id = a.company_id and listing_id = a.listing_id limit 1) l on true
   left join lateral (
     select * from catalog.variant where company_id = a.company_id and variant_id = a.variant_id limit 1) v on true
   left join lateral (
     select * from catalog.product where company_id = v.company_id and product_id = v.product_id limit 1) p on true
   where a.company_id = $1 and a.alarm_id < $2 and (not $3::boolean or s.alarm_id is null)
   order by a.alarm_id desc
   limit $4`,
)

const AFTER_ALL = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/** Newest first, those before `cursor`; with `open` only those nobody has seen. */
export async function listAlarms(
  tx: Tx,
  company: string,
  { open, cursor, limit }: { open: boolean; cursor: string | null; limit: number },
): Promise<Alarm[]> {
  const rows = await tx.query(ALARMS, [company, cursor ?? AFTER_ALL, open, limit])
  return rows.map(({ seenBy, seenAt, at, ...alarm }) => ({
    ...alarm,
    at: iso(at),
    seen: seenBy === null || seenAt === null ? null : { by: seenBy, at: iso(seenAt) },
  }))
}
