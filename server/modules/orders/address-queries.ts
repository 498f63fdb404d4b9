import { jsons, plain, texts } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'

export type ToldAddress = { company: string; connectionId: string; externalId: string; address: object }

const READDRESS = statement<never>(
  'orders_readdress',
  `update orders.order o set shipping_address = k.address
   from (
     select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::jsonb[])
     limit cardinality($1)) as k (company_id, connection_id, external_id, address)
   where o.external_id = k.external_id and o.connection_id = k.connection_id and (o.company_id = k.company_id) is true
     and o.shipping_address is distinct from k.address
     and not exists (
       select from orders.order_line l
       where l.company_id = o.company_id and l.order_id = o.order_id and l.shipped > 0)`,
)

/** Orders go where the marketplace now says, until something of them has left: a parcel that went shows where it went. */
export const readdressOrders = (tx: Tx, told: readonly ToldAddress[]): void => {
  if (told.length === 0) return
  tx.write(READDRESS, [
    plain(told.map(({ company }) => company)),
    plain(told.map(({ connectionId }) => connectionId)),
    texts(told.map(({ externalId }) => externalId)),
    jsons(told.map(({ address }) => address)),
  ])
}
