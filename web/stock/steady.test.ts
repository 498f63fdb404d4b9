import { expect, test } from 'vitest'
import type { BoardVariant } from '../../contract/board.ts'
import { heldRows } from './steady.ts'

test('held rows keep their order and show their newest numbers; what is gone altogether is left out', () => {
  const now = [variant('a', 7), variant('c', 9), variant('d', 1)]
  expect(heldRows(['c', 'b', 'a'], now).map(({ id, onHand }) => [id, onHand])).toEqual([
    ['c', 9],
    ['a', 7],
  ])
})

function variant(id: string, onHand: number): BoardVariant {
  return {
    id,
    sku: id,
    name: id,
    components: [],
    onHand,
    reserved: 0,
    available: onHand,
    short: 0,
    exposure: 0,
    listings: [],
    changedAt: '2026-11-20T00:00:00.000Z',
  }
}
