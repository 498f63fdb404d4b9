import { giveBackAll } from './give-back.ts'
import {
  type AdjustRequest,
  type Displaced,
  fingerprintOf,
  type ReceiveRequest,
  type StockOutcome,
} from './requests.ts'
import { fillFrom, fillShortages, recordShortage } from './shortages.ts'
import { type Level, levelKey, move, type Reservation, referenceKey, touch, type World } from './world.ts'

/** Goods in. Every unit that arrives serves open shortages first, oldest first. */
export function decideReceive(world: World, request: ReceiveRequest): StockOutcome {
  const claimed = claim(world, request)
  if (claimed) return claimed
  for (const line of request.lines) {
    const level = levelOf(world, request.company, line)
    const { reason, note } = line
    move(world, level, 'in', line.quantity, 0, { reason, cause: causeOf(request), note, actor: request.actor })
    fillShortages(world, level, request.actor)
  }
  return { kind: 'received' }
}

/**
 * Sets on_hand to a count. A count below what is reserved is a fact, not an error: due holds expire, then holds are
 * given back newest first, then firm lines become shortages, latest ship-by first.
 */
export function decideAdjust(world: World, request: AdjustRequest): StockOutcome {
  const known = seen(world, request)
  if (known) return known
  const stale = []
  const impossible = []
  const after = new Map<Level, number>()
  for (const line of request.lines) {
    const { variantId, warehouseId } = line
    const level = levelOf(world, request.company, line)
    const { onHand } = level
    if (line.saw !== null && line.saw !== onHand) stale.push({ variantId, warehouseId, onHand })
    const target = targetOf(line, after.get(level) ?? onHand)
    if (target < 0) impossible.push({ variantId, warehouseId, onHand })
    after.set(level, target)
  }
  if (stale.length > 0) return { kind: 'stale', lines: stale }
  if (impossible.length > 0) return { kind: 'impossible', lines: impossible }

  claim(world, request)
  const displaced: Displaced[] = []
  for (const line of request.lines) {
    const level = levelOf(world, request.company, line)
    const target = targetOf(line, level.onHand)
    if (target < level.reserved) displace(world, level, target, request.actor, displaced)
    const { reason, note } = line
    move(world, level, 'adjust', target - level.onHand, 0, {
      reason,
      cause: causeOf(request),
      note,
      actor: request.actor,
    })
    level.counted ||= line.counted !== null
    fillShortages(world, level, request.actor)
  }
  return { kind: 'adjusted', displaced }
}

const targetOf = (line: AdjustRequest['lines'][number], onHand: number): number =>
  line.counted ?? onHand + (line.delta ?? 0)

const levelOf = (world: World, company: string, at: { variantId: string; warehouseId: string }): Level =>
  world.levels.get(levelKey(company, at.variantId, at.warehouseId))!

const causeOf = (request: { source: string; ref: string }): string => `${request.source}:${request.ref}`

function seen(world: World, request: ReceiveRequest | AdjustRequest): StockOutcome | null {
  const known = world.causes.get(referenceKey(request.company, request.source, request.ref))
  if (!known) return null
  return known.fingerprint === fingerprintOf(request)
    ? { kind: 'already', reservationId: null, state: null }
    : { kind: 'conflict' }
}

function claim(world: World, request: ReceiveRequest | AdjustRequest): StockOutcome | null {
  const known = seen(world, request)
  if (known) return known
  const { company, source, ref, verb } = request
  const fingerprint = fingerprintOf(request)
  world.causes.set(referenceKey(company, source, ref), { fingerprint })
  world.written.causes.push({ company, source, ref, fingerprint, verb, outcome: null })
  return null
}

/** Frees reserved units of a level until `target` covers what is left, least painful first. */
function displace(world: World, level: Level, target: number, actor: string, displaced: Displaced[]): void {
  const key = levelKey(level.company, level.variantId, level.warehouseId)
  const open = [...(world.openAt.get(key) ?? [])]
  const held = open.filter((reservation) => reservation.state === 'held')
  const due = held
    .filter((reservation) => reservation.expiresAt! <= world.now)
    .sort((a, b) => a.expiresAt! - b.expiresAt! || (a.id < b.id ? -1 : 1))
  const newestFirst = held.filter((reservation) => !due.includes(reservation)).sort((a, b) => (a.id < b.id ? 1 : -1))
  for (const reservation of [...due, ...newestFirst]) {
    if (level.reserved <= target) return
    const quantity = unitsAt(reservation, level)
    if (quantity === 0) continue
    const state = due.includes(reservation) ? 'expired' : 'released'
    const reason = state === 'expired' ? 'hold expired' : 'displaced by a count'
    const { freed } = giveBackAll(world, reservation, state, { reason, cause: reservation.id, actor })
    // What became free here is on its way out of the books.
    fillFrom(
      world,
      freed.filter((other) => other !== level),
      actor,
    )
    displaced.push({
      reservationId: reservation.id,
      source: reservation.source,
      ref: reservation.ref,
      state: 'held',
      quantity,
    })
  }
  const latestShipByFirst = open
    .filter((reservation) => reservation.state === 'firm')
    .sort((a, b) => (b.shipBy ?? Infinity) - (a.shipBy ?? Infinity) || (a.id < b.id ? 1 : -1))
  for (const reservation of latestShipByFirst) {
    if (level.reserved <= target) return
    displaceFirm(world, reservation, level, level.reserved - target, actor, displaced)
  }
}

function unitsAt(reservation: Reservation, level: Level): number {
  let units = 0
  for (const line of reservation.lines) {
    if (line.variantId === level.variantId && line.warehouseId === level.warehouseId) units += line.quantity
  }
  return units
}

function displaceFirm(
  world: World,
  reservation: Reservation,
  level: Level,
  most: number,
  actor: string,
  displaced: Displaced[],
): void {
  let left = most
  for (const line of reservation.lines) {
    if (line.variantId !== level.variantId || line.warehouseId !== level.warehouseId || line.quantity === 0) continue
    if (left === 0) break
    const quantity = Math.min(left, line.quantity)
    move(world, level, 'release', 0, -quantity, { reason: 'displaced by a count', cause: reservation.id, actor })
    line.quantity -= quantity
    line.changed = true
    left -= quantity
    const warehouses = [level.warehouseId]
    recordShortage(
      world,
      reservation,
      { lineNo: line.lineNo, variantId: line.variantId, warehouses },
      quantity,
      'displaced',
    )
    displaced.push({
      reservationId: reservation.id,
      source: reservation.source,
      ref: reservation.ref,
      state: 'firm',
      quantity,
    })
  }
  touch(world, reservation)
}
