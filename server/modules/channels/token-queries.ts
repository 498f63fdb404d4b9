import { statement, type Tx } from '../../kernel/db.ts'
import type { FaultWhy } from './adapter.ts'

/** A connection's row of channels.token. Times are epoch ms. */
export type TokenRow = {
  sealed: Buffer | null
  kept: number
  lease: string | null
  leasedUntil: number | null
  unanswered: number
  unansweredSince: number | null
  refused: number
  notBefore: number | null
  fault: string | null
  said: string | null
  why: FaultWhy | null
  credentialsHash: Buffer
}

type Key = { company: string; connectionId: string }

const COLUMNS = `sealed, kept, lease, leased_until as "leasedUntil", unanswered, unanswered_since as "unansweredSince",
     refused, not_before as "notBefore", fault, said, why, credentials_hash as "credentialsHash"`

const READ_TOKENS = statement<Pick<TokenRow, 'sealed' | 'kept'>>(
  'channels_read_tokens',
  'select sealed, kept from channels.token where company_id = $1 and connection_id = $2',
)

export async function readTokens(tx: Tx, key: Key): Promise<Pick<TokenRow, 'sealed' | 'kept'> | null> {
  return (await tx.query(READ_TOKENS, [key.company, key.connectionId]))[0] ?? null
}

const ENSURE_TOKENS = statement<never>(
  'channels_ensure_tokens',
  `insert into channels.token (company_id, connection_id, credentials_hash)
   values ($1, $2, $3)
   on conflict (company_id, connection_id) do nothing`,
)

type Timed = 'leasedUntil' | 'unansweredSince' | 'notBefore'

const LOCK_TOKENS = statement<Omit<TokenRow, Timed> & Record<Timed, Date | null>>(
  'channels_lock_tokens',
  `select ${COLUMNS} from channels.token where company_id = $1 and connection_id = $2 for no key update`,
)

/** The row, made where there was none, and nobody else's until the transaction ends. */
export async function lockTokens(tx: Tx, key: Key, credentialsHash: Buffer): Promise<TokenRow> {
  tx.write(ENSURE_TOKENS, [key.company, key.connectionId, credentialsHash])
  const row = (await tx.query(LOCK_TOKENS, [key.company, key.connectionId]))[0]!
  return {
    ...row,
    leasedUntil: row.leasedUntil?.getTime() ?? null,
    unansweredSince: row.unansweredSince?.getTime() ?? null,
    notBefore: row.notBefore?.getTime() ?? null,
  }
}

const LEASE_TOKENS = statement<never>(
  'channels_lease_tokens',
  `update channels.token
   set lease = $3, leased_until = kernel.now() + make_interval(secs => $4::float8 / 1000), unanswered = $5,
       unanswered_since = $6, refused = $7, not_before = null, fault = null, said = null, why = null,
       credentials_hash = $8
   where company_id = $1 and connection_id = $2`,
)

/** Takes the renewal for one who asks. */
export const leaseTokens = (
  tx: Tx,
  key: Key,
  lease: { id: string; ms: number } & Pick<TokenRow, 'unanswered' | 'unansweredSince' | 'refused' | 'credentialsHash'>,
): void =>
  tx.write(LEASE_TOKENS, [
    key.company,
    key.connectionId,
    lease.id,
    lease.ms,
    lease.unanswered,
    lease.unansweredSince === null ? null : new Date(lease.unansweredSince),
    lease.refused,
    lease.credentialsHash,
  ])

const HOLD_TOKENS = statement<{ ok: boolean }>(
  'channels_hold_tokens',
  `update channels.token
   set leased_until = greatest(leased_until, kernel.now() + make_interval(secs => $4::float8 / 1000))
   where company_id = $1 and connection_id = $2 and lease = $3 and leased_until > kernel.now()
   returning true as ok`,
)

/** For so many ms more; false where the lease has ended, taken by another or not. */
export async function holdTokens(tx: Tx, key: Key, lease: string, ms: number): Promise<boolean> {
  return (await tx.query(HOLD_TOKENS, [key.company, key.connectionId, lease, ms])).length > 0
}

const KEEP_TOKENS = statement<{ kept: number }>(
  'channels_keep_tokens',
  `update channels.token
   set sealed = $4, kept = kept + 1, kept_at = kernel.now(), lease = null, leased_until = null, unanswered = 0,
       unanswered_since = null, refused = 0, not_before = null, fault = null, said = null, why = null
   where company_id = $1 and connection_id = $2 and kept = $3
   returning kept`,
)

/** Keeps an answer got with tokens number `kept`, lease or no lease; false when newer ones are there. */
export async function keepTokens(tx: Tx, key: Key, kept: number, sealed: Buffer): Promise<boolean> {
  return (await tx.query(KEEP_TOKENS, [key.company, key.connectionId, kept, sealed])).length > 0
}

const TOKENS_NOT_GIVEN = statement<never>(
  'channels_tokens_not_given',
  `update channels.token
   set lease = null, leased_until = null, unanswered = $4, unanswered_since = $5, refused = $6,
       not_before = kernel.now() + make_interval(secs => $7::float8 / 1000), fault = $8, said = $9, why = $10::jsonb
   where company_id = $1 and connection_id = $2 and lease = $3`,
)

/** Ends a lease without tokens: what is known of it, and how long nobody asks. */
export const tokensNotGiven = (
  tx: Tx,
  key: Key,
  lease: string,
  end: Pick<TokenRow, 'unanswered' | 'unansweredSince' | 'refused' | 'fault' | 'said' | 'why'> & { waitMs: number },
): void =>
  tx.write(TOKENS_NOT_GIVEN, [
    key.company,
    key.connectionId,
    lease,
    end.unanswered,
    end.unansweredSince === null ? null : new Date(end.unansweredSince),
    end.refused,
    end.waitMs,
    end.fault,
    end.said,
    end.why && JSON.stringify(end.why),
  ])
