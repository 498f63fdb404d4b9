import { expect, test } from 'vitest'
import { whyNot } from './refusals.ts'

test('what is left of a line is never read as a part of its number', () => {
  const left = (open: number) => whyNot({ kind: 'too_many', lineNo: 1, open })!.detail
  expect([left(12), left(0)]).toEqual(['Only 12 of line 1 are left to send.', 'Nothing of line 1 is left to send.'])
})
