import type { Tx } from '../../kernel/db.ts'
import { applyStock, listWarehouses, type StockRequest } from '../inventory/index.ts'
import { settleClaims } from './claim-effects.ts'
import { addReturned, insertInspections, type LineFound } from './claim-inspection-queries.ts'
import { type ClaimRefusal, refused } from './claim-offers.ts'
import * as sql from './claim-queries.ts'
import { isVoid } from './claim-states.ts'
import type { LineAt } from './lines.ts'
import { takesOf } from './shipping.ts'

export type Inspection = {
  company: string
  actor: string
  claimId: string
  /** Codes. Null: where its orders are served from first; the first warehouse nothing is sold from. */
  warehouse: string | null
  damagedWarehouse: string | null
  /** Sold units found now; a claim may be inspected in as many steps as it has units. */
  lines: readonly { lineNo: number; sellable: number; damaged: number; lost: number; note: string }[]
}

type Place = { warehouseId: string; damagedWarehouseId: string | null }

/**
 * Books what came back, by line and quantity: sellable units go on hand again, damaged ones to a warehouse nothing is
 * sold from (nowhere, if there is none), lost ones are only recorded. Never more than was claimed, nor than has left
 * our house and not come back: a unit that was cancelled before it left is on hand already. All lines or none.
 */
export async function inspectReturns(
  tx: Tx,
  inspections: readonly Inspection[],
): Promise<({ kind: 'inspected'; inspectionId: string } | ClaimRefusal)[]> {
  const outcomes = []
  for (const inspection of inspections) outcomes.push(await inspectOne(tx, inspection))
  return outcomes
}

async function inspectOne(
  tx: Tx,
  inspection: Inspection,
): Promise<{ kind: 'inspected'; inspectionId: string } | ClaimRefusal> {
  const [claim] = await sql.lockClaims(tx, [inspection])
  if (!claim) return refused('not-found', 'There is no claim of this id.')
  if (isVoid(claim.state)) return refused('wrong-state', `The claim is ${claim.state}.`)
  const claimed = await sql.linesOfClaims(tx, [claim])
  const places = await placesOf(tx, claim, inspection)
  if ('kind' in places) return places
  const family = await familyOf(tx, claimed)
  const found: LineFound[] = []
  for (const [i, seen] of inspection.lines.entries()) {
    const line = claimed.find(({ lineNo }) => lineNo === seen.lineNo)
    const fault = line
      ? faultOf(claim, line, seen, family, found)
      : refused('invalid-request', 'The claim has no such line.')
    if (fault) return refused(fault.kind, fault.detail, `/lines/${i}${line ? '' : '/lineNo'}`)
    const { sellable, damaged, lost, note } = seen
    found.push({ line: line as LineFound['line'], sellable, damaged, lost, note, ...places })
  }
  const inspectionId = tx.newId()
  await putBack(tx, inspection, inspectionId, found, family)
  insertInspections(tx, claim, inspectionId, inspection.actor, found)
  addReturned(tx, returnedBy(found, family))
  await moveOn(tx, claim, inspection.actor, claimed, found)
  return { kind: 'inspected', inspectionId }
}

async function placesOf(tx: Tx, claim: sql.ReadClaim, inspection: Inspection): Promise<Place | ClaimRefusal> {
  const all = (await listWarehouses(tx)).filter(({ company }) => company === claim.company)
  const byCode = (code: string) => all.find((warehouse) => warehouse.code === code)
  const first = all
    .filter(({ sellable }) => sellable)
    .toSorted((a, b) => rankOf(claim, a.warehouseId) - rankOf(claim, b.warehouseId))[0]
  const shelf = inspection.warehouse === null ? first : byCode(inspection.warehouse)
  if (!shelf?.sellable) return refused('invalid-request', 'No such warehouse that is sold from.', '/warehouse')
  const aside =
    inspection.damagedWarehouse === null ? all.find(({ sellable }) => !sellable) : byCode(inspection.damagedWarehouse)
  if (inspection.damagedWarehouse !== null && (!aside || aside.sellable)) {
    return refused('invalid-request', 'No such warehouse that nothing is sold from.', '/damagedWarehouse')
  }
  return { warehouseId: shelf.warehouseId, damagedWarehouseId: aside?.warehouseId ?? null }
}

const rankOf = ({ warehouses }: sql.ReadClaim, warehouseId: string): number => {
  const place = warehouses.indexOf(warehouseId)
  return place < 0 ? warehouses.length : place
}

/** The order lines a claim's units can have left by: the line itself, and other goods that went out for it. */
type Family = {
  linesOf(line: sql.ClaimLine): readonly sql.LineUnderClaim[]
  /** Units of cancelled goods that have come back of this line, over all claims. */
  cancelsInspected(line: sql.ClaimLine): number
}

async function familyOf(tx: Tx, claimed: readonly sql.ClaimLine[]): Promise<Family> {
  const own = claimed.flatMap(({ company, orderId, lineNo }) =>
    orderId === null || lineNo === null ? [] : [{ company, orderId, lineNo }],
  )
  await sql.lockLinesUnderClaim(tx, own)
  const claims = await sql.claimsOnLines(tx, own)
  const others = claims.flatMap(({ company, orderId, replacementLineNo }): LineAt[] =>
    replacementLineNo === null ? [] : [{ company, orderId, lineNo: replacementLineNo }],
  )
  const lines = await sql.lockLinesUnderClaim(tx, [...own, ...others])
  const isOf = (line: sql.ClaimLine) => (one: LineAt) => one.orderId === line.orderId && one.lineNo === line.lineNo
  return {
    linesOf(line) {
      const numbers = [line.lineNo, ...claims.filter(isOf(line)).map(({ replacementLineNo }) => replacementLineNo)]
      return numbers.flatMap(
        (number) => lines.find((one) => one.orderId === line.orderId && one.lineNo === number) ?? [],
      )
    },
    cancelsInspected: (line) =>
      claims
        .filter(isOf(line))
        .filter(({ kind }) => kind === 'cancel')
        .reduce((sum, { inspected }) => sum + inspected, 0),
  }
}

function faultOf(
  claim: sql.ReadClaim,
  line: sql.ClaimLine,
  seen: Inspection['lines'][number],
  family: Family,
  before: readonly LineFound[],
): ClaimRefusal | null {
  if (before.some((other) => other.line.lineNo === line.lineNo))
    return refused('invalid-request', 'A line is named once.')
  const units = seen.sellable + seen.damaged + seen.lost
  if (units === 0) return refused('invalid-request', 'Nothing was found.')
  const inspected = line.sellable + line.damaged + line.lost
  if (units > line.quantity - inspected) {
    return refused('more-than-claimed', `${line.quantity} were claimed and ${inspected} are inspected.`)
  }
  const lines = family.linesOf(line)
  const away = lines.reduce((sum, { shipped, returned }) => sum + shipped - returned, 0)
  // Of a cancel only what had left before it was told comes back; the rest never went.
  const cancelled = (lines[0]?.toldCancelled ?? 0) - (lines[0]?.cancelled ?? 0) - family.cancelsInspected(line)
  const most = claim.kind === 'cancel' ? Math.min(away, cancelled) : away
  if (units > most)
    return refused('more-than-claimed', `Only ${Math.max(0, most)} have left the house and not come back.`)
  return null
}

async function putBack(
  tx: Tx,
  { company, actor, claimId }: Inspection,
  inspectionId: string,
  found: readonly LineFound[],
  family: Family,
): Promise<void> {
  const bought = found.map(({ line }) => family.linesOf(line)[0]!)
  const takes = await takesOf(tx, bought)
  const lines = found.flatMap(({ sellable, damaged, note, warehouseId, damagedWarehouseId }, i) =>
    takes(bought[i]!).flatMap(({ variantId, quantity }) => {
      const each = bought[i]!.multiplier * quantity
      const back = { variantId, warehouseId, quantity: sellable * each, reason: 'returned', note: note || null }
      const aside = { ...back, quantity: damaged * each, reason: 'returned damaged' }
      return [back, ...(damagedWarehouseId === null ? [] : [{ ...aside, warehouseId: damagedWarehouseId }])]
    }),
  )
  const moved = lines.filter(({ quantity }) => quantity > 0)
  if (moved.length === 0) return
  const request: StockRequest = {
    ...{ verb: 'restock', company, source: 'claim', ref: `${claimId}/${inspectionId}`, actor, lines: moved },
  }
  const [outcome] = await applyStock(tx, [request])
  if (outcome!.kind !== 'received') throw new Error(`a return was answered ${outcome!.kind}`)
}

/** Spread over the lines they can have left by, the one that was bought first. */
function returnedBy(found: readonly LineFound[], family: Family): (LineAt & { units: number })[] {
  return found.flatMap(({ line, sellable, damaged, lost }) => {
    let left = sellable + damaged + lost
    return family.linesOf(line).flatMap((one) => {
      const units = Math.min(left, one.shipped - one.returned)
      left -= units
      return units > 0 ? [{ company: one.company, orderId: one.orderId, lineNo: one.lineNo, units }] : []
    })
  })
}

/** Of an own order the inspection is what moves the claim; a marketplace tells by itself how far it is. */
async function moveOn(
  tx: Tx,
  claim: sql.ReadClaim,
  actor: string,
  claimed: readonly sql.ClaimLine[],
  found: readonly LineFound[],
): Promise<void> {
  if (claim.connectionId !== null || claim.state === 'done') return
  const units = (line: { sellable: number; damaged: number; lost: number }) => line.sellable + line.damaged + line.lost
  const open = claimed.some((line) => {
    const now = found.find((one) => one.line.lineKey === line.lineKey)
    return units(line) + (now ? units(now) : 0) < line.quantity
  })
  const moved = { ...claim, state: open ? ('collected' as const) : ('done' as const), changedAt: await tx.now() }
  sql.updateClaims(tx, [{ ...moved, raw: null }])
  await settleClaims(tx, actor, [moved])
}
