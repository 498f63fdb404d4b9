import { plain, texts } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'
import type { ChannelFault } from './adapter.ts'
import type { Learned } from './allocation/lateness.ts'
import type { Connection, NewConnection } from './connection.ts'
import { LEASE_SECONDS } from './lease.ts'

const INSERT_CONNECTION = statement<never>(
  'channels_insert_connection',
  `insert into channels.connection (company_id, connection_id, channel, name, base_url, credentials, settings, mode,
     policy, policy_settings, warehouses, paused, parked, cursor, collected_up_to, feed_lateness_ms, collect_due_at,
     failures, last_success_at, api_supported, created_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::uuid[], false, false, null, kernel.now(), $12, kernel.now(),
     0, null, true, kernel.now())`,
)

/** The database keeps its id behind no wall by itself (0022). */
export const insertConnection = (tx: Tx, row: NewConnection & { connectionId: string; sealed: Buffer }): void =>
  tx.write(INSERT_CONNECTION, [
    row.company,
    row.connectionId,
    row.channel,
    row.name,
    row.baseUrl,
    row.sealed,
    JSON.stringify(row.settings),
    row.mode,
    row.policy,
    JSON.stringify(row.policySettings),
    plain(row.warehouses),
    row.feedLatenessMs,
  ])

const INSERT_BUDGETS = statement<never>(
  'channels_insert_budgets',
  `insert into channels.budget (company_id, connection_id, bucket, per_second, burst, tokens, refilled_at)
   select $1, $2, k.bucket, k.per_second, k.burst, k.burst, kernel.now()
   from unnest($3::text[], $4::float8[], $5::float8[]) as k (bucket, per_second, burst)`,
)

export const insertBudgets = (tx: Tx, company: string, connectionId: string, budgets: NewConnection['budgets']): void =>
  tx.write(INSERT_BUDGETS, [
    company,
    connectionId,
    texts(budgets.map((budget) => budget.bucket)),
    plain(budgets.map((budget) => budget.ratePerSecond)),
    plain(budgets.map((budget) => budget.burst)),
  ])

type ConnectionRow = Omit<Connection, 'collectedUpTo' | 'lastSuccessAt'> & {
  collectedUpTo: Date
  lastSuccessAt: Date | null
}

const COLUMNS = `company_id as company, connection_id as "connectionId", channel, name, base_url as "baseUrl",
     credentials as "sealedCredentials", settings, mode, policy, policy_settings as "policySettings",
     warehouses::text[] as warehouses, paused, parked, api_supported as "apiSupported", cursor, collected_up_to as "collectedUpTo",
     feed_lateness_ms as "feedLatenessMs", learned, failures, last_success_at as "lastSuccessAt"`

const READ_CONNECTIONS = statement<ConnectionRow>(
  'channels_read_connections',
  `select ${COLUMNS}
   from channels.connection
   where company_id = any ((select kernel.companies())::uuid[])
   order by created_at, connection_id
   limit 1000`,
)

export async function readConnections(tx: Tx): Promise<Connection[]> {
  return (await tx.query(READ_CONNECTIONS, [])).map(connectionOf)
}

const READ_CONNECTION = statement<ConnectionRow>(
  'channels_read_connection',
  `select ${COLUMNS} from channels.connection where company_id = $1 and connection_id = $2`,
)

export async function readConnection(tx: Tx, company: string, connectionId: string): Promise<Connection | null> {
  const row = (await tx.query(READ_CONNECTION, [company, connectionId]))[0]
  return row ? connectionOf(row) : null
}

const LOCK_CONNECTION = statement<ConnectionRow>(
  'channels_lock_connection',
  `select ${COLUMNS} from channels.connection where company_id = $1 and connection_id = $2 for no key update`,
)

/** After the levels and listings of the same transaction, as everybody has it. */
export async function lockConnection(tx: Tx, company: string, connectionId: string): Promise<Connection | null> {
  const row = (await tx.query(LOCK_CONNECTION, [company, connectionId]))[0]
  return row ? connectionOf(row) : null
}

const connectionOf = (row: ConnectionRow): Connection => ({
  ...row,
  collectedUpTo: row.collectedUpTo.getTime(),
  lastSuccessAt: row.lastSuccessAt?.getTime() ?? null,
})

const SET_PAUSED = statement<never>(
  'channels_set_paused',
  'update channels.connection set paused = $3 where company_id = $1 and connection_id = $2',
)

export const setPaused = (tx: Tx, company: string, connectionId: string, paused: boolean): void =>
  tx.write(SET_PAUSED, [company, connectionId, paused])

const SET_POLICY = statement<never>(
  'channels_set_policy',
  'update channels.connection set policy = $3, policy_settings = $4 where company_id = $1 and connection_id = $2',
)

export const setPolicy = (
  tx: Tx,
  company: string,
  connectionId: string,
  to: Pick<Connection, 'policy' | 'policySettings'>,
): void => tx.write(SET_POLICY, [company, connectionId, to.policy, JSON.stringify(to.policySettings)])

const WIDEN_LATENESS = statement<never>(
  'channels_widen_lateness',
  `update channels.connection set feed_lateness_ms = greatest(feed_lateness_ms, $3)
   where company_id = $1 and connection_id = $2`,
)

/** The feed was later than believed: from now on so much is allowed for. */
export const widenLateness = (tx: Tx, company: string, connectionId: string, ms: number): void =>
  tx.write(WIDEN_LATENESS, [company, connectionId, ms])

const SET_LEARNED = statement<never>(
  'channels_set_learned',
  `update channels.connection
   set learned = $3, feed_lateness_ms = case when feed_lateness_ms > $5 then greatest(feed_lateness_ms, $4) else $4 end
   where company_id = $1 and connection_id = $2`,
)

/** What the last collection taught, and the margin that follows; one that was widened since `before` was read stays. */
export const setLearned = (
  tx: Tx,
  before: Pick<Connection, 'company' | 'connectionId' | 'feedLatenessMs'>,
  learned: Learned,
  feedLatenessMs: number,
): void =>
  tx.write(SET_LEARNED, [
    before.company,
    before.connectionId,
    JSON.stringify(learned),
    feedLatenessMs,
    before.feedLatenessMs,
  ])

const SET_MODE = statement<never>(
  'channels_set_mode',
  'update channels.connection set mode = $3 where company_id = $1 and connection_id = $2',
)

export const setMode = (tx: Tx, company: string, connectionId: string, mode: string): void =>
  tx.write(SET_MODE, [company, connectionId, mode])

const SET_DRIFT = statement<never>(
  'channels_set_drift',
  `update channels.connection set settings = settings || jsonb_build_object('drift', $3::text)
   where company_id = $1 and connection_id = $2`,
)

export const setDrift = (tx: Tx, company: string, connectionId: string, drift: string): void =>
  tx.write(SET_DRIFT, [company, connectionId, drift])

const LEASE_COLLECTION = statement<{ due: string }>(
  'channels_lease_collection',
  `update channels.connection
   set collect_lease = $3, collect_leased_until = kernel.now() + interval '${LEASE_SECONDS} seconds'
   where company_id = $1 and connection_id = $2 and credentials = $4 and collect_due_at <= kernel.now()
     and (collect_leased_until is null or collect_leased_until <= kernel.now())
   returning collect_due_at::text as due`,
)

/**
 * Takes the collection for this worker and answers since when it was due; null when it is not, somebody else is at it, or the worker still signs in
 * with other credentials than are there now: its failure would have the new ones wait.
 */
export async function leaseCollection(
  tx: Tx,
  { company, connectionId, sealedCredentials }: Pick<Connection, 'company' | 'connectionId' | 'sealedCredentials'>,
  lease: string,
): Promise<string | null> {
  return (await tx.query(LEASE_COLLECTION, [company, connectionId, lease, sealedCredentials]))[0]?.due ?? null
}

const COLLECTION_IN = statement<{ ms: number }>(
  'channels_collection_in',
  `select extract(epoch from least(
       greatest(collect_due_at, collect_leased_until), kernel.now() + interval '1 minute') - kernel.now())::float8 * 1000
     as ms
   from channels.connection
   where company_id = $1 and connection_id = $2`,
)

/** Ms until somebody may take the collection, at most a minute. */
export async function collectionIn(tx: Tx, company: string, connectionId: string): Promise<number> {
  return (await tx.query(COLLECTION_IN, [company, connectionId]))[0]?.ms ?? 0
}

const RENEW_COLLECTION = statement<{ ok: boolean }>(
  'channels_renew_collection',
  `update channels.connection set collect_leased_until = kernel.now() + interval '${LEASE_SECONDS} seconds'
   where company_id = $1 and connection_id = $2 and collect_lease = $3
   returning true as ok`,
)

/** False when somebody else is at it by now. */
export async function renewCollection(tx: Tx, company: string, connectionId: string, lease: string): Promise<boolean> {
  return (await tx.query(RENEW_COLLECTION, [company, connectionId, lease])).length > 0
}

type Before = { failures: number; parked: boolean; hinted: boolean }

// Due since later than when it was taken: somebody hastened it meanwhile, and what he knows of may have been missed.
const COLLECTION_DONE = statement<Before>(
  'channels_collection_done',
  `update channels.connection c
   set cursor = $4::jsonb, collected_up_to = greatest(c.collected_up_to, $5::timestamptz),
       collect_due_at = kernel.now()
         + make_interval(secs => case when before.hinted then $8::float8 else $6::float8 end / 1000),
       collect_lease = null, collect_leased_until = null, failures = 0, parked = false, last_success_at = kernel.now()
   from (
     select failures, parked, collect_due_at > $7::text::timestamptz as hinted from channels.connection
     where company_id = $1 and connection_id = $2 for no key update) before
   where c.company_id = $1 and c.connection_id = $2 and c.collect_lease = $3
   returning before.failures, before.parked, before.hinted`,
)

/** What stood before; null when the lease was lost meanwhile: the work is somebody else's and nothing is written. */
export async function collectionDone(
  tx: Tx,
  connection: Connection,
  lease: string,
  done: { cursor: object; collectedUpTo: number; againInMs: number; due: string; hintedAgainInMs: number },
): Promise<Before | null> {
  const { company, connectionId } = connection
  const upTo = new Date(done.collectedUpTo)
  const { againInMs, due, hintedAgainInMs } = done
  const values = [company, connectionId, lease, JSON.stringify(done.cursor), upTo, againInMs, due, hintedAgainInMs]
  return (await tx.query(COLLECTION_DONE, values))[0] ?? null
}

const COLLECTION_FAILED = statement<never>(
  'channels_collection_failed',
  `update channels.connection
   set collect_due_at = kernel.now() + make_interval(secs => $4::float8 / 1000), collect_lease = null,
       collect_leased_until = null
   where company_id = $1 and connection_id = $2 and collect_lease = $3`,
)

export const collectionFailed = (tx: Tx, connection: Connection, lease: string, againInMs: number): void =>
  tx.write(COLLECTION_FAILED, [connection.company, connection.connectionId, lease, againInMs])

const NOTE_FAULT = statement<never>(
  'channels_note_fault',
  `update channels.connection
   set failures = failures + $5::integer, parked = parked or $6, last_fault = $3, last_fault_said = $4,
       last_fault_why = $7::jsonb, last_fault_at = kernel.now()
   where company_id = $1 and connection_id = $2 and credentials = $8`,
)

/** What was met with other credentials than are there now says nothing of the connection, and is let go. */
export const noteFault = (
  tx: Tx,
  connection: Pick<Connection, 'company' | 'connectionId' | 'sealedCredentials'>,
  fault: Pick<ChannelFault, 'code' | 'said' | 'why'> & { counts: boolean; parks: boolean },
): void =>
  tx.write(NOTE_FAULT, [
    connection.company,
    connection.connectionId,
    fault.code,
    fault.said,
    fault.counts ? 1 : 0,
    fault.parks,
    fault.why && JSON.stringify(fault.why),
    connection.sealedCredentials,
  ])

const NOTE_SUCCESS = statement<never>(
  'channels_note_success',
  `update channels.connection set last_success_at = kernel.now()
   where company_id = $1 and connection_id = $2
     and (last_success_at is null or last_success_at < kernel.now() - interval '5 seconds')`,
)

const SUCCESS_EVERY_MS = 5_000

/** Every few seconds is enough, and spares pushes that end together the wait for one row. Last in its transaction. */
export function noteSuccess(tx: Tx, connection: Connection, now: number): void {
  const { company, connectionId, lastSuccessAt } = connection
  if (lastSuccessAt === null || now - lastSuccessAt > SUCCESS_EVERY_MS) tx.write(NOTE_SUCCESS, [company, connectionId])
}

const SPEND = statement<{ gap_ms: number }>(
  'channels_spend',
  `update channels.budget
   set tokens = least(burst, tokens + extract(epoch from kernel.now() - refilled_at)::float8 * per_second) - 1,
       refilled_at = kernel.now()
   where company_id = $1 and connection_id = $2 and bucket = $3
     and (blocked_until is null or blocked_until <= kernel.now())
     and least(burst, tokens + extract(epoch from kernel.now() - refilled_at)::float8 * per_second) >= 1
   returning case when burst < 2 then 1000 / per_second else 0 end as gap_ms`,
)

/** Takes a token; answers how long after this call the next may leave, ms (0 where several may at once), or null. */
export async function spend(tx: Tx, company: string, connectionId: string, bucket: string): Promise<number | null> {
  return (await tx.query(SPEND, [company, connectionId, bucket]))[0]?.gap_ms ?? null
}

const BUDGET_WAIT = statement<{ wait_ms: number; blocked: boolean }>(
  'channels_budget_wait',
  `select blocked_until is not null and blocked_until > kernel.now() as blocked,
     greatest(
       extract(epoch from coalesce(blocked_until, kernel.now()) - kernel.now()),
       (1 - least(burst, tokens + extract(epoch from kernel.now() - refilled_at)::float8 * per_second)) / per_second,
       0)::float8 * 1000 as wait_ms
   from channels.budget
   where company_id = $1 and connection_id = $2 and bucket = $3`,
)

export async function budgetWait(tx: Tx, company: string, connectionId: string, bucket: string) {
  return (await tx.query(BUDGET_WAIT, [company, connectionId, bucket]))[0] ?? null
}

const LEARN_BUDGET = statement<never>(
  'channels_learn_budget',
  `update channels.budget
   set per_second = coalesce($4, per_second), burst = coalesce($5, burst), tokens = least(tokens, coalesce($6, tokens)),
       blocked_until = case when $7::float8 is null then blocked_until
         else greatest(blocked_until, kernel.now() + make_interval(secs => $7::float8 / 1000)) end
   where company_id = $1 and connection_id = $2 and ($3::text is null or bucket = $3)`,
)

/** A null bucket means all of the connection's: the whole application was told to stop. */
export const learnBudget = (
  tx: Tx,
  company: string,
  connectionId: string,
  bucket: string | null,
  seen: { ratePerSecond?: number; burst?: number; remaining?: number; pauseMs?: number },
): void =>
  tx.write(LEARN_BUDGET, [
    company,
    connectionId,
    bucket,
    seen.ratePerSecond ?? null,
    seen.burst ?? null,
    seen.remaining ?? null,
    seen.pauseMs ?? null,
  ])

const DISCONNECT = statement<never>(
  'channels_disconnect',
  'update channels.connection set api_supported = false, paused = true where company_id = $1 and connection_id = $2',
)

export const disconnect = (tx: Tx, company: string, connectionId: string): void =>
  tx.write(DISCONNECT, [company, connectionId])
