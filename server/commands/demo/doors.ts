import { seededRandom } from '../../kernel/random.ts'
import type { DemoDoors } from '../../screens/board-http.ts'
import { boardVariants } from '../../screens/board-queries.ts'
import type { BuyAnswer, Simulator, Truth } from './marketplace-doors.ts'
import type { Stage } from './stage.ts'

const CUT_MS = 30_000
const TIMEOUTS_MS = 10_000

/** What the board's buttons do to the demo. */
export function demoDoors(stage: Stage): DemoDoors {
  const { jaego, world, simulators } = stage
  const random = seededRandom(7)
  return {
    async buyAtOnce(sku) {
      const variants = await jaego.db.transaction([world.company], (tx) => boardVariants(tx, world.company))
      const shown = variants.filter((variant) => variant.listings.length >= simulators.size && variant.available > 0)
      const scarce = shown.toSorted((a, b) => a.available - b.available || (a.sku < b.sku ? -1 : 1)).slice(0, 5)
      const variant =
        sku === null ? scarce[Math.floor(random.next() * scarce.length)] : shown.find((v) => v.sku === sku)
      if (!variant) return null
      const attempts = await Promise.all(
        [...simulators].map(async ([channel, simulator]) => ({
          channel,
          connectionId: world.shops.get(channel)!.connectionId,
          outcome: await buyLast(simulator, variant.sku),
        })),
      )
      const soldUnits = attempts.filter(({ outcome }) => outcome === 'sold').length
      return { sku: variant.sku, attempts, soldUnits, availableBefore: variant.available }
    },
    async breakIt(what) {
      if (what === 'kill_worker') {
        stage.killWorker()
        return { until: null }
      }
      if (what === 'cut_coupang') {
        await simulators.get('coupang')!.post('outage', { ms: CUT_MS })
        return { until: jaego.clock.now() + CUT_MS }
      }
      await setTimeouts(0.5)
      void jaego.clock.sleep(TIMEOUTS_MS).then(() => setTimeouts(0).catch(() => {}))
      return { until: jaego.clock.now() + TIMEOUTS_MS }
    },
  }

  async function buyLast(simulator: Simulator, sku: string): Promise<'sold' | 'sold_out' | 'no_answer'> {
    try {
      const { items } = await simulator.get<Truth>('state')
      const item = items.find((row) => row.sellerCode === sku)
      if (!item) return 'sold_out'
      const lines = [{ item: item.item, quantity: 1 }]
      const answer = await simulator.post<BuyAnswer>('buy', { lines, buyer: '동시 구매' })
      return answer.kind
    } catch {
      return 'no_answer'
    }
  }

  async function setTimeouts(chance: number): Promise<void> {
    for (const simulator of simulators.values()) await simulator.patch('faults', { timeoutAfterCommit: chance })
  }
}
