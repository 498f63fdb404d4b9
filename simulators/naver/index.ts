/**
 * A pretend Naver Commerce API (SmartStore), written from its public contract: a pure state machine.
 *
 * Start at `handle` below: sign-in, call budget, then the API. Paths begin with /external. Not played: creating and
 * editing products, inquiries; they answer 404 GW.NOT_FOUND.
 */

import { actOnDue } from '../due.ts'
import { changesSince } from '../history.ts'
import {
  type Afterwards,
  type Doors,
  type Faults,
  type Marketplace,
  NO_FAULTS,
  type SimRequest,
  type SimResponse,
} from '../marketplace.ts'
import {
  callCounts,
  createBuckets,
  type Limits,
  type PenaltyRule,
  punishMalformedToken,
  takeCall,
  takeTokenCall,
} from './buckets.ts'
import { CLAIM_CALLS } from './claim-calls.ts'
import { bringBack, cancelByBuyer, completeExchange, exchangeByBuyer, withdrawByBuyer } from './claims.ts'
import { gatewayError, ok, type Trace } from './envelopes.ts'
import { lastChangedStatuses } from './feed.ts'
import { confirmOrders, dispatchOrders, idsOfOrder, listOrders, queryOrders } from './order-calls.ts'
import { buy, deliver } from './orders.ts'
import { changeStatus, patchMultiUpdate, putOptionStock, readProduct, searchProducts } from './products.ts'
import { emptyShop, type Settings, type Shop } from './shop.ts'
import { addProduct, isOnSale, LARGEST_STOCK, setStocks } from './stock.ts'
import { isSignedIn, issueToken, type NaverCredentials, TEST_NAVER_CREDENTIALS, type Tokens } from './token.ts'
import { trueClaims } from './true-claims.ts'

export { type NaverCredentials, TEST_NAVER_CREDENTIALS } from './token.ts'

export type NaverOptions = Partial<Settings> & {
  /** Read at every call; hand the same object to startSimulator. */
  faults?: Faults
  /** Calls per second of each API; twice as many at once. Default 2, as an own-store app has. */
  limits?: Limits
  /** What malformed token calls cost: nothing, one call an hour from the next Korean day on (default), or at once. */
  tokenPenalty?: PenaltyRule
  credentials?: NaverCredentials
}

export type Naver = Marketplace & {
  readonly faults: Faults
  /** Kills every token, as a regenerated secret does. */
  signOutEverybody(): void
  readonly afterwards: Required<Afterwards>
}

const DEFAULT_SETTINGS: Settings = {
  takesStockAt: 'payment',
  paymentDelayMs: 30_000,
  restockOnCancel: true,
  restockOnReturn: false,
  soldOutCancel: 'sells_on',
  sellerCancel: 'completes',
  exchangeCollect: 'confirms',
  cancelingMs: 0,
  endedClaims: 'completed_only',
  timesToCome: 'left_out',
  carrierMs: 0,
  collectMs: 0,
  unlistedOptionRows: 'unchanged',
  restockReopens: true,
  writeAnswers: 'requested',
}

export function createNaver(options: NaverOptions = {}): Naver {
  const { faults = { ...NO_FAULTS }, limits = { ratePerSecond: 2 }, tokenPenalty = 'next_day', ...rest } = options
  const { credentials = TEST_NAVER_CREDENTIALS, ...settings } = rest
  const shop = emptyShop({ ...DEFAULT_SETTINGS, ...settings }, faults)
  const buckets = createBuckets(limits, tokenPenalty)
  const tokens: Tokens = { credentials, live: [] }

  function handle(request: SimRequest, now: number, random: () => number): SimResponse {
    actOnDue(shop.due, now)
    editByHand(shop, now, random)
    const trace: Trace = { now, traceId: `sim${String(++shop.counters.trace).padStart(12, '0')}` }
    const response = answerCall(request, trace, random)
    response.headers['GNCP-GW-Trace-ID'] = trace.traceId
    return response
  }

  function answerCall(request: SimRequest, trace: Trace, random: () => number): SimResponse {
    const api = apiOf(request)
    if (api.name === TOKEN_API) return answerToken(request, trace, random)
    const call = CALLS[api.name]
    if (!call) return gatewayError(trace, 404, 'GW.NOT_FOUND', '요청한 API 를 찾을 수 없습니다.')
    if (!isSignedIn(tokens, request, trace.now)) return gatewayError(trace, 401, 'GW.AUTHN', '인증에 실패했습니다.')
    const budget = takeCall(buckets, api.name, trace, faults.rateLimitedUntil)
    if ('refusal' in budget) return budget.refusal
    const response = call({ shop, id: api.id, request, query: () => new URLSearchParams(request.query), trace, random })
    Object.assign(response.headers, budget.headers)
    return response
  }

  function answerToken(request: SimRequest, trace: Trace, random: () => number): SimResponse {
    const refusal = takeTokenCall(buckets, TOKEN_API, trace, faults.rateLimitedUntil)
    if (refusal) return refusal
    const { response, malformed } = issueToken(tokens, request, trace, random)
    if (malformed) punishMalformedToken(buckets, trace.now)
    return response
  }

  const caughtUp = <Answer>(now: number, act: () => Answer): Answer => {
    actOnDue(shop.due, now)
    return act()
  }
  return {
    name: 'naver',
    handle,
    faults,
    doors: doorsOf(shop, () => callCounts(buckets)),
    brokenDown: (now) => gatewayError({ now, traceId: 'sim' }, 500, 'GW.INTERNAL_SERVER_ERROR', '일시적인 오류입니다.'),
    signOutEverybody: () => void tokens.live.splice(0),
    afterwards: {
      isSent: (lineKey) => (shop.lines.get(lineKey)?.delivery ?? null) !== null,
      deliver: (lineKey, now) => caughtUp(now, () => bring(shop, lineKey, now)),
      exchange: (lineKey, quantity, now) => caughtUp(now, () => exchangeByBuyer(shop, lineKey, quantity, now)),
      takeBack: (lineKey, now) => caughtUp(now, () => withdrawByBuyer(shop, lineKey, now)),
      bringBack: (lineKey, now) => caughtUp(now, () => bringBack(shop, lineKey, now)),
      claims: () => trueClaims(shop),
    },
  }
}

function bring(shop: Shop, lineKey: string, now: number): boolean {
  const line = shop.lines.get(lineKey)
  return line !== undefined && (deliver(line, now) || completeExchange(shop, line, now))
}

type Call = {
  shop: Shop
  /** The first number of the path, '' when there is none. */
  id: string
  request: SimRequest
  query: () => URLSearchParams
  trace: Trace
  random: () => number
}

const TOKEN_API = 'POST /v1/oauth2/token'
const ORIGIN = '/v1/products/origin-products'
const ORDERS = '/v1/pay-order/seller/product-orders'

/** Every API the machine plays. The key is also the name of its call budget. */
const CALLS: Record<string, (call: Call) => SimResponse> = {
  'GET /v2/products/origin-products/{no}': ({ shop, id, trace }) => readProduct(shop.products.get(Number(id)), trace),
  'GET /v2/products/channel-products/{no}': ({ shop, id, trace }) =>
    readProduct(shop.byChannelNo.get(Number(id)), trace),
  'POST /v1/products/search': ({ shop, request, trace }) => searchProducts(shop, request, trace),
  [`PUT ${ORIGIN}/{no}/option-stock`]: ({ shop, id, request, trace, random }) =>
    putOptionStock(shop, shop.products.get(Number(id)), request, trace, random),
  [`PUT ${ORIGIN}/{no}/change-status`]: ({ shop, id, request, trace }) =>
    changeStatus(shop, shop.products.get(Number(id)), request, trace),
  [`PATCH ${ORIGIN}/multi-update`]: ({ shop, request, trace, random }) =>
    patchMultiUpdate(shop, request, trace, random),
  [`GET ${ORDERS}/last-changed-statuses`]: ({ shop, query, trace, random }) =>
    lastChangedStatuses(shop, query(), trace, random),
  [`POST ${ORDERS}/query`]: ({ shop, request, trace, random }) => queryOrders(shop, request, trace, random),
  [`GET ${ORDERS}`]: ({ shop, query, trace, random }) => listOrders(shop, query(), trace, random),
  'GET /v1/pay-order/seller/orders/{no}/product-order-ids': ({ shop, id, trace, random }) =>
    idsOfOrder(shop, id, trace, random),
  [`POST ${ORDERS}/confirm`]: ({ shop, request, trace }) => confirmOrders(shop, request, trace),
  [`POST ${ORDERS}/dispatch`]: ({ shop, request, trace }) => dispatchOrders(shop, request, trace),
  ...Object.fromEntries(Object.entries(CLAIM_CALLS).map(([path, call]) => [`POST ${ORDERS}/{no}/claim/${path}`, call])),
  'GET /v1/seller/account': () => ok({ accountId: 'pretend_seller', accountUid: 'ncp_pretend_0001', grade: 'NORMAL' }),
  'GET /v1/seller/channels': () =>
    ok([{ channelNo: 1, channelType: 'STOREFARM', name: '부품상회', url: 'https://shop.invalid/parts' }]),
}

/** `PUT /external/v1/a/123/b` is the API `PUT /v1/a/{no}/b` about 123. */
function apiOf(request: SimRequest): { name: string; id: string } {
  const path = /^\/external(\/.*)$/.exec(request.path)?.[1] ?? ''
  const id = /\/(\d+)(?=\/|$)/.exec(path)?.[1] ?? ''
  return { name: `${request.method} ${id ? path.replace(`/${id}`, '/{no}') : path}`, id }
}

const NEAR = 5

/** Somebody with the seller's own password changes a number, as people do. */
function editByHand(shop: Shop, now: number, random: () => number): void {
  const luck = random()
  if (luck >= shop.faults.humanEdit || shop.itemList.length === 0) return
  const item = shop.itemList[Math.floor(random() * shop.itemList.length)]!
  const stock = Math.max(0, item.stock + Math.floor(random() * (2 * NEAR + 1)) - NEAR)
  setStocks(shop, item.product, new Map([[item, stock]]), 'edit', now)
}

function doorsOf(shop: Shop, calls: Doors['calls']): Doors {
  return {
    seedProducts: (products, now) => products.flatMap((product) => addProduct(shop, product, now)),
    buy: (purchase, now) => {
      actOnDue(shop.due, now)
      return buy(shop, purchase, now)
    },
    cancel: (lineKey, quantity, now) => {
      actOnDue(shop.due, now)
      return cancelByBuyer(shop, lineKey, quantity, now)
    },
    edit: (key, stock, now) => {
      actOnDue(shop.due, now)
      const item = shop.items.get(key)
      if (!item) return false
      if (!Number.isInteger(stock) || stock < 0 || stock > LARGEST_STOCK) throw new RangeError(`stock ${stock}`)
      setStocks(shop, item.product, new Map([[item, stock]]), 'edit', now)
      return true
    },
    truth: () => ({ items: truthItems(shop), lines: truthLines(shop) }),
    history: (sinceSeq, limit) => changesSince(shop.history, sinceSeq, limit),
    calls,
  }
}

function truthItems(shop: Shop) {
  return shop.itemList.map((item) => ({
    unit: String(item.product.originProductNo),
    item: item.key,
    sellerCode: item.sellerCode,
    stock: item.stock,
    onSale: isOnSale(item),
  }))
}

function truthLines(shop: Shop) {
  return [...shop.lines.values()].map((line) => ({
    orderId: line.order.orderId,
    lineKey: line.productOrderId,
    item: line.item.key,
    sellerCode: line.item.sellerCode,
    quantity: line.quantity,
    cancelled: line.cancelled,
    state: line.status,
    acknowledged: line.placedAt !== null,
    invoice: line.delivery?.trackingNumber ?? '',
    soldAt: line.soldAt,
  }))
}
