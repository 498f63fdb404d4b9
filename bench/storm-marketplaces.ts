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
  | { kind: 'open'; channels: readonly Channel[]; timeScale: number; skus: readonly string[]; shown: number }
  /** Purchases a second of the marketplaces' time at each of them, of these SKUs (places in `skus`); 0: nobody comes. */
  | { kind: 'shop'; perSecond: number; places: readonly number[]; seed: number }
  | { kind: 'tell' }

export type FromStorm =
  | { kind: 'opened'; now: number; at: number; opened: Record<string, Opened> }
  | { kind: 'shopping' }
  | { kind: 'told'; told: Record<string, Told> }

export type Opened = { baseUrl: string; credentials: Record<string, string>; items: SeededItem[] }
/** What a marketplace shows now by item, every change of a number, and the calls as it counts them. */
export type Told = { stock: Record<string, number>; history: StockChange[]; calls: CallCount[] }
export type Channel = keyof typeof MARKETPLACES

const MARKETPLACES = {
  naver: { create: () => createNaver(), credentials: TEST_NAVER_CREDENTIALS, path: '/external' },
  coupang: { create: () => createCoupang(), credentials: TEST_COUPANG_CREDENTIALS, path: '' },
  cafe24: { create: () => createCafe24(), credentials: TEST_CAFE24_CREDENTIALS, path: '' },
  eleventh: { create: () => createEleventh(), credentials: TEST_ELEVENTH_CREDENTIALS, path: '' },
  esm: { create: () => createEsm(), credentials: TEST_ESM_CREDENTIALS, path: '' },
} as const satisfies Record<string, { create: () => Marketplace; credentials: object; path: string }>

type Open = { machine: Marketplace; sim: RunningSimulator; items: SeededItem[] }
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

async function start(message: Extract<ToStorm, { kind: 'open' }>): Promise<FromStorm> {
  timeScale = message.timeScale
  const opened: Record<string, Opened> = {}
  for (const name of message.channels) {
    const { create, credentials, path } = MARKETPLACES[name]
    const machine: Marketplace = create()
    const sim = await startSimulator(machine, { timeScale })
    const products = message.skus.map((sku) => {
      const options = [{ optionName: '', sellerCode: sku, stock: message.shown, surcharge: 0 }]
      return { name: sku, price: 9_900, options }
    })
    const items = machine.doors.seedProducts(products, sim.now())
    open.set(name, { machine, sim, items })
    opened[name] = { baseUrl: `${sim.url}${path}`, credentials: { ...(credentials as Record<string, string>) }, items }
  }
  const [first] = open.values()
  return { kind: 'opened', now: first!.sim.now(), at: Date.now(), opened }
}

function shop({ perSecond, places, seed }: Extract<ToStorm, { kind: 'shop' }>): void {
  stopShopping()
  if (perSecond === 0) return
  const shoppings = [...open.values()].map(({ sim, items }, i) => {
    const keys = places.map((place) => items[place]!.item)
    return letThemShop({ seed: seed + i, perSecond, zipf: 0 }, keys, sim, timeScale)
  })
  stopShopping = () => {
    for (const { stop } of shoppings) stop()
  }
}

function told({ machine }: Open): Told {
  const { items } = machine.doors.truth()
  return {
    stock: Object.fromEntries(items.map(({ item, stock }) => [item, stock])),
    history: machine.doors.history(0, Number.MAX_SAFE_INTEGER),
    calls: machine.doors.calls(),
  }
}
