import { expect, test } from 'vitest'
import { type OurClaim, wrongClaims } from './claims-compared.ts'
import type { TrueClaim } from './marketplace-doors.ts'

const there = (kind: TrueClaim['kind'], end: TrueClaim['end'], quantity = 1): TrueClaim => ({
  ...{ lineKey: 'a', kind, end, quantity },
})
const here = (kind: OurClaim['kind'], state: string, quantity = 1): OurClaim => ({
  ...{ external_line_key: 'a', kind, state, quantity },
})

test.each([
  ['open', ['requested', 'approved', 'collected']],
  ['done', ['done']],
  ['void', ['refused', 'withdrawn']],
] as const)('what is %s there is so here', (end, states) => {
  for (const state of states) expect(wrongClaims('naver', [there('return', end)], [here('return', state)])).toEqual([])
})

test.each([
  ['a return nobody told', [there('return', 'open')], []],
  ['a return that is over there', [there('return', 'done')], [here('return', 'approved')]],
  ['another quantity', [there('exchange', 'open', 2)], [here('exchange', 'requested', 1)]],
  ['a cancel done here alone', [], [here('cancel', 'done')]],
  ['two of one', [there('return', 'void')], [here('return', 'refused'), here('return', 'withdrawn')]],
  ['a wish let be there and not here', [there('cancel', 'void')], [here('cancel', 'requested')]],
] as const)('%s is a difference', (_, theirs, ours) => {
  expect(wrongClaims('naver', theirs, ours)).not.toEqual([])
})

test('a cancel done at once, and a wish let be before anybody looked, may be untold', () => {
  expect(wrongClaims('naver', [there('cancel', 'done'), there('return', 'void')], [])).toEqual([])
})
