import { expect, test } from 'vitest'
import { type Client, firstOf, NOON, one, openClient } from './contract-client.ts'

type Log = { log_id: string; event_no: number; request_body: string; success: string; response_http_code: number }

const due = (client: Client) => client.market.webhooks.due(0, 1_000)
const events = (client: Client) => due(client).map(({ body }) => (JSON.parse(body) as { event_no: number }).event_no)
const logs = (client: Client, query = 'limit=1000') =>
  client.send<{ logs: Log[] }>('GET', 'webhooks/logs', { query }).body.logs

function sold(switches = {}) {
  const client = openClient(switches)
  const code = firstOf(client.seed(100).codes)
  const id = client.buy([code, 2])
  return { client, code, id }
}

test('a sale tells of an order and its payment, with the mall’s key and without quantities', () => {
  const { client, id } = sold()
  const [order, payment] = due(client)
  expect(order).toEqual({
    seq: 1,
    at: NOON,
    headers: { 'content-type': 'application/json', 'x-api-key': 'pretend-cafe24-webhook-key' },
    body: JSON.stringify({
      event_no: 90023,
      resource: { mall_id: 'pretendmall', event_shop_no: '1', order_id: id, ordering_product_code: 'P000000A' },
    }),
  })
  expect(payment?.body).toContain('"event_no":90025')
})

test('each thing that happens to an order has its own event', () => {
  const { client, id } = sold()
  const after = (act: () => void) => {
    const before = events(client).length
    act()
    return events(client).slice(before)
  }
  const label = { tracking_no: '1', shipping_company_code: '0006', status: 'shipping' }
  expect(after(() => client.market.changeReceiver(id, { name: '이*희' }, client.now))).toEqual([90064])
  expect(after(() => client.market.doors.cancel(`${id}-01`, 1, client.now))).toEqual([90026, 90026, 90160])
  expect(after(() => client.send('POST', `orders/${id}/shipments`, { body: one(label) }))).toEqual([90024])
  expect(after(() => client.market.doors.cancel(`${id}-01`, 1, client.now))).toEqual([90027])
  expect(after(() => client.send('PUT', 'products/1', { body: one({ price: 1 }) }))).toEqual([90002])
  expect(after(() => client.market.uninstallApp(client.now))).toEqual([90077])
})

test('many shipments in one call are one event with all their orders', () => {
  const { client, code, id } = sold()
  const second = client.buy(code)
  const requests = [id, second].map((order_id) => {
    return { order_id, tracking_no: '1', shipping_company_code: '0006', status: 'shipping' }
  })
  client.send('POST', 'shipments', { body: { requests } })
  const last = JSON.parse(due(client).at(-1)!.body) as { event_no: number; resource: { order_id: string } }
  expect([last.event_no, last.resource.order_id]).toEqual([90071, `${id},${second}`])
})

test('a stock is told of only when it crosses zero', () => {
  const { client, code } = sold()
  const set = (quantity: number) => client.market.doors.edit(code, quantity, client.now)
  const count = () => events(client).filter((event) => event === 90075).length
  set(1)
  expect(count()).toBe(0)
  set(0)
  set(5)
  expect(count()).toBe(2)
})

test('the log knows what failed, and ends before what is still under way', () => {
  const { client, code } = sold()
  for (let i = 0; i < 4; i++) client.buy(code)
  const { webhooks } = client.market
  expect(webhooks.newest()).toBe(10)
  webhooks.answered(3, 503)
  webhooks.answered(5, 0)
  webhooks.answered(8, null)
  const all = logs(client)
  expect(all.map(({ log_id }) => log_id)).toEqual(['l1', 'l2', 'l3', 'l4', 'l5', 'l6', 'l7'])
  expect(logs(client, 'success=F').map((row) => [row.log_id, row.response_http_code])).toEqual([
    ['l3', 503],
    ['l5', 0],
  ])
  webhooks.answered(8, 200)
  expect(logs(client)).toHaveLength(10)
})

test('the log is read from an id on, by event, by success, and tells what the receiver answered', () => {
  const { client } = sold()
  expect(logs(client)[0]).toMatchObject({
    log_id: 'l1',
    event_no: 90023,
    requested_time: '2026-11-20T12:00:00+09:00',
    request_body: due(client)[0]!.body,
    success: 'T',
    response_http_code: 200,
  })
  client.market.webhooks.answered(1, 503)
  const ids = (query: string) => logs(client, query).map(({ log_id }) => log_id)
  expect([ids('success=F'), ids('success=T'), ids('since_log_id=l1'), ids('event_no=90025')]).toEqual([
    ['l1'],
    ['l2'],
    ['l2'],
    ['l2'],
  ])
  expect([ids('limit=1'), ids('log_type=R'), ids('requested_start_date=2026-11-21')]).toEqual([['l1'], [], []])
  for (const query of ['limit=10001', 'since_log_id=x', 'requested_start_date=x']) {
    expect(client.send('GET', 'webhooks/logs', { query }).status).toBe(422)
  }
})

test('what was handed out once is not handed out again to who asks from there on', () => {
  const { client, code } = sold()
  const last = due(client).at(-1)!.seq
  expect(client.market.webhooks.due(last, 10)).toEqual([])
  client.buy(code)
  expect(client.market.webhooks.due(last, 1).map(({ seq }) => seq)).toEqual([last + 1])
})
