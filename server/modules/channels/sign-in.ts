import { createHash, timingSafeEqual } from 'node:crypto'
import type { Tx } from '../../kernel/db.ts'
import type { Secrets } from '../../kernel/secrets.ts'
import type { CredentialField } from './adapter.ts'
import { sealPlace } from './connection.ts'
import * as sql from './sign-in-queries.ts'
import { connected, hinted } from './topics.ts'

type Credentials = Readonly<Record<string, string>>

/** What the connection signs in with now; null where nobody talks to it. Not to be answered, logged or kept. */
export async function openCredentials(
  tx: Tx,
  secrets: Secrets,
  { company, connectionId }: { company: string; connectionId: string },
): Promise<Credentials | null> {
  const known = await sql.findSealed(tx, connectionId)
  return known && (JSON.parse(secrets.open(sealPlace(company, connectionId), known.sealed)) as Credentials)
}

/**
 * New credentials for an account that must sign in again. The connection is tried with them at once, and one that was
 * parked stands so until that has worked.
 */
export function setCredentials(
  tx: Tx,
  secrets: Secrets,
  at: { company: string; connectionId: string },
  credentials: Credentials,
): void {
  const sealed = secrets.seal(sealPlace(at.company, at.connectionId), JSON.stringify(credentials))
  sql.setCredentials(tx, at.company, at.connectionId, sealed)
  tx.announce(connected, '', null)
  tx.announce(hinted, '', null)
}

/** What is wrong with credentials before a marketplace has seen them: names nobody knows, and what is missing. */
export function wrongCredentials(
  fields: readonly CredentialField[],
  given: Credentials,
): { name: string; is: 'unknown' | 'missing' }[] {
  const names = new Set(fields.map(({ name }) => name))
  const has = ({ name }: CredentialField) => given[name] !== undefined
  const choice = fields.filter(({ needed }) => needed === 'one_of')
  const missing = [
    ...fields.filter((field) => field.needed === 'always' && !has(field)),
    ...(choice.some(has) ? [] : choice),
  ]
  return [
    ...Object.keys(given).flatMap((name) => (names.has(name) ? [] : [{ name, is: 'unknown' as const }])),
    ...missing.map(({ name }) => ({ name, is: 'missing' as const })),
  ]
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
