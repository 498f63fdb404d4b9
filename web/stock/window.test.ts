import { expect, test } from 'vitest'
import { ROW_HEIGHT, rowsInWindow } from './window.ts'

test('only rows in sight are drawn, with a few beyond each edge', () => {
  expect(rowsInWindow(500, 0, 10 * ROW_HEIGHT)).toEqual({ first: 0, last: 22 })
  expect(rowsInWindow(500, 100 * ROW_HEIGHT, 10 * ROW_HEIGHT)).toEqual({ first: 94, last: 116 })
})

test('the window ends with the list, also when the list became shorter than the scroll', () => {
  expect(rowsInWindow(20, 15 * ROW_HEIGHT, 10 * ROW_HEIGHT)).toEqual({ first: 9, last: 20 })
  expect(rowsInWindow(3, 400 * ROW_HEIGHT, 10 * ROW_HEIGHT)).toEqual({ first: 3, last: 3 })
  expect(rowsInWindow(0, 0, 400)).toEqual({ first: 0, last: 0 })
})

test('even on a screen of any height at most 70 rows are drawn', () => {
  const { first, last } = rowsInWindow(500, 0, 100_000)
  expect(last - first).toBe(70)
})
