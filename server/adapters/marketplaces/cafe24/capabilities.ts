import type { Capabilities } from '../../../modules/channels/adapter.ts'

/**
 * The contract has a bucket an API and mall, and a judgement about more than ten calls a second from one address. So
 * APIs of one purpose share a budget, and all of them together stay near that pace.
 */
export const BUCKETS = {
  token: 'token',
  ordersRead: 'orders.read',
  actions: 'orders.write',
  stockRead: 'stock.read',
  stockWrite: 'stock.write',
} as const

/** What a bucket of the marketplace drains a second. It holds 40, which we leave alone: other apps may draw from it. */
const RATE_PER_SECOND = 2

export const LARGEST_QUANTITY = 99_999_999

export const LINES_PER_CALL = 50

const DAY_MS = 24 * 3_600_000

export const cafe24Capabilities: Capabilities = {
  channel: 'cafe24',
  names: { ko: '카페24', en: 'Cafe24' },
  credentials: [
    { name: 'clientId', secret: false, needed: 'always' },
    { name: 'clientSecret', secret: true, needed: 'always' },
    { name: 'refreshToken', secret: true, needed: 'always' },
    { name: 'webhookKey', secret: true, needed: 'may' },
  ],
  writeUnit: 'product_with_options',
  acknowledge: { linesPerCall: LINES_PER_CALL },
  ship: { linesPerCall: LINES_PER_CALL, partial: true, bundled: false, corrects: true },
  claims: { cancel: ['approve', 'refuse'], return: ['approve', 'refuse', 'receive'], exchange: [] },
  refusingCancelShips: false,
  sellerCancel: { byQuantity: true, alsoSoldOut: false },
  saleStop: { settlesMs: 10_000, callsPerExchange: 7 },
  readBack: true,
  webhooks: true,
  restocksOnCancel: 'unknown',
  zeroAllowed: true,
  largestQuantity: LARGEST_QUANTITY,
  firstLookbackMs: 3 * DAY_MS,
  feedLatenessMs: 10_000,
  unknownSettlesMs: 30_000,
  budgets: [
    // Throttled since December 2023 by a number nobody tells. One token lasts two hours.
    { bucket: BUCKETS.token, ratePerSecond: 0.1, burst: 2 },
    { bucket: BUCKETS.ordersRead, ratePerSecond: RATE_PER_SECOND, burst: 1 },
    { bucket: BUCKETS.actions, ratePerSecond: 1, burst: 1 },
    { bucket: BUCKETS.stockRead, ratePerSecond: RATE_PER_SECOND, burst: 2 },
    { bucket: BUCKETS.stockWrite, ratePerSecond: RATE_PER_SECOND, burst: 1 },
  ],
  assumed: [
    'Stock falls at payment (setting stockTakenAt: payment or order); each variant has a switch of its own for it.',
    "Whether a buyer's cancel puts units back on the shelf is not documented.",
    'Orders and cancels appear in the lists within feedLatenessMs (setting).',
    'A write without an answer is applied within unknownSettlesMs or never (setting).',
    'A bucket of 40 calls is one an API; should it be one for all, the header that tells how full it is makes us wait.',
    'What the usage quota holds is not documented: from 70 % of it on we slow down, at 100 % we wait as long as is said.',
    'Token calls are throttled by an unknown number; asking again with a token whose answer was lost is harmless.',
    'A window of orders may end in the future, and a time of day in it is heeded or ignored.',
    'Units of a line cancelled or returned in part stand in a row of their own (original_item_no, a list of numbers or codes), or are counted on their row (claim_quantity).',
    'The rows of `cancellation`, `return` and `exchange` name their items; what became of them is told by the order_status of those, and by claim_status where there is one.',
    'A buyer’s request has a claim code at once, or only when it is accepted: it is known by its row and its time, which stay.',
    'A cancel or return that was asked for is accepted by POST over the same units (setting claimAnswers: create), or by PUT with a status (move); where one is refused, the other is tried.',
    'A refused request shows as C11 or R11 on its claim; where the row says that the goods go out and the claim is still open, the buyer has taken it back.',
    'Reason A is the buyer’s doing and H (sold out) the seller’s; of the others nothing is concluded.',
    'The rows of a list of requests that failed in part name what they are about; what is not named is asked for.',
    'Cancelling by this API also pays back (setting refunds: gateway or by_hand), but for orders of other markets linked to the mall.',
    'Taking a product off sale (selling F) holds within ten seconds and leaves its numbers as they are.',
    'The safety stock of a variant only lowers what sells.',
    'Quantities go up to 99,999,999.',
    'Carriers are known by their names in GET carriers; only those the mall has registered work.',
    'The number of a parcel can be changed while it is on its way; one parcel (shipping_code) has one number.',
    'API version 2026-03-01 (setting apiVersion); where it is refused, the one of the developer console.',
  ],
}
