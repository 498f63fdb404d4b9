import type { FaultWhy } from '../../../contract/faults.ts'
import { instants, plain, texts } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'
import type { Correction, Leaving, SentLine } from './decide-shipment.ts'

const SENT_LINES = statement<SentLine>(
  'fulfilment_sent_lines',
  `select l.shipment_id as "shipmentId", l.order_id as "orderId", l.line_no as "lineNo", l.quantity, s.carrier,
     s.invoice, l.telling
   from unnest($2::uuid[]) as k (order_id)
   cross join lateral (
     select * from fulfilment.shipment_line where order_id = k.order_id and (company_id = $1) is true offset 0) l
   cross join lateral (
     select * from fulfilment.shipment where company_id = l.company_id and shipment_id = l.shipment_id limit 1) s
   order by l.shipment_id, l.line_no`,
)

export const sentLinesOf = (tx: Tx, company: string, orderIds: readonly string[]): Promise<SentLine[]> =>
  orderIds.length === 0 ? Promise.resolve([]) : tx.query(SENT_LINES, [company, plain(orderIds)])

const INSERT_SHIPMENTS = statement<never>(
  'fulfilment_insert_shipments',
  `insert into fulfilment.shipment (company_id, shipment_id, order_id, warehouse_id, carrier, invoice, shipped_at,
     actor, state, created_at)
   select *, 'shipped', kernel.now()
   from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::timestamptz[], $8::text[])`,
)

const INSERT_LINES = statement<never>(
  'fulfilment_insert_lines',
  `insert into fulfilment.shipment_line (company_id, shipment_id, order_id, line_no, quantity, connection_id,
     acknowledge_first, telling, attempts, due_at)
   select *, case when k.connection_id is null then 'not_needed' else 'pending' end, 0,
     case when k.connection_id is null then null else kernel.now() end
   from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::integer[], $5::integer[], $6::uuid[], $7::boolean[])
     as k (company_id, shipment_id, order_id, line_no, quantity, connection_id, acknowledge_first)`,
)

/** Lines of this order that still wait are looked at again: what held them back may have left now. */
const WAKE_ORDERS = statement<never>(
  'fulfilment_wake_orders',
  `update fulfilment.shipment_line l set due_at = kernel.now()
   from (
     select * from unnest($1::uuid[], $2::uuid[])
     limit cardinality($1)) as k (company_id, order_id)
   where l.order_id = k.order_id and (l.company_id = k.company_id) is true and l.telling = 'pending'
     and l.lease is null`,
)

type SentParcel = Leaving & {
  shipmentId: string
  warehouseId: string | null
  shipment: { company: string; carrier: string; invoice: string; shippedAt: number; actor: string }
  order: { orderId: string }
}

export function insertShipments(tx: Tx, parcels: readonly SentParcel[]): void {
  if (parcels.length === 0) return
  tx.write(INSERT_SHIPMENTS, [
    plain(parcels.map(({ shipment }) => shipment.company)),
    plain(parcels.map(({ shipmentId }) => shipmentId)),
    plain(parcels.map(({ order }) => order.orderId)),
    plain(parcels.map(({ warehouseId }) => warehouseId)),
    texts(parcels.map(({ shipment }) => shipment.carrier)),
    texts(parcels.map(({ shipment }) => shipment.invoice)),
    instants(parcels.map(({ shipment }) => shipment.shippedAt)),
    texts(parcels.map(({ shipment }) => shipment.actor)),
  ])
  const lines = parcels.flatMap(({ lines, ...parcel }) => lines.map((line) => ({ ...parcel, ...line })))
  tx.write(INSERT_LINES, [
    plain(lines.map(({ shipment }) => shipment.company)),
    plain(lines.map(({ shipmentId }) => shipmentId)),
    plain(lines.map(({ order }) => order.orderId)),
    plain(lines.map(({ line }) => line.lineNo)),
    plain(lines.map(({ quantity }) => quantity)),
    plain(lines.map(({ line }) => line.connectionId)),
    plain(lines.map(({ line }) => line.state === 'paid')),
  ])
  tx.write(WAKE_ORDERS, [
    plain(parcels.map(({ shipment }) => shipment.company)),
    plain(parcels.map(({ order }) => order.orderId)),
  ])
}

const CORRECT_SHIPMENTS = statement<never>(
  'fulfilment_correct_shipments',
  `update fulfilment.shipment s set carrier = k.carrier, invoice = k.invoice
   from (
     select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[])
     limit cardinality($1)) as k (company_id, shipment_id, carrier, invoice)
   where s.company_id = k.company_id and s.shipment_id = k.shipment_id`,
)

/** Numbers kept of a line that is corrected again and again before it was told once. */
const EARLIER_MAX = 8

/**
 * Where an answer is still out, the newest number waits for it, or for the time after which it cannot come any more: the
 * old one would else be written over it. Whoever asks keeps its lease, and finds no `asked_at` when it comes back.
 */
const TELL_ANEW = statement<never>(
  'fulfilment_tell_anew',
  `update fulfilment.shipment_line l
   set telling = case when l.telling = 'unknown' then 'unknown' else 'pending' end,
       due_at = case when l.telling = 'unknown'
         then greatest(kernel.now(), coalesce(l.due_at, l.asked_at + interval '2 minutes')) else kernel.now() end,
       earlier = (array_remove(
         case when l.asked_at is null then l.earlier
           else array_prepend((s.carrier || ' ' || s.invoice) collate "C", l.earlier) end,
         k.carrier || ' ' || k.invoice))[1:${EARLIER_MAX}],
       asked_at = null, attempts = 0, told_at = null, said_code = null, said = null,
       why = null
   from (
     select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[])
     limit cardinality($1)) as k (company_id, shipment_id, carrier, invoice)
   join fulfilment.shipment s on s.company_id = k.company_id and s.shipment_id = k.shipment_id
   where l.company_id = k.company_id and l.shipment_id = k.shipment_id and l.telling <> 'not_needed'`,
)

/** Another number, and it is to be told. */
export function correctShipments(tx: Tx, corrections: readonly Correction[]): void {
  const values = [
    plain(corrections.map(({ company }) => company)),
    plain(corrections.map(({ shipmentId }) => shipmentId)),
    texts(corrections.map(({ carrier }) => carrier)),
    texts(corrections.map(({ invoice }) => invoice)),
  ]
  // The number that is replaced is read off the parcel.
  tx.write(TELL_ANEW, values)
  tx.write(CORRECT_SHIPMENTS, values)
}

// What is being asked, or waits for the old number's answer, has its turn anyway.
const TELL_AGAIN = statement<{ connection_id: string }>(
  'fulfilment_tell_again',
  `update fulfilment.shipment_line
   set telling = 'pending', attempts = 0, due_at = kernel.now(), lease = null, said_code = null, said = null,
     why = null
   where company_id = $1 and shipment_id = $2 and (lease is null or due_at <= kernel.now())
     and (telling in ('pending', 'refused') or telling = 'unknown' and asked_at is not null)
   returning connection_id`,
)

/** Asks again about lines that were refused or given up; answers the connections that have something to tell. */
export const tellAgain = async (tx: Tx, company: string, shipmentId: string): Promise<string[]> => [
  ...new Set((await tx.query(TELL_AGAIN, [company, shipmentId])).map((row) => row.connection_id)),
]

export type ShipmentRow = {
  shipmentId: string
  orderId: string
  warehouseId: string | null
  carrier: string
  invoice: string
  shippedAt: Date
  state: 'shipped' | 'delivered'
  deliveredAt: Date | null
}

const SHIPMENTS_OF_ORDER = statement<ShipmentRow>(
  'fulfilment_shipments_of_order',
  `select shipment_id as "shipmentId", order_id as "orderId", warehouse_id as "warehouseId", carrier, invoice,
     shipped_at as "shippedAt", state, delivered_at as "deliveredAt"
   from fulfilment.shipment
   where order_id = any ($2::uuid[]) and (company_id = $1) is true
   order by order_id, shipment_id`,
)

export const shipmentsOfOrders = (tx: Tx, company: string, orderIds: readonly string[]): Promise<ShipmentRow[]> =>
  tx.query(SHIPMENTS_OF_ORDER, [company, plain(orderIds)])

export type ShipmentLineRow = {
  shipmentId: string
  orderId: string
  lineNo: number
  quantity: number
  telling: SentLine['telling']
  attempts: number
  toldAt: Date | null
  saidCode: string | null
  said: string | null
  why: FaultWhy | null
}

const LINES_OF_ORDERS = statement<ShipmentLineRow>(
  'fulfilment_lines_of_orders',
  `select shipment_id as "shipmentId", order_id as "orderId", line_no as "lineNo", quantity, telling, attempts,
     told_at as "toldAt", said_code as "saidCode", said, why
   from fulfilment.shipment_line
   where order_id = any ($2::uuid[]) and (company_id = $1) is true
   order by shipment_id, line_no`,
)

export const shipmentLinesOfOrders = (tx: Tx, company: string, orderIds: readonly string[]) =>
  tx.query(LINES_OF_ORDERS, [company, plain(orderIds)])

const ORDERS_OF_SHIPMENTS = statement<{ orderId: string }>(
  'fulfilment_orders_of_shipments',
  `select distinct s.order_id as "orderId"
   from unnest($2::uuid[]) as k (shipment_id)
   cross join lateral (
     select order_id from fulfilment.shipment where company_id = $1 and shipment_id = k.shipment_id limit 1) s`,
)

/** Each order once, in no order. */
export const ordersOfShipments = async (tx: Tx, company: string, shipmentIds: readonly string[]): Promise<string[]> =>
  (await tx.query(ORDERS_OF_SHIPMENTS, [company, plain(shipmentIds)])).map(({ orderId }) => orderId)

// The parcel is looked at before it is written: a condition beside its key made reading all of the company's look
// cheaper.
const MARK_DELIVERED = statement<never>(
  'fulfilment_mark_delivered',
  `update fulfilment.shipment s set state = 'delivered', delivered_at = kernel.now()
   from (
     select d.company_id, d.shipment_id
     from (
       select l.company_id, l.shipment_id, count(*) as lines
       from (
         select * from unnest($1::uuid[], $2::uuid[], $3::integer[])
         limit cardinality($1)) as k (company_id, order_id, line_no)
       cross join lateral (
         select * from fulfilment.shipment_line
         where order_id = k.order_id and (company_id = k.company_id) is true and line_no = k.line_no
         offset 0) l
       group by 1, 2) d
     cross join lateral (
       select from fulfilment.shipment
       where company_id = d.company_id and shipment_id = d.shipment_id and state = 'shipped'
       limit 1 for no key update) o
     where d.lines = (
       select count(*) from fulfilment.shipment_line o
       where o.company_id = d.company_id and o.shipment_id = d.shipment_id)) k
   where s.company_id = k.company_id and s.shipment_id = k.shipment_id`,
)

/** Of the lines named, all that are delivered by now; a parcel is delivered when every line of it is. */
export const markDelivered = (tx: Tx, lines: readonly { company: string; orderId: string; lineNo: number }[]): void =>
  tx.write(MARK_DELIVERED, [
    plain(lines.map((line) => line.company)),
    plain(lines.map((line) => line.orderId)),
    plain(lines.map((line) => line.lineNo)),
  ])
