import { texts } from '../kernel/arrays.ts'
import { statement, type Tx } from '../kernel/db.ts'
import type { KnownLine } from '../modules/orders/index.ts'

/** What a company's books say of its replayed trade: read from rows, not from what the replay believes it did. */
export type ReplayBooks = {
  orders: number
  unitsSold: number
  unitsReturned: number
  writeOffUnits: number
  /** Units orders found missing when they came. */
  shortUnits: number
  /** Units that were reserved for an order and then written off. */
  displacedUnits: number
  /** Of both, what is still missing. */
  shortUnitsOpen: number
}

const BOOKS = statement<ReplayBooks>(
  'screens_replay_books',
  `select o.orders, o.units as "unitsSold", m.returned as "unitsReturned", m.written_off as "writeOffUnits",
     s.short as "shortUnits", s.displaced as "displacedUnits", s.open as "shortUnitsOpen"
   from (
     select count(distinct o.order_id) as orders, coalesce(sum(l.quantity), 0)::bigint as units
     from orders.order o
     join orders.order_line l on l.company_id = o.company_id and l.order_id = o.order_id
     where o.company_id = $1 and o.channel = $2) o
   cross join (
     select coalesce(sum(m.on_hand_delta) filter (where m.reason = $3), 0)::bigint as returned,
       coalesce(-sum(m.on_hand_delta) filter (where m.reason = $4), 0)::bigint as written_off
     from inventory.movement m
     where m.company_id = $1 and m.reason in ($3, $4)) m
   cross join (
     select coalesce(sum(s.missing) filter (where s.cause <> 'displaced'), 0)::bigint as short,
       coalesce(sum(s.missing) filter (where s.cause = 'displaced'), 0)::bigint as displaced,
       coalesce(sum(s.open), 0)::bigint as open
     from inventory.shortage s
     join inventory.reservation r on r.company_id = s.company_id and r.reservation_id = s.reservation_id
     where s.company_id = $1 and r.source = $2) s`,
)

export async function replayBooks(
  tx: Tx,
  company: string,
  named: { channel: string; returned: string; writtenOff: string },
): Promise<ReplayBooks> {
  // The session prefers indexes, as orders need it; these sums read whole tables once.
  await tx.query(READ_WHOLE_TABLES, [])
  return (await tx.query(BOOKS, [company, named.channel, named.returned, named.writtenOff]))[0]!
}

const READ_WHOLE_TABLES = statement<unknown>(
  'screens_read_whole_tables',
  `select set_config('enable_seqscan', 'on', true), set_config('work_mem', '64MB', true),
     set_config('statement_timeout', '300000', true)`,
)

const COMPLETED_LINES = statement<KnownLine>(
  'screens_completed_lines',
  `select l.company_id as company, l.order_id as "orderId", l.line_no as "lineNo", l.reservation_id as "reservationId",
     l.connection_id as "connectionId", o.channel, o.external_id as "externalId",
     l.external_line_key as "externalLineKey", l.action_key as "actionKey", l.variant_id as "variantId",
     l.listing_id as "listingId", l.sku, l.multiplier, l.quantity, l.cancelled, l.shipped, l.state
   from (
     select company_id, reservation_id, line_no, variant_id, sum(quantity) as reserved
     from inventory.reservation_line
     where company_id = $1 and quantity > 0
     group by 1, 2, 3, 4) r
   join orders.order_line l
     on l.company_id = r.company_id and l.order_id = r.reservation_id and l.line_no = r.line_no
     and l.variant_id = r.variant_id
   join orders.order o on o.company_id = l.company_id and o.order_id = l.order_id
   where o.channel = $2 and l.state = 'paid'
     and r.reserved = (l.quantity - l.cancelled - l.shipped) * l.multiplier
   order by o.ordered_at, l.order_id, l.line_no`,
)

/** Paid lines of a channel whose every unit is reserved by now, oldest first. Sets are not looked at. */
export const completedLines = (tx: Tx, company: string, channel: string): Promise<KnownLine[]> =>
  tx.query(COMPLETED_LINES, [company, channel])

const KNOWN_REFERENCES = statement<{ known: number }>(
  'screens_known_references',
  `select count(*) as known from unnest($3::text[]) as k (source_ref)
   where exists (
       select from inventory.reservation r
       where r.source_ref = k.source_ref and r.source = $2 and (r.company_id = $1) is true
       offset 0)
     or exists (
       select from inventory.cause c
       where c.company_id = $1 and c.source = $2 and c.source_ref = k.source_ref)`,
)

/** How many of these references stock has been moved under. */
export const knownReferences = async (
  tx: Tx,
  company: string,
  source: string,
  references: readonly string[],
): Promise<number> => (await tx.query(KNOWN_REFERENCES, [company, source, texts(references)]))[0]!.known
