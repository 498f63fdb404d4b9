/**
 * A client written from the contract alone, for the tests. It uses nothing of the marketplace but handle(), the doors
 * and the list of webhooks.
 */
import { type Faults, NO_FAULTS, type SeedProduct } from '../marketplace.ts'
import { type Cafe24, type Cafe24Options, type Cafe24Switches, createCafe24 } from './index.ts'

/** 20 November 2026, 12:00 in Korea. */
export const NOON = Date.UTC(2026, 10, 20, 3)
export const HOUR = 3_600_000
export const DAY = 24 * HOUR

const BASIC = `Basic ${Buffer.from('pretendCafe24Client001:pretendCafe24Secret001').toString('base64')}`
const FORM = 'application/x-www-form-urlencoded'

export type Wire = Record<string, unknown>

export type Answer<Data = Wire> = { status: number; headers: Record<string, string>; body: Data }

export type Tokens = {
  access_token: string
  expires_at: string
  refresh_token: string
  refresh_token_expires_at: string
  issued_at: string
  scopes: string[]
  error: string
  error_description: string
}

export type Item = {
  order_item_code: string
  variant_code: string
  quantity: number
  order_status: string
  status_code: string
  claim_code: string
  claim_quantity: number
  original_item_no: unknown
  shipping_code: string | null
  tracking_no: string | null
}

export type Order = {
  order_id: string
  paid: string
  canceled: string
  order_date: string
  payment_date: string | null
  shipping_status: string
  order_place_id: string
  market_order_no: string | null
  actual_order_amount: { order_price_amount: string }
  items: Item[]
  receivers: Wire[]
  cancellation: Wire[]
}

export type Inventory = { quantity: number; use_inventory: string; display_soldout: string }

export type Failed = { error: { code: number; message: string } }

export type Send = { query?: string; body?: unknown; headers?: Record<string, string | null> }

export type Client = {
  market: Cafe24
  faults: Faults
  switches: Cafe24Switches
  /** The marketplace's clock and the client's. */
  now: number
  access: string
  refresh: string
  random: () => number
  raw(method: string, path: string, query: string, headers: Wire, body: string): Answer<never> & { text: string }
  token<Data = Tokens>(fields: Record<string, string>, headers?: Record<string, string>): Answer<Data>
  /** Below /api/v2/admin/; `body` is wrapped by the caller. */
  send<Data = Wire>(method: string, path: string, send?: Send): Answer<Data>
  /** One product of so many options as stocks. */
  seed(...stocks: number[]): { no: string; codes: string[] }
  /** A purchase of one of each item; the order id, or 'sold_out'. */
  buy(...items: (string | [string, number])[]): string
  stock(no: string, code: string): number
  order(id: string): Order
}

/** Limits are off unless asked for, and the client has signed in: most tests are about something else. */
export function openClient(switches: Partial<Cafe24Switches> = {}, more: Omit<Cafe24Options, 'switches'> = {}): Client {
  const faults = { ...NO_FAULTS }
  const market = createCafe24({ faults, switches: { limits: 'off', ...switches }, ...more })
  const client: Client = {
    market,
    faults,
    switches: market.switches,
    now: NOON,
    access: '',
    refresh: 'pretendCafe24Refresh01',
    random: repeatable(),
    raw(method, path, query, headers, body) {
      const given = Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
      const bytes = new TextEncoder().encode(body)
      const request = { method, path, query, headers: new Map(given), body: bytes }
      const response = market.handle(request, client.now, client.random)
      const text = typeof response.body === 'string' ? response.body : new TextDecoder().decode(response.body)
      const parsed = text === '' ? {} : JSON.parse(text)
      return { status: response.status, headers: response.headers, body: parsed as never, text }
    },
    token: (fields, headers = {}) =>
      client.raw(
        'POST',
        '/api/v2/oauth/token',
        '',
        { 'content-type': FORM, authorization: BASIC, ...headers },
        new URLSearchParams(fields).toString(),
      ),
    send(method, path, { query = '', body, headers = {} } = {}) {
      const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
      const own = { authorization: `Bearer ${client.access}`, 'content-type': 'application/json' }
      return client.raw(method, `/api/v2/admin/${path}`, query, { ...own, ...headers }, text)
    },
    seed(...stocks) {
      const rows = market.doors.seedProducts([pads(stocks)], client.now)
      return { no: firstOf(rows).unit, codes: rows.map((row) => row.item) }
    },
    buy(...items) {
      const lines = items.map((item) =>
        typeof item === 'string' ? { item, quantity: 1 } : { item: item[0], quantity: item[1] },
      )
      const answer = market.doors.buy({ lines, buyer: '김*수' }, client.now, client.random)
      return answer.kind === 'sold' ? answer.orderId : answer.kind
    },
    stock: (no, code) =>
      client.send<{ inventory: Inventory }>('GET', `products/${no}/variants/${code}/inventories`).body.inventory
        .quantity,
    order: (id) => client.send<{ order: Order }>('GET', `orders/${id}`, { query: 'embed=items' }).body.order,
  }
  refresh(client)
  return client
}

function pads(stocks: readonly number[]): SeedProduct {
  const options = stocks.map((stock, at) => ({ optionName: `옵션${at}`, sellerCode: `SKU-${at}`, stock, surcharge: 0 }))
  return { name: '브레이크 패드', price: 9_000, options }
}

/** Takes the next pair of tokens; the answer tells whether it could. */
export function refresh(client: Client): Answer<Tokens> {
  const answer = client.token({ grant_type: 'refresh_token', refresh_token: client.refresh })
  if (answer.status === 200) {
    client.access = answer.body.access_token
    client.refresh = answer.body.refresh_token
  }
  return answer
}

export const one = (request: Wire) => ({ shop_no: 1, request })
export const many = (requests: Wire[]) => ({ shop_no: 1, requests })

/** Yesterday to today by the Korean day, 100 orders a page, with items. */
export function listed(client: Client, more = ''): Order[] {
  const query = `start_date=2026-11-19&end_date=2026-11-20&limit=100&embed=items${more}`
  return client.send<{ orders: Order[] }>('GET', 'orders', { query }).body.orders
}

export const idsOf = (orders: readonly Order[]) => orders.map((order) => order.order_id)

export const statusesOf = (order: Order) => order.items.map((item) => item.order_status)

/** The one row there has to be. */
export function firstOf<Row>(rows: readonly Row[]): Row {
  const [row] = rows
  if (row === undefined) throw new Error('expected a row and found none')
  return row
}

function repeatable(): () => number {
  let state = 12_345
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state / 0x80000000
  }
}
