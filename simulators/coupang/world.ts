import type { DueList } from '../due.ts'
import type { Faults } from '../marketplace.ts'
import type { ExchangeBook } from './exchanges.ts'
import type { Shelf } from './items.ts'
import type { OrderBook } from './orders.ts'
import type { ReceiptBook } from './returns.ts'
import type { WithdrawalBook } from './withdrawals.ts'

/** Everything the pretend Coupang knows. One vendor, since every limit of the real one is a vendor's. */
export type World = {
  readonly vendorId: string
  readonly faults: Faults
  readonly switches: CoupangSwitches
  readonly shelf: Shelf
  readonly orders: OrderBook
  readonly receipts: ReceiptBook
  readonly withdrawals: WithdrawalBook
  readonly exchanges: ExchangeBook
  readonly due: DueList
}

/**
 * What the contract leaves open or lets happen. Read at every call, so a test or the control API may change
 * them while it runs.
 */
export type CoupangSwitches = {
  /** 'off' counts calls and refuses none, for benchmarks of the client alone. */
  limits: 'on' | 'off'
  callsPerSecond: number
  /** How long 429 lasts after one call too many: the real one says minutes to tens of minutes. */
  blockMs: number
  /** Either way. Five minutes is an assumption; ten are known to be refused. */
  signatureValidityMs: number
  /** Errors within a minute after which everything is 403 in HTML for blockMs; 0 = never. */
  deniedAfterErrors: number
  /** Chance that a call without X-EXTENDED-TIMEOUT above 3 s is answered 504 although its work was done. */
  gateway504AfterCommit: number
  /** A timeFrame window at least this wide is answered 504 without X-EXTENDED-TIMEOUT; 0 = never. */
  slowWindowMs: number
  /** An acknowledgement shows in lists and sheets only after this long, uniform. The contract allows 30 minutes. */
  acknowledgeDelayMs: readonly [least: number, most: number]
  /** Whether a completed cancel puts units back on sale: not established for the real one. */
  restockOnCancel: boolean
  /** Whether stopping a sale keeps the number, which the contract does not say. */
  stopKeepsStock: boolean
  /** A receipt the buyer took back is in returnRequests no more, or stays as it was; it is told as withdrawn either way. */
  withdrawnReceipts: 'gone' | 'stay'
  /** A return whose goods were confirmed is refunded by itself after this long; 0 = never. */
  autoApproveMs: number
  /** The invoice of an exchange can be given only this long after its goods were confirmed. The contract says up to 10 minutes. */
  exchangeInvoiceDelayMs: number
  /** Whether exchangeRequests wants a status. */
  exchangeStatus: 'optional' | 'required'
  /** Chance that an order of several items becomes one box an item. */
  splitBoxes: number
  /** DEPARTURE → DELIVERING after this long, FINAL_DELIVERY after twice; 0 = parcels stay where they are. */
  carrierMs: number
}

export const DEFAULT_SWITCHES: CoupangSwitches = {
  limits: 'on',
  callsPerSecond: 5,
  blockMs: 60_000,
  signatureValidityMs: 300_000,
  deniedAfterErrors: 0,
  gateway504AfterCommit: 0,
  slowWindowMs: 0,
  acknowledgeDelayMs: [0, 0],
  restockOnCancel: true,
  stopKeepsStock: true,
  withdrawnReceipts: 'gone',
  autoApproveMs: 0,
  exchangeInvoiceDelayMs: 0,
  exchangeStatus: 'optional',
  splitBoxes: 0,
  carrierMs: 0,
}

/** One admitted call, as an endpoint sees it. */
export type Call = {
  now: number
  random: () => number
  version: string
  /** The variable parts of the path, in order, still percent-encoded. */
  parts: readonly string[]
  query: ReadonlyMap<string, string>
  body: Uint8Array
  /** X-EXTENDED-TIMEOUT lifts the gateway's 3 seconds. */
  extended: boolean
}

/** Draws only when there is something to decide, so that switching a fault off leaves the other draws as they were. */
export const happens = (chance: number, random: () => number) => chance > 0 && random() < chance
