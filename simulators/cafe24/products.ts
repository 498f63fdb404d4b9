import type { SimResponse } from '../marketplace.ts'
import { isFlag, type Product } from './catalog.ts'
import {
  answerOne,
  type Body,
  embeds,
  fault,
  isFault,
  json,
  linksOf,
  listOf,
  money,
  onlyFields,
  readPage,
  refused,
} from './envelopes.ts'
import { tellTime } from './times.ts'
import { NO_PRODUCT, variantRow } from './variants.ts'
import { tellProductNotice } from './webhooks.ts'
import type { Call, World } from './world.ts'

const MOST_PER_PAGE = 100
const DEEPEST_OFFSET = 5_000 // assumed; not said for products

/** GET products: fewer columns than the detail. */
export function listProducts(world: World, call: Call): SimResponse {
  const page = readPage(call, MOST_PER_PAGE, DEEPEST_OFFSET)
  if (isFault(page)) return refused(page)
  const found = findProducts(world, call)
  if (isFault(found)) return refused(found)
  const rows = found.slice(page.offset, page.offset + page.limit)
  return json(200, {
    products: rows.map((product) => onlyFields(call, { ...summary(product), ...embedded(call, product) })),
    links: linksOf(call, page, found.length > page.offset + page.limit),
  })
}

/** GET products/count */
export function countProducts(world: World, call: Call): SimResponse {
  const found = findProducts(world, call)
  return isFault(found) ? refused(found) : json(200, { count: found.length })
}

/** GET products/{no} */
export function getProduct(world: World, call: Call): SimResponse {
  const product = world.shelf.productByNo.get(call.parts[0] ?? '')
  if (product === undefined) return refused(NO_PRODUCT)
  const row = {
    ...summary(product),
    has_option: product.variants.length > 1 || product.variants[0]!.optionName !== '' ? 'T' : 'F',
    description: '',
    simple_description: '',
    ...embedded(call, product),
  }
  return json(200, { product: onlyFields(call, row) })
}

/** PUT products/{no}: name, price, display, selling. The other columns are not played. */
export function putProduct(world: World, call: Call): SimResponse {
  const product = world.shelf.productByNo.get(call.parts[0] ?? '')
  if (product === undefined) return refused(NO_PRODUCT)
  return answerOne(call, 'product', 200, (request) => {
    const { product_name: name = product.name, display = product.display, selling = product.selling } = request
    const price = request.price === undefined ? product.price : Number(request.price)
    if (typeof name !== 'string' || name === '') return fault(422, 'product_name is not valid')
    if (!isFlag(display) || !isFlag(selling)) return fault(422, 'display and selling must be T or F')
    if (!Number.isFinite(price) || price < 0) return fault(422, 'price is not valid')
    Object.assign(product, { name, price, display, selling, updatedAt: call.now })
    tellProductNotice(world, product, call.now)
    return summary(product)
  })
}

function findProducts({ shelf }: World, call: Call) {
  const [nos, codes, customs] = ['product_no', 'product_code', 'custom_product_code'].map((name) => listOf(call, name))
  for (const list of [nos, codes, customs]) if (isFault(list)) return list
  const [byNo, byCode, byCustom] = [nos, codes, customs] as (string[] | null)[]
  const named = byNo?.map((no) => shelf.productByNo.get(no)) ?? byCode?.map((code) => shelf.productByCode.get(code))
  const candidates = named?.filter((product) => product !== undefined) ?? shelf.products
  if (!byCode && !byCustom) return candidates
  return candidates.filter(
    ({ code, customCode }) => (byCode ?? [code]).includes(code) && (byCustom ?? [customCode]).includes(customCode),
  )
}

function summary(product: Product): Body {
  return {
    shop_no: 1,
    product_no: product.no,
    product_code: product.code,
    custom_product_code: product.customCode,
    product_name: product.name,
    price: money(product.price),
    retail_price: money(0),
    supply_price: money(0),
    display: product.display,
    selling: product.selling,
    created_date: tellTime(product.createdAt),
    updated_date: tellTime(product.updatedAt),
    sold_out: product.variants.every(({ useInventory, quantity }) => useInventory === 'T' && quantity <= 0) ? 'T' : 'F',
  }
}

function embedded(call: Call, product: Product): Body {
  const wanted = embeds(call)
  if (!wanted.has('variants') && !wanted.has('inventories')) return {}
  return { variants: product.variants.map((variant) => variantRow(variant, wanted.has('inventories'))) }
}
