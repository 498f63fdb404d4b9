import pg from 'pg'
import { type CallQueue, openCallQueue } from './call-queue.ts'
import { type Clock, nextTurn } from './clock.ts'
import {
  CommitUnknown,
  type DatabaseOptions,
  isConnectionLost,
  laneConfig,
  lostARace,
  type Tx,
  transactOn,
} from './db.ts'

/**
 * Group commit: concurrent single calls become one plural call and one COMMIT.
 *
 * While a batch is on its way, what arrives meanwhile gathers into the next one. There is no timer: a lone call
 * goes at once (lingering 1 ms cost 60% at 64 callers). A lane is one connection; the lanes share one queue
 * (call-queue.ts), which never gives one key to two lanes at once.
 */
export type PluralVerb<Request, Outcome> = {
  /** Outcomes in the order of the requests. Decides, writes, and never commits by itself. */
  run(tx: Tx, requests: readonly Request[]): Promise<Outcome[]>
  /** After a lost COMMIT: what became of each request, or null where it left no trace. On a new connection. */
  lookUp(tx: Tx, requests: readonly Request[]): Promise<(Outcome | null)[]>
  companyOf(request: Request): string
  /** Equal references are the same call: a repeat joins the one in flight when its fingerprint is equal too. */
  referenceOf(request: Request): string
  fingerprintOf(request: Request): string
  /** Calls that share a key are decided in the order they came; calls that share none may be decided side by side. */
  keysOf(request: Request): readonly string[]
}

export type GroupCommitOptions = DatabaseOptions & {
  clock: Clock
  lanes: number
  /** Most calls in one transaction; what is more waits for the next. */
  batchMax?: number
  /** Most calls waiting; one more is refused at once with LaneFull. */
  queueMax?: number
}

/** The lane's queue is full: nothing was tried. Worth a retry after `retryAfterMs`. */
export class LaneFull extends Error {
  readonly retryAfterMs = 1_000
  constructor() {
    super('too many calls are waiting; try again in a second')
    this.name = 'LaneFull'
  }
}

/** The database could not be asked what became of a lost COMMIT. The effect may be there: repeat with the same reference. */
export class OutcomeUnknown extends Error {
  constructor(cause: unknown) {
    super('the outcome is unknown: repeat the call with the same reference', { cause })
    this.name = 'OutcomeUnknown'
  }
}

export interface GroupCommit<Request, Outcome> {
  submit(request: Request): Promise<Outcome>
  /** Waits for what is under way, refuses what comes after. */
  close(): Promise<void>
  /** Batches and calls so far, and the largest batch: for the benchmark's table. */
  counts(): { batches: number; calls: number; largest: number }
}

const BATCH_MAX = 256
const QUEUE_MAX = 20_000
/** Calls answered in one turn of the event loop, a fifth of a millisecond, while others wait for the lane. */
const ANSWERED_A_TURN = 16
const REDO_MAX = 8
const ASK_MAX = 20

type Call<Request, Outcome> = {
  request: Request
  keys: readonly string[]
  settle: { resolve: (outcome: Outcome) => void; reject: (error: unknown) => void }
}

export function openGroupCommit<Request, Outcome>(
  options: GroupCommitOptions,
  verb: PluralVerb<Request, Outcome>,
): GroupCommit<Request, Outcome> {
  const batchMax = options.batchMax ?? BATCH_MAX
  const queue = openCallQueue<Call<Request, Outcome>>({ lanes: options.lanes, batchMax })
  const lanes = Array.from({ length: options.lanes }, () => openLane(options, verb, queue))
  const inFlight = new Map<string, { fingerprint: string; outcome: Promise<Outcome> }>()
  let closed = false

  const enqueue = (request: Request): Promise<Outcome> => {
    if (closed || queue.waiting() >= (options.queueMax ?? QUEUE_MAX)) return Promise.reject(new LaneFull())
    return new Promise<Outcome>((resolve, reject) => {
      const call = { request, keys: verb.keysOf(request), settle: { resolve, reject } }
      queue.add(call)
      if (queue.mayStart(call)) lanes.find((lane) => lane.isIdle())?.start()
    })
  }

  const start = (request: Request, reference: string): Promise<Outcome> => {
    const outcome = enqueue(request)
    const entry = { fingerprint: verb.fingerprintOf(request), outcome }
    inFlight.set(reference, entry)
    const forget = () => {
      if (inFlight.get(reference) === entry) inFlight.delete(reference)
    }
    outcome.then(forget, forget)
    return outcome
  }

  return {
    async submit(request) {
      const reference = verb.referenceOf(request)
      const twin = inFlight.get(reference)
      if (!twin) return start(request, reference)
      if (twin.fingerprint === verb.fingerprintOf(request)) return twin.outcome
      // The same reference with other content: let the first end, then the verb itself says `conflict`.
      await twin.outcome.catch(() => {})
      return start(request, reference)
    },
    close: async () => {
      closed = true
      // A lane that ends may leave the last of the queue to another.
      for (const lane of lanes) await lane.ended()
      for (const lane of lanes) await lane.ended()
      await Promise.all(lanes.map((lane) => lane.disconnect()))
    },
    counts: () =>
      lanes
        .map((lane) => lane.counts)
        .reduce((sum, lane) => ({
          batches: sum.batches + lane.batches,
          calls: sum.calls + lane.calls,
          largest: Math.max(sum.largest, lane.largest),
        })),
  }
}

function openLane<Request, Outcome>(
  options: GroupCommitOptions,
  verb: PluralVerb<Request, Outcome>,
  queue: CallQueue<Call<Request, Outcome>>,
) {
  const counts = { batches: 0, calls: 0, largest: 0 }
  let client: pg.Client | null = null
  let working: Promise<void> = Promise.resolve()
  let answering: Promise<void> = Promise.resolve()
  let running = false

  const connect = async (): Promise<pg.Client> => {
    if (client) return client
    const opened = await openLaneClient(options)
    opened.on('error', () => {
      if (client === opened) client = null
    })
    client = opened
    return opened
  }
  /** Nobody waits for a dead connection to say good-bye; `close` does for a sound one. */
  const disconnect = async (): Promise<void> => {
    const leaving = client
    client = null
    await leaving?.end().catch(() => {})
  }

  const attempt = async (requests: readonly Request[]): Promise<Outcome[]> => {
    const companies = [...new Set(requests.map(verb.companyOf))]
    return transactOn(await connect(), options, companies, async (tx) => {
      const outcomes = await verb.run(tx, requests)
      if (outcomes.length !== requests.length) throw new Error(`${outcomes.length} outcomes for ${requests.length}`)
      return outcomes
    })
  }

  /** One batch, redone when another process won a row; a lost COMMIT is the caller's to ask about. */
  const runBatch = async (requests: readonly Request[]): Promise<Outcome[]> => {
    for (let redo = 0; ; redo++) {
      try {
        return await attempt(requests)
      } catch (error) {
        const isLost = isConnectionLost(error)
        if (error instanceof CommitUnknown || !(isLost || lostARace(error)) || redo >= REDO_MAX) throw error
        if (isLost) void disconnect()
        // The first redo goes at once: whoever won has committed. After that somebody is holding on.
        await options.clock.sleep(isLost ? 100 * (redo + 1) : 2 ** redo - 1)
      }
    }
  }

  /** What became of each call, null where it left no trace. Never runs anything. */
  const askWhatBecame = async (requests: readonly Request[], cause: unknown): Promise<(Outcome | null)[]> => {
    for (let asked = 0; asked < ASK_MAX; asked++) {
      await options.clock.sleep(Math.min(100 * 2 ** asked, 2_000))
      try {
        const companies = [...new Set(requests.map(verb.companyOf))]
        return await transactOn(await connect(), options, companies, (tx) => verb.lookUp(tx, requests))
      } catch (error) {
        if (!isConnectionLost(error) && !(error instanceof CommitUnknown)) throw new OutcomeUnknown(error)
        void disconnect()
      }
    }
    throw new OutcomeUnknown(cause)
  }

  /**
   * Where as many wait as half of this batch, the next one leaves first and this one is answered beside it, in turns that
   * let in what PostgreSQL says: 256 connections of one SKU got a quarter more orders through.
   */
  const answer = (batch: readonly Call<Request, Outcome>[], outcomes: readonly Outcome[]): void => {
    if (queue.waiting() * 2 >= batch.length) answering = answerInTurns(batch, outcomes, answering)
    else
      batch.forEach((call, i) => {
        call.settle.resolve(outcomes[i]!)
      })
  }

  /** A batch that fails for one request's fault is halved until that request stands alone. */
  const settleBatch = async (batch: readonly Call<Request, Outcome>[], lostCommits = 0): Promise<void> => {
    try {
      const outcomes = await runBatch(batch.map((call) => call.request))
      answer(batch, outcomes)
    } catch (error) {
      if (error instanceof CommitUnknown) {
        void disconnect()
        return settleUnknown(batch, error, lostCommits + 1)
      }
      if (batch.length === 1 || isNobodysFault(error)) {
        for (const call of batch) call.settle.reject(error)
        return
      }
      const middle = batch.length >> 1
      await settleBatch(batch.slice(0, middle), lostCommits)
      await settleBatch(batch.slice(middle), lostCommits)
    }
  }

  const settleUnknown = async (batch: readonly Call<Request, Outcome>[], cause: unknown, lostCommits: number) => {
    try {
      const requests = batch.map((call) => call.request)
      if (lostCommits > REDO_MAX) throw new OutcomeUnknown(cause)
      const found = await askWhatBecame(requests, cause)
      batch.forEach((call, i) => {
        if (found[i] !== null) call.settle.resolve(found[i]!)
      })
      const undone = batch.filter((_, i) => found[i] === null)
      if (undone.length > 0) await settleBatch(undone, lostCommits)
    } catch (error) {
      for (const call of batch) call.settle.reject(error)
    }
  }

  const work = async (): Promise<void> => {
    // What was submitted in this same turn of the event loop belongs to the first batch.
    await Promise.resolve()
    for (let batch = queue.take(); batch.length > 0; batch = queue.take()) {
      counts.batches++
      counts.calls += batch.length
      counts.largest = Math.max(counts.largest, batch.length)
      await settleBatch(batch)
      queue.ended(batch)
      // Who was answered may ask again at once, and then belongs to the next batch: without this turn 64 callers fell
      // into three groups of 21, one of them always waiting.
      await new Promise<void>((resolve) => process.nextTick(resolve))
    }
    running = false
  }

  return {
    counts,
    isIdle: () => !running,
    start() {
      running = true
      working = work()
    },
    ended: () => working.then(() => answering),
    disconnect,
  }
}

async function answerInTurns<Request, Outcome>(
  batch: readonly Call<Request, Outcome>[],
  outcomes: readonly Outcome[],
  before: Promise<void>,
): Promise<void> {
  await before
  for (let from = 0; from < batch.length; from += ANSWERED_A_TURN) {
    await nextTurn()
    batch.slice(from, from + ANSWERED_A_TURN).forEach((call, i) => {
      call.settle.resolve(outcomes[from + i]!)
    })
  }
}

/** Time-outs, a full disk, the server's own trouble: trying each request alone would only make all of them wait. */
function isNobodysFault(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return isConnectionLost(error) || (typeof code === 'string' && /^(57014|25P0[34]|53|58|XX)/.test(code))
}

async function openLaneClient(options: GroupCommitOptions): Promise<pg.Client> {
  const client = new pg.Client(laneConfig(options))
  await client.connect()
  return client
}
