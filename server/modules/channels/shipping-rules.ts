import type { ShippingRule, ShippingRules } from '../fulfilment/index.ts'
import { capabilitiesOf } from './capabilities.ts'
import { readConnection } from './connections.ts'
import type { ChannelDeps } from './deps.ts'

/**
 * What connections allow of parcels, from their adapters' capabilities: compose.ts hands this to fulfilment, which
 * knows no marketplace. A connection that cannot be opened here has no rule.
 */
export const openShippingRules =
  (deps: ChannelDeps): ShippingRules =>
  async (tx, company, connectionIds) => {
    const connections = await Promise.all(connectionIds.map((id) => readConnection(tx, company, id)))
    return new Map(
      connections.flatMap((connection): [string, ShippingRule][] => {
        const capabilities = connection && capabilitiesOf(deps, connection)
        if (!capabilities) return []
        const { partial, bundled, corrects } = capabilities.ship
        return [[connection.connectionId, { partial, bundled, corrects: corrects === true }]]
      }),
    )
  }
