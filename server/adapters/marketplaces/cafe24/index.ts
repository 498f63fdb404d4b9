import type { ActionResult, OpenAdapter } from '../../../modules/channels/adapter.ts'
import { openRepeats } from '../asked-again.ts'
import { faultsOnly } from '../faults-only.ts'
import { withSettings } from '../settings.ts'
import { type Ask, openCalls } from './call.ts'
import { cafe24Capabilities } from './capabilities.ts'
import { openCarriers } from './carriers.ts'
import { answerClaims, cancelLines, type Refunds, type Ways } from './claim-answers.ts'
import { openCollector } from './collect.ts'
import { prepareLines, shipLines } from './fulfilment.ts'
import { orderIdOf } from './look.ts'
import { openStock } from './stock.ts'

/**
 * 카페24 over its Admin API, shop 1 of a mall.
 *
 * baseUrl: `https://{mall id}.cafe24api.com`. Credentials: clientId, clientSecret, and the refreshToken the seller's
 * consent brought, good for one use: what follows it is kept by the connection's token store. Settings: stockTakenAt,
 * refunds, claimAnswers, apiVersion, overlapMs, timeoutMs, and those of settings.ts.
 */
export const openCafe24: OpenAdapter = (account, deps) => {
  const capabilities = withSettings(cafe24Capabilities, account.settings)
  const ask = openCalls(account, deps)
  const repeats = openRepeats()
  const read: Ask = (call) => repeats.again(() => ask(call))
  const collector = openCollector(account, deps, read, capabilities)
  const carriers = openCarriers(ask, deps.clock)
  const stock = openStock(ask)
  const ways: Ways = { first: account.settings.claimAnswers === 'move' ? 'move' : 'create' }
  const refunds: Refunds = account.settings.refunds === 'by_hand' ? 'by_hand' : 'gateway'

  /** What we did has no date we would meet soon, and the address may have changed until then. */
  const reread = (results: ActionResult[], orderOf: (key: string) => string) => {
    collector.touch(results.filter(({ outcome }) => outcome !== 'refused').map(({ key }) => orderOf(key)))
    return results
  }

  return faultsOnly({
    capabilities,
    collectOrders: repeats.during(collector.collectOrders),
    acknowledge: async (keys) => {
      const results = reread(await prepareLines(ask, keys), orderIdOf)
      if (results.length > 0) await carriers.prepare()
      return results
    },
    ship: async (parcels) => reread(await shipLines(ask, carriers, parcels), orderIdOf),
    answerClaims: async (answers) => {
      const orders = new Map(answers.map((answer) => [answer.claimKey, answer.externalOrderId]))
      return reread(await answerClaims(ask, answers, refunds, ways), (key) => orders.get(key)!)
    },
    cancelLines: async (cancels) => reread(await cancelLines(ask, cancels, refunds), orderIdOf),
    setStock: stock.set,
    readStock: stock.read,
    setOnSale: stock.setOnSale,
  })
}
