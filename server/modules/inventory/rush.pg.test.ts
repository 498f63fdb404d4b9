import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { newId, openShop, receive, type Shop } from '../../../test/shop.ts'
import { realClock } from '../../kernel/clock.ts'
import { openGroupCommit } from '../../kernel/group-commit.ts'
import { falseBooks } from './book-queries.ts'
import type { ReserveRequest } from './requests.ts'
import { type Rush, reserveVerb, runRush } from './rush.ts'

let shop: Shop
let hot: string
beforeAll(async () => {
  shop = await openShop()
})
afterAll(() => shop.close())
let sku = 0
beforeEach(async () => {
  hot = await shop.stock(`HOT-${sku++}`, 100)
})
afterEach(async () => {
  expect(await falseBooks(shop.rows)).toEqual([])
  const deadlocks =
    'select pg_stat_get_db_deadlocks(oid)::integer as n from pg_database where datname = current_database()'
  expect(await shop.rows(deadlocks)).toEqual([{ n: 0 }])
})

const PLACES = [
  ['one process', 1, here],
  ['three instances on their own connections', 3, here],
  ['three processes', 3, elsewhere],
] as const

for (const [place, parts, run] of PLACES) {
  test(`300 concurrent orders on a stock of 100 from ${place}, refusing: 100 taken, 200 refused`, async () => {
    expect(await tally(run, parts, 'refuse')).toEqual({ firm: 100, short: 200 })
    expect(await level()).toEqual({ on_hand: 100, reserved: 100 })
  })

  test(`300 concurrent orders on a stock of 100 from ${place}, recording: 300 taken, 200 of them short`, async () => {
    expect(await tally(run, parts, 'record')).toEqual({ firm: 100, short: 200 })
    expect(await level()).toEqual({ on_hand: 100, reserved: 100 })
    const [row] = await shop.rows('select count(*)::integer as n from inventory.shortage where variant_id = $1', [hot])
    expect(row).toEqual({ n: 200 })
  })
}

test('the same 100 orders told by three processes at once are taken once each', async () => {
  const refs = numbers(100)
  const outcomes = await elsewhere([0, 1, 2].map(() => rush('record', refs)))
  for (const i of refs.keys()) expect(outcomes.map((all) => all[i]).sort()).toEqual(['already', 'already', 'firm'])
  expect(await level()).toEqual({ on_hand: 100, reserved: 100 })
})

test('holds with lines elsewhere expire under load of all their SKUs, and nobody fails', async () => {
  const other = await shop.stock(`OTHER-${sku++}`, 100)
  const both = (ref: string, holdForMs: number | null): ReserveRequest => ({
    ...{ verb: 'reserve', company: shop.company, source: 'rush', ref: `${sku} ${ref}`, actor: 'test' },
    ...{ reservationId: newId(), whenShort: 'refuse', holdForMs, drawsOn: 'free', replaces: null, shipBy: null },
    lines: [hot, other].map((variantId, i) => {
      return { lineNo: i + 1, variantId, quantity: 10, warehouses: shop.warehouses, margin: 0 }
    }),
  })
  await shop.apply(...numbers(10).map((i) => both(`hold ${i}`, 1_000)))
  await shop.passTime(2_000)
  const groups = [0, 1, 2].map(() =>
    openGroupCommit({ url: shop.url, newId, clock: realClock, connections: 1, lanes: 1 }, reserveVerb),
  )
  const one = (i: number): ReserveRequest => {
    const request = both(`one ${i}`, null)
    return { ...request, lines: [{ ...request.lines[i % 2]!, quantity: 1 }] }
  }
  const outcomes = await Promise.all(numbers(240).map((_, i) => groups[i % 3]!.submit(one(i))))
  for (const group of groups) await group.close()
  expect(outcomes.filter(({ kind }) => kind === 'firm')).toHaveLength(200)
  expect(outcomes.filter(({ kind }) => kind === 'short')).toHaveLength(40)
})

test('orders, arrivals, cancellations and counts at once: nobody fails and the books are true', async () => {
  const lanes = [0, 1, 2].map(() =>
    openGroupCommit({ url: shop.url, newId, clock: realClock, connections: 1, lanes: 1 }, {
      ...reserveVerb,
      keysOf: () => [''],
      referenceOf: () => newId(),
      fingerprintOf: () => '',
    } as never),
  )
  const cold = await shop.stock(`COLD-${sku++}`, 3)
  const named = { company: shop.company, source: 'mix', actor: 'test' }
  const asks = numbers(240).map((n, i): unknown => {
    const ref = `${sku} ${i % 40}`
    const [variantId, warehouseId] = [i % 3 === 0 ? hot : cold, shop.warehouses[i % 2]!]
    const lines = [hot, cold].map((id, l) => ({
      lineNo: l + 1,
      variantId: id,
      quantity: 1,
      warehouses: shop.warehouses.slice(0, 2),
      margin: 0,
    }))
    const whenShort = i % 2 === 0 ? 'record' : 'refuse'
    if (i % 6 < 3)
      return {
        ...named,
        verb: 'reserve',
        ref,
        reservationId: newId(),
        whenShort,
        holdForMs: i % 6 === 2 ? 1 : null,
        drawsOn: 'free',
        replaces: null,
        shipBy: i,
        lines,
      }
    if (i % 6 === 3) return receive(shop.company, variantId, warehouseId, 1)
    if (i % 6 === 4) return { ...named, verb: 'release', ref, lines: null, once: null }
    return {
      ...named,
      verb: 'adjust',
      ref: `${sku} count ${n}`,
      lines: [{ variantId, warehouseId, counted: i % 4, delta: null, saw: null, reason: 'count', note: null }],
    }
  })
  const settled = await Promise.allSettled(asks.map((ask, i) => lanes[i % 3]!.submit(ask as never)))
  for (const lane of lanes) await lane.close()
  expect(settled.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []))).toEqual([])
})

async function tally(run: typeof here, parts: number, whenShort: Rush['whenShort']): Promise<Record<string, number>> {
  const refs = numbers(300)
  const share = refs.length / parts
  const outcomes = await run(
    Array.from({ length: parts }, (_, part) => rush(whenShort, refs.slice(part * share, (part + 1) * share))),
  )
  const counts: Record<string, number> = {}
  for (const outcome of outcomes.flat()) counts[outcome] = (counts[outcome] ?? 0) + 1
  return counts
}

const numbers = (n: number): string[] => Array.from({ length: n }, (_, i) => `${i}`)

const rush = (whenShort: Rush['whenShort'], refs: string[]): Rush => ({
  url: shop.url,
  company: shop.company,
  variantId: hot,
  warehouses: shop.warehouses.slice(0, 2),
  whenShort,
  lanes: 2,
  refs: refs.map((ref) => `${hot} ${ref}`),
})

function here(rushes: Rush[]): Promise<string[][]> {
  return Promise.all(rushes.map((one) => runRush(one)))
}

/** Each in a process of its own; all start together, once all are ready. */
async function elsewhere(rushes: Rush[]): Promise<string[][]> {
  const program = fileURLToPath(new URL('./rush.ts', import.meta.url))
  const children = rushes.map((one) => {
    const child = spawn(process.execPath, [program, JSON.stringify(one)], { stdio: ['pipe', 'pipe', 'inherit'] })
    return { child, lines: createInterface(child.stdout)[Symbol.asyncIterator]() }
  })
  for (const { lines } of children) expect((await lines.next()).value).toBe('ready')
  for (const { child } of children) child.stdin.end('go\n')
  return Promise.all(
    children.map(async ({ child, lines }) => {
      const ended = once(child, 'exit')
      const { value } = await lines.next()
      await ended
      return JSON.parse(value!) as string[]
    }),
  )
}

async function level(): Promise<{ on_hand: number; reserved: number } | undefined> {
  const [row] = await shop.rows<{ on_hand: number; reserved: number }>(
    'select sum(on_hand)::integer as on_hand, sum(reserved)::integer as reserved from inventory.level where variant_id = $1',
    [hot],
  )
  return row
}
