import { expect, test } from 'vitest'
import { type Client, many, one, openClient, statusesOf, type Wire } from './contract-client.ts'

type Shipment = { shipping_code: string; order_item_code: string[]; tracking_no: string; status: string }

const label = { tracking_no: '0012345678', shipping_company_code: '0006', status: 'shipping' }

function sold(switches = {}) {
  const client = openClient(switches)
  const { codes } = client.seed(10, 10)
  const id = client.buy(...codes)
  const ship = (request: Wire) =>
    client.send<{ shipments: Shipment[] }>('POST', `orders/${id}/shipments`, { body: one({ ...label, ...request }) })
  const change = (code: string, request: Wire) =>
    client.send<{ shipment: Shipment }>('PUT', `orders/${id}/shipments/${code}`, { body: one(request) })
  return { client, id, ship, change, first: `${id}-01`, second: `${id}-02` }
}

const prepare = (client: Client, id: string) =>
  client.send('PUT', `orders/${id}`, { body: one({ process_status: 'prepare' }) })

test('carriers are those registered in the mall', () => {
  const { client } = sold()
  const { carriers } = client.send<{ carriers: Wire[] }>('GET', 'carriers').body
  expect(carriers).toContainEqual({
    shop_no: 1,
    carrier_id: 4,
    shipping_carrier_code: '0006',
    shipping_carrier: 'CJ대한통운',
    default_shipping_carrier: 'T',
  })
  const { ship } = sold({ cjCode: '0019' })
  expect([ship({}).status, ship({ shipping_company_code: '0019' }).status]).toEqual([422, 201])
})

test('a whole order is shipped in the parcel it was prepared in, and the number stays text', () => {
  const { client, id, ship, first, second } = sold()
  prepare(client, id)
  const answer = ship({ order_item_code: [first, second] })
  expect([answer.status, answer.body.shipments]).toEqual([
    201,
    [
      {
        shop_no: 1,
        order_id: id,
        shipping_code: `D-${id}-00`,
        status: 'shipping',
        tracking_no: '0012345678',
        shipping_company_code: '0006',
        order_item_code: [first, second],
        carrier_id: 4,
      },
    ],
  ])
  expect(client.order(id)).toMatchObject({
    shipping_status: 'T',
    items: [
      { order_status: 'N30', tracking_no: '0012345678' },
      { order_status: 'N30', tracking_no: '0012345678' },
    ],
  })
  expect(client.market.doors.truth().lines[0]).toMatchObject({ state: 'N30', invoice: '0012345678' })
})

test('lines go out in parcels of their own, and what is gone cannot go again', () => {
  const { client, id, ship, first, second } = sold()
  prepare(client, id)
  const one = ship({ order_item_code: [first] }).body.shipments[0]
  expect([statusesOf(client.order(id)), client.order(id).shipping_status]).toEqual([['N30', 'N20'], 'M'])
  expect(ship({ order_item_code: [first], tracking_no: '99' }).status).toBe(422)
  expect(ship({ order_item_code: [first, second], tracking_no: '99' }).status).toBe(422)
  const rest = ship({ tracking_no: '00222' }).body.shipments[0]
  expect([rest?.order_item_code, rest?.shipping_code]).toEqual([[second], `D-${id}-00`])
  expect(one?.shipping_code).toBe(`D-${id}-01`)
  expect(client.order(id).items.map((item) => item.tracking_no)).toEqual(['0012345678', '00222'])
})

test.each([
  [{ tracking_no: '' }],
  [{ tracking_no: 12_345 }],
  [{ tracking_no: 'x'.repeat(41) }],
  [{ shipping_company_code: '9999' }],
  [{ carrier_id: 1 }],
  [{ status: 'shipped' }],
  [{ order_item_code: [] }],
  [{ order_item_code: ['20261120-0000001-09'] }],
])('a shipment with %j is refused and ships nothing', (request) => {
  const { client, id, ship } = sold()
  expect([ship(request).status, statusesOf(client.order(id))]).toEqual([422, ['N10', 'N10']])
})

test.each([
  [true, 201],
  [false, 422],
])('goods nobody prepared ship: %s', (shipsUnprepared, status) => {
  expect(sold({ shipsUnprepared }).ship({}).status).toBe(status)
})

test('a parcel moves standby → shipping → shipped, never back, and takes its status or its number, not both', () => {
  const { client, id, ship, change } = sold()
  const code = ship({ status: 'standby' }).body.shipments[0]!.shipping_code
  expect(statusesOf(client.order(id))).toEqual(['N21', 'N21'])
  expect(change(code, { status: 'shipping', tracking_no: '1', shipping_company_code: '0006' }).status).toBe(422)
  expect(change(code, { tracking_no: '0777', shipping_company_code: '0018' }).body.shipment).toMatchObject({
    status: 'standby',
    tracking_no: '0777',
  })
  expect([change(code, { status: 'shipping' }).status, statusesOf(client.order(id))]).toEqual([200, ['N30', 'N30']])
  expect([change(code, { status: 'standby' }).status, change('D-x', { status: 'shipped' }).status]).toEqual([422, 404])
  expect([change(code, { status: 'shipped' }).status, statusesOf(client.order(id))]).toEqual([200, ['N40', 'N40']])
  const confirm = client.send('PUT', `orders/${id}`, { body: one({ purchase_confirmation: 'T' }) })
  expect([confirm.status, statusesOf(client.order(id))]).toEqual([200, ['N50', 'N50']])
})

test('many shipments in one call tell each its own result', () => {
  const { client, id, first } = sold()
  const requests = [
    { ...label, order_id: id, order_item_code: [first] },
    { ...label, order_id: id, order_item_code: [first] },
    { ...label, order_id: 'x' },
  ]
  const answer = client.send<{ shipments: Wire[] }>('POST', 'shipments', { body: many(requests) })
  expect(answer.status).toBe(207)
  expect(answer.body.shipments).toMatchObject([{ order_id: id }, { error: { code: 422 } }, { error: { code: 404 } }])
  const moved = many([{ order_id: id, shipping_code: `D-${id}-00`, status: 'shipped' }])
  expect(client.send('PUT', 'shipments', { body: moved }).status).toBe(200)
  expect(statusesOf(client.order(id))).toEqual(['N40', 'N10'])
})

test('a fulfillment’s number is at most 30 long, a shipment’s 40', () => {
  const { client, id, first, second } = sold()
  const post = (path: string, length: number, item: string) => {
    const request = { ...label, order_id: id, order_item_code: [item], tracking_no: '1'.repeat(length) }
    return client.send('POST', path, { body: many([request]) }).status
  }
  expect([post('fulfillments', 31, first), post('fulfillments', 30, first), post('shipments', 40, second)]).toEqual([
    207, 201, 201,
  ])
})

test('the carrier delivers after a while where it is switched on', () => {
  const { client, id, ship } = sold({ carrierMs: 1_000 })
  ship({})
  client.now += 999
  expect(statusesOf(client.order(id))).toEqual(['N30', 'N30'])
  client.now += 1
  expect(statusesOf(client.order(id))).toEqual(['N40', 'N40'])
})
