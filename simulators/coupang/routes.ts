import type { SimRequest, SimResponse } from '../marketplace.ts'
import { sellerCancel } from './cancels.ts'
import { notFound, orderRefused, readQuery } from './envelopes.ts'
import { answerExchange, listExchanges, putExchangeInvoices, receiveExchange, rejectExchange } from './exchanges.ts'
import { acknowledge, putInvoices } from './fulfilment.ts'
import { getInventory, putOriginalPrice, putPrice, putQuantity, putSales } from './items.ts'
import { getSheet, getSheetsOfOrder, listSheets } from './ordersheets.ts'
import { findByCode, getProduct, listProducts } from './products.ts'
import { answerReceipt, approval, completedShipment, receiveConfirmation, stoppedShipment } from './return-actions.ts'
import { getReceipt, listReceipts } from './returns.ts'
import { findWithdrawals, listWithdrawals } from './withdrawals.ts'
import type { Call, World } from './world.ts'

export type Route = {
  /** What calls() counts it under. */
  bucket: string
  methods: readonly string[]
  /** Order routes only: the interface versions it lives under. */
  versions?: readonly string[]
  path: RegExp
  answer: (world: World, call: Call) => SimResponse
}

const PRODUCT_PREFIX = '/v2/providers/seller_api/apis/api/v1/marketplace/'

/** Below the product prefix; busiest first. */
const PRODUCT_ROUTES: readonly Route[] = [
  { bucket: 'quantities', methods: ['PUT'], path: /^vendor-items\/(\d+)\/quantities\/([^/]+)$/, answer: putQuantity },
  { bucket: 'inventories', methods: ['GET'], path: /^vendor-items\/(\d+)\/inventories$/, answer: getInventory },
  { bucket: 'prices', methods: ['PUT'], path: /^vendor-items\/(\d+)\/prices\/([^/]+)$/, answer: putPrice },
  {
    bucket: 'original-prices',
    methods: ['PUT'],
    path: /^vendor-items\/(\d+)\/original-prices\/([^/]+)$/,
    answer: putOriginalPrice,
  },
  { bucket: 'sales-stop', methods: ['PUT'], path: /^vendor-items\/(\d+)\/sales\/stop$/, answer: putSales(false) },
  { bucket: 'sales-resume', methods: ['PUT'], path: /^vendor-items\/(\d+)\/sales\/resume$/, answer: putSales(true) },
  { bucket: 'seller-products', methods: ['GET'], path: /^seller-products$/, answer: listProducts },
  { bucket: 'seller-product', methods: ['GET'], path: /^seller-products\/(\d+)$/, answer: getProduct },
  {
    bucket: 'sku-codes',
    methods: ['GET'],
    path: /^seller-products\/external-vendor-sku-codes\/([^/]+)$/,
    answer: findByCode,
  },
]

const ORDER_PATH = /^\/v2\/providers\/openapi\/apis\/api\/(v\d)\/vendors\/([^/]+)\/(.+)$/
const CHANGE = ['PUT', 'PATCH'] // the pages list both for every action

/** Below the order prefix, the version and the vendor; busiest first. */
const ORDER_ROUTES: readonly Route[] = [
  { bucket: 'ordersheets', methods: ['GET'], versions: ['v4', 'v5'], path: /^ordersheets$/, answer: listSheets },
  { bucket: 'ordersheet', methods: ['GET'], versions: ['v4', 'v5'], path: /^ordersheets\/(\d+)$/, answer: getSheet },
  {
    bucket: 'order-ordersheets',
    methods: ['GET'],
    versions: ['v4', 'v5'],
    path: /^(\d+)\/ordersheets$/,
    answer: getSheetsOfOrder,
  },
  {
    bucket: 'acknowledgement',
    methods: CHANGE,
    versions: ['v4', 'v5'],
    path: /^ordersheets\/acknowledgement$/,
    answer: acknowledge,
  },
  {
    bucket: 'invoices',
    methods: ['POST'],
    versions: ['v4'],
    path: /^orders\/invoices$/,
    answer: putInvoices('upload'),
  },
  {
    bucket: 'update-invoices',
    methods: ['POST'],
    versions: ['v4'],
    path: /^orders\/updateInvoices$/,
    answer: putInvoices('change'),
  },
  {
    bucket: 'cancel',
    methods: ['POST'],
    versions: ['v5', 'v6'],
    path: /^orders\/(\d+)\/cancel$/,
    answer: sellerCancel,
  },
  {
    bucket: 'return-requests',
    methods: ['GET'],
    versions: ['v4', 'v6'],
    path: /^returnRequests$/,
    answer: listReceipts,
  },
  {
    bucket: 'return-request',
    methods: ['GET'],
    versions: ['v4', 'v6'],
    path: /^returnRequests\/(\d+)$/,
    answer: getReceipt,
  },
  {
    bucket: 'return-stopped',
    methods: CHANGE,
    versions: ['v4'],
    path: /^returnRequests\/(\d+)\/stoppedShipment$/,
    answer: answerReceipt(stoppedShipment),
  },
  {
    bucket: 'return-completed',
    methods: CHANGE,
    versions: ['v4'],
    path: /^returnRequests\/(\d+)\/completedShipment$/,
    answer: answerReceipt(completedShipment),
  },
  {
    bucket: 'return-received',
    methods: CHANGE,
    versions: ['v4', 'v5'],
    path: /^returnRequests\/(\d+)\/receiveConfirmation$/,
    answer: answerReceipt(receiveConfirmation),
  },
  {
    bucket: 'return-approval',
    methods: CHANGE,
    versions: ['v4', 'v5'],
    path: /^returnRequests\/(\d+)\/approval$/,
    answer: answerReceipt(approval),
  },
  {
    bucket: 'return-withdrawals',
    methods: ['GET'],
    versions: ['v4'],
    path: /^returnWithdrawRequests$/,
    answer: listWithdrawals,
  },
  {
    bucket: 'return-withdraw-list',
    methods: ['POST'],
    versions: ['v4'],
    path: /^returnWithdrawList$/,
    answer: findWithdrawals,
  },
  {
    bucket: 'exchanges',
    methods: ['GET'],
    versions: ['v4'],
    path: /^exchangeRequests$/,
    answer: listExchanges,
  },
  {
    bucket: 'exchange-received',
    methods: CHANGE,
    versions: ['v4'],
    path: /^exchangeRequests\/(\d+)\/receiveConfirmation$/,
    answer: answerExchange(receiveExchange),
  },
  {
    bucket: 'exchange-rejected',
    methods: CHANGE,
    versions: ['v4'],
    path: /^exchangeRequests\/(\d+)\/rejection$/,
    answer: answerExchange(rejectExchange),
  },
  {
    bucket: 'exchange-invoices',
    methods: ['POST'],
    versions: ['v4'],
    path: /^exchangeRequests\/(\d+)\/invoices$/,
    answer: putExchangeInvoices,
  },
]

export type Found = { bucket: string; answer: (now: number, random: () => number) => SimResponse }

const NOWHERE: Found = { bucket: 'unknown', answer: notFound }

/** The endpoint behind a request. Another vendor's id in the path is a 404, like a wrong path. */
export function findRoute(world: World, request: SimRequest): Found {
  if (request.path.startsWith(PRODUCT_PREFIX)) {
    return match(world, request, PRODUCT_ROUTES, request.path.slice(PRODUCT_PREFIX.length), 'v1')
  }
  const [, version = '', vendorId, rest = ''] = ORDER_PATH.exec(request.path) ?? []
  return vendorId === world.vendorId ? match(world, request, ORDER_ROUTES, rest, version) : NOWHERE
}

function match(world: World, request: SimRequest, routes: readonly Route[], rest: string, version: string): Found {
  for (const route of routes) {
    const parts = route.path.exec(rest)
    if (parts === null || !route.methods.includes(request.method)) continue
    if (route.versions !== undefined && !route.versions.includes(version)) continue
    return {
      bucket: route.bucket,
      answer: (now, random) => answer(world, request, route, parts.slice(1), version, now, random),
    }
  }
  return NOWHERE
}

function answer(
  world: World,
  request: SimRequest,
  route: Route,
  parts: string[],
  version: string,
  now: number,
  random: () => number,
): SimResponse {
  const query = readQuery(request.query)
  if (query === null) return orderRefused('the query is not valid percent-encoding')
  return route.answer(world, { now, random, version, parts, query, body: request.body, extended: isExtended(request) })
}

const GATEWAY_MS = 3_000

export const isExtended = (request: SimRequest) => Number(request.headers.get('x-extended-timeout') ?? '0') > GATEWAY_MS
