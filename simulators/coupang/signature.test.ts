import { expect, test } from 'vitest'
import { listed, minutes, O5, openClient, P, START, sign } from './contract-client.ts'

const PATH = `${P}/vendor-items/81000000001/inventories`
const HOUR_MS = 3_600_000

function refusal(authorization: string, query = '') {
  const client = openClient()
  client.seed(3)
  const answer = client.send('GET', PATH, { authorization, query })
  return [answer.status, answer.body.message ?? '']
}

test('a signature over date, method, path and query is taken', () => {
  expect(refusal(sign('GET', PATH, '', START))).toEqual([200, ''])
})

test('a header that is missing, of another form, or dated in another form is a wrong format', () => {
  const good = sign('GET', PATH, '', START)
  const format = [401, 'HMAC format is invalid.']
  expect(refusal('')).toEqual(format)
  expect(refusal('Bearer abc')).toEqual(format)
  expect(refusal(good.replace('HmacSHA256', 'HmacSHA1'))).toEqual(format)
  expect(refusal(good.replace('signed-date=26', 'signed-date=2026'))).toEqual(format)
  expect(refusal(good.replace(/signed-date=\w+/, `signed-date=${START}`))).toEqual(format)
  expect(refusal(good.replace('signed-date=261120', 'signed-date=260230'))).toEqual(format)
})

test('an old signature, and one dated in Korean time, is expired', () => {
  const expired = [401, 'Specified signature is expired.']
  expect(refusal(sign('GET', PATH, '', START - 301_000))).toEqual(expired)
  expect(refusal(sign('GET', PATH, '', START + 9 * HOUR_MS))).toEqual(expired)
  expect(refusal(sign('GET', PATH, '', START - 299_000))).toEqual([200, ''])
})

test('another secret, method, or query is an invalid signature; another key is not authorized', () => {
  const invalid = [401, 'Invalid signature.']
  expect(refusal(sign('GET', PATH, '', START, 'other-secret'))).toEqual(invalid)
  expect(refusal(sign('PUT', PATH, '', START))).toEqual(invalid)
  expect(refusal(sign('GET', PATH, '', START), 'a=1')).toEqual(invalid)
  const upper = sign('GET', PATH, '', START).replace(
    /signature=(\w+)/,
    (_all, hex: string) => `signature=${hex.toUpperCase()}`,
  )
  expect(refusal(upper)).toEqual(invalid)
  expect(refusal(sign('GET', PATH, '', START, undefined, 'other-key'))).toEqual([401, 'Request is not authorized.'])
})

test('the signature covers the query as it was sent, not as it reads', () => {
  const client = openClient()
  const query = minutes(START, 'ACCEPT').replaceAll(':', '%3A')
  const path = `${O5}/ordersheets`
  expect(client.send('GET', path, { query }).status).toBe(200)
  const decoded = sign('GET', path, decodeURIComponent(query), START)
  expect(client.send('GET', path, { query, authorization: decoded }).body.message).toBe('Invalid signature.')
})

test('another vendor in the path is not found', () => {
  const client = openClient()
  const other = O5.replace('A01234567', 'A07654321')
  expect(client.send('GET', `${other}/ordersheets`, { query: minutes(START, 'ACCEPT') }).status).toBe(404)
  expect(listed(client)).toEqual([])
})
