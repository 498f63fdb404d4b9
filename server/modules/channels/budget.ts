import { ChannelFault } from './adapter.ts'
import type { Connection } from './connection.ts'
import * as sql from './connection-queries.ts'
import type { ChannelDeps } from './deps.ts'

/**
 * Whose call it is. Orders go before stock and both before what can wait until tomorrow; but of four calls that orders
 * and stock could both use one is stock's, since a busy feed must not keep a number from reaching zero.
 */
export type Turn = 'orders' | 'stock' | 'background'

const ORDERS_IN_A_ROW = 3
/** A call waits this long for its turn, then gives up: the loop comes back later with newer values. */
const LONGEST_WAIT_MS: Record<Turn, number> = { orders: 10_000, stock: 10_000, background: 120_000 }
/** A budget that made somebody wait so recently will make the next wait, too. */
const DRY_FOR_MS = 500

/** Who came while the line slept through a long pause is told of it soon. */
const LOOK_AGAIN_MS = 1_000

export type Spending = {
  /** Waits for a call's turn, or throws ChannelFault. */
  spend(bucket: string, turn: Turn): Promise<void>
  learn(bucket: string, seen: { ratePerSecond?: number; burst?: number; remaining?: number; pauseMs?: number }): void
  /** Stock's calls wait for their turn: whoever takes on more work now would decide today what leaves tomorrow. */
  isDry(): boolean
  /** Waits for what learn() still writes; called before a claim ends. */
  flush(): Promise<void>
}

type Waiting = { turn: Turn; until: number; leave: () => void; giveUp: (error: unknown) => void }
/**
 * The calls of one process that wait for one bucket, in the order they came, and how many orders left in a row. The
 * next leaves at `openAt` (monotonic) at the earliest: a token counts from when it was taken, so after a stall between
 * taking and leaving the next call followed at once, and the sixth of a second was one too many for Coupang.
 */
type Line = {
  waiting: Waiting[]
  isServed: boolean
  ordersInARow: number
  openAt: number
  /** Stock has called here. A bucket that only orders draw from says nothing of what is left for stock. */
  isStocks: boolean
  isSleeping: boolean
  sleptAt: number
}

/**
 * The connection's call budget: token buckets in PostgreSQL, shared by all processes.
 *
 * Nobody reserves a later turn: a token is taken when a call can leave, one at a time in a process and bucket, and goes
 * to whoever waits with the best right then; so that after a stall no bunch of calls leaves at once and the
 * marketplace counts what we counted.
 */
export function openSpending(deps: Pick<ChannelDeps, 'db' | 'clock' | 'log'>, connection: Connection): Spending {
  const { company, connectionId } = connection
  const lines = new Map<string, Line>()
  const rates = new Map<string, string>()
  let learning: Promise<unknown> = Promise.resolve()

  const take = (bucket: string) =>
    deps.db.transaction([company], async (tx) => {
      const gapMs = await sql.spend(tx, company, connectionId, bucket)
      if (gapMs !== null) return { gapMs }
      return (await sql.budgetWait(tx, company, connectionId, bucket)) ?? { gapMs: 0 }
    })

  /** Lets the line through, call by call, until nobody waits. */
  async function serve(bucket: string, line: Line): Promise<void> {
    if (line.isServed) return
    line.isServed = true
    while (line.waiting.length > 0) {
      try {
        const closedMs = line.openAt - deps.clock.monotonic()
        const taken = closedMs > 0 ? { wait_ms: closedMs, blocked: false } : await take(bucket)
        if ('gapMs' in taken) {
          nextOf(line).leave()
          line.openAt = deps.clock.monotonic() + taken.gapMs
        } else await waitFor(bucket, line, taken)
      } catch (error) {
        nextOf(line).giveUp(error)
      }
    }
    line.isServed = false
  }

  async function waitFor(bucket: string, line: Line, wait: { wait_ms: number; blocked: boolean }): Promise<void> {
    const ms = Math.max(5, Math.ceil(wait.wait_ms))
    const tooLate = line.waiting.filter(({ until }) => deps.clock.monotonic() + ms > until)
    line.waiting = line.waiting.filter((one) => !tooLate.includes(one))
    for (const { giveUp } of tooLate) {
      giveUp(new ChannelFault('rate_limited', '', { pauseMs: ms, why: { reason: 'own_budget', what: bucket } }))
    }
    if (line.waiting.length === 0) return
    line.isSleeping = true
    await deps.clock.sleep(Math.min(ms, LOOK_AGAIN_MS))
    line.isSleeping = false
    line.sleptAt = deps.clock.monotonic()
  }

  return {
    spend(bucket, turn) {
      const line = lines.get(bucket) ?? newLine()
      lines.set(bucket, line)
      if (turn === 'stock') line.isStocks = true
      return new Promise<void>((leave, giveUp) => {
        const until = deps.clock.monotonic() + LONGEST_WAIT_MS[turn]
        line.waiting.push({ turn, until, leave, giveUp })
        void serve(bucket, line)
      })
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
    isDry: () =>
      [...lines.values()].some(
        ({ isStocks, isSleeping, sleptAt }) =>
          isStocks && (isSleeping || deps.clock.monotonic() - sleptAt < DRY_FOR_MS),
      ),
    flush: async () => {
      await learning
    },
  }
}

const newLine = (): Line => ({
  ...{ waiting: [], isServed: false, ordersInARow: 0, openAt: 0 },
  ...{ isStocks: false, isSleeping: false, sleptAt: Number.NEGATIVE_INFINITY },
})

/** Headers come with every answer; only a new rate, a pause or an empty bucket is worth a write. */
const saysStop = (seen: { remaining?: number; pauseMs?: number }): boolean =>
  seen.pauseMs !== undefined || (seen.remaining !== undefined && seen.remaining < 1)

/** Takes whoever goes next out of the line. */
function nextOf(line: Line): Waiting {
  const of = (turn: Turn) => line.waiting.find((one) => one.turn === turn)
  const [orders, stock] = [of('orders'), of('stock')]
  const isStocksTurn = stock !== undefined && line.ordersInARow >= ORDERS_IN_A_ROW
  const next = (isStocksTurn ? stock : (orders ?? stock)) ?? line.waiting[0]!
  line.ordersInARow = next.turn === 'orders' ? line.ordersInARow + 1 : 0
  line.waiting = line.waiting.filter((one) => one !== next)
  return next
}
