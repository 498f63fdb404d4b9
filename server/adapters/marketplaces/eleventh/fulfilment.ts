import type { Clock } from '../../../kernel/clock.ts'
import { type ActionResult, ChannelFault, type Parcel } from '../../../modules/channels/adapter.ts'
import { inBatches } from '../batches.ts'
import { koreanMinute } from '../korean-times.ts'
import { NOT_SENT, noCarrier, refusedHere } from '../refused-here.ts'
import type { Answer, Ask } from './call.ts'
import { BY_COURIER, codeOfCarrier } from './carriers.ts'
import { readStatuses } from './lists.ts'
import { type ActionKey, readActionKey } from './orders.ts'
import type { Fields } from './xml.ts'

const ALREADY_CONFIRMED = -3_206
const CONFIRM_BROKE = -3_207

/** Each may mean that the line went out with our own invoice: shipped, delivered, invoice in use. */
const MAY_BE_OURS = [-3_308, -3_309, -3_320]
const SHIPPING_BROKE = -3_311

const SHIPPED: readonly string[] = ['401', '501', '901']

/** One call confirms every line of a product in a delivery; the others of ours are then not asked about again. */
export async function confirmLines(ask: Ask, keys: readonly string[]): Promise<ActionResult[]> {
  const lines = new Map(keys.map((key) => [key, readActionKey(key)]))
  const known = [...lines].flatMap(([key, line]) => (line ? [{ key, value: line }] : []))
  const together = Map.groupBy(known, ({ value }) => `${value.dlvNo} ${value.prdNo}`)
  const confirmed = new Set<string>()
  const results = await inBatches(known, 1, async ([entry]) => {
    const { key, value } = entry!
    if (confirmed.has(key)) return new Map([[key, done(key)]])
    const answer = await confirm(ask, value)
    const others = together.get(`${value.dlvNo} ${value.prdNo}`)!
    if (answer.code === 0 && countedIn(answer) >= others.length) for (const other of others) confirmed.add(other.key)
    return new Map([[key, await confirmResult(ask, key, value, answer)]])
  })
  const byKey = new Map(results.map((result) => [result.key, result]))
  return keys.map((key) => byKey.get(key) ?? malformed(key, key))
}

/**
 * How a delivery of several lines is shipped. 'whole': all of it at once, with one invoice, as the contract has it.
 * 'lines': the named lines alone, which the buyer has to agree to.
 */
export type ShipForm = 'whole' | 'lines'

export async function shipParcels(
  ask: Ask,
  clock: Clock,
  parcels: readonly Parcel[],
  form: ShipForm,
): Promise<ActionResult[]> {
  const ready = parcels.flatMap((parcel) => {
    const line = readActionKey(parcel.actionKey)
    return line && problemOf(parcel.lineKey, parcel) === null ? [{ parcel, line }] : []
  })
  const groups = Map.groupBy(ready, ({ parcel, line }) =>
    [line.dlvNo, ...(form === 'lines' ? [parcel.carrier, parcel.invoice, line.isShared ? line.ordNo : ''] : [])].join(
      ' ',
    ),
  )
  const byLine = new Map<string, ActionResult>()
  const whole = [...groups].flatMap(([key, value]) => {
    if (!haveTwoInvoices(value)) return [{ key, value }]
    for (const { parcel } of value)
      byLine.set(parcel.lineKey, refusedHere(parcel.lineKey, NOT_SENT, { reason: 'two_invoices' }))
    return []
  })
  const byGroup = await inBatches(whole, 1, async ([entry]) => {
    const { key, value } = entry!
    for (const result of await shipGroup(ask, clock, value, form)) byLine.set(result.key, result)
    return new Map([[key, done(key)]])
  })
  for (const { key, ...result } of byGroup) {
    if (result.outcome !== 'unknown') continue
    for (const { parcel } of groups.get(key)!) byLine.set(parcel.lineKey, { ...result, key: parcel.lineKey })
  }
  return parcels.map((parcel) => {
    const { lineKey, actionKey } = parcel
    return byLine.get(lineKey) ?? problemOf(lineKey, parcel) ?? malformed(lineKey, actionKey)
  })
}

/** Why a parcel cannot be told to this marketplace, or null. */
export function problemOf(key: string, { carrier, invoice }: Pick<Parcel, 'carrier' | 'invoice'>): ActionResult | null {
  if (codeOfCarrier(carrier) === null) return noCarrier(key, carrier)
  // It becomes part of a path.
  const isNumber = /^[A-Za-z\d-]{1,40}$/.test(invoice)
  return isNumber ? null : refusedHere(key, NOT_SENT, { reason: 'invoice_malformed', what: invoice })
}

function malformed(key: string, actionKey: string): ActionResult {
  return refusedHere(key, NOT_SENT, { reason: 'id_malformed', what: actionKey })
}

/** Whether the line went out with this parcel. */
export function wentWith(row: Fields, { carrier, invoice }: Pick<Parcel, 'carrier' | 'invoice'>): boolean {
  const isSent = SHIPPED.includes(row.ordPrdStat ?? '')
  const code = codeOfCarrier(carrier)
  return isSent && row.invcNo === invoice && (row.dlvEtprsCd ?? code) === code
}

/** Where a line is, with its parcel; null when it is not shown or could not be asked. */
export async function lookUp(ask: Ask, ordNo: string, ordPrdSeq: string): Promise<Fields | null> {
  try {
    const rows = await readStatuses(ask, [ordNo], true)
    return rows.find((row) => row.ordNo === ordNo && row.ordPrdSeq === ordPrdSeq) ?? null
  } catch (error) {
    if (!(error instanceof ChannelFault)) throw error
    return null
  }
}

export function done(key: string): ActionResult {
  return { key, outcome: 'done', code: null, message: null }
}

export function told(key: string, outcome: ActionResult['outcome'], { code, said }: Answer): ActionResult {
  return { key, outcome, code: String(code), message: said }
}

function confirm(ask: Ask, { ordNo, ordPrdSeq, dlvNo, addPrdNo }: ActionKey): Promise<Answer> {
  const added = addPrdNo === '' ? 'N/null' : `Y/${addPrdNo}`
  return ask({
    method: 'GET',
    path: `ordservices/reqpackaging/${ordNo}/${ordPrdSeq}/${added}/${dlvNo}`,
    roots: ACTION_ROOTS,
  })
}

/** The answer to an action always has a code. */
const ACTION_ROOTS: readonly string[] = []

async function confirmResult(ask: Ask, key: string, line: ActionKey, answer: Answer): Promise<ActionResult> {
  if (answer.code === 0) return done(key)
  if (answer.code === ALREADY_CONFIRMED) return told(key, 'already', answer)
  if (answer.code !== CONFIRM_BROKE) return told(key, 'refused', answer)
  const state = (await lookUp(ask, line.ordNo, line.ordPrdSeq))?.ordPrdStat ?? ''
  return state === '301' || SHIPPED.includes(state) ? done(key) : told(key, 'unknown', answer)
}

type Ready = { parcel: Parcel; line: ActionKey }

function haveTwoInvoices(group: readonly Ready[]): boolean {
  const [first] = group
  return group.some(
    ({ parcel }) => parcel.carrier !== first!.parcel.carrier || parcel.invoice !== first!.parcel.invoice,
  )
}

async function shipGroup(ask: Ask, clock: Clock, group: readonly Ready[], form: ShipForm): Promise<ActionResult[]> {
  const { parcel, line } = group[0]!
  const at = koreanMinute(Math.min(parcel.shippedAt, clock.now())).replaceAll(/\D/g, '')
  const seqs = [...new Set(group.map((each) => each.line.ordPrdSeq))]
  const part = line.isShared && form === 'lines' ? `/Y/${line.ordNo}/${seqs.join(',')}` : ''
  const answer = await ask({
    method: 'GET',
    path: `ordservices/reqdelivery/${at}/${BY_COURIER}/${codeOfCarrier(parcel.carrier)}/${parcel.invoice}/${line.dlvNo}${part}`,
    roots: ACTION_ROOTS,
  })
  if (answer.code === 0 && countedIn(answer) >= group.length) return group.map((each) => done(each.parcel.lineKey))
  const isOpenQuestion = answer.code === 0 || answer.code === SHIPPING_BROKE || MAY_BE_OURS.includes(answer.code ?? 0)
  if (!isOpenQuestion) return group.map((each) => told(each.parcel.lineKey, 'refused', answer))
  const results: ActionResult[] = []
  for (const each of group) results.push(await shipResult(ask, each, answer))
  return results
}

/** Code 0 may have sent some of the lines; a broken call may have sent all; the others may be our own parcel, sent before. */
async function shipResult(ask: Ask, { parcel, line }: Ready, answer: Answer): Promise<ActionResult> {
  const row = await lookUp(ask, line.ordNo, line.ordPrdSeq)
  if (row === null) return told(parcel.lineKey, 'unknown', answer)
  const isSent = wentWith(row, parcel)
  if (answer.code === 0) return isSent ? done(parcel.lineKey) : told(parcel.lineKey, 'refused', answer)
  if (answer.code === SHIPPING_BROKE) return isSent ? done(parcel.lineKey) : told(parcel.lineKey, 'unknown', answer)
  if (isSent) return told(parcel.lineKey, 'already', answer)
  const refusal = told(parcel.lineKey, 'refused', answer)
  return row.invcNo ? { ...refusal, why: { reason: 'other_invoice', what: row.invcNo } } : refusal
}

/** 「전체 2건이 …」: how many lines it was done for. A text without a number is taken at its word. */
function countedIn({ says }: Answer): number {
  const told = /(\d{1,6})\s*건/.exec(says)?.[1]
  return told === undefined ? Number.POSITIVE_INFINITY : Number(told)
}
