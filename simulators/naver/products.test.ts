import { expect, test } from 'vitest'
import { stocked } from './client-for-tests.ts'
import type { NaverOptions } from './index.ts'

const read = (on: ReturnType<typeof stocked>, unit: string) =>
  on.signedIn('GET', `/v2/products/origin-products/${unit}`)
const rowsOf = (answer: ReturnType<typeof read>) =>
  answer.body.originProduct.detailAttribute.optionInfo.optionCombinations

function write(on: ReturnType<typeof stocked>, rows: object[], more: object = {}) {
  const body = { optionInfo: { useStockManagement: true, optionCombinations: rows }, ...more }
  return on.signedIn('PUT', `/v1/products/origin-products/${on.unit}/option-stock`, body)
}

test('a product read shows each option row under its number, and no product number', () => {
  const on = stocked()
  const answer = read(on, on.unit)
  expect(answer.body.originProduct).toMatchObject({ statusType: 'SALE', salePrice: 30_000, stockQuantity: 16 })
  expect(rowsOf(answer)).toEqual([
    { id: Number(on.red), optionName1: '빨강', stockQuantity: 10, price: 0, usable: true, sellerManagerCode: 'PAD-R' },
    {
      id: Number(on.blue),
      optionName1: '파랑',
      stockQuantity: 5,
      price: 1000,
      usable: true,
      sellerManagerCode: 'PAD-B',
    },
    { id: Number(on.black), optionName1: '검정', stockQuantity: 1, price: 0, usable: true, sellerManagerCode: 'PAD-K' },
  ])
  expect(JSON.stringify(answer.body)).not.toContain(on.unit)
})

test('a product without options has its stock and seller code at the top, and its unit is its item', () => {
  const on = stocked()
  expect(on.wiper).toBe(on.wiperUnit)
  const { originProduct } = read(on, on.wiperUnit).body
  expect(originProduct.stockQuantity).toBe(7)
  expect(originProduct.detailAttribute.sellerCodeInfo).toEqual({ sellerManagementCode: 'WIPER' })
  expect(originProduct.detailAttribute.optionInfo).toBeUndefined()
})

test('search finds by channel number, origin number and seller code, and the channel number reads the same product', () => {
  const on = stocked()
  const search = (body: object) => on.signedIn('POST', '/v1/products/search', body).body
  const all = search({})
  expect([all.totalElements, all.totalPages, all.first, all.last]).toEqual([2, 1, true, true])
  const [pad] = search({ searchKeywordType: 'PRODUCT_NO', originProductNos: [Number(on.unit)] }).contents
  const { channelProductNo, ...hit } = pad.channelProducts[0]
  expect(hit).toMatchObject({
    channelServiceType: 'STOREFARM',
    statusType: 'SALE',
    stockQuantity: 16,
    salePrice: 30_000,
  })
  const byChannel = search({ searchKeywordType: 'CHANNEL_PRODUCT_NO', channelProductNos: [channelProductNo] })
  expect(byChannel.contents[0].originProductNo).toBe(Number(on.unit))
  expect(on.signedIn('GET', `/v2/products/channel-products/${channelProductNo}`).body).toEqual(read(on, on.unit).body)
  const byCode = search({ searchKeywordType: 'SELLER_CODE', sellerManagementCode: 'WIPER' })
  expect(byCode.contents.map((row) => row.originProductNo)).toEqual([Number(on.wiperUnit)])
})

test('search heeds the statuses asked for, a list of them or one as text', () => {
  const on = stocked()
  on.signedIn('PUT', `/v1/products/origin-products/${on.unit}/change-status`, { statusType: 'SUSPENSION' })
  const found = (productStatusTypes: unknown) =>
    on
      .signedIn('POST', '/v1/products/search', { productStatusTypes })
      .body.contents.map(({ originProductNo }) => String(originProductNo))
  expect(found(['SALE', 'SUSPENSION'])).toEqual([on.unit, on.wiperUnit])
  expect(found(['SALE'])).toEqual([on.wiperUnit])
  expect(found('SALE')).toEqual([on.wiperUnit])
})

test('search pages from 1 and refuses a size above 500', () => {
  const on = stocked()
  const second = on.signedIn('POST', '/v1/products/search', { page: 2, size: 1 }).body
  expect([second.contents.length, second.first, second.last, second.totalPages]).toEqual([1, false, true, 2])
  expect(on.signedIn('POST', '/v1/products/search', { size: 501 }).status).toBe(400)
})

test('an option-stock write sets absolute numbers and answers the whole product', () => {
  const on = stocked()
  const answer = write(on, [
    { id: Number(on.red), stockQuantity: 3, price: 0, usable: true },
    { id: Number(on.blue), stockQuantity: 0, price: 1000, usable: true },
    { id: Number(on.black), stockQuantity: 2, price: 0, usable: true },
  ])
  expect([answer.status, answer.body.originProduct.stockQuantity]).toEqual([200, 5])
  expect(answer.body).toEqual(read(on, on.unit).body)
  expect([on.stockOf(on.red), on.stockOf(on.blue), on.stockOf(on.black)]).toEqual([3, 0, 2])
})

test('what a row leaves out is zeroed, not left alone: stock 0, surcharge 0, usable again', () => {
  const on = stocked()
  write(on, [{ id: Number(on.blue), stockQuantity: 5, price: 1000, usable: false }])
  expect(rowsOf(read(on, on.unit))[1]).toMatchObject({ price: 1000, usable: false })
  write(on, [{ id: Number(on.blue) }])
  expect(rowsOf(read(on, on.unit))[1]).toMatchObject({ stockQuantity: 0, price: 0, usable: true })
})

test.each<[NaverOptions['unlistedOptionRows'], number[]]>([
  ['unchanged', [3, 5, 1]],
  ['zeroed', [3, 0, 0]],
])('rows a write does not list are %s, as the switch says', (unlistedOptionRows, expected) => {
  const on = stocked({ limits: 'off', unlistedOptionRows: unlistedOptionRows! })
  write(on, [{ id: Number(on.red), stockQuantity: 3, price: 0, usable: true }])
  expect([on.red, on.blue, on.black].map(on.stockOf)).toEqual(expected)
})

test('without useStockManagement every listed row shows 9,999', () => {
  const on = stocked()
  const body = { optionInfo: { optionCombinations: [{ id: Number(on.red), stockQuantity: 3 }] } }
  on.signedIn('PUT', `/v1/products/origin-products/${on.unit}/option-stock`, body)
  expect(on.stockOf(on.red)).toBe(9999)
})

test('a write may carry the sale price; without it the price stays', () => {
  const on = stocked()
  write(on, [], { productSalePrice: { salePrice: 25_000 } })
  write(on, [])
  expect(read(on, on.unit).body.originProduct.salePrice).toBe(25_000)
})

test.each<[string, (on: ReturnType<typeof stocked>) => object | string, string | null]>([
  ['no optionInfo', () => ({}), 'optionInfo'],
  ['no row list', () => ({ optionInfo: { useStockManagement: true } }), 'optionInfo.optionCombinations'],
  ['a row without id', () => rows({ stockQuantity: 1 }), 'optionInfo.optionCombinations[0].id'],
  ['a row of another product', () => rows({ id: 5, stockQuantity: 1 }), 'optionInfo.optionCombinations[0].id'],
  ['an id as text', ({ red }) => rows({ id: red, stockQuantity: 1 }), 'optionInfo.optionCombinations[0].id'],
  [
    'half a unit',
    ({ red }) => rows({ id: Number(red), stockQuantity: 0.5 }),
    'optionInfo.optionCombinations[0].stockQuantity',
  ],
  [
    'less than none',
    ({ red }) => rows({ id: Number(red), stockQuantity: -1 }),
    'optionInfo.optionCombinations[0].stockQuantity',
  ],
  [
    'too many',
    ({ red }) => rows({ id: Number(red), stockQuantity: 1e8 }),
    'optionInfo.optionCombinations[0].stockQuantity',
  ],
  ['broken JSON', () => '{"optionInfo":', null],
])('an option-stock write with %s is refused by the field and changes nothing', (_what, body, field) => {
  const on = stocked()
  const answer = on.signedIn('PUT', `/v1/products/origin-products/${on.unit}/option-stock`, body(on))
  expect([answer.status, answer.body.code]).toEqual([400, 'BAD_REQUEST'])
  expect(answer.body.invalidInputs?.[0].name ?? null).toBe(field)
  expect(on.naver.doors.history(0, 100).filter((change) => change.cause === 'write')).toEqual([])
})

const rows = (...list: object[]) => ({ optionInfo: { useStockManagement: true, optionCombinations: list } })

test('an unknown product is 404 in the product envelope', () => {
  const on = stocked()
  for (const path of ['/v2/products/origin-products/5', '/v2/products/channel-products/5']) {
    expect(on.signedIn('GET', path)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
  }
  expect(on.signedIn('PUT', '/v1/products/origin-products/5/option-stock', rows()).status).toBe(404)
})

test('nothing left means OUTOFSTOCK, and stock again means SALE', () => {
  const on = stocked()
  const zero = { stockQuantity: 0, price: 0, usable: true }
  const answer = write(
    on,
    [on.red, on.blue, on.black].map((item) => ({ id: Number(item), ...zero })),
  )
  expect(answer.body.originProduct.statusType).toBe('OUTOFSTOCK')
  expect(read(on, on.unit).body.originProduct.statusType).toBe('OUTOFSTOCK')
  write(on, [{ id: Number(on.red), ...zero, stockQuantity: 1 }])
  expect(read(on, on.unit).body.originProduct.statusType).toBe('SALE')
})

test('a seller may find that stock alone does not put a sold-out product back on sale', () => {
  const on = stocked({ limits: 'off', restockReopens: false })
  on.buy(on.wiper, 7)
  const body = { originProductNo: Number(on.wiper), multiUpdateTypes: ['STOCK'], stockQuantity: 3 }
  on.signedIn('PATCH', '/v1/products/origin-products/multi-update', { multiProductUpdateRequestVos: [body] })
  expect(read(on, on.wiper).body.originProduct).toMatchObject({ statusType: 'OUTOFSTOCK', stockQuantity: 3 })
  const sale = { statusType: 'SALE', stockQuantity: 3 }
  expect(on.signedIn('PUT', `/v1/products/origin-products/${on.wiper}/change-status`, sale).status).toBe(200)
  expect(read(on, on.wiper).body.originProduct.statusType).toBe('SALE')
})

test('status changes only along the allowed ways', () => {
  const on = stocked()
  const path = `/v1/products/origin-products/${on.wiper}/change-status`
  const change = (statusType: string, more: object = {}) => on.signedIn('PUT', path, { statusType, ...more }).status
  const shown = () => {
    const { statusType, stockQuantity } = read(on, on.wiper).body.originProduct
    return [statusType, stockQuantity]
  }
  expect([change('SALE'), shown()]).toEqual([400, ['SALE', 7]])
  expect([change('SUSPENSION'), shown()]).toEqual([200, ['SUSPENSION', 7]])
  expect([change('OUTOFSTOCK'), shown()]).toEqual([400, ['SUSPENSION', 7]])
  expect([change('SALE'), shown()]).toEqual([200, ['SALE', 7]])
  expect([change('OUTOFSTOCK'), shown()]).toEqual([200, ['OUTOFSTOCK', 0]])
  expect([change('SALE'), shown()]).toEqual([400, ['OUTOFSTOCK', 0]])
  expect([change('SALE', { stockQuantity: 4 }), shown()]).toEqual([200, ['SALE', 4]])
  expect(change('NONSENSE')).toBe(400)
})

test('a suspended product stays suspended at 0 and sells nothing', () => {
  const on = stocked()
  on.signedIn('PUT', `/v1/products/origin-products/${on.unit}/change-status`, { statusType: 'SUSPENSION' })
  write(
    on,
    [on.red, on.blue, on.black].map((item) => ({ id: Number(item), stockQuantity: 0 })),
  )
  expect(read(on, on.unit).body.originProduct.statusType).toBe('SUSPENSION')
  write(on, [{ id: Number(on.red), stockQuantity: 5 }])
  expect(() => on.buy(on.red)).toThrow('sold out')
})

test('multi-update sets the stock of products without options; with options it fails alone inside a 200', () => {
  const on = stocked()
  const row = (no: string, stockQuantity: number) => ({
    originProductNo: Number(no),
    multiUpdateTypes: ['STOCK'],
    stockQuantity,
  })
  const patch = (...list: object[]) =>
    on.signedIn('PATCH', '/v1/products/origin-products/multi-update', { multiProductUpdateRequestVos: list })
  expect(patch(row(on.wiper, 4), row(on.unit, 4)).status).toBe(200)
  expect([on.wiper, on.red, on.blue, on.black].map(on.stockOf)).toEqual([4, 10, 5, 1])
  expect(patch(row(on.unit, 4)).status).toBe(400)
  expect(patch({ ...row(on.wiper, 1), stockQuantity: undefined }).body.invalidInputs[0].name).toBe(
    'multiProductUpdateRequestVos[0].stockQuantity',
  )
  expect(patch({ ...row(on.wiper, 1), multiUpdateTypes: ['NONSENSE'] }).status).toBe(400)
  expect(patch(row(on.wiper, 9), { ...row(on.wiper, 1), stockQuantity: -1 }).status).toBe(400)
  expect(on.stockOf(on.wiper)).toBe(4)
})

test('a lost write is answered with success, shows the asked numbers, and changes nothing', () => {
  const on = stocked()
  on.naver.faults.lostWrite = 1
  const answer = write(on, [{ id: Number(on.red), stockQuantity: 3, price: 0, usable: true }])
  expect([answer.status, rowsOf(answer)[0].stockQuantity]).toEqual([200, 3])
  expect(rowsOf(read(on, on.unit))[0].stockQuantity).toBe(10)
})

test('a write answer can be switched to show what is stored', () => {
  const on = stocked({ limits: 'off', writeAnswers: 'stored' })
  on.naver.faults.lostWrite = 1
  const answer = write(on, [{ id: Number(on.red), stockQuantity: 3, price: 0, usable: true }])
  expect(rowsOf(answer)[0].stockQuantity).toBe(10)
})

test('a slow write is applied at its time, over whatever was sold and written in between', () => {
  const on = stocked()
  Object.assign(on.naver.faults, { slowApply: 1, slowApplyMs: 5000 })
  write(on, [{ id: Number(on.red), stockQuantity: 3, price: 0, usable: true }])
  on.naver.faults.slowApply = 0
  write(on, [{ id: Number(on.red), stockQuantity: 8, price: 0, usable: true }])
  on.clock.now += 4999
  on.buy(on.red)
  expect(rowsOf(read(on, on.unit))[0].stockQuantity).toBe(7)
  on.clock.now += 1
  expect(rowsOf(read(on, on.unit))[0].stockQuantity).toBe(3)
})

test('a human edit leaves a number near the old one, and the history names its cause', () => {
  const on = stocked()
  on.naver.faults.humanEdit = 1
  for (let i = 0; i < 20; i++) read(on, on.unit)
  const edits = on.naver.doors.history(0, 100).filter((change) => change.cause === 'edit')
  expect(edits.length).toBeGreaterThan(5)
  for (const { from, to } of edits) expect(Math.abs(to - from)).toBeLessThanOrEqual(5)
})

test('the history tells every change of a number once, in order, from the sequence asked for', () => {
  const on = stocked()
  on.buy(on.red, 2)
  write(on, [{ id: Number(on.red), stockQuantity: 8, price: 0, usable: true }]) // the same number is no change
  write(on, [{ id: Number(on.red), stockQuantity: 4, price: 0, usable: true }])
  on.naver.doors.edit(on.wiper, 70, on.clock.now)
  const seen = on.naver.doors.history(5, 10)
  expect(seen).toMatchObject([
    { seq: 5, item: on.red, from: 10, to: 8, cause: 'sale' },
    { seq: 6, item: on.red, from: 8, to: 4, cause: 'write' },
    { seq: 7, item: on.wiper, from: 7, to: 70, cause: 'edit' },
  ])
  expect(on.naver.doors.history(6, 1)).toEqual([seen[1]])
})
