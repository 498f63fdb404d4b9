import { basename } from 'node:path'
import { normaliseSku } from '../../modules/catalog/index.ts'
import { BadInput } from '../context.ts'
import { readRows } from './csv-rows.ts'
import { customerId, MOST_UNITS, readInstant, readPrice, readQuantity } from './fields.ts'
import { isNotGoods } from './not-goods.ts'

export const COLUMNS = [
  'InvoiceNo',
  'StockCode',
  'Description',
  'Quantity',
  'InvoiceDate',
  'UnitPrice',
  'CustomerID',
  'Country',
] as const
type Column = (typeof COLUMNS)[number]

/** Why a line takes part in nothing. A line has the first reason that fits. */
export type SkipReason = 'not_goods' | 'zero_quantity' | 'price_below_zero' | 'return_of_nothing'

/** One taken line. Prices in pence, quantity above 0; what the line is, its list says. */
export type SaleLine = {
  row: number
  sku: number
  /** As written on this line. */
  code: string
  description: string
  quantity: number
  pence: number
}

/** One invoice number over the whole file, wherever its lines stand. */
export type Invoice = {
  number: string
  orderedAt: number
  customer: string
  country: string
  sold: SaleLine[]
  returned: SaleLine[]
  writtenOff: SaleLine[]
}

export type Sku = {
  key: string
  /** As first written. */
  code: string
  /** The first description that says anything, else the code. */
  name: string
  /** Of its first sale; 0 without one. */
  pence: number
  /** Σ units of its sales: what an opening of 1 receives. */
  sold: number
}

export type SalesFile = {
  /** SHA-256 of the text. */
  hash: string
  lines: number
  skipped: Record<string, number>
  taken: number
  subPenny: number
  /** In the order of their first lines. */
  invoices: Invoice[]
  skus: Sku[]
}

/** The whole file is looked at before anything is written: about 100 bytes a line. */
const MOST_LINES = 5_000_000
const MOST_TEXT = 1_000

/** Reads and checks all of it; BadInput names the file, the row and the field. */
export async function readSalesFile(path: string, onBytes: (done: number, total: number) => void): Promise<SalesFile> {
  const file = basename(path)
  const into = collector(file)
  let columns: Record<Column, number> | null = null
  const onRow = (cells: readonly string[], row: number): void => {
    if (columns === null) columns = placesOf(cells, file)
    else into.add(cells, columns, row)
  }
  const hash = await readRows(path, onRow, onBytes)
  if (columns === null) throw new BadInput('is empty', { file })
  return { hash, ...into.result() }
}

function placesOf(header: readonly string[], file: string): Record<Column, number> {
  const found = header.map((name) => name.trim())
  for (const column of COLUMNS) {
    const times = found.filter((name) => name === column).length
    if (times !== 1) {
      const says = times === 0 ? 'is missing from the header' : 'stands in the header more than once'
      throw new BadInput(says, { file, row: 1, field: column })
    }
  }
  const unknown = found.find((name) => !(COLUMNS as readonly string[]).includes(name))
  if (unknown !== undefined) throw new BadInput('is no column of this file format', { file, row: 1, field: unknown })
  return Object.fromEntries(COLUMNS.map((column) => [column, found.indexOf(column)])) as Record<Column, number>
}

function collector(file: string) {
  const invoices = new Map<string, Invoice>()
  const skus = new Map<string, { place: number; sku: Sku }>()
  // The same few thousand codes, names and countries come again and again: one copy of each is kept.
  const copies = new Map<string, string>()
  const once = (text: string): string => {
    const known = copies.get(text)
    if (known !== undefined) return known
    copies.set(text, text)
    return text
  }
  const skipped: Record<SkipReason, number> = {
    not_goods: 0,
    zero_quantity: 0,
    price_below_zero: 0,
    return_of_nothing: 0,
  }
  let lines = 0
  let taken = 0
  let subPenny = 0

  const skuOf = (code: string, description: string): { place: number; sku: Sku } => {
    const key = normaliseSku(code)
    const known = skus.get(key)
    if (known) return known
    const made = { place: skus.size, sku: { key, code, name: description, pence: 0, sold: 0 } }
    skus.set(key, made)
    return made
  }

  const add = (cells: readonly string[], columns: Record<Column, number>, row: number): void => {
    const fields = readFields(cells, columns, file, row)
    lines += 1
    if (lines > MOST_LINES) throw new BadInput(`has more than ${MOST_LINES} lines`, { file })
    const reason = whySkipped(fields)
    if (reason) {
      skipped[reason] += 1
      return
    }
    taken += 1
    if (!fields.exact) subPenny += 1
    const { place, sku } = skuOf(once(fields.code), once(fields.description))
    if (sku.name === '') sku.name = once(fields.description)
    const line: SaleLine = {
      row,
      sku: place,
      code: once(fields.code),
      description: once(fields.description),
      quantity: Math.abs(fields.quantity),
      pence: fields.pence,
    }
    const invoice = invoiceOf(fields)
    if (isReturn(fields.invoice)) invoice.returned.push(line)
    else if (fields.quantity < 0) invoice.writtenOff.push(line)
    else {
      invoice.sold.push(line)
      if (sku.sold === 0) sku.pence = line.pence
      sku.sold += line.quantity
      if (sku.sold > MOST_UNITS) throw new BadInput(`${sku.code} sells more units than can be kept`, { file, row })
    }
  }

  const invoiceOf = (fields: Fields): Invoice => {
    const known = invoices.get(fields.invoice)
    if (known) return known
    const made: Invoice = {
      number: fields.invoice,
      orderedAt: fields.at,
      customer: once(customerId(fields.customer)),
      country: once(fields.country),
      sold: [],
      returned: [],
      writtenOff: [],
    }
    invoices.set(made.number, made)
    return made
  }

  return {
    add,
    result: () => ({
      lines,
      taken,
      subPenny,
      skipped: Object.fromEntries(Object.entries(skipped).filter(([, count]) => count > 0)),
      invoices: [...invoices.values()],
      skus: [...skus.values()].map(({ sku }) => ({ ...sku, name: sku.name === '' ? sku.code : sku.name })),
    }),
  }
}

type Fields = {
  invoice: string
  code: string
  description: string
  quantity: number
  at: number
  pence: number
  exact: boolean
  customer: string
  country: string
}

/** Cancellations are told by their number; what they take back, they do not name. */
const isReturn = (invoice: string): boolean => /^C/i.test(invoice)

function whySkipped(fields: Fields): SkipReason | null {
  if (isNotGoods(normaliseSku(fields.code))) return 'not_goods'
  if (fields.quantity === 0) return 'zero_quantity'
  if (fields.pence < 0) return 'price_below_zero'
  return isReturn(fields.invoice) && fields.quantity > 0 ? 'return_of_nothing' : null
}

function readFields(cells: readonly string[], columns: Record<Column, number>, file: string, row: number): Fields {
  const text = (field: Column): string => cells[columns[field]]!.trim()
  const bad = (field: Column, wanted: string): BadInput => {
    const found = text(field)
    return new BadInput(`"${found.length > 60 ? `${found.slice(0, 60)}…` : found}" is not ${wanted}`, {
      file,
      row,
      field,
    })
  }
  for (const field of COLUMNS) {
    // PostgreSQL keeps no NUL in a text.
    if (text(field).includes('\0') || text(field).length > MOST_TEXT) throw bad(field, 'a text that can be kept')
  }
  if (text('InvoiceNo') === '') throw bad('InvoiceNo', 'an invoice number')
  if (text('StockCode') === '' || text('StockCode').length > 100) throw bad('StockCode', 'a stock code')
  const quantity = readQuantity(text('Quantity'))
  if (quantity === undefined) throw bad('Quantity', 'a whole number of units')
  const at = readInstant(text('InvoiceDate'))
  if (at === undefined) throw bad('InvoiceDate', 'a date and time like 2010-12-01 08:26:00')
  const price = readPrice(text('UnitPrice'))
  if (price === undefined) throw bad('UnitPrice', 'a price like 2.55')
  return {
    invoice: text('InvoiceNo'),
    code: text('StockCode'),
    description: text('Description'),
    quantity,
    at,
    pence: price.pence,
    exact: price.exact,
    customer: text('CustomerID'),
    country: text('Country'),
  }
}
