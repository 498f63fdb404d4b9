import { giveBackAll } from './decide.ts'
import { fingerprintOf, type Missing, type RequestLine, type ReserveRequest, type StockOutcome } from './requests.ts'
import {
  addShortage,
  type Because,
  type Level,
  levelKey,
  type Reservation,
  referenceKey,
  type Shortage,
  takeAt,
  touch,
  variantKey,
  type World,
} from './world.ts'

/**
 * Takes stock for one order: a repeat is looked up before anything else, lines of one variant are summed before
 * anything is checked, and all of it happens or none.
 */
export function decideReserve(world: World, request: ReserveRequest): StockOutcome {
  const key = referenceKey(request.company, request.source, request.ref)
  const fingerprint = fingerprintOf(request)
  const known = world.reservations.get(key)
  if (known) {
    return known.fingerprint === fingerprint
      ? { kind: 'already', reservationId: known.id, state: known.state }
      : { kind: 'conflict' }
  }
  const replaced = heldBefore(world, request)
  if (request.whenShort === 'refuse') {
    const missing = whatIsMissing(world, request, replaced)
    if (missing.length > 0) return { kind: 'short', missing }
  }
  if (replaced) {
    giveBackAll(world, replaced, 'released', { reason: 'replaced', cause: replaced.id, actor: request.actor })
  }
  const reservation = openReservation(world, request, key, fingerprint)
  const short = takeLines(world, request, reservation)
  return request.holdForMs === null
    ? { kind: 'firm', reservationId: reservation.id, short }
    : { kind: 'held', reservationId: reservation.id, expiresAt: reservation.expiresAt! }
}

function heldBefore(world: World, request: ReserveRequest): Reservation | null {
  if (request.replaces === null) return null
  const before = world.reservations.get(referenceKey(request.company, request.source, request.replaces))
  return before?.state === 'held' ? before : null
}

/** Wanted per variant, in the order of the lines. Most orders have one line, so the common case makes no map. */
function sumByVariant(lines: readonly RequestLine[]): readonly { line: RequestLine; quantity: number }[] {
  if (lines.length === 1) return [{ line: lines[0]!, quantity: lines[0]!.quantity }]
  const sums = new Map<string, { line: RequestLine; quantity: number }>()
  for (const line of lines) {
    const sum = sums.get(line.variantId)
    if (sum) sum.quantity += line.quantity
    else sums.set(line.variantId, { line, quantity: line.quantity })
  }
  return [...sums.values()]
}

function whatIsMissing(world: World, request: ReserveRequest, replaced: Reservation | null): Missing[] {
  const missing: Missing[] = []
  for (const { line, quantity } of sumByVariant(request.lines)) {
    let free = line.margin
    for (const warehouseId of line.warehouses) {
      const level = world.levels.get(levelKey(request.company, line.variantId, warehouseId))
      if (level) free += level.onHand - level.reserved + heldAt(replaced, line.variantId, warehouseId)
    }
    if (request.drawsOn === 'free') free -= world.promises.get(variantKey(request.company, line.variantId)) ?? 0
    if (free < quantity)
      missing.push({ lineNo: line.lineNo, variantId: line.variantId, missing: quantity - Math.max(0, free) })
  }
  return missing
}

function heldAt(reservation: Reservation | null, variantId: string, warehouseId: string): number {
  if (!reservation) return 0
  let units = 0
  for (const line of reservation.lines) {
    if (line.variantId === variantId && line.warehouseId === warehouseId) units += line.quantity
  }
  return units
}

function openReservation(world: World, request: ReserveRequest, key: string, fingerprint: string): Reservation {
  const reservation: Reservation = {
    company: request.company,
    id: request.reservationId,
    source: request.source,
    ref: request.ref,
    fingerprint,
    state: request.holdForMs === null ? 'firm' : 'held',
    expiresAt: request.holdForMs === null ? null : world.now + request.holdForMs,
    extended: false,
    shipBy: request.shipBy,
    lines: [],
    isNew: true,
    changed: false,
  }
  world.reservations.set(key, reservation)
  world.written.reservations.push(reservation)
  return reservation
}

/**
 * The first candidate that has every line serves the whole order; else each line takes the first that has it whole;
 * else what there is, in the candidates' order. What is then still missing becomes a shortage (only in record mode
 * or within the margin, since refuse mode has checked).
 */
function takeLines(world: World, request: ReserveRequest, reservation: Reservation): Missing[] {
  const short: Missing[] = []
  const single = oneWarehouseForAll(world, request)
  const because = { reason: 'order', cause: reservation.id, actor: request.actor }
  for (const line of request.lines) {
    const left = takeLine(world, reservation, line, single, because)
    if (left === 0) continue
    short.push({ lineNo: line.lineNo, variantId: line.variantId, missing: left })
    recordShortage(world, reservation, line, left, request.whenShort === 'refuse' ? 'margin' : 'sold')
  }
  return short
}

function oneWarehouseForAll(world: World, request: ReserveRequest): string | null {
  const first = request.lines[0]
  if (!first) return null
  const sums = sumByVariant(request.lines)
  for (const warehouseId of first.warehouses) {
    let hasAll = true
    for (const { line, quantity } of sums) {
      const level = world.levels.get(levelKey(request.company, line.variantId, warehouseId))
      if (!level || level.onHand - level.reserved < quantity || !line.warehouses.includes(warehouseId)) {
        hasAll = false
        break
      }
    }
    if (hasAll) return warehouseId
  }
  return null
}

function takeLine(
  world: World,
  reservation: Reservation,
  line: RequestLine,
  single: string | null,
  because: Because,
): number {
  const { company } = reservation
  const at = (warehouseId: string) => world.levels.get(levelKey(company, line.variantId, warehouseId))
  const whole = single ?? line.warehouses.find((warehouseId) => freeAt(at(warehouseId)) >= line.quantity)
  if (whole !== undefined) {
    takeAt(world, reservation, at(whole)!, line.lineNo, line.quantity, because)
    return 0
  }
  let left = line.quantity
  for (const warehouseId of line.warehouses) {
    const part = Math.min(left, freeAt(at(warehouseId)))
    if (part <= 0) continue
    takeAt(world, reservation, at(warehouseId)!, line.lineNo, part, because)
    left -= part
  }
  return left
}

const freeAt = (level: Level | undefined): number => (level ? level.onHand - level.reserved : 0)

export function recordShortage(
  world: World,
  reservation: Reservation,
  line: { lineNo: number; variantId: string; warehouses: readonly string[] },
  missing: number,
  cause: Shortage['cause'],
): void {
  const shortage: Shortage = {
    company: reservation.company,
    id: world.newId(),
    reservationId: reservation.id,
    reservation,
    lineNo: line.lineNo,
    variantId: line.variantId,
    warehouses: line.warehouses,
    open: missing,
    missing,
    cause,
    since: world.now,
    isNew: true,
    changed: false,
  }
  addShortage(world, shortage)
  world.written.shortages.push(shortage)
}

/** Takes an expired hold's stock again where it was, all or nothing; what is gone is returned and nothing is taken. */
export function reserveAgain(world: World, reservation: Reservation, actor: string): Missing[] {
  const lines = reservation.lines.filter((line) => line.taken > 0)
  const levelOf = (line: { variantId: string; warehouseId: string }) =>
    world.levels.get(levelKey(reservation.company, line.variantId, line.warehouseId))
  const wantedAt = new Map<Level, number>()
  const missing: Missing[] = []
  for (const line of lines) {
    const level = levelOf(line)!
    const wanted = (wantedAt.get(level) ?? 0) + line.taken
    wantedAt.set(level, wanted)
    const promised = world.promises.get(variantKey(reservation.company, line.variantId)) ?? 0
    const free = freeAt(level) - promised
    if (free < wanted) {
      missing.push({
        lineNo: line.lineNo,
        variantId: line.variantId,
        missing: Math.min(line.taken, wanted - Math.max(0, free)),
      })
    }
  }
  if (missing.length > 0) return missing
  for (const line of lines) {
    const wanted = line.taken
    line.taken = 0
    takeAt(world, reservation, levelOf(line)!, line.lineNo, wanted, {
      reason: 'paid after expiry',
      cause: reservation.id,
      actor,
    })
  }
  touch(world, reservation)
  return []
}
