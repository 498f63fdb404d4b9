import type { ShippingRule, ShippingRules } from '../fulfilment/index.ts'
import { ChannelFault } from './adapter.ts'
import { sealPlace } from './connection.ts'
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
        const open = connection && deps.marketplaces[connection.channel]
        if (!open) return []
        const { connectionId, baseUrl, settings, sealedCredentials } = connection
        const credentials = JSON.parse(deps.secrets.open(sealPlace(company, connectionId), sealedCredentials))
        const { ship } = open({ baseUrl, credentials, settings }, { ...deps, ...UNASKED }).capabilities
        return [[connectionId, { partial: ship.partial, bundled: ship.bundled, corrects: ship.corrects === true }]]
      }),
    )
  }

/** Only its capabilities are read: nothing may leave. */
const notAsked = async (): Promise<never> => {
  throw new ChannelFault('refused', 'opened for its capabilities only')
}
const UNASKED = { spend: notAsked, learn: () => {}, tokens: { read: notAsked, renew: notAsked } }
