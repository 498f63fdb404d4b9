import { expect, test } from 'vitest'
import {
  ask,
  type Client,
  confirm,
  DAY,
  day,
  firstOf,
  HOUR,
  listed,
  numbers,
  type OrderList,
  openClient,
  optioned,
  seedOne,
  ship,
} from './contract-client.ts'

/** One product with plenty, and its G마켓 item. */
function stocked(switches: Parameters<typeof openClient>[0] = {}): { client: Client; gmkt: string; iac: string } {
  const client = openClient(switches)
  const [goods] = client.seed(1_000)
  return { client, gmkt: goods!.gmkt, iac: goods!.iac }
}

test('a purchase is one order number a product and one payment number a cart', () => {
  const client = openClient()
  const [first, second] = client.seed(5, 5)
  const orders = client.buy(first!.gmkt, second!.gmkt)
  const rows = listed(client)
  expect(numbers(rows)).toEqual(orders)
  expect(new Set(rows.map(({ PayNo }) => PayNo)).size).toBe(1)
})

test('what is bought at both sites is two carts, each in its own list', () => {
  const { client, gmkt, iac } = stocked()
  const [atAuction, atGmarket] = [client.buy(iac), client.buy(gmkt)]
  expect([numbers(listed(client, { siteType: 1 })), numbers(listed(client))]).toEqual([atAuction, atGmarket])
  const both = client.buy(iac, gmkt)
  const lines = client.market.doors.truth().lines.filter(({ lineKey }) => both.includes(Number(lineKey)))
  expect(new Set(lines.map(({ orderId }) => orderId)).size).toBe(2)
})

test('answers call G마켓 3 and 옥션 1', () => {
  const { client } = stocked()
  expect([ask(client).body.Data.SiteType, ask(client, { siteType: 1 }).body.Data.SiteType]).toEqual([3, 1])
})

test('a row tells numbers as numbers, money as text with four places, and times without an offset', () => {
  const { client, gmkt } = stocked()
  const [orderNo] = client.buy(gmkt)
  expect(firstOf(listed(client))).toMatchObject({
    OrderNo: orderNo,
    OrderStatus: 1,
    OrderDate: '2026-11-20T10:00:00',
    PayDate: '2026-11-20T10:00:00',
    GoodsNo: null,
    SiteGoodsNo: gmkt,
    OutGoodsNo: 'SKU-1',
    ContrAmount: 1,
    SalePrice: '9900.0000',
    OrderAmount: '9900.0000',
    ItemOptionSelectList: [],
    IsGiftOrder: 'N',
  })
  expect(ask(client).body.Message).toBe('')
})

test('an option is told by its words, count and code; by ESM’s own number, by switch', () => {
  const client = openClient()
  const [, second] = seedOne(client, optioned(5, 5))
  client.market.doors.buy({ lines: [{ item: second!.gmkt, quantity: 2 }], buyer: '김*수' }, client.now, client.random)
  const row = firstOf(listed(client))
  expect(row).toMatchObject({ ContrAmount: 2, OptSelPrice: '2000.0000', AcntMoney: '44100.0000' })
  expect(row.ItemOptionSelectList).toEqual([
    { ItemOptionValue: '옵션:나', ItemOptionOrderCnt: 2, ItemOptionCode: 'OPT-2' },
  ])
  client.market.switches.optionCodeTold = 'optSeq'
  const { optSeq } = client.send('GET', `/item/v1/goods/${second!.goodsNo}/recommended-options`).body.independent
    .details[1]!
  expect(firstOf(listed(client)).ItemOptionSelectList[0]).toMatchObject({ ItemOptionCode: String(optSeq) })
})

test('options of one product may share an order number, each with a line of its own in the truth', () => {
  const client = openClient({ optionsShareOrder: true })
  const [first, second] = seedOne(client, optioned(5, 5))
  client.market.doors.buy(
    { lines: [first, second].map((option) => ({ item: option!.gmkt, quantity: 1 })), buyer: '김*수' },
    client.now,
    client.random,
  )
  const row = firstOf(listed(client))
  expect(row.ItemOptionSelectList.map(({ ItemOptionCode }) => ItemOptionCode)).toEqual(['OPT-1', 'OPT-2'])
  expect(listed(client)).toHaveLength(1)
  expect(client.market.doors.truth().lines.map(({ sellerCode }) => sellerCode)).toEqual(['OPT-1', 'OPT-2'])
})

test('the shipping fee of a cart is on every 옥션 order of it and on one G마켓 order', () => {
  const client = openClient()
  const [first, second] = client.seed(5, 5)
  client.buy(first!.iac, second!.iac)
  client.buy(first!.gmkt, second!.gmkt)
  const paid = (siteType: number) => listed(client, { siteType }).map(({ AcntMoney }) => AcntMoney)
  expect(paid(1)).toEqual(['12400.0000', '12400.0000'])
  expect(paid(2)).toEqual(['12400.0000', '9900.0000'])
})

test('phones are null for five minutes, the deadline for a minute and a half', () => {
  const { client, gmkt } = stocked()
  client.buy(gmkt)
  const told = () => [firstOf(listed(client)).HpNo === null, firstOf(listed(client)).TransDueDate]
  expect(told()).toEqual([true, null])
  client.now += 90_000
  expect(told()).toEqual([true, '2026-11-22T23:59:59'])
  client.now += 210_000
  expect(told()[0]).toBe(false)
})

test('a window is from the first minute on and before the last: today is asked as today to tomorrow', () => {
  const { client, gmkt } = stocked()
  client.buy(gmkt)
  const found = (from: string, to: string) => ask(client, { requestDateFrom: from, requestDateTo: to }).body
  expect(found('2026-11-20', '2026-11-21').Data.TotalCount).toBe(1)
  expect(found('2026-11-19', '2026-11-20').Data.TotalCount).toBe(0)
  expect(found('2026-11-20 10:00', '2026-11-20 10:01').Data.TotalCount).toBe(1)
  expect(found('2026-11-20 09:00', '2026-11-20 10:00').Data.TotalCount).toBe(0)
  expect(found('2026-11-20', '2026-11-20')).toMatchObject({
    ResultCode: 3000,
    Message: '조회 시작일이 종료일보다 과거여야 합니다.',
  })
})

test('31 days at most; the error text of 옥션 says 180, and by switch that holds', () => {
  const { client } = stocked()
  const long = (siteType: number, days: number) =>
    ask(client, { siteType, requestDateFrom: day(client.now - days * DAY), requestDateTo: day(client.now) }).body
  expect([long(2, 31).ResultCode, long(2, 32).Message]).toEqual([0, '31일 이하의 범위만 조회 할 수 있습니다.'])
  expect([long(1, 31).ResultCode, long(1, 32).Message]).toEqual([0, '180일 이하의 범위만 조회 할 수 있습니다.'])
  client.market.switches.auctionWindowDays = 180
  expect([long(1, 180).ResultCode, long(1, 181).ResultCode]).toEqual([0, 3000])
})

test.each([
  ['site type 3, which only answers use', { siteType: 3 }],
  ['no site', { siteType: undefined }],
  ['an unknown status', { orderStatus: 7 }],
  ['an unknown date', { requestDateType: 6 }],
  ['a ship-due date of orders that are not being prepared', { requestDateType: 3 }],
  ['gifts at 옥션', { siteType: 1, requestDateType: 4 }],
  ['a payment number at 옥션', { siteType: 1, orderStatus: 6 }],
  ['no real day', { requestDateFrom: '2026-02-30' }],
])('%s is refused with 3000', (_name, more) => {
  expect(ask(stocked().client, more).body).toMatchObject({ ResultCode: 3000, Data: null })
})

test('keys are read in any case', () => {
  const { client, gmkt } = stocked()
  const [orderNo] = client.buy(gmkt)
  const asked = { SITETYPE: 2, OrderStatus: '0', orderno: orderNo }
  expect(client.send<OrderList>('POST', '/shipping/v1/order/requestorders', asked).body.Data.TotalCount).toBe(1)
})

test('pages are numbered from 1, and every page tells how many there are in all', () => {
  const { client, gmkt } = stocked()
  const bought = [gmkt, gmkt, gmkt].map((item) => client.buy(item)[0])
  const pages = [1, 2, 3].map((pageIndex) => ask(client, { pageIndex, pageSize: 2 }).body.Data)
  expect(pages.map(({ TotalCount }) => TotalCount)).toEqual([3, 3, 3])
  expect(pages.flatMap(({ RequestOrders }) => numbers(RequestOrders))).toEqual(bought)
})

test('an order is in the list of its status only, found by the date asked for', () => {
  const { client, gmkt } = stocked()
  const [orderNo] = client.buy(gmkt)
  confirm(client, orderNo!)
  const at = (orderStatus: number, requestDateType = 2) => numbers(listed(client, { orderStatus, requestDateType }))
  expect([at(1), at(2), at(2, 1), at(2, 5)]).toEqual([[], [orderNo], [orderNo], [orderNo]])
  expect(
    numbers(listed(client, { orderStatus: 2, requestDateType: 3, requestDateTo: day(client.now + 3 * DAY) })),
  ).toEqual([orderNo])
  expect(at(2, 3)).toEqual([])
  ship(client, orderNo!)
  expect([at(2), at(3)]).toEqual([[], [orderNo]])
})

test('by order number and by payment number', () => {
  const client = openClient()
  const [first, second] = client.seed(5, 5)
  const [one, two] = client.buy(first!.gmkt, second!.gmkt)
  const { PayNo } = firstOf(listed(client, { orderStatus: 0, orderNo: one }))
  expect(numbers(listed(client, { orderStatus: 6, payNo: PayNo }))).toEqual([one, two])
  expect(listed(client, { orderStatus: 0, orderNo: 1 })).toEqual([])
  expect(listed(client, { orderStatus: 0, orderNo: one, siteType: 1 })).toEqual([])
})

test('an unpaid order is in its own list, and in the others once it is paid, by the day of payment', () => {
  const { client, gmkt } = stocked({ paymentDelayMs: 20 * HOUR })
  const [orderNo] = client.buy(gmkt)
  const dates = { siteType: 2, requestDateFrom: day(client.now), requestDateTo: day(client.now + DAY) }
  const unpaid = () =>
    client.send<OrderList>('POST', '/shipping/v1/Order/PreRequestOrders', dates).body.Data.RequestOrders
  expect([numbers(unpaid()), listed(client)]).toEqual([[orderNo], []])
  expect(listed(client, { orderStatus: 0, orderNo })).toEqual([])
  client.now += 20 * HOUR
  expect([unpaid(), numbers(listed(client))]).toEqual([[], [orderNo]])
  const today = { requestDateFrom: day(client.now), requestDateTo: day(client.now + DAY) }
  expect(numbers(listed(client, today))).toEqual([orderNo])
  expect(listed(client, { ...today, requestDateType: 1 })).toEqual([])
})

test('a gift has no address until it is accepted, and whoever accepts may take another option', () => {
  const client = openClient({ gifts: 1, giftAcceptMs: HOUR, giftOptionChanges: 1 })
  const [first, second] = seedOne(client, optioned(5, 5))
  const [orderNo] = client.buy(first!.gmkt)
  const byAcceptance = () => numbers(listed(client, { requestDateType: 4 }))
  expect(firstOf(listed(client))).toMatchObject({ DelFullAddress: null, ZipCode: null, GiftOrderStatus: 1 })
  expect([byAcceptance(), listed(client, { requestDateType: 5 })]).toEqual([[], []])
  expect(confirm(client, orderNo!).body.Message).toContain('선물수락대기')

  client.now += HOUR
  const row = firstOf(listed(client, { requestDateType: 5 }))
  expect(row.DelFullAddress).not.toBeNull()
  expect(row.ItemOptionSelectList[0]).toMatchObject({ ItemOptionCode: 'OPT-2' })
  expect([client.stockOf(first!.gmkt), client.stockOf(second!.gmkt)]).toEqual([5, 4])
  expect(byAcceptance()).toEqual([orderNo])
  expect([numbers(listed(client)), numbers(listed(client, { requestDateType: 1 }))]).toEqual([[orderNo], [orderNo]])
  expect(confirm(client, orderNo!).body.ResultCode).toBe(0)
})

test('a fresh order may take a while to be told, by any search', () => {
  const { client, gmkt } = stocked()
  client.faults.feedDelayMs = 300_000
  const [orderNo] = client.buy(gmkt)
  const seen = () => [
    listed(client).length,
    listed(client, { orderStatus: 0, orderNo }).length,
    ask(client).body.Data.TotalCount,
  ]
  client.now += 299_999
  expect(seen()).toEqual([0, 0, 0])
  client.now += 1
  expect(seen()).toEqual([1, 1, 1])
})

test('an order may be told twice, and rows may come in any order', () => {
  const { client, gmkt } = stocked()
  for (let at = 0; at < 20; at++) client.buy(gmkt)
  const inOrder = numbers(listed(client))
  client.faults.duplicateOrder = 1
  expect([numbers(listed(client)).length, new Set(numbers(listed(client))).size]).toEqual([21, 20])
  Object.assign(client.faults, { duplicateOrder: 0, disorder: 1 })
  const mixed = numbers(listed(client))
  expect(mixed).not.toEqual(inOrder)
  expect(mixed.toSorted()).toEqual(inOrder.toSorted())
})

test('success is 0 or "Success", by switch', () => {
  const { client } = stocked({ successIs: 'Success' })
  expect(ask(client).body.ResultCode).toBe('Success')
})
