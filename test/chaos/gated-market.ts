import { type Kinds, type Market, type MarketOptions, openMarket } from '../marketplaces.ts'
import { type Gate, openGate } from './gate.ts'
import { type Started, startProcess } from './processes.ts'

/** A market whose marketplaces are reached through gates, by whichever process works. */
export type GatedMarket<K extends Kinds> = {
  market: Market<K>
  gates: Record<keyof K & string, Gate>
  /** A worker as a process of its own. */
  startWorker(): Started
}

/** Opens one for a story, and ends with it whatever was started. */
export async function onGatedMarket<K extends Kinds, T>(
  options: MarketOptions<keyof K & string>,
  kinds: K,
  story: (gated: GatedMarket<K>) => Promise<T>,
): Promise<T> {
  const market = await openMarket(options, kinds)
  const gates: Record<string, Gate> = {}
  const workers: Started[] = []
  const startWorker = () => {
    const started = startProcess('worker', market.environment)
    workers.push(started)
    return started
  }
  try {
    for (const { name, kind, sim, connectionId } of market.all) {
      const gate = await openGate(sim.url)
      gates[name] = gate
      await market.shop.rows('update channels.connection set base_url = $1 where connection_id = $2', [
        `${gate.url}${kind.path}`,
        connectionId,
      ])
    }
    return await story({ market, gates: gates as Record<keyof K & string, Gate>, startWorker })
  } finally {
    for (const worker of workers) await worker.kill()
    await market.stopWork()
    for (const gate of Object.values(gates)) await gate.close()
    await market.close()
  }
}
