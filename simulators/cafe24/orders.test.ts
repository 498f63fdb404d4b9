import { expect, test } from 'vitest'
import {
  type Client,
  DAY,
  firstOf,
  idsOf,
  listed,
  NOON,
  type Order,
  one,
  openClient,
  statusesOf,
} from './contract-client.ts'

const list = (client: Client, query: string) =>
  client.send<{ orders: Order[]; links: { href: string }[] }>('GET', 'orders', { query })

function stocked(switches = {}, stock = 1_000) {
  const client = openClient(switches)
  const code = firstOf(client.seed(stock).codes)
  return { client, code, buy: (units = 1) => client.buy([code, units]) }
}

test('an order tells its number of the day, what was bought and what was paid', () => {
  const { client, code, buy } = stocked()
  const id = buy(2)
  expect(id).toBe('20261120-0000001')
  expect(listed(client)).toMatchObject([
    {
      order_id: id,
      paid: 'T',
      canceled: 'F',
      order_date: '2026-11-20T12:00:00+09:00',
      payment_date: '2026-11-20T12:00:00+09:00',
      order_place_id: 'cafe24',
      market_order_no: null,
      shipping_status: 'F',
      items: [
        {
          order_item_code: `${id}-01`,
          variant_code: code,
          quantity: 2,
          order_status: 'N10',
          status_code: 'N1',
          original_item_no: [],
          shipping_code: null,
          tracking_no: null,
        },
      ],
    },
  ])
  client.now += DAY
  expect(buy()).toBe('20261121-0000001')
})

test('items come only when they are asked for, and fields leaves out the rest', () => {
  const { client, buy } = stocked()
  buy()
  const window = 'start_date=2026-11-20&end_date=2026-11-20'
  expect(list(client, window).body.orders[0]).not.toHaveProperty('items')
  const few = list(client, `${window}&fields=order_id,paid&embed=items`).body.orders[0]!
  expect(Object.keys(few).sort()).toEqual(['items', 'order_id', 'paid'])
})

test('a list is newest first and ten long unless it is asked for more, and its links lead through all of it', () => {
  const { client, buy } = stocked()
  const bought = Array.from({ length: 25 }, () => {
    client.now += 1_000
    return buy()
  })
  const window = 'start_date=2026-11-20&end_date=2026-11-20'
  const seen: string[] = []
  let query = window
  for (let page = 0; page < 5 && query !== ''; page++) {
    const { orders, links } = list(client, query).body
    seen.push(...idsOf(orders))
    query = links[0] === undefined ? '' : new URL(links[0].href).search.slice(1)
  }
  expect(seen).toEqual([...bought].reverse())
  expect(list(client, window).body.orders).toHaveLength(10)
  expect(client.send('GET', 'orders/count', { query: window }).body).toEqual({ count: 25 })
})

test('a sale between two pages pushes an order into the second one again', () => {
  const { client, buy } = stocked()
  for (let i = 0; i < 4; i++) buy()
  const page = (offset: number) => idsOf(listed(client, `&limit=2&offset=${offset}`))
  const first = page(0)
  client.now += 1_000
  buy()
  expect(page(2)).toContain(first[1])
})

test.each([
  ['', 422],
  ['start_date=2026-11-20', 422],
  ['start_date=2026-02-30&end_date=2026-03-01', 422],
  ['start_date=2026-11-20&end_date=2026-11-19', 422],
  ['start_date=2026-08-20&end_date=2026-11-20', 200],
  ['start_date=2026-08-19&end_date=2026-11-20', 422],
  ['start_date=2026-11-20&end_date=2026-11-20&limit=1000', 200],
  ['start_date=2026-11-20&end_date=2026-11-20&limit=1001', 422],
  ['start_date=2026-11-20&end_date=2026-11-20&limit=0', 422],
  ['start_date=2026-11-20&end_date=2026-11-20&offset=15000', 200],
  ['start_date=2026-11-20&end_date=2026-11-20&offset=15001', 422],
  ['start_date=2026-11-20&end_date=2026-11-20&date_type=changed_date', 422],
  ['start_date=2026-11-20&end_date=2026-11-20&shop_no=2', 422],
  [`order_id=${Array.from({ length: 101 }, () => 'x').join(',')}`, 422],
])('a list asked with "%s" is a %i', (query, status) => {
  expect(list(stocked().client, query).status).toBe(status)
})

test('a day is a Korean day, both ends included', () => {
  const { client, buy } = stocked()
  client.now = Date.parse('2026-11-19T23:59:59.999+09:00')
  const before = buy()
  client.now += 1
  const after = buy()
  const day = (text: string) => idsOf(list(client, `start_date=${text}&end_date=${text}`).body.orders)
  expect([day('2026-11-19'), day('2026-11-20')]).toEqual([[before], [after]])
})

test.each([
  ['heeded', 1],
  ['ignored', 2],
] as const)('the time of day in a window is %s', (timeOfDay, found) => {
  const { client, buy } = stocked({ timeOfDay })
  buy()
  client.now += 60_000
  buy()
  const query = 'start_date=2026-11-20%2012:00:01&end_date=2026-11-20%2012:01:00'
  expect(list(client, query).body.orders).toHaveLength(found)
})

test('there is no "changed since": each date shows an order by its own event', () => {
  const { client, buy } = stocked({ paymentDelayMs: DAY, accessLifeMs: 30 * DAY })
  const id = buy()
  client.now = NOON + DAY
  const on = (type: string, day: string) =>
    idsOf(list(client, `date_type=${type}&start_date=${day}&end_date=${day}`).body.orders)
  expect([on('order_date', '2026-11-20'), on('order_date', '2026-11-21')]).toEqual([[id], []])
  expect([on('pay_date', '2026-11-20'), on('pay_date', '2026-11-21')]).toEqual([[], [id]])
  client.now += DAY
  client.send('PUT', `orders/${id}`, { body: one({ process_status: 'prepare' }) })
  expect([on('place_date', '2026-11-22'), on('place_date', '2026-11-21')]).toEqual([[id], []])
  client.market.doors.cancel(`${id}-01`, null, client.now + DAY)
  expect(on('cancel_request_date', '2026-11-23')).toEqual([id])
  expect(on('cancel_complete_date', '2026-11-23')).toEqual([])
})

test('an order whose date came twice in a window stands there once', () => {
  const { client, buy } = stocked()
  const id = buy(3)
  for (let i = 0; i < 2; i++) client.market.doors.cancel(`${id}-01`, 1, client.now)
  expect(idsOf(listed(client, '&date_type=cancel_complete_date'))).toEqual([id])
})

test('filters take lists: status of any item, payment, place, numbers', () => {
  const { client, buy } = stocked({ paymentDelayMs: 60_000 })
  const paid = buy()
  client.now += 60_000
  client.switches.orderPlace = 'coupang'
  const unpaid = buy()
  const market = firstOf(listed(client, '&order_place_id=coupang,auction'))
  expect([market.order_id, market.market_order_no]).toEqual([unpaid, expect.stringMatching(/^M\d+$/)])
  expect(idsOf(listed(client, '&order_status=N00'))).toEqual([unpaid])
  expect(idsOf(listed(client, '&order_status=N10,N20'))).toEqual([paid])
  expect(idsOf(listed(client, '&payment_status=T'))).toEqual([paid])
  expect(idsOf(listed(client, `&market_order_no=${market.market_order_no}`))).toEqual([unpaid])
  expect(idsOf(list(client, `order_id=${unpaid},${paid},x`).body.orders)).toEqual([unpaid, paid])
})

test('an order nobody knows is a 404 on each of its pages', () => {
  const { client } = stocked()
  for (const page of ['orders/x', 'orders/x/items', 'orders/x/receivers']) {
    expect(client.send('GET', page).status).toBe(404)
  }
})

test('a list tells no address, the page of the receivers tells the one of now', () => {
  const { client, buy } = stocked()
  const id = buy()
  const inList = () => firstOf(listed(client, '&embed=items,receivers')).receivers[0] ?? {}
  expect(inList()).not.toHaveProperty('address1')
  client.market.changeReceiver(id, { address2: '2층' }, client.now)
  const { receivers } = client.send<Pick<Order, 'receivers'>>('GET', `orders/${id}/receivers`).body
  expect(receivers).toMatchObject([{ name: '김*수', address2: '2층', address_full: expect.stringContaining('2층') }])
  const query = 'start_date=2026-11-20&end_date=2026-11-20&embed=receivers'
  client.switches.listReceivers = 'full'
  expect(list(client, query).body.orders[0]?.receivers[0]).toHaveProperty('address1')
})

test('a late feed hides a new order from lists and counts, not from who knows its number', () => {
  const { client, buy } = stocked()
  client.faults.feedDelayMs = 300_000
  const id = buy()
  const query = 'start_date=2026-11-20&end_date=2026-11-20'
  expect([idsOf(listed(client)), client.send('GET', 'orders/count', { query }).body]).toEqual([[], { count: 0 }])
  expect(client.order(id).order_id).toBe(id)
  client.now += 299_999
  expect(idsOf(listed(client))).toEqual([])
  client.now += 1
  expect(idsOf(listed(client))).toEqual([id])
})

test('told twice and in disorder, no order is missing', () => {
  const { client, buy } = stocked()
  const bought = Array.from({ length: 20 }, () => buy())
  Object.assign(client.faults, { duplicateOrder: 1, disorder: 1 })
  const told = idsOf(listed(client))
  expect(told).toHaveLength(21)
  expect([...new Set(told)].sort()).toEqual(bought)
  expect([...new Set(told)]).not.toEqual([...bought].reverse())
})

test('the status moves by prepare, back by prepareproduct, and stands still on hold', () => {
  const { client, buy } = stocked()
  const id = buy()
  const move = (process_status: string) =>
    client.send('PUT', `orders/${id}`, { body: one({ process_status, order_item_code: [`${id}-01`] }) }).status
  const status = () => statusesOf(client.order(id))[0]
  expect([move('prepare'), status()]).toEqual([200, 'N20'])
  expect(client.order(id).items[0]?.shipping_code).toBe(`D-${id}-00`)
  expect([move('hold'), status(), move('unhold'), status()]).toEqual([200, 'N22', 200, 'N20'])
  expect([move('prepareproduct'), status(), client.order(id).items[0]?.shipping_code]).toEqual([200, 'N10', null])
  expect([move('unhold'), move('nonsense'), status()]).toEqual([422, 422, 'N10'])
  expect(client.market.doors.truth().lines[0]).toMatchObject({ acknowledged: true, state: 'N10' })
})

test.each([
  ['conflict', 409],
  ['ok', 200],
] as const)('preparing what is prepared: %s', (equalWrite, status) => {
  const { client, buy } = stocked({ equalWrite })
  const id = buy()
  const prepare = () => client.send('PUT', `orders/${id}`, { body: one({ process_status: 'prepare' }) }).status
  expect([prepare(), prepare()]).toEqual([200, status])
})

test('a hundred orders are moved in one call, each for itself', () => {
  const { client, buy } = stocked()
  const ids = Array.from({ length: 3 }, () => buy())
  client.market.doors.cancel(`${ids[1]}-01`, null, client.now)
  const requests = ids.map((order_id) => ({ order_id, process_status: 'prepare' }))
  const answer = client.send<{ orders: object[] }>('PUT', 'orders', { body: { shop_no: 1, requests } })
  expect(answer.status).toBe(207)
  expect(answer.body.orders).toMatchObject([
    { order_id: ids[0], process_status: 'prepare' },
    { order_id: ids[1], error: { code: 422 } },
    { order_id: ids[2] },
  ])
  expect(ids.map((id) => statusesOf(client.order(id))[0])).toEqual(['N20', 'C40', 'N20'])
})

test('a window of the last seconds is read quickly after twenty thousand sales', () => {
  const { client, buy } = stocked({}, 20_000)
  for (let i = 0; i < 20_000; i++) {
    client.now += 100
    buy()
  }
  const kst = (at: number) => new Date(at + 9 * 3_600_000).toISOString().slice(0, 19)
  const query = `start_date=${kst(client.now - 1_000)}&end_date=${kst(client.now)}&limit=100`
  const began = performance.now()
  for (let i = 0; i < 300; i++) expect(list(client, query).body.orders).toHaveLength(11)
  expect(performance.now() - began).toBeLessThan(1_000)
})
