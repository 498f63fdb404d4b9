import type { Topic, Tx } from '../../kernel/db.ts'
import { decide } from './decide.ts'
import * as sql from './queries.ts'
import type { StockOutcome, StockRequest } from './requests.ts'
import {
  addShortage,
  emptyWorld,
  levelKey,
  type Reservation,
  referenceKey,
  type Shortage,
  variantKey,
  type World,
} from './world.ts'

/** Told once per transaction and variant whose available number may have changed. */
export const levelsChanged: Topic<{ company: string; variantId: string }> = { topic: 'inventory.levels_changed' }

/**
 * Every stock verb, mixed in any order, as one decision: lock the levels in one sorted order, look for repeats,
 * decide in memory in the order of arrival, write the difference set-based. Two round trips when all requests are
 * `reserve`; one more when a request names a reservation whose levels are not known yet.
 *
 * Lock order, the same everywhere: levels by key, reservations, shortages. What is locked beyond it never waits.
 */
export async function applyStock(tx: Tx, requests: readonly StockRequest[]): Promise<StockOutcome[]> {
  if (requests.length === 0) return []
  const needs = needsOf(requests)
  if (needs.byReference.length > 0) {
    for (const line of await sql.linesOfReferences(tx, needs.byReference)) needs.addLevel(line)
  }
  if (needs.mayBeNew.size > 0) sql.ensureLevels(tx, sorted(needs.mayBeNew))
  const found = await readAndLock(tx, needs)
  await lockWhatElseTheyTouch(tx, found)
  const world = worldOf(found, tx)
  const outcomes = requests.map((request) => decide(world, request))
  const decided = outcomes.some((outcome) => outcome.kind === 'short')
    ? ((await decideAfterExpiry(tx, requests, needs, found)) ?? { world, outcomes })
    : { world, outcomes }
  write(tx, decided.world)
  return decided.outcomes
}

type LevelAt = sql.LevelAt
type Needs = {
  levels: LevelAt[]
  addLevel(row: { company_id: string; variant_id: string; warehouse_id: string }): void
  /** Levels that goods may come to for the first time. */
  mayBeNew: Map<string, LevelAt>
  /** Verbs that name a reservation: it is locked with its lines and shortages. */
  byReference: sql.Reference[]
  /** References that are only looked for. */
  repeats: sql.Reference[]
  causes: sql.Reference[]
  /** Variants whose available number may grow: their open shortages are filled first. */
  growing: Map<string, { company: string; variantId: string }>
  ownSales: Map<string, { company: string; variantId: string }>
  /** Levels a count may bring below what is reserved. */
  counted: LevelAt[]
}

/** The one order in which levels are locked, here and in every process. */
const sorted = (levels: ReadonlyMap<string, LevelAt>): LevelAt[] =>
  [...levels.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, at]) => at)

function needsOf(requests: readonly StockRequest[]): Needs {
  const levels = new Map<string, LevelAt>()
  const add = (company: string, variantId: string, warehouseId: string): LevelAt => {
    const at = { company, variantId, warehouseId }
    levels.set(levelKey(company, variantId, warehouseId), at)
    return at
  }
  const growing = new Map<string, { company: string; variantId: string }>()
  const grow = (company: string, variantId: string) =>
    growing.set(variantKey(company, variantId), { company, variantId })
  const needs: Needs = {
    get levels() {
      return sorted(levels)
    },
    addLevel: (row) => {
      add(row.company_id, row.variant_id, row.warehouse_id)
      grow(row.company_id, row.variant_id)
      needs.ownSales.set(variantKey(row.company_id, row.variant_id), {
        company: row.company_id,
        variantId: row.variant_id,
      })
    },
    mayBeNew: new Map(),
    byReference: [],
    repeats: [],
    causes: [],
    growing,
    ownSales: new Map(),
    counted: [],
  }
  for (const request of requests) {
    const { company, source, ref } = request
    switch (request.verb) {
      case 'reserve':
        needs.repeats.push({ company, source, ref })
        if (request.replaces !== null) needs.byReference.push({ company, source, ref: request.replaces })
        for (const line of request.lines) {
          for (const warehouseId of line.warehouses) add(company, line.variantId, warehouseId)
          if (request.drawsOn === 'free') {
            needs.ownSales.set(variantKey(company, line.variantId), { company, variantId: line.variantId })
          }
        }
        break
      case 'receive':
      case 'restock':
      case 'adjust':
        needs.causes.push({ company, source, ref })
        for (const line of request.lines) {
          const at = add(company, line.variantId, line.warehouseId)
          needs.mayBeNew.set(levelKey(company, line.variantId, line.warehouseId), at)
          if (request.verb === 'adjust') needs.counted.push(at)
          grow(company, line.variantId)
        }
        break
      default:
        needs.byReference.push({ company, source, ref })
        if ('once' in request && request.once !== null) {
          needs.causes.push({ company, source, ref: `${ref}#${request.once}` })
        }
    }
  }
  return needs
}

type Found = {
  now: number
  levels: sql.LevelRow[]
  reservations: sql.ReservationRow[]
  lines: sql.LineRow[]
  shortages: sql.ShortageRow[]
  promises: { company_id: string; variant_id: string; promised: number }[]
  causes: { company_id: string; source: string; source_ref: string; fingerprint: string }[]
  countedAt: Set<string>
}

/** One round trip: nothing is awaited until everything is sent. Lines are read after the shortages are locked, since
 * whoever fills a shortage adds lines. */
async function readAndLock(tx: Tx, needs: Needs): Promise<Found> {
  const none = Promise.resolve([])
  const levels = needs.levels
  const lockedLevels = levels.length > 0 ? sql.lockLevels(tx, levels) : none
  const repeats = needs.repeats.length > 0 ? sql.findReservations(tx, needs.repeats) : none
  const named = needs.byReference.length > 0 ? sql.lockReservations(tx, needs.byReference) : none
  const counted = needs.counted.length > 0 ? sql.openReservationsAt(tx, needs.counted) : none
  const shortagesOfNamed = needs.byReference.length > 0 ? sql.lockShortagesOfReferences(tx, needs.byReference) : none
  const growing = [...needs.growing.values()]
  const shortagesOfVariants = growing.length > 0 ? sql.lockShortagesOfVariants(tx, growing) : none
  const lines = needs.byReference.length > 0 ? sql.linesOfReferences(tx, needs.byReference) : none
  const ownSales = [...needs.ownSales.values()]
  const promises = ownSales.length > 0 ? sql.readPromises(tx, ownSales) : none
  const causes = needs.causes.length > 0 ? sql.findCauses(tx, needs.causes) : none
  const found: Found = {
    now: await tx.now(),
    levels: await lockedLevels,
    reservations: uniqueReservations([...(await repeats), ...(await named), ...(await counted)]),
    lines: await lines,
    shortages: uniqueShortages([...(await shortagesOfNamed), ...(await shortagesOfVariants)]),
    promises: await promises,
    causes: await causes,
    countedAt: new Set(needs.counted.map((at) => levelKey(at.company, at.variantId, at.warehouseId))),
  }
  const alsoOpen = (await counted).filter((row) => !needs.byReference.some((named) => isNamed(row, named)))
  if (alsoOpen.length > 0) found.lines.push(...(await sql.linesOfReferences(tx, alsoOpen.map(referenceOf))))
  return found
}

const isNamed = (row: sql.ReservationRow, named: sql.Reference): boolean =>
  row.company_id === named.company && row.source === named.source && row.source_ref === named.ref

const referenceOf = (row: { company_id: string; source: string; source_ref: string }): sql.Reference => ({
  company: row.company_id,
  source: row.source,
  ref: row.source_ref,
})

const uniqueReservations = (rows: sql.ReservationRow[]): sql.ReservationRow[] =>
  rows.length < 2 ? rows : [...new Map(rows.map((row) => [`${row.company_id}/${row.reservation_id}`, row])).values()]

const uniqueShortages = (rows: sql.ShortageRow[]): sql.ShortageRow[] =>
  rows.length < 2
    ? rows
    : [...new Map(rows.map((row) => [row.shortage_id, row])).values()].sort(
        (a, b) => a.since.getTime() - b.since.getTime() || (a.shortage_id < b.shortage_id ? -1 : 1),
      )

/** A hold has lines elsewhere, a shortage was filled elsewhere meanwhile: those levels are locked without waiting. */
async function lockWhatElseTheyTouch(tx: Tx, found: Found): Promise<void> {
  const locked = new Set(found.levels.map((row) => levelKey(row.company_id, row.variant_id, row.warehouse_id)))
  const further = new Map<string, LevelAt>()
  for (const line of found.lines) {
    const key = levelKey(line.company_id, line.variant_id, line.warehouse_id)
    if (locked.has(key) || line.quantity === 0) continue
    further.set(key, { company: line.company_id, variantId: line.variant_id, warehouseId: line.warehouse_id })
  }
  if (further.size > 0) found.levels.push(...(await sql.lockLevelsNow(tx, [...further.values()])))
}

/** Holds that are due on the locked levels do not stand in anybody's way: they expire first, then all is decided anew. */
async function decideAfterExpiry(
  tx: Tx,
  requests: readonly StockRequest[],
  needs: Needs,
  found: Found,
): Promise<{ world: World; outcomes: StockOutcome[] } | null> {
  const due = await sql.dueHoldsAt(tx, needs.levels)
  if (due.length === 0) return null
  const references = due.map(referenceOf)
  const reservations = sql.lockReservations(tx, references)
  const shortages = sql.lockShortagesOfReferences(tx, references)
  const lines = await sql.linesOfReferences(tx, references)
  const variants = lines.map((line) => ({ company: line.company_id, variantId: line.variant_id }))
  found.reservations = uniqueReservations([...found.reservations, ...(await reservations)])
  found.shortages = uniqueShortages([
    ...found.shortages,
    ...(await shortages),
    ...(await sql.lockShortagesOfVariants(tx, variants)),
  ])
  const known = new Set(found.lines.map((line) => line.reservation_id))
  found.lines.push(...lines.filter((line) => !known.has(line.reservation_id)))
  await lockWhatElseTheyTouch(tx, found)
  const world = worldOf(found, tx)
  for (const { company, source, ref } of references) {
    decide(world, { verb: 'expire', company, source, ref, actor: 'expiry' })
  }
  return { world, outcomes: requests.map((request) => decide(world, request)) }
}

function worldOf(found: Found, tx: Tx): World {
  const world = emptyWorld(found.now, tx.newId)
  for (const row of found.levels) {
    world.levels.set(levelKey(row.company_id, row.variant_id, row.warehouse_id), {
      company: row.company_id,
      variantId: row.variant_id,
      warehouseId: row.warehouse_id,
      onHand: row.on_hand,
      reserved: row.reserved,
      version: row.version,
      changed: false,
      counted: false,
    })
  }
  for (const row of found.promises) world.promises.set(variantKey(row.company_id, row.variant_id), row.promised)
  for (const row of found.causes) {
    world.causes.set(referenceKey(row.company_id, row.source, row.source_ref), { fingerprint: row.fingerprint })
  }
  addReservations(world, found)
  return world
}

function addReservations(world: World, found: Found): void {
  for (const key of found.countedAt) world.openAt.set(key, new Set())
  const byId = new Map<string, Reservation>()
  for (const row of found.reservations) {
    const reservation: Reservation = {
      company: row.company_id,
      id: row.reservation_id,
      source: row.source,
      ref: row.source_ref,
      fingerprint: row.fingerprint,
      state: row.state,
      expiresAt: row.expires_at?.getTime() ?? null,
      extended: row.extended,
      shipBy: row.ship_by?.getTime() ?? null,
      lines: [],
      isNew: false,
      changed: false,
    }
    byId.set(reservation.id, reservation)
    world.reservations.set(referenceKey(reservation.company, reservation.source, reservation.ref), reservation)
  }
  const withLines = new Set<string>()
  for (const row of found.lines) {
    const reservation = byId.get(row.reservation_id)
    if (!reservation) continue
    withLines.add(reservation.id)
    reservation.lines.push({
      lineNo: row.line_no,
      variantId: row.variant_id,
      warehouseId: row.warehouse_id,
      quantity: row.quantity,
      taken: row.taken,
      isNew: false,
      changed: false,
    })
    if (row.quantity > 0) world.openAt.get(levelKey(row.company_id, row.variant_id, row.warehouse_id))?.add(reservation)
  }
  for (const row of found.shortages) {
    const shortage: Shortage = {
      company: row.company_id,
      id: row.shortage_id,
      reservationId: row.reservation_id,
      // Only a reservation whose lines were read may grow here; others are filled by key.
      reservation: withLines.has(row.reservation_id) ? byId.get(row.reservation_id)! : null,
      lineNo: row.line_no,
      variantId: row.variant_id,
      warehouses: row.warehouses,
      open: row.open,
      missing: row.missing,
      cause: row.cause,
      since: row.since.getTime(),
      isNew: false,
      changed: false,
    }
    addShortage(world, shortage)
  }
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
  for (const { company, variantId } of written.shortages) {
    tx.announce(levelsChanged, variantKey(company, variantId), { company, variantId })
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
