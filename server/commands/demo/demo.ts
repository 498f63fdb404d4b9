import type { Config } from '../../kernel/config.ts'
import { seededRandom } from '../../kernel/random.ts'
import type { Policy } from '../../modules/channels/index.ts'
import { boardTotals } from '../../screens/board-queries.ts'
import { claimTotals } from '../../screens/demo-queries.ts'
import { check } from '../check.ts'
import { unlessInterrupted } from '../context.ts'
import { startServer } from '../server.ts'
import { ALL_CHANNELS, DEMO_ACCOUNTS, MAIN_CHANNELS } from './channels.ts'
import { claimsDesk } from './claims-desk.ts'
import { callsOverBudget, converge } from './converge.ts'
import { demoDoors } from './doors.ts'
import { ownMallShopper } from './own-mall.ts'
import { type PackingTally, packingTable } from './packing-table.ts'
import { openStage, type Stage } from './stage.ts'

export type DemoRunOptions = {
  forMs: number
  seed: number
  faults: boolean
  channels: 'main' | 'all'
  policy: Policy
  limits: 'on' | 'off'
  timeScale: number
  /** Ends it early, without a summary. */
  signal: AbortSignal
  progress(done: number, total: number, label: string): void
}

export type DemoSummary = {
  seed: number
  orders_taken: number
  units_sold: number
  short_units: number
  sold_twice: number
  raced_units: number
  pushes: number
  lag_ms: { p50: number; p99: number } | null
  intake_lag_ms: { p50: number; p99: number } | null
  exposure_max: { structural: number; stale: number }
  drift: number
  own_mall: { taken: number; refused: number }
  /** Parcels that left over the API, and those it refused; whether the marketplaces know them is compared in the end. */
  parcels: PackingTally
  /** Told by the marketplaces; answered yes, in all steps or some; answered no; looked at when they came back. */
  claims: { told: number; approved: number; refused: number; inspected: number; withdrawn: number }
  /** Purchases the marketplaces' shoppers tried and found sold out. */
  refused_at_marketplaces: number
  calls_over_budget: number
  converged_ms: number
  /** What still differed in the end, at most 20 lines. */
  different: string[]
  violations: number
}

const OWN_MALL_PER_SECOND = 1
/** Far more than anybody would bear, so that a run of seconds sees all of it. */
const WISHES = { cancelShare: 0.05, returnShare: 0.45, exchangeShare: 0.25, takeBackShare: 0.2, parcelMs: 1_500 }
/** What was asked for in the last seconds is answered, too. */
const DESK_FINISHES_WITHIN_MS = 20_000
/**
 * And as long again as it ran: what waits for ESM's calls grows with the run. A zero there takes five calls until it is proven,
 * of less than two a second for two sites; after ten minutes of selling out 150 of them waited.
 */
const CONVERGE_WITHIN_MS = 240_000
const SAMPLE_MS = 250

/** Runs the main job for a while, lets it come to rest, compares everything with the marketplaces' truth, and sums up. */
export async function runDemo(config: Config, options: DemoRunOptions): Promise<DemoSummary> {
  const ports = new Map((options.channels === 'all' ? ALL_CHANNELS : MAIN_CHANNELS).map((channel) => [channel, 0]))
  const stage = await openStage(config, { ...options, ports, say: () => {} })
  try {
    const doors = { doors: demoDoors(stage), apiKey: stage.world.apiKey }
    const server = await startServer(stage.jaego, { ...config, port: 0 }, doors)
    try {
      return await unlessInterrupted(options.signal, () => play(stage, server.url, options))
    } finally {
      await server.close()
    }
  } finally {
    await stage.close()
  }
}

async function play(stage: Stage, url: string, options: DemoRunOptions): Promise<DemoSummary> {
  const until = stage.jaego.clock.monotonic() + options.forMs
  const people = await letPeopleIn(stage, url, options.seed)
  // Together: of a demo that is ended early, trouble that finds no marketplace any more is nobody's, and ends nothing.
  const [exposure] = await Promise.all([
    watchUntil(until, stage, options),
    options.faults ? breakThings(stage, options, until) : null,
  ])
  const seen = await sendPeopleHome(stage, people)
  return { seed: options.seed, exposure_max: exposure, ...seen, ...(await comeToRest(stage, options)) }
}

/** Shoppers at every marketplace and in the own mall, who packs, and who answers claims. */
async function letPeopleIn(stage: Stage, url: string, seed: number) {
  const { world, simulators } = stage
  const { clock, channels } = stage.jaego
  const shoppers = [...simulators.keys()].map((channel) => [channel, DEMO_ACCOUNTS[channel].shoppers] as const)
  await stage.sendWebhooks(url)
  await stage.letShoppersIn(new Map(shoppers), WISHES)
  return {
    mall: ownMallShopper(channels.http, clock, url, world, { seed, perSecond: OWN_MALL_PER_SECOND }),
    table: packingTable(channels.http, clock, url, world, seed),
    desk: claimsDesk(channels.http, clock, url, world, seed),
  }
}

/** Tells how far it is until then, on the clock that never goes back; answers the worst exposure it saw. */
async function watchUntil(until: number, { jaego, world }: Stage, { forMs, progress }: DemoRunOptions) {
  const worst = { structural: 0, stale: 0 }
  for (let left = forMs; left > 0; left = until - jaego.clock.monotonic()) {
    const { exposure, ordersTaken } = await jaego.db.transaction([world.company], (tx) =>
      boardTotals(tx, world.company),
    )
    worst.structural = Math.max(worst.structural, exposure.structural)
    worst.stale = Math.max(worst.stale, exposure.stale)
    progress(forMs - left, forMs, `${ordersTaken} orders`)
    await jaego.clock.sleep(Math.min(SAMPLE_MS, Math.max(1, left)))
  }
  return worst
}

/** Nobody buys any more, and what was begun is finished; answers what they met, and how late numbers and orders were. */
async function sendPeopleHome(stage: Stage, { mall, table, desk }: Awaited<ReturnType<typeof letPeopleIn>>) {
  const { jaego, world, simulators } = stage
  let refused = 0
  for (const simulator of simulators.values()) refused += (await simulator.get<Tally>('shoppers')).soldOut
  await stage.letShoppersIn(new Map(), { cancelShare: 0 })
  const ownMall = await mall.stop()
  const parcels = await table.stop()
  await desk.finish(DESK_FINISHES_WITHIN_MS)
  const { lag, intakeLag } = await jaego.db.transaction([world.company], (tx) => boardTotals(tx, world.company))
  return {
    lag_ms: spreadOf(lag),
    intake_lag_ms: spreadOf(intakeLag),
    own_mall: ownMall,
    parcels,
    refused_at_marketplaces: refused,
  }
}

const spreadOf = (lag: { p50: number; p99: number } | null) => (lag === null ? null : { p50: lag.p50, p99: lag.p99 })

/** Waits until every number is true everywhere, and compares and checks all there is. */
async function comeToRest(stage: Stage, { forMs, progress }: DemoRunOptions) {
  const { jaego, world } = stage
  const rest = await converge(stage, CONVERGE_WITHIN_MS + forMs, (left) =>
    progress(forMs, forMs, `coming to rest: ${left.length} differ`),
  )
  const totals = await jaego.db.transaction([world.company], (tx) => boardTotals(tx, world.company))
  const claims = await jaego.db.transaction([world.company], (tx) => claimTotals(tx, world.company))
  const books = await check({ ...jaego, url: jaego.url, progress: () => {} })
  return {
    orders_taken: totals.ordersTaken,
    units_sold: totals.unitsSold,
    short_units: totals.shortUnits,
    sold_twice: totals.soldTwice,
    raced_units: totals.racedUnits,
    pushes: totals.pushes,
    drift: totals.drift,
    claims,
    calls_over_budget: await callsOverBudget(stage),
    converged_ms: rest.ms,
    different: rest.left.slice(0, 20),
    violations: books.violations + rest.left.length,
  }
}

type Tally = { sold: number; soldOut: number; cancels: number }

/** The trouble of a bad month, in order of the seed: slow answers, lost answers, lost writes, doubles, outages, a dead worker. */
async function breakThings(stage: Stage, options: DemoRunOptions, until: number): Promise<void> {
  const { jaego, simulators } = stage
  const random = seededRandom(options.seed + 1_000)
  const all = [...simulators.values()]
  const everyMs = Math.max(2_000, options.forMs / 12)
  const steady = { latencyMs: [5, 60], timeoutAfterCommit: 0.01, lostWrite: 0.01, duplicateOrder: 0.1, disorder: 0.2 }
  const webhooks = {
    webhookLost: 0.3,
    webhookTwice: 0.2,
    webhookOvertaken: 0.2,
    webhookLate: 0.2,
    webhookLateMs: 5_000,
  }
  for (const simulator of all) await simulator.patch('faults', { ...steady, ...webhooks })
  while (jaego.clock.monotonic() + everyMs < until) {
    await jaego.clock.sleep(everyMs)
    const simulator = all[Math.floor(random.next() * all.length)]!
    const what = random.next()
    if (what < 0.4) await simulator.post('outage', { ms: Math.floor(1_000 + random.next() * 4_000) })
    else if (what < 0.6) await simulator.patch('faults', { serverError: 0.3 })
    else if (what < 0.8) await simulator.patch('faults', { serverError: 0 })
    else stage.killWorker()
  }
  for (const simulator of all) {
    await simulator.patch('faults', {
      ...{ latencyMs: [0, 0], timeoutAfterCommit: 0, lostWrite: 0, duplicateOrder: 0, disorder: 0, serverError: 0 },
    })
  }
}
