import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { problem } from '../../contract/problem.ts'
import { type Api, openApi, type Response } from '../../test/api.ts'
import { realClock } from '../kernel/clock.ts'
import { LaneFull, OutcomeUnknown } from '../kernel/group-commit.ts'
import { openLog } from '../kernel/log.ts'
import { openHttp } from './server.ts'

let api: Api
beforeAll(async () => {
  api = await openApi({ demo: true })
  await api.shop.stock('BRK-1', 10)
})
afterAll(() => api.close())

function expectProblem(response: Response, status: number, kind: string): void {
  expect(response.headers['content-type']).toBe('application/problem+json')
  const said = problem.parse(response.json())
  expect([response.statusCode, said.status, said.type]).toEqual([status, status, `/problems/${kind}`])
  expect(response.headers['x-request-id']).toBe(said.requestId)
}

test('every answer forbids foreign scripts, sniffing, framing and referrers', async () => {
  for (const url of ['/live', '/v1/orders', '/nowhere']) {
    const { headers } = await api.get(url)
    expect(headers['content-security-policy']).toMatch(/default-src 'self'.*frame-ancestors 'none'/)
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['referrer-policy']).toBe('no-referrer')
    expect(headers['access-control-allow-origin']).toBeUndefined()
  }
})

test('live and ready need no key; not ready is a 503 that says why', async () => {
  expect((await api.app.inject('/live')).statusCode).toBe(200)
  expect((await api.app.inject('/ready')).statusCode).toBe(200)
  const { shop } = api
  const app = await openHttp({
    ...{ db: shop.db, newId: () => 'x', clock: realClock, log: openLog('silent'), plugins: [] },
    lane: { submit: () => Promise.reject(new LaneFull()), close: async () => {}, counts: () => ({}) as never },
    numbers: { next: async () => 'ORD' },
    ready: async () => ({ ok: false, why: 'migrations are missing' }),
  })
  const answer = await app.inject('/ready')
  expectProblem(answer, 503, 'unavailable')
  expect(answer.json().detail).toContain('migrations are missing')
  await app.close()
})

test('whatever is wrong with the key, the answer is the same', async () => {
  const [company, id] = api.key.split('_').slice(1) as [string, string]
  const wrong = [
    {},
    { authorization: '' },
    { authorization: 'Basic eDp5' },
    { authorization: `Bearer ${api.key}x` },
    { authorization: `Bearer ${api.key.slice(0, -1)}` },
    { authorization: `Bearer jaego_${company}_${id}_${'A'.repeat(43)}` },
    { authorization: `Bearer jaego_${id}_${company}_${'A'.repeat(43)}` },
    { authorization: `Bearer jaego_${'A'.repeat(10_000)}` },
  ]
  const bodies = new Set<string>()
  for (const headers of wrong) {
    const answer = await api.app.inject({ url: '/v1/orders', headers: headers as Record<string, string> })
    expectProblem(answer, 401, 'not-signed-in')
    bodies.add(JSON.stringify({ ...answer.json(), requestId: '' }))
  }
  expect(bodies.size).toBe(1)
})

test('nothing below /v1 but the document is answered without a key', async () => {
  const document = (await api.app.inject('/v1/openapi.json')).json() as { paths: Record<string, object> }
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const method of Object.keys(operations)) {
      const url = path.replaceAll(/\{\w+\}/g, 'x')
      const answer = await api.app.inject({ method: method.toUpperCase() as 'GET', url })
      expect(answer.statusCode, `${method} ${path}`).toBe(401)
    }
  }
})

test('a page of ours may use the cookie, a foreign page may not', async () => {
  const ask = (method: 'GET' | 'POST', headers: Record<string, string>) =>
    api.app.inject({
      method,
      url: '/v1/orders',
      headers: { cookie: `x=1; jaego_key=${api.key}`, ...headers },
      payload: '{}',
    })
  expect((await api.app.inject({ url: '/v1/orders', headers: { cookie: `jaego_key=${api.key}` } })).statusCode).toBe(
    200,
  )
  const json = { 'content-type': 'application/json' }
  const own = { ...json, 'sec-fetch-site': 'same-origin', origin: 'http://localhost:80' }
  expect((await ask('POST', own)).statusCode).toBe(400)
  for (const headers of [
    { ...own, 'sec-fetch-site': 'cross-site' },
    { ...own, 'sec-fetch-site': 'same-site' },
    { ...own, origin: 'http://localhost:81' },
    { ...own, origin: 'null' },
    { ...own, 'content-type': 'text/plain' },
    { 'sec-fetch-site': 'same-origin' },
  ]) {
    expectProblem(await ask('POST', headers as Record<string, string>), 401, 'not-signed-in')
  }
})

test('a request for another host is not for us', async () => {
  for (const host of ['evil.example', 'jaego.local:4010']) {
    expectProblem(await api.get('/live', { host }), 421, 'wrong-host')
    expectProblem(await api.get('/v1/orders', { host }), 421, 'wrong-host')
  }
})

test('unknown addresses, methods, types and sizes are told apart', async () => {
  expectProblem(await api.get('/v1/nothing'), 404, 'not-found')
  expectProblem(await api.post('/nothing', {}), 404, 'not-found')
  const wrongMethod = await api.app.inject({ method: 'DELETE', url: '/v1/orders?x=1' })
  expectProblem(wrongMethod, 405, 'method-not-allowed')
  expect(wrongMethod.headers.allow).toBe('POST, GET, HEAD')
  expectProblem(await api.post('/v1/orders', 'a=1', { 'content-type': 'text/plain' }), 415, 'not-json')
  expectProblem(
    await api.post('/v1/orders', '{}', { 'content-type': 'application/json; charset=utf-16' }),
    415,
    'not-json',
  )
  expectProblem(await api.post('/v1/orders', '{}', { 'content-encoding': 'gzip' }), 415, 'not-json')
  expectProblem(await api.post('/v1/orders', ' '.repeat(1_048_577)), 413, 'request-too-large')
  expectProblem(await api.get('/v1/%zz'), 400, 'invalid-request')
})

test('bytes that are no HTTP are refused in the same shape', async () => {
  await api.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = new URL(api.app.listeningOrigin)
  const said = await new Promise<string>((resolve, reject) => {
    let text = ''
    const socket = connect(Number(port), '127.0.0.1', () => socket.write('GET / HTTP/9.9\r\nx\r\n\r\n'))
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('end', () => resolve(text))
    socket.on('error', reject)
  })
  expect(said).toMatch(/^HTTP\/1\.1 400 /)
  expect(said).toContain('/problems/invalid-request')
})

test.each([
  [new LaneFull(), 503, 'busy'],
  [new OutcomeUnknown(new Error('gone')), 503, 'outcome-unknown'],
  [Object.assign(new Error('terminating connection'), { code: '57P01' }), 503, 'unavailable'],
  [new Error('select secret from nowhere'), 500, 'internal'],
])('a lane that fails with "%s" is a %i', async (error, status, kind) => {
  const { shop } = api
  const app = await openHttp({
    ...{ db: shop.db, newId: () => 'x', clock: realClock, log: openLog('silent'), plugins: [] },
    lane: { submit: () => Promise.reject(error), close: async () => {}, counts: () => ({}) as never },
    numbers: { next: async () => 'ORD' },
    ready: async () => ({ ok: true }),
  })
  const answer = await app.inject({
    method: 'POST',
    url: '/v1/orders',
    headers: { authorization: `Bearer ${api.key}` },
    payload: { externalId: 'x', lines: [{ sku: 'BRK-1', quantity: 1 }] },
  })
  expectProblem(answer, status, kind)
  expect(answer.headers['retry-after']).toBe(status === 503 ? '1' : undefined)
  expect(answer.json().retryable).toBe(status === 503)
  expect(answer.body).not.toMatch(/secret|select|gone|terminating/)
  await app.close()
})

test('the OpenAPI document names every route of the modules, with schemas for what goes in and out', async () => {
  const document = (await api.get('/v1/openapi.json')).json()
  expect(document.openapi).toBe('3.1.0')
  expect(Object.keys(document.paths).sort()).toEqual([
    '/v1/carriers',
    '/v1/claims',
    '/v1/claims/{id}',
    '/v1/claims/{id}/answers',
    '/v1/claims/{id}/inspections',
    '/v1/claims/{id}/withdrawal',
    '/v1/connections',
    '/v1/connections/{id}',
    '/v1/connections/{id}/drift',
    '/v1/connections/{id}/reconciliations',
    '/v1/listings/unmapped',
    '/v1/listings/{id}/fault',
    '/v1/listings/{id}/mapping',
    '/v1/orders',
    '/v1/orders/{id}',
    '/v1/orders/{id}/cancel',
    '/v1/orders/{id}/settle',
    '/v1/orders/{id}/ship',
    '/v1/products',
    '/v1/shipments',
    '/v1/shipments/bulk',
    '/v1/shipments/{id}/deliver',
    '/v1/shipments/{id}/tell',
    '/v1/stock/adjust',
    '/v1/stock/receive',
    '/v1/stock/{sku}',
    '/v1/variants/{id}/last-units',
    '/v1/variants/{sku}',
    '/v1/warehouses',
  ])
  const { requestBody, responses } = document.paths['/v1/orders'].post
  expect(requestBody.content['application/json'].schema.required).toEqual(['externalId', 'lines'])
  expect(z.fromJSONSchema(responses['201'].content['application/json'].schema)).toBeDefined()
})
