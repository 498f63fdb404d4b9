import type { BoardConnection, BoardError, BoardOrder, BoardTotals, BoardVariant } from '../../contract/board.ts'
import type { FaultWhy } from '../../contract/faults.ts'
import { statement, type Tx } from '../kernel/db.ts'
import { toldOf } from '../modules/channels/index.ts'

// Read-only, across modules: what the board shows. Each answers in some 10 ms for 500 variants.

/** Rows an order list or an error list shows. */
export const NEWEST = 50
const VARIANTS_MAX = 500

// Spans of time have an end, too, though nothing reaches it: on tables nobody has analysed PostgreSQL takes one without
// for a third of all rows, and reads the company's instead.

type At = Date | string
const iso = (at: Date): string => at.toISOString()
const isoOrNull = (at: Date | null): string | null => at?.toISOString() ?? null

type VariantRow = Omit<BoardVariant, 'changedAt' | 'listings'> & {
  changedAt: Date
  listings: (Omit<BoardVariant['listings'][number], 'observedAt'> & { observedAt: At | null })[]
}

const VARIANTS = statement<VariantRow>(
  'screens_board_variants',
  `with stock as (
     select v.company_id, v.variant_id,
       coalesce(sum(l.on_hand), 0)::integer as on_hand, coalesce(sum(l.reserved), 0)::integer as reserved,
       coalesce(sum(l.on_hand - l.reserved) filter (where w.sellable and w.active), 0)::integer as free
     from catalog.variant v
     left join inventory.level l on l.company_id = v.company_id and l.variant_id = v.variant_id
     left join inventory.warehouse w on w.company_id = l.company_id and w.warehouse_id = l.warehouse_id
     where v.company_id = $1
     group by 1, 2),
   missing as (
     select variant_id, sum(open)::integer as open from inventory.shortage
     where company_id = $1 and open > 0
     group by 1),
   standing as (
     select s.variant_id, s.on_hand, s.reserved, s.free - coalesce(m.open, 0) as available, coalesce(m.open, 0) as short,
       greatest(0, coalesce(p.promised, 0) - (s.free - coalesce(m.open, 0))) as exposure
     from stock s
     left join missing m on m.variant_id = s.variant_id
     left join inventory.promise p on p.company_id = $1 and p.variant_id = s.variant_id),
   parts as (
     select b.bundle_variant_id as variant_id,
       jsonb_agg(jsonb_build_object('sku', c.sku, 'quantity', b.quantity) order by c.sku_key) as components,
       min(floor(st.on_hand::numeric / b.quantity))::integer as on_hand,
       min(floor(st.available::numeric / b.quantity))::integer as available,
       max(ceil(st.exposure::numeric / b.quantity))::integer as exposure
     from catalog.bundle_component b
     join catalog.variant c on c.company_id = b.company_id and c.variant_id = b.component_variant_id
     join standing st on st.variant_id = b.component_variant_id
     where b.company_id = $1
     group by 1),
   shown as (
     select li.variant_id, jsonb_agg(jsonb_build_object(
         'connectionId', li.connection_id, 'desired', li.desired, 'sent', li.sent, 'accepted', li.accepted,
         'observed', li.observed, 'rights', case when co.policy = 'rights' then li.bound end,
         'observedAt', to_char(li.observed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
         'state', case
           when co.mode = 'observe' then 'observing'
           when li.fault is not null or u.parked_fault is not null then 'parked'
           when u.unknown_until > kernel.now() then 'unknown'
           when u.leased_until > kernel.now() and u.write_due_at is not null then 'sending'
           when li.desired is distinct from li.shown or u.write_due_at is not null then 'waiting'
           -- Written but not read back yet, or sold there and not told yet.
           when li.observed <> li.desired then 'waiting'
           else 'true' end,
         'fault', coalesce(li.fault, u.parked_fault)) order by co.created_at, li.listing_id) as listings
     from channels.listing li
     join channels.connection co on co.company_id = li.company_id and co.connection_id = li.connection_id
     left join channels.unit u
       on u.company_id = li.company_id and u.connection_id = li.connection_id and u.unit = li.unit
     where li.company_id = $1 and li.variant_id is not null
     group by 1)
   select v.variant_id as id, v.sku, concat_ws(' ', p.name, nullif(v.name, '')) as name,
     coalesce(pa.components, '[]'::jsonb) as components,
     greatest(0, coalesce(pa.on_hand, st.on_hand)) as "onHand",
     case when pa.variant_id is null then st.reserved else 0 end as reserved,
     coalesce(pa.available, st.available) as available,
     case when pa.variant_id is null then st.short else 0 end as short,
     coalesce(pa.exposure, st.exposure) as exposure,
     coalesce(sh.listings, '[]'::jsonb) as listings,
     coalesce(mv.at, v.created_at) as "changedAt"
   from catalog.variant v
   join catalog.product p on p.company_id = v.company_id and p.product_id = v.product_id
   join standing st on st.variant_id = v.variant_id
   left join parts pa on pa.variant_id = v.variant_id
   left join shown sh on sh.variant_id = v.variant_id
   left join lateral (
     select max(m.at) as at from inventory.level l
     cross join lateral (
       select at from inventory.movement
       where company_id = l.company_id and variant_id = l.variant_id and warehouse_id = l.warehouse_id
       order by version desc limit 1) m
     where l.company_id = v.company_id and l.variant_id = v.variant_id) mv on true
   where v.company_id = $1
   order by v.sku_key, v.variant_id
   limit ${VARIANTS_MAX}`,
)

export async function boardVariants(tx: Tx, company: string): Promise<BoardVariant[]> {
  const rows = await tx.query(VARIANTS, [company])
  return rows.map((row) => ({
    ...row,
    changedAt: iso(row.changedAt),
    listings: row.listings.map((listing) => ({ ...listing, observedAt: listing.observedAt as string | null })),
  }))
}

type ConnectionRow = Omit<BoardConnection, 'lastSuccessAt' | 'fault' | 'lag' | 'intakeLag' | 'budget'> & {
  lastSuccessAt: Date | null
  faultCode: string | null
  faultSaid: string | null
  faultWhy: FaultWhy | null
  faultAt: Date | null
  lag50: number | null
  lag99: number | null
  lagSamples: number
  intake50: number | null
  intake99: number | null
  intakeSamples: number
  bucket: string | null
  left: number | null
  perSecond: number | null
}

const CONNECTIONS = statement<ConnectionRow>(
  'screens_board_connections',
  `with lately as (
     select li.connection_id, j.kind,
       percentile_cont(0.5) within group (order by j.lag_ms) as p50,
       percentile_cont(0.99) within group (order by j.lag_ms) as p99, count(*)::integer as samples
     from channels.journal j
     join channels.listing li on li.company_id = j.company_id and li.listing_id = j.listing_id
     where (j.company_id = $1) is true
       and j.at between kernel.now() - interval '1 minute' and kernel.now() + interval '1 day'
       and j.kind in ('accepted', 'sold') and j.lag_ms is not null
     group by 1, 2)
   select co.connection_id as id, co.channel, co.name, co.mode, co.policy,
     case when co.paused then 'paused' when co.parked then 'parked' when co.failures > 0 then 'unreachable'
       else 'live' end as state,
     co.last_success_at as "lastSuccessAt", co.last_fault as "faultCode", co.last_fault_said as "faultSaid",
     co.last_fault_why as "faultWhy", co.last_fault_at as "faultAt", a.p50 as "lag50", a.p99 as "lag99", coalesce(a.samples, 0) as "lagSamples",
     s.p50 as "intake50", s.p99 as "intake99", coalesce(s.samples, 0) as "intakeSamples",
     b.bucket, b.left_now as left, b.per_second as "perSecond",
     (select count(*)::integer from channels.unit u
      where u.company_id = co.company_id and u.connection_id = co.connection_id and u.write_due_at is not null) as queue
   from channels.connection co
   left join lately a on a.connection_id = co.connection_id and a.kind = 'accepted'
   left join lately s on s.connection_id = co.connection_id and s.kind = 'sold'
   left join lateral (
     select bucket, per_second,
       least(burst, tokens + extract(epoch from kernel.now() - refilled_at)::float8 * per_second) as left_now
     from channels.budget
     where company_id = co.company_id and connection_id = co.connection_id and bucket <> 'token'
     order by 3, bucket limit 1) b on true
   where co.company_id = $1
   order by co.created_at, co.connection_id
   limit 100`,
)

export async function boardConnections(tx: Tx, company: string): Promise<BoardConnection[]> {
  const rows = await tx.query(CONNECTIONS, [company])
  return rows.map(({ id, channel, name, mode, policy, state, queue, ...row }) => ({
    ...{ id, channel, name, mode, policy, state, queue },
    lastSuccessAt: isoOrNull(row.lastSuccessAt),
    fault:
      row.faultCode === null || row.faultAt === null
        ? null
        : { code: row.faultCode, why: row.faultWhy, said: row.faultSaid ?? '', at: iso(row.faultAt) },
    lag: spread(row.lag50, row.lag99, row.lagSamples),
    intakeLag: spread(row.intake50, row.intake99, row.intakeSamples),
    budget:
      row.bucket === null
        ? null
        : { bucket: row.bucket, left: Math.max(0, Math.round(row.left! * 10) / 10), perSecond: row.perSecond! },
  }))
}

const spread = (p50: number | null, p99: number | null, samples: number) =>
  p50 === null || p99 === null ? null : { p50: Math.round(p50), p99: Math.round(p99), samples }

type OrderRow = Omit<BoardOrder, 'orderedAt' | 'takenAt'> & { orderedAt: Date; takenAt: Date }

const ORDERS = statement<OrderRow>(
  'screens_board_orders',
  `select o.order_id as id, o.number, o.channel, o.connection_id as "connectionId", o.ordered_at as "orderedAt",
     o.taken_at as "takenAt", o.total, o.state, o.unmapped,
     coalesce((
       select sum(s.open)::integer from orders.order_line l
       join inventory.shortage s on s.reservation_id = l.reservation_id and (s.company_id = l.company_id) is true
       where l.company_id = o.company_id and l.order_id = o.order_id and s.line_no = l.line_no
         and s.cause <> 'margin'), 0) as short,
     coalesce((
       select jsonb_agg(jsonb_build_object(
         'sku', l.sku, 'quantity', l.quantity,
         -- Our own name, the same for every channel; what the marketplace calls it where nobody has mapped it yet.
         'name', case when v.variant_id is null then concat_ws(' ', l.product_name, nullif(l.variant_name, ''))
           else concat_ws(' ', p.name, nullif(v.name, '')) end) order by l.line_no)
       from (
         select * from orders.order_line
         where company_id = o.company_id and order_id = o.order_id
         order by line_no limit 10) l
       left join catalog.variant v on v.company_id = l.company_id and v.variant_id = l.variant_id
       left join catalog.product p on p.company_id = v.company_id and p.product_id = v.product_id), '[]'::jsonb) as lines
   from (
     select * from orders.order where company_id = $1 order by order_id desc limit ${NEWEST}) o
   order by o.order_id desc`,
)

/** Ids are made in time's order, so the newest come first without a further index. */
export async function boardOrders(tx: Tx, company: string): Promise<BoardOrder[]> {
  const rows = await tx.query(ORDERS, [company])
  return rows.map((row) => ({ ...row, orderedAt: iso(row.orderedAt), takenAt: iso(row.takenAt) }))
}

/** Codes of parcels that wait for a person, as the board has words for them. */
export const PARCELS = { refused: 'parcel_refused', unknown: 'parcel_unanswered', stays: 'parcel_stays' } as const
/** Answers to claims whose parcels could not leave, sent since or not: the newest of them are looked at. */
const STAYING_MAX = 200

/** Without a code, what was said is a journal's detail. A parcel stands here until a person has acted, once an order. */
const ERRORS = statement<Omit<BoardError, 'at' | 'code'> & { at: Date; code: string | null }>(
  'screens_board_errors',
  `select * from (
     (select j.at, li.connection_id as "connectionId",
        null as code, null::jsonb as why, coalesce(j.detail, '') as said, coalesce(v.sku, li.item) as subject
      from channels.journal j
      join channels.listing li on li.company_id = j.company_id and li.listing_id = j.listing_id
      left join catalog.variant v on v.company_id = li.company_id and v.variant_id = li.variant_id
      where (j.company_id = $1) is true and j.kind = 'failed'
        and j.at between kernel.now() - interval '1 hour' and kernel.now() + interval '1 day'
      order by j.at desc limit ${NEWEST})
     union all
     (select last_fault_at, connection_id, last_fault, last_fault_why, coalesce(last_fault_said, ''), name
      from channels.connection
      where company_id = $1 and last_fault_at > kernel.now() - interval '1 hour')
     union all
     select * from (
       select distinct on (l.order_id, l.connection_id, l.telling, l.asked_at) l.asked_at, l.connection_id,
         case l.telling when 'refused' then '${PARCELS.refused}' else '${PARCELS.unknown}' end, l.why,
         coalesce(l.said, ''), o.number
       from (
         select * from fulfilment.shipment_line
         where company_id = $1 and due_at is null and telling in ('refused', 'unknown')
         order by asked_at desc limit ${NEWEST}) l
       join orders.order o on o.company_id = l.company_id and o.order_id = l.order_id
       order by l.order_id, l.connection_id, l.telling, l.asked_at, l.line_no) p
     union all
     select * from (
       select distinct on (a.claim_id) a.told_at, a.connection_id, '${PARCELS.stays}', a.stays, '', o.number
       from (
         select * from orders.claim_answer
         where company_id = $1 and stays is not null
         order by told_at desc limit ${STAYING_MAX}) a
       cross join lateral (
         select * from orders.claim_line where company_id = a.company_id and claim_id = a.claim_id offset 0) c
       join orders.order_line l on l.company_id = c.company_id and l.order_id = c.order_id
         and l.line_no = case a.answer when 'resend' then c.replacement_line_no else c.line_no end
         and l.quantity > l.cancelled + l.shipped
       join orders.order o on o.company_id = l.company_id and o.order_id = l.order_id
       order by a.claim_id) s) e
   order by at desc, "connectionId", subject
   limit ${NEWEST}`,
)

export async function boardErrors(tx: Tx, company: string): Promise<BoardError[]> {
  const rows = await tx.query(ERRORS, [company])
  return rows.map(({ code, ...row }) => ({
    ...row,
    ...(code === null ? toldOf('failed', row.said).failure! : { code }),
    at: iso(row.at),
  }))
}

type TotalsRow = Omit<BoardTotals, 'exposure' | 'lag' | 'intakeLag'> & {
  structural: number
  stale: number
  lag50: number | null
  lag99: number | null
  lagSamples: number
  intake50: number | null
  intake99: number | null
  intakeSamples: number
}

const TOTALS = statement<TotalsRow>(
  'screens_board_totals',
  `with since as (
     -- Order ids are UUID v7: the first 48 bits are the time, so a day is a range of the primary key.
     select (lpad(to_hex((extract(epoch from kernel.now() - interval '24 hours') * 1000)::bigint), 12, '0')
       || '00000000000000000000')::uuid as first_id),
   taken as (
     select count(*)::integer as orders, count(*) filter (where o.unmapped)::integer as unmapped
     from orders.order o, since where (o.company_id = $1) is true and o.order_id >= since.first_id),
   sold as (
     select coalesce(sum((l.quantity - l.cancelled) * l.multiplier), 0)::integer as units
     from orders.order_line l, since where (l.company_id = $1) is true and l.order_id >= since.first_id),
   short as (
     select coalesce(sum(open) filter (where cause <> 'margin'), 0)::integer as open,
       coalesce(sum(missing) filter (where cause = 'sold'), 0)::integer as sold_twice
     from inventory.shortage where company_id = $1),
   standing as (
     select p.variant_id, p.promised - coalesce(l.free, 0) + coalesce(s.open, 0) as over
     from inventory.promise p
     left join lateral (
       select sum(lv.on_hand - lv.reserved) filter (where w.sellable and w.active) as free
       from inventory.level lv
       join inventory.warehouse w on w.company_id = lv.company_id and w.warehouse_id = lv.warehouse_id
       where lv.company_id = p.company_id and lv.variant_id = p.variant_id) l on true
     left join lateral (
       select sum(open) as open from inventory.shortage
       where variant_id = p.variant_id and (company_id = p.company_id) is true and open > 0) s on true
     where p.company_id = $1),
   numbers as (
     select coalesce(sum(raced), 0)::integer as raced, coalesce(sum(drifted), 0)::integer as drifted,
       coalesce(sum(greatest(0, shown - desired) * multiplier), 0)::integer as stale
     from channels.listing where company_id = $1),
   pushed as (
     select count(*) filter (where kind = 'accepted')::integer as pushes from channels.journal
     where (company_id = $1) is true
       and at between kernel.now() - interval '24 hours' and kernel.now() + interval '1 day'),
   unseen as (
     select count(*)::integer as alarms from (
       select from channels.alarm a
       where a.at > kernel.now() - interval '30 days' and (a.company_id = $1) is true and not exists (
         select from channels.alarm_seen s where s.company_id = a.company_id and s.alarm_id = a.alarm_id offset 0)
       limit 1000) a),
   lately as (
     select percentile_cont(0.5) within group (order by lag_ms) filter (where kind = 'accepted') as lag50,
       percentile_cont(0.99) within group (order by lag_ms) filter (where kind = 'accepted') as lag99,
       count(lag_ms) filter (where kind = 'accepted')::integer as lag_samples,
       percentile_cont(0.5) within group (order by lag_ms) filter (where kind = 'sold') as intake50,
       percentile_cont(0.99) within group (order by lag_ms) filter (where kind = 'sold') as intake99,
       count(lag_ms) filter (where kind = 'sold')::integer as intake_samples
     from channels.journal
     where (company_id = $1) is true
       and at between kernel.now() - interval '1 minute' and kernel.now() + interval '1 day')
   select taken.orders as "ordersTaken", sold.units as "unitsSold", short.open as "shortUnits",
     short.sold_twice as "soldTwice", numbers.raced as "racedUnits", pushed.pushes, numbers.drifted as drift,
     taken.unmapped, unseen.alarms, coalesce((select sum(greatest(0, over)) from standing), 0)::integer as structural, numbers.stale,
     lag50, lag99, lag_samples as "lagSamples", intake50, intake99, intake_samples as "intakeSamples"
   from taken, sold, short, numbers, pushed, unseen, lately`,
)

/** Counters of the last 24 hours; shortages, exposure, raced and drift as they stand. */
export async function boardTotals(tx: Tx, company: string): Promise<BoardTotals> {
  const { structural, stale, lag50, lag99, lagSamples, intake50, intake99, intakeSamples, ...counters } = (
    await tx.query(TOTALS, [company])
  )[0]!
  return {
    ...counters,
    exposure: { structural, stale },
    lag: spread(lag50, lag99, lagSamples),
    intakeLag: spread(intake50, intake99, intakeSamples),
  }
}
