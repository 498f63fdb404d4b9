/** The seller's claims: `cancellation` and `return` do, the two request lists ask and refuse. */
import type { SimResponse } from '../marketplace.ts'
import {
  advanceClaim,
  type Claim,
  type ClaimKind,
  openClaim,
  type Part,
  refuseRequest,
  stageOf,
  stepOf,
} from './claims.ts'
import {
  answerMany,
  answerOne,
  type Body,
  type Fault,
  fault,
  isFault,
  isObject,
  type Plan,
  refused,
} from './envelopes.ts'
import { NO_ORDER, rowsNamed } from './order-calls.ts'
import { type Order, openUnits, type Row } from './orders.ts'
import type { Call, World } from './world.ts'

/** What `status` of a claim means, by its kind. */
const STATUSES: Record<ClaimKind, Record<string, string>> = {
  cancel: { accepted: 'C10', canceling: 'C34', canceled: 'C40' },
  return: { accepted: 'R10', processing: 'R30', returned: 'R40' },
}
const STAGES: Record<ClaimKind, readonly string[]> = { cancel: ['paid', 'prepared'], return: ['sent'] }
const ANSWER_KEYS = { cancel: 'cancellation', return: 'return' } as const
const REQUEST_KEYS = { cancel: 'cancellationrequests', return: 'returnrequests' } as const

const REASON_TYPES = /^[A-I]$/
const LONGEST_REASON = 2000

/** POST orders/{order_id}/cancellation and …/return */
export function postClaim(kind: ClaimKind) {
  return (world: World, call: Call): SimResponse => {
    const order = world.book.orders.get(call.parts[0] ?? '')
    if (order === undefined) return refused(NO_ORDER)
    return answerOne(call, ANSWER_KEYS[kind], 201, (request) => {
      const wish = readStep(kind, order, request)
      if (isFault(wish)) return wish
      const parts = readParts(order, request, STAGES[kind])
      if (isFault(parts)) return parts
      const reasonType = request.claim_reason_type ?? 'I'
      if (typeof reasonType !== 'string' || !REASON_TYPES.test(reasonType)) {
        return fault(422, 'claim_reason_type must be A to I')
      }
      const reason = typeof request.reason === 'string' ? request.reason : ''
      const claim = openClaim(world, order, { kind, by: 'seller', parts, reasonType, reason }, call.now)
      step(world, claim, wish, call.now)
      return claimAnswer(claim, request)
    })
  }
}

/** PUT orders/{order_id}/cancellation/{claim_code} and …/return/{claim_code}: answers a request, moves a claim on. */
export function putClaim(kind: ClaimKind) {
  return (world: World, call: Call): SimResponse => {
    const order = world.book.orders.get(call.parts[0] ?? '')
    const claim = world.book.claims.get(call.parts[1] ?? '')
    if (order === undefined) return refused(NO_ORDER)
    if (claim === undefined || claim.order !== order || claim.kind !== kind) {
      return refused(fault(404, 'The claim does not exist'))
    }
    return answerOne(call, ANSWER_KEYS[kind], 200, (request) => {
      const wish = readStep(kind, order, request)
      if (isFault(wish)) return wish
      if (!claim.isOpen || stepOf(wish.status) <= stepOf(claim.status)) return WRONG_STATUS
      step(world, claim, wish, call.now)
      return claimAnswer(claim, request)
    })
  }
}

type Step = { status: string; recovers: boolean }

function readStep(kind: ClaimKind, order: Order, request: Body): Step | Fault {
  const {
    recover_inventory: recover = 'F',
    payment_gateway_cancel: refund = 'F',
    pickup_completed: pickup = 'F',
  } = request
  const named = typeof request.status === 'string' ? STATUSES[kind][request.status] : undefined
  if (named === undefined) return fault(422, `status must be one of ${Object.keys(STATUSES[kind]).join(', ')}`)
  if (![recover, refund, pickup].every((flag) => flag === 'T' || flag === 'F')) {
    return fault(422, 'recover_inventory, payment_gateway_cancel and pickup_completed must be T or F')
  }
  if (refund === 'T' && isOpenMarket(order)) return fault(422, 'payment_gateway_cancel is not possible for this order')
  const status = kind === 'return' && pickup === 'T' && named === 'R10' ? 'R20' : named
  return { status, recovers: recover === 'T' }
}

const OWN_PLACES = ['cafe24', 'mobile', 'mobile_d']
const isOpenMarket = (order: Order) => !OWN_PLACES.includes(order.place)

function step(world: World, claim: Claim, { status, recovers }: Step, now: number): void {
  claim.recovers ||= recovers
  advanceClaim(world, claim, status, now)
}

/** items: [{order_item_code, quantity}], each once, not more than is left. */
function readParts(order: Order, request: Body, stages: readonly string[]): Part[] | Fault {
  const { items } = request
  if (!Array.isArray(items) || items.length === 0 || !items.every(isObject)) return fault(422, 'items is required')
  const parts: Part[] = []
  for (const item of items) {
    const row = order.rows.find(({ code }) => code === item.order_item_code)
    if (row === undefined || parts.some((part) => part.row === row)) return fault(422, 'order_item_code is not valid')
    if (!isClaimable(row, stages)) return WRONG_STATUS
    const units = item.quantity
    if (!Number.isInteger(units) || (units as number) < 1 || (units as number) > openUnits(row)) {
      return fault(422, 'quantity is not valid')
    }
    parts.push({ row, units: units as number })
  }
  return parts
}

const isClaimable = (row: Row, stages: readonly string[]) =>
  stages.includes(stageOf(row)) && !row.claim?.isOpen && openUnits(row) > 0

const WRONG_STATUS = fault(422, 'It cannot be processed in the current order status')

const claimAnswer = (claim: Claim, request: Body): Body => ({
  order_id: claim.order.orderId,
  status: request.status,
  claim_code: claim.code,
})

/** POST cancellationrequests and returnrequests: asks in the buyer's name, for whole rows. */
export function postRequests(kind: ClaimKind) {
  return (world: World, call: Call): SimResponse => {
    const plan = (request: Body): Plan => {
      const order = world.book.orders.get(String(request.order_id))
      if (order === undefined) return NO_ORDER
      const rows = rowsNamed(order, request)
      if (isFault(rows)) return rows
      const pickup = request.request_pickup
      if (kind === 'return' && pickup !== 'T' && pickup !== 'F') return fault(422, 'request_pickup must be T or F')
      if (!rows.every((row) => isClaimable(row, STAGES[kind]))) return WRONG_STATUS
      const reason = typeof request.reason === 'string' ? request.reason : ''
      return () => {
        const parts = rows.map((row) => ({ row, units: openUnits(row) }))
        openClaim(world, order, { kind, by: 'buyer', parts, reasonType: 'A', reason }, call.now)
        return { shop_no: 1, order_id: order.orderId, order_item_code: rows.map((row) => row.code) }
      }
    }
    return answerMany(world, call, REQUEST_KEYS[kind], 201, plan)
  }
}

/** PUT cancellationrequests and returnrequests: refuses; undone "T" is the only thing it can say. */
export function refuseRequests(kind: ClaimKind) {
  return (world: World, call: Call): SimResponse => {
    const plan = (request: Body): Plan => {
      const order = world.book.orders.get(String(request.order_id))
      if (order === undefined) return NO_ORDER
      if (!Array.isArray(request.order_item_code)) return fault(422, 'order_item_code is required')
      const rows = rowsNamed(order, request)
      if (isFault(rows)) return rows
      if (request.undone !== 'T') return fault(422, 'undone must be T')
      const { reject_reason: reason = '' } = request
      if (typeof reason !== 'string' || reason.length > LONGEST_REASON) return fault(422, 'reject_reason is not valid')
      const claims = new Set(rows.map((row) => row.claim))
      const isAsked = (claim: Claim | null): claim is Claim =>
        claim?.isOpen === true && claim.kind === kind && stepOf(claim.status) === 0
      if (![...claims].every(isAsked)) return WRONG_STATUS
      return () => {
        for (const claim of claims) if (isAsked(claim)) refuseRequest(world, claim)
        const told = { shop_no: 1, order_id: order.orderId, order_item_code: request.order_item_code, undone: 'T' }
        return kind === 'cancel' ? told : { ...told, additional_payment_gateway_cancel: { success: [], fail: [] } }
      }
    }
    return answerMany(world, call, REQUEST_KEYS[kind], 200, plan)
  }
}
