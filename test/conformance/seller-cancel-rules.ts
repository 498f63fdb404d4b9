import { describe, expect, test } from 'vitest'
import type { SellerCancel } from '../../server/modules/channels/adapter.ts'
import { openWatch, parcelOf, type Watch } from './claims-told.ts'
import { buyOne, faultOf, lineKeysOf, onStage, type Shop } from './shop.ts'
import { capabilitiesOf, type Scene, type Stage } from './stage.ts'

/** cancelLines: units the seller cannot send. */
export function sellerCancelRules(name: string, scene: Scene): void {
  const { sellerCancel } = capabilitiesOf(scene)

  describe(`${name}: seller's cancels`, () => {
    if (!sellerCancel) {
      test('where the seller cannot cancel, it is refused without a call', () =>
        onStage(scene, async ({ adapter, sent }, shop) => {
          const { item } = shop.plain
          const wanted = { lineKey: '1', actionKey: '1', externalOrderId: '1', item, quantity: 1 }
          expect(await faultOf(adapter.cancelLines([{ ...wanted, reason: 'sold_out' }]))).toBe('refused')
          expect(sent).toEqual([])
        }))
      return
    }

    test.each(['paid', 'acknowledged'] as const)(
      'a line that is %s is cancelled whole and told so; again it is already',
      (state) =>
        onStage(scene, async (stage, shop) => {
          const { watch, cancels } = await sold(scene, stage, shop, 1)
          if (state === 'acknowledged') {
            await stage.adapter.acknowledge(cancels.map(({ actionKey }) => actionKey))
            await watch.collect()
          }
          const { lineKey } = cancels[0]!
          expect(await stage.adapter.cancelLines(cancels)).toMatchObject([{ key: lineKey, outcome: 'done' }])
          expect(stage.marketplace.doors.truth().lines[0]).toMatchObject({ quantity: 3, cancelled: 3 })
          expect(await stage.adapter.cancelLines(cancels)).toMatchObject([{ key: lineKey, outcome: 'already' }])
          await watch.until('the cancel', () => watch.lines.get(lineKey)?.state === 'cancelled')
          expect(watch.lines.get(lineKey)).toMatchObject({ quantity: 3, cancelled: 3 })
        }),
    )

    test('of several lines each has its result, and one that cannot be cancelled leaves the others', () =>
      onStage(scene, async (stage, shop) => {
        const { watch, cancels } = await sold(scene, stage, shop, 3)
        const [, shipped] = cancels
        await stage.adapter.acknowledge([shipped!.actionKey])
        await watch.collect()
        await stage.adapter.ship([parcelOf(watch.lines.get(shipped!.lineKey)!, shipped!.externalOrderId)])
        const results = await stage.adapter.cancelLines(cancels)
        expect(results.map(({ key }) => key)).toEqual(cancels.map(({ lineKey }) => lineKey))
        expect(results.map(({ outcome }) => outcome)).toEqual(['done', 'refused', 'done'])
        const cancelled = stage.marketplace.doors.truth().lines.map((line) => line.cancelled)
        expect(cancelled).toEqual([3, 0, 3])
        expect(await stage.adapter.cancelLines([])).toEqual([])
      }))

    test(`some units of a line: ${sellerCancel.byQuantity ? 'the others stay wanted' : 'refused, nothing is cancelled'}`, () =>
      onStage(scene, async (stage, shop) => {
        const { watch, cancels } = await sold(scene, stage, shop, 1)
        const some = cancels.map((cancel) => ({ ...cancel, quantity: 1 }))
        const [result] = await stage.adapter.cancelLines(some)
        expect(result?.outcome).toBe(sellerCancel.byQuantity ? 'done' : 'refused')
        const cancelled = sellerCancel.byQuantity ? 1 : 0
        expect(stage.marketplace.doors.truth().lines[0]).toMatchObject({ quantity: 3, cancelled })
        if (!sellerCancel.byQuantity) {
          const why = { reason: expect.stringMatching(/^whole_(order|line)_only$/) }
          return expect(result).toMatchObject({ message: null, why })
        }
        await watch.until('the cancel', () => watch.lines.get(some[0]!.lineKey)?.cancelled === 1)
        expect(watch.lines.get(some[0]!.lineKey)).toMatchObject({ state: 'paid', quantity: 3 })
      }))

    test.each(['sold_out', 'wrong_price', 'buyer_asked'] as const)('"%s" is a reason the marketplace takes', (reason) =>
      onStage(scene, async (stage, shop) => {
        const { cancels } = await sold(scene, stage, shop, 1)
        const [wanted] = cancels
        expect(await stage.adapter.cancelLines([{ ...wanted!, reason }])).toMatchObject([{ outcome: 'done' }])
      }),
    )

    test(`cancelling ${sellerCancel.alsoSoldOut ? 'takes the item off sale' : 'leaves the item on sale'}, as its capability says`, () =>
      onStage(scene, async (stage, shop) => {
        const { cancels } = await sold(scene, stage, shop, 1)
        await stage.adapter.cancelLines(cancels)
        const isBought = buyOne(stage.simulator.buy, shop.plain.item).kind === 'sold'
        expect(isBought).toBe(!sellerCancel.alsoSoldOut)
      }))

    test('a cancel that timed out is unknown, and already when asked again', () =>
      onStage(scene, async (stage, shop) => {
        const { cancels } = await sold(scene, stage, shop, 1)
        stage.beforeSend((request) => stage.simulator.setFaults({ timeoutAfterCommit: scene.isWrite(request) ? 1 : 0 }))
        expect(await faultOf(stage.adapter.cancelLines(cancels))).toBe('unknown')
        stage.beforeSend(() => stage.simulator.setFaults({ timeoutAfterCommit: 0 }))
        expect(await stage.adapter.cancelLines(cancels)).toMatchObject([{ outcome: 'already' }])
      }))
  })
}

/** Orders of three units each, told and not acknowledged, and the cancels of all of them. */
async function sold(
  scene: Scene,
  stage: Stage,
  shop: Shop,
  orders: number,
): Promise<{ watch: Watch; cancels: SellerCancel[] }> {
  const watch = openWatch(scene, stage)
  const sales = Array.from({ length: orders }, () => buyOne(stage.simulator.buy, shop.plain.item, 3))
  await watch.until('the orders', () => watch.lines.size === orders)
  const cancels = sales.map((sale): SellerCancel => {
    const { lineKey, actionKey, item } = watch.lines.get(lineKeysOf(sale)[0]!)!
    const externalOrderId = sale.kind === 'sold' ? sale.orderId : ''
    return { lineKey, actionKey, externalOrderId, item, quantity: 3, reason: 'sold_out' }
  })
  return { watch, cancels }
}
