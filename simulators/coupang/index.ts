/**
 * A pretend Coupang Wing Open API, written to its public contract.
 *
 * Start in handle() below: a call passes the gate (signature, limits), finds its endpoint in routes.ts and meets the
 * world. What the contract leaves open is a switch in world.ts.
 */

import { actOnDue } from '../due.ts'
import { changesSince } from '../history.ts'
import type {
  Afterwards,
  CallCount,
  Doors,
  Faults,
  Marketplace,
  SeedProduct,
  SimRequest,
  SimResponse,
} from '../marketplace.ts'
import { NO_FAULTS } from '../marketplace.ts'
import { buyerCancel } from './cancels.ts'
import { gatewayTimeout } from './envelopes.ts'
import { createExchangeBook, endExchange, exchangeByBuyer } from './exchanges.ts'
import { createGate } from './gate.ts'
import { changeStock, createShelf, humanEdit, isStock, seedProduct } from './items.ts'
import { buy, createOrderBook, deliverBox, trueLines } from './orders.ts'
import { createReceiptBook } from './returns.ts'
import { findRoute, isExtended } from './routes.ts'
import type { ApiKey } from './signature.ts'
import { trueClaims } from './true-claims.ts'
import { createWithdrawalBook, withdrawByBuyer } from './withdrawals.ts'
import { type CoupangSwitches, DEFAULT_SWITCHES, happens, type World } from './world.ts'

export type { CoupangSwitches } from './world.ts'

export type CoupangCredentials = ApiKey & { vendorId: string }

export const TEST_COUPANG_CREDENTIALS: CoupangCredentials = {
  vendorId: 'A01234567',
  accessKey: 'pretend-coupang-access-key',
  secretKey: 'pretend-coupang-secret-key',
}

export type CoupangOptions = {
  /** Read at every call; hand the same object to the shell, and change it while the marketplace runs. */
  faults?: Faults
  /** Default TEST_COUPANG_CREDENTIALS. */
  credentials?: CoupangCredentials
  switches?: Partial<CoupangSwitches>
}

/** `faults` and `switches` may be changed while it runs. */
export type Coupang = Marketplace & {
  readonly faults: Faults
  readonly switches: CoupangSwitches
  readonly afterwards: Required<Omit<Afterwards, 'bringBack'>>
}

export function createCoupang(options: CoupangOptions = {}): Coupang {
  const { faults = { ...NO_FAULTS }, credentials = TEST_COUPANG_CREDENTIALS } = options
  const switches = { ...DEFAULT_SWITCHES, ...options.switches }
  const world: World = {
    vendorId: credentials.vendorId,
    faults,
    switches,
    shelf: createShelf(),
    orders: createOrderBook(),
    receipts: createReceiptBook(),
    withdrawals: createWithdrawalBook(),
    exchanges: createExchangeBook(),
    due: [],
  }
  const gate = createGate(credentials)

  function handle(request: SimRequest, now: number, random: () => number): SimResponse {
    actOnDue(world.due, now)
    const found = findRoute(world, request)
    const admission = gate.admit(world, request, found.bucket, now)
    if (admission.kind === 'refused') return admission.response

    if (happens(faults.humanEdit, random)) humanEdit(world.shelf, random, now)
    const response = found.answer(now, random)
    gate.noteAnswer(world, response.status, now)
    if (!isExtended(request) && happens(switches.gateway504AfterCommit, random)) return gatewayTimeout()
    return { ...response, headers: { ...response.headers, ...admission.headers } }
  }

  const caughtUp = <Answer>(now: number, act: () => Answer): Answer => {
    actOnDue(world.due, now)
    return act()
  }
  const { orders } = world
  return {
    name: 'coupang',
    faults,
    switches,
    handle,
    doors: openDoors(world, gate.calls),
    afterwards: {
      isSent: (lineKey) => (orders.lines.get(lineKey)?.box.invoice ?? '') !== '',
      deliver: (lineKey, now) =>
        caughtUp(now, () => deliverBox(world, lineKey, now) || endExchange(world, lineKey, 'SUCCESS', now)),
      exchange: (lineKey, quantity, now) =>
        caughtUp(now, () => exchangeByBuyer(world, lineKey, quantity, now) !== null),
      takeBack: (lineKey, now) =>
        caughtUp(now, () => endExchange(world, lineKey, 'CANCEL', now) || withdrawByBuyer(world, lineKey, now)),
      claims: () => trueClaims(world),
    },
  }
}

function openDoors(world: World, calls: () => CallCount[]): Doors {
  const { shelf, orders } = world
  return {
    seedProducts: (products: readonly SeedProduct[], now) =>
      products.flatMap((product) => seedProduct(shelf, product, now)),
    buy(purchase, now, random) {
      actOnDue(world.due, now)
      return buy(world, purchase, now, random)
    },
    cancel(lineKey, quantity, now) {
      actOnDue(world.due, now)
      return buyerCancel(world, lineKey, quantity, now)
    },
    edit(itemId, stock, now) {
      actOnDue(world.due, now)
      const item = shelf.itemById.get(itemId)
      if (item === undefined || !isStock(stock)) return false
      changeStock(shelf, item, stock, 'edit', now)
      return true
    },
    truth: () => ({
      items: shelf.items.map(({ vendorItemId, sellerCode, stock, onSale }) => {
        return { unit: vendorItemId, item: vendorItemId, sellerCode, stock, onSale }
      }),
      lines: trueLines(orders),
    }),
    history: (sinceSeq, limit) => changesSince(shelf.history, sinceSeq, limit),
    calls,
  }
}
