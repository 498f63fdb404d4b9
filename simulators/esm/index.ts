/**
 * A pretend ESM Trading API (옥션 + G마켓), written to its public contract: a pure state machine.
 *
 * Start in handle() below: token, limits, right, then the endpoint from routes.ts. What the contract leaves open is a
 * switch in world.ts. Not played, and answered 404: creating, editing and deleting products, claims of not received
 * parcels, inquiries, settlement, delivery progress; ESM's own question to the seller before it takes an order.
 */

import { actOnDue } from '../due.ts'
import type { Doors, Faults, Marketplace, SimRequest, SimResponse } from '../marketplace.ts'
import { NO_FAULTS } from '../marketplace.ts'
import { buyerCancel, cancelBySite, withdrawByBuyer } from './cancels.ts'
import { createClaimBook } from './claims.ts'
import { gateRefused, NO_RIGHT, orderRefused, readBody } from './envelopes.ts'
import { bringOtherGoods, exchangeByBuyer, newestExchange } from './exchanges.ts'
import { deliver } from './fulfilment.ts'
import { changeStock, createShelf, humanEdit, isCounter, seedProduct, stockHistory, trueItems } from './goods.ts'
import { buy, createOrderBook, trueLines } from './orders.ts'
import { createPace } from './pace.ts'
import { findRoute } from './routes.ts'
import { SITES, type Site } from './sites.ts'
import { checkToken, type EsmCredentials } from './token.ts'
import { trueClaims } from './true-claims.ts'
import { createTally, DEFAULT_SWITCHES, type EsmSwitches, happens, type Tally, type World } from './world.ts'

export type { EsmCredentials } from './token.ts'
export type { EsmSwitches } from './world.ts'

export const TEST_ESM_CREDENTIALS: EsmCredentials = {
  masterId: 'pretend-master',
  secretKey: 'pretend-esm-secret-key',
  auctionId: 'pretend-auction',
  gmarketId: 'pretend-gmarket',
}

export type EsmOptions = {
  /** Read at every call; hand the same object to the shell, and change it while the marketplace runs. */
  faults?: Faults
  /** Default TEST_ESM_CREDENTIALS. */
  credentials?: EsmCredentials
  switches?: Partial<EsmSwitches>
  /** Where seeded products are listed. Default both. */
  sites?: readonly Site[]
}

/** Both may be changed while it runs. */
export type Esm = Marketplace & {
  readonly faults: Faults
  readonly switches: EsmSwitches
  /** The buyer takes an open cancel, return or exchange request back. */
  withdrawClaim(lineKey: string, now: number): boolean
  /** The carrier hands a shipped parcel over, or the other goods of an exchange. */
  arrive(lineKey: string, now: number): boolean
  /** The site's own people refund an order that is not shipped. */
  cancelBySite(lineKey: string, now: number): boolean
}

export function createEsm(options: EsmOptions = {}): Esm {
  const { faults = { ...NO_FAULTS }, credentials = TEST_ESM_CREDENTIALS, sites = SITES } = options
  const switches = { ...DEFAULT_SWITCHES, ...options.switches }
  const tally = createTally()
  const world: World = {
    credentials,
    faults,
    switches,
    shelf: createShelf(sites),
    orders: createOrderBook(),
    claims: createClaimBook(),
    pace: createPace(tally),
    due: [],
  }

  function handle(request: SimRequest, now: number, random: () => number): SimResponse {
    actOnDue(world.due, now)
    const token = checkToken(request.headers.get('authorization') ?? '', credentials, now, switches.iatToleranceMs)
    if ('fault' in token) return refuse('unsigned', gateRefused(401, token.fault))
    if (now < faults.rateLimitedUntil) return refuse('forced', gateRefused(429, 'Too many requests'))
    if (!isInPace(world, now)) return gateRefused(429, 'Too many requests')

    const found = findRoute(request)
    if (found === null) return refuse('unknown', gateRefused(404, 'Not Found'))
    const { route, part } = found
    if (switches.withoutRight.includes(route.bucket)) return refuse('no-right', gateRefused(401, NO_RIGHT))
    tally.taken(`api:${route.bucket}`)
    if (happens(faults.humanEdit, random)) humanEdit(world.shelf, random, now)
    const body = readBody(request.body)
    if (body === null) return orderRefused('요청 본문이 올바른 JSON이 아닙니다.', 2000)
    return route.answer(world, { now, random, part, body, sites: token.sites })
  }

  function refuse(bucket: string, response: SimResponse): SimResponse {
    tally.refused(bucket)
    return response
  }

  const arrive = (lineKey: string, now: number): boolean =>
    bringOtherGoods(world, newestExchange(world.orders.lines.get(lineKey) ?? null), now) || deliver(world, lineKey, now)

  const caughtUp = <Answer>(now: number, act: () => Answer): Answer => {
    actOnDue(world.due, now)
    return act()
  }
  return {
    name: 'esm',
    faults,
    switches,
    handle,
    doors: openDoors(world, tally, caughtUp),
    afterwards: {
      isSent: (lineKey) => (world.orders.lines.get(lineKey)?.status ?? 0) >= 3,
      deliver: (lineKey, now) => caughtUp(now, () => arrive(lineKey, now)),
      // A claim here is about all of an order.
      exchange: (lineKey, _quantity, now) => caughtUp(now, () => exchangeByBuyer(world, lineKey, now)),
      takeBack: (lineKey, now) => caughtUp(now, () => withdrawByBuyer(world, lineKey, now)),
      claims: () => trueClaims(world),
    },
    brokenDown: () => gateRefused(500, 'Internal Server Error'),
    withdrawClaim: (lineKey, now) => caughtUp(now, () => withdrawByBuyer(world, lineKey, now)),
    arrive: (lineKey, now) => caughtUp(now, () => arrive(lineKey, now)),
    cancelBySite: (lineKey, now) => caughtUp(now, () => cancelBySite(world, lineKey, now)),
  }
}

function isInPace({ switches, pace }: World, now: number): boolean {
  const { callsPerSecond: most, limits, refusedCallRearms: refusedCounts } = switches
  return most === 0 || pace.take('all', { most, everyMs: 1_000, refusedCounts, isOn: limits === 'on' }, now)
}

/**
 * calls(): `orders`, `unpaid-orders`, `search` and `all` are the budgets there are, and what they refused came too early.
 * `api:…` tells where calls went; `unsigned`, `forced`, `unknown` and `no-right` were refused for other reasons.
 */
function openDoors(world: World, tally: Tally, caughtUp: <A>(now: number, act: () => A) => A): Doors {
  const { shelf, orders } = world
  return {
    seedProducts: (products, now) => products.flatMap((product) => seedProduct(shelf, product, now)),
    buy: (purchase, now, random) => caughtUp(now, () => buy(world, purchase, now, random)),
    cancel: (lineKey, quantity, now) => caughtUp(now, () => buyerCancel(world, lineKey, quantity, now)),
    edit: (key, stock, now) =>
      caughtUp(now, () => {
        const item = shelf.itemByKey.get(key)
        if (item === undefined || item.removed || !isCounter(stock)) return false
        changeStock(shelf, item, stock, 'edit', now)
        return true
      }),
    truth: () => ({ items: trueItems(shelf), lines: trueLines(orders) }),
    history: (sinceSeq, limit) => stockHistory(shelf, sinceSeq, limit),
    calls: () => tally.counts(),
  }
}
