import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Exchange } from './exchange.ts'
import * as rules from './exchange.ts'

/**
 * Why it holds. H = units sold that the ledger lacks + the true counter − units given back that it lacks, as in
 * rights.test.ts. A sale, and its recording, move H and the account alike. While the listing is stopped only cancels move
 * the counter, so a set of v over c moves H by v − c, and by that the account moves when v is seen; before that the
 * greater of the two is held.
 *
 * The model loses stops, sets and resumes, applies them late, lets cancels come back at any instant, and tells orders
 * as late as it likes.
 */
describe('what a listing may still sell by stop, read, set, resume', () => {
  test('is never below what buyers can take, with lost and late calls, cancels inside a stop and orders told any time later', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const world = newWorld(rules)
        for (const step of script) {
          take(world, step)
          if (holdings(world) > rules.exchangeBound(world.exchange))
            throw new Error(`${holdings(world)} > ${rules.exchangeBound(world.exchange)} after ${step.kind}`)
        }
      }),
      { numRuns: 40_000, seed: 1 },
    )
  }, 60_000)

  test('is exactly what is shown once all is told and no cancel was in doubt', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const world = newWorld(rules)
        for (const step of script) if (step.kind !== 'cancel') take(world, step)
        settle(world)
        expect(rules.exchangeBound(world.exchange)).toBe(world.counter)
      }),
      { numRuns: 2_000, seed: 2 },
    )
  })

  test('is exactly what is shown once all is told, cancels and all that came back before a number was chosen or after it was seen', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const world = newWorld(rules)
        for (const step of script) {
          const { at } = world.exchange.step
          const isInDoubt = at === 'choose' || at === 'set' || at === 'set?' || !isBackOnShelf(step.n)
          if (step.kind !== 'cancel' || !isInDoubt) take(world, step)
        }
        settle(world)
        expect(rules.exchangeBound(world.exchange)).toBe(world.counter)
      }),
      { numRuns: 2_000, seed: 4 },
    )
  })

  type Sabotage = Partial<Rules>
  const sabotages: Record<string, Sabotage> = {
    'the put is counted only when the sale resumes': {
      chosen: (exchange, value) => ({ ...rules.chosen(exchange, value), held: 0 }),
    },
    'a read that shows another number counts as nothing put': {
      looked: (exchange, seen) => {
        const { step } = exchange
        const isOther = step.at === 'set?' && seen.counter !== step.value && seen.counter !== step.counter
        return isOther
          ? { ...exchange, held: 0, step: { at: 'choose', counter: seen.counter } }
          : rules.looked(exchange, seen)
      },
    },
    'a stop is believed without a look': {
      looked: (exchange, seen) => rules.looked(exchange, { ...seen, onSale: exchange.step.at === 'resumed?' }),
    },
    'units given back are ignored': {
      recordedInExchange: (exchange, at, quantity) =>
        quantity < 0 ? exchange : rules.recordedInExchange(exchange, at, quantity),
    },
    'a new account takes over before every order was told': {
      grounded: (exchange) => rules.grounded(exchange, Number.POSITIVE_INFINITY),
    },
    'a new account lacks what was put after its read': {
      looked: (exchange, seen) => ({ ...rules.looked(exchange, seen), ground: exchange.ground }),
    },
  }
  for (const [name, sabotage] of Object.entries(sabotages)) {
    test(`falls short when ${name}`, () => {
      const found = fc.check(
        fc.property(steps, (script) => {
          const world = newWorld({ ...rules, ...sabotage })
          return script.every((step) => {
            take(world, step)
            return holdings(world) <= rules.exchangeBound(world.exchange)
          })
        }),
        { numRuns: 40_000, seed: 3, endOnFailure: true },
      )
      expect(found.failed).toBe(true)
    })
  }
})

test('a put is counted once, though its resume was lost and sent again', () => {
  let exchange = rules.exchangeWanted(rules.beginExchanges(3, 0))
  exchange = rules.looked(rules.leaving(exchange), { counter: 3, onSale: false, at: 100 })
  exchange = rules.looked(rules.leaving(rules.chosen(exchange, 8)), { counter: 8, onSale: false, at: 100 })
  expect(rules.exchangeBound(exchange)).toBe(8)
  exchange = rules.looked(rules.leaving(exchange), { counter: 8, onSale: false, at: 100 })
  exchange = rules.looked(rules.leaving(exchange), { counter: 8, onSale: true, at: 100 })
  expect([exchange.step.at, rules.exchangeBound(exchange)]).toEqual(['rest', 8])
})

test('with nothing known the bound is without end, and what another account knew is where this one begins', () => {
  expect(rules.exchangeBound(rules.beginExchanges(Number.POSITIVE_INFINITY, 0))).toBe(Number.POSITIVE_INFINITY)
  expect(rules.exchangeBound(rules.beginExchanges(4, 0))).toBe(4)
})

test('an edit at the marketplace is known a day later, by a read that every order has gone past', () => {
  const read = rules.groundRead(rules.beginExchanges(4, 0), 9, 100, 110)
  expect(rules.exchangeBound(rules.recordedInExchange(read, 120, 1))).toBe(3)
  expect(rules.exchangeBound(rules.grounded(rules.recordedInExchange(read, 120, 1), 109))).toBe(3)
  expect(rules.exchangeBound(rules.grounded(rules.recordedInExchange(read, 120, 1), 110))).toBe(8)
})

test('what a listing shows it can sell, whoever put it there', () => {
  const stopped = rules.leaving(rules.exchangeWanted(rules.beginExchanges(3, 0)))
  expect(rules.exchangeBound(rules.looked(stopped, { counter: 9, onSale: false, at: 100 }))).toBe(9)
  expect(rules.exchangeBound(rules.looked(stopped, { counter: 2, onSale: false, at: 100 }))).toBe(3)
})

test('units given back are met at a stop before they are told, and count once', () => {
  const stopped = rules.leaving(rules.exchangeWanted(rules.beginExchanges(3, 0)))
  const met = rules.looked(stopped, { counter: 5, onSale: false, at: 100 })
  const told = rules.recordedInExchange(met, 90, -2)
  expect([met, told, rules.recordedInExchange(told, 95, -1)].map(rules.exchangeBound)).toEqual([5, 5, 6])
})

test('an edit that was taken for units given back is known again at the next look', () => {
  const stopped = rules.leaving(rules.exchangeWanted(rules.beginExchanges(3, 0)))
  const told = rules.recordedInExchange(rules.looked(stopped, { counter: 9, onSale: false, at: 100 }), 120, -2)
  expect([told, rules.showing(told, 11, 130)].map(rules.exchangeBound)).toEqual([9, 11])
})

test('what a look found is nobody’s cancel any more once all cancels from before it are told', () => {
  const stopped = rules.leaving(rules.exchangeWanted(rules.beginExchanges(3, 0)))
  const edited = rules.looked(stopped, { counter: 9, onSale: false, at: 100 })
  const before = rules.recordedInExchange(rules.allTold(edited, 104, 5), 120, -1)
  const after = rules.recordedInExchange(rules.allTold(edited, 105, 5), 120, -1)
  expect([before, after].map(rules.exchangeBound)).toEqual([9, 10])
})

test('a read that may lack units given back while it was under way begins no new account', () => {
  const back = rules.recordedInExchange(rules.beginExchanges(4, 0), 105, -1)
  expect(rules.groundRead(back, 4, 100, 110).ground).toBeNull()
  expect(rules.groundRead(back, 5, 106, 110).ground).toMatchObject({ units: 5 })
})

test('what was refused for good is let be: a stop before anything stopped, a number so that the sale goes on', () => {
  const wanted = rules.exchangeWanted(rules.beginExchanges(3, 0))
  expect(rules.givenUp(rules.notApplied(rules.leaving(wanted))).step).toEqual({ at: 'rest' })
  const stopped = rules.looked(rules.leaving(wanted), { counter: 3, onSale: false, at: 100 })
  const refused = rules.givenUp(rules.notApplied(rules.leaving(rules.chosen(stopped, 8))))
  expect([refused.step, rules.exchangeBound(refused)]).toEqual([{ at: 'resume' }, 3])
})

test('something sent is adrift until it was answered, waited for, or seen', () => {
  const sent = rules.leaving(rules.exchangeWanted(rules.beginExchanges(3, 0)))
  expect(sent.adrift).toBe(true)
  for (const after of [
    rules.over(sent),
    rules.notApplied(sent),
    rules.looked(sent, { counter: 3, onSale: false, at: 100 }),
  ]) {
    expect(after.adrift).toBe(false)
  }
})

type Rules = Pick<
  typeof rules,
  | 'exchangeWanted'
  | 'chosen'
  | 'leaving'
  | 'notApplied'
  | 'looked'
  | 'recordedInExchange'
  | 'groundRead'
  | 'grounded'
  | 'allTold'
>
type Entry = { at: number; quantity: number; moved: number; recorded: boolean; cancelled: boolean }
type Call = { kind: 'stop' | 'set' | 'resume'; value: number }
type World = {
  rules: Rules
  exchange: Exchange
  now: number
  counter: number
  onSale: boolean
  entries: Entry[]
  /** Sent, and neither applied nor lost yet; no read before it is one of both. */
  adrift: Call | null
}

const KINDS = ['sell', 'sell', 'cancel', 'want', 'send', 'send', 'apply', 'apply', 'lose', 'refuse'] as const
const MORE = ['look', 'look', 'choose', 'record', 'ground', 'pass'] as const
type Step = { kind: (typeof KINDS)[number] | (typeof MORE)[number]; n: number }
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({ kind: fc.constantFrom(...KINDS, ...MORE), n: fc.integer({ min: 0, max: 6 }) }),
  { minLength: 10, maxLength: 90, size: 'max' },
)

const newWorld = (using: Rules): World => ({
  rules: using,
  exchange: rules.beginExchanges(3, 999),
  now: 1_000,
  counter: 3,
  onSale: true,
  entries: [],
  adrift: null,
})

const holdings = (world: World): number =>
  world.entries.reduce((sum, entry) => (entry.recorded ? sum : sum + entry.moved), world.counter)

function take(world: World, { kind, n }: Step): void {
  world.now += 1
  const { rules, entries } = world
  switch (kind) {
    case 'sell': {
      const quantity = 1 + (n % 3)
      if (world.onSale && world.counter >= quantity) move(world, quantity, quantity)
      return
    }
    case 'cancel': {
      const sale = entries.filter((entry) => entry.quantity > 0 && !entry.cancelled)[n]
      if (!sale) return
      sale.cancelled = true
      move(world, -sale.quantity, isBackOnShelf(n) ? -sale.quantity : 0)
      return
    }
    case 'want':
      world.exchange = rules.exchangeWanted(world.exchange)
      return
    case 'choose':
      world.exchange = rules.chosen(world.exchange, n)
      return
    case 'send': {
      const { step } = world.exchange
      if (world.adrift || (step.at !== 'stop' && step.at !== 'set' && step.at !== 'resume')) return
      world.adrift = { kind: step.at, value: step.at === 'set' ? step.value : 0 }
      world.exchange = rules.leaving(world.exchange)
      return
    }
    case 'apply':
      if (world.adrift) apply(world, world.adrift)
      world.adrift = null
      return
    case 'lose':
      world.adrift = null
      return
    case 'refuse':
      if (world.adrift) world.exchange = rules.notApplied(world.exchange)
      world.adrift = null
      return
    case 'look':
      if (!world.adrift) world.exchange = rules.looked(world.exchange, { ...world, at: world.now })
      return
    case 'record': {
      const entry = entries.filter((candidate) => !candidate.recorded)[n]
      if (entry) record(world, entry)
      return
    }
    case 'ground':
      if (!world.adrift) world.exchange = rules.groundRead(world.exchange, world.counter, world.now, world.now)
      return
    case 'pass': {
      // A mark up to which everything is recorded, and an honest one.
      const missing = entries.filter((entry) => !entry.recorded).map((entry) => entry.at - 1)
      const completeUpTo = Math.min(world.now, ...missing)
      world.exchange = rules.grounded(rules.allTold(world.exchange, completeUpTo), completeUpTo)
    }
  }
}

const isBackOnShelf = (n: number): boolean => n % 2 === 0

function apply(world: World, call: Call): void {
  if (call.kind === 'set') world.counter = call.value
  else world.onSale = call.kind === 'resume'
}

function move(world: World, quantity: number, moved: number): void {
  world.counter -= moved
  world.entries.push({ at: world.now, quantity, moved, recorded: false, cancelled: false })
}

function record(world: World, entry: Entry): void {
  entry.recorded = true
  world.exchange = world.rules.recordedInExchange(world.exchange, entry.at, entry.quantity)
}

function settle(world: World): void {
  for (const kind of ['apply', 'look', 'choose', 'send'] as const) take(world, { kind, n: 5 })
  for (let round = 0; round < 20; round += 1) {
    for (const kind of ['send', 'apply', 'look', 'choose'] as const) take(world, { kind, n: 5 })
  }
  for (const entry of world.entries) if (!entry.recorded) record(world, entry)
}
