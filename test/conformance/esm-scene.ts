import { openMarketplace } from '../../server/adapters/marketplaces/index.ts'
import { createEsm, type Esm, type EsmSwitches, TEST_ESM_CREDENTIALS } from '../../simulators/esm/index.ts'
import type { Marketplace } from '../../simulators/marketplace.ts'
import type { Scene } from './stage.ts'

export const asEsm = (marketplace: Marketplace) => marketplace as Esm

export type Site = 'iac' | 'gmkt'
const BOTH: readonly Site[] = ['iac', 'gmkt']

/** The budgets the contract has; what the simulator counts besides was refused for other reasons. */
const BUDGETS = ['orders', 'unpaid-orders', 'search', 'all']

/** A stage of these sites, with the contract's open questions answered so; an account has only the sites it sells at. */
export function esmScene(sites: readonly Site[] = BOTH, switches: Partial<EsmSwitches> = {}): Scene {
  const credentials: Record<string, string> = { ...TEST_ESM_CREDENTIALS }
  if (!sites.includes('iac')) delete credentials.auctionId
  if (!sites.includes('gmkt')) delete credentials.gmarketId
  return {
    open: openMarketplace.esm,
    createMarketplace: (pace) =>
      createEsm({ sites, switches: { ...switches, limits: pace ? 'on' : 'off', callsPerSecond: pace ? 2 : 0 } }),
    account: (url) => ({ baseUrl: url, credentials, settings: { timeoutMs: 400 } }),
    wrongCredentials: { ...credentials, secretKey: 'somebody-else' },
    isWrite: ({ method, url }) => method === 'PUT' || /\/OrderCheck\/|\/ShippingInfo$|\/Cancel\//.test(url),
    isSpoilt: () => true,
    overBudget: (marketplace) =>
      marketplace.doors
        .calls()
        .filter(({ bucket }) => BUDGETS.includes(bucket.split(':')[0]!))
        .reduce((sum, { refused }) => sum + refused, 0),
    invoices: { epost: '6890123456789' },
    forgetsCancelled: true,
    buyers: {
      asks: ['cancel', 'return', 'exchange'],
      takesBack: ['cancel', 'return', 'exchange'],
      ask: ({ marketplace, simulator }, kind, lineKey, quantity) => {
        if (kind === 'exchange') marketplace.afterwards!.exchange!(lineKey, quantity, simulator.now())
        else simulator.cancel(lineKey, quantity)
      },
      takeBack: ({ marketplace, simulator }, { lines }) =>
        void asEsm(marketplace).withdrawClaim(lines[0]!.lineKey, simulator.now()),
      getParcels: ({ marketplace, simulator }, lineKeys) => {
        for (const lineKey of lineKeys) asEsm(marketplace).arrive(lineKey, simulator.now())
      },
      sendBack: () => {},
      // The slow look at three lists a collection: seventeen of one site, twenty-seven of both.
      toldWithin: 9,
      breakRow: (body, claimKey) => {
        const [, orderNo] = /^[AG](\d+)-/.exec(claimKey)!
        if (!/CancelStatus|ReturnStatus|ExchangeStatus/.test(body)) return body
        const row = new RegExp(`("OrderNo":${orderNo},[^{}]*"RequestDate":")[^"]*"`)
        return body.replace(row, '$1yesterday"')
      },
    },
  }
}
