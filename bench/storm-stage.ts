import { randomBytes } from 'node:crypto'
import { openMarketplace } from '../server/adapters/marketplaces/index.ts'
import { compose, type Jaego, runWorker } from '../server/compose.ts'
import type { Clock } from '../server/kernel/clock.ts'
import type { Tx } from '../server/kernel/db.ts'
import { createCompany } from '../server/modules/access/index.ts'
import { createProducts } from '../server/modules/catalog/index.ts'
import { ChannelFault, type OpenAdapter } from '../server/modules/channels/adapter.ts'
import { adoptListings, createConnection, disconnect, readConnections } from '../server/modules/channels/index.ts'
import { tokensInMemory } from '../server/modules/channels/tokens-in-memory.ts'
import { applyStock, createWarehouses } from '../server/modules/inventory/index.ts'
import { forkAsked } from './asked-child.ts'
import { scaleDatabase, scaledClock } from './scaled-clock.ts'
import type { Channel, FromStorm, Opened, Told, ToStorm } from './storm-marketplaces.ts'

/** Of every hundred listings one is not there at the marketplace: a fault for good. */
const GONE_EVERY = 100
const CHUNK = 500

export const isGone = (place: number): boolean => place % GONE_EVERY === 1

/** A company whose SKUs are listed at every channel as a pool, all true, and a worker at it on the marketplaces' time. */
export type StormStage = {
  company: string
  clock: Clock
  /** The write unit of each SKU at a channel, by place. */
  units: Record<string, string[]>
  /** Counts SKUs to what is given, by place, in as many transactions as it takes. Answers when the first began. */
  count(counted: readonly number[]): Promise<number>
  shop(perSecond: number, places: readonly number[]): Promise<void>
  tell(): Promise<Record<string, Told>>
  inTx<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** Calls that were refused for good, by channel and unit. */
  refusals: ReadonlyMap<string, number>
  close(): Promise<void>
}

export type StormOptions = {
  url: string
  channels: readonly Channel[]
  skus: number
  shown: number
  timeScale: number
  seed: number
}

export async function openStorm(options: StormOptions): Promise<StormStage> {
  const { url, channels, shown, timeScale: scale, seed } = options
  const skus = Array.from({ length: options.skus }, (_, i) => `STORM-${i}`)
  const { child, ask } = forkAsked<ToStorm, FromStorm>(new URL('./storm-marketplaces.ts', import.meta.url))
  const { now, at, opened } = await ask<'opened'>({ kind: 'open', channels, timeScale: scale, skus, shown })
  await scaleDatabase(url, { now, at, scale })
  const clock = scaledClock({ now, at, scale })
  const jaego = await compose({ url, config: { secretKey: randomBytes(32), logLevel: 'silent', listenUrl: null } })
  const refusals = new Map<string, number>()
  jaego.clock = clock
  jaego.channels.clock = clock
  jaego.channels.marketplaces = Object.fromEntries(
    channels.map((name) => [name, countingRefusals(name, openMarketplace[name], refusals)]),
  )
  const goods = await stockUp(jaego, skus, shown)
  for (const name of channels) await listAll(jaego, goods, name, opened[name]!, shown)
  const stop = new AbortController()
  const working = runWorker(jaego, stop.signal)
  const { company } = goods
  const inTx = <T>(work: (tx: Tx) => Promise<T>) => jaego.db.transaction([company], work)
  return {
    ...{ company, clock, refusals, inTx },
    units: Object.fromEntries(channels.map((name) => [name, opened[name]!.items.map((item, i) => unitOf(item, i))])),
    count: (counted) => countTo(jaego, goods, counted, clock),
    async shop(perSecond, places) {
      await ask({ kind: 'shop', perSecond, places, seed })
    },
    tell: async () => (await ask<'told'>({ kind: 'tell' })).told,
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

function countingRefusals(channel: string, open: OpenAdapter, refusals: Map<string, number>): OpenAdapter {
  return (account, deps) => {
    const adapter = open(account, deps)
    const counted = async <T>(unit: string, call: () => Promise<T>): Promise<T> => {
      try {
        return await call()
      } catch (error) {
        const isForGood = error instanceof ChannelFault && (error.code === 'refused' || error.code === 'not_found')
        if (isForGood) refusals.set(`${channel} ${unit}`, (refusals.get(`${channel} ${unit}`) ?? 0) + 1)
        throw error
      }
    }
    return {
      ...adapter,
      setStock: (unit, items) => counted(unit, () => adapter.setStock(unit, items)),
      readStock: (unit) => counted(unit, () => adapter.readStock(unit)),
    }
  }
}

type Goods = { company: string; warehouses: readonly string[]; variants: readonly string[] }

async function stockUp({ db, newId }: Jaego, skus: readonly string[], units: number): Promise<Goods> {
  const company = newId()
  const warehouses = await db.transaction([company], async (tx) => {
    createCompany(tx, { id: company, name: '벤치 상사' })
    const place = { company, address: '', latitude: null, longitude: null, priority: 1, sellable: true }
    return createWarehouses(tx, [{ ...place, code: 'SEOUL', name: '서울' }])
  })
  const variants: string[] = []
  const details = { name: '', attributes: {}, price: 9_900, weightGrams: null, margin: 0, components: [] }
  for (const part of chunks(skus)) {
    const made = await db.transaction([company], async (tx) => {
      const products = part.map((sku) => ({
        ...{ company, name: sku, status: 'active' as const, description: '', category: '', tags: [] },
        ...{ basePrice: 9_900, currency: 'KRW', variants: [{ sku, ...details }] },
      }))
      const ids = createProducts(tx, products).flat()
      const goods = { warehouseId: warehouses[0]!, quantity: units, reason: 'received', note: null }
      const lines = ids.map((variantId) => ({ variantId, ...goods }))
      await applyStock(tx, [{ verb: 'receive', company, source: 'bench', ref: newId(), actor: 'bench', lines }])
      return ids
    })
    variants.push(...made)
  }
  return { company, warehouses, variants }
}

/** Ids of its own kind that the marketplace does not know. */
const unitOf = ({ unit }: { unit: string }, place: number): string => (isGone(place) ? `9${unit.slice(1)}9` : unit)

async function listAll(
  { db, secrets, channels }: Jaego,
  { company, warehouses, variants }: Goods,
  channel: Channel,
  { baseUrl, credentials, items }: Opened,
  shown: number,
): Promise<void> {
  const deps = { ...channels, spend: async () => {}, learn: () => {}, tokens: tokensInMemory() }
  const { capabilities } = openMarketplace[channel]({ baseUrl, credentials, settings: {} }, deps)
  const connectionId = await db.transaction([company], (tx) =>
    createConnection(tx, secrets, {
      ...{ company, channel, name: channel, baseUrl, credentials, settings: {}, mode: 'push', policy: 'pool' },
      ...{ policySettings: {}, warehouses, feedLatenessMs: 500, budgets: capabilities.budgets },
    }),
  )
  const rows = items.map((item, i) => {
    const isWhole = item.unit === item.item
    const unit = unitOf(item, i)
    return { unit, item: isWhole ? unit : item.item, sellerCode: item.sellerCode, place: i }
  })
  for (const part of chunks(rows)) {
    await db.transaction([company], async (tx) => {
      const connection = (await readConnections(tx)).find((row) => row.connectionId === connectionId)!
      const listed = part.map(({ place, ...row }) => {
        return { ...row, variantId: variants[place]!, multiplier: 1, observed: shown }
      })
      await adoptListings(tx, connection, listed)
    })
  }
}

async function countTo({ db, newId }: Jaego, goods: Goods, counted: readonly number[], clock: Clock): Promise<number> {
  const { company, warehouses, variants } = goods
  const at = clock.now()
  const rest = { warehouseId: warehouses[0]!, delta: null, saw: null, reason: 'count', note: null }
  const lines = variants.map((variantId, i) => ({ variantId, counted: counted[i]!, ...rest }))
  for (const part of chunks(lines)) {
    await db.transaction([company], (tx) =>
      applyStock(tx, [{ verb: 'adjust', company, source: 'bench', ref: newId(), actor: 'bench', lines: part }]),
    )
  }
  return at
}

function chunks<T>(all: readonly T[]): T[][] {
  const parts: T[][] = []
  for (let from = 0; from < all.length; from += CHUNK) parts.push(all.slice(from, from + CHUNK))
  return parts
}
