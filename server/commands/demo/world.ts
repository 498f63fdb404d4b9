import { capabilitiesOf } from '../../adapters/marketplaces/capabilities-of.ts'
import type { Jaego } from '../../compose.ts'
import type { Tx } from '../../kernel/db.ts'
import { seededRandom } from '../../kernel/random.ts'
import { companyIds, createApiKey, createCompany } from '../../modules/access/index.ts'
import { createProducts } from '../../modules/catalog/index.ts'
import {
  adoptListings,
  createConnection,
  disconnect,
  type JointListing,
  type NewListing,
  type Policy,
  planJointly,
  readConnections,
} from '../../modules/channels/index.ts'
import { applyStock, createWarehouses } from '../../modules/inventory/index.ts'
import { type Channel, DEMO_ACCOUNTS } from './channels.ts'
import type { Seeded, Simulator } from './marketplace-doors.ts'
import { type DemoProduct, type DemoSet, demoProducts, demoSets } from './seller.ts'

export type DemoWorld = {
  company: string
  /** In the clear, shown once. */
  apiKey: string
  /** All SKUs with stock of their own, the most wanted first. */
  skus: string[]
  shops: ReadonlyMap<Channel, Shop>
}

/** One account at one marketplace, with the items to buy there, the favourites first. */
export type Shop = { connectionId: string; items: string[] }

export type DemoOptions = {
  seed: number
  policy: Policy
  simulators: ReadonlyMap<Channel, Simulator>
  /** Off: as many calls as there are. */
  limits: 'on' | 'off'
}

/**
 * A seller as after years of work with jaego: company, warehouses, goods with stock, all marketplaces connected and
 * listings mapped, every channel showing its rights. Each start makes a company of its own, since the simulators
 * forget; companies of earlier starts keep their books and are left alone.
 */
export async function buildWorld(jaego: Jaego, options: DemoOptions): Promise<DemoWorld> {
  await leaveEarlierDemos(jaego)
  const random = seededRandom(options.seed)
  const products = demoProducts(random)
  const sets = demoSets(products)
  const company = jaego.newId()
  const { apiKey, warehouses, variants } = await jaego.db.transaction([company], async (tx) => {
    createCompany(tx, { id: company, name: '한빛 자동차부품' })
    const apiKey = createApiKey(tx, company, 'demo', jaego.random)
    const warehouses = makeWarehouses(tx, company)
    const variants = makeGoods(tx, company, products, sets)
    await stockUp(tx, company, products, variants, warehouses)
    return { apiKey, warehouses, variants }
  })
  const shown = openingNumbers(products, sets, variants, [...options.simulators.keys()])
  const shops = new Map<Channel, Shop>()
  for (const [channel, simulator] of options.simulators) {
    const connectionId = await connect(jaego, company, channel, options, Object.values(warehouses))
    const goods = { products, sets, variants, shown: (sku: string) => shown(channel, sku) }
    shops.set(channel, { connectionId, items: await list(jaego, company, connectionId, simulator, goods) })
  }
  const skus = products.flatMap((product) => product.options.map((option) => option.sku))
  return { company, apiKey, skus, shops }
}

async function leaveEarlierDemos(jaego: Jaego): Promise<void> {
  for (const company of await companyIds(jaego.db)) {
    await jaego.db.transaction([company], async (tx) => {
      for (const connection of await readConnections(tx)) {
        if (connection.apiSupported && connection.settings.demo === true)
          disconnect(tx, company, connection.connectionId)
      }
    })
  }
}

function makeWarehouses(tx: Tx, company: string): Record<'SEOUL' | 'BUSAN', string> {
  const [SEOUL, BUSAN] = createWarehouses(tx, [
    {
      company,
      code: 'SEOUL',
      name: '서울 창고',
      address: '서울 강서구',
      latitude: 37.55,
      longitude: 126.85,
      priority: 1,
      sellable: true,
    },
    {
      company,
      code: 'BUSAN',
      name: '부산 창고',
      address: '부산 사상구',
      latitude: 35.15,
      longitude: 128.99,
      priority: 2,
      sellable: true,
    },
    {
      company,
      code: 'RETURNS',
      name: '반품 보관',
      address: '서울 강서구',
      latitude: 37.55,
      longitude: 126.85,
      priority: 3,
      sellable: false,
    },
  ]) as [string, string]
  return { SEOUL, BUSAN }
}

function makeGoods(tx: Tx, company: string, products: readonly DemoProduct[], sets: readonly DemoSet[]) {
  const common = { company, status: 'active' as const, description: '', tags: ['자동차부품'], currency: 'KRW' }
  const variants = new Map<string, string>()
  const made = createProducts(
    tx,
    products.map(({ name, category, price, options }) => ({
      ...{ ...common, name, category, basePrice: price },
      variants: options.map((option) => ({
        ...{ sku: option.sku, name: option.name, attributes: { 종류: option.name }, weightGrams: 500, margin: 0 },
        price: price + option.surcharge,
        components: [],
      })),
    })),
  )
  products.forEach(({ options }, p) => {
    options.forEach(({ sku }, o) => {
      variants.set(sku, made[p]![o]!)
    })
  })
  const setIds = createProducts(
    tx,
    sets.map(({ sku, name, price, parts }) => ({
      ...{ ...common, name, category: '세트', basePrice: price },
      variants: [
        {
          ...{ sku, name: '', attributes: {}, price, weightGrams: null, margin: 0 },
          components: parts.map((part) => ({ variantId: variants.get(part.sku)!, quantity: part.quantity })),
        },
      ],
    })),
  )
  sets.forEach(({ sku }, s) => {
    variants.set(sku, setIds[s]![0]!)
  })
  return variants
}

async function stockUp(
  tx: Tx,
  company: string,
  products: readonly DemoProduct[],
  variants: ReadonlyMap<string, string>,
  warehouses: Record<'SEOUL' | 'BUSAN', string>,
): Promise<void> {
  for (const code of ['SEOUL', 'BUSAN'] as const) {
    const lines = products.flatMap(({ options }) =>
      options
        .filter(({ stock }) => stock[code] > 0)
        .map(({ sku, stock }) => ({
          ...{ variantId: variants.get(sku)!, warehouseId: warehouses[code], quantity: stock[code] },
          ...{ reason: '기초 재고', note: null },
        })),
    )
    await applyStock(tx, [{ verb: 'receive', company, source: 'demo', ref: `opening ${code}`, actor: 'demo', lines }])
  }
}

async function connect(
  jaego: Jaego,
  company: string,
  channel: Channel,
  options: DemoOptions,
  warehouses: readonly string[],
): Promise<string> {
  const { name, path, credentials, settings } = DEMO_ACCOUNTS[channel]
  const baseUrl = `${options.simulators.get(channel)!.url}${path}`
  const capabilities = capabilitiesOf(jaego.channels.marketplaces[channel]!, settings)
  const budgets = capabilities.budgets.map((budget) =>
    options.limits === 'on' ? budget : { ...budget, ratePerSecond: 10_000, burst: 10_000 },
  )
  return jaego.db.transaction([company], (tx) =>
    createConnection(tx, jaego.secrets, {
      ...{ company, channel, name, baseUrl, credentials, settings, budgets, warehouses },
      ...{ mode: 'push', policy: options.policy, policySettings: {}, feedLatenessMs: capabilities.feedLatenessMs },
    }),
  )
}

/** Rounds the planner is given to come to rest; it needs a handful. */
const PLAN_ROUNDS = 50

/**
 * What the planner itself would show of the opening stock: nobody has bought yet, all weigh the same. A channel that
 * lists a variant more than once opens all of them at the smallest of their numbers.
 */
function openingNumbers(
  products: readonly DemoProduct[],
  sets: readonly DemoSet[],
  variants: ReadonlyMap<string, string>,
  channels: readonly Channel[],
): (channel: Channel, sku: string) => number {
  const options = products.flatMap((product) => product.options)
  const stock = new Map(options.map(({ sku, stock }) => [variants.get(sku)!, stock.SEOUL + stock.BUSAN]))
  const goods = [...options.map(({ sku }) => ({ sku, parts: [{ sku, quantity: 1 }] })), ...sets]
  const shown = new Map<string, number>()
  const listings = () =>
    goods.flatMap(({ sku, parts }) =>
      channels.flatMap(placesOf).map((place): JointListing => {
        const id = `${place}/${sku}`
        const units = shown.get(id) ?? 0
        return {
          ...{ id, bound: units, shown: units, rate: 0, reachable: true, openWrite: false, lastMovedAt: null },
          largest: 99_999,
          needs: parts.map((part) => ({ variantId: variants.get(part.sku)!, quantity: part.quantity })),
        }
      }),
    )
  for (let round = 0; round < PLAN_ROUNDS; round++) {
    const { actions } = planJointly(stock, listings(), round * 60_000)
    if (actions.length === 0) break
    for (const { listing, value } of actions) shown.set(listing, value)
  }
  return (channel, sku) => Math.min(...placesOf(channel).map((place) => shown.get(`${place}/${sku}`) ?? 0))
}

const placesOf = (channel: Channel): string[] =>
  Array.from({ length: DEMO_ACCOUNTS[channel].listingsEach }, (_, i) => `${channel}${i}`)

type Goods = {
  products: readonly DemoProduct[]
  sets: readonly DemoSet[]
  variants: ReadonlyMap<string, string>
  shown: (sku: string) => number
}

async function list(
  jaego: Jaego,
  company: string,
  connectionId: string,
  simulator: Simulator,
  { products, sets, variants, shown }: Goods,
): Promise<string[]> {
  const goods = [
    ...products.map(({ name, price, options }) => ({
      ...{ name, price },
      options: options.map(({ sku, name, surcharge }) => ({
        ...{ optionName: name, sellerCode: sku, surcharge, stock: shown(sku) },
      })),
    })),
    ...sets.map(({ sku, name, price }) => ({
      ...{ name, price },
      options: [{ optionName: '', sellerCode: sku, surcharge: 0, stock: shown(sku) }],
    })),
  ]
  const { items } = await simulator.post<{ items: Seeded[] }>('products', { products: goods })
  await jaego.db.transaction([company], async (tx) => {
    const connection = (await readConnections(tx)).find((row) => row.connectionId === connectionId)!
    const listings = items.map(
      ({ unit, item, sellerCode, stock }): NewListing => ({
        ...{ unit, item, sellerCode, variantId: variants.get(sellerCode)!, multiplier: 1, observed: stock },
      }),
    )
    await adoptListings(tx, connection, listings)
  })
  return shuffled(
    items.map(({ item }) => item),
    seededRandom(items.length),
  )
}

/** Favourites are spread over the catalogue. */
function shuffled<Item>(items: readonly Item[], random: { next(): number }): Item[] {
  const order = [...items]
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1))
    ;[order[i], order[j]] = [order[j]!, order[i]!]
  }
  return order
}
