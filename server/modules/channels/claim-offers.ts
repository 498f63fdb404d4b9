import type { ClaimOffers, OffersOf } from '../orders/index.ts'
import { CARRIERS, type Capabilities } from './adapter.ts'
import { capabilitiesOf } from './capabilities.ts'
import { readConnection } from './connections.ts'
import type { ChannelDeps } from './deps.ts'

/** What sellers may say to claims of a connection, as its adapter's capabilities have it; null where nobody talks to it. */
export const openClaimOffers =
  (deps: ChannelDeps): OffersOf =>
  async (tx, company, connectionId) => {
    const connection = await readConnection(tx, company, connectionId)
    const capabilities = connection?.apiSupported ? capabilitiesOf(deps, connection) : null
    return capabilities && offersIn(capabilities)
  }

const offersIn = ({ claims, refusingCancelShips, sellerCancel }: Capabilities): ClaimOffers => ({
  ...{ answers: claims, refusingCancelShips, sellerCancel, carriers: Object.keys(CARRIERS) },
})
