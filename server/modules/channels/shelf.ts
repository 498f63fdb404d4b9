import type { Tx } from '../../kernel/db.ts'
import type { TakenBack } from '../orders/index.ts'
import { observedSale } from './allocation/demand.ts'
import { recordedInExchange } from './allocation/exchange.ts'
import { recorded } from './allocation/rights.ts'
import type { Connection } from './connection.ts'
import { readConnection } from './connections.ts'
import type { ChannelDeps } from './deps.ts'
import { type JournalEntry, note } from './journal.ts'
import { clockErrorOf, clocked, type Listing, soldOnChannel, upToDate } from './listing.ts'
import { listingsById, updateListings } from './listing-queries.ts'
import { lockWithStock } from './locked.ts'
import { movePromises } from './promises.ts'
import { type WantedWork, wantRead, wantWork } from './unit-queries.ts'
import { lazyReadMs, URGENCY } from './urgency.ts'

/** What left a marketplace's shelf, or may be on it again. `at`: the marketplace's time, epoch ms. */
export type Move = { listing: Listing; quantity: number; at: number; kind: 'sold' | 'restocked' }

/** Tells the listings' rights, in the ledger's transaction, what was sold or came back to the marketplace's shelf. */
export async function moveRights(tx: Tx, connection: Connection, moves: readonly Move[]): Promise<void> {
  const { company, connectionId } = connection
  const ids = new Map(moves.map(({ listing }) => [listing.listingId, listing]))
  const { listings: locked, variants } = await lockWithStock(tx, [...ids.values()])
  // Read under the locks: a change of policy holds them, too.
  const { policy, policySettings } = (await readConnection(tx, company, connectionId))!
  const now = await tx.now()
  const journal: JournalEntry[] = []
  const changes = locked.map((before) => {
    let after = upToDate(before, { ...connection, policy, policySettings })
    for (const { quantity, at, kind, listing } of moves) {
      if (listing.listingId !== before.listingId) continue
      const signed = kind === 'sold' ? quantity : -quantity
      // A cancel's own time is not told everywhere: 11번가 stamps its line with what came before it. Until now it may have come.
      const latest = kind === 'sold' ? at : Math.max(at, now)
      const believed = soldOnChannel(after, signed, at, clockErrorOf(connection))
      const demand = kind === 'sold' ? observedSale(after.demand, quantity, at) : after.demand
      after = { ...believed, demand, ...(policy === 'rights' ? accountWith(after, latest, signed, connection) : {}) }
      const lag = kind === 'sold' ? { lagMs: Math.max(0, now - at) } : {}
      journal.push({ company, listingId: before.listingId, kind, value: quantity, ...lag })
    }
    return { before, after: clocked(after, now) }
  })
  movePromises(tx, { policy }, changes, variants)
  updateListings(
    tx,
    changes.map(({ after }) => after),
  )
  note(tx, journal)
  // A set that overtook a sale may have put the unit back on the shelf; what a read overtook only wants certainty.
  const reads = changes.flatMap(({ before, after: { unit, raced, racedSince, unexplained } }): WantedWork[] => {
    if (raced > before.raced) return [{ company, connectionId, unit, readInMs: 0 }]
    if (racedSince <= before.racedSince || unexplained !== 0) return []
    return [{ company, connectionId, unit, readInMs: lazyReadMs(connection), readUrgency: URGENCY.spare }]
  })
  wantWork(tx, reads, 0)
}

/** The sale counts once, in the account the listing has: an exchange under way takes it as it comes. */
function accountWith({ rights, exchange }: Listing, at: number, quantity: number, connection: Connection) {
  if (exchange === null) return { rights: recorded(rights, at, quantity) }
  return { exchange: recordedInExchange(exchange, at, quantity, clockErrorOf(connection)) }
}

/**
 * Units of these lines are the marketplace's to sell again, or may be: whether it puts them back on its shelf is not
 * documented anywhere. They join their listings' rights until a read, wanted at once, says otherwise.
 */
export async function backOnShelf(
  deps: ChannelDeps,
  tx: Tx,
  connection: Connection,
  back: readonly TakenBack[],
): Promise<void> {
  if (deps.marketplaces[connection.channel] === undefined || connection.settings.restocksOnCancel === 'no') return
  const { company, connectionId } = connection
  const ids = back.flatMap(({ line }) => line.listingId ?? [])
  const listings = new Map((await listingsById(tx, company, ids)).map((listing) => [listing.listingId, listing]))
  const moves = back.flatMap(({ line, units, at }): Move[] => {
    const listing = listings.get(line.listingId ?? '')
    return listing?.connectionId === connectionId ? [{ listing, quantity: units, at, kind: 'restocked' }] : []
  })
  if (moves.length === 0) return
  await moveRights(tx, connection, moves)
  wantRead(
    tx,
    moves.map(({ listing: { unit } }) => ({ company, connectionId, unit })),
    0,
  )
}
