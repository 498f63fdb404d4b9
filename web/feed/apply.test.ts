import { expect, test } from 'vitest'
import type { Board, BoardError, BoardOrder, BoardVariant } from '../../contract/board.ts'
import { applyChanges, MOST, readChange } from './apply.ts'

test('a changed variant takes its old place, and the others stay the very same objects', () => {
  const before = board({ variants: [variant('A', 1), variant('B', 2), variant('C', 3)] })
  const after = applyChanges(before, [{ event: 'variants', data: [variant('B', 9)] }])
  expect(after.variants.map(({ sku, onHand }) => [sku, onHand])).toEqual([
    ['A', 1],
    ['B', 9],
    ['C', 3],
  ])
  expect(after.variants[0]).toBe(before.variants[0])
  expect(after.orders).toBe(before.orders)
  expect(before.variants[1]?.onHand).toBe(2)
})

test('a new variant comes in by SKU, and the list keeps its bound', () => {
  const full = board({ variants: Array.from({ length: MOST.variants }, (_, i) => variant(`M${1000 + i}`, 1)) })
  const after = applyChanges(full, [{ event: 'variants', data: [variant('A', 5)] }])
  expect(after.variants[0]?.sku).toBe('A')
  expect(after.variants).toHaveLength(MOST.variants)
})

test('new orders come in on top, newest first; an order that changes stays where it is', () => {
  const before = board({ orders: [order('2', 2), order('1', 1)] })
  const after = applyChanges(before, [
    { event: 'orders', data: [order('3', 3), { ...order('1', 1), state: 'shipped' }, order('4', 4)] },
  ])
  expect(after.orders.map(({ id, state }) => [id, state])).toEqual([
    ['4', 'paid'],
    ['3', 'paid'],
    ['2', 'paid'],
    ['1', 'shipped'],
  ])
})

test('orders and errors keep only the newest fifty', () => {
  let now = board({})
  for (let i = 0; i < 60; i++) {
    now = applyChanges(now, [
      { event: 'orders', data: [order(String(i), i)] },
      { event: 'error', data: error(i) },
    ])
  }
  expect(now.orders).toHaveLength(MOST.orders)
  expect(now.orders[0]?.id).toBe('59')
  expect(now.errors).toHaveLength(MOST.errors)
})

test('every change may be applied twice', () => {
  const changes = [
    { event: 'variants' as const, data: [variant('B', 9), variant('D', 1)] },
    { event: 'orders' as const, data: [order('3', 3)] },
    { event: 'error' as const, data: error(1) },
  ]
  const once = applyChanges(board({ variants: [variant('B', 2)] }), changes)
  expect(applyChanges(once, changes)).toEqual(once)
})

test('an event of a newer server is passed over, and broken data is not taken for an event', () => {
  expect(readChange('weather', '{}')).toBeNull()
  expect(readChange('constructor', '{}')).toBeNull()
  expect(readChange('reset', '{}')).toEqual({ event: 'reset', data: {} })
  expect(() => readChange('totals', '{')).toThrow(SyntaxError)
})

function board(change: Partial<Board>): Board {
  return {
    at: at(0),
    company: { id: 'c', name: 'c' },
    demo: true,
    totals: {
      ordersTaken: 0,
      unitsSold: 0,
      shortUnits: 0,
      soldTwice: 0,
      racedUnits: 0,
      pushes: 0,
      drift: 0,
      unmapped: 0,
      alarms: 0,
      exposure: { structural: 0, stale: 0 },
      lag: null,
      intakeLag: null,
    },
    connections: [],
    variants: [],
    orders: [],
    errors: [],
    ...change,
  }
}

function variant(sku: string, onHand: number): BoardVariant {
  return {
    id: `id-${sku}`,
    sku,
    name: sku,
    components: [],
    onHand,
    reserved: 0,
    available: onHand,
    short: 0,
    exposure: 0,
    listings: [],
    changedAt: at(0),
  }
}

function order(id: string, second: number): BoardOrder {
  return {
    id,
    number: id,
    channel: 'naver',
    connectionId: null,
    orderedAt: at(second),
    takenAt: at(second),
    lines: [],
    total: 0,
    state: 'paid',
    short: 0,
    unmapped: false,
  }
}

function error(second: number): BoardError {
  return { at: at(second), connectionId: 'n', code: 'unknown', why: null, said: '', subject: 'x' }
}

function at(second: number): string {
  return new Date(Date.UTC(2026, 10, 20, 0, 0, second)).toISOString()
}
