/**
 * A client written from the contract alone, for the tests: it signs the bytes it sends and reads big numbers as text.
 * It uses nothing of the marketplace but handle() and the doors.
 */
import { createHmac } from 'node:crypto'
import { type Faults, NO_FAULTS } from '../marketplace.ts'
import { type Coupang, type CoupangSwitches, createCoupang } from './index.ts'

const [VENDOR, ACCESS, SECRET] = ['A01234567', 'pretend-coupang-access-key', 'pretend-coupang-secret-key']
export const O4 = `/v2/providers/openapi/apis/api/v4/vendors/${VENDOR}`
export const O5 = `/v2/providers/openapi/apis/api/v5/vendors/${VENDOR}`
export const O6 = `/v2/providers/openapi/apis/api/v6/vendors/${VENDOR}`
export const P = '/v2/providers/seller_api/apis/api/v1/marketplace'

/** 20 November 2026, 09:15 in Korea. */
export const START = Date.UTC(2026, 10, 20, 0, 15)

/** What the tests read of an answer; the contract says more. `Data` is the caller's claim about its endpoint. */
export type Answer<Data> = {
  status: number
  headers: Record<string, string>
  text: string
  body: { code: unknown; message: string; nextToken: string; data: Data }
}

export type Sheet = {
  shipmentBoxId: string
  orderId: number
  status: string
  orderedAt: string
  invoiceNumber: string
  deliveryCompanyName: string
  orderItems: { vendorItemId: number; salesPrice: unknown }[]
}
export type Receipt = {
  receiptId: number
  receiptType: string
  receiptStatus: string
  createdAt: string
  faultByType: string
  returnShippingCharge: unknown
  returnDeliveryDtos: unknown[]
}
export type Batch = { responseCode: number; responseList: { resultCode: string; resultMessage: string }[] }
export type Product = {
  sellerProductId: number
  statusName: string
  items?: { vendorItemId: number; externalVendorSku: string }[]
}

export type Send = { query?: string; body?: unknown; headers?: Record<string, string>; authorization?: string }

export type Client = {
  market: Coupang
  faults: Faults
  /** The marketplace's clock and the client's. */
  now: number
  random: () => number
  send<Data = null>(method: string, path: string, send?: Send): Answer<Data>
  seed(...stocks: number[]): string[]
  /** A purchase of one of each item; the order id, or 'sold_out'. */
  buy(...items: string[]): string
  stock(item: string): number
}

/** Limits are off unless asked for: most tests are about something else. */
export function openClient(switches: Partial<CoupangSwitches> = {}): Client {
  const faults = { ...NO_FAULTS }
  const market = createCoupang({ faults, switches: { limits: 'off', ...switches } })
  const client: Client = {
    market,
    faults,
    now: START,
    random: repeatable(),
    send<Data>(
      method: string,
      path: string,
      { query = '', body, headers = {}, authorization }: Send = {},
    ): Answer<Data> {
      const auth = authorization ?? sign(method, path, query, client.now)
      const response = market.handle(
        {
          method,
          path,
          query,
          headers: new Map(Object.entries({ authorization: auth, ...headers })),
          body: new TextEncoder().encode(
            body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body),
          ),
        },
        client.now,
        client.random,
      )
      const text = typeof response.body === 'string' ? response.body : new TextDecoder().decode(response.body)
      const isJson = response.headers['content-type']?.startsWith('application/json') ?? false
      return { status: response.status, headers: response.headers, text, body: readBigAsText(isJson ? text : '{}') }
    },
    seed(...stocks) {
      const options = stocks.map((stock, at) => ({
        optionName: `옵션${at}`,
        sellerCode: `SKU-${at}`,
        stock,
        surcharge: 0,
      }))
      return market.doors
        .seedProducts([{ name: '브레이크 패드', price: 9_900, options }], client.now)
        .map((row) => row.item)
    },
    buy(...items) {
      const lines = items.map((item) => ({ item, quantity: 1 }))
      const answer = market.doors.buy({ lines, buyer: '김*수' }, client.now, client.random)
      return answer.kind === 'sold' ? answer.orderId : answer.kind
    },
    stock: (item) =>
      client.send<{ amountInStock: number }>('GET', `${P}/vendor-items/${item}/inventories`).body.data.amountInStock,
  }
  return client
}

export function sign(
  method: string,
  path: string,
  query: string,
  now: number,
  secret = SECRET,
  access = ACCESS,
): string {
  const date = `${new Date(now).toISOString().slice(2, 19).replaceAll('-', '').replaceAll(':', '')}Z`
  const signature = createHmac('sha256', secret).update(`${date}${method}${path}${query}`).digest('hex')
  return `CEA algorithm=HmacSHA256, access-key=${access}, signed-date=${date}, signature=${signature}`
}

/** ACCEPT boxes of the last ten minutes and the next. */
export function listed(client: Client, status = 'ACCEPT', prefix = O5): Sheet[] {
  return client.send<Sheet[]>('GET', `${prefix}/ordersheets`, { query: minutes(client.now, status) }).body.data
}

export function minutes(now: number, status: string): string {
  const tell = (at: number) => new Date(at + 9 * 3_600_000).toISOString().slice(0, 16)
  return `createdAtFrom=${tell(now - 600_000)}&createdAtTo=${tell(now + 60_000)}&searchType=timeFrame&status=${status}`
}

const readBigAsText = (text: string): Answer<never>['body'] => JSON.parse(text.replace(/([:[,])(\d{16,})/g, '$1"$2"'))

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
