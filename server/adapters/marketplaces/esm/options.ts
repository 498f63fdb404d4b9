import { ChannelFault } from '../../../modules/channels/adapter.ts'
import type { Writes } from '../writes.ts'
import { type Ask, expectOk } from './call.ts'
import type { Goods, Option, OptionList, Product } from './goods.ts'
import { readSale, type Sale, writeSale } from './sell-status.ts'
import type { Site } from './sites.ts'

export type WantedOption = { site: Site; optSeq: string; quantity: number }

/** One option at one site as a write says it. */
type Cell = { quantity: number; soldOut: boolean; displayed: boolean }

/** What buyers can buy of an option. */
export function shownOption(option: Option, site: Site, selling: boolean): { quantity: number; onSale: boolean } {
  const { quantity, soldOut, displayed } = option.at[site]
  const onSale = selling && displayed && !soldOut
  return { quantity: onSale ? quantity : 0, onSale }
}

/**
 * The contract takes the whole list of options or nothing, numbers from 1, and one option at least must stay for sale.
 * So an option is sold out by its flag, and the last one of a site is hidden instead.
 *
 * A site whose sale is stopped may ignore or refuse what is written to it: its sale resumes only when nothing that
 * stands there is more than wanted, and its numbers are then written once more.
 */
export async function writeOptions(
  ask: Ask,
  goods: Goods,
  unit: string,
  product: Product,
  wanted: readonly WantedOption[],
  writes: Writes,
): Promise<void> {
  const list = await goods.options(unit)
  const strange = wanted.find(({ optSeq }) => !list.options.some((option) => option.optSeq === optSeq))
  if (strange) throw new ChannelFault('not_found', '', { why: { reason: 'item_missing', what: `${strange.optSeq}` } })
  const sale = await readSale(ask, unit)
  const isShown = ({ site, optSeq, quantity }: WantedOption) =>
    shownOption(list.options.find((option) => option.optSeq === optSeq)!, site, sale[site].selling).quantity ===
    quantity
  if (wanted.every((cell) => cell.quantity === 0 && isShown(cell))) return

  const ours = [...product.numbers.keys()]
  const resuming = ours.filter(
    (site) => !sale[site].selling && wanted.some((cell) => cell.site === site && cell.quantity > 0),
  )
  const plan: Plan = { ask, unit, ours, wanted, resuming, sale }
  await writes.run(() => putOrStop(plan, list, writes), resuming.length > 0 ? 'refusal_is_fine' : undefined)
  if (resuming.length > 0) await resume(plan, goods, writes)
}

type Plan = {
  ask: Ask
  unit: string
  ours: readonly Site[]
  wanted: readonly WantedOption[]
  resuming: readonly Site[]
  sale: Record<Site, Sale>
}

async function resume(plan: Plan, goods: Goods, writes: Writes): Promise<void> {
  const { ask, unit, wanted, resuming, sale } = plan
  const list = await goods.options(unit)
  const most = (option: Option, site: Site) =>
    wanted.find((cell) => cell.site === site && cell.optSeq === option.optSeq)?.quantity ?? 0
  const shown = (option: Option, site: Site) => shownOption(option, site, true).quantity
  const pairs = resuming.flatMap((site) => list.options.map((option) => ({ option, site })))
  if (pairs.some(({ option, site }) => shown(option, site) > most(option, site))) {
    const isAllStopped = wanted.every(({ site }) => resuming.includes(site))
    // Stopped with more on its shelf than wanted, and it takes no other numbers while it is.
    throw new ChannelFault(isAllStopped ? 'refused' : 'unknown', '', { why: { reason: 'resume_by_hand', what: unit } })
  }
  for (const site of resuming) {
    await writes.run(() => writeSale(ask, unit, site, { ...sale[site], selling: true }))
  }
  const isWritten = pairs.every(({ option, site }) => shown(option, site) === most(option, site))
  if (!isWritten) await writes.run(() => put(plan, columnsOf(plan, list, 'hidden'), list))
}

/** Where a hidden option does not count as one for sale, the last one stays at 1 and the site's whole sale stops. */
async function putOrStop(plan: Plan, list: OptionList, writes: Writes): Promise<void> {
  try {
    await put(plan, columnsOf(plan, list, 'hidden'), list)
  } catch (error) {
    if (!(error instanceof ChannelFault) || !ALL_SOLD_OUT.test(error.said)) throw error
    const { ask, unit, sale } = plan
    const columns = columnsOf(plan, list, 'shown')
    const emptied = columns.filter(({ site, isEmpty }) => isEmpty && sale[site].selling)
    const stop = ({ site }: Column) => writes.run(() => writeSale(ask, unit, site, { ...sale[site], selling: false }))
    // What showed nothing must not show 1, not even for a moment.
    for (const column of emptied.filter(({ shows }) => shows === 0)) await stop(column)
    await writes.run(() => put(plan, columns, list))
    for (const column of emptied.filter(({ shows }) => shows > 0)) await stop(column)
  }
}

const ALL_SOLD_OUT = /모든 옵션이 품절/

async function put({ ask, unit }: Plan, [iac, gmkt]: Columns, list: OptionList): Promise<void> {
  const rows = list.options.map((_, at) => ({ iac: iac.cells[at]!, gmkt: gmkt.cells[at]! }))
  const body = bodyOf(list.raw, rows)
  expectOk(await ask({ method: 'PUT', path: `/item/v1/goods/${unit}/recommended-options`, body }))
}

/** isEmpty: nothing is left for sale. shows: the most any one option had for sale before. */
type Column = { site: Site; cells: readonly Cell[]; isEmpty: boolean; shows: number }
type Columns = readonly [iac: Column, gmkt: Column]

const columnsOf = (plan: Plan, { options }: OptionList, last: 'hidden' | 'shown'): Columns => [
  columnOf(plan, options, 'iac', last),
  columnOf(plan, options, 'gmkt', last),
]

/** Every option's cell at one site. */
function columnOf(plan: Plan, options: readonly Option[], site: Site, last: 'hidden' | 'shown'): Column {
  const { ours, wanted, resuming } = plan
  const named = new Map(wanted.filter((cell) => cell.site === site).map((cell) => [cell.optSeq, cell.quantity]))
  // Zeros are what a site takes that the product is not on; of a site that is not ours, nothing else tells.
  if (!ours.includes(site) && options.every((option) => option.at[site].quantity === 0)) {
    return { site, cells: options.map((option) => option.at[site]), isEmpty: false, shows: 0 }
  }
  const cells = options.map((option): Cell => {
    const now = option.at[site]
    const quantity = named.get(option.optSeq)
    if (quantity !== undefined && quantity > 0) return { quantity, soldOut: false, displayed: true }
    const isGone = quantity === 0 || now.quantity === 0 || resuming.includes(site)
    return { quantity: Math.max(1, now.quantity), soldOut: now.soldOut || isGone, displayed: now.displayed }
  })
  const onSale = options.map((option) => shownOption(option, site, true).quantity)
  const shows = Math.max(...onSale)
  if (cells.some(({ soldOut }) => !soldOut)) return { site, cells, isEmpty: false, shows }
  // The one with the most on sale: at 1 it is not more than it was.
  cells[onSale.indexOf(shows)] = { quantity: 1, soldOut: false, displayed: last === 'shown' }
  return { site, cells, isEmpty: true, shows }
}

/** What was read, with other numbers and flags: names, codes and prices go back as they came. */
function bodyOf(raw: unknown, rows: readonly Record<Site, Cell>[]): Fields {
  const read = fieldsOf(raw)
  const kind = ['independent', 'combination'].find((name) =>
    Array.isArray(fieldOf(fieldsOf(fieldOf(read, name)), 'details')),
  )
  const lists = fieldsOf(fieldOf(read, kind ?? ''))
  const details = (fieldOf(lists, 'details') as unknown[]).map((detail, at) => withCells(fieldsOf(detail), rows[at]!))
  return withField(withField(read, 'inputType', 1), kind ?? '', withField(lists, 'details', details))
}

function withCells(detail: Fields, cells: Record<Site, Cell>): Fields {
  const of = <T>(tell: (cell: Cell) => T) => ({ gmkt: tell(cells.gmkt), iac: tell(cells.iac) })
  const fields = {
    qty: of(({ quantity }) => quantity),
    isSoldOut: cells.gmkt.soldOut && cells.iac.soldOut,
    isSoldOutSite: of(({ soldOut }) => soldOut),
    isDisplay: cells.gmkt.displayed || cells.iac.displayed,
    isDisplaySite: of(({ displayed }) => displayed),
  }
  return Object.entries(fields).reduce((whole, [name, value]) => withField(whole, name, value), detail)
}

type Fields = Record<string, unknown>

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

/** Keys come in any case. */
const nameOf = (fields: Fields, name: string) =>
  Object.keys(fields).find((key) => key.toLowerCase() === name.toLowerCase()) ?? name

const fieldOf = (fields: Fields, name: string): unknown => fields[nameOf(fields, name)]

const withField = (fields: Fields, name: string, value: unknown): Fields => ({
  ...fields,
  [nameOf(fields, name)]: value,
})
