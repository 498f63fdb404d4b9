import { isDeepStrictEqual } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import type { FaultWhy } from '../../contract/faults.ts'
import type { ChannelAdapter, Parcel } from '../../server/modules/channels/adapter.ts'
import { sealPlace } from '../../server/modules/channels/connection.ts'
import { tellShipments } from '../../server/modules/channels/tell-shipments.ts'
import { tokensInMemory } from '../../server/modules/channels/tokens-in-memory.ts'
import { claimTellings, type NewShipment, type ShipOutcome, shipLines } from '../../server/modules/fulfilment/index.ts'
import { type ChannelName, type Market, type MarketOptions, openMarket } from '../marketplaces.ts'
import { renewedByHand } from '../renewed-by-hand.ts'
import { newId } from '../shop.ts'
import { collectedOnce, linesOf, until } from './market-truth.ts'

/** Parcels of orders that came from real, pretend marketplaces: the marketplace's own record is what counts. */

const CHANNELS = ['naver', 'coupang'] as const

let market: Market
afterEach(() => market.close())

const ITEMS = ['BRK-1', 'BRK-2']
let items: Record<ChannelName, string[]>

async function open(options: MarketOptions = {}): Promise<void> {
  market = await openMarket(options)
  items = { naver: [], coupang: [] }
  for (const sku of ITEMS) {
    const listed = await market.list(sku, await market.shop.stock(sku, 40), { naver: 20, coupang: 20 })
    for (const channel of CHANNELS) items[channel].push(listed[channel])
  }
}

type Line = { order_id: string; line_no: number; state: string; shipped: number; external_line_key: string }

/** Buys so many of each item in one order, and waits until its lines are acknowledged here. */
async function order(channel: ChannelName, quantities: readonly number[] = [1]): Promise<Line[]> {
  const before = (await linesOf(market, market[channel])).length
  const lines = quantities.map((quantity, i) => ({ item: items[channel][i]!, quantity }))
  expect(market[channel].sim.buy({ lines, buyer: '김하나' }).kind).toBe('sold')
  const all = async () => (await linesOf(market, market[channel])) as unknown as Line[]
  await until(
    async () => {
      const now = await all()
      return now.length === before + lines.length && now.every(({ state }) => state !== 'paid')
    },
    10_000,
    all,
  )
  const known = await all()
  const newest = known.at(-1)!.order_id
  return known.filter(({ order_id }) => order_id === newest)
}

let numbers = 0
const invoice = () => `0${String(10_000_000_000 + ++numbers)}`

const ship = (orderId: string, more: Partial<NewShipment> = {}): Promise<ShipOutcome> =>
  market.shop
    .inTx((tx) =>
      shipLines(tx, market.jaego.shippingRules, [
        {
          ...{ company: market.shop.company, order: orderId, actor: 'test', carrier: 'cj', invoice: invoice() },
          ...{ shippedAt: Date.now(), lines: null },
          ...more,
        },
      ]),
    )
    .then(([outcome]) => outcome!)

type Told = {
  line_no: number
  telling: string
  said_code: string | null
  said: string | null
  why: FaultWhy | null
  attempts: number
}
const tellings = (orderId: string) =>
  market.shop.rows<Told>('select * from fulfilment.shipment_line where order_id = $1 order by line_no, shipment_id', [
    orderId,
  ])

const becomes = (orderId: string, telling: string, withinMs = 10_000): Promise<void> =>
  until(
    async () => (await tellings(orderId)).every((line) => line.telling === telling),
    withinMs,
    () => tellings(orderId),
  )

/** The marketplace's own record of some lines: their state and invoice. */
const record = (channel: ChannelName, lines: readonly Line[]) =>
  lines.map(({ external_line_key }) => {
    const line = market[channel].machine.doors.truth().lines.find(({ lineKey }) => lineKey === external_line_key)!
    return { state: line.state, invoice: line.invoice }
  })

const SENT = { naver: 'DELIVERING', coupang: 'DEPARTURE' } as const

/** The same at both marketplaces, side by side. */
const atBoth = <T>(story: (channel: ChannelName) => Promise<T>): Promise<T[]> => Promise.all(CHANNELS.map(story))

test('a parcel is told with its number as text; a repeat is known, and another number too late where nothing can be corrected', async () => {
  await open()
  market.work()
  await atBoth(async (channel) => {
    const lines = await order(channel, [2, 1])
    const [number, orderId] = [invoice(), lines[0]!.order_id]
    expect(await ship(orderId, { invoice: number })).toMatchObject({ kind: 'shipped' })
    await becomes(orderId, 'told')
    expect(record(channel, lines)).toEqual(lines.map(() => ({ state: SENT[channel], invoice: number })))
    expect((await linesOf(market, market[channel])).map(({ state }) => state)).toEqual(['shipped', 'shipped'])
    expect(await ship(orderId, { invoice: number })).toMatchObject({ kind: 'already' })
    // Where a marketplace can be corrected: corrections.pg.test.ts.
    const late = { kind: 'other_parcel', carrier: 'cj', invoice: number }
    expect(await ship(orderId)).toMatchObject(channel === 'naver' ? late : { kind: 'corrected' })
  })
})

test('an answer that never came leaves the line unknown, and it is told once', async () => {
  const asked: Record<string, number> = { naver: 0, coupang: 0 }
  await open({
    wrap: (openAdapter, channel) => (account, deps) => {
      const adapter = openAdapter(account, deps)
      const ship: typeof adapter.ship = async (parcels) => {
        asked[channel]! += 1
        market[channel].sim.setFaults({ timeoutAfterCommit: asked[channel] === 1 ? 1 : 0 })
        return adapter.ship(parcels).finally(() => market[channel].sim.setFaults({ timeoutAfterCommit: 0 }))
      }
      return { ...adapter, ship }
    },
  })
  market.work()
  await atBoth(async (channel) => {
    const lines = await order(channel)
    const number = invoice()
    await ship(lines[0]!.order_id, { invoice: number })
    await becomes(lines[0]!.order_id, 'told')
    expect(record(channel, lines)).toEqual([{ state: SENT[channel], invoice: number }])
    expect(asked[channel]).toBeGreaterThan(0)
  })
  const [sent] = await market.shop.rows<{ units: number }>(
    `select -sum(on_hand_delta)::integer as units from inventory.movement where reason = 'shipped'`,
  )
  expect(sent!.units).toBe(2)
})

const LEASE = { most: 10, leaseMs: 20_000 }

test('what a dead worker had told is found in the next collection; what it had not is told when its lease is over', async () => {
  await open()
  market.work()
  const orders = await atBoth(async (channel) => [await order(channel), await order(channel)] as const)
  await market.stopWork()
  for (const [i, channel] of CHANNELS.entries()) {
    const [told, untold] = orders[i]!
    const number = invoice()
    await ship(told[0]!.order_id, { invoice: number })
    await ship(untold[0]!.order_id)
    const at = { company: market.shop.company, connectionId: market[channel].connectionId }
    expect(await market.shop.inTx((tx) => claimTellings(tx, at, newId(), LEASE))).toHaveLength(2)
    await shipByHand(channel, told[0]!, number)
  }
  market.work()
  await atBoth(async (channel) => {
    const [told, untold] = orders[CHANNELS.indexOf(channel)]!
    await becomes(told[0]!.order_id, 'told')
    expect(await tellings(told[0]!.order_id)).toMatchObject([{ attempts: 1 }])
    expect(await tellings(untold[0]!.order_id)).toMatchObject([{ telling: 'unknown', attempts: 1 }])
    expect(record(channel, untold)[0]!.invoice).toBe('')
  })
  await market.shop.passTime(21_000)
  await atBoth(async (channel) => {
    const [, untold] = orders[CHANNELS.indexOf(channel)]!
    await becomes(untold[0]!.order_id, 'told')
    expect(record(channel, untold)[0]!.state).toBe(SENT[channel])
  })
})

test('as long as a worker is alive and asking nobody else asks about its lines, however long it takes', async () => {
  await open()
  market.work()
  const [line] = await order('naver')
  await market.stopWork()
  await ship(line!.order_id)
  const given = Promise.withResolvers<void>()
  let asked = 0
  const slow = {
    capabilities: { ship: { linesPerCall: 10, bundled: false }, acknowledge: null, unknownSettlesMs: 200 },
    ship: async (parcels: readonly Parcel[]) => {
      asked += 1
      await given.promise
      return parcels.map(({ lineKey }) => ({ key: lineKey, outcome: 'done', code: null, message: null }))
    },
  } as unknown as ChannelAdapter
  const { clock, pass } = renewedByHand()
  const connection = await market.connection('naver')
  const tell = (deps = market.jaego.channels) => tellShipments(deps, connection, slow)
  const first = tell({ ...market.jaego.channels, clock })
  await until(async () => asked === 1)
  for (let i = 0; i < 4; i++) {
    await market.shop.passTime(15_000)
    pass()
    await until(async () => (await dueInMs(line!.order_id)) > 15_000)
    expect(await tell()).toBe(0)
  }
  given.resolve()
  await first
  expect(await tellings(line!.order_id)).toMatchObject([{ telling: 'told', attempts: 1 }])
  expect(asked).toBe(1)
})

const dueInMs = async (orderId: string) =>
  (
    await market.shop.rows<{ ms: number }>(
      'select extract(epoch from due_at - kernel.now())::float8 * 1000 as ms from fulfilment.shipment_line where order_id = $1',
      [orderId],
    )
  )[0]!.ms

test('two workers ask about each line once', async () => {
  await open()
  market.work()
  const orders: Line[][] = []
  for (let i = 0; i < 3; i++) orders.push(...(await atBoth((channel) => order(channel))))
  const other = await market.another()
  try {
    other.work()
    await Promise.all(orders.map((lines) => ship(lines[0]!.order_id)))
    for (const lines of orders) await becomes(lines[0]!.order_id, 'told')
    const asked = await Promise.all(orders.map((lines) => tellings(lines[0]!.order_id)))
    expect(asked.flat().map(({ attempts }) => attempts)).toEqual(orders.map(() => 1))
  } finally {
    await other.close()
  }
})

test('an outage keeps parcels waiting, and they are told when it is over', async () => {
  await open()
  market.work()
  await atBoth(async (channel) => {
    const lines = await order(channel)
    market[channel].sim.setFaults({ outageUntil: market[channel].sim.now() + 1_200 })
    await ship(lines[0]!.order_id)
    await becomes(lines[0]!.order_id, 'told', 20_000)
    expect(record(channel, lines)[0]!.state).toBe(SENT[channel])
  })
})

test('a line that left before it was acknowledged is acknowledged first', async () => {
  await open({ settings: { acknowledge: false } })
  market.work()
  await collectedOnce(market)
  await atBoth(async (channel) => {
    market[channel].sim.buy({ lines: [{ item: items[channel][0]!, quantity: 1 }], buyer: '김하나' })
    await until(async () => (await linesOf(market, market[channel])).length === 1)
    const lines = (await linesOf(market, market[channel])) as unknown as Line[]
    expect(lines[0]!.state).toBe('paid')
    await ship(lines[0]!.order_id)
    await becomes(lines[0]!.order_id, 'told')
    expect(record(channel, lines)[0]!.state).toBe(SENT[channel])
  })
})

test('sent at the marketplace with another invoice is refused, seen, and asked about again only when somebody changes it', async () => {
  await open()
  market.work()
  const orders = await atBoth((channel) => order(channel))
  await market.stopWork()
  const theirs = { naver: '55555555555', coupang: '66666666666' }
  for (const [i, channel] of CHANNELS.entries()) {
    await ship(orders[i]![0]!.order_id)
    await shipByHand(channel, orders[i]![0]!, theirs[channel])
  }
  market.work()
  await atBoth(async (channel) => {
    const lines = orders[CHANNELS.indexOf(channel)]!
    const orderId = lines[0]!.order_id
    await becomes(orderId, 'refused')
    const why = { reason: 'other_invoice', what: theirs[channel] }
    await until(async () => isDeepStrictEqual((await tellings(orderId))[0]!.why, why))
    expect(await tellings(orderId)).toMatchObject([{ attempts: 1, said_code: expect.any(String) }])
    // A person puts our number right: it is what the marketplace shows.
    expect(await ship(orderId, { invoice: theirs[channel] })).toMatchObject({ kind: 'corrected' })
    await becomes(orderId, 'told')
    expect(record(channel, lines)[0]!.invoice).toBe(theirs[channel])
  })
})

/** Whoever sits at the marketplace's seller centre, or told it and died: the same API beside our books. */
async function shipByHand(channel: ChannelName, line: Line, number: string): Promise<void> {
  const connection = await market.connection(channel)
  const { channels } = market.jaego
  const place = sealPlace(connection.company, connection.connectionId)
  const credentials = JSON.parse(channels.secrets.open(place, connection.sealedCredentials))
  const adapter = channels.marketplaces[channel]!(
    { ...connection, credentials },
    { ...channels, spend: async () => {}, learn: () => {}, tokens: tokensInMemory() },
  )
  const [known] = await market.shop.rows<{ action_key: string; external_id: string; item: string }>(
    `select l.action_key, o.external_id, i.item from orders.order_line l
     join orders.order o using (company_id, order_id) join channels.listing i using (company_id, listing_id)
     where l.external_line_key = $1`,
    [line.external_line_key],
  )
  const { action_key: actionKey, external_id: externalOrderId, item } = known!
  const parcel = {
    lineKey: line.external_line_key,
    actionKey,
    externalOrderId,
    item,
    shippedAt: Date.now(),
    replaces: [],
  }
  expect(await adapter.ship([{ ...parcel, carrier: 'cj', invoice: number }])).toMatchObject([{ outcome: 'done' }])
}

test('some lines of an order go before others: a box is split at Coupang, lines are single at Naver', async () => {
  await open()
  market.work()
  const states = { naver: ['DELIVERING', 'PAYED'], coupang: ['DEPARTURE', 'INSTRUCT'] }
  for (const channel of ['naver', 'coupang'] as const) {
    const lines = await order(channel, [1, 1])
    const orderId = lines[0]!.order_id
    const first = { lines: [{ lineNo: lines[0]!.line_no, quantity: null }] }
    expect(await ship(orderId, { ...first, invoice: `00000000${channel.length}1` })).toMatchObject({ kind: 'shipped' })
    await becomes(orderId, 'told')
    expect(record(channel, lines).map(({ state }) => state)).toEqual(states[channel])
  }
})

test('where the lines of a parcel cannot go apart, they go together', async () => {
  await open({
    wrap: (openAdapter) => (account, deps) => {
      const adapter = openAdapter(account, deps)
      const { capabilities } = adapter
      return { ...adapter, capabilities: { ...capabilities, ship: { ...capabilities.ship, partial: false } } }
    },
  })
  market.work()
  const box = await order('coupang', [1, 1])
  expect(await ship(box[0]!.order_id, { lines: [{ lineNo: box[0]!.line_no, quantity: null }] })).toEqual({
    kind: 'not_partial',
    lineNos: [box[1]!.line_no],
  })
})

test('where one call ships all that is packed together, the telling waits for the last line and says so', async () => {
  await open({
    wrap: (openAdapter) => (account, deps) => {
      const adapter = openAdapter(account, deps)
      const { capabilities } = adapter
      return { ...adapter, capabilities: { ...capabilities, ship: { ...capabilities.ship, bundled: true } } }
    },
  })
  market.work()
  const lines = await order('naver', [1, 1])
  const orderId = lines[0]!.order_id
  await ship(orderId, { lines: [{ lineNo: lines[0]!.line_no, quantity: null }], invoice: '0000000001' })
  await until(async () => (await tellings(orderId))[0]!.said_code === 'BUNDLE_WAITS')
  const why = { reason: 'bundle_waits', what: String(lines[1]!.line_no) }
  expect((await tellings(orderId))[0]).toMatchObject({ telling: 'pending', attempts: 0, said: null, why })
  expect(record('naver', lines).map(({ state }) => state)).toEqual(['PAYED', 'PAYED'])
  await ship(orderId, { lines: [{ lineNo: lines[1]!.line_no, quantity: null }], invoice: '0000000001' })
  await becomes(orderId, 'told')
  expect(record('naver', lines).map((line) => line.invoice)).toEqual(['0000000001', '0000000001'])
})

test('what its buyer has asked to cancel does not leave before somebody has answered', async () => {
  await open()
  market.work()
  await atBoth(async (channel) => {
    const [line] = await order(channel)
    const key = line!.external_line_key
    expect(market[channel].sim.cancel(key, null)).toMatchObject({ kind: 'requested' })
    const claims = () =>
      market.shop.rows<{ claim: string | null }>('select claim from orders.order_line where external_line_key = $1', [
        key,
      ])
    await until(async () => (await claims())[0]!.claim === 'cancel', 10_000, claims)
    expect(await ship(line!.order_id)).toEqual({ kind: 'claimed', lineNo: line!.line_no })
    expect(record(channel, [line!])[0]!.invoice).toBe('')
  })
})

test('a connection that only observes is told nothing', async () => {
  await open()
  market.work()
  const lines = await order('naver')
  await market.shop.rows(`update channels.connection set mode = 'observe'`)
  await ship(lines[0]!.order_id)
  const [mark] = await market.shop.rows<{ at: Date }>('select max(collected_up_to) as at from channels.connection')
  await until(async () => {
    const [now] = await market.shop.rows<{ later: boolean }>(
      `select min(collected_up_to) > $1::timestamptz + interval '2500 milliseconds' as later from channels.connection`,
      [mark!.at],
    )
    return now!.later
  })
  expect(await tellings(lines[0]!.order_id)).toMatchObject([{ telling: 'pending', attempts: 0 }])
  expect(record('naver', lines)[0]!.state).toBe('PAYED')
})
