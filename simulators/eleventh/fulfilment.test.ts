import { expect, test } from 'vitest'
import { type Client, confirm, DAY, firstOf, minute, openClient, prepared, type Row, ship } from './contract-client.ts'

const states = (client: Client) => client.market.doors.truth().lines.map((line) => line.state)
const cancel = (client: Client, row: Row, quantity: number | null = null) =>
  client.market.doors.cancel(`${row.ordNo}:${row.ordPrdSeq}`, quantity, client.now).kind

/** Two lines of one product and one of another, in one delivery. */
function threeLines(...switches: Parameters<typeof openClient>) {
  const client = openClient(...switches)
  const [first = '', second = ''] = client.seed(5, 5)
  const other = client.seedPlain(5)
  client.buy(first, second, other)
  return { client, rows: client.list('complete') }
}

test('confirming one line confirms every line of its delivery with the same product, and no other', () => {
  const { client, rows } = threeLines()
  const { ordNo, dlvNo } = firstOf(rows)
  const answer = client.get(`ordservices/reqpackaging/${ordNo}/2/N/null/${dlvNo}`)
  expect([answer.code, answer.says]).toEqual(['0', '전체 2건이 정상적으로 발주처리가 되었습니다.'])
  expect(states(client)).toEqual(['301', '301', '202'])
  expect(client.list('packaging').map((row) => [row.ordPrdSeq, row.plcodrCnfDt])).toEqual([
    ['1', '2026-11-20 09:15:00'],
    ['2', '2026-11-20 09:15:00'],
  ])
  expect(client.market.doors.truth().lines.map((line) => line.acknowledged)).toEqual([true, true, false])
})

test('confirming again, an unknown line or another delivery is -3206, a cancelled line -3211, one in a request -3214', () => {
  const client = openClient()
  const item = client.seedPlain(5)
  const done = firstOf(prepared(client, item))
  expect(confirm(client, done)).toBe('-3206')
  expect(confirm(client, { ...done, ordPrdSeq: '2' })).toBe('-3206')
  client.buy(item)
  const fresh = firstOf(client.list('complete'))
  expect(confirm(client, { ...fresh, dlvNo: done.dlvNo ?? '' })).toBe('-3206')
  expect(states(client)).toEqual(['301', '202'])
  cancel(client, fresh)
  expect(confirm(client, fresh)).toBe('-3211')
  cancel(client, done)
  expect(confirm(client, done)).toBe('-3214')
})

test('shipping sends the whole delivery and tells the carrier, the invoice as text, and a method of another list', () => {
  const { client, rows } = threeLines()
  for (const row of rows) confirm(client, row)
  expect(ship(client, firstOf(rows), '001234567890')).toBe('0')
  expect(states(client)).toEqual(['401', '401', '401'])
  expect(client.list('shipping')[2]).toMatchObject({
    invcNo: '001234567890',
    dlvEtprsCd: '00034',
    dlvMthdCd: '01',
    sndEndDt: '2026-11-20 09:15:00',
  })
  expect(client.market.doors.truth().lines[1]?.invoice).toBe('001234567890')
})

test('by quick service is 04 in the call and 06 in the row; without delivery there is no invoice', () => {
  const client = openClient()
  const [quick, none] = [client.seedPlain(1), client.seedPlain(1)].map((item) => firstOf(prepared(client, item)))
  const at = minute(client.now)
  expect(client.get(`ordservices/reqdelivery/${at}/04/00099/null/${quick?.dlvNo}`).code).toBe('0')
  expect(client.get(`ordservices/reqdelivery/${at}/05/null/null/${none?.dlvNo}`).code).toBe('0')
  expect(client.list('shipping').map((row) => [row.dlvMthdCd, row.invcNo])).toEqual([
    ['06', ''],
    ['99', ''],
  ])
})

test('a bad date, carrier or invoice is refused by a code of its own and ships nothing', () => {
  const client = openClient()
  const row = firstOf(prepared(client, client.seedPlain(1)))
  const code = (date: string, carrier: string, invoice: string) =>
    client.get(`ordservices/reqdelivery/${date}/01/${carrier}/${invoice}/${row.dlvNo}`).code
  const at = minute(client.now)
  expect([
    code('20261120', '00034', '123456789012'),
    code('202602300000', '00034', '123456789012'),
    code(at, '99999', '123456789012'),
    code(at, '00034', '1234-5678-9012'),
    code(at, '00034', '12345678'),
  ]).toEqual(['-3301', '-3301', '-3307', '-3306', '-3306'])
  expect(states(client)).toEqual(['301'])
})

test('an invoice used for another delivery is -3320, except by the carrier called other', () => {
  const client = openClient()
  const item = client.seedPlain(3)
  const [first, second] = [firstOf(prepared(client, item)), firstOf(prepared(client, item))]
  expect([ship(client, first), ship(client, second), ship(client, second, '123456789012', '00099')]).toEqual([
    '0',
    '-3320',
    '0',
  ])
})

test('shipped is -3308 whatever the invoice, delivered -3309, cancelled -3313 with the state, unconfirmed -3310', () => {
  const client = openClient({ carrierMs: DAY })
  const item = client.seedPlain(5)
  const row = firstOf(prepared(client, item))
  ship(client, row)
  expect([ship(client, row), ship(client, row, '999999999999')]).toEqual(['-3308', '-3308'])
  expect(client.market.doors.truth().lines[0]?.invoice).toBe('123456789012')
  client.now += DAY
  expect(ship(client, row)).toBe('-3309')

  client.buy(item)
  const paid = firstOf(client.list('complete'))
  expect(ship(client, paid, '222222222222')).toBe('-3310')
  cancel(client, paid)
  const gone = client.get(`ordservices/reqdelivery/${minute(client.now)}/01/00034/333333333333/${paid.dlvNo}`)
  expect([gone.code, gone.says]).toEqual(['-3313', expect.stringContaining('변경된 상태 : (취소완료)')])
  expect(ship(client, { ...paid, dlvNo: '1' })).toBe('-3310')
})

test('a cancel request holds up its whole delivery; where it does not, its line alone stays', () => {
  for (const [requestInBundle, codes] of [
    ['refused', ['-3310', ['301', '301', '301']]],
    ['left', ['0', ['301', '401', '401']]],
  ] as const) {
    const { client, rows } = threeLines({ requestInBundle })
    for (const row of rows) confirm(client, row)
    expect(cancel(client, firstOf(rows))).toBe('requested')
    expect([ship(client, firstOf(rows)), states(client)]).toEqual(codes)
  }
})

test('lines nobody confirmed stay behind, or hold up the delivery', () => {
  for (const [unconfirmedInBundle, codes] of [
    ['left', ['0', ['401', '401', '202']]],
    ['refused', ['-3310', ['301', '301', '202']]],
  ] as const) {
    const { client, rows } = threeLines({ unconfirmedInBundle })
    confirm(client, firstOf(rows))
    expect([ship(client, firstOf(rows)), states(client)]).toEqual(codes)
  }
})

test('a part ships the lines named and leaves the rest for another invoice; with N all go after all', () => {
  const { client, rows } = threeLines()
  for (const row of rows) confirm(client, row)
  const { ordNo, dlvNo } = firstOf(rows)
  const part = (invoice: string, yn: string, seqs: string) =>
    client.get(`ordservices/reqdelivery/${minute(client.now)}/01/00034/${invoice}/${dlvNo}/${yn}/${ordNo}/${seqs}`).code
  expect([part('111111111111', 'Y', '1,3'), states(client)]).toEqual(['0', ['401', '301', '401']])
  expect([part('111111111111', 'Y', '1'), part('111111111111', 'Y', '9')]).toEqual(['-3308', '-3310'])
  expect([part('222222222222', 'N', '1'), states(client)]).toEqual(['0', ['401', '401', '401']])
  expect(
    client
      .list('shipping')
      .map((row) => row.invcNo)
      .sort(),
  ).toEqual(['111111111111', '111111111111', '222222222222'])
})

test('one line in several parcels: the quantities must make up the line, and the row tells the first invoice', () => {
  const client = openClient()
  const item = client.seedPlain(9)
  client.market.doors.buy({ lines: [{ item, quantity: 5 }], buyer: '홍*동' }, client.now, client.random)
  const row = firstOf(client.list('complete'))
  confirm(client, row)
  const parcels = (first: number, more: string) =>
    client.get(
      `ordservices/reqdelivery/${minute(client.now)}/01/00034/111111111111/${row.dlvNo}/${first}/${row.ordNo}/1/${encodeURIComponent(more)}`,
    ).code
  expect([parcels(2, '222222222222@2'), states(client)]).toEqual(['-3310', ['301']])
  expect([parcels(2, '222222222222@2^333333333333@1'), states(client)]).toEqual(['0', ['401']])
  expect(firstOf(client.list('shipping')).invcNo).toBe('111111111111')
  expect(ship(client, firstOf(prepared(client, item)), '333333333333')).toBe('-3320')
})

test('the system’s own error says nothing about whether the work was done', () => {
  const client = openClient({ systemError: 1 })
  client.buy(client.seedPlain(1))
  const row = firstOf(client.list('complete'))
  const { switches } = client.market
  expect([confirm(client, row), states(client)]).toEqual(['-3207', ['202']])
  Object.assign(switches, { systemError: 0, systemErrorAfterCommit: 1 })
  expect([confirm(client, row), states(client)]).toEqual(['-3207', ['301']])
  expect([ship(client, row), states(client)]).toEqual(['-3311', ['401']])
  expect(ship(client, row)).toBe('-3308')
})
