import { hash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { NewOrderBody, OrderTaken } from '../../../contract/orders.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { Database } from '../../kernel/db.ts'
import type { GroupCommit } from '../../kernel/group-commit.ts'
import type { NewId } from '../../kernel/ids.ts'
import { componentsOf, type Variant, type VariantCache } from '../catalog/index.ts'
import type { Missing, OwnWarehouses } from '../inventory/index.ts'
import type { OrderLaneOutcome, OrderLaneRequest } from './lane.ts'
import type { OrderNumbers } from './numbers.ts'
import { orderUnderKey } from './request-keys.ts'
import { requestById } from './request-queries.ts'
import type { FirstAnswer, NewOrder } from './take-orders.ts'

export type OrderIntakeDeps = {
  db: Database
  lane: GroupCommit<OrderLaneRequest, OrderLaneOutcome>
  numbers: OrderNumbers
  newId: NewId
  clock: Clock
  variants: VariantCache
  warehouses: OwnWarehouses
}

const HOLD_MS = 15 * 60_000
const TWIN_WAIT_MS = 5_000
/** Orders from before are typing errors; a day ahead covers clocks that are wrong and zones that are mixed up. */
const ORDERED_FROM = Date.UTC(2000, 0, 1)
const ORDERED_AHEAD_MS = 86_400_000
/** Units of stock one order may ask for, so that every sum of them fits its column. */
const UNITS_MAX = 2_000_000_000
const API = 'api'

type Request = FastifyRequest<{ Body: NewOrderBody }>

/**
 * POST /v1/orders. One submission to the lane and nothing else on the way of a fresh order: what it names comes from
 * memory, and a repeat is recognised by the lane's own reference. Only repeats and refusals look anything up.
 */
export function openOrderIntake(deps: OrderIntakeDeps) {
  const running = new Map<string, Promise<unknown>>()

  return async function takeOrder(request: Request, reply: FastifyReply): Promise<FastifyReply> {
    const { body, caller } = request
    const key = reply.idempotencyKey()
    const [variants, warehouses, number] = await Promise.all([
      deps.variants.find(
        caller.company,
        body.lines.map((line) => line.sku),
      ),
      deps.warehouses.of(caller.company),
      deps.numbers.next(caller.company),
    ])
    const now = deps.clock.now()
    const faults = faultsOf(body, variants, now)
    if (warehouses.length === 0) faults.push({ pointer: '', detail: 'the company has no sellable warehouse' })
    if (faults.length > 0) return refuseFaults(reply, faults)

    const order = orderOf(request, key, variants as Variant[], warehouses, number, now, deps)
    const reference = `${order.company}/${order.externalId}`
    const twin = running.get(reference)
    if (twin && !(await endsInTime(twin, deps.clock))) {
      return reply.refuse('still-running', 'The order has been on its way for five seconds. Repeat the same request.')
    }
    const submitted = deps.lane.submit({ order })
    running.set(reference, submitted)
    try {
      return await answer(order, await submitted, variants as Variant[], reply)
    } finally {
      if (running.get(reference) === submitted) running.delete(reference)
    }
  }

  async function answer(
    order: NewOrder,
    outcome: OrderLaneOutcome,
    variants: readonly Variant[],
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    switch (outcome.kind) {
      case 'taken':
        // A twin that joined this one in the lane is told the first one's id.
        if (outcome.orderId !== order.orderId) return repeat(order, outcome.orderId, variants, reply)
        return reply.code(201).send(takenOf(order, outcome.orderId, outcome.number, outcome, variants))
      case 'already':
        return repeat(order, (outcome as { orderId: string }).orderId, variants, reply)
      case 'short': {
        const missing = missingOf(order, outcome.missing, variants)
        const errors = missing.map(({ pointer, missing }) => ({ pointer, detail: `${missing} units are missing` }))
        return reply.refuse('out-of-stock', 'Nothing was taken.', { errors, more: { missing } })
      }
      case 'conflict':
        return refuseOther(order, reply)
      default:
        throw new Error(`the lane answered an order with ${outcome.kind}`)
    }
  }

  /** The order is there. If this request says the same as the one that brought it, it gets the same answer. */
  async function repeat(order: NewOrder, orderId: string, variants: readonly Variant[], reply: FastifyReply) {
    const { company, request } = order
    const known = await deps.db.transaction([company], (tx) => requestById(tx, company, orderId))
    if (!known || known.hash !== request!.hash) return refuseOther(order, reply)
    const first = known.answer ?? { short: [], expiresAt: null }
    return reply
      .code(request!.key !== null && request!.key === known.key ? 201 : 200)
      .header('idempotent-replayed', 'true')
      .send(takenOf(order, orderId, known.number, first, variants))
  }

  async function refuseOther(order: NewOrder, reply: FastifyReply): Promise<FastifyReply> {
    const { company, externalId } = order
    const { key } = order.request!
    const under = key === null ? null : await deps.db.transaction([company], (tx) => orderUnderKey(tx, company, key))
    return under
      ? reply.refuse('idempotency-key-reused', `The key brought order ${under.number}. Use a key of its own.`)
      : reply.refuse('order-differs', `Order ${JSON.stringify(externalId)} is known with other content.`, {
          errors: [{ pointer: '/externalId', detail: 'taken by another order' }],
        })
  }
}

type Fault = { pointer: string; detail: string }

/** What the schema cannot see: names that mean nothing here, sums that fit nowhere. */
function faultsOf(body: NewOrderBody, variants: readonly (Variant | null)[], now: number): Fault[] {
  const faults: Fault[] = []
  let units = 0
  let subtotal = 0
  for (let i = 0; i < body.lines.length; i++) {
    const line = body.lines[i]!
    const variant = variants[i]
    if (!variant) {
      faults.push({ pointer: `/lines/${i}/sku`, detail: 'there is no variant of this SKU' })
      continue
    }
    if (variant.currency !== variants[0]?.currency) {
      faults.push({ pointer: `/lines/${i}/sku`, detail: 'is sold in another currency than the first line' })
    }
    for (const part of componentsOf(variant)) units += line.quantity * part.quantity
    subtotal += line.quantity * (line.unitPrice ?? variant.price)
  }
  const { shippingFee = 0, discount = 0, orderedAt } = body
  if (faults.length > 0) return faults
  if (units > UNITS_MAX) faults.push({ pointer: '/lines', detail: `at most ${UNITS_MAX} units of stock an order` })
  if (!Number.isSafeInteger(subtotal + shippingFee))
    faults.push({ pointer: '/lines', detail: 'the total is too large' })
  if (discount > subtotal + shippingFee) faults.push({ pointer: '/discount', detail: 'more than the order costs' })
  if (orderedAt !== undefined) {
    const at = Date.parse(orderedAt)
    if (!(at >= ORDERED_FROM && at <= now + ORDERED_AHEAD_MS)) {
      faults.push({ pointer: '/orderedAt', detail: 'between the year 2000 and now' })
    }
  }
  return faults
}

const refuseFaults = (reply: FastifyReply, errors: readonly Fault[]): FastifyReply => {
  const { pointer, detail } = errors[0]!
  return reply.refuse('invalid-request', `The body is wrong at ${pointer || 'its top'}: ${detail}.`, {
    errors: errors.slice(0, 20),
  })
}

function orderOf(
  { body, caller }: Request,
  key: string | null,
  variants: readonly Variant[],
  warehouses: readonly string[],
  number: string,
  now: number,
  { newId }: OrderIntakeDeps,
): NewOrder {
  const orderedAt = body.orderedAt === undefined ? now : Date.parse(body.orderedAt)
  const isHeld = body.checkout === true
  return {
    company: caller.company,
    orderId: newId(),
    number,
    channel: API,
    connectionId: null,
    externalId: body.externalId,
    actor: caller.actor,
    whenShort: body.whenShort ?? 'refuse',
    holdForMs: isHeld ? HOLD_MS : null,
    drawsOn: 'free',
    currency: variants[0]!.currency,
    shippingFee: body.shippingFee ?? 0,
    discount: body.discount ?? 0,
    tax: 0,
    buyerName: body.buyerName ?? '',
    shippingAddress: body.shippingAddress ?? null,
    billingAddress: null,
    country: null,
    orderedAt,
    paidAt: isHeld ? null : orderedAt,
    shipBy: null,
    warehouses,
    lines: body.lines.map((line, i) => lineOf(line, variants[i]!, isHeld)),
    request: { key: key === null ? null : `${caller.actor}/${key}`, hash: hashOf(body) },
  }
}

function lineOf(line: NewOrderBody['lines'][number], variant: Variant, isHeld: boolean): NewOrder['lines'][number] {
  return {
    variantId: variant.variantId,
    sku: variant.sku,
    listingId: null,
    multiplier: 1,
    // A set is welcome beyond available as far as the set says, whatever its parts say of themselves.
    takes: componentsOf(variant).map((part) => ({ ...part, margin: variant.margin * part.quantity })),
    productName: variant.productName,
    variantName: variant.name,
    unitPrice: line.unitPrice ?? variant.price,
    quantity: line.quantity,
    state: isHeld ? 'pending' : 'paid',
    externalLineKey: null,
    actionKey: null,
  }
}

/** Of what the request says, not of how it is written: the order of its fields and its blanks change nothing. */
function hashOf(body: NewOrderBody): string {
  const { shippingAddress: to } = body
  const said = [
    body.externalId,
    body.lines.map((line) => [line.sku, line.quantity, line.unitPrice]),
    body.buyerName,
    to && [to.name, to.phone, to.postalCode, to.line1, to.line2, to.memo],
    body.orderedAt,
    body.whenShort ?? 'refuse',
    body.checkout ?? false,
    body.shippingFee ?? 0,
    body.discount ?? 0,
  ]
  return hash('sha256', JSON.stringify(said), 'base64url')
}

function takenOf(
  order: NewOrder,
  id: string,
  number: string,
  { short, expiresAt }: FirstAnswer,
  variants: readonly Variant[],
): OrderTaken {
  return {
    id,
    number,
    state: order.holdForMs === null ? 'paid' : 'pending',
    short: short.length === 0 ? [] : missingOf(order, short, variants),
    ...(expiresAt === null ? {} : { expiresAt: new Date(expiresAt).toISOString() }),
  }
}

/** In sold units: of a set as many are missing as its scarcest part allows none of. */
function missingOf(order: NewOrder, missing: readonly Missing[], variants: readonly Variant[]) {
  const byLine = new Map<number, number>()
  for (const part of missing) {
    const takes = order.lines[part.lineNo - 1]!.takes.find(({ variantId }) => variantId === part.variantId)
    const sold = Math.ceil(part.missing / (takes?.quantity ?? 1))
    byLine.set(part.lineNo, Math.max(byLine.get(part.lineNo) ?? 0, sold))
  }
  return [...byLine]
    .sort(([a], [b]) => a - b)
    .map(([lineNo, units]) => ({ pointer: `/lines/${lineNo - 1}`, sku: variants[lineNo - 1]!.sku, missing: units }))
}

async function endsInTime(twin: Promise<unknown>, clock: Clock): Promise<boolean> {
  const stop = new AbortController()
  const ended = twin.then(
    () => true,
    () => true,
  )
  const inTime = await Promise.race([ended, clock.sleep(TWIN_WAIT_MS, stop.signal).then(() => false)])
  stop.abort()
  return inTime
}
