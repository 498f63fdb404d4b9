import { setTimeout as passes } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import type { FaultWhy } from '../../contract/faults.ts'
import type { HttpOutcome, HttpRequest } from '../../server/kernel/http-port.ts'
import { type ChannelAdapter, ChannelFault, type Parcel } from '../../server/modules/channels/adapter.ts'
import {
  claimTellings,
  heedSeenParcels,
  type NewShipment,
  type ShipOutcome,
  shipLines,
} from '../../server/modules/fulfilment/index.ts'
import { KINDS, type Settings } from '../marketplace-kinds.ts'
import { type Market, type MarketOptions, openMarket } from '../marketplaces.ts'
import { newId } from '../shop.ts'
import { endsWell } from './ends-well.ts'
import { linesOf, until } from './market-truth.ts'

/** A wrong invoice is put right, at the marketplaces whose contract lets it: their own record is what counts. */

const THREE = { coupang: KINDS.coupang, esm: KINDS.esm, cafe24: KINDS.cafe24 }
const CHANNELS = ['coupang', 'esm', 'cafe24'] as const
type Name = (typeof CHANNELS)[number]

let market: Market<typeof THREE>
afterEach(() => market.close())

let items: Record<Name, string>

type Ship = ChannelAdapter['ship']
/** Between us and the marketplace: what is asked, and what becomes of it. */
type Between = (ship: Ship, parcels: readonly Parcel[], channel: Name) => ReturnType<Ship>
/** The same by the call that carries an invoice. */
type OnTheWire = (send: () => Promise<HttpOutcome>, channel: Name) => Promise<HttpOutcome>

async function open(between?: Between, onTheWire?: OnTheWire, settings: Settings = {}): Promise<void> {
  const wrap: MarketOptions<Name>['wrap'] = (openAdapter, channel) => (account, deps) => {
    const send = (request: HttpRequest) => {
      const isInvoice = request.method === 'POST' && INVOICE_CALLS.test(request.url)
      const asItIs = () => deps.http.send(request)
      return onTheWire && isInvoice ? onTheWire(asItIs, channel) : asItIs()
    }
    const adapter = openAdapter(account, { ...deps, http: { send } })
    return between ? { ...adapter, ship: (parcels) => between(adapter.ship, parcels, channel) } : adapter
  }
  market = await openMarket({ wrap, settings }, THREE)
  items = await market.list('BRK-1', await market.shop.stock('BRK-1', 60), { coupang: 20, esm: 20, cafe24: 20 })
  market.work()
}

const INVOICE_CALLS = /\/(invoices|ShippingInfo|shipments)$/

/** Ten digits or more, as carriers have them. */
let numbers = 0
const invoice = () => `0${String(10_000_000_000 + ++numbers)}`

type Story = { channel: Name; orderId: string; shows(): string; ship(invoice: string): Promise<ShipOutcome['kind']> }

/** The same at each, side by side: an order of one line, acknowledged and ready to leave. */
async function atEach(story: (at: Story) => Promise<void>): Promise<void> {
  await Promise.all(
    CHANNELS.map(async (channel) => {
      const sale = market[channel].sim.buy({ lines: [{ item: items[channel], quantity: 1 }], buyer: '김하나' })
      if (sale.kind !== 'sold') throw new Error('the shelf is empty')
      const lines = () => linesOf(market, market[channel])
      await until(async () => (await lines()).some(({ state }) => state === 'acknowledged'), 15_000, lines)
      const [line] = (await lines()) as unknown as { order_id: string; external_line_key: string }[]
      const { order_id: orderId, external_line_key: key } = line!
      const shows = () => market[channel].machine.doors.truth().lines.find(({ lineKey }) => lineKey === key)!.invoice
      await story({ channel, orderId, shows, ship: async (number) => (await ship(orderId, number)).kind })
    }),
  )
}

const parcelOf = (orderId: string, number: string): NewShipment => ({
  ...{ company: market.shop.company, order: orderId, actor: 'test', carrier: 'cj', invoice: number },
  ...{ shippedAt: Date.now(), lines: null },
})

const ship = (orderId: string, number: string): Promise<ShipOutcome> => {
  // By the server's own database, so that its workers are woken.
  const { db, shippingRules } = market.jaego
  return db
    .transaction([market.shop.company], (tx) => shipLines(tx, shippingRules, [parcelOf(orderId, number)]))
    .then(([outcome]) => outcome!)
}

type Told = {
  telling: string
  said_code: string | null
  said: string | null
  why: FaultWhy | null
  attempts: number
  earlier: string[]
  lease: string | null
}
const tellingOf = async (orderId: string): Promise<Told> =>
  (await market.shop.rows<Told>('select * from fulfilment.shipment_line where order_id = $1', [orderId]))[0]!

const becomes = (orderId: string, telling: string): Promise<void> =>
  until(
    async () => (await tellingOf(orderId)).telling === telling,
    20_000,
    () => tellingOf(orderId),
  )

/** An answer that never comes, whatever the marketplace did. */
const noAnswer = () => new ChannelFault('unknown', 'planted')

test('a number that was told is put right, as often as it was wrong, and nothing leaves a second time', async () => {
  await open()
  await atEach(async ({ orderId, shows, ship }) => {
    const [wrong, right] = [invoice(), invoice()]
    expect(await ship(wrong)).toBe('shipped')
    await becomes(orderId, 'told')
    for (const number of [right, wrong, right]) {
      expect(await ship(number)).toBe('corrected')
      expect(await ship(number)).toBe('already')
      await becomes(orderId, 'told')
      expect(shows()).toBe(number)
    }
    expect(await tellingOf(orderId)).toMatchObject({ earlier: [], attempts: 1 })
  })
  const [left] = await market.shop.rows<{ units: number }>(
    `select -sum(on_hand_delta)::integer as units from inventory.movement where reason = 'shipped'`,
  )
  expect(left!.units).toBe(CHANNELS.length)
  await endsWell(market)
})

test('a correction whose answer never came is told once: the next look finds it', async () => {
  const asked: Record<string, string[]> = {}
  await open(async (ship, parcels, channel) => {
    const seen = asked[channel] ?? []
    asked[channel] = [...seen, parcels[0]!.invoice]
    const results = await ship(parcels)
    if (seen.length === 1) throw noAnswer()
    return results
  })
  await atEach(async ({ channel, orderId, shows, ship }) => {
    const [wrong, right] = [invoice(), invoice()]
    await ship(wrong)
    await becomes(orderId, 'told')
    await ship(right)
    await becomes(orderId, 'told')
    expect(shows()).toBe(right)
    expect(new Set(asked[channel])).toEqual(new Set([wrong, right]))
  })
  await endsWell(market)
})

test('a correction that did not arrive is no refusal while the old number is still seen, and is told again', async () => {
  const isSeen = new Set<Name>()
  await open(async (ship, parcels, channel) => {
    if (parcels[0]!.replaces.length > 0 && !isSeen.has(channel)) throw noAnswer()
    return ship(parcels)
  })
  await atEach(async ({ channel, orderId, shows, ship }) => {
    const [wrong, right] = [invoice(), invoice()]
    await ship(wrong)
    await becomes(orderId, 'told')
    await ship(right)
    await until(async () => (await tellingOf(orderId)).said_code !== null)
    const shown = [{ orderId, lineNo: 1, invoice: wrong }]
    await market.shop.inTx((tx) => heedSeenParcels(tx, market.shop.company, shown, Date.now() + 60_000))
    expect(await tellingOf(orderId)).toMatchObject({ telling: 'unknown', earlier: [`cj ${wrong}`] })
    isSeen.add(channel)
    await becomes(orderId, 'told')
    expect(shows()).toBe(right)
  })
})

test('corrected while nobody has been told, only the newest number is ever told', async () => {
  const asked: string[] = []
  await open((ship, parcels) => {
    asked.push(...parcels.map((parcel) => parcel.invoice))
    return ship(parcels)
  })
  const newest: string[] = []
  const orders: Story[] = []
  await atEach(async (story) => void orders.push(story))
  await market.stopWork()
  for (const { ship } of orders) {
    const right = invoice()
    newest.push(right)
    expect([await ship(invoice()), await ship(invoice()), await ship(right)]).toEqual([
      'shipped',
      'corrected',
      'corrected',
    ])
  }
  market.work()
  for (const [i, { orderId, shows }] of orders.entries()) {
    await becomes(orderId, 'told')
    expect(shows()).toBe(newest[i])
  }
  expect(asked.sort()).toEqual([...newest].sort())
})

/** When a marketplace does what it did not answer, and by when it has: the first is long enough for another telling. */
const [LATE_MS, SETTLES_MS] = [2_000, 3_000]

test('corrected while the first answer is out, the newest number is there in the end, however late the first one lands', async () => {
  const late = new Map<Name, Promise<unknown>>()
  // Looked at, sent, given up here, and done there: at ESM a second call writes over the first.
  const onTheWire: OnTheWire = async (send, channel) => {
    if (late.has(channel)) return send()
    late.set(channel, passes(LATE_MS).then(send))
    return { kind: 'unknown', reason: 'planted' }
  }
  await open(undefined, onTheWire, { unknownSettlesMs: SETTLES_MS })
  await atEach(async ({ channel, orderId, shows, ship }) => {
    const [wrong, right] = [invoice(), invoice()]
    await ship(wrong)
    await until(async () => (await tellingOf(orderId)).said_code !== null)
    expect(await ship(right)).toBe('corrected')
    await becomes(orderId, 'told')
    await late.get(channel)
    expect(shows()).toBe(right)
  })
  await endsWell(market)
})

test('corrected while it is being told, the newest number is told after the answer', async () => {
  const [asked, answered] = [gates(), gates()]
  await open(async (ship, parcels, channel) => {
    asked.pass(channel)
    await answered.passed(channel)
    return ship(parcels)
  })
  await atEach(async ({ channel, orderId, shows, ship }) => {
    const [wrong, right] = [invoice(), invoice()]
    await ship(wrong)
    await asked.passed(channel)
    expect(await ship(right)).toBe('corrected')
    expect(await tellingOf(orderId)).toMatchObject({ telling: 'unknown', earlier: [`cj ${wrong}`] })
    answered.pass(channel)
    await becomes(orderId, 'told')
    expect(shows()).toBe(right)
  })
  await endsWell(market)
})

/** One for each channel, closed at first. */
function gates() {
  const each = new Map(CHANNELS.map((channel) => [channel, Promise.withResolvers<void>()]))
  return {
    pass: (channel: Name) => each.get(channel)!.resolve(),
    passed: (channel: Name) => each.get(channel)!.promise,
  }
}

const TEN = { most: 10, leaseMs: 20_000 }

test('corrected after whoever was telling it died, the newest number waits for the lease and is told', async () => {
  await open()
  const orders: Story[] = []
  await atEach(async (story) => void orders.push(story))
  await market.stopWork()
  const newest: string[] = []
  for (const { channel, orderId, ship } of orders) {
    const right = invoice()
    newest.push(right)
    await ship(invoice())
    const at = { company: market.shop.company, connectionId: market[channel].connectionId }
    expect(await market.shop.inTx((tx) => claimTellings(tx, at, newId(), TEN))).toMatchObject([{ replaces: [] }])
    expect(await ship(right)).toBe('corrected')
    expect(await market.shop.inTx((tx) => claimTellings(tx, at, newId(), TEN))).toEqual([])
    expect((await tellingOf(orderId)).telling).toBe('unknown')
  }
  await market.shop.passTime(21_000)
  market.work()
  for (const [i, { orderId, shows }] of orders.entries()) {
    await becomes(orderId, 'told')
    expect(shows()).toBe(newest[i])
  }
})

test('corrected in the moment in which a collection shows the old number, the newest is told all the same', async () => {
  await open()
  const orders: Story[] = []
  await atEach(async (story) => void orders.push(story))
  await market.stopWork()
  const { company } = market.shop
  const newest: string[] = []
  for (const { channel, orderId, ship } of orders) {
    const [wrong, right] = [invoice(), invoice()]
    newest.push(right)
    await ship(wrong)
    const at = { company, connectionId: market[channel].connectionId }
    expect(await market.shop.inTx((tx) => claimTellings(tx, at, newId(), TEN))).toHaveLength(1)
    const [written, mayCommit] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const correction = market.shop.inTx(async (tx) => {
      const correct = async () => (await shipLines(tx, market.jaego.shippingRules, [parcelOf(orderId, right)]))[0]!.kind
      expect([await correct(), await correct()]).toEqual(['corrected', 'already'])
      written.resolve()
      await mayCommit.promise
    })
    await written.promise
    const shown = [{ orderId, lineNo: 1, invoice: wrong }]
    const seen = market.shop.inTx((tx) => heedSeenParcels(tx, company, shown, Date.now() + 60_000))
    await until(async () => (await waiting()) === 1, 5_000, waiting)
    mayCommit.resolve()
    await Promise.all([correction, seen])
    expect(await tellingOf(orderId)).toMatchObject({ telling: 'unknown', earlier: [`cj ${wrong}`] })
  }
  await market.shop.passTime(21_000)
  market.work()
  for (const [i, { orderId, shows }] of orders.entries()) {
    await becomes(orderId, 'told')
    expect(shows()).toBe(newest[i])
  }
})

test('another number that is shown again and again is written once', async () => {
  await open()
  const orders: Story[] = []
  await atEach(async (story) => void orders.push(story))
  await market.stopWork()
  const { channel, orderId, ship } = orders[0]!
  await ship(invoice())
  const at = { company: market.shop.company, connectionId: market[channel].connectionId }
  await market.shop.inTx((tx) => claimTellings(tx, at, newId(), TEN))
  const look = async (number: string) => {
    const shown = [{ orderId, lineNo: 1, invoice: number }]
    await market.shop.inTx((tx) => heedSeenParcels(tx, market.shop.company, shown, Date.now() + 60_000))
    const rows = await market.shop.rows<Told & { version: string }>(
      'select xmin::text as version, telling, said, why from fulfilment.shipment_line where order_id = $1',
      [orderId],
    )
    return rows[0]!
  }
  const theirs = invoice()
  const first = await look(theirs)
  expect(first).toMatchObject({ telling: 'refused', said: null, why: { reason: 'other_invoice', what: theirs } })
  expect(await look(theirs)).toEqual(first)
  const another = invoice()
  expect((await look(another)).why).toEqual({ reason: 'other_invoice', what: another })
})

/** Statements that wait for somebody's lock. */
const waiting = async (): Promise<number> => {
  const [row] = await market.shop.rows<{ count: number }>(
    `select count(*)::integer from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  )
  return row!.count
}

test('a number somebody gave at the marketplace meanwhile stays, is named, and can be taken over', async () => {
  const theirs: Record<string, string> = {}
  await open(async (ship, parcels, channel) => {
    const [parcel] = parcels
    const isFirstCorrection = parcel!.replaces.length > 0 && theirs[channel] === undefined
    if (isFirstCorrection) {
      // Whoever sits at the marketplace's own pages, a moment before us.
      theirs[channel] = invoice()
      await ship([{ ...parcel!, invoice: theirs[channel] }])
    }
    return ship(parcels)
  })
  await atEach(async ({ channel, orderId, shows, ship }) => {
    await ship(invoice())
    await becomes(orderId, 'told')
    await ship(invoice())
    await becomes(orderId, 'refused')
    expect((await tellingOf(orderId)).why).toEqual({ reason: 'other_invoice', what: theirs[channel] })
    expect(shows()).toBe(theirs[channel])
    // Nor is it replaced by a third of ours; but ours may become theirs.
    await ship(invoice())
    await becomes(orderId, 'refused')
    expect(shows()).toBe(theirs[channel])
    expect(await ship(theirs[channel]!)).toBe('corrected')
    await becomes(orderId, 'told')
    expect(shows()).toBe(theirs[channel])
  })
})
