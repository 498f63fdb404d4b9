import { plain, texts } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'
import type { SeenParcel, Telling, TellingEnd } from './telling.ts'

const CLAIM_TELLINGS = statement<Omit<Telling, 'shippedAt'> & { shippedAt: Date }>(
  'fulfilment_claim_tellings',
  `with due as (
     select company_id, shipment_id, line_no from fulfilment.shipment_line
     where company_id = $1 and connection_id = $2 and due_at <= kernel.now() and attempts < $5
     order by due_at, shipment_id, line_no
     limit $4 for no key update skip locked)
   update fulfilment.shipment_line l
   set lease = $3, due_at = kernel.now() + interval '2 minutes', attempts = l.attempts + 1, telling = 'unknown',
       asked_at = kernel.now()
   from due d
   join fulfilment.shipment s on s.company_id = d.company_id and s.shipment_id = d.shipment_id
   where l.company_id = d.company_id and l.shipment_id = d.shipment_id and l.line_no = d.line_no
   returning l.shipment_id as "shipmentId", l.order_id as "orderId", l.line_no as "lineNo", s.carrier, s.invoice,
     s.shipped_at as "shippedAt", l.acknowledge_first as "acknowledgeFirst", l.attempts as attempt`,
)

/** The lease outlasts the longest asking: a claim is at most some calls, each waiting 10 s for its turn in the budget. */
export async function claimTellings(
  tx: Tx,
  company: string,
  connectionId: string,
  lease: string,
  most: number,
  attemptsMax: number,
): Promise<Telling[]> {
  const rows = await tx.query(CLAIM_TELLINGS, [company, connectionId, lease, most, attemptsMax])
  return rows.map((row) => ({ ...row, shippedAt: row.shippedAt.getTime() }))
}

export type Settled = {
  shipmentId: string
  lineNo: number
  telling: TellingEnd['kind']
  againInMs: number | null
  code: string | null
  words: string | null
  /** False: nobody was asked. */
  counts: boolean
}

const SETTLE_TELLINGS = statement<never>(
  'fulfilment_settle_tellings',
  `update fulfilment.shipment_line l
   set telling = k.telling, lease = null,
       due_at = kernel.now() + make_interval(secs => k.again_in_ms / 1000),
       attempts = case when k.counts then l.attempts else l.attempts - 1 end,
       told_at = case when k.telling = 'told' then kernel.now() end,
       acknowledge_first = l.acknowledge_first and k.telling <> 'told', said_code = k.code, said = k.words
   from unnest($3::uuid[], $4::integer[], $5::text[], $6::float8[], $7::text[], $8::text[], $9::boolean[])
     as k (shipment_id, line_no, telling, again_in_ms, code, words, counts)
   where l.company_id = $1 and l.shipment_id = k.shipment_id and l.line_no = k.line_no and l.lease = $2`,
)

export const settleTellings = (tx: Tx, company: string, lease: string, rows: readonly Settled[]): void =>
  tx.write(SETTLE_TELLINGS, [
    company,
    lease,
    plain(rows.map((row) => row.shipmentId)),
    plain(rows.map((row) => row.lineNo)),
    plain(rows.map((row) => row.telling)),
    plain(rows.map((row) => row.againInMs)),
    texts(rows.map((row) => row.code)),
    texts(rows.map((row) => row.words)),
    plain(rows.map((row) => row.counts)),
  ])

type AskedTelling = { shipmentId: string; orderId: string; lineNo: number; invoice: string; askedAt: Date }

// Asked about, and neither told nor about to be asked.
const ASKED_TELLINGS = statement<AskedTelling>(
  'fulfilment_asked_tellings',
  `select l.shipment_id as "shipmentId", l.order_id as "orderId", l.line_no as "lineNo", s.invoice,
     l.asked_at as "askedAt"
   from unnest($2::uuid[], $3::integer[]) as k (order_id, line_no)
   cross join lateral (
     select * from fulfilment.shipment_line
     where order_id = k.order_id and company_id = $1 and line_no = k.line_no and telling in ('unknown', 'refused')
       and asked_at is not null) l
   join fulfilment.shipment s on s.company_id = l.company_id and s.shipment_id = l.shipment_id
   order by 1, 3`,
)

export const askedTellings = (tx: Tx, company: string, seen: readonly SeenParcel[]): Promise<AskedTelling[]> =>
  tx.query(ASKED_TELLINGS, [
    company,
    plain(seen.map(({ orderId }) => orderId)),
    plain(seen.map(({ lineNo }) => lineNo)),
  ])

const MARK_SEEN = statement<never>(
  'fulfilment_mark_seen',
  `update fulfilment.shipment_line l
   set telling = k.telling, lease = null, due_at = null,
       told_at = case when k.telling = 'told' then kernel.now() end,
       said_code = case when k.telling = 'told' then null else coalesce(l.said_code, 'OTHER_INVOICE') end,
       said = case when k.telling = 'told' then null else k.words end
   from unnest($2::uuid[], $3::integer[], $4::text[], $5::text[]) as k (shipment_id, line_no, telling, words)
   where l.company_id = $1 and l.shipment_id = k.shipment_id and l.line_no = k.line_no
     and l.telling in ('unknown', 'refused')`,
)

export const markSeen = (
  tx: Tx,
  company: string,
  rows: readonly { shipmentId: string; lineNo: number; telling: 'told' | 'refused'; words: string | null }[],
): void => {
  if (rows.length === 0) return
  tx.write(MARK_SEEN, [
    company,
    plain(rows.map((row) => row.shipmentId)),
    plain(rows.map((row) => row.lineNo)),
    plain(rows.map((row) => row.telling)),
    texts(rows.map((row) => row.words)),
  ])
}
