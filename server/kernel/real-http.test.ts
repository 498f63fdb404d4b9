import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import type { HttpOutcome, HttpRequest } from './http-port.ts'
import { MAX_BODY_BYTES } from './http-port.ts'
import { openRealHttp } from './real-http.ts'

const port = openRealHttp()
let server: Server | null = null

afterEach(() => {
  server?.closeAllConnections()
  server?.close()
  server = null
})

test('path, query, header order and spelling arrive as they were written', async () => {
  const seen: { url?: string | undefined; raw?: string[] } = {}
  const base = await listen((request, response) => {
    seen.url = request.url
    seen.raw = request.rawHeaders
    response.end('{}')
  })
  await send({
    url: `${base}/a%2Bb/..%2F?from=2026-11-20T00:01%2B09:00&x=a,b`,
    headers: [
      ['X-Second', '1'],
      ['Authorization', 'CEA x'],
      ['X-REQUESTED-BY', 'A1'],
    ],
  })
  expect(seen.url).toBe('/a%2Bb/..%2F?from=2026-11-20T00:01%2B09:00&x=a,b')
  expect(seen.raw?.filter((_, at) => at % 2 === 0).slice(0, 4)).toEqual([
    'Host',
    'X-Second',
    'Authorization',
    'X-REQUESTED-BY',
  ])
})

test('a body is sent with its length, and an answer of any status is an answer', async () => {
  let got = ''
  const base = await listen(async (request, response) => {
    for await (const chunk of request) got += String(chunk)
    response.writeHead(418, { 'X-Trace': 'T' }).end('no')
  })
  const outcome = await send({ method: 'POST', url: base, body: new TextEncoder().encode('{"재고":1}') })
  expect(got).toBe('{"재고":1}')
  expect(outcome.kind === 'answered' && [outcome.response.status, outcome.response.headers.get('x-trace')]).toEqual([
    418,
    'T',
  ])
})

test('a redirect is an answer and is not followed', async () => {
  let calls = 0
  const base = await listen((_, response) => {
    calls += 1
    response.writeHead(302, { Location: '/elsewhere' }).end()
  })
  const outcome = await send({ url: base })
  expect([outcome.kind === 'answered' && outcome.response.status, calls]).toEqual([302, 1])
})

test('a refused connection was not sent', async () => {
  const base = await listen(() => {})
  server?.close()
  expect((await send({ url: base })).kind).toBe('not_sent')
})

test('an answer that does not come in time, and a connection cut in the middle, are unknown', async () => {
  const slow = await listen(() => {})
  expect(await send({ url: slow, deadlineMs: 50 })).toEqual({ kind: 'unknown', reason: 'deadline' })
  server?.closeAllConnections()
  const cut = await listen((_, response) => {
    response.writeHead(200, { 'Content-Length': '10' })
    response.write('half')
    response.destroy()
  })
  expect((await send({ url: cut })).kind).toBe('unknown')
})

test('an answer longer than the cap is cut off and unknown', async () => {
  const base = await listen((_, response) => {
    response.end(Buffer.alloc(MAX_BODY_BYTES + 1))
  })
  expect(await send({ url: base })).toEqual({ kind: 'unknown', reason: 'answer too long' })
})

test('what is not an http address, or holds a line break, is not sent', async () => {
  expect((await send({ url: 'ftp://x/' })).kind).toBe('not_sent')
  expect((await send({ url: 'http://127.0.0.1:1/a b' })).kind).toBe('not_sent')
  const base = await listen((_, response) => response.end())
  expect((await send({ url: base, headers: [['X-A', 'one\r\nX-B: two']] })).kind).toBe('not_sent')
})

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown

async function listen(answer: Answer): Promise<string> {
  server?.close()
  const opened = createServer((request, response) => void answer(request, response))
  server = opened
  await new Promise<void>((resolve) => opened.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(opened.address() as AddressInfo).port}`
}

function send(request: Partial<HttpRequest>): Promise<HttpOutcome> {
  return port.send({ method: 'GET', url: '', headers: [], body: null, deadlineMs: 5_000, ...request })
}
