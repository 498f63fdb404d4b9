import { expect, test } from 'vitest'
import { lineOf, readActionKey, readOrderRow } from './orders.ts'
import type { Fields } from './xml.ts'

const ROW: Fields = {
  ordNo: '20261120000000001',
  ordPrdSeq: '1',
  ordPrdStat: '301',
  dlvNo: '2678000001',
  bndlDlvYN: 'N',
  prdNo: '9105000001',
  prdStckNo: '44699000001',
  sellerPrdCd: 'P-1',
  sellerStockCd: 'BRK-RD',
  prdNm: '브레이크 패드',
  slctPrdOptNm: '옵션:RD-3개',
  ordQty: '3',
  ordCnQty: '0',
  selPrc: '10,000',
  ordOptWonStl: '500',
  ordAmt: '31,500',
  ordDt: '2026-11-20 09:00:00',
  ordStlEndDt: '2026-11-20 09:00:05',
  plcodrCnfDt: '2026-11-20 10:00:00',
}

const line = (change: Fields, asked = 0) => lineOf(readOrderRow({ ...ROW, ...change })!.row, asked, 'payment')
const withdrawn = (change: Fields, asked: number) => {
  const { state, cancelled, cancelRequested } = line(change, asked)
  return [state, cancelled, cancelRequested]
}

test('an amount may come with commas, and a time without an offset is Korean', () => {
  expect(line({})).toMatchObject({ unitPrice: 10_500, soldAt: Date.UTC(2026, 10, 20, 0, 0, 5) })
})

test('while a request is open, what it asks for is not cancelled, nor what is still charged for', () => {
  const asked = { ordPrdStat: '701', ordCnQty: '2' }
  expect(withdrawn({ ...asked, ordAmt: '31,500' }, 2)).toEqual(['acknowledged', 0, true])
  expect(withdrawn({ ...asked, ordAmt: '21,000' }, 1)).toEqual(['acknowledged', 1, true])
  // The row counts a request that was taken back since: one of two is open, and all three are charged for.
  expect(withdrawn({ ...asked, ordAmt: '31,500' }, 1)).toEqual(['acknowledged', 0, true])
  // Nobody knows of a request: it is older than what was read, or it was taken back.
  expect(withdrawn({ ...asked, ordAmt: '10,500' }, 0)).toEqual(['acknowledged', 0, true])
  // Nothing is told of amounts.
  expect(withdrawn({ ...asked, ordAmt: undefined }, 1)).toEqual(['acknowledged', 1, true])
})

test('without an open request ordCnQty is what is cancelled, less what was asked for since', () => {
  expect(withdrawn({ ordCnQty: '1' }, 0)).toEqual(['acknowledged', 1, false])
  expect(withdrawn({ ordCnQty: '1' }, 1)).toEqual(['acknowledged', 0, true])
  expect(withdrawn({ ordCnQty: '3' }, 0)).toEqual(['cancelled', 3, false])
  expect(withdrawn({ ordPrdStat: 'B01', ordCnQty: undefined }, 0)).toEqual(['cancelled', 3, false])
})

test('a claim is no step of a line: its dates say how far it is', () => {
  const claimed = { ordPrdStat: '601' }
  expect(line(claimed).state).toBe('acknowledged')
  expect(line({ ...claimed, plcodrCnfDt: undefined }).state).toBe('paid')
  expect(line({ ...claimed, sndEndDt: '2026-11-21 10:00:00' }).state).toBe('shipped')
  expect(line({ ...claimed, sndEndDt: '2026-11-21 10:00:00', dlvEndDt: '2026-11-22 10:00:00' }).state).toBe('delivered')
})

test("a product without options goes by its own number and code; an option never by its product's code", () => {
  expect(line({})).toMatchObject({ item: '44699000001', sellerCode: 'BRK-RD', optionName: '옵션:RD' })
  expect(line({ sellerStockCd: undefined }).sellerCode).toBeNull()
  for (const slctPrdOptNm of ['3개', undefined, '-3개']) {
    expect(line({ slctPrdOptNm })).toMatchObject({ item: '9105000001', sellerCode: 'P-1', optionName: '' })
  }
})

test('what acknowledging and shipping need is in the key and comes out of it; an additional product has its number', () => {
  const { actionKey } = line({ bndlDlvYN: 'Y', addPrdYn: 'Y', addPrdNo: '77' })
  expect(readActionKey(actionKey)).toEqual({
    ...{ ordNo: ROW.ordNo, ordPrdSeq: '1', dlvNo: ROW.dlvNo, prdNo: ROW.prdNo, isShared: true, addPrdNo: '77' },
  })
  expect(line({ ordPrdStat: '200' }).actionKey).toBe('')
  for (const strange of ['', '123', '1:2:3:4:X', '1:2:3/../4:5:S', `${actionKey} `])
    expect(readActionKey(strange)).toBeNull()
})

test.each([
  ['an unknown status', { ordPrdStat: '777' }],
  ['no number', { ordNo: undefined }],
  ['a number that is a path', { dlvNo: '1/../2' }],
  ['more cancelled than bought', { ordCnQty: '4' }],
  ['an option that is not named', { prdStckNo: undefined }],
  ['no day', { ordDt: '2026-02-30 09:00:00' }],
  ['a price in words', { selPrc: 'ten thousand' }],
])('a row with %s cannot be read', (_, change) => {
  expect(readOrderRow({ ...ROW, ...change })).toBeNull()
})
