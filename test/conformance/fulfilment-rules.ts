import { describe, expect, test } from 'vitest'
import { buyOne, faultOf, linesOf, onStage, stored } from './shop.ts'
import type { Scene } from './stage.ts'

/** acknowledge. */
export function fulfilmentRules(name: string, scene: Scene): void {
  describe(`${name}: acknowledging`, () => {
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
  })
}
