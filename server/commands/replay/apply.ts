import type { Tx } from '../../kernel/db.ts'
import { openGroupCommit, type PluralVerb } from '../../kernel/group-commit.ts'
import { applyStock, type StockRequest } from '../../modules/inventory/index.ts'
import { type NewOrder, type OrderLaneRequest, shipLines, takeShippedOrders } from '../../modules/orders/index.ts'
import { completedLines, knownReferences } from '../../screens/replay-books.ts'
import type { CommandContext } from '../context.ts'
import { ACTOR, CURRENCY, type Stage } from './opening.ts'
import type { Invoice, SaleLine, SalesFile } from './sales-file.ts'

export const CHANNEL = 'replay'
export const RETURNED = 'returned'
export const WRITTEN_OFF = 'written off'

/** Invoices and lines of one transaction: it ends with the invoice that reaches either. */
const BATCH_INVOICES = 256
const BATCH_LINES = 4_000

/**
 * Plays the invoices in the order of the file, on a lane of its own. A batch's borders depend on the file alone and
 * each batch is one transaction, so a run that was killed goes on exactly where it stopped: what is done answers
 * `already`, and the rest is decided on the same stock as it would have been. Answers how many orders were new.
 */
export async function applyInvoices(context: CommandContext, file: SalesFile, stage: Stage): Promise<number> {
  const { url, newId, clock, subscribers = [] } = context
  const lane = openGroupCommit(
    { url, newId, clock, subscribers, connections: 1, lanes: 1, batchMax: 1 },
    verb(file, stage),
  )
  let taken = 0
  try {
    for (let from = 0; from < file.invoices.length; ) {
      const until = endOfBatch(file.invoices, from)
      taken += await lane.submit({ from, until })
      from = until
      context.progress(from, file.invoices.length, 'invoices')
    }
  } finally {
    await lane.close()
  }
  return taken
}

type Batch = { from: number; until: number }

/** Every reference comes from the file, so a batch whose COMMIT was lost may simply be asked for again. */
const verb = (file: SalesFile, stage: Stage): PluralVerb<Batch, number> => ({
  run: async (tx, batches) => {
    const taken = []
    for (const { from, until } of batches) {
      taken.push(await applyBatch(tx, file.invoices.slice(from, until), file, stage))
    }
    return taken
  },
  lookUp: async (_tx, batches) => batches.map(() => null),
  companyOf: () => stage.company,
  referenceOf: ({ from }) => `${from}`,
  fingerprintOf: ({ until }) => `${until}`,
  keysOf: () => [stage.company],
})

function endOfBatch(invoices: readonly Invoice[], from: number): number {
  let lines = 0
  let at = from
  while (at < invoices.length && at - from < BATCH_INVOICES && lines < BATCH_LINES) {
    const { sold, returned, writtenOff } = invoices[at]!
    lines += sold.length + returned.length + writtenOff.length
    at += 1
  }
  return at
}

/**
 * Sales and returns are decided together. A write-off ends such a stretch and stands alone: how much of it the shelf
 * can bear is known only when everything before it has happened, and all that was sold has left.
 */
async function applyBatch(tx: Tx, invoices: readonly Invoice[], file: SalesFile, stage: Stage): Promise<number> {
  if (await isDone(tx, invoices, stage)) return 0
  let taken = 0
  let returned = false
  let stretch: OrderLaneRequest[] = []
  const endStretch = async () => {
    taken += await applyStretch(tx, stretch)
    stretch = []
  }
  for (const invoice of invoices) {
    if (invoice.sold.length > 0) stretch.push({ order: orderOf(tx, invoice, file, stage) })
    if (invoice.returned.length > 0) stretch.push({ stock: returnOf(invoice, stage) })
    returned ||= invoice.returned.length > 0
    if (invoice.writtenOff.length === 0) continue
    await endStretch()
    if (returned) await shipWhatIsComplete(tx, stage)
    returned = false
    for (const line of invoice.writtenOff) await writeOff(tx, writeOffOf(invoice, line, stage))
  }
  await endStretch()
  if (returned) await shipWhatIsComplete(tx, stage)
  return taken
}

/**
 * A batch is committed whole or not at all. The verbs would answer `already` one by one, but would lock every open
 * shortage of every variant for it (a second run of the whole file: 70 s instead of 3).
 */
async function isDone(tx: Tx, invoices: readonly Invoice[], stage: Stage): Promise<boolean> {
  const references = invoices.flatMap((invoice) => [
    ...(invoice.sold.length > 0 || invoice.returned.length > 0 ? [invoice.number] : []),
    ...invoice.writtenOff.map((line) => writeOffRef(invoice, line)),
  ])
  return (await knownReferences(tx, stage.company, CHANNEL, references)) === references.length
}

const writeOffRef = (invoice: Invoice, line: SaleLine): string => `${invoice.number}/${line.row}`

async function applyStretch(tx: Tx, stretch: readonly OrderLaneRequest[]): Promise<number> {
  if (stretch.length === 0) return 0
  const outcomes = await takeShippedOrders(tx, stretch)
  for (const [i, { kind }] of outcomes.entries()) {
    if (['taken', 'received', 'already'].includes(kind)) continue
    const request = stretch[i]!
    const ref = 'order' in request ? request.order.externalId : request.stock.ref
    throw new Error(`${ref} was answered ${kind}: the company has another trade under this reference`)
  }
  return outcomes.filter(({ kind }) => kind === 'taken').length
}

function orderOf(tx: Tx, invoice: Invoice, file: SalesFile, stage: Stage): NewOrder {
  return {
    company: stage.company,
    orderId: tx.newId(),
    // From the invoice, not leased: a second run would waste numbers, and so change something.
    number: `REPLAY-${invoice.number}`,
    channel: CHANNEL,
    connectionId: null,
    externalId: invoice.number,
    actor: ACTOR,
    whenShort: 'record',
    holdForMs: null,
    drawsOn: 'rights',
    currency: CURRENCY,
    shippingFee: 0,
    discount: 0,
    tax: 0,
    buyerName: invoice.customer,
    shippingAddress: null,
    billingAddress: null,
    country: invoice.country === '' ? null : invoice.country,
    orderedAt: invoice.orderedAt,
    paidAt: invoice.orderedAt,
    shipBy: null,
    warehouses: [stage.warehouse],
    lines: invoice.sold.map((line) => {
      const variantId = stage.variants[line.sku]!
      return {
        variantId,
        sku: line.code,
        listingId: null,
        multiplier: 1,
        takes: [{ variantId, quantity: 1, margin: 0 }],
        productName: line.description === '' ? file.skus[line.sku]!.name : line.description,
        variantName: '',
        unitPrice: line.pence,
        quantity: line.quantity,
        state: 'paid',
        externalLineKey: null,
        actionKey: null,
      }
    }),
  }
}

const returnOf = (invoice: Invoice, stage: Stage): StockRequest => ({
  verb: 'restock',
  company: stage.company,
  source: CHANNEL,
  ref: invoice.number,
  actor: ACTOR,
  lines: invoice.returned.map((line) => ({
    variantId: stage.variants[line.sku]!,
    warehouseId: stage.warehouse,
    quantity: line.quantity,
    reason: RETURNED,
    note: noteOf(line),
  })),
})

const noteOf = (line: SaleLine): string | null => (line.description === '' ? null : line.description)

type Adjust = StockRequest & { verb: 'adjust' }

const writeOffOf = (invoice: Invoice, line: SaleLine, stage: Stage): Adjust => ({
  verb: 'adjust',
  company: stage.company,
  source: CHANNEL,
  ref: writeOffRef(invoice, line),
  actor: ACTOR,
  lines: [
    {
      variantId: stage.variants[line.sku]!,
      warehouseId: stage.warehouse,
      counted: null,
      delta: -line.quantity,
      saw: null,
      reason: WRITTEN_OFF,
      note: noteOf(line),
    },
  ],
})

/**
 * A write-off of more than lies there takes what lies there: the shelf cannot hold less than nothing. It keeps its
 * reference, which is why a second run hears `conflict` of it: known, with fewer units.
 */
async function writeOff(tx: Tx, request: Adjust): Promise<void> {
  const [asked] = await applyStock(tx, [request])
  if (asked!.kind !== 'impossible') return
  const lines = [{ ...request.lines[0]!, delta: -asked!.lines[0]!.onHand }]
  const [again] = await applyStock(tx, [{ ...request, lines }])
  if (again!.kind !== 'adjusted') throw new Error(`${request.ref} of what is there was answered ${again!.kind}`)
}

/** A line whose last missing unit came back with a return leaves as every other: shipped as soon as it is paid and there. */
async function shipWhatIsComplete(tx: Tx, stage: Stage): Promise<void> {
  const lines = await completedLines(tx, stage.company, CHANNEL)
  if (lines.length === 0) return
  await shipLines(
    tx,
    ACTOR,
    lines.map((line) => ({ line, takes: [{ variantId: line.variantId!, quantity: 1 }] })),
  )
}
