import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../server/kernel/random.ts'
import type { ChannelOrderLine, Collected, Cursor } from '../../server/modules/channels/adapter.ts'
import { buyOne, lineKeysOf, linesOf, onStage, sorted, stored } from './shop.ts'
import { capabilitiesOf, type Scene } from './stage.ts'

/** collectOrders: nothing skipped, nothing invented, cancels included. */
export function orderRules(name: string, scene: Scene): void {
  const byQuantity = capabilitiesOf(scene).sellerCancel?.byQuantity ?? true
  describe(`${name}: orders`, () => {
    test('an order tells what was bought, by whom, for how much, where and when', () =>
      onStage(scene, async (stage, shop) => {
        const [first] = shop.options
        const buyer = '김하나'
        const sale = stage.simulator.buy({
          lines: [
            { item: first!.item, quantity: 2 },
            { item: shop.plain.item, quantity: 1 },
          ],
          buyer,
        })
        const collected = await stage.adapter.collectOrders(null)
        expect(collected.orders).toHaveLength(1)
        const [order] = collected.orders
        expect(order).toMatchObject({ externalId: sale.kind === 'sold' && sale.orderId, buyerName: buyer })
        expect(order?.address?.postalCode).toMatch(/^\d{5}$/)
        const bought = order!.lines.toSorted((a, b) => b.quantity - a.quantity)
        expect(bought).toMatchObject([
          { unit: first!.unit, item: first!.item, sellerCode: first!.sellerCode, quantity: 2, unitPrice: 10_500 },
          { unit: shop.plain.unit, item: shop.plain.item, quantity: 1, unitPrice: 7_000 },
        ])
        for (const line of bought) {
          expect(line).toMatchObject({ state: 'paid', cancelled: 0, cancelRequested: false })
          expect(Math.abs(line.soldAt - stage.simulator.now())).toBeLessThan(60_000)
        }
      }))

    test('an order placed between two collections is never skipped, and its line keys stay the same', () =>
      onStage(scene, async ({ adapter, simulator }, shop) => {
        let cursor: Cursor | null = null
        const told: string[] = []
        const sold: string[] = []
        for (let round = 0; round < 6; round++) {
          sold.push(...lineKeysOf(buyOne(simulator.buy, shop.plain.item)))
          const collected: Collected = await adapter.collectOrders(stored(cursor))
          told.push(...linesOf(collected).map(({ lineKey }) => lineKey))
          cursor = collected.next
        }
        expect(sorted(new Set(told))).toEqual(sorted(sold))
        const again = linesOf(await adapter.collectOrders(null)).map(({ lineKey }) => lineKey)
        expect(sorted(again)).toEqual(sorted(sold))
      }))

    test('what was collected but not kept is told again to whoever comes with the old cursor', () =>
      onStage(scene, async (stage, shop) => {
        const { next } = await stage.adapter.collectOrders(null)
        const sold = lineKeysOf(buyOne(stage.simulator.buy, shop.plain.item))
        for (const adapter of [stage.adapter, stage.adapter, stage.another()]) {
          expect(linesOf(await adapter.collectOrders(stored(next))).map(({ lineKey }) => lineKey)).toEqual(sold)
        }
      }))

    test('what was told and kept is not told again until it changes', () =>
      onStage(scene, async ({ adapter, simulator }, shop) => {
        const [lineKey] = lineKeysOf(buyOne(simulator.buy, shop.plain.item, 2))
        const first = await adapter.collectOrders(null)
        const second = await adapter.collectOrders(stored(first.next))
        expect(linesOf(second)).toEqual([])
        const cancelled = byQuantity ? 1 : 2
        simulator.cancel(lineKey!, cancelled)
        expect(linesOf(await adapter.collectOrders(stored(second.next)))).toMatchObject([{ lineKey, cancelled }])
      }))

    test('more orders than a page holds are all told, from the first collection and from a later one', () =>
      onStage(scene, async (stage, shop) => {
        const { next } = await stage.adapter.collectOrders(null)
        const sold: string[] = []
        for (let i = 0; i < 330; i++) sold.push(...lineKeysOf(buyOne(stage.simulator.buy, shop.plain.item)))
        for (const cursor of [next, null]) {
          const told = linesOf(await stage.another().collectOrders(cursor)).map(({ lineKey }) => lineKey)
          expect(sorted(told)).toEqual(sorted(sold))
        }
      }))

    test('orders told twice and rows out of order give the same set', () =>
      onStage(scene, async (stage, shop) => {
        const sold: string[] = []
        for (let i = 0; i < 20; i++) {
          const lines = [...shop.options, shop.plain].map(({ item }) => ({ item, quantity: 1 }))
          sold.push(...lineKeysOf(stage.simulator.buy({ lines, buyer: `구매자 ${i}` })))
        }
        stage.simulator.setFaults({ duplicateOrder: 1, disorder: 1 })
        const { orders } = await stage.adapter.collectOrders(null)
        expect(orders).toHaveLength(20)
        expect(sorted(orders.flatMap(({ lines }) => lines.map(({ lineKey }) => lineKey)))).toEqual(sorted(sold))
      }))

    test('an order that appears late is told once it appears', () =>
      onStage(scene, async ({ adapter, simulator }, shop) => {
        const first = await adapter.collectOrders(null)
        simulator.setFaults({ feedDelayMs: 40_000 })
        const sold = lineKeysOf(buyOne(simulator.buy, shop.plain.item))
        const early = await adapter.collectOrders(stored(first.next))
        expect(linesOf(early)).toEqual([])
        simulator.setFaults({ feedDelayMs: 0 })
        const late = await adapter.collectOrders(stored(early.next))
        expect(linesOf(late).map(({ lineKey }) => lineKey)).toEqual(sold)
      }))

    test('a marketplace clock wrong by two minutes, to either side and jumping, loses no order', () =>
      onStage(scene, async ({ adapter, simulator }, shop) => {
        let cursor: Cursor | null = null
        const told = new Set<string>()
        const sold: string[] = []
        for (const clockSkewMs of [0, 120_000, -120_000, -120_000, 120_000, 0]) {
          simulator.setFaults({ clockSkewMs })
          sold.push(...lineKeysOf(buyOne(simulator.buy, shop.plain.item)))
          const collected: Collected = await adapter.collectOrders(stored(cursor))
          for (const { lineKey } of linesOf(collected)) told.add(lineKey)
          cursor = collected.next
        }
        expect(sorted(told)).toEqual(sorted(sold))
      }))

    test('text that PostgreSQL cannot store is replaced, and the order is told', () =>
      onStage(scene, async ({ adapter, simulator }, shop) => {
        simulator.buy({ lines: [{ item: shop.plain.item, quantity: 1 }], buyer: '김\0하\ud800나' })
        const { orders } = await adapter.collectOrders(null)
        expect(orders[0]?.buyerName).toBe(scene.unsayable ?? '김\uFFFD하\uFFFD나')
        expect(JSON.stringify(orders)).not.toMatch(/\\u0000|\\ud[89a-f]/i)
      }))

    test('through a rough day of errors, repeats, disorder and restarts, what was told in the end is the truth', () =>
      onStage(scene, async (stage, shop) => {
        const { simulator } = stage
        const luck = seededRandom(11)
        const items = [...shop.options, shop.plain]
        const told = new Map<string, ChannelOrderLine>()
        let cursor: Cursor | null = null
        let adapter = stage.adapter
        const collect = async () => {
          const collected = await adapter.collectOrders(stored(cursor)).catch(() => null)
          if (!collected) return
          for (const line of linesOf(collected)) told.set(line.lineKey, line)
          cursor = collected.next
        }
        simulator.setFaults({ serverError: 0.1, duplicateOrder: 0.5, disorder: 0.5 })
        for (let round = 0; round < 80; round++) {
          const [lineKey] = lineKeysOf(buyOne(simulator.buy, items[round % 3]!.item, 1 + Math.floor(luck.next() * 3)))
          if (luck.next() < 0.3) simulator.cancel(lineKey!, luck.next() < 0.5 ? 1 : null)
          if (luck.next() < 0.3) simulator.cancel([...told.keys()].at(-1) ?? '', 1)
          if (luck.next() < 0.2) adapter = stage.another()
          await collect()
        }
        simulator.setFaults({ serverError: 0 })
        await collect()
        const isForgotten = (line: { lineKey: string; quantity: number; cancelled: number }) =>
          scene.forgetsCancelled && line.cancelled === line.quantity && !told.has(line.lineKey)
        const truth = stage.marketplace.doors.truth().lines.filter((line) => !isForgotten(line))
        const rowOf = (key: string, { quantity, cancelled }: { quantity: number; cancelled: number }) =>
          `${key} ${cancelled}/${quantity}`
        expect(sorted([...told].map(([key, line]) => rowOf(key, line)))).toEqual(
          sorted(truth.map((line) => rowOf(line.lineKey, line))),
        )
      }))
  })

  describe(`${name}: cancels`, () => {
    test('a cancel before acknowledging is told as cancelled, whether the order was told before or not', () =>
      onStage(scene, async ({ adapter, simulator }, shop) => {
        const [told] = lineKeysOf(buyOne(simulator.buy, shop.plain.item, 2))
        const first = await adapter.collectOrders(null)
        const [untold] = lineKeysOf(buyOne(simulator.buy, shop.plain.item, 3))
        for (const lineKey of [told!, untold!]) expect(simulator.cancel(lineKey, null)).toEqual({ kind: 'cancelled' })
        const lines = linesOf(await adapter.collectOrders(stored(first.next)))
        const seen = new Map(lines.map((line) => [line.lineKey, line]))
        expect(seen.get(told!)).toMatchObject({ state: 'cancelled', quantity: 2, cancelled: 2, item: shop.plain.item })
        if (scene.forgetsCancelled) expect(seen.has(untold!)).toBe(false)
        else expect(seen.get(untold!)).toMatchObject({ state: 'cancelled', quantity: 3, cancelled: 3 })
      }))

    if (byQuantity) {
      test('a cancel of some units leaves the others wanted', () =>
        onStage(scene, async ({ adapter, simulator }, shop) => {
          const [lineKey] = lineKeysOf(buyOne(simulator.buy, shop.plain.item, 3))
          const first = await adapter.collectOrders(null)
          simulator.cancel(lineKey!, 1)
          const lines = linesOf(await adapter.collectOrders(stored(first.next)))
          expect(lines.at(-1)).toMatchObject({ lineKey, state: 'paid', quantity: 3, cancelled: 1 })
        }))
    }

    test('a cancel after acknowledging is a request, and nothing is cancelled yet', () =>
      onStage(scene, async ({ adapter, simulator }, shop) => {
        const [lineKey] = lineKeysOf(buyOne(simulator.buy, shop.plain.item, 3))
        const first = await adapter.collectOrders(null)
        await adapter.acknowledge(linesOf(first).map(({ actionKey }) => actionKey))
        expect(simulator.cancel(lineKey!, null)).toEqual({ kind: 'requested' })
        const lines = linesOf(await adapter.collectOrders(stored(first.next)))
        expect(lines).toMatchObject([{ lineKey, state: 'acknowledged', cancelled: 0, cancelRequested: true }])
      }))
  })
}
