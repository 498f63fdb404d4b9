import type { SimResponse } from '../marketplace.ts'
import { postClaim, postRequests, putClaim, refuseRequests } from './claim-calls.ts'
import { countOrders, getOrder, listItems, listOrders, listReceivers, putOrder, putOrders } from './order-calls.ts'
import { countProducts, getProduct, listProducts, putProduct } from './products.ts'
import { listCarriers, postShipment, postShipments, putShipment, putShipments } from './shipments.ts'
import { getInventory, getVariant, listVariants, putInventory, putVariant, putVariants } from './variants.ts'
import { listLogs } from './webhooks.ts'
import type { Call, World } from './world.ts'

export type Route = {
  /** `PUT products/{}`: also the name of its bucket. */
  readonly name: string
  readonly method: string
  readonly path: RegExp
  readonly scope: string
  /** Costs more of the time quota. */
  readonly isHeavy: boolean
  readonly answer: (world: World, call: Call) => SimResponse
}

export const PREFIX = '/api/v2/admin/'

type Answer = Route['answer']

const route = (method: string, pattern: string, area: string, answer: Answer, isHeavy = false): Route => ({
  name: `${method} ${pattern}`,
  method,
  path: new RegExp(`^${pattern.replaceAll('{}', '([^/]+)')}$`),
  scope: `mall.${method === 'GET' ? 'read' : 'write'}_${area}`,
  isHeavy,
  answer,
})

const HEAVY = true

/** Busiest first; a fixed word before the pattern that would take it for an id. */
const ROUTES: readonly Route[] = [
  route('PUT', 'products/{}/variants/{}/inventories', 'product', putInventory),
  route('GET', 'products/{}/variants/{}/inventories', 'product', getInventory),
  route('PUT', 'products/{}/variants', 'product', putVariants),
  route('GET', 'products/{}/variants', 'product', listVariants),
  route('GET', 'orders', 'order', listOrders),
  route('GET', 'orders/count', 'order', countOrders),
  route('GET', 'orders/{}', 'order', getOrder),
  route('GET', 'orders/{}/items', 'order', listItems),
  route('GET', 'orders/{}/receivers', 'order', listReceivers),
  route('PUT', 'orders', 'order', putOrders),
  route('PUT', 'orders/{}', 'order', putOrder),
  route('POST', 'orders/{}/shipments', 'order', postShipment),
  route('PUT', 'orders/{}/shipments/{}', 'order', putShipment),
  route('POST', 'shipments', 'order', postShipments('shipments')),
  route('PUT', 'shipments', 'order', putShipments),
  route('POST', 'fulfillments', 'order', postShipments('fulfillments')),
  route('GET', 'carriers', 'shipping', listCarriers),
  route('POST', 'cancellationrequests', 'order', postRequests('cancel')),
  route('PUT', 'cancellationrequests', 'order', refuseRequests('cancel')),
  route('POST', 'returnrequests', 'order', postRequests('return')),
  route('PUT', 'returnrequests', 'order', refuseRequests('return')),
  route('POST', 'orders/{}/cancellation', 'order', postClaim('cancel')),
  route('PUT', 'orders/{}/cancellation/{}', 'order', putClaim('cancel')),
  route('POST', 'orders/{}/return', 'order', postClaim('return')),
  route('PUT', 'orders/{}/return/{}', 'order', putClaim('return')),
  route('GET', 'webhooks/logs', 'application', listLogs),
  route('GET', 'products', 'product', listProducts),
  route('GET', 'products/count', 'product', countProducts),
  route('GET', 'products/{}', 'product', getProduct),
  route('PUT', 'products/{}', 'product', putProduct, HEAVY),
  route('GET', 'products/{}/variants/{}', 'product', getVariant),
  route('PUT', 'products/{}/variants/{}', 'product', putVariant, HEAVY),
]

export const SCOPES: readonly string[] = [...new Set(ROUTES.map(({ scope }) => scope))]

/** The route of a path below PREFIX and its variable parts; null where the API has nothing. */
export function findRoute(method: string, path: string): { route: Route; parts: string[] } | null {
  for (const candidate of ROUTES) {
    if (candidate.method !== method) continue
    const found = candidate.path.exec(path)
    if (found !== null) return { route: candidate, parts: found.slice(1) }
  }
  return null
}
