/**
 * A client written from the contract alone, for the tests: it reads bytes by their declaration, drops prefixes and
 * keeps every number as text. It uses nothing of the marketplace but handle() and the doors.
 */
import { type Faults, NO_FAULTS, type SimResponse } from '../marketplace.ts'
import { createEleventh, type Eleventh, type EleventhSwitches } from './index.ts'

const KEY = 'pretend-eleventh-open-api-key'

/** 20 November 2026, 09:15 in Korea, a Friday. */
export const START = Date.UTC(2026, 10, 20, 0, 15)
export const MINUTE = 60_000
export const DAY = 86_400_000

export type Row = Record<string, string>
export type Answer = {
  status: number
  headers: Record<string, string>
  bytes: Uint8Array
  text: string
  /** result_code or resultCode, '' where rows came instead. */
  code: string
  says: string
  rows: Row[]
}

export type Client = {
  market: Eleventh
  faults: Faults
  /** The marketplace's clock and the client's. */
  now: number
  random: () => number
  send(method: string, path: string, body?: string | Uint8Array, headers?: Row): Answer
  /** The answer as it came over the wire. */
  raw(method: string, path: string, body?: string | Uint8Array, headers?: Row): SimResponse
  get(path: string): Answer
  /** A product of one option a stock; the item names. No name = a product without options. */
  seed(...stocks: number[]): string[]
  seedPlain(stock: number): string
  /** A purchase of one of each; the order's number, or 'sold_out'. */
  buy(...items: string[]): string
  /** Rows of a status list over the last day and the next minute. */
  list(name: string): Row[]
  /** The same of claimservice. */
  claims(name: string): Row[]
  stock(item: string): number | undefined
}

/** Limits are off unless asked for: most tests are about something else. */
export function openClient(switches: Partial<EleventhSwitches> = {}): Client {
  const faults = { ...NO_FAULTS }
  const market = createEleventh({ faults, switches: { limits: 'off', ...switches } })
  const seed = (names: string[], stocks: number[]) => {
    const options = stocks.map((stock, at) => ({
      optionName: names[at] ?? '',
      sellerCode: `SKU-${at}`,
      stock,
      surcharge: 0,
    }))
    return market.doors
      .seedProducts([{ name: '브레이크 패드 <앞>', price: 9_900, options }], client.now)
      .map((row) => row.item)
  }
  const client: Client = {
    market,
    faults,
    now: START,
    random: repeatable(),
    raw(method, path, body = '', headers = {}) {
      return market.handle(
        {
          method,
          path: `/rest/${path}`,
          query: '',
          headers: new Map(Object.entries({ openapikey: KEY, ...headers })),
          body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
        },
        client.now,
        client.random,
      )
    },
    send(method, path, body, headers) {
      const response = client.raw(method, path, body, headers)
      return read(response.status, response.headers, response.body)
    },
    get: (path) => client.send('GET', path),
    seed: (...stocks) =>
      seed(
        stocks.map((_stock, at) => `옵션${at}`),
        stocks,
      ),
    seedPlain: (stock) => seed([''], [stock])[0]!,
    buy(...items) {
      const lines = items.map((item) => ({ item, quantity: 1 }))
      const answer = market.doors.buy({ lines, buyer: '홍*동' }, client.now, client.random)
      return answer.kind === 'sold' ? answer.orderId : answer.kind
    },
    list: (name) => client.get(`ordservices/${name}/${lately(client.now)}`).rows,
    claims: (name) => client.get(`claimservice/${name}/${lately(client.now)}`).rows,
    stock: (item) => market.doors.truth().items.find((row) => row.item === item)?.stock,
  }
  return client
}

/** 202611200915, Korean time. */
export function minute(at: number): string {
  return new Date(at + 9 * 3_600_000).toISOString().slice(0, 16).replace(/\D/g, '')
}

const lately = (now: number) => `${minute(now - DAY)}/${minute(now + MINUTE)}`

function read(status: number, headers: Row, body: string | Uint8Array): Answer {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  const declared = /encoding="([^"]+)"/.exec(new TextDecoder('latin1').decode(bytes.subarray(0, 100)))?.[1]
  const text = new TextDecoder(declared ?? 'utf-8', { fatal: true }).decode(bytes)
  const plain = text.replace(/(<\/?)ns2:/g, '$1')
  const rows = [...plain.matchAll(/<(order|ProductStock|product)>(.*?)<\/\1>/gs)].map((match) => fieldsOf(match[2]!))
  const outside = fieldsOf(plain.replace(/<(order|ProductStock|product)>.*?<\/\1>/gs, ''))
  const code = outside.result_code ?? outside.resultCode ?? ''
  return { status, headers, bytes, text, code, says: outside.result_text ?? outside.message ?? '', rows }
}

function fieldsOf(inside: string): Row {
  const fields: Row = {}
  for (const [, name, value] of inside.matchAll(/<(\w+)>([^<]*)<\/\1>/g)) fields[name!] = readText(value!)
  return fields
}

const readText = (text: string) =>
  text
    .replace(/&#(\d+);/g, (_whole, digits: string) => String.fromCodePoint(Number(digits)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')

/** The one row there has to be. */
export function firstOf<Thing>(things: readonly Thing[]): Thing {
  const [thing] = things
  if (thing === undefined) throw new Error('expected a row and found none')
  return thing
}

export function confirm(client: Client, row: Row): string {
  return client.get(`ordservices/reqpackaging/${row.ordNo}/${row.ordPrdSeq}/N/null/${row.dlvNo}`).code
}

export function ship(client: Client, row: Row, invoice = '123456789012', carrier = '00034'): string {
  return client.get(`ordservices/reqdelivery/${minute(client.now)}/01/${carrier}/${invoice}/${row.dlvNo}`).code
}

/** The rows of a purchase of one of each, confirmed. */
export function prepared(client: Client, ...items: string[]): Row[] {
  const ordNo = client.buy(...items)
  const rows = client.list('complete').filter((row) => row.ordNo === ordNo)
  for (const row of rows) confirm(client, row)
  return rows
}

function repeatable(): () => number {
  let state = 12_345
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state / 0x80000000
  }
}
