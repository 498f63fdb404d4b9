import type { Clock } from '../../kernel/clock.ts'
import type { HttpPort } from '../../kernel/http-port.ts'
import { seededRandom } from '../../kernel/random.ts'
import type { DemoWorld } from './world.ts'

const DEADLINE_MS = 10_000

/** Shoppers of the own mall: they order over our own API, and are refused what channels may still sell. */
export function ownMallShopper(
  http: HttpPort,
  clock: Clock,
  url: string,
  world: DemoWorld,
  plan: { seed: number; perSecond: number },
): { stop(): Promise<{ taken: number; refused: number }> } {
  const random = seededRandom(plan.seed + 77)
  const stopped = new AbortController()
  const tally = { taken: 0, refused: 0 }

  const buy = async (count: number): Promise<void> => {
    const sku = world.skus[Math.floor(random.next() ** 2 * world.skus.length)]!
    const body = {
      externalId: `mall-${plan.seed}-${count}`,
      lines: [{ sku, quantity: 1 + Math.floor(random.next() * 2) }],
    }
    const outcome = await http.send({
      ...{ method: 'POST', url: `${url}/v1/orders`, deadlineMs: DEADLINE_MS, body: Buffer.from(JSON.stringify(body)) },
      headers: [
        ['content-type', 'application/json'],
        ['authorization', `Bearer ${world.apiKey}`],
      ],
    })
    if (outcome.kind !== 'answered') return
    if (outcome.response.status === 201) tally.taken++
    else if (outcome.response.status === 409) tally.refused++
  }

  const shopping = (async () => {
    for (let count = 0; !stopped.signal.aborted; count++) {
      await clock.sleep((-Math.log(1 - random.next()) * 1_000) / plan.perSecond, stopped.signal)
      if (!stopped.signal.aborted) await buy(count)
    }
  })()

  return {
    async stop() {
      stopped.abort()
      await shopping
      return tally
    },
  }
}
