import { expect, test } from 'vitest'
import { type Client, openClient, type Row } from './contract-client.ts'

const search = (client: Client, query: Row = {}, more: Row = {}) =>
  client.send('POST', '/item/v1/goods/search', { query, pageIndex: 1, pageSize: 500, ...more })

test('a product is found by the number of its listing, and its listings by its own', () => {
  const client = openClient()
  const [goods] = client.seed(3)
  const goodsNo = Number(goods!.goodsNo)
  for (const siteGoodsNo of [goods!.iac, goods!.gmkt]) {
    const found = client.send('GET', `/item/v1/site-goods/${siteGoodsNo}/goods-no`).body
    expect(found).toEqual({ goodsNo, isConverted: false })
  }
  expect(client.send('GET', `/item/v1/goods/${goods!.goodsNo}/status`).body).toMatchObject({
    goodsNo,
    siteDetail: { gmkt: { SiteGoodsNo: goods!.gmkt }, iac: { SiteGoodsNo: goods!.iac } },
  })
  expect(client.send('GET', '/item/v1/site-goods/C1/goods-no').body.resultCode).toBe(1000)
})

test('numbers are beyond 32 bits', () => {
  const client = openClient()
  const [goods] = client.seed(3)
  const [orderNo] = client.buy(goods!.gmkt)
  expect(Math.min(orderNo!, Number(goods!.goodsNo))).toBeGreaterThan(2 ** 31)
})

test('the search pages by number, at most 500 a page, and tells both sites', () => {
  const client = openClient()
  client.seed(3, 4, 5)
  const { body } = search(client, {}, { pageIndex: 2, pageSize: 2 })
  expect([body.totalItems, body.items]).toEqual([3, [expect.objectContaining({ no: 3, managedCode: 'SKU-3' })]])
  expect(body.items[0]).toMatchObject({ sellStatus: { gmkt: '11', iac: '11' }, stock: { gmkt: 5, iac: 5 } })
  expect(search(client, {}, { pageSize: 501 }).body.resultCode).toBe(1000)
})

test('the search goes by number and by sell status', () => {
  const client = openClient()
  const [first, second] = client.seed(3, 4)
  expect(search(client, { goodsNo: [Number(second!.goodsNo)] }).body.totalItems).toBe(1)
  expect(search(client, { siteGoodsNo: [first!.iac] }).body.items[0]).toMatchObject({ goodsNo: first!.goodsNo })
  expect(search(client, { sellStatus: ['11'] }).body.totalItems).toBe(2)
  expect(search(client, { sellStatus: [21] }).status).toBe(404)
})

test('managedCode is ignored in practice; a switch lets it work', () => {
  const client = openClient()
  client.seed(3, 4)
  expect(search(client, { managedCode: ['SKU-2'] }).body.totalItems).toBe(2)
  client.market.switches.managedCodeFilter = 'works'
  expect(search(client, { managedCode: ['SKU-2'] }).body.totalItems).toBe(1)
})

test('the search may say 404 for a moment', () => {
  const client = openClient({ searchSaysNothing: 1 })
  client.seed(3)
  expect([search(client).status, search(client).body.message]).toEqual([404, '상품이 없습니다.'])
  client.market.switches.searchSaysNothing = 0
  expect(search(client).status).toBe(200)
})

test('carriers are told by code', () => {
  const { body } = openClient().send('GET', '/item/v1/shipping/delivery-company')
  expect(body).toMatchObject({
    deliveryCompanies: expect.arrayContaining([{ deliveryCompCode: 10013, deliveryCompName: 'CJ대한통운' }]),
  })
})
