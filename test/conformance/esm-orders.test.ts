import { describe, expect, test } from 'vitest'
import { openWatch, parcelOf } from './claims-told.ts'
import { play, twinOf } from './esm-play.ts'
import { asEsm, esmScene } from './esm-scene.ts'
import { buyOne, lineKeysOf, linesOf, type Shop, stored, thrownBy } from './shop.ts'
import type { Stage } from './stage.ts'

describe('esm: orders', () => {
  const buyBoth = (stage: Stage, shop: Shop) =>
    stage.simulator.buy({
      lines: [shop.plain, ...shop.options].map(({ item }) => ({ item, quantity: 2 })),
      buyer: '김하나',
    })

  test('both sites tell the product, the option and the price, by either code of an option', async () => {
    for (const optionCodeTold of ['manageCode', 'optSeq'] as const) {
      await play(
        async (stage, { options: [first], plain }) => {
          const twin = twinOf(stage, first!.item)
          for (const item of [first!.item, twin, plain.item]) buyOne(stage.simulator.buy, item)
          const lines = linesOf(await stage.adapter.collectOrders(null))
          expect(lines.map(({ unit, item, unitPrice, sellerCode }) => [unit, item, unitPrice, sellerCode])).toEqual([
            [first!.unit, first!.item, 10_500, 'BRK-1-RD'],
            [plain.unit, plain.item, 7_000, 'WIP-1'],
            [first!.unit, twin, 10_500, 'BRK-1-RD'],
          ])
        },
        { optionCodeTold },
      )
    }
  })

  test('options that share an order number are lines of it, go out together and are cancelled together', () =>
    play(
      async (stage, shop) => {
        const keys = lineKeysOf(buyBoth(stage, shop))
        const watch = openWatch(esmScene(), stage)
        await watch.collect()
        expect([...watch.lines.keys()].toSorted()).toEqual(keys.toSorted())
        const [first, second] = shop.options.map(
          ({ item }) => [...watch.lines.values()].find((line) => line.item === item)!,
        )
        expect(second!.actionKey).toBe(first!.actionKey)
        await stage.adapter.acknowledge([first!.actionKey])
        await watch.collect()
        const order = { externalOrderId: '1', reason: 'sold_out' as const }
        const half = [{ ...order, ...first!, quantity: 2 }]
        expect(await stage.adapter.cancelLines(half)).toMatchObject([{ outcome: 'refused', code: 'WHOLE_ORDER_ONLY' }])
        const parcels = [parcelOf(first!, '1'), parcelOf(second!, '1')]
        const apart = [parcels[0]!, { ...parcels[1]!, invoice: '012345678902' }]
        expect(new Set((await stage.adapter.ship(apart)).map(({ code }) => code))).toEqual(new Set(['ONE_INVOICE']))
        expect(await stage.adapter.ship(parcels)).toMatchObject([{ outcome: 'done' }, { outcome: 'done' }])
      },
      { optionsShareOrder: true },
    ))

  test('an order confirmed by hand before we saw it is told all the same', () =>
    play(async (stage, { plain }) => {
      const { next } = await stage.adapter.collectOrders(null)
      const [lineKey] = lineKeysOf(buyOne(stage.simulator.buy, plain.item))
      await stage.another().acknowledge([lineKey!])
      expect(linesOf(await stage.adapter.collectOrders(stored(next)))).toMatchObject([
        { lineKey, state: 'acknowledged' },
      ])
    }))

  test('in time the slow look tells what somebody else did long after', () =>
    play(async (stage, { plain }) => {
      const [lineKey] = lineKeysOf(buyOne(stage.simulator.buy, plain.item))
      const other = openWatch(esmScene(), { ...stage, adapter: stage.another() })
      await other.collect()
      const watch = openWatch(esmScene(), stage)
      await watch.collect()
      await other.until('the order', () => other.lines.has(lineKey!))
      await stage.another().acknowledge([lineKey!])
      await watch.until('acknowledged', () => watch.lines.get(lineKey!)?.state === 'acknowledged')
      await stage.another().ship([parcelOf(watch.lines.get(lineKey!)!, '1')])
      await watch.until('shipped', () => watch.lines.get(lineKey!)?.state === 'shipped')
      asEsm(stage.marketplace).arrive(lineKey!, stage.simulator.now())
      await watch.until('delivered', () => watch.lines.get(lineKey!)?.state === 'delivered')
    }))

  test('a gift is told before it is accepted, without an address, and cannot be acknowledged yet', () =>
    play(
      async (stage, { plain }) => {
        buyOne(stage.simulator.buy, twinOf(stage, plain.item))
        const { orders } = await stage.adapter.collectOrders(null)
        expect(orders).toMatchObject([{ address: null, lines: [{ state: 'paid' }] }])
        expect(await stage.adapter.acknowledge([orders[0]!.lines[0]!.actionKey])).toMatchObject([
          { outcome: 'refused' },
        ])
      },
      { gifts: 1 },
    ))

  test('an unpaid order is told once it is paid', () =>
    play(
      async (stage, { plain }) => {
        const [lineKey] = lineKeysOf(buyOne(stage.simulator.buy, plain.item))
        const first = await stage.adapter.collectOrders(null)
        expect(linesOf(first)).toEqual([])
        stage.simulator.setFaults({ clockSkewMs: 120_000 })
        expect(linesOf(await stage.adapter.collectOrders(first.next))).toMatchObject([{ lineKey, state: 'paid' }])
      },
      { paymentDelayMs: 60_000 },
    ))

  test('the five seconds between two lists, taken by somebody else, are a pause and no failure', () =>
    play(async (stage) => {
      asEsm(stage.marketplace).switches.limits = 'on'
      const fault = await thrownBy(stage.adapter.collectOrders(null))
      expect(fault).toMatchObject({ code: 'rate_limited', pauseMs: 5_600 })
      expect(stage.learned.at(-1)).toMatchObject({ bucket: 'orders', remaining: 0, pauseMs: 5_600 })
    }))
})
