/** The product side of the API: reading, searching, and the three ways a stock number is set. */
import { actLater } from '../due.ts'
import type { SimRequest, SimResponse } from '../marketplace.ts'
import { answer, badInput, isObject, jsonObject, ok, productError, type Trace } from './envelopes.ts'
import type { Item, Product, Shop } from './shop.ts'
import { LARGEST_STOCK, setStocks, totalStock } from './stock.ts'
import { kst } from './times.ts'

const LARGEST_PRICE = 999_999_990
const SHOWN_WITHOUT_STOCK_MANAGEMENT = 9999
const HITS_PER_PAGE = 500

/** What a write asks of one row. */
type Change = { stock: number; price: number; usable: boolean }
type Changes = ReadonlyMap<Item, Change>

const NO_CHANGES: Changes = new Map()

/** GET /v2/products/origin-products/{no} and /channel-products/{no}. The body holds no product number. */
export function readProduct(product: Product | undefined, trace: Trace): SimResponse {
  return product ? ok(productPage(product, NO_CHANGES, product.salePrice)) : noSuchProduct(trace)
}

/**
 * PUT …/{no}/option-stock. An absolute set. What a row leaves out is not left alone: stockQuantity and price
 * become 0, usable becomes true.
 */
export function putOptionStock(
  shop: Shop,
  product: Product | undefined,
  request: SimRequest,
  trace: Trace,
  random: () => number,
): SimResponse {
  if (!product) return noSuchProduct(trace)
  const body = jsonObject(request.body)
  if (!body) return productError(trace, 400, '요청 본문을 읽을 수 없습니다.')
  if (!isObject(body.optionInfo)) return badInput(trace, 'optionInfo', 'NotNull', '옵션 정보는 필수입니다.')
  const rows = body.optionInfo.optionCombinations
  if (!product.hasOptions || !Array.isArray(rows)) {
    return badInput(trace, 'optionInfo.optionCombinations', 'NotNull', '조합형 옵션 정보가 없습니다.')
  }
  const salePrice = isObject(body.productSalePrice) ? body.productSalePrice.salePrice : product.salePrice
  if (!isWhole(salePrice, 0, LARGEST_PRICE))
    return badInput(trace, 'productSalePrice.salePrice', 'Range', '판매가 오류')
  const isManaged = body.optionInfo.useStockManagement === true
  const changes = new Map<Item, Change>()
  for (const [i, row] of rows.entries()) {
    const wrong = readRow(product, row, isManaged, changes)
    if (wrong) return badInput(trace, `optionInfo.optionCombinations[${i}].${wrong}`, 'NotValid', '옵션 정보 오류')
  }
  if (shop.settings.unlistedOptionRows === 'zeroed') {
    for (const item of product.items) {
      if (!changes.has(item)) changes.set(item, { stock: 0, price: item.surcharge, usable: item.usable })
    }
  }
  const shown = write(shop, product, changes, salePrice, trace.now, random)
  return ok(productPage(product, shown, shown === NO_CHANGES ? product.salePrice : salePrice))
}

const UPDATE_TYPES = ['SALE_PRICE', 'IMMEDIATE_DISCOUNT', 'STOCK', 'PRODUCT_STATUS_SALE', 'PRODUCT_STATUS_SUSPENSION']

/**
 * PATCH …/multi-update: the way to set stock of products without options. A row for an unknown product, or STOCK
 * for one with options, fails alone inside a 200; how the contract tells of it is not documented, so `data` is ours.
 */
export function patchMultiUpdate(shop: Shop, request: SimRequest, trace: Trace, random: () => number): SimResponse {
  const rows = jsonObject(request.body)?.multiProductUpdateRequestVos
  if (!Array.isArray(rows) || rows.length === 0) {
    return badInput(trace, 'multiProductUpdateRequestVos', 'NotNull', '수정할 상품이 없습니다.')
  }
  for (const [i, row] of rows.entries()) {
    const wrong = wrongUpdateField(row)
    if (wrong) return badInput(trace, `multiProductUpdateRequestVos[${i}].${wrong}`, 'NotValid', '수정 정보 오류')
  }
  const failed = (rows as UpdateRow[]).filter((row) => !updateOne(shop, row, trace.now, random))
  const failures = failed.map(({ originProductNo }) => ({ originProductNo, message: '수정할 수 없는 상품입니다.' }))
  if (failed.length === rows.length) return productError(trace, 400, '수정할 수 없는 상품입니다.')
  return ok({ code: 'SUCCESS', message: '', data: failures.length > 0 ? { failures } : null })
}

/** PUT …/{no}/change-status */
export function changeStatus(shop: Shop, product: Product | undefined, request: SimRequest, trace: Trace): SimResponse {
  if (!product) return noSuchProduct(trace)
  const body = jsonObject(request.body)
  if (!body) return productError(trace, 400, '요청 본문을 읽을 수 없습니다.')
  const { statusType, stockQuantity } = body
  const refused = (message: string) => badInput(trace, 'statusType', 'NotValid', message)
  const allSet = (stock: number) =>
    setStocks(shop, product, new Map(product.items.map((item) => [item, stock])), 'write', trace.now)

  if (statusType === 'SUSPENSION' && product.status !== 'SUSPENSION') product.status = 'SUSPENSION'
  else if (statusType === 'OUTOFSTOCK' && product.status === 'SALE') allSet(0)
  else if (statusType === 'SALE' && product.status === 'SUSPENSION') {
    product.status = 'SALE'
    setStocks(shop, product, new Map(), 'write', trace.now) // at 0 it is out of stock again at once
  } else if (statusType === 'SALE' && product.status === 'OUTOFSTOCK') {
    if (!isWhole(stockQuantity, 1, LARGEST_STOCK)) {
      return badInput(trace, 'stockQuantity', 'NotNull', '재고수량을 입력해 주세요.')
    }
    // Of a product with options the rows hold the stock; the sum alone cannot put it back on sale [assumed].
    if (product.hasOptions && totalStock(product) === 0) return refused('옵션 재고를 먼저 입력해 주세요.')
    product.status = 'SALE'
    if (!product.hasOptions) allSet(stockQuantity)
  } else return refused('변경할 수 없는 상태입니다.')
  return ok({ code: 'SUCCESS', message: '', data: null })
}

/** POST /v1/products/search. Shows no option rows. */
export function searchProducts(shop: Shop, request: SimRequest, trace: Trace): SimResponse {
  const body = request.body.length === 0 ? {} : jsonObject(request.body)
  if (!body) return productError(trace, 400, '요청 본문을 읽을 수 없습니다.')
  const { page = 1, size = 50, productStatusTypes } = body
  if (!isWhole(page, 1, 1_000_000)) return badInput(trace, 'page', 'Min', '1 이상이어야 합니다.')
  if (!isWhole(size, 1, HITS_PER_PAGE)) return badInput(trace, 'size', 'Max', '500 이하여야 합니다.')
  const candidates = searched(shop, body)
  if (!candidates) return badInput(trace, 'searchKeywordType', 'NotValid', '검색 조건이 잘못되었습니다.')
  // A public client sends one status as text, by default: it was not heeded at all, and its pages showed what is not on sale.
  const statuses = typeof productStatusTypes === 'string' ? [productStatusTypes] : productStatusTypes
  const hits = Array.isArray(statuses) ? candidates.filter(({ status }) => statuses.includes(status)) : candidates
  const totalPages = Math.ceil(hits.length / size)
  return answer(200, {
    contents: hits.slice((page - 1) * size, page * size).map(searchHit),
    page,
    size,
    totalElements: hits.length,
    totalPages,
    first: page === 1,
    last: page >= totalPages,
  })
}

function noSuchProduct(trace: Trace): SimResponse {
  return productError(trace, 404, '상품을 찾을 수 없습니다.')
}

/** Reads one row into `changes`; the name of the field that is wrong, else null. */
function readRow(product: Product, row: unknown, isManaged: boolean, changes: Map<Item, Change>): string | null {
  if (!isObject(row) || typeof row.id !== 'number') return 'id'
  const item = product.items.find((candidate) => candidate.optionId === row.id)
  if (!item || changes.has(item)) return 'id'
  const { stockQuantity = 0, price = 0, usable = true } = row
  if (!isWhole(stockQuantity, 0, LARGEST_STOCK)) return 'stockQuantity'
  if (!isWhole(price, -LARGEST_PRICE, LARGEST_PRICE)) return 'price'
  if (typeof usable !== 'boolean') return 'usable'
  changes.set(item, { stock: isManaged ? stockQuantity : SHOWN_WITHOUT_STOCK_MANAGEMENT, price, usable })
  return null
}

/** Applies a stock write, now, late or never, as the faults say; returns what the answer is to show of it. */
function write(
  shop: Shop,
  product: Product,
  changes: Changes,
  salePrice: number,
  now: number,
  random: () => number,
): Changes {
  const { lostWrite, slowApply, slowApplyMs } = shop.faults
  const isLost = random() < lostWrite
  const isLate = random() < slowApply && slowApplyMs > 0
  if (isLate && !isLost) actLater(shop.due, now + slowApplyMs, (at) => apply(shop, product, changes, salePrice, at))
  if (!isLate && !isLost) apply(shop, product, changes, salePrice, now)
  return (isLate || isLost) && shop.settings.writeAnswers === 'stored' ? NO_CHANGES : changes
}

function apply(shop: Shop, product: Product, changes: Changes, salePrice: number, at: number): void {
  product.salePrice = salePrice
  const stocks = new Map<Item, number>()
  for (const [item, { stock, price, usable }] of changes) {
    item.surcharge = price
    item.usable = usable
    stocks.set(item, stock)
  }
  setStocks(shop, product, stocks, 'write', at)
}

type UpdateRow = {
  originProductNo: number
  multiUpdateTypes: string[]
  stockQuantity?: number
  productSalePrice?: { salePrice: number }
}

function wrongUpdateField(row: unknown): string | null {
  if (!isObject(row) || !isWhole(row.originProductNo, 1, Number.MAX_SAFE_INTEGER)) return 'originProductNo'
  const types = row.multiUpdateTypes
  if (!Array.isArray(types) || types.length === 0) return 'multiUpdateTypes'
  if (!types.every((type) => UPDATE_TYPES.includes(type))) return 'multiUpdateTypes'
  if (types.includes('STOCK') && !isWhole(row.stockQuantity, 0, LARGEST_STOCK)) return 'stockQuantity'
  if (types.includes('SALE_PRICE')) {
    const { productSalePrice: price } = row
    if (!isObject(price) || !isWhole(price.salePrice, 0, LARGEST_PRICE)) return 'productSalePrice.salePrice'
  }
  return null
}

function updateOne(shop: Shop, row: UpdateRow, now: number, random: () => number): boolean {
  const product = shop.products.get(row.originProductNo)
  const types = new Set(row.multiUpdateTypes)
  if (!product || (types.has('STOCK') && product.hasOptions)) return false
  if (types.has('SALE_PRICE')) product.salePrice = row.productSalePrice!.salePrice
  if (types.has('STOCK')) {
    const item = product.items[0]!
    const change = { stock: row.stockQuantity!, price: item.surcharge, usable: item.usable }
    write(shop, product, new Map([[item, change]]), product.salePrice, now, random)
  }
  if (types.has('PRODUCT_STATUS_SALE') && totalStock(product) > 0) product.status = 'SALE'
  if (types.has('PRODUCT_STATUS_SUSPENSION')) product.status = 'SUSPENSION'
  return true
}

function searched(shop: Shop, body: Record<string, unknown>): Product[] | null {
  const all = () => [...shop.products.values()]
  const numbers = (list: unknown) => (Array.isArray(list) ? list.map(Number) : [])
  switch (body.searchKeywordType) {
    case undefined:
      return all()
    case 'CHANNEL_PRODUCT_NO':
      return numbers(body.channelProductNos).flatMap((no) => shop.byChannelNo.get(no) ?? [])
    case 'PRODUCT_NO':
      return numbers(body.originProductNos).flatMap((no) => shop.products.get(no) ?? [])
    case 'SELLER_CODE': {
      const code = body.sellerManagementCode
      if (typeof code !== 'string' || code === '') return null
      return all().filter((product) => productCode(product).includes(code)) // a partial match counts
    }
    default:
      return null
  }
}

function searchHit(product: Product) {
  const code = productCode(product)
  const channelProduct = {
    originProductNo: product.originProductNo,
    channelProductNo: product.channelProductNo,
    channelServiceType: 'STOREFARM',
    name: product.name,
    ...(code ? { sellerManagementCode: code } : {}),
    statusType: product.status,
    stockQuantity: totalStock(product),
    salePrice: product.salePrice,
    modifiedDate: kst(product.modifiedAt),
  }
  return { originProductNo: product.originProductNo, channelProducts: [channelProduct] }
}

/** Only a product without options carries the seller's code itself; of the others each row has its own. */
function productCode(product: Product): string {
  return product.hasOptions ? '' : product.items[0]!.sellerCode
}

/** The whole product, with the rows of `changes` shown as asked for. */
function productPage(product: Product, changes: Changes, salePrice: number) {
  const rows = product.items.map((item) => ({
    item,
    ...(changes.get(item) ?? { stock: item.stock, price: item.surcharge, usable: item.usable }),
  }))
  const total = rows.reduce((sum, row) => sum + row.stock, 0)
  const code = productCode(product)
  return {
    originProduct: {
      statusType: product.status === 'SALE' && total === 0 ? 'OUTOFSTOCK' : product.status,
      saleType: 'NEW',
      leafCategoryId: '50003938',
      name: product.name,
      detailContent: `<p>${product.name}</p>`,
      images: { representativeImage: { url: 'https://shop.invalid/part.jpg' }, optionalImages: [] },
      salePrice,
      stockQuantity: total,
      detailAttribute: {
        ...(code ? { sellerCodeInfo: { sellerManagementCode: code } } : {}),
        ...(product.hasOptions ? { optionInfo: optionInfo(rows) } : {}),
        minorPurchasable: true,
      },
    },
    smartstoreChannelProduct: {
      channelProductName: product.name,
      naverShoppingRegistration: true,
      channelProductDisplayStatusType: product.status === 'SUSPENSION' ? 'SUSPENSION' : 'ON',
    },
  }
}

function optionInfo(rows: readonly ({ item: Item } & Change)[]) {
  return {
    optionCombinationSortType: 'CREATE',
    optionCombinationGroupNames: { optionGroupName1: '옵션' },
    optionCombinations: rows.map(({ item, stock, price, usable }) => ({
      id: item.optionId,
      optionName1: item.optionName,
      stockQuantity: stock,
      price,
      usable,
      ...(item.sellerCode ? { sellerManagerCode: item.sellerCode } : {}),
    })),
    useStockManagement: true,
  }
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
}
