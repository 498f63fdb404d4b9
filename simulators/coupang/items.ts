import { actLater } from '../due.ts'
import { createHistory, type History, recordChange } from '../history.ts'
import type { SeededItem, SeedProduct, SimResponse, StockChange } from '../marketplace.ts'
import { productOk, productRefused } from './envelopes.ts'
import { type Call, happens, type World } from './world.ts'

/** The sellable option (vendorItemId): stock, price and sale state hang on it. */
export type Item = {
  readonly vendorItemId: string
  readonly sellerProductItemId: number
  readonly product: Product
  readonly optionName: string
  readonly sellerCode: string
  /** As registered; never follows the stock. */
  readonly openingStock: number
  price: number
  originalPrice: number
  stock: number
  onSale: boolean
}

export type Product = {
  readonly sellerProductId: string
  readonly productId: number
  readonly name: string
  readonly createdAt: number
  readonly items: Item[]
}

export type Shelf = {
  readonly products: Product[]
  readonly productById: Map<string, Product>
  readonly productsByCode: Map<string, Set<Product>>
  readonly items: Item[]
  readonly itemById: Map<string, Item>
  readonly history: History
}

export const createShelf = (): Shelf => ({
  products: [],
  productById: new Map(),
  productsByCode: new Map(),
  items: [],
  itemById: new Map(),
  history: createHistory(),
})

/** What the platform takes for one option. */
const MOST_STOCK = 99_999
export const isStock = (units: number) => Number.isInteger(units) && units >= 0 && units <= MOST_STOCK

/** Throws RangeError for a stock the platform would not take. */
export function seedProduct(shelf: Shelf, seed: SeedProduct, now: number): SeededItem[] {
  const wrong = seed.options.find((option) => !isStock(option.stock))
  if (wrong !== undefined)
    throw new RangeError(`stock ${wrong.stock} of ${wrong.sellerCode} is not a whole number up to ${MOST_STOCK}`)
  const nth = shelf.products.length + 1
  const product: Product = {
    sellerProductId: String(15_000_000_000 + nth),
    productId: 7_000_000_000 + nth,
    name: seed.name,
    createdAt: now,
    items: [],
  }
  shelf.products.push(product)
  shelf.productById.set(product.sellerProductId, product)
  return seed.options.map((option) => {
    const item = addItem(shelf, product, option, seed.price + option.surcharge)
    changeStock(shelf, item, option.stock, 'seed', now)
    return { unit: item.vendorItemId, item: item.vendorItemId, sellerCode: item.sellerCode, stock: item.stock }
  })
}

function addItem(shelf: Shelf, product: Product, option: SeedProduct['options'][number], price: number): Item {
  const { optionName, sellerCode, stock } = option
  const nth = shelf.items.length + 1
  const item: Item = {
    vendorItemId: String(81_000_000_000 + nth),
    sellerProductItemId: 16_000_000_000 + nth,
    product,
    optionName,
    sellerCode,
    openingStock: stock,
    price,
    originalPrice: price,
    stock: 0,
    onSale: true,
  }
  product.items.push(item)
  shelf.items.push(item)
  shelf.itemById.set(item.vendorItemId, item)
  const known = shelf.productsByCode.get(sellerCode)
  if (known === undefined) shelf.productsByCode.set(sellerCode, new Set([product]))
  else known.add(product)
  return item
}

/** The one writer of a number, so that the history misses nothing. */
export function changeStock(shelf: Shelf, item: Item, to: number, cause: StockChange['cause'], at: number): void {
  if (item.stock !== to || cause === 'seed') recordChange(shelf.history, item.vendorItemId, item.stock, to, cause, at)
  item.stock = to
}

/** A person changes some number a little, without telling anybody. */
export function humanEdit(shelf: Shelf, random: () => number, now: number): void {
  const item = shelf.items[Math.floor(random() * shelf.items.length)]
  if (item === undefined) return
  changeStock(shelf, item, Math.max(0, item.stock + Math.floor(random() * 11) - 5), 'edit', now)
}

/** PUT vendor-items/{vid}/quantities/{q}: absolute, whatever was sold meanwhile. */
export function putQuantity(world: World, call: Call): SimResponse {
  const item = itemOf(world, call)
  if (item === undefined) return unknownItem()
  const quantity = wholeNumber(call.parts[1])
  if (quantity === null || !isStock(quantity)) return productRefused('유효하지 않은 재고 수량입니다.')

  const apply = (at: number) => changeStock(world.shelf, item, quantity, 'write', at)
  const { faults } = world
  if (happens(faults.lostWrite, call.random)) return productOk(null, STOCK_CHANGED)
  if (happens(faults.slowApply, call.random)) actLater(world.due, call.now + faults.slowApplyMs, apply)
  else apply(call.now)
  return productOk(null, STOCK_CHANGED)
}

const STOCK_CHANGED = '재고 변경을 완료했습니다.'

/** GET vendor-items/{vid}/inventories */
export function getInventory(world: World, call: Call): SimResponse {
  const item = itemOf(world, call)
  if (item === undefined) return unknownItem()
  const { stock, price, onSale } = item
  return productOk({ sellerItemId: Number(item.vendorItemId), amountInStock: stock, salePrice: price, onSale })
}

/** PUT vendor-items/{vid}/prices/{p}: steps of 10 won; beyond −50 % … +100 % only when forced. */
export function putPrice(world: World, call: Call): SimResponse {
  const item = itemOf(world, call)
  if (item === undefined) return unknownItem()
  const price = wholeNumber(call.parts[1])
  if (price === null || price === 0 || price % 10 !== 0) return productRefused('판매가는 10원 단위로 입력해야 합니다.')
  const forced = call.query.get('forceSalePriceUpdate') === 'true'
  if (!forced && (price < item.price * 0.5 || price > item.price * 2)) {
    return productRefused('가격 변경 허용 범위(-50% ~ +100%)를 벗어났습니다.')
  }
  item.price = price
  return productOk(null, '가격 변경을 완료했습니다.')
}

export function putOriginalPrice(world: World, call: Call): SimResponse {
  const item = itemOf(world, call)
  if (item === undefined) return unknownItem()
  const price = wholeNumber(call.parts[1])
  if (price === null || price % 10 !== 0) return productRefused('할인율 기준가는 10원 단위로 입력해야 합니다.')
  item.originalPrice = price
  return productOk(null, '할인율 기준가 변경을 완료했습니다.')
}

/** PUT vendor-items/{vid}/sales/stop | sales/resume. Stopping keeps the quantity (assumed by the contract). */
export function putSales(onSale: boolean) {
  return (world: World, call: Call): SimResponse => {
    const item = itemOf(world, call)
    if (item === undefined) return unknownItem()
    item.onSale = onSale
    if (!onSale && !world.switches.stopKeepsStock) changeStock(world.shelf, item, 0, 'write', call.now)
    return productOk(null, onSale ? '판매가 재개되었습니다.' : '판매 중지 처리되었습니다.')
  }
}

const itemOf = (world: World, call: Call) => world.shelf.itemById.get(call.parts[0] ?? '')

/** The real one answers an unknown id with a parser's complaint and not with "not found". */
const unknownItem = () => productRefused("Object text must begin with '{' at character 0 of")

function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : null
}
