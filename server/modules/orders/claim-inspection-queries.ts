import { plain, texts } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'
import type { ClaimAt, ClaimLine } from './claim-queries.ts'
import type { LineAt } from './lines.ts'

/** What one inspection found of one line, in sold units, and where it went. */
export type LineFound = {
  line: ClaimLine & { orderId: string; lineNo: number }
  sellable: number
  damaged: number
  lost: number
  note: string
  warehouseId: string
  damagedWarehouseId: string | null
}

const INSERT_INSPECTIONS = statement<never>(
  'orders_insert_inspections',
  `with found as (
     insert into orders.claim_inspection (company_id, claim_id, inspection_id, line_key, sellable, damaged, lost,
       warehouse_id, damaged_warehouse_id, note, inspected_by, inspected_at)
     select $1, $2, $3, k.*, $11, kernel.now()
     from unnest($4::text[], $5::integer[], $6::integer[], $7::integer[], $8::uuid[], $9::uuid[], $10::text[])
       as k (line_key, sellable, damaged, lost, warehouse_id, damaged_warehouse_id, note)
     returning line_key, sellable, damaged, lost)
   update orders.claim_line l
   set sellable = l.sellable + f.sellable, damaged = l.damaged + f.damaged, lost = l.lost + f.lost
   from found f
   where l.company_id = $1 and l.claim_id = $2 and l.line_key = f.line_key`,
)

export const insertInspections = (
  tx: Tx,
  { company, claimId }: ClaimAt,
  inspectionId: string,
  actor: string,
  found: readonly LineFound[],
): void =>
  tx.write(INSERT_INSPECTIONS, [
    ...[company, claimId, inspectionId],
    texts(found.map(({ line }) => line.lineKey)),
    plain(found.map(({ sellable }) => sellable)),
    plain(found.map(({ damaged }) => damaged)),
    plain(found.map(({ lost }) => lost)),
    plain(found.map(({ warehouseId }) => warehouseId)),
    plain(found.map(({ damagedWarehouseId }) => damagedWarehouseId)),
    texts(found.map(({ note }) => note)),
    actor,
  ])

const ADD_RETURNED = statement<never>(
  'orders_add_returned',
  `update orders.order_line l set returned = l.returned + k.units
   from (
     select * from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::integer[])
     limit cardinality($1)) as k (company_id, order_id, line_no, units)
   where l.company_id = k.company_id and l.order_id = k.order_id and l.line_no = k.line_no`,
)

export const addReturned = (tx: Tx, lines: readonly (LineAt & { units: number })[]): void =>
  tx.write(ADD_RETURNED, [
    plain(lines.map(({ company }) => company)),
    plain(lines.map(({ orderId }) => orderId)),
    plain(lines.map(({ lineNo }) => lineNo)),
    plain(lines.map(({ units }) => units)),
  ])
