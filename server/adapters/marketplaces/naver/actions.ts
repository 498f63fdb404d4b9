import { z } from 'zod'
import type { ActionResult } from '../../../modules/channels/adapter.ts'
import { anId, expectShape, someText } from '../answers.ts'
import type { Keyed } from '../batches.ts'
import type { Ask, NaverCall } from './call.ts'

export const PRODUCT_ORDERS = '/v1/pay-order/seller/product-orders'

/** 30 for confirm and dispatch, not the 300 of the reading calls. */
export const LINES_PER_CALL = 30

export const ALREADY = '105306'

/** "Other": says nothing about what happened. */
const OTHER = '9999'

/**
 * One call about product orders; each entry's value is the id of its own. 200 whatever happened: each id is among the
 * successes, among the failures, or in doubt, and then it is missing here.
 */
export async function act(
  ask: Ask,
  batch: readonly Keyed<string>[],
  call: NaverCall,
): Promise<Map<string, ActionResult>> {
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

const actionAnswer = z.object({
  data: z.object({
    successProductOrderIds: z.array(anId).nullish(),
    successProductOrderInfos: z.array(z.object({ productOrderId: anId })).nullish(),
    failProductOrderInfos: z
      .array(z.object({ productOrderId: anId, code: someText(20), message: someText(300) }))
      .nullish(),
  }),
})
