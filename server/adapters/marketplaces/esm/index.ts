import type { OpenAdapter } from '../../../modules/channels/adapter.ts'
import { openRepeats } from '../asked-again.ts'
import { faultsOnly } from '../faults-only.ts'
import { notOffered } from '../not-offered.ts'
import { withSettings } from '../settings.ts'
import { type Ask, openCalls, sitesOf } from './call.ts'
import { esmCapabilities } from './capabilities.ts'
import { answerClaims, cancelOrders } from './claim-answers.ts'
import { openCollector } from './collect.ts'
import { confirmOrders, shipOrders } from './fulfilment.ts'
import { openGoods } from './goods.ts'
import { readStock, writeStock } from './stock.ts'

/**
 * 옥션 and G마켓 over the ESM Trading API: two listings under one product. A unit is a product's number, an item the
 * number it has at a site, with the option's behind a colon.
 *
 * baseUrl: the host. Credentials: masterId, secretKey, and auctionId, gmarketId or both. Settings: stockTakenAt,
 * plainCancel, slowPerCollection, overlapMs, timeoutMs, and those of settings.ts.
 */
export const openEsm: OpenAdapter = (account, deps) => {
  const plainCancel = account.settings.plainCancel === true
  const capabilities = {
    ...withSettings(esmCapabilities, account.settings),
    sellerCancel: { byQuantity: false, alsoSoldOut: !plainCancel },
  }
  const sites = sitesOf(account)
  const ask = openCalls(account, deps)
  const repeats = openRepeats()
  const read: Ask = (call) => repeats.again(() => ask(call))
  const goods = openGoods(read, deps.clock)
  const collector = openCollector(account, deps, read, goods, capabilities)

  return faultsOnly({
    capabilities,
    collectOrders: repeats.during(collector.collectOrders),
    acknowledge: async (keys) => {
      const { results, moved } = await confirmOrders(ask, keys)
      for (const { key, outcome } of results) {
        // What is in doubt, or goes to another address than was told, is looked at.
        const isClear = outcome !== 'unknown' && !moved.includes(key)
        if (outcome !== 'refused') collector.acted(key, isClear ? { to: 'acknowledged' } : null)
      }
      return results
    },
    ship: async (parcels) => {
      const results = await shipOrders(ask, sites, deps.clock, parcels)
      results.forEach(({ outcome }, at) => {
        const { actionKey, invoice, replaces } = parcels[at]!
        // Put right, it is as far as it was: only a look tells the new number.
        const isClear = outcome !== 'unknown' && replaces.length === 0
        if (outcome !== 'refused') collector.acted(actionKey, isClear ? { to: 'shipped', invoice } : null)
      })
      return results
    },
    answerClaims: (answers) => answerClaims(ask, sites, deps.clock, capabilities, answers),
    cancelLines: (cancels) => cancelOrders(ask, sites, plainCancel, cancels),
    setStock: (unit, items) => writeStock(ask, goods, unit, items),
    readStock: (unit) => readStock(ask, goods, unit),
    setOnSale: notOffered('stop a sale with its number left readable'),
  })
}
