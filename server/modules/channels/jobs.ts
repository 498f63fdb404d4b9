import type { Step } from '../../kernel/loops.ts'
import { companyIds } from '../access/index.ts'
import { shipmentsToTell } from '../fulfilment/index.ts'
import { expireDueHolds, levelsChanged } from '../inventory/index.ts'
import { answersGiven } from '../orders/index.ts'
import { acknowledgePaid, type Refused } from './acknowledge.ts'
import type { Capabilities, ChannelAdapter } from './adapter.ts'
import { transaction } from './again.ts'
import { tellAlarms } from './alarms.ts'
import { openSpending, type Spending, type Turn } from './budget.ts'
import { tellClaimAnswers } from './claim-answers.ts'
import { type Connection, sealPlace } from './connection.ts'
import { readConnections } from './connections.ts'
import type { ChannelDeps } from './deps.ts'
import { collectOrders } from './intake.ts'
import { markVariants } from './markers.ts'
import { oldRowsStep } from './old-rows.ts'
import { claimDue, pushClaims } from './push.ts'
import { reconcileMarked } from './reconcile.ts'
import { reconcileOrders } from './reconcile-orders.ts'
import { tellShipments } from './tell-shipments.ts'
import { openTokenStore } from './tokens.ts'
import { hinted, marked } from './topics.ts'
import { RANKS, sweepUnits } from './unit-queries.ts'
import { waitingLinesStep } from './waiting-lines.ts'

const IDLE_MS = 1_000
const STARVING_AGAIN_MS = 5_000
/** Starving variants remembered; one beyond is looked at again when its stock, or a read, changes something. */
const HUNGRY_MAX = 10_000
const HOLDS_MAX = 500
/** Sales of a rush share one look: at 200 orders a second a look each took a third of the machine. */
const LOOKS_APART_MS = 25

/** Steps that are there for every company. Their number does not depend on how many connections there are. */
export function companySteps(deps: ChannelDeps, capabilitiesOf: (channel: string) => Capabilities | undefined): Step[] {
  const hungry = new Map<string, { company: string; variantId: string; at: number }>()
  let lookedAt = Number.NEGATIVE_INFINITY
  return [
    {
      name: 'reconcile',
      wakesOn: [levelsChanged.topic, marked.topic],
      async step() {
        await deps.clock.sleep(Math.max(0, lookedAt + LOOKS_APART_MS - deps.clock.monotonic()))
        lookedAt = deps.clock.monotonic()
        let more = false
        for (const company of await companyIds(deps.db)) {
          more = (await forCompany('reconcile', company, () => reconcileCompany(company))) || more
        }
        return more ? 0 : IDLE_MS
      },
    },
    {
      name: 'expire holds',
      wakesOn: [],
      async step() {
        let expired = 0
        for (const company of await companyIds(deps.db)) {
          const expire = () => transaction(deps.db, company, (tx) => expireDueHolds(tx, [company], HOLDS_MAX))
          expired += (await forCompany('expire holds', company, expire)) ?? 0
        }
        return expired >= HOLDS_MAX ? 0 : IDLE_MS
      },
    },
    waitingLinesStep(deps),
    oldRowsStep(deps),
  ]

  /** What fails for one company must not keep the others waiting. */
  async function forCompany<T>(loop: string, company: string, work: () => Promise<T>): Promise<T | null> {
    try {
      return await work()
    } catch (error) {
      deps.log.error({ err: error, company, loop }, 'a loop failed for one company and will be tried again')
      return null
    }
  }

  async function reconcileCompany(company: string): Promise<boolean> {
    await remarkHungry(company)
    const done = await transaction(deps.db, company, (tx) => reconcileMarked(tx, company, capabilitiesOf, deps.restMs))
    tellAlarms(deps.log, done.alarms)
    const at = deps.clock.monotonic() + STARVING_AGAIN_MS
    for (const variant of done.starving) {
      const key = `${company}/${variant.variantId}`
      if (!hungry.has(key) && hungry.size < HUNGRY_MAX) hungry.set(key, { ...variant, at })
    }
    return done.more
  }

  /** Variants somebody starves of are looked at again after a while, since time alone may let a unit move. */
  async function remarkHungry(company: string): Promise<void> {
    const now = deps.clock.monotonic()
    const due = [...hungry].filter(([, variant]) => variant.company === company && variant.at <= now)
    for (const [key] of due) hungry.delete(key)
    if (due.length === 0) return
    await transaction(deps.db, company, async (tx) =>
      markVariants(
        tx,
        due.map(([, variant]) => variant),
      ),
    )
  }
}

/** A connection as the worker holds it: its adapter and its budget live as long as its settings stay the same. */
export type OpenConnection = {
  connection: Connection
  /** For orders and all that is done with them. */
  adapter: ChannelAdapter
  /** The same marketplace, with stock's turn in the call budget. */
  stockAdapter: ChannelAdapter
  /** Opened anew for what can wait: it remembers nothing of what another was told. */
  openBackground: () => ChannelAdapter
  spending: Spending
  key: string
}

export async function openConnections(
  deps: ChannelDeps,
  open: ReadonlyMap<string, OpenConnection>,
): Promise<Map<string, OpenConnection>> {
  const result = new Map<string, OpenConnection>()
  for (const company of await companyIds(deps.db)) {
    for (const connection of await deps.db.transaction([company], (tx) => readConnections(tx))) {
      if (!connection.apiSupported) continue
      const key = JSON.stringify([
        connection.baseUrl,
        connection.settings,
        connection.sealedCredentials.toString('base64'),
      ])
      const known = open.get(connection.connectionId)
      const opened = known?.key === key ? known : openOrTell(deps, connection, key)
      if (opened) result.set(connection.connectionId, opened)
    }
  }
  return result
}

/** A connection that cannot be opened (no adapter, another secret key) must not stop the others. */
function openOrTell(deps: ChannelDeps, connection: Connection, key: string): OpenConnection | null {
  try {
    return openOne(deps, connection, key)
  } catch (error) {
    deps.log.error({ err: error, connection: connection.connectionId }, 'a connection could not be opened')
    return null
  }
}

function openOne(deps: ChannelDeps, connection: Connection, key: string): OpenConnection {
  const open = deps.marketplaces[connection.channel]
  if (!open) throw new Error(`no adapter for ${connection.channel}`)
  const place = sealPlace(connection.company, connection.connectionId)
  const credentials = JSON.parse(deps.secrets.open(place, connection.sealedCredentials)) as Record<string, string>
  const spending = openSpending(deps, connection)
  const { baseUrl, settings } = connection
  const tokens = openTokenStore(deps, connection)
  const withTurn = (turn: Turn) =>
    open(
      { baseUrl, credentials, settings },
      { ...deps, spend: (bucket) => spending.spend(bucket, turn), learn: spending.learn, tokens },
    )
  const openBackground = () => withTurn('background')
  return { connection, adapter: withTurn('orders'), stockAdapter: withTurn('stock'), openBackground, spending, key }
}

const SWEEP_EVERY_MS = 2_000
const LONGEST_PUSH_WAIT_MS = 1_000
const SHORTEST_PUSH_WAIT_MS = 20
const DRY_WAIT_MS = 50
/** What waits for spare calls gets one now and then where there are never any to spare. */
const SPARE_AT_LEAST_MS = 10_000
const NOT_NEEDED_MS = 250
/** Units one worker has in flight at a connection at most: the call budget paces them, this bounds memory. */
const HANDS = 4
const UNITS_PER_HAND = 2

const nextLook = (inMs: number | null): number =>
  Math.min(LONGEST_PUSH_WAIT_MS, Math.max(SHORTEST_PUSH_WAIT_MS, inMs ?? LONGEST_PUSH_WAIT_MS))

/** Steps of one connection; each may run in any number of processes, since what they claim is rows. */
export function connectionSteps(deps: ChannelDeps, opened: OpenConnection): Step[] {
  const { connection, adapter, stockAdapter, spending } = opened
  const { company, connectionId } = connection
  const flush = () => spending.flush()
  const context = { deps, connection, adapter: stockAdapter, flush }
  const refused: Refused = new Map()
  let working = 0
  let spareAt = Number.NEGATIVE_INFINITY

  /**
   * Takes units while there are any. A hand rests while one before it has nothing to do, so that a quiet shop asks
   * once: four that all asked on every nudge made three of four statements of a rush.
   */
  async function pushWith(hand: number): Promise<number> {
    if (working < hand) return NOT_NEEDED_MS
    // With the budget used up one unit waits for its turn, beside those that must fall, and the next is chosen when it
    // has had it: eight that waited in line kept a number that had gone to zero behind them for two seconds.
    const isDry = spending.isDry()
    const now = deps.clock.monotonic()
    const isSpareDue = now - spareAt > SPARE_AT_LEAST_MS
    const upTo = !isDry || (working === 0 && isSpareDue) ? RANKS.all : working > 0 ? RANKS.mustFall : RANKS.needed
    const { claims, nextInMs } = await claimDue(context, { most: isDry ? 1 : UNITS_PER_HAND, upTo })
    if (upTo === RANKS.all) spareAt = now
    if (claims.length === 0) return isDry ? DRY_WAIT_MS : nextLook(nextInMs)
    working += 1
    try {
      await pushClaims(context, claims)
    } finally {
      working -= 1
    }
    return 0
  }

  return [
    { name: 'collect', wakesOn: [hinted.topic], step: () => collectOrders(deps, connection, adapter, flush) },
    // Several hands, so that a call that hangs keeps the units beside it waiting and no others.
    ...Array.from({ length: HANDS }, (_, hand) => ({
      name: `push ${hand}`,
      wakesOn: ['channels.due'],
      step: () => pushWith(hand),
    })),
    {
      name: 'acknowledge',
      wakesOn: [],
      step: async () => ((await acknowledgePaid(deps, connection, adapter, refused)) > 0 ? IDLE_MS : 2 * IDLE_MS),
    },
    {
      name: 'tell shipments',
      wakesOn: [shipmentsToTell.topic],
      step: async () => ((await tellShipments(deps, connection, adapter)) > 0 ? 0 : 2 * IDLE_MS),
    },
    {
      name: 'answer claims',
      wakesOn: [answersGiven.topic],
      step: async () => ((await tellClaimAnswers(deps, connection, adapter)) > 0 ? 0 : 2 * IDLE_MS),
    },
    {
      name: 'compare orders',
      wakesOn: [],
      async step() {
        try {
          return await reconcileOrders(deps, connection, opened.openBackground)
        } finally {
          await flush()
        }
      },
    },
    {
      name: 'sweep',
      wakesOn: [],
      async step() {
        await deps.db.transaction([company], (tx) => sweepUnits(tx, company, connectionId, 1))
        return Number(connection.settings.sweepMs ?? SWEEP_EVERY_MS)
      },
    },
  ]
}
