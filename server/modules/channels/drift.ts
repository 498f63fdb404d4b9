import type { Tx } from '../../kernel/db.ts'
import type { Connection } from './connection.ts'
import * as sql from './drift-queries.ts'
import type { Listing } from './listing.ts'
import { markVariants } from './markers.ts'
import { releaseParked } from './unit-queries.ts'

/** The fault of a listing that is left as somebody edited it, until a person decides. */
export const EDITED = 'edited'

/** Whether what people edit at the marketplace is only told, and left as it is: the connection's setting `drift`. */
const isOnlyReported = ({ settings }: Pick<Connection, 'settings'>): boolean => settings.drift === 'report'

/** The last write was accepted and has never been seen: what differs from it is its own failure, not somebody's edit. */
export const isUnproven = ({ acceptedAt, observedAt }: Pick<Listing, 'acceptedAt' | 'observedAt'>): boolean =>
  acceptedAt !== null && (observedAt === null || observedAt < acceptedAt)

/** Nothing may be written over a number that somebody may have edited, where that is only to be told. */
export const isLeftAlone = (before: Listing, after: Listing, connection: Connection): boolean =>
  isOnlyReported(connection) && after.unexplained !== 0 && !isUnproven(before)

/** Reads that met another number than we believed in; whether orders explain it, the next collection tells. */
export function meetDrifts(
  tx: Tx,
  connection: Connection,
  met: readonly { before: Listing; showed: number; readAt: number }[],
): void {
  sql.meetDrifts(
    tx,
    met.map(({ before, showed, readAt }) => {
      const { company, connectionId, listingId } = before
      const cause = isUnproven(before) ? ('not_applied' as const) : ('edited' as const)
      const action = cause === 'edited' && isOnlyReported(connection) ? ('report' as const) : ('repair' as const)
      const goesOn = before.unexplained !== 0
      return { company, connectionId, listingId, believed: before.shown!, showed, cause, action, readAt, goesOn }
    }),
  )
}

/**
 * A collection has gone past the reads: what is unexplained is drift. Answers the listings that are left as they are, and
 * those somebody edited.
 */
export async function confirmDrifts(
  tx: Tx,
  company: string,
  drifted: readonly Listing[],
): Promise<{ left: Set<string>; edited: Set<string> }> {
  if (drifted.length === 0) return { left: new Set(), edited: new Set() }
  const units = drifted.map(({ listingId, unexplained }) => ({ listingId, units: -unexplained }))
  const confirmed = await sql.confirmDrifts(tx, company, units)
  return {
    left: new Set(confirmed.flatMap(({ listing_id, action }) => (action === 'report' ? [listing_id] : []))),
    edited: new Set(confirmed.flatMap(({ listing_id, cause }) => (cause === 'edited' ? [listing_id] : []))),
  }
}

/** Our number was accepted. Only listings somebody met drift on are looked up. */
export function repairDrifts(tx: Tx, company: string, accepted: readonly Listing[]): void {
  const drifted = accepted.filter((listing) => listing.drifted > 0 || listing.unexplained !== 0)
  sql.repairedDrifts(
    tx,
    company,
    drifted.map(({ listingId }) => listingId),
  )
}

/**
 * A person has looked: what was parked, or left as somebody edited it, is jaego's again. One listing's, or with null
 * all of the connection's.
 */
export async function releaseListings(
  tx: Tx,
  company: string,
  connectionId: string,
  listing: Pick<Listing, 'listingId' | 'unit'> | null,
): Promise<void> {
  const released = await sql.releaseEdited(tx, company, connectionId, listing?.listingId ?? null)
  markVariants(
    tx,
    released.filter(({ variantId }) => variantId !== null),
  )
  releaseParked(tx, company, connectionId, listing?.unit ?? null)
}
