import { afterEach, describe, expect, test } from 'vitest'
import { check } from '../../server/commands/check.ts'
import { realClock } from '../../server/kernel/clock.ts'
import { openClaimOffers } from '../../server/modules/channels/index.ts'
import { type Api, openApi } from '../api.ts'
import { type ChannelName, type Market, openMarket } from '../marketplaces.ts'
import { newId } from '../shop.ts'
import { becomesTrue, PATIENCE_MS, until } from './market-truth.ts'

/** Claims from a buyer at a real, pretend marketplace to our shelf, through the worker and the API. */

let market: Market
let api: Api
let place: ChannelName
afterEach(async () => {
  await api.close()
  await market.close()
})

const STOCK = 20
let item: string

/** Coupang tells claims in lists that are read in turn, so its turns come fast here. */
const IN_TURN = { slowEvery: 1, pollMs: 50 }

async function open(at: ChannelName, more: { restockOnCancel?: boolean } = {}): Promise<void> {
  place = at
  const { restockOnCancel = true } = more
  market = await openMarket({ naver: { restockOnCancel }, coupang: { restockOnCancel, settings: IN_TURN } })
  api = await openApi({ shop: market.shop, deps: { claimOffers: openClaimOffers(market.jaego.channels) } })
  const variantId = await market.shop.stock('BRK-1', STOCK)
  item = (await market.list('BRK-1', variantId, { naver: 8, coupang: 8 }))[at]
  market.work()
}

type Json = Record<string, unknown>
const get = async (url: string) => (await api.get(url)).json()
const orders = async (): Promise<{ id: string; state: string }[]> => (await get('/v1/orders')).orders
const stock = () => get('/v1/stock/BRK-1')

/** What only the slow lists tell comes with one of Coupang's sixteen, a collection each: 30 s on a busy machine. */
const IN_SLOW_LISTS_MS = 2 * PATIENCE_MS

/** Polls the API for the thing it names, and answers it. */
async function seen<T>(what: string, find: () => Promise<T | undefined | false>): Promise<T> {
  let found: T | undefined | false
  await until(
    async () => {
      found = await find()
      return Boolean(found)
    },
    IN_SLOW_LISTS_MS,
    async () => ({ what, claims: (await get('/v1/claims')).claims, orders: await orders() }),
  )
  return found as T
}

/** A buyer buys, and jaego has accepted it (발주확인). */
async function bought(quantity: number): Promise<{ orderId: string; lineKey: string }> {
  const answer = market[place].sim.buy({ lines: [{ item, quantity }], buyer: '김하나' })
  expect(answer.kind).toBe('sold')
  const orderId = (await seen('the order', async () => (await orders()).find(({ state }) => state === 'acknowledged')))
    .id
  return { orderId, lineKey: market[place].machine.doors.truth().lines.at(-1)!.lineKey }
}

/** It has arrived, too, where only then it can come back. */
async function sent(quantity: number) {
  const order = await bought(quantity)
  const parcel = { order: order.orderId, carrier: 'cj', invoice: `0${Date.now()}` }
  expect((await api.post('/v1/shipments', { shipments: [parcel] })).statusCode).toBe(201)
  await seen('the parcel there', async () =>
    (await market.shop.rows(`select from fulfilment.shipment_line where telling = 'told'`)).at(0),
  )
  if (place === 'coupang') expect(afterwards().deliver!(order.lineKey, now())).toBe(true)
  return order
}

const claimIn = (state: string) =>
  seen(`a claim that is ${state}`, async () =>
    (await get('/v1/claims')).claims.find((claim: { state: string }) => claim.state === state),
  ) as Promise<{ id: string; kind: string; lapsesAt: string | null }>
const answer = (id: string, body: Json) => api.post(`/v1/claims/${id}/answers`, body)
const inspect = (id: string, found: Json) =>
  api.post(`/v1/claims/${id}/inspections`, { lines: [{ lineNo: 1, ...found }] })
const afterwards = () => market[place].machine.afterwards!
const now = () => market[place].sim.now()
const lineThere = (lineKey: string) =>
  market[place].machine.doors.truth().lines.find((line) => line.lineKey === lineKey)!
/** The marketplace has heard this answer. */
const heard = (id: string, kind: string) =>
  seen(`${kind} told`, async () =>
    (await get(`/v1/claims/${id}`)).answers.find((one: Json) => one.answer === kind && one.told === 'told'),
  )
/** The goods reach the seller: at Naver a carrier tells, at Coupang the seller does. */
async function comesBack(id: string, lineKey: string) {
  if (place === 'naver') expect(afterwards().bringBack!(lineKey, now())).toBe(true)
  else await answer(id, { answer: 'receive' })
  return claimIn('collected')
}

async function endsTrue() {
  await becomesTrue(market)
  const { url, db } = market.shop
  const { invariants } = await check({ url, db, newId, clock: realClock, progress: () => {} })
  expect(invariants.filter(({ violations }) => violations > 0)).toEqual([])
}

describe.each(['naver', 'coupang'] as const)('at %s', (at) => {
  test.each([true, false])(
    'a cancel of some units is approved here and gives them back, shelf restocked: %s',
    async (r) => {
      await open(at, { restockOnCancel: r })
      const { orderId, lineKey } = await bought(3)
      market[place].sim.cancel(lineKey, 2)
      const claim = await claimIn('requested')
      expect((await get(`/v1/orders/${orderId}`)).lines).toMatchObject([{ claim: 'cancel', cancelled: 0 }])
      await answer(claim.id, { answer: 'approve' })
      await claimIn('done')
      expect(lineThere(lineKey)).toMatchObject({ cancelled: 2 })
      expect((await get(`/v1/orders/${orderId}`)).lines).toMatchObject([{ claim: null, cancelled: 2 }])
      expect(await stock()).toMatchObject({ onHand: STOCK, reserved: 1 })
      await endsTrue()
    },
  )

  test('a cancel is refused by the parcel that goes out, and the goods leave our books with it', async () => {
    await open(at)
    const { orderId, lineKey } = await bought(2)
    market[place].sim.cancel(lineKey, null)
    const claim = await claimIn('requested')
    expect((await answer(claim.id, { answer: 'refuse' })).json()).toMatchObject({
      status: 422,
      errors: [{ pointer: '/parcel' }],
    })
    await answer(claim.id, { answer: 'refuse', parcel: { carrier: 'cj', invoice: '001234567890' } })
    await claimIn('refused')
    expect(lineThere(lineKey)).toMatchObject({ cancelled: 0 })
    expect(await stock()).toMatchObject({ onHand: STOCK - 2, reserved: 0 })
    const line = async () => (await get(`/v1/orders/${orderId}`)).lines[0]
    expect(await line()).toMatchObject({ shipped: 2 })
    // What was sent in spite of a stop goes on as a return at Coupang, told with the next of its lists.
    const goesOnAs = at === 'coupang' ? 'return' : null
    await seen('how it goes on', async () => (await line()).claim === goesOnAs)
    await endsTrue()
  })

  test('a cancel that the buyer takes back leaves everything as it was', async () => {
    await open(at)
    const { orderId, lineKey } = await bought(1)
    market[place].sim.cancel(lineKey, null)
    await claimIn('requested')
    afterwards().takeBack!(lineKey, now())
    await claimIn('withdrawn')
    expect((await get(`/v1/orders/${orderId}`)).lines).toMatchObject([
      { claim: null, cancelled: 0, state: 'acknowledged' },
    ])
    expect(await stock()).toMatchObject({ onHand: STOCK, reserved: 1 })
    await endsTrue()
  })

  test('a return is inspected when it is here, and approved there', async () => {
    await open(at)
    const { orderId, lineKey } = await sent(3)
    market[place].sim.cancel(lineKey, 2)
    const asked = await claimIn('requested')
    expect(asked).toMatchObject({ kind: 'return' })
    await comesBack(asked.id, lineKey)
    expect((await inspect(asked.id, { sellable: 1, damaged: 1 })).statusCode).toBe(200)
    await answer(asked.id, { answer: 'approve' })
    await claimIn('done')
    expect((await get(`/v1/orders/${orderId}`)).lines).toMatchObject([{ returned: 2, claim: null }])
    const { levels, available } = await stock()
    expect(available).toBe(STOCK - 2)
    expect(levels.map(({ warehouse, onHand }: Json) => [warehouse, onHand])).toEqual([
      ['SEOUL', STOCK - 2],
      ['QUARANTINE', 1],
    ])
    await endsTrue()
  })

  test('an exchange brings one in and sends one out', async () => {
    await open(at)
    const { orderId, lineKey } = await sent(1)
    expect(afterwards().exchange!(lineKey, 1, now())).toBe(true)
    const asked = await claimIn('requested')
    await comesBack(asked.id, lineKey)
    await seen('the other goods', async () => (await stock()).reserved === 1)
    await inspect(asked.id, { sellable: 1 })
    await answer(asked.id, { answer: 'receive' })
    await heard(asked.id, 'receive')
    await answer(asked.id, { answer: 'resend', parcel: { carrier: 'hanjin', invoice: '009876543210' } })
    await heard(asked.id, 'resend')
    expect(await stock()).toMatchObject({ onHand: STOCK - 1, reserved: 0 })
    // The first parcel, and the one that went out for it.
    for (const _ of ['first', 'other']) afterwards().deliver!(lineKey, now())
    await claimIn('done')
    const { lines, state } = await get(`/v1/orders/${orderId}`)
    expect(lines).toMatchObject([
      { returned: 1, shipped: 1, claim: null },
      { shipped: 1, unitPrice: 0 },
    ])
    expect(state).toBe('shipped')
    await endsTrue()
  })

  test('units the seller cannot send are cancelled there, and come back here once they are', async () => {
    await open(at)
    const { orderId, lineKey } = await bought(3)
    const lines = [{ lineNo: 1, quantity: 2 }]
    const opened = await api.post('/v1/claims', { orderId, kind: 'cancel', lines, cause: 'sold_out' })
    expect(opened.statusCode).toBe(201)
    await seen('the cancel', async () => lineThere(lineKey).cancelled === 2)
    await claimIn('done')
    await until(async () => (await stock()).reserved === 1)
    await endsTrue()
    expect((await get('/v1/claims')).claims).toHaveLength(1)
  })
})
