import type { Capabilities } from '../../../modules/channels/adapter.ts'

/** The contract counts every call of a vendor in one budget. */
export const ALL_CALLS = 'all'

/**
 * 5 calls a second since March 2026, and a block of minutes for the sixth: four, evenly spaced, leave room
 * for calls that arrive bunched.
 */
const RATE_PER_SECOND = 4

const DAY_MS = 24 * 3_600_000

export const coupangCapabilities: Capabilities = {
  channel: 'coupang',
  names: { ko: '쿠팡', en: 'Coupang' },
  credentials: [
    { name: 'vendorId', secret: false, needed: 'always' },
    { name: 'accessKey', secret: true, needed: 'always' },
    { name: 'secretKey', secret: true, needed: 'always' },
    { name: 'wingId', secret: false, needed: 'may' },
  ],
  writeUnit: 'item',
  acknowledge: { linesPerCall: 50 },
  ship: { linesPerCall: 50, partial: true, bundled: false, corrects: true },
  claims: { cancel: ['approve', 'refuse'], return: ['receive', 'approve'], exchange: ['receive', 'resend', 'refuse'] },
  refusingCancelShips: true,
  sellerCancel: { byQuantity: true, alsoSoldOut: false },
  saleStop: { settlesMs: 5_000, callsPerExchange: 7 },
  readBack: true,
  webhooks: false,
  restocksOnCancel: 'unknown',
  zeroAllowed: true,
  largestQuantity: 99_999,
  firstLookbackMs: 3 * DAY_MS,
  feedLatenessMs: 10_000,
  unknownSettlesMs: 30_000,
  budgets: [{ bucket: ALL_CALLS, ratePerSecond: RATE_PER_SECOND, burst: 1 }],
  assumed: [
    'Stock falls at payment (setting stockTakenAt: payment or order).',
    'Whether a cancel puts units back on the shelf is not documented.',
    'Orders and cancels appear in the lists within feedLatenessMs (setting).',
    'A write without an answer is applied within unknownSettlesMs or never (setting).',
    'Stopping a sale keeps the number (setting saleStops: true, or false where it does not).',
    'A stop request that was refused by sending goes on as a return under the same receipt.',
    'orderItemId of an exchange is the option; exchanges older than four weeks are over.',
    'A cancel because the buyer asked is told as an address that could not be served (CCPNER): there is no better word.',
    'A unit of an option that Coupang bundled (upBundleSize) is one unit of its listing.',
    'One option of one order lies in one box, also after split shipping.',
    'A number is changed for a whole box, each option of it named, and refused once the box has arrived.',
    'A block for too many calls lasts a minute at first (setting pauseAfter429Ms), longer when it repeats.',
    'An order may be acknowledged by hand in Wing, so INSTRUCT is read every time (setting othersAcknowledge).',
  ],
}
