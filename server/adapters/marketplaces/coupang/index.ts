import type { OpenAdapter } from '../../../modules/channels/adapter.ts'
import { faultsOnly } from '../faults-only.ts'
import { notOffered } from '../not-offered.ts'
import { withSettings } from '../settings.ts'
import { openCalls } from './call.ts'
import { coupangCapabilities } from './capabilities.ts'
import { openCollector } from './collect.ts'
import { acknowledgeBoxes, uploadInvoices } from './fulfilment.ts'
import { readStock, writeStock } from './stock.ts'

/**
 * 쿠팡 over the Wing Open API.
 *
 * baseUrl: the host. Credentials: vendorId, accessKey, secretKey. Settings: stockTakenAt, othersAcknowledge,
 * overlapMs, timeoutMs, pauseAfter429Ms, slowEvery, slowDays, and those of settings.ts.
 */
export const openCoupang: OpenAdapter = (account, deps) => {
  const capabilities = withSettings(coupangCapabilities, account.settings)
  const vendorId = encodeURIComponent(account.credentials.vendorId ?? '')
  const ask = openCalls(account, deps)
  const collector = openCollector(account, deps, ask, vendorId, capabilities)

  return faultsOnly({
    capabilities,
    collectOrders: collector.collectOrders,
    acknowledge: async (keys) => {
      const results = await acknowledgeBoxes(ask, vendorId, keys)
      collector.touch(results.filter(({ outcome }) => outcome !== 'refused').map(({ key }) => key))
      return results
    },
    ship: async (parcels) => {
      const results = await uploadInvoices(ask, vendorId, parcels)
      const sent = new Set(results.filter(({ outcome }) => outcome !== 'refused').map(({ key }) => key))
      collector.touch(parcels.filter(({ lineKey }) => sent.has(lineKey)).map(({ actionKey }) => actionKey))
      return results
    },
    setStock: (_unit, items) => writeStock(ask, items),
    readStock: (unit) => readStock(ask, unit),
    answerClaims: notOffered('answer claims'),
    cancelLines: notOffered('cancel lines'),
    setOnSale: notOffered('stop a sale'),
  })
}
