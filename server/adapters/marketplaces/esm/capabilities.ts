import type { Capabilities } from '../../../modules/channels/adapter.ts'

/** `all`: every call. `orders`: the order list besides, one call in five seconds. */
export const BUCKETS = { all: 'all', orders: 'orders' } as const

/** Two calls a second are a guess from outside. A little less, since calls that leave evenly may arrive bunched. */
const RATE_PER_SECOND = 1.8

/**
 * The contract says 5,000 ms; the rest is for calls that arrive bunched. With 5,200 one call came too early in one of six
 * runs of the demo on a machine with twice as much to do as it has cores.
 */
export const ORDER_LIST_EVERY_MS = 5_600

const DAY_MS = 24 * 3_600_000

export const esmCapabilities: Capabilities = {
  channel: 'esm',
  names: { ko: '옥션·G마켓 (ESM)', en: 'Auction/Gmarket' },
  credentials: [
    { name: 'masterId', secret: false, needed: 'always' },
    { name: 'secretKey', secret: true, needed: 'always' },
    { name: 'auctionId', secret: false, needed: 'one_of' },
    { name: 'gmarketId', secret: false, needed: 'one_of' },
  ],
  writeUnit: 'product_with_options',
  acknowledge: { linesPerCall: 1 },
  ship: { linesPerCall: 1, partial: true, bundled: false, corrects: true },
  claims: { cancel: ['approve', 'refuse'], return: ['approve'], exchange: ['receive', 'resend'] },
  refusingCancelShips: true,
  sellerCancel: { byQuantity: false, alsoSoldOut: true },
  // A stop there is: setStock uses it as the zero that the contract refuses. While it lasts writes are ignored.
  saleStop: null,
  readBack: true,
  webhooks: false,
  restocksOnCancel: 'unknown',
  zeroAllowed: true,
  largestQuantity: 99_999,
  firstLookbackMs: 3 * DAY_MS,
  feedLatenessMs: 10_000,
  unknownSettlesMs: 30_000,
  budgets: [
    { bucket: BUCKETS.orders, ratePerSecond: 1_000 / ORDER_LIST_EVERY_MS, burst: 1 },
    { bucket: BUCKETS.all, ratePerSecond: RATE_PER_SECOND, burst: 1 },
  ],
  assumed: [
    'Besides one order list in five seconds a seller may make two calls a second.',
    "The five seconds are the seller's, not each site's.",
    'Stock falls at payment (setting stockTakenAt: payment or order).',
    'Whether a cancel puts units back on the shelf is not documented.',
    'Orders appear in the lists within feedLatenessMs (setting).',
    'A write without an answer is applied within unknownSettlesMs or never (setting).',
    'A token that names one site lets a sell-status write leave the other site as it is.',
    'A second call that puts an invoice right may date the parcel anew: its day is within two days of the call.',
    'Resuming a sale sets the stock that the same call carries.',
    'An option that is not displayed cannot be bought, and counts where one option must stay for sale.',
    'Option rows left out of a write are removed, so every row is written, the others with the number just read.',
    'Options of one order keep their order in the list: its lines are numbered by it.',
    'The status list takes times, and its pages hold twenty rows or more.',
    'A list of claims that is empty is an empty list or code 99999.',
    'Approved exchanges are dated when the other goods leave or arrive; the order is then shipping again, or in its claim.',
    'No list tells that an exchange at 옥션 is over: the order, shown as delivered among the approved ones, does.',
    'At G마켓 other goods may have to wait for the first ones; a hold, which needs a special grant, is lifted by the answer.',
    'There is no call that refuses a return or an exchange; turned into the other kind, the first one counts as withdrawn.',
    'Of an order claimed before it was told nothing shows its units: it is told once its claim lets it go.',
    'Cancelled before it was told, an order is never told; what it took or gave is found by reading stock back.',
    'Cancelling a sale needs /SoldOut, which marks the item sold out (setting plainCancel: granted without it).',
  ],
}
