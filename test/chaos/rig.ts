import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { check } from '../../server/commands/check.ts'
import { compose, type Jaego } from '../../server/compose.ts'
import { migrate } from '../../server/kernel/migrate.ts'
import { killEmbedded, startEmbedded } from '../../server/kernel/postgres/embedded.ts'
import { seededRandom } from '../../server/kernel/random.ts'
import { createApiKey, createCompany } from '../../server/modules/access/index.ts'
import { applyStock, createWarehouses } from '../../server/modules/inventory/index.ts'
import { onServer } from '../database.ts'
import { createVariant } from '../shop.ts'
import { keepRunning, READY_WITHIN_MS } from './processes.ts'

/**
 * Real processes, killed -9 at random moments under load: a server, a worker and PostgreSQL, each started again as an
 * init system would. Clients keep every acknowledged order outside the system and repeat, under the same name, what
 * was not answered. In the end nothing acknowledged is lost, nothing was taken twice and the books are clean.
 */
export type ChaosOptions = { rounds: number; seed: number; clients: number; say: (line: string) => void }

export type ChaosResult = {
  rounds: number
  killed: Record<Victim, number>
  acknowledged: number
  /** Acknowledged orders that are not in the database. Must be 0. */
  lost: number
  /** Orders of one name taken more than once. Must be 0. */
  doubled: number
  /** Units reserved that no acknowledged or repeated order explains. Must be 0. */
  unexplained: number
  violations: number
  /** Longest time from a kill to the next acknowledged order, ms. */
  longestSilenceMs: number
}

type Victim = 'server' | 'worker' | 'postgres'
const VICTIMS: readonly Victim[] = ['server', 'worker', 'postgres']
const VARIANTS = 5
const STOCK = 1_000_000
const ANSWER_WITHIN_MS = 5_000

export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const dataDir = mkdtempSync(join(tmpdir(), 'jaego-chaos-'))
  const secretKey = randomBytes(32)
  let postgres = await startEmbedded({ dataDir, log: () => {} })
  const env = () => ({
    DATABASE_URL: postgres.url,
    JAEGO_SECRET_KEY: secretKey.toString('hex'),
    JAEGO_DATA: dataDir,
    JAEGO_LOG: 'silent',
    JAEGO_PORT: `${20_000 + (options.seed % 10_000)}`,
  })
  await migrate(postgres.url)
  const shop = await openShelf(postgres.url, secretKey)
  const server = keepRunning('serve', env)
  const worker = keepRunning('worker', env)
  const killed: Record<Victim, number> = { server: 0, worker: 0, postgres: 0 }
  const kill: Record<Victim, () => Promise<void>> = {
    server: () => server.kill(),
    worker: () => worker.kill(),
    async postgres() {
      await killEmbedded(dataDir)
      postgres = await startEmbedded({ dataDir, log: () => {} })
    },
  }
  try {
    await server.url()
    const clients = openClients(server.url, shop, options)
    const random = seededRandom(options.seed)
    let longestSilenceMs = 0
    for (let round = 0; round < options.rounds; round++) {
      await sleep(300 + random.next() * 700)
      // Every victim once before anybody twice.
      const victim = VICTIMS[(round + Math.floor(options.seed)) % VICTIMS.length]!
      await kill[victim]()
      killed[victim]++
      longestSilenceMs = Math.max(longestSilenceMs, await clients.untilAcknowledged())
      options.say(`round ${round + 1}: killed ${victim}, ${clients.acknowledged.size} orders acknowledged`)
    }
    await clients.stop()
    return {
      rounds: options.rounds,
      killed,
      longestSilenceMs,
      ...(await judge(postgres.url, secretKey, clients.acknowledged)),
    }
  } finally {
    await server.stop()
    await worker.stop()
    await postgres.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

type Shelf = { company: string; key: string; skus: string[] }

async function openShelf(url: string, secretKey: Uint8Array): Promise<Shelf> {
  const jaego = await compose({ url, config: { secretKey, logLevel: 'silent', listenUrl: null } })
  const company = jaego.newId()
  const skus = Array.from({ length: VARIANTS }, (_, i) => `CHAOS-${i}`)
  const key = await jaego.db.transaction([company], async (tx) => {
    createCompany(tx, { id: company, name: '소동 상사' })
    const place = { company, address: '', latitude: null, longitude: null, priority: 1, sellable: true }
    const [warehouseId] = createWarehouses(tx, [{ ...place, code: 'SEOUL', name: '서울' }]) as [string]
    const lines = skus.map((sku) => ({
      ...{
        variantId: createVariant(tx, company, { sku }),
        warehouseId,
        quantity: STOCK,
        reason: 'received',
        note: null,
      },
    }))
    await applyStock(tx, [{ verb: 'receive', company, source: 'chaos', ref: 'opening', actor: 'chaos', lines }])
    return createApiKey(tx, company, 'chaos', jaego.random)
  })
  await jaego.close()
  return { company, key, skus }
}

/** Each client orders, and repeats an order under its own name until somebody answers for it. */
function openClients(serverUrl: () => Promise<string>, shop: Shelf, { clients, seed }: ChaosOptions) {
  const acknowledged = new Map<string, number>()
  let stopped = false
  let lastAt = performance.now()
  const client = async (number: number) => {
    const random = seededRandom(seed * 1_000 + number)
    for (let count = 0; !stopped; count++) {
      const externalId = `order-${number}-${count}`
      const quantity = 1 + Math.floor(random.next() * 3)
      const sku = shop.skus[Math.floor(random.next() * shop.skus.length)]!
      while (!(await place(externalId, sku, quantity))) {
        if (stopped) return
        await sleep(50)
      }
      acknowledged.set(externalId, quantity)
      lastAt = performance.now()
    }
  }
  const place = async (externalId: string, sku: string, quantity: number): Promise<boolean> => {
    try {
      const answer = await fetch(`${await serverUrl()}/v1/orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${shop.key}` },
        body: JSON.stringify({ externalId, lines: [{ sku, quantity }] }),
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      })
      await answer.arrayBuffer()
      if (answer.status >= 400 && answer.status < 500)
        throw new RefusedOrder(`${externalId} was answered ${answer.status}`)
      return answer.status === 200 || answer.status === 201
    } catch (error) {
      if (error instanceof RefusedOrder) throw error
      return false
    }
  }
  const working = Promise.all(Array.from({ length: clients }, (_, number) => client(number)))
  working.catch(() => {
    stopped = true
  })
  return {
    acknowledged,
    /** Ms until some order is acknowledged that was not yet. */
    async untilAcknowledged(): Promise<number> {
      const from = performance.now()
      const before = lastAt
      while (lastAt === before) {
        if (stopped || performance.now() - from > READY_WITHIN_MS) throw new Error('nothing is acknowledged any more')
        await sleep(20)
      }
      return Math.round(lastAt - from)
    },
    async stop() {
      stopped = true
      await working
    },
  }
}

class RefusedOrder extends Error {}

async function judge(url: string, secretKey: Uint8Array, acknowledged: ReadonlyMap<string, number>) {
  const jaego: Jaego = await compose({ url, config: { secretKey, logLevel: 'silent', listenUrl: null } })
  try {
    const taken = await onServer(url, async (client) => {
      const { rows } = await client.query<{ external_id: string; times: number; units: number }>(
        `select o.external_id, count(distinct o.order_id)::integer as times, sum(l.quantity)::integer as units
         from orders.order o join orders.order_line l using (company_id, order_id)
         group by 1`,
      )
      return new Map(rows.map((row) => [row.external_id, row]))
    })
    const reserved = await onServer(url, async (client) => {
      const { rows } = await client.query<{ units: number }>(
        'select sum(reserved)::integer as units from inventory.level',
      )
      return rows[0]!.units
    })
    const units = [...taken.values()].reduce((sum, row) => sum + row.units, 0)
    const books = await check({ ...jaego, progress: () => {} })
    return {
      acknowledged: acknowledged.size,
      lost: [...acknowledged].filter(([id, quantity]) => taken.get(id)?.units !== quantity).length,
      doubled: [...taken.values()].filter((row) => row.times > 1).length,
      unexplained: Math.abs(reserved - units),
      violations: books.violations,
    }
  } finally {
    await jaego.close()
  }
}
