import pg from 'pg'
import { type Answer, openDepartures } from './flight.ts'
import type { NewId } from './ids.ts'

/**
 * The one door to PostgreSQL.
 *
 * A transaction states its companies, runs at READ COMMITTED in pipeline mode, and is acknowledged only when every
 * statement fulfilled and COMMIT was answered with the tag COMMIT: in pipeline mode the COMMIT of an aborted
 * transaction fulfils too, with the tag ROLLBACK.
 */

/** A prepared statement under its name; `query` files hold one constant each, so all of them can be tried in a test. */
export type Statement<Row> = { readonly name: string; readonly text: string; readonly row?: Row }

const known = new Map<string, Statement<unknown>>()

/** Declares a statement. Two of the same name are a mistake of ours, found when the module loads. */
export function statement<Row>(name: string, text: string): Statement<Row> {
  if (known.has(name)) throw new Error(`two statements are called ${name}`)
  const declared: Statement<Row> = { name, text }
  known.set(name, declared)
  return declared
}

export const allStatements = (): readonly Statement<unknown>[] => [...known.values()]

/** Something a transaction tells the rest of the system about, handed to its subscribers just before COMMIT. */
export type Topic<Item> = { readonly topic: string; readonly item?: Item }

export type Subscriber = { topic: string; handle: (tx: Tx, items: readonly never[]) => void | Promise<void> }

export function subscribe<Item>(
  topic: Topic<Item>,
  handle: (tx: Tx, items: readonly Item[]) => void | Promise<void>,
): Subscriber {
  return { topic: topic.topic, handle: handle as Subscriber['handle'] }
}

export interface Tx {
  /** The companies this transaction has stated; every verb asks for no other. */
  readonly companies: readonly string[]
  readonly newId: NewId
  /** Database time at the start of this transaction, epoch ms: the only time stock decisions know. */
  now(): Promise<number>
  /** Sends at once without waiting for what was sent before; answers in order. Once the transaction is over, it throws. */
  query<Row>(statement: Statement<Row>, values: readonly unknown[]): Promise<Row[]>
  /** Like query, for writes nobody waits for: a failure fails the whole transaction at COMMIT. */
  write(statement: Statement<unknown>, values: readonly unknown[]): void
  /** What was asked so far leaves now: for work of our own that PostgreSQL need not wait for. */
  depart(): void
  /** Items are handed over once per transaction; equal keys are told once. */
  announce<Item>(topic: Topic<Item>, key: string, item: Item): void
}

/** The connection was lost after COMMIT was sent: the transaction may or may not have happened. Ask before repeating. */
export class CommitUnknown extends Error {
  constructor(cause: unknown) {
    super('the connection was lost while COMMIT was under way', { cause })
    this.name = 'CommitUnknown'
  }
}

/** COMMIT was answered with another tag: nothing was written. */
export class NotCommitted extends Error {
  constructor(tag: string, cause: unknown) {
    super(`COMMIT was answered with ${tag}`, { cause })
    this.name = 'NotCommitted'
  }
}

/** Named places where a test may throw, wait or kill; production passes none. */
export type FailPoint = 'before_commit' | 'after_commit_sent' | 'after_commit'
export type FailPoints = Partial<Record<FailPoint, (backendPid: number) => void | Promise<void>>>

export type DatabaseOptions = {
  url: string
  newId: NewId
  /** Connections of the pool; transactions beyond it wait in line. */
  connections: number
  subscribers?: readonly Subscriber[]
  /**
   * Told after a COMMIT which topics it announced. Never inside the transaction: NOTIFY there serialises commits.
   * What it throws is dropped.
   */
  onCommitted?: (topics: readonly string[]) => void
  failPoints?: FailPoints
  /** Our own connections wait this long for a lock or a statement, ms. */
  statementTimeoutMs?: number
}

export interface Database {
  readonly url: string
  transaction<T>(companies: readonly string[], work: (tx: Tx) => Promise<T>): Promise<T>
  /** One statement outside any company's wall: ids of companies, health. */
  ask<Row>(statement: Statement<Row>, values: readonly unknown[]): Promise<Row[]>
  close(): Promise<void>
}

// bigint columns hold versions and won amounts below 2^53; a larger value is a fault we want to hear of.
pg.types.setTypeParser(20, (text: string) => {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} does not fit a number`)
  return value
})

export function openPool(options: Pick<DatabaseOptions, 'url' | 'connections' | 'statementTimeoutMs'>): pg.Pool {
  const statementTimeoutMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.connections,
    idleTimeoutMillis: 0,
    pipeline: true,
    ...patience(statementTimeoutMs),
    options: sessionSettings(statementTimeoutMs),
  } as pg.PoolConfig)
  // A connection that dies while idle is replaced by the pool; without a listener the process would end.
  pool.on('error', () => {})
  return pool
}

const STATEMENT_TIMEOUT_MS = 30_000

/** How a lane opens its one connection. */
export const laneConfig = (options: Pick<DatabaseOptions, 'url' | 'statementTimeoutMs'>): pg.ClientConfig => {
  const statementTimeoutMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS
  return {
    connectionString: options.url,
    pipeline: true,
    ...patience(statementTimeoutMs),
    options: laneSettings(statementTimeoutMs),
  } as pg.ClientConfig
}

/**
 * The server itself ends a statement in time. One that says nothing well after that is gone, or the network is, and
 * without an end of our own a lane would wait for it for ever.
 */
export const patience = (statementTimeoutMs = STATEMENT_TIMEOUT_MS) => ({
  connectionTimeoutMillis: 10_000,
  query_timeout: statementTimeoutMs * 1.5,
})

/**
 * Every connection is the role that owns nothing, in UTC, with pinned plans: a generic plan cached while the tables
 * were empty filtered a whole company (1.4k orders/s instead of 16k), and a custom one is planned anew each time.
 */
export const sessionSettings = (statementTimeoutMs: number): string =>
  [
    '-c role=jaego_app',
    '-c timezone=UTC',
    `-c statement_timeout=${statementTimeoutMs}`,
    '-c idle_in_transaction_session_timeout=60000',
    '-c plan_cache_mode=force_generic_plan',
    '-c enable_seqscan=off',
    '-c jit=off',
  ].join(' ')

/**
 * A lane runs look-ups and writes by key and nothing else, so it plans nothing else: on fresh tables an update by key
 * was joined with every row of the company instead.
 */
export const laneSettings = (statementTimeoutMs = STATEMENT_TIMEOUT_MS): string =>
  `${sessionSettings(statementTimeoutMs)} -c enable_hashjoin=off -c enable_mergejoin=off -c enable_bitmapscan=off`

export function openDatabase(options: DatabaseOptions): Database {
  const pool = openPool(options)
  return {
    url: options.url,
    transaction: (companies, work) => runTransaction(pool, options, companies, work),
    ask: async (asked, values) => (await pool.query({ name: asked.name, text: asked.text, values: [...values] })).rows,
    close: () => pool.end(),
  }
}

async function runTransaction<T>(
  pool: pg.Pool,
  options: DatabaseOptions,
  companies: readonly string[],
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  const onError = (error: Error) => {
    broken = error
  }
  client.on('error', onError)
  try {
    return await transactOn(client, options, companies, work)
  } catch (error) {
    if (isConnectionLost(error) || error instanceof CommitUnknown) broken = error as Error
    throw error
  } finally {
    client.removeListener('error', onError)
    client.release(broken)
  }
}

/** What a caller with its own connection (a lane) uses; the connection is left outside any transaction. */
export async function transactOn<T>(
  client: pg.ClientBase,
  options: Pick<DatabaseOptions, 'newId' | 'subscribers' | 'onCommitted' | 'failPoints'>,
  companies: readonly string[],
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const open = openTx(client, options, companies)
  let result: T
  try {
    result = await work(open.tx)
    await open.tell(options.subscribers ?? [])
    await options.failPoints?.before_commit?.(backendPid(client))
  } catch (error) {
    await open.rollback()
    throw open.firstCause(error)
  }
  await open.commit(options.failPoints)
  tellWorld(options.onCommitted, open.topics())
  return result
}

function tellWorld(onCommitted: DatabaseOptions['onCommitted'], topics: readonly string[]): void {
  try {
    onCommitted?.(topics)
  } catch {
    // It is committed: an error here would make callers believe that it is not. Pollers stand behind every listener.
  }
}

const backendPid = (client: pg.ClientBase): number => (client as unknown as { processID: number }).processID

const BEGIN = 'begin isolation level read committed'
const STATE_COMPANIES = {
  name: 'kernel_state_companies',
  text: `select set_config('jaego.companies', $1, true), kernel.now() as now`,
}

function openTx(client: pg.ClientBase, options: Pick<DatabaseOptions, 'newId'>, companies: readonly string[]) {
  const failures: unknown[] = []
  const pending: Promise<unknown>[] = []
  const announced = new Map<string, Map<string, unknown>>()
  const departures = openDepartures(client)
  let isOver = false
  const send = (text: string, name: string | null = null, values: readonly unknown[] = []): Promise<Answer> => {
    const sent = new Promise<Answer>((resolve, reject) => departures.ask({ name, text, values, resolve, reject }))
    pending.push(sent)
    sent.catch((error: unknown) => failures.push(error))
    return sent
  }

  // A verb that was begun and not awaited goes on after its neighbour threw: by then the connection may be another's.
  const sendWithin = ({ name, text }: Statement<unknown>, values: readonly unknown[]): Promise<Answer> => {
    if (isOver) throw new Error(`${name} was asked of a transaction that is over`)
    return send(text, name, values)
  }

  send(BEGIN).catch(() => {})
  const started = send(STATE_COMPANIES.text, STATE_COMPANIES.name, [`{${companies.join(',')}}`])
  started.catch(() => {})

  const tx: Tx = {
    companies,
    newId: options.newId,
    now: async () => ((await started).rows[0]!.now as Date).getTime(),
    query: (asked, values) => {
      const sent = sendWithin(asked, values)
      const rows = sent.then((answer) => answer.rows as never)
      // Of several under way the caller awaits one; the failures of the others must not end the process.
      rows.catch(() => {})
      return rows
    },
    write: (asked, values) => {
      sendWithin(asked, values).catch(() => {})
    },
    depart: departures.depart,
    announce: (topic, key, item) => {
      const items = announced.get(topic.topic) ?? new Map<string, unknown>()
      items.set(key, item)
      announced.set(topic.topic, items)
    },
  }

  return {
    tx,
    topics: () => [...announced.keys()],
    async tell(subscribers: readonly Subscriber[]) {
      for (const subscriber of subscribers) {
        const items = announced.get(subscriber.topic)
        if (items) await subscriber.handle(tx, [...items.values()] as never[])
      }
    },
    /** In an aborted transaction every later statement fails with 25P02; the first failure is the one to tell. */
    firstCause: (error: unknown): unknown => failures.find((failure) => codeOf(failure) !== '25P02') ?? error,
    async rollback() {
      isOver = true
      // In a flight of its own: one that a value could not board takes nobody any more.
      departures.depart()
      await send('rollback').catch(() => {})
      await Promise.allSettled(pending)
    },
    async commit(failPoints: FailPoints | undefined) {
      isOver = true
      // Of a value that could not be written PostgreSQL knows nothing: it would commit the rest.
      if (failures.length > 0) {
        await this.rollback()
        throw this.firstCause(failures[0])
      }
      const sent = send('commit')
      sent.catch(() => {})
      await failPoints?.after_commit_sent?.(backendPid(client))
      const answer = await sent.catch(async (error: unknown) => {
        if (isConnectionLost(error)) throw new CommitUnknown(error)
        // It travelled with a statement that failed and never ran.
        await this.rollback()
        throw this.firstCause(error)
      })
      await Promise.allSettled(pending)
      if (failures.length > 0) throw this.firstCause(failures[0])
      if (answer.command !== 'COMMIT') throw new NotCommitted(answer.command, failures[0])
      await failPoints?.after_commit?.(backendPid(client))
    },
  }
}

const codeOf = (error: unknown): string | undefined => (error as { code?: string } | null)?.code

/** Another transaction won, and doing the same again is right: unique_violation, deadlock, serialization, lock timeout. */
export const lostARace = (error: unknown): boolean => ['23505', '40P01', '40001', '55P03'].includes(codeOf(error) ?? '')

// Ended by an administrator, a crash, a restart or for idling; refused for now (starting, too many); the network's own.
const SESSION_ENDED = [
  ...['57P01', '57P02', '57P03', '57P05', '25P03', '53300'],
  ...['ECONNRESET', 'ECONNREFUSED', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT'],
  ...['EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'],
]

/** The server is gone or has ended our session; whether the last statement was applied is not known. */
export function isConnectionLost(error: unknown): boolean {
  const code = codeOf(error) ?? ''
  if (SESSION_ENDED.includes(code) || code.startsWith('08')) return true
  const message = error instanceof Error ? error.message : ''
  return /connection (terminated|error|ended|is closed)|not queryable|Client has encountered|query read timeout|timeout e(xceeded when trying to connect|xpired)/i.test(
    message,
  )
}
