import { expect, test } from 'vitest'
import { bench, stocked } from './client-for-tests.ts'

test('each API has its own bucket of 2 a second and 4 at once, told in headers', () => {
  const { signedIn, clock, unit } = stocked({})
  const read = () => signedIn('GET', `/v2/products/origin-products/${unit}`)
  const left = [read(), read(), read(), read()].map((answer) => answer.headers['GNCP-GW-RateLimit-Remaining'])
  expect(left).toEqual(['3', '2', '1', '0'])
  const refused = read()
  expect([refused.status, refused.body.code]).toEqual([429, 'GW.RATE_LIMIT'])
  expect(refused.headers).toMatchObject({
    'GNCP-GW-RateLimit-Replenish-Rate': '2',
    'GNCP-GW-RateLimit-Burst-Capacity': '4',
    'GNCP-GW-RateLimit-Remaining': '0',
  })
  expect(signedIn('GET', '/v1/seller/account').status).toBe(200) // another API, another bucket
  clock.now += 500
  expect([read().status, read().status]).toEqual([200, 429])
  clock.now += 60_000 // a long pause saves up no more than the burst
  expect([1, 2, 3, 4, 5].map(() => read().status)).toEqual([200, 200, 200, 200, 429])
})

test('products share the bucket of their API, and a refused write is not processed', () => {
  const { signedIn, unit, red, stockOf } = stocked({ limits: { ratePerSecond: 1 } })
  const path = `/v1/products/origin-products/${unit}/option-stock`
  const write = (stock: number) =>
    signedIn('PUT', path, {
      optionInfo: { useStockManagement: true, optionCombinations: [{ id: Number(red), stockQuantity: stock }] },
    }).status
  expect([write(3), write(2), write(1)]).toEqual([200, 200, 429])
  expect(stockOf(red)).toBe(2)
})

test('the calls are counted as the marketplace counts them, taken and refused', () => {
  const { signedIn, naver } = bench({ limits: { ratePerSecond: 1 } })
  for (let i = 0; i < 5; i++) signedIn('GET', '/v1/seller/account')
  expect(naver.doors.calls()).toEqual([
    { bucket: 'POST /v1/oauth2/token', taken: 1, refused: 0 },
    { bucket: 'GET /v1/seller/account', taken: 2, refused: 3 },
  ])
})

test('the token call carries no rate headers, and switched-off limits carry none at all', () => {
  const { signedIn } = bench({ limits: 'off' })
  const answers = Array.from({ length: 50 }, () => signedIn('GET', '/v1/seller/account'))
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]))
  expect(Object.keys(answers[0]!.headers).filter((name) => name.includes('RateLimit'))).toEqual([])
})

test('a clock set back neither fills nor empties a bucket', () => {
  const { signedIn, clock } = bench({ limits: { ratePerSecond: 1 } })
  const statuses = [0, -10_000, -20_000].map((shift) => {
    clock.now += shift
    return signedIn('GET', '/v1/seller/account').status
  })
  expect(statuses).toEqual([200, 200, 429])
})

test('while the fault rateLimitedUntil lasts, every call is refused and none is processed', () => {
  const { signedIn, naver, clock } = bench({ limits: 'off' })
  expect(signedIn('GET', '/v1/seller/account').status).toBe(200)
  naver.faults.rateLimitedUntil = clock.now + 60_000
  expect(signedIn('GET', '/v1/seller/account')).toMatchObject({ status: 429, body: { code: 'GW.RATE_LIMIT' } })
  clock.now += 60_000
  expect(signedIn('GET', '/v1/seller/account').status).toBe(200)
})
