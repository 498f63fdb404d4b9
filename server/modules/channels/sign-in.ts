import { createHash, timingSafeEqual } from 'node:crypto'
import type { Tx } from '../../kernel/db.ts'
import type { Secrets } from '../../kernel/secrets.ts'
import { sealPlace } from './connection.ts'
import * as sql from './sign-in-queries.ts'
import { connected, hinted } from './topics.ts'

/**
 * New credentials for an account that must sign in again. The connection is tried with them at once, and stands parked
 * until that has worked. False where there is no such connection.
 */
export async function setCredentials(
  tx: Tx,
  secrets: Secrets,
  at: { company: string; connectionId: string },
  credentials: Readonly<Record<string, string>>,
): Promise<boolean> {
  const known = await sql.findSealed(tx, at.connectionId)
  if (!known) return false
  const sealed = secrets.seal(sealPlace(at.company, at.connectionId), JSON.stringify(credentials))
  sql.setCredentials(tx, at.company, at.connectionId, sealed)
  tx.announce(connected, '', null)
  tx.announce(hinted, '', null)
  return true
}

/**
 * A marketplace says that something has happened at a connection of one of the transaction's companies: its orders are
 * collected at once. Nothing else is believed, since the key is all that vouches for a webhook. False without the key.
 */
export async function takeHint(
  tx: Tx,
  secrets: Secrets,
  hint: { channel: string; connectionId: string; key: string },
): Promise<boolean> {
  const known = await sql.findSealed(tx, hint.connectionId)
  if (!known || known.channel !== hint.channel) return false
  const place = sealPlace(known.company, hint.connectionId)
  const { webhookKey = '' } = JSON.parse(secrets.open(place, known.sealed)) as Record<string, string>
  if (webhookKey === '' || !isSameKey(webhookKey, hint.key)) return false
  sql.hastenCollection(tx, known.company, hint.connectionId)
  tx.announce(hinted, '', null)
  return true
}

/** How long it takes says nothing of how much of it was right, not even of its length. */
const isSameKey = (wanted: string, given: string): boolean => timingSafeEqual(hashOf(wanted), hashOf(given))

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest()
