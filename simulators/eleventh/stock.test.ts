import { expect, test } from 'vitest'
import { type Answer, type Client, firstOf, openClient, type Row } from './contract-client.ts'

const rowsOf = (client: Client, prdNo: string) => client.get(`prodmarketservice/prodmarket/stck/${prdNo}`).rows

function put(client: Client, row: Row, quantity: string, change: Row = {}): Answer {
  const { prdNo, prdStckNo, stckQty }: Row = { ...row, stckQty: quantity, ...change }
  const body = `<?xml version="1.0" encoding="UTF-8"?><ProductStock><prdNo>${prdNo}</prdNo><prdStckNo>${prdStckNo}</prdStckNo><stckQty>${stckQty}</stckQty><optWght>0</optWght></ProductStock>`
  return client.send('PUT', `prodservices/stockqty/${row.prdStckNo}`, body)
}

/** A product with two options, and its stock rows. */
function withOptions(...switches: Parameters<typeof openClient>) {
  const client = openClient(...switches)
  const items = client.seed(3, 4)
  const prdNo = client.market.doors.truth().items[0]?.unit ?? ''
  return { client, items, prdNo, rows: rowsOf(client, prdNo) }
}

test('a product tells a row an option: numbers, state, the option’s name and the seller’s code', () => {
  const { rows, items, prdNo } = withOptions()
  expect(rows.map((row) => row.prdStckNo)).toEqual(items)
  expect(rows[1]).toMatchObject({
    prdNo,
    stckQty: '4',
    selQty: '0',
    prdStckStatCd: '01',
    mixDtlOptNm: '옵션1',
    sellerStockCd: 'SKU-1',
  })
})

test('a product without options is named by its own number and written by its one stock number', () => {
  const client = openClient()
  const prdNo = client.seedPlain(5)
  const row = firstOf(rowsOf(client, prdNo))
  expect([row.prdNo, row.mixDtlOptNm, row.stckQty]).toEqual([prdNo, '', '5'])
  expect(row.prdStckNo).not.toBe(prdNo)
  expect(put(client, row, '6').code).toBe('200')
  expect(client.stock(prdNo)).toBe(6)
  expect(client.buy(prdNo)).not.toBe('sold_out')
})

test('a quantity is set absolutely, answers its stock number and 200 in the body, and is read back', () => {
  const { client, rows, prdNo } = withOptions()
  client.buy(rows[0]?.prdStckNo ?? '')
  const answer = put(client, firstOf(rows), '7')
  expect([answer.status, answer.code]).toEqual([200, '200'])
  expect(answer.text).toContain(`<productNo>${rows[0]?.prdStckNo}</productNo>`)
  expect(answer.says).toBe(
    `옵션재고 번호 ${rows[0]?.prdStckNo}(상품번호:${prdNo})의 수량이 업데이트 되었습니다. 변경된 수량 : 7`,
  )
  expect(rowsOf(client, prdNo).map((row) => [row.stckQty, row.selQty])).toEqual([
    ['7', '1'],
    ['4', '0'],
  ])
})

test('an unknown number is 404, a broken body 400, both inside HTTP 200, and nothing changes', () => {
  const { client, rows, items } = withOptions()
  const row = firstOf(rows)
  expect(put(client, { ...row, prdStckNo: '1' }, '7').code).toBe('404')
  expect(put(client, row, '7', { prdNo: '9105999999' }).code).toBe('404')
  for (const quantity of ['-1', '1.5', '', 'null', '1e3', '10000000000']) {
    const answer = put(client, row, quantity)
    expect([answer.status, answer.code]).toEqual([200, '400'])
  }
  expect(put(client, row, '7', { prdStckNo: rows[1]?.prdStckNo ?? '' }).code).toBe('400')
  expect(items.map(client.stock)).toEqual([3, 4])
})

test('zero turns an option 02 and a number above it 01 again; where zero is refused, it is 500', () => {
  const { client, rows, prdNo } = withOptions()
  const state = () => rowsOf(client, prdNo)[0]?.prdStckStatCd
  put(client, firstOf(rows), '0')
  expect([state(), client.buy(rows[0]?.prdStckNo ?? '')]).toEqual(['02', 'sold_out'])
  put(client, firstOf(rows), '2')
  expect(state()).toBe('01')
  client.market.switches.zeroStock = 'refused'
  expect([put(client, firstOf(rows), '0').code, client.stock(rows[0]?.prdStckNo ?? '')]).toEqual(['500', 2])
})

test('many products are read at once; unknown ones are missing; the wrapper may be refused', () => {
  const client = openClient()
  const [first, second] = [client.seedPlain(1), client.seedPlain(2)]
  const wrapped = (...numbers: string[]) =>
    `<ProductStocks>${numbers.map((prdNo) => `<ProductStock><prdNo>${prdNo}</prdNo></ProductStock>`).join('')}</ProductStocks>`
  const post = (body: string) => client.send('POST', 'prodmarketservice/prodmarket/stocks', body)
  expect(post(wrapped(second, '1', first)).rows.map((row) => [row.prdNo, row.stckQty])).toEqual([
    [second, '2'],
    [first, '1'],
  ])
  client.market.switches.stocksWrapper = 'refused'
  expect(post(wrapped(first)).code).toBe('-1')
  expect(post(`<prdNo>${first}</prdNo>`).rows.length).toBe(1)
})

test('a sale takes stock, the last unit is sold once, and a set puts sold units back on the shelf', () => {
  const client = openClient()
  const [item = ''] = client.seed(1)
  client.buy(item)
  expect(client.buy(item)).toBe('sold_out')
  const prdNo = client.market.doors.truth().items[0]?.unit ?? ''
  put(client, firstOf(rowsOf(client, prdNo)), '1')
  expect(client.buy(item)).not.toBe('sold_out')
})

test('a purchase that finds one item sold out takes nothing of the others', () => {
  const client = openClient()
  const [plenty = '', none = ''] = client.seed(5, 0)
  expect(client.buy(plenty, none)).toBe('sold_out')
  expect([client.stock(plenty), client.market.doors.truth().lines]).toEqual([5, []])
})

test('a stopped product sells nothing, keeps its numbers, and is told as 105', () => {
  const { client, items, prdNo } = withOptions()
  const state = () => client.get(`prodmarketservice/prodmarket/${prdNo}`).text
  const stop = client.send('PUT', `prodstatservice/stat/stopdisplay/${prdNo}`)
  expect([stop.code, stop.says]).toEqual(['200', '판매상태가 수정되었습니다. [STAT : 105]'])
  expect([client.buy(items[0] ?? ''), client.stock(items[0] ?? '')]).toEqual(['sold_out', 3])
  expect(state()).toContain('<selStatCd>105</selStatCd>')
  expect(client.send('PUT', `prodstatservice/stat/restartdisplay/${prdNo}`).says).toContain('[STAT : 103]')
  expect(client.buy(items[0] ?? '')).not.toBe('sold_out')
  expect(client.send('PUT', 'prodstatservice/stat/stopdisplay/1').code).toBe('500')
})

test('products are found by their own code and not by an option’s, and searched by state', () => {
  const client = openClient()
  client.seed(3)
  const plain = client.seedPlain(0)
  const found = (code: string) => client.get(`prodmarketservice/sellerprodcode/${code}`).rows
  expect(found('SKU-0').map((row) => [row.prdNo, row.selStatCd, row.prdNm])).toEqual([
    [plain, '104', '브레이크 패드 <앞>'],
  ])
  const search = (inside: string) =>
    client.send('POST', 'prodmarketservice/prodmarket', `<SearchProduct>${inside}</SearchProduct>`)
  expect(search('<selStatCd>103</selStatCd><limit>10</limit>').rows.length).toBe(1)
  expect(search('<limit>1</limit><start>1</start>').rows.map((row) => row.prdNo)).toEqual([plain])
  expect(search('<limit>501</limit>').code).toBe('-1')
})

test('a GET changes the price and tells the one before', () => {
  const client = openClient()
  const prdNo = client.seedPlain(1)
  const answer = client.get(`prodservices/product/price/${prdNo}/12000`)
  expect([answer.code, answer.text]).toEqual(['200', expect.stringContaining('<preSelPrc>9900</preSelPrc>')])
  expect(client.get(`prodmarketservice/prodmarket/${prdNo}`).text).toContain('<selPrc>12000</selPrc>')
  expect(client.get(`prodservices/product/price/${prdNo}/12005`).code).toBe('500')
})

test('saving options replaces them all: what is missing is gone, what stays may get a new stock number', () => {
  const body =
    '<Product><ProductOption><colValue0>옵션1</colValue0><colCount>9</colCount><colSellerStockCd>SKU-1</colSellerStockCd></ProductOption></Product>'
  const kept = withOptions()
  const renewed = withOptions({ optionSave: 'numbers_renewed' })
  for (const { client, prdNo, items } of [kept, renewed]) {
    expect(client.send('POST', `prodservices/updateProductOption/${prdNo}`, body).code).toBe('200')
    const rows = rowsOf(client, prdNo)
    expect(rows.map((row) => [row.mixDtlOptNm, row.stckQty])).toEqual([['옵션1', '9']])
    expect(rows[0]?.prdStckNo === items[1]).toBe(client === kept.client)
  }
  expect(put(renewed.client, renewed.rows[1] ?? {}, '5').code).toBe('404')
})

test('a lost write says success and changes nothing', () => {
  const { client, rows, items } = withOptions()
  client.faults.lostWrite = 1
  expect([put(client, firstOf(rows), '9').code, client.stock(items[0] ?? '')]).toEqual(['200', 3])
})

test('a slow write says success and shows later, over newer writes', () => {
  const { client, rows, items } = withOptions()
  const stock = () => {
    client.get('ordservices/nothing')
    return client.stock(items[0] ?? '')
  }
  Object.assign(client.faults, { slowApply: 1, slowApplyMs: 5_000 })
  put(client, firstOf(rows), '9')
  client.faults.slowApply = 0
  put(client, firstOf(rows), '5')
  expect(stock()).toBe(5)
  client.now += 5_000
  expect(stock()).toBe(9)
})

test('history tells every change of a number with its cause, inclusive of where it starts, and is bounded', () => {
  const { client, rows, items } = withOptions()
  const [item = ''] = items
  client.buy(item)
  put(client, firstOf(rows), '9')
  put(client, firstOf(rows), '9')
  expect(client.market.doors.edit(item, 5, client.now)).toBe(true)
  expect(client.market.doors.edit('nothing', 5, client.now)).toBe(false)
  expect(client.market.doors.history(3, 100).map(({ seq, from, to, cause }) => [seq, from, to, cause])).toEqual([
    [3, 3, 2, 'sale'],
    [4, 2, 9, 'write'],
    [5, 9, 5, 'edit'],
  ])
  expect(client.market.doors.history(4, 1).map((row) => row.seq)).toEqual([4])
})

test('a human edit changes some number at some call', () => {
  const { client, prdNo } = withOptions()
  client.faults.humanEdit = 1
  for (let i = 0; i < 5; i++) rowsOf(client, prdNo)
  expect(client.market.doors.history(0, 100).some((row) => row.cause === 'edit')).toBe(true)
})

test('a product is registered with its numbers, and the 501st of a Korean day is 400', () => {
  const client = openClient()
  const register = (more: string) =>
    client.send(
      'POST',
      'prodservices/product',
      `<Product><prdNm>필터</prdNm><selPrc>5000</selPrc><sellerPrdCd>FLT</sellerPrdCd>${more}</Product>`,
    )
  expect([register('<prdSelQty>x</prdSelQty>').code, client.market.doors.truth().items]).toEqual(['500', []])
  const prdNo = /<productNo>(\d+)</.exec(register('<prdSelQty>7</prdSelQty>').text)?.[1] ?? ''
  expect(client.stock(prdNo)).toBe(7)
  expect(client.get('prodmarketservice/sellerprodcode/FLT').rows.map((row) => row.prdNo)).toEqual([prdNo])
  const option = '<ProductOption><colValue0>대</colValue0><colCount>3</colCount></ProductOption>'
  for (let i = 0; i < 499; i++) expect(register(option).code).toBe('200')
  expect(register(option).code).toBe('400')
  client.now += 15 * 3_600_000
  expect(register(option).code).toBe('200')
})
