import { z } from 'zod'
import { type ActionResult, ChannelFault, type Parcel } from '../../../modules/channels/adapter.ts'
import { anId, expectShape, someText } from '../answers.ts'
import { inBatches, type Keyed } from '../batches.ts'
import { isNumberId, numberOf } from '../digits.ts'
import type { Ask } from './call.ts'
import { codeOfCarrier } from './carriers.ts'
import { readSheets } from './lists.ts'
import type { Sheet } from './sheets.ts'

const BOXES_PER_ACKNOWLEDGE = 50

/** The most rows of one invoice call is not documented; boxes hold few options. */
const BOXES_PER_INVOICE = 20

/** Failures that may mean "already": looked up one by one, and the whole budget is four calls a second. */
const MOST_LOOKED_UP = 5

type BoxResult = z.infer<typeof boxResult>

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
    const rows = rowsOf(answer, 'acknowledgement')
    // One sentence tells every failure: a stop is running, or it is not ACCEPT any more. The sheet says which.
    return resultsOf(ask, vendorId, batch, rows, (sheet) => sheet.status !== 'ACCEPT')
  })
  return [...results, ...keys.filter((key) => !isNumberId(key)).map((key) => refused(key, 'no box number'))]
}

/** All lines of a box go in one call, or the marketplace refuses the box. */
export async function uploadInvoices(ask: Ask, vendorId: string, parcels: readonly Parcel[]): Promise<ActionResult[]> {
  const sendable = parcels.filter((parcel) => problemOf(parcel) === null)
  const boxes = [...Map.groupBy(sendable, ({ actionKey }) => actionKey)].map(([key, value]) => ({ key, value }))
  const byBox = await inBatches(boxes, BOXES_PER_INVOICE, async (batch) => {
    const answer = await ask({
      method: 'POST',
      path: `/v2/providers/openapi/apis/api/v4/vendors/${vendorId}/orders/invoices`,
      body: { vendorId, orderSheetInvoiceApplyDtos: batch.flatMap(({ value }) => value.map(invoiceRow)) },
      aboutVendor: true,
    })
    const invoices = new Map(batch.map(({ key, value }) => [key, value[0]!.invoice]))
    const isAlready = (sheet: Sheet) => sheet.invoiceNumber === invoices.get(sheet.shipmentBoxId)
    return resultsOf(ask, vendorId, batch, rowsOf(answer, 'invoices'), isAlready)
  })
  const results = new Map(byBox.map((result) => [result.key, result]))
  return parcels.map((parcel) => {
    const problem = problemOf(parcel)
    return problem ? refused(parcel.lineKey, problem) : { ...results.get(parcel.actionKey)!, key: parcel.lineKey }
  })
}

/** 200 whatever happened: a row a box, or several; a box without a row is in doubt. */
async function resultsOf(
  ask: Ask,
  vendorId: string,
  batch: readonly Keyed<unknown>[],
  rows: readonly BoxResult[],
  isAlready: (sheet: Sheet) => boolean,
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
      const outcome = left-- > 0 ? await outcomeOf(ask, vendorId, key, failure, isAlready) : 'unknown'
      results.set(key, { key, outcome, code: failure.resultCode, message: failure.resultMessage })
    }
  }
  return results
}

async function outcomeOf(
  ask: Ask,
  vendorId: string,
  box: string,
  failure: BoxResult,
  isAlready: (sheet: Sheet) => boolean,
): Promise<ActionResult['outcome']> {
  try {
    const { sheets } = await readSheets(ask, vendorId, { box })
    if (sheets.some(({ sheet }) => sheet.shipmentBoxId === box && isAlready(sheet))) return 'already'
  } catch (error) {
    if (!(error instanceof ChannelFault)) throw error
    if (error.code !== 'not_found' && error.code !== 'refused') return 'unknown'
  }
  return failure.resultCode === 'UNDEFINED_ERROR_OCCUR' ? 'unknown' : 'refused'
}

function rowsOf(answer: unknown, what: string): BoxResult[] {
  return expectShape(actionAnswer, answer, what).data.responseList ?? []
}

function problemOf(parcel: Parcel): string | null {
  if (codeOfCarrier(parcel.carrier) === null) return `no carrier of this marketplace is known for ${parcel.carrier}`
  if (![parcel.actionKey, parcel.externalOrderId, parcel.item].every(isNumberId))
    return 'no box, order or option number'
  return null
}

function invoiceRow(parcel: Parcel) {
  return {
    shipmentBoxId: numberOf(parcel.actionKey),
    orderId: numberOf(parcel.externalOrderId),
    vendorItemId: numberOf(parcel.item),
    deliveryCompanyCode: codeOfCarrier(parcel.carrier),
    invoiceNumber: parcel.invoice,
    splitShipping: false,
    preSplitShipped: false,
    estimatedShippingDate: '',
  }
}

function refused(key: string, message: string): ActionResult {
  return { key, outcome: 'refused', code: 'NOT_SENT', message }
}

const boxResult = z.object({
  shipmentBoxId: anId,
  succeed: z.boolean(),
  resultCode: someText(100),
  resultMessage: someText(300),
})

const actionAnswer = z.object({ data: z.object({ responseList: z.array(boxResult).nullish() }) })
