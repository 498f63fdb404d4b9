import { z } from 'zod'
import { ChannelFault } from '../../modules/channels/adapter.ts'
import { readInstant } from './korean-times.ts'

/**
 * Reading what a marketplace answered, which is somebody else's text: it may be huge, deep, cut off, of
 * another kind, or hold what PostgreSQL cannot store.
 */

/** Real answers are under ten deep; reading and writing JSON recurse, and a made-up answer could exhaust the stack. */
const DEEPEST = 64

/** The order's page shows the marketplace's own words; more than this is not for reading (adapter.ts). */
const LARGEST_RAW_BYTES = 64 * 1024

export type Read = { kind: 'json'; value: unknown } | { kind: 'empty' } | { kind: 'html' } | { kind: 'unreadable' }

/**
 * JSON with every integer beyond 2^53 kept as its digits, and with NUL and lone surrogates, which
 * PostgreSQL cannot store, replaced by U+FFFD. Never throws.
 */
export function readBody(body: Uint8Array): Read {
  const text = new TextDecoder().decode(body).trim()
  if (text === '') return { kind: 'empty' }
  if (text.startsWith('<')) return { kind: 'html' }
  if (isTooDeep(text)) return { kind: 'unreadable' }
  try {
    return { kind: 'json', value: JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown) }
  } catch {
    return { kind: 'unreadable' }
  }
}

/** Text that PostgreSQL can store. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed()
}

/** A marketplace's own words for the order's page, or a note that they were too long. */
export function rawWithin(value: unknown): unknown {
  const bytes = Buffer.byteLength(JSON.stringify(value) ?? '')
  return bytes <= LARGEST_RAW_BYTES ? value : { leftOut: 'longer than 64 kB', bytes }
}

/** What a marketplace said, fit for an error: one line, without anything secret, should it repeat our own words. */
export function sayable(text: string, secrets: readonly string[]): string {
  let said = text.slice(0, 2_000)
  for (const secret of secrets) if (secret.length >= 4) said = said.replaceAll(secret, '***')
  return storable(said.replaceAll(/\s+/g, ' ')).slice(0, 300)
}

/** Checks an answer, or throws `garbled` with the field that is not what the contract says. */
export function expectShape<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw new ChannelFault('garbled', `${what}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`)
}

/** An id: text or a whole number in the answer, always text with us. */
export const anId = z
  .union([z.string().max(64), z.int().nonnegative()])
  .transform(String)
  .refine((id) => /^[\w.-]+$/.test(id), 'not an id')

/** An id that may be missing, null, '' or 0, all of which mean none. */
export const maybeId = z
  .union([z.string().max(64), z.int().nonnegative()])
  .nullish()
  .transform((id) => (id === null || id === undefined || id === '' || id === 0 ? null : String(id)))

/** Free text of at most `most` characters; longer text is cut visibly. Missing or null is ''. */
export const someText = (most = 500) =>
  z
    .union([z.string(), z.number()])
    .nullish()
    .transform((text) => {
      const whole = String(text ?? '')
      return whole.length <= most ? whole : `${storable(whole.slice(0, most - 1))}…`
    })

/** A count of units. */
export const units = z.int().min(0).max(1_000_000_000)

/** Won, as an integer or as the newer {currencyCode, units, nanos}. */
export const won = z.union([
  z.int(),
  z.object({ currencyCode: z.literal('KRW').optional(), units: z.int() }).transform((money) => money.units),
])

/** A time of the answer as epoch ms; missing, null and '' are null. A time without an offset is Korean. */
export const maybeInstant = z
  .string()
  .max(64)
  .nullish()
  .transform((text, context) => {
    if (text === null || text === undefined || text === '') return null
    const at = readInstant(text)
    if (at === null) context.addIssue('not a time')
    return at
  })

export const anInstant = maybeInstant.refine((at) => at !== null, 'a time is missing').transform((at) => at ?? 0)

/** The third argument is in Node since 21 and not yet in TypeScript's library. */
function keepDigits(_key: string, value: unknown, context: { source?: string }): unknown {
  if (typeof value === 'number') return keepWhole(value, context.source)
  if (typeof value === 'string') return storable(value)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return withStorableKeys(value)
  return value
}

function keepWhole(value: number, source: string | undefined): number | string {
  const isBeyond = !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source)
  return isBeyond ? source : value
}

function withStorableKeys(value: object): object {
  if (Object.keys(value).every((key) => key === storable(key))) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [storable(key), inner]))
}

/** Looks only at brackets outside of strings, so that it costs no stack. */
function isTooDeep(text: string): boolean {
  let depth = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (inString) {
      if (code === BACKSLASH) at++
      else if (code === QUOTE) inString = false
    } else if (code === QUOTE) inString = true
    else if (code === OPEN_SQUARE || code === OPEN_CURLY) {
      depth++
      if (depth > DEEPEST) return true
    } else if (code === CLOSE_SQUARE || code === CLOSE_CURLY) depth--
  }
  return false
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_SQUARE = 0x5b
const CLOSE_SQUARE = 0x5d
const OPEN_CURLY = 0x7b
const CLOSE_CURLY = 0x7d
