import { describe, expect, test } from 'vitest'
import type { ChannelAdapter, Cursor } from '../../server/modules/channels/adapter.ts'
import { play, sellable } from './esm-play.ts'
import { buyOne, faultOf, lineKeysOf, linesOf, stored } from './shop.ts'

describe('esm: hostile answers', () => {
  const changes: readonly [name: string, change: (body: string) => string][] = [
    ['a web page', () => '<!DOCTYPE html><html><body>Request Rejected</body></html>'],
    ['half of it', (body) => body.slice(0, body.length / 2)],
    ['an endless depth', () => '['.repeat(500_000)],
    ['ten megabytes of nothing', () => ' '.repeat(10_000_000)],
    ['another charset', (body) => Buffer.from(body, 'utf16le').toString('latin1')],
    ['keys of the language', () => '{"__proto__":{"ResultCode":0},"constructor":0}'],
    ['a refusal that says success', () => '{"ResultCode":"","Message":"Success","Data":[]}'],
  ]

  test.each(changes)('%s is garbled, whatever was asked', (_, change) =>
    play(async (stage, { plain: { unit, item } }) => {
      stage.spoilAnswers(change)
      const { adapter } = stage
      expect(await faultOf(adapter.collectOrders(null))).toBe('garbled')
      expect(await faultOf(adapter.readStock(unit))).toBe('garbled')
      expect(await faultOf(adapter.setStock(unit, [{ item, quantity: 1 }]))).toBe('garbled')
      expect(await faultOf(adapter.acknowledge(['A4000000001']))).toBe('garbled')
      expect(sellable(stage, item)).toBe(1_000)
    }),
  )

  test('names that look like formulas or markup are stored as they are', () =>
    play(async (stage, { plain }) => {
      const buyer = '=HYPERLINK("http://x","y")<script>alert(1)</script>{{7*7}}'
      stage.simulator.buy({ lines: [{ item: plain.item, quantity: 1 }], buyer })
      const { orders } = await stage.adapter.collectOrders(null)
      expect([orders[0]?.buyerName, orders[0]?.address?.name]).toEqual([buyer.slice(0, 100), buyer.slice(0, 100)])
    }))

  test('a row nobody can read, in a list or alone, keeps no other out, and is told once it is right', () =>
    play(async (stage, { plain }) => {
      const [bad] = lineKeysOf(buyOne(stage.simulator.buy, plain.item))
      const [good] = lineKeysOf(buyOne(stage.simulator.buy, plain.item))
      const startedAt = Date.now()
      stage.spoilAnswers((body) => body.replaceAll(new RegExp(`("OrderNo":${bad},"OrderDate":)"[^"]*"`, 'g'), '$1[1]'))
      const first = await stage.adapter.collectOrders(null)
      expect(linesOf(first).map(({ lineKey }) => lineKey)).toEqual([good])
      expect(first.begunAt).toBeLessThan(startedAt - 60_000)
      stage.spoilAnswers(null)
      const second = await stage.adapter.collectOrders(stored(first.next))
      expect(linesOf(second).map(({ lineKey }) => lineKey)).toEqual([bad])
      expect(second.begunAt).toBeGreaterThanOrEqual(startedAt)
    }))

  test('an order whose product cannot be read waits, and one whose product is gone is told under its site number', () =>
    play(async (stage, { plain }) => {
      buyOne(stage.simulator.buy, plain.item)
      stage.spoilAnswers((body) => body.replace(/"goodsNo":\d+,"isConverted"/, '"goodsNo":[],"isConverted"'))
      const first = await stage.adapter.collectOrders(null)
      expect(linesOf(first)).toEqual([])
      stage.spoilAnswers((body) =>
        body.replace(
          /^\{"goodsNo":\d+,"isConverted":false\}$/,
          '{"resultCode":1000,"message":"해당 판매자의 상품이 아닙니다."}',
        ),
      )
      const lines = linesOf(await stage.adapter.collectOrders(stored(first.next)))
      expect(lines).toMatchObject([{ unit: plain.item, item: plain.item }])
    }))

  test('a cursor somebody broke is a first collection or a later one, and never a crash', () =>
    play(async (stage, { plain }) => {
      const [lineKey] = lineKeysOf(buyOne(stage.simulator.buy, plain.item))
      const told = async (adapter: ChannelAdapter, cursor: Cursor) =>
        linesOf(await adapter.collectOrders(cursor)).map((line) => line.lineKey)
      // Long ago, and not since 1970: that is ten thousand calls, of which one comes late on a busy machine.
      const longAgo = stage.simulator.now() - 40 * 86_400_000
      for (const cursor of [
        {},
        {
          through: longAgo,
          begun: longAgo,
          known: '* ** A1*x A2*1+ 3',
          waiting: ':',
          open: '* A1-x1 A1-x1*',
          slowNext: -1,
        },
      ]) {
        expect(await told(stage.another(), cursor)).toEqual([lineKey])
      }
    }))
})
