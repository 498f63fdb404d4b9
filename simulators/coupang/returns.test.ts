import { expect, test } from 'vitest'
import {
  type Batch,
  type Client,
  firstOf,
  listed,
  O4,
  O5,
  O6,
  openClient,
  type Receipt,
  START,
} from './contract-client.ts'

const DAY = 'createdAtFrom=2026-11-20&createdAtTo=2026-11-20'
const receipts = (client: Client, rest: string, prefix = O6): Receipt[] =>
  client.send<Receipt[]>('GET', `${prefix}/returnRequests`, { query: `${DAY}&${rest}` }).body.data

type Outcome = { resultCode: string }
type Cancelled = { receiptMap: Record<string, { receiptType: string }> }

function acknowledgeAll(client: Client) {
  const ids = listed(client).map((box) => box.shipmentBoxId)
  client.send('PUT', `${O4}/ordersheets/acknowledgement`, {
    body: `{"vendorId":"A01234567","shipmentBoxIds":[${ids.join(',')}]}`,
  })
}

const cancel = (client: Client, orderId: string, item: string, units: number | null = null) =>
  client.market.doors.cancel(`${orderId}:${item}`, units, client.now).kind

test('an order cancelled at ACCEPT drops out of the list and is told as a cancel', () => {
  const client = openClient()
  const [item = ''] = client.seed(3)
  const orderId = client.buy(item)
  const box = firstOf(listed(client))
  expect([cancel(client, orderId, item), listed(client)]).toEqual(['cancelled', []])
  const single = client.send('GET', `${O5}/ordersheets/${box.shipmentBoxId}`)
  expect([single.status, single.body.message]).toEqual([400, '해당 주문이 취소 또는 반품되었습니다.'])
  expect(client.send('GET', `${O5}/${orderId}/ordersheets`).status).toBe(400)
  const receipt = firstOf(receipts(client, 'cancelType=CANCEL'))
  expect(receipt).toMatchObject({ orderId: Number(orderId), receiptType: 'CANCEL', cancelCountSum: 1 })
  expect(receipts(client, 'cancelType=RETURN&status=CC')).toEqual([])
})

test('some units cancelled at ACCEPT leave the order listed with a cancel count', () => {
  const client = openClient()
  const [item = ''] = client.seed(5)
  const bought = client.market.doors.buy({ lines: [{ item, quantity: 3 }], buyer: '김*수' }, START, client.random)
  const orderId = bought.kind === 'sold' ? bought.orderId : ''
  cancel(client, orderId, item, 1)
  expect(listed(client)[0]?.orderItems[0]).toMatchObject({ shippingCount: 3, cancelCount: 1, canceled: false })
})

test('a cancel puts units back on sale only when the marketplace is switched so', () => {
  for (const restockOnCancel of [true, false]) {
    const client = openClient({ restockOnCancel })
    const [item = ''] = client.seed(3)
    cancel(client, client.buy(item), item)
    expect(client.stock(item)).toBe(restockOnCancel ? 3 : 2)
  }
})

test('a cancel at INSTRUCT is a stop request, booked as RETURN and shown under RU and UC', () => {
  const client = openClient()
  const [item = ''] = client.seed(3)
  const orderId = client.buy(item)
  acknowledgeAll(client)
  expect(cancel(client, orderId, item)).toBe('requested')
  expect(receipts(client, 'cancelType=CANCEL')).toEqual([])
  const asked = firstOf(receipts(client, 'cancelType=RETURN&status=RU'))
  const received = firstOf(receipts(client, 'status=UC'))
  expect([asked.receiptStatus, asked.receiptType]).toEqual(['RELEASE_STOP_UNCHECKED', 'RETURN'])
  expect(received.receiptId).toBe(asked.receiptId)
  expect(listed(client, 'INSTRUCT')[0]?.orderItems[0]).toMatchObject({ holdCountForCancel: 1, cancelCount: 0 })
  expect(client.stock(item)).toBe(2)
})

test('agreeing to a stop request completes it, empties the list and needs the whole count', () => {
  const client = openClient()
  const [item = ''] = client.seed(3)
  const orderId = client.buy(item)
  acknowledgeAll(client)
  cancel(client, orderId, item)
  const asked = firstOf(receipts(client, 'status=RU'))
  const stop = (cancelCount: number) =>
    client.send<Outcome>('PUT', `${O4}/returnRequests/${asked.receiptId}/stoppedShipment`, {
      body: { vendorId: 'A01234567', receiptId: asked.receiptId, cancelCount },
    })
  expect(stop(2).status).toBe(500)
  expect(stop(1).body.data.resultCode).toBe('SUCCESS')
  expect(stop(1).body.data.resultCode).toBe('FAIL')
  expect([receipts(client, 'status=RU'), listed(client, 'INSTRUCT')]).toEqual([[], []])
  expect(receipts(client, 'status=CC')[0]?.receiptId).toBe(asked.receiptId)
  expect([client.stock(item), client.market.doors.truth().lines[0]?.state]).toEqual([3, 'CANCELLED'])
})

test('a stop request is in the way of the invoice, and too late once the parcel left', () => {
  const client = openClient()
  const [item = ''] = client.seed(3)
  const orderId = client.buy(item)
  acknowledgeAll(client)
  cancel(client, orderId, item)
  const box = firstOf(listed(client, 'INSTRUCT'))
  const row = `{"shipmentBoxId":${box.shipmentBoxId},"orderId":${orderId},"vendorItemId":${item},"deliveryCompanyCode":"CJGLS","invoiceNumber":"123456789012"}`
  const uploaded = client.send<Batch>('POST', `${O4}/orders/invoices`, {
    body: `{"vendorId":"A01234567","orderSheetInvoiceApplyDtos":[${row}]}`,
  })
  expect(uploaded.body.data.responseList[0]).toMatchObject({
    resultCode: 'ORDER_DELIVERY_CANCELED_HOLDING_FOR_CANCEL',
    retryRequired: true,
  })

  const asked = firstOf(receipts(client, 'status=RU'))
  const sent = client.send<Outcome>('PUT', `${O4}/returnRequests/${asked.receiptId}/completedShipment`, {
    body: {
      vendorId: 'A01234567',
      receiptId: asked.receiptId,
      deliveryCompanyCode: 'CJGLS',
      invoiceNumber: '123456789012',
    },
  })
  expect(sent.body.data).toMatchObject({ code: '200', resultCode: 'SUCCESS' })
  expect([listed(client, 'DEPARTURE').length, cancel(client, orderId, item)]).toEqual([1, 'too_late'])
})

test('a return runs: sent anyway, received back, approved', () => {
  const client = openClient()
  const [item = ''] = client.seed(3)
  const orderId = client.buy(item)
  acknowledgeAll(client)
  cancel(client, orderId, item)
  const asked = firstOf(receipts(client, 'status=RU'))
  const act = (action: string) =>
    client.send<Outcome>('PATCH', `${O4}/returnRequests/${asked.receiptId}/${action}`, {
      body: {
        vendorId: 'A01234567',
        receiptId: asked.receiptId,
        cancelCount: 1,
        deliveryCompanyCode: 'CJGLS',
        invoiceNumber: '123456789012',
      },
    }).body.data.resultCode
  expect(['approval', 'completedShipment', 'receiveConfirmation', 'approval'].map(act)).toEqual([
    'FAIL',
    'SUCCESS',
    'SUCCESS',
    'SUCCESS',
  ])
  const single = firstOf(client.send<Receipt[]>('GET', `${O6}/returnRequests/${asked.receiptId}`).body.data)
  expect([single.receiptStatus, single.returnDeliveryDtos.length]).toEqual(['RETURNS_COMPLETED', 1])
})

test('CANCEL with a status, RETURN with neither status nor order, and paging in minutes are refused', () => {
  const client = openClient()
  const status = (query: string) => client.send('GET', `${O6}/returnRequests`, { query }).status
  expect(status(`${DAY}&cancelType=CANCEL&status=CC`)).toBe(400)
  expect(status(`${DAY}&cancelType=RETURN`)).toBe(400)
  expect(status(DAY)).toBe(400)
  expect(status(`${DAY}&orderId=31000000000001`)).toBe(200)
  const frame = 'createdAtFrom=2026-11-20T09:00&createdAtTo=2026-11-20T10:00&searchType=timeFrame&status=RU'
  expect(status(frame)).toBe(200)
  for (const more of ['nextToken=', 'maxPerPage=50', 'orderId=31000000000001'])
    expect(status(`${frame}&${more}`)).toBe(400)
})

test('receipts page by 50 and v4 says the string "200"', () => {
  const client = openClient()
  const [item = ''] = client.seed(100)
  for (let i = 0; i < 60; i++) cancel(client, client.buy(item), item)
  const page = (token: string) =>
    client.send<Receipt[]>('GET', `${O4}/returnRequests`, { query: `${DAY}&cancelType=CANCEL&nextToken=${token}` }).body
  const first = page('')
  const second = page(first.nextToken)
  expect([first.code, first.data.length, second.data.length, second.nextToken]).toEqual(['200', 50, 10, ''])
  expect([firstOf(first.data).createdAt, firstOf(first.data).returnShippingCharge]).toEqual(['2026-11-20T09:15:00', 0])
})

test('the seller cancels: at once at ACCEPT, as a stopped shipment at INSTRUCT, not after', () => {
  const client = openClient()
  const [item = ''] = client.seed(5)
  const sellerCancel = (orderId: string, counts = [1]) =>
    client.send<Cancelled>('POST', `${O5}/orders/${orderId}/cancel`, {
      body: {
        orderId: Number(orderId),
        vendorItemIds: [Number(item)],
        receiptCounts: counts,
        bigCancelCode: 'CANERR',
        middleCancelCode: 'CCTTER',
        vendorId: 'A01234567',
        userId: 'wing',
      },
    })
  const types = (data: Cancelled) => Object.values(data.receiptMap).map((receipt) => receipt.receiptType)

  const fresh = client.buy(item)
  const cancelled = sellerCancel(fresh).body
  expect([cancelled.code, types(cancelled.data), listed(client)]).toEqual(['SUCCESS', ['CANCEL'], []])

  const prepared = client.buy(item)
  acknowledgeAll(client)
  expect(sellerCancel(prepared, [2]).body).toMatchObject({
    code: 'FAIL',
    data: { failedVendorItemIds: [Number(item)] },
  })
  expect(types(sellerCancel(prepared).body.data)).toEqual(['STOP_SHIPMENT'])
  expect(receipts(client, 'status=CC')[0]?.faultByType).toBe('VENDOR')
  expect(sellerCancel(prepared).status).toBe(400)
})

test('a buyer cannot cancel what is unknown or already cancelled', () => {
  const client = openClient()
  const [item = ''] = client.seed(3)
  const orderId = client.buy(item)
  expect(cancel(client, '31000000009999', item)).toBe('not_found')
  expect([cancel(client, orderId, item), cancel(client, orderId, item)]).toEqual(['cancelled', 'too_late'])
})
