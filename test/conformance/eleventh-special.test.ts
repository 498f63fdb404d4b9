import { describe, expect, test } from 'vitest'
import { openMarketplace } from '../../server/adapters/marketplaces/index.ts'
import type { HttpOutcome, HttpRequest } from '../../server/kernel/http-port.ts'
import {
  CHANNEL_FAULTS,
  type ChannelAdapter,
  type ChannelClaim,
  type ChannelOrderLine,
  type Collected,
  type Cursor,
  type Parcel,
} from '../../server/modules/channels/adapter.ts'
import { tokensInMemory } from '../../server/modules/channels/tokens-in-memory.ts'
import {
  createEleventh,
  type Eleventh,
  type EleventhSwitches,
  TEST_ELEVENTH_CREDENTIALS,
} from '../../simulators/eleventh/index.ts'
import { faultOf, stored, thrownBy } from './shop.ts'

/** 11번가 and its adapter without a socket, so that time can be moved and any answer made. */
type Play = {
  market: Eleventh
  adapter: ChannelAdapter
  now: number
  sent: HttpRequest[]
  /** What becomes of an answer; throws nothing, may answer instead of the marketplace. */
  change: ((request: HttpRequest, outcome: HttpOutcome) => HttpOutcome) | null
  lines: Map<string, ChannelOrderLine>
  claims: Map<string, ChannelClaim>
  collect(): Promise<Collected>
  /** Another process: the same cursor and no memory. */
  restart(): void
  buy(lines: readonly { item: string; quantity: number }[], buyer?: string): string[]
  parcel(lineKey: string, invoice: string): Parcel
  /** A call somebody else makes, by hand at the marketplace. */
  byHand(path: string): void
  paths(): string[]
}

/** 20 November 2026, 09:15 in Korea. */
const START = Date.UTC(2026, 10, 20, 0, 15)
const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

function open(
  switches: Partial<EleventhSwitches> = {},
  settings: Record<string, string | number | boolean> = {},
): Play {
  const market = createEleventh({ switches: { limits: 'off', ...switches } })
  const send = (request: Pick<HttpRequest, 'method' | 'url' | 'body'>, key: string): HttpOutcome => {
    const answer = market.handle(
      {
        method: request.method,
        path: new URL(request.url).pathname,
        query: '',
        headers: new Map([['openapikey', key]]),
        body: request.body ?? new Uint8Array(),
      },
      play.now,
      () => 0.5,
    )
    const body = typeof answer.body === 'string' ? new TextEncoder().encode(answer.body) : answer.body
    return {
      kind: 'answered',
      response: { status: answer.status, headers: new Map(Object.entries(answer.headers)), body },
    }
  }
  const start = () =>
    openMarketplace.eleventh(
      { baseUrl: 'http://eleventh.test', credentials: { ...TEST_ELEVENTH_CREDENTIALS }, settings },
      {
        http: {
          send: async (request) => {
            play.sent.push(request)
            const outcome = send(request, request.headers.find(([name]) => name === 'openapikey')?.[1] ?? '')
            return play.change ? play.change(request, outcome) : outcome
          },
        },
        clock: { now: () => play.now, monotonic: () => play.now, sleep: async () => {} },
        spend: async () => {},
        learn: () => {},
        tokens: tokensInMemory(),
      },
    )
  let cursor: Cursor | null = null
  const play: Play = {
    market,
    adapter: undefined as never,
    now: START,
    sent: [],
    change: null,
    lines: new Map(),
    claims: new Map(),
    collect: async () => {
      const collected = await play.adapter.collectOrders(stored(cursor))
      for (const line of collected.orders.flatMap(({ lines }) => lines)) play.lines.set(line.lineKey, line)
      for (const claim of collected.claims) play.claims.set(claim.claimKey, claim)
      cursor = collected.next
      return collected
    },
    restart: () => {
      play.adapter = start()
    },
    buy: (lines, buyer = '김하나') => {
      const sale = market.doors.buy({ lines, buyer }, play.now, () => 0.5)
      if (sale.kind !== 'sold') throw new Error('the shelf is empty')
      return sale.lineKeys
    },
    parcel: (lineKey, invoice) => {
      const { actionKey, item } = play.lines.get(lineKey)!
      const externalOrderId = lineKey.slice(0, lineKey.indexOf(':'))
      return { lineKey, actionKey, externalOrderId, item, carrier: 'cj', invoice, shippedAt: play.now }
    },
    byHand: (path) =>
      void send(
        { method: 'GET', url: `http://eleventh.test/rest/${path}`, body: null },
        TEST_ELEVENTH_CREDENTIALS.openApiKey,
      ),
    paths: () => play.sent.map(({ url }) => new URL(url).pathname.replace('/rest/', '')),
  }
  play.restart()
  return play
}

/** Two options of one product, and a product without. */
function shelf({ market }: Play) {
  const option = (optionName: string) => ({ optionName, sellerCode: `BRK-${optionName}`, stock: 500, surcharge: 0 })
  const [red, blue, plain] = market.doors.seedProducts(
    [
      { name: '브레이크 패드', price: 10_000, options: [option('RD'), option('BL')] },
      { name: '와이퍼', price: 7_000, options: [{ optionName: '', sellerCode: 'WIP-1', stock: 9_000, surcharge: 0 }] },
    ],
    START,
  )
  return { unit: red!.unit, red: red!.item, blue: blue!.item, plain: plain!.item }
}

const one = (item: string, quantity = 1) => [{ item, quantity }]
const keyOf = (play: Play, lineKey: string) => play.lines.get(lineKey)!.actionKey
const text = (outcome: HttpOutcome) =>
  outcome.kind === 'answered' ? Buffer.from(outcome.response.body).toString('latin1') : ''
const withBody = (outcome: HttpOutcome, body: string): HttpOutcome =>
  outcome.kind === 'answered'
    ? { kind: 'answered', response: { ...outcome.response, body: new Uint8Array(Buffer.from(body, 'latin1')) } }
    : outcome

describe('eleventh: lists', () => {
  test('a window with more rows than a list answers is halved until every order is told', async () => {
    const play = open({ mostRows: 50 }, { mostRows: 50 })
    const { plain } = shelf(play)
    const sold: string[] = []
    for (let i = 0; i < 330; i++) {
      sold.push(...play.buy(one(plain)))
      play.now += 5 * SECOND
    }
    const { begunAt } = await play.collect()
    expect([...play.lines.keys()].sort()).toEqual(sold.sort())
    expect(begunAt).toBe(play.now)
  })

  test('where even a minute holds more, what shows is told and the collection does not call itself complete', async () => {
    const play = open({ mostRows: 50 }, { mostRows: 50 })
    const { plain } = shelf(play)
    await play.collect()
    const before = play.now
    play.now += MINUTE
    for (let i = 0; i < 70; i++) play.buy(one(plain))
    play.now += 2 * MINUTE
    expect((await play.collect()).begunAt).toBe(before)
    expect(play.lines.size).toBe(50)
    // The rest shows as soon as the first are confirmed and have left the list.
    await play.adapter.acknowledge([...play.lines.values()].map(({ actionKey }) => actionKey))
    play.now += MINUTE
    const { begunAt } = await play.collect()
    expect([play.lines.size, begunAt]).toEqual([70, before])
  })

  test('order numbers one apart, which are the same double, stay two orders', async () => {
    const play = open()
    const { plain } = shelf(play)
    const sold = [...play.buy(one(plain)), ...play.buy(one(plain))]
    const { orders } = await play.collect()
    expect(orders.map(({ externalId }) => `${externalId}:1`).sort()).toEqual(sold)
    expect(new Set(orders.map(({ externalId }) => Number(externalId))).size).toBe(1)
  })

  test('a gift without an address is sold and cannot be acknowledged; an hour later it can, with its address', async () => {
    const play = open({ giftOrders: 1 })
    const { plain } = shelf(play)
    await play.collect()
    const [lineKey] = play.buy(one(plain))
    play.now += 10 * SECOND
    await play.collect()
    expect(play.lines.get(lineKey!)).toMatchObject({ state: 'paid', actionKey: '' })
    play.now += HOUR
    play.restart()
    await play.collect()
    expect(play.lines.get(lineKey!)?.actionKey).toMatch(/^\d{17}:1:\d+:\d+:S$/)
    expect(await play.adapter.acknowledge([keyOf(play, lineKey!)])).toMatchObject([{ outcome: 'done' }])
  })

  test('a gift whose address comes between two quick collections is told though its payment lies before the window', async () => {
    const play = open({ giftOrders: 1 }, { slowEvery: 1_000_000 })
    const { plain } = shelf(play)
    const [lineKey] = play.buy(one(plain))
    for (let minutes = 0; minutes < 70; minutes++) {
      await play.collect()
      play.now += MINUTE
    }
    expect(play.lines.get(lineKey!)?.actionKey).not.toBe('')
  })

  test('an order confirmed and shipped by hand while we were away is told as shipped', async () => {
    const play = open({}, { slowEvery: 1_000_000 })
    const { plain } = shelf(play)
    await play.collect()
    const [lineKey] = play.buy(one(plain))
    const [ordNo] = lineKey!.split(':')
    play.now += 20 * MINUTE
    play.byHand(`ordservices/reqpackaging/${ordNo}/1/N/null/2678000001`)
    play.byHand('ordservices/reqdelivery/202611200930/01/00034/012345678901/2678000001')
    play.now += HOUR
    await play.collect()
    expect(play.lines.get(lineKey!)).toMatchObject({ state: 'shipped', invoice: '012345678901' })
  })

  test('in time the slow look tells what somebody did long after, and the quick one makes five calls', async () => {
    const play = open({}, { slowEvery: 2 })
    const { plain } = shelf(play)
    const [lineKey] = play.buy(one(plain))
    await play.collect()
    play.now += MINUTE
    await play.collect()
    play.byHand(`ordservices/reqpackaging/${lineKey!.split(':')[0]}/1/N/null/2678000001`)
    play.byHand('ordservices/reqdelivery/202611200930/01/00034/012345678901/2678000001')
    const calls: number[] = []
    for (let round = 0; round < 40; round++) {
      play.now += 10 * SECOND
      const before = play.sent.length
      await play.collect()
      calls.push(play.sent.length - before)
    }
    expect(play.lines.get(lineKey!)?.state).toBe('shipped')
    expect(Math.min(...calls)).toBe(5)
    expect(Math.max(...calls)).toBeLessThanOrEqual(6)
  })

  test('an order the list shows no more is asked for by status, and told with what was known of it', async () => {
    const play = open()
    const { red } = shelf(play)
    const [lineKey] = play.buy(one(red, 2))
    await play.collect()
    play.market.doors.cancel(lineKey!, null, play.now)
    play.change = (request, outcome) =>
      /complete\/\d{17}$/.test(request.url)
        ? withBody(outcome, '<ns2:orders xmlns:ns2="a"><ns2:result_code>0</ns2:result_code></ns2:orders>')
        : outcome
    play.now += 10 * SECOND
    await play.collect()
    expect(play.lines.get(lineKey!)).toMatchObject({ state: 'cancelled', cancelled: 2, item: red })
  })
})

describe('eleventh: claims', () => {
  const acknowledged = async (play: Play, item: string, quantity: number) => {
    const [lineKey] = play.buy(one(item, quantity))
    await play.collect()
    await play.adapter.acknowledge([keyOf(play, lineKey!)])
    play.now += 10 * SECOND
    await play.collect()
    return lineKey!
  }
  const answer = (claim: ChannelClaim, kind: 'approve' | 'refuse' | 'receive') => ({
    ...{ claimKey: claim.claimKey, kind: claim.kind, answer: kind, externalOrderId: claim.externalOrderId },
    ...{ lines: claim.lines, reason: '', parcel: null },
  })

  test('a cancel of some units asked for cancels none until it is approved, and then only those', async () => {
    const play = open()
    const { red } = shelf(play)
    const lineKey = await acknowledged(play, red, 3)
    play.market.doors.cancel(lineKey, 1, play.now)
    await play.collect()
    expect(play.lines.get(lineKey)).toMatchObject({ state: 'acknowledged', cancelled: 0, cancelRequested: true })
    const [claim] = [...play.claims.values()]
    expect(claim).toMatchObject({ state: 'requested', faultBy: 'buyer', lines: [{ lineKey, quantity: 1 }] })
    await play.adapter.answerClaims([answer(claim!, 'approve')])
    await play.collect()
    expect(play.lines.get(lineKey)).toMatchObject({ state: 'acknowledged', cancelled: 1, cancelRequested: false })
    expect(play.claims.get(claim!.claimKey)?.state).toBe('done')
  })

  test('a request taken back at the moment its line is read cancels nothing, though the row still counts it', async () => {
    const play = open()
    const { red } = shelf(play)
    const lineKey = await acknowledged(play, red, 3)
    play.market.doors.cancel(lineKey, 2, play.now)
    const seq = '8192001'
    play.change = (request, outcome) => {
      if (request.url.includes('/packaging/')) play.market.buyers.withdraw(seq, play.now)
      return outcome
    }
    await play.collect()
    expect(play.lines.get(lineKey)?.cancelled).toBe(0)
    play.change = null
    play.now += 10 * SECOND
    await play.collect()
    expect(play.lines.get(lineKey)).toMatchObject({ cancelled: 0, cancelRequested: false })
  })

  test('a request older than the window is still read for what its line owes, after a restart, too', async () => {
    const play = open()
    const { red } = shelf(play)
    const lineKey = await acknowledged(play, red, 3)
    play.market.doors.cancel(lineKey, 1, play.now)
    await play.collect()
    play.now += 3 * HOUR
    play.restart()
    await play.collect()
    play.now += 3 * HOUR
    const [claim] = [...play.claims.values()]
    await play.adapter.answerClaims([answer(claim!, 'approve')])
    play.restart()
    await play.collect()
    expect(play.claims.get(claim!.claimKey)?.state).toBe('done')
    expect(play.lines.get(lineKey)).toMatchObject({ cancelled: 1, cancelRequested: false })
  })

  test('a request refused by hand is in no list any more: its line went out, so it is told as refused', async () => {
    const play = open()
    const { red } = shelf(play)
    const lineKey = await acknowledged(play, red, 1)
    play.market.doors.cancel(lineKey, null, play.now)
    await play.collect()
    const [claim] = [...play.claims.values()]
    const [ordNo] = lineKey.split(':')
    play.byHand(`claimservice/cancelreqreject/${ordNo}/1/${claim!.claimKey.slice(7)}/01/20261120/00034/012345678901`)
    play.now += MINUTE
    play.restart()
    await play.collect()
    expect(play.claims.get(claim!.claimKey)?.state).toBe('refused')
    expect(play.lines.get(lineKey)).toMatchObject({ state: 'shipped', cancelled: 0, cancelRequested: false })
  })

  test('a held return says that it completes by itself, and when it did that is told', async () => {
    const play = open()
    const { red } = shelf(play)
    const lineKey = await acknowledged(play, red, 2)
    await play.adapter.ship([play.parcel(lineKey, '012345678901')])
    await play.collect()
    play.market.doors.cancel(lineKey, 1, play.now)
    const asked = async (state: string) => {
      for (let round = 0; round < 40; round++) {
        play.now += 10 * SECOND
        await play.collect()
        if ([...play.claims.values()].some((claim) => claim.state === state)) return [...play.claims.values()][0]!
      }
      throw new Error(`never ${state}`)
    }
    const claim = await asked('requested')
    expect(claim).toMatchObject({
      kind: 'return',
      lapses: null,
      returnParcel: { carrier: 'cj', invoice: '608393450166' },
    })
    const [ordNo] = lineKey.split(':')
    play.byHand(`claimservice/returnclaimdefer/${ordNo}/1/${claim.claimKey.slice(7)}/1/hold`)
    play.now += MINUTE
    await play.collect()
    const held = play.claims.get(claim.claimKey)!
    expect(held.lapses).toEqual({ at: claim.requestedAt + 10 * DAY, answer: 'approve' })
    play.now += 14 * DAY
    expect((await asked('done')).claimKey).toBe(claim.claimKey)
  })

  test("the seller's own cancel is no buyer's claim", async () => {
    const play = open()
    const { red } = shelf(play)
    const [lineKey] = play.buy(one(red, 2))
    await play.collect()
    const { actionKey, item } = play.lines.get(lineKey!)!
    const cancel = { lineKey: lineKey!, actionKey, externalOrderId: lineKey!.split(':')[0]!, item, quantity: 2 }
    await play.adapter.cancelLines([{ ...cancel, reason: 'sold_out' }])
    await play.collect()
    expect(play.lines.get(lineKey!)?.state).toBe('cancelled')
    expect(play.claims.size).toBe(0)
  })
})

describe('eleventh: acknowledging and shipping', () => {
  const bundle = async (switches: Partial<EleventhSwitches> = {}, settings = {}) => {
    const play = open(switches, settings)
    const { red, blue, plain } = shelf(play)
    const keys = play.buy([red, blue, plain].map((item) => ({ item, quantity: 1 })))
    await play.collect()
    return { play, keys, plain }
  }

  test('lines of a product in one delivery are confirmed by one call, and each is told', async () => {
    const { play, keys } = await bundle()
    play.sent.length = 0
    const results = await play.adapter.acknowledge(keys.map((key) => keyOf(play, key)))
    expect(results.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done'])
    expect(play.paths().map((path) => path.split('/')[1])).toEqual(['reqpackaging', 'reqpackaging'])
    expect(play.market.doors.truth().lines.every(({ acknowledged }) => acknowledged)).toBe(true)
  })

  test('a delivery goes by one call, and each of its lines is told', async () => {
    const { play, keys } = await bundle()
    await play.adapter.acknowledge(keys.map((key) => keyOf(play, key)))
    play.sent.length = 0
    const results = await play.adapter.ship(keys.map((key) => play.parcel(key, '012345678901')))
    expect(results.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done'])
    expect(play.sent).toHaveLength(1)
    const bundles = keys.map((key) => play.adapter.bundleOf!(keyOf(play, key)))
    expect(new Set(bundles).size).toBe(1)
  })

  test('of a delivery of two orders, line by line takes only the lines that were named', async () => {
    const { play, keys, plain } = await bundle({ bundleMs: HOUR }, { shipForm: 'lines' })
    const [other] = play.buy(one(plain))
    play.now += 10 * SECOND
    await play.collect()
    const all = [...keys, other!]
    await play.adapter.acknowledge(all.map((key) => keyOf(play, key)))
    await play.collect()
    const results = await play.adapter.ship(keys.map((key) => play.parcel(key, '012345678901')))
    expect(results.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done'])
    expect(play.market.doors.truth().lines.map(({ invoice }) => invoice)).toEqual([
      ...keys.map(() => '012345678901'),
      '',
    ])
  })

  test('the system broke down after the work: asking shows that it was done; before it, nobody knows', async () => {
    for (const [fault, outcome] of [
      ['systemErrorAfterCommit', 'done'],
      ['systemError', 'unknown'],
    ] as const) {
      const { play, keys } = await bundle()
      const [key] = keys
      play.market.switches[fault] = 1
      expect((await play.adapter.acknowledge([keyOf(play, key!)]))[0]?.outcome).toBe(outcome)
      play.market.switches[fault] = 0
      await play.adapter.acknowledge(keys.map((each) => keyOf(play, each)))
      play.market.switches[fault] = 1
      const results = await play.adapter.ship(keys.map((each) => play.parcel(each, '012345678901')))
      expect(new Set(results.map((result) => result.outcome))).toEqual(new Set([outcome]))
    }
  })

  test('nothing that can be shipped (-3313) is a failure, whatever the invoice', async () => {
    const { play, keys } = await bundle()
    for (const key of keys) play.market.doors.cancel(key, null, play.now)
    const results = await play.adapter.ship([play.parcel(keys[0]!, '012345678901')])
    expect(results).toMatchObject([{ outcome: 'refused', code: '-3313' }])
  })

  test('a GET that acts is sent once, and neither its path nor the key is in the fault', async () => {
    const { play, keys } = await bundle()
    play.sent.length = 0
    play.change = () => ({ kind: 'unknown', reason: 'deadline' })
    const fault = await thrownBy(play.adapter.acknowledge([keyOf(play, keys[0]!)]))
    expect([fault.code, play.sent.length]).toEqual(['unknown', 1])
    const words = JSON.stringify([fault.message, fault.said, fault.stack])
    expect(words).not.toContain(keys[0]!.split(':')[0])
    expect(words).not.toContain(TEST_ELEVENTH_CREDENTIALS.openApiKey)
  })
})

describe('eleventh: stock', () => {
  test('an option saved anew under another number is not found by the old one and read by the new', async () => {
    const play = open({ optionSave: 'numbers_renewed' })
    const { unit, red } = shelf(play)
    await play.adapter.setStock(unit, [{ item: red, quantity: 5 }])
    const row = (name: string) =>
      `<ProductOption><colValue0>${name}</colValue0><colCount>7</colCount><colSellerStockCd>BRK-${name}</colSellerStockCd></ProductOption>`
    play.market.handle(
      {
        method: 'POST',
        path: `/rest/prodservices/updateProductOption/${unit}`,
        query: '',
        headers: new Map([['openapikey', TEST_ELEVENTH_CREDENTIALS.openApiKey]]),
        body: new TextEncoder().encode(`<Product>${row('RD')}${row('BL')}</Product>`),
      },
      play.now,
      () => 0.5,
    )
    expect(await faultOf(play.adapter.setStock(unit, [{ item: red, quantity: 6 }]))).toBe('not_found')
    const { items } = await play.adapter.readStock(unit)
    expect(items.map(({ quantity, sellerCode }) => [quantity, sellerCode])).toEqual([
      [7, 'BRK-RD'],
      [7, 'BRK-BL'],
    ])
    await play.adapter.setStock(unit, [{ item: items[0]!.item, quantity: 6 }])
    expect(play.market.doors.truth().items.find(({ item }) => item === items[0]!.item)?.stock).toBe(6)
  })

  test('when a later option of one write fails, the write as a whole may have been applied', async () => {
    const play = open()
    const { unit, red, blue } = shelf(play)
    let writes = 0
    play.change = (request, outcome) => {
      if (request.method === 'PUT' && ++writes === 2) return { kind: 'not_sent', reason: 'ECONNREFUSED' }
      return outcome
    }
    const items = [red, blue].map((item) => ({ item, quantity: 3 }))
    const { code } = await thrownBy(play.adapter.setStock(unit, items))
    expect(CHANNEL_FAULTS[code].applied).toBe('maybe')
  })

  test('a reading asks whether the product is displayed once a minute, and at once after a change', async () => {
    const play = open()
    const { unit } = shelf(play)
    const calls = async () => {
      play.sent.length = 0
      await play.adapter.readStock(unit)
      return play.sent.length
    }
    expect([await calls(), await calls()]).toEqual([2, 1])
    await play.adapter.setOnSale(unit, false)
    expect([await calls(), await calls()]).toEqual([2, 2])
    await play.adapter.setOnSale(unit, true)
    expect([await calls(), await calls()]).toEqual([2, 1])
    play.now += MINUTE
    expect(await calls()).toBe(2)
  })

  test('where a seller does not want sales stopped, the channel cannot, and readings are one call', async () => {
    const play = open({}, { saleStop: false })
    const { unit } = shelf(play)
    expect(play.adapter.capabilities.saleStop).toBeNull()
    expect(await faultOf(play.adapter.setOnSale(unit, false))).toBe('refused')
    await play.adapter.readStock(unit)
    expect(play.sent).toHaveLength(1)
  })
})

describe('eleventh: what the account meets', () => {
  test.each([
    ['Friday maintenance', { maintenance: 'now' }, 'unreachable', 60_000],
    ['an address nobody registered', { callerAddress: 'unknown' }, 'blocked', null],
    ['a key that has ended', { keyExpiresAt: 1 }, 'signed_out', null],
  ] as const)('%s: for lists, order calls and product calls', async (_, switches, code, pauseMs) => {
    const play = open()
    const { unit, plain } = shelf(play)
    const [lineKey] = play.buy(one(plain))
    await play.collect()
    Object.assign(play.market.switches, switches)
    for (const call of [
      () => play.collect(),
      () => play.adapter.readStock(unit),
      () => play.adapter.setOnSale(unit, false),
      () => play.adapter.acknowledge([keyOf(play, lineKey!)]),
    ]) {
      expect(await thrownBy(call())).toMatchObject({ code, pauseMs })
    }
  })

  test('refused calls in a row are waited out longer, unless it is told how long', async () => {
    const play = open({ retryAfter: 'absent' })
    const { unit } = shelf(play)
    play.market.faults.rateLimitedUntil = START + HOUR
    const pauses: (number | null)[] = []
    for (let call = 0; call < 5; call++) pauses.push((await thrownBy(play.adapter.readStock(unit))).pauseMs)
    expect(pauses).toEqual([10_000, 20_000, 40_000, 60_000, 60_000])
    play.market.switches.retryAfter = 'told'
    play.market.faults.rateLimitedUntil = START + 7 * SECOND
    expect((await thrownBy(play.adapter.readStock(unit))).pauseMs).toBe(7_000)
  })
})

describe('eleventh: hostile content', () => {
  const changing = (change: (body: string) => string) => (_: HttpRequest, outcome: HttpOutcome) =>
    withBody(outcome, change(text(outcome)))

  test.each([
    ['an entity bomb', (body: string) => body.replace('?>', `?><!DOCTYPE a [<!ENTITY b "${'&b;'.repeat(5_000)}">]>`)],
    ['an endless depth', (body: string) => body.replace(/<ns2:orders[^>]*>/, '<ns2:orders>'.repeat(100_000))],
    ['half of it', (body: string) => body.slice(0, body.length / 2)],
    ['a web page', () => '<html><body>Service Unavailable</body></html>'],
    ['another charset', (body: string) => body.replace('EUC-KR', 'UTF-16')],
    ['noise', () => Buffer.from(Array.from({ length: 10_000 }, (_, at) => (at * 7_919) % 256)).toString('latin1')],
    ['sixteen megabytes', () => `<ns2:orders>${'<a/>'.repeat(4_000_000)}</ns2:orders>`],
    ['a list with neither rows nor a code', () => '<ns2:orders xmlns:ns2="a"></ns2:orders>'],
    ['the answer to another question', () => '<ClientMessage><message>OK</message></ClientMessage>'],
  ])('an answer with %s is garbled', async (_, change) => {
    const play = open()
    const { plain } = shelf(play)
    play.buy(one(plain))
    play.change = changing(change)
    expect(await faultOf(play.collect())).toBe('garbled')
  })

  test('names that look like formulas or markup are kept as they are', async () => {
    for (const buyer of [
      '=HYPERLINK("http://a","b")',
      '<script>alert(1)</script>',
      "'; drop table a; --",
      '@SUM(1)',
      '__proto__',
    ]) {
      const play = open()
      const { plain } = shelf(play)
      play.buy(one(plain), buyer)
      expect((await play.collect()).orders[0]?.buyerName).toBe(buyer)
    }
  })

  test('a row that breaks the contract waits, the others are told, and the collection is complete only up to it', async () => {
    const play = open()
    const { plain } = shelf(play)
    await play.collect()
    const before = play.now
    play.now += MINUTE
    const [bad, good] = [play.buy(one(plain))[0]!, play.buy(one(plain))[0]!]
    const [ordNo] = bad.split(':')
    play.change = changing((body) =>
      body
        .split('<ns2:order>')
        .map((row) => (row.includes(`<ordNo>${ordNo}<`) ? row.replace(/<ordQty>\d+</, '<ordQty>many<') : row))
        .join('<ns2:order>'),
    )
    expect((await play.collect()).begunAt).toBe(before)
    expect([...play.lines.keys()]).toEqual([good])
    play.change = null
    play.now += HOUR
    expect((await play.collect()).begunAt).toBe(play.now)
    expect([...play.lines.keys()].sort()).toEqual([bad, good].sort())
  })
})
