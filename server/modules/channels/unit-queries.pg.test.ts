import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Market, openMarket } from '../../../test/marketplaces.ts'
import { newId } from '../../../test/shop.ts'
import { claimUnits, endBackOffs, nextDue, settleUnit, type UnitEnd, wantRead, wantWork } from './unit-queries.ts'

/** When a write unit is worked on. Times in ms; one that just was pushed rests 200. */

const REST_MS = 200
const ALL = { most: 10, urgentOnly: false }
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
const want = (urgency: 0 | 1 | 2) => market.shop.inTx(async (tx) => wantWork(tx, [{ ...at(), urgency }], REST_MS))
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
  expect(await claim()).toMatchObject({ write: true, attempt: 1 })
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
  await want(2)
  await look()
  const short = { most: 1, urgentOnly: true }
  expect(await claim(short)).toBeNull()
  await want(0)
  expect(await claim(short)).toMatchObject({ write: true, urgency: 0 })
})

test('while a fault of the connection stands nothing is taken', async () => {
  await want(0)
  const fail = (failures: number) => market.shop.rows('update channels.connection set failures = $1', [failures])
  await fail(1)
  expect(await claim()).toBeNull()
  await fail(0)
  expect(await claim()).not.toBeNull()
})
