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
  undoClaim,
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

/** What `status` of a claim means, by its kind: in POST, and in PUT where that moves a claim on. */
const STATUSES: Record<ClaimKind, Record<string, string>> = {
  cancel: { accepted: 'C10', canceling: 'C34', canceled: 'C40' },
  return: { accepted: 'R10', processing: 'R30', returned: 'R40' },
}
/** What PUT is documented to take of them. */
const LATER: Record<ClaimKind, readonly string[]> = { cancel: ['canceling'], return: ['processing', 'returned'] }
const STAGES: Record<ClaimKind, readonly string[]> = { cancel: ['paid', 'prepared'], return: ['sent'] }
const ANSWER_KEYS = { cancel: 'cancellation', return: 'return' } as const
const REQUEST_KEYS = { cancel: 'cancellationrequests', return: 'returnrequests' } as const

const REASON_TYPES = /^[A-L]$/
const LONGEST_REASON = 2000

/** POST orders/{order_id}/cancellation and …/return */
export function postClaim(kind: ClaimKind) {
  return (world: World, call: Call): SimResponse => {
    const order = world.book.orders.get(call.parts[0] ?? '')
    if (order === undefined) return refused(NO_ORDER)
    return answerOne(call, ANSWER_KEYS[kind], 201, (request) => {
      const wish = readStep(kind, order, request)
      if (isFault(wish)) return wish
      if (wish.status === null) return fault(422, 'status is required')
      const asked = world.switches.claimAnswers === 'documented' ? requestNamed(kind, order, request) : null
      const parts = asked === null ? readParts(order, request, STAGES[kind]) : asked.parts
      if (isFault(parts)) return parts
      const reasonType = request.claim_reason_type ?? 'I'
      if (typeof reasonType !== 'string' || !REASON_TYPES.test(reasonType)) {
        return fault(422, 'claim_reason_type must be A to L')
      }
      if (kind === 'cancel' && request.claim_reason_type !== undefined && isOpenMarket(order)) {
        return fault(422, 'claim_reason_type is not possible for this order')
      }
      const reason = typeof request.reason === 'string' ? request.reason : ''
      const claim = asked ?? openClaim(world, order, { kind, by: 'seller', parts, reasonType, reason }, call.now)
      step(world, claim, wish.status, wish.recovers, call.now)
      return claimAnswer(claim, request)
    })
  }
}

/** The buyer's request whose units, and no others, are named: to claim them is to accept it. */
function requestNamed(kind: ClaimKind, order: Order, { items }: Body): Claim | null {
  const named = Array.isArray(items) ? items.filter(isObject) : []
  const isNamed = ({ row, units }: Part) =>
    named.some((item) => item.order_item_code === row.code && item.quantity === units)
  const isAsked = (claim: Claim) => claim.isOpen && claim.kind === kind && stepOf(claim.status) === 0
  const hasThem = ({ parts }: Claim) => parts.length === named.length && parts.every(isNamed)
  return order.claims.find((claim) => isAsked(claim) && hasThem(claim)) ?? null
}

/** PUT orders/{order_id}/cancellation/{claim_code} and …/return/{claim_code}: takes an acceptance back, or moves a claim on. */
export function putClaim(kind: ClaimKind) {
  return (world: World, call: Call): SimResponse => {
    const order = world.book.orders.get(call.parts[0] ?? '')
    const claim = world.book.claims.get(call.parts[1] ?? '')
    if (order === undefined) return refused(NO_ORDER)
    const isTold = claim !== undefined && (world.switches.claimCode === 'at_request' || claim.isAccepted)
    if (!isTold || claim.order !== order || claim.kind !== kind) {
      return refused(fault(404, 'The claim does not exist'))
    }
    return answerOne(call, ANSWER_KEYS[kind], 200, (request) => {
      const isDocumented = world.switches.claimAnswers === 'documented'
      if (isDocumented && (kind === 'cancel' || request.undone !== undefined)) return undo(claim, request)
      const wish = readStep(kind, order, request)
      if (isFault(wish)) return wish
      if (isDocumented && request.status !== undefined && !isOneOf(LATER[kind], request.status)) {
        return fault(422, `status must be one of ${LATER[kind].join(', ')}`)
      }
      const status = wish.status ?? (request.pickup_completed === 'T' ? 'R20' : claim.status)
      if (isDocumented && !claim.isAccepted) return WRONG_STATUS
      if (!claim.isOpen || stepOf(status) <= stepOf(claim.status)) return WRONG_STATUS
      step(world, claim, status, wish.recovers, call.now)
      return claimAnswer(claim, request)
    })
  }
}

const NEEDED: Record<ClaimKind, readonly string[]> = {
  cancel: ['recover_inventory', 'undone', 'add_memo_too', 'undone_reason_type', 'expose_order_detail'],
  return: ['undone'],
}

function undo(claim: Claim, request: Body): Fault | Body {
  for (const name of NEEDED[claim.kind]) if (request[name] === undefined) return fault(422, `${name} is required`)
  const { undone, undone_reason_type: reasonType = 'I', undone_reason: reason = '', recover_inventory } = request
  if (undone !== 'T') return fault(422, 'undone must be T')
  if (typeof reasonType !== 'string' || !REASON_TYPES.test(reasonType)) {
    return fault(422, 'undone_reason_type must be A to L')
  }
  if (typeof reason !== 'string' || reason.length > LONGEST_REASON) return fault(422, 'undone_reason is not valid')
  if (!claim.isOpen || !claim.isAccepted) return WRONG_STATUS
  undoClaim(claim, { reasonType, reason })
  return {
    shop_no: 1,
    order_id: claim.order.orderId,
    claim_code: claim.code,
    recover_inventory,
    items: claim.parts.map(({ row }) => ({ order_item_code: row.code })),
    ...{ undone, add_memo_too: request.add_memo_too, undone_reason_type: reasonType, undone_reason: reason },
    expose_order_detail: request.expose_order_detail,
    exposed_undone_reason: request.exposed_undone_reason ?? null,
  }
}

const isOneOf = (words: readonly string[], word: unknown): boolean => typeof word === 'string' && words.includes(word)

/** status: null where none is named, as a change of a return may. */
type Step = { status: string | null; recovers: boolean }

function readStep(kind: ClaimKind, order: Order, request: Body): Step | Fault {
  const {
    recover_inventory: recover = 'F',
    payment_gateway_cancel: refund = 'F',
    pickup_completed: pickup = 'F',
  } = request
  const { status: word = null } = request
  const named = word === null ? null : typeof word === 'string' ? STATUSES[kind][word] : undefined
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

function step(world: World, claim: Claim, status: string, recovers: boolean, now: number): void {
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

const claimAnswer = (claim: Claim, { status, pickup_completed: pickup = 'F', items }: Body): Body => ({
  shop_no: 1,
  order_id: claim.order.orderId,
  status,
  claim_code: claim.code,
  ...(claim.kind === 'return' ? { pickup_completed: pickup } : {}),
  items: items ?? claim.parts.map(({ row }) => ({ order_item_code: row.code })),
})

/** POST cancellationrequests and returnrequests: asks in the buyer's name. */
export function postRequests(kind: ClaimKind) {
  return (world: World, call: Call): SimResponse => {
    const plan = (request: Body): Plan => {
      const order = world.book.orders.get(String(request.order_id))
      if (order === undefined) return NO_ORDER
      const parts = readParts(order, request, STAGES[kind])
      if (isFault(parts)) return parts
      const { reason_type: reasonType, reason, request_pickup: pickup } = request
      if (typeof reasonType !== 'string' || !WISHES[kind].includes(reasonType)) {
        return fault(422, `reason_type must be one of ${WISHES[kind].join(', ')}`)
      }
      if (typeof reason !== 'string' || reason.length > LONGEST_REASON) return fault(422, 'reason is not valid')
      if (kind === 'return' && pickup !== 'T' && pickup !== 'F') return fault(422, 'request_pickup must be T or F')
      return () => {
        openClaim(world, order, { kind, by: 'buyer', parts, reasonType, reason }, call.now)
        return { shop_no: 1, order_id: order.orderId, items: request.items }
      }
    }
    return answerMany(world, call, REQUEST_KEYS[kind], 201, plan)
  }
}

const WISHES: Record<ClaimKind, readonly string[]> = { cancel: ['A', 'B', 'G', 'I'], return: ['A', 'E', 'K', 'J', 'I'] }

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
        return kind === 'cancel' ? told : { ...told, additional_payment_gateway_cancel: { success: [], fail: null } }
      }
    }
    return answerMany(world, call, REQUEST_KEYS[kind], 200, plan)
  }
}
