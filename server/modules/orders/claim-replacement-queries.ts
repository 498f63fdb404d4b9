import { plain, texts } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'
import type { ClaimLine } from './claim-queries.ts'

const INSERT_REPLACEMENTS = statement<never>(
  'orders_insert_replacements',
  `with added as (
     select *
     from (
       select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::integer[], $6::integer[], $7::integer[],
         $8::uuid[], $9::text[])
       limit cardinality($1))
       as k (company_id, claim_id, line_key, order_id, line_no, quantity, replacement_no, reservation_id, own_key)),
   written as (
     insert into orders.order_line (company_id, order_id, line_no, reservation_id, variant_id, listing_id, multiplier,
       sku, product_name, variant_name, unit_price, quantity, subtotal, state, connection_id, external_line_key)
     select k.company_id, k.order_id, k.replacement_no, k.reservation_id, l.variant_id, null, l.multiplier, l.sku,
       l.product_name, l.variant_name, 0, k.quantity, 0, 'paid', null, k.own_key
     from added k
     join orders.order_line l
       on l.company_id = k.company_id and l.order_id = k.order_id and l.line_no = k.line_no)
   update orders.claim_line c set replacement_line_no = k.replacement_no
   from added k
   where c.company_id = k.company_id and c.claim_id = k.claim_id and c.line_key = k.line_key`,
)

type Replacement = {
  claimed: ClaimLine & { orderId: string; lineNo: number }
  lineNo: number
  reservationId: string
  lineKey: string
}

/** A line like the one that was bought, for nothing and of no connection. */
export const insertReplacements = (tx: Tx, rows: readonly Replacement[]): void => {
  if (rows.length === 0) return
  tx.write(INSERT_REPLACEMENTS, [
    plain(rows.map(({ claimed }) => claimed.company)),
    plain(rows.map(({ claimed }) => claimed.claimId)),
    texts(rows.map(({ claimed }) => claimed.lineKey)),
    plain(rows.map(({ claimed }) => claimed.orderId)),
    plain(rows.map(({ claimed }) => claimed.lineNo)),
    plain(rows.map(({ claimed }) => claimed.quantity)),
    plain(rows.map(({ lineNo }) => lineNo)),
    plain(rows.map(({ reservationId }) => reservationId)),
    texts(rows.map(({ lineKey }) => lineKey)),
  ])
}
