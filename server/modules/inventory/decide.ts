import { decideAdjust, decideReceive } from './decide-goods.ts'
import { decideReserve, reserveAgain } from './decide-reserve.ts'
import { giveBackAll } from './give-back.ts'
import { partRef } from './needs.ts'
import type {
  ExpireRequest,
  ExtendRequest,
  LinePart,
  Missing,
  ReleaseRequest,
  SettleRequest,
  ShipRequest,
  StockOutcome,
  StockRequest,
} from './requests.ts'
import { fingerprintOf } from './requests.ts'
import { fillFrom, fillShortages } from './shortages.ts'
import {
  type Because,
  levelKey,
  move,
  type Reservation,
  referenceKey,
  type Shortage,
  setOpen,
  touch,
  type World,
} from './world.ts'

/**
 * Decides one request in the world as the requests before it left it. Pure: no time, chance or database but what
 * the world carries. A request that is not carried out (short, conflict, stale, …) leaves the world as it was.
 */
export function decide(world: World, request: StockRequest): StockOutcome {
  checkQuantities(request)
  switch (request.verb) {
    case 'reserve':
      return decideReserve(world, request)
    case 'settle':
      return decideSettle(world, request)
    case 'release':
      return decideRelease(world, request)
    case 'expire':
      return decideExpire(world, request)
    case 'extend':
      return decideExtend(world, request)
    case 'ship':
      return decideShip(world, request)
    case 'receive':
    case 'restock':
      return decideReceive(world, request)
    case 'adjust':
      return decideAdjust(world, request)
  }
}

/** A request of minus two units would free somebody else's. Nothing sensible comes of it, so it is no outcome. */
function checkQuantities(request: StockRequest): void {
  if (!('lines' in request) || request.lines === null) return
  for (const line of request.lines) {
    const least = request.verb === 'release' || request.verb === 'ship' ? 0 : 1
    const isWhole =
      'quantity' in line
        ? Number.isSafeInteger(line.quantity) && line.quantity >= least
        : Number.isSafeInteger(line.counted ?? line.delta)
    if (!isWhole) throw new RangeError(`a ${request.verb} line of ${line.variantId} has no whole quantity`)
  }
}

const find = (world: World, request: { company: string; source: string; ref: string }): Reservation | undefined =>
  world.reservations.get(referenceKey(request.company, request.source, request.ref))

const already = (reservation: Reservation): StockOutcome => ({
  kind: 'already',
  reservationId: reservation.id,
  state: reservation.state,
})

function decideSettle(world: World, request: SettleRequest): StockOutcome {
  const reservation = find(world, request)
  if (!reservation) return { kind: 'not_found' }
  if (reservation.state === 'firm' || reservation.state === 'shipped') return already(reservation)
  if (reservation.state === 'released') return already(reservation)
  if (reservation.state === 'expired') {
    const missing = reserveAgain(world, reservation, request.actor)
    if (missing.length > 0) return { kind: 'short', missing }
  }
  reservation.state = 'firm'
  reservation.expiresAt = null
  touch(world, reservation)
  return { kind: 'settled', reservationId: reservation.id }
}

function decideExtend(world: World, request: ExtendRequest): StockOutcome {
  const reservation = find(world, request)
  if (!reservation) return { kind: 'not_found' }
  if (reservation.state !== 'held' || reservation.extended) return already(reservation)
  reservation.expiresAt = world.now + request.holdForMs
  reservation.extended = true
  touch(world, reservation)
  return { kind: 'extended', reservationId: reservation.id, expiresAt: reservation.expiresAt }
}

function decideExpire(world: World, request: ExpireRequest): StockOutcome {
  const reservation = find(world, request)
  if (!reservation) return { kind: 'not_found' }
  if (reservation.state !== 'held') return already(reservation)
  if (reservation.expiresAt! > world.now) return { kind: 'not_due' }
  const because = { reason: 'hold expired', cause: reservation.id, actor: request.actor }
  fillFrom(world, giveBackAll(world, reservation, 'expired', because).freed, request.actor)
  return { kind: 'expired', reservationId: reservation.id }
}

function decideRelease(world: World, request: ReleaseRequest): StockOutcome {
  const reservation = find(world, request)
  if (!reservation) return { kind: 'not_found' }
  const because = { reason: 'released', cause: reservation.id, actor: request.actor }
  const repeated = request.lines === null ? null : seenPart(world, request, reservation)
  if (repeated) return repeated
  if (reservation.state !== 'held' && reservation.state !== 'firm') return already(reservation)
  if (request.lines === null) {
    const { units, freed } = giveBackAll(world, reservation, 'released', because)
    fillFrom(world, freed, request.actor)
    return { kind: 'released', reservationId: reservation.id, units }
  }
  claimPart(world, request)
  const units = giveBackLines(world, reservation, request.lines, because)
  closeWhenEmpty(world, reservation, 'released')
  return { kind: 'released', reservationId: reservation.id, units }
}

function seenPart(world: World, request: ReleaseRequest | ShipRequest, reservation: Reservation): StockOutcome | null {
  const known = world.causes.get(referenceKey(request.company, request.source, partRef(request)))
  if (!known) return null
  return known.fingerprint === fingerprintOf(request) ? already(reservation) : { kind: 'conflict' }
}

function claimPart(world: World, request: ReleaseRequest | ShipRequest): void {
  const { company, source, verb } = request
  const ref = partRef(request)
  const fingerprint = fingerprintOf(request)
  world.causes.set(referenceKey(company, source, ref), { fingerprint })
  world.written.causes.push({ company, source, ref, fingerprint, verb, outcome: null })
}

/** Open shortages go first: what was never there need not come back. Asking for more than is left gives back what is. */
function giveBackLines(world: World, reservation: Reservation, lines: readonly LinePart[], because: Because): number {
  let units = 0
  for (const wanted of lines) {
    let left = wanted.quantity
    for (const shortage of openShortagesOf(world, reservation, wanted)) {
      const dropped = Math.min(left, shortage.open)
      setOpen(world, shortage, shortage.open - dropped)
      left -= dropped
    }
    for (const line of reservation.lines) {
      if (!isOf(line, wanted) || line.quantity === 0 || left === 0) continue
      const given = Math.min(left, line.quantity)
      const level = world.levels.get(levelKey(reservation.company, line.variantId, line.warehouseId))!
      move(world, level, 'release', 0, -given, because)
      line.quantity -= given
      line.changed = true
      left -= given
      units += given
      fillShortages(world, level, because.actor)
    }
  }
  touch(world, reservation)
  return units
}

function decideShip(world: World, request: ShipRequest): StockOutcome {
  const reservation = find(world, request)
  if (!reservation) return { kind: 'not_found' }
  const repeated = request.lines === null ? null : seenPart(world, request, reservation)
  if (repeated) return repeated
  if (reservation.state !== 'firm') return already(reservation)
  const wanted = request.lines ?? everyLine(reservation)
  const missing = notReserved(world, reservation, wanted, request.lines === null)
  if (missing.length > 0) return { kind: 'not_reserved', missing }
  if (request.lines !== null) claimPart(world, request)
  const because = { reason: 'shipped', cause: reservation.id, actor: request.actor }
  for (const part of wanted) shipPart(world, reservation, part, because)
  touch(world, reservation)
  closeWhenEmpty(world, reservation, 'shipped')
  return { kind: 'shipped', reservationId: reservation.id }
}

const isOf = (line: { lineNo: number; variantId: string }, part: LinePart): boolean =>
  line.lineNo === part.lineNo && line.variantId === part.variantId

const everyLine = (reservation: Reservation): LinePart[] =>
  reservation.lines
    .filter((line) => line.quantity > 0)
    .map(({ lineNo, variantId, quantity }) => ({ lineNo, variantId, quantity }))

function notReserved(world: World, reservation: Reservation, wanted: readonly LinePart[], whole: boolean): Missing[] {
  const missing: Missing[] = []
  for (const part of wanted) {
    const reserved = reservation.lines.reduce((sum, line) => sum + (isOf(line, part) ? line.quantity : 0), 0)
    const asked = wanted.reduce((sum, other) => sum + (isOf(other, part) ? other.quantity : 0), 0)
    if (reserved < asked) missing.push({ lineNo: part.lineNo, variantId: part.variantId, missing: asked - reserved })
  }
  if (whole) {
    for (const shortage of openShortagesOf(world, reservation, null)) {
      missing.push({ lineNo: shortage.lineNo, variantId: shortage.variantId, missing: shortage.open })
    }
  }
  return missing
}

function shipPart(world: World, reservation: Reservation, wanted: LinePart, because: Because): void {
  let left = wanted.quantity
  for (const line of reservation.lines) {
    if (!isOf(line, wanted) || line.quantity === 0 || left === 0) continue
    const part = Math.min(left, line.quantity)
    const level = world.levels.get(levelKey(reservation.company, line.variantId, line.warehouseId))!
    move(world, level, 'out', -part, -part, because)
    line.quantity -= part
    line.changed = true
    left -= part
  }
}

const openShortagesOf = (world: World, reservation: Reservation, part: LinePart | null): Shortage[] =>
  (world.shortagesOf.get(reservation.id) ?? []).filter(
    (shortage) => shortage.open > 0 && (part === null || isOf(shortage, part)),
  )

function closeWhenEmpty(world: World, reservation: Reservation, state: 'released' | 'shipped'): void {
  if (reservation.lines.some((line) => line.quantity > 0)) return
  if (openShortagesOf(world, reservation, null).length > 0) return
  reservation.state = state
  reservation.expiresAt = null
  touch(world, reservation)
}
