import { expect, test } from 'vitest'
import { type Client, DAY, type Listed, openClient, type Row, single } from './contract-client.ts'

const put = (client: Client, { goodsNo }: Listed, stock: unknown) =>
  client.send('PUT', `/item/v1/goods/${goodsNo}/stock`, { stock }).body
const sellStatus = (client: Client, { goodsNo }: Listed) =>
  client.send('GET', `/item/v1/goods/${goodsNo}/sell-status`).body
const stocks = (client: Client, { iac, gmkt }: Listed) => [client.stockOf(iac), client.stockOf(gmkt)]

const selling = (gmkt: boolean, iac: boolean, stock = 5) => ({
  isSell: { gmkt, iac },
  itemBasicInfo: {
    price: { gmkt: 9_900, iac: 9_900 },
    stock: { gmkt: stock, iac: stock },
    sellingPeriod: { gmkt: 0, iac: 0 },
  },
})
const sell = (client: Client, { goodsNo }: Listed, body: Row) =>
  client.send('PUT', `/item/v1/goods/${goodsNo}/sell-status`, body).body

test('one write sets both sites, and the answer names each', () => {
  const client = openClient()
  const [goods] = client.seed(3)
  expect(put(client, goods!, { gmkt: 5, iac: 6 })).toEqual({
    resultCode: 0,
    message: '[IAC] 성공 / [GMKT] 성공',
    goodsNo: Number(goods!.goodsNo),
  })
  expect(stocks(client, goods!)).toEqual([6, 5])
})

test('a site the write does not name is left alone', () => {
  const client = openClient()
  const [goods] = client.seed(3)
  expect(put(client, goods!, { gmkt: 5 }).message).toBe('[GMKT] 성공')
  expect(stocks(client, goods!)).toEqual([3, 5])
  expect(put(client, goods!, {}).resultCode).toBe(1000)
})

test('the two sites sell one product from two numbers', () => {
  const client = openClient()
  const [goods] = client.seed(3)
  client.buy(goods!.iac)
  expect(stocks(client, goods!)).toEqual([2, 3])
})

test('zero is refused, as is less, more than 99999, and no number; 1 and 99999 are taken', () => {
  const client = openClient()
  const [goods] = client.seed(3)
  for (const units of [0, -1, 100_000, 1.5, 'x']) {
    expect(put(client, goods!, { gmkt: units, iac: units })).toMatchObject({ resultCode: 1000, data: null })
  }
  expect(put(client, goods!, { gmkt: 100_000 }).message).toBe('[GMKT] 재고는 99999개 이하이어야 합니다.')
  expect(stocks(client, goods!)).toEqual([3, 3])
  expect(put(client, goods!, { gmkt: 1, iac: 99_999 }).resultCode).toBe(0)
})

test('when one site takes a write and the other does not, code 0 says so in the message only', () => {
  const client = openClient()
  const [goods] = client.seed(3)
  const answer = put(client, goods!, { gmkt: 0, iac: 9 })
  expect([answer.resultCode, answer.message]).toEqual([0, '[IAC] 성공 / [GMKT] 재고는 1개 이상이어야 합니다.'])
  expect(stocks(client, goods!)).toEqual([9, 3])

  client.market.switches.partialWrite = 'code_1000'
  expect(put(client, goods!, { gmkt: 0, iac: 8 }).resultCode).toBe(1000)
  expect(stocks(client, goods!)).toEqual([8, 3])
  client.market.switches.partialWrite = 'refused_whole'
  expect(put(client, goods!, { gmkt: 0, iac: 7 }).resultCode).toBe(1000)
  expect(stocks(client, goods!)).toEqual([8, 3])
})

test('a site may fail by itself', () => {
  const client = openClient({ oneSiteFails: 0.5 })
  const [goods] = client.seed(3)
  const messages = Array.from({ length: 40 }, (_, at) => put(client, goods!, { gmkt: at + 1, iac: at + 1 }).message)
  expect(messages).toContain('[IAC] 성공 / [GMKT] 일시적인 오류로 처리하지 못했습니다.')
  expect(messages).toContain('[IAC] 일시적인 오류로 처리하지 못했습니다. / [GMKT] 성공')
})

test('an unknown product is refused', () => {
  expect(put(openClient(), { goodsNo: '4800000099', iac: '', gmkt: '' }, { gmkt: 5 })).toEqual({
    resultCode: 1000,
    message: '해당 판매자의 상품이 아닙니다.',
    data: null,
  })
})

test('sold out is a stop and not a zero: a stopped site sells nothing and keeps its number', () => {
  const client = openClient()
  const [goods] = client.seed(3)
  expect(sell(client, goods!, selling(false, true))).toEqual({
    goodsNo: Number(goods!.goodsNo),
    resultCode: 0,
    message: null,
  })
  expect(() => client.buy(goods!.gmkt)).toThrow('sold out')
  expect(client.buy(goods!.iac)).toHaveLength(1)
  expect(sellStatus(client, goods!).IsSell).toEqual({ gmkt: false, iac: true })
  expect(client.stockOf(goods!.gmkt)).toBe(3)
})

test('selling again takes price and stock along, as the new numbers', () => {
  const client = openClient()
  const [goods] = client.seed(3)
  sell(client, goods!, selling(false, false))
  sell(client, goods!, selling(true, true, 8))
  expect(stocks(client, goods!)).toEqual([8, 8])
  expect(client.buy(goods!.gmkt)).toHaveLength(1)
})

test('the sell status is read in mixed case, with decimals, and the sold number may be 0', () => {
  const client = openClient()
  const [goods] = client.seed(1)
  client.buy(goods!.gmkt)
  const { text } = client.send('GET', `/item/v1/goods/${goods!.goodsNo}/sell-status`)
  expect(text).toBe(
    '{"IsSell":{"gmkt":true,"iac":true},"itemBasicInfo":{"Price":{"gmkt":9900.0,"iac":9900.0},' +
      '"Stock":{"gmkt":0,"iac":1},"SellingPeriod":{"gmkt":99991231,"iac":99991231}}}',
  )
})

test('a sell status needs every block and both sites', () => {
  const client = openClient()
  const [goods] = client.seed(3)
  const whole = selling(false, false)
  expect(sell(client, goods!, { isSell: whole.isSell }).resultCode).toBe(1000)
  expect(sell(client, goods!, { ...whole, isSell: { gmkt: false } }).resultCode).toBe(1000)
  expect(sellStatus(client, goods!).IsSell).toEqual({ gmkt: true, iac: true })
})

test('price 0 is refused for a site the product is on, and so is stock 0', () => {
  const client = openClient()
  const [goods] = client.seed(3)
  const body = selling(true, true, 0)
  expect(sell(client, goods!, body).message).toContain('재고는 1개 이상')
  body.itemBasicInfo.price = { gmkt: 0, iac: 0 }
  expect(sell(client, goods!, body).message).toContain('0원 금액은 입력하실 수 없습니다')
})

test('whether a stop may carry zeros for a listed site is a switch', () => {
  const zeros = selling(false, false, 0)
  zeros.itemBasicInfo.price = { gmkt: 0, iac: 0 }
  for (const [stopWithZeros, code] of [
    ['refused', 1000],
    ['taken', 0],
  ] as const) {
    const client = openClient({ stopWithZeros })
    const [goods] = client.seed(3)
    expect(sell(client, goods!, zeros).resultCode).toBe(code)
  }
})

test('a site the product is not on takes false and zeros, and nothing else', () => {
  const client = openClient({}, { sites: ['gmkt'] })
  const rows = client.market.doors.seedProducts([single('SKU-1', 3)], client.now)
  expect(rows).toHaveLength(1)
  const goods = { goodsNo: rows[0]!.unit, gmkt: rows[0]!.item, iac: '' }
  const body = selling(true, false, 7)
  body.itemBasicInfo = {
    price: { gmkt: 9_900, iac: 0 },
    stock: { gmkt: 7, iac: 0 },
    sellingPeriod: { gmkt: 0, iac: 0 },
  }
  expect(sell(client, goods, body).resultCode).toBe(0)
  expect(put(client, goods, { gmkt: 8, iac: 0 }).message).toBe('[GMKT] 성공')
  expect(put(client, goods, { iac: 8 }).resultCode).toBe(1000)
  expect(client.stockOf(goods.gmkt)).toBe(8)
})

test('while stopped a stock write is answered as success and ignored; or refused, or applied, by switch', () => {
  const client = openClient()
  const [goods] = client.seed(3)
  sell(client, goods!, selling(false, true))
  const write = () => put(client, goods!, { gmkt: 9, iac: 9 }).message
  expect([write(), stocks(client, goods!)]).toEqual(['[IAC] 성공 / [GMKT] 성공', [9, 3]])
  client.market.switches.whileStopped = 'refused'
  expect(write()).toBe('[IAC] 성공 / [GMKT] 판매중지 상품은 수정할 수 없습니다.')
  client.market.switches.whileStopped = 'applied'
  expect([write(), stocks(client, goods!)]).toEqual(['[IAC] 성공 / [GMKT] 성공', [9, 9]])
})

test('one month stopped is deleted, and selling it again comes too late', () => {
  const client = openClient()
  const [goods] = client.seed(3)
  sell(client, goods!, selling(false, false))
  client.now += 30 * DAY - 1
  expect(sellStatus(client, goods!).IsSell).toBeDefined()
  client.now += 1
  expect(sell(client, goods!, selling(true, true)).resultCode).toBe(1000)
})

test('whether the last sale stops the listing is a switch', () => {
  for (const [soldOutStops, status] of [
    [false, true],
    [true, false],
  ] as const) {
    const client = openClient({ soldOutStops })
    const [goods] = client.seed(1)
    client.buy(goods!.gmkt)
    expect(sellStatus(client, goods!).IsSell).toEqual({ gmkt: status, iac: true })
    expect(() => client.buy(goods!.gmkt)).toThrow('sold out')
    put(client, goods!, { gmkt: 4 })
    expect(client.stockOf(goods!.gmkt)).toBe(soldOutStops ? 0 : 4)
  }
})

test('a price moves in steps of 10 won and only while selling', () => {
  const client = openClient()
  const [goods] = client.seed(3)
  const path = `/item/v1/goods/${goods!.goodsNo}/price`
  expect(client.send('PUT', path, { gmkt: 9_905 }).body.message).toContain('1원단위는 입력하실 수 없습니다')
  expect(client.send('PUT', path, { gmkt: 8_000 }).body.message).toBe('[GMKT] 성공')
  sell(client, goods!, selling(true, false))
  client.send('PUT', path, { iac: 7_000 })
  expect(client.send('GET', path).body).toEqual({ gmkt: 9_900, iac: 9_900 })
})

test('a purchase that finds one item sold out takes nothing of the others', () => {
  const client = openClient()
  const [plenty, none] = client.seed(5, 0)
  expect(() => client.buy(plenty!.gmkt, none!.gmkt)).toThrow('sold out')
  expect([client.stockOf(plenty!.gmkt), client.market.doors.truth().lines]).toEqual([5, []])
})

test('a lost write says success and changes nothing; a slow one shows later, over newer ones', () => {
  const client = openClient()
  const [goods] = client.seed(3)
  client.faults.lostWrite = 1
  expect(put(client, goods!, { gmkt: 9 }).resultCode).toBe(0)
  expect(client.stockOf(goods!.gmkt)).toBe(3)
  Object.assign(client.faults, { lostWrite: 0, slowApply: 1, slowApplyMs: 5_000 })
  put(client, goods!, { gmkt: 9 })
  client.faults.slowApply = 0
  put(client, goods!, { gmkt: 4 })
  expect(client.stockOf(goods!.gmkt)).toBe(4)
  client.now += 5_000
  sellStatus(client, goods!)
  expect(client.stockOf(goods!.gmkt)).toBe(9)
})

test('a stop can be lost like any write', () => {
  const client = openClient()
  const [goods] = client.seed(3)
  client.faults.lostWrite = 1
  expect(sell(client, goods!, selling(false, false)).resultCode).toBe(0)
  expect(sellStatus(client, goods!).IsSell).toEqual({ gmkt: true, iac: true })
})

test('history tells every change with its cause, from a number on, at most so many', () => {
  const client = openClient()
  const [goods] = client.seed(3)
  client.buy(goods!.gmkt)
  put(client, goods!, { gmkt: 9 })
  put(client, goods!, { gmkt: 9 })
  client.market.doors.edit(goods!.gmkt, 5, client.now)
  const rows = client.market.doors.history(0, 100).map(({ seq, from, to, cause }) => [seq, from, to, cause])
  expect(rows).toEqual([
    [1, 0, 3, 'seed'],
    [2, 0, 3, 'seed'],
    [3, 3, 2, 'sale'],
    [4, 2, 9, 'write'],
    [5, 9, 5, 'edit'],
  ])
  expect(client.market.doors.history(4, 1).map(({ seq }) => seq)).toEqual([4])
})

test('a hand at the marketplace may set any number up to 99999, and nothing unknown', () => {
  const client = openClient()
  const [goods] = client.seed(3)
  const { edit } = client.market.doors
  expect([
    edit(goods!.iac, 0, client.now),
    edit('nothing', 1, client.now),
    edit(goods!.iac, 100_000, client.now),
  ]).toEqual([true, false, false])
  client.faults.humanEdit = 1
  for (let at = 0; at < 5; at++) sellStatus(client, goods!)
  expect(client.market.doors.history(0, 100).filter(({ cause }) => cause === 'edit').length).toBeGreaterThan(1)
})
