import type { SimResponse } from '../marketplace.ts'
import type { Site } from './sites.ts'

/**
 * What answers look like. Failures arrive with HTTP 200; only the gate in front answers 401 and 429. The families
 * disagree on the case of their keys: item APIs say resultCode, order and claim APIs ResultCode.
 */
export function json(status: number, body: unknown): SimResponse {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(body) }
}

export const itemOk = (goodsNo: number, message: string | null) => json(200, { resultCode: 0, message, goodsNo })
export const itemRefused = (resultCode: number, message: string) => json(200, { resultCode, message, data: null })

/** Pages show both 0 and "Success" for a success: `told` is the one this machine says. */
export type SuccessCode = 0 | 'Success'

export const orderOk = (told: SuccessCode, data: unknown, message = 'Success') =>
  json(200, { ResultCode: told, Message: message, Data: data })
export const orderRefused = (message: string, code = 3000) =>
  json(200, { ResultCode: code, Message: message, Data: null })

/** 옥션 adds BizRuleCode, filled only beside 8668. */
export const claimOk = (told: SuccessCode, site: Site, message = 'Success') =>
  json(200, { ResultCode: told, Message: message, ...(site === 'iac' ? { BizRuleCode: '' } : {}), Data: null })
export const claimRefused = (site: Site, code: number, message: string, rule = '') =>
  json(200, { ResultCode: code, Message: message, ...(site === 'iac' ? { BizRuleCode: rule } : {}), Data: null })

/** The gate's own shape. */
export const gateRefused = (status: number, message: string) =>
  json(status, { status: { message, status_code: status } })
export const NO_RIGHT = 'The user does not have right access to the api'

/** 9900 as 9900.0: these APIs tell prices as decimals. */
export function decimal(won: number): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(`${won}.0`)
}

/** Order lists tell money as text with four places. */
export const moneyText = (won: number) => `${won}.0000`

export type Body = Record<string, unknown>

/** The request body as an object; an absent body is an empty one. Null when it is no JSON object in UTF-8. */
export function readBody(bytes: Uint8Array): Body | null {
  if (bytes.length === 0) return {}
  try {
    const value: unknown = JSON.parse(strictUtf8.decode(bytes))
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

export function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A field by its name in any case: the pages themselves write one name in several. Undefined when absent. */
export function field(body: Body, name: string): unknown {
  if (Object.hasOwn(body, name)) return body[name]
  const wanted = name.toLowerCase()
  for (const [key, value] of Object.entries(body)) if (key.toLowerCase() === wanted) return value
  return undefined
}

/** A whole number, also when it is written as text; null for anything else. */
export function whole(body: Body, name: string): number | null {
  const value = field(body, name)
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : null
  return typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : null
}

/** '' when absent or no text. */
export function text(body: Body, name: string): string {
  const value = field(body, name)
  return typeof value === 'string' ? value : ''
}

/** An object within; null when there is none. */
export function inner(body: Body, name: string): Body | null {
  const value = field(body, name)
  return isObject(value) ? value : null
}

export const bytesOf = (words: string) => new TextEncoder().encode(words).length
