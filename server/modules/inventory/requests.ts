/**
 * What can be asked of stock, and what can come of it. Expected outcomes are values.
 *
 * `source` and `ref` are the caller's own name for the cause, unique in a company: asking twice under the same
 * name does it once. Quantities are whole units.
 */
type Named = { company: string; source: string; ref: string; actor: string }

export type ReserveRequest = Named & {
  verb: 'reserve'
  /** The id the reservation gets; the order's own, so that one look-up finds both. */
  reservationId: string
  /**
   * `refuse`: every line or nothing. `record`: paid elsewhere; takes what there is and records the rest as
   * shortages. `await`: the same for goods that are owed and were not sold, so that nothing counts as sold twice.
   */
  whenShort: 'refuse' | 'record' | 'await'
  /** Held until this many ms from now (checkout), or null: firm (paid). */
  holdForMs: number | null
  /** Own sales leave alone what channels may still sell; a channel's order draws on that channel's rights. */
  drawsOn: 'free' | 'rights'
  lines: readonly RequestLine[]
  /** Another hold of the same cart that this one takes the place of, in the same decision. */
  replaces: string | null
  /** Epoch ms; the latest ship-by is displaced first. */
  shipBy: number | null
}

export type RequestLine = {
  /** The caller's line number; lines of one variant are summed before anything is checked. */
  lineNo: number
  variantId: string
  quantity: number
  /** Candidates, best first, at most MAX_CANDIDATES. */
  warehouses: readonly string[]
  /** How many units beyond available are welcome, with a promised date. */
  margin: number
}

export const MAX_CANDIDATES = 4

/** So many units of one variant of one line: a set's line holds several variants. */
export type LinePart = { lineNo: number; variantId: string; quantity: number }

/** held → firm. After expiry the stock is taken again, or `short` says what is gone. */
export type SettleRequest = Named & { verb: 'settle' }
/** Gives back; without `lines`, everything. Line quantities are what to give back now. */
export type ReleaseRequest = Named & {
  verb: 'release'
  lines: readonly LinePart[] | null
  /** With `lines`: the caller's own name for this partial release, so that a repeat does nothing. */
  once: string | null
}
/** Gives back a hold whose time is over; `not_due` otherwise. */
export type ExpireRequest = Named & { verb: 'expire' }
/** Moves a hold's expiry to `holdForMs` from now, once: payment has started. */
export type ExtendRequest = Named & { verb: 'extend'; holdForMs: number }
/** firm → out, from the warehouses the reservation names; without `lines`, everything. */
export type ShipRequest = Named & {
  verb: 'ship'
  lines: readonly LinePart[] | null
  once: string | null
}
/** Goods in: bought (`receive`) or returned and inspected (`restock`). */
export type ReceiveRequest = Named & {
  verb: 'receive' | 'restock'
  lines: readonly { variantId: string; warehouseId: string; quantity: number; reason: string; note: string | null }[]
}
/** To an absolute count, which includes reserved goods not yet shipped. */
export type AdjustRequest = Named & {
  verb: 'adjust'
  lines: readonly {
    variantId: string
    warehouseId: string
    /** What was counted, or null with `delta` for a write-off of so many. */
    counted: number | null
    delta: number | null
    /** The on_hand the counter saw; another on_hand now makes the whole request `stale`. Null: whatever it is. */
    saw: number | null
    reason: string
    note: string | null
  }[]
}

export type StockRequest =
  | ReserveRequest
  | SettleRequest
  | ReleaseRequest
  | ExpireRequest
  | ExtendRequest
  | ShipRequest
  | ReceiveRequest
  | AdjustRequest

export type Missing = { lineNo: number; variantId: string; missing: number }
export type Displaced = { reservationId: string; source: string; ref: string; state: 'held' | 'firm'; quantity: number }

export type StockOutcome =
  | { kind: 'held'; reservationId: string; expiresAt: number }
  | { kind: 'firm'; reservationId: string; short: Missing[] }
  | { kind: 'already'; reservationId: string | null; state: ReservationState | null }
  /** Nothing was written. */
  | { kind: 'short'; missing: Missing[] }
  /** The reference is known with other content; nothing was written. */
  | { kind: 'conflict' }
  | { kind: 'settled'; reservationId: string }
  | { kind: 'released'; reservationId: string; units: number }
  | { kind: 'expired'; reservationId: string }
  | { kind: 'extended'; reservationId: string; expiresAt: number }
  | { kind: 'not_due' }
  | { kind: 'shipped'; reservationId: string }
  /** A line asks for more than is reserved firm; nothing was written. */
  | { kind: 'not_reserved'; missing: Missing[] }
  | { kind: 'received' }
  | { kind: 'adjusted'; displaced: Displaced[] }
  | { kind: 'stale'; lines: { variantId: string; warehouseId: string; onHand: number }[] }
  /** An absolute number, or a number after the change, that cannot be: below 0. */
  | { kind: 'impossible'; lines: { variantId: string; warehouseId: string; onHand: number }[] }
  | { kind: 'not_found' }

export type ReservationState = 'held' | 'firm' | 'released' | 'expired' | 'shipped'

/** What two requests of one reference must share to be the same request; the order of their lines is not part of it. */
export function fingerprintOf(request: StockRequest): string {
  switch (request.verb) {
    case 'reserve':
      return inAnyOrder(request.lines.map((l) => `${l.lineNo}*${l.variantId}*${l.quantity}`))
    case 'receive':
    case 'restock':
      return `${request.verb};${inAnyOrder(request.lines.map((l) => `${l.variantId}*${l.warehouseId}*${l.quantity}`))}`
    case 'adjust':
      // Two counts of one level in one request: the later one holds.
      return `adjust;${request.lines.map((l) => `${l.variantId}*${l.warehouseId}*${l.counted}*${l.delta}`).join(';')}`
    case 'release':
    case 'ship': {
      const parts = (request.lines ?? []).map((l) => `${l.lineNo}*${l.variantId}*${l.quantity}`)
      return `${request.verb};${request.once};${inAnyOrder(parts)}`
    }
    case 'settle':
    case 'expire':
    case 'extend':
      return request.verb
  }
}

const inAnyOrder = (lines: readonly string[]): string => (lines.length === 1 ? lines[0]! : [...lines].sort().join(';'))
