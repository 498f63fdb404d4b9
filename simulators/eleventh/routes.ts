import type { SimRequest } from '../marketplace.ts'
import {
  approveCancel,
  approveExchange,
  approveReturn,
  deferReturn,
  rejectCancel,
  rejectExchange,
  rejectReturn,
  sellerCancel,
} from './claim-actions.ts'
import { listClaims } from './claim-lists.ts'
import type { Family } from './envelopes.ts'
import { confirm, shipBundle, shipInParcels, shipPart } from './fulfilment.ts'
import { getOrder, getStatuses, listOrders } from './order-lists.ts'
import { changePrice, findByCode, getProduct, putDisplay, registerProduct, searchProducts } from './products.ts'
import { getStock, getStocks, putStock, saveOptions } from './stock.ts'
import type { Call, World } from './world.ts'

type Answer = (world: World, call: Call) => string

export type Route = {
  /** What calls() counts it under, and the path's words before its variable parts. */
  name: string
  method: string
  family: Family
  answer: Answer
  parts: string[]
}

const BASE = '/rest/'

/** By method, words of the path and number of variable parts, so that finding one costs no search. */
const ROUTES = new Map<string, Omit<Route, 'parts'>>()

function route(method: string, name: string, parts: number, family: Family, answer: Answer): void {
  ROUTES.set(`${method} ${name} ${parts}`, { name, method, family, answer })
}

route('PUT', 'prodservices/stockqty', 1, 'message', putStock)
route('GET', 'prodmarketservice/prodmarket/stck', 1, 'list', getStock)
route('POST', 'prodmarketservice/prodmarket/stocks', 0, 'list', getStocks)
route('POST', 'prodservices/updateProductOption', 1, 'message', saveOptions)
route('POST', 'prodmarketservice/prodmarket', 0, 'list', searchProducts)
route('GET', 'prodmarketservice/prodmarket', 1, 'message', getProduct)
route('GET', 'prodmarketservice/sellerprodcode', 1, 'list', findByCode)
route('PUT', 'prodstatservice/stat/stopdisplay', 1, 'message', putDisplay(false))
route('PUT', 'prodstatservice/stat/restartdisplay', 1, 'message', putDisplay(true))
route('POST', 'prodservices/product', 0, 'message', registerProduct)
route('GET', 'prodservices/product/price', 2, 'message', changePrice)

route('GET', 'ordservices/complete', 2, 'list', listOrders('202', [-3103, -3104, -3105]))
route('GET', 'ordservices/complete', 1, 'list', getOrder)
route('GET', 'ordservices/packaging', 2, 'list', listOrders('301', [-3303, -3304, -3305]))
route('GET', 'ordservices/shipping', 2, 'list', listOrders('401', [-3303, -3304, -3305]))
route('GET', 'ordservices/dlvcompleted', 2, 'list', listOrders('501', [-3902, -3903, -3904]))
route('GET', 'ordservices/completed', 2, 'list', listOrders('901', [-3902, -3903, -3904]))
route('GET', 'ordservices/standby', 2, 'list', listOrders(null, [-3102, -3103, -3104]))
route('GET', 'ordservices/delvplacestandby', 2, 'list', listOrders('200', [-3103, -3104, -3105]))
route('GET', 'ordservices/reqpackaging', 5, 'result', confirm)
route('GET', 'ordservices/reqdelivery', 5, 'result', shipBundle)
route('GET', 'ordservices/reqdelivery', 8, 'result', shipPart)
route('GET', 'ordservices/reqdelivery', 9, 'result', shipInParcels)

route('GET', 'claimservice/orderlistall', 1, 'list', getStatuses(false))
route('GET', 'claimservice/orderlistalladdr', 1, 'list', getStatuses(true))
route('GET', 'claimservice/reqrejectorder', 4, 'result', sellerCancel)
route('GET', 'claimservice/cancelorders', 2, 'list', listClaims('cancel:requested'))
route('GET', 'claimservice/canceledorders', 2, 'list', listClaims('cancel:done'))
route('GET', 'claimservice/withdrawcanceledorders', 2, 'list', listClaims('cancel:withdrawn'))
route('GET', 'claimservice/officecancellist', 2, 'list', listClaims(null))
route('GET', 'claimservice/cancelreqconf', 3, 'result', approveCancel)
route('GET', 'claimservice/cancelreqreject', 7, 'result', rejectCancel)
route('GET', 'claimservice/returnorders', 2, 'list', listClaims('return:requested'))
route('GET', 'claimservice/returnedorders', 2, 'list', listClaims('return:done'))
route('GET', 'claimservice/retractretorders', 2, 'list', listClaims('return:withdrawn'))
route('GET', 'claimservice/returnreqconf', 3, 'result', approveReturn)
route('GET', 'claimservice/returnreqreject', 5, 'result', rejectReturn)
route('GET', 'claimservice/returnclaimdefer', 5, 'result', deferReturn('104'))
route('GET', 'claimservice/returncompletedefer', 5, 'result', deferReturn('109'))
route('GET', 'claimservice/exchangeorders', 2, 'list', listClaims('exchange:requested'))
route('GET', 'claimservice/exchangedorders', 2, 'list', listClaims('exchange:done'))
route('GET', 'claimservice/retractexcorders', 2, 'list', listClaims('exchange:withdrawn'))
route('GET', 'claimservice/exchangereqconf', 5, 'result', approveExchange)
route('GET', 'claimservice/exchangereqreject', 5, 'result', rejectExchange)

const MOST_WORDS = 3
const MOST_PARTS = 9

/** The endpoint behind a request, the longest name first; undefined for a path that leads nowhere. */
export function findRoute(request: SimRequest): Route | undefined {
  if (!request.path.startsWith(BASE)) return undefined
  const steps = request.path.slice(BASE.length).split('/')
  if (steps.length > MOST_WORDS + MOST_PARTS) return undefined
  for (let words = MOST_WORDS; words >= 2; words--) {
    const parts = steps.slice(words)
    const found = ROUTES.get(`${request.method} ${steps.slice(0, words).join('/')} ${parts.length}`)
    if (found !== undefined && steps.length >= words) return { ...found, parts: parts.map(decode) }
  }
  return undefined
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return ''
  }
}
