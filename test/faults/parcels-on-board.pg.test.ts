import { afterEach, expect, test } from 'vitest'
import type { ActionResult, Parcel } from '../../server/modules/channels/adapter.ts'
import { shipLines } from '../../server/modules/fulfilment/index.ts'
import { tellAgain } from '../../server/modules/fulfilment/queries.ts'
import { readBoard } from '../../server/screens/board.ts'
import { type ChannelName, type Market, openMarket } from '../marketplaces.ts'
import { linesOf, PATIENCE_MS, until } from './market-truth.ts'

/** What a marketplace does not take of a parcel is read by a person, on the board, in his language. */

let market: Market
afterEach(() => market.close())

type Ship = (parcels: readonly Parcel[]) => Promise<ActionResult[]>

/** An order of two lines at a marketplace, sent in one parcel; `between` stands between us and its shipping. */
async function send(
  channel: ChannelName,
  between: (ship: Ship, parcels: readonly Parcel[]) => Promise<ActionResult[]>,
) {
  market = await openMarket({
    settings: { unknownSettlesMs: 20 },
    wrap: (openAdapter) => (account, deps) => {
      const adapter = openAdapter(account, deps)
      return { ...adapter, ship: (parcels) => between(adapter.ship, parcels) }
    },
  })
  const lines = []
  for (const sku of ['BRK-1', 'BRK-2']) {
    const listed = await market.list(sku, await market.shop.stock(sku, 40), { naver: 20, coupang: 20 })
    lines.push({ item: listed[channel], quantity: 1 })
  }
  market.work()
  market[channel].sim.buy({ lines, buyer: '김하나' })
  const ours = () => linesOf(market, market[channel])
  await until(async () => (await ours()).length === 2 && (await ours()).every(({ state }) => state === 'acknowledged'))
  const [order] = await market.shop.rows<{ order_id: string; number: string }>('select * from orders.order')
  const { company, inTx } = market.shop
  const parcel = { carrier: 'cj', invoice: '012345678901', shippedAt: Date.now(), lines: null }
  const [outcome] = await inTx((tx) =>
    shipLines(tx, market.jaego.shippingRules, [{ company, order: order!.order_id, actor: 'test', ...parcel }]),
  )
  if (outcome?.kind !== 'shipped') throw new Error(outcome?.kind)
  return { number: order!.number, shipmentId: outcome.shipmentId, connectionId: market[channel].connectionId }
}

const tellings = () =>
  market.shop.rows<{ telling: string; due_at: Date | null }>('select * from fulfilment.shipment_line')

const become = (telling: string) =>
  until(
    async () => (await tellings()).every((line) => line.telling === telling && line.due_at === null),
    PATIENCE_MS,
    tellings,
  )

const errorsOnBoard = async () =>
  (await market.shop.inTx((tx) => readBoard(tx, market.shop.company, false))).errors.filter(({ code }) =>
    code.startsWith('parcel_'),
  )

test('a parcel that a marketplace refuses stands on the board once, in its own words, until it is told after all', async () => {
  let isRefused = true
  const { number, connectionId, shipmentId } = await send('naver', async (ship, parcels) => {
    if (!isRefused) return ship(parcels)
    return parcels.map(({ lineKey }) => ({ key: lineKey, outcome: 'refused', code: '4711', message: '배송지 오류' }))
  })
  await become('refused')
  const refusal = { code: 'parcel_refused', why: null, said: '배송지 오류' }
  expect(await errorsOnBoard()).toEqual([{ at: expect.any(String), connectionId, subject: number, ...refusal }])
  isRefused = false
  await market.shop.inTx((tx) => tellAgain(tx, market.shop.company, shipmentId))
  await become('told')
  expect(await errorsOnBoard()).toEqual([])
})

test('what we find out ourselves is told as a reason and in nobody’s words', async () => {
  const { number } = await send('coupang', (ship, parcels) =>
    ship(parcels.map((parcel) => ({ ...parcel, carrier: 'owl' }))),
  )
  await become('refused')
  const why = { reason: 'carrier_unknown', what: 'owl' }
  expect(await errorsOnBoard()).toMatchObject([{ code: 'parcel_refused', why, said: '', subject: number }])
  const logged = market.logged.filter((line) => line.includes('a person must look'))
  expect(logged).toHaveLength(2)
  for (const line of logged)
    expect(line).toContain(JSON.stringify({ code: 'CARRIER_UNKNOWN', said: null, why }).slice(1, -1))
})

test('a parcel that nobody answers for, however often we ask, stands on the board', async () => {
  const { number } = await send('naver', async (_, parcels) =>
    parcels.map(({ lineKey }) => ({ key: lineKey, outcome: 'unknown', code: null, message: null })),
  )
  await become('unknown')
  const why = { reason: 'unanswered' }
  expect(await errorsOnBoard()).toMatchObject([{ code: 'parcel_unanswered', why, said: '', subject: number }])
})
