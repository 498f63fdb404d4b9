import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Plan, type PlannedListing, plan, planJointly } from './plan.ts'
import { unseenAtMost } from './tail.ts'

const NOW = 1_000_000
const DAY = 24 * 3_600_000
const TAIL = { risk: 0.01, unseenMs: 23_000, outShare: 0 }
/** An order in half a day: the risk of the last unit is far below one percent. */
const SLOW = 1.3 / 43_200

const known = (id: string, shown: number, more: Partial<PlannedListing> = {}): PlannedListing => ({
  id,
  bound: shown,
  shown,
  rate: SLOW,
  watchedMs: DAY,
  reachable: true,
  openWrite: false,
  lastMovedAt: null,
  multiplier: 1,
  largest: 99_999,
  tail: TAIL,
  ...more,
})
const actionsOf = (result: Pick<Plan, 'actions'>) =>
  result.actions.map((action) => `${action.kind} ${action.listing} ${action.value}`)

describe('the last units', () => {
  test('are shown everywhere where the stated risk allows it: up to three for each listing', () => {
    const result = plan(6, [known('a', 0), known('b', 0)], NOW)
    expect(actionsOf(result)).toEqual(['raise a 6', 'raise b 6'])
    expect(result.pooled).toEqual(['a', 'b'])
    expect(plan(7, [known('a', 0), known('b', 0)], NOW).pooled).toEqual([])
  })

  test('fall everywhere with each sale', () => {
    const listings = [known('a', 2, { bound: 5, pooled: true }), known('b', 3, { pooled: true })]
    expect(actionsOf(plan(2, listings, NOW))).toEqual(['lower b 2'])
  })

  test('stay shares where one listing is strict, has no second beside it, or sells too fast or for too short a time', () => {
    const strict = (id: string) => {
      const { tail: _, ...rest } = known(id, 0)
      return rest
    }
    expect(plan(2, [strict('a'), strict('b')], NOW).pooled).toEqual([])
    expect(plan(2, [known('a', 0), strict('b')], NOW).pooled).toEqual([])
    expect(plan(2, [known('a', 0), known('b', 0, { rate: 0.05 })], NOW).pooled).toEqual([])
    expect(plan(2, [known('a', 0), known('b', 0, { watchedMs: 60_000 })], NOW).pooled).toEqual([])
    const stale = { tail: { ...TAIL, unseenMs: 6 * 3_600_000 } }
    expect(plan(2, [known('a', 0, stale), known('b', 0, stale)], NOW).pooled).toEqual([])
  })

  test('of a strict listing beside two that pool are its own', () => {
    const { tail: _, ...strict } = known('strict', 2)
    const result = plan(6, [strict, known('a', 0), known('b', 0)], NOW)
    expect(actionsOf(result)).toEqual(['raise a 4', 'raise b 4'])
    expect(result.pooled).toEqual(['a', 'b'])
  })

  test('of a set of two variants keep to rights, whatever its parts may risk', () => {
    const bundle = { ...known('bundle', 0), needs: ['cup', 'plate'].map((variantId) => ({ variantId, quantity: 1 })) }
    const single = (id: string) => ({ ...known(id, 0), needs: [{ variantId: 'cup', quantity: 1 }] })
    const joint = planJointly(
      new Map([
        ['cup', 4],
        ['plate', 4],
      ]),
      [bundle, single('a'), single('b')],
      NOW,
    )
    expect(joint.pooled).toEqual(['a', 'b'])
    const value = (id: string) => joint.actions.find((action) => action.listing === id)?.value ?? 0
    expect(value('bundle') + Math.max(value('a'), value('b'))).toBeLessThanOrEqual(4)
  })
})

describe('back to shares', () => {
  const RUSHED = { rate: 0.02, watchedMs: DAY, pooled: true }

  test('all are lowered at once, to less than there is: unseen sales are put back by the sets', () => {
    const listings = [known('a', 6, RUSHED), known('b', 6, RUSHED)]
    const result = plan(7, listings, NOW)
    expect(result.actions.map((action) => action.kind)).toEqual(['lower', 'lower'])
    const unseen = { rate: 0.02, watchedMs: DAY, unseenMs: 23_000, outShare: 0, quantity: 1 }
    const kept = unseenAtMost(0.01, [unseen, unseen])
    expect(kept).toBeGreaterThan(0)
    expect(result.actions.reduce((sum, action) => sum + action.value, 0)).toBe(7 - kept)
    expect(result.pooled).toEqual(['a', 'b'])
  })

  test('where the risk of what is left has become too great, that is to nothing until all is seen', () => {
    const listings = [known('a', 2, RUSHED), known('b', 2, RUSHED)]
    expect(actionsOf(plan(2, listings, NOW))).toEqual(['lower a 0', 'lower b 0'])
  })

  test('nothing is raised until all rights are covered, then all goes on as before', () => {
    const going = [known('a', 0, { ...RUSHED, bound: 2, openWrite: true }), known('b', 0, { ...RUSHED, bound: 2 })]
    expect(plan(2, going, NOW).actions).toEqual([])
    const done = [known('a', 0, RUSHED), known('b', 0, RUSHED)]
    const result = plan(2, done, NOW)
    expect(result.pooled).toEqual([])
    expect(actionsOf(result)).toEqual(['raise a 1', 'raise b 1'])
  })

  test('what shows in a channel that is away is nobody else’s', () => {
    const listings = [known('away', 4, { ...RUSHED, reachable: false }), known('b', 4, RUSHED)]
    expect(actionsOf(plan(4, listings, NOW))).toEqual(['lower b 0'])
  })
})

test('whatever happens, nobody shows more than what strict listings leave, and plans carried out come to rest', () => {
  const anyListing = fc.record({
    shown: fc.nat(12),
    rate: fc.double({ min: 0, max: 0.004, noNaN: true }),
    multiplier: fc.constantFrom(1, 1, 2),
    isStrict: fc.boolean(),
    risk: fc.constantFrom(0.001, 0.01, 0.2),
  })
  fc.assert(
    fc.property(fc.nat(24), fc.array(anyListing, { minLength: 1, maxLength: 6 }), (stock, given) => {
      const listings: PlannedListing[] = given.map(({ isStrict, risk, ...one }, index) => {
        const { tail: _, ...rest } = known(`${index}`, one.shown, one)
        return isStrict ? rest : { ...rest, tail: { ...TAIL, risk } }
      })
      let round = 0
      for (; round < 60; round += 1) {
        const { actions, pooled } = plan(stock, listings, NOW + round * 11_000)
        for (const listing of listings) listing.pooled = pooled.includes(listing.id)
        if (actions.length === 0) break
        for (const { listing, value } of actions) {
          Object.assign(listings[Number(listing)]!, { shown: value, bound: value, lastMovedAt: NOW + round * 11_000 })
        }
      }
      expect(round).toBeLessThan(60)
      const units = (listing: PlannedListing) => listing.shown! * listing.multiplier
      const apart = listings.filter((listing) => !listing.pooled).reduce((sum, listing) => sum + units(listing), 0)
      const shared = Math.max(0, ...listings.filter((listing) => listing.pooled).map(units))
      expect(apart + shared).toBeLessThanOrEqual(stock)
    }),
    { numRuns: 2_000, seed: 3 },
  )
})
