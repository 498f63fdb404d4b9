import { expect, test } from 'vitest'
import {
  type Client,
  confirm,
  DAY,
  firstOf,
  MINUTE,
  minute,
  openClient,
  prepared,
  type Row,
  ship,
} from './contract-client.ts'

const lines = (client: Client) =>
  client.market.doors.truth().lines.map(({ state, quantity, cancelled }) => [state, quantity, cancelled])
const cancel = (client: Client, row: Row, quantity: number | null = null) =>
  client.market.doors.cancel(`${row.ordNo}:${row.ordPrdSeq}`, quantity, client.now).kind

/** A confirmed line of so many units; its row. */
function lineOf(client: Client, units: number): Row {
  const item = client.seedPlain(10)
  client.market.doors.buy({ lines: [{ item, quantity: units }], buyer: '홍*동' }, client.now, client.random)
  const row = firstOf(client.list('complete'))
  confirm(client, row)
  return row
}

const approve = (client: Client, claim: Row) =>
  client.get(`claimservice/cancelreqconf/${claim.ordPrdCnSeq}/${claim.ordNo}/${claim.ordPrdSeq}`)

const refuse = (client: Client, claim: Row, change: Row = {}) => {
  const { method, day, carrier, invoice } = {
    method: '01',
    day: '20261120',
    carrier: '00034',
    invoice: '1234567890',
    ...change,
  }
  const { ordNo, ordPrdSeq, ordPrdCnSeq } = claim
  return client.get(
    `claimservice/cancelreqreject/${ordNo}/${ordPrdSeq}/${ordPrdCnSeq}/${method}/${day}/${carrier}/${invoice}`,
  ).code
}

test('before the confirmation a buyer’s cancel is done at once: it is in the list of done ones and in no other', () => {
  const client = openClient()
  const item = client.seedPlain(5)
  client.market.doors.buy({ lines: [{ item, quantity: 3 }], buyer: '홍*동' }, client.now, client.random)
  const row = firstOf(client.list('complete'))
  expect(cancel(client, row, 1)).toBe('cancelled')
  expect([client.stock(item), lines(client)]).toEqual([3, [['202', 3, 1]]])
  expect(firstOf(client.list('complete'))).toMatchObject({ ordQty: '3', ordCnQty: '1', ordAmt: '19800' })
  expect(client.claims('cancelorders')).toEqual([])
  expect(client.claims('canceledorders')).toMatchObject([
    { ordNo: row.ordNo, ordCnQty: '1', ordCnStatCd: '02', ordCnMnbdCd: '01' },
  ])
  expect([cancel(client, row), lines(client), client.list('complete')]).toEqual(['cancelled', [['B01', 3, 3]], []])
  expect(cancel(client, row)).toBe('too_late')
  expect(client.market.doors.cancel('1:1', null, client.now).kind).toBe('not_found')
})

test('whether a cancel puts units back on sale is a switch', () => {
  const client = openClient({ restockOnCancel: false })
  const item = client.seedPlain(5)
  client.buy(item)
  cancel(client, firstOf(client.list('complete')))
  expect(client.stock(item)).toBe(4)
})

test('after the confirmation a cancel of some units is a request that counts as cancelled in the row', () => {
  const client = openClient()
  const row = lineOf(client, 3)
  expect(cancel(client, row, 2)).toBe('requested')
  expect(firstOf(client.list('packaging'))).toMatchObject({ ordQty: '3', ordCnQty: '2', ordPrdStat: '701' })
  const claim = firstOf(client.claims('cancelorders'))
  expect(claim).toMatchObject({
    ordNo: row.ordNo,
    dlvNo: row.dlvNo,
    ordCnQty: '2',
    ordCnStatCd: '01',
    createDt: '2026-11-20 09:15:00',
    cnTrtEndDt: 'null',
  })

  expect(approve(client, claim).code).toBe('0')
  expect([lines(client), client.claims('canceledorders').length]).toEqual([[['301', 3, 2]], 1])
  const again = approve(client, claim)
  expect([again.code, again.says]).toEqual(['-1', '이미 취소 완료된 신청건 입니다.'])
  expect(firstOf(client.claims('cancelorders')).ordCnStatCd).toBe('02')
  expect([ship(client, row), lines(client)]).toEqual(['0', [['401', 3, 2]]])
})

test('a claim is one line’s: another line’s number does not open it, and taking one back leaves the others', () => {
  const client = openClient()
  const [row, other] = [lineOf(client, 3), lineOf(client, 1)]
  cancel(client, row, 2)
  cancel(client, row, 1)
  const [first = {}, second = {}] = client.claims('cancelorders')
  expect(approve(client, { ...first, ordNo: other.ordNo ?? '' }).code).toBe('-22004')
  client.market.buyers.withdraw(second.ordPrdCnSeq ?? '', client.now)
  expect(firstOf(client.list('packaging').filter((each) => each.ordNo === row.ordNo)).ordCnQty).toBe('2')
  approve(client, first)
  expect(lines(client)).toEqual([
    ['301', 3, 2],
    ['301', 1, 0],
  ])
})

test('a request for all of a line takes it out of the lists, or leaves it there', () => {
  const client = openClient()
  const row = lineOf(client, 2)
  cancel(client, row)
  expect(client.list('packaging')).toEqual([])
  expect(firstOf(client.get(`claimservice/orderlistall/${row.ordNo}`).rows)).toMatchObject({
    ordPrdStat: '701',
    ordPrdStatNm: '취소신청',
  })
  approve(client, firstOf(client.claims('cancelorders')))
  expect(lines(client)).toEqual([['B01', 2, 2]])

  const staying = openClient({ claimedLines: 'stay' })
  cancel(staying, lineOf(staying, 2))
  expect(staying.list('packaging').length).toBe(1)
})

test('a request taken back is listed as withdrawn and the line is to be shipped again', () => {
  const client = openClient()
  const row = lineOf(client, 2)
  cancel(client, row)
  const claim = firstOf(client.claims('cancelorders'))
  client.now += MINUTE
  expect(client.market.buyers.withdraw(claim.ordPrdCnSeq ?? '', client.now)).toBe(true)
  expect(client.market.buyers.withdraw(claim.ordPrdCnSeq ?? '', client.now)).toBe(false)
  expect(client.claims('withdrawcanceledorders')).toMatchObject([{ ordCnStatCd: '05', ordCnQty: '2' }])
  expect(client.claims('cancelorders')).toMatchObject([{ ordCnStatCd: '05' }])
  expect([approve(client, claim).code, client.list('packaging').length, ship(client, row)]).toEqual(['-1', 1, '0'])
})

test('refusing a request is shipping: the line goes out whole with the invoice given, and the request is gone', () => {
  const client = openClient()
  const row = lineOf(client, 2)
  cancel(client, row, 1)
  const claim = firstOf(client.claims('cancelorders'))
  expect([
    refuse(client, { ...claim, ordPrdCnSeq: '1' }),
    refuse(client, claim, { day: '202611201200' }),
    refuse(client, claim, { method: '09' }),
    refuse(client, claim, { invoice: '123456789' }),
    refuse(client, claim, { carrier: '99999' }),
  ]).toEqual(['-23002', '-23003', '-23004', '-23005', '-23006'])
  expect(lines(client)).toEqual([['301', 2, 0]])
  expect(refuse(client, claim)).toBe('0')
  expect([lines(client), client.claims('cancelorders')]).toEqual([[['401', 2, 0]], []])
  expect(firstOf(client.list('shipping'))).toMatchObject({ invcNo: '1234567890', ordCnQty: '0' })
  expect([refuse(client, claim), approve(client, claim).code]).toEqual(['-23007', '-1'])
})

test('approving an unknown order, line or request is told by its code', () => {
  const client = openClient()
  const row = lineOf(client, 1)
  const code = (...parts: (string | undefined)[]) => client.get(`claimservice/cancelreqconf/${parts.join('/')}`).code
  expect([code('1', '2', '1'), code('1', row.ordNo, '9'), code('1', row.ordNo, '1')]).toEqual([
    '-22002',
    '-22003',
    '-22004',
  ])
})

test('the seller cancels a line with no quantity, for a reason of the list, and pays for its own fault with credit', () => {
  const client = openClient()
  const item = client.seedPlain(9)
  const reject = (row: Row, reason: string) =>
    client.get(`claimservice/reqrejectorder/${row.ordNo}/${row.ordPrdSeq}/${reason}/${encodeURIComponent('품절')}`).code
  const buy = () => {
    client.buy(item)
    return firstOf(client.list('complete'))
  }
  expect([reject(buy(), '08'), client.market.creditPointsLost()]).toEqual(['0', 1])
  expect([reject(buy(), '10'), client.market.creditPointsLost()]).toEqual(['0', 1])
  expect(client.claims('canceledorders').map((row) => [row.ordCnMnbdCd, row.ordCnRsnCd, row.ordCnDtlsRsn])).toEqual([
    ['02', '08', '품절'],
    ['02', '10', '품절'],
  ])
  client.market.switches.cancelReasons = 'july_2026'
  const row = buy()
  expect([reject(row, '10'), reject({ ...row, ordNo: '1' }, '18'), reject({ ...row, ordPrdSeq: '7' }, '18')]).toEqual([
    '-1',
    '-21002',
    '-21003',
  ])
  expect([reject(row, '18'), reject(row, '18')]).toEqual(['0', '-21004'])
  const asked = firstOf(prepared(client, item))
  cancel(client, asked)
  expect(reject(asked, '08')).toBe('-21005')
})

test('a parcel under way or delivered can be sent back in part; what was received for good cannot', () => {
  const client = openClient({ carrierMs: DAY })
  const row = lineOf(client, 3)
  ship(client, row)
  expect(cancel(client, row, 1)).toBe('requested')
  expect([cancel(client, row, 2), cancel(client, row)]).toEqual(['requested', 'too_late'])
  const claims = client.claims('returnorders')
  expect(claims.map((claim) => [claim.clmStat, claim.clmReqQty, claim.clmLstDlvCst])).toEqual([
    ['105', '1', '6,000'],
    ['105', '2', '6,000'],
  ])
  const act = (verb: string, claim: Row | undefined) =>
    client.get(`claimservice/${verb}/${claim?.clmReqSeq}/${row.ordNo}/1`).code
  expect([act('returnreqconf', claims[0]), act('returnreqconf', claims[0])]).toEqual(['0', '-24006'])
  expect(client.claims('returnedorders')).toMatchObject([{ clmStat: '106', clmReqQty: '1' }])
  expect([act('returnreqconf', claims[1]), lines(client)]).toEqual(['0', [['A01', 3, 0]]])
  expect(client.stock(row.prdNo ?? '')).toBe(7)

  const kept = lineOf(client, 1)
  ship(client, kept, '999999999999')
  client.now += 2 * DAY
  client.get('ordservices/nothing')
  expect(cancel(client, kept)).toBe('too_late')
})

test('a return refused or taken back leaves the line as it was; codes tell what is wrong', () => {
  const client = openClient()
  const row = lineOf(client, 2)
  ship(client, row)
  cancel(client, row, 1)
  cancel(client, row, 1)
  expect(client.list('shipping')).toEqual([])
  const [first, second] = client.claims('returnorders')
  const reject = (claim: string | undefined, reason: string, ordNo = row.ordNo) =>
    client.get(`claimservice/returnreqreject/${ordNo}/1/${claim}/${reason}/${encodeURIComponent('사유')}`).code
  expect([reject('1', '101'), reject(first?.clmReqSeq, '101', '1'), reject(first?.clmReqSeq, '999')]).toEqual([
    '-25004',
    '-25002',
    '-1',
  ])
  expect([reject(first?.clmReqSeq, '103'), reject(first?.clmReqSeq, '103')]).toEqual(['0', '-1'])
  expect(client.market.buyers.withdraw(second?.clmReqSeq ?? '', client.now)).toBe(true)
  expect(client.claims('returnorders').map((claim) => claim.clmStat)).toEqual(['107', '108'])
  expect([client.claims('retractretorders').length, client.list('shipping').length]).toEqual([1, 1])
})

test('a held return completes by itself ten days after it arrived or twenty after the request', () => {
  for (const [returnArrivesMs, days] of [
    [3 * DAY, 13],
    [90 * DAY, 20],
  ] as const) {
    const client = openClient({ returnArrivesMs })
    const row = lineOf(client, 1)
    ship(client, row)
    cancel(client, row)
    const { clmReqSeq } = firstOf(client.claims('returnorders'))
    const hold = (verb: string) =>
      client.get(`claimservice/${verb}/${row.ordNo}/1/${clmReqSeq}/101/%EB%B3%B4%EB%A5%98`).code
    expect([hold('returncompletedefer'), hold('returnclaimdefer'), hold('returnclaimdefer')]).toEqual([
      '-21007',
      '0',
      '-21007',
    ])
    const state = (at: number) => {
      client.now = at
      client.get('ordservices/nothing')
      return lines(client)[0]?.[0]
    }
    const asked = client.now
    expect([state(asked + days * DAY - 1), state(asked + days * DAY)]).toEqual(['401', 'A01'])
  }
})

test('an exchange holds its units until the other one is sent, refused or not wanted any more', () => {
  const client = openClient()
  const row = lineOf(client, 3)
  ship(client, row)
  const key = `${row.ordNo}:1`
  const ask = () => client.market.buyers.exchange(key, 1, client.now)
  const [first, second, third] = [ask(), ask(), ask()]
  expect([ask(), client.claims('exchangeorders').map((claim) => claim.clmStat)]).toEqual([null, ['201', '201', '201']])
  const conf = (carrier: string) =>
    client.get(`claimservice/exchangereqconf/${first}/${row.ordNo}/1/${carrier}/1234567890`).code
  expect([conf('99999'), conf('00034'), conf('00034')]).toEqual(['-27006', '0', '-27008'])
  expect(client.get(`claimservice/exchangereqreject/${row.ordNo}/1/${second}/206/x`).code).toBe('0')
  expect(client.market.buyers.withdraw(third ?? '', client.now)).toBe(true)
  expect(client.claims('exchangeorders').map((claim) => claim.clmStat)).toEqual(['221', '232', '233'])
  expect([client.claims('exchangedorders').length, client.claims('retractexcorders').length]).toEqual([1, 1])
  expect([ask() === null, lines(client)]).toEqual([false, [['401', 3, 0]]])
})

test('claim lists take thirty days, tell bad windows by codes of their own, and no rows as 0 or as -1', () => {
  const client = openClient()
  const code = (list: string, from: string, to: string) => client.get(`claimservice/${list}/${from}/${to}`).code
  const at = minute(client.now)
  const later = (days: number, more = 0) => minute(client.now + days * DAY + more)
  expect([
    code('cancelorders', 'x', at),
    code('cancelorders', at, 'x'),
    code('cancelorders', at, later(30, MINUTE)),
  ]).toEqual(['-28007', '-28006', '-28008'])
  expect([
    code('returnorders', 'x', at),
    code('returnorders', at, 'x'),
    code('returnorders', at, later(30, MINUTE)),
  ]).toEqual(['-29007', '-29006', '-29008'])
  expect([code('cancelorders', at, later(30)), code('officecancellist', at, later(1))]).toEqual(['0', '0'])
  client.market.switches.emptyClaims = '-1'
  const empty = client.get(`claimservice/returnorders/${at}/${later(1)}`)
  expect([empty.code, empty.says]).toEqual(['-1', '해당 건이 없습니다.'])
})

test('units are never claimed twice, and a quantity is a positive whole number', () => {
  const client = openClient()
  const row = lineOf(client, 3)
  expect([cancel(client, row, 2), cancel(client, row, 2), cancel(client, row, 1)]).toEqual([
    'requested',
    'requested',
    'too_late',
  ])
  expect(client.claims('cancelorders').map((claim) => claim.ordCnQty)).toEqual(['2', '1'])
  for (const claim of client.claims('cancelorders')) approve(client, claim)
  expect([lines(client), client.stock(row.prdNo ?? '')]).toEqual([[['B01', 3, 3]], 10])
  expect(() => client.market.doors.cancel(`${row.ordNo}:1`, 0, client.now)).toThrow(RangeError)
})
