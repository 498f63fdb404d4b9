import type { Capabilities } from '../../../modules/channels/adapter.ts'

/** The contract has one bucket an API; these are the APIs we use. */
export const BUCKETS = {
  token: 'token',
  feed: 'orders.feed',
  detail: 'orders.detail',
  confirm: 'orders.confirm',
  dispatch: 'orders.dispatch',
  cancelRequest: 'claims.cancel.request',
  cancelApprove: 'claims.cancel.approve',
  returnApprove: 'claims.return.approve',
  returnReject: 'claims.return.reject',
  exchangeCollect: 'claims.exchange.collect',
  exchangeDispatch: 'claims.exchange.dispatch',
  exchangeReject: 'claims.exchange.reject',
  productRead: 'product.read',
  productStatus: 'product.status',
  optionStock: 'stock.write',
  plainStock: 'stock.write.plain',
} as const

/** The gateway replenishes this many calls a second for an own-store app; headers correct it as soon as they come. */
const RATE_PER_SECOND = 2

/**
 * The gateway allows twice the rate at once. One call is kept back, since calls that leave evenly may
 * arrive bunched, and then the last would be one too many.
 */
export const BURST_KEPT_BACK = 1
const BURST = RATE_PER_SECOND * 2 - BURST_KEPT_BACK

const DAY_MS = 24 * 3_600_000

export const naverCapabilities: Capabilities = {
  channel: 'naver',
  names: { ko: '네이버 스마트스토어', en: 'Naver SmartStore' },
  credentials: [
    { name: 'clientId', secret: false, needed: 'always' },
    { name: 'clientSecret', secret: true, needed: 'always' },
    { name: 'accountId', secret: false, needed: 'may' },
  ],
  writeUnit: 'product_with_options',
  acknowledge: { linesPerCall: 30 },
  ship: { linesPerCall: 30, partial: true, bundled: false },
  // A return is approved once it was collected, which the marketplace learns from its carrier and not from us.
  claims: { cancel: ['approve', 'refuse'], return: ['approve', 'refuse'], exchange: ['receive', 'resend', 'refuse'] },
  refusingCancelShips: true,
  sellerCancel: { byQuantity: true, alsoSoldOut: false },
  // A write reads first.
  saleStop: { settlesMs: 5_000, callsPerExchange: 10 },
  readBack: true,
  webhooks: false,
  restocksOnCancel: 'unknown',
  zeroAllowed: true,
  largestQuantity: 99_999_999,
  firstLookbackMs: 3 * DAY_MS,
  feedLatenessMs: 10_000,
  unknownSettlesMs: 30_000,
  budgets: [
    // The token call has no documented limit. One token lasts three hours; what we must avoid is a storm of them.
    { bucket: BUCKETS.token, ratePerSecond: 0.2, burst: 2 },
    ...[
      BUCKETS.feed,
      BUCKETS.detail,
      BUCKETS.confirm,
      BUCKETS.dispatch,
      BUCKETS.cancelRequest,
      BUCKETS.cancelApprove,
      BUCKETS.returnApprove,
      BUCKETS.returnReject,
      BUCKETS.exchangeCollect,
      BUCKETS.exchangeDispatch,
      BUCKETS.exchangeReject,
      BUCKETS.productRead,
      BUCKETS.productStatus,
      BUCKETS.optionStock,
      BUCKETS.plainStock,
    ].map((bucket) => ({ bucket, ratePerSecond: RATE_PER_SECOND, burst: BURST })),
  ],
  assumed: [
    'Stock falls at payment (setting stockTakenAt: payment or order).',
    'Option rows left out of an option-stock write keep their number (setting optionRows: changed or all).',
    "The product in a write's answer may be our own request said back (setting writeAnswers: requested or stored).",
    'Whether a cancel puts units back on the shelf is not documented.',
    'Changes appear in the feed within feedLatenessMs (setting).',
    'A write without an answer is applied within unknownSettlesMs or never (setting).',
    'A product that is OUTOFSTOCK sells again when its stock is raised; if not, its status is changed too.',
    'The price of a unit is unitPrice plus optionPrice.',
    "A seller's cancel completes at once (setting sellerCancels: completes, or wants_approval, which grants it too).",
    "A seller's cancel leaves the product on sale (setting soldOutCancels: sells_on or sold_out).",
    'The goods of an exchange are said to be back once the carrier has told so, or by saying it: either way it is one call.',
    'A return or exchange that ended in …_REJECT was taken back by the buyer, unless this jaego refused it.',
    'Units a return brings back no longer stand in remainQuantity.',
    'A suspended product shows and takes numbers, and sells nothing within seconds of the call.',
  ],
}
