import { describe, expect, test } from 'vitest'
import type { HttpOutcome, HttpRequest } from '../../server/kernel/http-port.ts'
import { HOUR, keyOf, MINUTE, one, openPlay, SECOND, START, shelf, text, withBody } from './eleventh-play.ts'
import { faultOf, thrownBy } from './shop.ts'

describe('eleventh: what the account meets', () => {
  test.each([
    ['Friday maintenance', { maintenance: 'now' }, 'unreachable', 60_000],
    ['an address nobody registered', { callerAddress: 'unknown' }, 'blocked', null],
    ['a key that has ended', { keyExpiresAt: 1 }, 'signed_out', null],
  ] as const)('%s: for lists, order calls and product calls', async (_, switches, code, pauseMs) => {
    const play = openPlay()
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
    const play = openPlay({ retryAfter: 'absent' })
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
    const play = openPlay()
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
      const play = openPlay()
      const { plain } = shelf(play)
      play.buy(one(plain), buyer)
      expect((await play.collect()).orders[0]?.buyerName).toBe(buyer)
    }
  })

  test('a row that breaks the contract waits, the others are told, and the collection is complete only up to it', async () => {
    const play = openPlay()
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
