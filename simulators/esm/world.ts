import type { DueList } from '../due.ts'
import type { CallCount, Faults } from '../marketplace.ts'
import type { ClaimBook } from './claims.ts'
import type { Body, SuccessCode } from './envelopes.ts'
import type { Shelf } from './goods.ts'
import type { OrderBook } from './orders.ts'
import type { Pace } from './pace.ts'
import type { Site } from './sites.ts'
import type { EsmCredentials } from './token.ts'

/** Everything the pretend ESM knows. One seller: a master id with one seller id a site. */
export type World = {
  readonly credentials: EsmCredentials
  readonly faults: Faults
  readonly switches: EsmSwitches
  readonly shelf: Shelf
  readonly orders: OrderBook
  readonly claims: ClaimBook
  readonly pace: Pace
  readonly due: DueList
}

/**
 * What the contract leaves open or lets happen. Read at every call, so a test or the control API may change them
 * while it runs.
 */
export type EsmSwitches = {
  /** 'off' counts calls and refuses none. */
  limits: 'on' | 'off'
  /** Whether the one order list in 5 seconds is the seller's or each site's. */
  orderThrottlePer: 'seller' | 'site'
  /** Whether a list call that came too early begins the 5 seconds anew. */
  refusedCallRearms: boolean
  /** How a 31st product search in a minute is refused: the page gives the number and no answer. */
  searchRefusal: 'http_429' | 'result_3000'
  /** Calls a second over all APIs, above it 429; 0 = no such limit, since none is published (2 is a guess from outside). */
  callsPerSecond: number
  /** A token whose iat is further off is refused; 0 = iat is not looked at. It may be absent either way. */
  iatToleranceMs: number
  /** Buckets of routes.ts this seller has no right to. By default those that need a special grant. */
  withoutRight: readonly string[]
  /** What order and claim APIs say for success. */
  successIs: SuccessCode

  /** What a stock, price or option write does to a site that is stopped; it is answered as success when ignored. */
  whileStopped: 'ignored' | 'refused' | 'applied'
  /** resultCode when one site took a write and the other did not; or nothing is taken unless both can be. */
  partialWrite: 'code_0' | 'code_1000' | 'refused_whole'
  /** Chance that a write fails at one listed site, told only in the message. */
  oneSiteFails: number
  /** Whether stopping a site needs valid numbers for it, or takes zeros as for a site the product is not on. */
  stopWithZeros: 'refused' | 'taken'
  /** Whether a listing whose last unit is sold stops by itself. */
  soldOutStops: boolean
  /** What selling out by a seller's cancel does to a product without options. */
  soldOutMarks: 'stops' | 'zero'
  /** Whether an option that is not displayed counts where one option at least must stay for sale. */
  hiddenStaysForSale: boolean
  /** What an option write does to options it does not list. */
  unlistedOptions: 'removed' | 'kept'
  /** Product search: whether managedCode is obeyed. Seen in practice: no. */
  managedCodeFilter: 'ignored' | 'works'
  /** Chance that a product search says 404 although there are products. */
  searchSaysNothing: number

  /** ≤31 days by the page, 180 by the error text for 옥션. */
  auctionWindowDays: 31 | 180
  /** What a list of claims says when there are none in its days. */
  emptyClaims: 'list' | '99999'
  /** Whether a day given as the end of a claim or status window belongs to it. Order lists: never. */
  endDay: 'included' | 'excluded'
  /** What ItemOptionCode is: the seller's option code, or ESM's own number. */
  optionCodeTold: 'manageCode' | 'optSeq'
  /** Whether options of one product in one cart share an order number, as ItemOptionSelectList allows. */
  optionsShareOrder: boolean
  /** Phones are null for this long after the payment. */
  phoneDelayMs: number
  /** TransDueDate is null for this long after the payment. */
  dueDateDelayMs: number
  /** Asked once a cart: on every 옥션 order of it, on one G마켓 order. */
  shippingFee: number
  /** From the order to the payment; 0 = at once. */
  paymentDelayMs: number
  /** Chance that a G마켓 order is a gift, without address until it is accepted giftAcceptMs later (0 = never). */
  gifts: number
  giftAcceptMs: number
  /** Chance that whoever accepts a gift takes another option of the product. */
  giftOptionChanges: number
  /** Chance that the buyer changed the address just before an order is confirmed. */
  addressChanges: number
  /** For this long after a confirm, shipping is answered "in progress". */
  confirmDelayMs: number
  /** Shipped → delivered after this long, decided after twice; 0 = parcels stay where they are. */
  carrierMs: number

  /** Whether a buyer's cancel puts units back on sale: not established. A return never does. */
  restockOnCancel: boolean
  /** An unanswered cancel request approves itself after this long; 0 = never. */
  autoApproveMs: number
  /** From approval to refund, "in progress" meanwhile; 0 = at once. */
  refundMs: number
  /** From a return request to the parcel's arrival back; 0 = only by the seller's own word. */
  pickupMs: number
  /** Chance that a return is refunded as soon as it is collected, without the seller. */
  fastRefunds: number
  /** Where an order is while an exchange's other goods go out: shipping, and in the order lists, or still in its claim. */
  resentOrder: 'shipping' | 'in_claim'
  /** What makes an exchange approved, and dates it in the lists: the other goods leaving, or arriving. */
  exchangeApproved: 'resent' | 'delivered'
  /** Whether G마켓 lets the other goods go out before the first ones are back. 옥션 then takes those as collected. */
  resendFirst: 'refused' | 'taken'
  /** ExchangeStatus 0 in a request: none of the list's, or all of them, as an older page had it. */
  exchangeStatusZero: 'refused' | 'all'
}

export const DEFAULT_SWITCHES: EsmSwitches = {
  limits: 'on',
  orderThrottlePer: 'seller',
  refusedCallRearms: false,
  searchRefusal: 'http_429',
  callsPerSecond: 0,
  iatToleranceMs: 0,
  withoutRight: ['cancel-plain', 'delivered', 'exchange-hold'],
  successIs: 0,
  whileStopped: 'ignored',
  partialWrite: 'code_0',
  oneSiteFails: 0,
  stopWithZeros: 'refused',
  soldOutStops: false,
  soldOutMarks: 'stops',
  hiddenStaysForSale: true,
  unlistedOptions: 'removed',
  managedCodeFilter: 'ignored',
  searchSaysNothing: 0,
  auctionWindowDays: 31,
  emptyClaims: 'list',
  endDay: 'included',
  optionCodeTold: 'manageCode',
  optionsShareOrder: false,
  phoneDelayMs: 300_000,
  dueDateDelayMs: 90_000,
  shippingFee: 2_500,
  paymentDelayMs: 0,
  gifts: 0,
  giftAcceptMs: 0,
  giftOptionChanges: 0,
  addressChanges: 0,
  confirmDelayMs: 0,
  carrierMs: 0,
  restockOnCancel: true,
  autoApproveMs: 86_400_000,
  refundMs: 0,
  pickupMs: 0,
  fastRefunds: 0,
  resentOrder: 'shipping',
  exchangeApproved: 'resent',
  resendFirst: 'refused',
  exchangeStatusZero: 'refused',
}

/** One admitted call, as an endpoint sees it. */
export type Call = {
  now: number
  random: () => number
  /** The variable part of the path, '' when there is none. */
  part: string
  body: Body
  /** The sites the token names a seller of. */
  sites: ReadonlySet<Site>
}

/** Draws only when there is something to decide, so that switching a fault off leaves the other draws as they were. */
export const happens = (chance: number, random: () => number) => chance > 0 && random() < chance

export type Tally = { taken(bucket: string): void; refused(bucket: string): void; counts(): CallCount[] }

export function createTally(): Tally {
  const rows = new Map<string, CallCount>()
  const count = (bucket: string, what: 'taken' | 'refused') => {
    const row = rows.get(bucket) ?? { bucket, taken: 0, refused: 0 }
    row[what] += 1
    rows.set(bucket, row)
  }
  return {
    taken: (bucket) => count(bucket, 'taken'),
    refused: (bucket) => count(bucket, 'refused'),
    counts: () => [...rows.values()].map((row) => ({ ...row })),
  }
}
