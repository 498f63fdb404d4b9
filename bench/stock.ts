import { hooks } from '../server/compose.ts'
import { realClock } from '../server/kernel/clock.ts'
import { openDatabase } from '../server/kernel/db.ts'
import { type GroupCommit, openGroupCommit } from '../server/kernel/group-commit.ts'
import { idsFrom } from '../server/kernel/ids.ts'
import { realRandom, seededRandom } from '../server/kernel/random.ts'
import type { OrderLaneOutcome, OrderLaneRequest } from '../server/modules/orders/index.ts'
import { orderLane } from '../server/modules/orders/index.ts'
import { openNaive } from './naive.ts'
import type { BenchOptions } from './options.ts'
import { onOwnServer } from './server.ts'
import { bookViolations, type Stall, setUpStall } from './stall.ts'

/**
 * Orders per second with durable commits and every row the product writes, beside one transaction per order.
 *
 * Both write the same tables under the same role with row-level security; the naive way gets prepared statements and
 * the better of two pools. Rounds of both are interleaved, so that a noisy neighbour hits both.
 */
type Case = { sku: 'hot' | 'uniform'; lines: 1 | 3; callers: number }

const CASES: Case[] = (['hot', 'uniform'] as const).flatMap((sku) =>
  ([1, 3] as const).flatMap((lines) => ([1, 64, 256] as const).map((callers) => ({ sku, lines, callers }))),
)
const ROUNDS = 3
const VARIANTS = 10_000
const newId = idsFrom(realClock, realRandom)

export const bench = (options: BenchOptions) => onOwnServer((url) => run(url, options))

async function run(url: string, options: BenchOptions) {
  const setUp = openDatabase({ url, newId, connections: 4 })
  const stall = await setUpStall(setUp, newId, VARIANTS)
  const lane = openGroupCommit(
    { url, newId, connections: 1, clock: realClock, lanes: 2, subscribers: hooks },
    orderLane,
  )
  const naive = { 8: await openNaive(url, 8, newId), 64: await openNaive(url, 64, newId) }
  const cases = []
  for (const shape of CASES) {
    if (!`${shape.sku} ${shape.lines} ${shape.callers}`.includes(options.only)) continue
    const measured = await measure(shape, stall, lane, naive, options)
    cases.push(measured)
    console.error(row(measured))
  }
  const violations = await bookViolations(setUp, stall.company)
  console.error(`violations ${violations}`)
  await Promise.all([lane.close(), naive[8].close(), naive[64].close()])
  await setUp.close()
  return { cases, violations }
}

const row = (m: Awaited<ReturnType<typeof measure>>) =>
  `${m.sku.padEnd(8)} ${m.lines} lines ${String(m.callers).padStart(4)} callers: ${m.orders_per_s.toFixed(0).padStart(7)}/s` +
  `  naive ${m.naive_orders_per_s.toFixed(0).padStart(6)}/s (pool ${m.naive_pool})  × ${m.ratio.toFixed(1).padStart(5)}` +
  `  p50 ${m.p50_ms.toFixed(2)} ms  p99 ${m.p99_ms.toFixed(2)} ms`

type Naive = Record<8 | 64, Awaited<ReturnType<typeof openNaive>>>

async function measure(
  shape: Case,
  stall: Stall,
  lane: GroupCommit<OrderLaneRequest, OrderLaneOutcome>,
  naive: Naive,
  options: BenchOptions,
) {
  const random = seededRandom(options.seed)
  const make = () => stall.order(random, shape)
  const ours: Round[] = []
  const theirs: Record<8 | 64, Round[]> = { 8: [], 64: [] }
  const ms = (options.seconds * 1_000) / ROUNDS
  await drive(shape.callers, ms / 4, () => submit(lane, make()))
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await drive(shape.callers, ms, () => submit(lane, make())))
    for (const pool of [8, 64] as const) {
      theirs[pool].push(await drive(shape.callers, ms, () => naive[pool].take(make())))
    }
  }
  const rate = median(ours.map((round) => round.perSecond))
  const rates = { 8: median(theirs[8].map((r) => r.perSecond)), 64: median(theirs[64].map((r) => r.perSecond)) }
  const pool = rates[8] >= rates[64] ? 8 : 64
  return {
    ...shape,
    orders_per_s: rate,
    naive_orders_per_s: rates[pool],
    naive_pool: pool,
    ratio: rate / rates[pool],
    p50_ms: median(ours.map((round) => round.p50)),
    p99_ms: median(ours.map((round) => round.p99)),
    naive_p50_ms: median(theirs[pool].map((round) => round.p50)),
    naive_p99_ms: median(theirs[pool].map((round) => round.p99)),
  }
}

async function submit(lane: GroupCommit<OrderLaneRequest, OrderLaneOutcome>, order: ReturnType<Stall['order']>) {
  const outcome = await lane.submit({ order })
  if (outcome.kind !== 'taken') throw new Error(`an order was ${outcome.kind}`)
}

type Round = { perSecond: number; p50: number; p99: number }

/** Closed loop: each caller has one order under way, for `ms`. */
async function drive(callers: number, ms: number, call: () => Promise<void>): Promise<Round> {
  const took: number[] = []
  const started = performance.now()
  const end = started + ms
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() < end) {
        const from = performance.now()
        await call()
        took.push(performance.now() - from)
      }
    }),
  )
  const seconds = (performance.now() - started) / 1_000
  took.sort((a, b) => a - b)
  return { perSecond: took.length / seconds, p50: at(took, 0.5), p99: at(took, 0.99) }
}

const at = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0
const median = (numbers: number[]): number =>
  at(
    [...numbers].sort((a, b) => a - b),
    0.5,
  )
