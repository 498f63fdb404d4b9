import type { Tx } from '../../kernel/db.ts'
import { type KnownRequest, requestsByKey } from './request-queries.ts'
import type { NewOrder } from './take-orders.ts'

/**
 * Orders whose Idempotency-Key already brought another order: nothing comes of them.
 *
 * An order without a key costs nothing here. A repeat under its own key is not refused: its reference finds it.
 */
export async function ordersUnderUsedKeys<Request extends { order: NewOrder } | object>(
  tx: Tx,
  requests: readonly Request[],
): Promise<ReadonlySet<Request>> {
  const refused = new Set<Request>()
  const keyed = requests.filter(
    (request): request is Request & { order: NewOrder } => 'order' in request && !!request.order.request?.key,
  )
  if (keyed.length === 0) return refused
  const used = await requestsByKey(tx, keyed.map(keyOf))
  const owners = new Map(used.map((known) => [ownerKey(known.company, known.key), known.externalId]))
  for (const request of keyed) {
    const { company, externalId } = request.order
    const key = ownerKey(company, request.order.request!.key!)
    // Two of one batch: the first that asks is the key's owner.
    if (!owners.has(key)) owners.set(key, externalId)
    else if (owners.get(key) !== externalId) refused.add(request)
  }
  return refused
}

const keyOf = ({ order }: { order: NewOrder }) => ({ company: order.company, key: order.request!.key! })
const ownerKey = (company: string, key: string): string => `${company}/${key}`

/** The order that this key brought, or null. */
export const orderUnderKey = async (tx: Tx, company: string, key: string): Promise<KnownRequest | null> =>
  (await requestsByKey(tx, [{ company, key }]))[0] ?? null
