import { actLater } from '../due.ts'
import { listSays, messageSays } from './envelopes.ts'
import { addItem, changeStock, type Item, isStock, type Product, removeItem, renumber } from './items.ts'
import { type Call, happens, type World } from './world.ts'
import { element, fields, NAMESPACE, sectionsOf, textOf, textsOf } from './xml.ts'

/** PUT prodservices/stockqty/{prdStckNo}: one option, absolute, whatever was sold meanwhile. */
export function putStock(world: World, call: Call): string {
  const [prdStckNo = ''] = call.parts
  const [prdNo, named, text] = ['prdNo', 'prdStckNo', 'stckQty'].map((name) => textOf(call.body, name))
  const quantity = /^\d{1,9}$/.test(text ?? '') ? Number(text) : Number.NaN
  if (named !== prdStckNo || prdNo === '' || !isStock(quantity))
    return stockFailed(400, prdStckNo, prdNo, '잘못된 요청입니다.')
  const item = world.shelf.itemByStockNo.get(prdStckNo)
  if (item === undefined || item.product.prdNo !== prdNo) {
    return stockFailed(404, prdStckNo, prdNo, '해당 상품/재고 번호 없음.')
  }
  if (quantity === 0 && world.switches.zeroStock === 'refused') {
    return stockFailed(500, prdStckNo, prdNo, '재고수량은 1개 이상이어야 합니다.')
  }

  const { faults, due, shelf } = world
  const apply = (at: number) => changeStock(shelf, item, quantity, 'write', at)
  if (!happens(faults.lostWrite, call.random)) {
    if (happens(faults.slowApply, call.random)) actLater(due, call.now + faults.slowApplyMs, apply)
    else apply(call.now)
  }
  const told = `옵션재고 번호 ${prdStckNo}(상품번호:${prdNo})의 수량이 업데이트 되었습니다. 변경된 수량 : ${quantity}`
  return messageSays(200, told, prdStckNo)
}

function stockFailed(code: number, prdStckNo: string, prdNo: string | undefined, why: string): string {
  return messageSays(
    code,
    `옵션재고 번호 ${prdStckNo}(상품번호:${prdNo})의 수량 업데이트 실패. MSG : ${why}`,
    prdStckNo,
  )
}

/** GET prodmarketservice/prodmarket/stck/{prdNo} */
export function getStock(world: World, call: Call): string {
  const product = world.shelf.productByNo.get(call.parts[0] ?? '')
  return product === undefined
    ? listSays(-1, '재고 정보 조회 오류 MSG : 해당 상품의 정보를 찾을 수 없습니다.')
    : `<ns2:ProductStocks xmlns:ns2="${NAMESPACE}">${stocksOf(product)}</ns2:ProductStocks>`
}

/** POST prodmarketservice/prodmarket/stocks: the set of sets is called ProductStockss. Unknown products are missing. */
export function getStocks(world: World, call: Call): string {
  const isWrapped = sectionsOf(call.body, 'ProductStock').length > 0
  const wanted = textsOf(call.body, 'prdNo')
  if (wanted.length === 0 || (isWrapped && world.switches.stocksWrapper === 'refused')) {
    return listSays(-1, '재고 정보 조회 오류')
  }
  const products = wanted.flatMap((prdNo) => world.shelf.productByNo.get(prdNo) ?? [])
  const sets = products.map((product) => element('ns2:ProductStocks', stocksOf(product))).join('')
  const message = element('ns2:message', `${products.length} 건을 조회했습니다.`)
  return `<ns2:ProductStockss xmlns:ns2="${NAMESPACE}">${message}${sets}</ns2:ProductStockss>`
}

function stocksOf(product: Product): string {
  const rows = product.items.map((item) => element('ns2:ProductStock', fields(stockFields(item))))
  const about = fields([
    ['ns2:prdNm', product.name],
    ['ns2:prdNo', product.prdNo],
    ['ns2:sellerPrdCd', product.sellerPrdCd],
  ])
  return rows.join('') + about
}

function stockFields(item: Item): [string, string | number][] {
  const isOption = item.optionName !== ''
  return [
    ['addPrc', item.surcharge],
    ['mixDtlOptNm', item.optionName],
    ['mixOptNm', isOption ? '옵션' : ''],
    ['mixOptNo', isOption ? String(item.product.items.indexOf(item) + 1) : ''],
    ['optWght', 0],
    ['prdNo', item.product.prdNo],
    ['prdStckNo', item.prdStckNo],
    ['prdStckStatCd', item.stock > 0 ? '01' : '02'],
    ['selQty', item.sold],
    ['stckQty', item.stock],
    ['sellerStockCd', item.sellerStockCd],
  ]
}

/**
 * POST prodservices/updateProductOption/{prdNo}: the product's options are from now on the ones in the body, known by
 * their value; whatever is not in it is gone, and the others may come back under new stock numbers.
 */
export function saveOptions(world: World, call: Call): string {
  const { shelf } = world
  const [prdNo = ''] = call.parts
  const product = shelf.productByNo.get(prdNo)
  if (product === undefined) return messageSays(500, NO_SUCH_PRODUCT + prdNo, prdNo)
  const options = optionsIn(call.body)
  if (options === null || options.length === 0) {
    return messageSays(500, `(상품번호:${prdNo})의 옵션 수정 실패. MSG : 옵션 정보가 올바르지 않습니다.`, prdNo)
  }
  const names = new Set(options.map((option) => option.optionName))
  for (const item of product.items.filter((old) => !names.has(old.optionName))) removeItem(shelf, item)
  for (const { stock, ...option } of options) {
    const known = product.items.find((item) => item.optionName === option.optionName)
    const item = known ?? addItem(shelf, product, option)
    if (known !== undefined && world.switches.optionSave === 'numbers_renewed') renumber(shelf, known)
    changeStock(shelf, item, stock, 'write', call.now)
  }
  return messageSays(200, `(상품번호:${prdNo})의 옵션이 업데이트 되었습니다.`, prdNo)
}

/** Null when two have one value, or a number is none. */
export function optionsIn(body: string) {
  const options = sectionsOf(body, 'ProductOption').map((inside) => ({
    optionName: textOf(inside, 'colValue0'),
    sellerStockCd: textOf(inside, 'colSellerStockCd'),
    surcharge: Number(textOf(inside, 'colOptPrice') || '0'),
    stock: Number(textOf(inside, 'colCount')),
  }))
  const isSound = options.every(
    ({ optionName, stock, surcharge }) => optionName !== '' && isStock(stock) && Number.isInteger(surcharge),
  )
  return isSound && new Set(options.map((option) => option.optionName)).size === options.length ? options : null
}

export const NO_SUCH_PRODUCT = '해당 상품의 정보를 찾을 수 없습니다. 상품번호 : '
