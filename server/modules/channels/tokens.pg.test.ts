import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { renewedByHand } from '../../../test/renewed-by-hand.ts'
import { openShop, type Shop } from '../../../test/shop.ts'
import { type Clock, realClock } from '../../kernel/clock.ts'
import type { Log } from '../../kernel/log.ts'
import { realRandom } from '../../kernel/random.ts'
import { openSecrets } from '../../kernel/secrets.ts'
import { ChannelFault, type Tokens } from './adapter.ts'
import { type Connection, sealPlace } from './connection.ts'
import { createConnection, readConnection } from './connections.ts'
import { openTokenStore } from './tokens.ts'

const MINUTE_MS = 60_000
const secrets = openSecrets(randomBytes(32), realRandom)

/** Strikes just before a COMMIT while it is above zero. */
let failures = 0
let shop: Shop
beforeAll(async () => {
  shop = await openShop({
    failPoints: {
      before_commit: () => {
        if (failures > 0 && failures-- > 0) throw new Error('the disk is full')
      },
    },
  })
})
afterAll(() => shop.close())

let connection: Connection
let told: string[]
beforeEach(async () => {
  told = []
  const { company, warehouses } = shop
  const id = await shop.inTx((tx) =>
    createConnection(tx, secrets, {
      ...{
        company,
        channel: 'cafe24',
        name: '몰',
        baseUrl: 'http://127.0.0.1:1',
        credentials: { refreshToken: 'rt0' },
      },
      ...{
        settings: {},
        mode: 'push',
        policy: 'rights',
        policySettings: {},
        feedLatenessMs: 0,
        budgets: [],
        warehouses,
      },
    }),
  )
  connection = (await shop.inTx((tx) => readConnection(tx, company, id)))!
})
afterEach(() => {
  failures = 0
})

const log: Log = {
  info: (...line) => void told.push(JSON.stringify(line)),
  warn: (...line) => void told.push(JSON.stringify(line)),
  error: (...line) => void told.push(JSON.stringify(line)),
}

/** As each process opens one for itself. */
const openStore = (clock: Clock = realClock) => openTokenStore({ db: shop.db, clock, log, secrets }, connection)

/** Looks once, and has no time to wait for another. */
const hurried: Clock = (() => {
  let at = 0
  return { ...realClock, monotonic: () => (at += 10_000) }
})()

const leftMs = async () =>
  (
    await shop.rows<{ ms: number }>(
      'select extract(epoch from leased_until - kernel.now())::float8 * 1000 as ms from channels.token where connection_id = $1',
      [connection.connectionId],
    )
  )[0]!.ms

/** Gives t1, t2, … and remembers with what it was asked. */
function desk(answer: (nth: number) => Promise<void> = async () => {}) {
  const asked: (Tokens | null)[] = []
  const ask = async (newest: Tokens | null): Promise<Tokens> => {
    asked.push(newest)
    await answer(asked.length)
    return { accessToken: `secret-t${asked.length}`, endsAt: 5 }
  }
  return { asked, ask }
}

const refusing = (...faults: (ChannelFault | null)[]) =>
  desk(async (nth) => {
    const fault = faults[nth - 1]
    if (fault) throw fault
  })

const silence = () => new ChannelFault('unknown', 'no answer in time')
const no = () => new ChannelFault('signed_out', '400 invalid_grant')

const thrown = async (work: Promise<unknown>): Promise<ChannelFault> => {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof ChannelFault)) throw new Error('not a ChannelFault', { cause: error })
  return error
}

test('two workers that renew at once ask once, and both get the answer', async () => {
  const { asked, ask } = desk(() => realClock.sleep(150))
  const workers = [openStore(), openStore()]
  const got = await Promise.all(workers.map((worker) => worker.renew(null, ask)))
  expect(got).toEqual([
    { accessToken: 'secret-t1', endsAt: 5 },
    { accessToken: 'secret-t1', endsAt: 5 },
  ])
  expect(asked).toEqual([null])
})

test('who comes with older tokens gets the newest and asks nothing; who comes with the newest has it renewed', async () => {
  const { asked, ask } = desk()
  const first = await openStore().renew(null, ask)
  const second = await openStore().renew(first, ask)
  expect(await openStore().renew(first, ask)).toEqual(second)
  expect(await openStore().renew(null, ask)).toEqual(second)
  expect(asked).toEqual([null, first])
})

test('what was answered is there for whoever starts later, sealed to its own connection', async () => {
  const { ask } = desk()
  expect(await openStore().read()).toBeNull()
  const tokens = await openStore().renew(null, ask)
  expect(await openStore().read()).toEqual(tokens)
  const [row] = await shop.rows<{ sealed: Buffer }>('select sealed from channels.token where connection_id = $1', [
    connection.connectionId,
  ])
  expect(row!.sealed.toString('latin1')).not.toContain('secret-t1')
  const { company, connectionId } = connection
  expect(() => secrets.open(sealPlace(company, connectionId), row!.sealed)).toThrow()
  expect(secrets.open(`${sealPlace(company, connectionId)}/tokens`, row!.sealed)).toContain('secret-t1')
})

test('an answer that was lost is asked for again after its pause and not before, however many come', async () => {
  const { asked, ask } = refusing(null, silence())
  const tokens = await openStore().renew(null, ask)
  const fault = await thrown(openStore().renew(tokens, ask))
  expect(fault).toMatchObject({ code: 'unreachable', pauseMs: 2_000 })
  for (const store of [openStore(), openStore(), openStore()]) {
    expect((await thrown(store.renew(tokens, ask))).code).toBe('unreachable')
  }
  expect(asked).toHaveLength(2)
  expect(await openStore().read()).toEqual(tokens)
  await shop.passTime(2_100)
  expect(await openStore().renew(tokens, ask)).toMatchObject({ accessToken: 'secret-t3' })
  expect(asked).toEqual([null, tokens, tokens])
})

test('an answer lost and then a no parks the connection with the reason beside the words of the marketplace, and deletes nothing', async () => {
  const { asked, ask } = refusing(null, silence(), no(), no())
  const tokens = await openStore().renew(null, ask)
  await thrown(openStore().renew(tokens, ask))
  await shop.passTime(2_100)
  const fault = await thrown(openStore().renew(tokens, ask))
  expect(fault.code).toBe('signed_out')
  expect(fault.said).toMatch(/invalid_grant/)
  expect(fault.why).toEqual({ reason: 'renewal_lost', since: expect.stringMatching(/Z$/) })
  const { said, why } = fault
  expect(await thrown(openStore().renew(tokens, ask))).toMatchObject({ code: 'signed_out', said, why })
  expect(asked).toHaveLength(3)
  expect(await openStore().read()).toEqual(tokens)
})

test('a marketplace that says no by mistake is asked again later, ever more seldom, and found well by itself', async () => {
  const { asked, ask } = refusing(no(), no(), null)
  for (const [minutes, times] of [
    [0.5, 1],
    [0.6, 1],
    [4, 2],
    [2, 2],
  ] as const) {
    expect((await thrown(openStore().renew(null, ask))).code).toBe('signed_out')
    expect(asked).toHaveLength(times)
    await shop.passTime(minutes * MINUTE_MS)
  }
  expect(await openStore().renew(null, ask)).toMatchObject({ accessToken: 'secret-t3' })
})

test('no answer four times parks; with new credentials it is asked at once', async () => {
  const { asked, ask } = refusing(silence(), silence(), silence(), silence())
  for (const minutes of [1, 2, 2, 0]) {
    await thrown(openStore().renew(null, ask))
    await shop.passTime(minutes * MINUTE_MS)
  }
  const fault = await thrown(openStore().renew(null, ask))
  expect(fault).toMatchObject({
    code: 'signed_out',
    why: { reason: 'renewal_unanswered', times: 4, since: expect.stringMatching(/Z$/) },
  })
  expect(asked).toHaveLength(4)

  const place = sealPlace(connection.company, connection.connectionId)
  connection = { ...connection, sealedCredentials: secrets.seal(place, '{"refreshToken":"rt9"}') }
  expect(await openStore().renew(null, ask)).toMatchObject({ accessToken: 'secret-t5' })
})

test('a penalty for token calls is served by all: one call, then silence for at least as long as was said', async () => {
  const penalty = new ChannelFault('rate_limited', '429', { pauseMs: 3_600_000 })
  const { asked, ask } = refusing(penalty)
  const faults = await Promise.all(Array.from({ length: 20 }, () => thrown(openStore().renew(null, ask))))
  expect(new Set(faults.map(({ code }) => code))).toEqual(new Set(['rate_limited']))
  await shop.passTime(59 * MINUTE_MS)
  expect((await thrown(openStore().renew(null, ask))).pauseMs).toBeLessThanOrEqual(MINUTE_MS)
  expect(asked).toHaveLength(1)
  await shop.passTime(2 * MINUTE_MS)
  await openStore().renew(null, ask)
})

test('a connection that could not be made was no question: it is tried again soon, and parks nothing', async () => {
  const unreachable = () => new ChannelFault('unreachable', 'connect ECONNREFUSED')
  const { ask } = refusing(...Array.from({ length: 6 }, unreachable))
  for (let round = 0; round < 6; round++) {
    expect(await thrown(openStore().renew(null, ask))).toMatchObject({ code: 'unreachable', pauseMs: 1_000 })
    await shop.passTime(1_100)
  }
  await openStore().renew(null, ask)
})

test('whoever dies with the question asked holds up the others for twenty seconds, and it counts as unanswered', async () => {
  const died = openStore().renew(null, () => new Promise(() => {}))
  void died
  await expect.poll(() => shop.rows('select 1 from channels.token where lease is not null')).toHaveLength(1)
  await shop.passTime(21_000)
  const { ask } = refusing(no())
  expect((await thrown(openStore().renew(null, ask))).why?.reason).toBe('renewal_lost')
})

test('as long as its holder is alive and asking nobody else asks, however long it takes', async () => {
  const { clock, pass } = renewedByHand()
  const given = Promise.withResolvers<void>()
  const slow = desk(() => given.promise)
  const holder = openStore(clock).renew(null, slow.ask)
  await expect.poll(() => slow.asked.length).toBe(1)
  const other = desk()
  for (let i = 0; i < 4; i++) {
    await shop.passTime(15_000)
    pass()
    await expect.poll(leftMs).toBeGreaterThan(15_000)
    expect((await thrown(openStore(hurried).renew(null, other.ask))).code).toBe('unreachable')
  }
  given.resolve()
  expect(await holder).toEqual(await openStore().read())
  expect([slow.asked.length, other.asked.length]).toEqual([1, 0])
})

test('a holder that was stopped for longer than his lease sends nothing when he goes on, and the next one is not disturbed', async () => {
  const { clock } = renewedByHand()
  const turn = Promise.withResolvers<void>()
  let isWaiting = false
  let sent = 0
  const stopped = openStore(clock).renew(null, async (_newest, begin) => {
    isWaiting = true
    await turn.promise
    await begin(1_000)
    sent += 1
    return { accessToken: 'never' }
  })
  await expect.poll(() => isWaiting).toBe(true)
  await shop.passTime(21_000)
  const given = Promise.withResolvers<void>()
  const next = desk(() => given.promise)
  const other = openStore(clock).renew(null, next.ask)
  await expect.poll(() => next.asked.length).toBe(1)
  turn.resolve()
  expect(await thrown(stopped)).toMatchObject({ code: 'unreachable', said: expect.stringMatching(/another process/) })
  expect((await thrown(openStore(hurried).renew(null, desk().ask))).code).toBe('unreachable')
  given.resolve()
  expect(await other).toEqual(await openStore().read())
  expect(sent).toBe(0)
})

test('a request that may be waited for longer than a lease holds it for so long from its beginning', async () => {
  const { clock } = renewedByHand()
  const given = Promise.withResolvers<void>()
  let began = false
  const holder = openStore(clock).renew(null, async (_newest, begin) => {
    await begin(60_000)
    began = true
    await given.promise
    return { accessToken: 'late' }
  })
  await expect.poll(() => began).toBe(true)
  await shop.passTime(60_000)
  const other = desk()
  await thrown(openStore(hurried).renew(null, other.ask))
  expect(other.asked).toEqual([])
  given.resolve()
  await holder
})

test('an answer that comes after its lease has ended is kept all the same', async () => {
  let give = () => {}
  const given = new Promise<void>((resolve) => {
    give = resolve
  })
  const slow = desk(() => given)
  const late = openStore().renew(null, slow.ask)
  await expect.poll(() => slow.asked.length).toBe(1)
  await shop.passTime(21_000)
  await thrown(openStore().renew(null, refusing(no()).ask))
  give()
  const tokens = await late
  expect(await openStore().read()).toEqual(tokens)
})

test('an answer the database would not take is used by nobody before it is kept, and is not lost', async () => {
  const { asked, ask } = desk(async () => {
    failures = 6
  })
  const store = openStore()
  expect((await thrown(store.renew(null, ask))).code).toBe('unreachable')
  expect(asked).toHaveLength(1)
  failures = 0
  expect(await store.renew(null, ask)).toMatchObject({ accessToken: 'secret-t1' })
  expect(await openStore().read()).toMatchObject({ accessToken: 'secret-t1' })
  expect(asked).toHaveLength(1)
})

test('a token is in no log line and in no error', async () => {
  const { ask } = refusing(null, silence(), no())
  const tokens = await openStore().renew(null, ask)
  const faults = [await thrown(openStore().renew(tokens, ask))]
  await shop.passTime(2_100)
  faults.push(await thrown(openStore().renew(tokens, ask)))
  expect(told).toHaveLength(2)
  const words = [...told, ...faults.flatMap((fault) => [fault.message, fault.stack, String(fault.cause)])].join('\n')
  expect(words).not.toMatch(/secret-t|rt0/)
})
