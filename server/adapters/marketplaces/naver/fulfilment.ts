import type { Clock } from '../../../kernel/clock.ts'
import type { ActionResult, FaultWhy, Parcel } from '../../../modules/channels/adapter.ts'
import { inBatches, unknownResult } from '../batches.ts'
import { koreanMillis } from '../korean-times.ts'
import { noCarrier } from '../refused-here.ts'
import { act, LINES_PER_CALL, PRODUCT_ORDERS } from './actions.ts'
import type { Ask } from './call.ts'
import { BUCKETS } from './capabilities.ts'
import { codeOfCarrier } from './carriers.ts'
import { readDetails } from './details.ts'

export async function confirmOrders(ask: Ask, keys: readonly string[]): Promise<ActionResult[]> {
  const entries = keys.map((key) => ({ key, value: key }))
  return inBatches(entries, LINES_PER_CALL, (batch) =>
    act(ask, batch, {
      bucket: BUCKETS.confirm,
      method: 'POST',
      path: `${PRODUCT_ORDERS}/confirm`,
      body: { productOrderIds: batch.map(({ value }) => value) },
    }),
  )
}

/** One result a parcel, in the order asked. */
export async function dispatchOrders(ask: Ask, clock: Clock, parcels: readonly Parcel[]): Promise<ActionResult[]> {
  const known = parcels.filter(({ carrier }) => codeOfCarrier(carrier) !== null)
  const sent = await inBatches(
    known.map((parcel) => ({ key: parcel.lineKey, value: parcel })),
    LINES_PER_CALL,
    (batch) =>
      act(
        ask,
        batch.map(({ key, value }) => ({ key, value: value.actionKey })),
        {
          bucket: BUCKETS.dispatch,
          method: 'POST',
          path: `${PRODUCT_ORDERS}/dispatch`,
          body: { dispatchProductOrders: batch.map(({ value }) => dispatchRow(value, clock.now())) },
        },
      ),
  )
  const results = new Map(sent.map((result) => [result.key, result]))
  await settleRepeats(ask, known, results)
  return parcels.map((parcel) => results.get(parcel.lineKey) ?? noCarrier(parcel.lineKey, parcel.carrier))
}

/** "Already dispatched" says by whom as little as with which invoice; the detail tells the invoice. */
async function settleRepeats(ask: Ask, parcels: readonly Parcel[], results: Map<string, ActionResult>): Promise<void> {
  const repeated = parcels.filter(({ lineKey }) => results.get(lineKey)?.outcome === 'already')
  if (repeated.length === 0) return
  const shown = await readDetails(
    ask,
    repeated.map(({ actionKey }) => actionKey),
  )
  for (const { lineKey, actionKey, invoice } of repeated) {
    const row = shown.get(actionKey)?.row
    const { code, message } = results.get(lineKey)!
    if (!row) results.set(lineKey, unknownResult(lineKey, code, message))
    else if (row.delivery?.trackingNumber !== invoice) {
      const shown = row.delivery?.trackingNumber
      const why: FaultWhy = shown ? { reason: 'other_invoice', what: shown } : { reason: 'sent_without_invoice' }
      results.set(lineKey, { key: lineKey, outcome: 'refused', code, message, why })
    }
  }
}

function dispatchRow(parcel: Parcel, now: number) {
  return {
    productOrderId: parcel.actionKey,
    deliveryMethod: 'DELIVERY',
    deliveryCompanyCode: codeOfCarrier(parcel.carrier),
    trackingNumber: parcel.invoice,
    dispatchDate: koreanMillis(Math.min(parcel.shippedAt, now)),
  }
}
