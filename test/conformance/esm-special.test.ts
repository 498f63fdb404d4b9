import { describe, expect, test } from 'vitest'
import type { ChannelAdapter, ChannelClaim, Cursor, ItemQuantity } from '../../server/modules/channels/adapter.ts'
import type { EsmSwitches } from '../../simulators/esm/index.ts'
import { openWatch, parcelOf } from './claims-told.ts'
import { asEsm, esmScene } from './esm-scene.ts'
import { buyOne, faultOf, lineKeysOf, linesOf, onStage, type Shop, stored, thrownBy } from './shop.ts'
import type { Stage } from './stage.ts'

type Switches = Partial<EsmSwitches>
type Play = (stage: Stage, shop: Shop) => Promise<void>

const play = (act: Play, switches: Switches = {}) => onStage(esmScene(undefined, switches), act)

/** What buyers could buy of an item this moment, by the marketplace's own truth. */
function sellable(stage: Stage, item: string): number {
  const row = stage.marketplace.doors.truth().items.find((each) => each.item === item)!
  return row.onSale ? row.stock : 0
}

/** The same product or option at the other site. */
function twinOf(stage: Stage, item: string): string {
  const { items } = stage.marketplace.doors.truth()
  const { sellerCode } = items.find((row) => row.item === item)!
  return items.find((row) => row.sellerCode === sellerCode && row.item !== item)!.item
}

async function readOf(stage: Stage, unit: string, item: string) {
  const { items } = await stage.adapter.readStock(unit)
  const { quantity, onSale } = items.find((row) => row.item === item)!
  return [quantity, onSale]
}

const WHILE_STOPPED = ['ignored', 'refused', 'applied'] as const

describe('esm: zero is a stop', () => {
  test.each(['refused', 'taken'] as const)(
    'of one site: the other sells on from its own number, which nobody writes, with zeros %s',
    (stopWithZeros) =>
      play(
        async (stage, { plain: { unit, item } }) => {
          const twin = twinOf(stage, item)
          stage.beforeSend(({ method }) => {
            // Sold between our read and our write: writing back what was read would put it on the shelf again.
            if (method === 'PUT') buyOne(stage.simulator.buy, twin, 1)
          })
          await stage.adapter.setStock(unit, [{ item, quantity: 0 }])
          stage.beforeSend(() => {})
          expect([sellable(stage, item), sellable(stage, twin)]).toEqual([0, 999])
          expect(await readOf(stage, unit, item)).toEqual([0, false])
          expect(await readOf(stage, unit, twin)).toEqual([999, true])
        },
        { stopWithZeros },
      ),
  )

  test.each(WHILE_STOPPED)('raised from a stop whose writes are %s, exactly the number is on sale', (whileStopped) =>
    play(
      async (stage, { plain: { unit, item } }) => {
        const twin = twinOf(stage, item)
        await stage.adapter.setStock(unit, [
          { item, quantity: 0 },
          { item: twin, quantity: 0 },
        ])
        await stage.adapter.setStock(unit, [
          { item, quantity: 4 },
          { item: twin, quantity: 0 },
        ])
        expect([sellable(stage, item), sellable(stage, twin)]).toEqual([4, 0])
        await stage.adapter.setStock(unit, [{ item: twin, quantity: 7 }])
        expect([sellable(stage, item), sellable(stage, twin)]).toEqual([4, 7])
      },
      { whileStopped },
    ),
  )

  test('what sold out by itself is sold again, whether that stopped it or not', async () => {
    for (const soldOutStops of [false, true]) {
      await play(
        async (stage, { plain: { unit, item }, options: [option] }) => {
          for (const each of [item, option!.item]) {
            const of = each === item ? unit : option!.unit
            await stage.adapter.setStock(of, [{ item: each, quantity: 1 }])
            buyOne(stage.simulator.buy, each)
            expect((await readOf(stage, of, each))[0]).toBe(0)
            await stage.adapter.setStock(of, [{ item: each, quantity: 3 }])
            expect(sellable(stage, each)).toBe(3)
          }
        },
        { soldOutStops },
      )
    }
  })
})

describe('esm: options', () => {
  const zeros = (items: readonly string[]): ItemQuantity[] => items.map((item) => ({ item, quantity: 0 }))

  test('an option at zero leaves the other options and the other site as they are', () =>
    play(async (stage, { options: [first, second] }) => {
      await stage.adapter.setStock(first!.unit, zeros([first!.item]))
      expect(sellable(stage, first!.item)).toBe(0)
      expect(sellable(stage, second!.item)).toBe(500)
      expect(sellable(stage, twinOf(stage, first!.item))).toBe(500)
      expect(await readOf(stage, first!.unit, first!.item)).toEqual([0, false])
    }))

  test('a number sold down to zero, which no write may repeat, does not hold up the others', () =>
    play(async (stage, { options: [first, second] }) => {
      buyOne(stage.simulator.buy, first!.item, 500)
      await stage.adapter.setStock(second!.unit, [{ item: second!.item, quantity: 9 }])
      expect([sellable(stage, first!.item), sellable(stage, second!.item)]).toEqual([0, 9])
    }))

  test.each(WHILE_STOPPED)('all at zero and one raised again, with stopped sites %s', async (whileStopped) => {
    for (const unlistedOptions of ['removed', 'kept'] as const) {
      await play(
        async (stage, { options: [first, second] }) => {
          const { unit, item } = first!
          await stage.adapter.setStock(unit, zeros([item, second!.item]))
          expect([sellable(stage, item), sellable(stage, second!.item)]).toEqual([0, 0])
          await stage.adapter.setStock(unit, [{ item: second!.item, quantity: 2 }])
          expect([sellable(stage, item), sellable(stage, second!.item)]).toEqual([0, 2])
          await stage.adapter.setStock(unit, [{ item, quantity: 1 }])
          expect([sellable(stage, item), sellable(stage, second!.item)]).toEqual([1, 2])
        },
        { whileStopped, unlistedOptions },
      )
    }
  })

  test('where a hidden option does not stay for sale, the last one stops the site, and nothing is sold', () =>
    play(
      async (stage, { options: [first, second] }) => {
        const { unit, item } = first!
        await stage.adapter.setStock(unit, zeros([item, second!.item]))
        expect([sellable(stage, item), sellable(stage, second!.item)]).toEqual([0, 0])
        expect(sellable(stage, twinOf(stage, item))).toBe(500)
        await stage.adapter.setStock(unit, [{ item, quantity: 6 }])
        expect([sellable(stage, item), sellable(stage, second!.item)]).toEqual([6, 0])
      },
      { hiddenStaysForSale: false },
    ))

  test('a site somebody stopped with more on its shelf than wanted is not resumed', () =>
    play(async (stage, { options: [first, second] }) => {
      const { unit, item } = first!
      await stopByHand(stage, unit)
      expect(await readOf(stage, unit, item)).toEqual([0, false])
      const fault = await thrownBy(stage.adapter.setStock(unit, [{ item, quantity: 3 }]))
      expect([fault.code, fault.why?.reason]).toEqual(['refused', 'resume_by_hand'])
      expect([sellable(stage, item), sellable(stage, second!.item)]).toEqual([0, 0])
    }))
})

/** Somebody stops both sites in the marketplace's own pages, with the numbers as they are. */
async function stopByHand(stage: Stage, unit: string): Promise<void> {
  const put = stage.sent.length
  const plain = stage.marketplace.doors.truth().items.find((row) => row.unit !== unit)!
  await stage.adapter.setStock(plain.unit, [{ item: plain.item, quantity: 0 }])
  const stop = stage.sent.slice(put).find(({ method, url }) => method === 'PUT' && url.endsWith('/sell-status'))!
  const body = JSON.parse(new TextDecoder().decode(stop.body!))
  for (const block of ['price', 'stock']) body.itemBasicInfo[block] = { gmkt: 1_000, iac: 1_000 }
  const headers = new Map(stop.headers.map(([name, value]): [string, string] => [name.toLowerCase(), value]))
  const path = `/item/v1/goods/${unit}/sell-status`
  const request = { method: 'PUT', path, query: '', headers, body: new TextEncoder().encode(JSON.stringify(body)) }
  stage.marketplace.handle(request, stage.simulator.now(), () => 0.5)
}

describe('esm: a write that fails half-way', () => {
  /** Sets of both kinds of product, from what is on sale to what is wanted, over zero and back. */
  const changes: readonly { name: string; of: 'plain' | 'options'; before: number; after: number }[] = [
    { name: 'a number to zero', of: 'plain', before: 8, after: 0 },
    { name: 'zero to a number', of: 'plain', before: 0, after: 5 },
    { name: 'an option to zero', of: 'options', before: 8, after: 0 },
    { name: 'an option from zero', of: 'options', before: 0, after: 5 },
  ]
  const open: readonly Switches[] = WHILE_STOPPED.flatMap((whileStopped) => [
    { whileStopped, hiddenStaysForSale: true },
    { whileStopped, hiddenStaysForSale: false },
  ])

  test.each(changes)('$name: wherever it breaks off, no more is on sale than before or wanted', async (change) => {
    for (const switches of open) {
      for (const fault of ['serverError', 'timeoutAfterCommit'] as const) {
        for (let failing = 1; failing <= 4; failing++) await breakOff(change, switches, fault, failing)
      }
    }
  })

  async function breakOff(
    { of, before, after }: (typeof changes)[number],
    switches: Switches,
    fault: 'serverError' | 'timeoutAfterCommit',
    failing: number,
  ): Promise<void> {
    await play(async (stage, shop) => {
      const rows = of === 'plain' ? [shop.plain] : shop.options
      const { unit } = rows[0]!
      const items = rows.map(({ item }) => item)
      const wanted = (quantity: number) => items.map((item) => ({ item, quantity }))
      await stage.adapter.setStock(unit, wanted(before))
      const most = new Map(items.map((item) => [item, Math.max(sellable(stage, item), after)]))
      let writes = 0
      stage.beforeSend((request) => {
        if (request.method === 'PUT') writes += 1
        for (const item of items) expect(sellable(stage, item)).toBeLessThanOrEqual(most.get(item)!)
        stage.simulator.setFaults({ [fault]: request.method === 'PUT' && writes === failing ? 1 : 0 })
      })
      const impatient = stage.another({ settings: { ...stage.account.settings, timeoutMs: 80 } })
      const outcome = await impatient.setStock(unit, wanted(after)).catch((error: { code: string }) => error.code)
      for (const item of items) expect(sellable(stage, item)).toBeLessThanOrEqual(most.get(item)!)
      // Something may stand: whoever is told "not applied" would promise it again.
      if (writes >= failing) expect(outcome).toBe('unknown')
    }, switches)
  }
})

describe('esm: one site takes a write and the other does not', () => {
  test('what is refused after something was written is unknown: part of it stands', () =>
    play(async (stage, { plain: { unit, item } }) => {
      stage.beforeSend(({ method, url }) => {
        const isSecond = method === 'PUT' && url.endsWith('/stock')
        stage.simulator.setFaults({ rateLimitedUntil: isSecond ? stage.simulator.now() + 60_000 : 0 })
      })
      const both = [
        { item, quantity: 0 },
        { item: twinOf(stage, item), quantity: 5 },
      ]
      const fault = await thrownBy(stage.adapter.setStock(unit, both))
      expect([fault.code, fault.said]).toEqual(['unknown', expect.stringContaining('rate_limited')])
      expect(fault.pauseMs).toBeGreaterThan(0)
      expect(sellable(stage, item)).toBe(0)
    }))

  test.each(['code_0', 'code_1000', 'refused_whole'] as const)(
    'told as %s, it is unknown or nothing stands',
    (partialWrite) =>
      play(
        async (stage, { plain: { unit, item } }) => {
          const twin = twinOf(stage, item)
          let unknown = 0
          for (let round = 1; round <= 30; round++) {
            const before = [sellable(stage, item), sellable(stage, twin)]
            const after = [round, 100 + round]
            const code = await stage.adapter
              .setStock(unit, [
                { item, quantity: after[0]! },
                { item: twin, quantity: after[1]! },
              ])
              .then(
                () => null,
                (error: { code: string }) => error.code,
              )
            const shown = [sellable(stage, item), sellable(stage, twin)]
            if (code === null) expect(shown).toEqual(after)
            else if (code !== 'unknown') expect(shown).toEqual(before)
            else if (shown.join() !== before.join()) unknown += 1
          }
          expect(unknown > 0).toBe(partialWrite !== 'refused_whole')
        },
        { oneSiteFails: 0.4, partialWrite },
      ),
  )
})

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

describe('esm: claims', () => {
  async function asked(stage: Stage, shop: Shop, units = 3) {
    const watch = openWatch(esmScene(), stage)
    const [lineKey] = lineKeysOf(buyOne(stage.simulator.buy, shop.plain.item, units))
    await watch.collect()
    const line = watch.lines.get(lineKey!)!
    await stage.adapter.acknowledge([line.actionKey])
    await watch.collect()
    stage.simulator.cancel(lineKey!, null)
    return { watch, line, lineKey: lineKey! }
  }

  test('shipping a line whose buyer asked to cancel is refused, and the request stands', () =>
    play(async (stage, shop) => {
      const { watch, line, lineKey } = await asked(stage, shop)
      const before = stage.sent.length
      expect(await stage.adapter.ship([parcelOf(line, '1')])).toMatchObject([
        { outcome: 'refused', code: 'CANCEL_REQUESTED' },
      ])
      expect(stage.sent.slice(before).some(({ url }) => url.endsWith('/ShippingInfo'))).toBe(false)
      const cancel = { ...line, externalOrderId: '1', quantity: 3, reason: 'sold_out' as const }
      expect(await stage.adapter.cancelLines([cancel])).toMatchObject([
        { outcome: 'refused', code: 'CANCEL_REQUESTED' },
      ])
      await watch.collect()
      expect(watch.claimOf(lineKey)).toMatchObject({ state: 'requested' })
    }))

  test('a request lapses into a yes after a day, says so before, and tells it after', () =>
    play(async (stage, shop) => {
      const { watch, lineKey } = await asked(stage, shop)
      await watch.collect()
      const { lapses, requestedAt } = watch.claimOf(lineKey) as ChannelClaim
      expect(lapses).toEqual({ at: requestedAt + 86_400_000, answer: 'approve' })
      stage.simulator.setFaults({ clockSkewMs: 86_500_000 })
      await watch.collect()
      expect(watch.claimOf(lineKey)).toMatchObject({ state: 'done', lapses: null })
      expect(watch.lines.get(lineKey)).toMatchObject({ state: 'cancelled', cancelled: 3, cancelRequested: false })
    }))

  test('a process that never saw the order tells its cancel with all of its units, from the cursor alone', () =>
    play(async (stage, shop) => {
      const { watch, lineKey } = await asked(stage, shop, 7)
      const { orders, claims } = await stage.another().collectOrders(stored(watch.cursor))
      expect(orders[0]?.lines).toMatchObject([{ lineKey, quantity: 7, cancelRequested: true, state: 'acknowledged' }])
      expect(claims).toMatchObject([{ lines: [{ lineKey, quantity: 7 }] }])
    }))

  test("the site's own people refund: told as the marketplace's doing", () =>
    play(async (stage, { plain }) => {
      const [lineKey] = lineKeysOf(buyOne(stage.simulator.buy, plain.item))
      const watch = openWatch(esmScene(), stage)
      await watch.collect()
      asEsm(stage.marketplace).cancelBySite(lineKey!, stage.simulator.now())
      await watch.collect()
      expect(watch.claimOf(lineKey!)).toMatchObject({ kind: 'cancel', state: 'done', faultBy: 'marketplace' })
      expect(watch.lines.get(lineKey!)?.state).toBe('cancelled')
    }))

  test('with the grant to cancel without selling out, the item stays on sale', () =>
    play(
      async (stage, { plain }) => {
        buyOne(stage.simulator.buy, plain.item)
        const adapter = stage.another({ settings: { ...stage.account.settings, plainCancel: true } })
        expect(adapter.capabilities.sellerCancel).toEqual({ byQuantity: false, alsoSoldOut: false })
        const [line] = linesOf(await adapter.collectOrders(null))
        const cancel = { ...line!, externalOrderId: '1', reason: 'buyer_asked' as const }
        expect(await adapter.cancelLines([cancel])).toMatchObject([{ outcome: 'done' }])
        expect(buyOne(stage.simulator.buy, plain.item).kind).toBe('sold')
      },
      { withoutRight: [] },
    ))

  test('without the right to see returns orders are told all the same; without that to see orders it is refused', () =>
    play(
      async (stage, { plain }) => {
        buyOne(stage.simulator.buy, plain.item)
        expect(linesOf(await stage.adapter.collectOrders(null))).toHaveLength(1)
        asEsm(stage.marketplace).switches.withoutRight = ['order-list']
        const fault = await thrownBy(stage.adapter.collectOrders(null))
        expect([fault.code, fault.said]).toEqual(['refused', expect.stringContaining('right access')])
      },
      { withoutRight: ['return-list'] },
    ))
})

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
