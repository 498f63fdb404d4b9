import { expect, test } from 'vitest'
import { type Batch, type Client, firstOf, listed, O4, O5, openClient, type Sheet } from './contract-client.ts'

const acknowledge = (client: Client, boxIds: string[], method = 'PUT') =>
  client.send<Batch>(method, `${O4}/ordersheets/acknowledgement`, {
    body: `{"vendorId":"A01234567","shipmentBoxIds":[${boxIds.join(',')}]}`,
  })

const boxIds = (client: Client, status = 'ACCEPT') => listed(client, status).map((box) => String(box.shipmentBoxId))

type Change = Record<string, string>

function invoice(client: Client, box: Sheet, change: Change = {}, only: number[] = [], path = 'invoices'): Batch {
  const rows = box.orderItems.map((line, at) => ({
    orderId: box.orderId,
    vendorItemId: line.vendorItemId,
    deliveryCompanyCode: 'CJGLS',
    invoiceNumber: only.length === 0 || only.includes(at) ? '123456789012' : '',
    splitShipping: only.length > 0,
    preSplitShipped: false,
    estimatedShippingDate: '',
    ...change,
  }))
  const body = JSON.stringify({ vendorId: 'A01234567', orderSheetInvoiceApplyDtos: rows })
  const withBox = body.replaceAll('{"orderId"', `{"shipmentBoxId":${box.shipmentBoxId},"orderId"`)
  return client.send<Batch>('POST', `${O4}/orders/${path}`, { body: withBox }).body.data
}

test('an acknowledged box moves from ACCEPT to INSTRUCT, told by its exact id', () => {
  const client = openClient()
  const [item = ''] = client.seed(3)
  client.buy(item)
  client.buy(item)
  const [first = '', second = ''] = boxIds(client)
  const answer = acknowledge(client, [first], 'PATCH')
  expect(answer.body).toMatchObject({ code: 200, data: { responseCode: 0 } })
  expect(answer.body.data.responseList).toEqual([
    { shipmentBoxId: first, succeed: true, resultCode: 'OK', retryRequired: false, resultMessage: '' },
  ])
  expect([boxIds(client), boxIds(client, 'INSTRUCT')]).toEqual([[second], [first]])
})

test('success is partial inside HTTP 200: 0 all, 1 some, 99 none, -1 nothing asked', () => {
  const client = openClient()
  const [item = ''] = client.seed(3)
  client.buy(item)
  const ids = boxIds(client)
  const code = (wanted: string[]) => {
    const { status, body } = acknowledge(client, wanted)
    return [status, body.data.responseCode]
  }
  expect([code([...ids, '700000000000009999']), code(ids), code([])]).toEqual([
    [200, 1],
    [200, 99],
    [200, -1],
  ])
  expect(acknowledge(client, ids).body.data.responseList[0]?.resultMessage).toBe(
    '배송상태를 변경할 수 없습니다. 주문내역을 확인해주세요.',
  )
})

test('more than 50 boxes, another vendor or a broken body are refused and change nothing', () => {
  const client = openClient()
  const [item = ''] = client.seed(100)
  for (let i = 0; i < 51; i++) client.buy(item)
  expect(acknowledge(client, boxIds(client)).status).toBe(400)
  const path = `${O4}/ordersheets/acknowledgement`
  expect(client.send('PUT', path, { body: { vendorId: 'A1', shipmentBoxIds: [] } }).status).toBe(400)
  expect(client.send('PUT', path, { body: '{"vendorId":' }).status).toBe(500)
  expect(boxIds(client).length).toBe(51)
})

test('an acknowledgement may show only later, though a second one is already too much', () => {
  const client = openClient({ acknowledgeDelayMs: [300_000, 300_000] })
  const [item = ''] = client.seed(3)
  client.buy(item)
  const ids = boxIds(client)
  acknowledge(client, ids)
  expect([boxIds(client), acknowledge(client, ids).body.data.responseCode]).toEqual([ids, 99])
  client.now += 300_000
  expect([boxIds(client), boxIds(client, 'INSTRUCT')]).toEqual([[], ids])
})

test('an invoice ships an acknowledged box and no other', () => {
  const client = openClient()
  const [item = ''] = client.seed(3)
  client.buy(item)
  const box = firstOf(listed(client))
  const code = () => invoice(client, box).responseList[0]?.resultCode
  expect(code()).toBe('INVALID_STATUS')
  acknowledge(client, boxIds(client))
  expect([code(), code()]).toEqual(['OK', 'INVALID_STATUS'])
  const shipped = firstOf(listed(client, 'DEPARTURE'))
  expect([shipped.invoiceNumber, shipped.deliveryCompanyName]).toEqual(['123456789012', 'CJGLS'])
  const line = client.market.doors.truth().lines[0]
  expect([line?.state, line?.acknowledged, line?.invoice]).toEqual(['DEPARTURE', true, '123456789012'])
})

test('an invoice is refused for a missing item, a bad number, a box unknown, and another receiver’s number', () => {
  const client = openClient()
  const [first = '', second = ''] = client.seed(3, 3)
  client.buy(first, second)
  client.market.doors.buy({ lines: [{ item: first, quantity: 1 }], buyer: '박*희' }, client.now, client.random)
  acknowledge(client, boxIds(client))
  const boxes = listed(client, 'INSTRUCT')
  const [box, other] = [firstOf(boxes), firstOf(boxes.slice(1))]
  const code = (wanted: Sheet, change: Change = {}) => invoice(client, wanted, change).responseList[0]?.resultCode
  expect(code({ ...box, orderItems: box.orderItems.slice(1) })).toBe('NOT_FOUND_VENDOR_ITEM')
  expect(code(box, { invoiceNumber: '한글' })).toBe('INVALID_INVOICE_NUMBER')
  expect(code({ ...box, shipmentBoxId: '700000000000009999' })).toBe('NOT_FOUND_SHIPMENT_BOX')
  expect([code(box), code(other)]).toEqual(['OK', 'DUPLICATE_INVOICE_NUMBER'])
  expect(code(other, { invoiceNumber: '1234567890', deliveryCompanyCode: 'DIRECT' })).toBe('OK')
  expect(listed(client, 'NONE_TRACKING').length).toBe(1)
})

test('a number can be changed from DEPARTURE on', () => {
  const client = openClient()
  const [item = ''] = client.seed(3)
  client.buy(item)
  const box = firstOf(listed(client))
  acknowledge(client, boxIds(client))
  const change = () =>
    invoice(client, box, { invoiceNumber: '999999999999' }, [], 'updateInvoices').responseList[0]?.resultCode
  expect(change()).toBe('INVALID_STATUS')
  invoice(client, box)
  expect([change(), listed(client, 'DEPARTURE')[0]?.invoiceNumber]).toEqual(['OK', '999999999999'])
})

test('the part shipped first gets a new box id; the order id and the line key stay', () => {
  const client = openClient()
  const [first = '', second = ''] = client.seed(3, 3)
  const orderId = client.buy(first, second)
  const box = firstOf(listed(client))
  acknowledge(client, boxIds(client))
  expect(invoice(client, box, {}, [0]).responseCode).toBe(0)
  const gone = firstOf(listed(client, 'DEPARTURE'))
  const left = firstOf(listed(client, 'INSTRUCT'))
  expect(gone.shipmentBoxId).not.toBe(box.shipmentBoxId)
  expect([left.shipmentBoxId, String(gone.orderId)]).toEqual([box.shipmentBoxId, orderId])
  const states = client.market.doors.truth().lines.map((line) => [line.lineKey, line.state])
  expect(states).toEqual([
    [`${orderId}:${first}`, 'DEPARTURE'],
    [`${orderId}:${second}`, 'INSTRUCT'],
  ])
})

test('parcels move on by themselves when carriers are on', () => {
  const client = openClient({ carrierMs: 60_000 })
  const [item = ''] = client.seed(3)
  client.buy(item)
  const box = firstOf(listed(client))
  acknowledge(client, boxIds(client))
  invoice(client, box)
  client.now += 60_000
  expect(listed(client, 'DELIVERING').length).toBe(1)
  client.now += 60_000
  expect(client.send<Sheet>('GET', `${O5}/ordersheets/${box.shipmentBoxId}`).body.data.status).toBe('FINAL_DELIVERY')
})
