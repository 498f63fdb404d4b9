import type { BuyAnswer, CallCount, Faults, Marketplace, SeededItem, Truth } from '../../simulators/marketplace.ts'
import { startSimulator } from '../../simulators/shell.ts'
import { leadHostsHere } from './hosts.ts'

/** A pretend marketplace behind the host its public clients call, and its control API over HTTP, which knows the truth. */
export type Pretend = {
  url: string
  /** Two options of one product, then a product without options, in this order. */
  items: readonly [SeededItem, SeededItem, SeededItem]
  truth(): Promise<Truth>
  stockOf(item: string): Promise<number>
  /** Throws where it is sold out: a mistake of the test. */
  buy(item: string, quantity: number): Promise<Extract<BuyAnswer, { kind: 'sold' }>>
  calls(): Promise<CallCount[]>
  setFaults(patch: Partial<Faults>): Promise<void>
  close(): Promise<void>
}

const GOODS = [
  {
    name: '브레이크 패드',
    price: 30_000,
    options: [
      { optionName: '앞', sellerCode: 'BRK-1', stock: 10, surcharge: 0 },
      { optionName: '뒤', sellerCode: 'BRK-2', stock: 4, surcharge: 5_000 },
    ],
  },
  { name: '와이퍼', price: 9_900, options: [{ optionName: '', sellerCode: 'WPR-1', stock: 7, surcharge: 0 }] },
]

/** Starts it with its contract's own call budget. */
export async function pretendToBe(host: string, marketplace: Marketplace): Promise<Pretend> {
  const simulator = await startSimulator(marketplace)
  const hosts = leadHostsHere({ [host]: simulator.port })

  async function control<Answer>(method: string, door: string, body?: object): Promise<Answer> {
    const url = `${simulator.url}/_control/${door}`
    const answer = await fetch(url, { method, ...(body ? { body: JSON.stringify(body) } : {}) })
    if (!answer.ok) throw new Error(`${method} ${door}: ${await answer.text()}`)
    return (await answer.json()) as Answer
  }
  const truth = () => control<Truth>('GET', 'state')
  const { items } = await control<{ items: [SeededItem, SeededItem, SeededItem] }>('POST', 'products', {
    products: GOODS,
  })
  return {
    url: simulator.url,
    items,
    truth,
    stockOf: async (item) => (await truth()).items.find((row) => row.item === item)!.stock,
    async buy(item, quantity) {
      const answer = await control<BuyAnswer>('POST', 'buy', { lines: [{ item, quantity }], buyer: '홍길동' })
      if (answer.kind !== 'sold') throw new Error(`${item} is sold out`)
      return answer
    },
    calls: () => control('GET', 'calls'),
    setFaults: async (patch) => void (await control('PATCH', 'faults', patch)),
    async close() {
      hosts.restore()
      await simulator.close()
    },
  }
}
