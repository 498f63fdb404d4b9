import type { SimResponse } from '../marketplace.ts'
import type { Call, World } from './world.ts'

export function json(status: number, body: unknown, headers: Record<string, string> = {}): SimResponse {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(body),
  }
}

/** Why a request is not done. Alone it is the answer; among several it stands in its place in the list. */
export type Fault = { fault: number; message: string }

export const fault = (status: number, message: string): Fault => ({ fault: status, message })

export const isFault = (value: unknown): value is Fault => isObject(value) && typeof value.fault === 'number'

/** The one envelope of every refusal of the Admin API. */
export const refused = ({ fault: code, message }: Fault, headers: Record<string, string> = {}) =>
  json(code, { error: { code, message, more_info: {} } }, headers)

export type Body = Record<string, unknown>

export function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Does one request and answers with its row under `key`. */
export function answerOne(call: Call, key: string, status: number, act: (request: Body) => Fault | Body): SimResponse {
  const body = readJson(call.body)
  if (isFault(body)) return refused(body)
  if (!isObject(body.request)) return refused(NO_REQUEST)
  const outcome = act(body.request)
  return isFault(outcome) ? refused(outcome) : json(status, { [key]: outcome })
}

/** What to do about one request, checked and not yet done; or why it cannot be done. */
export type Plan = Fault | (() => Body)

const MOST_REQUESTS = 100

/** Does each of up to 100 requests. Mixed results are a 207 whose rows tell their own. */
export function answerMany(
  world: World,
  call: Call,
  key: string,
  status: number,
  plan: (request: Body) => Plan,
): SimResponse {
  const body = readJson(call.body)
  if (isFault(body)) return refused(body)
  const { requests } = body
  if (!Array.isArray(requests) || !requests.every(isObject)) return refused(NO_REQUEST)
  if (requests.length === 0 || requests.length > MOST_REQUESTS) {
    return refused(fault(422, `requests must hold 1 to ${MOST_REQUESTS} objects`))
  }
  if (world.switches.mixedRequests === 'none') {
    const wrong = requests.map(plan).find(isFault)
    if (wrong !== undefined) return refused(wrong)
  }
  const outcomes = requests.map((request) => {
    const planned = plan(request)
    return isFault(planned) ? { ...namesOf(request), error: errorOf(planned) } : planned()
  })
  return json(outcomes.some((row) => 'error' in row) ? 207 : status, { [key]: outcomes })
}

const NAMES = ['order_id', 'order_item_code', 'variant_code', 'shipping_code']

/** Which object a failure is about; the form of a 207's rows is assumed. */
const namesOf = (request: Body) =>
  Object.fromEntries(Object.entries(request).filter(([name]) => NAMES.includes(name))) as Body

const errorOf = ({ fault: code, message }: Fault) => ({ code, message, more_info: {} })

const NO_REQUEST = fault(400, 'Please enter the Request parameter.')

function readJson(bytes: Uint8Array): Body | Fault {
  try {
    const value: unknown = JSON.parse(strictUtf8.decode(bytes))
    if (!isObject(value)) return NO_REQUEST
    return (value.shop_no ?? 1) === 1 ? value : fault(422, 'shop_no is not a shop of this mall')
  } catch {
    return fault(400, 'The request body is not valid JSON')
  }
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/** The decoded query; null when it is not valid percent-encoding. As in a form, a bare "+" is a space. */
export function readQuery(query: string): Map<string, string> | null {
  try {
    const pairs = query === '' ? [] : query.split('&')
    return new Map(
      pairs.map((pair) => {
        const at = pair.indexOf('=')
        const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
        return [decode(name), decode(value)]
      }),
    )
  } catch {
    return null
  }
}

const decode = (part: string) => decodeURIComponent(part.replaceAll('+', ' '))

const MOST_IN_LIST = 100

/** A comma list, which means "any of these". Null when the parameter is absent; a fault for more than 100. */
export function listOf(call: Call, name: string): string[] | null | Fault {
  const value = call.query.get(name)
  if (value === undefined || value === '') return null
  const values = value.split(',').map((entry) => entry.trim())
  return values.length > MOST_IN_LIST ? fault(422, `${name} takes at most ${MOST_IN_LIST} values`) : values
}

export type Page = { limit: number; offset: number }

export function readPage(call: Call, most: number, mostOffset: number): Page | Fault {
  const limit = wholeNumber(call.query.get('limit') ?? '10')
  const offset = wholeNumber(call.query.get('offset') ?? '0')
  if (limit === null || limit < 1 || limit > most) return fault(422, `limit must be 1 to ${most}`)
  if (offset === null || offset > mostOffset) return fault(422, `offset must be 0 to ${mostOffset}`)
  return { limit, offset }
}

export function wholeNumber(text: string): number | null {
  return /^\d{1,9}$/.test(text) ? Number(text) : null
}

export type Link = { rel: 'next'; href: string }

/** The way to the next page, when there is one. */
export function linksOf(call: Call, { limit, offset }: Page, hasMore: boolean): Link[] {
  if (!hasMore) return []
  const query = new URLSearchParams([...call.query])
  query.set('limit', String(limit))
  query.set('offset', String(offset + limit))
  return [{ rel: 'next', href: `${call.origin}${call.path}?${query}` }]
}

/** Only the columns asked for by fields=; what was embedded stays. */
export function onlyFields(call: Call, row: Body): Body {
  const fields = (call.query.get('fields') ?? '').split(',').filter((field) => field !== '')
  if (fields.length === 0) return row
  const wanted = new Set([...fields, ...embeds(call)])
  return Object.fromEntries(Object.entries(row).filter(([name]) => wanted.has(name)))
}

export const embeds = (call: Call): Set<string> =>
  new Set((call.query.get('embed') ?? '').split(',').map((entry) => entry.trim()))

/** 9000 → "9000.00" */
export const money = (won: number) => won.toFixed(2)
