import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Market, openMarket } from '../../../test/marketplaces.ts'
import { newId } from '../../../test/shop.ts'
import { allStatements } from '../../kernel/db.ts'
import {
  claimUnits,
  endBackOffs,
  holdLease,
  nextDue,
  RANKS,
  releaseParked,
  settleUnit,
  sweepUnits,
  type UnitEnd,
  wantRead,
  wantWork,
} from './unit-queries.ts'
import type { Urgency } from './urgency.ts'

/** When a write unit is worked on. Times in ms; one that just was pushed rests 200. */

const REST_MS = 200
const ALL = { most: 10, upTo: RANKS.all }
const DONE: UnitEnd = { writeInMs: null, readInMs: null, succeeded: true }
const PUSHED: UnitEnd = { ...DONE, pushed: true }

let market: Market
beforeAll(async () => {
  market = await openMarket()
})
afterAll(() => market.close())

/** Each test has a unit of its own and looks at no other. */
let unit: string
beforeEach(async () => {
  unit = newId()
  await market.shop.rows('delete from channels.unit')
})

const at = () => ({ company: market.shop.company, connectionId: market.naver.connectionId, unit })
const want = (urgency: Urgency) => market.shop.inTx(async (tx) => wantWork(tx, [{ ...at(), urgency }], REST_MS))
const look = () => market.shop.inTx(async (tx) => wantRead(tx, [at()], 0))
const claim = async (share = ALL) => {
  const lease = newId()
  const { company, connectionId } = at()
  const [claimed] = await market.shop.inTx((tx) => claimUnits(tx, company, connectionId, lease, share))
  return claimed ? { ...claimed, ...at(), lease } : null
}
const end = (claimed: NonNullable<Awaited<ReturnType<typeof claim>>>, how: UnitEnd) =>
  market.shop.inTx(async (tx) => settleUnit(tx, claimed, how, REST_MS))
const dueInMs = () => market.shop.inTx((tx) => nextDue(tx, at().company, at().connectionId))

test('what is wanted while a unit is claimed is still wanted when the claim ends', async () => {
  await want(2)
  const first = (await claim())!
  expect(first).toMatchObject({ write: true, read: false })
  await want(2)
  await look()
  expect(await claim()).toBeNull()
  await end(first, DONE)
  expect(await claim()).toMatchObject({ write: true, read: true })
})

test('a claim that ends with nothing further wanted leaves the unit at rest', async () => {
  await want(2)
  await look()
  await end((await claim())!, DONE)
  expect(await dueInMs()).toBeNull()
})

test('a unit that was just pushed rests, however often it is wanted meanwhile; one going to zero does not', async () => {
  await want(2)
  await end((await claim())!, PUSHED)
  await want(2)
  await want(2)
  expect(await dueInMs()).toBeGreaterThan(50)
  expect(await claim()).toBeNull()
  await want(0)
  expect(await claim()).toMatchObject({ write: true, urgency: 0 })
})

test('what is wanted during a push rests after it as well', async () => {
  await want(2)
  const first = (await claim())!
  await want(2)
  await end(first, PUSHED)
  expect(await claim()).toBeNull()
  expect(await dueInMs()).toBeGreaterThan(50)
})

test('a unit that failed keeps its wait, whoever wants it, until the connection answers again', async () => {
  await want(2)
  await end((await claim())!, { writeInMs: 5_000, readInMs: null, succeeded: false })
  await want(0)
  expect(await claim()).toBeNull()
  await market.shop.inTx(async (tx) => endBackOffs(tx, at().company, at().connectionId))
  expect(await claim()).toMatchObject({ write: true, attempt: 2 })
})

test('what failed by itself keeps its wait, and how often it did, when the connection answers again', async () => {
  const answersAgain = () => market.shop.inTx(async (tx) => endBackOffs(tx, at().company, at().connectionId))
  const failsFor = async (readInMs: number) => end((await claim())!, { writeInMs: null, readInMs, succeeded: false })
  await look()
  await failsFor(2_000)
  await answersAgain()
  await failsFor(30_000)
  await answersAgain()
  expect(await claim()).toBeNull()
  expect(await dueInMs()).toBeGreaterThan(25_000)
  await want(0)
  expect(await claim()).toMatchObject({ write: true, attempt: 3 })
})

test('neither a write nor a read begins before an unknown write can no longer be applied', async () => {
  await want(0)
  const wait = { unknownForMs: 10_000, succeeded: false }
  await end((await claim())!, { writeInMs: null, readInMs: 10_000, ...wait })
  await want(0)
  await look()
  expect(await claim()).toBeNull()
  expect(await dueInMs()).toBeGreaterThan(9_000)
})

test('a claim is held as long as its worker says so, and comes back within seconds of his death', async () => {
  await want(0)
  const alive = (await claim())!
  const secondsLater = (seconds: number) =>
    market.shop.rows(
      `update channels.unit set leased_until = leased_until - $2 * interval '1 second',
         write_due_at = write_due_at - $2 * interval '1 second' where unit = $1`,
      [unit, seconds],
    )
  await secondsLater(15)
  expect(await market.shop.inTx((tx) => holdLease(tx, alive))).toBe(true)
  await secondsLater(15)
  expect(await claim()).toBeNull()
  await secondsLater(15)
  expect(await claim()).toMatchObject({ write: true, attempt: 2 })
  expect(await market.shop.inTx((tx) => holdLease(tx, alive))).toBe(false)
})

test('what a dead worker had claimed comes back when its lease ends', async () => {
  await want(1)
  await look()
  const dead = (await claim())!
  await market.shop.rows(
    `update channels.unit set leased_until = now(), write_due_at = now(), read_due_at = now() where unit = $1`,
    [unit],
  )
  const next = (await claim())!
  expect(next).toMatchObject({ write: true, read: true, attempt: 2 })
  // Its end, come too late, ends nobody else's claim.
  await end(dead, DONE)
  expect(await claim()).toBeNull()
  await end(next, DONE)
  expect(await dueInMs()).toBeNull()
})

test('a parked unit is not written to, and read again in its time', async () => {
  await want(2)
  await end((await claim())!, { writeInMs: null, readInMs: 0, succeeded: false, parkedFault: 'refused' })
  await want(0)
  const again = (await claim())!
  expect(again).toMatchObject({ write: false, read: true })
  await end(again, DONE)
  expect(await claim()).toMatchObject({ write: true })
})

test('with calls short only what must fall is taken', async () => {
  await want(3)
  await look()
  const short = { most: 1, upTo: RANKS.mustFall }
  expect(await claim(short)).toBeNull()
  await want(1)
  expect(await claim(short)).toMatchObject({ write: true, urgency: 1 })
})

test('what is safe as it is shown, and the sweep, wait for calls that nobody needs', async () => {
  const { company, connectionId } = at()
  await want(4)
  expect(await claim({ most: 1, upTo: RANKS.needed })).toBeNull()
  await end((await claim())!, DONE)
  await market.shop.inTx((tx) => sweepUnits(tx, company, connectionId, 1))
  expect(await claim({ most: 1, upTo: RANKS.needed })).toBeNull()
  expect(await claim()).toMatchObject({ write: false, read: true })
})

test('work is taken worst exposure first: zeros, their proof, drops, their proof, rises from zero, the rest', async () => {
  const { company, connectionId } = at()
  const units = (kind: string, urgencies: readonly Urgency[]) =>
    urgencies.map((urgency) => ({ company, connectionId, unit: `${kind} ${urgency}`, urgency }))
  await market.shop.inTx(async (tx) => {
    const reads = units('read', [4, 3, 2, 1, 0]).map(({ urgency, ...unit }) => ({
      ...unit,
      readInMs: 0,
      readUrgency: urgency,
    }))
    wantWork(tx, [...units('write', [4, 3, 2, 1, 0]), ...reads], REST_MS)
  })
  const taken = []
  for (let i = 0; i < 10; i++) {
    const [one] = await market.shop.inTx((tx) => claimUnits(tx, company, connectionId, newId(), { ...ALL, most: 1 }))
    taken.push(one!.unit)
  }
  expect(taken).toEqual([0, 1, 2, 3, 4].flatMap((urgency) => [`write ${urgency}`, `read ${urgency}`]))
})

test('a read that could not be made is as urgent as before: the proof of a zero before drops, the sweep after all', async () => {
  const { company, connectionId } = at()
  const reads = ([0, 4] as const).map((readUrgency) => ({
    ...at(),
    unit: `read ${readUrgency}`,
    readInMs: 0,
    readUrgency,
  }))
  await market.shop.inTx(async (tx) => wantWork(tx, reads, REST_MS))
  const take = (share: typeof ALL, lease = newId()) =>
    market.shop.inTx((tx) => claimUnits(tx, company, connectionId, lease, share))
  const lease = newId()
  for (const one of await take(ALL, lease)) {
    await end({ ...one, company, connectionId, lease }, { ...DONE, readInMs: 0, succeeded: false })
  }
  await want(1)
  const needed = { most: 1, upTo: RANKS.needed }
  const taken = [await take(needed), await take(needed), await take(needed)].flat()
  expect(taken.map((one) => one.unit)).toEqual(['read 0', unit])
})

test('a unit that went to zero long ago is swept like any other', async () => {
  const { company, connectionId } = at()
  await want(0)
  await end((await claim())!, PUSHED)
  await market.shop.inTx((tx) => sweepUnits(tx, company, connectionId, 1))
  expect(await claim({ most: 1, upTo: RANKS.needed })).toBeNull()
})

test('the sweep comes by whoever was not read for longest, and by nobody parked', async () => {
  const { company, connectionId } = at()
  await market.shop.rows(
    `insert into channels.unit (company_id, connection_id, unit, urgency, attempt, read_at, parked_fault)
     values ($1, $2, 'early', 3, 0, now() - interval '2 hours', null), ($1, $2, 'late', 3, 0, now(), null),
       ($1, $2, 'never', 3, 0, null, null), ($1, $2, 'parked', 3, 0, null, 'refused')`,
    [company, connectionId],
  )
  const swept = async () => {
    const [found] = await market.shop.inTx((tx) => sweepUnits(tx, company, connectionId, 1))
    await market.shop.rows('update channels.unit set read_due_at = null, read_at = now() where unit = $1', [
      found?.unit,
    ])
    return found?.unit
  }
  expect([await swept(), await swept(), await swept(), await swept()]).toEqual(['never', 'early', 'late', 'never'])
})

test('the sweep asks for one read at a time, so that the proof of a raise waits for no catalogue', async () => {
  const { company, connectionId } = at()
  await market.shop.rows(
    `insert into channels.unit (company_id, connection_id, unit, urgency, attempt, read_at)
     select $1, $2, 'unit ' || n, 3, 0, now() from generate_series(1, 5) n`,
    [company, connectionId],
  )
  const sweep = () => market.shop.inTx((tx) => sweepUnits(tx, company, connectionId, 1))
  for (let i = 0; i < 3; i++) await sweep()
  const proof = { ...at(), readInMs: 0, readUrgency: 4 as const }
  await market.shop.inTx(async (tx) => wantWork(tx, [proof], REST_MS))
  const spare = { most: 1, upTo: RANKS.all }
  const taken: string[] = []
  for (let i = 0; i < 2; i++) {
    const claimed = await market.shop.inTx((tx) => claimUnits(tx, company, connectionId, newId(), spare))
    taken.push(...claimed.map((one) => one.unit))
    await sweep()
  }
  expect(taken).toContain(unit)
})

test('a unit that nobody has read for a day is swept though others wait, one of them at a time', async () => {
  const { company, connectionId } = at()
  await want(0)
  await market.shop.rows(
    `insert into channels.unit (company_id, connection_id, unit, urgency, attempt, read_at)
     select $1, $2, 'old ' || n, 3, 0, now() - n * interval '1 day' - interval '1 hour' from generate_series(1, 3) n`,
    [company, connectionId],
  )
  await market.shop.inTx(async (tx) => wantWork(tx, [{ ...at(), readInMs: 0, readUrgency: 4 }], REST_MS))
  await market.shop.rows(`update channels.unit set write_due_at = now() - interval '5 seconds' where unit = $1`, [unit])
  const sweep = async () =>
    (await market.shop.inTx((tx) => sweepUnits(tx, company, connectionId, 1))).map((one) => one.unit)
  expect([await sweep(), await sweep()]).toEqual([['old 3'], []])
})

test('a sweep looks up the listings of the unit it chooses, and not all of the connection', async () => {
  const { company, connectionId } = at()
  const { rows } = market.shop
  await rows(
    `insert into channels.listing (company_id, listing_id, connection_id, unit, item, multiplier, rights, settling, demand,
       lowering, created_at)
     select $1, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, $2, 'u' || n, '', 1, '{}', false, '{}',
       false, now() from generate_series(1, 3000) n`,
    [company, connectionId],
  )
  await rows(
    `insert into channels.unit (company_id, connection_id, unit, urgency, attempt, read_at)
     select $1, $2, 'u' || n, 3, 0, now() from generate_series(1, 3000) n`,
    [company, connectionId],
  )
  await rows('analyze channels.listing, channels.unit')
  const { text } = allStatements().find(({ name }) => name === 'channels_sweep')!
  const plan = await rows<Record<string, string>>(`explain ${text}`, [company, connectionId, 1])
  const lines = plan.map((row) => row['QUERY PLAN']!)
  const listings = lines.findIndex((line) => line.includes(' on listing '))
  expect(lines[listings + 1]).toMatch(/Index Cond: .*\bunit = /)
})

test('what a person releases is read first', async () => {
  const { company, connectionId } = at()
  await want(0)
  await end((await claim())!, { ...DONE, succeeded: false, parkedFault: 'refused' })
  await want(0)
  expect(await claim()).toBeNull()
  await market.shop.inTx(async (tx) => releaseParked(tx, company, connectionId, null))
  expect(await claim()).toMatchObject({ read: true })
})

test('while a fault of the connection stands nothing is taken', async () => {
  await want(0)
  const fail = (failures: number) => market.shop.rows('update channels.connection set failures = $1', [failures])
  await fail(1)
  expect(await claim()).toBeNull()
  await fail(0)
  expect(await claim()).not.toBeNull()
})
