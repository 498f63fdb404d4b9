import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { openMarketplace } from '../server/adapters/marketplaces/index.ts'
import { compose, type Jaego, runWorker } from '../server/compose.ts'
import { realClock } from '../server/kernel/clock.ts'
import { statement } from '../server/kernel/db.ts'
import { idsFrom } from '../server/kernel/ids.ts'
import { realRandom } from '../server/kernel/random.ts'
import { createCompany } from '../server/modules/access/index.ts'
import { createProducts } from '../server/modules/catalog/index.ts'
import {
  adoptListings,
  createConnection,
  disconnect,
  type Policy,
  readConnections,
} from '../server/modules/channels/index.ts'
import { tokensInMemory } from '../server/modules/channels/tokens-in-memory.ts'
import { applyStock, createWarehouses } from '../server/modules/inventory/index.ts'
import type { NewOrder } from '../server/modules/orders/index.ts'
import { TEST_COUPANG_CREDENTIALS } from '../simulators/coupang/index.ts'
import type { SeededItem } from '../simulators/marketplace.ts'
import { TEST_NAVER_CREDENTIALS } from '../simulators/naver/index.ts'
import { forkAsked } from './asked-child.ts'
import type { FromMarketplaces, Side, ToMarketplaces } from './sync-marketplaces.ts'

export const SIDES = ['naver', 'coupang'] as const
const newId = idsFrom(realClock, realRandom)

/** A company with one hot SKU (index 0) and others, listed on both pretend marketplaces, and a worker at it. */
export type Stage = {
  company: string
  variants: readonly string[]
  items: Record<Side, SeededItem[]>
  /** Sells one unit in the own mall; answers the time of its commit as the caller learns it, or null when refused. */
  sell(index: number): Promise<number | null>
  shop(plan: Omit<Extract<ToMarketplaces, { kind: 'shop' }>, 'kind'>): Promise<Shopped>
  tell(): Promise<Told>
  /** Write units that wait to be written. */
  backlog(): Promise<number>
  /** Nothing is wanted any more, or so many ms are over. */
  rest(withinMs: number): Promise<void>
  soldTwice(): Promise<number>
  close(): Promise<void>
}

type Shopped = Extract<FromMarketplaces, { kind: 'shopped' }>
type Told = Extract<FromMarketplaces, { kind: 'told' }>

export type StageOptions = {
  url: string
  policy: Policy
  limits: 'on' | 'off'
  /** Units of each SKU, the hot one first. */
  stock: readonly number[]
  /** What each marketplace shows of a SKU at first. */
  shown: (stock: number) => Record<Side, number>
}

export async function openStage({ url, policy, limits, stock, shown }: StageOptions): Promise<Stage> {
  const { child, ask } = forkAsked<ToMarketplaces, FromMarketplaces>(new URL('./sync-marketplaces.ts', import.meta.url))
  const goods = stock.map((units, i) => ({ sku: `SYNC-${i}`, shown: shown(units) }))
  const opened = await ask<'opened'>({ kind: 'open', limits, goods })
  const jaego = await compose({ url, config: { secretKey: randomBytes(32), logLevel: 'error', listenUrl: null } })
  const company = newId()
  const { warehouses, variants } = await openCompany(jaego, company, goods, stock)
  for (const side of SIDES) await list(jaego, company, warehouses, variants, { side, policy, limits, opened, goods })
  const stop = new AbortController()
  const working = runWorker(jaego, stop.signal)

  const inTx = <T>(work: Parameters<typeof jaego.db.transaction<T>>[1]) => jaego.db.transaction([company], work)
  const backlog = () => inTx(async (tx) => (await tx.query(BACKLOG, [company]))[0]!.units)
  return {
    ...{ company, variants, items: opened.items, backlog },
    async sell(index) {
      const number = await jaego.numbers.next(company)
      const outcome = await jaego.lane.submit({ order: ownOrder(company, number, warehouses, variants[index]!) })
      return outcome.kind === 'taken' ? Date.now() : null
    },
    shop: (plan) => ask<'shopped'>({ kind: 'shop', ...plan }),
    tell: () => ask<'told'>({ kind: 'tell' }),
    async rest(withinMs) {
      for (const end = Date.now() + withinMs; Date.now() < end; await sleep(50)) {
        if ((await backlog()) === 0 && (await inTx(async (tx) => (await tx.query(MARKED, [company]))[0]!.rows)) === 0)
          return
      }
    },
    soldTwice: () => inTx(async (tx) => (await tx.query(SOLD_TWICE, [company]))[0]!.units),
    async close() {
      stop.abort()
      await working
      await inTx(async (tx) => {
        for (const { connectionId } of await readConnections(tx)) disconnect(tx, company, connectionId)
      })
      await jaego.close()
      child.disconnect()
    },
  }
}

function openCompany(
  { db }: Jaego,
  company: string,
  goods: readonly { sku: string }[],
  stock: readonly number[],
): Promise<{ warehouses: readonly string[]; variants: readonly string[] }> {
  return db.transaction([company], async (tx) => {
    createCompany(tx, { id: company, name: '벤치 상사' })
    const place = { company, address: '', latitude: null, longitude: null, priority: 1, sellable: true }
    const warehouses = createWarehouses(tx, [{ ...place, code: 'SEOUL', name: '서울' }])
    const details = { attributes: {}, price: 9_900, weightGrams: null, margin: 0, components: [] }
    const variants = createProducts(
      tx,
      goods.map(({ sku }) => ({
        ...{ company, name: sku, status: 'active' as const, description: '', category: '', tags: [] },
        ...{ basePrice: 9_900, currency: 'KRW', variants: [{ sku, name: '', ...details }] },
      })),
    ).flat()
    const lines = variants.map((variantId, i) => ({
      ...{ variantId, warehouseId: warehouses[0]!, quantity: stock[i]!, reason: 'received', note: null },
    }))
    await applyStock(tx, [{ verb: 'receive', company, source: 'bench', ref: company, actor: 'bench', lines }])
    return { warehouses, variants }
  })
}

/** With limits off the budget is off, too, and a small overlap keeps a collection from reading five minutes of rush. */
async function list(
  { db, secrets, channels }: Jaego,
  company: string,
  warehouses: readonly string[],
  variants: readonly string[],
  of: {
    side: Side
    policy: Policy
    limits: 'on' | 'off'
    opened: Extract<FromMarketplaces, { kind: 'opened' }>
    goods: readonly { shown: Record<Side, number> }[]
  },
): Promise<void> {
  const { side, policy, limits, opened, goods } = of
  const baseUrl = side === 'naver' ? `${opened.urls.naver}/external` : opened.urls.coupang
  const credentials = side === 'naver' ? TEST_NAVER_CREDENTIALS : TEST_COUPANG_CREDENTIALS
  const settings = limits === 'off' ? { overlapMs: 5_000 } : {}
  const deps = { ...channels, spend: async () => {}, learn: () => {}, tokens: tokensInMemory() }
  const { capabilities } = openMarketplace[side]({ baseUrl, credentials, settings }, deps)
  await db.transaction([company], async (tx) => {
    const connectionId = await createConnection(tx, secrets, {
      ...{ company, channel: side, name: side, baseUrl, credentials, settings, mode: 'push', policy },
      ...{ policySettings: {}, warehouses, feedLatenessMs: 500 },
      budgets: capabilities.budgets.map((budget) =>
        limits === 'off' ? { ...budget, ratePerSecond: 100_000, burst: 100_000 } : budget,
      ),
    })
    const connection = (await readConnections(tx)).find((row) => row.connectionId === connectionId)!
    const listings = opened.items[side].map((item, i) => ({
      ...{ ...item, variantId: variants[i]!, multiplier: 1, observed: goods[i]!.shown[side] },
    }))
    await adoptListings(tx, connection, listings)
  })
}

function ownOrder(company: string, number: string, warehouses: readonly string[], variantId: string): NewOrder {
  const orderId = newId()
  const now = Date.now()
  return {
    ...{ company, orderId, number, channel: 'api', connectionId: null, externalId: orderId, actor: 'bench' },
    ...{ whenShort: 'refuse', holdForMs: null, drawsOn: 'free', currency: 'KRW', shippingFee: 0, discount: 0, tax: 0 },
    ...{ buyerName: '김**', shippingAddress: null, billingAddress: null, country: null, orderedAt: now, paidAt: now },
    ...{ shipBy: null, warehouses },
    lines: [
      {
        ...{ variantId, sku: 'SYNC', listingId: null, multiplier: 1, takes: [{ variantId, quantity: 1, margin: 0 }] },
        ...{ productName: '브레이크 패드', variantName: '', unitPrice: 9_900, quantity: 1, state: 'paid' },
        ...{ externalLineKey: null, actionKey: null },
      },
    ],
  }
}

const BACKLOG = statement<{ units: number }>(
  'bench_sync_backlog',
  `select count(*)::integer as units from channels.unit where company_id = $1 and write_due_at is not null`,
)
const MARKED = statement<{ rows: number }>(
  'bench_sync_marked',
  'select count(*)::integer as rows from channels.marker where company_id = $1',
)
const SOLD_TWICE = statement<{ units: number }>(
  'bench_sync_sold_twice',
  `select coalesce(sum(missing), 0)::integer as units from inventory.shortage where company_id = $1 and cause = 'sold'`,
)
