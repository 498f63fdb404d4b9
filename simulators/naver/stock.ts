/** The counters and their history. Nothing else changes a number. */
import { recordChange } from '../history.ts'
import type { SeededItem, SeedProduct, StockChange } from '../marketplace.ts'
import type { Item, Product, Shop } from './shop.ts'

export const LARGEST_STOCK = 99_999_999

// Three ranges that never meet: a client that mixes up the kinds of number must not find a product by luck.
const FIRST_ORIGIN_NO = 10_000_000_000
const FIRST_CHANNEL_NO = 20_000_000_000
const FIRST_OPTION_ID = 30_000_000_000

/** One entry with the optionName '' makes a product without options. Throws RangeError when there is no entry. */
export function addProduct(shop: Shop, seed: SeedProduct, now: number): SeededItem[] {
  if (seed.options.length === 0) throw new RangeError(`${seed.name} has nothing to sell`)
  const number = ++shop.counters.product
  const product: Product = {
    originProductNo: FIRST_ORIGIN_NO + number,
    channelProductNo: FIRST_CHANNEL_NO + number,
    name: seed.name,
    salePrice: seed.price,
    status: 'SALE',
    hasOptions: !(seed.options.length === 1 && seed.options[0]!.optionName === ''),
    items: [],
    modifiedAt: now,
  }
  for (const { optionName, sellerCode, stock, surcharge } of seed.options) {
    const optionId = product.hasOptions ? FIRST_OPTION_ID + ++shop.counters.option : null
    const key = String(optionId ?? product.originProductNo)
    const item: Item = { key, optionId, optionName, sellerCode, stock, surcharge, usable: true, product }
    product.items.push(item)
    shop.items.set(key, item)
    shop.itemList.push(item)
    recordChange(shop.history, key, 0, stock, 'seed', now)
  }
  shop.products.set(product.originProductNo, product)
  shop.byChannelNo.set(product.channelProductNo, product)
  settleStatus(shop, product)
  const unit = String(product.originProductNo)
  return product.items.map(({ key, sellerCode, stock }) => ({ unit, item: key, sellerCode, stock }))
}

/** Sets the counters of some items of one product. */
export function setStocks(
  shop: Shop,
  product: Product,
  stocks: ReadonlyMap<Item, number>,
  cause: StockChange['cause'],
  at: number,
): void {
  for (const [item, stock] of stocks) {
    const from = item.stock
    item.stock = stock
    if (from !== stock) recordChange(shop.history, item.key, from, stock, cause, at)
  }
  product.modifiedAt = at
  settleStatus(shop, product)
}

export function changeStock(shop: Shop, item: Item, by: number, cause: StockChange['cause'], at: number): void {
  setStocks(shop, item.product, new Map([[item, item.stock + by]]), cause, at)
}

export function totalStock(product: Product): number {
  let total = 0
  for (const item of product.items) total += item.stock
  return total
}

export function isOnSale(item: Item): boolean {
  return item.product.status === 'SALE' && item.usable
}

/** Nothing left means OUTOFSTOCK, whatever was asked for; SUSPENSION stays as it is. */
export function settleStatus(shop: Shop, product: Product): void {
  const isEmpty = totalStock(product) === 0
  if (isEmpty && product.status === 'SALE') product.status = 'OUTOFSTOCK'
  if (!isEmpty && product.status === 'OUTOFSTOCK' && shop.settings.restockReopens) product.status = 'SALE'
}
