import type { DueList } from '../due.ts'
import type { Faults } from '../marketplace.ts'
import type { ClaimBook } from './claims.ts'
import type { Repertoire } from './euc-kr.ts'
import type { Shelf } from './items.ts'
import type { OrderBook } from './orders.ts'

/** Everything the pretend 11번가 knows. One seller, since a key is a seller's. */
export type World = {
  readonly faults: Faults
  readonly switches: EleventhSwitches
  readonly shelf: Shelf
  readonly orders: OrderBook
  readonly claims: ClaimBook
  readonly due: DueList
}

/**
 * What the contract leaves open or lets happen. Read at every call, so a test or the control API may change
 * them while it runs.
 */
export type EleventhSwitches = {
  /** 'off' counts calls and refuses none, for benchmarks of the client alone. */
  limits: 'on' | 'off'
  /** No number is published; clients live with one or two. */
  callsPerSecond: number
  /** How long 429 lasts after a call too many: public clients wait 10, 20, 40, 60 s. */
  blockMs: number
  retryAfter: 'told' | 'absent'
  /** 'friday_dawn': 01:00–06:00 in Korea, hours assumed. Everything is then answered -1000. */
  maintenance: 'never' | 'friday_dawn' | 'now'
  /** Epoch ms from which the key is nobody's any more; 0 = it never expires. Whether keys do is not known. */
  keyExpiresAt: number
  /** The caller's address has to be registered; the text of the refusal is assumed. */
  callerAddress: 'registered' | 'unknown'

  /** Answers are EUC-KR either way, and their XML declaration says so. */
  charsetInHeader: 'told' | 'absent'
  /** 'ksx1001' is what the name says. Under 'cp949' rare syllables have codes that a strict reader does not know. */
  repertoire: Repertoire
  /** What becomes of a character without a code. */
  unmappable: 'reference' | 'question_mark'
  /** One public client of 2026 saw every tag of an order row twice. */
  doubledTags: boolean
  /** "No rows" of the claim lists: the rule is 0; their own page names only -1 「해당 건이 없습니다.」. */
  emptyClaims: '0' | '-1'
  /** One public client was refused with the documented wrapper of `stocks` and served with a bare prdNo. */
  stocksWrapper: 'accepted' | 'refused'

  /** stckQty 0 either turns the option 02 or is refused. Not established. */
  zeroStock: 'sold_out' | 'refused'
  /** Whether re-saving options gives them new stock numbers. */
  optionSave: 'numbers_kept' | 'numbers_renewed'

  /** Rows a list answers at most. */
  mostRows: number
  /** Whether a window holds its last minute. */
  lastMinute: 'excluded' | 'included'
  /** A status list goes by the date of its own step, or by the order's. */
  listsBy: 'state_date' | 'order_date'
  /** Whether a line whose every open unit is in a claim leaves the status lists. */
  claimedLines: 'vanish' | 'stay'
  /** Chance that an order of several lines gets one dlvNo a line. */
  splitDelivery: number
  /** Orders of one buyer within this time share a dlvNo as long as nothing of it was shipped; 0 = never. */
  bundleMs: number
  /** Chance that an order is a gift whose address comes only giftAddressMs later; until then it is 200, not 202. */
  giftOrders: number
  giftAddressMs: number

  /** A ship call meets lines of the bundle nobody has confirmed: they stay behind, or nothing goes. */
  unconfirmedInBundle: 'left' | 'refused'
  /** An open cancel request in the bundle: nothing goes (-3310), or its line alone stays. */
  requestInBundle: 'refused' | 'left'
  /** Chance that confirm and ship answer -3207 / -3311 and have done nothing. */
  systemError: number
  /** The same with the work done. */
  systemErrorAfterCommit: number
  /** 401 → 501 after this long, 901 after twice; 0 = parcels stay where they are. */
  carrierMs: number

  /** The May 2026 page lists 10 for a change of mind; a client of July 2026 says it is retired for 18, 19, 20. */
  cancelReasons: 'documented' | 'july_2026'
  /** Whether a completed cancel puts units back on sale: not established. */
  restockOnCancel: boolean
  restockOnReturn: boolean
  /** A return's goods arrive this long after its request; a held return completes by itself, counted from here. */
  returnArrivesMs: number
}

export const DEFAULT_SWITCHES: EleventhSwitches = {
  limits: 'on',
  callsPerSecond: 2,
  blockMs: 10_000,
  retryAfter: 'told',
  maintenance: 'never',
  keyExpiresAt: 0,
  callerAddress: 'registered',
  charsetInHeader: 'told',
  repertoire: 'ksx1001',
  unmappable: 'reference',
  doubledTags: false,
  emptyClaims: '0',
  stocksWrapper: 'accepted',
  zeroStock: 'sold_out',
  optionSave: 'numbers_kept',
  mostRows: 3_000,
  lastMinute: 'excluded',
  listsBy: 'state_date',
  claimedLines: 'vanish',
  splitDelivery: 0,
  bundleMs: 0,
  giftOrders: 0,
  giftAddressMs: 3_600_000,
  unconfirmedInBundle: 'left',
  requestInBundle: 'refused',
  systemError: 0,
  systemErrorAfterCommit: 0,
  carrierMs: 0,
  cancelReasons: 'documented',
  restockOnCancel: true,
  restockOnReturn: false,
  returnArrivesMs: 3 * 86_400_000,
}

/** One admitted call, as an endpoint sees it. */
export type Call = {
  now: number
  random: () => number
  /** The variable parts of the path, in order, percent-decoded. */
  parts: readonly string[]
  /** The body as text, decoded by its own declaration. */
  body: string
}

/** Draws only when there is something to decide, so that switching a fault off leaves the other draws as they were. */
export const happens = (chance: number, random: () => number) => chance > 0 && random() < chance
