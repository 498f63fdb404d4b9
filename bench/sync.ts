import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { realClock } from '../server/kernel/clock.ts'
import { type Database, openDatabase } from '../server/kernel/db.ts'
import { idsFrom } from '../server/kernel/ids.ts'
import { migrate } from '../server/kernel/migrate.ts'
import { startEmbedded } from '../server/kernel/postgres/embedded.ts'
import { realRandom, seededRandom } from '../server/kernel/random.ts'
import type { StockChange } from '../simulators/marketplace.ts'
import type { BenchOptions } from './options.ts'
import { bookViolations } from './stall.ts'
import { openStage, SIDES, type Stage } from './sync-stage.ts'

/**
 * How long a marketplace shows an old number: 200 sales a second of one SKU and 20 over 200 others.
 *
 * Lag is taken from outside: from the moment the caller of a sale learns that it is committed to the moment from which
 * the pretend marketplace's own record shows that number or a newer one. A pool makes every sale change both
 * marketplaces' numbers; under rights shoppers buy at the marketplaces themselves.
 */
const HOT_PER_SECOND = 200
const OTHERS_PER_SECOND = 20
const OTHERS = 200
const PLENTY = 50_000
const LONGEST_REST_MS = 20_000

export async function bench(options: BenchOptions) {
  const folder = mkdtempSync(join(tmpdir(), 'jaego-bench-'))
  const server = await startEmbedded({ dataDir: folder, log: () => {} })
  const db = openDatabase({ url: server.url, newId: idsFrom(realClock, realRandom), connections: 2 })
  try {
    await migrate(server.url)
    const cases: Record<string, () => Promise<object>> = {
      free: () => free(server.url, db, options),
      limited: () => limited(server.url, db, options),
      rights: () => rights(server.url, db, options),
    }
    const result: Record<string, object> = {}
    for (const [name, run] of Object.entries(cases)) {
      if (!name.includes(options.only)) continue
      result[name] = await run()
      console.error(name.padEnd(8), JSON.stringify(result[name]))
    }
    return result
  } finally {
    await db.close()
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The pool with nobody limiting calls: what our own way costs. */
async function free(url: string, db: Database, { seconds, seed }: BenchOptions) {
  const stock = [PLENTY, ...Array.from({ length: OTHERS }, () => PLENTY)]
  const stage = await openStage({ url, policy: 'pool', limits: 'off', stock, shown: everything })
  try {
    const sales = await sellSteadily(stage, { seconds, seed })
    await stage.rest(LONGEST_REST_MS)
    const { history } = await stage.tell()
    const lags = SIDES.flatMap((side) => lagsOf(sales, stock, history[side], itemsOf(stage, side)))
    const hot = sales.filter((sale) => sale.index === 0).length
    const pushes = SIDES.map((side) => {
      const writes = history[side].filter(({ cause, item }) => cause === 'write' && item === stage.items[side][0]!.item)
      return [side, round((writes.length * 1_000) / hot)]
    })
    return {
      policy: 'pool',
      sales: sales.length,
      lag_ms: percentiles(lags),
      pushes_per_1000_sales: Math.max(...pushes.map(([, n]) => Number(n))),
      pushes_per_1000_sales_by_channel: Object.fromEntries(pushes),
      violations: await bookViolations(db, stage.company),
    }
  } finally {
    await stage.close()
  }
}

/** Every fifth of the others has two units only, so that stock runs out all the time; and the hot one half-way. */
const SCARCE_EVERY = 5
const SCARCE_STOCK = 2

/** The same pool inside the contract's call budgets: not every number can be told, so those going to zero come first. */
async function limited(url: string, db: Database, { seconds, seed }: BenchOptions) {
  const others = Array.from({ length: OTHERS }, (_, i) => (i % SCARCE_EVERY === 0 ? SCARCE_STOCK : PLENTY))
  const stock = [Math.round((HOT_PER_SECOND * seconds) / 2), ...others]
  const stage = await openStage({ url, policy: 'pool', limits: 'on', stock, shown: everything })
  try {
    let backlogMax = 0
    const watching = new AbortController()
    const watch = (async () => {
      while (!watching.signal.aborted) {
        backlogMax = Math.max(backlogMax, await stage.backlog())
        await sleep(100)
      }
    })()
    const sales = await sellSteadily(stage, { seconds, seed })
    await sleep(LONGEST_REST_MS / 2) // the last zeros; all the other numbers would take minutes
    watching.abort()
    await watch
    const { history, calls } = await stage.tell()
    const zeros = SIDES.map((side) => timesToZero(sales, stock, history[side], itemsOf(stage, side)))
    const refused = SIDES.flatMap((side) => calls[side]).reduce((sum, bucket) => sum + bucket.refused, 0)
    return {
      policy: 'pool',
      sales: sales.length,
      ran_out: zeros[0]!.length,
      time_to_zero_ms: percentiles(zeros.flat()),
      time_to_zero_ms_by_channel: Object.fromEntries(SIDES.map((side, i) => [side, percentiles(zeros[i]!)])),
      backlog_max: backlogMax,
      over_budget_calls: refused,
      violations: await bookViolations(db, stage.company),
    }
  } finally {
    await stage.close()
  }
}

/** Shoppers at both marketplaces until a good part of the stock is gone. */
async function rights(url: string, db: Database, { seconds, seed }: BenchOptions) {
  const stock = [
    Math.round(HOT_PER_SECOND * seconds * 1.1),
    ...Array.from({ length: OTHERS }, () => Math.ceil((OTHERS_PER_SECOND * seconds * 1.5) / OTHERS) + 4),
  ]
  const shown = (units: number) => ({ naver: Math.floor(units * 0.3), coupang: Math.floor(units * 0.3) })
  const stage = await openStage({ url, policy: 'rights', limits: 'off', stock, shown })
  try {
    const shopped = await stage.shop({
      ...{ seed, hotPerSecond: HOT_PER_SECOND, othersPerSecond: OTHERS_PER_SECOND, forMs: seconds * 1_000, stock },
    })
    await sleep(3_000) // the last orders are told and recorded
    await stage.rest(LONGEST_REST_MS)
    const { history } = await stage.tell()
    const pushes = SIDES.map((side) => history[side].filter(({ cause }) => cause === 'write').length)
    return {
      policy: 'rights',
      sales: shopped.sold,
      pushes_per_1000_sales: round((Math.max(...pushes) * 1_000) / Math.max(1, shopped.sold)),
      units_sold_twice: await stage.soldTwice(),
      refused_percent: round((shopped.refused * 100) / Math.max(1, shopped.tried)),
      violations: await bookViolations(db, stage.company),
    }
  } finally {
    await stage.close()
  }
}

const everything = (units: number) => ({ naver: units, coupang: units })

type Sale = { index: number; at: number }

const TURN_MS = 5

/** An open loop: sales come at their rate whether or not we keep up. Refused ones (sold out) are no sales. */
async function sellSteadily(stage: Stage, { seconds, seed }: { seconds: number; seed: number }): Promise<Sale[]> {
  const random = seededRandom(seed)
  const sales: Sale[] = []
  const under: Promise<void>[] = []
  const sell = (index: number) =>
    void under.push(
      stage.sell(index).then((at) => {
        if (at !== null) sales.push({ index, at })
      }),
    )
  const begun = performance.now()
  let hot = 0
  let others = 0
  for (let ms = 0; ms < seconds * 1_000; ) {
    ms = Math.min(seconds * 1_000, performance.now() - begun)
    for (; hot < (ms * HOT_PER_SECOND) / 1_000; hot++) sell(0)
    for (; others < (ms * OTHERS_PER_SECOND) / 1_000; others++) sell(1 + Math.floor(random.next() * OTHERS))
    await sleep(TURN_MS)
  }
  await Promise.all(under)
  return sales.sort((a, b) => a.at - b.at)
}

const itemsOf = (stage: Stage, side: (typeof SIDES)[number]): string[] => stage.items[side].map(({ item }) => item)

/** Ms from each sale to the first moment at which the marketplace shows what was left after it, or less. */
function lagsOf(sales: readonly Sale[], stock: readonly number[], history: readonly StockChange[], items: string[]) {
  const left = [...stock]
  const writes = Map.groupBy(history, ({ item }) => item)
  const reached = new Map<string, number>()
  return sales.map(({ index, at }) => {
    const units = --left[index]!
    const item = items[index]!
    const rows = writes.get(item) ?? []
    let next = reached.get(item) ?? 0
    while (next < rows.length && rows[next]!.to > units) next++
    reached.set(item, next)
    return next < rows.length ? Math.max(0, rows[next]!.at - at) : Number.POSITIVE_INFINITY
  })
}

/** Ms from the sale of the last unit to the marketplace's zero, for each SKU that ran out. */
function timesToZero(
  sales: readonly Sale[],
  stock: readonly number[],
  history: readonly StockChange[],
  items: string[],
) {
  const left = [...stock]
  return sales.flatMap(({ index, at }) => {
    if (--left[index]! > 0) return []
    const zero = history.find((row) => row.item === items[index] && row.to === 0)
    return [zero ? Math.max(0, zero.at - at) : Number.POSITIVE_INFINITY]
  })
}

function percentiles(values: readonly number[]) {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (q: number) => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0)
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}

const round = (value: number): number => Math.round(value * 10) / 10
