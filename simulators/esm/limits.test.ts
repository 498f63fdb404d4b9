import { expect, test } from 'vitest'
import { ask, type Client, DAY, day, openClient } from './contract-client.ts'

const limited = (more: object = {}) => openClient({ limits: 'on', ...more })
const codes = (client: Client, ...waits: number[]) =>
  waits.map((ms) => {
    client.now += ms
    return ask(client).body.ResultCode
  })
const refused = (client: Client, bucket: string) =>
  client.market.doors.calls().find((row) => row.bucket === bucket)?.refused ?? 0

test('one order list in five seconds; what comes earlier is 3000 with HTTP 200', () => {
  const client = limited()
  expect(codes(client, 0, 4_999, 1)).toEqual([0, 3000, 0])
  const early = ask(client)
  expect([early.status, early.body.Message, early.body.Data]).toEqual([
    200,
    '주문조회는 5초당 1회 호출 가능합니다.',
    null,
  ])
  expect(refused(client, 'orders')).toBe(2)
})

test('by order number there is no limit', () => {
  const client = limited()
  const [goods] = client.seed(3)
  const [orderNo] = client.buy(goods!.gmkt)
  for (let at = 0; at < 20; at++) expect(ask(client, { orderStatus: 0, orderNo }).body.Data.TotalCount).toBe(1)
  expect(ask(client).body.ResultCode).toBe(0)
})

test('the five seconds are the seller’s, or each site’s, by switch', () => {
  const both = (client: Client) => [ask(client, { siteType: 1 }), ask(client)].map(({ body }) => body.ResultCode)
  expect(both(limited())).toEqual([0, 3000])
  expect(both(limited({ orderThrottlePer: 'site' }))).toEqual([0, 0])
})

test('whether an early call begins the five seconds anew is a switch', () => {
  expect(codes(limited(), 0, 3_000, 2_000)).toEqual([0, 3000, 0])
  expect(codes(limited({ refusedCallRearms: true }), 0, 3_000, 2_000, 3_000)).toEqual([0, 3000, 3000, 3000])
  expect(codes(limited({ refusedCallRearms: true }), 0, 3_000, 5_000)).toEqual([0, 3000, 0])
})

test('a list that was asked wrongly has used up its turn', () => {
  const client = limited()
  ask(client, { siteType: 3 })
  expect(ask(client).body.Message).toContain('5초당')
})

test('unpaid orders have five seconds of their own', () => {
  const client = limited()
  const dates = { siteType: 2, requestDateFrom: day(client.now), requestDateTo: day(client.now + DAY) }
  const unpaid = () => client.send('POST', '/shipping/v1/Order/PreRequestOrders', dates).body.ResultCode
  expect([ask(client).body.ResultCode, unpaid(), unpaid()]).toEqual([0, 0, 3000])
})

test('thirty product searches a minute, sliding', () => {
  const client = limited()
  client.seed(3)
  const search = () => client.send('POST', '/item/v1/goods/search', { query: {}, pageIndex: 1, pageSize: 10 })
  for (let at = 0; at < 30; at++) {
    expect(search().status).toBe(200)
    client.now += 1_000
  }
  expect(search().status).toBe(429)
  client.now += 29_999
  client.market.switches.searchRefusal = 'result_3000'
  expect(search().body.resultCode).toBe(3000)
  client.now += 1
  expect(search().status).toBe(200)
})

test('no other limit is published; a switch sets one over all calls', () => {
  const client = limited()
  const call = () => client.send('GET', '/item/v1/shipping/delivery-company').status
  for (let at = 0; at < 50; at++) expect(call()).toBe(200)
  client.market.switches.callsPerSecond = 2
  expect([call(), call(), call()]).toEqual([200, 200, 429])
  client.now += 1_000
  expect(call()).toBe(200)
})

test('a forced 429 is no fault of the client and is counted apart', () => {
  const client = limited()
  client.faults.rateLimitedUntil = client.now + 1_000
  expect(ask(client).status).toBe(429)
  client.now += 1_000
  expect(ask(client).body.ResultCode).toBe(0)
  expect([refused(client, 'orders'), refused(client, 'forced')]).toEqual([0, 1])
})

test('limits can be off, and calls are still counted', () => {
  const client = openClient()
  for (let at = 0; at < 9; at++) expect(ask(client).body.ResultCode).toBe(0)
  expect(client.market.doors.calls()).toContainEqual({ bucket: 'orders', taken: 9, refused: 0 })
})

test('what nobody plays is 404, what is no JSON is told in the body', () => {
  const client = openClient()
  expect(client.send('POST', '/item/v1/goods', {}).status).toBe(404)
  expect(client.send('PUT', '/item/v1/goods/4800000001/stock', '{"stock":').body.ResultCode).toBe(2000)
})
