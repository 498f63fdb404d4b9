import type { Account, Capabilities, OpenAdapter } from '../../../modules/channels/adapter.ts'
import { openRepeats } from '../asked-again.ts'
import { faultsOnly } from '../faults-only.ts'
import { notOffered } from '../not-offered.ts'
import { withSettings } from '../settings.ts'
import { answerAll, REFUSE_CODE } from './answer-claims.ts'
import { type Ask, openCalls } from './call.ts'
import { cancelLines } from './cancel-lines.ts'
import { eleventhCapabilities } from './capabilities.ts'
import { openCollector } from './collect.ts'
import { confirmLines, type ShipForm, shipParcels } from './fulfilment.ts'
import { readActionKey } from './orders.ts'
import { openStock } from './stock.ts'

/**
 * 11번가 over its Open API.
 *
 * baseUrl: the host, without `/rest`. Credentials: openApiKey. Settings: stockTakenAt, zeroAllowed, saleStop, shipForm,
 * buyerAskedCode, refuseCode, oneFlight, overlapMs, timeoutMs, slowEvery, slowDays, mostRows, and those of settings.ts.
 */
export const openEleventh: OpenAdapter = (account, deps) => {
  const capabilities = withAnswers(withSettings(eleventhCapabilities, account.settings), account.settings)
  const ask = openCalls(account, deps)
  const repeats = openRepeats()
  const read: Ask = (call) => repeats.again(() => ask(call))
  const collector = openCollector(account, deps, read, capabilities)
  const stock = openStock(ask, deps.clock, capabilities.saleStop !== null)
  const shipForm: ShipForm = account.settings.shipForm === 'lines' ? 'lines' : 'whole'
  const refuseCode = codeIn(account.settings.refuseCode) ?? REFUSE_CODE

  return faultsOnly({
    capabilities,
    collectOrders: repeats.during(collector.collectOrders),
    bundleOf: (actionKey) => readActionKey(actionKey)?.dlvNo ?? '',
    acknowledge: (keys) => confirmLines(ask, keys),
    ship: async (parcels) => {
      const results = await shipParcels(ask, deps.clock, parcels, shipForm)
      collector.readAgain(['shipping'])
      return results
    },
    answerClaims: async (answers) => {
      const results = await answerAll(ask, deps.clock, capabilities, refuseCode, answers)
      collector.readAgain(['shipping'])
      return results
    },
    cancelLines: (cancels) => cancelLines(ask, codeIn(account.settings.buyerAskedCode), cancels),
    setStock: (unit, items) => stock.write(unit, items),
    readStock: (unit) => stock.read(unit),
    setOnSale: capabilities.saleStop === null ? notOffered('stop a sale') : stock.setOnSale,
  })
}

function withAnswers(capabilities: Capabilities, settings: Account['settings']): Capabilities {
  return {
    ...capabilities,
    ship: settings.shipForm === 'lines' ? { ...capabilities.ship, partial: true, bundled: false } : capabilities.ship,
    zeroAllowed: settings.zeroAllowed !== false,
    saleStop: settings.saleStop === false ? null : capabilities.saleStop,
  }
}

/** A reason code becomes part of a path. */
function codeIn(setting: Account['settings'][string] | undefined): string | null {
  return /^\d{1,4}$/.test(String(setting ?? '')) ? String(setting) : null
}
