import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  CHANNEL_FAULTS,
  ChannelFault,
  type ChannelOrderLine,
  type Collected,
  type Cursor,
  type Parcel,
} from '../../server/modules/channels/adapter.ts'
import type { Purchase, SeededItem } from '../../simulators/marketplace.ts'
import { type Scene, type Stage, setStage } from './stage.ts'

/** What is on the shelves of every stage. */
export type Shop = {
  /** Two options of one product: 10,000 won, the first with a surcharge of 500. */
  options: SeededItem[]
  /** A product without options, 7,000 won. */
  plain: SeededItem
  stockOf(item: string): number | undefined
}

export async function onStage(
  scene: Scene,
  play: (stage: Stage, shop: Shop) => Promise<void>,
  options: { pace?: boolean } = {},
): Promise<void> {
  const stage = await setStage(scene, options)
  try {
    await play(stage, openShop(stage))
  } finally {
    await stage.close()
  }
}

export function linesOf(collected: Collected): ChannelOrderLine[] {
  return collected.orders.flatMap(({ lines }) => lines)
}

/** The promises of server/modules/channels/adapter.ts. An adapter is done when these pass against its simulator. */
export function adapterKeepsTheRules(name: string, scene: Scene): void {
  describe(`${name}: capabilities`, () => {
    test('every budget has a name of its own, a rate above zero and room for a call', () =>
      onStage(scene, async ({ adapter }) => {
        const { budgets } = adapter.capabilities
        expect(budgets.length).toBeGreaterThan(0)
        expect(new Set(budgets.map(({ bucket }) => bucket)).size).toBe(budgets.length)
        for (const { ratePerSecond, burst } of budgets) {
          expect(ratePerSecond).toBeGreaterThan(0)
          expect(burst).toBeGreaterThanOrEqual(1)
        }
      }))

    test('every number is there, and what the contract leaves open is written down', () =>
      onStage(scene, async ({ adapter: { capabilities } }) => {
        expect(capabilities.channel).toBe(name)
        expect(capabilities.names.ko).not.toBe('')
        expect(capabilities.acknowledge?.linesPerCall).toBeGreaterThan(0)
        expect(capabilities.ship.linesPerCall).toBeGreaterThan(0)
        for (const wanted of ['largestQuantity', 'firstLookbackMs', 'feedLatenessMs', 'unknownSettlesMs'] as const) {
          expect(capabilities[wanted]).toBeGreaterThan(0)
        }
        expect(capabilities.assumed.length).toBeGreaterThan(0)
      }))

    test('a setting answers what the contract leaves open', () =>
      onStage(scene, async (stage) => {
        const settings = { ...stage.account.settings, feedLatenessMs: 1_234, restocksOnCancel: 'yes' }
        const { capabilities } = stage.another({ settings })
        expect([capabilities.feedLatenessMs, capabilities.restocksOnCancel]).toEqual([1_234, 'yes'])
      }))

    test('only calls of a named budget are made, each after its turn was asked for', () =>
      onStage(scene, async (stage, shop) => {
        const spent: string[] = []
        const sentWhenSpent: number[] = []
        const adapter = scene.open(stage.account, {
          http: {
            send: async () => {
              sentWhenSpent.push(spent.length)
              return { kind: 'not_sent', reason: 'test' }
            },
          },
          clock: { now: Date.now, monotonic: () => 0, sleep: async () => {} },
          spend: async (bucket) => void spent.push(bucket),
          learn: () => {},
        })
        await adapter.readStock(shop.plain.unit).catch(() => {})
        await adapter.collectOrders(null).catch(() => {})
        expect(sentWhenSpent).toEqual([1, 2])
        const named = adapter.capabilities.budgets.map(({ bucket }) => bucket)
        for (const bucket of spent) expect(named).toContain(bucket)
      }))
  })

  describe(`${name}: stock`, () => {
    test('setting stock twice leaves the same number showing', () =>
      onStage(scene, async ({ adapter }, shop) => {
        const { unit, item } = shop.plain
        await adapter.setStock(unit, [{ item, quantity: 7 }])
        await adapter.setStock(unit, [{ item, quantity: 7 }])
        expect(shop.stockOf(item)).toBe(7)
      }))

    test('what was set is read, for a product with options and for one without, and of nothing else', () =>
      onStage(scene, async ({ adapter }, shop) => {
        for (const { unit, item, sellerCode } of [shop.options[0]!, shop.plain]) {
          await adapter.setStock(unit, [{ item, quantity: 41 }])
          const reading = await adapter.readStock(unit)
          expect(reading.unit).toBe(unit)
          const read = reading.items.find((row) => row.item === item)
          expect(read).toMatchObject({ quantity: 41, onSale: true })
          if (read?.sellerCode !== null) expect(read?.sellerCode).toBe(sellerCode)
        }
        expect(shop.stockOf(shop.options[1]!.item)).toBe(shop.options[1]!.stock)
      }))

    test('zero can be set, is read as zero, and can be raised again', () =>
      onStage(scene, async ({ adapter, simulator }, shop) => {
        const { unit, item } = shop.plain
        const quantityRead = async () => (await adapter.readStock(unit)).items.map(({ quantity }) => quantity)
        await adapter.setStock(unit, [{ item, quantity: 0 }])
        expect(await quantityRead()).toEqual([0])
        await adapter.setStock(unit, [{ item, quantity: 1 }])
        expect(await quantityRead()).toEqual([1])
        expect(buyOne(simulator.buy, item).kind).toBe('sold')
        expect(await quantityRead()).toEqual([0])
      }))

    test('a unit or item the marketplace does not know is not_found, and nothing is set', () =>
      onStage(scene, async ({ adapter, marketplace }, shop) => {
        const before = JSON.stringify(marketplace.doors.truth())
        for (const unknown of ['999999', 'no/such?unit', '']) {
          expect(await faultOf(adapter.readStock(unknown))).toBe('not_found')
          expect(await faultOf(adapter.setStock(unknown, [{ item: unknown, quantity: 1 }]))).toBe('not_found')
          expect(await faultOf(adapter.setStock(shop.plain.unit, [{ item: unknown, quantity: 1 }]))).toBe('not_found')
        }
        expect(JSON.stringify(marketplace.doors.truth())).toBe(before)
      }))

    test('a number above what the marketplace takes is refused', () =>
      onStage(scene, async ({ adapter }, shop) => {
        const { unit, item, stock } = shop.plain
        const quantity = adapter.capabilities.largestQuantity
        await adapter.setStock(unit, [{ item, quantity }])
        expect(shop.stockOf(item)).toBe(quantity)
        expect(await faultOf(adapter.setStock(unit, [{ item, quantity: quantity + 1 }]))).toBe('refused')
        await adapter.setStock(unit, [{ item, quantity: stock }])
      }))

    test('a write that timed out after it was done is unknown, and reading shows the number it set', () =>
      onStage(scene, async (stage, shop) => {
        const { unit, item } = shop.plain
        stage.beforeSend((request) => stage.simulator.setFaults({ timeoutAfterCommit: scene.isWrite(request) ? 1 : 0 }))
        expect(await faultOf(stage.adapter.setStock(unit, [{ item, quantity: 5 }]))).toBe('unknown')
        expect((await stage.adapter.readStock(unit)).items[0]?.quantity).toBe(5)
      }))

    test('a server error before or after the act is unknown, for the caller cannot tell which', () =>
      onStage(scene, async (stage, shop) => {
        const { unit, item } = shop.plain
        stage.beforeSend((request) => stage.simulator.setFaults({ serverError: scene.isWrite(request) ? 1 : 0 }))
        expect(await faultOf(stage.adapter.setStock(unit, [{ item, quantity: 5 }]))).toBe('unknown')
      }))
  })

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
        simulator.cancel(lineKey!, 1)
        expect(linesOf(await adapter.collectOrders(stored(second.next)))).toMatchObject([{ lineKey, cancelled: 1 }])
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
        expect(orders[0]?.buyerName).toBe('김\uFFFD하\uFFFD나')
        expect(JSON.stringify(orders)).not.toMatch(/\\u0000|\\ud[89a-f]/i)
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
        expect(seen.get(untold!)).toMatchObject({ state: 'cancelled', quantity: 3, cancelled: 3 })
      }))

    test('a cancel of some units leaves the others wanted', () =>
      onStage(scene, async ({ adapter, simulator }, shop) => {
        const [lineKey] = lineKeysOf(buyOne(simulator.buy, shop.plain.item, 3))
        const first = await adapter.collectOrders(null)
        simulator.cancel(lineKey!, 1)
        const lines = linesOf(await adapter.collectOrders(stored(first.next)))
        expect(lines.at(-1)).toMatchObject({ lineKey, state: 'paid', quantity: 3, cancelled: 1 })
      }))

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

  describe(`${name}: acknowledging and shipping`, () => {
    test('one result a key: done, refused where it cannot be, already when repeated', () =>
      onStage(scene, async ({ adapter, simulator }, shop) => {
        for (let i = 0; i < 3; i++) buyOne(simulator.buy, shop.plain.item)
        const lines = linesOf(await adapter.collectOrders(null))
        const [first, second, gone] = lines.map(({ actionKey }) => actionKey)
        simulator.cancel(lines[2]!.lineKey, null)
        const keys = [first!, gone!, '123', second!]
        const outcomesOf = async () => (await adapter.acknowledge(keys)).map(({ key, outcome }) => [key, outcome])
        const [done, refused, strange, doneToo] = await outcomesOf()
        expect([done, refused, doneToo]).toEqual([
          [first, 'done'],
          [gone, 'refused'],
          [second, 'done'],
        ])
        expect(['refused', 'unknown']).toContain(strange?.[1])
        const again = await outcomesOf()
        expect([again[0], again[3]]).toEqual([
          [first, 'already'],
          [second, 'already'],
        ])
      }))

    test('more keys than a call takes are all acknowledged', () =>
      onStage(scene, async ({ adapter, simulator, marketplace }, shop) => {
        for (let i = 0; i < 70; i++) buyOne(simulator.buy, shop.plain.item)
        const keys = linesOf(await adapter.collectOrders(null)).map(({ actionKey }) => actionKey)
        const results = await adapter.acknowledge(keys)
        expect(results.map(({ key }) => key)).toEqual(keys)
        expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['done']))
        expect(marketplace.doors.truth().lines.filter(({ acknowledged }) => acknowledged)).toHaveLength(70)
        expect(await adapter.acknowledge([])).toEqual([])
      }))

    test('an acknowledged order reports acknowledged', () =>
      onStage(scene, async ({ adapter, simulator }, shop) => {
        buyOne(simulator.buy, shop.plain.item)
        const first = await adapter.collectOrders(null)
        await adapter.acknowledge(linesOf(first).map(({ actionKey }) => actionKey))
        expect(linesOf(await adapter.collectOrders(stored(first.next)))).toMatchObject([{ state: 'acknowledged' }])
      }))

    test('an acknowledgement that timed out is unknown, and already when asked again', () =>
      onStage(scene, async (stage, shop) => {
        buyOne(stage.simulator.buy, shop.plain.item)
        const keys = linesOf(await stage.adapter.collectOrders(null)).map(({ actionKey }) => actionKey)
        stage.beforeSend((request) => stage.simulator.setFaults({ timeoutAfterCommit: scene.isWrite(request) ? 1 : 0 }))
        expect(await faultOf(stage.adapter.acknowledge(keys))).toBe('unknown')
        stage.beforeSend(() => stage.simulator.setFaults({ timeoutAfterCommit: 0 }))
        expect(await stage.adapter.acknowledge(keys)).toMatchObject([{ outcome: 'already' }])
      }))

    test('when a later call of many fails, the first keys are known and the rest unknown', () =>
      onStage(scene, async (stage, shop) => {
        for (let i = 0; i < 70; i++) buyOne(stage.simulator.buy, shop.plain.item)
        const keys = linesOf(await stage.adapter.collectOrders(null)).map(({ actionKey }) => actionKey)
        let writes = 0
        stage.beforeSend((request) => {
          if (scene.isWrite(request)) writes += 1
          stage.simulator.setFaults({ serverError: writes > 1 ? 1 : 0 })
        })
        const outcomes = (await stage.adapter.acknowledge(keys)).map(({ outcome }) => outcome)
        const perCall = stage.adapter.capabilities.acknowledge!.linesPerCall
        expect(outcomes).toEqual(keys.map((_, at) => (at < perCall ? 'done' : 'unknown')))
      }))

    test('a shipped line is told as shipped, with its invoice number as text', () =>
      onStage(scene, async ({ adapter, simulator, marketplace }, shop) => {
        const lines = [...shop.options, shop.plain].map(({ item }) => ({ item, quantity: 1 }))
        simulator.buy({ lines, buyer: '김하나' })
        const first = await adapter.collectOrders(null)
        await adapter.acknowledge([...new Set(linesOf(first).map(({ actionKey }) => actionKey))])
        const parcels = parcelsOf(first)
        const results = await adapter.ship(parcels)
        expect(results.map(({ key, outcome }) => [key, outcome])).toEqual(
          parcels.map(({ lineKey }) => [lineKey, 'done']),
        )
        expect(new Set(marketplace.doors.truth().lines.map(({ invoice }) => invoice))).toEqual(
          new Set(['012345678901']),
        )
        const states = linesOf(await adapter.collectOrders(stored(first.next))).map(({ state }) => state)
        expect(states).toEqual(['shipped', 'shipped', 'shipped'])
        expect(new Set((await adapter.ship(parcels)).map(({ outcome }) => outcome))).toEqual(new Set(['already']))
      }))

    test('a carrier the marketplace has no name for is refused without a call', () =>
      onStage(scene, async ({ adapter, simulator, sent }, shop) => {
        buyOne(simulator.buy, shop.plain.item)
        const parcels = parcelsOf(await adapter.collectOrders(null)).map((parcel) => ({ ...parcel, carrier: 'owl' }))
        const before = sent.length
        expect(await adapter.ship(parcels)).toMatchObject([{ key: parcels[0]!.lineKey, outcome: 'refused' }])
        expect(sent.length).toBe(before)
      }))
  })

  describe(`${name}: faults`, () => {
    test('an outage is unreachable or unknown, and everything works again after it', () =>
      onStage(scene, async ({ adapter, simulator }, shop) => {
        const { next } = await adapter.collectOrders(null)
        const sold = lineKeysOf(buyOne(simulator.buy, shop.plain.item))
        simulator.setFaults({ outageUntil: simulator.now() + 3_600_000 })
        const { unit, item } = shop.plain
        for (const call of [
          () => adapter.collectOrders(next),
          () => adapter.readStock(unit),
          () => adapter.setStock(unit, [{ item, quantity: 1 }]),
          () => adapter.acknowledge(['1']),
        ]) {
          expect(['unreachable', 'unknown']).toContain(await faultOf(call()))
        }
        simulator.setFaults({ outageUntil: 0 })
        expect(linesOf(await adapter.collectOrders(next)).map(({ lineKey }) => lineKey)).toEqual(sold)
      }))

    test('a refused connection is unreachable: nothing was applied', () =>
      onStage(scene, async (stage, shop) => {
        await stage.simulator.close()
        expect(await faultOf(stage.adapter.readStock(shop.plain.unit))).toBe('unreachable')
      }))

    test('429 becomes a pause, told to the budget and to the caller', () =>
      onStage(scene, async ({ adapter, simulator, learned }, shop) => {
        await adapter.readStock(shop.plain.unit)
        simulator.setFaults({ rateLimitedUntil: simulator.now() + 60_000 })
        const fault = await thrownBy(adapter.readStock(shop.plain.unit))
        expect(fault.code).toBe('rate_limited')
        expect(fault.pauseMs).toBeGreaterThan(0)
        expect(learned.at(-1)).toMatchObject({ remaining: 0, pauseMs: fault.pauseMs })
        simulator.setFaults({ rateLimitedUntil: 0 })
        await adapter.readStock(shop.plain.unit)
      }))

    test('inside its budget no call is refused, however many are wanted at once', () =>
      onStage(
        scene,
        async ({ adapter, simulator, marketplace }, shop) => {
          buyOne(simulator.buy, shop.plain.item)
          const { unit } = shop.plain
          await Promise.all([
            ...Array.from({ length: 9 }, () => adapter.readStock(unit)),
            adapter.collectOrders(null),
            adapter.setStock(unit, [{ item: shop.plain.item, quantity: 3 }]),
          ])
          expect(scene.overBudget(marketplace)).toBe(0)
          expect(marketplace.doors.calls().reduce((sum, { taken }) => sum + taken, 0)).toBeGreaterThan(11)
        },
        { pace: true },
      ))

    test('a wrong key is signed_out, without a storm of calls, and no secret is in the error', () =>
      onStage(scene, async (stage, shop) => {
        const adapter = stage.another({ credentials: scene.wrongCredentials })
        for (let attempt = 0; attempt < 5; attempt++) {
          const fault = await thrownBy(adapter.readStock(shop.plain.unit))
          expect(fault.code).toBe('signed_out')
          const told = JSON.stringify([fault.message, fault.stack, fault.said, String(fault.cause)])
          for (const [key, secret] of Object.entries(scene.wrongCredentials)) {
            if (/secret|access/i.test(key)) expect(told).not.toContain(secret)
          }
        }
        expect(stage.sent.length).toBeLessThanOrEqual(5)
      }))

    test('an empty key is a fault like any other', () =>
      onStage(scene, async (stage, shop) => {
        const adapter = stage.another({ credentials: {} })
        expect(['signed_out', 'refused']).toContain(await faultOf(adapter.readStock(shop.plain.unit)))
      }))

    test.each([
      ['HTML', '<html><body>Access Denied</body></html>'],
      ['half an answer', '{"code":200,"data":[{"a'],
      ['nothing', ''],
      ['null', 'null'],
      ['a list', '[]'],
      ['an empty object', '{}'],
      ['other types', '{"code":"SUCCESS","timestamp":7,"data":"soon","originProduct":[]}'],
      ['a million brackets', '['.repeat(1_000_000)],
      ['a row of nonsense', '{"code":200,"timestamp":"2026-11-20T09:00:00+09:00","data":[[]],"originProduct":{}}'],
    ])('an answer that is %s is garbled, and not taken for "no orders"', (_, body) =>
      onStage(scene, async (stage, shop) => {
        await stage.adapter.readStock(shop.plain.unit)
        stage.spoilAnswers(() => body)
        expect(await faultOf(stage.adapter.collectOrders(null))).toBe('garbled')
        expect(await faultOf(stage.adapter.readStock(shop.plain.unit))).toBe('garbled')
        expect(await faultOf(stage.adapter.acknowledge(['123']))).toBe('garbled')
      }),
    )

    test('one field of an answer gone wrong is a ChannelFault or tells fewer orders and says so; it never loses one', () =>
      onStage(scene, async (stage, shop) => {
        const [first, second] = shop.options
        const buyAll = (buyer: string) =>
          stage.simulator.buy({ lines: [first!, shop.plain].map(({ item }) => ({ item, quantity: 2 })), buyer })
        const sold = [...lineKeysOf(buyAll('김하나')), ...lineKeysOf(buyAll('이둘'))]
        const [cancelled] = lineKeysOf(buyOne(stage.simulator.buy, second!.item, 3))
        stage.simulator.cancel(cancelled!, null)
        const wrong = fc.record({ at: fc.nat(500), value: fc.constantFrom(...WRONG_VALUES), answer: fc.nat(4) })
        await fc.assert(
          fc.asyncProperty(wrong, async ({ at, value, answer }) => {
            let answers = 0
            stage.spoilAnswers((body) => (answers++ === answer ? withWrongField(body, at, value) : body))
            const startedAt = Date.now()
            const collected = await stage.another().collectOrders(null).catch(mustBeFault)
            await stage.adapter.readStock(shop.plain.unit).catch(mustBeFault)
            if (!collected) return
            const lines = linesOf(collected)
            for (const line of lines) expectSound(line)
            expect(JSON.stringify(collected)).not.toMatch(/\\u0000|\\ud[89a-f]/i)
            const told = new Set(lines.map(({ lineKey }) => lineKey))
            if (!sold.every((key) => told.has(key))) expect(collected.begunAt).toBeLessThan(startedAt - 60_000)
          }),
          { seed: 7, numRuns: 150 },
        )
      }))
  })
}

/** JSON texts that a field of the contract must not hold, or hardly. */
const WRONG_VALUES = [
  'null',
  'true',
  '-1',
  '1.5',
  '1e400',
  '123456789012345678901234567890',
  '[]',
  '{}',
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '"2099-01-01T00:00:00.000+09:00"',
  '"9999-99-99T99:99:99"',
  `"${'가'.repeat(5_000)}"`,
]

/** Which ids a row has is nothing an adapter can check, so those fields stay as they are, as do whole lists. */
const FIELDS = /"(?!data")(\w*(?![iI]d"|No"|Code")\w{2})":("(?:[^"\\]|\\.)*"|-?[\d.]+|true|false|null)/g

function withWrongField(body: string, at: number, value: string): string {
  const fields = [...body.matchAll(FIELDS)]
  const field = fields[at % Math.max(1, fields.length)]
  if (!field) return body
  return `${body.slice(0, field.index)}"${field[1]}":${value}${body.slice(field.index + field[0].length)}`
}

function expectSound(line: ChannelOrderLine): void {
  for (const value of [line.quantity, line.cancelled, line.unitPrice, line.soldAt, line.changedAt]) {
    expect(value).toSatisfy(Number.isSafeInteger)
  }
  expect(line.cancelled).toBeGreaterThanOrEqual(0)
  expect(line.cancelled).toBeLessThanOrEqual(line.quantity)
  for (const key of [line.lineKey, line.unit, line.item]) expect(key).toMatch(/^[\w.:-]+$/)
}

function mustBeFault(error: unknown): null {
  if (!(error instanceof ChannelFault)) throw new Error('not a ChannelFault', { cause: error })
  // What only a bug of ours would throw is wrapped; a wrapped bug is a bug all the same.
  if (error.cause !== undefined) throw new Error('an adapter met an answer it did not foresee', { cause: error.cause })
  return null
}

function openShop({ marketplace, simulator }: Stage): Shop {
  const option = (optionName: string, surcharge: number) => ({
    optionName,
    sellerCode: `BRK-1-${optionName}`,
    stock: 500,
    surcharge,
  })
  const [first, second, plain] = marketplace.doors.seedProducts(
    [
      { name: '브레이크 패드', price: 10_000, options: [option('RD', 500), option('BL', 0)] },
      { name: '와이퍼', price: 7_000, options: [{ optionName: '', sellerCode: 'WIP-1', stock: 1_000, surcharge: 0 }] },
    ],
    simulator.now(),
  )
  const stockOf = (item: string) => marketplace.doors.truth().items.find((row) => row.item === item)?.stock
  return { options: [first!, second!], plain: plain!, stockOf }
}

function buyOne(buy: Stage['simulator']['buy'], item: string, quantity = 1) {
  const purchase: Purchase = { lines: [{ item, quantity }], buyer: '김하나' }
  return buy(purchase)
}

function lineKeysOf(sale: ReturnType<Stage['simulator']['buy']>): string[] {
  if (sale.kind !== 'sold') throw new Error('the shelf is empty')
  return sale.lineKeys
}

function parcelsOf(collected: Collected): Parcel[] {
  return collected.orders.flatMap((order) =>
    order.lines.map(({ lineKey, actionKey, item }) => ({
      lineKey,
      actionKey,
      externalOrderId: order.externalId,
      item,
      carrier: 'cj',
      invoice: '012345678901',
      shippedAt: Date.now(),
    })),
  )
}

/** As it comes back from a database: a copy, its entries in another order. */
function stored(cursor: Cursor | null): Cursor | null {
  return cursor && Object.fromEntries(Object.entries(JSON.parse(JSON.stringify(cursor)) as Cursor).toReversed())
}

async function thrownBy(work: Promise<unknown>): Promise<ChannelFault> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof ChannelFault)) throw new Error('not a ChannelFault', { cause: error })
  expect(CHANNEL_FAULTS).toHaveProperty(error.code)
  return error
}

async function faultOf(work: Promise<unknown>): Promise<string> {
  return (await thrownBy(work)).code
}

function sorted(keys: Iterable<string>): string[] {
  return [...keys].sort()
}
