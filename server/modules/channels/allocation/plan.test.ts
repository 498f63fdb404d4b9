import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type JointListing, type OwnMall, type Plan, type PlannedListing, plan, planJointly } from './plan.ts'

const NOW = 1_000_000
const known = (id: string, shown: number, more: Partial<PlannedListing> = {}): PlannedListing => ({
  id,
  bound: shown,
  shown,
  rate: 0,
  reachable: true,
  openWrite: false,
  lastMovedAt: null,
  multiplier: 1,
  largest: 99_999,
  ...more,
})
const actionsOf = (result: Pick<Plan, 'actions'>) =>
  result.actions.map((action) => `${action.kind} ${action.listing} ${action.value}`)

describe('targets', () => {
  test('are equal while nobody has bought yet, a tenth staying free', () => {
    const result = plan(100, [known('a', 0), known('b', 0), known('c', 0)], NOW)
    expect([...result.desired.values()]).toEqual([30, 30, 30])
    expect(actionsOf(result)).toEqual(['raise a 30', 'raise b 30', 'raise c 30'])
  })

  test('follow demand, and everything is given out when stock is scarce', () => {
    const result = plan(4, [known('fast', 0, { rate: 3 }), known('slow', 0, { rate: 1 })], NOW)
    expect(Object.fromEntries(result.desired)).toEqual({ fast: 3, slow: 1 })
  })

  test('leave a listing nobody bought from one unit where there are three for everybody', () => {
    const result = plan(6, [known('fast', 0, { rate: 1000 }), known('never', 0)], NOW)
    expect(Object.fromEntries(result.desired)).toEqual({ fast: 5, never: 1 })
  })

  test('never pass what the channel takes', () => {
    const result = plan(1_000, [known('small', 0, { largest: 20 }), known('big', 0)], NOW)
    expect(Object.fromEntries(result.desired)).toEqual({ small: 20, big: 880 })
  })

  test('count a 1+1 listing as two units each', () => {
    const result = plan(9, [known('double', 0, { multiplier: 2 }), known('single', 0)], NOW)
    expect(Object.fromEntries(result.desired)).toEqual({ double: 3, single: 3 })
  })
})

describe('raises', () => {
  test('never cost more than the free part, and cost their whole value', () => {
    expect(actionsOf(plan(10, [known('a', 3)], NOW))).toEqual(['raise a 7'])
    expect(actionsOf(plan(10, [known('a', 3, { bound: 7 })], NOW))).toEqual([])
  })

  test('wait until a listing has sold down to 35 hundredths of its target', () => {
    const others = [known('b', 0, { largest: 0 })]
    expect(actionsOf(plan(1_000, [known('a', 316), ...others], NOW))).toEqual([])
    expect(actionsOf(plan(1_000, [known('a', 315), ...others], NOW))).toEqual(['raise a 685'])
  })

  test('go to no listing that cannot be reached or has a write without an answer', () => {
    const listings = [known('stuck', 0, { reachable: false }), known('asked', 0, { openWrite: true })]
    expect(actionsOf(plan(100, listings, NOW))).toEqual([])
  })

  test('put sold-out listings before others', () => {
    const listings = [known('low', 3, { rate: 9 }), known('out', 0, { rate: 0.5 })]
    expect(actionsOf(plan(100, listings, NOW))).toEqual(['raise out 4', 'raise low 86'])
  })

  test('repair a number nobody knows by setting it', () => {
    expect(actionsOf(plan(50, [known('a', 5, { shown: null })], NOW))).toEqual(['raise a 45'])
  })
})

describe('a listing whose number is changed by the difference', () => {
  const exact = (id: string, shown: number, more: Partial<PlannedListing> = {}) =>
    known(id, shown, { exact: true, ...more })

  test('pays for what is added, and is lowered to its target for nothing', () => {
    const full = known('full', 3, { largest: 3 })
    expect(actionsOf(plan(10, [exact('a', 2, { rate: 1 }), full], NOW))).toEqual(['raise a 7'])
    expect(actionsOf(plan(10, [exact('a', 10, { rate: 1 }), known('b', 0, { rate: 1 })], NOW))).toEqual(['lower a 5'])
  })
})

describe('two listings of one variant in one channel', () => {
  test('share what is available as two channels would', () => {
    const twins = [known('ad', 0, { rate: 3 }), known('plain', 0, { rate: 1 })]
    const result = plan(40, twins, NOW)
    expect([...result.desired.values()].reduce((sum, units) => sum + units, 0)).toBe(36)
    expect(result.desired.get('ad')).toBeGreaterThan(result.desired.get('plain')!)
  })
})

describe('lowerings', () => {
  const full = (more: Partial<PlannedListing> = {}) => known('full', 10, { rate: 1, ...more })
  const hungry = known('hungry', 0, { rate: 1 })

  test('make room for a starving listing, to 0 while nothing is free', () => {
    const result = plan(10, [full(), hungry], NOW)
    expect(actionsOf(result)).toEqual(['lower full 0'])
    expect(result.starving).toEqual(['hungry'])
  })

  test('leave alone whoever was moved in the last five seconds', () => {
    expect(actionsOf(plan(10, [full({ lastMovedAt: NOW - 4_999 }), hungry], NOW))).toEqual([])
    expect(actionsOf(plan(10, [full({ lastMovedAt: NOW - 5_000 }), hungry], NOW))).toEqual(['lower full 0'])
  })

  test('come one at a time', () => {
    const others = [known('second', 10, { rate: 1 }), hungry]
    expect(plan(20, [full(), ...others], NOW).actions).toHaveLength(1)
    expect(plan(20, [full({ openWrite: true }), ...others], NOW).actions).toEqual([])
  })

  test('are not held up by a write into a channel that is away', () => {
    const away = known('away', 0, { reachable: false, openWrite: true })
    expect(actionsOf(plan(10, [full(), hungry, away], NOW))).toEqual(['lower full 0'])
  })

  test('need a clearly better use: 1.3 times', () => {
    const scarce = (rate: number) => plan(3, [known('has', 3, { rate: 1 }), known('wants', 0, { rate })], NOW)
    expect(scarce(0.43).actions).toEqual([])
    expect(scarce(0.51).actions).toHaveLength(1)
  })

  test('take from a listing that must not sell at all, whoever starves', () => {
    expect(actionsOf(plan(90, [known('paused', 8, { largest: 0 }), known('b', 80)], NOW))).toEqual(['lower paused 0'])
  })
})

describe('exposure', () => {
  test('is fenced where most is to spare, until the rights of the others are covered, and raises nothing', () => {
    const listings = [known('a', 9, { rate: 1 }), known('b', 4, { rate: 1 }), known('c', 0, { rate: 1 })]
    const result = plan(5, listings, NOW)
    expect(result.free).toBe(-8)
    expect(actionsOf(result)).toEqual(['fence a 0'])
  })

  test('counts a lowering under way as done, but not one into a channel that is away', () => {
    const going = { shown: 0, openWrite: true, lastMovedAt: NOW }
    expect(plan(5, [known('a', 9, going), known('b', 4)], NOW).actions).toEqual([])
    const away = plan(5, [known('a', 9, { ...going, reachable: false }), known('b', 4)], NOW)
    expect(actionsOf(away)).toEqual(['fence b 0'])
    expect(away.structuralExposure).toBe(4)
  })

  test('of an unknown listing: it is fenced, nothing is raised, and the others keep what they have', () => {
    const unknown = known('new', 0, { bound: Number.POSITIVE_INFINITY, shown: null })
    const result = plan(50, [unknown, known('b', 4), known('c', 0)], NOW)
    expect(result.free).toBe(Number.NEGATIVE_INFINITY)
    expect(actionsOf(result)).toEqual(['fence new 0'])
    const away = plan(50, [{ ...unknown, reachable: false }, known('b', 4)], NOW)
    expect(away.actions).toEqual([])
    expect(away.structuralExposure).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('the own mall', () => {
  const listings = [known('a', 0, { rate: 1 }), known('b', 0, { rate: 1 })]

  test('is left its part of the free units by its demand', () => {
    const result = plan(9, listings, NOW, { ownMall: { rate: 1 } })
    expect(actionsOf(result)).toEqual(['raise a 3', 'raise b 3'])
  })

  test('makes room for itself when everything is on the channels', () => {
    const full = [known('a', 5, { rate: 1 }), known('b', 4, { rate: 1 })]
    expect(actionsOf(plan(9, full, NOW, { ownMall: { rate: 1 } }))).toEqual(['lower a 0'])
    expect(plan(9, full, NOW).actions).toEqual([])
  })
})

test('a listing whose rights exceed what it shows is worth reading once nothing is under way', () => {
  const phantom = known('phantom', 0, { bound: 3 })
  expect(plan(90, [phantom, known('sure', 30)], NOW).worthReading).toEqual(['phantom'])
  expect(plan(90, [{ ...phantom, openWrite: true }], NOW).worthReading).toEqual([])
  expect(plan(90, [{ ...phantom, lastMovedAt: NOW - 1 }], NOW).worthReading).toEqual([])
})

test('a bundle is raised by its scarcest component, and frees both when it is lowered', () => {
  const { multiplier: _, ...single } = known('single', 0, { rate: 1 })
  const { multiplier: __, ...bundle } = known('bundle', 4, { rate: 0.001 })
  const listings: JointListing[] = [
    { ...single, needs: [{ variantId: 'cup', quantity: 1 }] },
    {
      ...bundle,
      needs: [
        { variantId: 'cup', quantity: 2 },
        { variantId: 'plate', quantity: 1 },
      ],
    },
  ]
  const result = planJointly(
    new Map([
      ['cup', 8],
      ['plate', 30],
    ]),
    listings,
    NOW,
  )
  expect(Object.fromEntries(result.free)).toEqual({ cup: 0, plate: 26 })
  expect(actionsOf(result)).toEqual(['lower bundle 0'])
})

describe('plans carried out and seen, again and again', () => {
  const anyListing = fc.record({
    shown: fc.integer({ min: 0, max: 40 }),
    rate: fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 2, noNaN: true })),
    multiplier: fc.constantFrom(1, 1, 1, 2, 3),
    largest: fc.constantFrom(99_999, 99_999, 99_999, 12),
  })

  test('come to rest, with every right covered and nobody sold out where there are three for everybody', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 300 }),
        fc.array(anyListing, { minLength: 1, maxLength: 7 }),
        fc.option(fc.record({ rate: fc.double({ min: 0, max: 2, noNaN: true }) }), { nil: undefined }),
        (stock, given, ownMall) => {
          const listings = given.map((listing, index) =>
            known(`${index}`, Math.min(listing.shown, listing.largest), listing),
          )
          const rounds = carriedOut(stock, listings, ownMall)
          expect(rounds).toBeLessThan(4 * listings.length + 4)
          expect(promised(listings)).toBeLessThanOrEqual(stock)
          const enough = 3 * listings.reduce((sum, listing) => sum + listing.multiplier, ownMall ? 1 : 0)
          if (stock >= enough && ownMall) expect(stock - promised(listings)).toBeGreaterThanOrEqual(1)
          if (stock >= enough) for (const listing of listings) expect(listing.shown).toBeGreaterThanOrEqual(1)
        },
      ),
      { numRuns: 1_500, seed: 5 },
    )
  })

  test('never promise more than there is on the way, once all is covered', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 300 }),
        fc.array(anyListing, { minLength: 1, maxLength: 7 }),
        (extra, given) => {
          const listings = given.map((listing, index) => known(`${index}`, listing.shown, listing))
          const stock = promised(listings) + extra
          const { actions } = plan(stock, listings, NOW)
          const cost = actions.reduce(
            (sum, { listing, value }) => sum + value * listings[Number(listing)]!.multiplier,
            0,
          )
          expect(promised(listings) + cost).toBeLessThanOrEqual(stock)
        },
      ),
      { numRuns: 2_000, seed: 6 },
    )
  })

  const carriedOut = (stock: number, listings: PlannedListing[], ownMall: OwnMall | undefined): number => {
    for (let round = 0; round < 100; round += 1) {
      const now = NOW + round * 11_000
      const { actions } = plan(stock, listings, now, ownMall ? { ownMall } : {})
      if (actions.length === 0) return round
      for (const { listing, value } of actions) {
        Object.assign(listings[Number(listing)]!, { shown: value, bound: value, lastMovedAt: now })
      }
    }
    return 100
  }
  const promised = (listings: readonly PlannedListing[]) =>
    listings.reduce((sum, listing) => sum + listing.bound * listing.multiplier, 0)
})

test('bundles come to rest, too, with every component covered and no part of it idle while a listing is sold out', () => {
  const anyJoint = fc.record({
    rate: fc.double({ min: 0, max: 2, noNaN: true }),
    needs: fc.uniqueArray(
      fc.record({ variantId: fc.constantFrom('cup', 'plate', 'box'), quantity: fc.integer({ min: 1, max: 3 }) }),
      { minLength: 1, selector: (need) => need.variantId },
    ),
  })
  const anyStock = fc.tuple(
    ...['cup', 'plate', 'box'].map((id) => fc.tuple(fc.constant(id), fc.integer({ min: 0, max: 120 }))),
  )
  fc.assert(
    fc.property(
      anyStock,
      fc.array(anyJoint, { minLength: 1, maxLength: 6 }),
      fc.array(fc.nat(9)),
      (stock, given, start) => {
        const components = new Map(stock)
        const listings: JointListing[] = given.map((one, index) => ({
          ...known(`${index}`, start[index] ?? 0),
          ...one,
        }))
        const left = () => {
          const rest = new Map(components)
          for (const { bound, needs } of listings) {
            for (const { variantId, quantity } of needs) rest.set(variantId, rest.get(variantId)! - bound * quantity)
          }
          return rest
        }
        let round = 0
        for (; round < 60; round += 1) {
          const now = NOW + round * 11_000
          const { actions } = planJointly(components, listings, now)
          if (actions.length === 0) break
          for (const { listing, value } of actions) {
            Object.assign(listings[Number(listing)]!, { shown: value, bound: value, lastMovedAt: now })
          }
        }
        expect(round).toBeLessThan(60)
        const idle = left()
        for (const units of idle.values()) expect(units).toBeGreaterThanOrEqual(0)
        const { desired } = planJointly(components, listings, NOW)
        for (const { id, shown, needs } of listings) {
          const fits = needs.every(({ variantId, quantity }) => idle.get(variantId)! >= quantity)
          expect(shown === 0 && desired.get(id)! > 0 && fits).toBe(false)
        }
      },
    ),
    { numRuns: 1_000, seed: 7 },
  )
})

test('asking twice gives the same answer and changes nothing', () => {
  const listings = [known('a', 9, { rate: 2 }), known('b', 0, { rate: 1 })]
  const before = structuredClone(listings)
  expect(plan(9, listings, NOW)).toEqual(plan(9, listings, NOW))
  expect(listings).toEqual(before)
})
