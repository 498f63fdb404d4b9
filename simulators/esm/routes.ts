import type { SimRequest, SimResponse } from '../marketplace.ts'
import { approveCancel, cancelAfterSettlement, cancelPlain, cancelSoldOut, listCancels } from './cancels.ts'
import { listCarriers } from './carriers.ts'
import { exchangeReturn, returnExchange } from './conversions.ts'
import {
  collectExchange,
  holdExchange,
  pickUpExchange,
  releaseExchange,
  resendExchange,
  tellArrived,
} from './exchange-calls.ts'
import { listExchanges } from './exchanges.ts'
import { confirmOrder, delayShipping, shipOrder, tellDelivered } from './fulfilment.ts'
import { getGoodsNo, getStatus, searchGoods } from './lookups.ts'
import { getOptions, putOptions } from './option-calls.ts'
import { preRequestOrders, requestOrders } from './order-lists.ts'
import { approveReturn, holdReturn, listReturns, pickUpReturn, requestReturn } from './returns.ts'
import { listStatuses } from './status-list.ts'
import { getPrice, getSellStatus, putPrice, putSellStatus, putStock } from './stock-calls.ts'
import type { Call, World } from './world.ts'

export type Route = {
  /** What calls() counts it under, and what a missing right names. */
  readonly bucket: string
  readonly answer: (world: World, call: Call) => SimResponse
}

type Entry = Route & { readonly method: string; readonly path: RegExp }

const NO = '(\\d{1,15})'
const GOODS = `/item/v1/goods/${NO}`
const CLAIM = '/claim/v1/sa'

/** One endpoint; the pages write paths in several cases, and the platform does not care. */
const entry = (method: string, path: string, bucket: string, answer: Route['answer']): Entry => ({
  method,
  path: new RegExp(`^${path}$`, 'i'),
  bucket,
  answer,
})

/** Busiest first. */
const ENTRIES: readonly Entry[] = [
  entry('PUT', `${GOODS}/stock`, 'stock', putStock),
  entry('PUT', `${GOODS}/sell-status`, 'sell-status', putSellStatus),
  entry('GET', `${GOODS}/sell-status`, 'sell-status-read', getSellStatus),
  entry('PUT', `${GOODS}/recommended-options`, 'options', putOptions),
  entry('GET', `${GOODS}/recommended-options`, 'options-read', getOptions),
  entry('POST', '/shipping/v1/Order/RequestOrders', 'order-list', requestOrders),
  entry('POST', `/shipping/v1/Order/OrderCheck/${NO}`, 'confirm', confirmOrder),
  entry('POST', '/shipping/v1/Delivery/ShippingInfo', 'ship', shipOrder),
  entry('POST', '/shipping/v1/Delivery/GetDeliveryStatus', 'status-list', listStatuses),
  entry('POST', `${CLAIM}/Cancels`, 'cancel-list', listCancels),
  entry('PUT', `${CLAIM}/Cancel/${NO}`, 'cancel-approve', approveCancel),
  entry('POST', `${CLAIM}/Cancel/${NO}/SoldOut`, 'cancel-sold-out', cancelSoldOut),
  entry('POST', `${CLAIM}/Cancel/${NO}`, 'cancel-plain', cancelPlain),
  entry('POST', `${CLAIM}/Cancel/${NO}/AfterRemittanceBySeller`, 'cancel-settled', cancelAfterSettlement),
  entry('POST', `${CLAIM}/Returns`, 'return-list', listReturns),
  entry('PUT', `${CLAIM}/return/${NO}`, 'return-approve', approveReturn),
  entry('POST', `${CLAIM}/return/${NO}/pickup`, 'return-pickup', pickUpReturn),
  entry('POST', `${CLAIM}/return/${NO}/hold`, 'return-hold', holdReturn),
  entry('POST', `${CLAIM}/return/${NO}/Request`, 'return-request', requestReturn),
  entry('POST', `${CLAIM}/return/${NO}/exchange`, 'return-convert', exchangeReturn),
  entry('POST', `${CLAIM}/Exchanges`, 'exchange-list', listExchanges),
  entry('POST', `${CLAIM}/exchange/${NO}/pickup`, 'exchange-pickup', pickUpExchange),
  entry('PUT', `${CLAIM}/exchange/${NO}/pickup`, 'exchange-collected', collectExchange),
  entry('POST', `${CLAIM}/exchange/${NO}/resend`, 'exchange-resend', resendExchange),
  entry('PUT', `${CLAIM}/exchange/${NO}/resend`, 'exchange-arrived', tellArrived),
  entry('POST', `${CLAIM}/exchange/${NO}/hold`, 'exchange-hold', holdExchange),
  entry('DELETE', `${CLAIM}/exchange/${NO}/hold`, 'exchange-release', releaseExchange),
  entry('POST', `${CLAIM}/exchange/${NO}/return`, 'exchange-convert', returnExchange),
  entry('PUT', `${GOODS}/price`, 'price', putPrice),
  entry('GET', `${GOODS}/price`, 'price-read', getPrice),
  entry('GET', `${GOODS}/status`, 'site-numbers', getStatus),
  entry('GET', '/item/v1/site-goods/(\\w{1,20})/goods-no', 'goods-number', getGoodsNo),
  entry('POST', '/item/v1/goods/search', 'goods-search', searchGoods),
  entry('POST', '/shipping/v1/Order/PreRequestOrders', 'unpaid-list', preRequestOrders),
  entry('POST', '/shipping/v1/Order/ShippingExpectedDate', 'delay', delayShipping),
  entry('POST', `/shipping/v1/Delivery/AddShippingCompleteInfo/${NO}`, 'delivered', tellDelivered),
  entry('GET', '/item/v1/shipping/delivery-company', 'carriers', listCarriers),
]

/** The endpoint behind a request and the variable part of its path; null for a path nobody plays. */
export function findRoute(request: SimRequest): { route: Route; part: string } | null {
  for (const route of ENTRIES) {
    if (route.method !== request.method) continue
    const found = route.path.exec(request.path)
    if (found !== null) return { route, part: found[1] ?? '' }
  }
  return null
}
