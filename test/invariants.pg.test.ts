import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { check } from '../server/commands/check.ts'
import { realClock } from '../server/kernel/clock.ts'
import { openDatabase } from '../server/kernel/db.ts'
import { shipLines as sendParcels } from '../server/modules/fulfilment/index.ts'
import { answerClaims } from '../server/modules/orders/claim-answers.ts'
import {
  cancelLines,
  inspectReturns,
  type NewOrder,
  shipLines,
  takeOrders,
  takeShippedOrders,
} from '../server/modules/orders/index.ts'
import { openClaims } from '../server/modules/orders/open-claims.ts'
import { ROW_INVARIANTS, WALL_INVARIANTS } from '../server/screens/invariants.ts'
import { completedLines } from '../server/screens/replay-books.ts'
import { onServer } from './database.ts'
import { createVariant, newId, openShop, receive, type Shop } from './shop.ts'

let shop: Shop
let other: string
let pads: string
let discs: string
let kit: string

beforeAll(async () => {
  shop = await openShop()
  await aBusyDay()
})
afterAll(() => shop.close())

const context = () => ({ url: shop.url, db: shop.db, newId, clock: realClock, progress: () => {} })

/** Every kind of row there is: held, firm, short, filled, shipped, cancelled, counted, displaced, sets, channels. */
async function aBusyDay() {
  const [seoul, busan] = shop.warehouses as [string, string, string]
  pads = await shop.stock('PAD-1', 20)
  discs = await shop.stock('DISC-1', 8)
  kit = await shop.inTx(async (tx) =>
    createVariant(tx, shop.company, {
      sku: 'KIT-1',
      components: [
        { variantId: pads, quantity: 2 },
        { variantId: discs, quantity: 1 },
      ],
    }),
  )
  const one = (variantId: string) => [{ variantId, quantity: 1, margin: 0 }]
  const set = [
    { variantId: pads, quantity: 2, margin: 0 },
    { variantId: discs, quantity: 1, margin: 0 },
  ]
  await shop.inTx((tx) =>
    takeOrders(tx, [
      order('A-1', [line(pads, one(pads), 3)]),
      order('A-2', [line(kit, set, 2), line(pads, one(pads), 1)]),
      order('A-3', [line(discs, one(discs), 2)], { holdForMs: 900_000, whenShort: 'refuse' }),
      order('A-7', [line(pads, one(pads), 1)], { holdForMs: 900_000, whenShort: 'refuse' }),
      order('A-4', [line(discs, one(discs), 9)]),
      order('A-5', [line(discs, one(discs), 4)]),
    ]),
  )
  await shop.inTx((tx) => takeShippedOrders(tx, [{ order: order('A-6', [line(pads, one(pads), 2)]) }]))
  await shop.apply(receive(shop.company, discs, seoul, 3), receive(shop.company, pads, busan, 5))
  await shop.inTx(async (tx) => {
    const ready = await completedLines(tx, shop.company, 'api')
    const a2 = ready.filter(({ externalId }) => externalId === 'A-2')
    await shipLines(
      tx,
      'test',
      a2.map((known) => ({ line: known, takes: one(known.variantId!) })),
    )
    const a1 = ready.filter(({ externalId }) => externalId === 'A-1')
    await cancelLines(
      tx,
      'test',
      a1.map((known) => ({ line: known, cancelled: 1, takes: one(pads) })),
    )
  })
  await shop.apply({
    verb: 'adjust',
    company: shop.company,
    source: 'count',
    ref: 'monday',
    actor: 'test',
    lines: [{ variantId: discs, warehouseId: seoul, counted: 4, delta: null, saw: null, reason: 'count', note: null }],
  })
  await someClaims()
  await aConnectionWithRights(seoul)
  await twoParcels()
  other = newId()
  await shop.rows(`insert into access.company values ('${other}', '다른 상사', kernel.now())`)
}

/** A return inspected in part, a cancel of some units, an exchange that stands and one that was refused. */
async function someClaims() {
  const taken = ['C-1', 'C-2'].map((name) =>
    order(name, [line(pads, [{ variantId: pads, quantity: 1, margin: 0 }], 4)]),
  )
  const [sent, waiting] = taken.map(({ orderId }) => orderId) as [string, string]
  await shop.apply(receive(shop.company, pads, shop.warehouses[0]!, 10))
  await shop.inTx((tx) => takeShippedOrders(tx, [{ order: taken[0]! }]))
  await shop.inTx((tx) => takeOrders(tx, [taken[1]!]))
  const open = (orderId: string, kind: 'cancel' | 'return' | 'exchange', quantity: number) => ({
    ...{ company: shop.company, actor: 'test', orderId, kind, lines: [{ lineNo: 1, quantity }], reason: '' },
    ...{ faultBy: 'buyer' as const, cause: null, warehouses: shop.warehouses.slice(0, 2) },
  })
  const offers = async () => null
  await shop.inTx(async (tx) => {
    const claims = [
      open(sent, 'return', 2),
      open(sent, 'exchange', 1),
      open(sent, 'exchange', 1),
      open(waiting, 'cancel', 1),
    ]
    const ids = (await openClaims(tx, claims, offers)).map((outcome) => (outcome as { claimId: string }).claimId)
    const at = { company: shop.company, actor: 'test' }
    const found = [{ lineNo: 1, sellable: 1, damaged: 1, lost: 0, note: '' }]
    const places = { warehouse: null, damagedWarehouse: null }
    await inspectReturns(tx, [{ ...at, ...places, claimId: ids[0]!, lines: found }])
    await answerClaims(tx, [{ ...at, claimId: ids[1]!, answer: 'refuse', reason: '', parcel: null }], offers)
  })
}

/** The channels write these rows themselves; here they only stand beside the orders. */
async function aConnectionWithRights(warehouse: string) {
  const connection = newId()
  const at = `'${shop.company}', '${connection}'`
  await shop.rows(`
    insert into channels.connection (company_id, connection_id, channel, name, base_url, credentials, settings, mode,
      policy, policy_settings, warehouses, paused, parked, collected_up_to, feed_lateness_ms, collect_due_at, failures,
      api_supported, created_at)
    values (${at}, 'naver', '스마트스토어', '', '', '{}', 'push', 'rights', '{}', '{${warehouse}}', false, false,
      kernel.now(), 0, kernel.now(), 0, true, kernel.now())`)
  for (const [i, [variant, bound]] of [
    [pads, 3],
    [kit, 2],
  ].entries()) {
    await shop.rows(`
      insert into channels.listing (company_id, listing_id, connection_id, unit, item, variant_id, multiplier, rights,
        bound, settling, demand, lowering, created_at)
      values ('${shop.company}', '${newId()}', '${connection}', 'u${i}', 'i${i}', '${variant}', 1, '{}', ${bound}, false,
        '{}', false, kernel.now())`)
  }
  await shop.rows(
    `insert into inventory.promise values ('${shop.company}', '${pads}', 7), ('${shop.company}', '${discs}', 2)`,
  )
  await shop.inTx((tx) =>
    takeOrders(
      tx,
      ['N-1', 'N-2'].map((externalId) => ({
        ...order(externalId, [
          { ...line(pads, [{ variantId: pads, quantity: 1, margin: 0 }], 1), externalLineKey: `${externalId}-1` },
        ]),
        connectionId: connection,
        channel: 'naver',
      })),
    ),
  )
}

/** One to a marketplace, one of a part of an own order that has arrived. */
async function twoParcels() {
  const parcel = { company: shop.company, actor: 'test', carrier: 'cj', shippedAt: 1_790_000_000_000 }
  const outcomes = await shop.inTx((tx) =>
    sendParcels(tx, async () => new Map(), [
      { ...parcel, order: 'ORD-N-2', invoice: '0012345678', lines: null },
      { ...parcel, order: 'ORD-A-1', invoice: '0099999999', lines: [{ lineNo: 1, quantity: 1 }] },
    ]),
  )
  expect(outcomes.map(({ kind }) => kind)).toEqual(['shipped', 'shipped'])
}

function order(externalId: string, lines: NewOrder['lines'], more: Partial<NewOrder> = {}): NewOrder {
  const pending = more.holdForMs != null
  return {
    company: shop.company,
    orderId: newId(),
    number: `ORD-${externalId}`,
    channel: 'api',
    connectionId: null,
    externalId,
    actor: 'test',
    whenShort: 'record',
    holdForMs: null,
    drawsOn: 'rights',
    currency: 'KRW',
    shippingFee: 3_000,
    discount: 0,
    tax: 0,
    buyerName: '김**',
    shippingAddress: null,
    billingAddress: null,
    country: null,
    orderedAt: 1_790_000_000_000,
    paidAt: pending ? null : 1_790_000_000_000,
    shipBy: null,
    warehouses: shop.warehouses.slice(0, 2),
    ...more,
    lines: lines.map((one) => (pending ? { ...one, state: 'pending' } : one)),
  }
}

function line(
  variantId: string,
  takes: NewOrder['lines'][number]['takes'],
  quantity: number,
): NewOrder['lines'][number] {
  return {
    variantId,
    sku: 'SKU',
    listingId: null,
    multiplier: 1,
    takes,
    productName: '브레이크 패드',
    variantName: '',
    unitPrice: 9_900,
    quantity,
    state: 'paid',
    externalLineKey: null,
    actionKey: null,
  }
}

const level = `(select ctid from inventory.level order by company_id, variant_id, warehouse_id limit 1)`
const lastMovement = `(select ctid from inventory.movement order by version desc, company_id, variant_id limit 1)`

/** What breaks each rule, on a database whose own guards (keys, checks) are out of the way. */
const PLANTED: Record<string, () => string> = {
  'Movements add up to their level': () => `update inventory.level set on_hand = on_hand + 1 where ctid = ${level}`,
  "A level's movements are numbered from 1 to its version without a gap": () =>
    `delete from inventory.movement where version = 2 and variant_id = '${pads}'`,
  'Every movement carries on from the one before it': () =>
    `update inventory.movement set on_hand_after = on_hand_after + 1, on_hand_delta = on_hand_delta + 1
     where version = 1 and variant_id = '${pads}'`,
  'Reserved was never below 0 nor above what lay there': () =>
    `update inventory.movement set reserved_after = on_hand_after + 1 where ctid = ${lastMovement}`,
  'What is reserved is what reservations hold': () =>
    `update inventory.reservation_line set quantity = quantity - 1 where ctid = (
       select ctid from inventory.reservation_line where quantity > 0 order by reservation_id, line_no limit 1)`,
  'Only reservations that are held or firm hold units': () =>
    `update inventory.reservation set state = 'released', expires_at = null where state = 'held'`,
  'No more has left for a reservation than was reserved for it': () =>
    `update inventory.movement set on_hand_delta = on_hand_delta - 1 where reason = 'shipped'`,
  'Goods come in and are counted only under a claimed name': () => `delete from inventory.cause where verb = 'receive'`,
  'Open shortages belong to reservations that stand': () =>
    `update inventory.reservation r set state = 'shipped' from inventory.shortage s
     where s.reservation_id = r.reservation_id and s.open > 0`,
  'No shortage stays open while stock that may serve it is available': () =>
    `update inventory.level set on_hand = on_hand + 1 where variant_id = '${discs}'`,
  'Shortages are filled oldest first': () =>
    `update inventory.shortage set since = since - interval '1 day', open = open + 1 where shortage_id = (
       select max(shortage_id::text)::uuid from inventory.shortage where cause = 'sold' and open > 0)`,
  'A shortage names a variant and warehouses of its own company': () =>
    `update inventory.shortage set warehouses = array['${other}'::uuid]`,
  "A marketplace's order, and each of its lines, is here once": () =>
    `insert into orders.order_line (company_id, order_id, line_no, reservation_id, variant_id, listing_id, multiplier, sku,
       product_name, variant_name, unit_price, quantity, subtotal, state, connection_id, external_line_key)
     select company_id, order_id, 99, reservation_id, variant_id, listing_id, multiplier, sku, product_name, variant_name,
       unit_price, quantity, subtotal, state, connection_id, external_line_key
     from orders.order_line where connection_id is not null`,
  'Every order line has its reservation': () =>
    `update orders.order_line set reservation_id = '${other}' where line_no = 2`,
  'What an order still awaits is reserved for it or recorded as short': () =>
    `update inventory.shortage set open = open - 1 where open > 0`,
  'What left the shelves for an order is what its lines say was shipped': () =>
    `update orders.order_line set shipped = 0 where shipped > 0`,
  "An order's sums are those of its lines": () =>
    `update orders.order set subtotal = subtotal + 1, total = total + 1 where external_id = 'A-1'`,
  "An order's state is that of its least advanced open line": () =>
    `update orders.order set state = 'shipped' where external_id = 'A-1'`,
  'An order with a line nobody has mapped is marked as such, and no other': () =>
    `update orders.order set unmapped = true where external_id = 'A-1'`,
  'An order line names a variant and a listing of its own company': () =>
    `update orders.order_line set variant_id = '${other}' where line_no = 2`,
  "A line's parcels hold all it shipped at a marketplace, and never more than it shipped": () =>
    `delete from fulfilment.shipment_line where connection_id is not null`,
  "What lies in parcels of a marketplace's order has left the shelves for it": () =>
    `update fulfilment.shipment_line set quantity = quantity + 1 where connection_id is not null`,
  'A parcel holds lines of its own order, and each is told where that line was sold': () =>
    `update fulfilment.shipment_line set connection_id = '${other}' where connection_id is not null`,
  'What is still to be told has its turn, and nothing else has': () =>
    `update fulfilment.shipment_line set due_at = null where telling = 'pending'`,
  'A parcel is delivered when all its lines are, and not before': () =>
    `update fulfilment.shipment set state = 'delivered', delivered_at = kernel.now() where invoice = '0012345678'`,
  'A claim takes back no more of a line than was bought': () =>
    `update orders.claim_line set quantity = quantity + 9 where ctid = (select min(ctid) from orders.claim_line)`,
  'What a claim says was found is what its inspections found': () =>
    `update orders.claim_line set sellable = sellable - 1, lost = lost + 1 where sellable > 0`,
  "What has come back of an order is what its claims' inspections found": () =>
    `update orders.order_line set returned = returned - 1 where returned > 0`,
  'What was found sellable or damaged lies on a shelf again, once': () =>
    `update inventory.movement set cause = cause || '/again' where cause like 'claim:%'`,
  'A cancel that is done has given back what had not left': () =>
    `update orders.order_line set cancelled = cancelled - 1 where told_cancelled > 0`,
  'A line bears the flag of an open claim on it, and no other': () =>
    `update orders.order_line set claim = null where claim = 'exchange'`,
  'Other goods of an exchange are a line for nothing, and wait only while it stands': () =>
    `update orders.claim set state = 'withdrawn' where kind = 'exchange'`,
  'What own sales leave alone is what channels may still sell': () =>
    `update channels.listing set bound = bound + 1 where variant_id = '${kit}'`,
  'A listing that was stopped to change its number is somebody’s work until it is sold again': () =>
    `update channels.listing set exchange = '{"step": {"at": "stopped?"}}'`,
  "A connection's orders are taken only from warehouses of its own company": () =>
    `update inventory.warehouse set company_id = '${other}'`,
  'An order of a connection belongs to a connection of its own company': () =>
    `update channels.connection set company_id = '${other}'`,
  'Every row belongs to a company that is there': () =>
    `delete from access.company where company_id = '${shop.company}'`,
  'Row-level security stands, for the owner too, on every table of a company': () =>
    `alter table orders.order no force row level security`,
  'Every policy lets through only the companies the transaction has stated': () =>
    `create policy report on orders.order using (company_id = any ((select kernel.companies())::uuid[]) or true)`,
  'Every unique key of a company names the company': () =>
    `create unique index one_sku_anywhere on catalog.variant (sku_key) include (company_id) where false`,
  'A reference between tables of companies names the company on both sides': () =>
    `alter table orders.order add unique (order_id);
     alter table orders.order_line add foreign key (order_id) references orders.order (order_id)`,
  "The server's role owns nothing and has no way around the wall": () =>
    `alter table channels.marker owner to jaego_app`,
  'Views and functions see no more than who asks them': () =>
    `create view orders.all_of_them as select * from orders.order`,
  'Ledger and claimed causes can only grow, the journal loses nothing but what is old': () =>
    `alter policy only_old_rows_go on channels.journal using (at < kernel.now() + interval '90 days')`,
}

describe('a busy day', () => {
  test('keeps every invariant, looked at over the wall and from behind it', async () => {
    const overTheWall = await check(context())
    expect(overTheWall.invariants.filter(({ violations }) => violations > 0)).toEqual([])
    expect(overTheWall.invariants).toHaveLength(ROW_INVARIANTS.length + WALL_INVARIANTS.length)
    expect((await check(context(), { companies: [shop.company] })).violations).toBe(0)
  })

  test('has what the invariants speak of', async () => {
    const [seen] = await shop.rows<Record<string, number>>(`select
      (select count(*) from inventory.shortage where open > 0)::int as open,
      (select count(*) from inventory.shortage where cause = 'displaced')::int as displaced,
      (select count(*) from inventory.movement where reason = 'shortage filled')::int as filled,
      (select count(*) from inventory.movement where reason = 'shipped')::int as shipped,
      (select count(*) from inventory.reservation where state = 'held')::int as held,
      (select count(*) from orders.order_line where cancelled > 0)::int as cancelled`)
    expect(
      Object.values(seen!).every((count) => count > 0),
      JSON.stringify(seen),
    ).toBe(true)
  })
})

describe('what breaks a rule is found:', () => {
  const all = [...ROW_INVARIANTS, ...WALL_INVARIANTS]

  test('every invariant has something planted against it', () => {
    expect(Object.keys(PLANTED).sort()).toEqual(all.map(({ name }) => name).sort())
  })

  test.each(all.map(({ name, statement }) => ({ name, text: statement.text })))('$name', async ({ name, text }) => {
    const found = await onServer(shop.url, async (client) => {
      await client.query('begin')
      await withoutGuards(client)
      const before = await client.query(text)
      await client.query(PLANTED[name]!())
      const after = await client.query(text)
      await client.query('rollback')
      return { before: before.rows[0], after: after.rows[0] }
    })
    expect(found.before).toEqual({ violations: 0, examples: [] })
    expect(Number(found.after.violations)).toBeGreaterThan(0)
    expect(found.after.examples.length).toBeGreaterThan(0)
  })
})

/** In this transaction only: no foreign keys and no checks, as on a database that somebody restored carelessly. */
async function withoutGuards(client: pg.Client) {
  await client.query(`set local session_replication_role = replica`)
  const { rows } = await client.query(`
    select format('alter table %s drop constraint %I', conrelid::regclass, conname) as drop
    from pg_constraint where contype = 'c' and connamespace::regnamespace::text in ('inventory', 'orders')`)
  for (const { drop } of rows) await client.query(drop)
  await client.query('drop index orders.line_once_per_connection')
}

describe('who may look', () => {
  const someone = `jaego_test_${newId().slice(-12)}`
  afterAll(() => shop.rows(`drop owned by ${someone}; drop role ${someone}`))

  test('a sign-in that is no superuser sees all the same, company by company', async () => {
    await shop.rows(`create role ${someone} login password 'secret' in role jaego_app`)
    const url = new URL(shop.url)
    url.username = someone
    url.password = 'secret'
    const db = openDatabase({ url: url.href, newId, connections: 1 })
    try {
      await shop.rows(`insert into access.company_id values ('${other}') on conflict do nothing`)
      expect((await check({ ...context(), url: url.href, db })).violations).toBe(0)
      await shop.rows(`update orders.order set state = 'shipped' where external_id = 'A-1'`)
      const found = await check({ ...context(), url: url.href, db })
      expect(found.invariants.filter(({ violations }) => violations > 0)).toMatchObject([
        {
          name: "An order's state is that of its least advanced open line",
          violations: 1,
          examples: [{ state: 'shipped' }],
        },
      ])
      expect(await check(context())).toMatchObject({ violations: 1 })
    } finally {
      await shop.rows(`update orders.order set state = 'paid' where external_id = 'A-1'`)
      await db.close()
    }
  })

  test('a violation of another company is not told to the first', async () => {
    await shop.rows(`update orders.order set unmapped = true where external_id = 'A-1'`)
    expect((await check(context(), { companies: [other] })).violations).toBe(0)
    expect((await check(context(), { companies: [shop.company] })).violations).toBe(1)
    await shop.rows(`update orders.order set unmapped = false where external_id = 'A-1'`)
  })
})
