import { expect, test } from 'vitest'
import { type Client, firstOf, listed, O4, O6, openClient, type Receipt, START } from './contract-client.ts'
import type { CoupangSwitches } from './index.ts'

type Exchange = {
  exchangeId: number
  exchangeStatus: string
  collectStatus: string
  exchangeItemDtoV1s: { orderItemId: number; quantity: number; originalShipmentBoxId: string }[]
  deliveryInvoiceGroupDtos: { shipmentBoxId: string; deliveryInvoiceDtos: unknown[] }[]
}
type Withdrawal = { cancelId: number; vendorItemIds: number[] }

const kst = (at: number) => new Date(at + 9 * 3_600_000).toISOString().slice(0, 19)
const SEVEN_DAYS = 7 * 86_400_000
const window = (from: number, to: number) => `createdAtFrom=${kst(from)}&createdAtTo=${kst(to)}`
const exchanges = (client: Client, rest = '') =>
  client.send<Exchange[]>('GET', `${O4}/exchangeRequests`, { query: window(START - 1000, client.now) + rest }).body.data
const withdrawals = (client: Client, query: string) =>
  client.send<Withdrawal[]>('GET', `${O4}/returnWithdrawRequests`, { query })

/** A line of three units, acknowledged, and with its buyer when delivered. */
function sold(state: 'acknowledged' | 'delivered', switches: Partial<CoupangSwitches> = {}) {
  const client = openClient(switches)
  const [item = ''] = client.seed(10)
  const bought = client.market.doors.buy({ lines: [{ item, quantity: 3 }], buyer: '김*수' }, START, client.random)
  if (bought.kind !== 'sold') throw new Error('sold out')
  const [lineKey = ''] = bought.lineKeys
  const { shipmentBoxId } = firstOf(listed(client))
  client.send('PUT', `${O4}/ordersheets/acknowledgement`, {
    body: `{"vendorId":"A01234567","shipmentBoxIds":[${shipmentBoxId}]}`,
  })
  if (state === 'delivered') {
    const row = `{"shipmentBoxId":${shipmentBoxId},"orderId":${bought.orderId},"vendorItemId":${item},"deliveryCompanyCode":"CJGLS","invoiceNumber":"012345678901"}`
    client.send('POST', `${O4}/orders/invoices`, {
      body: `{"vendorId":"A01234567","orderSheetInvoiceApplyDtos":[${row}]}`,
    })
    client.market.afterwards.deliver(lineKey, START)
  }
  const act = (id: number, action: string, body: object = {}) => {
    const answer = client.send<{ resultCode: string }>('PUT', `${O4}/exchangeRequests/${id}/${action}`, {
      body: { vendorId: 'A01234567', exchangeId: id, ...body },
    })
    return answer.status === 200 ? answer.body.data.resultCode : answer.status
  }
  const send = (id: number, box: string, invoice = '000123456789') => {
    const row = `{"vendorId":"A01234567","exchangeId":${id},"shipmentBoxId":${box},"goodsDeliveryCode":"CJGLS","invoiceNumber":"${invoice}"}`
    const answer = client.send<{ resultCode: string }>('POST', `${O4}/exchangeRequests/${id}/invoices`, {
      body: `[${row}]`,
    })
    return answer.status === 200 ? answer.body.data.resultCode : answer.status
  }
  return { client, item, lineKey, shipmentBoxId, act, send }
}

test('an exchange: asked for, received back, sent in a box of its own, arrived; no order sheet is made of it', () => {
  const { client, item, lineKey, shipmentBoxId, act, send } = sold('delivered')
  expect(client.market.afterwards.exchange(lineKey, 2, START)).toBe(true)
  const asked = firstOf(exchanges(client, '&status=RECEIPT'))
  expect(asked.exchangeItemDtoV1s).toMatchObject([
    { orderItemId: Number(item), quantity: 2, originalShipmentBoxId: shipmentBoxId },
  ])
  expect([asked.deliveryInvoiceGroupDtos, asked.collectStatus]).toEqual([[], 'BeforeDirection'])
  const id = asked.exchangeId
  expect([act(id, 'receiveConfirmation'), act(id, 'receiveConfirmation')]).toEqual(['SUCCESS', 'FAIL'])
  const box = firstOf(firstOf(exchanges(client, '&status=PROGRESS')).deliveryInvoiceGroupDtos).shipmentBoxId
  expect(box).not.toBe(shipmentBoxId)
  expect([send(id, shipmentBoxId), send(id, box), send(id, box)]).toEqual([400, 'SUCCESS', 'FAIL'])
  client.market.afterwards.deliver(lineKey, START)
  expect(exchanges(client, '&status=SUCCESS')).toHaveLength(1)
  expect([...listed(client, 'INSTRUCT'), ...listed(client, 'DEPARTURE')]).toEqual([])
  expect(client.stock(item)).toBe(7)
})

test('the invoice of an exchange may open minutes after its goods were received', () => {
  const { client, lineKey, act, send } = sold('delivered', { exchangeInvoiceDelayMs: 600_000 })
  client.market.afterwards.exchange(lineKey, null, START)
  const id = firstOf(exchanges(client)).exchangeId
  act(id, 'receiveConfirmation')
  const box = firstOf(firstOf(exchanges(client)).deliveryInvoiceGroupDtos).shipmentBoxId
  expect(send(id, box)).toBe('FAIL')
  client.now += 600_000
  expect(send(id, box)).toBe('SUCCESS')
})

test('an exchange is refused with one of two codes, or taken back, and a parcel on its way has none', () => {
  const { client, lineKey, act } = sold('delivered')
  client.market.afterwards.exchange(lineKey, 1, START)
  const id = firstOf(exchanges(client)).exchangeId
  expect(act(id, 'rejection', { exchangeRejectCode: 'BORED' })).toBe(400)
  expect(act(id, 'rejection', { exchangeRejectCode: 'SOLDOUT' })).toBe('SUCCESS')
  expect(firstOf(exchanges(client)).exchangeStatus).toBe('REJECT')
  client.market.afterwards.exchange(lineKey, 1, START)
  expect(client.market.afterwards.takeBack(lineKey, START)).toBe(true)
  expect(exchanges(client).map(({ exchangeStatus }) => exchangeStatus)).toEqual(['REJECT', 'CANCEL'])
  const early = sold('acknowledged')
  expect(early.client.market.afterwards.exchange(early.lineKey, 1, START)).toBe(false)
})

test('the exchange list takes seconds, at most 7 days, and whether it wants a status is a switch', () => {
  for (const exchangeStatus of ['optional', 'required'] as const) {
    const { client } = sold('delivered', { exchangeStatus })
    const status = (query: string) => client.send('GET', `${O4}/exchangeRequests`, { query }).status
    expect(status(window(START - SEVEN_DAYS, START))).toBe(exchangeStatus === 'optional' ? 200 : 400)
    expect(status(`${window(START - SEVEN_DAYS, START)}&status=RECEIPT`)).toBe(200)
    expect(status(`${window(START - SEVEN_DAYS - 1000, START)}&status=RECEIPT`)).toBe(400)
    expect(status('createdAtFrom=2026-11-20&createdAtTo=2026-11-20&status=RECEIPT')).toBe(400)
  }
})

test.each(['gone', 'stay'] as const)(
  'a stop request taken back is told as withdrawn; the receipt may be %s',
  (kind) => {
    const { client, item, lineKey } = sold('acknowledged', { withdrawnReceipts: kind })
    client.market.doors.cancel(lineKey, 2, START)
    const list = () =>
      client.send<Receipt[]>('GET', `${O6}/returnRequests`, {
        query: 'createdAtFrom=2026-11-20&createdAtTo=2026-11-20&status=RU',
      }).body.data
    const { receiptId } = firstOf(list())
    expect([
      client.market.afterwards.takeBack(lineKey, START),
      client.market.afterwards.takeBack('none', START),
    ]).toEqual([true, false])
    expect(list()).toHaveLength(kind === 'gone' ? 0 : 1)
    expect(listed(client, 'INSTRUCT')[0]?.orderItems[0]).toMatchObject({ holdCountForCancel: 0, cancelCount: 0 })
    const rows = withdrawals(client, 'dateFrom=2026-11-14&dateTo=2026-11-20&pageIndex=1&sizePerPage=100').body.data
    expect(rows).toMatchObject([{ cancelId: receiptId, vendorItemIds: [Number(item)] }])
    const found = client.send<Withdrawal[]>('POST', `${O4}/returnWithdrawList`, { body: { cancelIds: [receiptId, 7] } })
    expect(found.body.data).toEqual(rows)
  },
)

test('the number of a wish taken back is not given to the next one', () => {
  const { client, lineKey } = sold('acknowledged', { withdrawnReceipts: 'gone' })
  const { doors, afterwards } = client.market
  const ask = () => doors.cancel(lineKey, 1, START)
  for (let round = 0; round < 3; round++) {
    expect([ask().kind, afterwards.takeBack(lineKey, START)]).toEqual(['requested', true])
  }
  ask()
  const claims = afterwards.claims()
  expect(claims.map(({ end }) => end)).toEqual(['void', 'void', 'void', 'open'])
  expect(new Set(claims.map(({ claimId }) => claimId)).size).toBe(4)
})

test('withdrawals are asked for by at most 7 days, by pages of at most 100 from 1', () => {
  const { client } = sold('acknowledged')
  const status = (query: string) => withdrawals(client, query).status
  expect(status('dateFrom=2026-11-13&dateTo=2026-11-20')).toBe(400)
  expect(status('dateFrom=2026-11-14&dateTo=2026-11-20&pageIndex=0')).toBe(400)
  expect(status('dateFrom=2026-11-14&dateTo=2026-11-20&sizePerPage=101')).toBe(400)
  expect(status('dateFrom=2026-11-14&dateTo=2026-11-20')).toBe(200)
})

test('whether stopping a sale keeps the number is a switch', () => {
  for (const stopKeepsStock of [true, false]) {
    const { client, item } = sold('acknowledged', { stopKeepsStock })
    client.send('PUT', `/v2/providers/seller_api/apis/api/v1/marketplace/vendor-items/${item}/sales/stop`)
    expect(client.stock(item)).toBe(stopKeepsStock ? 7 : 0)
  }
})

test('a return whose goods were received may refund itself after a while', () => {
  const { client, lineKey } = sold('delivered', { autoApproveMs: 60_000 })
  client.market.doors.cancel(lineKey, 1, START)
  const query = 'createdAtFrom=2026-11-20&createdAtTo=2026-11-20&status='
  const { receiptId } = firstOf(
    client.send<Receipt[]>('GET', `${O6}/returnRequests`, { query: `${query}UC` }).body.data,
  )
  client.send('PUT', `${O4}/returnRequests/${receiptId}/receiveConfirmation`, {
    body: { vendorId: 'A01234567', receiptId },
  })
  client.now += 60_000
  expect(client.send<Receipt[]>('GET', `${O6}/returnRequests`, { query: `${query}CC` }).body.data).toHaveLength(1)
})
