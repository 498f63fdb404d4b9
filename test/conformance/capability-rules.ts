import { describe, expect, test } from 'vitest'
import { tokensInMemory } from '../../server/modules/channels/tokens-in-memory.ts'
import { onStage } from './shop.ts'
import type { Scene } from './stage.ts'

/** What an adapter says of its channel is complete, and it stays inside what it says. */
export function capabilityRules(name: string, scene: Scene): void {
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

    test('what a person is asked for is all that it signs in with', () =>
      onStage(scene, async ({ account, adapter: { capabilities } }) => {
        const { credentials } = capabilities
        expect(credentials.map((field) => field.name)).toEqual(expect.arrayContaining(Object.keys(account.credentials)))
        const wanted = credentials.filter(({ needed }) => needed === 'always').map((field) => field.name)
        expect(Object.keys(account.credentials)).toEqual(expect.arrayContaining(wanted))
        expect(credentials.some(({ secret }) => secret)).toBe(true)
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
          tokens: tokensInMemory(),
        })
        await adapter.readStock(shop.plain.unit).catch(() => {})
        await adapter.collectOrders(null).catch(() => {})
        // A call may draw from more than one budget.
        expect(sentWhenSpent).toHaveLength(2)
        expect(sentWhenSpent[0]).toBeGreaterThan(0)
        expect(sentWhenSpent[1]).toBeGreaterThan(sentWhenSpent[0]!)
        const named = adapter.capabilities.budgets.map(({ bucket }) => bucket)
        for (const bucket of spent) expect(named).toContain(bucket)
      }))
  })
}
