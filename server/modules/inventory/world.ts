import type { ReservationState } from './requests.ts'

/**
 * The part of the stock a batch has locked and read, and what has been decided about it so far.
 *
 * The decision functions read and change only this; apply.ts then writes the difference in a few set-based
 * statements. Nothing here knows the database.
 */
export type World = {
  /** Database time of this transaction, epoch ms. */
  now: number
  levels: Map<string, Level>
  /** Σ rights of the channels, by variant key. */
  promises: Map<string, number>
  /** By reference key. */
  reservations: Map<string, Reservation>
  /** Open shortages by variant key, oldest first. */
  shortages: Map<string, Shortage[]>
  /** Σ open shortages by variant key, whoever they belong to; known where a request brings a margin. */
  owed: Map<string, number>
  /** The same shortages by reservation id. An expired hold's are here too: `missing` is what it was short of then. */
  shortagesOf: Map<string, Shortage[]>
  /** Reservations with open lines, by level key; read only where a count or an expiry may need them. */
  openAt: Map<string, Set<Reservation>>
  /** Claimed causes by reference key. */
  causes: Map<string, { fingerprint: string }>
  written: Written
  newId: () => string
}

export type Level = {
  company: string
  variantId: string
  warehouseId: string
  onHand: number
  reserved: number
  version: number
  changed: boolean
  counted: boolean
}

export type Reservation = {
  company: string
  id: string
  source: string
  ref: string
  fingerprint: string
  state: ReservationState
  expiresAt: number | null
  extended: boolean
  shipBy: number | null
  lines: ReservationLine[]
  isNew: boolean
  changed: boolean
}

export type ReservationLine = {
  lineNo: number
  variantId: string
  warehouseId: string
  /** Still reserved. */
  quantity: number
  /** Ever reserved here. */
  taken: number
  isNew: boolean
  changed: boolean
}

export type Shortage = {
  company: string
  id: string
  reservationId: string
  /** The reservation itself where it is part of this world. */
  reservation: Reservation | null
  lineNo: number
  variantId: string
  warehouses: readonly string[]
  open: number
  missing: number
  /** `awaited`: goods that were promised and not sold, such as those an exchange sends. */
  cause: 'sold' | 'margin' | 'displaced' | 'awaited'
  since: number
  isNew: boolean
  changed: boolean
}

export type Movement = {
  company: string
  variantId: string
  warehouseId: string
  version: number
  kind: 'in' | 'out' | 'adjust' | 'reserve' | 'release'
  onHandDelta: number
  reservedDelta: number
  onHandAfter: number
  reservedAfter: number
  reason: string
  cause: string
  note: string | null
  actor: string
}

export type Written = {
  movements: Movement[]
  reservations: Reservation[]
  /** Lines that fill a shortage of a reservation this world has not read. */
  filled: { company: string; reservationId: string; line: ReservationLine }[]
  shortages: Shortage[]
  causes: { company: string; source: string; ref: string; fingerprint: string; verb: string; outcome: unknown }[]
}

export const levelKey = (company: string, variantId: string, warehouseId: string): string =>
  `${company}/${variantId}/${warehouseId}`
export const variantKey = (company: string, variantId: string): string => `${company}/${variantId}`
export const referenceKey = (company: string, source: string, ref: string): string => `${company}/${source}/${ref}`

export function emptyWorld(now: number, newId: () => string): World {
  return {
    now,
    levels: new Map(),
    promises: new Map(),
    reservations: new Map(),
    shortages: new Map(),
    owed: new Map(),
    shortagesOf: new Map(),
    openAt: new Map(),
    causes: new Map(),
    written: { movements: [], reservations: [], filled: [], shortages: [], causes: [] },
    newId,
  }
}

/** Why a level moves: what the ledger row says beside its numbers. */
export type Because = { reason: string; cause: string; note?: string | null; actor: string }

/**
 * Moves a level and writes its ledger row: the only place where a counter changes.
 * The caller has checked that 0 <= reserved <= on_hand holds afterwards; a mistake here stops the batch.
 */
export function move(
  world: World,
  level: Level,
  kind: Movement['kind'],
  onHandDelta: number,
  reservedDelta: number,
  because: Because,
): void {
  level.onHand += onHandDelta
  level.reserved += reservedDelta
  if (level.reserved < 0 || level.reserved > level.onHand) {
    throw new Error(`a decision left reserved ${level.reserved} of ${level.onHand} on hand: ${because.reason}`)
  }
  level.version += 1
  level.changed = true
  world.written.movements.push({
    company: level.company,
    variantId: level.variantId,
    warehouseId: level.warehouseId,
    version: level.version,
    kind,
    onHandDelta,
    reservedDelta,
    onHandAfter: level.onHand,
    reservedAfter: level.reserved,
    reason: because.reason,
    cause: because.cause,
    note: because.note ?? null,
    actor: because.actor,
  })
}

/** Notes that a reservation read from the database has changed and must be written; once. */
export function touch(world: World, reservation: Reservation): void {
  if (reservation.isNew || reservation.changed) return
  reservation.changed = true
  world.written.reservations.push(reservation)
}

/** Changes what a shortage still misses: the only place where that happens. */
export function setOpen(world: World, shortage: Shortage, open: number): void {
  const key = variantKey(shortage.company, shortage.variantId)
  world.owed.set(key, (world.owed.get(key) ?? 0) + open - shortage.open)
  shortage.open = open
  touchShortage(world, shortage)
}

function touchShortage(world: World, shortage: Shortage): void {
  if (shortage.isNew || shortage.changed) return
  shortage.changed = true
  world.written.shortages.push(shortage)
}

/** Reserves at one level for one line: the level moves, the line grows. */
export function takeAt(
  world: World,
  reservation: Reservation,
  level: Level,
  lineNo: number,
  quantity: number,
  because: Because,
): void {
  move(world, level, 'reserve', 0, quantity, because)
  const line = lineAt(reservation, lineNo, level)
  line.quantity += quantity
  line.taken += quantity
  line.changed = true
  world.openAt.get(levelKey(level.company, level.variantId, level.warehouseId))?.add(reservation)
  touch(world, reservation)
}

function lineAt(reservation: Reservation, lineNo: number, level: Level): ReservationLine {
  for (const line of reservation.lines) {
    if (line.lineNo === lineNo && line.variantId === level.variantId && line.warehouseId === level.warehouseId)
      return line
  }
  const { variantId, warehouseId } = level
  const line = { lineNo, variantId, warehouseId, quantity: 0, taken: 0, isNew: true, changed: true }
  reservation.lines.push(line)
  return line
}

export function addShortage(world: World, shortage: Shortage): void {
  append(world.shortages, variantKey(shortage.company, shortage.variantId), shortage)
  append(world.shortagesOf, shortage.reservationId, shortage)
}

function append<Item>(lists: Map<string, Item[]>, key: string, item: Item): void {
  const list = lists.get(key)
  if (list) list.push(item)
  else lists.set(key, [item])
}
