import { createCafe24, TEST_CAFE24_CREDENTIALS } from '../simulators/cafe24/index.ts'
import { createCoupang, TEST_COUPANG_CREDENTIALS } from '../simulators/coupang/index.ts'
import { createEleventh, TEST_ELEVENTH_CREDENTIALS } from '../simulators/eleventh/index.ts'
import { createEsm, TEST_ESM_CREDENTIALS } from '../simulators/esm/index.ts'
import type { CallCount, Marketplace, SeededItem, StockChange } from '../simulators/marketplace.ts'
import { createNaver, TEST_NAVER_CREDENTIALS } from '../simulators/naver/index.ts'
import { type RunningSimulator, startSimulator } from '../simulators/shell.ts'
import { letThemShop } from '../simulators/shoppers.ts'

/**
 * The pretend marketplaces of `bench -- storm`, at the contract's call rates, in a process of their own, so that what
 * they cost is not measured as ours. Speaks with its parent by messages; ends with it.
 */
export type ToStorm =
  | { kind: 'open'; timeScale: number; goods: Record<string, readonly { sku: string; shown: number }[]> }
  /** Purchases a second of the marketplaces' time, and of which items, by channel; who is not named gets none. */
  | { kind: 'shop'; buyers: Record<string, { perSecond: number; items: readonly string[] }>; seed: number }
  | { kind: 'tell' }

export type FromStorm =
  | { kind: 'opened'; now: number; at: number; opened: Record<string, Opened> }
  | { kind: 'shopping' }
  | { kind: 'told'; told: Record<string, Told> }

export type Opened = { baseUrl: string; credentials: Record<string, string>; items: SeededItem[] }
/** What buyers see now by item (off sale is 0), every change of a number, and the calls as it counts them. */
export type Told = { stock: Record<string, number>; history: StockChange[]; calls: CallCount[] }
export type Channel = keyof typeof MARKETPLACES

const MARKETPLACES = {
  naver: { create: () => createNaver(), credentials: TEST_NAVER_CREDENTIALS, path: '/external' },
  coupang: { create: () => createCoupang(), credentials: TEST_COUPANG_CREDENTIALS, path: '' },
  cafe24: { create: () => createCafe24(), credentials: TEST_CAFE24_CREDENTIALS, path: '' },
  eleventh: { create: () => createEleventh(), credentials: TEST_ELEVENTH_CREDENTIALS, path: '' },
  esm: { create: () => createEsm(), credentials: TEST_ESM_CREDENTIALS, path: '' },
} as const satisfies Record<string, { create: () => Marketplace; credentials: object; path: string }>

type Open = { machine: Marketplace; sim: RunningSimulator; stops: StockChange[] }
const open = new Map<string, Open>()
let timeScale = 1
let stopShopping = () => {}

process.on('message', (message: ToStorm) => {
  void answer(message).then((reply) => process.send?.(reply))
})
process.on('disconnect', () => process.exit(0))

async function answer(message: ToStorm): Promise<FromStorm> {
  switch (message.kind) {
    case 'open':
      return start(message)
    case 'shop':
      shop(message)
      return { kind: 'shopping' }
    case 'tell':
      return { kind: 'told', told: Object.fromEntries([...open].map(([name, one]) => [name, told(one)])) }
  }
}

async function start({ goods, ...message }: Extract<ToStorm, { kind: 'open' }>): Promise<FromStorm> {
  timeScale = message.timeScale
  const opened: Record<string, Opened> = {}
  for (const [name, listed] of Object.entries(goods)) {
    const { create, credentials, path } = MARKETPLACES[name as Channel]
    const machine: Marketplace = create()
    const stops: StockChange[] = []
    const sim = await startSimulator(watchingStops(machine, stops), { timeScale })
    const products = listed.map(({ sku, shown }) => {
      const options = [{ optionName: '', sellerCode: sku, stock: shown, surcharge: 0 }]
      return { name: sku, price: 9_900, options }
    })
    const items = machine.doors.seedProducts(products, sim.now())
    open.set(name, { machine, sim, stops })
    opened[name] = { baseUrl: `${sim.url}${path}`, credentials: { ...(credentials as Record<string, string>) }, items }
  }
  const [first] = open.values()
  return { kind: 'opened', now: first!.sim.now(), at: Date.now(), opened }
}

/** Where a zero is a stop (ESM) no number changes, so that the marketplace's own history knows nothing of it. */
function watchingStops(machine: Marketplace, stops: StockChange[]): Marketplace {
  const stopped = new Set<string>()
  return {
    ...machine,
    handle(request, now, random) {
      const response = machine.handle(request, now, random)
      if (!request.path.endsWith('/sell-status') || request.method !== 'PUT') return response
      for (const { item, stock, onSale } of machine.doors.truth().items) {
        if (onSale) stopped.delete(item)
        else if (!stopped.has(item)) {
          stopped.add(item)
          stops.push({ seq: stops.length, at: now, item, from: stock, to: 0, cause: 'write' })
        }
      }
      return response
    },
  }
}

function shop({ buyers, seed }: Extract<ToStorm, { kind: 'shop' }>): void {
  stopShopping()
  const shoppings = [...open].flatMap(([name, { sim }], i) => {
    const { perSecond, items } = buyers[name] ?? { perSecond: 0, items: [] }
    return perSecond === 0 ? [] : [letThemShop({ seed: seed + i, perSecond, zipf: 0 }, items, sim, timeScale)]
  })
  stopShopping = () => {
    for (const { stop } of shoppings) stop()
  }
}

function told({ machine, stops }: Open): Told {
  const { items } = machine.doors.truth()
  return {
    stock: Object.fromEntries(items.map(({ item, stock, onSale }) => [item, onSale ? stock : 0])),
    history: [...machine.doors.history(0, Number.MAX_SAFE_INTEGER), ...stops],
    calls: machine.doors.calls(),
  }
}
