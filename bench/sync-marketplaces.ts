import { createCoupang } from '../simulators/coupang/index.ts'
import type { BuyAnswer, CallCount, SeededItem, StockChange } from '../simulators/marketplace.ts'
import { createNaver } from '../simulators/naver/index.ts'
import { type RunningSimulator, startSimulator } from '../simulators/shell.ts'

/**
 * Both pretend marketplaces of `bench -- sync`, in a process of their own, so that what they cost is not measured as
 * ours. Speaks with its parent by messages; ends with it.
 */
export type ToMarketplaces =
  | { kind: 'open'; limits: 'on' | 'off'; goods: readonly { sku: string; shown: { naver: number; coupang: number } }[] }
  | {
      kind: 'shop'
      seed: number
      hotPerSecond: number
      othersPerSecond: number
      forMs: number
      stock: readonly number[]
    }
  | { kind: 'tell' }

export type FromMarketplaces =
  | { kind: 'opened'; urls: Record<Side, string>; items: Record<Side, SeededItem[]> }
  | { kind: 'shopped'; tried: number; sold: number; refused: number }
  | { kind: 'told'; history: Record<Side, StockChange[]>; calls: Record<Side, CallCount[]> }

export type Side = 'naver' | 'coupang'
const SIDES = ['naver', 'coupang'] as const

type Open = {
  sims: Record<Side, RunningSimulator>
  machines: Record<Side, ReturnType<typeof createNaver> | ReturnType<typeof createCoupang>>
  items: Record<Side, SeededItem[]>
}
let open: Open | null = null

process.on('message', (message: ToMarketplaces) => {
  void answer(message).then((reply) => process.send?.(reply))
})
process.on('disconnect', () => process.exit(0))

async function answer(message: ToMarketplaces): Promise<FromMarketplaces> {
  switch (message.kind) {
    case 'open':
      return start(message)
    case 'shop':
      return shop(open!, message)
    case 'tell':
      return {
        kind: 'told',
        history: bySide((side) => open!.machines[side].doors.history(0, Number.MAX_SAFE_INTEGER)),
        calls: bySide((side) => open!.machines[side].doors.calls()),
      }
  }
}

async function start({ limits, goods }: Extract<ToMarketplaces, { kind: 'open' }>): Promise<FromMarketplaces> {
  const machines = {
    naver: createNaver(limits === 'off' ? { limits } : {}),
    coupang: createCoupang({ switches: { limits } }),
  }
  const sims = { naver: await startSimulator(machines.naver), coupang: await startSimulator(machines.coupang) }
  const items = bySide((side) =>
    machines[side].doors.seedProducts(
      goods.map(({ sku, shown }) => ({
        name: sku,
        price: 9_900,
        options: [{ optionName: '', sellerCode: sku, stock: shown[side], surcharge: 0 }],
      })),
      sims[side].now(),
    ),
  )
  open = { sims, machines, items }
  return { kind: 'opened', urls: bySide((side) => sims[side].url), items }
}

const TURN_MS = 5

/**
 * Shoppers come at a steady rate, whether or not we keep up, half of them to each marketplace. Refused is who was
 * turned away while the units existed, on whichever shelf or still in our hands.
 */
async function shop(
  { sims, items }: Open,
  { hotPerSecond, othersPerSecond, forMs, stock }: Extract<ToMarketplaces, { kind: 'shop' }>,
): Promise<FromMarketplaces> {
  const tally = { tried: 0, sold: 0, refused: 0 }
  const soldOf = stock.map(() => 0)
  const buyOne = (index: number) => {
    const side = SIDES[tally.tried % 2]!
    tally.tried += 1
    const lines = [{ item: items[side][index]!.item, quantity: 1 }]
    const answer: BuyAnswer = sims[side].buy({ lines, buyer: '김하나' })
    if (answer.kind === 'sold') {
      tally.sold += 1
      soldOf[index]! += 1
    } else if (soldOf[index]! < stock[index]!) tally.refused += 1
  }
  const begun = performance.now()
  let hot = 0
  let others = 0
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const ms = Math.min(forMs, performance.now() - begun)
      for (; hot < (ms * hotPerSecond) / 1_000; hot++) buyOne(0)
      for (; others < (ms * othersPerSecond) / 1_000; others++) buyOne(1 + ((others * 7) % (stock.length - 1)))
      if (ms < forMs) return
      clearInterval(timer)
      resolve()
    }, TURN_MS)
  })
  return { kind: 'shopped', ...tally }
}

function bySide<T>(of: (side: Side) => T): Record<Side, T> {
  return { naver: of('naver'), coupang: of('coupang') }
}
