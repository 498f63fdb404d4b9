import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Market, openMarket } from '../../../test/marketplaces.ts'
import { newId } from '../../../test/shop.ts'
import { check } from '../../commands/check.ts'
import { realClock } from '../../kernel/clock.ts'
import { inspectReturns, readLines, shipUnits } from '../orders/index.ts'
import type { ChannelClaim, ChannelOrder, ChannelOrderLine, ClaimState } from './adapter.ts'
import { joinToldClaims, recordToldClaims } from './record-claims.ts'
import { recordChanges, recordNewOrders } from './record-orders.ts'

/** What marketplaces tell of claims, in whatever order and however often, does each thing once. No worker runs. */

let market: Market
let variantId: string
let item: { unit: string; item: string }
const STOCK = 20

beforeAll(async () => {
  market = await openMarket()
})
afterAll(() => market.close())
beforeEach(() => aListing())

async function aListing() {
  const sku = `BRK-${newId()}`
  variantId = await market.shop.stock(sku, STOCK)
  item = market.seed('naver', sku, 5)
  await market.adopt('naver', item as Parameters<Market['adopt']>[1], { variantId })
}

const T0 = Date.now() - 60_000

const line = (lineKey: string, more: Partial<ChannelOrderLine> = {}): ChannelOrderLine => ({
  ...{ lineKey, actionKey: lineKey, unit: item.unit, item: item.item, sellerCode: null, productName: '패드' },
  ...{ optionName: '', quantity: 1, cancelled: 0, unitPrice: 9_900, state: 'paid', soldAt: T0 },
  ...{ changedAt: T0, cancelRequested: false },
  ...more,
})

const order = (externalId: string, lines: ChannelOrderLine[]): ChannelOrder => ({
  ...{ externalId, orderedAt: T0, paidAt: T0, buyerName: '김하나', address: null, shippingFee: null },
  ...{ lines, raw: null },
})

const claim = (
  externalOrderId: string,
  claimKey: string,
  quantity: number,
  more: Partial<ChannelClaim> = {},
): ChannelClaim => ({
  ...{ claimKey, kind: 'cancel', state: 'requested', externalOrderId, faultBy: 'buyer', reason: '단순 변심' },
  lines: [{ lineKey: `${externalOrderId}a`, actionKey: `${externalOrderId}a`, quantity }],
  ...{ requestedAt: T0, changedAt: T0, lapses: null, returnParcel: null, raw: { from: 'test' } },
  ...more,
})

const { channels, shop } = { channels: () => market.jaego.channels, shop: () => market.shop }

async function tellOrders(...orders: ChannelOrder[]) {
  const connection = await market.connection('naver')
  await recordChanges(channels(), connection, orders)
  if ((await recordNewOrders(channels(), connection, orders)) === 0) return
  await recordChanges(channels(), connection, orders)
  await joinToldClaims(channels(), connection, orders)
}
const tell = async (...claims: ChannelClaim[]) => recordToldClaims(channels(), await market.connection('naver'), claims)

async function knownLine(id: string) {
  const { connectionId } = await market.connection('naver')
  return (await shop().inTx((tx) => readLines(tx, shop().company, connectionId, [`${id}a`])))[0]!
}
const ship = async (id: string, quantity: number) => {
  const known = await knownLine(id)
  return shop().inTx((tx) => shipUnits(tx, 'test', [{ line: known, quantity }]))
}

async function inspect(claimKey: string, found: { sellable?: number; damaged?: number; lost?: number }) {
  const { claim_id } = (await claimsOf(claimKey))[0]!
  const { company } = shop()
  const lineNo = 1
  return (
    await shop().inTx((tx) =>
      inspectReturns(tx, [
        {
          ...{ company, actor: 'test', claimId: claim_id, warehouse: null, damagedWarehouse: null },
          lines: [{ lineNo, sellable: 0, damaged: 0, lost: 0, note: '', ...found }],
        },
      ]),
    )
  )[0]!
}

const claimsOf = (claimKey: string) =>
  shop().rows<{ claim_id: string; state: ClaimState; reason: string; order_id: string | null; quantity: number }>(
    `select c.*, l.quantity from orders.claim c join orders.claim_line l using (company_id, claim_id)
     where external_key = $1`,
    [claimKey],
  )

const lineOf = async (id: string) =>
  (
    await shop().rows<{
      cancelled: number
      shipped: number
      returned: number
      told_cancelled: number
      taken_back: number
      claim: string | null
      state: string
    }>('select * from orders.order_line where external_line_key = $1', [`${id}a`])
  )[0]!

const stock = async () =>
  (
    await shop().rows<{ on_hand: number; reserved: number; restocked: number }>(
      `select coalesce(sum(on_hand) filter (where sellable), 0)::integer as on_hand, sum(reserved)::integer as reserved,
         (select coalesce(sum(j.value), 0)::integer from channels.journal j join channels.listing l using (listing_id)
          where l.variant_id = $1 and j.kind = 'restocked') as restocked
       from inventory.level join inventory.warehouse using (company_id, warehouse_id) where variant_id = $1`,
      [variantId],
    )
  )[0]!

describe('a claim a marketplace tells', () => {
  test('is one claim with its newest words, however often and in whatever order it is told', async () => {
    const id = newId()
    await tellOrders(order(id, [line(`${id}a`, { quantity: 2 })]))
    await tell(claim(id, `${id}c`, 1, { state: 'approved', changedAt: T0 + 20, reason: '새 말' }))
    await tell(claim(id, `${id}c`, 2, { changedAt: T0 + 5, reason: '옛 말' }))
    await tell(claim(id, `${id}c`, 1, { state: 'approved', changedAt: T0 + 20, reason: '새 말' }))
    expect(await claimsOf(`${id}c`)).toEqual([
      expect.objectContaining({ state: 'approved', reason: '새 말', quantity: 1 }),
    ])
    expect(await lineOf(id)).toMatchObject({ claim: 'cancel', cancelled: 0 })
  })

  test('about an order nobody has told yet is kept, and does its work when the order comes', async () => {
    const id = newId()
    await tell(claim(id, `${id}c`, 2, { state: 'done', changedAt: T0 + 9 }))
    expect(await claimsOf(`${id}c`)).toMatchObject([{ state: 'done', order_id: null }])
    await tellOrders(order(id, [line(`${id}a`, { quantity: 3 })]))
    expect(await lineOf(id)).toMatchObject({ cancelled: 2, claim: null, state: 'paid' })
    expect(await stock()).toMatchObject({ reserved: 1, restocked: 2 })
    expect((await claimsOf(`${id}c`))[0]!.order_id).not.toBe(null)
  })

  test('that is withdrawn leaves the line as it was, and what comes after changes nothing', async () => {
    const id = newId()
    await tellOrders(order(id, [line(`${id}a`)]))
    await tell(claim(id, `${id}c`, 1))
    expect(await lineOf(id)).toMatchObject({ claim: 'cancel' })
    await tell(claim(id, `${id}c`, 1, { state: 'withdrawn', changedAt: T0 + 5 }))
    await tell(claim(id, `${id}c`, 1, { state: 'done', changedAt: T0 + 9 }))
    expect(await lineOf(id)).toMatchObject({ claim: null, cancelled: 0, state: 'paid' })
    expect(await stock()).toMatchObject({ reserved: 1, restocked: 0 })
  })

  test('for more than was bought is for all of it', async () => {
    const id = newId()
    await tell(claim(id, `${id}c`, 7))
    await tellOrders(order(id, [line(`${id}a`, { quantity: 2 })]))
    expect(await claimsOf(`${id}c`)).toMatchObject([{ quantity: 2 }])
    await tell(claim(id, `${id}c`, 9, { state: 'done', changedAt: T0 + 1 }))
    expect(await claimsOf(`${id}c`)).toMatchObject([{ quantity: 2, state: 'done' }])
    expect(await lineOf(id)).toMatchObject({ cancelled: 2, state: 'cancelled' })
  })

  test('told by two workers at once is recorded once', async () => {
    const ids = Array.from({ length: 4 }, newId)
    await tellOrders(...ids.map((id) => order(id, [line(`${id}a`)])))
    const claims = ids.map((id) => claim(id, `${id}c`, 1, { state: 'done' }))
    await Promise.all([tell(...claims), tell(...claims.toReversed()), tell(...claims)])
    for (const id of ids) expect(await claimsOf(`${id}c`)).toHaveLength(1)
    expect(await stock()).toMatchObject({ reserved: 0, restocked: 4 })
  })
})

describe('goods that had left', () => {
  test('are not cancelled: they come back by inspection, and the shelf may show them before', async () => {
    const id = newId()
    await tellOrders(order(id, [line(`${id}a`, { quantity: 3 })]))
    await ship(id, 2)
    await tell(claim(id, `${id}c`, 3, { state: 'done', changedAt: T0 + 5 }))
    expect(await lineOf(id)).toMatchObject({ cancelled: 1, shipped: 2, told_cancelled: 3 })
    expect(await stock()).toMatchObject({ on_hand: STOCK - 2, reserved: 0, restocked: 3 })
    expect(await inspect(`${id}c`, { sellable: 3 })).toMatchObject({ kind: 'more-than-claimed' })
    expect(await inspect(`${id}c`, { sellable: 1, lost: 1 })).toMatchObject({ kind: 'inspected' })
    expect(await stock()).toMatchObject({ on_hand: STOCK - 1 })
    expect(await inspect(`${id}c`, { sellable: 1 })).toMatchObject({ kind: 'more-than-claimed' })
  })

  test('and were returned are on hand when they were inspected, not when the marketplace says done', async () => {
    const id = newId()
    await tellOrders(order(id, [line(`${id}a`, { quantity: 2 })]))
    await ship(id, 2)
    await tell(claim(id, `${id}r`, 2, { kind: 'return', state: 'approved' }))
    expect(await inspect(`${id}r`, { sellable: 1 })).toMatchObject({ kind: 'inspected' })
    await tell(claim(id, `${id}r`, 2, { kind: 'return', state: 'done', changedAt: T0 + 9 }))
    expect(await stock()).toMatchObject({ on_hand: STOCK - 1, restocked: 2 })
    expect(await inspect(`${id}r`, { damaged: 1 })).toMatchObject({ kind: 'inspected' })
    expect(await stock()).toMatchObject({ on_hand: STOCK - 1 })
    expect(await lineOf(id)).toMatchObject({ returned: 2, claim: null })
  })

  test('are not those of a cancel that came before they left', async () => {
    const id = newId()
    await tellOrders(order(id, [line(`${id}a`, { quantity: 3 })]))
    await tell(claim(id, `${id}c`, 1, { state: 'done', changedAt: T0 + 5 }))
    await ship(id, 2)
    expect(await inspect(`${id}c`, { sellable: 1 })).toMatchObject({ kind: 'more-than-claimed' })
    expect(await stock()).toMatchObject({ on_hand: STOCK - 2, reserved: 0 })
  })

  test('a return of a unit that was cancelled before it left finds nothing to bring back', async () => {
    const id = newId()
    await tellOrders(order(id, [line(`${id}a`, { cancelled: 1, state: 'cancelled', changedAt: T0 + 1 })]))
    await tell(claim(id, `${id}r`, 1, { kind: 'return', state: 'done', changedAt: T0 + 5 }))
    expect(await inspect(`${id}r`, { sellable: 1 })).toMatchObject({ kind: 'more-than-claimed' })
    expect(await stock()).toMatchObject({ on_hand: STOCK, reserved: 0 })
  })
})

describe('an exchange', () => {
  test('takes the other goods when it is agreed, once, and lets go of them when it is withdrawn', async () => {
    const id = newId()
    await tellOrders(order(id, [line(`${id}a`)]))
    await ship(id, 1)
    const exchange = (state: ClaimState, at: number) =>
      claim(id, `${id}x`, 1, { kind: 'exchange', state, changedAt: T0 + at })
    await tell(exchange('requested', 0))
    expect(await stock()).toMatchObject({ reserved: 0 })
    await tell(exchange('approved', 5))
    await tell(exchange('collected', 9))
    await tell(exchange('approved', 5))
    expect(await stock()).toMatchObject({ on_hand: STOCK - 1, reserved: 1 })
    await tell(exchange('withdrawn', 20))
    expect(await stock()).toMatchObject({ on_hand: STOCK - 1, reserved: 0 })
    expect(await lineOf(id)).toMatchObject({ claim: null, state: 'shipped' })
  })

  test('that was over before we heard of goods we never sent takes nothing', async () => {
    const id = newId()
    await tellOrders(order(id, [line(`${id}a`)]))
    await tell(claim(id, `${id}x`, 1, { kind: 'exchange', state: 'done' }))
    expect(await stock()).toMatchObject({ reserved: 1 })
  })
})

/**
 * One line's whole life as the marketplace has it: cancels and returns that end one way or another, told on the line
 * and as claims. The news comes shuffled and repeated, and between it goods leave and come back.
 */
const story = fc.record({
  quantity: fc.integer({ min: 1, max: 4 }),
  cancels: fc.array(
    fc.record({
      quantity: fc.integer({ min: 1, max: 2 }),
      ends: fc.constantFrom('done', 'done', 'withdrawn', 'refused'),
    }),
    { maxLength: 3 },
  ),
  returns: fc.array(
    fc.record({ quantity: fc.integer({ min: 1, max: 2 }), ends: fc.constantFrom('done', 'withdrawn') }),
    { maxLength: 2 },
  ),
  lineTells: fc.boolean(),
  order: fc.array(fc.nat(), { minLength: 24, maxLength: 24 }),
  shipAfter: fc.integer({ min: 0, max: 12 }),
  inspects: fc.array(
    fc.record({ after: fc.integer({ min: 0, max: 12 }), of: fc.nat(), units: fc.integer({ min: 1, max: 2 }) }),
    {
      maxLength: 4,
    },
  ),
})

test('whatever the order and repetition of news, each unit comes back once', async () => {
  await fc.assert(
    fc.asyncProperty(story, async (told) => {
      await aListing()
      const id = newId()
      const { quantity } = told
      await tellOrders(order(id, [line(`${id}a`, { quantity })]))
      let left = quantity
      const fits = <C extends { quantity: number; ends: string }>(one: C) => {
        if (one.quantity > left) return false
        if (one.ends === 'done') left -= one.quantity
        return true
      }
      const cancels = told.cancels.filter(fits)
      const returns = told.returns.filter(fits)
      const claims = [
        ...cancels.map((one, i) => ({ ...one, kind: 'cancel' as const, key: `${id}c${i}` })),
        ...returns.map((one, i) => ({ ...one, kind: 'return' as const, key: `${id}r${i}` })),
      ]
      let gone = 0
      const news = claims.flatMap(({ kind, key, quantity: units, ends }, i) => {
        const at = T0 + 10 * i
        const word = (state: ClaimState, later: number) => () =>
          tell(claim(id, key, units, { kind, state, requestedAt: at, changedAt: at + later }))
        const words = [word('requested', 0), word('approved', 3), word(ends as ClaimState, 6)]
        if (kind !== 'cancel' || ends !== 'done' || !told.lineTells) return words
        gone += units
        const more = { quantity, cancelled: gone, changedAt: at + 6 }
        return [...words, () => tellOrders(order(id, [line(`${id}a`, more)]))]
      })
      // Every word at least once, some again, in any order.
      const all = [...news, ...told.order.slice(0, 6).flatMap((n) => (news.length > 0 ? [news[n % news.length]!] : []))]
      const shuffled = all
        .map((tellIt, i) => ({ tellIt, at: told.order[i % told.order.length]! * 31 + i * 7919 }))
        .sort((a, b) => (a.at % 1_009) - (b.at % 1_009))
      for (const [i, { tellIt }] of [...shuffled, { tellIt: async () => {} }].entries()) {
        if (i === Math.min(told.shipAfter, shuffled.length)) {
          const { cancelled } = await knownLine(id)
          if (quantity > cancelled) await ship(id, quantity - cancelled)
        }
        for (const { of, units } of told.inspects.filter(({ after }) => Math.min(after, shuffled.length) === i)) {
          const known = claims[of % Math.max(1, claims.length)]
          if (known && (await claimsOf(known.key)).length > 0) await inspect(known.key, { sellable: units })
        }
        await tellIt()
      }
      const after = await lineOf(id)
      const sum = (of: readonly { quantity: number; ends: string }[]) =>
        of.reduce((units, one) => units + (one.ends === 'done' ? one.quantity : 0), 0)
      expect(after.told_cancelled).toBe(sum(cancels))
      expect(after.cancelled).toBe(Math.min(sum(cancels), quantity - after.shipped))
      expect(after.taken_back).toBe(sum(cancels) + sum(returns))
      expect(after.claim).toBe(null)
      const inspected = await shop().rows<{ found: number; claimed: number; kind: string }>(
        `select l.sellable + l.damaged + l.lost as found, l.quantity as claimed, c.kind
         from orders.claim_line l join orders.claim c using (company_id, claim_id) where c.external_order_id = $1`,
        [id],
      )
      const back = inspected.reduce((units, { found }) => units + found, 0)
      expect(after.returned).toBe(back)
      // Of cancels only what had left before they were told can come back.
      const ofCancels = inspected.reduce((units, { found, kind }) => units + (kind === 'cancel' ? found : 0), 0)
      expect(ofCancels).toBeLessThanOrEqual(after.told_cancelled - after.cancelled)
      expect(await stock()).toEqual({
        on_hand: STOCK - after.shipped + back,
        reserved: quantity - after.cancelled - after.shipped,
        restocked: after.taken_back,
      })
    }),
    { numRuns: 40 },
  )
}, 120_000)

test('and every invariant stands after all of it', async () => {
  const { url, db } = shop()
  const { invariants } = await check({ url, db, newId, clock: realClock, progress: () => {} })
  // Goods leave here without a parcel, since some of a line's units must be able to.
  const broken = invariants.filter(({ name, violations }) => violations > 0 && !/^A line's parcels/.test(name))
  expect(broken).toEqual([])
})
