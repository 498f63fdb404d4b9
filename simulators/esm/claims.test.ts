import { expect, test } from 'vitest'
import {
  type ClaimRow,
  type Client,
  cancels,
  confirm,
  DAY,
  day,
  firstOf,
  HOUR,
  listed,
  numbers,
  openClient,
  optioned,
  type Row,
  type StatusRow,
  seedOne,
  ship,
  whereIs,
} from './contract-client.ts'

type Bought = { client: Client; orderNo: number; item: string; siteType: number }

function bought(site: 'gmkt' | 'iac' = 'gmkt', switches: Parameters<typeof openClient>[0] = {}): Bought {
  const client = openClient(switches)
  const [goods] = client.seed(10)
  const item = goods![site]
  return { client, item, orderNo: client.buy(item)[0]!, siteType: site === 'gmkt' ? 2 : 1 }
}

function prepared(site: 'gmkt' | 'iac' = 'gmkt', switches: Parameters<typeof openClient>[0] = {}): Bought {
  const order = bought(site, switches)
  confirm(order.client, order.orderNo)
  return order
}

/** The buyer asks to cancel, or to send back. */
const regret = ({ client, orderNo }: Bought) => client.market.doors.cancel(String(orderNo), null, client.now).kind

function requested(site: 'gmkt' | 'iac' = 'gmkt', switches: Parameters<typeof openClient>[0] = {}): Bought {
  const order = prepared(site, switches)
  regret(order)
  return order
}

const approve = ({ client, orderNo, siteType }: Bought, more: Row = {}) =>
  client.send('PUT', `/claim/v1/sa/Cancel/${orderNo}`, { SiteType: siteType, ...more }).body
const soldOut = ({ client, orderNo, siteType }: Bought) =>
  client.send('POST', `/claim/v1/sa/Cancel/${orderNo}/SoldOut`, { SiteType: siteType }).body
const line = ({ client }: Bought) => firstOf(client.market.doors.truth().lines)
const cancelOf = ({ client, siteType }: Bought) =>
  firstOf(cancels(client, { SiteType: siteType === 2 ? 3 : 1 }).body.Data)

test('before the confirm a buyer’s cancel is done at once; after it the seller is asked', () => {
  const fresh = bought()
  expect([regret(fresh), line(fresh).cancelled, fresh.client.stockOf(fresh.item)]).toEqual(['cancelled', 1, 10])
  expect(cancelOf(fresh)).toMatchObject({ CancelStatus: 3, RequestUser: 1, Reason: 1, ReasonCode: 1, SiteType: 3 })
  const later = prepared()
  expect([regret(later), line(later).cancelled, later.client.stockOf(later.item)]).toEqual(['requested', 0, 9])
  expect(cancelOf(later)).toMatchObject({ CancelStatus: 1, ApproveDate: null, CompleteDate: null })
})

test('a claim takes the whole order, whatever quantity the buyer had in mind', () => {
  const client = openClient()
  const [goods] = client.seed(10)
  client.market.doors.buy({ lines: [{ item: goods!.gmkt, quantity: 3 }], buyer: '김*수' }, client.now, client.random)
  const { lineKey } = firstOf(client.market.doors.truth().lines)
  expect(client.market.doors.cancel(lineKey, 1, client.now).kind).toBe('cancelled')
  expect([firstOf(client.market.doors.truth().lines).cancelled, client.stockOf(goods!.gmkt)]).toEqual([3, 10])
})

test('an order with a claim disappears from every order list, and the status list tells where it went', () => {
  const order = prepared()
  const { client, orderNo } = order
  expect(numbers(listed(client, { orderStatus: 2 }))).toEqual([orderNo])
  regret(order)
  expect(listed(client, { orderStatus: 2 })).toEqual([])
  expect(listed(client, { orderStatus: 0, orderNo })).toEqual([])
  expect(whereIs(client, orderNo)).toEqual([6, 1])
  approve(order)
  expect([listed(client, { orderStatus: 2 }), whereIs(client, orderNo)]).toEqual([[], [6, 3]])
})

test('approving refunds the order and puts it back on sale', () => {
  const order = requested()
  expect(approve(order)).toEqual({ ResultCode: 0, Message: 'Success', Data: null })
  expect([line(order).state, line(order).cancelled, order.client.stockOf(order.item)]).toEqual(['CANCELLED', 1, 10])
  expect(cancelOf(order)).toMatchObject({ CancelStatus: 3, ApproveUser: 2, ApproveDate: '2026-11-20T10:00:00' })
})

test('whether a cancel puts units back on sale is a switch', () => {
  const order = requested('gmkt', { restockOnCancel: false })
  approve(order)
  expect([line(order).cancelled, order.client.stockOf(order.item)]).toEqual([1, 9])
})

test('옥션 answers claims with a rule code beside the message', () => {
  const order = requested('iac')
  expect(approve(order)).toEqual({ ResultCode: 0, Message: 'Success', BizRuleCode: '', Data: null })
  expect(approve(order)).toMatchObject({ ResultCode: 8668, BizRuleCode: 'W8-2', Message: '이미 취소 승인 되었습니다' })
  expect(approve(prepared('iac'))).toMatchObject({ ResultCode: 8668, BizRuleCode: 'W8-1' })
  expect(approve({ ...order, orderNo: 4_000_009_999 })).toMatchObject({ ResultCode: 1000, BizRuleCode: '' })
})

test('G마켓 answers claims without one', () => {
  const order = requested()
  approve(order)
  expect(approve(order)).toEqual({
    ResultCode: 8668,
    Message: 'ShowAlertException$이미 취소 승인 되었습니다.',
    Data: null,
  })
  expect(approve(prepared()).Message).toBe('ShowAlertException$취소 승인 대상이 없습니다.')
})

test('approving needs the site as 1 or 2, and the order’s own', () => {
  const order = requested()
  expect(approve(order, { SiteType: 3 }).ResultCode).toBe(2141)
  expect(approve(order, { SiteType: 1 }).ResultCode).toBe(1000)
  expect(whereIs(order.client, order.orderNo)).toEqual([6, 1])
})

test('a request nobody answers approves itself after 24 hours', () => {
  const order = requested()
  order.client.now += DAY - 1
  expect(whereIs(order.client, order.orderNo)).toEqual([6, 1])
  order.client.now += 1
  expect(whereIs(order.client, order.orderNo)).toEqual([6, 3])
  expect([line(order).cancelled, order.client.stockOf(order.item)]).toEqual([1, 10])
  expect(cancelOf(order)).toMatchObject({ ApproveUser: 4, ApproveDate: '2026-11-21T10:00:00' })
})

test('the 24 hours happen by themselves, before whoever comes next', () => {
  const order = requested('gmkt')
  order.client.market.doors.edit(order.item, 0, order.client.now)
  order.client.now += DAY
  expect(order.client.buy(order.item)).toHaveLength(1)
})

test('shipping refuses the cancel: the claim is withdrawn and the order is back, shipped', () => {
  const order = requested()
  const { client, orderNo } = order
  expect(ship(client, orderNo).body.ResultCode).toBe(0)
  expect(numbers(listed(client, { orderStatus: 3 }))).toEqual([orderNo])
  expect(cancelOf(order)).toMatchObject({ CancelStatus: 4, WithdrawDate: '2026-11-20T10:00:00' })
  client.now += DAY
  expect([whereIs(client, orderNo), line(order).cancelled]).toEqual([[3, 0], 0])
})

test('shipping what was cancelled already fails', () => {
  const order = requested()
  approve(order)
  expect(ship(order.client, order.orderNo).body).toMatchObject({
    ResultCode: 3000,
    Message: '통합 API 취소요청건 발송처리를 위한 취소철회가 실패하였습니다.',
  })
})

test('a buyer may take the request back, and ask again', () => {
  const order = requested()
  const { client, orderNo } = order
  expect(client.market.withdrawClaim(String(orderNo), client.now)).toBe(true)
  expect(numbers(listed(client, { orderStatus: 2 }))).toEqual([orderNo])
  expect(client.market.withdrawClaim(String(orderNo), client.now)).toBe(false)
  expect(approve(order).Message).toBe('ShowAlertException$취소 승인 대상이 없습니다.')
  client.now += DAY
  expect(whereIs(client, orderNo)).toEqual([2, 0])
  expect([regret(order), whereIs(client, orderNo)]).toEqual(['requested', [6, 1]])
  const all = cancels(client).body.Data.map(({ CancelStatus }) => CancelStatus)
  expect(all).toEqual([4, 1])
})

test('selling out refunds the buyer and stops the product at that site', () => {
  const order = prepared()
  expect(soldOut(order).ResultCode).toBe(0)
  expect(cancelOf(order)).toMatchObject({ CancelStatus: 3, RequestUser: 2, Reason: 0, ReasonCode: 6 })
  expect([line(order).cancelled, order.client.stockOf(order.item)]).toEqual([1, 9])
  const goodsNo = firstOf(order.client.market.doors.truth().items).unit
  const { body } = order.client.send('GET', `/item/v1/goods/${goodsNo}/sell-status`)
  expect(body.IsSell).toEqual({ gmkt: false, iac: true })
})

test('selling out takes a number to 0 instead, by switch', () => {
  const order = prepared('gmkt', { soldOutMarks: 'zero' })
  soldOut(order)
  expect(order.client.stockOf(order.item)).toBe(0)
})

test('selling out marks the option that was bought, at its site, and no other', () => {
  const client = openClient()
  const [first, second] = seedOne(client, optioned(5, 5))
  const [orderNo] = client.buy(first!.gmkt)
  soldOut({ client, orderNo: orderNo!, item: first!.gmkt, siteType: 2 })
  expect(() => client.buy(first!.gmkt)).toThrow('sold out')
  expect([client.buy(first!.iac).length, client.buy(second!.gmkt).length]).toEqual([1, 1])
})

test('selling out is not for what the buyer wants to cancel, or what is on its way', () => {
  expect(soldOut(requested('iac'))).toMatchObject({ ResultCode: 8668, BizRuleCode: 'W28-1' })
  expect(soldOut(requested())).toMatchObject({ ResultCode: 8668, Message: '8668$취소 가능한 주문상태가 아닙니다' })
  const twice = prepared('iac')
  soldOut(twice)
  expect(soldOut(twice)).toMatchObject({ ResultCode: 8668, BizRuleCode: 'W8-1' })
  const shipped = prepared()
  ship(shipped.client, shipped.orderNo)
  expect(soldOut(shipped).ResultCode).toBe(8668)
})

test('cancelling without selling out needs a grant', () => {
  const order = prepared()
  const plain = () => order.client.send('POST', `/claim/v1/sa/Cancel/${order.orderNo}`, { SiteType: 2 })
  expect(plain().status).toBe(401)
  order.client.market.switches.withoutRight = []
  expect([plain().body.ResultCode, line(order).cancelled, order.client.buy(order.item).length]).toEqual([0, 1, 1])
})

test('the list of cancels wants G마켓 as 3, a week at most, and a known status', () => {
  const { client } = requested()
  expect(cancels(client, { SiteType: 2 }).body.ResultCode).toBe(2141)
  expect(cancels(client, { SiteType: 1 }).body.Data).toEqual([])
  expect(cancels(client, { StartDate: day(client.now - 7 * DAY) }).body).toMatchObject({
    ResultCode: 8668,
    Message: 'ShowAlertException$조회 기간은 7일 이내로 입력 바랍니다.',
  })
  expect(cancels(client, { CancelStatus: 7 }).body.ResultCode).toBe(2000)
  expect(cancels(client, { StartDate: 'x' }).body.ResultCode).toBe(99999)
})

test('cancels are found by status and by the day of request, answer and payment', () => {
  const order = prepared()
  const { client, orderNo } = order
  client.now += DAY
  regret(order)
  client.now += HOUR * 15
  approve(order)
  const on = (Type: number, at: number) =>
    numbers(cancels(client, { Type, StartDate: day(at), EndDate: day(at) }).body.Data)
  const [paid, asked, answered] = [client.now - DAY - 15 * HOUR, client.now - 15 * HOUR, client.now]
  expect([on(2, asked), on(3, answered), on(4, paid)]).toEqual([[orderNo], [orderNo], [orderNo]])
  expect([on(2, answered), on(3, asked), on(4, asked)]).toEqual([[], [], []])
  expect(cancels(client, { CancelStatus: 1 }).body.Data).toEqual([])
  expect(numbers(cancels(client, { CancelStatus: 3 }).body.Data)).toEqual([orderNo])
})

test('a week without claims is an empty list, or 99999 by switch', () => {
  const client = openClient()
  expect(cancels(client).body).toMatchObject({ ResultCode: 0, Data: [] })
  client.market.switches.emptyClaims = '99999'
  expect(cancels(client).body).toMatchObject({ ResultCode: 99999, Data: null })
})

test('99999 says that there is nothing to tell of an order or a cart', () => {
  const order = prepared()
  const { client, orderNo } = order
  const { PayNo } = firstOf(listed(client, { orderStatus: 2 }))
  const by = (more: Row) => cancels(client, more).body
  expect(by({ Type: 0, OrderNo: 1 })).toMatchObject({ ResultCode: 99999, Message: '주문정보가 없습니다' })
  expect(by({ Type: 0, OrderNo: orderNo })).toMatchObject({ ResultCode: 99999, Message: '클레임정보가 없습니다' })
  regret(order)
  expect([numbers(by({ Type: 0, OrderNo: orderNo }).Data), numbers(by({ Type: 1, PayNo }).Data)]).toEqual([
    [orderNo],
    [orderNo],
  ])
})

test('a refund may be in progress for a while', () => {
  const order = requested('gmkt', { refundMs: HOUR })
  approve(order)
  expect([whereIs(order.client, order.orderNo), cancelOf(order).CompleteDate]).toEqual([[6, 2], null])
  order.client.now += HOUR
  expect([whereIs(order.client, order.orderNo), cancelOf(order).CompleteDate]).toEqual([[6, 3], '2026-11-20T11:00:00'])
})

test('the site’s own people may refund without asking', () => {
  const order = prepared()
  const { client, orderNo } = order
  expect(client.market.cancelBySite(String(orderNo), client.now)).toBe(true)
  expect([cancelOf(order).CancelStatus, whereIs(client, orderNo)]).toEqual([5, [6, 3]])
  expect(client.market.cancelBySite(String(orderNo), client.now)).toBe(false)
})

test('an unpaid order that is given up never becomes a paid one', () => {
  const order = bought('gmkt', { paymentDelayMs: HOUR })
  expect(regret(order)).toBe('cancelled')
  order.client.now += HOUR
  expect([listed(order.client), whereIs(order.client, order.orderNo)]).toEqual([[], [6, 3]])
  expect(cancelOf(order)).toMatchObject({ PayDate: null })
})

test('the status list finds cancels by the day they were done', () => {
  const order = requested()
  const { client } = order
  const done = () =>
    numbers(
      client.send<StatusRow[]>('POST', '/shipping/v1/Delivery/GetDeliveryStatus', {
        OrderNo: 0,
        SearchDateConditionType: 9,
        FromDate: day(client.now),
        ToDate: day(client.now),
        Page: 1,
      }).body.Data,
    )
  expect(done()).toEqual([])
  approve(order)
  expect(done()).toEqual([order.orderNo])
})

test('a cancel may be told twice', () => {
  const { client } = requested()
  client.faults.duplicateOrder = 1
  expect(cancels(client).body.Data).toHaveLength(2)
})

/** Delivered; by switch kept. */
function delivered(site: 'gmkt' | 'iac' = 'gmkt', switches: Parameters<typeof openClient>[0] = {}): Bought {
  const order = prepared(site, { carrierMs: HOUR, ...switches })
  ship(order.client, order.orderNo)
  order.client.now += HOUR
  return order
}

const returns = ({ client, siteType }: Bought, more: Row = {}) =>
  client.send<ClaimRow[]>('POST', '/claim/v1/sa/Returns', {
    SiteType: siteType,
    ReturnStatus: 1,
    Type: 2,
    StartDate: day(client.now - 6 * DAY),
    EndDate: day(client.now),
    ...more,
  }).body
const onReturn = ({ client, orderNo, siteType }: Bought, method: string, rest = '', more: Row = {}) =>
  client.send(method, `/claim/v1/sa/return/${orderNo}${rest}`, { SiteType: siteType, ...more }).body

test('what is on its way or decided cannot be stopped; what arrived can go back', () => {
  const order = prepared('gmkt', { carrierMs: HOUR })
  ship(order.client, order.orderNo)
  expect(regret(order)).toBe('too_late')
  order.client.now += HOUR
  expect([regret(order), whereIs(order.client, order.orderNo)]).toEqual(['requested', [7, 1]])
  const kept = delivered()
  kept.client.now += HOUR
  expect([regret(kept), kept.client.market.doors.cancel('1', null, kept.client.now).kind]).toEqual([
    'too_late',
    'not_found',
  ])
})

test('returns are asked with G마켓 as 2 and told with 3', () => {
  const order = delivered()
  regret(order)
  expect(firstOf(returns(order).Data)).toMatchObject({ OrderNo: order.orderNo, ReturnStatus: 1, SiteType: 3 })
  expect(returns(order, { SiteType: 3 }).ResultCode).toBe(2141)
  expect(listed(order.client, { orderStatus: 4 })).toEqual([])
})

test('approving a return refunds and puts nothing back on sale', () => {
  const order = delivered()
  regret(order)
  expect(onReturn(order, 'PUT')).toEqual({ ResultCode: 0, Message: 'Success', Data: null })
  expect([whereIs(order.client, order.orderNo), line(order).state, order.client.stockOf(order.item)]).toEqual([
    [7, 3],
    'RETURNED',
    9,
  ])
  expect(onReturn(order, 'PUT')).toMatchObject({ ResultCode: 5800, Message: '이미 환불된 건입니다' })
  expect(onReturn(delivered(), 'PUT').ResultCode).toBe(5900)
})

test('옥션 tells a second approval by rule', () => {
  const order = delivered('iac')
  regret(order)
  onReturn(order, 'PUT')
  expect(onReturn(order, 'PUT')).toMatchObject({ ResultCode: 8668, BizRuleCode: 'W18-1' })
  const taken = delivered('iac')
  regret(taken)
  taken.client.market.withdrawClaim(String(taken.orderNo), taken.client.now)
  expect(onReturn(taken, 'PUT')).toMatchObject({ ResultCode: 8668, BizRuleCode: 'W18-3' })
  expect(numbers(listed(taken.client, { siteType: 1, orderStatus: 4 }))).toEqual([taken.orderNo])
})

test('a return waits for the seller, is collected, can be held, and a hold ends with the approval', () => {
  const order = delivered('iac', { pickupMs: DAY })
  regret(order)
  const hold = (HoldReason: number) => onReturn(order, 'POST', '/hold', { HoldReason })
  expect(onReturn(order, 'POST', '/pickup', { DeliveryCompCode: 99 }).ResultCode).toBe(99999)
  expect(onReturn(order, 'POST', '/pickup', { DeliveryCompCode: 10013, InvoiceNo: '123' }).ResultCode).toBe(0)
  expect(hold(4)).toMatchObject({ ResultCode: 8668, BizRuleCode: 'W20-3' })
  order.client.now += DAY
  expect(numbers(returns(order, { ReturnStatus: 2 }).Data)).toEqual([order.orderNo])
  expect([hold(4).ResultCode, hold(4).BizRuleCode, hold(0).ResultCode]).toEqual([0, 'W19-1', 0])
  expect(firstOf(returns(order, { ReturnStatus: 3 }).Data)).toMatchObject({ HoldInfo: { IsHold: true, Reason: 0 } })
  onReturn(order, 'PUT')
  expect(firstOf(returns(order, { ReturnStatus: 4 }).Data)).toMatchObject({ HoldInfo: { IsHold: false } })
  expect(hold(4)).toMatchObject({ ResultCode: 8668, BizRuleCode: 'W20-2' })
})

test('a fast return is refunded on its arrival and cannot be held', () => {
  const order = delivered('gmkt', { fastRefunds: 1, pickupMs: DAY })
  regret(order)
  expect(onReturn(order, 'POST', '/hold', { HoldReason: 4 }).ResultCode).toBe(99999)
  order.client.now += DAY
  expect(whereIs(order.client, order.orderNo)).toEqual([7, 3])
  expect(firstOf(returns(order, { ReturnStatus: 4 }).Data)).toMatchObject({ IsFastRefund: true, ApproveUser: 4 })
})

test('the seller opens a return; a second time it fails with code 0', () => {
  const order = delivered()
  const open = () => onReturn(order, 'POST', '/Request', { payNo: 1, reason: 'DD' })
  expect(open()).toEqual({ ResultCode: 0, Message: '성공', Data: null })
  expect(open()).toEqual({ ResultCode: 0, Message: `주문번호 ${order.orderNo} 는 반품 처리 중입니다`, Data: '' })
  expect(firstOf(returns(order).Data)).toMatchObject({ RequestUser: 2 })
})

test('after settlement 옥션 refunds by a call of its own, G마켓 does not', () => {
  const after = (order: Bought) => {
    order.client.now += HOUR
    const path = `/claim/v1/sa/Cancel/${order.orderNo}/AfterRemittanceBySeller`
    return order.client.send('POST', path, { SiteType: order.siteType }).body.ResultCode
  }
  const order = delivered('iac')
  expect([after(order), whereIs(order.client, order.orderNo), cancelOf(order).CancelStatus]).toEqual([0, [10, 0], 6])
  expect(after(delivered())).toBe(8668)
})
