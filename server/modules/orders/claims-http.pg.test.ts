import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, openApi } from '../../../test/api.ts'
import { createVariant, newId, openShop, type Shop } from '../../../test/shop.ts'
import { hooks } from '../../compose.ts'
import { boardTotals } from '../../screens/board-queries.ts'

/** Claims of own orders, over the API: nobody else has a say, and stock comes back by what is found. */

let shop: Shop
let api: Api
beforeAll(async () => {
  shop = await openShop({ subscribers: hooks })
  api = await openApi({ shop })
})
afterAll(async () => {
  await api.close()
  await shop.close()
})

type Json = Record<string, unknown>

async function ordered(quantity: number, { onHand = 10, shipped = true, sku = `SKU-${newId()}` } = {}) {
  const known = await api.get(`/v1/stock/${sku}`)
  if (known.statusCode === 404) await shop.stock(sku, onHand)
  const body = { externalId: newId(), lines: [{ sku, quantity }] }
  const { id } = (await api.post('/v1/orders', body)).json()
  if (shipped) await api.post(`/v1/orders/${id}/ship`, {})
  return { id: id as string, sku }
}

const stockOf = async (sku: string) => {
  const { onHand, reserved, available, levels } = (await api.get(`/v1/stock/${sku}`)).json()
  return { onHand, reserved, available, levels }
}
const lineOf = async (id: string, lineNo = 1) =>
  (await api.get(`/v1/orders/${id}`)).json().lines.find((line: { lineNo: number }) => line.lineNo === lineNo)

const open = (orderId: string, kind: string, quantity: number, more: Json = {}) =>
  api.post('/v1/claims', { orderId, kind, lines: [{ lineNo: 1, quantity }], ...more })
const inspect = (id: string, found: Json, more: Json = {}, headers = {}) =>
  api.post(`/v1/claims/${id}/inspections`, { lines: [{ lineNo: 1, ...found }], ...more }, headers)

describe('a cancel of an own order', () => {
  test('gives back so many units of a line, once, and the rest stays', async () => {
    const { id, sku } = await ordered(3, { shipped: false })
    const claim = (await open(id, 'cancel', 2, { reason: '품절' })).json()
    expect(claim).toMatchObject({ kind: 'cancel', state: 'done', reason: '품절', answers: [] })
    expect(await stockOf(sku)).toMatchObject({ onHand: 10, reserved: 1, available: 9 })
    expect(await lineOf(id)).toMatchObject({ quantity: 3, cancelled: 2, state: 'paid', claim: null })
    await open(id, 'cancel', 1)
    expect(await stockOf(sku)).toMatchObject({ reserved: 0, available: 10 })
    expect(await lineOf(id)).toMatchObject({ cancelled: 3, state: 'cancelled' })
  })

  test('is refused beyond what is left, and names the field', async () => {
    const { id } = await ordered(3, { shipped: false })
    await open(id, 'cancel', 2)
    const refused = await open(id, 'cancel', 2)
    expect(refused.statusCode).toBe(422)
    expect(refused.json()).toMatchObject({
      type: '/problems/more-than-claimed',
      errors: [{ pointer: '/lines/0/quantity' }],
    })
    const shipped = await ordered(1)
    expect((await open(shipped.id, 'cancel', 1)).json()).toMatchObject({ type: '/problems/more-than-claimed' })
  })
})

describe('a return', () => {
  test('puts sellable units on hand, damaged ones aside, and lost ones nowhere', async () => {
    const { id, sku } = await ordered(5)
    const claim = (await open(id, 'return', 4)).json()
    expect(claim.state).toBe('approved')
    expect(await lineOf(id)).toMatchObject({ claim: 'return', returned: 0 })
    const after = (await inspect(claim.id, { sellable: 2, damaged: 1, lost: 1, note: '상자 파손' })).json()
    expect(after).toMatchObject({ state: 'done', lines: [{ sellable: 2, damaged: 1, lost: 1 }] })
    const { levels, available } = await stockOf(sku)
    expect(available).toBe(7)
    expect(levels).toMatchObject([
      { warehouse: 'SEOUL', onHand: 7 },
      { warehouse: 'QUARANTINE', onHand: 1, sellable: false },
    ])
    expect(await lineOf(id)).toMatchObject({ claim: null, returned: 4, shipped: 5 })
  })

  test('is inspected in steps, under one key once, and never beyond what was claimed', async () => {
    const { id, sku } = await ordered(3)
    const claim = (await open(id, 'return', 3)).json()
    const key = { 'idempotency-key': newId() }
    const first = await inspect(claim.id, { sellable: 1 }, {}, key)
    const again = await inspect(claim.id, { sellable: 1 }, {}, key)
    expect(again.json()).toEqual(first.json())
    expect(first.json()).toMatchObject({ state: 'collected', lines: [{ sellable: 1, quantity: 3 }] })
    expect((await inspect(claim.id, { sellable: 2, lost: 1 })).json()).toMatchObject({
      type: '/problems/more-than-claimed',
      errors: [{ pointer: '/lines/0' }],
    })
    expect((await inspect(claim.id, { sellable: 2 })).json()).toMatchObject({ state: 'done' })
    expect((await inspect(claim.id, { lost: 1 })).json().type).toBe('/problems/more-than-claimed')
    expect(await stockOf(sku)).toMatchObject({ onHand: 10, available: 10 })
  })

  test('of many inspectors at once finds each unit once', async () => {
    const { id, sku } = await ordered(4)
    const claim = (await open(id, 'return', 4)).json()
    const answers = await Promise.all(Array.from({ length: 8 }, () => inspect(claim.id, { sellable: 1 })))
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 200, 200, 200, 422, 422, 422, 422])
    expect(await stockOf(sku)).toMatchObject({ onHand: 10 })
  })

  test('of goods that never left is refused, and a refused one brings nothing back', async () => {
    const waiting = await ordered(2, { shipped: false })
    expect((await open(waiting.id, 'return', 1)).json()).toMatchObject({ type: '/problems/more-than-claimed' })
    const { id } = await ordered(2)
    const claim = (await open(id, 'return', 1)).json()
    const refused = await api.post(`/v1/claims/${claim.id}/answers`, { answer: 'refuse' })
    expect(refused.json()).toMatchObject({ state: 'refused', answers: [{ answer: 'refuse', told: 'unneeded' }] })
    expect(await lineOf(id)).toMatchObject({ claim: null })
    expect((await inspect(claim.id, { sellable: 1 })).json()).toMatchObject({ type: '/problems/wrong-state' })
  })

  test('goes to warehouses that fit: sellable where one sells, damaged where nobody does', async () => {
    const { id } = await ordered(2)
    const claim = (await open(id, 'return', 2)).json()
    const wrong = await inspect(claim.id, { sellable: 1 }, { warehouse: 'QUARANTINE' })
    expect(wrong.json()).toMatchObject({ status: 400, errors: [{ pointer: '/warehouse' }] })
    const aside = await inspect(claim.id, { damaged: 1 }, { damagedWarehouse: 'BUSAN' })
    expect(aside.json()).toMatchObject({ status: 400, errors: [{ pointer: '/damagedWarehouse' }] })
    expect((await inspect(claim.id, { sellable: 1, damaged: 1 }, { warehouse: 'BUSAN' })).statusCode).toBe(200)
  })

  test('of a set brings its parts back', async () => {
    const part = `PART-${newId()}`
    const variantId = await shop.stock(part, 10)
    const sku = `SET-${newId()}`
    await shop.inTx(async (tx) => createVariant(tx, shop.company, { sku, components: [{ variantId, quantity: 3 }] }))
    const { id } = await ordered(2, { sku })
    expect(await stockOf(part)).toMatchObject({ onHand: 4 })
    const claim = (await open(id, 'return', 1)).json()
    await inspect(claim.id, { sellable: 1 })
    expect(await stockOf(part)).toMatchObject({ onHand: 7, available: 7 })
  })
})

test('what waits for an inspection is listed until all of it was looked at, newest first, a page at a time', async () => {
  const waiting = async (more = '') => (await api.get(`/v1/claims?inspection=waiting${more}`)).json()
  const ids = async () => (await waiting()).claims.map(({ id }: { id: string }) => id)
  const others = await ids()
  const { id } = await ordered(5)
  const first = (await open(id, 'return', 2)).json().id
  const second = (await open(id, 'exchange', 1)).json().id
  await open((await ordered(1, { shipped: false })).id, 'cancel', 1)
  const refused = (await open(id, 'return', 1)).json().id
  await api.post(`/v1/claims/${refused}/answers`, { answer: 'refuse' })
  expect(await ids()).toEqual([second, first, ...others])
  expect((await waiting('&kind=return')).claims.map((claim: { id: string }) => claim.id)).not.toContain(second)
  const page = await waiting('&limit=1')
  expect(page).toMatchObject({ claims: [{ id: second }], next: second })
  expect(await waiting(`&limit=1&cursor=${page.next}`)).toMatchObject({ claims: [{ id: first }] })
  await inspect(first, { sellable: 1 })
  expect(await ids()).toContain(first)
  await inspect(first, { lost: 1 })
  expect(await ids()).toEqual([second, ...others])
})

test('an own order has nothing of the kind that a marketplace refuses', async () => {
  const { id } = await ordered(1)
  const claim = (await open(id, 'return', 1)).json()
  expect((await api.post(`/v1/claims/${claim.id}/withdrawal`, {})).json()).toMatchObject({
    type: '/problems/not-offered',
  })
})

describe('an exchange', () => {
  test('sends one out for one that comes in, as a line of the same order for nothing', async () => {
    const { id, sku } = await ordered(2)
    const claim = (await open(id, 'exchange', 1)).json()
    const other = claim.lines[0].replacementLineNo
    expect(await stockOf(sku)).toMatchObject({ onHand: 8, reserved: 1, available: 7 })
    expect((await api.get(`/v1/orders/${id}`)).json()).toMatchObject({ state: 'paid', total: 19_800 })
    expect(await lineOf(id, other)).toMatchObject({ quantity: 1, unitPrice: 0, state: 'paid' })
    await api.post(`/v1/orders/${id}/ship`, {})
    expect(await stockOf(sku)).toMatchObject({ onHand: 7, reserved: 0 })
    expect((await inspect(claim.id, { sellable: 1 })).json()).toMatchObject({ state: 'done' })
    expect(await stockOf(sku)).toMatchObject({ onHand: 8, available: 8 })
  })

  test('with nothing there is short, and what comes back sellable serves it', async () => {
    const { id, sku } = await ordered(2, { onHand: 2 })
    const claim = (await open(id, 'exchange', 1)).json()
    expect((await api.get(`/v1/orders/${id}`)).json()).toMatchObject({ short: true })
    const { soldTwice } = await shop.inTx((tx) => boardTotals(tx, shop.company))
    expect(soldTwice).toBe(0)
    await inspect(claim.id, { sellable: 1 })
    expect((await api.get(`/v1/orders/${id}`)).json()).toMatchObject({ short: false })
    expect(await stockOf(sku)).toMatchObject({ onHand: 1, reserved: 1, available: 0 })
  })

  test('that is refused lets go of the other goods', async () => {
    const { id, sku } = await ordered(1)
    const claim = (await open(id, 'exchange', 1)).json()
    await api.post(`/v1/claims/${claim.id}/answers`, { answer: 'refuse', reason: '변심' })
    expect(await stockOf(sku)).toMatchObject({ onHand: 9, reserved: 0, available: 9 })
    expect(await lineOf(id)).toMatchObject({ claim: null, state: 'shipped' })
  })

  test('sends its goods in a parcel, and what went out for it can come back in its turn', async () => {
    const { id, sku } = await ordered(1)
    const first = (await open(id, 'exchange', 1)).json()
    const without = await api.post(`/v1/claims/${first.id}/answers`, { answer: 'resend' })
    expect(without.json()).toMatchObject({ status: 422, errors: [{ pointer: '/parcel' }] })
    const parcel = { carrier: 'cj', invoice: '000123456789' }
    const sent = await api.post(`/v1/claims/${first.id}/answers`, { answer: 'resend', parcel })
    expect(sent.json().answers).toMatchObject([{ answer: 'resend', ...parcel }])
    await api.post(`/v1/orders/${id}/ship`, {})
    await inspect(first.id, { damaged: 1 })
    const other = first.lines[0].replacementLineNo
    const second = await api.post('/v1/claims', {
      orderId: id,
      kind: 'return',
      lines: [{ lineNo: other, quantity: 1 }],
    })
    const back = await api.post(`/v1/claims/${second.json().id}/inspections`, {
      lines: [{ lineNo: other, sellable: 1 }],
    })
    expect(back.json()).toMatchObject({ state: 'done' })
    expect(await stockOf(sku)).toMatchObject({ onHand: 10, available: 9 })
  })
})

describe('what a request says wrong', () => {
  test.each([
    [{ kind: 'refund' }, '/kind'],
    [{ lines: [] }, '/lines'],
    [{ lines: [{ lineNo: 9, quantity: 1 }] }, '/lines/0/lineNo'],
    [{ lines: [1, 1].map((lineNo) => ({ lineNo, quantity: 1 })) }, '/lines/1/lineNo'],
    [{ lines: [{ lineNo: 1, quantity: 0 }] }, '/lines/0/quantity'],
    [{ orderId: newId() }, '/orderId'],
    [{ colour: 'red' }, '/colour'],
  ])('%j is answered at %s', async (wrong, pointer) => {
    const { id } = await ordered(3, { shipped: false })
    const body = { orderId: id, kind: 'cancel', lines: [{ lineNo: 1, quantity: 1 }], ...wrong }
    const refused = await api.post('/v1/claims', body)
    expect(refused.statusCode).toBeGreaterThanOrEqual(400)
    expect(refused.json().errors).toMatchObject([{ pointer }])
    expect(await lineOf(id)).toMatchObject({ cancelled: 0 })
  })

  test('another company finds no claim of ours', async () => {
    const { id } = await ordered(1, { shipped: false })
    const claim = (await open(id, 'cancel', 1)).json()
    const other = await openApi()
    try {
      expect((await other.get(`/v1/claims/${claim.id}`)).statusCode).toBe(404)
      expect((await other.get('/v1/claims')).json()).toEqual({ claims: [], next: null })
    } finally {
      await other.close()
    }
  })
})
