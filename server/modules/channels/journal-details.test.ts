import { expect, test } from 'vitest'
import { ChannelFault } from './adapter.ts'
import { failedDetail, toldOf } from './journal-details.ts'

const nothing = { failure: null, expected: null, units: null, detail: null }

test.each([
  [new ChannelFault('refused', '[판매중지] 상품'), { code: 'refused', why: null, said: '[판매중지] 상품' }],
  [new ChannelFault('refused', ''), { code: 'refused', why: null, said: '' }],
  [
    new ChannelFault('not_found', '', { why: { reason: 'item_missing', what: '90012' } }),
    { code: 'not_found', why: { reason: 'item_missing', what: '90012' }, said: '' },
  ],
  [
    new ChannelFault('signed_out', 'no\nsuch vendor', { why: { reason: 'vendor_unknown' } }),
    { code: 'signed_out', why: { reason: 'vendor_unknown' }, said: 'no\nsuch vendor' },
  ],
  [new TypeError('a mistake of ours'), { code: 'unknown', why: null, said: '' }],
])('a failure is read from the journal as it was met (%#)', (error, failure) => {
  expect(toldOf('failed', failedDetail(error))).toEqual({ ...nothing, failure })
})

test('a failure kept as an English sentence before keeps its code and the marketplace’s own words', () => {
  expect(toldOf('failed', 'refused: the marketplace will never accept this request (품절 (옵션))').failure).toEqual({
    ...{ code: 'refused', why: null, said: '품절 (옵션)' },
  })
  expect(toldOf('failed', 'blocked: this address or seller is blocked at the marketplace').failure?.said).toBe('')
  expect(toldOf('failed', 'Something else').failure).toEqual({ code: 'unknown', why: null, said: 'Something else' })
})

test('what a read should have shown, and how far off it was, are numbers; anything else stays as it is', () => {
  expect(toldOf('observed', 'expected 7')).toEqual({ ...nothing, expected: 7 })
  expect(toldOf('drift', '-5 units')).toEqual({ ...nothing, units: -5 })
  expect(toldOf('mapped', '김운영')).toEqual({ ...nothing, detail: '김운영' })
  expect(toldOf('sold', null)).toEqual(nothing)
})
