import { expect, test } from 'vitest'
import { customerId, readInstant, readPrice, readQuantity } from './fields.ts'
import { isNotGoods } from './not-goods.ts'

test.each([
  ['2.55', 255, true],
  ['2.5', 250, true],
  ['2', 200, true],
  ['0.0', 0, true],
  ['38970.0', 3_897_000, true],
  ['0.001', 0, false],
  ['0.005', 0, false],
  ['0.015', 2, false],
  ['0.0150', 2, false],
  ['0.0151', 2, false],
  ['0.025', 2, false],
  ['0.0251', 3, false],
  ['1.005', 100, false],
  ['2.675', 268, false],
  ['1.000', 100, true],
  ['-11062.06', -1_106_206, true],
  ['-0.005', 0, false],
])('a price of %s is %i pence, half to even', (text, pence, exact) => {
  expect(readPrice(text)).toEqual({ pence, exact })
  expect(Object.is(readPrice(text)!.pence, -0)).toBe(false)
})

test.each(['', ' ', '1,50', '£2', '1e3', 'NaN', '.5', '5.', '0x10', '999999999999'])('"%s" is no price', (text) =>
  expect(readPrice(text)).toBeUndefined(),
)

test('a quantity is a whole number that stock can hold', () => {
  expect(['6', '-1', '+3', '0', '2147483647'].map(readQuantity)).toEqual([6, -1, 3, 0, 2_147_483_647])
  expect(Object.is(readQuantity('-0'), -0)).toBe(false)
  for (const text of ['', '1.5', '6.0', 'six', '1e3', '2147483648', '99999999999']) {
    expect(readQuantity(text), text).toBeUndefined()
  }
})

test('a date that is on no calendar is none', () => {
  expect(readInstant('2010-12-01 08:26:00')).toBe(Date.UTC(2010, 11, 1, 8, 26))
  expect(readInstant('2010-12-01T08:26')).toBe(Date.UTC(2010, 11, 1, 8, 26))
  expect(readInstant('2012-02-29 00:00:00')).toBe(Date.UTC(2012, 1, 29))
  for (const text of [
    '',
    '2011-02-29 10:00:00',
    '2010-13-01 08:26:00',
    '2010-12-01 24:00:00',
    '2010-12-01 08:26:60',
    '12/1/2010 8:26',
    '2010-12-01',
    'yesterday',
  ]) {
    expect(readInstant(text), text).toBeUndefined()
  }
})

test('a customer id is the same with and without the fraction a spreadsheet adds', () =>
  expect([customerId('17850.0'), customerId('17850'), customerId('')]).toEqual(['17850', '17850', '']))

test('postage, fees, vouchers and trials are not goods; a party bag and a cushion pad are', () => {
  for (const code of [
    'POST',
    'DOT',
    'M',
    'D',
    'C2',
    'S',
    'B',
    'BANK CHARGES',
    'AMAZONFEE',
    'CRUK',
    'GIFT_0001_20',
    'TEST001',
  ]) {
    expect(isNotGoods(code), code).toBe(true)
  }
  for (const code of ['85123A', 'DCGSSBOY', 'PADS', 'MUG', '84029E', 'constructor', '__PROTO__']) {
    expect(isNotGoods(code), code).toBe(false)
  }
})
