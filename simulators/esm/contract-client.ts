/**
 * A client written from the contract alone, for the tests: it makes its own tokens and reads keys in any case. It uses
 * nothing of the marketplace but handle() and the doors.
 */
import { createHmac } from 'node:crypto'
import { type Faults, NO_FAULTS, type SeededItem, type SeedProduct } from '../marketplace.ts'
import { createEsm, type Esm, type EsmOptions, type EsmSwitches } from './index.ts'

/** 20 November 2026, 10:00 in Korea. */
export const START = Date.UTC(2026, 10, 20, 1, 0)
export const HOUR = 3_600_000
export const DAY = 24 * HOUR

/** What the tests read of an answer; the contract says more. `Data` is the caller's claim about its endpoint. */
export type Answer<Data> = { status: number; text: string; body: Wire<Data> }

export type Wire<Data> = {
  resultCode: number
  message: string
  goodsNo: number
  ResultCode: number | string
  Message: string
  BizRuleCode?: string
  Data: Data
  IsSell: { gmkt: boolean; iac: boolean }
  independent: { details: Option[] }
  combination: { details: Row[] }
  totalItems: number
  items: Row[]
}

/** One object as it is sent or read, where a test compares it whole. */
export type Row = Record<string, unknown>

export type Option = Row & {
  optSeq: number
  manageCode: string
  qty: Row
  isSoldOutSite: Row
  recommendedOptValue: Row
}

export type OrderRow = Row & {
  OrderNo: number
  PayNo: number
  OrderStatus: number
  AcntMoney: string
  HpNo: string | null
  DelFullAddress: string | null
  TransDueDate: string | null
  NoSongjang: string | null
  ItemOptionSelectList: Row[]
}
export type OrderList = { SiteType: number; TotalCount: number; RequestOrders: OrderRow[] }
export type ClaimRow = Row & {
  OrderNo: number
  CancelStatus: number
  ReturnStatus: number
  WithdrawDate: string | null
}
export type StatusRow = { OrderNo: number; Status: number; ClaimStatus: number }

export type Client = {
  market: Esm
  faults: Faults
  now: number
  random: () => number
  send<Data = null>(method: string, path: string, body?: unknown, authorization?: string): Answer<Data>
  seed(...stocks: number[]): Listed[]
  /** One purchase of one unit of each; the order numbers. */
  buy(...items: string[]): number[]
  stockOf(item: string): number
}

/** One seeded option (or product) with its item at each site. */
export type Listed = { goodsNo: string; iac: string; gmkt: string }

export function openClient(switches: Partial<EsmSwitches> = {}, options: EsmOptions = {}): Client {
  const faults = { ...NO_FAULTS }
  const market = createEsm({ faults, switches: { limits: 'off', ...switches }, ...options })
  const client: Client = {
    market,
    faults,
    now: START,
    random: repeatable(),
    send<Data>(
      method: string,
      path: string,
      body?: unknown,
      authorization = bearer({ iat: Math.floor(client.now / 1000) }),
    ): Answer<Data> {
      const sent = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
      const request = {
        method,
        path,
        query: '',
        headers: new Map([['authorization', authorization]]),
        body: new TextEncoder().encode(sent),
      }
      const response = market.handle(request, client.now, client.random)
      const text = typeof response.body === 'string' ? response.body : new TextDecoder().decode(response.body)
      return { status: response.status, text, body: JSON.parse(text) }
    },
    seed: (...stocks) => stocks.map((stock, at) => seedOne(client, single(`SKU-${at + 1}`, stock))[0]!),
    buy(...items) {
      const lines = items.map((item) => ({ item, quantity: 1 }))
      const answer = market.doors.buy({ lines, buyer: '김*수' }, client.now, client.random)
      if (answer.kind === 'sold_out') throw new Error(`${answer.item} is sold out at ${answer.stock}`)
      return answer.lineKeys.map(Number)
    },
    stockOf: (item) => market.doors.truth().items.find((row) => row.item === item)!.stock,
  }
  return client
}

export const single = (sellerCode: string, stock: number): SeedProduct => ({
  name: '와이퍼 650mm',
  price: 9_900,
  options: [{ optionName: '', sellerCode, stock, surcharge: 0 }],
})

/** A product with options named 가, 나, … and codes OPT-1, OPT-2, … */
export const optioned = (...stocks: number[]): SeedProduct => ({
  name: '핸들 커버',
  price: 19_800,
  options: stocks.map((stock, at) => ({
    optionName: '가나다라마'[at]!,
    sellerCode: `OPT-${at + 1}`,
    stock,
    surcharge: at * 1_000,
  })),
})

/** Items by site, one entry an option. 옥션 numbers begin with a letter. */
export function seedOne(client: Client, product: SeedProduct): Listed[] {
  const rows = client.market.doors.seedProducts([product], client.now)
  const bySku = Map.groupBy(rows, ({ sellerCode }: SeededItem) => sellerCode)
  return [...bySku.values()].map((each) => ({
    goodsNo: each[0]!.unit,
    iac: each.find(({ item }) => /^[A-Z]/.test(item))?.item ?? '',
    gmkt: each.find(({ item }) => /^\d/.test(item))?.item ?? '',
  }))
}

export type TokenParts = { header?: Row; payload?: Row; secret?: string; iat?: number }

/** `Bearer` and a JWT, good unless told otherwise. */
export function bearer({ header, payload, secret = 'pretend-esm-secret-key', iat }: TokenParts = {}): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const head = part({ alg: 'HS256', typ: 'JWT', kid: 'pretend-master', ...header })
  const claims = part({
    iss: 'www.esmplus.com',
    sub: 'sell',
    aud: 'sa.esmplus.com',
    ssi: 'A:pretend-auction,G:pretend-gmarket',
    ...(iat === undefined ? {} : { iat }),
    ...payload,
  })
  const signature = createHmac('sha256', secret).update(`${head}.${claims}`).digest('base64url')
  return `Bearer ${head}.${claims}.${signature}`
}

/** "2026-11-20 10:00" in Korea. */
export const minute = (at: number) => new Date(at + 9 * HOUR).toISOString().slice(0, 16).replace('T', ' ')
export const day = (at: number) => minute(at).slice(0, 10)
export const second = (at: number) => new Date(at + 9 * HOUR).toISOString().slice(0, 19)

/** Orders of yesterday to tomorrow, G마켓's paid ones by default. */
export function ask(client: Client, more: Row = {}): Answer<OrderList> {
  return client.send('POST', '/shipping/v1/Order/RequestOrders', {
    siteType: 2,
    orderStatus: 1,
    requestDateType: 2,
    requestDateFrom: day(client.now - DAY),
    requestDateTo: day(client.now + DAY),
    pageIndex: 1,
    pageSize: 500,
    ...more,
  })
}

export const listed = (client: Client, more: Row = {}): OrderRow[] => ask(client, more).body.Data.RequestOrders
export const numbers = (rows: readonly { OrderNo: number }[]): number[] => rows.map((row) => row.OrderNo)

/** The one row there has to be. */
export function firstOf<Each>(rows: readonly Each[]): Each {
  const [row] = rows
  if (row === undefined) throw new Error('expected a row and found none')
  return row
}

export const confirm = (client: Client, orderNo: number, body?: Row) =>
  client.send<{ IsChanged: number } | null>('POST', `/shipping/v1/Order/OrderCheck/${orderNo}`, body)

export const ship = (client: Client, orderNo: number, more: Row = {}) =>
  client.send('POST', '/shipping/v1/Delivery/ShippingInfo', {
    OrderNo: orderNo,
    ShippingDate: second(client.now),
    DeliveryCompanyCode: 10013,
    InvoiceNo: '689012345678',
    ...more,
  })

/** Status and ClaimStatus of one order. */
export function whereIs(client: Client, orderNo: number): [number, number] {
  const path = '/shipping/v1/Delivery/GetDeliveryStatus'
  const { Status, ClaimStatus } = firstOf(client.send<StatusRow[]>('POST', path, { OrderNo: orderNo }).body.Data)
  return [Status, ClaimStatus]
}

export function cancels(client: Client, more: Row = {}): Answer<ClaimRow[]> {
  return client.send('POST', '/claim/v1/sa/Cancels', {
    SiteType: 3,
    CancelStatus: 0,
    Type: 2,
    StartDate: day(client.now - 6 * DAY),
    EndDate: day(client.now),
    ...more,
  })
}

function repeatable(): () => number {
  let state = 12_345
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state / 0x80000000
  }
}
