import { expect, test } from 'vitest'
import { type Client, O4, openClient, P } from './contract-client.ts'

const read = (client: Client, item: string) => client.send('GET', `${P}/vendor-items/${item}/inventories`)
const budget = (client: Client) => client.market.doors.calls().find((row) => row.bucket === 'vendor')

test('the sixth call of a second blocks every API for a minute', () => {
  const client = openClient({ limits: 'on' })
  const [item = ''] = client.seed(3)
  for (let i = 0; i < 5; i++) expect(read(client, item).status).toBe(200)
  expect(read(client, item).status).toBe(429)

  client.now += 2_000
  expect(client.send('GET', `${O4}/ordersheets/1`).status).toBe(429)
  client.now += 58_001
  expect(read(client, item).status).toBe(200)
  expect(budget(client)).toEqual({ bucket: 'vendor', taken: 6, refused: 2 })
})

test('the second slides: five calls on each side of a full second are too many', () => {
  const client = openClient({ limits: 'on' })
  const [item = ''] = client.seed(3)
  client.now += 900
  for (let i = 0; i < 3; i++) read(client, item)
  client.now += 200
  expect([read(client, item).status, read(client, item).status, read(client, item).status]).toEqual([200, 200, 429])
})

test('a client that keeps five calls a second is never refused, and is warned at the fifth', () => {
  const client = openClient({ limits: 'on' })
  const [item = ''] = client.seed(3)
  const warned = []
  for (let i = 0; i < 20; i++) {
    const answer = read(client, item)
    expect(answer.status).toBe(200)
    warned.push('x-cag-warnings' in answer.headers)
    client.now += 200
  }
  expect(warned.slice(0, 5)).toEqual([false, false, false, false, true])
})

test('going on too fast during the block prolongs it, waiting does not', () => {
  const client = openClient({ limits: 'on', blockMs: 10_000 })
  const [item = ''] = client.seed(3)
  for (let i = 0; i < 6; i++) read(client, item)
  client.now += 9_000
  for (let i = 0; i < 6; i++) read(client, item)
  client.now += 9_000
  expect(read(client, item).status).toBe(429)
  client.now += 1_000
  expect(read(client, item).status).toBe(200)
})

test('limits can be off, and calls are still counted', () => {
  const client = openClient()
  const [item = ''] = client.seed(3)
  for (let i = 0; i < 100; i++) expect(read(client, item).status).toBe(200)
  expect(budget(client)).toEqual({ bucket: 'vendor', taken: 100, refused: 0 })
})

test('an unsigned call uses up nobody’s limit', () => {
  const client = openClient({ limits: 'on' })
  const [item = ''] = client.seed(3)
  for (let i = 0; i < 10; i++) client.send('GET', `${O4}/ordersheets`, { authorization: '' })
  expect(read(client, item).status).toBe(200)
})

test('a forced 429 is not the client’s fault and is counted apart', () => {
  const client = openClient({ limits: 'on' })
  const [item = ''] = client.seed(3)
  client.faults.rateLimitedUntil = client.now + 1_000
  expect(read(client, item).status).toBe(429)
  client.now += 1_000
  expect(read(client, item).status).toBe(200)
  expect(budget(client)?.refused).toBe(0)
})

test('too many errors close the door with HTML', () => {
  const client = openClient({ deniedAfterErrors: 3 })
  const [item = ''] = client.seed(3)
  for (let i = 0; i < 4; i++) expect(client.send('GET', `${O4.replace('A0', 'A9')}/ordersheets`).status).toBe(404)
  const denied = read(client, item)
  expect([denied.status, denied.headers['content-type']]).toEqual([403, 'text/html'])
  expect(denied.text).toContain('Access Denied')
  client.now += 60_000
  expect(read(client, item).status).toBe(200)
})

test('the gateway gives up after the work was done, unless it was asked to wait longer', () => {
  const client = openClient({ gateway504AfterCommit: 1 })
  const [item = ''] = client.seed(3)
  const answer = client.send('PUT', `${P}/vendor-items/${item}/quantities/9`)
  expect([answer.status, answer.body.code]).toEqual([504, 'ERROR'])
  expect(client.market.doors.truth().items[0]?.stock).toBe(9)
  const patient = client.send('PUT', `${P}/vendor-items/${item}/quantities/8`, {
    headers: { 'x-extended-timeout': '90000' },
  })
  expect(patient.status).toBe(200)
})
