import type { DueList } from '../due.ts'
import type { Faults } from '../marketplace.ts'
import type { Shelf } from './catalog.ts'
import type { OrderBook } from './orders.ts'
import type { NoticeBook } from './webhooks.ts'

/** Everything the pretend Cafe24 knows: one mall, one app, shop 1. */
export type World = {
  readonly mallId: string
  readonly faults: Faults
  readonly switches: Cafe24Switches
  readonly shelf: Shelf
  readonly book: OrderBook
  readonly notices: NoticeBook
  readonly due: DueList
}

/** What the contract leaves open or lets happen. Read at every call, so it may be changed while it runs. */
export type Cafe24Switches = {
  /** 'off' counts calls and refuses none, for benchmarks of the client alone. */
  limits: 'on' | 'off'
  /** The documents say a bucket "per API and mall"; read strictly that is one an API, read loosely one for all. */
  bucketPer: 'api' | 'mall'
  bucketSize: number
  bucketDrainPerSecond: number
  /** The quota over all APIs. That it exists and how it shows is documented, its numbers are not. */
  usage: UsageRules
  /** More calls a second than this "may be judged abnormal": counted as such, or blocked for abnormalBlockMs. */
  abnormalPerSecond: number
  abnormalPace: 'counted' | 'blocked'
  abnormalBlockMs: number
  /** Token calls are throttled by an unknown number; 0 = not at all. */
  tokenCallsPerMinute: number
  codeLifeMs: number
  accessLifeMs: number
  refreshLifeMs: number
  /** Whether a refresh ends the access token before it, and whether a used refresh token ends the whole grant. */
  oldAccessToken: 'lives' | 'dies'
  reusedRefreshToken: 'refused' | 'ends_grant'
  /** Until this epoch ms a refresh is answered "Uninstalled app" though nothing is wrong, as in February 2025. */
  uninstalledAppUntil: number
  /** The API versions alive, oldest first. */
  versions: readonly string[]
  /** A version that is not alive runs silently on the oldest that is, or is refused. */
  deadVersion: 'oldest' | 'refused'
  /** A write that changes nothing "may answer 409". */
  equalWrite: 'conflict' | 'ok'
  /** A list of requests of which some fail: each for itself (207), or none is done and the first failure told. */
  mixedRequests: 'each' | 'none'
  /** What a write under the fault slowApply is answered with. 202 = accepted, read again later. */
  slowWriteStatus: 200 | 202
  /** What start_date and end_date with a time of day mean. */
  timeOfDay: 'heeded' | 'ignored'
  /** 0 = paid at once, else an order is N00 first. When units are taken is the variant's inventory_control_type. */
  paymentDelayMs: number
  /** Where orders come from; anything but cafe24 and mobile is an open market linked to the mall. */
  orderPlace: string
  /** A buyer's cancel before the seller prepares: done at once, or a request like any later one. */
  earlyCancel: 'done' | 'requested'
  /** Whether what the mall cancels by itself goes back on the shelf. The seller's own: recover_inventory decides. */
  restockOnBuyerCancel: boolean
  /** How a cancel of some units of a row shows: a row of its own, or claim_quantity on the same row. */
  partialClaim: 'new_row' | 'claim_quantity'
  /** What the list original_item_no of such a row names: item_no is documented, "품주 아이디". */
  originalItemNo: 'number' | 'code'
  /** What a row becomes whose request was refused: what it was, or C11 / R11, which the documents list. */
  refusedRequest: 'restored' | 'stays'
  /**
   * What PUT …/cancellation/{claim_code} takes. documented: `undone` alone, for it withdraws a cancel that was accepted, and
   * POST is how one that was asked for is accepted; a return also takes pickup_completed and processing or returned.
   * moves: any `status`, as for a claim of the seller's own, and POST takes no row that is asked for already.
   */
  claimAnswers: 'documented' | 'moves'
  /** Whether a row of `cancellation` and `return` tells a status and times of its own: the documents have none there. */
  claimRows: 'with_status' | 'documented'
  /** Whether a buyer's request is a claim with a code at once: the answer to POST …requests, and its refusal, have none. */
  claimCode: 'at_request' | 'at_acceptance'
  /** Whether goods nobody prepared (N10) can be shipped. */
  shipsUnprepared: boolean
  /** 0006 in one public client, 0019 in another: GET carriers tells. */
  cjCode: '0006' | '0019'
  /** What embed=receivers of a list tells. */
  listReceivers: 'partial' | 'full'
  /** N30 becomes N40 after this long; 0 = parcels stay where they are. */
  carrierMs: number
}

export type UsageRules = {
  callPercent: number
  callDrainPerSecond: number
  /** Of a call that writes a product, and of any other. */
  heavyTimePercent: number
  lightTimePercent: number
  timeDrainPerSecond: number
}

export const DEFAULT_SWITCHES: Cafe24Switches = {
  limits: 'on',
  bucketPer: 'api',
  bucketSize: 40,
  bucketDrainPerSecond: 2,
  // One seller measured 0.07 % a call of a product publish; calls at 0.6 s apart are said to be safe.
  usage: {
    callPercent: 0.1,
    callDrainPerSecond: 0.6,
    heavyTimePercent: 0.07,
    lightTimePercent: 0.02,
    timeDrainPerSecond: 0.12,
  },
  abnormalPerSecond: 10,
  abnormalPace: 'counted',
  abnormalBlockMs: 60_000,
  tokenCallsPerMinute: 30,
  codeLifeMs: 60_000,
  accessLifeMs: 2 * 3_600_000,
  refreshLifeMs: 14 * 86_400_000,
  oldAccessToken: 'lives',
  reusedRefreshToken: 'refused',
  uninstalledAppUntil: 0,
  versions: ['2025-12-01', '2026-03-01', '2026-09-01'],
  deadVersion: 'oldest',
  equalWrite: 'conflict',
  mixedRequests: 'each',
  slowWriteStatus: 200,
  timeOfDay: 'heeded',
  paymentDelayMs: 0,
  orderPlace: 'cafe24',
  earlyCancel: 'done',
  restockOnBuyerCancel: true,
  partialClaim: 'new_row',
  originalItemNo: 'number',
  refusedRequest: 'stays',
  claimAnswers: 'documented',
  claimRows: 'documented',
  claimCode: 'at_acceptance',
  shipsUnprepared: true,
  cjCode: '0006',
  listReceivers: 'partial',
  carrierMs: 0,
}

/** One admitted call, as an endpoint sees it. */
export type Call = {
  now: number
  random: () => number
  /** The variable parts of the path, in order. */
  parts: readonly string[]
  query: ReadonlyMap<string, string>
  body: Uint8Array
  /** What precedes a path in the links of a list. */
  origin: string
  path: string
}

/** Draws only when there is something to decide, so that switching a fault off leaves the other draws as they were. */
export const happens = (chance: number, random: () => number) => chance > 0 && random() < chance
