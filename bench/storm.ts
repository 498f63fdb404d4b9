import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { realClock } from '../server/kernel/clock.ts'
import { openDatabase, statement } from '../server/kernel/db.ts'
import { idsFrom } from '../server/kernel/ids.ts'
import { migrate } from '../server/kernel/migrate.ts'
import { startEmbedded } from '../server/kernel/postgres/embedded.ts'
import { realRandom } from '../server/kernel/random.ts'
import type { BenchOptions } from './options.ts'
import { bookViolations } from './stall.ts'
import type { Channel, Told } from './storm-marketplaces.ts'
import { isGone, openStorm, type StormStage } from './storm-stage.ts'

/**
 * Ten thousand numbers change at once, a tenth of them to zero, at the contract's call rates, while buyers go on buying.
 *
 * So many calls at 2 to 5 a second take most of a day's shift, so all three clocks run faster by the same factor: the
 * marketplaces' (with their budgets), the worker's and the database's. Times are told on that clock, which makes our own
 * work look as much slower as the clock is faster.
 */
const SHOWN = 100
const ORDERS_PER_SECOND = 0.2
/** On the marketplaces' clock: how long orders are watched before the storm. */
const CALM_MS = 180_000
const LOOK_MS = 250

export async function bench(options: BenchOptions) {
  const folder = mkdtempSync(join(tmpdir(), 'jaego-bench-'))
  const server = await startEmbedded({ dataDir: folder, log: () => {} })
  const db = openDatabase({ url: server.url, newId: idsFrom(realClock, realRandom), connections: 2 })
  const { timeScale, seed } = options
  const channels = options.channels.split(',') as Channel[]
  const skus = Math.ceil(options.listings / channels.length)
  try {
    await migrate(server.url)
    const stage = await openStorm({ url: server.url, channels, skus, shown: SHOWN, timeScale, seed })
    try {
      const result = await storm(stage, { ...options, skus, channels })
      return { ...result, violations: await bookViolations(db, stage.company) }
    } finally {
      await stage.close()
    }
  } finally {
    await db.close()
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

type Plan = Omit<BenchOptions, 'channels'> & { skus: number; channels: readonly Channel[] }

async function storm(stage: StormStage, plan: Plan) {
  const { skus, channels, timeScale } = plan
  const wanted = Array.from({ length: skus }, (_, place) => wantedOf(place))
  const sold = wanted.flatMap((units, place) => (units > 0 && !isGone(place) ? [place] : []))
  await quiet(stage, 60_000)
  await stage.shop(ORDERS_PER_SECOND, sold)
  await sleep(CALM_MS / timeScale)
  const began = await stage.count(wanted)
  const cpu = process.cpuUsage()
  const real = performance.now()
  const isOver = await quiet(stage, plan.seconds * 1_000, channels.length * 3)
  await stage.shop(0, [])
  if (isOver) await quiet(stage, 30_000)
  const tookMs = performance.now() - real
  const { user, system } = process.cpuUsage(cpu)
  const told = await stage.tell()
  const result = await report(stage, { plan, wanted, began, told, isOver })
  const spent = { real_s: round(tookMs / 1_000), worker_cpu_s: round((user + system) / 1e6), time_scale: timeScale }
  return { ...result, ...spent, listings: skus * channels.length, channels }
}

/** A tenth to zero; of the others a third falls by much, a third by little, a third rises. */
function wantedOf(place: number): number {
  if (place % 10 === 0) return 0
  return [30, 90, 160][place % 3]!
}

const WAITING = statement<{ writes: number; reads: number; markers: number }>(
  'bench_storm_waiting',
  `select (select count(*) from channels.unit
       where company_id = $1 and write_due_at is not null and parked_fault is null)::integer as writes,
     (select count(*) from channels.unit
       where company_id = $1 and read_due_at is not null and read_urgency < 4)::integer as reads,
     (select count(*) from channels.marker where company_id = $1)::integer as markers`,
)

/** Waits until hardly anything is wanted any more (orders that come keep a few units busy); false after `withinMs`. */
async function quiet(stage: StormStage, withinMs: number, few = 0): Promise<boolean> {
  let shownAt = 0
  for (const end = performance.now() + withinMs; performance.now() < end; await sleep(LOOK_MS)) {
    const { writes, reads, markers } = await stage.inTx(async (tx) => (await tx.query(WAITING, [stage.company]))[0]!)
    if (performance.now() - shownAt > 15_000) {
      shownAt = performance.now()
      console.error(`writes ${writes}, reads ${reads}, markers ${markers}`)
    }
    if (writes + reads + markers <= few) return true
  }
  return false
}

type Outcome = { plan: Plan; wanted: readonly number[]; began: number; told: Record<string, Told>; isOver: boolean }

async function report(stage: StormStage, { plan, wanted, began, told, isOver }: Outcome) {
  const byChannel: Record<string, object> = {}
  const all = { zero: [] as number[], proven: [] as number[], wrong: 0 }
  for (const channel of plan.channels) {
    const { stock, history } = told[channel]!
    const places = wanted.flatMap((_, place) => (isGone(place) ? [] : [place]))
    const zeros = places.filter((place) => wanted[place] === 0).map((place) => stage.units[channel]![place]!)
    const zeroAt = new Map<string, number>()
    for (const { item, to, at } of history) if (at >= began && to === 0 && !zeroAt.has(item)) zeroAt.set(item, at)
    const proofs = await provenZeros(stage, began)
    const zero = zeros.map((item) => (zeroAt.get(item) ?? Number.POSITIVE_INFINITY) - began)
    const proven = zeros.map((item) => (proofs.get(item) ?? Number.POSITIVE_INFINITY) - began)
    const wrong = await wrongNumbers(stage, stock)
    const last = history.findLast(({ cause, at }) => cause === 'write' && at >= began)
    all.zero.push(...zero)
    all.proven.push(...proven)
    all.wrong += wrong
    byChannel[channel] = {
      zeros: zeros.length,
      shown_zero_s: inSeconds(zero),
      proven_zero_s: inSeconds(proven),
      all_true_s: isOver && last ? round((last.at - began) / 1_000) : null,
      still_wrong: wrong,
      writes: history.filter(({ cause, at }) => cause === 'write' && at >= began).length,
      refused: Object.fromEntries(
        told[channel]!.calls.flatMap(({ bucket, refused }) => (refused ? [[bucket, refused]] : [])),
      ),
    }
    console.error(channel.padEnd(9), JSON.stringify(byChannel[channel]))
  }
  const refused = Object.values(told).flatMap(({ calls }) => calls.map((bucket) => bucket.refused))
  const lag = await intakeLag(stage, began)
  console.error('intake lag', JSON.stringify(lag))
  return {
    shown_zero_s: inSeconds(all.zero),
    proven_zero_s: inSeconds(all.proven),
    all_true: isOver && all.wrong === 0,
    by_channel: byChannel,
    permanent_errors: stage.refusals.size,
    permanent_errors_repeated: [...stage.refusals.values()].reduce((sum, times) => sum + times - 1, 0),
    over_budget_calls: refused.reduce((sum, calls) => sum + calls, 0),
    intake_lag_ms: lag,
  }
}

const PROVEN = statement<{ item: string; at: Date }>(
  'bench_storm_proven',
  `select l.item, min(j.at) as at
   from channels.journal j
   join channels.listing l on l.company_id = j.company_id and l.listing_id = j.listing_id
   where j.company_id = $1 and j.at >= $2 and j.kind = 'observed' and j.value = 0
   group by 1`,
)

async function provenZeros(stage: StormStage, since: number): Promise<Map<string, number>> {
  const rows = await stage.inTx((tx) => tx.query(PROVEN, [stage.company, new Date(since)]))
  return new Map(rows.map(({ item, at }) => [item, at.getTime()]))
}

const DESIRED = statement<{ item: string; desired: number }>(
  'bench_storm_desired',
  'select item, desired from channels.listing where company_id = $1 and fault is null',
)

async function wrongNumbers(stage: StormStage, stock: Readonly<Record<string, number>>): Promise<number> {
  const rows = await stage.inTx((tx) => tx.query(DESIRED, [stage.company]))
  return rows.filter(({ item, desired }) => stock[item] !== undefined && stock[item] !== desired).length
}

const LAGS = statement<{ calm: boolean; lag: number }>(
  'bench_storm_lags',
  `select at < $2 as calm, lag_ms as lag from channels.journal where company_id = $1 and kind = 'sold'`,
)

/** From the sale at the marketplace to its record in our books, before the storm and from then on. */
async function intakeLag(stage: StormStage, began: number) {
  const rows = await stage.inTx((tx) => tx.query(LAGS, [stage.company, new Date(began)]))
  const of = (calm: boolean) => rows.filter((row) => row.calm === calm).map(({ lag }) => lag)
  return {
    calm: { orders: of(true).length, ...spread(of(true)) },
    storm: { orders: of(false).length, ...spread(of(false)) },
  }
}

const inSeconds = (ms: readonly number[]) => spread(ms.map((one) => one / 1_000))

/** What was not reached in time is null. */
function spread(values: readonly number[]) {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (q: number) => {
    const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]
    return value === undefined || !Number.isFinite(value) ? null : round(value)
  }
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}

const round = (value: number): number => Math.round(value * 10) / 10
