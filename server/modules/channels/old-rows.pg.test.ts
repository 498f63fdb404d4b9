import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Market, openMarket } from '../../../test/marketplaces.ts'
import { newId } from '../../../test/shop.ts'
import { explain } from '../../screens/explain.ts'
import { note } from './journal.ts'
import { oldRowsStep } from './old-rows.ts'

/** What tells of the past goes when it is three months old, and what still tells of a day that is kept does not. */

const DAY_MS = 86_400_000

let market: Market
beforeAll(async () => {
  market = await openMarket()
})
afterAll(() => market.close())

const rows = <Row>(sql: string, values: unknown[] = []) => market.shop.rows<Row>(sql, values)
const count = async (table: string) => (await rows<{ n: number }>(`select count(*)::integer as n from ${table}`))[0]!.n

/** A whole pass, as a worker that starts makes it. */
async function pass(): Promise<void> {
  const { step } = oldRowsStep(market.jaego.channels)
  for (let batches = 0; batches < 100; batches++) if ((await step()) > 1_000) return
  throw new Error('the pass does not end')
}

let sku = 0
const adopt = async (observed: number) => {
  const name = `BRK-${++sku}`
  const variantId = await market.shop.stock(name, 30)
  const listingId = await market.adopt('naver', market.seed('naver', name, observed), { variantId })
  return { sku: name, listingId }
}
const happened = (listingId: string, ...entries: ['desired' | 'accepted' | 'observed' | 'sold', number][]) =>
  market.shop.inTx(async (tx) =>
    note(
      tx,
      entries.map(([kind, value]) => ({ company: market.shop.company, listingId, kind, value })),
    ),
  )
const journal = async (listingId: string) =>
  (
    await rows<{ kind: string; value: number }>(
      'select kind, value from channels.journal where listing_id = $1 order by entry_id',
      [listingId],
    )
  ).map(({ kind, value }) => `${kind} ${value}`)

test('old entries go in batches, but for the newest of each number; so a day that is kept is told as it was', async () => {
  const { sku, listingId } = await adopt(7)
  for (let i = 0; i < 130; i++) await happened(listingId, ['desired', i], ['sold', 1], ['accepted', i], ['observed', i])
  await market.shop.passTime(60 * DAY_MS)
  await pass()
  expect(await journal(listingId)).toHaveLength(521)

  await happened(listingId, ['desired', 500], ['sold', 3])
  const then = await market.shop.inTx((tx) => tx.now())
  await market.shop.passTime(40 * DAY_MS)
  await happened(listingId, ['desired', 600], ['accepted', 600], ['observed', 600])
  const before = await told(sku, then)
  await pass()
  expect(await journal(listingId)).toEqual([
    ...['desired 129', 'accepted 129', 'observed 129'],
    ...['desired 500', 'sold 3'],
    ...['desired 600', 'accepted 600', 'observed 600'],
  ])
  expect(before).toMatchObject({ keptFrom: null, desired: 500, accepted: 129, observed: 129 })
  expect(await told(sku, then)).toEqual({ ...before, events: 5 })
})

test('what is asked about a day before those that are kept is answered with nothing, and says so', async () => {
  const { sku, listingId } = await adopt(7)
  const then = await market.shop.inTx((tx) => tx.now())
  await happened(listingId, ['desired', 5])
  await market.shop.passTime(91 * DAY_MS)
  const now = await market.shop.inTx((tx) => tx.now())
  const answer = await told(sku, then)
  expect(answer).toMatchObject({ desired: null, observed: null, events: 0 })
  expect(Math.abs(Date.parse(answer.keptFrom!) - (now - 90 * DAY_MS))).toBeLessThan(60_000)
  expect(await told(sku, null)).toMatchObject({ keptFrom: null, observed: 7, events: 2 })
})

/** What `explain` says of the one listing of a SKU; `at` epoch ms. */
async function told(sku: string, at: number | null) {
  const { keptFrom, listings } = (await market.shop.inTx((tx) => explain(tx, market.shop.company, sku, at)))!
  const { desired, accepted, observed, journal } = listings[0]!
  return { keptFrom, desired, accepted, observed, events: journal.length }
}

test('of alarms, drift and comparisons, what is old and done with goes', async () => {
  const { listingId } = await adopt(7)
  const at = [market.shop.company, market.naver.connectionId]
  const [seen, unseen] = [newId(), newId()]
  for (const id of [seen, unseen]) {
    await rows(
      `insert into channels.alarm (company_id, connection_id, alarm_id, kind, units, facts, at)
       values ($1, $2, $3, 'hand_edit', 1, '{}', kernel.now())`,
      [...at, id],
    )
  }
  await rows(
    `insert into channels.alarm_seen (company_id, alarm_id, seen_by, seen_at) values ($1, $2, 'me', kernel.now())`,
    [at[0], seen],
  )
  const drift = (confirmed: boolean) =>
    rows(
      `insert into channels.drift (company_id, connection_id, drift_id, listing_id, believed, showed, cause, action,
         read_at, confirmed_at, units)
       values ($1, $2, $3, $4, 3, 8, 'edited', 'repair', kernel.now(), case when $5 then kernel.now() end, 5)`,
      [...at, newId(), listingId, confirmed],
    )
  for (let i = 0; i < 3; i++) await drift(true)
  await drift(false)
  const compared = async () => {
    const id = newId()
    await rows(
      `insert into channels.reconciliation (company_id, connection_id, reconciliation_id, started_at, looked_from,
         compared_up_to)
       values ($1, $2, $3, kernel.now(), kernel.now(), kernel.now())`,
      [...at, id],
    )
    await rows(
      `insert into channels.reconciliation_finding (company_id, reconciliation_id, finding_no, external_id, line_key, kind,
         theirs, recorded)
       values ($1, $2, 1, 'A', 'A1', 'late', 1, true)`,
      [at[0], id],
    )
  }
  for (let i = 0; i < 12; i++) await compared()
  const left = async () =>
    Object.fromEntries(
      await Promise.all(
        ['alarm', 'alarm_seen', 'drift', 'reconciliation', 'reconciliation_finding'].map(
          async (table) => [table, await count(`channels.${table}`)] as const,
        ),
      ),
    )
  const all = { alarm: 2, alarm_seen: 1, drift: 4, reconciliation: 12, reconciliation_finding: 12 }
  await pass()
  expect(await left()).toEqual(all)
  await market.shop.passTime(91 * DAY_MS)
  await compared()
  await pass()
  expect(await left()).toEqual({ alarm: 1, alarm_seen: 0, drift: 1, reconciliation: 1, reconciliation_finding: 1 })
  expect(await rows('select alarm_id from channels.alarm')).toEqual([{ alarm_id: unseen }])
})

test('whatever a statement says, the server cannot delete an entry or an alarm that is not old', async () => {
  const { listingId } = await adopt(7)
  await rows(
    'insert into channels.alarm (company_id, alarm_id, kind, units, facts, at) values ($1, $2, $3, 1, $4, now())',
    [...[market.shop.company, newId(), 'hand_edit', '{}']],
  )
  const alarms = await count('channels.alarm')
  await rows(`
    begin;
    set local role jaego_app;
    select set_config('jaego.companies', '{${market.shop.company}}', true);
    delete from channels.journal;
    delete from channels.alarm_seen;
    delete from channels.alarm where at > kernel.now() - interval '90 days';
    commit`)
  expect(await journal(listingId)).toEqual(['observed 7'])
  expect(await count('channels.alarm')).toBe(alarms)
})

test('a worker makes one pass a day', async () => {
  let now = 0
  const { step } = oldRowsStep({
    ...market.jaego.channels,
    clock: { ...market.jaego.channels.clock, monotonic: () => now },
  })
  const { listingId } = await adopt(7)
  while ((await step()) <= 1_000);
  await happened(listingId, ['observed', 8])
  await market.shop.passTime(91 * DAY_MS)
  now = DAY_MS - 1
  expect(await step()).toBe(1)
  expect(await journal(listingId)).toEqual(['observed 7', 'observed 8'])
  now = DAY_MS
  while ((await step()) <= 1_000);
  expect(await journal(listingId)).toEqual(['observed 8'])
})
