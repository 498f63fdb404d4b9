import type { FaultWhy } from '../../../contract/faults.ts'
import type { Tx } from '../../kernel/db.ts'
import * as sql from './telling-queries.ts'

export { shipmentsToTell } from './ship-lines.ts'

/**
 * Lines of parcels on their way to be known at a marketplace. pending: to be told. unknown: asked, and no answer was
 * understood (so it is while the question is under way). told: the marketplace shows our parcel. refused: it does not
 * want it; not repeated until a person changes something.
 */
export type Telling = {
  shipmentId: string
  orderId: string
  lineNo: number
  carrier: string
  invoice: string
  /** Epoch ms. */
  shippedAt: number
  /** Asked to be shown before the parcel was corrected, newest first: the marketplace may show one of them. */
  replaces: Label[]
  acknowledgeFirst: boolean
  /** This one counted. */
  attempt: number
}

/** What stands on a parcel: the carrier, by jaego's code, and the invoice. */
export type Label = { carrier: string; invoice: string }

type At = { company: string; connectionId: string }

/** An answer nobody understood is asked for again so often; then a person must look. */
export const ATTEMPTS_MAX = 6

/**
 * Takes due lines of a connection for this worker, oldest first, at most `most`; others skip them for `leaseMs`, and for
 * as long as they are held. The attempt is counted, and the line is unknown, before anybody is asked.
 */
export const claimTellings = (
  tx: Tx,
  at: At,
  lease: string,
  { most, leaseMs }: { most: number; leaseMs: number },
): Promise<Telling[]> => sql.claimTellings(tx, at.company, at.connectionId, lease, most, ATTEMPTS_MAX, leaseMs)

/** For `leaseMs` from now. False where none of them is under this lease any more. */
export const holdTellings = (
  tx: Tx,
  company: string,
  lease: string,
  tellings: readonly Pick<Telling, 'shipmentId' | 'lineNo'>[],
  leaseMs: number,
): Promise<boolean> => sql.holdTellings(tx, company, lease, tellings, leaseMs)

export type TellingEnd =
  | { kind: 'told' }
  | ({ kind: 'refused' } & TellingWords)
  /** Asked again after `againInMs`, at most ATTEMPTS_MAX times in all. */
  | ({ kind: 'unknown'; againInMs: number } & TellingWords)
  /** Nobody was asked: the attempt does not count. */
  | ({ kind: 'pending'; againInMs: number } & TellingWords)

/** `said`: the marketplace's or the network's own words, verbatim. `why`: what we found ourselves. */
type TellingWords = { code: string | null; said: string | null; why: FaultWhy | null }

export type TellingResult = { telling: Pick<Telling, 'shipmentId' | 'lineNo' | 'attempt'>; end: TellingEnd }

/**
 * Ends claims; what is no longer under this lease was settled by somebody else and stays as it is. A parcel corrected
 * while it was asked about is to be told anew.
 */
export function settleTellings(tx: Tx, company: string, lease: string, results: readonly TellingResult[]): void {
  if (results.length > 0) sql.settleTellings(tx, company, lease, results.map(rowOf))
}

function rowOf({ telling, end }: TellingResult): sql.Settled {
  const at = { shipmentId: telling.shipmentId, lineNo: telling.lineNo, telling: end.kind }
  switch (end.kind) {
    case 'told':
      return { ...at, againInMs: null, code: null, said: null, why: null, counts: true }
    case 'refused':
      return { ...at, ...wordsOf(end), againInMs: null, counts: true }
    case 'unknown':
      return {
        ...{ ...at, ...wordsOf(end) },
        againInMs: telling.attempt < ATTEMPTS_MAX ? end.againInMs : null,
        counts: true,
      }
    case 'pending':
      return { ...at, ...wordsOf(end), againInMs: end.againInMs, counts: false }
  }
}

const wordsOf = ({ code, said, why }: TellingWords): TellingWords => ({ code, said, why })

/** A line the marketplace shows as sent, under this number. */
export type SeenParcel = { orderId: string; lineNo: number; invoice: string }

/**
 * What a collection shows decides what no answer told: under our number the line is told. Under another one, seen
 * after we asked, it is refused, and people see which. Lines nobody has asked about stay to be told: the asking finds
 * out the same. Under a number that ours replaces nothing is decided: it is not replaced yet, or not for this look.
 * `seenAt`: epoch ms of the database, before the first request of the collection.
 */
export async function heedSeenParcels(
  tx: Tx,
  company: string,
  seen: readonly SeenParcel[],
  seenAt: number,
): Promise<void> {
  if (seen.length === 0) return
  const numbers = new Map(seen.map((line) => [`${line.orderId}/${line.lineNo}`, line.invoice]))
  const asked = (await sql.askedTellings(tx, company, seen)).map((line) => {
    const shown = numbers.get(`${line.orderId}/${line.lineNo}`)!
    const shows = ({ invoice }: { invoice: string }) => plainNumber(shown) === plainNumber(invoice)
    return { ...line, shown, isOurs: shows(line), isReplaced: line.replaces.some(shows) }
  })
  const decided = asked.filter(({ isOurs, isReplaced, askedAt }) => {
    return !isReplaced && (isOurs || askedAt.getTime() < seenAt)
  })
  sql.markSeen(
    tx,
    company,
    decided.map(({ shipmentId, lineNo, isOurs, shown }) => ({
      ...{ shipmentId, lineNo },
      telling: isOurs ? ('told' as const) : ('refused' as const),
      why: isOurs ? null : { reason: 'other_invoice' as const, what: shown },
    })),
  )
}

/** Some marketplaces show a number without its dashes, or in capitals. */
const plainNumber = (invoice: string): string => invoice.replaceAll(/[^0-9A-Za-z]/g, '').toUpperCase()
