import { randomBytes } from 'node:crypto'
import { openMarketplace } from '../server/adapters/marketplaces/index.ts'
import { compose, type Jaego, runWorker } from '../server/compose.ts'
import type { Clock } from '../server/kernel/clock.ts'
import type { Tx } from '../server/kernel/db.ts'
import { createCompany } from '../server/modules/access/index.ts'
import { createProducts } from '../server/modules/catalog/index.ts'
import { ChannelFault, type OpenAdapter } from '../server/modules/channels/adapter.ts'
import {
  adoptListings,
  createConnection,
  disconnect,
  type Policy,
  readConnections,
} from '../server/modules/channels/index.ts'
import { tokensInMemory } from '../server/modules/channels/tokens-in-memory.ts'
import { applyStock, createWarehouses } from '../server/modules/inventory/index.ts'
import { forkAsked } from './asked-child.ts'
import { scaleDatabase, scaledClock } from './scaled-clock.ts'
import type { Channel, FromStorm, Opened, Told, ToStorm } from './storm-marketplaces.ts'
import { listingsOf, type Share } from './storm-split.ts'

/** Of every hundred listings one is not there at the marketplace: a fault for good. */
const GONE_EVERY = 100
const CHUNK = 500

export const isGone = (place: number): boolean => place % GONE_EVERY === 1

/** A company whose SKUs are listed at channels, all true, and a worker at it on the marketplaces' time. */
export type StormStage = {
  company: string
  clock: Clock
  /** What is listed at a channel and is there, with the place of its SKU. */
  items: Record<string, { item: string; place: number }[]>
  /** Counts SKUs to what is given, by place, in as many transactions as it takes. Answers when the first began. */
  count(counted: readonly number[]): Promise<number>
  /** Lets buyers buy SKUs of these places, at each channel as many a second as its share says; of none, nobody comes. */
  shop(places: ReadonlySet<number>): Promise<void>
  tell(): Promise<Record<string, Told>>
  inTx<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** Calls that were refused for good, by channel and unit. */
  refusals: ReadonlyMap<string, number>
  close(): Promise<void>
}

export type StormOptions = {
  url: string
  split: Readonly<Record<string, Share>>
  policy: Policy
  /** Units there are of each SKU. */
  units: number
  timeScale: number
  seed: number
}

export async function openStorm(options: StormOptions): Promise<StormStage> {
  const { url, split, timeScale: scale, seed } = options
  const channels = Object.keys(split) as Channel[]
  const skus = Array.from(
    { length: Math.max(...Object.values(split).map((share) => share.skus)) },
    (_, i) => `STORM-${i}`,
  )
  const shown = skus.map((_, place) => shownAtFirst(options, place))
  const { child, ask } = forkAsked<ToStorm, FromStorm>(new URL('./storm-marketplaces.ts', import.meta.url))
  const goods = channels.map((name) => {
    return [name, skus.slice(0, split[name]!.skus).map((sku, i) => ({ sku, shown: shown[i]! }))] as const
  })
  const { now, at, opened } = await ask<'opened'>({ kind: 'open', timeScale: scale, goods: Object.fromEntries(goods) })
  await scaleDatabase(url, { now, at, scale })
  const clock = scaledClock({ now, at, scale })
  const jaego = await compose({ url, config: { secretKey: randomBytes(32), logLevel: 'silent', listenUrl: null } })
  const refusals = new Map<string, number>()
  jaego.clock = clock
  jaego.channels.clock = clock
  jaego.channels.marketplaces = Object.fromEntries(
    channels.map((name) => [name, countingRefusals(name, openMarketplace[name], refusals)]),
  )
  const stocked = await stockUp(jaego, skus, options.units)
  const placed = Object.fromEntries(channels.map((name) => [name, placesOf(opened[name]!, split[name]!)]))
  for (const name of channels) await listAll(jaego, stocked, name, options.policy, opened[name]!, placed[name]!)
  const stop = new AbortController()
  const working = runWorker(jaego, stop.signal)
  const { company } = stocked
  const inTx = <T>(work: (tx: Tx) => Promise<T>) => jaego.db.transaction([company], work)
  const items = Object.fromEntries(channels.map((name) => [name, placed[name]!.filter(({ place }) => !isGone(place))]))
  return {
    ...{ company, clock, refusals, inTx, items },
    count: (counted) => countTo(jaego, stocked, counted, clock),
    async shop(places) {
      const buyers = channels.map((name) => {
        const wanted = items[name]!.filter(({ place }) => places.has(place)).map(({ item }) => item)
        return [name, { perSecond: wanted.length > 0 ? split[name]!.ordersPerSecond : 0, items: wanted }] as const
      })
      await ask({ kind: 'shop', buyers: Object.fromEntries(buyers), seed })
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

/** A pool shows everything everywhere. Rights begin as the planner leaves them: nine tenths, divided evenly. */
const shownAtFirst = ({ policy, units, split }: StormOptions, place: number): number =>
  policy === 'rights' ? Math.floor((units * 0.9) / listingsOf(split, place)) : units

/** One SKU after the other, each with as many listings. */
type Placed = Opened['items'][number] & { place: number }
const placesOf = ({ items }: Opened, { skus }: Share): Placed[] =>
  items.map((item, i) => ({ ...item, place: Math.floor((i * skus) / items.length) }))

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
const unitOf = ({ unit, place }: Placed): string => (isGone(place) ? `9${unit.slice(1)}9` : unit)

async function listAll(
  { db, secrets, channels }: Jaego,
  { company, warehouses, variants }: Goods,
  channel: Channel,
  policy: Policy,
  { baseUrl, credentials }: Opened,
  items: readonly Placed[],
): Promise<void> {
  const deps = { ...channels, spend: async () => {}, learn: () => {}, tokens: tokensInMemory() }
  const { capabilities } = openMarketplace[channel]({ baseUrl, credentials, settings: {} }, deps)
  const connectionId = await db.transaction([company], (tx) =>
    createConnection(tx, secrets, {
      ...{ company, channel, name: channel, baseUrl, credentials, settings: {}, mode: 'push', policy },
      ...{ policySettings: {}, warehouses, feedLatenessMs: 500, budgets: capabilities.budgets },
    }),
  )
  const rows = items.map((item) => {
    const isWhole = item.unit === item.item
    const unit = unitOf(item)
    const variantId = variants[item.place]!
    return { unit, item: isWhole ? unit : item.item, sellerCode: item.sellerCode, variantId, observed: item.stock }
  })
  for (const part of chunks(rows)) {
    await db.transaction([company], async (tx) => {
      const connection = (await readConnections(tx)).find((row) => row.connectionId === connectionId)!
      await adoptListings(
        tx,
        connection,
        part.map((row) => ({ ...row, multiplier: 1 })),
      )
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
