import type { SimResponse } from '../marketplace.ts'

/**
 * What answers look like. The families disagree on the success code, as the real ones do: products say
 * "SUCCESS", order lists say the number 200, invoices and v4 return lists say the string "200".
 */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): SimResponse {
  return {
    status,
    headers: { 'content-type': 'application/json;charset=UTF-8', ...headers },
    body: JSON.stringify(body),
  }
}

export const productOk = (data: unknown, message = '') => json(200, { code: 'SUCCESS', message, data })
export const productRefused = (message: string) => json(400, { code: 'ERROR', message })

export const orderOk = (data: unknown, more: Record<string, unknown> = {}) =>
  json(200, { code: 200, message: 'OK', ...more, data })
export const orderRefused = (message: string) => json(400, { code: 400, message, data: null })

export const notFound = () => json(404, { code: 'ERROR', message: 'Not Found' })
export const internalError = (message: string) => json(500, { code: 500, message, data: null })
export const tooManyRequests = () => json(429, { code: 'ERROR', message: 'Too Many Requests' })

export const gatewayTimeout = () =>
  json(504, {
    code: 'ERROR',
    message: 'Request timed out, if the situation continues consider applying timeout extension.',
  })

/** The content network in front of the gateway answers in HTML, which a client must survive. */
export const accessDenied = (): SimResponse => ({
  status: 403,
  headers: { 'content-type': 'text/html' },
  body: '<html><head><title>Access Denied</title></head><body><h1>Access Denied</h1></body></html>',
})

/** v4 tells whole won; v5 and v6 tell an object. */
export function money(won: number, version: string): unknown {
  return version === 'v4' ? won : { currencyCode: 'KRW', units: won, nanos: 0 }
}

/** A JSON number with these very digits: box ids have 18 of them and a double keeps about 16. */
export function bareNumber(digits: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(digits)
}

export type Body = Record<string, unknown>

/** The request body as an object, every number in it as its own digits; null when it is no JSON object. */
export function readBody(bytes: Uint8Array): Body | null {
  try {
    const value: unknown = JSON.parse(
      strictUtf8.decode(bytes),
      numbersAsDigits as (key: string, value: unknown) => unknown,
    )
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

const numbersAsDigits = (_key: string, value: unknown, context: { source: string }): unknown =>
  typeof value === 'number' ? context.source : value

export function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A field as text, '' when it is absent or null. A number arrives as its digits. */
export function text(body: Body, field: string): string {
  const value = body[field]
  return typeof value === 'string' ? value : ''
}

/** A field as a list of digit strings; null when it is anything else. */
export function idList(body: Body, field: string): string[] | null {
  const value = body[field]
  if (!Array.isArray(value)) return null
  return value.every((entry) => typeof entry === 'string' && /^\d+$/.test(entry)) ? (value as string[]) : null
}

/** The decoded query. Null when it is not valid percent-encoding. As in a form, a bare "+" is a space. */
export function readQuery(query: string): Map<string, string> | null {
  const params = new Map<string, string>()
  try {
    for (const pair of query === '' ? [] : query.split('&')) {
      const [name = '', value = ''] = splitOnce(pair).map((part) => decodeURIComponent(part.replaceAll('+', ' ')))
      params.set(name, value)
    }
    return params
  } catch {
    return null
  }
}

function splitOnce(pair: string): [string, string] {
  const at = pair.indexOf('=')
  return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
}
