import { z } from 'zod'
import { anId, expectShape, someText, units } from '../../../server/adapters/marketplaces/answers.ts'
import { openRepeats } from '../../../server/adapters/marketplaces/asked-again.ts'
import { inBatches } from '../../../server/adapters/marketplaces/batches.ts'
import { faultsOnly } from '../../../server/adapters/marketplaces/faults-only.ts'
import { notOffered } from '../../../server/adapters/marketplaces/not-offered.ts'
import { noCarrier, OTHER_INVOICE, refusedHere } from '../../../server/adapters/marketplaces/refused-here.ts'
import { withSettings } from '../../../server/adapters/marketplaces/settings.ts'
import {
  type ActionResult,
  type CARRIERS,
  ChannelFault,
  type OpenAdapter,
  type Parcel,
} from '../../../server/modules/channels/adapter.ts'
import { type Ask, openCalls } from './call.ts'
import { sixthCapabilities } from './capabilities.ts'
import { collectOrders } from './collect.ts'

/** The made-up sixth marketplace. baseUrl: the host. Credentials: apiKey. Settings: timeoutMs and those of settings.ts. */
export const openSixth: OpenAdapter = (account, deps) => {
  const ask = openCalls(account, deps)
  const repeats = openRepeats()
  const read: Ask = (...call) => repeats.again(() => ask(...call))
  return faultsOnly({
    capabilities: withSettings(sixthCapabilities, account.settings),
    collectOrders: repeats.during((cursor) => collectOrders(read, deps.clock, cursor)),
    acknowledge: (keys) => acceptLines(ask, keys),
    ship: (parcels) => shipParcels(ask, parcels),
    async setStock(unit, items) {
      const rows = items.map(({ item, quantity }) => ({ itemNo: item, quantity }))
      expectShape(z.object({ stored: units }), await ask('PUT', pathOf(unit), { rows }), 'stock')
      return null
    },
    async readStock(unit) {
      const { rows } = expectShape(stockAnswer, await ask('GET', pathOf(unit)), 'stock')
      return { unit, items: rows.map(({ itemNo, ...row }) => ({ item: itemNo, ...row })) }
    },
    answerClaims: notOffered('answer a claim'),
    cancelLines: notOffered('cancel a line'),
    setOnSale: notOffered('stop a sale'),
  })
}

const LINES_PER_CALL = 50

const acceptLines = (ask: Ask, keys: readonly string[]): Promise<ActionResult[]> =>
  inBatches(
    keys.map((key) => ({ key, value: key })),
    LINES_PER_CALL,
    async (batch) => {
      const answer = await ask('POST', '/v1/orders/accept', { lineNos: batch.map(({ key }) => key) })
      const { results } = expectShape(actionAnswer, answer, 'accept')
      return new Map(results.map(({ lineNo: key, result }) => [key, resultOf(key, result)]))
    },
  )

const CODES: Readonly<Record<keyof typeof CARRIERS, string>> = {
  ...{ cj: 'CJ', lotte: 'LOTTE', hanjin: 'HANJIN', logen: 'LOGEN' },
  ...{ epost: 'POST', kyungdong: 'KD', daesin: 'DAESIN', ilyang: 'ILYANG' },
}

async function shipParcels(ask: Ask, parcels: readonly Parcel[]): Promise<ActionResult[]> {
  const codeOf = ({ carrier }: Parcel) => (Object.hasOwn(CODES, carrier) ? CODES[carrier as keyof typeof CARRIERS] : '')
  const known = parcels.filter((parcel) => codeOf(parcel) !== '')
  const sent = await inBatches(
    known.map((parcel) => ({ key: parcel.lineKey, value: parcel })),
    LINES_PER_CALL,
    async (batch) => {
      const rows = batch.map(({ key, value }) => ({ lineNo: key, carrier: codeOf(value), invoice: value.invoice }))
      const { results } = expectShape(actionAnswer, await ask('POST', '/v1/orders/ship', { parcels: rows }), 'ship')
      const ours = new Map(batch.map(({ key, value }) => [key, value.invoice]))
      return new Map(
        results.map(({ lineNo: key, result, invoice }) => {
          const isOthers = result === 'already' && invoice !== ours.get(key)
          const why = { reason: 'other_invoice' as const, what: invoice ?? '' }
          return [key, isOthers ? refusedHere(key, OTHER_INVOICE, why) : resultOf(key, result)]
        }),
      )
    },
  )
  const results = new Map(sent.map((result) => [result.key, result]))
  return parcels.map(({ lineKey, carrier }) => results.get(lineKey) ?? noCarrier(lineKey, carrier))
}

function resultOf(key: string, outcome: 'done' | 'already' | 'refused'): ActionResult {
  return { key, outcome, code: outcome === 'refused' ? 'REFUSED' : null, message: null }
}

/** What is no number of goods must not become part of a path. */
function pathOf(unit: string): string {
  if (!/^\w+$/.test(unit)) throw new ChannelFault('not_found', `no goods number: ${unit.slice(0, 40)}`)
  return `/v1/stock/${unit}`
}

const stockAnswer = z.object({
  rows: z.array(z.object({ itemNo: anId, quantity: units, onSale: z.boolean(), sellerCode: someText(100) })),
})
const actionAnswer = z.object({
  results: z.array(
    z.object({ lineNo: anId, result: z.enum(['done', 'already', 'refused']), invoice: someText(100).optional() }),
  ),
})
