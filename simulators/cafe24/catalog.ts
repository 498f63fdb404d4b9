import { createHistory, type History, recordChange } from '../history.ts'
import type { SeededItem, SeedProduct, StockChange } from '../marketplace.ts'
import { tellStockNotice } from './webhooks.ts'
import type { World } from './world.ts'

export type Product = {
  readonly no: number
  readonly code: string
  name: string
  customCode: string
  price: number
  display: Flag
  selling: Flag
  readonly createdAt: number
  updatedAt: number
  readonly variants: Variant[]
}

export type Flag = 'T' | 'F'

export const isFlag = (value: unknown): value is Flag => value === 'T' || value === 'F'

/** What a shopper buys and what has a stock; a product without options has one too. */
export type Variant = {
  /** Twelve of [A-Z0-9]: the product's code, then its own four. */
  readonly code: string
  readonly product: Product
  readonly optionName: string
  readonly surcharge: number
  customCode: string
  display: Flag
  selling: Flag
  quantity: number
  /** F: nobody counts, `quantity` means nothing. */
  useInventory: Flag
  importantInventory: 'A' | 'B'
  /** When units are taken: A at the order, B at its payment. */
  controlType: 'A' | 'B'
  /** F: an empty shelf goes on selling, below zero. */
  displaySoldout: Flag
  safetyInventory: number
}

export type Shelf = {
  readonly products: Product[]
  readonly productByNo: Map<string, Product>
  readonly productByCode: Map<string, Product>
  readonly variants: Variant[]
  readonly variantByCode: Map<string, Variant>
  readonly history: History
}

export const createShelf = (): Shelf => ({
  products: [],
  productByNo: new Map(),
  productByCode: new Map(),
  variants: [],
  variantByCode: new Map(),
  history: createHistory(),
})

const MOST_STOCK = 99_999_999 // assumed
export const isStock = (units: unknown): units is number =>
  Number.isInteger(units) && (units as number) >= 0 && (units as number) <= MOST_STOCK

export const LONGEST_CUSTOM_CODE = 40

/** Unit: the product's number, which every write names. Throws RangeError for what the mall would not take. */
export function seedProduct(world: World, seed: SeedProduct, now: number): SeededItem[] {
  const wrong = seed.options.find(({ stock, sellerCode }) => !isStock(stock) || sellerCode.length > LONGEST_CUSTOM_CODE)
  if (wrong !== undefined) throw new RangeError(`stock ${wrong.stock} of ${wrong.sellerCode} cannot be registered`)
  if (seed.options.length === 0) throw new RangeError(`${seed.name} has nothing to sell`)
  const { shelf } = world
  const no = shelf.products.length + 1
  const single = seed.options.length === 1 && seed.options[0]!.optionName === ''
  const product: Product = {
    no,
    code: `P${letters(no).padStart(7, '0')}`,
    name: seed.name,
    customCode: single ? seed.options[0]!.sellerCode : '',
    price: seed.price,
    display: 'T',
    selling: 'T',
    createdAt: now,
    updatedAt: now,
    variants: [],
  }
  shelf.products.push(product)
  shelf.productByNo.set(String(no), product)
  shelf.productByCode.set(product.code, product)
  return seed.options.map((option) => {
    const variant = addVariant(shelf, product, option)
    changeStock(world, variant, option.stock, 'seed', now)
    return { unit: String(no), item: variant.code, sellerCode: option.sellerCode, stock: option.stock }
  })
}

function addVariant(shelf: Shelf, product: Product, option: SeedProduct['options'][number]): Variant {
  const variant: Variant = {
    code: product.code + letters(product.variants.length + 1).padStart(4, '0'),
    product,
    optionName: option.optionName,
    surcharge: option.surcharge,
    customCode: option.sellerCode,
    display: 'T',
    selling: 'T',
    quantity: 0,
    useInventory: 'T',
    importantInventory: 'A',
    controlType: 'B',
    displaySoldout: 'T',
    safetyInventory: 0,
  }
  product.variants.push(variant)
  shelf.variants.push(variant)
  shelf.variantByCode.set(variant.code, variant)
  return variant
}

/** 1 → A, 26 → Z, 27 → AA */
function letters(no: number): string {
  let [rest, text] = [no, '']
  while (rest > 0) {
    text = String.fromCharCode(65 + ((rest - 1) % 26)) + text
    rest = Math.floor((rest - 1) / 26)
  }
  return text
}

export const isOnSale = (variant: Variant) => variant.product.selling === 'T' && variant.selling === 'T'

/** Units a shopper can have; Infinity where nobody counts or selling goes on below zero. */
export function buyable(variant: Variant): number {
  if (!isOnSale(variant)) return 0
  return variant.useInventory === 'F' || variant.displaySoldout === 'F'
    ? Number.POSITIVE_INFINITY
    : Math.max(0, variant.quantity)
}

/** The one writer of a number, so that the history misses nothing. */
export function changeStock(world: World, variant: Variant, to: number, cause: StockChange['cause'], at: number): void {
  const from = variant.quantity
  if (from === to && cause !== 'seed') return
  variant.quantity = to
  recordChange(world.shelf.history, variant.code, from, to, cause, at)
  // The contract tells of a variant's stock only when it crosses zero.
  if (cause !== 'seed' && from > 0 !== to > 0) tellStockNotice(world, variant, at)
}

/** A person changes some number a little, without telling anybody. */
export function humanEdit(world: World, random: () => number, now: number): void {
  const { variants } = world.shelf
  const variant = variants[Math.floor(random() * variants.length)]
  if (variant === undefined) return
  changeStock(world, variant, Math.max(0, variant.quantity + Math.floor(random() * 11) - 5), 'edit', now)
}
