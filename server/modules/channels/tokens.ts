import { createHash } from 'node:crypto'
import type { Tx } from '../../kernel/db.ts'
import { type AskForTokens, ChannelFault, type ChannelFaultCode, type TokenStore, type Tokens } from './adapter.ts'
import { type Connection, sealPlace } from './connection.ts'
import type { ChannelDeps } from './deps.ts'
import { LEASE_SECONDS, whileHeld } from './lease.ts'
import * as sql from './token-queries.ts'

/** Renewed while the question waits for its turn in the budget and while the call is under way. */
const LEASE_MS = LEASE_SECONDS * 1_000
/** From when a call is said to begin until it does, and from its deadline until somebody knows that it passed. */
const CALL_MARGIN_MS = 5_000
/** Who finds another at it waits so long for his answer, looking this often. */
const LONGEST_WAIT_MS = 15_000
const LOOK_EVERY_MS = 100

/** After a question without an answer, and after a no; the last one holds on. The fourth without an answer parks. */
const UNANSWERED_PACE_MS = [2_000, 10_000, 60_000, 600_000, 3_600_000]
const UNANSWERED_PARKS = 4
const REFUSED_PACE_MS = [60_000, 300_000, 900_000, 3_600_000]
/** No connection could be made: nothing was asked, and the loops have pauses of their own. */
const NOT_SENT_PACE_MS = 1_000

const KEEP_TRIES_MAX = 5
const KEEP_AGAIN_MS = 200

/** A renewal under way: the tokens it began with and their number. */
type Begun = { lease: string; row: sql.TokenRow; newest: Tokens | null }
type Next = { kind: 'newest'; tokens: Tokens } | { kind: 'wait' } | ({ kind: 'ask' } & Begun)

/**
 * The connection's tokens: sealed in PostgreSQL, one renewal at a time among all processes, by a lease that ends soon
 * after its holder dies and with no transaction open while the marketplace is asked. A holder that was away for longer
 * than his lease, stopped or without the database, finds out before his request leaves.
 *
 * A question whose answer never came may have ended the tokens it was asked with, and no credential is ever deleted for
 * it: it is asked again at a written pace, and in the end the connection is parked with the reason. Everybody else who
 * comes meanwhile is told the same without a call, so that no marketplace sees a storm.
 */
export function openTokenStore(
  deps: Pick<ChannelDeps, 'db' | 'clock' | 'log' | 'secrets'>,
  connection: Pick<Connection, 'company' | 'connectionId' | 'channel' | 'sealedCredentials'>,
): TokenStore {
  const { db, clock, log, secrets } = deps
  const { company, connectionId } = connection
  const key = { company, connectionId }
  const place = `${sealPlace(company, connectionId)}/tokens`
  const credentialsHash = createHash('sha256').update(connection.sealedCredentials).digest()
  const inTx = <T>(work: (tx: Tx) => Promise<T>) => db.transaction([company], work)
  const opened = (sealed: Buffer | null): Tokens | null =>
    sealed === null ? null : (JSON.parse(secrets.open(place, sealed)) as Tokens)
  /** An answer the database would not take: the only copy of what may be the only working token. */
  let unkept: { kept: number; tokens: Tokens } | null = null

  async function read(): Promise<Tokens | null> {
    if (unkept) await keep(unkept.kept, unkept.tokens)
    return opened((await inTx((tx) => sql.readTokens(tx, key)))?.sealed ?? null)
  }

  async function renew(seen: Tokens | null, ask: AskForTokens): Promise<Tokens> {
    if (unkept) await keep(unkept.kept, unkept.tokens)
    const until = clock.monotonic() + LONGEST_WAIT_MS
    while (clock.monotonic() < until) {
      const next = await inTx((tx) => lookOrLease(tx, seen))
      if (next.kind === 'newest') return next.tokens
      if (next.kind === 'ask') return askWith(next, ask)
      await clock.sleep(LOOK_EVERY_MS)
    }
    throw new ChannelFault('unreachable', '', { pauseMs: LOOK_EVERY_MS, why: { reason: 'renewal_elsewhere' } })
  }

  /** Lock, look, decide, write: under the row's lock nobody else takes the same renewal. */
  async function lookOrLease(tx: Tx, seen: Tokens | null): Promise<Next> {
    const row = await sql.lockTokens(tx, key, credentialsHash)
    const now = await tx.now()
    const newest = opened(row.sealed)
    if (newest !== null && !isSame(newest, seen)) return { kind: 'newest', tokens: newest }
    const isNews = !row.credentialsHash.equals(credentialsHash)
    if (row.notBefore !== null && row.notBefore > now && !isNews) throw whyNot(row, row.notBefore - now)
    if (row.leasedUntil !== null && row.leasedUntil > now) return { kind: 'wait' }
    const known = isNews ? { ...row, unanswered: 0, unansweredSince: null, refused: 0 } : withDeadLease(row)
    const lease = tx.newId()
    sql.leaseTokens(tx, key, { id: lease, ms: LEASE_MS, ...known, credentialsHash })
    return { kind: 'ask', lease, row: known, newest }
  }

  async function askWith(begun: Begun, ask: AskForTokens): Promise<Tokens> {
    const askedAt = clock.now()
    const hold = (ms: number) => inTx((tx) => sql.holdTokens(tx, key, begun.lease, ms))
    const begin = async (withinMs: number) => {
      const isOurs = await hold(Math.max(LEASE_MS, withinMs + CALL_MARGIN_MS)).catch((cause: unknown) => {
        throw new ChannelFault('unreachable', 'whose turn it is to renew the tokens is not known', { cause })
      })
      if (!isOurs) throw new ChannelFault('unreachable', 'the tokens are renewed by another process by now')
    }
    const askAndKeep = async () => keep(begun.row.kept, await ask(begun.newest, begin))
    try {
      return await whileHeld(clock, () => hold(LEASE_MS), askAndKeep)
    } catch (error) {
      if (unkept) throw error
      throw await notGiven(begun, askedAt, error)
    }
  }

  /** Before anybody uses it, and whatever became of the lease: where a refresh token works once this may be the only one. */
  async function keep(kept: number, tokens: Tokens): Promise<Tokens> {
    const sealed = secrets.seal(place, JSON.stringify(tokens))
    unkept = { kept, tokens }
    for (let tries = 1; ; tries++) {
      try {
        const isKept = await inTx((tx) => sql.keepTokens(tx, key, kept, sealed))
        unkept = null
        // Kept by a try whose COMMIT was not answered, or renewed by somebody after our lease had ended.
        return isKept ? tokens : ((await read()) ?? tokens)
      } catch (error) {
        if (tries < KEEP_TRIES_MAX) await clock.sleep(KEEP_AGAIN_MS * tries)
        else throw new ChannelFault('unreachable', '', { cause: error, why: { reason: 'tokens_not_stored' } })
      }
    }
  }

  async function notGiven(begun: Begun, askedAt: number, error: unknown): Promise<unknown> {
    const fault = error instanceof ChannelFault ? error : new ChannelFault('unknown', '', { cause: error })
    const end = endOf(begun.row, fault, askedAt)
    await inTx(async (tx) => sql.tokensNotGiven(tx, key, begun.lease, end))
    const { unanswered, refused, waitMs, said, why } = end
    const fields = { channel: connection.channel, connection: connectionId, unanswered, refused, waitMs, said, why }
    log.warn(fields, NOT_RENEWED)
    if (!(error instanceof ChannelFault)) log.error({ connection: connectionId, err: error }, NOT_RENEWED)
    return whyNot(end, waitMs)
  }

  return { read, renew }
}

const NOT_RENEWED = 'tokens were not renewed'

const isSame = (a: Tokens, b: Tokens | null): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Whoever let his lease end without a word died, or lost the database, with his question asked. */
function withDeadLease(row: sql.TokenRow): sql.TokenRow {
  if (row.lease === null || row.leasedUntil === null) return row
  const unansweredSince = row.unansweredSince ?? row.leasedUntil - LEASE_MS
  return { ...row, unanswered: row.unanswered + 1, unansweredSince }
}

type End = Pick<sql.TokenRow, 'unanswered' | 'unansweredSince' | 'refused' | 'why'> & {
  fault: ChannelFaultCode
  said: string
  waitMs: number
}

/** What is known after a question that brought no tokens, and when it may be asked again. */
function endOf(before: sql.TokenRow, fault: ChannelFault, askedAt: number): End {
  const { unanswered, unansweredSince, refused } = before
  const { said, why } = fault
  const counts = { unanswered, unansweredSince, refused, said, why }
  switch (fault.code) {
    case 'unreachable':
      return { ...counts, fault: 'unreachable', waitMs: fault.pauseMs ?? NOT_SENT_PACE_MS }
    case 'rate_limited':
    case 'quota_exhausted': {
      const waitMs = Math.max(fault.pauseMs ?? 0, paceOf(REFUSED_PACE_MS, refused + 1))
      return { ...counts, refused: refused + 1, fault: 'rate_limited', why: { reason: 'renewals_too_many' }, waitMs }
    }
    case 'unknown':
    case 'garbled':
      return unansweredEnd({ unanswered: unanswered + 1, unansweredSince: unansweredSince ?? askedAt, refused }, fault)
    case 'signed_out':
    case 'blocked':
    case 'refused':
    case 'not_found': {
      const lost = unansweredSince && ({ reason: 'renewal_lost', since: instant(unansweredSince) } as const)
      return {
        ...counts,
        refused: refused + 1,
        fault: 'signed_out',
        why: lost || why,
        waitMs: paceOf(REFUSED_PACE_MS, refused + 1),
      }
    }
  }
}

function unansweredEnd(counts: Pick<End, 'unanswered' | 'unansweredSince' | 'refused'>, { said }: ChannelFault): End {
  const { unanswered, unansweredSince } = counts
  const waitMs = paceOf(UNANSWERED_PACE_MS, unanswered)
  // Of the call that wanted the tokens nothing was sent, so that it may be repeated.
  if (unanswered < UNANSWERED_PARKS)
    return { ...counts, fault: 'unreachable', said, why: { reason: 'signing_in' }, waitMs }
  const why = { reason: 'renewal_unanswered', times: unanswered, since: instant(unansweredSince!) } as const
  return { ...counts, fault: 'signed_out', said: '', why, waitMs }
}

const instant = (at: number): string => new Date(at).toISOString()

const paceOf = (pace: readonly number[], nth: number): number => pace[Math.min(nth, pace.length) - 1]!

const whyNot = ({ fault, said, why }: Pick<sql.TokenRow, 'fault' | 'said' | 'why'>, pauseMs: number): ChannelFault =>
  new ChannelFault((fault ?? 'unreachable') as ChannelFaultCode, said ?? '', { pauseMs, why })
