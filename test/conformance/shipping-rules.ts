import { describe, expect, test } from 'vitest'
import { CARRIERS, type Parcel } from '../../server/modules/channels/adapter.ts'
import { INVOICE, openWatch, parcelOf, type Watch } from './claims-told.ts'
import { faultOf, linesOf, onStage, type Shop } from './shop.ts'
import { capabilitiesOf, type Scene, type Stage } from './stage.ts'

const OTHER_INVOICE = '000098765432'
const THIRD_INVOICE = '000055556666'

/** ship: a result a line, whatever the others are; `already` only for our own invoice; the number as text. */
export function shippingRules(name: string, scene: Scene): void {
  const { ship } = capabilitiesOf(scene)

  describe(`${name}: shipping`, () => {
    test('a shipped line is told as shipped, with its invoice number as text, and is already when sent again', () =>
      onStage(scene, async (stage, shop) => {
        const { watch, parcels } = await readyToShip(scene, stage, shop, [3])
        const results = await stage.adapter.ship(parcels)
        expect(results.map(({ key, outcome }) => [key, outcome])).toEqual(
          parcels.map(({ lineKey }) => [lineKey, 'done']),
        )
        expect(new Set(invoicesOf(stage))).toEqual(new Set([INVOICE]))
        await watch.until('shipped', () => [...watch.lines.values()].every(({ state }) => state === 'shipped'))
        expect(new Set([...watch.lines.values()].map((line) => line.invoice))).toEqual(new Set([INVOICE]))
        expect(new Set((await stage.adapter.ship(parcels)).map(({ outcome }) => outcome))).toEqual(new Set(['already']))
        expect(await stage.adapter.ship([])).toEqual([])
      }))

    test('a line somebody shipped with another invoice is refused, keeps the invoice it has, and the refusal says which', () =>
      onStage(scene, async (stage, shop) => {
        const { parcels } = await readyToShip(scene, stage, shop, [1])
        await stage.adapter.ship(parcels)
        const other = parcels.map((parcel) => ({ ...parcel, invoice: OTHER_INVOICE }))
        const says = { reason: 'other_invoice', what: INVOICE }
        expect(await stage.adapter.ship(other)).toMatchObject([{ outcome: 'refused', why: says }])
        expect(invoicesOf(stage)).toEqual([INVOICE])
      }))

    test.each(Object.keys(CARRIERS))('carrier %s has its code here, or is refused without a call', (carrier) =>
      onStage(scene, async (stage, shop) => {
        const { parcels } = await readyToShip(scene, stage, shop, [1])
        const before = stage.sent.length
        const invoice = scene.invoices?.[carrier] ?? INVOICE
        const [result] = await stage.adapter.ship(parcels.map((parcel) => ({ ...parcel, carrier, invoice })))
        if (result?.outcome === 'refused') expect(stage.sent.length).toBe(before)
        else expect([result?.outcome, invoicesOf(stage)]).toEqual(['done', [invoice]])
      }),
    )

    test('what cannot go, a carrier nobody knows and a cancelled line, is refused, and the others go', () =>
      onStage(scene, async (stage, shop) => {
        const { watch, parcels } = await readyToShip(scene, stage, shop, [1, 1, 1, 1])
        // Some marketplaces take an invoice number for one parcel only.
        const [first, strange, gone, last] = parcels.map((parcel, at) => ({ ...parcel, invoice: `01234567890${at}` }))
        const cancelled = gone!.lineKey
        if (capabilitiesOf(scene).sellerCancel) {
          const { lineKey, actionKey, externalOrderId, item } = gone!
          const cancel = { lineKey, actionKey, externalOrderId, item, quantity: 1, reason: 'sold_out' } as const
          expect(await stage.adapter.cancelLines([cancel])).toMatchObject([{ outcome: 'done' }])
        } else await stage.adapter.ship([{ ...gone!, invoice: OTHER_INVOICE }])
        expect(watch.lines.has(cancelled)).toBe(true)
        const results = await stage.adapter.ship([first!, { ...strange!, carrier: 'owl' }, gone!, last!])
        expect(results.map(({ key, outcome }) => [key, outcome])).toEqual([
          [first!.lineKey, 'done'],
          [strange!.lineKey, 'refused'],
          [gone!.lineKey, 'refused'],
          [last!.lineKey, 'done'],
        ])
      }))

    test('a carrier the marketplace has no name for is refused without a call', () =>
      onStage(scene, async (stage, shop) => {
        const { parcels } = await readyToShip(scene, stage, shop, [1])
        const before = stage.sent.length
        const [parcel] = parcels
        expect(await stage.adapter.ship([{ ...parcel!, carrier: 'owl' }])).toMatchObject([
          {
            ...{ key: parcel!.lineKey, outcome: 'refused', code: 'CARRIER_UNKNOWN', message: null },
            why: { reason: 'carrier_unknown', what: 'owl' },
          },
        ])
        expect(stage.sent.length).toBe(before)
      }))

    test('more parcels than a call takes all go', () =>
      onStage(scene, async (stage, shop) => {
        const orders = Math.min(60, ship.linesPerCall * 2 + 3)
        const { parcels } = await readyToShip(
          scene,
          stage,
          shop,
          Array.from({ length: orders }, () => 1),
        )
        const numbered = parcels.map((parcel, at) => ({ ...parcel, invoice: `0123456${String(at).padStart(5, '0')}` }))
        const results = await stage.adapter.ship(numbered)
        expect(results.map(({ key, outcome }) => [key, outcome])).toEqual(
          numbered.map(({ lineKey }) => [lineKey, 'done']),
        )
        expect(new Set(invoicesOf(stage))).toEqual(new Set(numbered.map(({ invoice }) => invoice)))
      }))

    if (ship.partial) {
      test('some lines of an order go before others, each with its own invoice', () =>
        onStage(scene, async (stage, shop) => {
          const { watch, parcels } = await readyToShip(scene, stage, shop, [3])
          const [first, ...rest] = parcels
          expect(await stage.adapter.ship([first!])).toMatchObject([{ outcome: 'done' }])
          const stateOf = ({ lineKey }: Parcel) => watch.lines.get(lineKey)?.state
          await watch.until('the first gone', () => stateOf(first!) === 'shipped')
          expect(rest.map(stateOf)).toEqual(['acknowledged', 'acknowledged'])
          // What is left of a parcel that was split may have a key of its own by now.
          const later = rest.map((parcel) => {
            const { actionKey } = watch.lines.get(parcel.lineKey)!
            return { ...parcel, actionKey, invoice: OTHER_INVOICE }
          })
          expect((await stage.adapter.ship(later)).map(({ outcome }) => outcome)).toEqual(['done', 'done'])
          const invoices = new Map(stage.marketplace.doors.truth().lines.map((line) => [line.lineKey, line.invoice]))
          expect(invoices.get(first!.lineKey)).toBe(INVOICE)
          expect(rest.map(({ lineKey }) => invoices.get(lineKey))).toEqual([OTHER_INVOICE, OTHER_INVOICE])
          expect(await stage.adapter.ship([first!])).toMatchObject([{ outcome: 'already' }])
        }))
    } else {
      test('lines that go together cannot have two invoices: refused, and nothing goes', () =>
        onStage(scene, async (stage, shop) => {
          const { parcels } = await readyToShip(scene, stage, shop, [3])
          const apart = parcels.map((parcel, at) => ({ ...parcel, invoice: `${INVOICE}${at}` }))
          expect(new Set((await stage.adapter.ship(apart)).map(({ outcome }) => outcome))).toEqual(new Set(['refused']))
          expect(new Set(invoicesOf(stage))).toEqual(new Set(['']))
        }))
    }

    if (ship.corrects) correctionRules(scene)
    else {
      test('a number that we told cannot be replaced here: refused, and the refusal says which is there', () =>
        onStage(scene, async (stage, shop) => {
          const { parcels } = await readyToShip(scene, stage, shop, [1])
          await stage.adapter.ship(parcels)
          const says = { reason: 'other_invoice', what: INVOICE }
          expect(await stage.adapter.ship(corrected(parcels))).toMatchObject([{ outcome: 'refused', why: says }])
          expect(invoicesOf(stage)).toEqual([INVOICE])
        }))
    }

    test('a parcel that timed out is unknown, and already when told again', () =>
      onStage(scene, async (stage, shop) => {
        const { parcels } = await readyToShip(scene, stage, shop, [1])
        stage.beforeSend((request) => stage.simulator.setFaults({ timeoutAfterCommit: scene.isWrite(request) ? 1 : 0 }))
        expect(await faultOf(stage.adapter.ship(parcels))).toBe('unknown')
        stage.beforeSend(() => stage.simulator.setFaults({ timeoutAfterCommit: 0 }))
        expect(await stage.adapter.ship(parcels)).toMatchObject([{ outcome: 'already' }])
      }))
  })
}

/** Where the feed tells what changed and nothing else: a line we asked about is told again all the same. */
export function tellsAnInvoiceOfOthers(name: string, scene: Scene): void {
  test(`${name}: a line sent with another invoice is told again with the one it has, though nothing changed since`, () =>
    onStage(scene, async (stage, shop) => {
      stage.simulator.buy({ lines: [{ item: shop.plain.item, quantity: 1 }], buyer: '김하나' })
      let collected = await stage.adapter.collectOrders(null)
      const [line] = linesOf(collected)
      await stage.adapter.acknowledge([line!.actionKey])
      const parcel = parcelOf(line!, collected.orders[0]!.externalId)
      await stage.another().ship([{ ...parcel, invoice: '000011112222' }])
      for (let round = 0; round < 6; round++) collected = await stage.adapter.collectOrders(collected.next)
      expect(await stage.adapter.ship([parcel])).toMatchObject([{ outcome: 'refused' }])
      expect(linesOf(await stage.adapter.collectOrders(collected.next))).toMatchObject([
        { lineKey: line!.lineKey, state: 'shipped', invoice: '000011112222' },
      ])
    }))
}

/** corrects: only what we told is replaced, as the marketplace shows it at that moment. */
function correctionRules(scene: Scene): void {
  const isWrite = (stage: Stage, from: number) => stage.sent.slice(from).filter((request) => scene.isWrite(request))

  test('a wrong number is replaced on every line of its parcel, is told so, and is already when sent again', () =>
    onStage(scene, async (stage, shop) => {
      const { watch, parcels } = await readyToShip(scene, stage, shop, [3, 1])
      await stage.adapter.ship(parcels)
      await watch.until('shipped', () => [...watch.lines.values()].every(({ state }) => state === 'shipped'))
      const wrong = parcels.slice(0, 3)
      const results = await stage.adapter.ship(corrected(wrong))
      expect(results.map(({ key, outcome }) => [key, outcome])).toEqual(wrong.map(({ lineKey }) => [lineKey, 'done']))
      expect(invoicesOf(stage)).toEqual([...wrong.map(() => OTHER_INVOICE), INVOICE])
      const shows = ({ lineKey }: Parcel) => watch.lines.get(lineKey)?.invoice
      await watch.until('the new number', () => wrong.every((parcel) => shows(parcel) === OTHER_INVOICE))
      const before = stage.sent.length
      expect(new Set((await stage.adapter.ship(corrected(wrong))).map(({ outcome }) => outcome))).toEqual(
        new Set(['already']),
      )
      expect(isWrite(stage, before)).toEqual([])
    }))

  test('a number somebody gave at the marketplace is not replaced: refused, and the refusal says which is there', () =>
    onStage(scene, async (stage, shop) => {
      const { parcels } = await readyToShip(scene, stage, shop, [1])
      await stage.adapter.ship(parcels.map((parcel) => ({ ...parcel, invoice: THIRD_INVOICE })))
      const before = stage.sent.length
      const says = { reason: 'other_invoice', what: THIRD_INVOICE }
      expect(await stage.adapter.ship(corrected(parcels))).toMatchObject([{ outcome: 'refused', why: says }])
      expect([invoicesOf(stage), isWrite(stage, before)]).toEqual([[THIRD_INVOICE], []])
    }))

  test('whichever number of ours is there is replaced by the newest; where none is, the newest is told', () =>
    onStage(scene, async (stage, shop) => {
      const { parcels } = await readyToShip(scene, stage, shop, [1, 1])
      const [shipped, never] = parcels
      await stage.adapter.ship([shipped!])
      const newest = corrected(parcels).map((parcel) => ({
        ...parcel,
        replaces: [{ carrier: 'cj', invoice: THIRD_INVOICE }, ...parcel.replaces],
      }))
      const results = await stage.adapter.ship(newest)
      expect(results.map(({ key, outcome }) => [key, outcome])).toEqual([
        [shipped!.lineKey, 'done'],
        [never!.lineKey, 'done'],
      ])
      expect(invoicesOf(stage)).toEqual([OTHER_INVOICE, OTHER_INVOICE])
    }))

  test('a wrong carrier is told anew under the same number', () =>
    onStage(scene, async (stage, shop) => {
      const { parcels } = await readyToShip(scene, stage, shop, [1])
      await stage.adapter.ship(parcels)
      const before = stage.sent.length
      const right = parcels.map(({ carrier, ...parcel }) => {
        return { ...parcel, carrier: 'hanjin', replaces: [{ carrier, invoice: parcel.invoice }] }
      })
      expect(await stage.adapter.ship(right)).toMatchObject([{ outcome: 'done' }])
      expect([invoicesOf(stage), isWrite(stage, before).length]).toEqual([[INVOICE], 1])
    }))

  test('a correction that timed out is unknown, and already when told again', () =>
    onStage(scene, async (stage, shop) => {
      const { parcels } = await readyToShip(scene, stage, shop, [1])
      await stage.adapter.ship(parcels)
      stage.beforeSend((request) => stage.simulator.setFaults({ timeoutAfterCommit: scene.isWrite(request) ? 1 : 0 }))
      expect(await faultOf(stage.adapter.ship(corrected(parcels)))).toBe('unknown')
      stage.beforeSend(() => stage.simulator.setFaults({ timeoutAfterCommit: 0 }))
      expect(await stage.adapter.ship(corrected(parcels))).toMatchObject([{ outcome: 'already' }])
      expect(invoicesOf(stage)).toEqual([OTHER_INVOICE])
    }))
}

const corrected = (parcels: readonly Parcel[]): Parcel[] =>
  parcels.map(({ carrier, invoice, ...parcel }) => {
    return { ...parcel, carrier, invoice: OTHER_INVOICE, replaces: [{ carrier, invoice }] }
  })

function invoicesOf(stage: Stage): string[] {
  return stage.marketplace.doors.truth().lines.map(({ invoice }) => invoice)
}

/** Orders of one to three different lines, acknowledged and told so, with a parcel for every line. */
async function readyToShip(
  scene: Scene,
  stage: Stage,
  shop: Shop,
  linesOfOrders: readonly number[],
): Promise<{ watch: Watch; parcels: Parcel[] }> {
  const watch = openWatch(scene, stage)
  const shelf = [shop.plain, ...shop.options]
  const sales = linesOfOrders.map((count) => {
    const lines = shelf.slice(0, count).map(({ item }) => ({ item, quantity: 1 }))
    const sale = stage.simulator.buy({ lines, buyer: '김하나' })
    if (sale.kind !== 'sold') throw new Error('the shelf is empty')
    return sale
  })
  const keys = sales.flatMap(({ lineKeys }) => lineKeys)
  await watch.until('the orders', () => keys.every((key) => watch.lines.has(key)))
  await stage.adapter.acknowledge([...new Set([...watch.lines.values()].map(({ actionKey }) => actionKey))])
  const isReady = (key: string) => watch.lines.get(key)?.state === 'acknowledged'
  await watch.until('acknowledged', () => keys.every(isReady))
  const parcels = sales.flatMap(({ orderId, lineKeys }) =>
    lineKeys.map((key) => parcelOf(watch.lines.get(key)!, orderId)),
  )
  return { watch, parcels }
}
