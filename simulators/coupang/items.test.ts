import { expect, test } from 'vitest'
import { type Client, firstOf, openClient, P, type Product } from './contract-client.ts'

const put = (client: Client, item: string, rest: string, query = '') =>
  client.send('PUT', `${P}/vendor-items/${item}/${rest}`, { query })

test('a quantity is set absolutely and read back', () => {
  const client = openClient()
  const [item = ''] = client.seed(3)
  expect(put(client, item, 'quantities/7').body).toEqual({
    code: 'SUCCESS',
    message: '재고 변경을 완료했습니다.',
    data: null,
  })
  expect(client.send('GET', `${P}/vendor-items/${item}/inventories`).body).toEqual({
    code: 'SUCCESS',
    message: '',
    data: { sellerItemId: Number(item), amountInStock: 7, salePrice: 9_900, onSale: true },
  })
})

test('a quantity that is no whole number, too large, or of an unknown item is a 400 and changes nothing', () => {
  const client = openClient()
  const [item = ''] = client.seed(3)
  for (const quantity of ['-1', '1.5', 'x', '100000', '1e3']) {
    expect(put(client, item, `quantities/${quantity}`).status).toBe(400)
  }
  expect(client.stock(item)).toBe(3)
  const unknown = put(client, '999', 'quantities/1')
  expect([unknown.status, unknown.body.message]).toEqual([
    400,
    expect.stringContaining("Object text must begin with '{'"),
  ])
})

test('a sale takes stock, the last unit is sold once, and a set puts sold units back on the shelf', () => {
  const client = openClient()
  const [item = ''] = client.seed(1)
  client.buy(item)
  expect(client.buy(item)).toBe('sold_out')
  put(client, item, 'quantities/1')
  expect(client.buy(item)).not.toBe('sold_out')
})

test('a purchase that finds one item sold out takes nothing of the others', () => {
  const client = openClient()
  const [plenty = '', none = ''] = client.seed(5, 0)
  expect(client.buy(plenty, none)).toBe('sold_out')
  expect([client.stock(plenty), client.market.doors.truth().lines]).toEqual([5, []])
})

test('a stopped item cannot be bought and keeps its quantity', () => {
  const client = openClient()
  const [item = ''] = client.seed(3)
  put(client, item, 'sales/stop')
  expect([client.buy(item), client.stock(item)]).toEqual(['sold_out', 3])
  put(client, item, 'sales/resume')
  expect(client.buy(item)).not.toBe('sold_out')
})

test('a price moves in steps of 10 won, by half or double at most unless forced', () => {
  const client = openClient()
  const [item = ''] = client.seed(3)
  const price = (rest: string, query = '') => put(client, item, rest, query).status
  expect([price('prices/9905'), price('prices/4940'), price('prices/19810')]).toEqual([400, 400, 400])
  expect([price('prices/19800'), price('prices/100', 'forceSalePriceUpdate=true')]).toEqual([200, 200])
})

test('a product tells its options with vendorItemId and the seller’s code; the list tells none', () => {
  const client = openClient()
  const [first, second] = client.seed(3, 4)
  const list = client.send<Product[]>('GET', `${P}/seller-products`, {
    query: 'vendorId=A01234567&maxPerPage=100',
  }).body
  const row = firstOf(list.data)
  expect([list.code, list.nextToken, list.data.length, row.items]).toEqual(['SUCCESS', '', 1, undefined])
  const product = client.send<Product>('GET', `${P}/seller-products/${row.sellerProductId}`).body.data
  expect(product.statusName).toBe('승인완료')
  expect(product.items?.map((option) => [String(option.vendorItemId), option.externalVendorSku])).toEqual([
    [first, 'SKU-0'],
    [second, 'SKU-1'],
  ])
  const found = client.send<Product[]>('GET', `${P}/seller-products/external-vendor-sku-codes/SKU-1`).body.data
  expect(firstOf(found).sellerProductId).toBe(product.sellerProductId)
})

test('the product list pages by number, and the token ends empty', () => {
  const client = openClient()
  for (let i = 0; i < 3; i++) client.seed(1)
  const page = (token: string) =>
    client.send<Product[]>('GET', `${P}/seller-products`, {
      query: `vendorId=A01234567&maxPerPage=2&nextToken=${token}`,
    }).body
  expect([page('').data.length, page('').nextToken, page('2').data.length, page('2').nextToken]).toEqual([
    2,
    '2',
    1,
    '',
  ])
})

test('a lost write says success and changes nothing', () => {
  const client = openClient()
  const [item = ''] = client.seed(3)
  client.faults.lostWrite = 1
  expect([put(client, item, 'quantities/9').body.code, client.stock(item)]).toEqual(['SUCCESS', 3])
})

test('a slow write says success and shows later, over newer writes', () => {
  const client = openClient()
  const [item = ''] = client.seed(3)
  Object.assign(client.faults, { slowApply: 1, slowApplyMs: 5_000 })
  put(client, item, 'quantities/9')
  client.faults.slowApply = 0
  put(client, item, 'quantities/4')
  expect(client.stock(item)).toBe(4)
  client.now += 5_000
  expect(client.stock(item)).toBe(9)
})

test('history tells every change of a number with its cause, and pages', () => {
  const client = openClient()
  const [item = ''] = client.seed(3)
  client.buy(item)
  put(client, item, 'quantities/9')
  put(client, item, 'quantities/9')
  client.market.doors.edit(item, 5, client.now)
  const rows = client.market.doors.history(0, 100).map(({ seq, from, to, cause }) => [seq, from, to, cause])
  expect(rows).toEqual([
    [1, 0, 3, 'seed'],
    [2, 3, 2, 'sale'],
    [3, 2, 9, 'write'],
    [4, 9, 5, 'edit'],
  ])
  expect(client.market.doors.history(3, 1).map((row) => row.seq)).toEqual([3])
})

test('a human edit changes some number at some call', () => {
  const client = openClient()
  const [item = ''] = client.seed(50)
  client.faults.humanEdit = 1
  for (let i = 0; i < 5; i++) client.stock(item)
  expect(client.market.doors.history(0, 100).some((row) => row.cause === 'edit')).toBe(true)
})
