import { randomBytes } from 'node:crypto'
import { openMarketplace } from '../server/adapters/marketplaces/index.ts'
import { compose, type Jaego, runWorker } from '../server/compose.ts'
import { adoptListings, createConnection, type Policy, readConnections } from '../server/modules/channels/index.ts'
import { createCoupang, TEST_COUPANG_CREDENTIALS } from '../simulators/coupang/index.ts'
import { createNaver, TEST_NAVER_CREDENTIALS } from '../simulators/naver/index.ts'
import { type RunningSimulator, startSimulator } from '../simulators/shell.ts'
import { openShop, type Shop } from './shop.ts'

/** A shop on both marketplaces: real HTTP simulators, a worker in this process, listings mapped and adopted. */
export type Market = {
  shop: Shop
  jaego: Jaego
  naver: { sim: RunningSimulator; machine: ReturnType<typeof createNaver>; connectionId: string }
  coupang: { sim: RunningSimulator; machine: ReturnType<typeof createCoupang>; connectionId: string }
  /** Puts a variant on both channels at the numbers given; null on our side means nobody has read them yet. */
  list(sku: string, variantId: string, showing: { naver: number; coupang: number }, known?: boolean): Promise<Listed>
  work(): void
  stopWork(): Promise<void>
  close(): Promise<void>
}

export type Listed = { naver: string; coupang: string }

type MarketOptions = {
  policy?: Policy
  limits?: 'on' | 'off'
  seed?: number
  settings?: Record<string, string | number | boolean>
  feedLatenessMs?: number
}

export async function openMarket(options: MarketOptions = {}): Promise<Market> {
  const shop = await openShop()
  const jaego = await compose({
    url: shop.url,
    config: { secretKey: randomBytes(32), logLevel: 'error', listenUrl: null },
    pollMs: 200,
  })
  const limitsOff = options.limits !== 'on'
  const seed = options.seed ?? 1
  const naver = createNaver(limitsOff ? { limits: 'off' } : {})
  const coupang = createCoupang({ switches: { limits: limitsOff ? 'off' : 'on' } })
  const sims = {
    naver: await startSimulator(naver, { seed }),
    coupang: await startSimulator(coupang, { seed: seed + 1 }),
  }
  const settings = {
    unknownSettlesMs: 600,
    feedLatenessMs: 100,
    clockErrorMs: 50,
    pollMs: 200,
    timeoutMs: 500,
    sweepMs: 300,
    lazyReadMs: 300,
    ...options.settings,
  }
  const connect = async (channel: 'naver' | 'coupang') => {
    const baseUrl = channel === 'naver' ? `${sims.naver.url}/external` : sims.coupang.url
    const credentials = channel === 'naver' ? TEST_NAVER_CREDENTIALS : TEST_COUPANG_CREDENTIALS
    const probe = openMarketplace[channel](
      { baseUrl, credentials, settings },
      {
        ...jaego.channels,
        spend: async () => {},
        learn: () => {},
      },
    )
    const budgets = probe.capabilities.budgets.map((budget) =>
      limitsOff ? { ...budget, ratePerSecond: 10_000, burst: 10_000 } : budget,
    )
    return shop.inTx((tx) =>
      createConnection(tx, jaego.secrets, {
        company: shop.company,
        channel,
        name: probe.capabilities.names.ko,
        ...{ baseUrl, credentials, settings, budgets },
        mode: 'push',
        policy: options.policy ?? 'rights',
        policySettings: {},
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
    naver: { sim: sims.naver, machine: naver, connectionId: connectionIds.naver },
    coupang: { sim: sims.coupang, machine: coupang, connectionId: connectionIds.coupang },
    async list(sku, variantId, showing, known = true) {
      const listed = { naver: '', coupang: '' }
      for (const channel of ['naver', 'coupang'] as const) {
        const machine = channel === 'naver' ? naver : coupang
        const [item] = machine.doors.seedProducts(
          [
            {
              name: sku,
              price: 9_900,
              options: [{ optionName: '', sellerCode: sku, stock: showing[channel], surcharge: 0 }],
            },
          ],
          sims[channel].now(),
        )
        listed[channel] = item!.item
        await shop.inTx(async (tx) => {
          const connection = (await readConnections(tx)).find((row) => row.connectionId === connectionIds[channel])!
          await adoptListings(tx, connection, [
            { ...item!, sellerCode: sku, variantId, multiplier: 1, observed: known ? showing[channel] : null },
          ])
        })
      }
      return listed
    },
    work() {
      stop = new AbortController()
      working = runWorker(jaego, stop.signal)
    },
    async stopWork() {
      stop.abort()
      await working
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
