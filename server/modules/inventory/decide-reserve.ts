import { giveBackAll } from './give-back.ts'
import { fingerprintOf, type Missing, type RequestLine, type ReserveRequest, type StockOutcome } from './requests.ts'
import { fillFrom, recordShortage } from './shortages.ts'
import {
  type Because,
  type Level,
  levelKey,
  type Reservation,
  referenceKey,
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
  // The cart keeps its units, whoever waits for such units; only what it leaves goes to others.
  const freed = replaced ? giveBackReplaced(world, replaced, request.actor) : []
  const reservation = openReservation(world, request, key, fingerprint)
  const short = takeLines(world, request, reservation)
  fillFrom(world, freed, request.actor)
  return request.holdForMs === null
    ? { kind: 'firm', reservationId: reservation.id, short }
    : { kind: 'held', reservationId: reservation.id, expiresAt: reservation.expiresAt! }
}

function heldBefore(world: World, request: ReserveRequest): Reservation | null {
  if (request.replaces === null) return null
  const before = world.reservations.get(referenceKey(request.company, request.source, request.replaces))
  return before?.state === 'held' ? before : null
}

const giveBackReplaced = (world: World, replaced: Reservation, actor: string): readonly Level[] =>
  giveBackAll(world, replaced, 'released', { reason: 'replaced', cause: replaced.id, actor }).freed

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
    let free = marginLeft(world, request.company, line, replaced)
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

/** The margin counts units missing in all, whoever misses them; `replaced` is about to stop missing any. */
function marginLeft(world: World, company: string, line: RequestLine, replaced: Reservation | null): number {
  if (line.margin === 0) return 0
  let owed = world.owed.get(variantKey(company, line.variantId)) ?? 0
  for (const shortage of replaced ? (world.shortagesOf.get(replaced.id) ?? []) : []) {
    if (shortage.variantId === line.variantId) owed -= shortage.open
  }
  return Math.max(0, line.margin - owed)
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
  const sums = sumByVariant(request.lines)
  const single = oneWarehouseForAll(world, request, sums)
  const because = { reason: 'order', cause: reservation.id, actor: request.actor }
  for (const asked of request.lines) {
    const first = sums.find(({ line }) => line.variantId === asked.variantId)!.line
    const line = { ...asked, warehouses: first.warehouses, margin: first.margin }
    const left = takeLine(world, reservation, line, single, because)
    if (left === 0) continue
    short.push({ lineNo: line.lineNo, variantId: line.variantId, missing: left })
    const agreed = left <= marginLeft(world, request.company, line, null)
    const beyond = request.whenShort === 'await' ? 'awaited' : 'sold'
    recordShortage(world, reservation, line, left, agreed ? 'margin' : beyond)
  }
  return short
}

function oneWarehouseForAll(world: World, request: ReserveRequest, sums: ReturnType<typeof sumByVariant>) {
  const first = request.lines[0]
  if (!first) return null
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

/**
 * Takes an expired hold's stock again, all or nothing; what is gone is returned and nothing is taken. What it had is
 * taken where it was. What it lacked by agreement must be there by now: the margin may be another's meanwhile.
 */
export function reserveAgain(world: World, reservation: Reservation, actor: string): Missing[] {
  const { company } = reservation
  const wanted = [
    ...reservation.lines.map((line) => ({ ...line, quantity: line.taken, warehouses: [line.warehouseId] })),
    ...(world.shortagesOf.get(reservation.id) ?? []).map((shortage) => ({ ...shortage, quantity: shortage.missing })),
  ].filter(({ quantity }) => quantity > 0)
  const free = freeForSettling(world, company, wanted)
  const plan: { level: Level; lineNo: number; quantity: number }[] = []
  const missing: Missing[] = []
  for (const { lineNo, variantId, quantity, warehouses } of wanted) {
    let left = quantity
    for (const warehouseId of warehouses) {
      const level = world.levels.get(levelKey(company, variantId, warehouseId))
      const part = level ? Math.min(left, free.at.get(level) ?? 0, free.unpromised.get(variantId) ?? 0) : 0
      if (!level || part <= 0) continue
      plan.push({ level, lineNo, quantity: part })
      free.at.set(level, free.at.get(level)! - part)
      free.unpromised.set(variantId, free.unpromised.get(variantId)! - part)
      left -= part
    }
    if (left > 0) missing.push({ lineNo, variantId, missing: left })
  }
  if (missing.length > 0) return missing
  for (const line of reservation.lines) line.taken = 0
  const because = { reason: 'paid after expiry', cause: reservation.id, actor }
  for (const { level, lineNo, quantity } of plan) takeAt(world, reservation, level, lineNo, quantity, because)
  touch(world, reservation)
  return []
}

/** What lies free at the levels the hold may use, and per variant how much of it no channel has been promised. */
function freeForSettling(
  world: World,
  company: string,
  wanted: readonly { variantId: string; warehouses: readonly string[] }[],
) {
  const at = new Map<Level, number>()
  const unpromised = new Map<string, number>()
  for (const { variantId, warehouses } of wanted) {
    if (!unpromised.has(variantId))
      unpromised.set(variantId, -(world.promises.get(variantKey(company, variantId)) ?? 0))
    for (const warehouseId of warehouses) {
      const level = world.levels.get(levelKey(company, variantId, warehouseId))
      if (!level || at.has(level)) continue
      at.set(level, freeAt(level))
      unpromised.set(variantId, unpromised.get(variantId)! + freeAt(level))
    }
  }
  return { at, unpromised }
}
