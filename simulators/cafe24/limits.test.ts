import { expect, test } from 'vitest'
import { type Client, openClient } from './contract-client.ts'
import { DEFAULT_SWITCHES } from './world.ts'

const { usage } = DEFAULT_SWITCHES

const count = (client: Client) =>
  client.send('GET', 'orders/count', { query: 'start_date=2026-11-20&end_date=2026-11-20' })
const carriers = (client: Client) => client.send('GET', 'carriers')
const row = (client: Client, bucket: string) => client.market.doors.calls().find((each) => each.bucket === bucket)

test('a bucket holds 40 calls and tells how full it is', () => {
  const client = openClient({ limits: 'on' })
  const levels = Array.from({ length: 40 }, () => count(client).headers['X-Api-Call-Limit'])
  expect([levels[0], levels[39]]).toEqual(['1/40', '40/40'])
  const refused = count(client)
  expect([refused.status, refused.headers['X-Api-Call-Limit'], refused.body]).toEqual([
    429,
    '40/40',
    { error: { code: 429, message: 'Too Many Requests', more_info: {} } },
  ])
})

test('a bucket leaks two calls a second, and a refused call does not fill it', () => {
  const client = openClient({ limits: 'on' })
  for (let i = 0; i < 50; i++) count(client)
  client.now += 499
  expect(count(client).status).toBe(429)
  client.now += 1
  expect([count(client).status, count(client).status]).toEqual([200, 429])
  client.now += 60_000
  expect(count(client).headers['X-Api-Call-Limit']).toBe('1/40')
})

test('two calls a second are never refused', () => {
  const client = openClient({ limits: 'on' })
  for (let i = 0; i < 500; i++) {
    expect(count(client).status).toBe(200)
    client.now += 500
  }
  expect(row(client, 'GET orders/count')).toEqual({ bucket: 'GET orders/count', taken: 500, refused: 0 })
})

test.each([
  ['api', 200],
  ['mall', 429],
] as const)('with a bucket per %s, a full one leaves another API at %i', (bucketPer, status) => {
  const client = openClient({ limits: 'on', bucketPer })
  for (let i = 0; i < 41; i++) count(client)
  expect(carriers(client).status).toBe(status)
})

test('the quota counts every API, and Remain appears only from 100 % on', () => {
  const client = openClient({ limits: 'on', usage: { ...usage, callPercent: 40, callDrainPerSecond: 2 } })
  const first = count(client)
  expect(first.headers).toMatchObject({ 'X-Cafe24-Call-Usage': '40', 'X-Cafe24-Time-Usage': '0.02' })
  expect(first.headers).not.toHaveProperty('X-Cafe24-Call-Remain')
  carriers(client)
  const over = carriers(client)
  expect([over.status, over.headers['X-Cafe24-Call-Usage'], over.headers['X-Cafe24-Call-Remain']]).toEqual([
    200,
    '120',
    '11',
  ])
  expect(over.headers).not.toHaveProperty('X-Cafe24-Time-Remain')
  expect([count(client).status, row(client, 'usage')?.refused]).toEqual([429, 1])
})

test('whoever waits as Remain says is let in again, and calling while blocked makes it longer', () => {
  const open = () => {
    const client = openClient({ limits: 'on', usage: { ...usage, callPercent: 60, callDrainPerSecond: 2 } })
    count(client)
    const remain = Number(count(client).headers['X-Cafe24-Call-Remain'])
    return { client, remain }
  }
  const patient = open()
  patient.client.now += patient.remain * 1_000
  expect(count(patient.client).status).toBe(200)

  const hasty = open()
  const refused = count(hasty.client)
  expect(Number(refused.headers['X-Cafe24-Call-Remain'])).toBeGreaterThan(hasty.remain)
  hasty.client.now += hasty.remain * 1_000
  expect(count(hasty.client).status).toBe(429)
})

test('the time quota alone blocks too, and writing a product costs more of it', () => {
  const client = openClient({ limits: 'on', usage: { ...usage, heavyTimePercent: 100, timeDrainPerSecond: 1 } })
  const { no, codes } = client.seed(3)
  const stock = client.send('PUT', `products/${no}/variants/${codes[0]}/inventories`, {
    body: { request: { quantity: 1 } },
  })
  expect(stock.headers['X-Cafe24-Time-Usage']).toBe('0.02')
  const written = client.send('PUT', `products/${no}`, { body: { request: { selling: 'F' } } })
  expect([written.status, written.headers['X-Cafe24-Time-Remain']]).toEqual([200, '1'])
  expect([count(client).status, row(client, 'usage')?.refused]).toEqual([429, 1])
})

test('more than ten calls in a second are counted as abnormal, or block where the mall judges so', () => {
  const client = openClient({ limits: 'on' })
  for (let i = 0; i < 12; i++) expect(count(client).status).toBe(200)
  expect(row(client, 'abnormal-pace')).toEqual({ bucket: 'abnormal-pace', taken: 2, refused: 0 })

  const judged = openClient({ limits: 'on', abnormalPace: 'blocked' })
  const statuses = Array.from({ length: 11 }, () => count(judged).status)
  expect([statuses[9], statuses[10]]).toEqual([200, 429])
  judged.now += 59_000
  expect(carriers(judged).status).toBe(429)
  judged.now += 1_000
  expect(carriers(judged).status).toBe(200)
})

test('limits can be off, and calls are still counted', () => {
  const client = openClient()
  for (let i = 0; i < 100; i++) expect(count(client).status).toBe(200)
  expect(row(client, 'GET orders/count')).toEqual({ bucket: 'GET orders/count', taken: 100, refused: 0 })
})

test('a forced 429 is not the client’s fault and is counted apart', () => {
  const client = openClient({ limits: 'on' })
  client.faults.rateLimitedUntil = client.now + 1_000
  expect(count(client).status).toBe(429)
  expect(client.token({}).status).toBe(429)
  client.now += 1_000
  expect(count(client).status).toBe(200)
  expect([row(client, 'GET orders/count')?.refused, row(client, 'forced')?.refused]).toEqual([0, 2])
})

test('a call without a token uses up nobody’s limit', () => {
  const client = openClient({ limits: 'on' })
  for (let i = 0; i < 60; i++) client.send('GET', 'orders/count', { headers: { authorization: 'Bearer x' } })
  expect(count(client).headers['X-Api-Call-Limit']).toBe('1/40')
})
