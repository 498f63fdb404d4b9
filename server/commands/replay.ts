import { replayBooks } from '../screens/replay-books.ts'
import { check } from './check.ts'
import { BadInput, type CommandContext } from './context.ts'
import { applyInvoices, CHANNEL, RETURNED, WRITTEN_OFF } from './replay/apply.ts'
import { checkOpening, companyFor, openStage, type Stage } from './replay/opening.ts'
import { readSalesFile, type SalesFile } from './replay/sales-file.ts'

export type ReplayOptions = {
  /** A CSV of UCI Online Retail's columns, gzipped or not. */
  file: string
  /** Opening stock as a part of what each SKU will sell; 0.8 shows shortages. */
  opening?: number
  /** Id of a company to play it in; by default one that the file and the opening name. */
  company?: string | null
}

/** `lines` = `taken` + Σ `skipped`. Units of lines, whatever the shelf could give: `short_units` says what it could not. */
export type ReplayResult = {
  company: string
  lines: number
  taken: number
  skipped: Record<string, number>
  sub_penny: number
  orders: number
  /** Orders that were there before this run. */
  orders_already: number
  units_sold: number
  units_returned: number
  write_off_units: number
  /** Of the write-offs, what was not on the shelf any more. */
  write_off_units_missing: number
  by_country: Record<string, { orders: number; units_sold: number; units_returned: number }>
  /** Units orders found missing when they came. */
  short_units: number
  /** Units that waited for the rest of their line and were written off meanwhile. */
  displaced_units: number
  /** Of both, what never arrived. */
  short_units_open: number
  orders_per_s: number
  seconds: number
  violations: number
}

/**
 * Plays a year of somebody's trade through catalog, orders and stock. The whole file is read and checked first:
 * BadInput means that nothing has been written.
 */
export async function replay(context: CommandContext, options: ReplayOptions): Promise<ReplayResult> {
  const opening = options.opening ?? 1
  checkOpening(opening)
  const file = await readSalesFile(options.file, (done, total) => context.progress(done, total, 'bytes read'))
  if (file.taken === 0) throw new BadInput('has no line of goods', { file: options.file })
  const company = companyFor(file, opening, options.company ?? null)
  const stage = await openStage(context, file, { company, opening })
  const started = context.clock.monotonic()
  const fresh = await applyInvoices(context, file, stage)
  const seconds = (context.clock.monotonic() - started) / 1_000
  return totals(context, file, stage, fresh, seconds)
}

async function totals(
  context: CommandContext,
  file: SalesFile,
  stage: Stage,
  fresh: number,
  seconds: number,
): Promise<ReplayResult> {
  const { company } = stage
  const named = { channel: CHANNEL, returned: RETURNED, writtenOff: WRITTEN_OFF }
  const books = await context.db.transaction([company], (tx) => replayBooks(tx, company, named))
  const said = sumsOf(file)
  const checked = await check(context, { companies: [company] })
  // The file is one witness, the rows another: every sum on which they differ is a violation of its own.
  const differs = [
    books.orders !== said.orders,
    books.unitsSold !== said.unitsSold,
    books.unitsReturned !== said.unitsReturned,
    books.writeOffUnits > said.writeOffUnits,
  ].filter(Boolean).length
  return {
    company,
    lines: file.lines,
    taken: file.taken,
    skipped: file.skipped,
    sub_penny: file.subPenny,
    orders: books.orders,
    orders_already: said.orders - fresh,
    units_sold: books.unitsSold,
    units_returned: books.unitsReturned,
    write_off_units: said.writeOffUnits,
    write_off_units_missing: said.writeOffUnits - books.writeOffUnits,
    by_country: said.byCountry,
    short_units: books.shortUnits,
    displaced_units: books.displacedUnits,
    short_units_open: books.shortUnitsOpen,
    orders_per_s: Math.round(said.orders / Math.max(seconds, 0.001)),
    seconds: Math.round(seconds * 1_000) / 1_000,
    violations: checked.violations + differs,
  }
}

function sumsOf(file: SalesFile) {
  const sums = { orders: 0, unitsSold: 0, unitsReturned: 0, writeOffUnits: 0 }
  const byCountry = new Map<string, ReplayResult['by_country'][string]>()
  const units = (lines: readonly { quantity: number }[]) => lines.reduce((sum, line) => sum + line.quantity, 0)
  for (const { sold, returned, writtenOff, country } of file.invoices) {
    const name = country === '' ? 'unknown' : country
    const here = byCountry.get(name) ?? { orders: 0, units_sold: 0, units_returned: 0 }
    byCountry.set(name, here)
    if (sold.length > 0) {
      sums.orders += 1
      here.orders += 1
    }
    sums.unitsSold += units(sold)
    sums.unitsReturned += units(returned)
    sums.writeOffUnits += units(writtenOff)
    here.units_sold += units(sold)
    here.units_returned += units(returned)
  }
  return { ...sums, byCountry: Object.fromEntries(byCountry) }
}
