import { describe, expect, test } from 'vitest'
import type { StockReading } from '../../server/modules/channels/adapter.ts'
import { buyOne, faultOf, onStage } from './shop.ts'
import { capabilitiesOf, type Scene, type Stage } from './stage.ts'

/** setOnSale: a sale that stops while its number can be read and set, which is what stop–read–set–resume rests on. */
export function saleStopRules(name: string, scene: Scene): void {
  const { saleStop } = capabilitiesOf(scene)

  describe(`${name}: stopping a sale`, () => {
    if (!saleStop) {
      test('where a sale cannot be stopped, it is refused without a call', () =>
        onStage(scene, async ({ adapter, sent }, shop) => {
          for (const onSale of [false, true]) {
            expect(await faultOf(adapter.setOnSale(shop.plain.unit, onSale))).toBe('refused')
          }
          expect(sent).toEqual([])
        }))
      return
    }

    test('a stopped unit sells nothing and shows its number; resumed it sells again', () =>
      onStage(scene, async (stage, shop) => {
        for (const { unit, item, stock } of [shop.options[0]!, shop.plain]) {
          const { onSale, ...number } = await stopped(stage, unit, item)
          expect([onSale, number.quantity]).toEqual([false, stock])
          expect(buyOne(stage.simulator.buy, item).kind).toBe('sold_out')
          expect(shop.stockOf(item)).toBe(stock)
          await stage.adapter.setOnSale(unit, true)
          expect(itemOf(await stage.adapter.readStock(unit), item)).toMatchObject({ quantity: stock, onSale: true })
          expect(buyOne(stage.simulator.buy, item).kind).toBe('sold')
        }
      }))

    test('a number set while the sale is stopped shows at once, and is what sells after it', () =>
      onStage(scene, async (stage, shop) => {
        for (const { unit, item } of [shop.options[0]!, shop.plain]) {
          await stopped(stage, unit, item)
          await stage.adapter.setStock(unit, [{ item, quantity: 2 }])
          expect(itemOf(await stage.adapter.readStock(unit), item)).toMatchObject({ quantity: 2, onSale: false })
          await stage.adapter.setOnSale(unit, true)
          expect(buyOne(stage.simulator.buy, item, 3).kind).toBe('sold_out')
          expect(buyOne(stage.simulator.buy, item, 2).kind).toBe('sold')
        }
      }))

    test('stopping what is stopped and resuming what sells changes nothing', () =>
      onStage(scene, async (stage, shop) => {
        const { unit, item, stock } = shop.plain
        await stage.adapter.setOnSale(unit, true)
        await stopped(stage, unit, item)
        await stage.adapter.setOnSale(unit, false)
        expect(itemOf(await stage.adapter.readStock(unit), item)).toMatchObject({ quantity: stock, onSale: false })
      }))

    test('a unit the marketplace does not know is not_found', () =>
      onStage(scene, async ({ adapter }) => {
        for (const unknown of ['999999', 'no/such?unit', '']) {
          expect(await faultOf(adapter.setOnSale(unknown, false))).toBe('not_found')
        }
      }))

    test('a stop that timed out is unknown, and reading shows that it holds', () =>
      onStage(scene, async (stage, shop) => {
        const { unit, item } = shop.plain
        stage.beforeSend((request) => stage.simulator.setFaults({ timeoutAfterCommit: scene.isWrite(request) ? 1 : 0 }))
        expect(await faultOf(stage.adapter.setOnSale(unit, false))).toBe('unknown')
        expect(itemOf(await stage.adapter.readStock(unit), item)).toMatchObject({ onSale: false })
      }))
  })
}

async function stopped(stage: Stage, unit: string, item: string) {
  await stage.adapter.setOnSale(unit, false)
  return itemOf(await stage.adapter.readStock(unit), item)
}

function itemOf(reading: StockReading, item: string) {
  const found = reading.items.find((row) => row.item === item)
  if (!found) throw new Error(`${item} is not read`)
  return found
}
