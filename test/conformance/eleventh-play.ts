import { openMarketplace } from '../../server/adapters/marketplaces/index.ts'
import type { HttpOutcome, HttpRequest } from '../../server/kernel/http-port.ts'
import type {
  ChannelAdapter,
  ChannelClaim,
  ChannelOrderLine,
  Collected,
  Cursor,
  Parcel,
} from '../../server/modules/channels/adapter.ts'
import { tokensInMemory } from '../../server/modules/channels/tokens-in-memory.ts'
import {
  createEleventh,
  type Eleventh,
  type EleventhSwitches,
  TEST_ELEVENTH_CREDENTIALS,
} from '../../simulators/eleventh/index.ts'
import { stored } from './shop.ts'

/** 11번가 and its adapter without a socket, so that time can be moved and any answer made. */
export type Play = {
  market: Eleventh
  adapter: ChannelAdapter
  now: number
  sent: HttpRequest[]
  /** What becomes of an answer; throws nothing, may answer instead of the marketplace. */
  change: ((request: HttpRequest, outcome: HttpOutcome) => HttpOutcome) | null
  lines: Map<string, ChannelOrderLine>
  claims: Map<string, ChannelClaim>
  collect(): Promise<Collected>
  /** Another process: the same cursor and no memory. */
  restart(): void
  buy(lines: readonly { item: string; quantity: number }[], buyer?: string): string[]
  parcel(lineKey: string, invoice: string): Parcel
  /** A call somebody else makes, by hand at the marketplace. */
  byHand(path: string): void
  paths(): string[]
}

/** 20 November 2026, 09:15 in Korea. */
export const START = Date.UTC(2026, 10, 20, 0, 15)
export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export function openPlay(
  switches: Partial<EleventhSwitches> = {},
  settings: Record<string, string | number | boolean> = {},
): Play {
  const market = createEleventh({ switches: { limits: 'off', ...switches } })
  const send = (request: Pick<HttpRequest, 'method' | 'url' | 'body'>, key: string): HttpOutcome => {
    const answer = market.handle(
      {
        method: request.method,
        path: new URL(request.url).pathname,
        query: '',
        headers: new Map([['openapikey', key]]),
        body: request.body ?? new Uint8Array(),
      },
      play.now,
      () => 0.5,
    )
    const body = typeof answer.body === 'string' ? new TextEncoder().encode(answer.body) : answer.body
    return {
      kind: 'answered',
      response: { status: answer.status, headers: new Map(Object.entries(answer.headers)), body },
    }
  }
  const start = () =>
    openMarketplace.eleventh(
      { baseUrl: 'http://eleventh.test', credentials: { ...TEST_ELEVENTH_CREDENTIALS }, settings },
      {
        http: {
          send: async (request) => {
            play.sent.push(request)
            const outcome = send(request, request.headers.find(([name]) => name === 'openapikey')?.[1] ?? '')
            return play.change ? play.change(request, outcome) : outcome
          },
        },
        clock: { now: () => play.now, monotonic: () => play.now, sleep: async () => {} },
        spend: async () => {},
        learn: () => {},
        tokens: tokensInMemory(),
      },
    )
  let cursor: Cursor | null = null
  const play: Play = {
    market,
    adapter: undefined as never,
    now: START,
    sent: [],
    change: null,
    lines: new Map(),
    claims: new Map(),
    collect: async () => {
      const collected = await play.adapter.collectOrders(stored(cursor))
      for (const line of collected.orders.flatMap(({ lines }) => lines)) play.lines.set(line.lineKey, line)
      for (const claim of collected.claims) play.claims.set(claim.claimKey, claim)
      cursor = collected.next
      return collected
    },
    restart: () => {
      play.adapter = start()
    },
    buy: (lines, buyer = '김하나') => {
      const sale = market.doors.buy({ lines, buyer }, play.now, () => 0.5)
      if (sale.kind !== 'sold') throw new Error('the shelf is empty')
      return sale.lineKeys
    },
    parcel: (lineKey, invoice) => {
      const { actionKey, item } = play.lines.get(lineKey)!
      const externalOrderId = lineKey.slice(0, lineKey.indexOf(':'))
      return { lineKey, actionKey, externalOrderId, item, carrier: 'cj', invoice, shippedAt: play.now, replaces: [] }
    },
    byHand: (path) =>
      void send(
        { method: 'GET', url: `http://eleventh.test/rest/${path}`, body: null },
        TEST_ELEVENTH_CREDENTIALS.openApiKey,
      ),
    paths: () => play.sent.map(({ url }) => new URL(url).pathname.replace('/rest/', '')),
  }
  play.restart()
  return play
}

/** Two options of one product, and a product without. */
export function shelf({ market }: Play) {
  const option = (optionName: string) => ({ optionName, sellerCode: `BRK-${optionName}`, stock: 500, surcharge: 0 })
  const [red, blue, plain] = market.doors.seedProducts(
    [
      { name: '브레이크 패드', price: 10_000, options: [option('RD'), option('BL')] },
      { name: '와이퍼', price: 7_000, options: [{ optionName: '', sellerCode: 'WIP-1', stock: 9_000, surcharge: 0 }] },
    ],
    START,
  )
  return { unit: red!.unit, red: red!.item, blue: blue!.item, plain: plain!.item }
}

export const one = (item: string, quantity = 1) => [{ item, quantity }]
export const keyOf = (play: Play, lineKey: string) => play.lines.get(lineKey)!.actionKey
export const text = (outcome: HttpOutcome) =>
  outcome.kind === 'answered' ? Buffer.from(outcome.response.body).toString('latin1') : ''
export const withBody = (outcome: HttpOutcome, body: string): HttpOutcome =>
  outcome.kind === 'answered'
    ? { kind: 'answered', response: { ...outcome.response, body: new Uint8Array(Buffer.from(body, 'latin1')) } }
    : outcome
