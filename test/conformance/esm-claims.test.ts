import { describe, expect, test } from 'vitest'
import type { ChannelClaim } from '../../server/modules/channels/adapter.ts'
import { openWatch, parcelOf } from './claims-told.ts'
import { play } from './esm-play.ts'
import { asEsm, esmScene } from './esm-scene.ts'
import { buyOne, lineKeysOf, linesOf, type Shop, stored, thrownBy } from './shop.ts'
import type { Stage } from './stage.ts'

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
