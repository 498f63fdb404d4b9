import { describe } from 'vitest'
import { esmScene } from './esm-scene.ts'
import { adapterKeepsTheRules } from './suite.ts'

/** What the contract leaves open, answered the other way wherever it can be. */
const OTHERWISE = {
  orderThrottlePer: 'site',
  refusedCallRearms: true,
  successIs: 'Success',
  whileStopped: 'refused',
  partialWrite: 'code_1000',
  stopWithZeros: 'taken',
  soldOutStops: true,
  soldOutMarks: 'zero',
  unlistedOptions: 'kept',
  hiddenStaysForSale: false,
  emptyClaims: '99999',
  endDay: 'excluded',
  optionCodeTold: 'optSeq',
  phoneDelayMs: 0,
  dueDateDelayMs: 0,
  shippingFee: 0,
  restockOnCancel: false,
  resentOrder: 'in_claim',
  exchangeApproved: 'delivered',
  resendFirst: 'taken',
  exchangeStatusZero: 'all',
} as const

describe('both sites', () => adapterKeepsTheRules('esm', esmScene()))
describe('G마켓 alone, with what is open answered otherwise', () =>
  adapterKeepsTheRules('esm', esmScene(['gmkt'], OTHERWISE)))
