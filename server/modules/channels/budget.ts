import { ChannelFault } from './adapter.ts'
import type { Connection } from './connection.ts'
import * as sql from './connection-queries.ts'
import type { ChannelDeps } from './deps.ts'

/** A call waits this long for its turn, then gives up: the loop comes back later with newer values. */
const LONGEST_WAIT_MS = 10_000
/** A budget that made somebody wait so recently will make the next wait, too. */
const DRY_FOR_MS = 500

export type Spending = {
  spend(bucket: string): Promise<void>
  learn(bucket: string, seen: { ratePerSecond?: number; burst?: number; remaining?: number; pauseMs?: number }): void
  /** Calls wait for their turn: whoever takes on more work now would decide today what leaves tomorrow. */
  isDry(): boolean
  /** Waits for what learn() still writes; called before a claim ends. */
  flush(): Promise<void>
}

/**
 * The connection's call budget: token buckets in PostgreSQL, shared by all processes.
 *
 * Nobody reserves a later turn: a call takes its token at the moment it leaves, one call of a process and bucket at a
 * time, so that after a stall no bunch of calls leaves at once and the marketplace counts what we counted.
 */
export function openSpending(deps: Pick<ChannelDeps, 'db' | 'clock' | 'log'>, connection: Connection): Spending {
  const { company, connectionId } = connection
  const turns = new Map<string, Promise<void>>()
  const rates = new Map<string, string>()
  let learning: Promise<unknown> = Promise.resolve()

  let waiting = 0
  let waitedAt = Number.NEGATIVE_INFINITY
  const takeTurn = async (bucket: string): Promise<void> => {
    const until = deps.clock.monotonic() + LONGEST_WAIT_MS
    for (;;) {
      const wait = await deps.db.transaction([company], async (tx) => {
        if (await sql.spend(tx, company, connectionId, bucket)) return null
        return sql.budgetWait(tx, company, connectionId, bucket)
      })
      if (wait === null) return
      const ms = Math.max(5, Math.ceil(wait.wait_ms))
      if (deps.clock.monotonic() + ms > until) {
        throw new ChannelFault('rate_limited', `our own budget ${bucket}${wait.blocked ? ' is paused' : ''}`, {
          pauseMs: ms,
        })
      }
      waiting += 1
      await deps.clock.sleep(ms)
      waiting -= 1
      waitedAt = deps.clock.monotonic()
    }
  }

  return {
    spend(bucket) {
      const turn = (turns.get(bucket) ?? Promise.resolve()).then(() => takeTurn(bucket))
      turns.set(
        bucket,
        turn.catch(() => {}),
      )
      return turn
    },
    learn(bucket, seen) {
      const rate = `${seen.ratePerSecond ?? ''}/${seen.burst ?? ''}`
      const isNewRate = rate !== '/' && rates.get(bucket) !== rate
      if (isNewRate) rates.set(bucket, rate)
      if (!isNewRate && !saysStop(seen)) return
      learning = Promise.all([
        learning,
        deps.db
          .transaction([company], async (tx) => sql.learnBudget(tx, company, connectionId, bucket, seen))
          .catch((error: unknown) => deps.log.warn({ err: error, bucket }, 'a budget was not learned')),
      ])
    },
    isDry: () => waiting > 0 || deps.clock.monotonic() - waitedAt < DRY_FOR_MS,
    flush: async () => {
      await learning
    },
  }
}

/** Headers come with every answer; only a new rate, a pause or an empty bucket is worth a write. */
const saysStop = (seen: { remaining?: number; pauseMs?: number }): boolean =>
  seen.pauseMs !== undefined || (seen.remaining !== undefined && seen.remaining < 1)
