import { createHash, timingSafeEqual } from 'node:crypto'
import type { Database, Tx } from '../../kernel/db.ts'
import { isId } from '../../kernel/ids.ts'
import type { Random } from '../../kernel/random.ts'
import * as sql from './queries.ts'

/** Who is calling: a company, and a name for the ledger's `actor`. */
export type Caller = { company: string; actor: string }

/**
 * Makes a key and answers it in the clear, this once: `jaego_<company>_<key id>_<secret>`. Only a hash is stored;
 * 256 random bits need no slow hash.
 */
export function createApiKey(tx: Tx, company: string, name: string, random: Random): string {
  const secret = Buffer.from(random.fill(new Uint8Array(32))).toString('base64url')
  const id = tx.newId()
  sql.insertApiKey(tx, { company, id, name, hash: hashOf(secret) })
  return `jaego_${company}_${id}_${secret}`
}

/** Null for anything that is not a living key: wrong form, unknown, revoked, wrong secret; never says which. */
export async function identify(db: Database, key: string): Promise<Caller | null> {
  const [prefix, company, id, secret] = splitKey(key)
  if (prefix !== 'jaego' || !isId(company) || !isId(id) || secret.length !== 43) return null
  const row = await db.transaction([company], (tx) => sql.findApiKey(tx, company, id))
  if (!row || !timingSafeEqual(row.secret_hash, hashOf(secret))) return null
  return { company, actor: `key:${row.name}` }
}

/** The secret is base64url and may hold an underscore itself. */
function splitKey(key: string): [string, string, string, string] {
  const parts = key.slice(0, 200).split('_')
  return [parts[0] ?? '', parts[1] ?? '', parts[2] ?? '', parts.slice(3).join('_')]
}

const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest()
