/**
 * A pretend Cafe24 Admin API, written to its public contract: a pure state machine.
 *
 * Start in `handle` below: consent and tokens on one side, the Admin API behind its gate on the other. What the contract
 * leaves open is a switch in world.ts. Not played: creating and deleting products, boards and inquiries, exchanges.
 */

import { actOnDue } from '../due.ts'
import { changesSince } from '../history.ts'
import type { Doors, Faults, Marketplace, SimRequest, SimResponse, Webhooks } from '../marketplace.ts'
import { NO_FAULTS } from '../marketplace.ts'
import { changeStock, createShelf, humanEdit, isOnSale, isStock, seedProduct } from './catalog.ts'
import { buyerCancel, stageOf } from './claims.ts'
import { fault, readQuery, refused } from './envelopes.ts'
import { createLimits, type Limits } from './limits.ts'
import {
  authorize,
  type Cafe24Credentials,
  createSessions,
  endEverything,
  issueTokens,
  isThrottled,
  revoke,
  scopesOf,
  tooManyTokenCalls,
} from './oauth.ts'
import { buy, createOrderBook, type Receiver, trueLines } from './orders.ts'
import { findRoute, PREFIX, SCOPES } from './routes.ts'
import { trueClaims } from './true-claims.ts'
import { createNoticeBook, EVENTS, openWebhooks, tellAppDeleted, tellOrderNotice } from './webhooks.ts'
import { type Cafe24Switches, DEFAULT_SWITCHES, happens, type World } from './world.ts'

export type { Cafe24Credentials } from './oauth.ts'
export type { Cafe24Switches } from './world.ts'

/** Made up. The refresh token is good for one refresh, as any; from then on it is what the answers said. */
export const TEST_CAFE24_CREDENTIALS: Cafe24Credentials = {
  mallId: 'pretendmall',
  clientId: 'pretendCafe24Client001',
  clientSecret: 'pretendCafe24Secret001',
  redirectUri: null,
  scopes: SCOPES,
  userId: 'pretendmall',
  refreshToken: 'pretendCafe24Refresh01',
  webhookKey: 'pretend-cafe24-webhook-key',
}

export type Cafe24Options = {
  /** Read at every call; hand the same object to the shell, and change it while the marketplace runs. */
  faults?: Faults
  /** What is absent is as in TEST_CAFE24_CREDENTIALS. */
  credentials?: Partial<Cafe24Credentials>
  switches?: Partial<Cafe24Switches>
}

export type Cafe24 = Marketplace & {
  /** Both may be changed while it runs. */
  readonly faults: Faults
  readonly switches: Cafe24Switches
  readonly webhooks: Webhooks
  /** The seller removes the app: every token dies, and a refresh is answered "Uninstalled app" until somebody consents anew. */
  uninstallApp(now: number): void
  /** The buyer corrects the address. False where there is no such order. */
  changeReceiver(orderId: string, patch: Partial<Receiver>, now: number): boolean
}

export function createCafe24(options: Cafe24Options = {}): Cafe24 {
  const { faults = { ...NO_FAULTS } } = options
  const switches = { ...DEFAULT_SWITCHES, ...options.switches }
  const credentials = { ...TEST_CAFE24_CREDENTIALS, ...options.credentials }
  const { mallId } = credentials
  const notices = createNoticeBook(mallId, credentials.webhookKey)
  const world: World = {
    mallId,
    faults,
    switches,
    shelf: createShelf(),
    book: createOrderBook(),
    notices,
    due: [],
  }
  const sessions = createSessions(credentials)
  const limits = createLimits()

  function handle(request: SimRequest, now: number, random: () => number): SimResponse {
    actOnDue(world.due, now)
    if (!isEncoded(request)) return refused(fault(400, 'The URL is not encoded'))
    if (request.path.startsWith(PREFIX)) return answerAdmin(request, now, random)
    const oauth = `${request.method} ${request.path}`
    if (oauth === 'GET /api/v2/oauth/authorize') return authorize(sessions, switches, request, now, random)
    if (oauth === 'POST /api/v2/oauth/token') return answerToken(request, now, random)
    if (oauth === 'POST /api/v2/oauth/revoke') return revoke(sessions, request)
    return refused(fault(404, 'No API found'))
  }

  function answerToken(request: SimRequest, now: number, random: () => number): SimResponse {
    if (now < faults.rateLimitedUntil) {
      limits.count('forced', 'refused')
      return tooManyTokenCalls()
    }
    const isTooMany = isThrottled(sessions, switches, now)
    limits.count('oauth', isTooMany ? 'refused' : 'taken')
    return isTooMany ? tooManyTokenCalls() : issueTokens(sessions, switches, request, now, random)
  }

  /** Who calls, how often, what, and whether they may: only then what they say. */
  function answerAdmin(request: SimRequest, now: number, random: () => number): SimResponse {
    const scopes = scopesOf(sessions, request, now)
    if (sessions.uninstalled || typeof scopes === 'string') {
      limits.count('unauthorized', 'refused')
      return refused(sessions.uninstalled ? fault(403, 'The app is not installed') : fault(401, String(scopes)))
    }
    const found = findRoute(request.method, request.path.slice(PREFIX.length))
    const { name, isHeavy } = found?.route ?? { name: 'unknown', isHeavy: false }
    const { headers, message } = limits.take(world, { name, isHeavy }, now)
    if (message !== null) return refused(fault(429, message), headers)

    const wrong =
      wrongRequest(switches, request) ??
      (found === null ? fault(404, 'No API found') : null) ??
      (scopes.includes(found!.route.scope) ? null : fault(403, `insufficient_scope: ${found!.route.scope}`))
    const query = readQuery(request.query) ?? new Map<string, string>()
    if (wrong !== null) return refused(wrong, headers)
    if (happens(faults.humanEdit, random)) humanEdit(world, random, now)
    const { body } = request
    const origin = originOf(request, mallId)
    const response = found!.route.answer(world, {
      now,
      random,
      parts: found!.parts,
      query,
      body,
      origin,
      path: request.path,
    })
    return { ...response, headers: { ...response.headers, ...headers } }
  }

  return {
    name: 'cafe24',
    faults,
    switches,
    handle,
    brokenDown: () => refused(fault(500, 'Internal Server Error')),
    doors: openDoors(world, limits),
    afterwards: {
      isSent: (lineKey) => world.book.lines.get(lineKey)?.rows.some((row) => stageOf(row) === 'sent') ?? false,
      claims: () => trueClaims(world),
    },
    webhooks: openWebhooks(notices),
    uninstallApp(now) {
      endEverything(sessions)
      sessions.uninstalled = true
      tellAppDeleted(world, now)
    },
    changeReceiver(orderId, patch, now) {
      const order = world.book.orders.get(orderId)
      if (order === undefined) return false
      Object.assign(order.receiver, patch)
      tellOrderNotice(world, EVENTS.receiver, order, now)
      return true
    },
  }
}

/** What a URL may consist of; anything else had to be percent-encoded. */
const isEncoded = ({ path, query }: SimRequest) =>
  /^[\w\-.~:/?#[\]@!$&'()*+,;=%]*$/.test(path + query) && readQuery(query) !== null

function wrongRequest(switches: Cafe24Switches, { method, headers, query }: SimRequest) {
  const version = headers.get('x-cafe24-api-version')
  if (version !== undefined && switches.deadVersion === 'refused' && !switches.versions.includes(version)) {
    return fault(400, 'Unsupported API version')
  }
  if (method === 'POST' || method === 'PUT') {
    const isJson = /^application\/json\s*(;|$)/i.test(headers.get('content-type') ?? '')
    return isJson ? null : fault(400, 'The content type must be application/json')
  }
  const shop = readQuery(query)?.get('shop_no') ?? '1'
  return shop === '1' ? null : fault(422, 'shop_no is not a shop of this mall')
}

/** Links lead where the client called, so that they can be followed; by the contract that is the mall's own host. */
function originOf({ headers }: SimRequest, mallId: string): string {
  const host = headers.get('host') ?? `${mallId}.cafe24api.com`
  return `${host.endsWith('.cafe24api.com') ? 'https' : 'http'}://${host}`
}

function openDoors(world: World, limits: Limits): Doors {
  const { shelf, book } = world
  return {
    seedProducts: (products, now) => products.flatMap((product) => seedProduct(world, product, now)),
    buy(purchase, now) {
      actOnDue(world.due, now)
      return buy(world, purchase, now)
    },
    cancel(lineKey, quantity, now) {
      actOnDue(world.due, now)
      return buyerCancel(world, lineKey, quantity, now)
    },
    edit(code, stock, now) {
      actOnDue(world.due, now)
      const variant = shelf.variantByCode.get(code)
      if (variant === undefined || !isStock(stock)) return false
      changeStock(world, variant, stock, 'edit', now)
      return true
    },
    truth: () => ({
      items: shelf.variants.map((variant) => {
        const { product, code, customCode, quantity } = variant
        return {
          unit: String(product.no),
          item: code,
          sellerCode: customCode,
          stock: quantity,
          onSale: isOnSale(variant),
        }
      }),
      lines: trueLines(book),
    }),
    history: (sinceSeq, limit) => changesSince(shelf.history, sinceSeq, limit),
    calls: () => limits.calls(),
  }
}
