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
import type { Channel } from './storm-marketplaces.ts'
import { type Ended, report, stillWrong } from './storm-report.ts'
import { ALL_CHANNELS, type Share, splitOf } from './storm-split.ts'
import { isGone, openStorm, type StormStage } from './storm-stage.ts'

/**
 * Ten thousand numbers change at once, a tenth of them to zero, at the contract's call rates, while buyers go on buying.
 *
 * So many calls at 2 to 5 a second take most of a day's shift, so all three clocks run faster by the same factor: the
 * marketplaces' (with their budgets), the worker's and the database's. Times are told on that clock, which makes our own
 * work look as much slower as the clock is faster.
 */
const UNITS = 100
/** On the marketplaces' clock: how long orders are watched before the storm. */
const CALM_MS = 180_000
/** And after it: until the last orders are told (ESM's come half a minute late) and what they changed is shown. */
const SETTLE_MS = 300_000
const LOOK_MS = 250
/** Orders that come keep a few units of a channel busy: one in a hundred, and no more than this. */
const FEW_AT_MOST = 3
const POLICIES = ['pool', 'rights'] as const

export async function bench(options: BenchOptions) {
  const policy = POLICIES.find((name) => name === options.policy)
  if (!policy) throw new Error(`which policy? ${POLICIES.join(', ')}`)
  const split = splitOf(options.listings, channelsOf(options.channels))
  const folder = mkdtempSync(join(tmpdir(), 'jaego-bench-'))
  const server = await startEmbedded({ dataDir: folder, log: () => {} })
  const db = openDatabase({ url: server.url, newId: idsFrom(realClock, realRandom), connections: 2 })
  const { timeScale, seed } = options
  try {
    await migrate(server.url)
    const stage = await openStorm({ url: server.url, split, policy, units: UNITS, timeScale, seed })
    try {
      const result = await storm(stage, split, options)
      return { policy, ...result, violations: await bookViolations(db, stage.company) }
    } finally {
      await stage.close()
    }
  } finally {
    await db.close()
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

function channelsOf(named: string): Channel[] {
  if (named === 'all') return ALL_CHANNELS
  return named.split(',').map((name) => {
    const channel = ALL_CHANNELS.find((known) => known === name)
    if (!channel) throw new Error(`no channel ${name}: all, or of ${ALL_CHANNELS.join(', ')}`)
    return channel
  })
}

async function storm(stage: StormStage, split: Readonly<Record<string, Share>>, { seconds, timeScale }: BenchOptions) {
  const skus = Math.max(...Object.values(split).map((share) => share.skus))
  const wanted = Array.from({ length: skus }, (_, place) => wantedOf(place))
  const sold = new Set(wanted.flatMap((units, place) => (units > 0 && !isGone(place) ? [place] : [])))
  await quiet(stage, 60_000)
  await stage.shop(sold)
  await sleep(CALM_MS / timeScale)
  const began = await stage.count(wanted)
  const cpu = process.cpuUsage()
  const real = performance.now()
  const few = ({ skus }: Share) => Math.min(FEW_AT_MOST, Math.floor(skus / 100))
  const ended = await quiet(stage, seconds * 1_000, (channel) => few(split[channel]!))
  await stage.shop(new Set())
  if (Object.keys(split).every((channel) => ended.has(channel))) await settled(stage, SETTLE_MS / timeScale)
  const tookMs = performance.now() - real
  const { user, system } = process.cpuUsage(cpu)
  const result = await report(stage, { wanted, began, ended, told: await stage.tell() })
  const spent = { real_s: round(tookMs / 1_000), worker_cpu_s: round((user + system) / 1e6), time_scale: timeScale }
  const listings = Object.values(split).reduce((sum, share) => sum + share.listings, 0)
  return { ...result, ...spent, listings, split }
}

/** A tenth to zero; of the others a third falls by much, a third by little, a third rises. */
function wantedOf(place: number): number {
  if (place % 10 === 0) return 0
  return [30, 90, 160][place % 3]!
}

const WAITING = statement<{ channel: string; writes: number; reads: number; markers: number }>(
  'bench_storm_waiting',
  `select c.channel,
     (select count(*) from channels.unit u
       where u.company_id = c.company_id and u.connection_id = c.connection_id and u.write_due_at is not null
         and u.parked_fault is null)::integer as writes,
     (select count(*) from channels.unit u
       where u.company_id = c.company_id and u.connection_id = c.connection_id and u.read_due_at is not null
         and u.read_urgency < 4)::integer as reads,
     (select count(*) from channels.marker m where m.company_id = c.company_id)::integer as markers
   from channels.connection c where c.company_id = $1 order by 1`,
)

/** Waits until at each channel hardly anything was wanted once. When that was; without those that never were `withinMs`. */
async function quiet(stage: StormStage, withinMs: number, few = (_: string) => 0): Promise<Ended> {
  const ended = new Map<string, number>()
  let shownAt = 0
  for (const end = performance.now() + withinMs; performance.now() < end; await sleep(LOOK_MS)) {
    const waiting = await stage.inTx((tx) => tx.query(WAITING, [stage.company]))
    if (performance.now() - shownAt > 15_000) {
      shownAt = performance.now()
      const left = waiting.map(({ channel, writes, reads }) => `${channel} ${writes}+${reads}`)
      console.error(`writes and reads: ${left.join(', ')}; markers ${waiting[0]?.markers}`)
    }
    for (const { channel, writes, reads, markers } of waiting) {
      if (!ended.has(channel) && writes + reads + markers <= few(channel)) ended.set(channel, stage.clock.now())
    }
    if (ended.size === waiting.length) break
  }
  return ended
}

async function settled(stage: StormStage, withinMs: number): Promise<void> {
  const end = performance.now() + withinMs
  while (performance.now() < end && (await stillWrong(stage)) > 0) await sleep(LOOK_MS)
}

const round = (value: number): number => Math.round(value * 10) / 10
