import type { Step } from '../../kernel/loops.ts'
import { companyIds } from '../access/index.ts'
import { expireDueHolds } from '../inventory/index.ts'
import { acknowledgePaid } from './acknowledge.ts'
import type { Capabilities, ChannelAdapter } from './adapter.ts'
import { openSpending, type Spending } from './budget.ts'
import { type Connection, sealPlace } from './connection.ts'
import { readConnections } from './connections.ts'
import type { ChannelDeps } from './deps.ts'
import { collectOrders } from './intake.ts'
import { markVariants } from './markers.ts'
import { pushDue } from './push.ts'
import { reconcileMarked } from './reconcile.ts'
import { nextDue, sweepUnits } from './unit-queries.ts'

const IDLE_MS = 1_000
const STARVING_AGAIN_MS = 5_000
const HOLDS_MAX = 500

/** Steps that are there for every company. Their number does not depend on how many connections there are. */
export function companySteps(deps: ChannelDeps, capabilitiesOf: (channel: string) => Capabilities | undefined): Step[] {
  const hungry = new Map<string, { variants: { company: string; variantId: string }[]; at: number }>()
  return [
    {
      name: 'reconcile',
      wakesOn: ['inventory.levels_changed', 'channels.marked'],
      async step() {
        let more = false
        for (const company of await companyIds(deps.db)) {
          await remarkHungry(company)
          const done = await deps.db.transaction([company], (tx) =>
            reconcileMarked(tx, company, capabilitiesOf, deps.restMs),
          )
          more ||= done.more
          if (done.starving.length > 0) {
            hungry.set(company, { variants: done.starving, at: deps.clock.monotonic() + STARVING_AGAIN_MS })
          }
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
          expired += await deps.db.transaction([company], (tx) => expireDueHolds(tx, [company], HOLDS_MAX))
        }
        return expired >= HOLDS_MAX ? 0 : IDLE_MS
      },
    },
  ]

  /** Variants somebody starves of are looked at again after a while, since time alone may let a unit move. */
  async function remarkHungry(company: string): Promise<void> {
    const due = hungry.get(company)
    if (!due || due.at > deps.clock.monotonic()) return
    hungry.delete(company)
    await deps.db.transaction([company], async (tx) => markVariants(tx, due.variants))
  }
}

/** A connection as the worker holds it: its adapter and its budget live as long as its settings stay the same. */
export type OpenConnection = { connection: Connection; adapter: ChannelAdapter; spending: Spending; key: string }

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
      if (known?.key === key) result.set(connection.connectionId, known)
      else result.set(connection.connectionId, openOne(deps, connection, key))
    }
  }
  return result
}

function openOne(deps: ChannelDeps, connection: Connection, key: string): OpenConnection {
  const open = deps.marketplaces[connection.channel]
  if (!open) throw new Error(`no adapter for ${connection.channel}`)
  const place = sealPlace(connection.company, connection.connectionId)
  const credentials = JSON.parse(deps.secrets.open(place, connection.sealedCredentials)) as Record<string, string>
  const spending = openSpending(deps, connection)
  const { baseUrl, settings } = connection
  const adapter = open({ baseUrl, credentials, settings }, { ...deps, spend: spending.spend, learn: spending.learn })
  return { connection, adapter, spending, key }
}

const SWEEP_EVERY_MS = 2_000
const LONGEST_PUSH_WAIT_MS = 1_000

/** Steps of one connection; each may run in any number of processes, since what they claim is rows. */
export function connectionSteps(deps: ChannelDeps, { connection, adapter, spending }: OpenConnection): Step[] {
  const { company, connectionId } = connection
  const flush = () => spending.flush()
  return [
    { name: 'collect', wakesOn: [], step: () => collectOrders(deps, connection, adapter, flush) },
    {
      name: 'push',
      wakesOn: ['channels.due'],
      async step() {
        if ((await pushDue({ deps, connection, adapter, flush })) > 0) return 0
        const due = await deps.db.transaction([company], (tx) => nextDue(tx, company, connectionId))
        return due === null ? LONGEST_PUSH_WAIT_MS : Math.min(LONGEST_PUSH_WAIT_MS, Math.max(20, due))
      },
    },
    {
      name: 'acknowledge',
      wakesOn: [],
      step: async () => ((await acknowledgePaid(deps, connection, adapter)) > 0 ? IDLE_MS : 2 * IDLE_MS),
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
