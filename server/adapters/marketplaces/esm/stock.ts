import { ChannelFault, type ItemQuantity, type StockReading } from '../../../modules/channels/adapter.ts'
import { openWrites, type Writes } from '../writes.ts'
import type { Ask } from './call.ts'
import { esmCapabilities } from './capabilities.ts'
import type { Goods, OptionList, Product } from './goods.ts'
import { shownOption, writeOptions } from './options.ts'
import { expectEverySite, readSale, type Sale, writeSale } from './sell-status.ts'
import { SITES, type Site } from './sites.ts'

/** An item as we name it: a site's product number, and the option's behind a colon where there are options. */
type Item = { site: Site; optSeq: string | null }

/**
 * What buyers can buy now: what is stopped, sold out by its flag or hidden is 0, whatever number stands behind it. The
 * contract has no other zero.
 */
export async function readStock(ask: Ask, goods: Goods, unit: string): Promise<StockReading> {
  const product = await goods.product(unit)
  const list = goods.hasOptions(unit) === false ? NO_OPTIONS : await goods.options(unit)
  const sale = await readSale(ask, unit)
  const items = [...product.numbers].flatMap(([site, number]) =>
    list.options.length === 0
      ? [{ item: number, ...shownSale(sale[site]), sellerCode: product.sellerCode }]
      : list.options.map((option) => ({
          item: `${number}:${option.optSeq}`,
          ...shownOption(option, site, sale[site].selling),
          sellerCode: option.manageCode || null,
        })),
  )
  return { unit, items }
}

/**
 * Sets what is named and leaves the rest. Zero is a stop: of the site's sale, or of an option by its flag. Less on sale
 * goes first and a sale that resumes goes last, so that a failure half-way leaves less on sale and never more. Once
 * something was written a fault says `unknown`, since part of it may stand.
 */
export async function writeStock(ask: Ask, goods: Goods, unit: string, wanted: readonly ItemQuantity[]): Promise<null> {
  const product = await goods.product(unit)
  const items = new Map(wanted.map(({ item, quantity }) => [item, { ...itemOf(product, item), quantity }]))
  const named = [...items.values()]
  const excess = named.find(({ quantity }) => quantity > esmCapabilities.largestQuantity)
  if (excess)
    throw new ChannelFault('refused', '', { why: { reason: 'quantity_too_large', what: `${excess.quantity}` } })
  if (named.length === 0) return null
  const hasOptions = named.some(({ optSeq }) => optSeq !== null)
  const writes = openWrites()
  if (hasOptions) {
    await writeOptions(ask, goods, unit, product, named.map(asOption), writes)
    return null
  }
  const sale = await readSale(ask, unit)
  await writePlain(ask, unit, sale, new Map(named.map(({ site, quantity }) => [site, quantity])), writes)
  return null
}

const NO_OPTIONS: OptionList = { options: [], raw: null }

async function writePlain(
  ask: Ask,
  unit: string,
  sale: Record<Site, Sale>,
  wanted: ReadonlyMap<Site, number>,
  writes: Writes,
): Promise<void> {
  const sites = SITES.filter((site) => wanted.has(site))
  for (const site of sites) {
    // Sold down to 0 it shows 0 already, and selling again would cost a call more.
    const mustStop = wanted.get(site) === 0 && sale[site].selling && sale[site].quantity > 0
    if (mustStop) await writes.run(() => writeSale(ask, unit, site, { ...sale[site], selling: false }))
  }
  const raised = sites.filter((site) => wanted.get(site)! > 0)
  const selling = raised.filter((site) => sale[site].selling)
  const stopped = raised.filter((site) => !sale[site].selling)
  if (selling.length > 0) await writes.run(() => putStock(ask, unit, selling, wanted))
  for (const site of stopped) {
    // First the number and then the sale: should resuming not carry the number, this did. It may be ignored or refused.
    await writes.run(() => putStock(ask, unit, [site], wanted), 'refusal_is_fine')
    await writes.run(() => writeSale(ask, unit, site, { ...sale[site], selling: true, quantity: wanted.get(site)! }))
  }
}

async function putStock(ask: Ask, unit: string, sites: readonly Site[], wanted: ReadonlyMap<Site, number>) {
  const stock = Object.fromEntries(sites.map((site) => [site, wanted.get(site)!]))
  const answer = await ask({ method: 'PUT', path: `/item/v1/goods/${unit}/stock`, body: { stock } })
  expectEverySite(answer, sites)
}

/** Throws `not_found` for an item that is not this product's. */
function itemOf(product: Product, item: string): Item {
  const [number, optSeq, ...more] = item.split(':')
  const site = [...product.numbers].find(([, each]) => each === number)?.[0]
  if (!site || more.length > 0)
    throw new ChannelFault('not_found', '', { why: { reason: 'item_missing', what: item.slice(0, 60) } })
  return { site, optSeq: optSeq ?? null }
}

/** Throws `not_found` for a product number where its options are addressed. */
function asOption({ site, optSeq, quantity }: Item & { quantity: number }) {
  if (optSeq === null) throw new ChannelFault('not_found', '', { why: { reason: 'item_missing' } })
  return { site, optSeq, quantity }
}

const shownSale = ({ selling, quantity }: Sale) => ({ quantity: selling ? quantity : 0, onSale: selling })
