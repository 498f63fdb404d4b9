import { type ActionResult, ChannelFault, type FaultWhy, type Parcel } from '../../../modules/channels/adapter.ts'
import { inBatches, type Keyed, notMentioned } from '../batches.ts'
import { NOT_SENT, noCarrier, OTHER_INVOICE, refusedHere } from '../refused-here.ts'
import { whoseInvoice } from '../shown-invoice.ts'
import type { Ask, Cafe24Call } from './call.ts'
import { BUCKETS, LINES_PER_CALL } from './capabilities.ts'
import type { Carriers } from './carriers.ts'
import { openUnits, stateOf } from './lines.ts'
import { already, done, lookAt, refused, type Standing } from './look.ts'
import { type Part, partsOf } from './many.ts'
import type { ItemRow } from './rows.ts'

/** A request of ours and the lines it is for: about rows of an order, or about a parcel of it that has left. */
type Request = { lineKeys: string[]; orderId: string; codes: string[]; parcelCode?: string; more: object }

type Call = Pick<Cafe24Call, 'method' | 'path'>

/** 배송준비중 (prepare): the order leaves 상품준비중, and a buyer's cancel becomes a request from then on. */
export async function prepareLines(ask: Ask, keys: readonly string[]): Promise<ActionResult[]> {
  const entries = keys.map((key) => ({ key, value: key }))
  return inBatches(entries, LINES_PER_CALL, async (batch) => {
    const standing = await lookAt(
      ask,
      batch.map(({ value }) => value),
    )
    const results = new Map<string, ActionResult>()
    const requests: Request[] = []
    for (const { key } of batch) {
      const at = standing.get(key)
      const rows = at ? rowsIn(at, ['N10']) : []
      if (at && rows.length > 0) requests.push(requestFor(key, at, rows, { process_status: 'prepare' }))
      else results.set(key, at && isPrepared(at) ? already(key) : refusedHere(key, NOT_SENT, whyNot(at)))
    }
    await sendAll(ask, { method: 'PUT', path: 'orders' }, 'orders', requests, results)
    return results
  })
}

/**
 * A row is one parcel's: lines of an order with one invoice go in one request. One that is put right is changed where the
 * look shows a number of ours, and then for all that lies in that parcel.
 */
export async function shipLines(ask: Ask, carriers: Carriers, parcels: readonly Parcel[]): Promise<ActionResult[]> {
  const isNameless = ({ carrier }: Parcel) => !carriers.isKnown(carrier) || carriers.remembered(carrier) === null
  const entries = parcels.filter((parcel) => !isNameless(parcel)).map((value) => ({ key: value.lineKey, value }))
  const results = await inBatches(entries, LINES_PER_CALL, (batch) => shipBatch(ask, carriers, batch))
  const byLine = new Map(results.map((result) => [result.key, result]))
  return parcels.map((parcel) => byLine.get(parcel.lineKey) ?? noCarrier(parcel.lineKey, parcel.carrier))
}

async function shipBatch(
  ask: Ask,
  carriers: Carriers,
  batch: readonly Keyed<Parcel>[],
): Promise<Map<string, ActionResult>> {
  const standing = await lookAt(
    ask,
    batch.map(({ key }) => key),
  )
  const results = new Map<string, ActionResult>()
  const requests: Request[] = []
  const changes: Request[] = []
  for (const { key, value: parcel } of batch) {
    const at = standing.get(key)
    const code = await carriers.codeOf(parcel.carrier)
    if (code === null) results.set(key, noCarrier(key, parcel.carrier))
    else if (!at) results.set(key, refusedHere(key, NOT_SENT, whyNot(at)))
    else {
      const rows = rowsIn(at, ['N10', 'N20', 'C11'])
      const label = { tracking_no: parcel.invoice, shipping_company_code: code }
      const shown = whoseParcels(at, parcel)
      if (rows.length > 0) requests.push(requestFor(key, at, rows, { ...label, status: 'shipping' }))
      else if (shown === 'ours') results.set(key, already(key))
      else if (shown === 'others') results.set(key, notOurs(key, at, parcel))
      else changes.push(...shown.map((parcelCode) => changeFor(key, at, parcelCode, label)))
    }
  }
  await sendAll(ask, { method: 'POST', path: 'shipments' }, 'shipments', joined(requests), results)
  await sendAll(ask, { method: 'PUT', path: 'shipments' }, 'shipments', joined(changes), results)
  return results
}

/** Rows of the line that stand so, and that no claim has taken or asks for. */
function rowsIn({ order, line }: Standing, statuses: readonly string[]): ItemRow[] {
  return line.rows.filter((row) => statuses.includes(row.order_status) && openUnits(order, row) === row.quantity)
}

/** Prepared, or further, and wanted. */
function isPrepared({ order, line }: Standing): boolean {
  return line.rows.some((row) => openUnits(order, row) > 0 && !['pending', 'paid'].includes(stateOf(row)))
}

/** Whose invoices all of the line that has gone bears; of those to be put right, the parcels by their codes. */
function whoseParcels({ line }: Standing, parcel: Parcel): 'ours' | 'others' | string[] {
  const gone = line.rows
    .filter((row) => ['shipped', 'delivered', 'completed'].includes(stateOf(row)))
    .map((row) => ({ code: row.shipping_code, whose: whoseInvoice(row.tracking_no, parcel) }))
  if (gone.length === 0 || gone.some(({ whose }) => whose === 'others')) return 'others'
  const replaced = gone.filter(({ whose }) => whose === 'replaced').map(({ code }) => code)
  return replaced.length === 0 ? 'ours' : [...new Set(replaced)]
}

function whyNot(at: Standing | undefined): FaultWhy {
  if (!at) return { reason: 'line_missing' }
  return { reason: 'wrong_state', what: at.line.rows.map((row) => row.order_status).join(', ') }
}

/** Gone with a number of somebody else's, or neither gone nor to go. */
function notOurs(key: string, at: Standing, parcel: Parcel): ActionResult {
  const theirs = at.line.rows.find((row) => {
    return row.tracking_no !== '' && whoseInvoice(row.tracking_no, parcel) === 'others'
  })
  if (!theirs) return refusedHere(key, NOT_SENT, whyNot(at))
  return refusedHere(key, OTHER_INVOICE, { reason: 'other_invoice', what: theirs.tracking_no })
}

function requestFor(key: string, { order }: Standing, rows: readonly ItemRow[], more: object): Request {
  return { lineKeys: [key], orderId: order.order_id, codes: rows.map((row) => row.order_item_code), more }
}

function changeFor(key: string, { order }: Standing, parcelCode: string, more: object): Request {
  return { lineKeys: [key], orderId: order.order_id, codes: [], parcelCode, more }
}

function joined(requests: readonly Request[]): Request[] {
  const alike = Map.groupBy(requests, ({ orderId, parcelCode, more }) => {
    return JSON.stringify([orderId, parcelCode, more])
  })
  return [...alike.values()].map((group) => ({
    ...group[0]!,
    lineKeys: group.flatMap(({ lineKeys }) => lineKeys),
    codes: group.flatMap(({ codes }) => codes),
  }))
}

/**
 * Sends them in one call. Where one that cannot be keeps the others from being done the whole call is refused: then
 * each is sent by itself, since what one look held possible seldom is not.
 */
async function sendAll(
  ask: Ask,
  call: Call,
  key: string,
  requests: readonly Request[],
  results: Map<string, ActionResult>,
): Promise<void> {
  if (requests.length === 0) return
  try {
    const parts = await sendSome(ask, call, key, requests)
    for (const request of requests) noteResult(request, parts.get(nameOf(aboutOf(request))), results)
  } catch (error) {
    const isRefusal = error instanceof ChannelFault && (error.code === 'refused' || error.code === 'not_found')
    if (!isRefusal) throw error
    if (requests.length === 1) {
      for (const lineKey of requests[0]!.lineKeys) results.set(lineKey, refused(lineKey, error.said, error.code))
    } else for (const request of requests) await sendAll(ask, call, key, [request], results)
  }
}

async function sendSome(ask: Ask, call: Call, key: string, requests: readonly Request[]): Promise<Map<string, Part>> {
  const { equal, value } = await ask({
    ...call,
    bucket: BUCKETS.actions,
    requests: requests.map((request) => ({ ...aboutOf(request), ...request.more })),
  })
  // Of one request it is that one; of several the first, and the others may have been left undone for it.
  if (equal && requests.length > 1) throw new ChannelFault('refused', 'one of several is so already')
  if (equal) return new Map(requests.map((request) => [nameOf(aboutOf(request)), EQUAL]))
  const isOfParcels = requests.some(({ parcelCode }) => parcelCode !== undefined)
  // A parcel's row names what lies in it as well.
  return partsOf(value, key, (row) =>
    nameOf(isOfParcels ? { ...row, order_item_code: [] } : { ...row, shipping_code: '' }),
  )
}

const EQUAL: Part = { kind: 'failed', code: 409, message: '' }

/** A line that lies in two parcels is as done as the worse of them. */
function noteResult({ lineKeys }: Request, part: Part | undefined, results: Map<string, ActionResult>): void {
  for (const key of lineKeys) {
    const isSet = ['refused', 'unknown'].includes(results.get(key)?.outcome ?? '')
    if (!isSet) results.set(key, resultOf(key, part))
  }
}

function resultOf(key: string, part: Part | undefined): ActionResult {
  if (part === undefined) return notMentioned(key)
  if (part.kind === 'done') return done(key)
  return part.code === 409 ? already(key) : refused(key, part.message, String(part.code))
}

const aboutOf = ({ orderId, codes, parcelCode }: Request): Record<string, unknown> =>
  parcelCode === undefined
    ? { order_id: orderId, order_item_code: codes }
    : { order_id: orderId, shipping_code: parcelCode }

/** An order may be in one call several times, so its items or its parcel name it too. */
function nameOf({ order_id, order_item_code, shipping_code }: Record<string, unknown>): string {
  const codes = Array.isArray(order_item_code) ? order_item_code.map(String).sort() : []
  return [order_id, shipping_code, ...codes].map((part) => (typeof part === 'string' ? part : '')).join(' ')
}
