import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as rules from './rights.ts'
import { bound, neverSeen, type Rights } from './rights.ts'

/**
 * Why the bound holds. Let U = units sold that the ledger lacks, x = the true counter, K = units put back on the shelf
 * by cancels the ledger lacks, H = U + x − K. Claim: H <= bound after every event.
 *
 * A sale moves U and x against each other; recording it takes the same from U and from the bound. A restock and
 * its recording likewise with K. A write applied raises H by at most its value, which the bound took on when the
 * write was sent. When a collection completes, nothing stamped before it is in U or K, so H is the counter
 * of that moment less what was recorded since, and `collected` looks at every order the spans allow.
 *
 * The model below lets everything happen in any order the assumptions allow, and asks after every step.
 */
describe('a bound on what a listing may still sell', () => {
  test('is never below what buyers can take, in any order of sales, cancels, writes, reads and collections', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 2 }), (script, clockErrorMs) => {
        const world = newWorld(clockErrorMs, rules)
        for (const step of script) {
          take(world, step)
          if (holdings(world) > bound(world.rights))
            throw new Error(`${holdings(world)} > ${bound(world.rights)} after ${step.kind}`)
        }
      }),
      { numRuns: 60_000, seed: 1 },
    )
  }, 60_000)

  test('comes back to exactly what is shown once everything is answered, read and collected past', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const world = newWorld(0, rules)
        for (const step of script) take(world, step)
        settle(world)
        expect(bound(world.rights)).toBe(world.counter)
      }),
      { numRuns: 500, seed: 2 },
    )
  })

  const forgetful: Rules = {
    ...rules,
    collected: (rights, upTo, error) => {
      const next = rules.collected(rights, upTo, error)
      return { ...next, seen: next.seen.filter((entry) => entry.at > upTo) }
    },
  }
  const sabotages: Record<string, Rules> = {
    'units given back while a write or read was open are forgotten by the collection inside it': forgetful,
    'an answer lowers the bound to what was set': {
      ...rules,
      answered: (rights, sentAt, endedAt) => {
        const write = rights.writes.find((candidate) => candidate.sentAt === sentAt)
        return { ...rules.answered(rights, sentAt, endedAt), counterMax: write?.value ?? 0, writes: [] }
      },
    },
    'a write is counted as replacing what was shown when it is sent': {
      ...rules,
      sending: (rights, value) => ({ ...rights, counterMax: value, writes: [] }),
    },
    'units given back are ignored': {
      ...rules,
      recorded: (rights, at, quantity) => (quantity < 0 ? rights : rules.recorded(rights, at, quantity)),
    },
    'a read lowers the bound before anything was collected past it': {
      ...rules,
      readBack: (rights, counter) => ({ ...rights, counterMax: counter, reads: [], seen: [] }),
    },
    'a write that may come after the read is taken to be before it': {
      ...rules,
      answered: (rights, sentAt) => rules.answered(rights, sentAt, sentAt),
    },
    'the error of the clocks is left out': { ...rules, collected: (rights, upTo) => rules.collected(rights, upTo) },
  }
  for (const [name, sabotaged] of Object.entries(sabotages)) {
    test(`falls short when ${name}`, () => {
      const found = fc.check(
        fc.property(steps, (script) => {
          const world = newWorld(2, sabotaged)
          return script.every((step) => {
            take(world, step)
            return holdings(world) <= bound(world.rights)
          })
        }),
        { numRuns: 20_000, seed: 3, endOnFailure: true },
      )
      expect(found.failed).toBe(true)
    })
  }
})

test('nothing is known of a listing until a read was collected past', () => {
  const written = rules.answered(rules.sending(neverSeen(), 0, 10), 10, 11)
  expect(bound(written)).toBe(Number.POSITIVE_INFINITY)
  expect(bound(rules.collected(written, 20))).toBe(Number.POSITIVE_INFINITY)
  const read = rules.readBack(written, 4, 30, 31)
  expect(bound(read)).toBe(Number.POSITIVE_INFINITY)
  expect(bound(rules.collected(read, 30))).toBe(Number.POSITIVE_INFINITY)
  expect(bound(rules.collected(read, 31))).toBe(4)
})

test('a set costs its whole value until it is collected past, then only what it shows', () => {
  const known: Rights = { ...neverSeen(100), counterMax: 3 }
  const raised = rules.sending(known, 5, 110)
  expect(bound(raised)).toBe(8)
  const proven = rules.collected(rules.answered(raised, 110, 112), 112)
  expect(bound(proven)).toBe(5)
})

test('an answered lowering lowers nothing; the read and the collection past it do', () => {
  const known: Rights = { ...neverSeen(100), counterMax: 9 }
  const lowered = rules.answered(rules.sending(known, 0, 110), 110, 112)
  expect(bound(rules.collected(lowered, 115))).toBe(9)
  const read = rules.readBack(lowered, 0, 113, 114)
  expect(bound(read)).toBe(9)
  expect(bound(rules.collected(read, 115))).toBe(0)
})

test('a read beside a sale raises nothing that was known; one that shows more than can have been does', () => {
  const known: Rights = { ...neverSeen(1_000), counterMax: 3, seen: [{ at: 2_000, quantity: 1 }] }
  const after = (counter: number) => bound(rules.collected(rules.readBack(known, counter, 2_200, 2_300), 9_000, 1_000))
  // Before the sale or after it: both are 2 by now.
  expect([after(3), after(2)]).toEqual([2, 2])
  expect(after(1)).toBe(1)
  expect(after(7)).toBe(7)
})

test('a write the contract calls not applied costs nothing any more', () => {
  const known: Rights = { ...neverSeen(100), counterMax: 3 }
  expect(bound(rules.neverApplied(rules.sending(known, 5, 110), 110))).toBe(3)
})

test('a late cancel from before the collected time still joins the bound, a late sale does not lower it', () => {
  const known: Rights = { ...neverSeen(100), counterMax: 3 }
  expect(bound(rules.recorded(known, 90, -2))).toBe(5)
  expect(bound(rules.recorded(known, 90, 2))).toBe(3)
})

type Rules = Pick<typeof rules, 'sending' | 'answered' | 'neverApplied' | 'readBack' | 'recorded' | 'collected'>

const SETTLES_MS = 6
const FEED_LATE_MS = 4

type Entry = {
  stamp: number
  quantity: number
  moved: number
  visibleAt: number
  recorded: boolean
  cancelled: boolean
}
type World = {
  rules: Rules
  rights: Rights
  now: number
  counter: number
  clockErrorMs: number
  entries: Entry[]
  /** Not yet answered to us. */
  asked: { value: number; sentAt: number; applied: boolean }[]
  /** Given up by us, but perhaps still to be applied. */
  adrift: { value: number; sentAt: number; applied: boolean }[]
  reading: { sentAt: number; counter: number | null } | null
  collecting: { begunAt: number; found: Entry[] } | null
}

const KINDS = [
  ...['sell', 'sell', 'cancel', 'send', 'apply', 'answer', 'giveUp', 'applyAdrift', 'refuse'],
  ...['readBegin', 'look', 'readEnd', 'record', 'collectBegin', 'collectEnd', 'wait'],
] as const
type Step = { kind: (typeof KINDS)[number]; wait: number; n: number; late: number; skew: number }
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(...KINDS),
    wait: fc.integer({ min: 0, max: 2 }),
    n: fc.integer({ min: 0, max: 5 }),
    late: fc.integer({ min: 0, max: FEED_LATE_MS }),
    skew: fc.integer({ min: -2, max: 2 }),
  }),
  { minLength: 10, maxLength: 90, size: 'max' },
)

function newWorld(clockErrorMs: number, using: Rules): World {
  const rights = { ...neverSeen(990), counterMax: 3 }
  const empty = { entries: [], asked: [], adrift: [], reading: null, collecting: null }
  return { rules: using, rights, now: 1_000, counter: 3, clockErrorMs, ...empty }
}

/** H: what buyers can still take, and took, that the ledger does not know. */
function holdings(world: World): number {
  return world.entries.reduce((sum, entry) => (entry.recorded ? sum : sum + entry.moved), world.counter)
}

function take(world: World, step: Step): void {
  world.now += step.wait
  const { asked, adrift } = world
  switch (step.kind) {
    case 'sell': {
      const quantity = 1 + (step.n % 3)
      if (world.counter >= quantity) move(world, step, quantity, quantity)
      return
    }
    case 'cancel': {
      const sale = world.entries.filter((entry) => entry.quantity > 0 && !entry.cancelled)[step.n]
      if (!sale) return
      sale.cancelled = true
      const backOnShelf = step.n % 2 === 0
      move(world, step, -sale.quantity, backOnShelf ? -sale.quantity : 0)
      return
    }
    case 'send':
      if (asked.some((write) => write.sentAt === world.now)) return
      asked.push({ value: step.n, sentAt: world.now, applied: false })
      world.rights = world.rules.sending(world.rights, step.n, world.now)
      return
    case 'apply':
    case 'applyAdrift': {
      const write = (step.kind === 'apply' ? asked : adrift).find((candidate) => !candidate.applied)
      if (!write || (step.kind === 'applyAdrift' && world.now > write.sentAt + SETTLES_MS)) return
      write.applied = true
      world.counter = write.value
      return
    }
    case 'answer': {
      // Not applied yet means it never will be: the lost write that was answered with a yes.
      const write = asked.shift()
      if (write) world.rights = world.rules.answered(world.rights, write.sentAt, world.now)
      return
    }
    case 'giveUp': {
      const write = asked.shift()
      if (!write) return
      adrift.push(write)
      world.rights = world.rules.answered(world.rights, write.sentAt, Math.max(world.now, write.sentAt + SETTLES_MS))
      return
    }
    case 'refuse': {
      const write = asked[0]
      if (!write || write.applied) return
      asked.shift()
      world.rights = world.rules.neverApplied(world.rights, write.sentAt)
      return
    }
    case 'readBegin':
      world.reading ??= { sentAt: world.now, counter: null }
      return
    case 'look':
      if (world.reading) world.reading.counter ??= world.counter
      return
    case 'readEnd':
      if (world.reading?.counter == null) return
      world.rights = world.rules.readBack(
        world.rights,
        world.reading.counter,
        world.reading.sentAt,
        world.now,
        world.clockErrorMs,
      )
      world.reading = null
      return
    case 'record': {
      const entry = world.entries.filter((candidate) => !candidate.recorded && candidate.visibleAt <= world.now)[step.n]
      if (entry) record(world, entry)
      return
    }
    case 'collectBegin':
      world.collecting ??= { begunAt: world.now, found: world.entries.filter((entry) => entry.visibleAt <= world.now) }
      return
    case 'collectEnd':
      if (!world.collecting) return
      for (const entry of world.collecting.found) record(world, entry)
      world.rights = world.rules.collected(
        world.rights,
        world.collecting.begunAt - FEED_LATE_MS - 1,
        world.clockErrorMs,
      )
      world.collecting = null
      return
    case 'wait':
      world.now += 3
  }
}

/** The marketplace's own doing: `quantity` is what it will tell us, `moved` what left its counter. */
function move(world: World, step: Step, quantity: number, moved: number): void {
  const skew = Math.max(-world.clockErrorMs, Math.min(world.clockErrorMs, step.skew))
  const stamp = world.now + skew
  const visibleAt = Math.max(world.now, Math.min(world.now + step.late, stamp + FEED_LATE_MS))
  world.counter -= moved
  world.entries.push({ stamp, quantity, moved, visibleAt, recorded: false, cancelled: false })
}

function record(world: World, entry: Entry): void {
  if (entry.recorded) return
  entry.recorded = true
  world.rights = world.rules.recorded(world.rights, entry.stamp, entry.quantity)
}

function settle(world: World): void {
  const then = (kind: Step['kind'], wait = 1) => take(world, { kind, wait, n: 0, late: 0, skew: 0 })
  while (world.asked.length > 0) then('answer')
  then('look')
  then('readEnd')
  then('collectEnd', SETTLES_MS + FEED_LATE_MS)
  // The reads of the story fill the list; one collection makes room for the one that proves the number.
  for (const kind of ['collectBegin', 'collectEnd', 'readBegin', 'look', 'readEnd'] as const) then(kind, 10)
  then('collectBegin', FEED_LATE_MS + 2)
  then('collectEnd')
}
