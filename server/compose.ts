import { openMarketplace } from './adapters/marketplaces/index.ts'
import { type Clock, realClock } from './kernel/clock.ts'
import type { Config } from './kernel/config.ts'
import { type Database, type FailPoints, openDatabase, subscribe } from './kernel/db.ts'
import { type GroupCommit, openGroupCommit } from './kernel/group-commit.ts'
import { idsFrom, type NewId } from './kernel/ids.ts'
import { type Log, openLog } from './kernel/log.ts'
import { runLoop, type Step, type Wake } from './kernel/loops.ts'
import { type Random, realRandom } from './kernel/random.ts'
import { openRealHttp } from './kernel/real-http.ts'
import { openSecrets, type Secrets } from './kernel/secrets.ts'
import { openWake } from './kernel/wake.ts'
import { companyIds } from './modules/access/index.ts'
import { type ChannelDeps, markVariants, openShippingRules } from './modules/channels/index.ts'
import { companySteps, connectionSteps, type OpenConnection, openConnections } from './modules/channels/jobs.ts'
import { followDeliveries, type ShippingRules } from './modules/fulfilment/index.ts'
import { fulfilmentSteps } from './modules/fulfilment/jobs.ts'
import { levelsChanged, shortagesChanged } from './modules/inventory/index.ts'
import {
  followShortages,
  linesDelivered,
  type OrderLaneOutcome,
  type OrderLaneRequest,
  type OrderNumbers,
  openOrderNumbers,
  orderLane,
} from './modules/orders/index.ts'

/** Everything wired once, by hand. Close it in the end: it holds connections. */
export type Jaego = {
  url: string
  db: Database
  lane: GroupCommit<OrderLaneRequest, OrderLaneOutcome>
  numbers: OrderNumbers
  secrets: Secrets
  wake: Wake
  clock: Clock
  random: Random
  log: Log
  newId: NewId
  channels: ChannelDeps
  shippingRules: ShippingRules
  close(): Promise<void>
}

export type ComposeOptions = {
  url: string
  config: Pick<Config, 'secretKey' | 'logLevel' | 'listenUrl'>
  /** One or two; the measured difference is beside LANES. */
  lanes?: number
  pollMs?: number
  restMs?: number
  failPoints?: FailPoints
  /** By channel name; those of adapters/marketplaces by default. */
  marketplaces?: ChannelDeps['marketplaces']
  /** On stderr by default. */
  log?: Log
}

/** The hook inventory is given: a variant whose level moved is marked for the channels, in the same transaction. */
const markLevelsChanged = subscribe(levelsChanged, markVariants)
/** Whether an order is short follows its reservations: it is true while units are missing and no longer. */
const flagShortOrders = subscribe(shortagesChanged, followShortages)

/** Whoever says that lines have arrived, their parcels have. */
const deliverParcels = subscribe(linesDelivered, followDeliveries)

/** Every transaction of ours runs them, whoever opens the database. */
export const hooks = [flagShortOrders, markLevelsChanged, deliverParcels]

/**
 * Two, so that one batch is decided while PostgreSQL writes the other. Of one and two lanes over 10,000 SKUs, 64 callers:
 * 5.7 and 6.4 times the naive way (`npm run bench -- stock`); one hot SKU keeps to one of them.
 */
const LANES = 2
const CONNECTIONS = 16
const POLL_MS = 1_000
/** 1,000 sales of one SKU in five seconds are then at most 25 pushes a channel, each at most a quarter second old. */
const REST_MS = 220

export async function compose(options: ComposeOptions): Promise<Jaego> {
  const { url, config } = options
  const clock = realClock
  const random = realRandom
  const log = options.log ?? openLog(config.logLevel)
  const newId = idsFrom(clock, random)
  const wake = await openWake(config.listenUrl ?? url, clock, log)
  const database = {
    url,
    newId,
    connections: CONNECTIONS,
    subscribers: hooks,
    onCommitted: wake.nudge,
    ...(options.failPoints ? { failPoints: options.failPoints } : {}),
  }
  const db = openDatabase(database)
  const lane = openGroupCommit({ ...database, clock, lanes: options.lanes ?? LANES }, orderLane)
  const numbers = openOrderNumbers(db, clock)
  const secrets = openSecrets(config.secretKey, random)
  const http = openRealHttp()
  const channels: ChannelDeps = {
    ...{ db, clock, random, log, http, secrets, numbers },
    marketplaces: options.marketplaces ?? openMarketplace,
    pollMs: options.pollMs ?? POLL_MS,
    restMs: options.restMs ?? REST_MS,
  }
  return {
    ...{ url, db, lane, numbers, secrets, wake, clock, random, log, newId, channels },
    shippingRules: openShippingRules(channels),
    async close() {
      await lane.close()
      await wake.close()
      await db.close()
      http.close()
    },
  }
}

const LOOK_FOR_CONNECTIONS_MS = 2_000

/**
 * The worker: reconciles, pushes, collects, acknowledges, expires, for every company and connection there is, until
 * `signal` aborts. Any number of workers may run; what they claim is rows.
 */
export async function runWorker(jaego: Jaego, signal: AbortSignal): Promise<void> {
  const { db, clock, log, wake, channels } = jaego
  const companies = () => companyIds(db)
  let open = new Map<string, OpenConnection>()
  const running = new Map<string, { stop: AbortController; loops: Promise<void>[] }>()
  /** Loops of connections that changed or went: asked to end, and waited for before the database is closed. */
  const ending: Promise<void>[] = []
  const capabilitiesOf = (channel: string) =>
    [...open.values()].find(({ connection }) => connection.channel === channel)?.adapter.capabilities
  const start = (steps: readonly Step[], until: AbortSignal) =>
    steps.map((step) => runLoop(step, { clock, log, wake, signal: until }))

  const lookForConnections: Step = {
    name: 'look for connections',
    wakesOn: ['channels.connected'],
    async step() {
      open = await openConnections(channels, open)
      for (const [id, one] of open) {
        if (running.has(`${id}/${one.key}`)) continue
        const stop = new AbortController()
        running.set(`${id}/${one.key}`, {
          stop,
          loops: start(connectionSteps(channels, one), AbortSignal.any([signal, stop.signal])),
        })
      }
      for (const [key, { stop, loops }] of running) {
        if ([...open].some(([id, one]) => `${id}/${one.key}` === key)) continue
        stop.abort()
        ending.push(...loops)
        running.delete(key)
      }
      return LOOK_FOR_CONNECTIONS_MS
    },
  }
  await lookForConnections.step()
  await Promise.all([
    ...start(
      [lookForConnections, ...companySteps(channels, capabilitiesOf), ...fulfilmentSteps({ db, log, companies })],
      signal,
    ),
  ])
  await Promise.all([...running.values()].flatMap(({ loops }) => loops))
  await Promise.all(ending)
}
