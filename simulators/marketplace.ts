/**
 * A pretend marketplace: a pure state machine behind a thin HTTP shell (shell.ts).
 *
 * It is written to the marketplace's public contract and shares nothing with the server: no type, no
 * helper, no constant. Time and chance are handed in, so equal seeds and equal requests give equal answers.
 */
export interface Marketplace {
  readonly name: string

  /** One call of the marketplace's public API. `now` is the marketplace's own clock, epoch ms. */
  handle(request: SimRequest, now: number, random: () => number): SimResponse

  /** The shopper's and the seller's doors, used by tests, demos and the control API. Never by a client of the contract. */
  readonly doors: Doors

  /** What buyers and carriers do once something was bought. Absent: nothing of the kind is played here. */
  readonly afterwards?: Afterwards

  /** What it tells by itself, over HTTP, whoever asked to be told. Absent: it tells nobody anything. */
  readonly webhooks?: Webhooks

  /** The faults this machine reads; the shell changes the same object. */
  readonly faults?: Faults

  /** The marketplace's own 5xx, which the shell answers with when it plays a broken server. */
  brokenDown?(now: number): SimResponse
}

export type SimRequest = {
  method: string
  /** As it came over the wire, not decoded: signatures cover these bytes. */
  path: string
  /** Without the question mark; '' when there is none. */
  query: string
  /** Names in lower case. */
  headers: ReadonlyMap<string, string>
  body: Uint8Array
}

export type SimResponse = { status: number; headers: Record<string, string>; body: string | Uint8Array }

export interface Doors {
  /** Puts products on sale, as if the seller had registered them long ago. Answers one row an item, in order. */
  seedProducts(products: readonly SeedProduct[], now: number): SeededItem[]
  /** A shopper buys: takes stock at once and makes a paid order, or finds it sold out and changes nothing. */
  buy(purchase: Purchase, now: number, random: () => number): BuyAnswer
  /** The buyer cancels; completes at once or leaves a request, as the contract says for the line's state. */
  cancel(
    lineKey: string,
    quantity: number | null,
    now: number,
  ): { kind: 'cancelled' | 'requested' | 'too_late' | 'not_found' }
  /** Somebody edits the number at the marketplace by hand. */
  edit(item: string, stock: number, now: number): boolean
  /** The marketplace's own truth, which tests compare with ours. */
  truth(): Truth
  /** Every change of a number, oldest first, from `sinceSeq` on; at most `limit` rows. */
  history(sinceSeq: number, limit: number): StockChange[]
  /** Calls as the marketplace counts them; the shell adds nothing. */
  calls(): CallCount[]
}

/** Doors of buyers and carriers, by line. False: not possible now; a door that is absent never is. */
export interface Afterwards {
  /** The goods have left the seller, so that what the buyer asks for from now on is a return or an exchange. */
  isSent(lineKey: string): boolean
  /** The line's parcel, first or exchanged, is handed to the buyer. Absent: it arrives by the marketplace's own clock. */
  deliver?(lineKey: string, now: number): boolean
  /** The buyer wants another one for what was sent; null = all units. */
  exchange?(lineKey: string, quantity: number | null, now: number): boolean
  /** The buyer lets the line's open claim be. */
  takeBack?(lineKey: string, now: number): boolean
  /** The goods of the line's open return or exchange reach the seller. Absent: the seller says so, nobody else. */
  bringBack?(lineKey: string, now: number): boolean
  /** The marketplace's own record of everything ever claimed, one row a claim and line. */
  claims(): TrueClaim[]
}

/** What there is to tell. Nothing is sent from here: the shell owns the sockets and says how each ended. */
export interface Webhooks {
  /** The number of the newest; 0 before the first. */
  newest(): number
  /** Those with seq > afterSeq, in order, at most `limit`. */
  due(afterSeq: number, limit: number): Delivery[]
  /** What the receiver answered; 0 = no answer; null = under way, and so in no log yet. */
  answered(seq: number, status: number | null): void
}

export type Delivery = {
  /** Counts from 1 without holes; told twice it has the same number twice. */
  seq: number
  at: number
  headers: Record<string, string>
  /** To be sent as it stands. */
  body: string
}

export type TrueClaim = {
  claimId: string
  lineKey: string
  kind: 'cancel' | 'return' | 'exchange'
  quantity: number
  /** void: the buyer keeps his purchase, because the seller said no or he wants it after all. */
  end: 'open' | 'done' | 'void'
}

export type SeedProduct = {
  name: string
  price: number
  /** One entry for a product without options, with optionName ''. */
  options: readonly { optionName: string; sellerCode: string; stock: number; surcharge: number }[]
}

/** unit: what one stock write addresses. item: what a shopper buys. */
export type SeededItem = { unit: string; item: string; sellerCode: string; stock: number }

export type Purchase = { lines: readonly { item: string; quantity: number }[]; buyer: string }

export type BuyAnswer =
  | { kind: 'sold'; orderId: string; lineKeys: string[]; at: number }
  | { kind: 'sold_out'; item: string; stock: number }

export type Truth = {
  items: { unit: string; item: string; sellerCode: string; stock: number; onSale: boolean }[]
  lines: {
    orderId: string
    lineKey: string
    item: string
    sellerCode: string
    quantity: number
    /** Taken out of the order; what left and came back is no cancel. */
    cancelled: number
    state: string
    acknowledged: boolean
    invoice: string
    soldAt: number
  }[]
}

export type StockChange = {
  seq: number
  at: number
  item: string
  from: number
  to: number
  cause: 'seed' | 'write' | 'sale' | 'cancel' | 'edit'
}

export type CallCount = { bucket: string; taken: number; refused: number }

/**
 * Faults, each a chance per call in [0, 1] unless it says otherwise. All off by default. The shell plays the
 * ones of the network, the state machine the ones of the marketplace.
 */
export type Faults = {
  /** Shell: answer after this many ms, uniform. */
  latencyMs: readonly [least: number, most: number]
  /** Shell: the request is lost before the marketplace saw it; the connection hangs until the client gives up. */
  lostRequest: number
  /** Shell: the marketplace acts and the answer never comes. */
  timeoutAfterCommit: number
  /** Shell: 5xx before the marketplace saw the request. */
  serverError: number
  /** Shell: every connection is refused by an immediate close until this epoch ms. */
  outageUntil: number
  /** Machine: a stock write is answered with success and not applied. */
  lostWrite: number
  /** Machine: a stock write is applied only after this many ms (0 = at once), with chance slowApply. */
  slowApply: number
  slowApplyMs: number
  /** Machine: 429 for every call until this epoch ms. */
  rateLimitedUntil: number
  /** Machine: an order is told twice in one answer. */
  duplicateOrder: number
  /** Machine: rows of an order list come in random order where the contract does not promise one. */
  disorder: number
  /** Machine: an order appears in the feed only after this many ms. */
  feedDelayMs: number
  /** Shell: added to the marketplace's clock. */
  clockSkewMs: number
  /** Machine: a number changes by hand: chance per call that some item is set to a random number near its own. */
  humanEdit: number
  /** Shell, chances per webhook: it never leaves, is told twice, waits up to webhookLateMs, is overtaken by the next one. */
  webhookLost: number
  webhookTwice: number
  webhookLate: number
  webhookLateMs: number
  webhookOvertaken: number
}

export const NO_FAULTS: Faults = {
  latencyMs: [0, 0],
  lostRequest: 0,
  timeoutAfterCommit: 0,
  serverError: 0,
  outageUntil: 0,
  lostWrite: 0,
  slowApply: 0,
  slowApplyMs: 0,
  rateLimitedUntil: 0,
  duplicateOrder: 0,
  disorder: 0,
  feedDelayMs: 0,
  clockSkewMs: 0,
  humanEdit: 0,
  webhookLost: 0,
  webhookTwice: 0,
  webhookLate: 0,
  webhookLateMs: 0,
  webhookOvertaken: 0,
}
