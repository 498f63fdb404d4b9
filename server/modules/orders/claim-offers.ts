import type { Tx } from '../../kernel/db.ts'
import type { ClaimAnswerKind, ClaimKind } from './claim-states.ts'

/** What whoever took the order lets the seller say to claims. */
export type ClaimOffers = {
  answers: Readonly<Record<ClaimKind, readonly ClaimAnswerKind[]>>
  /** A cancel is refused by the parcel that goes out. */
  refusingCancelShips: boolean
  /** Null: the seller cannot cancel there. */
  sellerCancel: { byQuantity: boolean } | null
  carriers: readonly string[]
}

/** Of a connection; null when nothing can be said there at all. Given by compose: orders know no marketplace. */
export type OffersOf = (tx: Tx, company: string, connectionId: string) => Promise<ClaimOffers | null>

/** Of our own orders: nobody else has a say, and a cancel is done when it is opened. */
export const OWN_ANSWERS: ClaimOffers['answers'] = {
  cancel: [],
  return: ['refuse', 'receive'],
  exchange: ['refuse', 'receive', 'resend'],
}

/** Why a claim was not opened, answered or inspected; nothing was written. Pointers name fields of the request. */
export type ClaimRefusal = {
  kind: 'not-found' | 'wrong-state' | 'not-offered' | 'more-than-claimed' | 'invalid-request'
  detail: string
  errors?: readonly { pointer: string; detail: string }[]
}

export const refused = (kind: ClaimRefusal['kind'], detail: string, pointer?: string): ClaimRefusal =>
  pointer === undefined ? { kind, detail } : { kind, detail, errors: [{ pointer, detail }] }
