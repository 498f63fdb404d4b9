import type { Tx } from '../../kernel/db.ts'
import { isExact, unknownExchange } from './account.ts'
import { ChangedMeanwhile } from './again.ts'
import { neverSeen } from './allocation/rights.ts'
import type { Connection } from './connection.ts'
import * as sql from './connection-queries.ts'
import { listingsOfConnection, updateListings } from './listing-queries.ts'
import { lockWithStock } from './locked.ts'
import { markConnection } from './markers.ts'
import { movePromises } from './promises.ts'
import { wantRead } from './unit-queries.ts'

/**
 * Changes what a connection's listings show by. Leaving rights, they promise nothing any more; coming to rights,
 * nothing is known of them until each was read and collected past, since plain policies keep no account of what they
 * sent. Another protocol is taken up by each listing with nothing of the old one in flight, by the read asked for here.
 * Throws ChangedMeanwhile when a listing came before the connection was ours, since that one is not locked.
 */
export async function setPolicy(
  tx: Tx,
  company: string,
  connectionId: string,
  to: Pick<Connection, 'policy' | 'policySettings'>,
): Promise<void> {
  const rows = await listingsOfConnection(tx, company, connectionId)
  const { listings: locked, variants } = await lockWithStock(tx, rows)
  const connection = await sql.lockConnection(tx, company, connectionId)
  if (!connection) return
  if ((await listingsOfConnection(tx, company, connectionId)).length !== rows.length) {
    throw new ChangedMeanwhile('a listing came meanwhile')
  }
  sql.setPolicy(tx, company, connectionId, to)
  markConnection(tx, company, connectionId)
  if ((connection.policy === 'rights') === (to.policy === 'rights')) {
    if (isExact(connection) !== isExact(to)) readAll()
    return
  }

  movePromises(
    tx,
    connection,
    locked.map((before) => ({ before, after: null })),
    variants,
  )
  const now = await tx.now()
  updateListings(
    tx,
    locked.map((listing) => ({
      ...listing,
      rights: neverSeen(now),
      exchange: unknownExchange(listing),
      lowering: false,
    })),
  )
  if (to.policy === 'rights') readAll()

  function readAll(): void {
    wantRead(
      tx,
      locked.map(({ unit }) => ({ company, connectionId, unit })),
      0,
    )
  }
}
