import { type ActionResult, ChannelFault, type Parcel } from '../../../modules/channels/adapter.ts'
import { inBatches, unknownResult } from '../batches.ts'
import { isNumberId, numberOf } from '../digits.ts'
import { NOT_SENT, noCarrier, OTHER_INVOICE, refusedHere } from '../refused-here.ts'
import { whoseInvoice } from '../shown-invoice.ts'
import type { Ask } from './call.ts'
import { codeOfCarrier } from './carriers.ts'
import { type BoxResult, boxResultsOf, UNDEFINED } from './fulfilment.ts'
import { readSheets } from './lists.ts'
import type { Sheet } from './sheets.ts'

/** The most rows of one invoice call is not documented; boxes hold few options. */
const BOXES_PER_INVOICE = 20

/** Boxes looked at after a failure, some eight seconds of the whole budget; what is beyond is told as unknown. */
const MOST_LOOKED_AT = 20

/** Some lines of a box with one invoice: what goes together. `replaces`: what any of them was told before. */
type Bundle = { key: string; box: string; order: string; parcels: Parcel[]; replaces: Parcel['replaces'] }

/**
 * Gives invoices, one result a parcel. Whole boxes go many a call. A box of which only some lines go is refused then, as an
 * option is missing, and is split: its sheet is read and the others are named as staying. One that is put right is looked
 * at first, since changing a number takes any that is there.
 */
export async function uploadInvoices(ask: Ask, vendorId: string, parcels: readonly Parcel[]): Promise<ActionResult[]> {
  const bundles = bundlesOf(parcels.filter((parcel) => problemOf(parcel) === null))
  const ofOneBox = [...Map.groupBy(bundles, ({ box }) => box).values()].filter((same) => same.length > 1).flat()
  const apart = new Set([...ofOneBox, ...bundles.filter(({ replaces }) => replaces.length > 0)])
  const together = bundles.filter((bundle) => !apart.has(bundle))
  const failures = new Map<Bundle, BoxResult | null>([...apart].map((bundle) => [bundle, null]))
  const sent = await inBatches(
    together.map((bundle) => ({ key: bundle.key, value: bundle })),
    BOXES_PER_INVOICE,
    async (batch) => {
      const results = await tell(
        ask,
        vendorId,
        'invoices',
        batch.flatMap(({ value }) => value.parcels.map((parcel) => invoiceRow(parcel, WHOLE))),
      )
      const known = new Map<string, ActionResult>()
      for (const { key, value } of batch) {
        const failure = failureOf(results, value.box)
        if (failure === undefined) continue
        if (failure === null) known.set(key, done(key))
        else failures.set(value, failure)
      }
      return known
    },
  )
  const byBundle = new Map(sent.map((result) => [result.key, result]))
  let left = MOST_LOOKED_AT
  for (const [bundle, failure] of failures) {
    const result = left-- > 0 ? await lookAndSplit(ask, vendorId, bundle, failure) : null
    byBundle.set(
      bundle.key,
      result ?? unknownResult(bundle.key, failure?.resultCode ?? null, failure?.resultMessage ?? null),
    )
  }
  return parcels.map((parcel) => {
    return problemOf(parcel) ?? { ...byBundle.get(bundleKeyOf(parcel))!, key: parcel.lineKey }
  })
}

function bundlesOf(parcels: readonly Parcel[]): Bundle[] {
  return [...Map.groupBy(parcels, bundleKeyOf)].map(([key, same]) => ({
    key,
    box: same[0]!.actionKey,
    order: same[0]!.externalOrderId,
    parcels: same,
    replaces: same.flatMap(({ replaces }) => replaces),
  }))
}

function bundleKeyOf({ actionKey, carrier, invoice }: Parcel): string {
  return `${actionKey} ${carrier} ${invoice}`
}

/**
 * Why a bundle did not go: because it went before, because others are in its box, or for good. Null: it cannot be told.
 * Without a failure it has not been tried: it goes now, or its number is put right.
 */
async function lookAndSplit(
  ask: Ask,
  vendorId: string,
  bundle: Bundle,
  failure: BoxResult | null,
): Promise<ActionResult | null> {
  const { key, order, parcels, replaces } = bundle
  const isMissing = refusedHere(key, null, { reason: 'line_missing' })
  const refused = failure === null ? isMissing : refusedThere(key, failure)
  let sheets: Sheet[]
  try {
    // By order, not by box: lines that went first have got a new box.
    sheets = (await readSheets(ask, vendorId, { order })).sheets.map(({ sheet }) => sheet)
  } catch (error) {
    if (!(error instanceof ChannelFault)) throw error
    return error.code === 'not_found' || error.code === 'refused' ? refused : null
  }
  const boxes = parcels.map(({ item }) =>
    sheets.find((sheet) => sheet.orderItems.some((row) => row.vendorItemId === item)),
  )
  const [box] = boxes
  if (box === undefined || boxes.some((other) => other?.shipmentBoxId !== box.shipmentBoxId)) return refused
  if (box.invoiceNumber !== '') {
    const whose = whoseInvoice(box.invoiceNumber, { invoice: parcels[0]!.invoice, replaces })
    if (whose === 'ours') return { ...done(key), outcome: 'already' }
    if (whose === 'replaced')
      return resultOf(key, box, await tell(ask, vendorId, 'updateInvoices', allRows(box, parcels)))
    const why = { reason: 'other_invoice' as const, what: box.invoiceNumber }
    return { ...refused, code: OTHER_INVOICE, why }
  }
  const mayGo = failure === null || (box.status === 'INSTRUCT' && SPLITTABLE.has(failure.resultCode))
  if (!mayGo) return failure.resultCode === UNDEFINED ? null : refused
  return resultOf(key, box, await tell(ask, vendorId, 'invoices', splitRows(box, parcels)))
}

function resultOf(key: string, box: Sheet, results: readonly BoxResult[]): ActionResult | null {
  const failure = failureOf(results, box.shipmentBoxId)
  if (failure === undefined || failure?.resultCode === UNDEFINED) return null
  return failure === null ? done(key) : refusedThere(key, failure)
}

/** What the marketplace says when a box goes in parts: an option is missing, or the parts are not called so. */
const SPLITTABLE: ReadonlySet<string> = new Set([
  'NOT_FOUND_VENDOR_ITEM',
  'IS_SEPARATE_MUST_BE_TRUE_WHEN_SEPARATE_DELIVERY',
])

/** A row for every option of the box that is still wanted: those that stay have no number. */
function splitRows(box: Sheet, parcels: readonly Parcel[]) {
  const byItem = new Map(parcels.map((parcel) => [parcel.item, parcel]))
  const [first] = parcels
  const wanted = box.orderItems.filter(
    (item) => byItem.has(item.vendorItemId) || (!item.canceled && item.shippingCount > (item.cancelCount ?? 0)),
  )
  const isSplit = wanted.length > byItem.size || box.splitShipping === true
  const flags = { splitShipping: isSplit, preSplitShipped: box.splitShipping === true }
  return wanted.map(({ vendorItemId: item }) =>
    invoiceRow(
      { ...first!, item, actionKey: box.shipmentBoxId, invoice: byItem.get(item)?.invoice ?? '' },
      { ...flags, carrier: byItem.has(item) },
    ),
  )
}

/** A box has one number: all that is in it gets the new one. */
function allRows(box: Sheet, parcels: readonly Parcel[]) {
  const flags = { ...WHOLE, splitShipping: box.splitShipping === true, preSplitShipped: box.splitShipping === true }
  const wanted = box.orderItems.filter((item) => !item.canceled && item.shippingCount > (item.cancelCount ?? 0))
  return wanted.map(({ vendorItemId: item }) =>
    invoiceRow({ ...parcels[0]!, item, actionKey: box.shipmentBoxId }, flags),
  )
}

const WHOLE = { splitShipping: false, preSplitShipped: false, carrier: true }

function invoiceRow(parcel: Parcel, flags: typeof WHOLE) {
  return {
    shipmentBoxId: numberOf(parcel.actionKey),
    orderId: numberOf(parcel.externalOrderId),
    vendorItemId: numberOf(parcel.item),
    deliveryCompanyCode: flags.carrier ? codeOfCarrier(parcel.carrier) : '',
    invoiceNumber: parcel.invoice,
    splitShipping: flags.splitShipping,
    preSplitShipped: flags.preSplitShipped,
    estimatedShippingDate: '',
  }
}

/** invoices: boxes go. updateInvoices: another number for boxes that have gone. */
async function tell(
  ask: Ask,
  vendorId: string,
  what: 'invoices' | 'updateInvoices',
  rows: ReturnType<typeof invoiceRow>[],
): Promise<BoxResult[]> {
  const answer = await ask({
    method: 'POST',
    path: `/v2/providers/openapi/apis/api/v4/vendors/${vendorId}/orders/${what}`,
    body: { vendorId, orderSheetInvoiceApplyDtos: rows },
    aboutVendor: true,
  })
  return boxResultsOf(answer, what)
}

/** The row of a box that failed, null when it succeeded, undefined when nothing is said of it. */
function failureOf(results: readonly BoxResult[], box: string): BoxResult | null | undefined {
  const rows = results.filter(({ shipmentBoxId }) => shipmentBoxId === box)
  return rows.length === 0 ? undefined : (rows.find(({ succeed }) => !succeed) ?? null)
}

function done(key: string): ActionResult {
  return { key, outcome: 'done', code: null, message: null }
}

function refusedThere(key: string, { resultCode, resultMessage }: BoxResult): ActionResult {
  return { key, outcome: 'refused', code: resultCode, message: resultMessage }
}

/** What keeps a parcel from being sent at all; null when nothing does. */
function problemOf({ lineKey, carrier, actionKey, externalOrderId, item }: Parcel): ActionResult | null {
  if (codeOfCarrier(carrier) === null) return noCarrier(lineKey, carrier)
  const wrong = [actionKey, externalOrderId, item].find((id) => !isNumberId(id))
  return wrong === undefined ? null : refusedHere(lineKey, NOT_SENT, { reason: 'id_malformed', what: wrong })
}
