import { describe, expect, test } from 'vitest'
import {
  type ClaimRow,
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
  ship,
  whereIs,
} from './contract-client.ts'
import type { EsmSwitches } from './index.ts'

type Site = 'gmkt' | 'iac'
type Bought = { client: Client; orderNo: number; item: string; siteType: number }

/** Bought, sent and arrived. */
function delivered(site: Site = 'gmkt', switches: Partial<EsmSwitches> = {}): Bought {
  const client = openClient(switches)
  const [goods] = client.seed(10)
  const item = goods![site]
  const orderNo = client.buy(item)[0]!
  confirm(client, orderNo)
  ship(client, orderNo)
  client.market.arrive(String(orderNo), client.now)
  return { client, item, orderNo, siteType: site === 'gmkt' ? 2 : 1 }
}

const wish = ({ client, orderNo }: Bought): boolean =>
  client.market.afterwards!.exchange!(String(orderNo), null, client.now)

function wished(site: Site = 'gmkt', switches: Partial<EsmSwitches> = {}): Bought {
  const order = delivered(site, switches)
  expect(wish(order)).toBe(true)
  return order
}

const exchanges = ({ client, siteType }: Bought, more: Row = {}) =>
  client.send<ClaimRow[]>('POST', '/claim/v1/sa/Exchanges', {
    SiteType: siteType,
    ExchangeStatus: 1,
    Type: 2,
    StartDate: day(client.now - 6 * DAY),
    EndDate: day(client.now),
    ...more,
  }).body
const on = ({ client, orderNo, siteType }: Bought, method: string, rest: string, more: Row = {}) =>
  client.send(method, `/claim/v1/sa/exchange/${orderNo}/${rest}`, { SiteType: siteType, ...more }).body
const collected = (order: Bought) => on(order, 'PUT', 'pickup')
const resend = (order: Bought, InvoiceNo = '689012345679') =>
  on(order, 'POST', 'resend', { DeliveryCompCode: 10013, InvoiceNo })
const arrive = ({ client, orderNo }: Bought) => client.market.arrive(String(orderNo), client.now)
const approvedOn = ({ client }: Bought, at: number) =>
  numbers(
    client.send<StatusRow[]>('POST', '/shipping/v1/Delivery/GetDeliveryStatus', {
      OrderNo: 0,
      SearchDateConditionType: 8,
      FromDate: day(at),
      ToDate: day(at),
      Page: 1,
    }).body.Data,
  )
const ends = ({ client }: Bought) => client.market.afterwards!.claims().map(({ kind, end }) => [kind, end])

test('what arrived can be exchanged, and is in no order list then; the status list says so', () => {
  const order = delivered()
  expect([wish(order), wish(order)]).toEqual([true, false])
  const { client, orderNo } = order
  expect([listed(client, { orderStatus: 4 }), whereIs(client, orderNo)]).toEqual([[], [8, 1]])
  expect(firstOf(exchanges(order).Data)).toMatchObject({
    ...{ OrderNo: orderNo, ExchangeStatus: 1, SiteType: 3, RequestUser: 1, Reason: 1, ReasonCode: 2 },
    ...{ ItemOptionCodes: ['SKU-1'], ResendInfo: { ResendDate: null, InvoiceNo: null }, ApproveDate: null },
  })
})

test('what is on its way cannot be exchanged yet', () => {
  const client = openClient()
  const orderNo = client.buy(client.seed(10)[0]!.gmkt)[0]!
  confirm(client, orderNo)
  ship(client, orderNo)
  expect(wish({ client, orderNo, item: '', siteType: 2 })).toBe(false)
})

test('exchanges are asked with G마켓 as 2, by a status from 1 to 5 and a week at most', () => {
  const order = wished()
  expect(exchanges(order, { SiteType: 3 }).ResultCode).toBe(2141)
  expect(exchanges(order, { ExchangeStatus: 6 }).ResultCode).toBe(2000)
  expect(exchanges(order, { StartDate: day(order.client.now - 7 * DAY) }).ResultCode).toBe(8668)
  expect(exchanges(order, { ExchangeStatus: 0 }).ResultCode).toBe(2000)
  order.client.market.switches.exchangeStatusZero = 'all'
  expect(numbers(exchanges(order, { ExchangeStatus: 0 }).Data)).toEqual([order.orderNo])
})

test('by order number an exchange is found under its status; an order without one is 99999', () => {
  const order = wished()
  const by = (more: Row) => exchanges(order, { Type: 0, OrderNo: order.orderNo, ...more })
  expect([numbers(by({}).Data), by({ ExchangeStatus: 2 }).Data]).toEqual([[order.orderNo], []])
  expect(exchanges(delivered(), { Type: 0, OrderNo: order.orderNo })).toMatchObject({ ResultCode: 99999, Data: null })
})

describe('the other goods', () => {
  test('at G마켓 go out once the first ones are back, and arriving ends the exchange', () => {
    const order = wished()
    const { client, orderNo, item } = order
    expect(resend(order)).toMatchObject({ ResultCode: 8668 })
    expect(collected(order)).toEqual({ ResultCode: 0, Message: 'Success', Data: null })
    expect([whereIs(client, orderNo), numbers(exchanges(order, { ExchangeStatus: 2 }).Data)]).toEqual([
      [8, 2],
      [orderNo],
    ])
    expect(collected(order)).toMatchObject({
      ResultCode: 8668,
      Message: 'ShowAlertException$이미 완료 처리 되었습니다',
    })
    expect([resend(order).ResultCode, whereIs(client, orderNo)]).toEqual([0, [3, 0]])
    expect(numbers(listed(client, { orderStatus: 3 }))).toEqual([orderNo])
    for (const ExchangeStatus of [1, 2, 3, 4, 5]) expect(exchanges(order, { ExchangeStatus }).Data).toEqual([])
    expect([ends(order), arrive(order), ends(order)]).toEqual([[['exchange', 'open']], true, [['exchange', 'done']]])
    expect([whereIs(client, orderNo), client.stockOf(item)]).toEqual([[4, 0], 9])
    expect(firstOf(exchanges(order, { ExchangeStatus: 4, Type: 3 }).Data)).toMatchObject({
      ResendInfo: { InvoiceNo: '689012345679', CompleteDate: '2026-11-20T10:00:00' },
    })
  })

  test('at G마켓 go out before as well, by switch', () => {
    expect(resend(wished('gmkt', { resendFirst: 'taken' })).ResultCode).toBe(0)
  })

  test('at 옥션 go out at any time, which takes the first ones as collected and lifts a hold', () => {
    const order = wished('iac', { withoutRight: [] })
    expect(on(order, 'POST', 'hold', { HoldReason: 4 }).ResultCode).toBe(0)
    expect(numbers(exchanges(order, { ExchangeStatus: 3 }).Data)).toEqual([order.orderNo])
    expect(resend(order)).toEqual({ ResultCode: 0, Message: 'Success', BizRuleCode: '', Data: null })
    expect(collected(order)).toMatchObject({ ResultCode: 8668, BizRuleCode: 'W14-2' })
  })

  test('at 옥션 show in no list when they arrived: by number, as 0, where 0 may be asked for', () => {
    const order = wished('iac')
    resend(order)
    arrive(order)
    for (const ExchangeStatus of [1, 2, 3, 4, 5]) {
      expect(exchanges(order, { ExchangeStatus, Type: 3 }).Data).toEqual([])
    }
    order.client.market.switches.exchangeStatusZero = 'all'
    expect(firstOf(exchanges(order, { ExchangeStatus: 0, Type: 0, OrderNo: order.orderNo }).Data)).toMatchObject({
      ExchangeStatus: 0,
      ResendInfo: { CompleteDate: '2026-11-20T10:00:00' },
      ItemOptionCodes: 'SKU-1',
    })
  })

  test('may leave the order in its claim, by switch', () => {
    const order = wished('iac', { resentOrder: 'in_claim' })
    const { client, orderNo } = order
    resend(order)
    expect([whereIs(client, orderNo), listed(client, { siteType: 1, orderStatus: 3 })]).toEqual([[8, 3], []])
    expect(ship(client, orderNo).body.ResultCode).toBe(3000)
    arrive(order)
    expect(whereIs(client, orderNo)).toEqual([8, 4])
  })

  test('date the approval by leaving or, by switch, by arriving', () => {
    for (const exchangeApproved of ['resent', 'delivered'] as const) {
      const order = wished('iac', { exchangeApproved })
      const { client, orderNo } = order
      const left = client.now
      resend(order)
      client.now += DAY
      arrive(order)
      const [leaving, arriving] = [approvedOn(order, left), approvedOn(order, client.now)]
      expect([leaving, arriving]).toEqual(exchangeApproved === 'resent' ? [[orderNo], []] : [[], [orderNo]])
    }
  })

  test('need a carrier and a number of its form, which a second call corrects', () => {
    const order = wished('iac')
    const { client, orderNo } = order
    expect(on(order, 'POST', 'resend', { DeliveryCompCode: 1, InvoiceNo: '689012345679' }).ResultCode).toBe(99999)
    expect(resend(order, 'x')).toMatchObject({ ResultCode: 8668, BizRuleCode: 'W22-6' })
    resend(order)
    expect(resend(order, '689012345670').ResultCode).toBe(0)
    client.market.switches.exchangeStatusZero = 'all'
    const [row] = exchanges(order, { ExchangeStatus: 0, Type: 0, OrderNo: orderNo }).Data
    expect(row).toMatchObject({ ResendInfo: { InvoiceNo: '689012345670' } })
  })

  test('that nobody tracks are told as arrived by the seller, once', () => {
    const order = wished('iac')
    const tell = () => on(order, 'PUT', 'resend', { PickupCompleteDate: '2026-11-20' })
    expect(tell()).toMatchObject({ ResultCode: 8668, Message: '재발송 완료 배송건이 없습니다' })
    resend(order)
    expect([tell().ResultCode, ends(order)]).toEqual([0, [['exchange', 'done']]])
    expect(tell()).toMatchObject({ ResultCode: 8668, BizRuleCode: 'W14-2' })
  })

  test('arrive by the carrier’s own clock, where it has one', () => {
    const order = wished('gmkt', { resendFirst: 'taken' })
    order.client.market.switches.carrierMs = HOUR
    resend(order)
    order.client.now += HOUR
    expect([whereIs(order.client, order.orderNo), ends(order)]).toEqual([[4, 0], [['exchange', 'done']]])
  })
})

test('what was not exchanged, or is no longer, takes no answer', () => {
  const order = delivered('iac')
  for (const answer of [collected, resend]) {
    expect(answer(order)).toMatchObject({ ResultCode: 8668, BizRuleCode: 'W22-3' })
    expect(answer(delivered())).toMatchObject({ ResultCode: 8668 })
  }
  wish(order)
  order.client.market.withdrawClaim(String(order.orderNo), order.client.now)
  expect(resend(order)).toMatchObject({ ResultCode: 8668, BizRuleCode: 'W22-4' })
})

test('the buyer may let it be: the order is back in the lists, and 옥션 takes no second wish', () => {
  for (const site of ['gmkt', 'iac'] as const) {
    const order = wished(site)
    const { client, orderNo, siteType } = order
    expect(client.market.withdrawClaim(String(orderNo), client.now)).toBe(true)
    expect(numbers(listed(client, { siteType, orderStatus: 4 }))).toEqual([orderNo])
    expect(firstOf(exchanges(order, { ExchangeStatus: 5, Type: 3 }).Data)).toMatchObject({
      WithdrawDate: '2026-11-20T10:00:00',
    })
    expect([ends(order), wish(order)]).toEqual([[['exchange', 'void']], site === 'gmkt'])
  }
})

test('the way back is registered with a carrier and is collected by its clock', () => {
  const order = wished('gmkt', { pickupMs: DAY })
  expect(on(order, 'POST', 'pickup', { DeliveryCompCode: 99 })).toMatchObject({
    ResultCode: 99999,
    Message: 'API Error - 교환택배사가 존재하지 않습니다',
  })
  on(order, 'POST', 'pickup', { DeliveryCompCode: 10013, InvoiceNo: '123456789012' })
  order.client.now += DAY
  expect(firstOf(exchanges(order, { ExchangeStatus: 2 }).Data)).toMatchObject({
    PickupInfo: { InvoiceNo: '123456789012', CompleteDate: '2026-11-21T10:00:00' },
  })
})

test('a hold needs a grant, keeps G마켓 from sending again, and is found by its day', () => {
  const order = wished('gmkt', { resendFirst: 'taken' })
  const hold = (HoldReason: number) => on(order, 'POST', 'hold', { HoldReason })
  expect(order.client.send('POST', `/claim/v1/sa/exchange/${order.orderNo}/hold`, {}).status).toBe(401)
  order.client.market.switches.withoutRight = []
  expect([hold(2).ResultCode, hold(1).ResultCode, hold(1).ResultCode]).toEqual([2000, 0, 8668])
  expect(firstOf(exchanges(order, { ExchangeStatus: 3, Type: 4 }).Data)).toMatchObject({
    HoldInfo: { IsHold: true, Reason: 1 },
  })
  expect(resend(order)).toMatchObject({ ResultCode: 8668, Message: 'ShowAlertException$교환 보류 상태입니다' })
  const release = () => on(order, 'DELETE', 'hold').ResultCode
  expect([release(), release(), resend(order).ResultCode]).toEqual([0, 99999, 0])
})

describe('turned into the other', () => {
  const convert = ({ client, orderNo, siteType }: Bought, from: 'return' | 'exchange', more: Row = {}) =>
    client.send('POST', `/claim/v1/sa/${from}/${orderNo}/${from === 'return' ? 'exchange' : 'return'}`, {
      SiteType: siteType,
      ...more,
    }).body
  const returns = ({ client, siteType }: Bought, ReturnStatus: number) => {
    const dates = { StartDate: day(client.now - 6 * DAY), EndDate: day(client.now) }
    const body = { SiteType: siteType, ReturnStatus, Type: 2, ...dates }
    return numbers(client.send<ClaimRow[]>('POST', '/claim/v1/sa/Returns', body).body.Data)
  }

  test('a return is an exchange asked for at G마켓, and one with its goods under way at 옥션', () => {
    for (const site of ['gmkt', 'iac'] as const) {
      const order = delivered(site)
      const { client, orderNo } = order
      client.market.doors.cancel(String(orderNo), null, client.now)
      if (site === 'iac') expect(convert(order, 'return').ResultCode).toBe(99999)
      const parcel = { DeliveryCompCode: 10013, InvoiceNo: '689012345679' }
      expect(convert(order, 'return', site === 'iac' ? parcel : {}).ResultCode).toBe(0)
      expect(whereIs(client, orderNo)).toEqual(site === 'gmkt' ? [8, 1] : [3, 0])
      expect(returns(order, 1)).toEqual([])
      expect(convert(order, 'return')).toMatchObject({ ResultCode: 8668 })
    }
  })

  test('an exchange is a return asked for at G마켓, and one refunded at 옥션', () => {
    for (const site of ['gmkt', 'iac'] as const) {
      const order = wished(site)
      expect(convert(order, 'exchange').ResultCode).toBe(0)
      expect([exchanges(order).Data, returns(order, site === 'gmkt' ? 1 : 4)]).toEqual([[], [order.orderNo]])
      expect(convert(order, 'exchange')).toMatchObject({ ResultCode: 8668 })
      expect(ends(order)).toEqual([
        ['exchange', 'void'],
        ['return', site === 'gmkt' ? 'open' : 'done'],
      ])
    }
  })
})
