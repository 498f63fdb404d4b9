import { ChannelFault } from '../../../modules/channels/adapter.ts'
import { expectShape } from '../answers.ts'
import type { Ask } from './call.ts'
import { BUCKETS } from './capabilities.ts'
import type { Listed } from './feed.ts'
import { lacksAddress, type ShownOrder } from './orders.ts'
import { type Receiver, receiversAnswer } from './rows.ts'

/** A call each, out of the budget that collects orders. */
const MOST_ASKED = 2
const MOST_WANTED = 500

export type Addresses = {
  /** Asks for some whose list row leaves the way to the door out: those acted on first, then the new ones, then the rest. */
  read(
    listed: Listed,
    actedOn: readonly string[],
    fresh: readonly [string, ShownOrder][],
  ): Promise<Map<string, Receiver>>
}

/** Stock is told without an address; the parcel needs it. So orders wait for it only as long as two calls take. */
export function openAddresses(ask: Ask): Addresses {
  const wanted = new Set<string>()

  async function receiverOf(id: string): Promise<Receiver | null> {
    const { value } = await ask({ bucket: BUCKETS.ordersRead, method: 'GET', path: `orders/${id}/receivers` })
    return expectShape(receiversAnswer, value, 'receivers').receivers[0] ?? null
  }

  return {
    read: async (listed, actedOn, fresh) => {
      const missing = [...listed.orders].filter(([, shown]) => lacksAddress(shown)).map(([id]) => id)
      const isFresh = new Set(fresh.map(([id]) => id))
      for (const id of missing) if (isFresh.has(id) && wanted.size < MOST_WANTED) wanted.add(id)
      for (const id of wanted) if (!listed.orders.has(id)) wanted.delete(id)
      const first = actedOn.filter((id) => missing.includes(id))
      const found = new Map<string, Receiver>()
      for (const id of [...new Set([...first, ...wanted])].slice(0, MOST_ASKED)) {
        try {
          const receiver = await receiverOf(id)
          if (receiver) found.set(id, receiver)
          wanted.delete(id)
        } catch (error) {
          if (!(error instanceof ChannelFault)) throw error
          // An order must not be kept out by its address. What was not sent, or not answered, is asked for again.
          if (error.code === 'garbled' || error.code === 'not_found' || error.code === 'refused') wanted.delete(id)
          else break
        }
      }
      return found
    },
  }
}
