import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { onServer } from '../../../test/database.ts'
import { newId, openShop, receive, type Shop } from '../../../test/shop.ts'
import { falseBooks } from './book-queries.ts'
import { expireDueHolds, lockAvailability, movePromised, readAvailability } from './index.ts'
import type { AdjustRequest, ReserveRequest, StockOutcome, StockRequest } from './requests.ts'

let shop: Shop
let seoul: string
let busan: string
let mug: string
let lid: string

beforeAll(async () => {
  shop = await openShop()
  ;[seoul, busan] = shop.warehouses as [string, string]
})
afterAll(() => shop.close())

let sku = 0
beforeEach(async () => {
  mug = await shop.stock(`MUG-${sku++}`, 0)
  lid = await shop.stock(`LID-${sku++}`, 0)
  return async () => expect(await falseBooks(shop.rows)).toEqual([])
})

test('a repeat is answered as one, also with another id; with other lines it is a conflict and nothing is written', async () => {
  await arrive(mug, 5)
  const first = order('A', [[mug, 2]])
  const [taken] = await shop.apply(first)
  const [again, other] = await shop.apply(
    { ...first, reservationId: newId() },
    { ...first, reservationId: newId(), lines: [{ ...first.lines[0]!, quantity: 3 }] },
  )
  expect(taken).toEqual({ kind: 'firm', reservationId: first.reservationId, short: [] })
  expect(again).toEqual({ kind: 'already', reservationId: first.reservationId, state: 'firm' })
  expect(other).toEqual({ kind: 'conflict' })
  expect(await level(mug)).toEqual([5, 2])
})

test('two sets that share a component cannot both have its last unit', async () => {
  await arrive(mug, 1)
  await arrive(lid, 5)
  const set = (ref: string) =>
    order(ref, [
      [mug, 1, 1],
      [lid, 2, 1],
    ])
  const outcomes = await Promise.all([shop.apply(set('A')), shop.apply(set('B'))])
  expect(kinds(outcomes.flat()).sort()).toEqual(['firm', 'short'])
  expect([await level(mug), await level(lid)]).toEqual([
    [1, 1],
    [5, 1],
  ])
})

test('a count of 0 takes due holds first, then the newest hold, then the firm line to be shipped last', async () => {
  await arrive(mug, 5)
  await shop.apply(order('due', [[mug, 1]], { holdForMs: 1_000 }))
  await shop.passTime(2_000)
  await shop.apply(
    order('old hold', [[mug, 1]], { holdForMs: 60_000 }),
    order('new hold', [[mug, 1]], { holdForMs: 60_000 }),
    order('soon', [[mug, 1]], { shipBy: 1_000 }),
    order('late', [[mug, 1]], { shipBy: 2_000 }),
  )
  const [outcome] = await shop.apply(count(mug, 0))
  expect(outcome).toMatchObject({
    kind: 'adjusted',
    displaced: [
      { ref: 'due', state: 'held' },
      { ref: 'new hold', state: 'held' },
      { ref: 'old hold', state: 'held' },
      { ref: 'late', state: 'firm' },
      { ref: 'soon', state: 'firm' },
    ].map((row) => ({ ...row, ref: named(row.ref) })),
  })
  expect(await states('due', 'new hold', 'old hold', 'late', 'soon')).toEqual([
    'expired',
    'released',
    'released',
    'firm',
    'firm',
  ])
  expect(await level(mug)).toEqual([0, 0])
  expect(await missing(mug)).toBe(2)
})

test('a count displaces only as many as it must, and leaves whoever is to be shipped first', async () => {
  await arrive(mug, 3)
  await shop.apply(order('soon', [[mug, 1]], { shipBy: 1_000 }), order('late', [[mug, 2]], { shipBy: 2_000 }))
  const [outcome] = await shop.apply(count(mug, 2))
  expect(outcome).toMatchObject({ kind: 'adjusted', displaced: [{ ref: named('late'), quantity: 1 }] })
  expect(await level(mug)).toEqual([2, 2])
})

test('a hold that a count ends gives back what it held and lacked elsewhere, and that serves others', async () => {
  await arrive(mug, 1)
  await arrive(lid, 1)
  await shop.apply(
    order(
      'hold',
      [
        [mug, 1, 1],
        [lid, 2, 2],
      ],
      { holdForMs: 60_000, margin: 1 },
    ),
    order('waits', [[lid, 1]], { whenShort: 'record' }),
  )
  expect(await missing(lid)).toBe(2)
  await shop.apply(count(mug, 0))
  expect(await missing(lid)).toBe(0)
  expect(await level(lid)).toEqual([1, 1])
})

test('a count in the same batch as the arrival that filled a shortage displaces that, too', async () => {
  await shop.apply(order('waits', [[mug, 2]], { whenShort: 'record' }))
  const outcomes = await shop.apply(receive(shop.company, mug, seoul, 2), count(mug, 0))
  expect(outcomes).toMatchObject([{ kind: 'received' }, { kind: 'adjusted', displaced: [{ quantity: 2 }] }])
  expect([await level(mug), await missing(mug)]).toEqual([[0, 0], 2])
})

test('goods that arrive and are shipped in one batch are shipped, though the order had none when it began', async () => {
  await shop.apply(order('waits', [[mug, 2]], { whenShort: 'record' }))
  const outcomes = await shop.apply(receive(shop.company, mug, seoul, 2), ship('waits'))
  expect(kinds(outcomes)).toEqual(['received', 'shipped'])
  expect([await level(mug), await states('waits')]).toEqual([[0, 0], ['shipped']])
})

test('a count includes reserved goods that are not shipped yet', async () => {
  await arrive(mug, 5)
  await shop.apply(order('A', [[mug, 2]]))
  expect(await shop.apply(count(mug, 5, 5))).toEqual([{ kind: 'adjusted', displaced: [] }])
  expect(await level(mug)).toEqual([5, 2])
})

test('a count that saw another number than there is now is stale and changes nothing; so does its repeat', async () => {
  await arrive(mug, 5)
  const [stale] = await shop.apply(count(mug, 3, 4))
  expect(stale).toEqual({ kind: 'stale', lines: [{ variantId: mug, warehouseId: seoul, onHand: 5 }] })
  const fresh = count(mug, 3, 5)
  expect(kinds([...(await shop.apply(fresh)), ...(await shop.apply(fresh))])).toEqual(['adjusted', 'already'])
  expect(await level(mug)).toEqual([3, 0])
})

test('an arrival fills shortages oldest first, and only where it may serve them', async () => {
  await shop.apply(order('first', [[mug, 1]], { whenShort: 'record', warehouses: [busan] }))
  await shop.apply(order('second', [[mug, 2]], { whenShort: 'record' }))
  await shop.apply(order('third', [[mug, 1]], { whenShort: 'record' }))
  await shop.apply(receive(shop.company, mug, seoul, 2))
  expect(await reservedBy('first', 'second', 'third')).toEqual([0, 2, 0])
  await shop.apply(receive(shop.company, mug, busan, 5))
  expect(await reservedBy('first', 'second', 'third')).toEqual([1, 2, 1])
  expect([await level(mug, busan), await missing(mug)]).toEqual([[5, 2], 0])
})

test('the first goods a warehouse ever gets find the order that was short a moment before', async () => {
  for (let round = 0; round < 15; round++) {
    const variant = await shop.stock(`NEW-${sku++}`, 0)
    await Promise.all([
      again(() => shop.apply(order(`${round}`, [[variant, 1]], { whenShort: 'record' }))),
      again(() => shop.apply(receive(shop.company, variant, busan, 1))),
    ])
    expect([await level(variant, busan), await missing(variant)]).toEqual([[1, 1], 0])
  }
})

test('two orders within one margin do not both have it, though nothing has ever lain anywhere', async () => {
  const outcomes = await Promise.all(['A', 'B', 'C'].map((ref) => shop.apply(order(ref, [[mug, 1]], { margin: 1 }))))
  expect(kinds(outcomes.flat()).sort()).toEqual(['firm', 'short', 'short'])
})

test('cancel, expiry and payment of one hold racing each other: one of them decides, the stock follows it', async () => {
  const seen = new Set<string>()
  await arrive(mug, 1)
  for (let round = 0; round < 40; round++) {
    const ref = `race ${round}`
    await shop.apply(order(ref, [[mug, 1]], { holdForMs: round % 3 === 0 ? 60_000 : 1 }))
    if (round % 3 !== 0) await shop.passTime(round + 2)
    const racers = [verb('settle', ref), verb('expire', ref), cancel(ref)]
    const asked = racers.slice(round % 3).concat(racers.slice(0, round % 3))
    const outcomes = await Promise.all(asked.map((request) => again(() => shop.apply(request))))
    const [state] = await states(ref)
    seen.add(state!)
    expect(await level(mug)).toEqual([1, state === 'firm' ? 1 : 0])
    const carriedOut = kinds(outcomes.flat()).filter((kind) => ['settled', 'expired', 'released'].includes(kind))
    expect(new Set(carriedOut).size).toBe(carriedOut.length)
    await shop.apply(cancel(ref))
  }
  expect(seen.size).toBeGreaterThan(1)
})

test('a new hold of the same cart takes the place of the old one; when it is refused the old one is kept', async () => {
  await arrive(mug, 3)
  await shop.apply(order('cart 1', [[mug, 2]], { holdForMs: 60_000 }))
  const [grown] = await shop.apply(order('cart 2', [[mug, 3]], { holdForMs: 60_000, replaces: 'cart 1' }))
  expect(grown!.kind).toBe('held')
  const [refused] = await shop.apply(order('cart 3', [[mug, 4]], { holdForMs: 60_000, replaces: 'cart 2' }))
  expect(refused).toMatchObject({ kind: 'short', missing: [{ missing: 1 }] })
  expect(await states('cart 1', 'cart 2')).toEqual(['released', 'held'])
  expect(await level(mug)).toEqual([3, 3])
})

test('an order that would be refused first expires due holds, with their lines elsewhere', async () => {
  await arrive(mug, 1)
  await arrive(lid, 1)
  await shop.apply(
    order(
      'hold',
      [
        [mug, 1, 1],
        [lid, 2, 1],
      ],
      { holdForMs: 1_000 },
    ),
  )
  await shop.apply(order('waits', [[lid, 1]], { whenShort: 'record' }))
  await shop.passTime(100_000)
  expect(kinds(await shop.apply(order('A', [[mug, 1]])))).toEqual(['firm'])
  expect([await states('hold'), await level(mug), await level(lid)]).toEqual([['expired'], [1, 1], [1, 1]])
  expect(await missing(lid)).toBe(0)
})

test('the sweep expires what is due, at most as many as asked, and nothing that is not', async () => {
  await sweepAll()
  await arrive(mug, 5)
  for (const ref of ['1', '2', '3']) await shop.apply(order(ref, [[mug, 1]], { holdForMs: 1_000 }))
  await shop.apply(order('later', [[mug, 1]], { holdForMs: 86_400_000 }))
  await shop.passTime(200_000)
  const sweep = () => shop.inTx((tx) => expireDueHolds(tx, [shop.company], 2))
  expect([await sweep(), await sweep(), await sweep()]).toEqual([2, 1, 0])
  expect(await level(mug)).toEqual([5, 1])
})

test('a hold is extended once', async () => {
  await arrive(mug, 1)
  await shop.apply(order('A', [[mug, 1]], { holdForMs: 1_000 }))
  const extend = verb('extend', 'A', { holdForMs: 600_000 })
  expect(kinds([...(await shop.apply(extend)), ...(await shop.apply(extend))])).toEqual(['extended', 'already'])
})

test('a payment after expiry takes the stock again, or says what is gone and takes nothing', async () => {
  await arrive(mug, 2)
  await arrive(lid, 1)
  await shop.apply(
    order(
      'A',
      [
        [mug, 1, 1],
        [lid, 2, 1],
      ],
      { holdForMs: 1_000 },
    ),
  )
  await shop.apply(order('B', [[mug, 1]], { holdForMs: 1_000 }))
  await shop.passTime(300_000)
  await sweepAll()
  await shop.apply(order('other', [[lid, 1]]))
  const outcomes = await shop.apply(verb('settle', 'A'), verb('settle', 'B'))
  expect(outcomes).toMatchObject([
    { kind: 'short', missing: [{ lineNo: 2, variantId: lid, missing: 1 }] },
    { kind: 'settled' },
  ])
  expect(await level(mug)).toEqual([2, 1])
})

test('a late payment finds in stock what the hold once lacked by agreement', async () => {
  await shop.apply(order('A', [[mug, 2]], { holdForMs: 1_000, margin: 2 }))
  await shop.passTime(400_000)
  await sweepAll()
  expect(kinds(await shop.apply(verb('settle', 'A')))).toEqual(['short'])
  await shop.apply(receive(shop.company, mug, busan, 2))
  expect(kinds(await shop.apply(verb('settle', 'A')))).toEqual(['settled'])
  expect(await level(mug, busan)).toEqual([2, 2])
})

test('parts are shipped once however often they are asked for, from the warehouse the reservation names', async () => {
  await arrive(mug, 1)
  await shop.apply(receive(shop.company, mug, busan, 9))
  await shop.apply(order('A', [[mug, 3]]))
  const outcomes: StockOutcome[] = []
  for (const request of [ship('A', 2, '1'), ship('A', 2, '1'), ship('A', 2, '2'), ship('A'), ship('A')]) {
    outcomes.push(...(await shop.apply(request)))
  }
  expect(kinds(outcomes)).toEqual(['shipped', 'already', 'not_reserved', 'shipped', 'already'])
  expect([await level(mug), await level(mug, busan)]).toEqual([
    [1, 0],
    [6, 0],
  ])
})

test('the first warehouse that has every line serves the order; else each line takes the first that has it', async () => {
  await arrive(mug, 1)
  await shop.apply(receive(shop.company, mug, busan, 1), receive(shop.company, lid, busan, 2))
  await shop.apply(
    order('both lie in busan', [
      [mug, 1, 1],
      [lid, 2, 1],
    ]),
  )
  expect([await level(mug), await level(mug, busan)]).toEqual([
    [1, 0],
    [1, 1],
  ])
  await shop.apply(
    order('split', [
      [mug, 1, 1],
      [lid, 2, 1],
    ]),
  )
  expect([await level(mug), await level(lid, busan)]).toEqual([
    [1, 1],
    [2, 2],
  ])
})

test('orders that name the same SKUs in opposite order never deadlock', async () => {
  await arrive(mug, 200)
  await arrive(lid, 200)
  const before = await deadlocks()
  await Promise.all(
    Array.from({ length: 60 }, (_, i) => {
      const [one, other] = i % 2 === 0 ? [mug, lid] : [lid, mug]
      return shop.apply(
        order(`d${i}`, [
          [one, 1, 1],
          [other, 2, 1],
        ]),
        order(`e${i}`, [[other, 1]]),
      )
    }),
  )
  expect([await level(mug), await level(lid), await deadlocks()]).toEqual([[200, 90], [200, 90], before])
})

test('arrivals of the same goods at two warehouses in opposite order, and a cancellation, never deadlock', async () => {
  const goods = await Promise.all(['a', 'b', 'c'].map((letter) => shop.stock(`${letter}-${sku++}`, 0)))
  await shop.apply(
    order(
      'waits',
      goods.map((id, i): Wanted => [id, i + 1, 1]),
      { whenShort: 'record' },
    ),
    ...goods.map((id, i) => order(`other ${i}`, [[id, 3]], { whenShort: 'record' })),
  )
  const before = await deadlocks()
  const running = await whileHolding(
    'select from inventory.shortage where variant_id = $1 for update',
    [goods[1]],
    () => [
      shop.apply(...goods.map((id) => receive(shop.company, id, seoul, 1))),
      shop.apply(...goods.toReversed().map((id) => receive(shop.company, id, busan, 1))),
      shop.apply(cancel('waits')),
    ],
  )
  const settled = await Promise.allSettled(running)
  const failures = settled.flatMap((one) => (one.status === 'rejected' ? [(one.reason as { code?: string }).code] : []))
  expect(failures.filter((code) => code !== '55P03')).toEqual([])
  expect(await deadlocks()).toBe(before)
})

test('own sales leave what channels were promised, and a channel draws on it', async () => {
  await arrive(mug, 5)
  const at = [{ company: shop.company, variantId: mug }]
  await shop.inTx(async (tx) => {
    await lockAvailability(tx, at)
    movePromised(tx, [{ ...at[0]!, delta: 4 }])
  })
  const outcomes = await shop.apply(
    order('own', [[mug, 2]]),
    order('channel', [[mug, 4]], { drawsOn: 'rights' }),
    order('own 2', [[mug, 1]]),
  )
  expect(kinds(outcomes)).toEqual(['short', 'firm', 'short'])
  expect(outcomes[0]).toMatchObject({ missing: [{ missing: 1 }] })
})

test('available is what lies unreserved in sellable warehouses, less what orders miss', async () => {
  await arrive(mug, 5)
  await shop.apply(receive(shop.company, mug, shop.warehouses[2]!, 7), order('A', [[mug, 2]]))
  await shop.apply(order('B', [[lid, 3]], { whenShort: 'record' }))
  const unknown = newId()
  const rows = await shop.inTx((tx) =>
    readAvailability(
      tx,
      [mug, lid, unknown].map((variantId) => ({ company: shop.company, variantId })),
    ),
  )
  expect(rows.map(({ onHand, reserved, available }) => [onHand, reserved, available])).toEqual([
    [12, 2, 3],
    [0, 0, -3],
    [0, 0, 0],
  ])
})

test('a request that is not carried out writes no row at all', async () => {
  await arrive(mug, 2)
  await shop.apply(order('A', [[mug, 1]], { holdForMs: 60_000 }))
  const before = await everyRow()
  const outcomes = await shop.apply(
    order('short', [[mug, 2]]),
    { ...order('A', [[mug, 2]]), replaces: null },
    count(mug, 1, 7),
    verb('expire', 'A'),
    ship('A'),
    verb('settle', 'nobody'),
  )
  expect(kinds(outcomes)).toEqual(['short', 'conflict', 'stale', 'not_due', 'already', 'not_found'])
  expect(await everyRow()).toEqual(before)
})

// ------------------------------------------------------------------------------------------------- small words

/** A test's references are its own: the database is the file's. */
const named = (ref: string) => `${mug.slice(-12)} ${ref}`

type More = Partial<Omit<ReserveRequest, 'lines'>> & { warehouses?: string[]; margin?: number }
type Wanted = [variantId: string, quantity: number] | [variantId: string, lineNo: number, quantity: number]

function order(ref: string, wanted: Wanted[], { warehouses = [seoul, busan], margin = 0, ...more }: More = {}) {
  const request: ReserveRequest = {
    verb: 'reserve',
    company: shop.company,
    source: 'test',
    ref: named(ref),
    actor: 'test',
    reservationId: newId(),
    whenShort: 'refuse',
    holdForMs: null,
    drawsOn: 'free',
    shipBy: null,
    ...more,
    replaces: more.replaces ? named(more.replaces) : null,
    lines: wanted.map(([variantId, ...numbers]) => {
      const [lineNo, quantity] = numbers.length === 1 ? [1, numbers[0]] : (numbers as [number, number])
      return { lineNo, variantId, quantity, warehouses, margin }
    }),
  }
  return request
}

const verb = (name: StockRequest['verb'], ref: string, more: object = {}) =>
  ({ verb: name, company: shop.company, source: 'test', ref: named(ref), actor: 'test', ...more }) as StockRequest

const cancel = (ref: string) => verb('release', ref, { lines: null, once: null })
const ship = (ref: string, quantity: number | null = null, once: string | null = null) =>
  verb('ship', ref, { lines: quantity === null ? null : [{ lineNo: 1, variantId: mug, quantity }], once })

const sweepAll = () => shop.inTx((tx) => expireDueHolds(tx, [shop.company], 1_000))

const count = (variantId: string, counted: number, saw: number | null = null): AdjustRequest => ({
  verb: 'adjust',
  company: shop.company,
  source: 'count',
  ref: newId(),
  actor: 'test',
  lines: [{ variantId, warehouseId: seoul, counted, delta: null, saw, reason: 'count', note: null }],
})

const arrive = (variantId: string, quantity: number) => shop.apply(receive(shop.company, variantId, seoul, quantity))

/** What a group commit does when another transaction won. */
async function again<T>(work: () => Promise<T>): Promise<T> {
  for (let redo = 0; ; redo++) {
    try {
      return await work()
    } catch (error) {
      if ((error as { code?: string }).code !== '55P03' || redo === 8) throw error
    }
  }
}

const kinds = (outcomes: readonly StockOutcome[]) => outcomes.map(({ kind }) => kind)

async function level(variantId: string, warehouseId = seoul): Promise<[onHand: number, reserved: number]> {
  const [row] = await shop.rows<{ on_hand: number; reserved: number }>(
    'select on_hand, reserved from inventory.level where variant_id = $1 and warehouse_id = $2',
    [variantId, warehouseId],
  )
  return [row?.on_hand ?? 0, row?.reserved ?? 0]
}

async function missing(variantId: string): Promise<number> {
  const [row] = await shop.rows<{ open: number }>(
    'select coalesce(sum(open), 0)::integer as open from inventory.shortage where variant_id = $1',
    [variantId],
  )
  return row!.open
}

async function states(...refs: string[]): Promise<string[]> {
  const rows = await shop.rows<{ source_ref: string; state: string }>(
    'select source_ref, state from inventory.reservation where source_ref = any ($1)',
    [refs.map(named)],
  )
  return refs.map((ref) => rows.find((row) => row.source_ref === named(ref))?.state ?? 'none')
}

async function reservedBy(...refs: string[]): Promise<number[]> {
  const rows = await shop.rows<{ source_ref: string; quantity: number }>(
    `select r.source_ref, coalesce(sum(l.quantity), 0)::integer as quantity
     from inventory.reservation r left join inventory.reservation_line l using (company_id, reservation_id)
     where r.source_ref = any ($1) group by 1`,
    [refs.map(named)],
  )
  return refs.map((ref) => rows.find((row) => row.source_ref === named(ref))?.quantity ?? 0)
}

async function deadlocks(): Promise<number> {
  const [row] = await shop.rows<{ deadlocks: string }>(
    'select pg_stat_get_db_deadlocks(oid)::text as deadlocks from pg_database where datname = current_database()',
  )
  return Number(row!.deadlocks)
}

/** Starts what `start` starts while another session holds rows, and lets go once all of it waits for somebody. */
const whileHolding = <T>(sql: string, values: unknown[], start: () => Promise<T>[]): Promise<Promise<T>[]> =>
  onServer(shop.url, async (holder) => {
    await holder.query('begin')
    await holder.query(sql, values)
    const running = start()
    for (const one of running) one.catch(() => {})
    for (let looks = 0; looks < 2_000; looks++) {
      const { rows } = await holder.query(
        `select count(*)::integer as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      )
      if (rows[0].n >= running.length) break
    }
    await holder.query('commit')
    return running
  })

const everyRow = () =>
  Promise.all(
    ['level', 'movement', 'reservation', 'reservation_line', 'shortage', 'cause'].map((table) =>
      shop.rows(`select t.*, t.xmin::text as written_by from inventory.${table} t order by t::text`),
    ),
  )

test('the check of the books sees each kind of lie', async () => {
  await arrive(mug, 2)
  await shop.apply(order('A', [[mug, 1]]), order('B', [[lid, 1]], { whenShort: 'record' }))
  const lies: [sql: string, back: string][] = [
    [
      `update inventory.level set on_hand = 3 where variant_id = $1`,
      `update inventory.level set on_hand = 2 where variant_id = $1`,
    ],
    [
      `update inventory.movement set on_hand_after = 9 where variant_id = $1 and version = 1`,
      `update inventory.movement set on_hand_after = 2 where variant_id = $1 and version = 1`,
    ],
    [
      `update inventory.reservation_line set quantity = 0 where variant_id = $1`,
      `update inventory.reservation_line set quantity = 1 where variant_id = $1`,
    ],
    [
      `update inventory.reservation r set state = 'released' from inventory.reservation_line l where l.reservation_id = r.reservation_id and l.variant_id = $1`,
      `update inventory.reservation r set state = 'firm' from inventory.reservation_line l where l.reservation_id = r.reservation_id and l.variant_id = $1`,
    ],
    [
      `update inventory.shortage set variant_id = $1 where variant_id = '${lid}'`,
      `update inventory.shortage set variant_id = '${lid}' where variant_id = $1`,
    ],
  ]
  for (const [lie, back] of lies) {
    await shop.rows(lie, [mug])
    expect(await falseBooks(shop.rows), lie).not.toEqual([])
    await shop.rows(back, [mug])
  }
})
