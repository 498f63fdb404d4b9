import type { Capabilities } from '../../../modules/channels/adapter.ts'

/** One budget for everything a key asks. */
export const KEY = 'key'

/**
 * Nothing is published; clients live with one or two a second and meet 429 above. Three of these are never inside
 * one second, whatever a third of a second of jitter does to them.
 */
const RATE_PER_SECOND = 1.5

const DAY_MS = 24 * 3_600_000

export const eleventhCapabilities: Capabilities = {
  channel: 'eleventh',
  names: { ko: '11번가', en: '11st' },
  credentials: [{ name: 'openApiKey', secret: true, needed: 'always' }],
  writeUnit: 'product_with_options',
  acknowledge: { linesPerCall: 1 },
  ship: { linesPerCall: 1, partial: false, bundled: true },
  // A return is not agreed to: it is completed once the goods are back. An exchange is completed by the other parcel.
  claims: { cancel: ['approve', 'refuse'], return: ['receive', 'refuse'], exchange: ['resend', 'refuse'] },
  refusingCancelShips: true,
  sellerCancel: { byQuantity: false, alsoSoldOut: false },
  saleStop: { settlesMs: 5_000, callsPerExchange: 7 },
  readBack: true,
  webhooks: false,
  restocksOnCancel: 'unknown',
  zeroAllowed: true,
  largestQuantity: 999_999_999,
  firstLookbackMs: 3 * DAY_MS,
  feedLatenessMs: 10_000,
  unknownSettlesMs: 30_000,
  budgets: [{ bucket: KEY, ratePerSecond: RATE_PER_SECOND, burst: 1 }],
  assumed: [
    'Call limits are not published: one and a half a second, one at a time (setting oneFlight).',
    'After a 429 without Retry-After: 10, 20, 40, 60 seconds of silence, as public clients keep it.',
    'Stock falls at payment (setting stockTakenAt: payment or order).',
    'Stock 0 is taken and turns an option sold out (setting zeroAllowed).',
    'No largest quantity is published: nine digits.',
    "An option's stock number may change when options are saved anew: the old one is then not found, the new one read.",
    'A product whose order row names no option, but perhaps a number of pieces, has none; it goes by its product number.',
    'Stopping the display leaves the numbers readable and writable, and holds within seconds (setting saleStop).',
    'Whether a cancel puts units back on the shelf is not documented.',
    'Orders and cancels appear in the lists within feedLatenessMs (setting).',
    'A write without an answer is applied within unknownSettlesMs or never (setting).',
    'A list goes by the date of its own step or of the order; both are read, one in a slow rotation (slowEvery, slowDays).',
    '"No rows" of the claim lists is 0 or -1 with 「해당 건이 없습니다.」; both are taken.',
    'One order asked for by number shows every line, whatever became of it.',
    'Of a line in status 701 ordCnQty counts requests; what ordAmt still charges for is not cancelled.',
    'The price of a unit is selPrc plus ordOptWonStl.',
    "A delivery is shipped whole, also where it holds lines of two orders; line by line only with the buyer's consent (setting shipForm: whole or lines).",
    "Reason codes of seller's cancels: 08 sold out, 07 wrong price, 10 the buyer asked, which may be retired (setting buyerAskedCode).",
    'Reason code of a refused return or exchange (setting refuseCode).',
    'A held return completes ten days after its goods arrive, which nothing tells: the deadline counts from the request.',
    'Korean text in a path is UTF-8, percent-encoded.',
  ],
}
