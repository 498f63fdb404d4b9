import type { SimResponse } from '../marketplace.ts'
import { json, notFound, productOk, productRefused } from './envelopes.ts'
import type { Item, Product } from './items.ts'
import { tellTime } from './times.ts'
import type { Call, World } from './world.ts'

const MOST_PER_PAGE = 100

/** GET seller-products: pages by number, rows without options. */
export function listProducts(world: World, call: Call): SimResponse {
  const { query } = call
  if (query.get('vendorId') !== world.vendorId) return notFound()
  const perPage = Number(query.get('maxPerPage') ?? '10')
  const page = Number(query.get('nextToken') || '1')
  if (!Number.isInteger(perPage) || perPage < 1 || perPage > MOST_PER_PAGE) {
    return productRefused('maxPerPage must be between 1 and 100')
  }
  if (!Number.isInteger(page) || page < 1) return productRefused('nextToken is not valid')

  const wanted = query.get('status') ?? 'APPROVED'
  const products = wanted === 'APPROVED' ? world.shelf.products : [] // whatever is seeded is approved
  const rows = products.slice((page - 1) * perPage, page * perPage)
  const nextToken = page * perPage < products.length ? String(page + 1) : ''
  return json(200, { code: 'SUCCESS', message: '', nextToken, data: rows.map((product) => summary(world, product)) })
}

/** GET seller-products/{id}: the whole product with its options. */
export function getProduct(world: World, call: Call): SimResponse {
  const product = world.shelf.productById.get(call.parts[0] ?? '')
  if (product === undefined) return productRefused('상품이 존재하지 않습니다.')
  return productOk({
    ...summary(world, product),
    displayProductName: product.name,
    generalProductName: product.name,
    productGroup: '',
    deliveryMethod: 'SEQUENCIAL',
    requested: true,
    items: product.items.map(optionRow),
  })
}

/** GET seller-products/external-vendor-sku-codes/{sku} */
export function findByCode(world: World, call: Call): SimResponse {
  const products = world.shelf.productsByCode.get(decode(call.parts[0] ?? '')) ?? []
  return productOk([...products].map((product) => summary(world, product)))
}

function summary(world: World, product: Product) {
  return {
    sellerProductId: Number(product.sellerProductId),
    sellerProductName: product.name,
    displayCategoryCode: 78_786,
    productId: product.productId,
    vendorId: world.vendorId,
    saleStartedAt: tellTime(product.createdAt, 'v4'),
    saleEndedAt: '2099-12-31T23:59:59',
    brand: '',
    statusName: '승인완료',
    createdAt: tellTime(product.createdAt, 'v4'),
  }
}

function optionRow(item: Item) {
  return {
    sellerProductItemId: item.sellerProductItemId,
    vendorItemId: Number(item.vendorItemId),
    itemName: item.optionName === '' ? item.product.name : item.optionName,
    originalPrice: item.originalPrice,
    salePrice: item.price,
    maximumBuyCount: item.openingStock,
    maximumBuyForPerson: 0,
    maximumBuyForPersonPeriod: 1,
    outboundShippingTimeDay: 1,
    unitCount: 1,
    adultOnly: 'EVERYONE',
    taxType: 'TAX',
    externalVendorSku: item.sellerCode,
    barcode: '',
    emptyBarcode: true,
    emptyBarcodeReason: '',
    attributes: item.optionName === '' ? [] : [{ attributeTypeName: '옵션', attributeValueName: item.optionName }],
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return ''
  }
}
