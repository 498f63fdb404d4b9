import { randomBytes } from 'node:crypto'
import { openMarketplace } from '../server/adapters/marketplaces/index.ts'
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
import { createCoupang, TEST_COUPANG_CREDENTIALS } from '../simulators/coupang/index.ts'
import type { SeededItem } from '../simulators/marketplace.ts'
import { createNaver, TEST_NAVER_CREDENTIALS } from '../simulators/naver/index.ts'
import { type RunningSimulator, startSimulator } from '../simulators/shell.ts'
import { newId, openShop, type Shop } from './shop.ts'

type Channel<Machine> = { sim: RunningSimulator; machine: Machine; connectionId: string }

/** A shop on both marketplaces: real HTTP simulators, a worker in this process, listings mapped and adopted. */
export type Market = {
  shop: Shop
  jaego: Jaego
  naver: Channel<ReturnType<typeof createNaver>>
  coupang: Channel<ReturnType<typeof createCoupang>>
  /** Puts a variant on both channels at the numbers given; unknown on our side means nobody has read them yet. */
  list(sku: string, variantId: string, showing: { naver: number; coupang: number }, known?: boolean): Promise<Listed>
  /** The same at one marketplace only, and unknown to us. */
  seed(channel: ChannelName, sku: string, stock: number): SeededItem
  /** Takes something into our books as a listing; `observed` null means nobody has read it yet. */
  adopt(
    channel: ChannelName,
    item: SeededItem,
    listing: { variantId: string | null; multiplier?: number; observed?: number | null },
  ): Promise<string>
  connection(channel: ChannelName): Promise<Connection>
  /** The own mall sells from the free part, or refuses. */
  sellOurselves(variantId: string, quantity: number): Promise<OrderLaneOutcome['kind']>
  work(): void
  stopWork(): Promise<void>
  /** Another process, as far as the database can tell. */
  another(): Promise<{ work(): void; close(): Promise<void> }>
  close(): Promise<void>
}

export type ChannelName = 'naver' | 'coupang'
export type Listed = { naver: string; coupang: string }

type Settings = Record<string, string | number | boolean>

export type MarketOptions = {
  policy?: Policy
  policySettings?: NewConnection['policySettings']
  mode?: 'observe' | 'push'
  /** On: as the contract has them, counted by the marketplaces. Off by default, so that stories are short. */
  limits?: 'on' | 'off'
  seed?: number
  /** Of both connections; times are short, since a story lasts seconds. */
  settings?: Settings
  naver?: { settings?: Settings; restockOnCancel?: boolean }
  coupang?: { settings?: Settings; restockOnCancel?: boolean }
  feedLatenessMs?: number
  /** Puts something between us and a marketplace: a mistake of ours, or of a gateway. */
  wrap?: (open: OpenAdapter, channel: ChannelName) => OpenAdapter
}

const CHANNELS = ['naver', 'coupang'] as const

const SETTINGS: Settings = {
  unknownSettlesMs: 600,
  feedLatenessMs: 100,
  clockErrorMs: 50,
  pollMs: 200,
  timeoutMs: 500,
  sweepMs: 300,
  lazyReadMs: 300,
}

export async function openMarket(options: MarketOptions = {}): Promise<Market> {
  const shop = await openShop()
  const secretKey = randomBytes(32)
  const wrapped = Object.fromEntries(
    CHANNELS.map((name) => [name, options.wrap?.(openMarketplace[name], name) ?? openMarketplace[name]]),
  )
  const start = async () => {
    const started = await compose({
      url: shop.url,
      config: { secretKey, logLevel: process.env.STORY_LOG === 'on' ? 'warn' : 'silent', listenUrl: null },
      pollMs: 200,
    })
    started.channels.marketplaces = wrapped
    return started
  }
  const jaego = await start()
  const limitsOff = options.limits !== 'on'
  const seed = options.seed ?? 1
  const machines = {
    naver: createNaver({
      ...(limitsOff ? { limits: 'off' as const } : {}),
      restockOnCancel: options.naver?.restockOnCancel ?? true,
    }),
    coupang: createCoupang({
      switches: { limits: limitsOff ? 'off' : 'on', restockOnCancel: options.coupang?.restockOnCancel ?? true },
    }),
  }
  const sims = {
    naver: await startSimulator(machines.naver, { seed }),
    coupang: await startSimulator(machines.coupang, { seed: seed + 1 }),
  }
  const connect = async (channel: ChannelName) => {
    const baseUrl = channel === 'naver' ? `${sims.naver.url}/external` : sims.coupang.url
    const credentials = channel === 'naver' ? TEST_NAVER_CREDENTIALS : TEST_COUPANG_CREDENTIALS
    const settings = { ...SETTINGS, ...options.settings, ...options[channel]?.settings }
    const deps = { ...jaego.channels, spend: async () => {}, learn: () => {}, tokens: tokensInMemory() }
    const { capabilities } = openMarketplace[channel]({ baseUrl, credentials, settings }, deps)
    const budgets = capabilities.budgets.map((budget) =>
      limitsOff ? { ...budget, ratePerSecond: 10_000, burst: 10_000 } : budget,
    )
    return shop.inTx((tx) =>
      createConnection(tx, jaego.secrets, {
        company: shop.company,
        channel,
        name: capabilities.names.ko,
        ...{ baseUrl, credentials, settings, budgets },
        mode: options.mode ?? 'push',
        policy: options.policy ?? 'rights',
        policySettings: options.policySettings ?? {},
        warehouses: shop.warehouses.slice(0, 2),
        feedLatenessMs: options.feedLatenessMs ?? 100,
      }),
    )
  }
  const connectionIds = { naver: await connect('naver'), coupang: await connect('coupang') }

  let stop = new AbortController()
  let working: Promise<void> = Promise.resolve()
  const market: Market = {
    ...{ shop, jaego },
    naver: { sim: sims.naver, machine: machines.naver, connectionId: connectionIds.naver },
    coupang: { sim: sims.coupang, machine: machines.coupang, connectionId: connectionIds.coupang },
    seed(channel, sku, stock) {
      const options = [{ optionName: '', sellerCode: sku, stock, surcharge: 0 }]
      const product = { name: sku, price: 9_900, options }
      return machines[channel].doors.seedProducts([product], sims[channel].now())[0]!
    },
    async connection(channel) {
      const rows = await shop.inTx((tx) => readConnections(tx))
      return rows.find((row) => row.connectionId === connectionIds[channel])!
    },
    async adopt(channel, item, { variantId, multiplier = 1, observed = item.stock }) {
      const connection = await market.connection(channel)
      const listing = { ...item, sellerCode: item.sellerCode, variantId, multiplier, observed }
      return (await shop.inTx((tx) => adoptListings(tx, connection, [listing])))[0]!
    },
    async list(sku, variantId, showing, known = true) {
      const items = {
        naver: market.seed('naver', sku, showing.naver),
        coupang: market.seed('coupang', sku, showing.coupang),
      }
      for (const channel of CHANNELS) {
        await market.adopt(channel, items[channel], { variantId, observed: known ? showing[channel] : null })
      }
      return { naver: items.naver.item, coupang: items.coupang.item }
    },
    async sellOurselves(variantId, quantity) {
      return (await jaego.lane.submit({ order: await ownOrder(market, variantId, quantity) })).kind
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
      await market.stopWork()
      await sims.naver.close()
      await sims.coupang.close()
      await jaego.close()
      await shop.close()
    },
  }
  return market
}

async function ownOrder({ shop, jaego }: Market, variantId: string, quantity: number) {
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
