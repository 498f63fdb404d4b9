import { plain } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'
import type { Reserved } from './reserved.ts'

const RESERVED_LINES = statement<Reserved>(
  'inventory_reserved_lines',
  `select l.company_id as company, l.reservation_id as "reservationId", l.line_no as "lineNo",
     l.variant_id as "variantId", l.warehouse_id as "warehouseId", l.quantity
   from (select distinct * from unnest($1::uuid[], $2::uuid[]) as u (company_id, reservation_id)) k
   cross join lateral (
     select * from inventory.reservation_line
     where reservation_id = k.reservation_id and (company_id = k.company_id) is true and quantity > 0
     offset 0) l
   order by 1, 2, 3, 4, 5`,
)

export const reservedLines = (tx: Tx, at: readonly { company: string; reservationId: string }[]): Promise<Reserved[]> =>
  tx.query(RESERVED_LINES, [
    plain(at.map((reservation) => reservation.company)),
    plain(at.map((reservation) => reservation.reservationId)),
  ])
