import { listSays, messageSays } from './envelopes.ts'
import { isStock, type Product, seedProduct } from './items.ts'
import { NO_SUCH_PRODUCT, optionsIn } from './stock.ts'
import { tellDay, tellTime } from './times.ts'
import type { Call, World } from './world.ts'
import { element, type Field, fields, NAMESPACE, textOf } from './xml.ts'

const MOST_LISTED = 500

/** POST prodmarketservice/prodmarket: search by number, state and place, at most 500 rows. */
export function searchProducts(world: World, call: Call): string {
  const wanted = (name: string) => textOf(call.body, name)
  const limit = Number(wanted('limit') || 'x')
  const start = Number(wanted('start') || '0')
  const end = Number(wanted('end') || String(Number.MAX_SAFE_INTEGER))
  if (!(limit >= 1 && limit <= MOST_LISTED) || !(start >= 0)) return listSays(-1, '조회 조건이 올바르지 않습니다.')
  const known = world.shelf.productByNo.get(wanted('prdNo'))
  const asked = wanted('prdNo') === '' ? world.shelf.products : known === undefined ? [] : [known]
  const state = wanted('selStatCd')
  const found = state === '' ? asked : asked.filter((product) => saleState(product) === state)
  return productsAnswer(found.slice(start, Math.min(end, start + limit)))
}

/** GET prodmarketservice/sellerprodcode/{code}: the product's own code, not an option's. */
export function findByCode(world: World, call: Call): string {
  return productsAnswer(world.shelf.productsByCode.get(call.parts[0] ?? '') ?? [])
}

function productsAnswer(products: readonly Product[]): string {
  const rows = products.map((product) => element('ns2:product', fields(productFields(product))))
  return `<ns2:products xmlns:ns2="${NAMESPACE}">${rows.join('')}</ns2:products>`
}

/** GET prodmarketservice/prodmarket/{prdNo} */
export function getProduct(world: World, call: Call): string {
  const product = world.shelf.productByNo.get(call.parts[0] ?? '')
  return product === undefined
    ? messageSays(500, NO_SUCH_PRODUCT + (call.parts[0] ?? ''))
    : element('Product', fields(productFields(product)))
}

function productFields(product: Product): Field[] {
  const state = saleState(product)
  return [
    ['cuponcheck', 'N'],
    ['dispCtgrNo', '1011634'],
    ['prdNm', product.name],
    ['prdNo', product.prdNo],
    ['selPrc', product.price],
    ['selStatCd', state],
    ['selStatNm', STATE_NAMES[state]],
    ['sellerPrdCd', product.sellerPrdCd],
    ['gblDlvYn', 'N'],
    ['aplBgnDy', tellTime(product.createdAt)],
    ['aplEndDy', '2999-12-31 23:59:59'],
  ]
}

const STATE_NAMES = { '103': '판매중', '104': '품절', '105': '전시중지' } as const

/** Sold out is told of the product once nothing of it is left; assumed. */
function saleState(product: Product): '103' | '104' | '105' {
  if (!product.displayed) return '105'
  return product.items.some((item) => item.stock > 0) ? '103' : '104'
}

/** PUT prodstatservice/stat/stopdisplay | restartdisplay /{prdNo}: the whole product; its numbers are kept. */
export function putDisplay(displayed: boolean) {
  return (world: World, call: Call): string => {
    const [prdNo = ''] = call.parts
    const product = world.shelf.productByNo.get(prdNo)
    if (product === undefined) return messageSays(500, NO_SUCH_PRODUCT + prdNo)
    product.displayed = displayed
    return messageSays(200, `판매상태가 수정되었습니다. [STAT : ${displayed ? '103' : '105'}]`)
  }
}

/** GET prodservices/product/price/{prdNo}/{price}: a GET that changes the price. */
export function changePrice(world: World, call: Call): string {
  const [prdNo = '', text = ''] = call.parts
  const product = world.shelf.productByNo.get(prdNo)
  const price = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (product === undefined || price < 10 || price % 10 !== 0) {
    return messageSays(
      500,
      `(상품번호:${prdNo})의 가격 업데이트 실패. MSG : 판매가는 10원 단위로 입력해야 합니다.`,
      prdNo,
    )
  }
  const before = product.price
  product.price = price
  return messageSays(200, `(상품번호:${prdNo})의 가격이 업데이트 되었습니다.`, prdNo, [['preSelPrc', before]])
}

const MOST_A_DAY = 500

/** POST prodservices/product: name, price and numbers alone; whatever else is sent is not looked at. */
export function registerProduct(world: World, call: Call): string {
  const { shelf } = world
  const text = (name: string) => textOf(call.body, name)
  const today = tellDay(call.now)
  if (shelf.registered.day !== today) shelf.registered = { day: today, count: 0 }
  if (shelf.registered.count >= MOST_A_DAY) return messageSays(400, '1일 상품등록 가능 건수(500건)를 초과하였습니다.')

  const [price, stock, options] = [Number(text('selPrc')), Number(text('prdSelQty')), optionsIn(call.body)]
  const isPlain = options?.length === 0
  if (text('prdNm') === '' || !(price >= 10) || options === null || (isPlain && !isStock(stock))) {
    return messageSays(500, '상품 등록 실패. MSG : 상품 정보가 올바르지 않습니다.')
  }
  const sold = isPlain
    ? [{ optionName: '', sellerCode: text('sellerPrdCd'), stock, surcharge: 0 }]
    : options.map(({ sellerStockCd, ...option }) => ({ ...option, sellerCode: sellerStockCd }))
  const rows = seedProduct(shelf, { name: text('prdNm'), price, options: sold }, call.now, text('sellerPrdCd'))
  shelf.registered.count += 1
  return messageSays(200, '상품이 등록되었습니다.', rows[0]?.unit)
}
