import { createHistory, type History, recordChange } from '../history.ts'
import type { SeededItem, SeedProduct, StockChange } from '../marketplace.ts'

/** What a shopper buys and what carries a number: an option, or the whole product where it has none. */
export type Item = {
  /** The number a stock write addresses. Saving options anew may change it. */
  prdStckNo: string
  readonly product: Product
  readonly optionName: string
  /** '' for a product without options: its code stands on the product. */
  readonly sellerStockCd: string
  readonly surcharge: number
  stock: number
  sold: number
}

export type Product = {
  readonly prdNo: string
  readonly name: string
  readonly sellerPrdCd: string
  readonly createdAt: number
  price: number
  /** False after stopdisplay: not to be bought, its numbers kept. */
  displayed: boolean
  items: Item[]
}

export type Shelf = {
  readonly products: Product[]
  readonly productByNo: Map<string, Product>
  readonly productsByCode: Map<string, Product[]>
  readonly items: Item[]
  readonly itemByStockNo: Map<string, Item>
  readonly history: History
  /** Products registered over the API, and on which Korean day. */
  registered: { day: string; count: number }
  /** Ever given out. */
  stockNos: number
}

export const createShelf = (): Shelf => ({
  products: [],
  productByNo: new Map(),
  productsByCode: new Map(),
  items: [],
  itemByStockNo: new Map(),
  history: createHistory(),
  registered: { day: '', count: 0 },
  stockNos: 0,
})

const MOST_STOCK = 999_999_999 // no largest quantity is published
export const isStock = (units: number) => Number.isInteger(units) && units >= 0 && units <= MOST_STOCK

/** How tests and shoppers name an item: the stock number of an option, the product number where there are none. */
export const nameOf = (item: Item) => (item.optionName === '' ? item.product.prdNo : item.prdStckNo)

export const sellerCodeOf = (item: Item) => (item.optionName === '' ? item.product.sellerPrdCd : item.sellerStockCd)

export function itemNamed(shelf: Shelf, name: string): Item | undefined {
  const only = shelf.productByNo.get(name)?.items[0]
  return only?.optionName === '' ? only : shelf.itemByStockNo.get(name)
}

export const isOnSale = (item: Item) => item.product.displayed

/** Throws RangeError for a stock the platform would not take. `code` is the product's own where it has options. */
export function seedProduct(shelf: Shelf, seed: SeedProduct, now: number, code?: string): SeededItem[] {
  const wrong = seed.options.find((option) => !isStock(option.stock))
  if (wrong !== undefined) throw new RangeError(`stock ${wrong.stock} of ${wrong.sellerCode} is not a whole number`)
  const prdNo = String(9_105_000_001 + shelf.products.length)
  const only = seed.options.length === 1 && seed.options[0]!.optionName === '' ? seed.options[0]! : null
  const sellerPrdCd = only?.sellerCode ?? code ?? `P-${prdNo}`
  const { name, price } = seed
  const product: Product = { prdNo, name, sellerPrdCd, createdAt: now, price, displayed: true, items: [] }
  shelf.products.push(product)
  shelf.productByNo.set(prdNo, product)
  const known = shelf.productsByCode.get(sellerPrdCd)
  if (known === undefined) shelf.productsByCode.set(sellerPrdCd, [product])
  else known.push(product)
  return seed.options.map(({ optionName, sellerCode, surcharge, stock }) => {
    const item = addItem(shelf, product, {
      optionName: nameIn(optionName, only !== null),
      sellerStockCd: only === null ? sellerCode : '',
      surcharge,
    })
    changeStock(shelf, item, stock, 'seed', now)
    return { unit: prdNo, item: nameOf(item), sellerCode, stock }
  })
}

/** '' marks the one item of a product without options, so no option may be called that. */
const nameIn = (optionName: string, isOnly: boolean) => (isOnly || optionName !== '' ? optionName : '기본')

export function addItem(
  shelf: Shelf,
  product: Product,
  option: { optionName: string; sellerStockCd: string; surcharge: number },
): Item {
  const item: Item = { prdStckNo: nextStockNo(shelf), product, ...option, stock: 0, sold: 0 }
  product.items.push(item)
  shelf.items.push(item)
  shelf.itemByStockNo.set(item.prdStckNo, item)
  return item
}

/** The old number is nobody's from then on. */
export function renumber(shelf: Shelf, item: Item): void {
  shelf.itemByStockNo.delete(item.prdStckNo)
  item.prdStckNo = nextStockNo(shelf)
  shelf.itemByStockNo.set(item.prdStckNo, item)
}

export function removeItem(shelf: Shelf, item: Item): void {
  item.product.items = item.product.items.filter((other) => other !== item)
  shelf.items.splice(shelf.items.indexOf(item), 1)
  shelf.itemByStockNo.delete(item.prdStckNo)
}

const nextStockNo = (shelf: Shelf) => String(44_699_000_000 + ++shelf.stockNos)

/** The one writer of a number, so that the history misses nothing. */
export function changeStock(shelf: Shelf, item: Item, to: number, cause: StockChange['cause'], at: number): void {
  if (item.stock !== to || cause === 'seed') recordChange(shelf.history, nameOf(item), item.stock, to, cause, at)
  item.stock = to
}

/** A person changes some number a little, without telling anybody. */
export function humanEdit(shelf: Shelf, random: () => number, now: number): void {
  const item = shelf.items[Math.floor(random() * shelf.items.length)]
  if (item === undefined) return
  changeStock(shelf, item, Math.max(0, item.stock + Math.floor(random() * 11) - 5), 'edit', now)
}
