import { expect, test } from 'vitest'
import { firstOf, listed, many, one, openClient, statusesOf, type Wire } from './contract-client.ts'

function sold(units: number, switches = {}) {
  const client = openClient(switches)
  const { no, codes } = client.seed(10)
  const code = firstOf(codes)
  const id = client.buy([code, units])
  const key = `${id}-01`
  const put = (path: string, request: Wire) => client.send('PUT', `orders/${id}${path}`, { body: one(request) })
  return {
    client,
    id,
    key,
    put,
    stock: () => client.stock(no, code),
    byBuyer: (quantity: number | null) => client.market.doors.cancel(key, quantity, client.now).kind,
    prepare: () => put('', { process_status: 'prepare' }),
    ship: () => {
      const request = { tracking_no: '123', shipping_company_code: '0006', status: 'shipping' }
      client.send('POST', `orders/${id}/shipments`, { body: one(request) })
    },
    claim: (path: 'cancellation' | 'return', request: Wire) =>
      client.send<Record<string, { claim_code: string; status: string }>>('POST', `orders/${id}/${path}`, {
        body: one(request),
      }),
    items: () => client.order(id).items,
    line: () => client.market.doors.truth().lines[0]!,
  }
}

test('a buyer who cancels before the seller prepares is done at once', () => {
  const on = sold(2)
  expect([on.byBuyer(null), statusesOf(on.client.order(on.id)), on.stock()]).toEqual(['cancelled', ['C40'], 10])
  expect(on.items()[0]).toMatchObject({ status_code: 'C2', claim_code: 'C20261120-0000001', claim_quantity: 2 })
  expect(on.client.order(on.id).canceled).toBe('T')
  expect([on.byBuyer(null), on.line().cancelled]).toEqual(['too_late', 2])
})

test('the units of a buyer’s cancel stay off the shelf where the mall does not put them back', () => {
  const on = sold(2, { restockOnBuyerCancel: false })
  on.byBuyer(null)
  expect(on.stock()).toBe(8)
})

test('some units of a row become a row of their own, linked to the first', () => {
  const on = sold(5)
  expect(on.byBuyer(2)).toBe('cancelled')
  expect(on.items()).toMatchObject([
    { order_item_code: on.key, quantity: 3, order_status: 'N10', original_item_no: [] },
    { order_item_code: `${on.id}-02`, quantity: 2, order_status: 'C40', original_item_no: [1] },
  ])
  expect([on.client.order(on.id).canceled, on.line().quantity, on.line().cancelled]).toEqual(['M', 5, 2])
  expect(on.client.order(on.id).actual_order_amount.order_price_amount).toBe('27000.00')
  on.client.switches.originalItemNo = 'code'
  expect(on.items()[1]?.original_item_no).toEqual([on.key])
  expect([on.byBuyer(4), on.byBuyer(1), on.line().cancelled, on.stock()]).toEqual(['too_late', 'cancelled', 3, 8])
})

test('or they are counted on the same row, where the mall does it so', () => {
  const on = sold(5, { partialClaim: 'claim_quantity' })
  on.byBuyer(2)
  on.byBuyer(1)
  expect(on.items()).toMatchObject([{ quantity: 5, order_status: 'N10', claim_quantity: 3 }])
  on.byBuyer(null)
  expect([on.items()[0]?.order_status, on.items()[0]?.claim_quantity, on.stock()]).toEqual(['C40', 5, 10])
})

test('where claims are moved by their code, the seller grants a request by moving it on', () => {
  const on = sold(2, { claimAnswers: 'moves', claimCode: 'at_request' })
  on.prepare()
  expect([on.byBuyer(null), statusesOf(on.client.order(on.id)), on.stock()]).toEqual(['requested', ['C00'], 8])
  const code = on.items()[0]!.claim_code
  const move = (request: Wire) => on.put(`/cancellation/${code}`, request).status
  expect([move({ status: 'accepted' }), on.items()[0]?.order_status]).toEqual([200, 'C10'])
  expect([move({ status: 'accepted' }), move({ status: 'canceling' }), on.items()[0]?.order_status]).toEqual([
    422,
    200,
    'C34',
  ])
  expect([move({ status: 'canceled' }), on.items()[0]?.order_status, on.line().cancelled]).toEqual([200, 'C40', 2])
  expect([move({ status: 'canceled' }), on.stock()]).toEqual([422, 8])
})

const allOf = (on: ReturnType<typeof sold>, quantity: number) => [{ order_item_code: on.key, quantity }]

const WITHDRAWAL = {
  ...{ recover_inventory: 'F', undone: 'T', add_memo_too: 'F', undone_reason_type: 'A', expose_order_detail: 'F' },
}

test('as documented a request is granted by a claim over the same units, and no status moves it by its code', () => {
  const on = sold(2, { claimCode: 'at_request' })
  on.prepare()
  expect([on.byBuyer(null), statusesOf(on.client.order(on.id)), on.stock()]).toEqual(['requested', ['C00'], 8])
  const { claim_code: code } = on.items()[0]!
  expect(on.put(`/cancellation/${code}`, { status: 'canceled', recover_inventory: 'F' }).status).toBe(422)
  expect(on.put(`/cancellation/${code}`, WITHDRAWAL).status).toBe(422) // there is no acceptance to take back
  expect(on.claim('cancellation', { status: 'canceled', items: allOf(on, 1) }).status).toBe(422)
  const granted = on.claim('cancellation', { status: 'canceled', items: allOf(on, 2) })
  expect(granted).toMatchObject({ status: 201, body: { cancellation: { claim_code: code, status: 'canceled' } } })
  expect([on.items()[0]?.order_status, on.line().cancelled]).toEqual(['C40', 2])
  expect(on.claim('cancellation', { status: 'canceled', items: allOf(on, 2) }).status).toBe(422)
})

test('an accepted cancel is taken back by its code with everything the documents want, and its row goes on', () => {
  const on = sold(2)
  on.prepare()
  const request = { status: 'accepted', items: allOf(on, 2) }
  const { claim_code: code } = on.claim('cancellation', request).body.cancellation!
  for (const name of Object.keys(WITHDRAWAL)) {
    const part = Object.fromEntries(Object.entries(WITHDRAWAL).filter(([key]) => key !== name))
    expect([name, on.put(`/cancellation/${code}`, part).status]).toEqual([name, 422])
  }
  expect(on.items()[0]?.order_status).toBe('C10')
  expect(on.put(`/cancellation/${code}`, WITHDRAWAL)).toMatchObject({
    status: 200,
    body: { cancellation: { claim_code: code, undone: 'T', items: [{ order_item_code: on.key }] } },
  })
  expect(on.items()[0]?.order_status).toBe('N20')
  expect(on.put(`/cancellation/${code}`, WITHDRAWAL).status).toBe(422)
  const [order] = listed(on.client, '&embed=items,cancellation')
  expect(order?.cancellation).toMatchObject([{ claim_code: code, undone: 'T', undone_reason_type: 'A' }])
})

test('as documented a claim tells rows and no status, and a request has no code until it is accepted', () => {
  const on = sold(2)
  on.prepare()
  on.byBuyer(null)
  const told = () => listed(on.client, '&embed=items,cancellation')[0]
  expect(told()).toMatchObject({
    items: [{ order_status: 'C00', claim_code: null, cancel_request_date: '2026-11-20T12:00:00+09:00' }],
    cancellation: [],
  })
  on.claim('cancellation', { status: 'accepted', items: allOf(on, 2) })
  const [claim] = told()!.cancellation
  expect(claim).toMatchObject({ undone: 'F', items: [{ order_item_code: on.key, order_status: 'C10' }] })
  expect(Object.keys(claim!)).not.toContain('claim_status')
})

test('recover_inventory is F unless it is asked for, and puts units back once', () => {
  const [kept, back] = [sold(3), sold(3)]
  const request = { status: 'canceled', claim_reason_type: 'H', items: [{ order_item_code: kept.key, quantity: 3 }] }
  expect(kept.claim('cancellation', request).status).toBe(201)
  expect(kept.stock()).toBe(7)
  const code = back.claim('cancellation', { ...request, status: 'accepted', recover_inventory: 'T' }).body.cancellation!
  expect(back.stock()).toBe(7)
  back.client.switches.claimAnswers = 'moves'
  back.put(`/cancellation/${code.claim_code}`, { status: 'canceled', recover_inventory: 'T' })
  expect(back.stock()).toBe(10)
})

test('the seller cancels some units in one call and is told the claim', () => {
  const on = sold(3)
  const items = [{ order_item_code: on.key, quantity: 1 }]
  const answer = on.claim('cancellation', { status: 'canceled', claim_reason_type: 'H', reason: '품절', items })
  expect(answer.body).toEqual({
    cancellation: { shop_no: 1, order_id: on.id, status: 'canceled', claim_code: 'C20261120-0000001', items },
  })
  expect(on.items().map(({ quantity, order_status }) => [quantity, order_status])).toEqual([
    [2, 'N10'],
    [1, 'C40'],
  ])
  const [order] = listed(on.client, '&embed=items,cancellation')
  expect(order?.cancellation).toMatchObject([
    { claim_code: 'C20261120-0000001', claim_reason_type: 'H', items: [{ quantity: 1 }] },
  ])
})

test.each([
  [{ status: 'canceled' }],
  [{ status: 'done', items: [{ order_item_code: '20261120-0000001-01', quantity: 1 }] }],
  [{ status: 'canceled', items: [{ order_item_code: '20261120-0000001-01', quantity: 4 }] }],
  [{ status: 'canceled', items: [{ order_item_code: '20261120-0000001-01', quantity: 0 }] }],
  [{ status: 'canceled', items: [{ order_item_code: 'x', quantity: 1 }] }],
  [{ status: 'canceled', claim_reason_type: 'M', items: [{ order_item_code: '20261120-0000001-01', quantity: 1 }] }],
  [{ status: 'canceled', recover_inventory: true, items: [{ order_item_code: '20261120-0000001-01', quantity: 1 }] }],
])('a cancellation like %j is refused and changes nothing', (request) => {
  const on = sold(3)
  expect([on.claim('cancellation', request).status, on.line().cancelled, on.items()]).toMatchObject([
    422,
    0,
    [{ order_status: 'N10', quantity: 3 }],
  ])
})

test('money of an open market’s order cannot be given back through the mall', () => {
  const on = sold(3, { orderPlace: 'auction' })
  const items = [{ order_item_code: on.key, quantity: 1 }]
  const cancel = (payment_gateway_cancel: string) =>
    on.claim('cancellation', { status: 'canceled', payment_gateway_cancel, items }).status
  expect([cancel('T'), cancel('F')]).toEqual([422, 201])
})

const refuse = (on: ReturnType<typeof sold>, kind: 'cancellation' | 'return', more: Wire = {}) =>
  on.client.send('PUT', `${kind}requests`, {
    body: many([
      { order_id: on.id, order_item_code: [on.key], undone: 'T', reject_reason: '이미 포장했습니다', ...more },
    ]),
  })

test('a request that is refused leaves the row as it was, and it can be shipped', () => {
  const on = sold(2, { refusedRequest: 'restored' })
  on.prepare()
  on.byBuyer(null)
  on.ship()
  expect(on.items()[0]?.order_status).toBe('C00') // it must be answered first
  expect([refuse(on, 'cancellation').status, on.items()[0]?.order_status]).toEqual([200, 'N20'])
  expect(refuse(on, 'cancellation').status).toBe(207)
  on.ship()
  expect([on.items()[0]?.order_status, on.line().cancelled]).toEqual(['N30', 0])
})

test('a refused request on hold goes back on hold, and comes off it to where it was', () => {
  const on = sold(2, { refusedRequest: 'restored' })
  on.prepare()
  on.put('', { process_status: 'hold' })
  on.byBuyer(null)
  refuse(on, 'cancellation')
  expect(on.items()[0]?.order_status).toBe('N22')
  expect([on.put('', { process_status: 'unhold' }).status, on.items()[0]?.order_status]).toEqual([200, 'N20'])
})

test('a refused request for some units counted on their row leaves the row where it is by now', () => {
  const on = sold(3, { partialClaim: 'claim_quantity' })
  on.prepare()
  expect([on.byBuyer(1), on.items()[0]?.order_status, on.items()[0]?.claim_quantity]).toEqual(['requested', 'N20', 1])
  on.put('', { process_status: 'hold' })
  refuse(on, 'cancellation')
  expect([on.items()[0]?.order_status, on.items()[0]?.claim_quantity, on.line().cancelled]).toEqual(['N22', 0, 0])
})

test('or leaves it at C11, from where it can be shipped as well', () => {
  const on = sold(2, { refusedRequest: 'stays' })
  on.prepare()
  on.byBuyer(null)
  refuse(on, 'cancellation')
  expect(on.items()[0]?.order_status).toBe('C11')
  on.ship()
  expect(on.items()[0]?.order_status).toBe('N30')
})

test('a refusal says undone T, with a reason of at most 2000 characters, about a request that waits', () => {
  const on = sold(2)
  on.prepare()
  on.byBuyer(null)
  const failed = { cancellationrequests: [{ error: { code: 422 } }] }
  expect(refuse(on, 'cancellation', { undone: 'F' })).toMatchObject({ status: 207, body: failed })
  expect(refuse(on, 'cancellation', { reject_reason: 'x'.repeat(2001) })).toMatchObject({ status: 207, body: failed })
  expect(refuse(on, 'return').status).toBe(207)
  on.claim('cancellation', { status: 'accepted', items: [{ order_item_code: on.key, quantity: 2 }] })
  expect(refuse(on, 'cancellation')).toMatchObject({ status: 207, body: failed })
})

test('what is under way comes back as a return: asked, accepted, collected, returned', () => {
  const on = sold(2, { claimCode: 'at_request' })
  on.prepare()
  on.ship()
  expect([on.byBuyer(1), on.items().map((item) => item.order_status)]).toEqual(['requested', ['N30', 'R00']])
  const { claim_code: code, order_item_code } = on.items()[1]!
  expect(code).toBe('R20261120-0000001')
  const move = (request: Wire) => [on.put(`/return/${code}`, request).status, on.items()[1]?.order_status]
  expect(move({ pickup_completed: 'T' })).toEqual([422, 'R00'])
  expect(move({ status: 'accepted' })).toEqual([422, 'R00'])
  expect(on.claim('return', { status: 'accepted', items: [{ order_item_code, quantity: 1 }] })).toMatchObject({
    status: 201,
    body: { return: { claim_code: code, status: 'accepted', pickup_completed: 'F' } },
  })
  expect(move({ pickup_completed: 'T' })).toEqual([200, 'R20'])
  expect(move({ status: 'processing' })).toEqual([200, 'R30'])
  expect(move({ status: 'returned', recover_inventory: 'T' })).toEqual([200, 'R40'])
  expect([on.stock(), on.line().cancelled, on.items()[1]?.status_code]).toEqual([9, 0, 'C3'])
})

test('the seller can take back what was sent, and cannot cancel it', () => {
  const on = sold(2)
  on.prepare()
  on.ship()
  const items = [{ order_item_code: on.key, quantity: 2 }]
  expect(on.claim('cancellation', { status: 'canceled', items }).status).toBe(422)
  expect(on.claim('return', { status: 'accepted', items }).body).toMatchObject({
    return: { claim_code: 'R20261120-0000001' },
  })
})

test('a request can be made in the buyer’s name; a return says whether it is picked up, and its refusal tells of money', () => {
  const on = sold(2, { refusedRequest: 'restored' })
  on.prepare()
  const ask = (kind: string, more: Wire = {}) =>
    on.client.send('POST', `${kind}requests`, {
      body: many([
        {
          order_id: on.id,
          items: [{ order_item_code: on.key, quantity: 2 }],
          reason_type: 'A',
          reason: '변심',
          ...more,
        },
      ]),
    }).status
  expect([ask('cancellation'), on.items()[0]?.order_status, ask('cancellation')]).toEqual([201, 'C00', 207])
  refuse(on, 'cancellation')
  on.ship()
  expect([ask('return'), ask('return', { request_pickup: 'T' }), on.items()[0]?.order_status]).toEqual([
    207,
    201,
    'R00',
  ])
  expect(refuse(on, 'return').body).toMatchObject({
    returnrequests: [{ additional_payment_gateway_cancel: { success: [], fail: null } }],
  })
  expect(on.items()[0]?.order_status).toBe('N30')
})

test('an unpaid order is given up at once; an early cancel may be a request like any other', () => {
  const unpaid = sold(3, { paymentDelayMs: 1_000 })
  expect([unpaid.byBuyer(1), unpaid.byBuyer(null)]).toEqual(['cancelled', 'cancelled'])
  expect([unpaid.items().map((item) => item.order_status), unpaid.items()[0]?.status_code]).toEqual([
    ['C47', 'C47'],
    'C1',
  ])
  unpaid.client.now += 1_000
  expect([unpaid.stock(), unpaid.client.order(unpaid.id).paid]).toEqual([10, 'F'])
  const early = sold(2, { earlyCancel: 'requested' })
  expect([early.byBuyer(null), early.items()[0]?.order_status]).toEqual(['requested', 'C00'])
})

test('nobody cancels a line that does not exist, nor a confirmed one', () => {
  const on = sold(1)
  expect(on.client.market.doors.cancel('x', null, on.client.now).kind).toBe('not_found')
  on.ship()
  on.client.send('PUT', `orders/${on.id}/shipments/D-${on.id}-00`, { body: one({ status: 'shipped' }) })
  on.put('', { purchase_confirmation: 'T' })
  expect(on.byBuyer(null)).toBe('too_late')
})
