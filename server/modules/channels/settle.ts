import type { Tx } from '../../kernel/db.ts'
import { lockAvailability } from '../inventory/index.ts'
import type { Connection } from './connection.ts'
import { note } from './journal.ts'
import { clockErrorOf, type Listing, upToDate } from './listing.ts'
import { lockListings, settlingListings, updateListings } from './listing-queries.ts'
import { markVariants } from './markers.ts'
import { movePromises } from './promises.ts'
import { scopeOf } from './scope.ts'

/**
 * A collection is complete and all it brought is recorded: rights whose writes and reads lie behind it are worked out,
 * what they no longer promise becomes free, and a read that no order explains is drift.
 *
 * `connection.collectedUpTo` is the new mark.
 */
export async function settleListings(tx: Tx, connection: Connection): Promise<void> {
  const { company, connectionId } = connection
  const settling = await settlingListings(tx, company, connectionId)
  if (settling.length === 0) return
  const at = settling.flatMap((listing) => (listing.variantId ? [{ company, variantId: listing.variantId }] : []))
  const { variants, components } = await scopeOf(tx, at)
  const stock = new Map((await lockAvailability(tx, components)).map((row) => [row.variantId, row]))
  const changes = (await lockListings(tx, settling)).map((before) => {
    const current = upToDate(before, connection)
    return { before, after: explained(current, connection) }
  })
  const changed = changes.filter(({ before, after }) => before !== after)
  movePromises(tx, changed, variants, new Map([[connectionId, connection]]), stock)
  updateListings(
    tx,
    changed.map(({ after }) => after),
  )
  note(
    tx,
    changed.flatMap(({ before, after: { listingId, drifted, observed } }) =>
      drifted > before.drifted
        ? [
            {
              company,
              listingId,
              kind: 'drift' as const,
              value: observed,
              detail: `${-before.unexplained} unexplained`,
            },
          ]
        : [],
    ),
  )
  markVariants(
    tx,
    changed.flatMap(({ after: { variantId } }) => (variantId ? [{ company, variantId }] : [])),
  )
}

function explained(listing: Listing, connection: Connection): Listing {
  const isPast =
    listing.observedAt !== null && listing.observedAt + clockErrorOf(connection) <= connection.collectedUpTo
  if (listing.unexplained === 0 || !isPast) return listing
  return { ...listing, unexplained: 0, drifted: listing.drifted + 1 }
}
