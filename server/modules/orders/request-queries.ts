import { plain, texts } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'
import type { FirstAnswer } from './take-orders.ts'

/** An order as the request that brought it is recognised and answered again. */
export type KnownRequest = {
  company: string
  orderId: string
  number: string
  externalId: string
  key: string
  hash: string | null
  answer: FirstAnswer | null
}

const known = `
   o.company_id as company, o.order_id as "orderId", o.number, o.external_id as "externalId", o.request_key as key,
   o.request_hash as hash, o.request_answer as answer`

const REQUESTS_BY_KEY = statement<KnownRequest>(
  'orders_requests_by_key',
  `select ${known}
   from unnest($1::uuid[], $2::text[]) as k (company_id, request_key)
   cross join lateral (
     select * from orders.order
     where request_key = k.request_key and (company_id = k.company_id) is true and request_key is not null
     limit 1) o`,
)

export const requestsByKey = (tx: Tx, keys: readonly { company: string; key: string }[]): Promise<KnownRequest[]> =>
  tx.query(REQUESTS_BY_KEY, [plain(keys.map(({ company }) => company)), texts(keys.map(({ key }) => key))])

const REQUEST_BY_ID = statement<KnownRequest>(
  'orders_request_by_id',
  `select ${known} from orders.order o where company_id = $1 and order_id = $2`,
)

export const requestById = async (tx: Tx, company: string, orderId: string): Promise<KnownRequest | null> =>
  (await tx.query(REQUEST_BY_ID, [company, orderId]))[0] ?? null
