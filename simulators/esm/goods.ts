import { changesSince, createHistory, type History, recordChange } from '../history.ts'
import type { SeededItem, SeedProduct, StockChange, Truth } from '../marketplace.ts'
import { SITES, type Site } from './sites.ts'
import { DAY_MS } from './times.ts'

/** The master product. A stock write addresses it and names the sites; shoppers buy at one of them. */
export type Goods = {
  readonly goodsNo: number
  readonly name: string
  /** What orders tell as OutGoodsNo. */
  readonly managedCode: string
  readonly createdAt: number
  updatedAt: number
  readonly listings: ReadonlyMap<Site, Listing>
  /** Empty for a product without options. */
  options: Option[]
}

export type Listing = {
  readonly site: Site
  readonly siteGoodsNo: string
  price: number
  selling: boolean
  stoppedAt: number | null
  /** Null is without end. */
  sellingUntil: number | null
  /** The counter of a product without options; null with options, each of which has its own. */
  readonly item: Item | null
}

export type Option = {
  readonly optSeq: number
  /** One to three texts: 색상, 사이즈, … */
  readonly values: readonly string[]
  /** The values in one, by which a write without a number names the option. */
  readonly words: string
  manageCode: string
  surcharge: number
  readonly items: ReadonlyMap<Site, Item>
}

/** What a shopper buys: one counter at one site. */
export type Item = {
  readonly key: string
  readonly goods: Goods
  readonly site: Site
  readonly option: Option | null
  stock: number
  /** Of an option; a product without options stops as a listing. */
  soldOut: boolean
  displayed: boolean
  /** An option that a later option write left out. */
  removed: boolean
}

export type Shelf = {
  readonly sites: readonly Site[]
  readonly goods: Goods[]
  readonly goodsByNo: Map<number, Goods>
  readonly goodsBySiteNo: Map<string, Goods>
  readonly items: Item[]
  readonly itemByKey: Map<string, Item>
  readonly history: History
  optionCount: number
}

export const createShelf = (sites: readonly Site[]): Shelf => ({
  sites,
  goods: [],
  goodsByNo: new Map(),
  goodsBySiteNo: new Map(),
  items: [],
  itemByKey: new Map(),
  history: createHistory(),
  optionCount: 0,
})

/** Writes take 1 to this; sales alone bring a number to 0. */
export const MOST_STOCK = 99_999
export const isCounter = (units: number) => Number.isInteger(units) && units >= 0 && units <= MOST_STOCK

export const MOST_SINGLE_OPTIONS = 50
export const MOST_COMBINATIONS = 500
const STOPPED_FOR_GOOD_MS = 30 * DAY_MS

// Ranges that never meet, beyond 32 bits as the real ones are: a mixed-up number must not find a product by luck.
const FIRST_GOODS_NO = 4_800_000_000
const FIRST_GMARKET_NO = 2_700_000_000
const FIRST_AUCTION_NO = 850_000_000
const FIRST_OPT_SEQ = 18_459_000_000

/**
 * Each option gives one row a site, 옥션 first. Option names with "/" are combinations of two or three values. Throws
 * RangeError for what ESM would not take.
 */
export function seedProduct(shelf: Shelf, seed: SeedProduct, now: number): SeededItem[] {
  const wrong = seed.options.find(({ stock }) => !isCounter(stock))
  if (wrong !== undefined)
    throw new RangeError(`stock ${wrong.stock} of ${wrong.sellerCode} is not in 0..${MOST_STOCK}`)
  const [first] = seed.options
  if (first === undefined) throw new RangeError(`${seed.name} has nothing to sell`)
  const isSingle = seed.options.length === 1 && first.optionName === ''
  const goods = openGoods(shelf, seed, isSingle ? first.sellerCode : null, now)
  if (isSingle) {
    return [...goods.listings.values()].map(({ item }) => {
      changeStock(shelf, item!, first.stock, 'seed', now)
      return seeded(item!, first.sellerCode)
    })
  }
  const isCombined = seed.options[0]!.optionName.includes('/')
  if (seed.options.length > (isCombined ? MOST_COMBINATIONS : MOST_SINGLE_OPTIONS)) {
    throw new RangeError(`${seed.name} has ${seed.options.length} options: at most 50, or 500 when combined ("a/b")`)
  }
  return seed.options.flatMap(({ optionName, sellerCode, stock, surcharge }) => {
    const values = isCombined ? optionName.split('/') : [optionName]
    const option = addOption(shelf, goods, values, sellerCode, surcharge)
    return [...option.items.values()].map((item) => {
      changeStock(shelf, item, stock, 'seed', now)
      return seeded(item, sellerCode)
    })
  })
}

const seeded = (item: Item, sellerCode: string): SeededItem => ({
  unit: String(item.goods.goodsNo),
  item: item.key,
  sellerCode,
  stock: item.stock,
})

/** `managedCode` null: the product has options, which have codes of their own. */
function openGoods(shelf: Shelf, seed: SeedProduct, managedCode: string | null, now: number): Goods {
  const nth = shelf.goods.length + 1
  const listings = new Map<Site, Listing>()
  const goods: Goods = {
    goodsNo: FIRST_GOODS_NO + nth,
    name: seed.name,
    managedCode: managedCode ?? `P${FIRST_GOODS_NO + nth}`,
    createdAt: now,
    updatedAt: now,
    listings,
    options: [],
  }
  for (const site of SITES.filter((each) => shelf.sites.includes(each))) {
    const siteGoodsNo = site === 'gmkt' ? String(FIRST_GMARKET_NO + nth) : `C${FIRST_AUCTION_NO + nth}`
    const item = managedCode === null ? null : addItem(shelf, goods, site, siteGoodsNo, null)
    const { price } = seed
    listings.set(site, { site, siteGoodsNo, price, selling: true, stoppedAt: null, sellingUntil: null, item })
    shelf.goodsBySiteNo.set(siteGoodsNo, goods)
  }
  shelf.goods.push(goods)
  shelf.goodsByNo.set(goods.goodsNo, goods)
  return goods
}

export function addOption(
  shelf: Shelf,
  goods: Goods,
  values: readonly string[],
  manageCode: string,
  surcharge: number,
): Option {
  shelf.optionCount += 1
  const items = new Map<Site, Item>()
  const optSeq = FIRST_OPT_SEQ + shelf.optionCount
  const option: Option = { optSeq, values, words: wordsOf(values), manageCode, surcharge, items }
  for (const { site, siteGoodsNo } of goods.listings.values()) {
    items.set(site, addItem(shelf, goods, site, `${siteGoodsNo}:${option.optSeq}`, option))
  }
  goods.options.push(option)
  return option
}

export const wordsOf = (values: readonly string[]): string => values.join('/')

function addItem(shelf: Shelf, goods: Goods, site: Site, key: string, option: Option | null): Item {
  const item: Item = { key, goods, site, option, stock: 0, soldOut: false, displayed: true, removed: false }
  shelf.items.push(item)
  shelf.itemByKey.set(key, item)
  return item
}

/** The one writer of a number, so that the history misses nothing. */
export function changeStock(shelf: Shelf, item: Item, to: number, cause: StockChange['cause'], at: number): void {
  if (item.stock !== to || cause === 'seed') recordChange(shelf.history, item.key, item.stock, to, cause, at)
  item.stock = to
}

export const listingOf = (item: Item): Listing => item.goods.listings.get(item.site)!

export const isOnSale = (item: Item): boolean =>
  listingOf(item).selling && !item.soldOut && item.displayed && !item.removed

/** A seller's sell state; a listing stopped for a month is deleted, which nothing undoes. */
export function setSelling(listing: Listing, selling: boolean, at: number): void {
  if (selling) listing.stoppedAt = null
  else if (listing.selling) listing.stoppedAt = at
  listing.selling = selling
}

export const isDeleted = ({ stoppedAt }: Listing, now: number): boolean =>
  stoppedAt !== null && now - stoppedAt >= STOPPED_FOR_GOOD_MS

/** With options their sum: the product's own number is ignored then. */
export function stockAt(goods: Goods, listing: Listing): number {
  if (listing.item !== null) return listing.item.stock
  return goods.options.reduce((sum, option) => sum + (option.items.get(listing.site)?.stock ?? 0), 0)
}

/** A person changes some number a little, without telling anybody. */
export function humanEdit(shelf: Shelf, random: () => number, now: number): void {
  const item = shelf.items[Math.floor(random() * shelf.items.length)]
  if (item === undefined) return
  const near = item.stock + Math.floor(random() * 11) - 5
  changeStock(shelf, item, Math.min(MOST_STOCK, Math.max(0, near)), 'edit', now)
}

export function trueItems(shelf: Shelf): Truth['items'] {
  return shelf.items.map((item) => ({
    unit: String(item.goods.goodsNo),
    item: item.key,
    sellerCode: codeOf(item),
    stock: item.stock,
    onSale: isOnSale(item),
  }))
}

export const codeOf = (item: Item): string => item.option?.manageCode ?? item.goods.managedCode

export const stockHistory = (shelf: Shelf, sinceSeq: number, limit: number) =>
  changesSince(shelf.history, sinceSeq, limit)
