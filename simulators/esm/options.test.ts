import { expect, test } from 'vitest'
import { type Client, firstOf, type Option, openClient, optioned, type Row, seedOne } from './contract-client.ts'

const path = (goodsNo: string) => `/item/v1/goods/${goodsNo}/recommended-options`
const read = (client: Client, goodsNo: string) => client.send('GET', path(goodsNo)).body.independent.details

/** One row of a write; by its words, as a page writes it. */
const row = (name: string, qty: number, more: Row = {}): Row => ({
  recommendedOptValueNo: 0,
  recommendedOptValue: { koreanText: name },
  isSoldOut: false,
  isDisplay: true,
  qty: { gmkt: qty, iac: qty },
  manageCode: `OPT-${'가나다라마'.indexOf(name) + 1}`,
  addAmnt: 0,
  ...more,
})
const write = (client: Client, goodsNo: string, details: Row[], more: Row = {}) =>
  client.send('PUT', path(goodsNo), { type: 1, isStockManage: true, independent: { details }, ...more }).body

function shop(...stocks: number[]) {
  const client = openClient()
  const options = seedOne(client, optioned(...stocks))
  return { client, options, goodsNo: options[0]!.goodsNo }
}

test('each option has a number a site, and its code', () => {
  const { client, goodsNo } = shop(3, 4)
  const [first, second] = read(client, goodsNo) as [Option, Option]
  expect(first).toMatchObject({
    recommendedOptValue: { koreanText: '가' },
    manageCode: 'OPT-1',
    qty: { gmkt: 3, iac: 3 },
    isSoldOut: false,
  })
  expect(second).toMatchObject({ manageCode: 'OPT-2', qty: { gmkt: 4, iac: 4 }, addAmnt: 1_000 })
})

test('a product with options takes no stock of its own; its number is the sum', () => {
  const { client, goodsNo, options } = shop(3, 4)
  const put = client.send('PUT', `/item/v1/goods/${goodsNo}/stock`, { stock: { gmkt: 9, iac: 9 } }).body
  expect(put.resultCode).toBe(1000)
  expect(client.send('GET', `/item/v1/goods/${goodsNo}/sell-status`).text).toContain('"Stock":{"gmkt":7,"iac":7}')
  expect(options.map(({ gmkt }) => client.stockOf(gmkt))).toEqual([3, 4])
})

test('a write sets both sites of every option', () => {
  const { client, goodsNo, options } = shop(3, 4)
  const details = [row('가', 8), row('나', 9, { qty: { gmkt: 10, iac: 11 } })]
  expect(write(client, goodsNo, details)).toEqual({ resultCode: 0, message: null, goodsNo: Number(goodsNo) })
  expect(options.map(({ gmkt, iac }) => [client.stockOf(gmkt), client.stockOf(iac)])).toEqual([
    [8, 8],
    [10, 11],
  ])
})

test('what was read can be written back, except a number sold down to 0', () => {
  const { client, goodsNo, options } = shop(1, 4)
  expect(write(client, goodsNo, read(client, goodsNo), { inputType: 1 }).resultCode).toBe(0)
  client.buy(options[0]!.gmkt)
  const answer = write(client, goodsNo, read(client, goodsNo), { inputType: 1 })
  expect([answer.resultCode, answer.message]).toEqual([1000, expect.stringContaining('1에서 99999 사이')])
})

test('an option is sold out by its flag, at both sites, and its number stays', () => {
  const { client, goodsNo, options } = shop(3, 4)
  write(client, goodsNo, [row('가', 3, { isSoldOut: true }), row('나', 4)])
  expect(() => client.buy(options[0]!.gmkt)).toThrow('sold out')
  expect(() => client.buy(options[0]!.iac)).toThrow('sold out')
  expect(client.stockOf(options[0]!.gmkt)).toBe(3)
  expect(client.buy(options[1]!.gmkt)).toHaveLength(1)
})

test('with inputType 1 an option is sold out at one site', () => {
  const { client, goodsNo, options } = shop(3, 4)
  const perSite = row('가', 3, { isSoldOutSite: { gmkt: true, iac: false } })
  write(client, goodsNo, [perSite, row('나', 4)], { inputType: 1 })
  expect(() => client.buy(options[0]!.gmkt)).toThrow('sold out')
  expect(client.buy(options[0]!.iac)).toHaveLength(1)
  expect(firstOf(read(client, goodsNo)).isSoldOutSite).toEqual({ gmkt: true, iac: false })
  write(client, goodsNo, [perSite, row('나', 4)])
  expect(client.buy(options[0]!.gmkt)).toHaveLength(1)
})

test('one option at least stays for sale at each site', () => {
  const { client, goodsNo, options } = shop(3, 4)
  const all = [row('가', 3, { isSoldOut: true }), row('나', 4, { isSoldOut: true })]
  expect(write(client, goodsNo, all)).toMatchObject({
    resultCode: 3000,
    message: '모든 옵션이 품절인 상태로 등록이 불가합니다',
  })
  const oneSite = ['가', '나'].map((name) => row(name, 3, { isSoldOutSite: { gmkt: true, iac: false } }))
  expect(write(client, goodsNo, oneSite, { inputType: 1 }).resultCode).toBe(3000)
  expect(client.buy(options[0]!.gmkt)).toHaveLength(1)
})

test('whether an option that is not displayed stays for sale is a switch', () => {
  const { client, goodsNo, options } = shop(3, 4)
  const details = [row('가', 3, { isDisplay: false }), row('나', 4, { isSoldOut: true })]
  expect(write(client, goodsNo, details).resultCode).toBe(0)
  expect(() => client.buy(options[0]!.gmkt)).toThrow('sold out')
  client.market.switches.hiddenStaysForSale = false
  expect(write(client, goodsNo, details).resultCode).toBe(3000)
})

test('a number of an option is 1 to 99999, also of one that is sold out', () => {
  const { client, goodsNo, options } = shop(3, 4)
  for (const qty of [0, -1, 100_000]) {
    expect(write(client, goodsNo, [row('가', qty, { isSoldOut: true }), row('나', 9)]).resultCode).toBe(1000)
  }
  expect(options.map(({ iac }) => client.stockOf(iac))).toEqual([3, 4])
})

test('options a write leaves out are gone, or kept, by switch', () => {
  const { client, goodsNo, options } = shop(3, 4)
  client.market.switches.unlistedOptions = 'kept'
  write(client, goodsNo, [row('가', 8)])
  expect(client.buy(options[1]!.gmkt)).toHaveLength(1)
  client.market.switches.unlistedOptions = 'removed'
  write(client, goodsNo, [row('가', 8)])
  expect(read(client, goodsNo)).toHaveLength(1)
  expect(() => client.buy(options[1]!.gmkt)).toThrow('sold out')
})

test('an option of a new name is added; an unknown number is refused, as is a code over 20 bytes', () => {
  const { client, goodsNo } = shop(3, 4)
  const known = [row('가', 3), row('나', 4)]
  expect(write(client, goodsNo, [...known, row('다', 5)]).resultCode).toBe(0)
  expect(read(client, goodsNo).map(({ manageCode }) => manageCode)).toEqual(['OPT-1', 'OPT-2', 'OPT-3'])
  expect(write(client, goodsNo, [row('가', 3, { optSeq: 5 })]).resultCode).toBe(3000)
  expect(write(client, goodsNo, [row('가', 3, { manageCode: '가나다라마바사' })]).resultCode).toBe(1000)
})

test('at most 50 single options, 500 combined ones', () => {
  const { client, goodsNo } = shop(3)
  const many = Array.from({ length: 51 }, (_, at) => row(`옵션${at}`, 3))
  expect(write(client, goodsNo, many).message).toContain('50개까지')
  const combined = { name: '이불', price: 50_000, options: many.map((_, at) => size(at)) }
  const [first] = seedOne(client, combined)
  const { details } = client.send('GET', path(first!.goodsNo)).body.combination
  expect(details).toHaveLength(51)
  expect(details[0]).toMatchObject({
    recommendedOptValue1: { koreanText: '검정' },
    recommendedOptValue2: { koreanText: '0' },
  })
  const put = { type: 2, isStockManage: true, inputType: 1, combination: { details } }
  expect(client.send('PUT', path(first!.goodsNo), put).body.resultCode).toBe(0)
})

const size = (at: number) => ({ optionName: `검정/${at}`, sellerCode: `BL-${at}`, stock: 9, surcharge: 0 })

test('an option sells from its own number', () => {
  const { client, options } = shop(1, 4)
  client.buy(options[0]!.gmkt)
  expect(() => client.buy(options[0]!.gmkt)).toThrow('sold out')
  expect(client.stockOf(options[0]!.iac)).toBe(1)
})

test('an option write to a stopped site is ignored there', () => {
  const { client, goodsNo, options } = shop(3, 4)
  const numbers = {
    price: { gmkt: 19_800, iac: 19_800 },
    stock: { gmkt: 1, iac: 1 },
    sellingPeriod: { gmkt: 0, iac: 0 },
  }
  const stop = { isSell: { gmkt: false, iac: true }, itemBasicInfo: numbers }
  expect(client.send('PUT', `/item/v1/goods/${goodsNo}/sell-status`, stop).body.resultCode).toBe(0)
  expect(write(client, goodsNo, [row('가', 8), row('나', 9)]).resultCode).toBe(0)
  expect([client.stockOf(options[0]!.gmkt), client.stockOf(options[0]!.iac)]).toEqual([3, 8])
})
