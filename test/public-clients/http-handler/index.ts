/**
 * Stands in for `@ingestkorea/util-http-handler`, the transport below `@ingestkorea/client-naver-commerce`: the client is
 * on the registry, this dependency of it is not. It sends what it is given with node:https and decides nothing; the names
 * are those the client imports. The version in package.json is of the one it stands in for.
 */
import type { IncomingMessage } from 'node:http'
import { request as send } from 'node:https'

type Fields = Record<string, string>

type Given = { method: string; hostname: string; path: string; headers?: Fields; query?: Fields; body?: string }

export class HttpRequest {
  readonly method: string
  readonly hostname: string
  readonly path: string
  headers: Fields
  readonly query: Fields
  readonly body: string

  constructor({ method, hostname, path, headers = {}, query = {}, body = '' }: Given) {
    this.method = method
    this.hostname = hostname
    this.path = path
    this.headers = headers
    this.query = query
    this.body = body
  }
}

/** The client repeats a call by `code`. */
export class HttpHandlerError extends Error {
  readonly code: 'SDK.TIMEOUT' | 'SDK.NETWORK_ERROR'

  constructor(code: HttpHandlerError['code'], message: string) {
    super(message)
    this.code = code
  }
}

type Response = { statusCode: number; headers: IncomingMessage['headers']; body: IncomingMessage }

export class NodeHttpHandler {
  readonly timeoutMs: number

  constructor({ socketTimeout = 3_000 }: { socketTimeout?: number } = {}) {
    this.timeoutMs = socketTimeout
  }

  handle({ method, hostname, path, query, headers, body }: HttpRequest): Promise<{ response: Response }> {
    const question = buildQueryString(query)
    return new Promise((resolve, reject) => {
      const fail = (code: HttpHandlerError['code'], error: Error) => reject(new HttpHandlerError(code, error.message))
      const outgoing = send({ method, hostname, path: question ? `${path}?${question}` : path, headers }, (incoming) =>
        resolve({ response: { statusCode: incoming.statusCode ?? 0, headers: incoming.headers, body: incoming } }),
      )
      outgoing.setTimeout(this.timeoutMs, () => {
        fail('SDK.TIMEOUT', new Error(`no answer in ${this.timeoutMs} ms`))
        outgoing.destroy()
      })
      outgoing.on('error', (error) => fail('SDK.NETWORK_ERROR', error))
      outgoing.end(body)
    })
  }
}

export const buildQueryString = (query: Fields): string => new URLSearchParams(query).toString()

export async function collectBodyString(body: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of body) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

export async function destroyStream(body: IncomingMessage): Promise<void> {
  body.destroy()
}
