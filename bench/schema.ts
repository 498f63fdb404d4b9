import pg from 'pg'
import { hooks } from '../server/compose.ts'
import { realClock } from '../server/kernel/clock.ts'
import { openDatabase } from '../server/kernel/db.ts'
import { openGroupCommit } from '../server/kernel/group-commit.ts'
import { idsFrom } from '../server/kernel/ids.ts'
import { migrate } from '../server/kernel/migrate.ts'
import { realRandom, seededRandom } from '../server/kernel/random.ts'
import { orderLane } from '../server/modules/orders/index.ts'
import type { BenchOptions } from './options.ts'
import { onOwnServer } from './server.ts'
import { type Stall, setUpStall } from './stall.ts'

/**
 * What each part of the schema costs: the same load (uniform, one line, 64 callers) on databases that lack one part
 * each, in turn, so that a noisy neighbour hits all alike. Read the differences as hints of a few percent.
 */
const WITHOUT: Record<string, string> = {
  'nothing: the schema as it is': '',
  'foreign keys of lines': `
    alter table orders.order_line drop constraint order_line_company_id_order_id_fkey;
    alter table inventory.reservation_line drop constraint reservation_line_company_id_reservation_id_fkey`,
  'row-level security': `
    alter table orders.order no force row level security; alter table orders.order disable row level security;
    alter table orders.order_line disable row level security; alter table inventory.level disable row level security;
    alter table inventory.movement disable row level security; alter table channels.marker disable row level security;
    alter table inventory.reservation disable row level security;
    alter table inventory.reservation_line disable row level security`,
  'the index of open lines by level': 'drop index inventory.open_lines_of_level',
  'unique order numbers': 'alter table orders.order drop constraint order_number_is_unique_in_a_company',
  'durable commits (a negative control: it loses orders)': 'alter database DATABASE set synchronous_commit = off',
}
const ROUNDS = 3
const CALLERS = 64
const newId = idsFrom(realClock, realRandom)

export const bench = (options: BenchOptions) => onOwnServer((url) => run(url, options))

async function run(serverUrl: string, options: BenchOptions) {
  const stalls = new Map<string, { url: string; stall: Stall }>()
  for (const [place, [part, change]] of Object.entries(WITHOUT).entries()) {
    stalls.set(part, await openStallWithout(serverUrl, `part_${place}`, change))
  }
  const rates = new Map(Object.keys(WITHOUT).map((part) => [part, [] as number[]]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [part, { url, stall }] of stalls) rates.get(part)!.push(await drive(url, stall, options))
  }
  return report(rates)
}

async function openStallWithout(serverUrl: string, name: string, change: string) {
  const admin = new pg.Client({ connectionString: serverUrl })
  await admin.connect()
  await admin.query(`create database ${name}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  await migrate(url.href)
  await admin.query(`alter database ${name} set client_min_messages = warning`)
  await admin.end()
  const owner = new pg.Client({ connectionString: url.href })
  await owner.connect()
  await owner.query(change.replace('DATABASE', name))
  await owner.end()
  const db = openDatabase({ url: url.href, newId, connections: 2 })
  const stall = await setUpStall(db, newId, 2_000)
  await db.close()
  return { url: url.href, stall }
}

async function drive(url: string, stall: Stall, options: BenchOptions): Promise<number> {
  const lane = openGroupCommit(
    { url, newId, connections: 1, clock: realClock, lanes: 2, subscribers: hooks },
    orderLane,
  )
  const random = seededRandom(options.seed)
  const load = async (ms: number): Promise<number> => {
    const started = performance.now()
    let taken = 0
    await Promise.all(
      Array.from({ length: CALLERS }, async () => {
        while (performance.now() < started + ms) {
          await lane.submit({ order: stall.order(random, { sku: 'uniform', lines: 1 }) })
          taken++
        }
      }),
    )
    return (taken * 1_000) / (performance.now() - started)
  }
  await load(300)
  const rate = await load((options.seconds * 1_000) / ROUNDS)
  await lane.close()
  return rate
}

function report(rates: ReadonlyMap<string, readonly number[]>) {
  const medians = [...rates].map(([part, all]) => ({ without: part, orders_per_s: all.toSorted((a, b) => a - b)[1]! }))
  const whole = medians[0]!.orders_per_s
  const parts = medians.map((row) => ({ ...row, gain_percent: (row.orders_per_s / whole - 1) * 100 }))
  for (const { without, orders_per_s, gain_percent } of parts) {
    console.error(
      `${without.padEnd(56)} ${orders_per_s.toFixed(0).padStart(7)}/s  ${gain_percent.toFixed(0).padStart(4)} %`,
    )
  }
  return { parts }
}
