import { type ChannelAdapter, ChannelFault } from '../../modules/channels/adapter.ts'

/**
 * Holds an adapter to the port's promise that its methods throw ChannelFault and nothing else. What else is
 * thrown is a bug of ours met by an answer nobody foresaw, so it is told as an answer nobody understood.
 */
export function faultsOnly(adapter: ChannelAdapter): ChannelAdapter {
  return {
    capabilities: adapter.capabilities,
    ...(adapter.bundleOf ? { bundleOf: adapter.bundleOf } : {}),
    collectOrders: (cursor) => guarded(() => adapter.collectOrders(cursor)),
    acknowledge: (keys) => guarded(() => adapter.acknowledge(keys)),
    ship: (parcels) => guarded(() => adapter.ship(parcels)),
    answerClaims: (answers) => guarded(() => adapter.answerClaims(answers)),
    cancelLines: (cancels) => guarded(() => adapter.cancelLines(cancels)),
    setStock: (unit, items) => guarded(() => adapter.setStock(unit, items)),
    readStock: (unit) => guarded(() => adapter.readStock(unit)),
    setOnSale: (unit, onSale) => guarded(() => adapter.setOnSale(unit, onSale)),
  }
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ChannelFault) throw error
    throw new ChannelFault('garbled', error instanceof Error ? error.name : 'not an error', { cause: error })
  }
}
