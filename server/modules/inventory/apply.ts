import type { Topic, Tx } from '../../kernel/db.ts'
import { decide } from './decide.ts'
import { type Locked, lockAndRead, lockDueHolds, lockUnseenLevels, worldOf } from './locked.ts'
import { needsOf } from './needs.ts'
import type { Reference } from './queries.ts'
import type { StockOutcome, StockRequest } from './requests.ts'
import { type Reservation, variantKey, type World } from './world.ts'
import * as sql from './write-queries.ts'

/** Told once per transaction and variant whose available number may have changed. */
export const levelsChanged: Topic<{ company: string; variantId: string }> = { topic: 'inventory.levels_changed' }

/** Told once per transaction and reservation whose missing units have changed: found missing, filled, or given up. */
export const shortagesChanged: Topic<{ company: string; reservationId: string }> = {
  topic: 'inventory.shortages_changed',
}

/**
 * Every stock verb, mixed in any order, as one decision: lock the levels in one sorted order, look for repeats,
 * decide in memory in the order of arrival, write the difference set-based. Two round trips when all requests are
 * `reserve`; one more when a request names a reservation or counts, since its levels are not known yet.
 */
export async function applyStock(tx: Tx, requests: readonly StockRequest[]): Promise<StockOutcome[]> {
  if (requests.length === 0) return []
  const locked = await lockAndRead(tx, needsOf(requests))
  let due: Reference[] = []
  let decided = decideAll(locked, due, requests)
  if (decided.outcomes.some((outcome) => outcome.kind === 'short')) {
    due = await lockDueHolds(locked)
    if (due.length > 0) decided = decideAll(locked, due, requests)
  }
  if (await lockUnseenLevels(locked, decided.world)) decided = decideAll(locked, due, requests)
  write(tx, decided.world)
  return decided.outcomes
}

/** Holds that are due do not stand in anybody's way: they expire before the first request. */
function decideAll(locked: Locked, due: readonly Reference[], requests: readonly StockRequest[]) {
  const world = worldOf(locked)
  for (const reference of due) decide(world, { verb: 'expire', ...reference, actor: 'expiry' })
  return { world, outcomes: requests.map((request) => decide(world, request)) }
}

function write(tx: Tx, world: World): void {
  const { written } = world
  const levels = [...world.levels.values()].filter((level) => level.changed)
  if (levels.length > 0) sql.updateLevels(tx, levels)
  const created = written.reservations.filter((reservation) => reservation.isNew)
  const changed = written.reservations.filter((reservation) => !reservation.isNew)
  if (created.length > 0) sql.insertReservations(tx, created)
  if (changed.length > 0) sql.updateReservations(tx, changed)
  writeLines(tx, written.reservations)
  if (written.filled.length > 0) sql.fillLines(tx, written.filled)
  const newShortages = written.shortages.filter((shortage) => shortage.isNew)
  const oldShortages = written.shortages.filter((shortage) => !shortage.isNew)
  if (newShortages.length > 0) sql.insertShortages(tx, newShortages)
  if (oldShortages.length > 0) sql.updateShortages(tx, oldShortages)
  if (written.causes.length > 0) sql.insertCauses(tx, written.causes)
  if (written.movements.length > 0) sql.insertMovements(tx, written.movements)
  for (const { company, variantId } of levels) {
    tx.announce(levelsChanged, variantKey(company, variantId), { company, variantId })
  }
  for (const { company, variantId, reservationId } of written.shortages) {
    tx.announce(levelsChanged, variantKey(company, variantId), { company, variantId })
    tx.announce(shortagesChanged, reservationId, { company, reservationId })
  }
}

function writeLines(tx: Tx, reservations: readonly Reservation[]): void {
  const created: sql.WrittenLine[] = []
  const changed: sql.WrittenLine[] = []
  for (const { company, id: reservationId, lines } of reservations) {
    for (const line of lines) {
      if (line.isNew) created.push({ company, reservationId, line })
      else if (line.changed) changed.push({ company, reservationId, line })
    }
  }
  if (created.length > 0) sql.insertLines(tx, created)
  if (changed.length > 0) sql.updateLines(tx, changed)
}
