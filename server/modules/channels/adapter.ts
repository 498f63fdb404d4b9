import { type FaultWhy, faultReason } from '../../../contract/faults.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { HttpPort } from '../../kernel/http-port.ts'

/**
 * What jaego needs from a marketplace. It says nothing of our tables, ids are strings end to end, and it
 * sets; it never adjusts.
 *
 * Every method throws ChannelFault and nothing else. An adapter is done when the conformance suite
 * (test/conformance) passes against its simulator.
 */
export interface ChannelAdapter {
  readonly capabilities: Capabilities

  /**
   * Orders and claims changed since `cursor`, in any order; may repeat one, never skips one that existed before
   * `begunAt`. A null cursor starts `capabilities.firstLookbackMs` ago. Reads every page or throws;
   * one that fails in passing is asked for again first.
   */
  collectOrders(cursor: Cursor | null): Promise<Collected>

  /** Tells the marketplace that the seller accepts these lines (발주확인). Any number of keys; one result a key. */
  acknowledge(keys: readonly string[]): Promise<ActionResult[]>

  /**
   * Tells the marketplace carrier and invoice number of these lines. One result a line, by `lineKey`. `already` only
   * where the marketplace shows the same invoice: a line somebody shipped with another one is `refused`, and `why` names that one.
   * Where `ship.corrects`, one that the parcel `replaces` is replaced; looked at just before, and never anybody else's.
   */
  ship(parcels: readonly Parcel[]): Promise<ActionResult[]>

  /** Where `ship.bundled`: lines of one order with the same answer are packed together. Absent: the whole order is. */
  bundleOf?(actionKey: string): string

  /** Gives the seller's answers to buyers' claims. One result an answer, by `claimKey`. */
  answerClaims(answers: readonly ClaimAnswer[]): Promise<ActionResult[]>

  /** Cancels units the seller cannot send. One result a line, by `lineKey`. */
  cancelLines(cancels: readonly SellerCancel[]): Promise<ActionResult[]>

  /**
   * Makes these items of one write unit show exactly these quantities. Safe to repeat. Resolves when the
   * marketplace said yes, which is `accepted`, not yet `observed`. Where the answer itself shows the
   * numbers, they are returned as an observation.
   */
  setStock(unit: string, items: readonly ItemQuantity[]): Promise<StockReading | null>

  /** What buyers see now. An item the marketplace does not know is missing from the answer. */
  readStock(unit: string): Promise<StockReading>

  /**
   * Stops or resumes the sale of a write unit and leaves its numbers as they are. Called only where
   * `capabilities.saleStop` is not null; safe to repeat; `readStock` tells whether it worked (`onSale`).
   */
  setOnSale(unit: string, onSale: boolean): Promise<void>
}

/** Opaque to the core, owned by the adapter, stored as JSON. */
export type Cursor = Readonly<Record<string, string | number | null>>

export type Collected = {
  orders: ChannelOrder[]
  /** What an order line tells by itself (`cancelled`) is told there as well: stock follows the line, people the claim. */
  claims: ChannelClaim[]
  next: Cursor
  /** Our clock, ms, just before the first request: every order and cancel made before it, less the feed's lateness, is in. */
  begunAt: number
}

export type ChannelOrder = {
  /** The marketplace's order number: one checkout. */
  externalId: string
  /** Epoch ms, the marketplace's clock. */
  orderedAt: number
  paidAt: number | null
  buyerName: string
  address: ChannelAddress | null
  /** Integer won for the whole order as far as the marketplace tells; null when it does not. */
  shippingFee: number | null
  lines: ChannelOrderLine[]
  /** The marketplace's own words, kept for the order's page; at most 64 kB of JSON. */
  raw: unknown
}

export type ChannelAddress = {
  name: string
  phone: string
  postalCode: string
  line1: string
  line2: string
  memo: string
}

/** Ranks of an order line, least advanced first; `cancelled` stands outside the order. */
export type ChannelLineState = 'pending' | 'paid' | 'acknowledged' | 'shipped' | 'delivered' | 'completed' | 'cancelled'

export type ChannelOrderLine = {
  /** The most stable key of this line, unique in the connection (Naver productOrderId; Coupang orderId:vendorItemId). */
  lineKey: string
  /** What acknowledge and ship want (Naver productOrderId; Coupang shipmentBoxId); may change during a line's life. */
  actionKey: string
  /** The write unit and the item in it that were bought (Naver originProductNo and option id or ''; Coupang vendorItemId twice). */
  unit: string
  item: string
  /** The seller's own code at the marketplace, or null. */
  sellerCode: string | null
  productName: string
  optionName: string
  /** Units bought at first, whole; `cancelled` of them are no longer wanted. */
  quantity: number
  cancelled: number
  /** Integer won for one unit. */
  unitPrice: number
  state: ChannelLineState
  /** Epoch ms, the marketplace's clock: when its counter fell (payment, or order where so configured). */
  soldAt: number
  /** Epoch ms of the newest change the marketplace tells of this line. */
  changedAt: number
  /** The buyer asks to cancel and somebody must decide. */
  cancelRequested: boolean
  /** The invoice number the marketplace shows for it; null or absent: none, or it does not tell. */
  invoice?: string | null
}

export type ClaimKind = 'cancel' | 'return' | 'exchange'

/**
 * requested: waits for the seller's answer. approved: agreed, goods or money on their way. collected: the goods have
 * come back. done, refused, withdrawn: over. A claim may skip states; only the last three are final.
 */
export type ClaimState = 'requested' | 'approved' | 'collected' | 'done' | 'refused' | 'withdrawn'

/** A buyer, or the marketplace for him, takes a purchase back, whole or in part. */
export type ChannelClaim = {
  /** Unique in the connection and the same through the claim's life. */
  claimKey: string
  kind: ClaimKind
  state: ClaimState
  externalOrderId: string
  /** Never empty; one entry a line. */
  lines: ClaimedLine[]
  faultBy: 'buyer' | 'seller' | 'marketplace' | 'unknown'
  /** The marketplace's or the buyer's words, at most 2,000 characters; '' when there are none. */
  reason: string
  /** Epoch ms, the marketplace's clock. */
  requestedAt: number
  changedAt: number
  /** When the marketplace answers by itself, and how, if nobody else does. */
  lapses: { at: number; answer: 'approve' | 'refuse' } | null
  /** The buyer's parcel on its way back; `carrier` is jaego's code, or null when it is none of ours. */
  returnParcel: { carrier: string | null; invoice: string } | null
  /** The marketplace's own words, at most 64 kB of JSON. */
  raw: unknown
}

export type ClaimedLine = { lineKey: string; actionKey: string; quantity: number }

/**
 * approve: the buyer gets his way. refuse: he does not; where `refusingCancelShips`, by the parcel that goes out.
 * receive: the goods have come back. resend: an exchange's other goods go out, by the parcel.
 */
export type ClaimAnswerKind = 'approve' | 'refuse' | 'receive' | 'resend'

export type ClaimAnswer = {
  claimKey: string
  kind: ClaimKind
  answer: ClaimAnswerKind
  externalOrderId: string
  lines: readonly ClaimedLine[]
  /** Shown to the buyer where the marketplace shows one; '' lets the adapter write the marketplace's default. */
  reason: string
  parcel: Pick<Parcel, 'carrier' | 'invoice' | 'shippedAt'> | null
}

export type SellerCancel = {
  lineKey: string
  actionKey: string
  externalOrderId: string
  item: string
  quantity: number
  reason: 'sold_out' | 'wrong_price' | 'buyer_asked'
}

export type Parcel = {
  lineKey: string
  actionKey: string
  externalOrderId: string
  item: string
  /** One of jaego's codes (CARRIERS), mapped per channel by the adapter; one it does not know is refused. */
  carrier: string
  /** Text: leading zeros and 12 or more digits are kept. */
  invoice: string
  shippedAt: number
  /**
   * Of a corrected parcel: what we told, or tried to tell, of this line before, newest first, at most 8; the marketplace
   * shows one of them or none. Where only the carrier was wrong, one has the same invoice. Else empty.
   */
  replaces: readonly Label[]
}

/** What stands on a parcel. */
type Label = { carrier: string; invoice: string }

export type ActionResult = {
  key: string
  /** `already`: in the wanted state before we asked. `unknown`: look again before repeating. */
  outcome: 'done' | 'already' | 'refused' | 'unknown'
  code: string | null
  /** The marketplace's own words. */
  message: string | null
  /** Why, where it was found here and not said by the marketplace. */
  why?: FaultWhy
}

export type ItemQuantity = { item: string; quantity: number }

export type StockReading = {
  unit: string
  items: { item: string; quantity: number; onSale: boolean; sellerCode: string | null }[]
}

/** jaego's codes of carriers and their names; each adapter has its own marketplace's code beside them. */
export const CARRIERS = {
  cj: 'CJ대한통운',
  lotte: '롯데택배',
  hanjin: '한진택배',
  logen: '로젠택배',
  epost: '우체국택배',
  kyungdong: '경동택배',
  daesin: '대신택배',
  ilyang: '일양로지스',
} as const

/** What a channel can do, as data: UI, planner and conformance suite read it. */
export type Capabilities = {
  channel: string
  names: { ko: string; en: string }
  /** What it signs in with, in the order a person is asked for it. */
  credentials: readonly CredentialField[]
  /** What one stock write addresses: one item, or a product with its option rows. */
  writeUnit: 'item' | 'product_with_options'
  acknowledge: { linesPerCall: number } | null
  /**
   * `partial`: some lines of an order may go before others. `bundled`: one call ships everything packed together.
   * `corrects`: a carrier and an invoice that we told can be replaced; absent: the new ones are refused.
   */
  ship: { linesPerCall: number; partial: boolean; bundled: boolean; corrects?: boolean }
  /** The answers a seller can give, by kind of claim; none: told, but answered only at the marketplace. */
  claims: Readonly<Record<ClaimKind, readonly ClaimAnswerKind[]>>
  /** A cancel request has no refusal of its own: shipping the line refuses it. */
  refusingCancelShips: boolean
  /** Whether claims and seller's cancels may take some of a line's units. `alsoSoldOut`: cancelling marks the item sold out. */
  sellerCancel: { byQuantity: boolean; alsoSoldOut: boolean } | null
  /**
   * A unit can be taken off sale with its numbers left readable; ms until that holds, and the calls that look, stop, look,
   * set, look, resume and look take together. Null: it cannot.
   */
  saleStop: { settlesMs: number; callsPerExchange: number } | null
  readBack: boolean
  webhooks: boolean
  /** A buyer may cancel alone before the seller acknowledges; the goods then come back on the marketplace's shelf. */
  restocksOnCancel: 'yes' | 'no' | 'unknown'
  /** Whether an item may be set to 0 (ESM refuses it). */
  zeroAllowed: boolean
  largestQuantity: number
  firstLookbackMs: number
  /** How late an order may appear in the feed, ms: m of the allocation rules until lateness has been measured. */
  feedLatenessMs: number
  /** Longest time a write without an answer may still be applied, ms: Z of the allocation rules. */
  unknownSettlesMs: number
  /** Call budgets as the contract states them, one bucket each; learned from headers where there are any. */
  budgets: readonly Budget[]
  /** Facts of the contract nobody has confirmed; each is a setting or a simulator switch. */
  assumed: readonly string[]
}

/**
 * One of an account's credentials, by the marketplace's name for it. `secret`: not to be seen while it is typed.
 * `one_of`: of these at least one; `may`: works without.
 */
export type CredentialField = { name: string; secret: boolean; needed: 'always' | 'one_of' | 'may' }

/** A token bucket of calls. `purpose` names the calls that draw from it: orders.read, orders.write, stock.write, stock.read. */
export type Budget = { bucket: string; ratePerSecond: number; burst: number }

/** Everything outside an adapter needs. `spend` waits for a call's turn in the connection's budget, or throws ChannelFault. */
export type AdapterDeps = {
  http: HttpPort
  clock: Clock
  spend(bucket: string): Promise<void>
  /** Tells the budget what a response said about it. `remaining` calls now, or a pause during which nothing may be sent. */
  learn(bucket: string, seen: { ratePerSecond?: number; burst?: number; remaining?: number; pauseMs?: number }): void
  tokens: TokenStore
}

/** What a marketplace gives in exchange for credentials: tokens and when they end (epoch ms). Never logged. */
export type Tokens = Readonly<Record<string, string | number>>

/**
 * `begin` comes right before the request leaves, with how long it is waited for: it throws where the renewal has become
 * another's meanwhile, and keeps it ours for so long, since two refreshes at once may end both tokens.
 */
export type AskForTokens = (newest: Tokens | null, begin: (withinMs: number) => Promise<void>) => Promise<Tokens>

/** The connection's tokens: encrypted, shared by all processes, outliving them. */
export type TokenStore = {
  /** The newest kept; null before the first. */
  read(): Promise<Tokens | null>
  /**
   * Runs `ask` in one process at a time with the newest tokens, and keeps its answer before anybody sees it. Whoever
   * finds that `seen` is no longer the newest gets the newest and asks nothing. Throws what `ask` throws.
   */
  renew(seen: Tokens | null, ask: AskForTokens): Promise<Tokens>
}

export type Account = {
  baseUrl: string
  /** Decrypted only here; never logged, never put into an error. */
  credentials: Readonly<Record<string, string>>
  /** Answers to the contract's assumed facts where they differ from the default. */
  settings: Readonly<Record<string, string | number | boolean>>
}

export type OpenAdapter = (account: Account, deps: AdapterDeps) => ChannelAdapter

/** Outside faults: a closed list that says what to do. */
export const CHANNEL_FAULTS = {
  unreachable: { asks: 'retry', applied: 'no', means: 'no connection could be made' },
  unknown: { asks: 'ask', applied: 'maybe', means: 'no answer in time, or a gateway answered for the marketplace' },
  garbled: { asks: 'ask', applied: 'maybe', means: 'an answer that is not what the contract says' },
  rate_limited: { asks: 'pause', applied: 'no', means: 'the marketplace asked us to slow down' },
  quota_exhausted: { asks: 'pause_connection', applied: 'no', means: 'the quota of the whole application is used up' },
  signed_out: { asks: 'park_connection', applied: 'no', means: 'key, signature or token was refused' },
  blocked: { asks: 'park_connection', applied: 'no', means: 'this address or seller is blocked at the marketplace' },
  refused: { asks: 'park', applied: 'no', means: 'the marketplace will never accept this request' },
  not_found: { asks: 'park', applied: 'no', means: 'the marketplace does not know this id' },
} as const

export type ChannelFaultCode = keyof typeof CHANNEL_FAULTS

/**
 * Why, where it was found by us and not said by the marketplace: a code and its numbers, which the page has words for in
 * every language. `what` is a number, an item or a field. `since`: ISO.
 */
export type { FaultWhy }
export const FAULT_REASONS = faultReason.options

export class ChannelFault extends Error {
  readonly code: ChannelFaultCode
  readonly why: FaultWhy | null
  /** How long the marketplace, or our own budget, wants silence; null when nothing says. */
  readonly pauseMs: number | null
  /** What the marketplace or the network wrote, shortened to 300 characters, without credentials; '' for our own findings. */
  readonly said: string

  constructor(
    code: ChannelFaultCode,
    said: string,
    options: { pauseMs?: number | null; cause?: unknown; why?: FaultWhy | null } = {},
  ) {
    const why = options.why ? ` [${Object.values(options.why).join(' ')}]` : ''
    super(`${code}: ${CHANNEL_FAULTS[code].means}${said ? ` (${said.slice(0, 300)})` : ''}${why}`, {
      cause: options.cause,
    })
    this.name = 'ChannelFault'
    this.code = code
    this.why = options.why ?? null
    this.pauseMs = options.pauseMs ?? null
    this.said = said.slice(0, 300)
  }
}
