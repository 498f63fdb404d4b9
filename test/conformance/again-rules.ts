import { describe, expect, test } from 'vitest'
import type { Cursor } from '../../server/modules/channels/adapter.ts'
import { buyOne, faultOf, lineKeysOf, linesOf, onStage, sorted } from './shop.ts'
import type { Scene, Stage } from './stage.ts'

/** What is asked again within a collection, and what is not. */
export function againRules(name: string, scene: Scene): void {
  describe(`${name}: asked again`, () => {
    const passing: readonly [string, (stage: Stage) => Strikes][] = [
      ['an error of the server', serverErrors],
      ['a connection that is cut', cuts],
      ['half an answer', halves],
    ]
    test.each(passing)('a page that fails with %s is asked for again, and its collection is whole', (_, strikes) =>
      onStage(scene, async (stage, shop) => {
        let cursor: Cursor | null = (await stage.adapter.collectOrders(null)).next
        const struck = everyThird(stage, strikes(stage))
        const sold: string[] = []
        const told: string[] = []
        for (let round = 0; round < 4; round++) {
          sold.push(...lineKeysOf(buyOne(stage.simulator.buy, shop.plain.item)))
          const collected = await stage.adapter.collectOrders(cursor)
          told.push(...linesOf(collected).map(({ lineKey }) => lineKey))
          cursor = collected.next
        }
        expect(sorted(new Set(told))).toEqual(sorted(sold))
        expect(struck()).toBeGreaterThanOrEqual(4)
      }),
    )

    test('an outage costs the collection it begins in two calls more, and each after that one call', () =>
      onStage(scene, async ({ adapter, simulator, sent }, shop) => {
        const { next } = await adapter.collectOrders(null)
        const sold = lineKeysOf(buyOne(simulator.buy, shop.plain.item))
        simulator.setFaults({ outageUntil: simulator.now() + 3_600_000 })
        for (const calls of [3, 1, 1]) {
          const before = sent.length
          await faultOf(adapter.collectOrders(next))
          expect(sent.length - before).toBe(calls)
        }
        simulator.setFaults({ outageUntil: 0 })
        expect(linesOf(await adapter.collectOrders(next)).map(({ lineKey }) => lineKey)).toEqual(sold)
      }))

    test('after a refusal for too many calls nothing is asked again', () =>
      onStage(scene, async (stage) => {
        const { adapter, simulator, sent } = stage
        const { next } = await adapter.collectOrders(null)
        let calls = 0
        stage.beforeSend(() => {
          calls += 1
          simulator.setFaults({ serverError: calls === 1 ? 1 : 0, rateLimitedUntil: simulator.now() + 60_000 })
        })
        const before = sent.length
        expect(await faultOf(adapter.collectOrders(next))).toBe('rate_limited')
        expect(sent.length - before).toBe(2)
      }))

    test('a write is sent once, however it fails and whatever was read before', () =>
      onStage(scene, async (stage, shop) => {
        const { adapter, simulator, sent } = stage
        const { unit, item } = shop.plain
        await adapter.collectOrders(null)
        await adapter.setStock(unit, [{ item, quantity: 7 }])
        stage.beforeSend((request) => simulator.setFaults({ serverError: scene.isWrite(request) ? 1 : 0 }))
        const before = sent.length
        expect(await faultOf(adapter.setStock(unit, [{ item, quantity: 9 }]))).toBe('unknown')
        expect(sent.slice(before).filter(scene.isWrite)).toHaveLength(1)
      }))

    test('what is asked again takes its turn in the call budget like any other call', () =>
      onStage(scene, async (stage, shop) => {
        const { next } = await stage.adapter.collectOrders(null)
        buyOne(stage.simulator.buy, shop.plain.item)
        const { strike } = serverErrors(stage)
        const taken: number[] = []
        let before = stage.turns()
        stage.beforeSend(() => {
          strike(taken.length % 3 === 0)
          taken.push(stage.turns() - before)
          before = stage.turns()
        })
        await stage.adapter.collectOrders(next)
        expect(taken.length).toBeGreaterThan(1)
        expect(Math.min(...taken)).toBeGreaterThanOrEqual(1)
      }))
  })
}

/** For those that sign in with a call: it may use up what it is made with, and many of them are punished. */
export function tokenIsAskedForOnce(name: string, scene: Scene): void {
  test(`${name}: a call for a token that fails in a collection is not made again by it`, () =>
    onStage(scene, async (stage) => {
      const { adapter, simulator, sent } = stage
      const { next } = await adapter.collectOrders(null)
      // The token has ended there, and by our clock it has not.
      simulator.setFaults({ clockSkewMs: 4 * 3_600_000 })
      stage.beforeSend((request) => simulator.setFaults({ serverError: scene.isSpoilt(request) ? 0 : 1 }))
      const before = sent.length
      expect(['unreachable', 'unknown']).toContain(await faultOf(adapter.collectOrders(next)))
      expect(sent.slice(before).filter((request) => !scene.isSpoilt(request))).toHaveLength(1)
    }))
}

/** What calls meet from now on. */
type Strikes = { strike(isStruck: boolean): void }

const serverErrors = ({ simulator }: Stage): Strikes => ({
  strike: (isStruck) => simulator.setFaults({ serverError: isStruck ? 1 : 0 }),
})

const cuts = ({ simulator }: Stage): Strikes => ({
  strike: (isStruck) => simulator.setFaults({ outageUntil: isStruck ? simulator.now() + 60_000 : 0 }),
})

const halves = (stage: Stage): Strikes => ({
  strike: (isStruck) => stage.spoilAnswers(isStruck ? (body) => body.slice(0, body.length / 2) : null),
})

/** Every third call fails, beginning with the next. Answers how many have. */
function everyThird(stage: Stage, { strike }: Strikes): () => number {
  let calls = 0
  stage.beforeSend(() => strike(calls++ % 3 === 0))
  return () => Math.ceil(calls / 3)
}
