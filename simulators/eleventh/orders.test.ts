import { expect, test } from 'vitest'
import { type Client, confirm, DAY, firstOf, MINUTE, minute, openClient, ship } from './contract-client.ts'

const between = (client: Client, from: number, to: number, list = 'complete') =>
  client.get(`ordservices/${list}/${minute(from)}/${minute(to)}`)

test('a paid order is a row a line, without a result code, with exact numbers and Korean time', () => {
  const client = openClient()
  const [first = '', second = ''] = client.seed(5, 5)
  const ordNo = client.buy(first, second)
  const answer = between(client, client.now - MINUTE, client.now + MINUTE)
  expect([answer.code, answer.rows.length]).toEqual(['', 2])
  expect(answer.rows[0]).toMatchObject({
    ordNo,
    ordPrdSeq: '1',
    prdStckNo: first,
    prdNo: client.market.doors.truth().items[0]?.unit,
    sellerStockCd: 'SKU-0',
    prdNm: '브레이크 패드 <앞>',
    ordQty: '1',
    ordCnQty: '0',
    selPrc: '9900',
    ordAmt: '9900',
    ordDt: '2026-11-20 09:15:00',
    ordPrdStat: '202',
    addPrdYn: 'N',
    bndlDlvYN: 'Y',
  })
  expect(ordNo).toMatch(/^20261120\d{9}$/)
  expect(answer.rows.map((row) => row.ordPrdSeq)).toEqual(['1', '2'])
})

test('a row of a product without options tells its product and the code on it', () => {
  const client = openClient()
  const prdNo = client.seedPlain(3)
  client.buy(prdNo)
  expect(firstOf(client.list('complete'))).toMatchObject({ prdNo, sellerPrdCd: 'SKU-0', sellerStockCd: '' })
  expect(client.market.doors.truth().lines[0]).toMatchObject({ item: prdNo, sellerCode: 'SKU-0' })
})

test('no rows is result_code 0 and no error', () => {
  const client = openClient()
  const answer = between(client, client.now - MINUTE, client.now)
  expect([answer.status, answer.code, answer.says]).toEqual([200, '0', '조회된 결과가 없습니다.'])
})

test('a window starts with its first minute and, unless so wished, ends before its last', () => {
  const client = openClient()
  client.buy(client.seedPlain(3))
  const count = (from: number, to: number) => between(client, from, to).rows.length
  expect([count(client.now, client.now + MINUTE), count(client.now - MINUTE, client.now)]).toEqual([1, 0])
  client.market.switches.lastMinute = 'included'
  expect(count(client.now - MINUTE, client.now)).toBe(1)
})

test('a window is at most seven days, and each list has its own codes for a bad one', () => {
  const client = openClient()
  const codes = (list: string) =>
    [
      '2026/202611200000',
      '202611200000/202613010000',
      '202611200001/202611200000',
      `${minute(client.now)}/${minute(client.now + 7 * DAY + MINUTE)}`,
      `${minute(client.now)}/${minute(client.now + 7 * DAY)}`,
    ].map((window) => client.get(`ordservices/${list}/${window}`).code)
  expect(codes('complete')).toEqual(['-3103', '-3104', '-3104', '-3105', '0'])
  expect(codes('packaging')).toEqual(['-3303', '-3304', '-3304', '-3305', '0'])
  expect(codes('dlvcompleted')).toEqual(['-3902', '-3903', '-3903', '-3904', '0'])
})

test('a list ends at 3,000 rows with no next page; halving the window tells the rest', () => {
  const client = openClient()
  const item = client.seedPlain(4_000)
  for (let i = 0; i < 3_001; i++) {
    if (i === 1_500) client.now += 10 * MINUTE
    client.buy(item)
  }
  const told = (from: number, to: number) => {
    const { body } = client.raw('GET', `ordservices/complete/${minute(from)}/${minute(to)}`)
    return [
      ...Buffer.from(body)
        .toString('latin1')
        .matchAll(/<ordNo>(\d+)/g),
    ].map((match) => match[1])
  }
  const start = client.now - 10 * MINUTE
  expect(told(start, client.now + MINUTE).length).toBe(3_000)
  const halves = [told(start, client.now), told(client.now, client.now + MINUTE)]
  expect(halves.map((half) => half.length)).toEqual([1_500, 1_501])
  expect(new Set(halves.flat()).size).toBe(3_001)
})

test('a fresh order may be told only later, one may come twice, and rows in any order', () => {
  const client = openClient()
  const item = client.seedPlain(50)
  client.faults.feedDelayMs = 5 * MINUTE
  const sold = Array.from({ length: 20 }, () => client.buy(item))
  expect(client.list('complete')).toEqual([])
  client.now += 5 * MINUTE
  expect(client.list('complete').map((row) => row.ordNo)).toEqual(sold)
  client.faults.disorder = 1
  const muddled = client.list('complete').map((row) => row.ordNo)
  expect([muddled.length, muddled.join() === sold.join(), new Set(muddled).size]).toEqual([20, false, 20])
  client.faults.duplicateOrder = 1
  const twice = client.list('complete').map((row) => row.ordNo)
  expect([twice.length, new Set(twice).size]).toEqual([21, 20])
  client.market.switches.mostRows = 20
  expect(client.list('complete').length).toBe(20)
})

test('an order moves from list to list by the date of each step, or by its own', () => {
  for (const [listsBy, byStep] of [
    ['state_date', 1],
    ['order_date', 0],
  ] as const) {
    const client = openClient({ listsBy, carrierMs: DAY })
    client.buy(client.seedPlain(1))
    const row = firstOf(client.list('complete'))
    const within = (list: string, from: number) => between(client, from, client.now + MINUTE, list).rows.length
    client.now += DAY
    confirm(client, row)
    expect([client.list('complete').length, within('packaging', client.now)]).toEqual([0, byStep])
    client.now += DAY
    expect(ship(client, row)).toBe('0')
    expect([within('shipping', client.now), within('shipping', client.now - 2 * DAY)]).toEqual([byStep, 1])
    client.now += DAY
    expect([within('shipping', client.now - 3 * DAY), within('dlvcompleted', client.now)]).toEqual([0, byStep])
    client.now += DAY
    expect([within('dlvcompleted', client.now - 4 * DAY), within('completed', client.now)]).toEqual([0, byStep])
  }
})

test('one order is told by its number whatever became of it, an unknown one as no rows', () => {
  const client = openClient()
  const item = client.seedPlain(3)
  const ordNo = client.buy(item)
  client.market.doors.cancel(`${ordNo}:1`, null, client.now)
  expect(client.list('complete')).toEqual([])
  expect(firstOf(client.get(`ordservices/complete/${ordNo}`).rows)).toMatchObject({ ordPrdStat: 'B01', ordCnQty: '1' })
  expect(client.get('ordservices/complete/20261120000009999').code).toBe('0')
})

test('states of at most 100 orders are told at once, with the receiver on request, without spaces', () => {
  const client = openClient()
  const item = client.seedPlain(200)
  const [first, second] = [client.buy(item), client.buy(item)]
  const states = (list: string, numbers: string) => client.get(`claimservice/${list}/${numbers}`)
  expect(states('orderlistall', `${first},1,${second}`).rows.map((row) => [row.ordNo, row.ordPrdStatNm])).toEqual([
    [first, '결제완료'],
    [second, '결제완료'],
  ])
  expect(firstOf(states('orderlistall', first).rows).rcvrNm).toBeUndefined()
  expect(firstOf(states('orderlistalladdr', first).rows)).toMatchObject({ rcvrNm: '홍*동', invcNo: '' })
  expect(states('orderlistall', Array.from({ length: 101 }, () => first).join(',')).code).toBe('-28003')
  expect(states('orderlistall', `${first},%20${second}`).code).toBe('-28002')
  expect(states('orderlistall', '1').code).toBe('-1')
})

test('a gift awaits its address in a list of its own, then enters the paid list with a date long past', () => {
  const client = openClient({ giftOrders: 1, giftAddressMs: 3 * 60 * MINUTE })
  const ordNo = client.buy(client.seedPlain(1))
  expect([client.list('complete'), client.list('delvplacestandby').map((row) => row.ordNo)]).toEqual([[], [ordNo]])
  client.now += 3 * 60 * MINUTE
  expect(between(client, client.now - MINUTE, client.now + MINUTE).rows).toEqual([])
  expect(firstOf(client.list('complete'))).toMatchObject({ ordNo, sendGiftYn: 'Y', ordPrdStat: '202' })
})

test('orders nobody has paid are told as no rows', () => {
  const client = openClient()
  client.buy(client.seedPlain(1))
  expect([client.list('standby'), client.list('packaging')]).toEqual([[], []])
})

test('orders of one buyer within a while share a delivery until something of it has left', () => {
  const client = openClient({ bundleMs: 10 * MINUTE })
  const item = client.seedPlain(10)
  const deliveryOf = (ordNo: string) => firstOf(client.get(`ordservices/complete/${ordNo}`).rows).dlvNo
  const [first, second] = [client.buy(item), client.buy(item)].map(deliveryOf)
  expect(first).toBe(second)
  const row = firstOf(client.list('complete'))
  confirm(client, row)
  ship(client, row)
  const third = deliveryOf(client.buy(item))
  client.now += 10 * MINUTE
  expect(new Set([first, third, deliveryOf(client.buy(item))]).size).toBe(3)
})

test('lines of an order share a delivery, or have one each', () => {
  const deliveries = (splitDelivery: number) => {
    const client = openClient({ splitDelivery })
    client.buy(...client.seed(1, 1))
    return client.list('complete').map((row) => [row.bndlDlvYN, row.dlvNo])
  }
  const [bundled, split] = [deliveries(0), deliveries(1)]
  expect(bundled[0]).toEqual(bundled[1])
  expect([split[0]?.[0], split[0]?.[1] === split[1]?.[1]]).toEqual(['N', false])
})
