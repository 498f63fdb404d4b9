/**
 * A pretend 11번가 seller Open API, written to its public contract.
 *
 * Start in handle() below: a call finds its endpoint in routes.ts, passes the gate (key, pace, maintenance) and meets
 * the world. What the contract leaves open is a switch in world.ts.
 */

import { actOnDue } from '../due.ts'
import { changesSince } from '../history.ts'
import type { CallCount, Doors, Faults, Marketplace, SimRequest, SimResponse } from '../marketplace.ts'
import { NO_FAULTS } from '../marketplace.ts'
import { buyerCancel, createClaimBook, requestExchange, withdraw } from './claims.ts'
import { html, xmlResponse } from './envelopes.ts'
import { createGate } from './gate.ts'
import {
  changeStock,
  createShelf,
  humanEdit,
  isOnSale,
  isStock,
  itemNamed,
  nameOf,
  seedProduct,
  sellerCodeOf,
} from './items.ts'
import { buy, createOrderBook, trueLines } from './orders.ts'
import { findRoute } from './routes.ts'
import { openClaimOf, trueClaims } from './true-claims.ts'
import { DEFAULT_SWITCHES, type EleventhSwitches, happens, type World } from './world.ts'
import { readBody } from './xml.ts'

export type { EleventhSwitches } from './world.ts'

export type EleventhCredentials = { openApiKey: string }

export const TEST_ELEVENTH_CREDENTIALS: EleventhCredentials = { openApiKey: 'pretend-eleventh-open-api-key' }

export type EleventhOptions = {
  /** Read at every call; hand the same object to the shell, and change it while the marketplace runs. */
  faults?: Faults
  /** Default TEST_ELEVENTH_CREDENTIALS. */
  credentials?: EleventhCredentials
  switches?: Partial<EleventhSwitches>
}

/** `faults` and `switches` may be changed while it runs. */
export type Eleventh = Marketplace & {
  readonly faults: Faults
  readonly switches: EleventhSwitches
  /** What buyers do besides buying and cancelling. */
  readonly buyers: {
    /** Takes back a request nobody answered yet. False when there is none. */
    withdraw(claimSeq: string, now: number): boolean
    /** Wants another one for a parcel under way or delivered; null = all units. The claim's number, or null. */
    exchange(lineKey: string, quantity: number | null, now: number): string | null
  }
  /** Credit the seller lost by cancelling orders through its own fault. */
  creditPointsLost(): number
}

/** Its API is at `/rest/…`. */
export function createEleventh(options: EleventhOptions = {}): Eleventh {
  const { faults = { ...NO_FAULTS }, credentials = TEST_ELEVENTH_CREDENTIALS } = options
  const switches = { ...DEFAULT_SWITCHES, ...options.switches }
  const world: World = {
    faults,
    switches,
    shelf: createShelf(),
    orders: createOrderBook(),
    claims: createClaimBook(),
    due: [],
  }
  const gate = createGate(credentials.openApiKey)

  function handle(request: SimRequest, now: number, random: () => number): SimResponse {
    actOnDue(world.due, now)
    const route = findRoute(request)
    const refused = gate.refuse(world, request, route?.name ?? 'nowhere', route?.family ?? 'list', now)
    if (refused !== null) return refused
    if (happens(faults.humanEdit, random)) humanEdit(world.shelf, random, now)
    if (route === undefined) return html(404, 'Not Found')
    const body = readBody(request.body, request.headers.get('content-type') ?? '')
    return xmlResponse(route.answer(world, { now, random, parts: route.parts, body }), switches)
  }

  return {
    name: 'eleventh',
    faults,
    switches,
    handle,
    doors: openDoors(world, gate.calls),
    buyers: {
      withdraw(claimSeq, now) {
        actOnDue(world.due, now)
        return withdraw(world, claimSeq, now)
      },
      exchange(lineKey, quantity, now) {
        actOnDue(world.due, now)
        return requestExchange(world, lineKey, quantity, now)
      },
    },
    afterwards: {
      isSent: (lineKey) => (world.orders.lines.get(lineKey)?.invoices.length ?? 0) > 0,
      exchange(lineKey, quantity, now) {
        actOnDue(world.due, now)
        return requestExchange(world, lineKey, quantity, now) !== null
      },
      takeBack(lineKey, now) {
        actOnDue(world.due, now)
        const open = openClaimOf(world, lineKey)
        return open !== undefined && withdraw(world, open.seq, now)
      },
      claims: () => trueClaims(world),
    },
    creditPointsLost: () => world.claims.creditPointsLost,
    brokenDown: () => html(500, 'Internal Server Error'),
  }
}

function openDoors(world: World, calls: () => CallCount[]): Doors {
  const { shelf, orders } = world
  return {
    seedProducts: (products, now) => products.flatMap((product) => seedProduct(shelf, product, now)),
    buy(purchase, now, random) {
      actOnDue(world.due, now)
      return buy(world, purchase, now, random)
    },
    cancel(lineKey, quantity, now) {
      actOnDue(world.due, now)
      return buyerCancel(world, lineKey, quantity, now)
    },
    edit(name, stock, now) {
      actOnDue(world.due, now)
      const item = itemNamed(shelf, name)
      if (item === undefined || !isStock(stock)) return false
      changeStock(shelf, item, stock, 'edit', now)
      return true
    },
    truth: () => ({
      items: shelf.items.map((item) => ({
        unit: item.product.prdNo,
        item: nameOf(item),
        sellerCode: sellerCodeOf(item),
        stock: item.stock,
        onSale: isOnSale(item),
      })),
      lines: trueLines(orders),
    }),
    history: (sinceSeq, limit) => changesSince(shelf.history, sinceSeq, limit),
    calls,
  }
}
