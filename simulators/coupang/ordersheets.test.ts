import { expect, test } from 'vitest'
import { type Client, firstOf, listed, minutes, O4, O5, openClient, type Sheet, START } from './contract-client.ts'

const list = (client: Client, query: string, prefix = O5) =>
  client.send<Sheet[]>('GET', `${prefix}/ordersheets`, { query })
const byDay = (rest = '', day = '2026-11-20') => `createdAtFrom=${day}&createdAtTo=${day}&status=ACCEPT${rest}`

test('a sold order is listed under ACCEPT with what was bought', () => {
  const client = openClient()
  const [first = '', second = ''] = client.seed(3, 4)
  const orderId = client.buy(first, second)
  const box = firstOf(listed(client))
  expect([String(box.orderId), box.status, box.orderItems.length]).toEqual([orderId, 'ACCEPT', 2])
  expect(box.orderItems[0]).toMatchObject({
    vendorItemId: Number(first),
    shippingCount: 1,
    cancelCount: 0,
    holdCountForCancel: 0,
    externalVendorSkuCode: 'SKU-0',
  })
})

test('box ids have 18 digits as bare numbers, and neighbours differ only beyond a double', () => {
  const client = openClient()
  const [item = ''] = client.seed(3)
  client.buy(item)
  client.buy(item)
  const { text } = list(client, minutes(client.now, 'ACCEPT'))
  const ids = [...text.matchAll(/"shipmentBoxId":(\d+)/g)].map((found) => found[1] ?? '')
  expect(ids.map((id) => id.length)).toEqual([18, 18])
  expect(new Set(ids).size).toBe(2)
  expect(new Set(ids.map(Number)).size).toBe(1)
})

test('v4 tells naive Korean time and whole won, v5 offsets and money objects', () => {
  const client = openClient()
  const [item = ''] = client.seed(3)
  client.buy(item)
  const old = firstOf(listed(client, 'ACCEPT', O4))
  const recent = firstOf(listed(client))
  expect([old.orderedAt, firstOf(old.orderItems).salesPrice]).toEqual(['2026-11-20T09:15:00', 9_900])
  expect(recent.orderedAt).toBe('2026-11-20T09:15:00.000000+09:00')
  expect(firstOf(recent.orderItems).salesPrice).toEqual({ currencyCode: 'KRW', units: 9_900, nanos: 0 })
})

test('v5 takes times with %2B09:00 and without, v4 only without, and a bare plus is a space', () => {
  const client = openClient()
  const offset = byDay().replaceAll('2026-11-20', '2026-11-20%2B09:00')
  expect([list(client, offset).status, list(client, byDay()).status]).toEqual([200, 200])
  expect([list(client, offset, O4).status, list(client, byDay(), O4).status]).toEqual([400, 200])
  expect(list(client, offset.replaceAll('%2B', '+')).status).toBe(400)
})

test('days are Korean days', () => {
  const client = openClient()
  const [item = ''] = client.seed(3)
  client.now = Date.UTC(2026, 10, 20, 15, 30) // half past midnight on the 21st
  client.buy(item)
  expect(list(client, byDay()).body.data).toEqual([])
  expect(list(client, byDay('', '2026-11-21')).body.data.length).toBe(1)
})

test('a list without one status, of an impossible or too wide window, or with paging in minutes is refused', () => {
  const client = openClient()
  const minute = minutes(START, 'ACCEPT')
  for (const query of [
    byDay().replace('&status=ACCEPT', ''),
    byDay().replace('ACCEPT', 'ACCEPT,INSTRUCT'),
    byDay('', '2026-02-30'),
    byDay('&maxPerPage=51'),
    byDay('&maxPerPage=0'),
    byDay('&nextToken=abc'),
    'createdAtFrom=2026-11-01&createdAtTo=2026-12-02&status=ACCEPT',
    'createdAtFrom=2026-11-20T00:00&createdAtTo=2026-11-21T00:00&searchType=timeFrame&status=ACCEPT',
    `${minute}&maxPerPage=50`,
    `${minute}&nextToken=`,
    byDay('&searchType=timeFrame'),
  ]) {
    expect([query, list(client, query).status]).toEqual([query, 400])
  }
  expect(list(client, 'createdAtFrom=2026-11-01&createdAtTo=2026-12-01&status=ACCEPT').status).toBe(200)
})

test('day pages hold at most 50, follow by token and end with an empty one, though rows leave meanwhile', () => {
  const client = openClient()
  const [item = ''] = client.seed(200)
  const orders = Array.from({ length: 120 }, () => {
    client.now += 1_000
    return client.buy(item)
  })
  const first = list(client, byDay()).body
  client.market.doors.cancel(`${orders[0]}:${item}`, null, client.now)
  const second = list(client, byDay(`&nextToken=${first.nextToken}`)).body
  const third = list(client, byDay(`&nextToken=${second.nextToken}`)).body
  expect([first.data.length, second.data.length, third.data.length, third.nextToken]).toEqual([50, 50, 20, ''])
  const ids = [first, second, third].flatMap((page) => page.data.map((row) => String(row.orderId)))
  expect(ids).toEqual(orders)
})

test('a minutes window holds from its first minute up to but not including its last, all rows at once', () => {
  const client = openClient()
  const [item = ''] = client.seed(200)
  for (let i = 0; i < 70; i++) client.buy(item)
  const window = (from: string, to: string) =>
    list(client, `createdAtFrom=2026-11-20T${from}&createdAtTo=2026-11-20T${to}&searchType=timeFrame&status=ACCEPT`)
      .body.data.length
  expect([window('09:15', '09:16'), window('09:00', '09:15'), window('09:16', '10:00')]).toEqual([70, 0, 0])
})

test('the window is about creation, never about the change of status', () => {
  const client = openClient()
  const [item = ''] = client.seed(3)
  client.buy(item)
  const box = firstOf(listed(client))
  client.now += 3_600_000
  client.send('PUT', `${O4}/ordersheets/acknowledgement`, {
    body: `{"vendorId":"A01234567","shipmentBoxIds":[${box.shipmentBoxId}]}`,
  })
  expect(listed(client, 'INSTRUCT')).toEqual([])
  expect(list(client, byDay().replace('ACCEPT', 'INSTRUCT')).body.data.length).toBe(1)
})

test('one sheet is an object by box id and a list by order id', () => {
  const client = openClient({ splitBoxes: 1 })
  const [first = '', second = ''] = client.seed(3, 3)
  const orderId = client.buy(first, second)
  const boxes = listed(client)
  expect(boxes.length).toBe(2)
  const single = client.send<Sheet>('GET', `${O5}/ordersheets/${firstOf(boxes).shipmentBoxId}`).body.data
  expect(single.shipmentBoxId).toBe(firstOf(boxes).shipmentBoxId)
  expect(client.send<Sheet[]>('GET', `${O5}/${orderId}/ordersheets`).body.data.length).toBe(2)
  expect(client.send('GET', `${O5}/ordersheets/123`).status).toBe(400)
})

test('a wide minutes window times out at the gateway when switched so, unless asked to wait', () => {
  const client = openClient({ slowWindowMs: 3_600_000 })
  const query = 'createdAtFrom=2026-11-20T08:00&createdAtTo=2026-11-20T10:00&searchType=timeFrame&status=ACCEPT'
  expect(list(client, query).status).toBe(504)
  expect(client.send('GET', `${O5}/ordersheets`, { query, headers: { 'x-extended-timeout': '60000' } }).status).toBe(
    200,
  )
})

test('faults of the feed: told twice, out of order, told late', () => {
  const client = openClient()
  const [item = ''] = client.seed(20)
  const orders = Array.from({ length: 10 }, () => client.buy(item))
  const told = () => listed(client).map((box) => String(box.orderId))
  client.faults.duplicateOrder = 1
  expect([told().length, new Set(told()).size]).toEqual([11, 10])
  Object.assign(client.faults, { duplicateOrder: 0, disorder: 1 })
  expect(told()).not.toEqual(orders)
  expect(told().toSorted()).toEqual(orders)
  Object.assign(client.faults, { disorder: 0, feedDelayMs: 30_000 })
  client.now += 29_999
  expect(told()).toEqual([])
  client.now += 1
  expect(told()).toEqual(orders)
})
