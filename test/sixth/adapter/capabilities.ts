import type { Capabilities } from '../../../server/modules/channels/adapter.ts'

export const ALL_CALLS = 'all'

export const sixthCapabilities: Capabilities = {
  channel: 'sixth',
  names: { ko: '여섯째 장터', en: 'Sixth Market' },
  credentials: [{ name: 'apiKey', secret: true, needed: 'always' }],
  writeUnit: 'product_with_options',
  acknowledge: { linesPerCall: 50 },
  ship: { linesPerCall: 50, partial: true, bundled: false },
  claims: { cancel: [], return: [], exchange: [] },
  refusingCancelShips: false,
  sellerCancel: null,
  saleStop: null,
  readBack: true,
  webhooks: false,
  restocksOnCancel: 'yes',
  zeroAllowed: true,
  largestQuantity: 9_999,
  firstLookbackMs: 7 * 24 * 3_600_000,
  feedLatenessMs: 5_000,
  unknownSettlesMs: 10_000,
  // Below the contract's ten a second, since calls may arrive bunched.
  budgets: [{ bucket: ALL_CALLS, ratePerSecond: 8, burst: 2 }],
  assumed: ['A write without an answer is applied within unknownSettlesMs or never (setting).'],
}
