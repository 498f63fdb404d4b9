import type { ClaimOffers, OffersOf } from '../orders/index.ts'
import { CARRIERS, type Capabilities, ChannelFault } from './adapter.ts'
import { type Connection, sealPlace } from './connection.ts'
import { readConnection } from './connections.ts'
import type { ChannelDeps } from './deps.ts'

/** Asked for what an account can do, an adapter sends nothing; if it tried, that is a mistake of ours. */
const sendsNothing = async (): Promise<never> => {
  throw new ChannelFault('refused', 'this adapter was opened to read its capabilities')
}

/** What sellers may say to claims of a connection, as its adapter's capabilities have it; null where nobody talks to it. */
export const openClaimOffers =
  (deps: ChannelDeps): OffersOf =>
  async (tx, company, connectionId) => {
    const connection = await readConnection(tx, company, connectionId)
    if (!connection?.apiSupported || deps.marketplaces[connection.channel] === undefined) return null
    return offersIn(capabilitiesOf(deps, connection))
  }

/** As data, without a word to the marketplace. */
export function capabilitiesOf(deps: ChannelDeps, connection: Connection): Capabilities {
  const { company, connectionId, baseUrl, settings, sealedCredentials } = connection
  const opened = deps.secrets.open(sealPlace(company, connectionId), sealedCredentials)
  const credentials = JSON.parse(opened) as Record<string, string>
  const tokens = { read: async () => null, renew: sendsNothing }
  const open = deps.marketplaces[connection.channel]!
  return open(
    { baseUrl, credentials, settings },
    { ...{ http: deps.http, clock: deps.clock, tokens }, spend: sendsNothing, learn: () => {} },
  ).capabilities
}

const offersIn = ({ claims, refusingCancelShips, sellerCancel }: Capabilities): ClaimOffers => ({
  ...{ answers: claims, refusingCancelShips, sellerCancel, carriers: Object.keys(CARRIERS) },
})
