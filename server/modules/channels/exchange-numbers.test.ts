import { expect, test } from 'vitest'
import { numberFor } from './exchange-numbers.ts'

const exact = { mode: 'push', policy: 'rights', policySettings: { protocol: 'B' } } as const

test('what is desired is chosen as far as the free part pays what is added, and no further', () => {
  expect(numberFor({ desired: 8, fault: null }, exact, 3, [9])).toBe(8)
  expect(numberFor({ desired: 8, fault: null }, exact, 3, [2])).toBe(5)
  expect(numberFor({ desired: 1, fault: null }, exact, 3, [0])).toBe(1)
})

test('where more may be sold than there is, what is missing goes, and the scarcest part decides', () => {
  expect(numberFor({ desired: 8, fault: null }, exact, 3, [-2])).toBe(1)
  expect(numberFor({ desired: 8, fault: null }, exact, 3, [7, -4])).toBe(0)
})

test('whoever wants nothing any more, changes protocol meanwhile or only observes, keeps the number there is', () => {
  expect(numberFor({ desired: null, fault: null }, exact, 3, [9])).toBe(3)
  expect(numberFor({ desired: 8, fault: 'refused' }, exact, 3, [9])).toBe(3)
  expect(numberFor({ desired: 8, fault: null }, exact, 3, [])).toBe(3)
  expect(numberFor({ desired: 8, fault: null }, { ...exact, policySettings: {} }, 3, [9])).toBe(3)
  expect(numberFor({ desired: 8, fault: null }, { ...exact, mode: 'observe' }, 3, [9])).toBe(3)
})
