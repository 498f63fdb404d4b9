import type { ShipOutcome } from './ship-lines.ts'

/** Why a parcel was not sent, in words, and the field that says what was asked for; null when it was sent. */
export function whyNot(outcome: ShipOutcome): { field: string; detail: string } | null {
  switch (outcome.kind) {
    case 'shipped':
    case 'already':
    case 'corrected':
      return null
    case 'unknown_order':
      return { field: '/order', detail: 'There is no order of this id or number.' }
    case 'twice':
      return { field: '/order', detail: 'This order is in another row under its other name. Send it on its own.' }
    case 'unknown_line':
      return { field: '/lines', detail: `The order has no line ${outcome.lineNo}.` }
    case 'cancelled':
      return { field: '/order', detail: `Line ${outcome.lineNo} is cancelled; nothing of it may leave.` }
    case 'not_paid':
      return { field: '/order', detail: `Line ${outcome.lineNo} is not paid.` }
    case 'unmapped':
      return { field: '/order', detail: `Nobody has said yet which goods line ${outcome.lineNo} means.` }
    case 'claimed':
      return { field: '/order', detail: `The buyer wants line ${outcome.lineNo} back; answer the claim first.` }
    case 'on_hold':
      return { field: '/order', detail: 'The order is on hold.' }
    case 'too_many':
      return { field: '/lines', detail: leftToSend(outcome) }
    case 'not_partial':
      return { field: '/lines', detail: `The marketplace takes all of lines ${outcome.lineNos.join(', ')} at once.` }
    case 'short':
      return { field: '/order', detail: missingWords(outcome.missing) }
    case 'other_parcel':
      return { field: '/invoice', detail: leftWords(outcome) }
  }
}

const leftToSend = ({ lineNo, open }: { lineNo: number; open: number }): string =>
  open === 0 ? `Nothing of line ${lineNo} is left to send.` : `Only ${open} of line ${lineNo} are left to send.`

const missingWords = (missing: readonly { lineNo: number; missing: number }[]): string =>
  `Goods are missing: ${missing.map((part) => `${part.missing} of line ${part.lineNo}`).join(', ')}.`

const leftWords = ({ carrier, invoice }: { carrier: string; invoice: string }): string =>
  invoice === ''
    ? 'Everything has left already, without a parcel.'
    : `Everything has left already, as ${carrier} ${invoice}, and that cannot be changed any more.`

/** The kind of problem a refused parcel is. */
export function kindOf(outcome: ShipOutcome): 'invalid-request' | 'not-found' | 'out-of-stock' | 'wrong-state' {
  switch (outcome.kind) {
    case 'unknown_order':
      return 'not-found'
    case 'twice':
    case 'unknown_line':
      return 'invalid-request'
    case 'short':
      return 'out-of-stock'
    default:
      return 'wrong-state'
  }
}
