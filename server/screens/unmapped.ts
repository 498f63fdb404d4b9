import type { z } from 'zod'
import type { unmappedList } from '../../contract/channels.ts'
import { statement, type Tx } from '../kernel/db.ts'

type Row = z.infer<typeof unmappedList>['listings'][number]

const UNMAPPED = statement<Row>(
  'screens_unmapped',
  `select l.listing_id as id, l.connection_id as "connectionId", l.unit, l.item, l.seller_code as "sellerCode",
     w.name, coalesce(w.units, 0)::integer as "waitingUnits"
   from channels.listing l
   left join lateral (
     select max(product_name) as name, sum(quantity - cancelled) as units
     from orders.order_line
     where company_id = l.company_id and listing_id = l.listing_id and variant_id is null) w on true
   where l.company_id = $1 and l.variant_id is null
   order by l.listing_id
   limit 500`,
)

/** Listings without a variant, with what waits for one. */
export const unmappedListings = (tx: Tx, company: string): Promise<Row[]> => tx.query(UNMAPPED, [company])
