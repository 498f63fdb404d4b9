import { expect, test } from 'vitest'
import { whoseInvoice } from './shown-invoice.ts'

const [wrong, older] = [
  { carrier: 'cj', invoice: '0012-345' },
  { carrier: 'cj', invoice: '0099999' },
]
const right = { invoice: '0077777', replaces: [wrong, older] }

test.each([
  ['0077777', 'ours'],
  ['0012-345', 'replaced'],
  ['0012345', 'replaced'],
  ['0099999', 'replaced'],
  ['77777', 'others'],
  ['', 'others'],
] as const)('of a parcel put right, %j is %s', (shown, whose) => {
  expect(whoseInvoice(shown, right)).toBe(whose)
})

test('where only the carrier was wrong the number shown is still to be replaced', () => {
  const parcel = { invoice: '0012345', replaces: [{ carrier: 'lotte', invoice: '0012345' }] }
  expect(whoseInvoice('0012345', parcel)).toBe('replaced')
})

test('what was never told before is ours or somebody else’s', () => {
  expect(whoseInvoice('ab-1', { invoice: 'AB1', replaces: [] })).toBe('ours')
  expect(whoseInvoice('2', { invoice: '1', replaces: [] })).toBe('others')
})
