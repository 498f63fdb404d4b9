import type { Tx } from '../../kernel/db.ts'
import type { Secrets } from '../../kernel/secrets.ts'
import { type Connection, type NewConnection, sealPlace } from './connection.ts'
import * as sql from './connection-queries.ts'
import { releaseListings } from './drift.ts'
import { markConnection } from './markers.ts'
import { connected } from './topics.ts'

/** Connects an account; its credentials are sealed before they reach the database. Answers its id. */
export async function createConnection(tx: Tx, secrets: Secrets, connection: NewConnection): Promise<string> {
  const connectionId = tx.newId()
  const place = sealPlace(connection.company, connectionId)
  const sealed = secrets.seal(place, JSON.stringify(connection.credentials))
  sql.insertConnection(tx, { ...connection, connectionId, sealed })
  sql.insertBudgets(tx, connection.company, connectionId, connection.budgets)
  tx.announce(connected, '', null)
  return connectionId
}

/** All connections of the transaction's companies, oldest first; at most 1,000. */
export const readConnections = (tx: Tx): Promise<Connection[]> => sql.readConnections(tx)

export const readConnection = (tx: Tx, company: string, connectionId: string): Promise<Connection | null> =>
  sql.readConnection(tx, company, connectionId)

/**
 * Pauses or resumes pushing; collecting orders goes on. What was not written meanwhile is looked at again, and whoever
 * resumes has looked: what was parked is tried again.
 */
export async function setPaused(tx: Tx, company: string, connectionId: string, paused: boolean): Promise<void> {
  sql.setPaused(tx, company, connectionId, paused)
  if (!paused) await releaseListings(tx, company, connectionId, null)
  markConnection(tx, company, connectionId)
}

/** observe → push, or back. */
export async function setMode(tx: Tx, company: string, connectionId: string, mode: 'observe' | 'push'): Promise<void> {
  sql.setMode(tx, company, connectionId, mode)
  if (mode === 'push') await releaseListings(tx, company, connectionId, null)
  markConnection(tx, company, connectionId)
}

/** What becomes of numbers that people edit at the marketplace; with `repair` those left so far are put right, too. */
export async function setDrift(
  tx: Tx,
  company: string,
  connectionId: string,
  drift: 'repair' | 'report',
): Promise<void> {
  sql.setDrift(tx, company, connectionId, drift)
  if (drift === 'repair') await releaseListings(tx, company, connectionId, null)
  tx.announce(connected, '', null)
}

/** Nobody talks to the marketplace any more; orders and listings stay. */
export function disconnect(tx: Tx, company: string, connectionId: string): void {
  sql.disconnect(tx, company, connectionId)
  tx.announce(connected, '', null)
}
