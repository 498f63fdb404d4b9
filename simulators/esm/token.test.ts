import { expect, test } from 'vitest'
import { bearer, type OrderList, openClient, START, type TokenParts } from './contract-client.ts'

const PATH = '/item/v1/shipping/delivery-company'
const statusOf = (authorization: string) => openClient().send('GET', PATH, undefined, authorization).status

test('a token for the fixed audience, signed with the secret, is taken with and without iat', () => {
  expect(statusOf(bearer())).toBe(200)
  expect(statusOf(bearer({ iat: START / 1000 }))).toBe(200)
})

test.each<[string, TokenParts]>([
  ['another secret', { secret: 'other' }],
  ['another master id', { header: { kid: 'somebody' } }],
  ['another algorithm', { header: { alg: 'HS512' } }],
  ['no algorithm', { header: { alg: 'none' } }],
  ['another type', { header: { typ: 'JWS' } }],
  ['the host as audience', { payload: { aud: 'sa2.esmplus.com' } }],
  ['another subject', { payload: { sub: 'buy' } }],
  ['no issuer', { payload: { iss: '' } }],
  ['iat as text', { payload: { iat: '1763600000' } }],
  ['another seller', { payload: { ssi: 'A:somebody' } }],
  ['one seller of two unknown', { payload: { ssi: 'A:pretend-auction,G:somebody' } }],
  ['a seller twice', { payload: { ssi: 'G:pretend-gmarket,G:pretend-gmarket' } }],
  ['sites swapped', { payload: { ssi: 'G:pretend-auction,A:pretend-gmarket' } }],
])('%s is refused with 401 in the shape of the gate', (_name, parts) => {
  const answer = openClient().send('GET', PATH, undefined, bearer(parts))
  expect(answer.status).toBe(401)
  expect(answer.body).toEqual({ status: { message: expect.any(String), status_code: 401 } })
})

test('the signature covers the bytes as sent: one changed, added or padded character is refused', () => {
  const good = bearer()
  const [head, claims, signature] = good.split('.') as [string, string, string]
  const reordered = Buffer.from(`${Buffer.from(claims, 'base64url')} `).toString('base64url')
  expect(statusOf(`${head}.${reordered}.${signature}`)).toBe(401)
  expect(statusOf(`${good}=`)).toBe(401)
  expect(statusOf(`${good.slice(0, -1)}${good.endsWith('A') ? 'B' : 'A'}`)).toBe(401)
  expect(statusOf(good.replace('Bearer ', 'bearer '))).toBe(401)
  expect(statusOf(good.replace('Bearer ', ''))).toBe(401)
  expect(statusOf(`${head}.${claims}`)).toBe(401)
})

test('how old a token may be is not written: by default any age, by switch a tolerance either way in seconds', () => {
  const client = openClient()
  const call = (iat: number) => client.send('GET', PATH, undefined, bearer({ iat })).status
  expect(call(START / 1000 - 86_400)).toBe(200)
  client.market.switches.iatToleranceMs = 300_000
  expect([call(START / 1000 - 300), call(START / 1000 - 301)]).toEqual([200, 401])
  expect([call(START / 1000 + 301), call(START)]).toEqual([401, 401])
})

test('a right that was not granted is 401 with the contract’s own text, per API', () => {
  const client = openClient()
  const answer = client.send('POST', '/shipping/v1/Delivery/AddShippingCompleteInfo/4000000001')
  expect([answer.status, answer.body]).toEqual([
    401,
    { status: { message: 'The user does not have right access to the api', status_code: 401 } },
  ])
  expect(client.send('GET', PATH).status).toBe(200)
})

test('a token of one site opens that site only', () => {
  const client = openClient()
  const [goods] = client.seed(5)
  const onlyG = bearer({ payload: { ssi: 'G:pretend-gmarket' } })
  const put = client.send('PUT', `/item/v1/goods/${goods!.goodsNo}/stock`, { stock: { gmkt: 7 } }, onlyG)
  expect(put.body).toEqual({ resultCode: 0, message: '[GMKT] 성공', goodsNo: Number(goods!.goodsNo) })
  client.send('PUT', `/item/v1/goods/${goods!.goodsNo}/stock`, { stock: { gmkt: 8, iac: 8 } }, onlyG)
  expect([client.stockOf(goods!.gmkt), client.stockOf(goods!.iac)]).toEqual([8, 5])
  const list = { siteType: 1, orderStatus: 0, orderNo: client.buy(goods!.iac)[0] }
  expect(client.send('POST', '/shipping/v1/Order/RequestOrders', list, onlyG).body.ResultCode).toBe(3000)
  expect(client.send<OrderList>('POST', '/shipping/v1/Order/RequestOrders', list).body.Data.TotalCount).toBe(1)
})
