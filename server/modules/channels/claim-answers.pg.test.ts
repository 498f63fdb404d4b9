import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Api, openApi } from '../../../test/api.ts'
import { type Market, openMarket } from '../../../test/marketplaces.ts'
import { renewedByHand } from '../../../test/renewed-by-hand.ts'
import { newId } from '../../../test/shop.ts'
import { readBoard } from '../../screens/board.ts'
import { type ClaimOffers, leaseAnswersToTell } from '../orders/index.ts'
import {
  type ActionResult,
  type ChannelAdapter,
  type ChannelClaim,
  ChannelFault,
  type ChannelOrderLine,
  type ClaimAnswer,
  type ClaimState,
  type SellerCancel,
} from './adapter.ts'
import { tellClaimAnswers } from './claim-answers.ts'
import { joinToldClaims, recordToldClaims } from './record-claims.ts'
import { recordChanges, recordNewOrders } from './record-orders.ts'

/** What the seller answers reaches the marketplace once. The marketplace is a double at the port; no worker runs. */

const T0 = Date.now() - 60_000
const OFFERS: ClaimOffers = {
  answers: { cancel: ['approve', 'refuse'], return: ['approve', 'receive'], exchange: ['receive', 'resend'] },
  refusingCancelShips: true,
  sellerCancel: { byQuantity: true },
  carriers: ['cj', 'hanjin'],
}

let market: Market
let api: Api
let offers: ClaimOffers | null = OFFERS
beforeAll(async () => {
  market = await openMarket()
  api = await openApi({ shop: market.shop, deps: { claimOffers: async () => offers } })
})
afterAll(async () => {
  await api.close()
  await market.close()
})

/** What the marketplace was asked, and what it says; `says` may throw as adapters do. */
let asked: (ClaimAnswer | SellerCancel)[] = []
let says: (key: string) => Omit<ActionResult, 'key'> = () => ({ outcome: 'done', code: null, message: null })
beforeEach(() => {
  asked = []
  offers = OFFERS
  says = () => ({ outcome: 'done', code: null, message: null })
})
const hear = <Asked extends ClaimAnswer | SellerCancel>(all: readonly Asked[], keyOf: (one: Asked) => string) => {
  asked.push(...all)
  return all.map((one) => ({ key: keyOf(one), ...says(keyOf(one)) }))
}
const double = {
  capabilities: { unknownSettlesMs: 200 },
  answerClaims: async (all: readonly ClaimAnswer[]) => hear(all, ({ claimKey }) => claimKey),
  cancelLines: async (all: readonly SellerCancel[]) => hear(all, ({ lineKey }) => lineKey),
} as unknown as ChannelAdapter

const tellAll = async () => tellClaimAnswers(market.jaego.channels, await market.connection('naver'), double)

/** Everything up to some time from now has been collected. */
const collectedPast = (ms: number) =>
  market.shop.rows(`update channels.connection set collected_up_to = kernel.now() + interval '${ms} milliseconds'`)

async function bought(quantity = 1, id = newId()) {
  const sku = `BRK-${newId()}`
  const variantId = await market.shop.stock(sku, 10)
  const item = market.seed('naver', sku, 5)
  await market.adopt('naver', item, { variantId })
  const line: ChannelOrderLine = {
    ...{
      lineKey: `${id}a`,
      actionKey: `${id}a`,
      unit: item.unit,
      item: item.item,
      sellerCode: null,
      productName: '패드',
    },
    ...{ optionName: '', quantity, cancelled: 0, unitPrice: 9_900, state: 'paid', soldAt: T0, changedAt: T0 },
    cancelRequested: false,
  }
  const tellLine = async (more: Partial<ChannelOrderLine>) => {
    const connection = await market.connection('naver')
    const told = {
      ...{ externalId: id, orderedAt: T0, paidAt: T0, buyerName: '', address: null, shippingFee: null, raw: null },
      lines: [{ ...line, ...more }],
    }
    await recordChanges(market.jaego.channels, connection, [told])
    await recordNewOrders(market.jaego.channels, connection, [told])
    await joinToldClaims(market.jaego.channels, connection, [told])
  }
  await tellLine({})
  const [row] = await market.shop.rows<{ order_id: string }>(
    'select order_id from orders.order where external_id = $1',
    [id],
  )
  return { id, sku, item, orderId: row!.order_id, tellLine }
}

/** A claim the marketplace tells; answers our id of it. */
async function told(id: string, kind: ChannelClaim['kind'], state: ClaimState = 'requested', more = {}) {
  const claim: ChannelClaim = {
    ...{ claimKey: `${id}${kind}`, kind, state, externalOrderId: id, faultBy: 'buyer', reason: '', raw: null },
    lines: [{ lineKey: `${id}a`, actionKey: `${id}a`, quantity: 1 }],
    ...{ requestedAt: T0, changedAt: T0 + ['requested', 'approved', 'collected'].indexOf(state) + 1 },
    ...{ lapses: null, returnParcel: null },
    ...more,
  }
  await recordToldClaims(market.jaego.channels, await market.connection('naver'), [claim])
  const [row] = await market.shop.rows<{ claim_id: string }>(
    'select claim_id from orders.claim where external_key = $1',
    [claim.claimKey],
  )
  return row!.claim_id
}

const answer = (claimId: string, body: object) => api.post(`/v1/claims/${claimId}/answers`, body)
const read = async (claimId: string) => (await api.get(`/v1/claims/${claimId}`)).json()
const cancel = (orderId: string, quantity: number, more = {}) =>
  api.post('/v1/claims', { orderId, kind: 'cancel', lines: [{ lineNo: 1, quantity }], cause: 'sold_out', ...more })
const stockOf = async (sku: string) => (await api.get(`/v1/stock/${sku}`)).json()

describe('an answer', () => {
  test('is told once with its claim and lines, and moves the claim when it was heard', async () => {
    const { id } = await bought()
    const claimId = await told(id, 'return')
    const given = await answer(claimId, { answer: 'approve', reason: '알겠습니다' })
    expect(given.json()).toMatchObject({ state: 'requested', answers: [{ answer: 'approve', told: 'waiting' }] })
    await answer(claimId, { answer: 'approve' })
    await Promise.all([tellAll(), tellAll(), tellAll()])
    expect(asked).toMatchObject([
      { claimKey: `${id}return`, kind: 'return', answer: 'approve', externalOrderId: id, reason: '알겠습니다' },
    ])
    expect(asked[0]).toMatchObject({ lines: [{ lineKey: `${id}a`, actionKey: `${id}a`, quantity: 1 }] })
    expect(await read(claimId)).toMatchObject({ state: 'approved', answers: [{ told: 'told' }] })
    await tellAll()
    expect(asked).toHaveLength(1)
  })

  test('the marketplace refuses is shown with its words, is not repeated, and may be given anew', async () => {
    const { id } = await bought()
    const claimId = await told(id, 'cancel')
    says = () => ({ outcome: 'refused', code: 'W28', message: '송장 오류' })
    await answer(claimId, { answer: 'refuse', parcel: { carrier: 'cj', invoice: '01' } })
    await tellAll()
    await tellAll()
    expect(await read(claimId)).toMatchObject({
      state: 'requested',
      answers: [{ told: 'refused', code: 'W28', message: '송장 오류', why: null, carrier: 'cj', invoice: '01' }],
    })
    expect(asked).toHaveLength(1)
    const why = { reason: 'carrier_unknown', what: 'owl' } as const
    says = () => ({ outcome: 'refused', code: 'CARRIER_UNKNOWN', message: null, why })
    await answer(claimId, { answer: 'refuse', parcel: { carrier: 'cj', invoice: '02' } })
    await tellAll()
    expect(await read(claimId)).toMatchObject({ answers: [{ told: 'refused', message: null, why }] })
    asked.pop()
    says = () => ({ outcome: 'already', code: null, message: null })
    await answer(claimId, { answer: 'refuse', parcel: { carrier: 'cj', invoice: '001234567890' } })
    await tellAll()
    expect(asked[1]).toMatchObject({ parcel: { carrier: 'cj', invoice: '001234567890' } })
    expect(await read(claimId)).toMatchObject({
      state: 'refused',
      answers: [{ told: 'told', message: null, why: null }],
    })
  })

  test('given again is given once, until the claim has gone beyond it: a return is approved to come, then to be paid', async () => {
    const { id } = await bought()
    const claimId = await told(id, 'return')
    for (const given of ['approve', 'approve', 'receive', 'receive', 'approve', 'approve']) {
      expect((await answer(claimId, { answer: given })).statusCode).toBe(200)
      await tellAll()
    }
    expect(asked.map((one) => (one as ClaimAnswer).answer)).toEqual(['approve', 'receive', 'approve'])
    await told(id, 'return', 'done', { changedAt: T0 + 9 })
    expect((await answer(claimId, { answer: 'approve' })).statusCode).toBe(200)
    await tellAll()
    expect(asked).toHaveLength(3)
    expect(await read(claimId)).toMatchObject({ state: 'done', answers: [{ told: 'told' }, { told: 'told' }] })
  })

  test.each([
    ['says unknown', () => ({ outcome: 'unknown' as const, code: null, message: null })],
    [
      'does not answer',
      () => {
        throw new ChannelFault('unknown', '')
      },
    ],
    [
      'was never asked, for a mistake of ours',
      () => {
        throw new TypeError('a mistake')
      },
    ],
  ])('whose marketplace %s is looked at again before it is repeated', async (_, unsure) => {
    const { id } = await bought()
    const claimId = await told(id, 'cancel')
    says = unsure
    await answer(claimId, { answer: 'approve' })
    await tellAll()
    await tellAll()
    expect(asked).toHaveLength(1)
    expect(await read(claimId)).toMatchObject({ state: 'requested', answers: [{ told: 'unknown' }] })
    expect((await answer(claimId, { answer: 'refuse', parcel: { carrier: 'cj', invoice: '1' } })).json()).toMatchObject(
      {
        type: '/problems/wrong-state',
      },
    )
    says = () => ({ outcome: 'already', code: null, message: null })
    await collectedPast(1_000)
    await tellAll()
    expect(asked).toHaveLength(2)
    expect(await read(claimId)).toMatchObject({ state: 'done', answers: [{ told: 'told' }] })
    await collectedPast(0)
  })

  test('nobody knows of is told when the marketplace tells its effect, and overtaken when it tells another end', async () => {
    const { id } = await bought()
    const claims = [await told(id, 'return'), await told(id, 'cancel')]
    says = () => ({ outcome: 'unknown', code: null, message: null })
    for (const claimId of claims) await answer(claimId, { answer: 'approve' })
    await tellAll()
    await told(id, 'return', 'approved')
    await told(id, 'cancel', 'withdrawn', { changedAt: T0 + 9 })
    await collectedPast(1_000)
    await tellAll()
    expect(asked).toHaveLength(2)
    expect((await read(claims[0]!)).answers).toMatchObject([{ told: 'told' }])
    expect((await read(claims[1]!)).answers).toMatchObject([{ told: 'overtaken' }])
    await collectedPast(0)
  })

  test('whose worker died in the call is looked at by nobody until a collection has passed it', async () => {
    const { id } = await bought()
    const claimId = await told(id, 'cancel')
    await answer(claimId, { answer: 'approve' })
    const connection = await market.connection('naver')
    const taken = await market.shop.inTx((tx) => leaseAnswersToTell(tx, connection, newId(), 10, 60_000))
    expect(taken).toHaveLength(1)
    await tellAll()
    await collectedPast(30_000)
    await tellAll()
    expect(asked).toHaveLength(0)
    await collectedPast(61_000)
    await tellAll()
    expect(asked).toHaveLength(1)
    await collectedPast(0)
  })

  test('is one worker’s as long as he is alive and asking, and another’s within seconds of his death', async () => {
    const { id } = await bought()
    const claimId = await told(id, 'cancel')
    await answer(claimId, { answer: 'approve' })
    const given = Promise.withResolvers<void>()
    const slow: ChannelAdapter = {
      ...double,
      answerClaims: async (all) => {
        const heard = await double.answerClaims(all)
        await given.promise
        return heard
      },
    }
    const { clock, pass } = renewedByHand()
    const holder = tellClaimAnswers({ ...market.jaego.channels, clock }, await market.connection('naver'), slow)
    await expect.poll(() => asked.length).toBe(1)
    const lookInMs = async () =>
      (
        await market.shop.rows<{ ms: number }>(
          'select extract(epoch from look_after - kernel.now())::float8 * 1000 as ms from orders.claim_answer where claim_id = $1',
          [claimId],
        )
      )[0]!.ms
    for (let i = 0; i < 4; i++) {
      await market.shop.passTime(15_000)
      pass()
      await expect.poll(lookInMs).toBeGreaterThan(15_000)
      await collectedPast(10_000)
      expect(await tellAll()).toBe(0)
    }
    // Not renewed any more, as of a dead one.
    await market.shop.passTime(21_000)
    await collectedPast(0)
    expect(await tellAll()).toBe(1)
    expect(asked).toHaveLength(2)
    given.resolve()
    await holder
    expect((await read(claimId)).answers).toMatchObject([{ told: 'told' }])
  })

  test('that certainly changed nothing waits as long as the marketplace asks', async () => {
    const { id } = await bought()
    const claimId = await told(id, 'cancel')
    await answer(claimId, { answer: 'approve' })
    says = () => {
      throw new ChannelFault('rate_limited', '', { pauseMs: 30_000 })
    }
    await tellAll()
    await tellAll()
    expect(asked).toHaveLength(1)
    expect((await read(claimId)).answers).toMatchObject([{ told: 'waiting', code: 'rate_limited' }])
    says = () => ({ outcome: 'done', code: null, message: null })
    await market.shop.rows(`update orders.claim_answer set due_at = kernel.now() where told = 'waiting'`)
    await tellAll()
    expect((await read(claimId)).answers).toMatchObject([{ told: 'told' }])
  })

  test('waits while the connection is paused', async () => {
    const { id } = await bought()
    const claimId = await told(id, 'cancel')
    await answer(claimId, { answer: 'approve' })
    await market.shop.rows('update channels.connection set paused = true')
    expect(await tellAll()).toBe(0)
    await market.shop.rows('update channels.connection set paused = false')
    expect(await tellAll()).toBe(1)
  })
})

describe('a parcel that is an answer', () => {
  test('leaves our books once when a collection, and not the answer, tells that it was heard', async () => {
    const { id, sku, orderId } = await bought(2)
    const lines = [{ lineKey: `${id}a`, actionKey: `${id}a`, quantity: 2 }]
    const claimId = await told(id, 'cancel', 'requested', { lines })
    says = () => ({ outcome: 'unknown', code: null, message: null })
    await answer(claimId, { answer: 'refuse', parcel: { carrier: 'cj', invoice: '001234567890' } })
    await tellAll()
    expect(await stockOf(sku)).toMatchObject({ onHand: 10, reserved: 2 })
    for (const changedAt of [T0 + 8, T0 + 9]) await told(id, 'cancel', 'refused', { lines, changedAt })
    expect(await read(claimId)).toMatchObject({ state: 'refused', answers: [{ told: 'told' }] })
    expect(await stockOf(sku)).toMatchObject({ onHand: 8, reserved: 0 })
    expect((await api.get(`/v1/orders/${orderId}`)).json().lines).toMatchObject([{ shipped: 2 }])
  })

  test('that was given up leaves as well, where a collection tells at last that it was heard', async () => {
    const { id, sku } = await bought(2)
    const lines = [{ lineKey: `${id}a`, actionKey: `${id}a`, quantity: 2 }]
    const claimId = await told(id, 'cancel', 'requested', { lines })
    says = () => ({ outcome: 'unknown', code: null, message: null })
    await answer(claimId, { answer: 'refuse', parcel: { carrier: 'cj', invoice: '001234567890' } })
    await market.shop.rows('update orders.claim_answer set attempts = 49 where claim_id = $1', [claimId])
    await tellAll()
    expect(await read(claimId)).toMatchObject({ state: 'requested', answers: [{ told: 'refused' }] })
    for (const changedAt of [T0 + 8, T0 + 9]) await told(id, 'cancel', 'refused', { lines, changedAt })
    expect(await read(claimId)).toMatchObject({ state: 'refused', answers: [{ told: 'told' }] })
    expect(await stockOf(sku)).toMatchObject({ onHand: 8, reserved: 0 })
  })

  test('and that the marketplace refused stays, though the claim is then refused there: with another parcel', async () => {
    const { id, sku } = await bought(2)
    const lines = [{ lineKey: `${id}a`, actionKey: `${id}a`, quantity: 2 }]
    const claimId = await told(id, 'cancel', 'requested', { lines })
    says = () => ({ outcome: 'refused', code: 'W28', message: '송장 오류' })
    await answer(claimId, { answer: 'refuse', parcel: { carrier: 'cj', invoice: '01' } })
    await tellAll()
    await told(id, 'cancel', 'refused', { lines, changedAt: T0 + 8 })
    expect(await read(claimId)).toMatchObject({ state: 'refused', answers: [{ told: 'refused', code: 'W28' }] })
    expect(await stockOf(sku)).toMatchObject({ onHand: 10, reserved: 2 })
  })

  test('of the other goods of an exchange leaves once as well, where its end tells that it was heard', async () => {
    const { id, sku, orderId } = await bought()
    await api.post('/v1/shipments', { shipments: [{ order: orderId, carrier: 'cj', invoice: '001234567890' }] })
    const claimId = await told(id, 'exchange')
    await told(id, 'exchange', 'collected')
    says = () => ({ outcome: 'unknown', code: null, message: null })
    await answer(claimId, { answer: 'resend', parcel: { carrier: 'cj', invoice: '001234567891' } })
    await tellAll()
    const before = await stockOf(sku)
    expect(before).toMatchObject({ reserved: 1 })
    for (const changedAt of [T0 + 8, T0 + 9]) await told(id, 'exchange', 'done', { changedAt })
    expect(await read(claimId)).toMatchObject({ state: 'done', answers: [{ told: 'told' }] })
    expect(await stockOf(sku)).toMatchObject({ onHand: before.onHand - 1, reserved: 0 })
    const { lines } = (await api.get(`/v1/orders/${orderId}`)).json()
    expect(lines.map(({ shipped }: { shipped: number }) => shipped)).toEqual([1, 1])
  })
})

describe('a parcel that is an answer and cannot leave', () => {
  const onBoard = async (orderId: string) => {
    const { number } = (await api.get(`/v1/orders/${orderId}`)).json()
    const { errors } = await market.shop.inTx((tx) => readBoard(tx, market.shop.company, false))
    return errors.filter(({ code, subject }) => code === 'parcel_stays' && subject === number)
  }
  const parcel = { carrier: 'cj', invoice: '001234567890' }
  const send = (order: string) => api.post('/v1/shipments', { shipments: [{ order, ...parcel }] })

  test('stands on the board with its order until a person has sent it', async () => {
    const { id, sku, orderId } = await bought(2)
    const lines = [{ lineKey: `${id}a`, actionKey: `${id}a`, quantity: 2 }]
    const claimId = await told(id, 'cancel', 'requested', { lines })
    await market.shop.rows('update orders.order set hold = true where order_id = $1', [orderId])
    await answer(claimId, { answer: 'refuse', parcel })
    await tellAll()
    expect(await read(claimId)).toMatchObject({ state: 'refused', answers: [{ told: 'told' }] })
    const { connectionId } = market.naver
    expect(await onBoard(orderId)).toMatchObject([{ connectionId, why: { reason: 'order_on_hold' }, said: '' }])
    await market.shop.rows('update orders.order set hold = false where order_id = $1', [orderId])
    await send(orderId)
    expect(await stockOf(sku)).toMatchObject({ onHand: 8, reserved: 0 })
    expect(await onBoard(orderId)).toEqual([])
  })

  test('of the other goods of an exchange does so as well, where they are not there', async () => {
    const { id, sku, orderId } = await bought()
    await send(orderId)
    await market.shop.rows(
      'update inventory.level set on_hand = 0 where variant_id = (select variant_id from catalog.variant where sku = $1)',
      [sku],
    )
    const claimId = await told(id, 'exchange')
    await told(id, 'exchange', 'collected')
    await answer(claimId, { answer: 'resend', parcel: { ...parcel, invoice: '001234567891' } })
    await tellAll()
    expect(await stockOf(sku)).toMatchObject({ onHand: 0 })
    expect(await onBoard(orderId)).toMatchObject([{ why: { reason: 'goods_missing', what: '1' } }])
  })

  test('since its order is not told yet stands there once the order has come', async () => {
    const id = newId()
    const claimId = await told(id, 'cancel')
    await answer(claimId, { answer: 'refuse', parcel })
    await tellAll()
    const { orderId } = await bought(1, id)
    expect(await onBoard(orderId)).toMatchObject([{ why: { reason: 'order_came_later' } }])
    await send(orderId)
    expect(await onBoard(orderId)).toEqual([])
  })
})

describe("a seller's cancel", () => {
  test('keeps the units until the marketplace has heard, and gives them back once, however it is told back', async () => {
    const { id, sku, item, orderId, tellLine } = await bought(3)
    const claim = (await cancel(orderId, 2)).json()
    expect(claim).toMatchObject({
      state: 'requested',
      claimKey: null,
      answers: [{ answer: 'cancel', told: 'waiting' }],
    })
    expect(await stockOf(sku)).toMatchObject({ reserved: 3 })
    await tellAll()
    expect(asked).toEqual([
      {
        ...{ lineKey: `${id}a`, actionKey: `${id}a`, externalOrderId: id, item: item.item, quantity: 2 },
        reason: 'sold_out',
      },
    ])
    expect(await stockOf(sku)).toMatchObject({ reserved: 1 })
    const lines = [{ lineKey: `${id}a`, actionKey: `${id}a`, quantity: 2 }]
    expect(await told(id, 'cancel', 'done', { changedAt: T0 + 9, lines })).toBe(claim.id)
    await tellLine({ cancelled: 2, changedAt: T0 + 9 })
    expect(await stockOf(sku)).toMatchObject({ reserved: 1, available: 9 })
    expect(await read(claim.id)).toMatchObject({ state: 'done', claimKey: `${id}cancel` })
  })

  test('beside a cancel of the buyer is another one', async () => {
    const { id, sku, orderId } = await bought(3)
    await cancel(orderId, 1)
    await tellAll()
    const lines = [{ lineKey: `${id}a`, actionKey: `${id}a`, quantity: 2 }]
    await told(id, 'cancel', 'done', { changedAt: T0 + 9, lines })
    expect(await stockOf(sku)).toMatchObject({ reserved: 1 })
    expect((await api.get(`/v1/orders/${orderId}`)).json().lines).toMatchObject([{ cancelled: 2 }])
  })

  test('nobody knows of is not repeated once the line tells the units as cancelled', async () => {
    const { sku, orderId, tellLine } = await bought(3)
    const claim = (await cancel(orderId, 1)).json()
    says = () => ({ outcome: 'unknown', code: null, message: null })
    await tellAll()
    await tellLine({ cancelled: 1, changedAt: T0 + 9 })
    await collectedPast(1_000)
    await tellAll()
    expect(asked).toHaveLength(1)
    expect(await read(claim.id)).toMatchObject({ state: 'done', answers: [{ told: 'told' }] })
    expect(await stockOf(sku)).toMatchObject({ reserved: 2 })
    await collectedPast(0)
  })

  test('that is refused leaves the units with the order', async () => {
    const { sku, orderId } = await bought(2)
    const claim = (await cancel(orderId, 1)).json()
    says = () => ({ outcome: 'refused', code: '104', message: '이미 발송됨' })
    await tellAll()
    expect(await read(claim.id)).toMatchObject({ state: 'requested', answers: [{ told: 'refused' }] })
    expect(await stockOf(sku)).toMatchObject({ reserved: 2 })
  })
})

describe('what the marketplace does not offer is refused before anything is written:', () => {
  test.each([
    ['exchange', { answer: 'approve' }, 422, '/answer'],
    ['cancel', { answer: 'refuse' }, 422, '/parcel'],
    ['exchange', { answer: 'resend' }, 422, '/parcel'],
    ['cancel', { answer: 'refuse', parcel: { carrier: 'dove', invoice: '1' } }, 400, '/parcel/carrier'],
    ['cancel', { answer: 'maybe' }, 400, '/answer'],
  ] as const)('%s %j', async (kind, body, status, pointer) => {
    const { id } = await bought()
    const claimId = await told(id, kind)
    const refused = await answer(claimId, body)
    expect(refused.json()).toMatchObject({ status, errors: [{ pointer }] })
    expect(await read(claimId)).toMatchObject({ answers: [] })
    expect(await tellAll()).toBe(0)
  })

  test.each([
    [{ kind: 'return' }, OFFERS, 422, '/kind'],
    [{}, { ...OFFERS, sellerCancel: null }, 422, '/kind'],
    [{}, null, 422, '/kind'],
    [{}, { ...OFFERS, sellerCancel: { byQuantity: false } }, 422, '/lines/0/quantity'],
    [{ cause: undefined }, OFFERS, 400, '/cause'],
  ])('opening %j', async (more, what, status, pointer) => {
    const { orderId } = await bought(2)
    offers = what
    const opened = await cancel(orderId, 1, more)
    const isReturn = 'kind' in more
    // Nothing of it was sent, so that a return is refused for that already.
    expect(opened.json()).toMatchObject(isReturn ? { status: 422 } : { status, errors: [{ pointer }] })
    expect(await tellAll()).toBe(0)
  })
})

describe('the list', () => {
  test('shows what lapses first on top, then the newest, page by page, each claim once', async () => {
    const far = T0 + 40 * 3_600_000
    const near = T0 + 2 * 3_600_000
    const at = async (lapsesAt: number | null) => {
      const { id } = await bought()
      return told(id, 'return', 'requested', { lapses: lapsesAt === null ? null : { at: lapsesAt, answer: 'approve' } })
    }
    const [later, plain, sooner, newest] = [await at(far), await at(null), await at(near), await at(null)]
    const all: string[] = []
    let cursor = ''
    do {
      const page = (await api.get(`/v1/claims?limit=3${cursor}`)).json()
      all.push(...page.claims.map((claim: { id: string }) => claim.id))
      cursor = page.next ? `&cursor=${page.next}` : ''
    } while (cursor)
    expect(new Set(all).size).toBe(all.length)
    expect(all.slice(0, 3)).toEqual([sooner, later, newest])
    expect(all).toContain(plain)
    const due = (await api.get('/v1/claims?due=3')).json()
    expect(due).toMatchObject({ claims: [{ id: sooner, lapsesTo: 'approve' }], next: null })
    expect(due.claims[0].lapsesAt).toBe(new Date(near).toISOString())
    expect((await api.get('/v1/claims?due=3&kind=cancel')).json().claims).toEqual([])
    const states = (await api.get('/v1/claims?state=refused')).json().claims
    expect(new Set(states.map(({ state }: { state: string }) => state))).toEqual(new Set(['refused']))
  })
})

describe('a cancel by the seller that the marketplace refused', () => {
  const close = (claimId: string) => api.post(`/v1/claims/${claimId}/withdrawal`, {})

  test('is closed once by whoever asked, and the same units may be asked for anew', async () => {
    const { orderId, sku } = await bought(2)
    says = () => ({ outcome: 'refused', code: 'W28', message: '이미 발송' })
    const first = (await cancel(orderId, 2)).json()
    expect((await close(first.id)).json()).toMatchObject({ type: '/problems/wrong-state' })
    await tellAll()
    expect((await cancel(orderId, 1)).json()).toMatchObject({ type: '/problems/more-than-claimed' })
    expect((await close(first.id)).json()).toMatchObject({ state: 'withdrawn', answers: [{ told: 'refused' }] })
    expect((await close(first.id)).statusCode).toBe(200)
    expect((await api.get(`/v1/orders/${orderId}`)).json().lines).toMatchObject([{ claim: null, cancelled: 0 }])
    says = () => ({ outcome: 'done', code: null, message: null })
    const again = (await cancel(orderId, 2)).json()
    expect(again.id).not.toBe(first.id)
    await tellAll()
    expect(asked).toHaveLength(2)
    expect((await close(again.id)).json()).toMatchObject({ type: '/problems/wrong-state' })
    expect(await stockOf(sku)).toMatchObject({ onHand: 10, reserved: 0 })
  })

  test('is nothing a buyer asked for', async () => {
    const { id } = await bought()
    const claimId = await told(id, 'cancel')
    expect((await close(claimId)).json()).toMatchObject({ type: '/problems/not-offered' })
  })
})
