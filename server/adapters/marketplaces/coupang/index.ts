import type { ActionResult, OpenAdapter } from '../../../modules/channels/adapter.ts'
import { openRepeats } from '../asked-again.ts'
import { faultsOnly } from '../faults-only.ts'
import { notOffered } from '../not-offered.ts'
import { OTHER_INVOICE } from '../refused-here.ts'
import { withSettings } from '../settings.ts'
import { type Ask, openCalls } from './call.ts'
import { coupangCapabilities } from './capabilities.ts'
import { answerClaims } from './claim-answers.ts'
import { receiptOfKey } from './claims.ts'
import { openCollector } from './collect.ts'
import { acknowledgeBoxes } from './fulfilment.ts'
import { cancelLines } from './seller-cancels.ts'
import { uploadInvoices } from './shipping.ts'
import { readStock, writeOnSale, writeStock } from './stock.ts'

/**
 * 쿠팡 over the Wing Open API.
 *
 * baseUrl: the host. Credentials: vendorId, accessKey, secretKey; wingId, the name the seller signs in with, which only
 * cancelling wants. Settings: stockTakenAt, othersAcknowledge, saleStops, overlapMs, timeoutMs, pauseAfter429Ms,
 * slowEvery, slowDays, and those of settings.ts.
 */
export const openCoupang: OpenAdapter = (account, deps) => {
  const { saleStops = true } = account.settings
  const saleStop = saleStops === false ? null : coupangCapabilities.saleStop
  const capabilities = withSettings({ ...coupangCapabilities, saleStop }, account.settings)
  const vendorId = encodeURIComponent(account.credentials.vendorId ?? '')
  const ask = openCalls(account, deps)
  const repeats = openRepeats()
  const read: Ask = (call) => repeats.again(() => ask(call))
  const collector = openCollector(account, deps, read, vendorId, capabilities)

  const noSaleStop = notOffered('stop a sale and keep its number')
  return faultsOnly({
    capabilities,
    collectOrders: repeats.during(collector.collectOrders),
    acknowledge: async (keys) => {
      const results = await acknowledgeBoxes(ask, vendorId, keys)
      collector.touch(results.filter(({ outcome }) => outcome !== 'refused').map(({ key }) => key))
      return results
    },
    ship: async (parcels) => {
      const results = await uploadInvoices(ask, vendorId, parcels)
      // Refused with another invoice on it, it is shown as well: somebody sent it without us.
      const isToLookAt = ({ outcome, code }: ActionResult) => outcome !== 'refused' || code === OTHER_INVOICE
      const keys = new Set(results.filter(isToLookAt).map(({ key }) => key))
      collector.touchOrders(parcels.filter(({ lineKey }) => keys.has(lineKey)).map((each) => each.externalOrderId))
      return results
    },
    setStock: (_unit, items) => writeStock(ask, items),
    readStock: (unit) => readStock(ask, unit),
    answerClaims: async (answers) => {
      const place = { ask, vendorId, now: () => deps.clock.now() }
      const results = await answerClaims(place, capabilities, answers)
      const given = new Set(results.filter(({ outcome }) => outcome !== 'refused').map(({ key }) => key))
      const acted = answers.filter(({ claimKey }) => given.has(claimKey))
      collector.touchReceipts(
        acted.filter(({ kind }) => kind !== 'exchange').map((each) => receiptOfKey(each.claimKey)),
      )
      collector.touchOrders(acted.map(({ externalOrderId }) => externalOrderId))
      return results
    },
    cancelLines: async (cancels) => {
      const receipts: string[] = []
      const by = { vendorId, wingId: account.credentials.wingId ?? '' }
      const results = await cancelLines(ask, by, cancels, receipts)
      collector.touchReceipts(receipts)
      return results
    },
    setOnSale: (unit, onSale) => (saleStop === null ? noSaleStop() : writeOnSale(ask, unit, onSale)),
  })
}
