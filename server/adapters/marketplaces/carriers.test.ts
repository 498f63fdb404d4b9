import { expect, test } from 'vitest'
import { openCarrierCodes } from './carriers.ts'
import { problemOf } from './eleventh/fulfilment.ts'

test('a carrier and its code lead to each other, and what is in no list leads nowhere', () => {
  const { codeOf, carrierOf } = openCarrierCodes({ cj: '00034' })
  expect([codeOf('cj'), carrierOf('00034')]).toEqual(['00034', 'cj'])
  expect([codeOf('lotte'), carrierOf('00012')]).toEqual([null, null])
})

test.each(['constructor', 'toString', '__proto__'])(
  '%s, which every object has, is no carrier of a marketplace',
  (carrier) => {
    expect(openCarrierCodes({ cj: '00034' }).codeOf(carrier)).toBeNull()
    expect(problemOf('1', { carrier, invoice: '123' })?.why).toEqual({ reason: 'carrier_unknown', what: carrier })
  },
)
