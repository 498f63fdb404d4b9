import type { ActionResult, OpenAdapter } from '../../../modules/channels/adapter.ts'
import { faultsOnly } from '../faults-only.ts'
import { notOffered } from '../not-offered.ts'
import { withSettings } from '../settings.ts'
import { openCalls } from './call.ts'
import { naverCapabilities } from './capabilities.ts'
import { openCollector } from './collect.ts'
import { confirmOrders, dispatchOrders } from './fulfilment.ts'
import { readProduct, type WriteSettings, writeStock } from './stock.ts'

/**
 * 네이버 스마트스토어 over the Naver Commerce API.
 *
 * baseUrl: up to and with `/external`. Credentials: clientId, clientSecret; accountId for a SELLER token.
 * Settings: optionRows, writeAnswers, stockTakenAt, overlapMs, timeoutMs, and those of settings.ts.
 */
export const openNaver: OpenAdapter = (account, deps) => {
  const capabilities = withSettings(naverCapabilities, account.settings)
  const ask = openCalls(account, deps)
  const collector = openCollector(account, deps, ask, capabilities)
  const writes: WriteSettings = {
    optionRows: account.settings.optionRows === 'all' ? 'all' : 'changed',
    answerIsStored: account.settings.writeAnswers === 'stored',
  }

  /** No event tells of 발주확인, and the buyer's address may have changed until then. */
  const reread = (results: ActionResult[], idOf: (key: string) => string) => {
    collector.touch(results.filter(({ outcome }) => outcome !== 'refused').map(({ key }) => idOf(key)))
    return results
  }

  return faultsOnly({
    capabilities,
    collectOrders: collector.collectOrders,
    acknowledge: async (keys) => reread(await confirmOrders(ask, keys), (key) => key),
    // A line's key and its action key are the same number here.
    ship: async (parcels) => reread(await dispatchOrders(ask, deps.clock, parcels), (key) => key),
    setStock: (unit, items) => writeStock(ask, unit, items, writes),
    readStock: (unit) => readProduct(ask, unit),
    answerClaims: notOffered('answer claims'),
    cancelLines: notOffered('cancel lines'),
    setOnSale: notOffered('stop a sale'),
  })
}
