import type { ActionResult, OpenAdapter } from '../../../modules/channels/adapter.ts'
import { openRepeats } from '../asked-again.ts'
import { faultsOnly } from '../faults-only.ts'
import { withSettings } from '../settings.ts'
import { ALREADY } from './actions.ts'
import { type Ask, openCalls } from './call.ts'
import { naverCapabilities } from './capabilities.ts'
import { answerClaims, cancelLines, type SellerCancels } from './claim-answers.ts'
import { openCollector } from './collect.ts'
import { confirmOrders, dispatchOrders } from './fulfilment.ts'
import { readProduct, type WriteSettings, writeOnSale, writeStock } from './stock.ts'

/**
 * 네이버 스마트스토어 over the Naver Commerce API.
 *
 * baseUrl: up to and with `/external`. Credentials: clientId, clientSecret; accountId for a SELLER token.
 * Settings: optionRows, soldOutCancels, sellerCancels, writeAnswers, stockTakenAt, overlapMs, timeoutMs, and those of settings.ts.
 */
export const openNaver: OpenAdapter = (account, deps) => {
  const alsoSoldOut = account.settings.soldOutCancels === 'sold_out'
  const ends: SellerCancels = account.settings.sellerCancels === 'wants_approval' ? 'wants_approval' : 'completes'
  const sellerCancel = { byQuantity: true, alsoSoldOut }
  const capabilities = withSettings({ ...naverCapabilities, sellerCancel }, account.settings)
  const ask = openCalls(account, deps)
  const repeats = openRepeats()
  const read: Ask = (call) => repeats.again(() => ask(call))
  const collector = openCollector(account, deps, read, capabilities)
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
    collectOrders: repeats.during(collector.collectOrders),
    acknowledge: async (keys) => reread(await confirmOrders(ask, keys), (key) => key),
    // A line's key and its action key are the same number here.
    ship: async (parcels) => {
      const results = reread(await dispatchOrders(ask, deps.clock, parcels), (key) => key)
      // Refused since somebody sent it without us: with which invoice, the next collection tells.
      collector.touch(results.filter(({ code }) => code === ALREADY).map(({ key }) => key))
      return results
    },
    setStock: (unit, items) => writeStock(ask, unit, items, writes),
    readStock: (unit) => readProduct(ask, unit),
    answerClaims: async (answers) => {
      const results = await answerClaims(ask, deps.clock, capabilities, answers)
      const byKey = new Map(answers.map((answer) => [answer.claimKey, answer]))
      const isRefusal = ({ key, outcome }: ActionResult) =>
        byKey.get(key)?.answer === 'refuse' && (outcome === 'done' || outcome === 'unknown')
      collector.refused(results.filter(isRefusal).map(({ key }) => key))
      return reread(results, (key) => byKey.get(key)?.lines[0]?.actionKey ?? key)
    },
    // A line's key and its action key are the same number here.
    cancelLines: async (cancels) => reread(await cancelLines(ask, cancels, ends), (key) => key),
    setOnSale: (unit, onSale) => writeOnSale(ask, unit, onSale),
  })
}
