/** What becomes of a wish to undo units: asked for by the buyer or done by the seller, refused or completed. */
import { endUnpaid, giveBack, markDate, nextOfDay, type Order, openUnits, type Row, splitRow } from './orders.ts'
import { EVENTS, tellOrderNotice } from './webhooks.ts'
import type { World } from './world.ts'

export type ClaimKind = 'cancel' | 'return'

export type Claim = {
  /** C20261120-0000001, or R… for a return. */
  readonly code: string
  readonly kind: ClaimKind
  readonly order: Order
  readonly by: 'buyer' | 'seller'
  readonly requestedAt: number
  parts: Part[]
  status: string
  isOpen: boolean
  reasonType: string
  reason: string
  /** By the seller; a claim the seller opens is accepted from the first. */
  isAccepted: boolean
  /** The seller took the acceptance back. */
  undone: { reasonType: string; reason: string } | null
  /** recover_inventory was T in some call about it. */
  recovers: boolean
  completedAt: number | null
}

/** In claim_quantity mode a part may be less than its row. */
export type Part = { row: Row; units: number }

export type CancelAnswer = { kind: 'cancelled' | 'requested' | 'too_late' | 'not_found' }

/** The buyer changes their mind about some units of a line, or, with null, about all that can still be undone. */
export function buyerCancel(world: World, lineKey: string, quantity: number | null, now: number): CancelAnswer {
  if (quantity !== null && !(Number.isInteger(quantity) && quantity > 0)) {
    throw new RangeError(`quantity ${quantity} is not a positive whole number`)
  }
  const line = world.book.lines.get(lineKey)
  if (line === undefined) return { kind: 'not_found' }
  const rows = line.rows.filter((row) => stageOf(row) !== 'over' && !row.claim?.isOpen && openUnits(row) > 0)
  const [first] = rows
  if (first === undefined) return { kind: 'too_late' }
  const stage = stageOf(first)
  const alike = rows.filter((row) => stageOf(row) === stage)
  const open = alike.reduce((sum, row) => sum + openUnits(row), 0)
  if ((quantity ?? 1) > open) return { kind: 'too_late' }

  const parts = partsOf(alike, quantity ?? open)
  if (stage === 'unpaid') {
    for (const { row, units } of parts) {
      endUnpaid(world, units < row.quantity ? splitRow(row, units) : row, 'C47', now)
    }
    return { kind: 'cancelled' }
  }
  const kind = stage === 'sent' ? 'return' : 'cancel'
  const claim = openClaim(world, line.order, { kind, by: 'buyer', parts, reasonType: 'A', reason: '변심' }, now)
  if (stage !== 'paid' || world.switches.earlyCancel === 'requested') return { kind: 'requested' }
  claim.recovers = world.switches.restockOnBuyerCancel
  advanceClaim(world, claim, 'C40', now)
  return { kind: 'cancelled' }
}

type Stage = 'unpaid' | 'paid' | 'prepared' | 'sent' | 'over'

const STAGES: Record<string, Stage> = {
  N00: 'unpaid',
  N10: 'paid',
  N20: 'prepared',
  N21: 'prepared',
  N22: 'prepared',
  C11: 'prepared',
  N30: 'sent',
  N40: 'sent',
  R11: 'sent',
}

export const stageOf = (row: Row): Stage => STAGES[row.status] ?? 'over'

/** From the first row on, as many units as wanted. */
function partsOf(rows: readonly Row[], wanted: number): Part[] {
  let rest = wanted
  return rows.flatMap((row) => {
    const units = Math.min(rest, openUnits(row))
    rest -= units
    return units > 0 ? [{ row, units }] : []
  })
}

export type Wish = Pick<Claim, 'kind' | 'by' | 'parts' | 'reasonType' | 'reason'>

/** Begins as a request (C00, R00). Part of a row becomes a row of its own, or is counted on the row. */
export function openClaim(world: World, order: Order, wish: Wish, now: number): Claim {
  const { book, switches } = world
  const letter = wish.kind === 'cancel' ? 'C' : 'R'
  const claim: Claim = {
    ...wish,
    code: letter + nextOfDay(book, wish.kind, now),
    order,
    requestedAt: now,
    status: `${letter}00`,
    isOpen: true,
    isAccepted: wish.by === 'seller',
    undone: null,
    recovers: false,
    completedAt: null,
  }
  claim.parts = wish.parts.map(({ row, units }) => {
    const isAll = units === row.quantity - row.gone
    const bearer = isAll || switches.partialClaim === 'claim_quantity' ? row : splitRow(row, units)
    bearer.claim = claim
    if (bearer.status !== 'C11' && bearer.status !== 'R11') bearer.statusBefore = bearer.status
    return { row: bearer, units }
  })
  order.claims.push(claim)
  book.claims.set(claim.code, claim)
  showOnRows(claim)
  markDate(book, order, `${wish.kind}_request_date`, now)
  tellOrderNotice(world, EVENTS[wish.kind], order, now, { claim_code: claim.code })
  return claim
}

/** How far a claim is: the number of its status. It moves forward only. */
export const stepOf = (status: string) => Number(status.slice(1))

/** Completes at C40 and R40. */
export function advanceClaim(world: World, claim: Claim, status: string, now: number): void {
  const { book } = world
  const before = stepOf(claim.status)
  claim.status = status
  showOnRows(claim)
  claim.isAccepted = true
  if (before < 10) markDate(book, claim.order, `${claim.kind}_accept_date`, now)
  if (stepOf(status) < 40) return

  claim.isOpen = false
  claim.completedAt = now
  for (const { row, units } of claim.parts) {
    row.gone += units
    if (claim.kind === 'return') row.returned += units
    if (claim.recovers) giveBack(world, row.line, units, now)
  }
  markDate(book, claim.order, `${claim.kind}_complete_date`, now)
  if (claim.kind === 'cancel') markDate(book, claim.order, 'cancel_date', now)
  tellOrderNotice(world, EVENTS[claim.kind], claim.order, now, { claim_code: claim.code })
  tellOrderNotice(world, EVENTS.claimDone, claim.order, now, { claim_code: claim.code })
}

/** The seller says no to a request: its rows are again what they were. */
export function refuseRequest(world: World, claim: Claim): void {
  claim.status = claim.kind === 'cancel' ? 'C11' : 'R11'
  claim.isOpen = false
  if (world.switches.refusedRequest === 'restored') restoreRows(claim)
  else showOnRows(claim)
}

/** The seller takes back an acceptance: the rows are what they were before the claim. */
export function undoClaim(claim: Claim, undone: NonNullable<Claim['undone']>): void {
  claim.isOpen = false
  claim.undone = undone
  restoreRows(claim)
}

function restoreRows(claim: Claim): void {
  // Units only counted on their row never changed its status.
  for (const { row } of claim.parts) if (isWhole(claim, row)) row.status = row.statusBefore
}

function showOnRows(claim: Claim): void {
  for (const { row } of claim.parts) if (isWhole(claim, row)) row.status = claim.status
}

const isWhole = (claim: Claim, row: Row) =>
  claim.parts.some((part) => part.row === row && part.units === row.quantity - row.gone)
