import { describe, expect, test } from 'vitest'
import type { ChannelClaim } from '../../server/modules/channels/adapter.ts'
import { DAY, HOUR, keyOf, MINUTE, one, openPlay, type Play, SECOND, shelf, text, withBody } from './eleventh-play.ts'

describe('eleventh: lists', () => {
  test('a window with more rows than a list answers is halved until every order is told', async () => {
    const play = openPlay({ mostRows: 50 }, { mostRows: 50 })
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
    const play = openPlay({ mostRows: 50 }, { mostRows: 50 })
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
    const play = openPlay()
    const { plain } = shelf(play)
    const sold = [...play.buy(one(plain)), ...play.buy(one(plain))]
    const { orders } = await play.collect()
    expect(orders.map(({ externalId }) => `${externalId}:1`).sort()).toEqual(sold)
    expect(new Set(orders.map(({ externalId }) => Number(externalId))).size).toBe(1)
  })

  test('a gift without an address is sold and cannot be acknowledged; an hour later it can, with its address', async () => {
    const play = openPlay({ giftOrders: 1 })
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
    const play = openPlay({ giftOrders: 1 }, { slowEvery: 1_000_000 })
    const { plain } = shelf(play)
    const [lineKey] = play.buy(one(plain))
    for (let minutes = 0; minutes < 70; minutes++) {
      await play.collect()
      play.now += MINUTE
    }
    expect(play.lines.get(lineKey!)?.actionKey).not.toBe('')
  })

  test('an order confirmed and shipped by hand while we were away is told as shipped', async () => {
    const play = openPlay({}, { slowEvery: 1_000_000 })
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
    const play = openPlay({}, { slowEvery: 2 })
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
    const play = openPlay()
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
    const play = openPlay()
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
    const play = openPlay()
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
    const play = openPlay()
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
    const play = openPlay()
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
    const play = openPlay()
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

  test('a request that left its list is told by the list of those taken back, and by no guess', async () => {
    const play = openPlay({}, { slowEvery: 1_000_000 })
    const { red } = shelf(play)
    const lineKey = await acknowledged(play, red, 1)
    play.market.doors.cancel(lineKey, null, play.now)
    await play.collect()
    const [claim] = [...play.claims.values()]
    play.market.buyers.withdraw(claim!.claimKey.slice(7), play.now)
    const [ordNo] = lineKey.split(':')
    play.change = (request, outcome) =>
      request.url.includes('/cancelorders/')
        ? withBody(outcome, '<ns2:orders xmlns:ns2="a"><ns2:result_code>0</ns2:result_code></ns2:orders>')
        : outcome
    play.now += MINUTE
    await play.collect()
    expect(play.claims.get(claim!.claimKey)).toMatchObject({ state: 'withdrawn', externalOrderId: ordNo })
    expect(play.claims.get(claim!.claimKey)?.reason).not.toBe('')
  })

  test('a request whose row cannot be read any more is not over', async () => {
    const play = openPlay({}, { slowEvery: 1_000_000 })
    const { red } = shelf(play)
    const lineKey = await acknowledged(play, red, 1)
    play.market.doors.cancel(lineKey, null, play.now)
    await play.collect()
    const [claim] = [...play.claims.values()]
    play.byHand(`claimservice/cancelreqconf/${claim!.claimKey.slice(7)}/${lineKey.replace(':', '/')}`)
    play.change = (request, outcome) =>
      /claimservice\/\w*cancel\w*\/\d{12}/.test(request.url)
        ? withBody(outcome, text(outcome).replaceAll(/<ordCnQty>1</g, '<ordCnQty>many<'))
        : outcome
    play.now += MINUTE
    await play.collect()
    expect(play.claims.get(claim!.claimKey)?.state).toBe('requested')
    play.change = null
    play.now += MINUTE
    await play.collect()
    expect(play.claims.get(claim!.claimKey)?.state).toBe('done')
  })

  test("the seller's own cancel is no buyer's claim", async () => {
    const play = openPlay()
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
