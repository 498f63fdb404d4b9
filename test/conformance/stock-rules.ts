import { describe, expect, test } from 'vitest'
import { buyOne, faultOf, onStage } from './shop.ts'
import { capabilitiesOf, type Scene } from './stage.ts'

/** setStock and readStock. */
export function stockRules(name: string, scene: Scene): void {
  const { zeroAllowed } = capabilitiesOf(scene)
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

    test(`zero ${zeroAllowed ? 'can be set, is read as zero, and can be raised again' : 'is refused, and nothing is set'}`, () =>
      onStage(scene, async ({ adapter, simulator }, shop) => {
        const { unit, item, stock } = shop.plain
        if (!zeroAllowed) {
          expect(await faultOf(adapter.setStock(unit, [{ item, quantity: 0 }]))).toBe('refused')
          expect(shop.stockOf(item)).toBe(stock)
          return
        }
        const quantityRead = async () =>
          (await adapter.readStock(unit)).items.filter((row) => row.item === item).map(({ quantity }) => quantity)
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
        const { items } = await stage.adapter.readStock(unit)
        expect(items.find((row) => row.item === item)?.quantity).toBe(5)
      }))

    test('a server error before or after the act is unknown, for the caller cannot tell which', () =>
      onStage(scene, async (stage, shop) => {
        const { unit, item } = shop.plain
        stage.beforeSend((request) => stage.simulator.setFaults({ serverError: scene.isWrite(request) ? 1 : 0 }))
        expect(await faultOf(stage.adapter.setStock(unit, [{ item, quantity: 5 }]))).toBe('unknown')
      }))
  })
}
