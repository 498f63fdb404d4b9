import { z } from 'zod'
import type { Clock } from '../../../kernel/clock.ts'
import type { ActionResult, Parcel } from '../../../modules/channels/adapter.ts'
import { anId, expectShape, someText } from '../answers.ts'
import { inBatches, type Keyed } from '../batches.ts'
import { koreanMillis } from '../korean-times.ts'
import type { Ask, NaverCall } from './call.ts'
import { BUCKETS } from './capabilities.ts'

/** 30 for both, not the 300 of the reading calls. */
const LINES_PER_CALL = 30

/** The marketplace's own list; a code of another marketplace's list must never be sent here. */
const CARRIERS: Readonly<Record<string, string>> = {
  cj: 'CJGLS',
  lotte: 'HYUNDAI',
  hanjin: 'HANJIN',
  logen: 'KGB',
  epost: 'EPOST',
}

const ALREADY = '105306'

/** "Other": says nothing about what happened. */
const OTHER = '9999'

export async function confirmOrders(ask: Ask, keys: readonly string[]): Promise<ActionResult[]> {
  const entries = keys.map((key) => ({ key, value: key }))
  return inBatches(entries, LINES_PER_CALL, (batch) =>
    act(ask, batch, {
      bucket: BUCKETS.confirm,
      method: 'POST',
      path: '/v1/pay-order/seller/product-orders/confirm',
      body: { productOrderIds: batch.map(({ value }) => value) },
    }),
  )
}

export async function dispatchOrders(ask: Ask, clock: Clock, parcels: readonly Parcel[]): Promise<ActionResult[]> {
  const known = parcels.filter(({ carrier }) => carrier in CARRIERS)
  const results = await inBatches(
    known.map((parcel) => ({ key: parcel.lineKey, value: parcel })),
    LINES_PER_CALL,
    (batch) =>
      act(
        ask,
        batch.map(({ key, value }) => ({ key, value: value.actionKey })),
        {
          bucket: BUCKETS.dispatch,
          method: 'POST',
          path: '/v1/pay-order/seller/product-orders/dispatch',
          body: { dispatchProductOrders: batch.map(({ value }) => dispatchRow(value, clock.now())) },
        },
      ),
  )
  const refused = parcels.filter(({ carrier }) => !(carrier in CARRIERS)).map(unknownCarrier)
  return [...results, ...refused]
}

/** 200 whatever happened: each id is among the successes, among the failures, or in doubt. */
async function act(ask: Ask, batch: readonly Keyed<string>[], call: NaverCall): Promise<Map<string, ActionResult>> {
  const { data } = expectShape(actionAnswer, await ask(call), 'action')
  const done = new Set([
    ...(data.successProductOrderIds ?? []),
    ...(data.successProductOrderInfos ?? []).map(({ productOrderId }) => productOrderId),
  ])
  const failed = new Map((data.failProductOrderInfos ?? []).map((info) => [info.productOrderId, info]))
  const results = new Map<string, ActionResult>()
  for (const { key, value: id } of batch) {
    const failure = failed.get(id)
    if (failure)
      results.set(key, { key, outcome: outcomeOf(failure.code), code: failure.code, message: failure.message })
    else if (done.has(id)) results.set(key, { key, outcome: 'done', code: null, message: null })
  }
  return results
}

function outcomeOf(code: string): ActionResult['outcome'] {
  if (code === ALREADY) return 'already'
  return code === OTHER ? 'unknown' : 'refused'
}

function dispatchRow(parcel: Parcel, now: number) {
  return {
    productOrderId: parcel.actionKey,
    deliveryMethod: 'DELIVERY',
    deliveryCompanyCode: CARRIERS[parcel.carrier],
    trackingNumber: parcel.invoice,
    dispatchDate: koreanMillis(Math.min(parcel.shippedAt, now)),
  }
}

function unknownCarrier(parcel: Parcel): ActionResult {
  const message = `no carrier of this marketplace is known for ${parcel.carrier}`
  return { key: parcel.lineKey, outcome: 'refused', code: 'CARRIER_UNKNOWN', message }
}

const actionAnswer = z.object({
  data: z.object({
    successProductOrderIds: z.array(anId).nullish(),
    successProductOrderInfos: z.array(z.object({ productOrderId: anId })).nullish(),
    failProductOrderInfos: z
      .array(z.object({ productOrderId: anId, code: someText(20), message: someText(300) }))
      .nullish(),
  }),
})
