/**
 * A client of the contract, as a stranger would write it: it knows paths, signs for itself, and reads JSON. Nothing of
 * the machine but its doors is used by the tests.
 */
import bcrypt from 'bcryptjs'
import { chance } from '../chance.ts'
import type { SimResponse } from '../marketplace.ts'
import { createNaver, type Naver, type NaverOptions } from './index.ts'

export const CLIENT_ID = 'pretend0naver0client01'
export const CLIENT_SECRET = '$2a$04$pretendNaverSecret000u'
export const NOON = Date.parse('2026-11-20T12:00:00.000+09:00')

export type Answer = { status: number; headers: Record<string, string>; body: Wire }

type Rows<Row> = [Row, ...Row[]]

/** Every field the tests look at, of whichever call; an answer has those of its own call only. */
export type Wire = {
  code: string
  message: string
  timestamp: string
  access_token: string
  expires_in: number
  token_type: string
  invalidInputs: Rows<{ name: string }>
  originProduct: {
    statusType: string
    salePrice: number
    stockQuantity: number
    detailAttribute: {
      sellerCodeInfo: object
      optionInfo: { optionCombinations: Rows<{ stockQuantity: number }> }
    }
  }
  totalElements: number
  totalPages: number
  first: boolean
  last: boolean
  contents: Rows<{ originProductNo: number; channelProducts: Rows<{ channelProductNo: number }> }>
  data: Rows<OrderPage> & Feed & List & Done
}

export type OrderPage = {
  order: { orderId: string; orderDate: string; paymentDate: string }
  productOrder: {
    productOrderId: string
    productOrderStatus: string
    productId: string
    optionCode: string
  }
  delivery: object
  currentClaim: { cancel: object }
  completedClaims: object[]
}
export type FeedRow = {
  productOrderId: string
  lastChangedDate: string
  lastChangedType: string
  productOrderStatus: string
}
type Feed = {
  count: number
  lastChangeStatuses: Rows<FeedRow>
  more: { moreFrom: string; moreSequence: string }
}
export type List = {
  contents: Rows<{ productOrderId: string; content: OrderPage }>
  pagination: { page: number; size: number; hasNext: boolean }
}
type Done = {
  successProductOrderIds: string[]
  successProductOrderInfos: { productOrderId: string; isReceiverAddressChanged: boolean }[]
  failProductOrderInfos: Rows<{ productOrderId: string; code: string }>
}

export type Bench = {
  naver: Naver
  /** The marketplace's clock; tests move it. */
  clock: { now: number }
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Answer
  /** Signs in when there is no token yet or its three hours are over, then calls. */
  signedIn(method: string, path: string, body?: unknown): Answer
  buy(item: string, quantity?: number): string
  stockOf(item: string): number
}

export function bench(options: NaverOptions = { limits: 'off' }): Bench {
  const naver = createNaver(options)
  const clock = { now: NOON }
  const random = chance(1, 'test')
  let token: string | null = null
  let expiresAt = 0

  const call: Bench['call'] = (method, path, body, headers = {}) => {
    const [bare = '', query = ''] = path.split('?')
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
    const request = {
      method,
      path: `/external${bare}`,
      query,
      headers: new Map(Object.entries(headers)),
      body: new TextEncoder().encode(text),
    }
    return parsed(naver.handle(request, clock.now, random))
  }
  return {
    naver,
    clock,
    call,
    signedIn: (method, path, body) => {
      if (token === null || clock.now >= expiresAt) {
        token = call('POST', '/v1/oauth2/token', tokenForm(clock.now), FORM).body.access_token
        expiresAt = clock.now + 10_800_000
      }
      return call(method, path, body, { authorization: `Bearer ${token}` })
    },
    buy: (item, quantity = 1) => {
      const answer = naver.doors.buy({ lines: [{ item, quantity }], buyer: '홍길동' }, clock.now, random)
      if (answer.kind !== 'sold') throw new Error(`sold out: ${item}`)
      return answer.lineKeys[0]!
    },
    stockOf: (item) => naver.doors.truth().items.find((row) => row.item === item)!.stock,
  }
}

export const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

export function tokenForm(timestamp: number, changes: Record<string, string | null> = {}): string {
  const sign = Buffer.from(bcrypt.hashSync(`${CLIENT_ID}_${timestamp}`, CLIENT_SECRET)).toString('base64')
  const fields: Record<string, string | null> = {
    client_id: CLIENT_ID,
    timestamp: String(timestamp),
    grant_type: 'client_credentials',
    client_secret_sign: sign,
    type: 'SELF',
    ...changes,
  }
  const given = Object.entries(fields).filter((field): field is [string, string] => field[1] !== null)
  return new URLSearchParams(given).toString()
}

/** A brake pad in three colours, and a wiper without options. */
export function stocked(options?: NaverOptions) {
  const on = bench(options)
  const items = on.naver.doors.seedProducts(
    [
      {
        name: '브레이크 패드',
        price: 30_000,
        options: [
          { optionName: '빨강', sellerCode: 'PAD-R', stock: 10, surcharge: 0 },
          { optionName: '파랑', sellerCode: 'PAD-B', stock: 5, surcharge: 1000 },
          { optionName: '검정', sellerCode: 'PAD-K', stock: 1, surcharge: 0 },
        ],
      },
      { name: '와이퍼', price: 9900, options: [{ optionName: '', sellerCode: 'WIPER', stock: 7, surcharge: 0 }] },
    ],
    NOON - 1000,
  )
  const [red, blue, black, wiper] = items.map((row) => row.item) as [string, string, string, string]
  return { ...on, unit: items[0]!.unit, wiperUnit: items[3]!.unit, red, blue, black, wiper }
}

/** Korean time, always with three fraction digits, `+` escaped for a query. */
export function at(ms: number): string {
  return kst(ms).replace('+', '%2B')
}

export function kst(ms: number): string {
  return new Date(ms + 9 * 3_600_000).toISOString().replace('Z', '+09:00')
}

function parsed(response: SimResponse): Answer {
  return { status: response.status, headers: response.headers, body: JSON.parse(String(response.body)) as Wire }
}
