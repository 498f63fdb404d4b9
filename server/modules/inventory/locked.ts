import type { Tx } from '../../kernel/db.ts'
import { addGrowing, addNamed, inOrder, type Needs, nameOf } from './needs.ts'
import * as sql from './queries.ts'
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

/** What a batch holds under lock and has read: worlds to decide in are made from it, as often as needed. */
export type Locked = {
  tx: Tx
  now: number
  levels: Map<string, sql.LevelRow>
  /** By id, as shortages are. */
  reservations: Map<string, sql.ReservationRow>
  /** Lines of the reservations that may change. */
  lines: sql.LineRow[]
  /** Ids of the reservations whose lines were read, also where there were none. */
  withLines: Set<string>
  shortages: Map<string, sql.ShortageRow>
  shortagesReadOf: Set<string>
  owed: { company_id: string; variant_id: string; owed: number }[]
  promises: { company_id: string; variant_id: string; promised: number }[]
  causes: { company_id: string; source: string; source_ref: string; fingerprint: string }[]
  named: ReadonlySet<string>
  counted: ReadonlySet<string>
}

/**
 * Locks and reads in one order everywhere: levels by key, reservations by reference, shortages by id. One round trip,
 * since nothing is awaited until everything is sent; one before it where a request names a reservation or counts, to
 * learn which levels those touch. What turns out to be needed later is locked without waiting.
 */
export async function lockAndRead(tx: Tx, needs: Needs): Promise<Locked> {
  await learnLevels(tx, needs)
  if (needs.mayBeNew.size > 0) sql.ensureLevels(tx, inOrder(needs.mayBeNew))
  const none = Promise.resolve([])
  const at = inOrder(needs.levels)
  const named = inOrder(needs.named)
  const growing = inOrder(needs.growing)
  const counted = inOrder(needs.counted)
  const ownSales = [...needs.ownSales.values()]
  const withMargin = [...needs.withMargin.values()]
  const levels = at.length > 0 ? sql.lockLevels(tx, at) : none
  const repeats = needs.repeats.length > 0 ? sql.findReservations(tx, needs.repeats) : none
  const changing = named.length > 0 ? sql.lockReservations(tx, named) : none
  const shortages = named.length + growing.length > 0 ? sql.lockShortages(tx, named, growing) : none
  // After the shortages: whoever fills one adds lines.
  const lines = named.length > 0 ? sql.linesOfReferences(tx, named) : none
  const countedOpen = counted.length > 0 ? sql.openReservationsAt(tx, counted) : none
  const owed = withMargin.length > 0 ? sql.readOwed(tx, withMargin) : none
  const promises = ownSales.length > 0 ? sql.readPromises(tx, ownSales) : none
  const causes = needs.causes.length > 0 ? sql.findCauses(tx, needs.causes) : none
  tx.depart()
  const locked: Locked = {
    tx,
    now: await tx.now(),
    levels: new Map(),
    reservations: new Map(),
    lines: await lines,
    withLines: new Set((await changing).map((row) => row.reservation_id)),
    shortages: new Map(),
    shortagesReadOf: new Set(needs.growing.keys()),
    owed: await owed,
    promises: await promises,
    causes: await causes,
    named: new Set(needs.named.keys()),
    counted: new Set(needs.counted.keys()),
  }
  addLevels(locked, await levels)
  addReservations(locked, [...(await repeats), ...(await changing)])
  addShortages(locked, await shortages)
  if (counted.length > 0) await readWhoMayBeDisplaced(locked, await countedOpen)
  await lockWhatElseTheyTouch(locked)
  return locked
}

/** Which levels the named reservations, and the holds that a count may end, lie at. Read unlocked: a first idea. */
async function learnLevels(tx: Tx, needs: Needs): Promise<void> {
  const counted = inOrder(needs.counted)
  if (needs.named.size === 0 && counted.length === 0) return
  const holds = counted.length > 0 ? await sql.openReservationsAt(tx, counted) : []
  for (const row of holds) if (row.state === 'held') addNamed(needs, referenceOf(row))
  if (needs.named.size === 0) return
  for (const row of await sql.levelsOfReferences(tx, inOrder(needs.named))) {
    addGrowing(needs, { company: row.company_id, variantId: row.variant_id, warehouseId: row.warehouse_id })
  }
}

/** Whoever has units at a counted level, or gets some there from an arrival in the same batch. */
async function readWhoMayBeDisplaced(locked: Locked, open: readonly sql.ReservationRow[]): Promise<void> {
  const waiting = [...locked.shortages.values()].filter((row) => !locked.withLines.has(row.reservation_id))
  const waitingFor = waiting.length > 0 ? await sql.reservationsById(locked.tx, waiting) : []
  const rows = [...open, ...waitingFor].filter((row) => !locked.withLines.has(row.reservation_id))
  await addWithLines(locked, rows)
}

async function addWithLines(locked: Locked, rows: readonly sql.ReservationRow[]): Promise<void> {
  const further = [...new Map(rows.map((row) => [row.reservation_id, row])).values()]
  if (further.length === 0) return
  const lines = await sql.linesOfReferences(locked.tx, further.map(referenceOf))
  addReservations(locked, further)
  for (const row of further) locked.withLines.add(row.reservation_id)
  for (const line of lines) locked.lines.push(line)
}

/**
 * What was learnt too late to be locked in order: a hold has lines elsewhere, a shortage was filled elsewhere
 * meanwhile. A row that somebody else holds fails the transaction at once (55P03) and the batch is redone.
 */
async function lockWhatElseTheyTouch(locked: Locked): Promise<void> {
  const levels = new Map<string, sql.LevelAt>()
  const variants = new Map<string, { company: string; variantId: string }>()
  const references = new Map<string, sql.Reference>()
  for (const line of locked.lines) {
    const row = locked.reservations.get(line.reservation_id)
    // A firm reservation that a count displaces gives up units at the counted level only.
    if (!row || line.quantity === 0 || (row.state === 'firm' && !isNamed(locked, row))) continue
    const at = { company: line.company_id, variantId: line.variant_id, warehouseId: line.warehouse_id }
    const key = levelKey(at.company, at.variantId, at.warehouseId)
    if (!locked.levels.has(key)) levels.set(key, at)
    const variant = variantKey(at.company, at.variantId)
    if (!locked.shortagesReadOf.has(variant)) variants.set(variant, at)
    if (!isNamed(locked, row)) references.set(nameOf(referenceOf(row)), referenceOf(row))
  }
  if (levels.size > 0) addLevels(locked, await sql.lockLevelsNow(locked.tx, inOrder(levels)))
  if (variants.size + references.size === 0) return
  addShortages(locked, await sql.lockShortagesNow(locked.tx, inOrder(references), inOrder(variants)))
  for (const variant of variants.keys()) locked.shortagesReadOf.add(variant)
}

/** Holds that are due on the locked levels, with all that expiring them touches. */
export async function lockDueHolds(locked: Locked): Promise<sql.Reference[]> {
  const due = await sql.dueHoldsAt(locked.tx, levelsOf(locked))
  await addWithLines(
    locked,
    due.filter((row) => !locked.withLines.has(row.reservation_id)),
  )
  if (due.length > 0) await lockWhatElseTheyTouch(locked)
  return due.map(referenceOf)
}

/**
 * A shortage names warehouses where nothing has ever lain: their rows are made now, so that the first arrival there
 * finds the shortage. True when an arrival was faster, and all must be decided anew.
 */
export async function lockUnseenLevels(locked: Locked, world: World): Promise<boolean> {
  const unseen = new Map<string, sql.LevelAt>()
  for (const { isNew, company, variantId, warehouses } of world.written.shortages) {
    for (const warehouseId of isNew ? warehouses : []) {
      const key = levelKey(company, variantId, warehouseId)
      if (!locked.levels.has(key)) unseen.set(key, { company, variantId, warehouseId })
    }
  }
  if (unseen.size === 0) return false
  sql.waitBriefly(locked.tx)
  sql.ensureLevels(locked.tx, inOrder(unseen))
  const levels = await sql.lockLevelsNow(locked.tx, inOrder(unseen))
  addLevels(locked, levels)
  return levels.some((level) => level.on_hand > 0)
}

/** A fresh world: what was decided in another one is forgotten. */
export function worldOf(locked: Locked): World {
  const world = emptyWorld(locked.now, locked.tx.newId)
  for (const [key, row] of locked.levels) {
    world.levels.set(key, {
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
  for (const row of locked.owed) world.owed.set(variantKey(row.company_id, row.variant_id), row.owed)
  for (const row of locked.promises) world.promises.set(variantKey(row.company_id, row.variant_id), row.promised)
  for (const row of locked.causes) {
    world.causes.set(referenceKey(row.company_id, row.source, row.source_ref), { fingerprint: row.fingerprint })
  }
  for (const key of locked.counted) world.openAt.set(key, new Set())
  const byId = new Map<string, Reservation>()
  for (const row of locked.reservations.values()) {
    const reservation = reservationOf(row)
    byId.set(reservation.id, reservation)
    world.reservations.set(referenceKey(reservation.company, reservation.source, reservation.ref), reservation)
  }
  for (const row of locked.lines) addLine(world, byId.get(row.reservation_id), row)
  for (const row of locked.shortages.values()) {
    // Only a reservation whose lines were read may grow here; others are filled by key.
    const reservation = locked.withLines.has(row.reservation_id) ? (byId.get(row.reservation_id) ?? null) : null
    addShortage(world, shortageOf(row, reservation))
  }
  return world
}

function reservationOf(row: sql.ReservationRow): Reservation {
  return {
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
}

function addLine(world: World, reservation: Reservation | undefined, row: sql.LineRow): void {
  if (!reservation) return
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

function shortageOf(row: sql.ShortageRow, reservation: Reservation | null): Shortage {
  return {
    company: row.company_id,
    id: row.shortage_id,
    reservationId: row.reservation_id,
    reservation,
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
}

const levelsOf = (locked: Locked): sql.LevelAt[] =>
  inOrder(locked.levels).map((row) => ({
    company: row.company_id,
    variantId: row.variant_id,
    warehouseId: row.warehouse_id,
  }))

const referenceOf = (row: { company_id: string; source: string; source_ref: string }): sql.Reference => ({
  company: row.company_id,
  source: row.source,
  ref: row.source_ref,
})

const isNamed = (locked: Locked, row: sql.ReservationRow): boolean => locked.named.has(nameOf(referenceOf(row)))

function addLevels(locked: Locked, rows: readonly sql.LevelRow[]): void {
  for (const row of rows) locked.levels.set(levelKey(row.company_id, row.variant_id, row.warehouse_id), row)
}

function addReservations(locked: Locked, rows: readonly sql.ReservationRow[]): void {
  for (const row of rows) locked.reservations.set(row.reservation_id, row)
}

/** Kept oldest first, however they were found. */
function addShortages(locked: Locked, rows: readonly sql.ShortageRow[]): void {
  if (rows.length === 0) return
  const all = new Map([...locked.shortages.values(), ...rows].map((row) => [row.shortage_id, row]))
  const oldestFirst = [...all.values()].sort(
    (a, b) => a.since.getTime() - b.since.getTime() || (a.shortage_id < b.shortage_id ? -1 : 1),
  )
  locked.shortages = new Map(oldestFirst.map((row) => [row.shortage_id, row]))
}
