import * as http from 'node:http'
import * as https from 'node:https'
import type { HttpOutcome, HttpPort, HttpRequest, HttpResponse } from './http-port.ts'
import { MAX_BODY_BYTES } from './http-port.ts'

/** Below the five seconds after which many servers close an idle connection: a request on a dying one is lost in doubt. */
const IDLE_CONNECTION_MS = 4_000

/** More than any call budget allows at once; what is above waits for a connection inside its deadline. */
const MAX_CONNECTIONS_PER_HOST = 32

/**
 * The network itself: node:http and node:https with kept connections. Follows no redirect, asks for no
 * compression, repeats nothing. Never throws; `reason` holds an error's code and never an address or a header.
 */
export function openRealHttp(): HttpPort & { close(): void } {
  const options = { keepAlive: true, maxSockets: MAX_CONNECTIONS_PER_HOST, timeout: IDLE_CONNECTION_MS }
  const plain = new http.Agent(options)
  const secure = new https.Agent({ ...options, minVersion: 'TLSv1.2' })
  return {
    send: (request) => send(request, plain, secure),
    close: () => {
      plain.destroy()
      secure.destroy()
    },
  }
}

function send(request: HttpRequest, plain: http.Agent, secure: https.Agent): Promise<HttpOutcome> {
  const target = splitUrl(request.url)
  if (!target) return Promise.resolve({ kind: 'not_sent', reason: 'not an http address' })
  return new Promise((resolve) => {
    let mayHaveArrived = false
    let outgoing: http.ClientRequest
    const settle = (outcome: HttpOutcome) => {
      clearTimeout(timer)
      resolve(outcome)
    }
    const fail = (reason: string) => {
      settle({ kind: mayHaveArrived ? 'unknown' : 'not_sent', reason })
      outgoing?.destroy()
    }
    const timer = setTimeout(() => fail('deadline'), request.deadlineMs)
    try {
      outgoing = target.secure
        ? https.request({ ...optionsOf(request, target), agent: secure })
        : http.request({ ...optionsOf(request, target), agent: plain })
    } catch (error) {
      return fail(reasonOf(error))
    }
    outgoing.on('socket', (socket) => {
      if (!socket.connecting) mayHaveArrived = true
      else socket.once(target.secure ? 'secureConnect' : 'connect', () => (mayHaveArrived = true))
    })
    outgoing.on('error', (error) => fail(reasonOf(error)))
    outgoing.on('response', (incoming) => {
      mayHaveArrived = true
      collectBody(incoming).then(
        (body) => settle({ kind: 'answered', response: responseOf(incoming, body) }),
        (error) => fail(reasonOf(error)),
      )
    })
    outgoing.end(request.body ?? undefined)
  })
}

type Target = { secure: boolean; host: string; hostname: string; port: number; path: string }

/** Taken apart by hand: the URL class re-encodes, and marketplaces sign the bytes. */
function splitUrl(url: string): Target | null {
  const parts = /^(https?):\/\/((\[[0-9a-f:]+\]|[a-z0-9.-]+)(?::(\d{1,5}))?)(\/[^#\s]*)?$/i.exec(url)
  if (!parts) return null
  const [, scheme = '', host = '', hostname = '', port, path] = parts
  const secure = scheme.toLowerCase() === 'https'
  return {
    secure,
    host,
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port: port ? Number(port) : secure ? 443 : 80,
    path: path ?? '/',
  }
}

function optionsOf(request: HttpRequest, target: Target): https.RequestOptions {
  // A flat list is the only form in which node keeps order and spelling, and it then adds neither host nor length.
  const headers = ['Host', target.host, ...request.headers.flat()]
  const length = request.body?.byteLength ?? 0
  if (length > 0 || request.method !== 'GET') headers.push('Content-Length', String(length))
  return { method: request.method, hostname: target.hostname, port: target.port, path: target.path, headers }
}

async function collectBody(incoming: http.IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of incoming as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength
    if (length > MAX_BODY_BYTES) throw new Error('answer too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}

function responseOf(incoming: http.IncomingMessage, body: Uint8Array): HttpResponse {
  const headers = new Map<string, string>()
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  return { status: incoming.statusCode ?? 0, headers, body }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error'
  const { code } = error as NodeJS.ErrnoException
  if (code) return code
  return error.message === 'answer too long' ? error.message : error.name
}
