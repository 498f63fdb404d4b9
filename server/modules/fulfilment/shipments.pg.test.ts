import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, openApi } from '../../../test/api.ts'
import { createVariant, newId } from '../../../test/shop.ts'
import { openLog } from '../../kernel/log.ts'
import { followDeliveries } from './index.ts'
import { fulfilmentSteps } from './jobs.ts'

let api: Api
beforeAll(async () => {
  api = await openApi()
})
afterAll(() => api.close())

let made = 0
const skuWith = async (onHand: number, more?: { warehouse?: string }): Promise<string> => {
  const sku = `SHP-${++made}`
  await api.shop.stock(sku, onHand, more)
  return sku
}
const orderOf = async (lines: { sku: string; quantity: number }[], more: object = {}): Promise<string> => {
  const answer = await api.post('/v1/orders', { externalId: newId(), lines, ...more })
  expect(answer.statusCode).toBe(201)
  return answer.json().id
}
let invoices = 0
const invoice = () => `00${String(++invoices).padStart(10, '0')}`
const ship = (shipments: object[], headers?: Record<string, string>) =>
  api.post('/v1/shipments', { shipments }, headers)
const order = async (id: string) => (await api.get(`/v1/orders/${id}`)).json()
const parcelsOf = async (id: string) => (await api.get(`/v1/shipments?order=${id}`)).json().shipments
const stockOf = async (sku: string) => (await api.get(`/v1/stock/${sku}`)).json()

describe('a parcel', () => {
  test('takes its goods from the warehouse they are reserved in, once, and the order is shipped', async () => {
    const sku = await skuWith(5, { warehouse: api.shop.warehouses[1]! })
    const id = await orderOf([{ sku, quantity: 2 }])
    const number = invoice()
    const parcel = { order: id, carrier: 'cj', invoice: number, shippedAt: '2026-11-20T14:00:00+09:00' }
    const answer = await ship([parcel])
    expect(answer.statusCode).toBe(201)
    const told = { telling: 'not_needed', toldAt: null, attempts: 0, saidCode: null, said: null, why: null }
    expect(answer.json().shipments).toEqual([
      {
        ...{ id: expect.any(String), orderId: id, warehouseId: api.shop.warehouses[1], carrier: 'cj', invoice: number },
        ...{ shippedAt: '2026-11-20T05:00:00.000Z', state: 'shipped', deliveredAt: null },
        lines: [{ lineNo: 1, quantity: 2, ...told }],
      },
    ])
    expect(await stockOf(sku)).toMatchObject({ onHand: 3, reserved: 0, available: 3 })
    expect(await order(id)).toMatchObject({ state: 'shipped', lines: [{ shipped: 2, state: 'shipped' }] })
    const again = await ship([parcel])
    expect(again.json()).toEqual(answer.json())
    expect(await stockOf(sku)).toMatchObject({ onHand: 3 })
    expect(await parcelsOf((await order(id)).number)).toEqual(answer.json().shipments)
  })

  test('of some units leaves the rest open; the last one ships the order', async () => {
    const [a, b] = [await skuWith(5), await skuWith(5)]
    const id = await orderOf([
      { sku: a, quantity: 3 },
      { sku: b, quantity: 1 },
    ])
    const part = (lines: object[]) => ({ order: id, carrier: 'hanjin', invoice: invoice(), lines })
    await ship([part([{ lineNo: 1, quantity: 1 }])])
    expect(await order(id)).toMatchObject({ state: 'paid', lines: [{ shipped: 1, state: 'paid' }, { shipped: 0 }] })
    // Two parcels of one order in one request: the second finds what the first has left.
    const two = await ship([part([{ lineNo: 1 }]), part([{ lineNo: 2, quantity: 1 }])])
    expect(two.json().shipments.map((parcel: { lines: { quantity: number }[] }) => parcel.lines[0]!.quantity)).toEqual([
      2, 1,
    ])
    expect(await order(id)).toMatchObject({ state: 'shipped', lines: [{ shipped: 3 }, { shipped: 1 }] })
    expect(await parcelsOf(id)).toHaveLength(3)
    expect(await stockOf(a)).toMatchObject({ onHand: 2, reserved: 0 })
  })

  test('of a set takes its parts off the shelves', async () => {
    const [pad, disc] = [await skuWith(10), await skuWith(10)]
    const ids = await api.shop.rows<{ sku: string; variant_id: string }>('select sku, variant_id from catalog.variant')
    const idOf = (sku: string) => ids.find((row) => row.sku === sku)!.variant_id
    await api.shop.inTx(async (tx) =>
      createVariant(tx, api.shop.company, {
        sku: 'SHP-SET',
        components: [
          { variantId: idOf(pad), quantity: 2 },
          { variantId: idOf(disc), quantity: 1 },
        ],
      }),
    )
    const id = await orderOf([{ sku: 'SHP-SET', quantity: 3 }])
    await ship([{ order: id, carrier: 'cj', invoice: invoice(), lines: [{ lineNo: 1, quantity: 2 }] }])
    expect(await stockOf(pad)).toMatchObject({ onHand: 6, reserved: 2 })
    expect(await stockOf(disc)).toMatchObject({ onHand: 8, reserved: 1 })
  })

  test('whose goods are not all there does not leave, and names what is missing', async () => {
    const [full, short] = [await skuWith(5), await skuWith(1)]
    const lines = [
      { sku: full, quantity: 1 },
      { sku: short, quantity: 3 },
    ]
    const id = await orderOf(lines, { whenShort: 'record' })
    const answer = await ship([{ order: id, carrier: 'cj', invoice: invoice() }])
    expect(answer.statusCode).toBe(409)
    expect(answer.json()).toMatchObject({
      type: '/problems/out-of-stock',
      errors: [{ pointer: '/shipments/0/order', detail: 'Goods are missing: 2 of line 2.' }],
    })
    expect(await stockOf(full)).toMatchObject({ onHand: 5, reserved: 1 })
    expect((await ship([{ order: id, carrier: 'cj', invoice: invoice(), lines: [{ lineNo: 1 }] }])).statusCode).toBe(
      201,
    )
    expect(
      (await ship([{ order: id, carrier: 'cj', invoice: invoice(), lines: [{ lineNo: 2, quantity: 1 }] }])).statusCode,
    ).toBe(201)
  })

  test('of many that cannot leave keeps them all back, and says which and why', async () => {
    const sku = await skuWith(5)
    const [good, cancelled] = [await orderOf([{ sku, quantity: 1 }]), await orderOf([{ sku, quantity: 1 }])]
    await api.post(`/v1/orders/${cancelled}/cancel`, {})
    const answer = await ship([
      { order: good, carrier: 'cj', invoice: invoice() },
      { order: cancelled, carrier: 'cj', invoice: invoice() },
      { order: 'ORD-19990101-000001', carrier: 'cj', invoice: invoice() },
    ])
    expect(answer.statusCode).toBe(409)
    expect(answer.json().errors).toEqual([
      { pointer: '/shipments/1/order', detail: 'Line 1 is cancelled; nothing of it may leave.' },
      { pointer: '/shipments/2/order', detail: 'There is no order of this id or number.' },
    ])
    expect(await order(good)).toMatchObject({ state: 'paid' })
    expect(await parcelsOf(good)).toEqual([])
  })

  test('names its faulty fields: carrier, invoice and time', async () => {
    const id = await orderOf([{ sku: await skuWith(1), quantity: 1 }])
    const faults = async (parcel: object) =>
      (await ship([{ order: id, carrier: 'cj', invoice: '1', ...parcel }])).json()
    expect(await faults({ carrier: 'owl' })).toMatchObject({ errors: [{ pointer: '/shipments/0/carrier' }] })
    expect(await faults({ invoice: '12 34' })).toMatchObject({ errors: [{ pointer: '/shipments/0/invoice' }] })
    expect(await faults({ invoice: 123456789012 })).toMatchObject({ errors: [{ pointer: '/shipments/0/invoice' }] })
    expect(await faults({ shippedAt: '1999-01-01T00:00:00Z' })).toMatchObject({
      errors: [{ pointer: '/shipments/0/shippedAt' }],
    })
    expect(await faults({ lines: [{ lineNo: 1 }, { lineNo: 1 }] })).toMatchObject({
      errors: [{ pointer: '/shipments/0/lines' }],
    })
    expect(await order(id)).toMatchObject({ state: 'paid' })
  })

  test('asked for at once by ten takes the goods once', async () => {
    const sku = await skuWith(5)
    const id = await orderOf([{ sku, quantity: 2 }])
    const parcel = { order: id, carrier: 'cj', invoice: invoice() }
    const answers = await Promise.all(Array.from({ length: 10 }, () => ship([parcel])))
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([201]))
    expect(new Set(answers.map((answer) => answer.json().shipments[0].id)).size).toBe(1)
    expect(await stockOf(sku)).toMatchObject({ onHand: 3, reserved: 0 })
  })

  test('under an Idempotency-Key is answered the same, and another body under it is refused', async () => {
    const id = await orderOf([{ sku: await skuWith(5), quantity: 1 }])
    const parcel = { order: id, carrier: 'cj', invoice: invoice() }
    const key = { 'idempotency-key': `parcel-${invoice()}` }
    const first = await ship([parcel], key)
    const again = await ship([parcel], key)
    expect(again.headers['idempotent-replayed']).toBe('true')
    expect(again.json()).toEqual(first.json())
    expect((await ship([{ ...parcel, invoice: invoice() }], key)).statusCode).toBe(422)
  })
})

test('another invoice of an own order puts the number right and moves nothing', async () => {
  const sku = await skuWith(5)
  const id = await orderOf([{ sku, quantity: 1 }])
  await ship([{ order: id, carrier: 'cj', invoice: invoice() }])
  const right = await ship([{ order: id, carrier: 'lotte', invoice: '0000000000001' }])
  expect(right.statusCode).toBe(201)
  expect(await parcelsOf(id)).toMatchObject([{ carrier: 'lotte', invoice: '0000000000001' }])
  expect(await stockOf(sku)).toMatchObject({ onHand: 4 })
})

test('what left by hand is no parcel, and gets none', async () => {
  const id = await orderOf([{ sku: await skuWith(5), quantity: 1 }])
  await api.post(`/v1/orders/${id}/ship`, {})
  const answer = await ship([{ order: id, carrier: 'cj', invoice: invoice() }])
  expect(answer.json()).toMatchObject({ type: '/problems/wrong-state', errors: [{ pointer: '/shipments/0/invoice' }] })
})

describe('a sheet of parcels', () => {
  test('is answered row by row; a bad row keeps no other back', async () => {
    const sku = await skuWith(20)
    const orders = [await orderOf([{ sku, quantity: 1 }]), await orderOf([{ sku, quantity: 1 }])]
    const good = { order: orders[0]!, carrier: 'epost', invoice: invoice() }
    const rows = [
      good,
      { order: 'ORD-20000101-000009', carrier: 'cj', invoice: invoice() },
      { order: orders[1]!, carrier: 'owl', invoice: invoice() },
      { order: orders[1]!, carrier: 'cj', invoice: invoice(), lineNo: 9 },
    ]
    const answer = await api.post('/v1/shipments/bulk', rows)
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toMatchObject({ shipped: 1, refused: 3 })
    expect(answer.json().rows.map((row: { outcome: string; pointer: string }) => [row.outcome, row.pointer])).toEqual([
      ['shipped', null],
      ['refused', '/1/order'],
      ['refused', '/2/carrier'],
      ['refused', '/3/lines'],
    ])
    expect((await api.post('/v1/shipments/bulk', [good])).json().rows).toMatchObject([{ outcome: 'already' }])
  })

  test('with a row a line puts the lines of one invoice into one parcel', async () => {
    const [a, b] = [await skuWith(5), await skuWith(5)]
    const id = await orderOf([
      { sku: a, quantity: 1 },
      { sku: b, quantity: 1 },
    ])
    const row = { order: id, carrier: 'cj', invoice: invoice() }
    const answer = await api.post('/v1/shipments/bulk', [
      { ...row, lineNo: 1 },
      { ...row, lineNo: 2 },
    ])
    expect(answer.json()).toMatchObject({ shipped: 2, refused: 0 })
    expect(await parcelsOf(id)).toMatchObject([{ lines: [{ lineNo: 1 }, { lineNo: 2 }] }])
  })

  test('of 500 rows is taken, of 501 refused', async () => {
    const sku = await skuWith(600)
    const rows: object[] = []
    for (let i = 0; i < 500; i++) {
      rows.push({ order: await orderOf([{ sku, quantity: 1 }]), carrier: 'cj', invoice: invoice() })
    }
    expect((await api.post('/v1/shipments/bulk', [...rows, rows[0]])).statusCode).toBe(400)
    expect((await api.post('/v1/shipments/bulk', rows)).json()).toMatchObject({ shipped: 500, refused: 0 })
    expect(await stockOf(sku)).toMatchObject({ onHand: 100, reserved: 0 })
  }, 60_000)
})

describe('after the parcel', () => {
  const complete = () => {
    const { db, company } = api.shop
    return fulfilmentSteps({ db, log: openLog('silent'), companies: async () => [company] })[0]!.step()
  }

  test('a delivered one delivers its lines, and seven days later they are completed', async () => {
    const id = await orderOf([{ sku: await skuWith(5), quantity: 1 }])
    const { shipments } = (await ship([{ order: id, carrier: 'cj', invoice: invoice() }])).json()
    const delivered = await api.post(`/v1/shipments/${shipments[0].id}/deliver`, {})
    expect(delivered.json()).toMatchObject({ state: 'delivered', deliveredAt: expect.any(String) })
    expect(await order(id)).toMatchObject({ state: 'delivered' })
    expect((await api.post(`/v1/shipments/${shipments[0].id}/deliver`, {})).json()).toEqual(delivered.json())
    await complete()
    expect(await order(id)).toMatchObject({ state: 'delivered' })
    await api.shop.passTime(7 * 86_400_000 + 1_000)
    await complete()
    expect(await order(id)).toMatchObject({ state: 'completed' })
  })

  test('what its buyer wants back is not completed, and does not leave a second time', async () => {
    const sku = await skuWith(5)
    const id = await orderOf([{ sku, quantity: 2 }])
    const first = { order: id, carrier: 'cj', invoice: invoice(), lines: [{ lineNo: 1, quantity: 1 }] }
    await ship([first])
    const claim = { orderId: id, kind: 'return', lines: [{ lineNo: 1, quantity: 1 }] }
    expect((await api.post('/v1/claims', claim)).statusCode).toBe(201)
    const rest = await ship([{ order: id, carrier: 'cj', invoice: invoice() }])
    expect(rest.json()).toMatchObject({
      type: '/problems/wrong-state',
      errors: [{ pointer: '/shipments/0/order', detail: 'The buyer wants line 1 back; answer the claim first.' }],
    })
    expect((await ship([first])).statusCode).toBe(201)

    const delivered = await orderOf([{ sku, quantity: 1 }])
    const { shipments } = (await ship([{ order: delivered, carrier: 'cj', invoice: invoice() }])).json()
    await api.post(`/v1/shipments/${shipments[0].id}/deliver`, {})
    expect((await api.post('/v1/claims', { ...claim, orderId: delivered })).statusCode).toBe(201)
    await api.shop.passTime(8 * 86_400_000)
    await complete()
    expect(await order(delivered)).toMatchObject({ state: 'delivered' })
  })

  test('of two parcels the one whose lines have arrived is delivered', async () => {
    const [a, b] = [await skuWith(5), await skuWith(5)]
    const id = await orderOf([
      { sku: a, quantity: 1 },
      { sku: b, quantity: 1 },
    ])
    for (const lineNo of [1, 2]) await ship([{ order: id, carrier: 'cj', invoice: invoice(), lines: [{ lineNo }] }])
    const at = (lineNo: number) => ({ company: api.shop.company, orderId: id, lineNo })
    await api.shop.rows(`update orders.order_line set state = 'delivered' where order_id = $1 and line_no = 2`, [id])
    await api.shop.inTx((tx) => followDeliveries(tx, [at(1), at(2)]))
    expect((await parcelsOf(id)).map((parcel: { state: string }) => parcel.state)).toEqual(['shipped', 'delivered'])
  })
})

test('carriers have codes of ours and their Korean names', async () => {
  const { carriers } = (await api.get('/v1/carriers')).json()
  expect(carriers).toContainEqual({ code: 'cj', name: 'CJ대한통운' })
})

test('there is no way to another company', async () => {
  const id = await orderOf([{ sku: await skuWith(5), quantity: 1 }])
  const { shipments } = (await ship([{ order: id, carrier: 'cj', invoice: invoice() }])).json()
  const other = await openApi()
  try {
    expect((await other.get(`/v1/shipments?order=${id}`)).statusCode).toBe(404)
    expect((await other.post(`/v1/shipments/${shipments[0].id}/deliver`, {})).statusCode).toBe(404)
    expect((await other.post(`/v1/shipments/${newId()}/tell`, {})).statusCode).toBe(404)
  } finally {
    await other.close()
  }
})
