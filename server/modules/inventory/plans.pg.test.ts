import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestDatabase } from '../../../test/database.ts'
import { type Keys, looseIn, looseLookUpsOf } from '../../../test/plans.ts'
import { laneSettings } from '../../kernel/db.ts'
import './availability-queries.ts'
import './queries.ts'
import './write-queries.ts'

// On fresh tables several indexes look equal, and the pinned plan may filter a whole company: 12 times slower.

const HOT: Readonly<Record<string, Keys>> = {
  inventory_ensure_levels: {},
  inventory_lock_levels: { level: ['company_id variant_id warehouse_id'] },
  inventory_lock_levels_nowait: { level: ['company_id variant_id warehouse_id'] },
  inventory_find_reservations: { reservation: ['company_id source source_ref'] },
  inventory_lock_reservations: { reservation: ['company_id source source_ref'] },
  inventory_reservations_by_id: { reservation: ['company_id reservation_id'] },
  inventory_lines_of_references: {
    reservation: ['company_id source source_ref'],
    reservation_line: ['company_id reservation_id'],
  },
  inventory_levels_of_references: {
    reservation: ['company_id source source_ref'],
    reservation_line: ['company_id reservation_id'],
    shortage: ['company_id reservation_id'],
  },
  inventory_lock_shortages: {
    reservation: ['company_id source source_ref'],
    shortage: ['company_id reservation_id', 'company_id variant_id', 'company_id shortage_id'],
  },
  inventory_read_owed: { shortage: ['company_id variant_id'] },
  inventory_reservations_missing: { shortage: ['company_id reservation_id'] },
  inventory_read_promises: { promise: ['company_id variant_id'] },
  inventory_find_causes: { cause: ['company_id source source_ref'] },
  inventory_open_reservations_at: {
    reservation_line: ['company_id variant_id warehouse_id'],
    reservation: ['company_id reservation_id'],
  },
  inventory_due_holds_at: {
    reservation_line: ['company_id variant_id warehouse_id'],
    reservation: ['company_id reservation_id'],
  },
  inventory_due_holds: { reservation: ['company_id expires_at'] },
  inventory_update_levels: { level: ['company_id variant_id warehouse_id'] },
  inventory_update_reservations: { reservation: ['company_id reservation_id'] },
  inventory_update_lines: { reservation_line: ['company_id reservation_id line_no variant_id warehouse_id'] },
  inventory_update_shortages: { shortage: ['company_id shortage_id'] },
  inventory_lock_levels_of_variants: { level: ['company_id variant_id'] },
  inventory_read_availability: {
    level: ['company_id variant_id'],
    // A handful a company.
    warehouse: ['company_id'],
    shortage: ['company_id variant_id'],
    promise: ['company_id variant_id'],
  },
}

let database: Awaited<ReturnType<typeof openTestDatabase>>
let owner: pg.Client
beforeAll(async () => {
  database = await openTestDatabase()
  owner = new pg.Client({ connectionString: database.url })
  await owner.connect()
})
afterAll(async () => {
  await owner.end()
  await database.close()
})

test('on an empty database every hot look-up names its whole key in the index condition', async () => {
  expect(await looseLookUps()).toEqual([])
})

// Names at a marketplace are long and random, so that their index is a level higher than the primary key from some
// hundred rows on: then the primary key looks cheaper, and reads a whole company.
test('the same with 100 to 100,000 rows, before and after the first ANALYZE', async () => {
  let from = 1
  for (const to of [100, 300, 2_000, 10_000, 100_000]) {
    await fill(from, to)
    expect(await looseLookUps(), `${to} rows`).toEqual([])
    from = to + 1
  }
  await owner.query('analyze')
  expect(await looseLookUps()).toEqual([])
})

test('a look-up that leaves out a part of its key is seen', async () => {
  const loose = `select l.reserved from unnest($1::uuid[], $2::uuid[]) as k (company_id, warehouse_id)
    cross join lateral (select * from inventory.level where company_id = k.company_id and warehouse_id = k.warehouse_id) l`
  expect(
    await looseIn(database.url, laneSettings(), 'loose', loose, { level: ['company_id variant_id warehouse_id'] }),
  ).toHaveLength(1)
})

const looseLookUps = () => looseLookUpsOf(database.url, laneSettings(), HOT)

/** One company: so many reservations with a line, a shortage and a cause each, over 300 SKUs in three warehouses. */
async function fill(from: number, to: number): Promise<void> {
  const id = (n: string) => `('00000000-0000-7000-8000-' || lpad((${n})::text, 12, '0'))::uuid`
  const each = `from generate_series(${from}, ${to}) n`
  await owner.query(`set session_replication_role = replica`)
  for (const sql of [
    `insert into inventory.warehouse select ${id('0')}, ${id('w')}, 'W' || w, '', '', null, null, w, true, true, kernel.now()
       from generate_series(1, 3) w on conflict do nothing`,
    `insert into inventory.level (company_id, variant_id, warehouse_id, on_hand, reserved, version)
       select ${id('0')}, ${id('v')}, ${id('w')}, 10, 0, 1 from generate_series(1, 300) v, generate_series(1, 3) w
       on conflict do nothing`,
    `insert into inventory.promise select ${id('0')}, ${id('v')}, 1 from generate_series(1, 300) v on conflict do nothing`,
    `insert into inventory.reservation (company_id, reservation_id, source, source_ref, fingerprint, state, expires_at,
         extended, ship_by, created_at)
       select ${id('0')}, ${id('n')}, ${id('n % 5')}::text, gen_random_uuid()::text, md5(n::text),
         case when n % 10 = 0 then 'held' else 'firm' end, case when n % 10 = 0 then kernel.now() end, false, null,
         kernel.now() ${each}`,
    `insert into inventory.reservation_line select ${id('0')}, ${id('n')}, 1, ${id('n % 300 + 1')}, ${id('n % 3 + 1')},
         (n % 2)::integer, 1 ${each}`,
    `insert into inventory.shortage select ${id('0')}, ${id('n')}, ${id('n')}, 1, ${id('n % 300 + 1')}, '{}',
         (n % 2)::integer, 1, 'sold', kernel.now() ${each}`,
    `insert into inventory.cause select ${id('0')}, ${id('n % 5')}::text, gen_random_uuid()::text, '', 'receive', '{}',
         kernel.now() ${each}`,
  ]) {
    await owner.query(sql)
  }
}
