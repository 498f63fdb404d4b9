import { z } from 'zod'
import { type ActionResult, ChannelFault, type FaultWhy, type SellerCancel } from '../../../modules/channels/adapter.ts'
import { anId, expectShape } from '../answers.ts'
import { inBatches, type Keyed } from '../batches.ts'
import { isNumberId, numberOf } from '../digits.ts'
import { NOT_SENT, refusedBy, refusedHere } from '../refused-here.ts'
import type { Ask } from './call.ts'
import { readSheets } from './lists.ts'

const REASONS: Readonly<Record<SellerCancel['reason'], string>> = {
  sold_out: 'CCTTER',
  wrong_price: 'CCPRER',
  buyer_asked: 'CCPNER',
}

/** What the contract wants besides the vendor: the name its person signs in with. */
export type Canceller = { vendorId: string; wingId: string }

/**
 * One call a box and reason, as the contract has it. `receipts` gets the numbers of what came of it: a stopped shipment is
 * in no list of cancels, and its box in none of orders.
 */
export async function cancelLines(
  ask: Ask,
  by: Canceller,
  cancels: readonly SellerCancel[],
  receipts: string[],
): Promise<ActionResult[]> {
  const sendable = cancels.filter((cancel) => problemOf(by, cancel) === null)
  const calls = [...Map.groupBy(sendable, ({ actionKey, reason }) => `${actionKey} ${reason}`)]
  const entries = calls.map(([key, value]) => ({ key, value }))
  const byLine = new Map<string, ActionResult>()
  const perCall = await inBatches(entries, 1, async ([entry]) => {
    for (const result of await cancelBox(ask, by, entry!, receipts)) byLine.set(result.key, result)
    return new Map([[entry!.key, DONE]])
  })
  const unknownOf = new Map(entries.map(({ value }, at) => [value, perCall[at]!]))
  for (const [value, { code, message }] of unknownOf) {
    for (const { lineKey: key } of value) {
      if (!byLine.has(key)) byLine.set(key, { key, outcome: 'unknown', code, message })
    }
  }
  return cancels.map(
    (cancel) => byLine.get(cancel.lineKey) ?? refusedHere(cancel.lineKey, NOT_SENT, problemOf(by, cancel)!),
  )
}

const DONE: ActionResult = { key: '', outcome: 'done', code: null, message: null }

function problemOf({ wingId }: Canceller, cancel: SellerCancel): FaultWhy | null {
  if (wingId === '') return { reason: 'setting_missing', what: 'wingId' }
  const wrong = [cancel.actionKey, cancel.externalOrderId, cancel.item].find((id) => !isNumberId(id))
  return wrong === undefined ? null : { reason: 'id_malformed', what: wrong }
}

async function cancelBox(
  ask: Ask,
  by: Canceller,
  { value: cancels }: Keyed<SellerCancel[]>,
  receipts: string[],
): Promise<ActionResult[]> {
  const { externalOrderId, reason } = cancels[0]!
  try {
    const answer = await ask({
      method: 'POST',
      path: `/v2/providers/openapi/apis/api/v5/vendors/${by.vendorId}/orders/${externalOrderId}/cancel`,
      body: {
        orderId: numberOf(externalOrderId),
        vendorItemIds: cancels.map(({ item }) => numberOf(item)),
        receiptCounts: cancels.map(({ quantity }) => quantity),
        bigCancelCode: 'CANERR',
        middleCancelCode: REASONS[reason],
        vendorId: by.vendorId,
        userId: by.wingId,
      },
      // Which options failed is told beside them.
      alsoTakes: ['PARTIAL', 'FAIL'],
    })
    const { data } = expectShape(cancelAnswer, answer, 'cancel')
    receipts.push(...Object.keys(data.receiptMap ?? {}).filter(isNumberId))
    const failed = new Set(data.failedVendorItemIds ?? [])
    const isFailed = ({ item }: SellerCancel) => failed.has(item)
    const done = cancels.filter((cancel) => !isFailed(cancel)).map(({ lineKey }) => ({ ...DONE, key: lineKey }))
    return [...done, ...(await look(ask, by, cancels.filter(isFailed), cancelledFewer))]
  } catch (error) {
    if (!(error instanceof ChannelFault) || (error.code !== 'refused' && error.code !== 'not_found')) throw error
    return look(ask, by, cancels, (key) => refusedBy(key, error))
  }
}

const cancelledFewer = (key: string): ActionResult => refusedHere(key, null, { reason: 'cancelled_fewer' })

/** What would not be cancelled may be cancelled already, by an earlier call that got no answer. */
async function look(
  ask: Ask,
  { vendorId }: Canceller,
  cancels: readonly SellerCancel[],
  refused: (key: string) => ActionResult,
): Promise<ActionResult[]> {
  if (cancels.length === 0) return []
  const isCancelled = await cancelledItems(ask, vendorId, cancels[0]!.externalOrderId)
  return cancels.map(({ lineKey, item }) =>
    isCancelled(item) ? { key: lineKey, outcome: 'already', code: null, message: null } : refused(lineKey),
  )
}

/** Of which options of an order no unit is left: those of a box that is gone are in no sheet. */
async function cancelledItems(ask: Ask, vendorId: string, order: string): Promise<(item: string) => boolean> {
  try {
    const { sheets } = await readSheets(ask, vendorId, { order })
    const items = sheets.flatMap(({ sheet }) => sheet.orderItems)
    const isWanted = (row: (typeof items)[number]) => !row.canceled && (row.cancelCount ?? 0) < row.shippingCount
    const wanted = new Set(items.filter(isWanted).map(({ vendorItemId }) => vendorItemId))
    return (item) => items.length > 0 && !wanted.has(item)
  } catch (error) {
    if (!(error instanceof ChannelFault) || (error.code !== 'refused' && error.code !== 'not_found')) throw error
    return () => ALL_GONE.test(error.said)
  }
}

/** How the sheets of an order are refused when nothing is left of it; an unknown order is refused in other words. */
const ALL_GONE = /취소 또는 반품/

const cancelAnswer = z.object({
  data: z.object({
    receiptMap: z.record(z.string(), z.unknown()).nullish(),
    failedVendorItemIds: z.array(anId).nullish(),
  }),
})
