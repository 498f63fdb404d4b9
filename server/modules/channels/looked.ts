import type { Tx } from '../../kernel/db.ts'
import type { Secrets } from '../../kernel/secrets.ts'
import { type Connection, sealPlace } from './connection.ts'
import { readConnection, setMode } from './connections.ts'
import { hasDriftedSince } from './drift-queries.ts'

/** As long as a person may think about what was shown before it is another picture. */
const LOOK_HOLDS_MS = 10 * 60_000

/** What was shown to somebody, sealed to its connection, so that only who was shown it can say so. `at`: database time. */
type Look = { at: number; chosen: string }

/** Proof that what would be sent was told, to be repeated by whoever starts to send it. */
export function lookOf(secrets: Secrets, connection: Connection, at: number): { seen: string; seenUntil: string } {
  const look: Look = { at, chosen: chosenOf(connection) }
  return {
    seen: secrets.seal(placeOf(connection), JSON.stringify(look)).toString('base64url'),
    seenUntil: new Date(at + LOOK_HOLDS_MS).toISOString(),
  }
}

/** no_look: nothing was shown, or not of this connection. old: too long ago. changed: something is not as it was shown. */
export type PushStart = 'pushing' | 'unknown' | 'no_look' | 'old' | 'changed'

/**
 * observe → push, for who has seen what would be sent and what had drifted. What is refused changes nothing, and wants
 * another look. A connection that pushes already stays as it is, look or no look.
 */
export async function startPushing(
  tx: Tx,
  secrets: Secrets,
  { company, connectionId }: { company: string; connectionId: string },
  seen: string | null,
): Promise<PushStart> {
  const connection = await readConnection(tx, company, connectionId)
  if (!connection) return 'unknown'
  if (connection.mode === 'push') return 'pushing'
  const look = seen === null ? null : opened(secrets, connection, seen)
  if (look === null) return 'no_look'
  if ((await tx.now()) > look.at + LOOK_HOLDS_MS) return 'old'
  if (look.chosen !== chosenOf(connection)) return 'changed'
  if (await hasDriftedSince(tx, company, connectionId, look.at)) return 'changed'
  await setMode(tx, company, connectionId, 'push')
  return 'pushing'
}

function opened(secrets: Secrets, connection: Connection, seen: string): Look | null {
  try {
    return JSON.parse(secrets.open(placeOf(connection), Buffer.from(seen, 'base64url'))) as Look
  } catch {
    // Of another connection or another key, cut, or made up: it proves nothing.
    return null
  }
}

const placeOf = ({ company, connectionId }: Connection): string => `${sealPlace(company, connectionId)}/look`

/** What decides what would be sent. Stock goes on moving while somebody looks. */
const chosenOf = ({ policy, policySettings, settings }: Connection): string =>
  JSON.stringify([policy, Object.entries(policySettings).sort(), settings.drift === 'report'])
