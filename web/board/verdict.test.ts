import { expect, test } from 'vitest'
import { verdict } from './verdict.ts'

type Outcome = 'sold' | 'sold_out' | 'no_answer'

test('one sold and one sold out is the promise kept', () => {
  expect(verdict(answer(1, 1, 'sold', 'sold_out'))).toBe('once')
})

test('more sold than there was is sold twice, whatever else happened', () => {
  expect(verdict(answer(1, 2, 'sold', 'sold'))).toBe('twice')
  expect(verdict(answer(1, 2, 'sold', 'no_answer'))).toBe('twice')
  expect(verdict(answer(-3, 1, 'sold', 'sold_out'))).toBe('twice')
})

test('without an answer from everywhere nothing is claimed', () => {
  expect(verdict(answer(1, 1, 'sold', 'no_answer'))).toBe('unanswered')
  expect(verdict(answer(1, 0, 'no_answer', 'sold_out'))).toBe('unanswered')
})

test('nothing sold, and enough for both, are told apart', () => {
  expect(verdict(answer(1, 0, 'sold_out', 'sold_out'))).toBe('none')
  expect(verdict(answer(2, 2, 'sold', 'sold'))).toBe('kept')
})

function answer(availableBefore: number, soldUnits: number, ...outcomes: Outcome[]) {
  const attempts = outcomes.map((outcome) => ({ channel: 'naver', connectionId: null, outcome }))
  return { sku: 'A', attempts, soldUnits, availableBefore }
}
