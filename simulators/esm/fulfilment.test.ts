import { expect, test } from 'vitest'
import {
  type Client,
  confirm,
  DAY,
  day,
  firstOf,
  HOUR,
  listed,
  numbers,
  openClient,
  type Row,
  type StatusRow,
  second,
  ship,
  whereIs,
} from './contract-client.ts'

function bought(switches: Parameters<typeof openClient>[0] = {}): { client: Client; orderNo: number } {
  const client = openClient(switches)
  const [goods] = client.seed(100)
  return { client, orderNo: client.buy(goods!.gmkt)[0]! }
}

const message = (answer: { body: { ResultCode: unknown; Message: string } }) => [
  answer.body.ResultCode,
  answer.body.Message,
]
const line = (client: Client) => firstOf(client.market.doors.truth().lines)

test('confirming moves a paid order to preparing, without a body', () => {
  const { client, orderNo } = bought()
  expect(confirm(client, orderNo).body).toEqual({ ResultCode: 0, Message: 'Success', Data: { IsChanged: 0 } })
  expect([numbers(listed(client, { orderStatus: 2 })), line(client).acknowledged]).toEqual([[orderNo], true])
})

test('a second confirm says that it was done, which is a success to whoever reads the text', () => {
  const { client, orderNo } = bought()
  confirm(client, orderNo)
  expect(message(confirm(client, orderNo))).toEqual([3000, '이미 주문확인 처리된 건입니다.'])
})

test('what cannot be confirmed says why', () => {
  const { client, orderNo } = bought()
  expect(message(confirm(client, 4_000_009_999))).toEqual([3000, '해당 주문 내역이 없습니다.'])
  expect(message(confirm(client, orderNo, { SellerOrderNo: '가'.repeat(11) }))[0]).toBe(2141)
  expect(confirm(client, orderNo, { SellerOrderNo: '가'.repeat(10) }).body.ResultCode).toBe(0)
  ship(client, orderNo)
  expect(message(confirm(client, orderNo))).toEqual([3000, '주문확인 할 수 없는 상태입니다.'])
})

test('a cancelled order cannot be confirmed', () => {
  const { client, orderNo } = bought()
  client.market.doors.cancel(String(orderNo), null, client.now)
  expect(message(confirm(client, orderNo))).toEqual([3000, '취소된 주문번호입니다.'])
})

test('IsChanged 1 means the address read before is no longer the one', () => {
  const { client, orderNo } = bought({ addressChanges: 1 })
  const before = firstOf(listed(client)).DelFullAddress
  expect(confirm(client, orderNo).body.Data).toEqual({ IsChanged: 1 })
  expect(firstOf(listed(client, { orderStatus: 2 })).DelFullAddress).not.toBe(before)
})

test('shipping tells carrier and invoice, and a second call corrects them', () => {
  const { client, orderNo } = bought()
  confirm(client, orderNo)
  expect(ship(client, orderNo).body).toEqual({ ResultCode: 0, Message: 'Success', Data: { OrderNo: orderNo } })
  const shipped = () => firstOf(listed(client, { orderStatus: 3 }))
  expect(shipped()).toMatchObject({ TakbaeName: 'CJ대한통운', NoSongjang: '689012345678' })
  ship(client, orderNo, { InvoiceNo: '689012345679' })
  expect([shipped().NoSongjang, line(client).invoice]).toEqual(['689012345679', '689012345679'])
})

test.each<[string, Row, string]>([
  ['an unknown carrier', { DeliveryCompanyCode: 99 }, '지원하지 않는 택배사입니다.'],
  [
    'an invoice the carrier would not print',
    { InvoiceNo: 'ABC' },
    '10013 는 CJ대한통운의 운송장번호 규칙에 어긋납니다.',
  ],
  ['no invoice', { InvoiceNo: '' }, '10013 는 CJ대한통운의 운송장번호 규칙에 어긋납니다.'],
  ['no date', { ShippingDate: '' }, '문자열이 유효한 DateTime으로 인식되지 않습니다.'],
  ['an unknown order', { OrderNo: 4_000_009_999 }, '해당 주문 내역이 없습니다.'],
])('%s is refused and ships nothing', (_name, more, text) => {
  const { client, orderNo } = bought()
  confirm(client, orderNo)
  expect(message(ship(client, orderNo, more))).toEqual([3000, text])
  expect(line(client).state).toBe('PREPARING')
})

test('the date of shipping is within two days', () => {
  const { client, orderNo } = bought()
  confirm(client, orderNo)
  const on = (at: number) => ship(client, orderNo, { ShippingDate: second(at) }).body.ResultCode
  expect([on(client.now - 2 * DAY - 1_000), on(client.now + 2 * DAY + 1_000), on(client.now - 2 * DAY)]).toEqual([
    3000, 3000, 0,
  ])
})

test('what is not confirmed, and what arrived, cannot be shipped', () => {
  const { client, orderNo } = bought({ carrierMs: DAY })
  const refusal = [3000, `주문번호:${orderNo}의 경매상태가 발송가능한 상태가 아닙니다.`]
  expect(message(ship(client, orderNo))).toEqual(refusal)
  confirm(client, orderNo)
  ship(client, orderNo)
  client.now += DAY
  expect(message(ship(client, orderNo))).toEqual(refusal)
})

test('right after the confirm shipping may be told to wait', () => {
  const { client, orderNo } = bought({ confirmDelayMs: 10_000 })
  confirm(client, orderNo)
  expect(message(ship(client, orderNo))).toEqual([3000, '주문확인 진행중입니다. 잠시 후 다시 진행해주세요'])
  client.now += 10_000
  expect(ship(client, orderNo).body.ResultCode).toBe(0)
})

test('a parcel arrives and is kept, when carriers carry', () => {
  const { client, orderNo } = bought({ carrierMs: DAY })
  confirm(client, orderNo)
  ship(client, orderNo)
  const status = (ms: number) => {
    client.now += ms
    return whereIs(client, orderNo)[0]
  }
  expect([status(DAY - 1), status(1), status(DAY)]).toEqual([3, 4, 5])
})

test('with the special grant the seller tells the arrival', () => {
  const { client, orderNo } = bought({ withoutRight: [] })
  const arrive = () => client.send('POST', `/shipping/v1/Delivery/AddShippingCompleteInfo/${orderNo}`).body.ResultCode
  confirm(client, orderNo)
  expect(arrive()).toBe(3000)
  ship(client, orderNo)
  expect([arrive(), whereIs(client, orderNo)]).toEqual([0, [4, 0]])
})

test('a delay is told with a reason and a day from tomorrow to ninety days ahead', () => {
  const { client, orderNo } = bought()
  const delay = (ms: number, ReasonType = 1) =>
    client.send('POST', '/shipping/v1/Order/ShippingExpectedDate', {
      OrderNo: orderNo,
      ReasonType,
      ShippingExpectedDate: day(client.now + ms),
    }).body.ResultCode
  expect([delay(DAY), delay(90 * DAY), delay(0), delay(91 * DAY), delay(DAY, 4)]).toEqual([0, 0, 3000, 3000, 3000])
})

const statuses = (client: Client, SearchDateConditionType: number, more: Row = {}) =>
  client.send<StatusRow[]>('POST', '/shipping/v1/Delivery/GetDeliveryStatus', {
    OrderNo: 0,
    SearchDateConditionType,
    FromDate: day(client.now - 6 * DAY),
    ToDate: day(client.now),
    Page: 1,
    ...more,
  }).body

test('the status list finds orders by what happened when, of both sites, a week at most', () => {
  const { client, orderNo } = bought()
  confirm(client, orderNo)
  client.now += DAY
  ship(client, orderNo)
  expect([1, 2, 3].map((type) => statuses(client, type).Data)).toEqual(
    [1, 2, 3].map(() => [expect.objectContaining({ OrderNo: orderNo, Status: 3, ClaimStatus: 0, IsGiftOrder: 'N' })]),
  )
  const today = { FromDate: day(client.now) }
  expect([statuses(client, 2, today).Data, numbers(statuses(client, 3, today).Data)]).toEqual([[], [orderNo]])
  expect(statuses(client, 4).Data).toEqual([])
  expect(statuses(client, 1, { FromDate: day(client.now - 7 * DAY) })).toMatchObject({
    ResultCode: 3000,
    Message: '7일 이내의 데이터만 조회가능합니다.',
  })
  expect([statuses(client, 1, { Page: 0 }).ResultCode, statuses(client, 10).ResultCode]).toEqual([3000, 3000])
})

test('whether the last day of a status window belongs to it is a switch', () => {
  const { client, orderNo } = bought({ endDay: 'excluded' })
  client.now += HOUR
  expect(statuses(client, 1).Data).toEqual([])
  expect(numbers(statuses(client, 1, { FromDate: day(client.now), ToDate: day(client.now + DAY) }).Data)).toEqual([
    orderNo,
  ])
})
