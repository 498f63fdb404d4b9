import type { FaultWhy } from '../../../contract/faults.ts'
import { jsons, plain, texts } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'
import type { Label, SeenParcel, Telling, TellingEnd } from './telling.ts'

/** An answer that has not come by then does not come any more. */
const TOO_LATE = `interval '2 minutes'`

type ClaimedRow = Omit<Telling, 'shippedAt' | 'replaces'> & { shippedAt: Date; earlier: string[] }

// The parcel is locked as well: else a correction that commits meanwhile is asked about and its old number is read.
const CLAIM_TELLINGS = statement<ClaimedRow>(
  'fulfilment_claim_tellings',
  `with due as (
     select l.company_id, l.shipment_id, l.line_no, s.carrier, s.invoice, s.shipped_at
     from fulfilment.shipment_line l
     join fulfilment.shipment s on s.company_id = l.company_id and s.shipment_id = l.shipment_id
     where (l.company_id = $1) is true and l.connection_id = $2 and l.due_at <= kernel.now() and l.attempts < $5
     order by l.due_at, l.shipment_id, l.line_no
     limit $4 for no key update of l skip locked for share of s skip locked)
   update fulfilment.shipment_line l
   set lease = $3, due_at = kernel.now() + make_interval(secs => $6::float8 / 1000), attempts = l.attempts + 1, telling = 'unknown',
       asked_at = kernel.now()
   from due d
   where l.company_id = d.company_id and l.shipment_id = d.shipment_id and l.line_no = d.line_no
   returning l.shipment_id as "shipmentId", l.order_id as "orderId", l.line_no as "lineNo", d.carrier, d.invoice,
     d.shipped_at as "shippedAt", l.acknowledge_first as "acknowledgeFirst", l.attempts as attempt, l.earlier`,
)

export async function claimTellings(
  tx: Tx,
  company: string,
  connectionId: string,
  lease: string,
  most: number,
  attemptsMax: number,
  leaseMs: number,
): Promise<Telling[]> {
  const rows = await tx.query(CLAIM_TELLINGS, [company, connectionId, lease, most, attemptsMax, leaseMs])
  return rows.map(({ earlier, ...row }) => {
    return { ...row, shippedAt: row.shippedAt.getTime(), replaces: earlier.map(labelOf) }
  })
}

const HOLD_TELLINGS = statement<{ ok: boolean }>(
  'fulfilment_hold_tellings',
  `update fulfilment.shipment_line l
   set due_at = greatest(l.due_at, kernel.now() + make_interval(secs => $5::float8 / 1000))
   from (
     select * from unnest($3::uuid[], $4::integer[])
     limit cardinality($3)) as k (shipment_id, line_no)
   where (l.company_id = $1) is true and l.shipment_id = k.shipment_id and l.line_no = k.line_no and l.lease = $2
   returning true as ok`,
)

export async function holdTellings(
  tx: Tx,
  company: string,
  lease: string,
  tellings: readonly Pick<Telling, 'shipmentId' | 'lineNo'>[],
  leaseMs: number,
): Promise<boolean> {
  const keys = [plain(tellings.map(({ shipmentId }) => shipmentId)), plain(tellings.map(({ lineNo }) => lineNo))]
  return (await tx.query(HOLD_TELLINGS, [company, lease, ...keys, leaseMs])).length > 0
}

/** Neither a carrier's code nor an invoice has a space in it. */
function labelOf(written: string): Label {
  const [carrier = '', invoice = ''] = written.split(' ')
  return { carrier, invoice }
}

export type Settled = {
  shipmentId: string
  lineNo: number
  telling: TellingEnd['kind']
  againInMs: number | null
  code: string | null
  said: string | null
  why: FaultWhy | null
  /** False: nobody was asked. */
  counts: boolean
}

/** What a worker found out about the lines under its lease. */
const SETTLED = `(
     select * from unnest($3::uuid[], $4::integer[], $5::text[], $6::float8[], $7::text[], $8::text[], $9::jsonb[],
       $10::boolean[])
     limit cardinality($3)) as k (shipment_id, line_no, telling, again_in_ms, code, said, why, counts)`

const SETTLE_TELLINGS = statement<never>(
  'fulfilment_settle_tellings',
  `update fulfilment.shipment_line l
   set telling = k.telling, lease = null,
       due_at = kernel.now() + make_interval(secs => k.again_in_ms / 1000),
       attempts = case when k.counts then l.attempts else l.attempts - 1 end,
       told_at = case when k.telling = 'told' then kernel.now() end,
       earlier = case when k.telling = 'told' then '{}' else l.earlier end,
       acknowledge_first = l.acknowledge_first and k.telling <> 'told', said_code = k.code, said = k.said,
       why = k.why
   from ${SETTLED}
   where (l.company_id = $1) is true and l.shipment_id = k.shipment_id and l.line_no = k.line_no and l.lease = $2
     and l.asked_at is not null`,
)

/**
 * Corrected while it was asked about: the answer is about a number that counts no more, so the newest is told next. Where
 * there was no answer, once the old one can no longer come after it.
 */
const SETTLE_CORRECTED = statement<never>(
  'fulfilment_settle_corrected',
  `update fulfilment.shipment_line l
   set telling = case when k.telling = 'unknown' then 'unknown' else 'pending' end, lease = null, attempts = 0,
       due_at = kernel.now() + case when k.telling = 'unknown' and k.again_in_ms is null then ${TOO_LATE}
         else make_interval(secs => coalesce(k.again_in_ms, 0) / 1000) end,
       acknowledge_first = l.acknowledge_first and k.telling <> 'told'
   from ${SETTLED}
   where (l.company_id = $1) is true and l.shipment_id = k.shipment_id and l.line_no = k.line_no and l.lease = $2
     and l.asked_at is null`,
)

export function settleTellings(tx: Tx, company: string, lease: string, rows: readonly Settled[]): void {
  const values = [
    company,
    lease,
    plain(rows.map((row) => row.shipmentId)),
    plain(rows.map((row) => row.lineNo)),
    plain(rows.map((row) => row.telling)),
    plain(rows.map((row) => row.againInMs)),
    texts(rows.map((row) => row.code)),
    texts(rows.map((row) => row.said)),
    jsons(rows.map((row) => row.why)),
    plain(rows.map((row) => row.counts)),
  ]
  tx.write(SETTLE_TELLINGS, values)
  // After the others: a correction that commits between the two finds its line settled, not leased to nobody.
  tx.write(SETTLE_CORRECTED, values)
}

type AskedRow = {
  shipmentId: string
  orderId: string
  lineNo: number
  invoice: string
  askedAt: Date
  earlier: string[]
}
type AskedTelling = Omit<AskedRow, 'earlier'> & { replaces: Label[] }

// Asked about, and neither told nor about to be asked. Locked: a correction that commits between this and what is made
// of it would else be told by the number it replaced.
const ASKED_TELLINGS = statement<AskedRow>(
  'fulfilment_asked_tellings',
  `select l.shipment_id as "shipmentId", l.order_id as "orderId", l.line_no as "lineNo", s.invoice,
     l.asked_at as "askedAt", l.earlier
   from (
     select * from unnest($2::uuid[], $3::integer[])
     limit cardinality($2)) as k (order_id, line_no)
   cross join lateral (
     select * from fulfilment.shipment_line
     where order_id = k.order_id and (company_id = $1) is true and line_no = k.line_no
       and telling in ('unknown', 'refused') and asked_at is not null) l
   join fulfilment.shipment s on s.company_id = l.company_id and s.shipment_id = l.shipment_id
   order by 1, 3
   for no key update of l`,
)

export async function askedTellings(tx: Tx, company: string, seen: readonly SeenParcel[]): Promise<AskedTelling[]> {
  const rows = await tx.query(ASKED_TELLINGS, [
    company,
    plain(seen.map(({ orderId }) => orderId)),
    plain(seen.map(({ lineNo }) => lineNo)),
  ])
  return rows.map(({ earlier, ...row }) => ({ ...row, replaces: earlier.map(labelOf) }))
}

// A line that stays refused is shown by every collection: it is written when it is shown as something else. What the
// marketplace said with its refusal stays; of a question without an answer, nothing does.
const MARK_SEEN = statement<never>(
  'fulfilment_mark_seen',
  `update fulfilment.shipment_line l
   set telling = k.telling, lease = null, due_at = null,
       told_at = case when k.telling = 'told' then kernel.now() end,
       earlier = case when k.telling = 'told' then '{}' else l.earlier end,
       said_code = case when k.telling = 'refused'
         then coalesce(case when l.telling = 'refused' then l.said_code end, 'OTHER_INVOICE') end,
       said = case when k.telling = 'refused' and l.telling = 'refused' then l.said end,
       why = k.why
   from (
     select * from unnest($2::uuid[], $3::integer[], $4::text[], $5::jsonb[])
     limit cardinality($2)) as k (shipment_id, line_no, telling, why)
   where (l.company_id = $1) is true and l.shipment_id = k.shipment_id and l.line_no = k.line_no
     and l.telling in ('unknown', 'refused')
     and (l.telling, l.why) is distinct from (k.telling, k.why)`,
)

export const markSeen = (
  tx: Tx,
  company: string,
  rows: readonly { shipmentId: string; lineNo: number; telling: 'told' | 'refused'; why: FaultWhy | null }[],
): void => {
  if (rows.length === 0) return
  tx.write(MARK_SEEN, [
    company,
    plain(rows.map((row) => row.shipmentId)),
    plain(rows.map((row) => row.lineNo)),
    plain(rows.map((row) => row.telling)),
    jsons(rows.map((row) => row.why)),
  ])
}
