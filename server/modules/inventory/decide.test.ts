import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decide } from './decide.ts'
import { fingerprintOf, type ReserveRequest, type StockOutcome, type StockRequest } from './requests.ts'
import { unitByUnit } from './unit-by-unit.ts'
import { emptyWorld, levelKey, type World } from './world.ts'

const COMPANY = 'c'
const VARIANTS = ['v1', 'v2', 'v3']
const WAREHOUSES = ['w1', 'w2', 'w3']
const named = (source: string, ref: string) => ({ company: COMPANY, source, ref, actor: 'test' })

const EVERY_KIND = [
  ...['adjusted', 'already', 'conflict', 'expired', 'extended', 'firm', 'held', 'impossible', 'not_due', 'not_found'],
  ...['not_reserved', 'received', 'released', 'settled', 'shipped', 'short', 'stale'],
]

/** Not carried out: these must leave the world as it was. */
const CHANGES_NOTHING = ['already', 'short', 'conflict', 'not_due', 'not_reserved', 'stale', 'impossible', 'not_found']

test('every verb in any order: the books add up after each, and a child counting units one by one agrees', () => {
  const reached = new Set<string>()
  fc.assert(
    fc.property(small.world, fc.array(small.step, { minLength: 5, maxLength: 40 }), (start, steps) => {
      const { world, child, ask } = play(start)
      const asked: StockRequest[] = []
      for (const step of steps) {
        if ('wait' in step) world.now += step.wait
        else if ('again' in step) {
          const before = asked.at(-1 - step.again)
          if (before) ask(before)
        } else if ('promise' in step) {
          world.promises.set(`${COMPANY}/${step.variantId}`, step.promise)
          child.promise(step.variantId, step.promise)
        } else {
          const request = requestOf(step, start.margins)
          asked.push(request)
          reached.add(ask(request).kind)
        }
      }
    }),
    { numRuns: 1_500 },
  )
  // A generator that never gets somewhere proves nothing about it.
  expect([...reached].sort()).toEqual(EVERY_KIND)
})

test('an order that ends gives back all it had before anybody is served, however its lines lay at a level', () => {
  const { ask } = play({
    onHand: [
      [1, 0, 3],
      [0, 0, 0],
      [0, 0, 0],
    ],
    margins: [0, 0, 0],
  })
  const asks = { hold: null, drawsOn: 'free' as const, replaces: null, shipBy: null }
  const awaits = (ref: string, quantities: number[], from: string[]) =>
    ask(
      requestOf(
        {
          ...{ verb: 'reserve' as const, ref, mode: 'await' as const, ...asks, from: [from, from, from] },
          parts: quantities.map((quantity, i) => ({ line: i + 1, variant: 0, quantity })),
        },
        [0, 0, 0],
      ),
    )
  // Two of the third warehouse, then one of the first and one more of the third.
  awaits('G', [2, 3], ['w1', 'w3'])
  awaits('D', [3], ['w1', 'w2', 'w3'])
  expect(ask(release('G')).kind).toBe('released')
})

test('release twice gives back once', () => {
  const { world, ask } = play({ onHand: [[5]], margins: [0] })
  ask(reserve('A', 2))
  ask(release('A'))
  const after = snapshot(world)
  expect(ask(release('A'))).toMatchObject({ kind: 'already', state: 'released' })
  expect(snapshot(world)).toEqual(after)
})

test('settle, expire and cancel in any order end in one legal state, with the stock where that state says', () => {
  const verbs: StockRequest[] = [
    { ...named('order', 'A'), verb: 'settle' },
    { ...named('order', 'A'), verb: 'expire' },
    release('A'),
  ]
  fc.assert(
    fc.property(fc.shuffledSubarray([...verbs, ...verbs], { minLength: 1 }), (order) => {
      const { world, ask } = play({ onHand: [[1]], margins: [0] })
      ask({ ...reserve('A', 1), holdForMs: 10 })
      world.now += 11
      const outcomes = order.map(ask)
      const { state } = [...world.reservations.values()][0]!
      const reserved = world.levels.get(levelKey(COMPANY, 'v1', 'w1'))!.reserved
      expect(['firm', 'released', 'expired']).toContain(state)
      expect(reserved).toBe(state === 'firm' ? 1 : 0)
      expect(outcomes.filter(({ kind }) => kind === 'released').length).toBeLessThanOrEqual(1)
      expect(outcomes.filter(({ kind }) => kind === 'settled').length).toBeLessThanOrEqual(1)
      expect(outcomes.filter(({ kind }) => kind === 'expired').length).toBeLessThanOrEqual(1)
    }),
  )
})

test('a hold expires when its time is over and not a millisecond before', () => {
  const { world, ask } = play({ onHand: [[1]], margins: [0] })
  ask({ ...reserve('A', 1), holdForMs: 10 })
  world.now = 9
  expect(ask({ ...named('order', 'A'), verb: 'expire' }).kind).toBe('not_due')
  world.now = 10
  expect(ask({ ...named('order', 'A'), verb: 'expire' }).kind).toBe('expired')
})

test('a count takes due holds before any other, though they are older', () => {
  const { world, ask } = play({ onHand: [[2]], margins: [0] })
  ask({ ...reserve('due', 1), holdForMs: 10 })
  ask({ ...reserve('fresh', 1), holdForMs: 100 })
  world.now = 10
  const line = { variantId: 'v1', warehouseId: 'w1', counted: 1, delta: null, saw: null, reason: 'count', note: null }
  expect(ask({ ...named('count', '1'), verb: 'adjust', lines: [line] })).toMatchObject({ displaced: [{ ref: 'due' }] })
})

test('two lines of one order on one SKU are checked together', () => {
  const { ask } = play({ onHand: [[3]], margins: [0] })
  const line = reserve('A', 2).lines[0]!
  expect(ask({ ...reserve('A', 2), lines: [line, { ...line, lineNo: 2 }] })).toEqual({
    kind: 'short',
    missing: [{ lineNo: 1, variantId: 'v1', missing: 1 }],
  })
})

test('lines of one SKU are served from the candidates of the first of them, so that refuse never records a shortage', () => {
  const { world, ask } = play({ onHand: [[2, 0]], margins: [0] })
  const line = reserve('A', 1).lines[0]!
  const lines = [
    { ...line, warehouses: ['w1'] },
    { ...line, lineNo: 2, warehouses: ['w2'] },
  ]
  expect(ask({ ...reserve('A', 1), lines })).toMatchObject({ kind: 'firm', short: [] })
  expect(world.written.shortages).toEqual([])
})

test('a repeat that names the same lines in another order is a repeat: a set’s components come in any order', () => {
  const { ask } = play({ onHand: [[5], [5]], margins: [0] })
  const line = reserve('A', 1).lines[0]!
  const set = [line, { ...line, variantId: 'v2' }]
  ask({ ...reserve('A', 1), lines: set })
  expect(ask({ ...reserve('A', 1), lines: set.toReversed() }).kind).toBe('already')
  const parts = set.map(({ lineNo, variantId, quantity }) => ({ lineNo, variantId, quantity }))
  ask({ ...release('A'), lines: parts, once: 'all' })
  expect(ask({ ...release('A'), lines: parts.toReversed(), once: 'all' }).kind).toBe('already')
})

test('the margin is how many units may be missing in all, not for each order anew', () => {
  const { ask } = play({ onHand: [[1]], margins: [2] })
  const one = (ref: string) => ask({ ...reserve(ref, 1), lines: [{ ...reserve(ref, 1).lines[0]!, margin: 2 }] })
  expect(['A', 'B', 'C', 'D'].map((ref) => one(ref).kind)).toEqual(['firm', 'firm', 'firm', 'short'])
})

test('a shortage within the margin is one by agreement, in either mode; beyond it, it is not', () => {
  const { world, ask } = play({ onHand: [[0]], margins: [2] })
  const lines = (quantity: number) => [{ ...reserve('A', quantity).lines[0]!, margin: 2 }]
  ask({ ...reserve('A', 1), lines: lines(1) })
  ask({ ...reserve('B', 1), lines: lines(1), whenShort: 'record' })
  ask({ ...reserve('C', 1), lines: lines(1), whenShort: 'record' })
  expect(world.written.shortages.map(({ cause }) => cause)).toEqual(['margin', 'margin', 'sold'])
})

test('what is owed and not sold is given like what was paid, from promised units too, and counts as sold by nobody', () => {
  const { world, ask } = play({ onHand: [[1]], margins: [0] })
  world.promises.set(`${COMPANY}/v1`, 1)
  const owed = ask({ ...reserve('A', 2), whenShort: 'await', drawsOn: 'free' })
  expect(owed).toMatchObject({ kind: 'firm', short: [{ missing: 1 }] })
  expect(world.written.shortages.map(({ cause }) => cause)).toEqual(['awaited'])
})

test('a cart that changes keeps its units, though older orders wait for such units', () => {
  const { world, ask } = play({ onHand: [[3]], margins: [0] })
  ask({ ...reserve('cart-1', 3), holdForMs: 1_000 })
  ask({ ...reserve('paid', 2), whenShort: 'record' })
  const changed = ask({ ...reserve('cart-2', 2), holdForMs: 1_000, replaces: 'cart-1' })
  expect(changed.kind).toBe('held')
  expect(world.reservations.get(`${COMPANY}/order/cart-2`)!.lines).toMatchObject([{ quantity: 2 }])
  expect(world.shortages.get(`${COMPANY}/v1`)!.map(({ open }) => open)).toEqual([1])
})

test('a hold that asked for units beyond stock is not settled after its expiry with less than it asked for', () => {
  const { world, ask } = play({ onHand: [[1]], margins: [2] })
  ask({ ...reserve('A', 3), holdForMs: 10, lines: [{ ...reserve('A', 3).lines[0]!, margin: 2 }] })
  world.now += 11
  ask({ ...named('order', 'A'), verb: 'expire' })
  expect(ask({ ...named('order', 'A'), verb: 'settle' })).toEqual({
    kind: 'short',
    missing: [{ lineNo: 1, variantId: 'v1', missing: 2 }],
  })
})

test('what was taken out of a cart before it expired is not taken again when it is paid', () => {
  const { world, ask } = play({ onHand: [[3]], margins: [0] })
  ask({ ...reserve('A', 3), holdForMs: 10 })
  ask({ ...release('A'), lines: [{ lineNo: 1, variantId: 'v1', quantity: 1 }], once: 'one less' })
  world.now += 11
  ask({ ...named('order', 'A'), verb: 'expire' })
  ask({ ...named('order', 'A'), verb: 'settle' })
  expect(world.levels.get(levelKey(COMPANY, 'v1', 'w1'))!.reserved).toBe(2)
})

test('own sales leave what channels may sell; a paid hold of ours counts it once, not once a warehouse', () => {
  const { world, child, ask } = play({ onHand: [[5, 5]], margins: [0] })
  world.promises.set(`${COMPANY}/v1`, 4)
  child.promise('v1', 4)
  expect(ask(reserve('too many', 7)).kind).toBe('short')
  ask({ ...reserve('A', 6), holdForMs: 10 })
  world.now += 11
  ask({ ...named('order', 'A'), verb: 'expire' })
  expect(ask({ ...named('order', 'A'), verb: 'settle' }).kind).toBe('settled')
})

test('a write-off in two lines of one level may not go below 0 together', () => {
  const { ask } = play({ onHand: [[5]], margins: [0] })
  const line = { variantId: 'v1', warehouseId: 'w1', counted: null, delta: -3, saw: null, reason: 'broken', note: null }
  expect(ask({ ...named('count', '1'), verb: 'adjust', lines: [line, line] })).toMatchObject({ kind: 'impossible' })
})

test('parts without a name of their own are given back once, too', () => {
  const { ask } = play({ onHand: [[5]], margins: [0] })
  ask(reserve('A', 3))
  const part: StockRequest = { ...release('A'), lines: [{ lineNo: 1, variantId: 'v1', quantity: 1 }] }
  expect(ask(part).kind).toBe('released')
  expect(ask(part).kind).toBe('already')
})

test('two parts of one order with names of their own are two requests, though they ask for the same', () => {
  const part = (once: string): StockRequest => ({
    ...release('A'),
    lines: [{ lineNo: 1, variantId: 'v1', quantity: 1 }],
    once,
  })
  // Group commit lets a twin in flight join: it must not take the second cancellation for the first.
  expect(fingerprintOf(part('first'))).not.toBe(fingerprintOf(part('second')))
  expect(fingerprintOf(part('first'))).toBe(fingerprintOf(part('first')))
})

test('a quantity that is not a whole positive number stops the batch before anything moves', () => {
  for (const quantity of [0, -1, 1.5, Number.NaN]) {
    const { ask } = play({ onHand: [[5]], margins: [0] })
    ask(reserve('other', 3))
    expect(() => ask(reserve('A', quantity)), `${quantity}`).toThrow(/quantity/)
    expect(() => ask({ ...named('receipt', 'R'), verb: 'receive', lines: [goods(quantity)] })).toThrow(/quantity/)
  }
})

// ------------------------------------------------------------------------------------------- the world of a test

const goods = (quantity: number) => ({ variantId: 'v1', warehouseId: 'w1', quantity, reason: 'in', note: null })

function reserve(ref: string, quantity: number): Extract<StockRequest, { verb: 'reserve' }> {
  const line = { lineNo: 1, variantId: 'v1', quantity, warehouses: ['w1', 'w2'], margin: 0 }
  return {
    ...named('order', ref),
    verb: 'reserve',
    reservationId: `r-${ref}`,
    whenShort: 'refuse',
    holdForMs: null,
    drawsOn: 'free',
    lines: [line],
    replaces: null,
    shipBy: null,
  }
}

const release = (ref: string) => ({ ...named('order', ref), verb: 'release' as const, lines: null, once: null })

/** A world of `onHand[variant][warehouse]`; `ask` decides and then checks everything that must hold. */
function play(start: { onHand: readonly (readonly number[])[]; margins: readonly number[] }) {
  let serial = 0
  const world = emptyWorld(0, () => `n${String(serial++).padStart(6, '0')}`)
  const child = unitByUnit()
  for (const [v, row] of start.onHand.entries()) {
    for (const [w, onHand] of row.entries()) {
      const at = { company: COMPANY, variantId: VARIANTS[v]!, warehouseId: WAREHOUSES[w]! }
      const key = levelKey(COMPANY, at.variantId, at.warehouseId)
      world.levels.set(key, { ...at, onHand: 0, reserved: 0, version: 0, changed: false, counted: false })
      world.openAt.set(key, new Set())
      const arrival: StockRequest = {
        ...named('opening', key),
        verb: 'receive',
        lines: [{ ...at, quantity: onHand, reason: 'opening', note: null }],
      }
      if (onHand > 0) {
        decide(world, arrival)
        child.ask(arrival, 0)
      }
    }
  }
  const ask = (request: StockRequest): StockOutcome => {
    const numbered =
      request.verb === 'reserve' ? { ...request, reservationId: `r${String(serial++).padStart(6, '0')}` } : request
    const before = snapshot(world)
    const outcome = decide(world, numbered)
    if (CHANGES_NOTHING.includes(outcome.kind)) expect(snapshot(world)).toEqual(before)
    expectTrueBooks(world)
    expect(outcome.kind).toBe(child.ask(numbered, world.now))
    expectSame(world, child)
    return outcome
  }
  return { world, child, ask }
}

const snapshot = (world: World): string => {
  const { levels, reservations, shortages, causes, written, promises } = world
  return JSON.stringify([
    [...levels.values()],
    [...reservations.values()],
    [...shortages.values()].flat().map(({ id, open, missing }) => [id, open, missing]),
    [...causes],
    [...promises],
    Object.values(written).map((rows) => rows.length),
  ])
}

function expectTrueBooks(world: World): void {
  const open = new Map<string, number>()
  for (const reservation of world.reservations.values()) {
    const left = reservation.lines.reduce((sum, line) => sum + line.quantity, 0)
    if (!['held', 'firm'].includes(reservation.state)) expect(left, `${reservation.ref} is over`).toBe(0)
    expect(reservation.state === 'held').toBe(reservation.expiresAt !== null)
    for (const { variantId, warehouseId, quantity, taken } of reservation.lines) {
      const key = levelKey(reservation.company, variantId, warehouseId)
      open.set(key, (open.get(key) ?? 0) + quantity)
      expect(quantity >= 0 && quantity <= taken).toBe(true)
    }
  }
  for (const [key, level] of world.levels) {
    expect(level.reserved, `reserved at ${key}`).toBe(open.get(key) ?? 0)
    expect(level.reserved >= 0 && level.reserved <= level.onHand, `0 <= reserved <= on_hand at ${key}`).toBe(true)
  }
  expectGaplessLedger(world)
  expectShortagesServed(world)
}

function expectGaplessLedger(world: World): void {
  const sums = new Map<string, { version: number; onHand: number; reserved: number }>()
  for (const row of world.written.movements) {
    const key = levelKey(row.company, row.variantId, row.warehouseId)
    const sum = sums.get(key) ?? { version: 0, onHand: 0, reserved: 0 }
    expect(row.version).toBe(sum.version + 1)
    expect(row.onHandAfter).toBe(sum.onHand + row.onHandDelta)
    expect(row.reservedAfter).toBe(sum.reserved + row.reservedDelta)
    expect(row.onHandDelta !== 0 || row.reservedDelta !== 0 || row.kind === 'adjust').toBe(true)
    sums.set(key, { version: row.version, onHand: row.onHandAfter, reserved: row.reservedAfter })
  }
  for (const [key, level] of world.levels) {
    const { version, onHand, reserved } = sums.get(key) ?? { version: 0, onHand: 0, reserved: 0 }
    expect({ version, onHand, reserved }).toEqual({
      version: level.version,
      onHand: level.onHand,
      reserved: level.reserved,
    })
  }
}

function expectShortagesServed(world: World): void {
  for (const list of world.shortages.values()) {
    for (const shortage of list) {
      expect(shortage.open >= 0 && shortage.open <= shortage.missing).toBe(true)
      if (shortage.open === 0) continue
      for (const warehouseId of shortage.warehouses) {
        const level = world.levels.get(levelKey(shortage.company, shortage.variantId, warehouseId))
        expect(level ? level.onHand - level.reserved : 0, 'available while a shortage it may serve is open').toBe(0)
      }
    }
  }
}

function expectSame(world: World, child: ReturnType<typeof unitByUnit>): void {
  for (const { variantId, warehouseId, onHand, reserved } of world.levels.values()) {
    expect({ onHand, reserved }, `${variantId} at ${warehouseId}`).toEqual({
      onHand: child.onHand(variantId, warehouseId),
      reserved: child.reserved(variantId, warehouseId),
    })
  }
  for (const reservation of world.reservations.values()) {
    expect(reservation.state).toBe(child.stateOf(reservation.ref))
    for (const { lineNo, variantId: variant, warehouseId: warehouse, quantity } of reservation.lines) {
      expect(quantity).toBe(child.held(reservation.ref, { lineNo, variant, warehouse }))
    }
    const missing = new Map<string, number>()
    for (const { lineNo, variantId, open } of world.shortagesOf.get(reservation.id) ?? []) {
      const key = `${lineNo}/${variantId}`
      missing.set(key, (missing.get(key) ?? 0) + open)
    }
    for (const [key, open] of missing) {
      const [lineNo, variant] = key.split('/')
      expect(open, `missing of ${reservation.ref} ${key}`).toBe(
        child.missing(reservation.ref, Number(lineNo), variant!),
      )
    }
  }
}

// -------------------------------------------------------------------------------------- what may happen to a world

type Parts = { line: number; variant: number; quantity: number }[]
type Step =
  | { wait: number }
  /** What was asked so many requests ago is asked once more. */
  | { again: number }
  | { promise: number; variantId: string }
  | { verb: 'settle' | 'expire' | 'extend'; ref: string }
  | { verb: 'release' | 'ship'; ref: string; once: string; parts: Parts | null }
  | { verb: 'receive' | 'restock'; ref: string; goods: { variant: number; warehouse: number; quantity: number }[] }
  | { verb: 'adjust'; ref: string; counts: Count[] }
  | Asked

type Count = { variant: number; warehouse: number; counted: number | null; delta: number; saw: number | null }
type Asked = {
  verb: 'reserve'
  ref: string
  mode: ReserveRequest['whenShort']
  hold: number | null
  drawsOn: 'free' | 'rights'
  replaces: string | null
  shipBy: number | null
  parts: Parts
  /** Candidates by variant. */
  from: string[][]
}

/** Small on purpose: few names and few units make every collision likely. */
const small = (() => {
  // Most of it happens at one level: that is where orders meet.
  const variant = fc.constantFrom(0, 0, 0, 0, 1, 2)
  const warehouse = fc.constantFrom(0, 0, 0, 1, 2)
  const ref = fc.constantFrom('A', 'B', 'C', 'D', 'E', 'F', 'G', 'H')
  const parts = fc.array(
    fc.record({ line: fc.constantFrom(1, 1, 1, 2), variant, quantity: fc.constantFrom(1, 1, 2, 3) }),
    {
      minLength: 1,
      maxLength: 3,
    },
  )
  const from = fc.array(fc.oneof(fc.constant(WAREHOUSES), fc.shuffledSubarray(WAREHOUSES, { minLength: 1 })), {
    minLength: 3,
    maxLength: 3,
  })
  const asked: fc.Arbitrary<Asked> = fc.record({
    verb: fc.constant('reserve' as const),
    ref,
    mode: fc.constantFrom('refuse' as const, 'record' as const, 'await' as const),
    hold: fc.constantFrom(null, 5, 20),
    drawsOn: fc.constantFrom('free' as const, 'rights' as const),
    replaces: fc.option(ref),
    shipBy: fc.option(fc.nat(3)),
    parts,
    from,
  })
  const count: fc.Arbitrary<Count> = fc.record({
    variant,
    warehouse,
    counted: fc.option(fc.constantFrom(0, 1, 2, 2, 5)),
    delta: fc.integer({ min: -3, max: 3 }),
    saw: fc.option(fc.nat(5), { freq: 2 }),
  })
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 6, arbitrary: asked },
    { weight: 2, arbitrary: fc.record({ wait: fc.constantFrom(1, 4, 5, 12) }) },
    { weight: 3, arbitrary: fc.record({ again: fc.nat(3) }) },
    {
      weight: 1,
      arbitrary: fc.record({ promise: fc.nat(3), variantId: fc.constantFrom(...VARIANTS) }),
    },
    {
      weight: 5,
      arbitrary: fc.record({ verb: fc.constantFrom('settle' as const, 'expire' as const, 'extend' as const), ref }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        verb: fc.constantFrom('release' as const, 'ship' as const),
        ref,
        once: fc.constantFrom('a', 'b', 'c'),
        parts: fc.option(parts, { freq: 2 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        verb: fc.constantFrom('receive' as const, 'restock' as const),
        ref,
        goods: fc.array(fc.record({ variant, warehouse, quantity: fc.integer({ min: 1, max: 3 }) }), {
          minLength: 1,
          maxLength: 2,
        }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        verb: fc.constant('adjust' as const),
        ref,
        counts: fc.array(count, { minLength: 1, maxLength: 2 }),
      }),
    },
  )
  const world = fc.record({
    onHand: fc.array(fc.array(fc.nat(5), { minLength: 3, maxLength: 3 }), { minLength: 3, maxLength: 3 }),
    margins: fc.array(fc.constantFrom(0, 0, 1, 2), { minLength: 3, maxLength: 3 }),
  })
  return { world, step }
})()

function requestOf(
  step: Exclude<Step, { wait: number } | { again: number } | { promise: number }>,
  margins: readonly number[],
): StockRequest {
  const at = ({ variant, warehouse }: { variant: number; warehouse: number }) => ({
    variantId: VARIANTS[variant]!,
    warehouseId: WAREHOUSES[warehouse]!,
  })
  const { verb } = step
  if (verb === 'reserve') {
    const { ref, mode, hold, drawsOn, replaces, shipBy, parts, from } = step
    const lines = parts.map(({ line, variant, quantity }) => ({
      lineNo: line,
      variantId: VARIANTS[variant]!,
      quantity,
      warehouses: from[variant]!,
      margin: margins[variant]!,
    }))
    const holdForMs = hold
    return {
      ...named('order', ref),
      verb,
      reservationId: '',
      whenShort: mode,
      holdForMs,
      drawsOn,
      lines,
      replaces,
      shipBy,
    }
  }
  if (verb === 'release' || verb === 'ship') {
    const { once, parts } = step
    const lines =
      parts?.map(({ line, variant, quantity }) => ({ lineNo: line, variantId: VARIANTS[variant]!, quantity })) ?? null
    return { ...named('order', step.ref), verb, lines, once: lines && once }
  }
  if (verb === 'receive' || verb === 'restock') {
    const lines = step.goods.map((row) => ({ ...at(row), quantity: row.quantity, reason: 'in', note: null }))
    return { ...named('goods', step.ref), verb, lines }
  }
  if (verb === 'adjust') {
    const lines = step.counts.map(({ counted, delta, saw, ...row }) => ({
      ...at(row),
      counted,
      delta: counted === null ? delta : null,
      saw,
      reason: 'count',
      note: null,
    }))
    return { ...named('goods', step.ref), verb, lines }
  }
  if (verb === 'extend') return { ...named('order', step.ref), verb, holdForMs: 15 }
  return { ...named('order', step.ref), verb }
}
