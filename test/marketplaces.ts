import { randomBytes } from 'node:crypto'
import { compose, type Jaego, runWorker } from '../server/compose.ts'
import type { OpenAdapter } from '../server/modules/channels/adapter.ts'
import {
  adoptListings,
  type Connection,
  createConnection,
  type NewConnection,
  type Policy,
  readConnections,
} from '../server/modules/channels/index.ts'
import { tokensInMemory } from '../server/modules/channels/tokens-in-memory.ts'
import type { OrderLaneOutcome } from '../server/modules/orders/index.ts'
import type { Marketplace, SeededItem } from '../simulators/marketplace.ts'
import { type RunningSimulator, startSimulator } from '../simulators/shell.ts'
import type { OwnDatabase } from './database.ts'
import { openLogBook } from './log-book.ts'
import { KINDS, type Kind, type Settings } from './marketplace-kinds.ts'
import { newId, openShop, type Shop } from './shop.ts'

export type Channel<Machine extends Marketplace = Marketplace> = {
  name: string
  kind: Kind
  sim: RunningSimulator
  machine: Machine
  connectionId: string
}

/** By channel name; where a story says nothing, the two it began with. */
export type Kinds = Readonly<Record<string, Kind>>
type Two = Pick<typeof KINDS, 'naver' | 'coupang'>
export type ChannelName = keyof Two
export type Listed<Name extends string = ChannelName> = Record<Name, string>

/** A shop on some marketplaces: real HTTP simulators, a worker in this process, listings mapped and adopted. */
export type Market<K extends Kinds = Two> = Verbs<keyof K & string> & {
  [Name in keyof K]: Channel<ReturnType<K[Name]['create']>>
}

/** What every market has, whichever marketplaces it is on. */
export type AnyMarket = Pick<Verbs<string>, 'shop' | 'jaego' | 'all' | 'logged'>

type Verbs<Name extends string> = {
  shop: Shop
  jaego: Jaego
  all: readonly Channel[]
  /** Every line this process has logged, whole, as text. */
  logged: readonly string[]
  /** What a process of its own is started with, to work on the same. */
  environment: Record<string, string>
  /** Puts a variant on every channel at the numbers given; unknown on our side means nobody has read them yet. */
  list(sku: string, variantId: string, showing: Record<Name, number>, known?: boolean): Promise<Listed<Name>>
  /** The same at one marketplace only, and unknown to us. */
  seed(channel: Name, sku: string, stock: number): SeededItem
  /** Takes something into our books as a listing; `observed` null means nobody has read it yet. */
  adopt(
    channel: Name,
    item: SeededItem,
    listing: { variantId: string | null; multiplier?: number; observed?: number | null },
  ): Promise<string>
  connection(channel: Name): Promise<Connection>
  /** The own mall sells from the free part, or refuses. */
  sellOurselves(variantId: string, quantity: number): Promise<OrderLaneOutcome['kind']>
  work(): void
  stopWork(): Promise<void>
  /** Another process, as far as the database can tell. */
  another(): Promise<{ work(): void; close(): Promise<void> }>
  close(): Promise<void>
}

type OneMarketplace = { settings?: Settings; restockOnCancel?: boolean }

export type MarketOptions<Name extends string = ChannelName> = Common & {
  /** Puts something between us and a marketplace: a mistake of ours, or of a gateway. */
  wrap?: (open: OpenAdapter, channel: Name) => OpenAdapter
} & { [Each in Name]?: OneMarketplace }

type Common = {
  policy?: Policy
  policySettings?: NewConnection['policySettings']
  mode?: 'observe' | 'push'
  /** On: as the contract has them, counted by the marketplaces. Off by default, so that stories are short. */
  limits?: 'on' | 'off'
  seed?: number
  /** Of all connections; times are short, since a story lasts seconds. */
  settings?: Settings
  feedLatenessMs?: number
  /** One of the test run's by default. */
  database?: OwnDatabase
}

/** The same, where nobody knows which names there are. */
type AnyOptions = Common & { wrap?(open: OpenAdapter, channel: string): OpenAdapter }

const SETTINGS: Settings = {
  unknownSettlesMs: 600,
  feedLatenessMs: 100,
  clockErrorMs: 50,
  pollMs: 200,
  timeoutMs: 500,
  sweepMs: 300,
  lazyReadMs: 300,
}

export function openMarket(options?: MarketOptions): Promise<Market>
export function openMarket<K extends Kinds>(options: MarketOptions<keyof K & string>, kinds: K): Promise<Market<K>>
export async function openMarket(
  options: AnyOptions = {},
  kinds: Kinds = { naver: KINDS.naver, coupang: KINDS.coupang },
): Promise<AnyMarket & Verbs<string>> {
  const shop = await openShop({}, options.database)
  const secretKey = randomBytes(32)
  const book = openLogBook()
  const marketplaces = Object.fromEntries(
    Object.entries(kinds).map(([name, { open }]) => [name, options.wrap?.(open, name) ?? open]),
  )
  const start = () =>
    compose({
      ...{ url: shop.url, marketplaces, log: book.log, pollMs: 200 },
      config: { secretKey, logLevel: 'silent', listenUrl: null },
    })
  const jaego = await start()
  const channels = new Map<string, Channel>()
  for (const [name, kind] of Object.entries(kinds)) {
    channels.set(name, await openChannel({ shop, jaego }, name, kind, options, channels.size))
  }

  /** One row a site the marketplace shows it at. */
  const seedEach = (name: string, sku: string, stock: number): SeededItem[] => {
    const { machine, sim } = channels.get(name)!
    const options = [{ optionName: '', sellerCode: sku, stock, surcharge: 0 }]
    return machine.doors.seedProducts([{ name: sku, price: 9_900, options }], sim.now())
  }
  let stop = new AbortController()
  let working: Promise<void> = Promise.resolve()
  const verbs: Verbs<string> = {
    ...{ shop, jaego, all: [...channels.values()], logged: book.lines },
    environment: { DATABASE_URL: shop.url, JAEGO_SECRET_KEY: secretKey.toString('hex'), JAEGO_LOG: 'silent' },
    seed: (name, sku, stock) => seedEach(name, sku, stock)[0]!,
    async connection(name) {
      const rows = await shop.inTx((tx) => readConnections(tx))
      return rows.find((row) => row.connectionId === channels.get(name)!.connectionId)!
    },
    async adopt(name, item, { variantId, multiplier = 1, observed = item.stock }) {
      const connection = await verbs.connection(name)
      const listing = { ...item, sellerCode: item.sellerCode, variantId, multiplier, observed }
      return (await shop.inTx((tx) => adoptListings(tx, connection, [listing])))[0]!
    },
    async list(sku, variantId, showing, known = true) {
      const listed = [...channels.keys()].map((name) => [name, seedEach(name, sku, showing[name]!)] as const)
      for (const [name, items] of listed) {
        for (const item of items) await verbs.adopt(name, item, { variantId, observed: known ? item.stock : null })
      }
      return Object.fromEntries(listed.map(([name, items]) => [name, items[0]!.item]))
    },
    async sellOurselves(variantId, quantity) {
      return (await jaego.lane.submit({ order: await ownOrder(verbs, variantId, quantity) })).kind
    },
    work() {
      stop = new AbortController()
      working = runWorker(jaego, stop.signal)
    },
    async stopWork() {
      stop.abort()
      await working
    },
    async another() {
      const other = await start()
      const stopOther = new AbortController()
      let workingOther: Promise<void> = Promise.resolve()
      return {
        work: () => {
          workingOther = runWorker(other, stopOther.signal)
        },
        close: async () => {
          stopOther.abort()
          await workingOther
          await other.close()
        },
      }
    },
    async close() {
      await verbs.stopWork()
      for (const { sim } of channels.values()) await sim.close()
      await jaego.close()
      await shop.close()
    },
  }
  return Object.assign(verbs, Object.fromEntries(channels))
}

async function openChannel(
  { shop, jaego }: Pick<AnyMarket, 'shop' | 'jaego'>,
  name: string,
  kind: Kind,
  options: AnyOptions,
  nth: number,
): Promise<Channel> {
  const { limits = 'off', seed = 1 } = options
  const own = (options as Record<string, OneMarketplace | undefined>)[name] ?? {}
  const machine = kind.create({ limits, restockOnCancel: own.restockOnCancel ?? true })
  const sim = await startSimulator(machine, { seed: seed + nth })
  const { credentials } = kind
  const baseUrl = `${sim.url}${kind.path}`
  const settings = { ...SETTINGS, ...kind.settings, ...options.settings, ...own.settings }
  const deps = { ...jaego.channels, spend: async () => {}, learn: () => {}, tokens: tokensInMemory() }
  const { capabilities } = kind.open({ baseUrl, credentials, settings }, deps)
  const budgets = capabilities.budgets.map((budget) =>
    limits === 'off' ? { ...budget, ratePerSecond: 10_000, burst: 10_000 } : budget,
  )
  const connectionId = await shop.inTx((tx) =>
    createConnection(tx, jaego.secrets, {
      ...{ company: shop.company, channel: name, name: capabilities.names.ko },
      ...{ baseUrl, credentials, settings, budgets },
      mode: options.mode ?? 'push',
      policy: options.policy ?? 'rights',
      policySettings: options.policySettings ?? {},
      warehouses: shop.warehouses.slice(0, 2),
      feedLatenessMs: options.feedLatenessMs ?? 100,
    }),
  )
  return { name, kind, sim, machine, connectionId }
}

async function ownOrder({ shop, jaego }: AnyMarket, variantId: string, quantity: number) {
  const orderId = newId()
  const now = Date.now()
  return {
    ...{ company: shop.company, orderId, number: await jaego.numbers.next(shop.company), channel: 'api' },
    ...{ connectionId: null, externalId: orderId, actor: 'test', whenShort: 'refuse' as const, holdForMs: null },
    ...{ drawsOn: 'free' as const, currency: 'KRW', shippingFee: 0, discount: 0, tax: 0, buyerName: '이두리' },
    ...{ shippingAddress: null, billingAddress: null, country: 'KR', orderedAt: now, paidAt: now, shipBy: null },
    warehouses: shop.warehouses.slice(0, 2),
    lines: [
      {
        ...{ variantId, sku: null, listingId: null, multiplier: 1, takes: [{ variantId, quantity: 1, margin: 0 }] },
        ...{ productName: '', variantName: '', unitPrice: 9_900, quantity, state: 'paid' as const },
        ...{ externalLineKey: null, actionKey: null },
      },
    ],
  }
}
