import { z } from 'zod'
import { type ActionResult, ChannelFault } from '../../../modules/channels/adapter.ts'
import { anId, expectShape, someText } from '../answers.ts'
import { inBatches, type Keyed } from '../batches.ts'
import { isNumberId, numberOf } from '../digits.ts'
import { NOT_SENT, refusedHere } from '../refused-here.ts'
import type { Ask } from './call.ts'
import { readSheets } from './lists.ts'

const BOXES_PER_ACKNOWLEDGE = 50

/** Failures that may mean "already": looked up one by one, and the whole budget is four calls a second. */
const MOST_LOOKED_UP = 5

export type BoxResult = z.infer<typeof boxResult>

/** Keys are box numbers. */
export async function acknowledgeBoxes(ask: Ask, vendorId: string, keys: readonly string[]): Promise<ActionResult[]> {
  const known = keys.filter(isNumberId).map((key) => ({ key, value: key }))
  const results = await inBatches(known, BOXES_PER_ACKNOWLEDGE, async (batch) => {
    const answer = await ask({
      method: 'PUT',
      path: `/v2/providers/openapi/apis/api/v4/vendors/${vendorId}/ordersheets/acknowledgement`,
      body: { vendorId, shipmentBoxIds: batch.map(({ value }) => numberOf(value)) },
      aboutVendor: true,
    })
    const rows = boxResultsOf(answer, 'acknowledgement')
    return resultsOf(ask, vendorId, batch, rows)
  })
  return [...results, ...keys.filter((key) => !isNumberId(key)).map((key) => malformed(key))]
}

/** 200 whatever happened: a row a box, or several; a box without a row is in doubt. */
async function resultsOf(
  ask: Ask,
  vendorId: string,
  batch: readonly Keyed<unknown>[],
  rows: readonly BoxResult[],
): Promise<Map<string, ActionResult>> {
  const byBox = Map.groupBy(rows, ({ shipmentBoxId }) => shipmentBoxId)
  const results = new Map<string, ActionResult>()
  let left = MOST_LOOKED_UP
  for (const { key } of batch) {
    const ofBox = byBox.get(key)
    if (!ofBox) continue
    const failure = ofBox.find(({ succeed }) => !succeed)
    if (!failure) results.set(key, { key, outcome: 'done', code: null, message: null })
    else {
      const outcome = left-- > 0 ? await outcomeOf(ask, vendorId, key, failure) : 'unknown'
      results.set(key, { key, outcome, code: failure.resultCode, message: failure.resultMessage })
    }
  }
  return results
}

/** One sentence tells every failure: a stop is running, or it is not ACCEPT any more. The sheet says which. */
async function outcomeOf(
  ask: Ask,
  vendorId: string,
  box: string,
  failure: BoxResult,
): Promise<ActionResult['outcome']> {
  try {
    const { sheets } = await readSheets(ask, vendorId, { box })
    const sheet = sheets.find((shown) => shown.sheet.shipmentBoxId === box)?.sheet
    if (sheet && sheet.status !== 'ACCEPT') return 'already'
    // Refused though nothing stands in the way: an acknowledgement may show only half an hour later.
    const isStopped = sheet?.orderItems.some((item) => (item.holdCountForCancel ?? 0) > 0) ?? true
    if (!isStopped) return 'unknown'
  } catch (error) {
    if (!(error instanceof ChannelFault)) throw error
    if (error.code !== 'not_found' && error.code !== 'refused') return 'unknown'
  }
  return failure.resultCode === UNDEFINED ? 'unknown' : 'refused'
}

/** Says nothing about what happened. */
export const UNDEFINED = 'UNDEFINED_ERROR_OCCUR'

export function boxResultsOf(answer: unknown, what: string): BoxResult[] {
  return expectShape(actionAnswer, answer, what).data.responseList ?? []
}

const malformed = (key: string): ActionResult => refusedHere(key, NOT_SENT, { reason: 'id_malformed', what: key })

const boxResult = z.object({
  shipmentBoxId: anId,
  succeed: z.boolean(),
  resultCode: someText(100),
  resultMessage: someText(300),
})

const actionAnswer = z.object({ data: z.object({ responseList: z.array(boxResult).nullish() }) })
