/** How each family of the API answers and refuses. Messages are our own; codes and field names are the contract's. */
import type { SimResponse } from '../marketplace.ts'
import { kst } from './times.ts'

/** One call on its way through the machine. */
export type Trace = { now: number; traceId: string }

export type InvalidInput = { name: string; type: string; message: string }

export function ok(body: unknown): SimResponse {
  return answer(200, body)
}

/** The gateway, before any API saw the call. */
export function gatewayError(trace: Trace, status: number, code: string, message: string): SimResponse {
  return answer(status, { code, message, timestamp: kst(trace.now), traceId: trace.traceId })
}

const PRODUCT_CODES = { 400: 'BAD_REQUEST', 404: 'NOT_FOUND', 500: 'INTERNAL_SERVER_ERROR' } as const

/** Token and product calls. */
export function productError(
  trace: Trace,
  status: keyof typeof PRODUCT_CODES,
  message: string,
  invalidInputs: readonly InvalidInput[] = [],
): SimResponse {
  return answer(status, {
    code: PRODUCT_CODES[status],
    message,
    ...(invalidInputs.length > 0 ? { invalidInputs } : {}),
    timestamp: kst(trace.now),
    traceId: trace.traceId,
  })
}

export function badInput(trace: Trace, name: string, type: string, message: string): SimResponse {
  return productError(trace, 400, message, [{ name, type, message }])
}

/** Order calls answer in an envelope; nothing found by the feed leaves `data` out altogether. */
export function orderAnswer(trace: Trace, data?: unknown): SimResponse {
  const frame = { timestamp: kst(trace.now), traceId: trace.traceId }
  return ok(data === undefined ? frame : { ...frame, data })
}

export function orderError(trace: Trace, code: string, message: string, status = 400): SimResponse {
  return answer(status, { code, message, timestamp: kst(trace.now), traceId: trace.traceId })
}

/** What an order call says to JSON it cannot read and to an enum value it does not know. */
export function unreadable(trace: Trace, what: string): SimResponse {
  return orderError(trace, '000400', `HttpMessageNotReadableException: ${what}`)
}

/** A JSON object, or null. */
export function jsonObject(body: Uint8Array): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function answer(status: number, body: unknown): SimResponse {
  return { status, headers: { 'content-type': 'application/json;charset=UTF-8' }, body: JSON.stringify(body) }
}
