import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { check } from '../server/commands/check.ts'
import { BadInput } from '../server/commands/context.ts'
import { type ReplayOptions, type ReplayResult, replay } from '../server/commands/replay.ts'
import { realClock } from '../server/kernel/clock.ts'
import { type Database, openDatabase } from '../server/kernel/db.ts'
import { seededRandom } from '../server/kernel/random.ts'
import { onServer, openTestDatabase } from './database.ts'
import { newId } from './shop.ts'

const HEADER = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'
const folder = mkdtempSync(join(tmpdir(), 'jaego-replay-'))
let database: { url: string; close(): Promise<void> }
let db: Database

beforeAll(async () => {
  database = await openTestDatabase()
  db = openDatabase({ url: database.url, newId, connections: 4 })
})
afterAll(async () => {
  await db.close()
  await database.close()
  rmSync(folder, { recursive: true })
})

const context = () => ({ url: database.url, db, newId, clock: realClock, progress: () => {} })
const play = (options: ReplayOptions) => replay(context(), options)
const rows = <Row>(sql: string, values: unknown[] = []) =>
  onServer(database.url, async (client) => (await client.query(sql, values)).rows as Row[])

function fileOf(name: string, lines: readonly string[]): string {
  const path = join(folder, name)
  writeFileSync(path, `${[HEADER, ...lines].join('\n')}\n`)
  return path
}

/** What two runs share: all but how fast they were and who came first. */
const totals = ({ orders_per_s: _rate, seconds: _seconds, orders_already: _already, ...rest }: ReplayResult) => rest

/** Every row of the database that a replay may write, counted and summed. */
const everything = async () =>
  (
    await rows<{ books: unknown }>(`select jsonb_build_object(
      'orders', (select jsonb_agg(to_jsonb(o) order by order_id) from orders.order o),
      'lines', (select count(*) || '/' || sum(shipped) from orders.order_line),
      'levels', (select jsonb_agg(to_jsonb(l) order by company_id, variant_id, warehouse_id) from inventory.level l),
      'movements', (select count(*) from inventory.movement), 'causes', (select count(*) from inventory.cause),
      'reservations', (select count(*) from inventory.reservation), 'blocks', (select count(*) from orders.number_block),
      'companies', (select count(*) from access.company), 'products', (select count(*) from catalog.product)) as books`)
  )[0]!.books

describe('a file with every oddity of the real one', () => {
  const ODD = [
    // A return before any sale, and one that takes the SKU in the other letter case.
    'C100,mug-a,MUG,-2,2010-12-01 08:00:00,1.5,,France',
    '101,MUG-A,MUG,5,2010-12-01 08:26:00,1.5,17850.0,United Kingdom',
    '101,mug-a,MUG,5,2010-12-01 08:26:00,1.5,17850.0,United Kingdom',
    '101,mug-a,MUG,5,2010-12-01 08:26:00,1.5,17850.0,United Kingdom',
    '102,84029E,HOT BOTTLE,4,2010-12-01 08:27:00,0.001,,EIRE',
    // The first invoice goes on after another has begun.
    '101,84029E,,1,2010-12-01 08:28:00,0.015,17850.0,United Kingdom',
    '101,POST,POSTAGE,1,2010-12-01 08:28:00,18.0,17850.0,United Kingdom',
    'A103,B,Adjust bad debt,1,2010-12-01 08:29:00,-11062.06,,United Kingdom',
    '104,gift_0001_20,Voucher,1,2010-12-01 08:29:00,20.0,,United Kingdom',
    '105,MUG-A,MUG,0,2010-12-01 08:30:00,1.5,,United Kingdom',
    'C106,MUG-A,MUG,1,2010-12-01 08:30:00,1.5,,United Kingdom',
    '107,MUG-A,MUG,1,2010-12-01 08:30:00,-1.5,,United Kingdom',
    // More is written off than lies there: 2 came back and 15 were opened, 15 sold.
    '108,MUG-A,damaged,-1,2010-12-01 08:31:00,0.0,,United Kingdom',
    '109,MUG-A,"thrown, away",-9,2010-12-01 08:32:00,0.0,,United Kingdom',
    '110,NEVER-SOLD,?,-3,2010-12-01 08:33:00,0.0,,United Kingdom',
    '111,LATE,LATE,80995,2010-12-01 08:34:00,1.04,,United Kingdom',
    'C112,LATE,LATE,-80995,2010-12-01 08:35:00,1.04,,United Kingdom',
  ]
  const expected = {
    lines: 17,
    taken: 11,
    skipped: { not_goods: 3, zero_quantity: 1, price_below_zero: 1, return_of_nothing: 1 },
    sub_penny: 2,
    orders: 3,
    units_sold: 15 + 4 + 1 + 80_995,
    units_returned: 2 + 80_995,
    write_off_units: 13,
    write_off_units_missing: 8 + 3,
    by_country: {
      France: { orders: 0, units_sold: 0, units_returned: 2 },
      'United Kingdom': { orders: 2, units_sold: 16 + 80_995, units_returned: 80_995 },
      EIRE: { orders: 1, units_sold: 4, units_returned: 0 },
    },
    short_units: 0,
    displaced_units: 0,
    short_units_open: 0,
    violations: 0,
  }
  let file: string
  let first: ReplayResult

  beforeAll(async () => {
    file = fileOf('odd.csv', ODD)
    first = await play({ file })
  })

  test('gives exactly these totals, and lines are taken or skipped, nothing else', () => {
    expect(totals(first)).toEqual({ company: first.company, ...expected })
    expect(first.taken + Object.values(first.skipped).reduce((sum, count) => sum + count, 0)).toBe(first.lines)
    expect(first.orders_already).toBe(0)
  })

  test('keeps an invoice together, with every line of it as it was written', async () => {
    const lines = await rows(
      `select l.sku, l.product_name, l.unit_price, l.quantity, l.shipped, l.state, o.state as of_order, o.number,
         o.country, o.currency, o.buyer_name, o.total
       from orders.order o join orders.order_line l using (company_id, order_id)
       where o.company_id = $1 and o.external_id = '101' order by l.line_no`,
      [first.company],
    )
    const same = {
      state: 'shipped',
      of_order: 'shipped',
      number: 'REPLAY-101',
      country: 'United Kingdom',
      currency: 'GBP',
      buyer_name: '17850',
      total: 2252,
    }
    const mug = { product_name: 'MUG', unit_price: 150, quantity: 5, shipped: 5, ...same }
    expect(lines).toEqual([
      { sku: 'MUG-A', ...mug },
      { sku: 'mug-a', ...mug },
      { sku: 'mug-a', ...mug },
      { sku: '84029E', product_name: 'HOT BOTTLE', unit_price: 2, quantity: 1, shipped: 1, ...same },
    ])
  })

  test('makes one variant of both letter cases, and writes off what is there under its note', async () => {
    const [mug] = await rows(
      `select count(distinct variant_id)::int as variants, min(l.on_hand) as left
       from catalog.variant v join inventory.level l using (company_id, variant_id)
       where v.company_id = $1 and v.sku_key = 'MUG-A'`,
      [first.company],
    )
    expect(mug).toEqual({ variants: 1, left: 0 })
    const notes = await rows(
      `select m.on_hand_delta as delta, m.note, m.reason, m.cause from inventory.movement m
       join catalog.variant v using (company_id, variant_id)
       where m.company_id = $1 and m.kind in ('adjust', 'in') and v.sku_key in ('MUG-A', 'NEVER-SOLD')
       order by v.sku_key, m.version`,
      [first.company],
    )
    expect(notes).toEqual([
      { delta: 15, note: null, reason: 'opening stock', cause: 'replay:opening' },
      { delta: 2, note: 'MUG', reason: 'returned', cause: 'replay:C100' },
      { delta: -1, note: 'damaged', reason: 'written off', cause: 'replay:108/14' },
      { delta: -1, note: 'thrown, away', reason: 'written off', cause: 'replay:109/15' },
      { delta: 0, note: '?', reason: 'written off', cause: 'replay:110/16' },
    ])
  })

  test('changes nothing when it is run again, packed or under another name', async () => {
    const before = await everything()
    const again = await play({ file })
    expect(totals(again)).toEqual(totals(first))
    expect(again.orders_already).toBe(3)
    writeFileSync(join(folder, 'other.gz'), gzipSync(`${[HEADER, ...ODD].join('\n')}\n`))
    expect(totals(await play({ file: join(folder, 'other.gz') }))).toEqual(totals(first))
    expect(await everything()).toEqual(before)
  })

  test('may be played into a company of the caller, but no second trade into the same one', async () => {
    const company = newId()
    expect(totals(await play({ file, company }))).toEqual({ company, ...expected })
    const before = await everything()
    await expect(play({ file, company, opening: 2 })).rejects.toThrow(/was opened for another file/)
    const other = fileOf('other.csv', ['1,X,X,1,2010-12-01 08:26:00,1.5,,France'])
    await expect(play({ file: other, company })).rejects.toThrow(/was opened for another file/)
    await expect(play({ file, company: 'mine' })).rejects.toThrow(/--company: "mine"/)
    expect(await everything()).toEqual(before)
  })
})

test('bad input of any kind leaves no row behind', async () => {
  const before = await everything()
  const good = '1,X,X,1,2010-12-01 08:26:00,1.5,,France'
  const bad: [string, string[]][] = [
    ['quantity', [good, good.replace(',1,', ',one,')]],
    ['date', [good, good.replace('2010-12-01', '2010-12-41')]],
    ['quote', [good, good.replace('X,X', 'X,"X')]],
    ['fields', [good, '1,2,3']],
    ['nothing', []],
    ['too many', [good.replace(',1,', ',2147483647,'), good]],
  ]
  for (const [name, lines] of bad) {
    await expect(play({ file: fileOf(`${name}.csv`, lines) }), name).rejects.toBeInstanceOf(BadInput)
  }
  for (const opening of [-1, 101, Number.NaN, 0.1234567]) {
    await expect(play({ file: fileOf('good.csv', [good]), opening })).rejects.toThrow(/--opening/)
  }
  expect(await everything()).toEqual(before)
})

test('an opening below 1 shows shortages: complete lines leave, the others wait, and a return serves the oldest', async () => {
  const file = fileOf('short.csv', [
    '1,A,A,6,2010-12-01 08:00:00,1.5,,France',
    '1,Q,Q,1,2010-12-01 08:00:00,1.5,,France',
    '2,A,A,3,2010-12-01 08:01:00,1.5,,France',
    '2,Q,Q,1,2010-12-01 08:01:00,1.5,,France',
    '3,A,A,1,2010-12-01 08:02:00,1.5,,France',
    'C4,A,A,-2,2010-12-01 08:03:00,1.5,,France',
    '5,A,broken,-4,2010-12-01 08:04:00,0,,France',
  ])
  const result = await play({ file, opening: 0.8 })
  // Of A 8 are opened: 6 leave, 2 of 3 are kept, then 1 of the 2 that come back completes the second order.
  expect(totals(result)).toMatchObject({
    orders: 3,
    units_sold: 12,
    short_units: 2,
    displaced_units: 0,
    short_units_open: 0,
    write_off_units: 4,
    write_off_units_missing: 4,
    violations: 0,
  })
  const states = await rows(
    `select external_id, state, short from orders.order where company_id = $1 order by external_id`,
    [result.company],
  )
  expect(states).toEqual([
    { external_id: '1', state: 'shipped', short: false },
    { external_id: '2', state: 'shipped', short: true },
    { external_id: '3', state: 'shipped', short: true },
  ])
})

describe('a replay of many invoices', () => {
  const random = seededRandom(7)
  const some = (most: number) => 1 + Math.floor(random.next() * most)
  const at = (i: number) => new Date(1_291_190_000_000 + i * 60_000).toISOString().slice(0, 19).replace('T', ' ')
  const lines = Array.from({ length: 1_200 }, (_, i) => {
    const what = random.next()
    const sku = `SKU-${some(40)}`
    if (what < 0.1) return [`C${i},${sku},BACK,-${some(9)},${at(i)},1.0,,France`]
    if (what < 0.2) return [`${i},${sku},LOST,-${some(200)},${at(i)},0.0,,France`]
    return Array.from({ length: some(6) }, () => `${i},SKU-${some(40)},THING,${some(12)},${at(i)},2.5,,Spain`)
  }).flat()

  test('has one invoice of 1,114 lines in one order', async () => {
    const long = Array.from({ length: 1_114 }, (_, i) => `573585,S${i % 900},THING,2,2010-12-01 08:00:00,1.5,,France`)
    expect(await play({ file: fileOf('long.csv', long) })).toMatchObject({
      orders: 1,
      units_sold: 2_228,
      violations: 0,
    })
  })

  test('that is killed half-way and run again ends as one that was never disturbed', async () => {
    const file = fileOf('many.csv', lines)
    const calm = await play({ file, opening: 0.8, company: newId() })
    expect(calm.short_units).toBeGreaterThan(0)
    expect(calm.write_off_units_missing).toBeGreaterThan(0)
    const killedAt = await killedAfterItsFirstBatch(file)
    const [{ taken }] = (await rows<{ taken: number }>(
      `select count(*)::int as taken from orders.order where company_id = (
         select company_id from inventory.cause where source_ref = 'opening' order by at desc limit 1)`,
    )) as [{ taken: number }]
    expect(taken).toBeGreaterThan(0)
    expect(taken).toBeLessThan(calm.orders)
    expect(killedAt).toBe('SIGKILL')
    const resumed = await play({ file, opening: 0.8 })
    expect(resumed.orders_already).toBe(taken)
    expect({ ...totals(resumed), company: '' }).toEqual({ ...totals(calm), company: '' })
    expect(await ledgerOf(resumed.company)).toEqual(await ledgerOf(calm.company))
  })

  async function killedAfterItsFirstBatch(file: string): Promise<string | null> {
    const script = fileURLToPath(new URL('replay-process.ts', import.meta.url))
    const child: ChildProcess = spawn(process.execPath, [script, database.url, file, '0.8'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    createInterface({ input: child.stdout! }).once('line', () => child.kill('SIGKILL'))
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null]
    return signal
  }

  /** Movement by movement, without the ids and moments that differ between any two runs. */
  const ledgerOf = (company: string) =>
    rows(
      `select v.sku_key, m.version, m.kind, m.on_hand_delta, m.reserved_delta, m.on_hand_after, m.reserved_after, m.reason,
         m.note
       from inventory.movement m join catalog.variant v using (company_id, variant_id)
       where m.company_id = $1 order by 1, 2`,
      [company],
    )
})

const oneDay = fileURLToPath(new URL('../../shared/data/one-day-2010-12-01.csv.gz', import.meta.url))

// Where the real file is not beside the repository there is nothing to test, and nothing is counted as skipped.
const whenThere = existsSync(oneDay) ? test : () => {}
whenThere('the first day of the real file', async () => {
  const result = await play({ file: oneDay })
  expect(totals(result)).toMatchObject({
    lines: 3_108,
    taken: 3_099,
    skipped: { not_goods: 9 },
    orders: 136,
    units_sold: 26_997,
    units_returned: 182,
    write_off_units: 10,
    violations: 0,
  })
  expect(totals(await play({ file: oneDay }))).toEqual(totals(result))
})

test('after all of it every invariant holds', async () => {
  expect((await check(context())).invariants.filter(({ violations }) => violations > 0)).toEqual([])
})
