import { z } from 'zod'
import { ChannelFault, type ItemQuantity, type StockReading } from '../../../modules/channels/adapter.ts'
import { anId, expectShape, someText, units, won } from '../answers.ts'
import { isNumberId, numberOf } from '../digits.ts'
import type { Ask } from './call.ts'
import { BUCKETS } from './capabilities.ts'

/** Which rows an option-stock write carries: what happens to rows left out is not documented. */
export type OptionRows = 'changed' | 'all'

export type WriteSettings = {
  optionRows: OptionRows
  /**
   * Whether the product in a write's answer is what is stored, and so an observation. Not documented: it may
   * as well be our own request said back, so by default only a read counts.
   */
  answerIsStored: boolean
}

export async function readProduct(ask: Ask, unit: string): Promise<StockReading> {
  return readingOf(unit, await fetchProduct(ask, unit))
}

/**
 * Reads first: the write stores 0 for a number left out, 0 for a surcharge left out, and puts a disabled
 * option back on sale when `usable` is left out. Throws `not_found` before writing when an item is unknown.
 */
export async function writeStock(
  ask: Ask,
  unit: string,
  items: readonly ItemQuantity[],
  settings: WriteSettings,
): Promise<StockReading | null> {
  const product = await fetchProduct(ask, unit)
  const wanted = new Map(items.map(({ item, quantity }) => [item, quantity]))
  const known = new Set(readingOf(unit, product).items.map(({ item }) => item))
  const strange = [...wanted.keys()].filter((item) => !known.has(item))
  if (strange.length > 0)
    throw new ChannelFault('not_found', '', { why: { reason: 'item_missing', what: strange.join(', ').slice(0, 200) } })

  const answer = hasOptions(product)
    ? await writeOptions(ask, unit, product, wanted, settings.optionRows)
    : await writePlain(ask, unit, wanted.get(unit)!)
  const shown = productAnswer.safeParse(answer)
  if (product.statusType === 'OUTOFSTOCK') return seeItOpen(ask, unit)
  return settings.answerIsStored && shown.success ? readingOf(unit, shown.data.originProduct) : null
}

/**
 * Stops or resumes a sale by its status, which leaves the numbers alone. Reads first: asking for the status a product
 * already has is an error, and one that is sold out has to be told how many it has.
 */
export async function writeOnSale(ask: Ask, unit: string, onSale: boolean): Promise<void> {
  const product = await fetchProduct(ask, unit)
  if (!onSale) {
    if (product.statusType !== 'SUSPENSION') await changeStatus(ask, unit, { statusType: 'SUSPENSION' })
    return
  }
  const total = totalOf(unit, product)
  if (product.statusType === 'OUTOFSTOCK') {
    if (total > 0) await changeStatus(ask, unit, { statusType: 'SALE', stockQuantity: total })
  } else if (product.statusType !== 'SALE') await changeStatus(ask, unit, { statusType: 'SALE' })
}

/**
 * After the write. Whatever fails here, the number may stand: a fault that says "not applied" of this later call would
 * be taken for the write's own, and its units promised a second time.
 */
async function seeItOpen(ask: Ask, unit: string): Promise<StockReading> {
  try {
    const after = await fetchProduct(ask, unit)
    await reopen(ask, unit, after)
    return readingOf(unit, after)
  } catch (error) {
    if (!(error instanceof ChannelFault)) throw error
    throw new ChannelFault('unknown', `after the stock was written: ${error.code} ${error.said}`, { cause: error })
  }
}

async function fetchProduct(ask: Ask, unit: string): Promise<Product> {
  // What is no number must not become part of a path.
  if (!isNumberId(unit))
    throw new ChannelFault('not_found', '', { why: { reason: 'id_malformed', what: unit.slice(0, 40) } })
  const value = await ask({
    bucket: BUCKETS.productRead,
    method: 'GET',
    path: `/v2/products/origin-products/${unit}`,
  })
  return expectShape(productAnswer, value, 'product').originProduct
}

function writeOptions(
  ask: Ask,
  unit: string,
  product: Product,
  wanted: ReadonlyMap<string, number>,
  optionRows: OptionRows,
): Promise<unknown> {
  const isSent = ({ id }: { id: string }) => optionRows === 'all' || wanted.has(id)
  const combinations = combinationsOf(product).filter(isSent)
  const standards = standardsOf(product).filter(isSent)
  return ask({
    bucket: BUCKETS.optionStock,
    method: 'PUT',
    path: `/v1/products/origin-products/${unit}/option-stock`,
    body: {
      productSalePrice: { salePrice: product.salePrice },
      optionInfo: {
        useStockManagement: true,
        ...(combinations.length === 0
          ? {}
          : {
              optionCombinations: combinations.map((row) => ({
                id: numberOf(row.id),
                stockQuantity: wanted.get(row.id) ?? row.stockQuantity,
                price: row.price,
                usable: row.usable,
              })),
            }),
        ...(standards.length === 0
          ? {}
          : {
              optionStandards: standards.map((row) => ({
                id: numberOf(row.id),
                stockQuantity: wanted.get(row.id) ?? row.stockQuantity,
                usable: row.usable,
              })),
            }),
      },
    },
  })
}

/** The option-stock call wants option rows; a product without them has only this way that touches nothing else. */
function writePlain(ask: Ask, unit: string, quantity: number): Promise<unknown> {
  return ask({
    bucket: BUCKETS.plainStock,
    method: 'PATCH',
    path: '/v1/products/origin-products/multi-update',
    body: {
      multiProductUpdateRequestVos: [
        { originProductNo: numberOf(unit), multiUpdateTypes: ['STOCK'], stockQuantity: quantity },
      ],
    },
  })
}

/** Stock 0 makes a product OUTOFSTOCK. Nothing documents that raising the stock alone brings it back on sale. */
async function reopen(ask: Ask, unit: string, after: Product): Promise<void> {
  const total = totalOf(unit, after)
  if (after.statusType !== 'OUTOFSTOCK' || total === 0) return
  try {
    await changeStatus(ask, unit, { statusType: 'SALE', stockQuantity: total })
  } catch (error) {
    // The number is set all the same; that the product stays closed shows in what is read.
    if (!(error instanceof ChannelFault) || (error.code !== 'refused' && error.code !== 'not_found')) throw error
  }
}

function changeStatus(ask: Ask, unit: string, body: { statusType: string; stockQuantity?: number }): Promise<unknown> {
  return ask({
    bucket: BUCKETS.productStatus,
    method: 'PUT',
    path: `/v1/products/origin-products/${unit}/change-status`,
    body,
  })
}

function totalOf(unit: string, product: Product): number {
  return rowsOf(unit, product).reduce((sum, row) => sum + row.stockQuantity, 0)
}

function readingOf(unit: string, product: Product): StockReading {
  const rows = rowsOf(unit, product)
  const total = rows.reduce((sum, row) => sum + row.stockQuantity, 0)
  // Sold out to the last unit is not stopped: nobody took the product off sale.
  const isOpen = product.statusType === 'SALE' || (product.statusType === 'OUTOFSTOCK' && total === 0)
  return {
    unit,
    items: rows.map((row) => ({
      item: row.id,
      quantity: row.stockQuantity,
      onSale: isOpen && row.usable,
      sellerCode: row.sellerManagerCode || null,
    })),
  }
}

function rowsOf(unit: string, product: Product) {
  if (hasOptions(product)) return [...combinationsOf(product), ...standardsOf(product)]
  const sellerManagerCode = product.detailAttribute?.sellerCodeInfo?.sellerManagementCode ?? ''
  return [{ id: unit, stockQuantity: product.stockQuantity ?? 0, usable: true, sellerManagerCode }]
}

function hasOptions(product: Product): boolean {
  return combinationsOf(product).length + standardsOf(product).length > 0
}

function combinationsOf(product: Product) {
  return product.detailAttribute?.optionInfo?.optionCombinations ?? []
}

function standardsOf(product: Product) {
  return product.detailAttribute?.optionInfo?.optionStandards ?? []
}

const usable = z
  .boolean()
  .nullish()
  .transform((flag) => flag ?? true)

const originProduct = z
  .object({
    statusType: z.string(),
    salePrice: won,
    stockQuantity: units.nullish(),
    detailAttribute: z
      .object({
        sellerCodeInfo: z.object({ sellerManagementCode: someText(100) }).nullish(),
        optionInfo: z
          .object({
            optionCombinations: z
              .array(
                z.object({
                  id: anId,
                  stockQuantity: units,
                  // Written back as read: a price we cannot see must not become a surcharge of 0.
                  price: won,
                  usable,
                  sellerManagerCode: someText(100),
                }),
              )
              .nullish(),
            optionStandards: z
              .array(z.object({ id: anId, stockQuantity: units, usable, sellerManagerCode: someText(100) }))
              .nullish(),
          })
          .nullish(),
      })
      .nullish(),
  })
  .refine(
    (product) =>
      product.stockQuantity !== null && product.stockQuantity !== undefined
        ? true
        : (product.detailAttribute?.optionInfo?.optionCombinations?.length ?? 0) +
            (product.detailAttribute?.optionInfo?.optionStandards?.length ?? 0) >
          0,
    'no stock number',
  )

type Product = z.infer<typeof originProduct>

const productAnswer = z.object({ originProduct })
